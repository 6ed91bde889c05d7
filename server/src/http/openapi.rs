//! `GET /v1/openapi.json`: what can be asked of this server, and by whom.

use axum::http::header;
use axum::response::IntoResponse;

/// The document, kept by hand.
pub(super) const DOCUMENT: &str = include_str!("../../openapi.json");

/// Gives the document. It holds nothing of the school, so anybody may read it.
pub(super) async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}
