//! The one shape of errors: problem details (RFC 9457), with a stable code beside the words.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daymark_sync_protocol::version::{FrameError, VERSION, VERSION_MIN};
use serde::Serialize;

use crate::commit::CommitError;
use crate::runtime::RuntimeError;

/// A problem, as a caller reads it.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: Box<str>,
    title: &'static str,
    status: u16,
    code: Box<str>,
    detail: String,
    /// For a lost device: the school's signature that it must lock itself, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<Box<str>>,
    #[serde(skip)]
    challenge: Option<Box<HeaderValue>>,
    /// After how many seconds it may be tried again: the header `Retry-After`.
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem with a stable code and plain words.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Problem");
        Self {
            kind: format!("urn:daymark:problem:{code}").into(),
            title,
            status: status.as_u16(),
            code: code.into(),
            detail: detail.into(),
            notice: None,
            challenge: None,
            retry_after: None,
        }
    }

    /// Something was done too often.
    pub(crate) fn too_many(what: &str, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let detail = format!("{what}; try again in {seconds} s");
        Self {
            retry_after: Some(seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", detail)
        }
    }

    /// The same, with what to sign to be let in.
    #[must_use]
    pub fn challenging(mut self, challenge: &str) -> Self {
        let value = HeaderValue::from_str(&format!("Daymark challenge=\"{challenge}\""));
        self.challenge = value.ok().map(Box::new);
        self
    }

    /// The same, with the school's word that the device must lock itself.
    #[must_use]
    pub(crate) fn with_notice(mut self, notice: String) -> Self {
        self.notice = Some(notice.into());
        self
    }

    /// A body that could not be read to its end.
    #[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
    pub(super) fn unread(rejection: BytesRejection) -> Self {
        let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
        let code = if too_large { "too-large" } else { "unreadable" };
        Self::new(rejection.status(), code, rejection.body_text())
    }

    /// A field that was given wrongly.
    pub fn bad_field(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-field", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let challenge = self.challenge.clone();
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::UNAUTHORIZED {
            let challenge = challenge.map_or(HeaderValue::from_static("Bearer"), |challenge| *challenge);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<FrameError> for Problem {
    fn from(error: FrameError) -> Self {
        let status = match error {
            FrameError::Newer { .. } | FrameError::Older { .. } => StatusCode::UPGRADE_REQUIRED,
            FrameError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        // The words are for the tablet that reads them, so "this side" is turned round.
        let detail = match error {
            FrameError::Newer { theirs } => format!(
                "this tablet speaks version {theirs} of the protocol, the school's server {VERSION_MIN} to {VERSION}: the school's server must be updated; the tablet keeps its marks"
            ),
            FrameError::Older { theirs } => format!(
                "this tablet speaks version {theirs} of the protocol, the school's server {VERSION_MIN} to {VERSION}: update this tablet; it keeps its marks"
            ),
            _ => error.to_string(),
        };
        Self::new(status, error.code(), detail)
    }
}

impl From<RuntimeError> for Problem {
    fn from(error: RuntimeError) -> Self {
        let (status, code) = match &error {
            RuntimeError::Commit(CommitError::Stopped) => (StatusCode::SERVICE_UNAVAILABLE, "going-down"),
            RuntimeError::Commit(_) => (StatusCode::INSUFFICIENT_STORAGE, "cannot-store"),
            RuntimeError::RosterTooLong { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            RuntimeError::Invitation => (StatusCode::FORBIDDEN, "invitation"),
            RuntimeError::NotItsKey => (StatusCode::FORBIDDEN, "not-its-key"),
            RuntimeError::NoSuchDevice(_) => (StatusCode::NOT_FOUND, "no-such-device"),
            RuntimeError::OtherCode { .. } => (StatusCode::CONFLICT, "other-code"),
            RuntimeError::IsLost(_) => (StatusCode::CONFLICT, "device-lost"),
            RuntimeError::IsRetired(_) => (StatusCode::CONFLICT, "device-retired"),
            RuntimeError::StillHolds { .. } => (StatusCode::CONFLICT, "still-expected"),
            RuntimeError::NotHeld(_) => (StatusCode::NOT_FOUND, "not-held"),
            RuntimeError::NotReleased { .. } => (StatusCode::CONFLICT, "not-released"),
            RuntimeError::IsTheDesk(_) => (StatusCode::CONFLICT, "office-desk"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            // The cause is for the operator's log; an outsider learns only that it is not their fault.
            tracing::error!(error = %error, "a request failed");
            return Self::new(
                status,
                code,
                "the school's server has a fault; the tablet keeps its marks",
            );
        }
        Self::new(status, code, error.to_string())
    }
}
