//! Who is asking. A handler that takes one of these cannot be reached without it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use daymark_core::ids::DeviceNumber;
use subtle::ConstantTimeEq;

use super::{App, Problem};
use crate::invitation;

/// An enrolled device, known by its token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Device(pub(crate) DeviceNumber);

/// The office, known by the token in the server's home folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Office;

fn bearer(parts: &Parts) -> Result<&str, Problem> {
    parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(|| {
            Problem::new(
                StatusCode::UNAUTHORIZED,
                "no-token",
                "send the token as `Authorization: Bearer ...`",
            )
        })
}

impl FromRequestParts<App> for Device {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let short = parts
            .headers
            .get("daymark-token")
            .and_then(|value| value.to_str().ok());
        let token = match short {
            Some(token) => token,
            None => bearer(parts)?,
        };
        let device = app.runtime.device_of(token).ok_or_else(|| {
            Problem::new(
                StatusCode::UNAUTHORIZED,
                "unknown-token",
                "this tablet is not enrolled at this school: ask the office for an invitation",
            )
        })?;
        app.guard.device(parts, device)?;
        Ok(Self(device))
    }
}

impl FromRequestParts<App> for Office {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(parts)?;
        if bool::from(invitation::hash(token).ct_eq(&app.office_token)) {
            app.guard.office(parts)?;
            Ok(Self)
        } else {
            let detail =
                "this is not the office's token; it is in the file office.token of the server's home folder";
            Err(Problem::new(StatusCode::UNAUTHORIZED, "unknown-token", detail))
        }
    }
}
