//! `POST /v1/sync`: one round trip does everything.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use daymark_sync_protocol::frame::SyncRequest;

use super::auth::Device;
use super::{App, Problem, SYNC_TYPE};

/// Takes what a device brings and answers each change by itself. The body is a sync request, the answer a sync reply.
pub(super) async fn sync(
    State(app): State<App>,
    Device(device): Device,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(Problem::unread)?;
    let request = SyncRequest::decode(&body)?;
    if request.device != device {
        let detail = format!(
            "the session is device {device}'s, but the message says device {}",
            request.device
        );
        return Err(Problem::new(StatusCode::FORBIDDEN, "other-device", detail));
    }
    if request.school != app.config.school.urn {
        let detail = format!(
            "the message is of school {}, but this is school {}: this tablet belongs elsewhere",
            request.school, app.config.school.urn
        );
        return Err(Problem::new(StatusCode::FORBIDDEN, "other-school", detail));
    }
    if let Some(at_ms) = request.heard {
        app.runtime.message_heard(device, at_ms).await?;
    }
    let reply = app.runtime.sync(device, &request).await?;
    Ok(([(header::CONTENT_TYPE, SYNC_TYPE)], reply.encode()).into_response())
}
