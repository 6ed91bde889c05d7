//! Who is asking. A handler that takes one of these cannot be reached without it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use daymark_core::ids::DeviceNumber;
use daymark_core::roster::Role;
use daymark_sync_protocol::event::Standing;
use subtle::ConstantTimeEq;

use super::{App, Problem};
use crate::invitation;
use crate::runtime::now_ms;
use crate::session::{BadPass, Pass, spell};

/// The header that carries a device's pass. Not `Authorization`: HTTP/2 sends that anew with each request, this one once
/// in a connection, which is eight bytes a mark.
const PASS: &str = "daymark-pass";

/// A confirmed device with an open session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Device(pub(crate) DeviceNumber);

/// The office: known by the token in the server's home folder, or by the pass of a tablet that was enrolled for it. A head's
/// tablet may look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Office;

fn no_session(app: &App, code: &str, detail: impl Into<String>) -> Problem {
    let challenge = app.runtime.sessions().challenge(now_ms());
    Problem::new(StatusCode::UNAUTHORIZED, code, detail).challenging(&spell(&challenge))
}

impl FromRequestParts<App> for Device {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let pass = parts
            .headers
            .get(PASS)
            .and_then(|value| Pass::parse(value.to_str().ok()?))
            .ok_or_else(|| {
                let detail = "sign a challenge, and send it as `Daymark-Pass: DEVICE.CHALLENGE.SIGNATURE`";
                no_session(app, "no-session", detail)
            })?;
        let Some(enrolment) = app.runtime.enrolment(pass.device) else {
            let detail = "this tablet is not enrolled at this school: ask the office for an invitation";
            return Err(no_session(app, "unknown-device", detail));
        };
        let checked = app.runtime.sessions().check(now_ms(), &pass, &enrolment.key);
        checked.map_err(|bad| {
            let code = match bad {
                BadPass::Stale => "stale-session",
                BadPass::Forged => "forged-session",
            };
            no_session(app, code, bad.to_string())
        })?;
        app.guard.device(parts, pass.device)?;
        match enrolment.standing {
            Standing::Confirmed => Ok(Self(pass.device)),
            Standing::Unconfirmed(code) => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "not-confirmed",
                format!(
                    "the office has not confirmed this tablet yet: show them the code {code}; all that you record is kept"
                ),
            )),
            Standing::Lost(_) => {
                app.runtime.lost_spoke(pass.device);
                let notice = app.runtime.lost_notice(pass.device);
                Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    "device-lost",
                    "this tablet was reported lost: it locks itself, and deletes nothing; hand it to the office, who open it with its recovery code",
                )
                .with_notice(notice))
            }
            Standing::Retired(_) => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "device-retired",
                "the office has retired this tablet: the school takes nothing more from it, and nothing on it is deleted; ask the office for another invitation if it is to record again",
            )),
        }
    }
}

impl FromRequestParts<App> for Office {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = parts.headers.get(header::AUTHORIZATION);
        let token = token
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        if let Some(token) = token {
            return if bool::from(invitation::hash(token).ct_eq(&app.office_token)) {
                app.guard.office(parts)?;
                Ok(Self)
            } else {
                let detail = "this is not the office's token; it is in the file office.token of the server's home folder";
                Err(Problem::new(StatusCode::UNAUTHORIZED, "unknown-token", detail))
            };
        }
        if !parts.headers.contains_key(PASS) {
            let detail = "send the office's token as `Authorization: Bearer ...`, or the pass of an office's tablet as \
                          `Daymark-Pass: DEVICE.CHALLENGE.SIGNATURE`";
            return Err(no_session(app, "no-token", detail));
        }
        let Device(device) = Device::from_request_parts(parts, app).await?;
        let may = app.runtime.look(|hub| {
            let facts = hub.devices().get(&device)?;
            // A duty of one day covers that day's sheets, and these routes know no day.
            let holds = !facts.has_ended(now_ms()) && facts.grant.day.is_none();
            holds.then_some(facts.grant.role)
        });
        let only_reads = matches!(parts.method, Method::GET | Method::HEAD);
        match may {
            Some(Role::Office) => Ok(Self),
            Some(Role::Head) if only_reads => Ok(Self),
            _ => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "not-the-office",
                "this tablet was not given the office's duty, or no longer has it",
            )),
        }
    }
}
