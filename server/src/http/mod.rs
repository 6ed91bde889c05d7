//! HTTP: one route a file, one error shape, limits before anything is read.

mod auth;
mod devices;
mod enrol;
mod events;
mod health;
mod metrics;
mod office;
mod problem;
mod sync;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use daymark_sync_protocol::limits::REQUEST_BYTES_MAX;
use tower_http::timeout::TimeoutLayer;

use crate::config::Config;
use crate::runtime::Runtime;
pub use problem::Problem;

/// The content type of sync messages.
pub const SYNC_TYPE: &str = "application/vnd.daymark.sync";
/// The longest body of the office's routes: a roster file.
const OFFICE_BODY_BYTES_MAX: usize = 9 * 1024 * 1024;
/// The longest body of any other route.
const SMALL_BODY_BYTES_MAX: usize = 16 * 1024;
/// The longest that a request may take. Event streams are not bounded by it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What every handler needs.
#[derive(Clone)]
pub struct App {
    /// The hub.
    pub runtime: Arc<Runtime>,
    /// The school's settings.
    pub config: Arc<Config>,
    /// Hash of the office's token.
    pub office_token: [u8; 32],
    /// Becomes true when the server is going down: event streams end.
    pub stopping: tokio::sync::watch::Receiver<bool>,
}

/// All routes.
pub fn router(app: App) -> Router {
    let limited = |bytes: usize| DefaultBodyLimit::max(bytes);
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT);
    let office = office::routes()
        .merge(devices::routes())
        .layer(limited(OFFICE_BODY_BYTES_MAX));
    let small = Router::new()
        .route("/v1/enrol", post(enrol::enrol))
        .route("/v1/challenge", get(enrol::challenge))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .layer(limited(SMALL_BODY_BYTES_MAX));
    let sync = Router::new()
        .route("/v1/sync", post(sync::sync))
        .layer(limited(REQUEST_BYTES_MAX));
    Router::new()
        .merge(sync)
        .merge(small)
        .nest("/v1/office", office)
        .layer(timeout)
        .route("/v1/events", get(events::events))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .with_state(app)
}

async fn not_found(uri: Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-route",
        format!("there is nothing at {}", uri.path()),
    )
}

async fn wrong_method(uri: Uri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong-method",
        format!("{} does not take this method", uri.path()),
    )
}
