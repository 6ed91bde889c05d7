//! HTTP: one route a file, one error shape, limits before anything is read.

mod auth;
mod devices;
mod enrol;
mod events;
mod evidence;
mod guard;
mod health;
mod log;
mod metrics;
mod office;
mod problem;
mod rates;
mod streams;
mod sync;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use daymark_sync_protocol::limits::REQUEST_BYTES_MAX;

use crate::config::Config;
use crate::limits::{OFFICE_BODY_BYTES_MAX, SMALL_BODY_BYTES_MAX};
use crate::runtime::Runtime;
pub use guard::Guard;
pub use problem::Problem;

/// The content type of sync messages.
pub const SYNC_TYPE: &str = "application/vnd.daymark.sync";

/// What every handler needs.
#[derive(Clone)]
pub struct App {
    /// The hub.
    pub runtime: Arc<Runtime>,
    /// The school's settings.
    pub config: Arc<Config>,
    /// Hash of the office's token.
    pub office_token: [u8; 32],
    /// Limits and what they have counted.
    pub guard: Arc<Guard>,
    /// Becomes true when the server is going down: event streams end.
    pub stopping: tokio::sync::watch::Receiver<bool>,
}

/// All routes.
pub fn router(app: App) -> Router {
    let limited = |bytes: usize| DefaultBodyLimit::max(bytes);
    let guard = || Arc::clone(&app.guard);
    let office = office::routes()
        .merge(devices::routes())
        .merge(log::routes())
        .merge(evidence::routes())
        .layer(limited(OFFICE_BODY_BYTES_MAX));
    let enrolment = Router::new()
        .route("/v1/enrol", post(enrol::enrol))
        .layer(from_fn_with_state(guard(), guard::guesses));
    let health = Router::new()
        .route("/v1/challenge", get(enrol::challenge))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .layer(from_fn_with_state(guard(), guard::strangers));
    let small = enrolment
        .merge(health)
        .route("/metrics", get(metrics::metrics))
        .layer(limited(SMALL_BODY_BYTES_MAX));
    let sync = Router::new()
        .route("/v1/sync", post(sync::sync))
        .layer(limited(REQUEST_BYTES_MAX));
    Router::new()
        .merge(sync)
        .merge(small)
        .nest("/v1/office", office)
        .layer(from_fn(guard::timely))
        .route("/v1/events", get(events::events))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(guard(), guard::every))
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
