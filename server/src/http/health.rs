//! `/livez` and `/readyz`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::{App, Problem};

/// The process runs.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// The store answers a real read, and could acknowledge a write.
pub(super) async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    let store = Arc::clone(app.runtime.store());
    let probed = tokio::task::spawn_blocking(move || store.probe()).await;
    match (probed, app.runtime.committer().failure()) {
        (Ok(Ok(())), None) => Ok("ok\n"),
        (Ok(Ok(())), Some(error)) => Err(not_ready(error.to_string())),
        (Ok(Err(error)), _) => Err(not_ready(error.to_string())),
        (Err(error), _) => Err(not_ready(error.to_string())),
    }
}

fn not_ready(detail: String) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", detail)
}
