//! HTTP: one route a file, one error shape, limits before anything is read.

pub(crate) mod app;
mod auth;
mod devices;
mod enrol;
mod events;
mod evidence;
pub(crate) mod exchange;
mod guard;
mod health;
mod held;
mod log;
mod metrics;
mod office;
mod openapi;
mod problem;
mod rates;
mod routes;
mod streams;
mod sync;
#[cfg(test)]
mod tests;
pub(crate) mod worklists;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::{StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};

use crate::config::Config;
use crate::runtime::Runtime;
use crate::worklists::Counted;
pub use guard::Guard;
pub use problem::Problem;
use routes::Door;

/// The content type of sync messages.
pub const SYNC_TYPE: &str = "application/vnd.daymark.sync";

/// What every handler needs.
#[derive(Clone)]
pub struct App {
    /// The hub.
    pub runtime: Arc<Runtime>,
    /// The school's settings.
    pub config: Arc<Config>,
    /// The register, counted.
    pub counted: Arc<Counted>,
    /// Hash of the office's token.
    pub office_token: [u8; 32],
    /// Limits and what they have counted.
    pub guard: Arc<Guard>,
    /// Becomes true when the server is going down: event streams end.
    pub stopping: tokio::sync::watch::Receiver<bool>,
}

/// All routes of [`routes::all`], each behind the limits of its [`Door`], and the files of the app. `more` are pages that
/// only some servers have; they take strangers.
pub fn router(app: App, more: Router<App>) -> Router {
    let guard = || Arc::clone(&app.guard);
    let behind = |door: Door| {
        let routes = routes::all().into_iter().filter(|route| route.door == door);
        let router = routes.fold(Router::new(), |router, route| {
            router.route(route.path, route.handler)
        });
        router.layer(DefaultBodyLimit::max(door.body_bytes_max()))
    };
    let strangers = |router: Router<App>| router.layer(from_fn_with_state(guard(), guard::strangers));
    let guesses = |router: Router<App>| router.layer(from_fn_with_state(guard(), guard::guesses));
    Router::new()
        .merge(behind(Door::Sync))
        .merge(strangers(behind(Door::Strangers)))
        .merge(strangers(more))
        .merge(guesses(behind(Door::Enrolment)))
        .merge(behind(Door::Metrics))
        .merge(behind(Door::Office))
        .layer(from_fn(guard::timely))
        // A stream lasts.
        .merge(behind(Door::Events))
        .fallback(app::file.layer(from_fn_with_state(guard(), guard::loads)))
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
