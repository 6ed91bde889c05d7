//! `POST /v1/enrol`: a device uses its invitation. `GET /v1/challenge`: what a device signs to open a session.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, SchoolId, hex, unhex};
use daymark_core::signature::{PublicKey, Signature};
use daymark_sync_protocol::event::Standing;
use serde::{Deserialize, Serialize};

use super::{App, Problem};
use crate::runtime::now_ms;
use crate::session::spell;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    invitation: String,
    /// The device's key, in hexadecimal.
    key: String,
    /// The invitation, signed with it.
    proof: String,
}

#[derive(Serialize)]
pub(super) struct Enrolled {
    school: SchoolId,
    device: DeviceNumber,
    name: String,
    grant: Grant,
    /// The school's key, in hexadecimal.
    school_key: String,
    /// What both screens show.
    code: String,
    /// The keys of all devices so far, as in a sync reply, in hexadecimal.
    keys: String,
    /// The duties that they were given, as in a sync reply, in hexadecimal.
    duties: String,
    /// A challenge for the first session.
    challenge: String,
}

#[derive(Serialize)]
pub(super) struct Challenge {
    challenge: String,
}

fn field<const N: usize>(name: &str, text: &str) -> Result<[u8; N], Problem> {
    unhex(text)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| {
            let detail = format!("{name} must be {} hexadecimal digits", N * 2);
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-field", detail)
        })
}

/// Gives a device its number. An invitation works once; the office confirms the device by the code on its screen.
pub(super) async fn enrol(
    State(app): State<App>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Enrolled>, Problem> {
    let Json(wanted) = wanted.map_err(|rejection| match rejection {
        JsonRejection::BytesRejection(unread) => Problem::unread(unread),
        other => Problem::new(other.status(), "unreadable", other.body_text()),
    })?;
    let key = PublicKey(field("key", &wanted.key)?);
    let proof = Signature(field("proof", &wanted.proof)?);
    let enrolment = app.runtime.enrol(&wanted.invitation, key, &proof).await?;
    let code = match enrolment.standing {
        Standing::Unconfirmed(code) => code,
        Standing::Confirmed | Standing::Lost(_) | Standing::Retired(_) => String::new(),
    };
    let (school_key, keys, duties) = app.runtime.look(|hub| {
        let facts = hub.facts();
        let keys = hub.keys().news(facts.school, &facts.key, 0);
        let duties = hub.duties().news(facts.school, &facts.key, 0);
        (facts.key.public(), keys, duties)
    });
    Ok(Json(Enrolled {
        school: app.config.school.urn,
        device: enrolment.device,
        name: enrolment.name,
        grant: enrolment.given.grant,
        school_key: hex(&school_key.0),
        code,
        keys: keys.map_or_else(String::new, |keys| hex(&daymark_core::cbor::to_vec(&keys))),
        duties: duties.map_or_else(String::new, |duties| hex(&daymark_core::cbor::to_vec(&duties))),
        challenge: spell(&app.runtime.sessions().challenge(now_ms())),
    }))
}

/// A challenge. Anybody may ask: it is worth nothing unsigned.
pub(super) async fn challenge(State(app): State<App>) -> Json<Challenge> {
    Json(Challenge {
        challenge: spell(&app.runtime.sessions().challenge(now_ms())),
    })
}
