//! `POST /v1/enrol`: a device uses its invitation.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, SchoolId};
use serde::{Deserialize, Serialize};

use super::{App, Problem};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    invitation: String,
}

#[derive(Serialize)]
pub(super) struct Enrolled {
    school: SchoolId,
    device: DeviceNumber,
    name: String,
    grant: Grant,
    token: String,
}

/// Gives a device its number and its token. An invitation works once.
pub(super) async fn enrol(
    State(app): State<App>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Enrolled>, Problem> {
    let Json(wanted) =
        wanted.map_err(|rejection| Problem::new(rejection.status(), "unreadable", rejection.body_text()))?;
    let (enrolment, token) = app.runtime.enrol(&wanted.invitation).await?;
    Ok(Json(Enrolled {
        school: app.config.school.urn,
        device: enrolment.device,
        name: enrolment.name,
        grant: enrolment.grant,
        token,
    }))
}
