//! The office's routes for devices: invite, list, confirm, report lost, retire.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, PersonId};
use daymark_sync_protocol::event::{Message, Report, Standing};
use daymark_sync_protocol::hub::DeviceFacts;
use daymark_sync_protocol::limits::MESSAGE_CHARS_MAX;
use serde::{Deserialize, Serialize};

use super::auth::Office;
use super::office::{check_staff, json};
use super::{App, Problem};
use crate::limits::REASON_BYTES_MAX;
use crate::office::view;
use crate::runtime::now_ms;

/// The device that a path names.
fn number(device: Result<Path<u32>, PathRejection>) -> Result<DeviceNumber, Problem> {
    let named = device.map_err(|rejection| Problem::bad_field(rejection.body_text()))?;
    Ok(DeviceNumber(named.0))
}

fn lost(facts: &DeviceFacts) -> Option<&Report> {
    match &facts.enrolment.standing {
        Standing::Lost(report) => Some(report),
        _ => None,
    }
}

fn retired(facts: &DeviceFacts) -> Option<&Report> {
    match &facts.enrolment.standing {
        Standing::Retired(report) => Some(report),
        _ => None,
    }
}

fn message(facts: &DeviceFacts) -> Option<&Message> {
    facts.enrolment.message.as_ref()
}

fn time(ms: u64) -> Option<String> {
    i64::try_from(ms / 1000).ok().map(view::time)
}

fn lost_at(facts: &DeviceFacts) -> Option<String> {
    time(lost(facts)?.at_ms)
}

/// A reason that somebody gave, bounded.
fn reason(given: Option<&str>, remedy: &str) -> Result<Option<String>, Problem> {
    let reason = given.map(str::trim);
    if reason.is_some_and(|reason| reason.is_empty() || reason.len() > REASON_BYTES_MAX) {
        return Err(Problem::bad_field(format!(
            "reason must be 1 to {REASON_BYTES_MAX} bytes: {remedy}"
        )));
    }
    Ok(reason.map(str::to_owned))
}

/// A device as the office sees it.
#[derive(Serialize)]
pub(super) struct DeviceView {
    device: u32,
    name: String,
    grant: Grant,
    /// Whether its duty has ended.
    ended: bool,
    trips_along: Vec<String>,
    last_heard: Option<String>,
    still_holds: u32,
    clock_ahead_ms: Option<i64>,
    /// `unconfirmed`, `confirmed`, `lost` or `retired`.
    standing: &'static str,
    /// What the device's screen must show before it is confirmed.
    code: Option<String>,
    lost_at: Option<String>,
    lost_by: Option<String>,
    /// When it last spoke since it was reported lost and the server started, and was told to lock itself.
    spoke_since: Option<String>,
    retired_at: Option<String>,
    retired_by: Option<String>,
    /// What the office wrote to it last.
    message: Option<String>,
    message_at: Option<String>,
    /// When the device told that somebody there has read it; none where it has not.
    message_read_at: Option<String>,
    /// The fingerprint of its key.
    key: String,
}

pub(super) async fn devices(State(app): State<App>, _: Office) -> Json<Vec<DeviceView>> {
    let shown = app.runtime.look(|hub| {
        let view = |(number, facts): (&daymark_core::ids::DeviceNumber, &DeviceFacts)| DeviceView {
            device: number.0,
            name: facts.name.clone(),
            grant: facts.grant.clone(),
            ended: facts.has_ended(now_ms()),
            trips_along: hub.trips_of(*number).map(|trip| trip.to_string()).collect(),
            last_heard: facts.last_heard_ms.and_then(time),
            still_holds: facts.backlog,
            clock_ahead_ms: facts.clock_ahead_ms,
            standing: match facts.enrolment.standing {
                Standing::Unconfirmed(_) => "unconfirmed",
                Standing::Confirmed => "confirmed",
                Standing::Lost(_) => "lost",
                Standing::Retired(_) => "retired",
            },
            code: match &facts.enrolment.standing {
                Standing::Unconfirmed(code) => Some(code.clone()),
                _ => None,
            },
            lost_at: lost_at(facts),
            lost_by: lost(facts).map(|report| report.by.to_string()),
            spoke_since: app.runtime.last_spoke(*number).and_then(time),
            retired_at: retired(facts).and_then(|report| time(report.at_ms)),
            retired_by: retired(facts).map(|report| report.by.to_string()),
            message: message(facts).map(|message| message.text.clone()),
            message_at: message(facts).and_then(|message| time(message.at_ms)),
            message_read_at: message(facts).and_then(|message| time(message.heard_ms?)),
            key: facts.enrolment.key.fingerprint(),
        };
        hub.devices().iter().map(view).collect::<Vec<_>>()
    });
    Json(shown)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InviteWanted {
    name: String,
    grant: Grant,
}

#[derive(Serialize)]
pub(super) struct Invited {
    name: String,
    invitation: String,
    expires_at: String,
    /// What the school's key must look like on the device.
    school_key: String,
    /// What opens the app with the invitation, below the address at which the device reaches the server.
    link: String,
}

pub(super) async fn invite(
    State(app): State<App>,
    _: Office,
    wanted: Result<Json<InviteWanted>, JsonRejection>,
) -> Result<Json<Invited>, Problem> {
    let wanted = json(wanted)?;
    let name = wanted.name.trim();
    if name.is_empty() || name.len() > 60 || name.chars().any(char::is_control) {
        return Err(Problem::bad_field(format!(
            "name {name:?} is not fit for a device: give 1 to 60 bytes of plain text"
        )));
    }
    let (invitation, expires_at) = app.runtime.invite(name, wanted.grant).await?;
    let expires_at = i64::try_from(expires_at / 1000)
        .map(view::time)
        .unwrap_or_default();
    let school_key = app.runtime.look(|hub| hub.facts().key.public().fingerprint());
    Ok(Json(Invited {
        link: crate::invitation::link(&invitation, &school_key),
        school_key,
        name: name.to_owned(),
        invitation,
        expires_at,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmWanted {
    /// The code on the device's screen.
    code: String,
}

pub(super) async fn confirm(
    State(app): State<App>,
    _: Office,
    device: Result<Path<u32>, PathRejection>,
    wanted: Result<Json<ConfirmWanted>, JsonRejection>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (DeviceNumber(device), wanted) = (number(device)?, json(wanted)?);
    app.runtime.confirm(DeviceNumber(device), &wanted.code).await?;
    Ok(Json(
        serde_json::json!({ "device": device, "standing": "confirmed" }),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantWanted {
    /// The staff id of the person who changes it.
    by: PersonId,
    grant: Grant,
}

pub(super) async fn grant(
    State(app): State<App>,
    _: Office,
    device: Result<Path<u32>, PathRejection>,
    wanted: Result<Json<GrantWanted>, JsonRejection>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (device, wanted) = (number(device)?, json(wanted)?);
    check_staff(&app, &wanted.by)?;
    app.runtime.grant(device, wanted.grant.clone(), wanted.by).await?;
    Ok(Json(
        serde_json::json!({ "device": device.0, "grant": wanted.grant }),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LostWanted {
    /// The staff id of the person who reports it.
    by: PersonId,
    /// How it was lost, where that is known.
    reason: Option<String>,
}

/// What the office learns when it reports a device lost: what was received from it, and what was still expected.
#[derive(Serialize)]
pub(super) struct LostView {
    device: u32,
    name: String,
    last_heard: Option<String>,
    still_holds: u32,
    /// Whether somebody had reported it before: that report stands.
    was_reported: bool,
    lost_at: Option<String>,
    lost_by: Option<String>,
}

pub(super) async fn report_lost(
    State(app): State<App>,
    _: Office,
    device: Result<Path<u32>, PathRejection>,
    wanted: Result<Json<LostWanted>, JsonRejection>,
) -> Result<Json<LostView>, Problem> {
    let (device, wanted) = (number(device)?, json(wanted)?);
    let reason = reason(wanted.reason.as_deref(), "say how it was lost, or leave it out")?;
    check_staff(&app, &wanted.by)?;
    let is_first = app.runtime.lost(device, wanted.by, reason).await?;
    let shown = app.runtime.look(|hub| {
        hub.devices().get(&device).map(|facts| LostView {
            device: device.0,
            name: facts.name.clone(),
            last_heard: facts.last_heard_ms.and_then(time),
            still_holds: facts.backlog,
            was_reported: !is_first,
            lost_at: lost_at(facts),
            lost_by: lost(facts).map(|report| report.by.to_string()),
        })
    });
    shown
        .map(Json)
        .ok_or_else(|| Problem::from(crate::runtime::RuntimeError::NoSuchDevice(device)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetireWanted {
    /// The staff id of the person who retires it.
    by: PersonId,
    /// Why, which must be said where something of it is still expected.
    reason: Option<String>,
}

/// What the office learns when it retires a device.
#[derive(Serialize)]
pub(super) struct RetiredView {
    device: u32,
    name: String,
    last_heard: Option<String>,
    still_holds: u32,
    /// Whether somebody had retired it before: that stands.
    was_retired: bool,
    retired_at: Option<String>,
    retired_by: Option<String>,
}

pub(super) async fn retire(
    State(app): State<App>,
    _: Office,
    device: Result<Path<u32>, PathRejection>,
    wanted: Result<Json<RetireWanted>, JsonRejection>,
) -> Result<Json<RetiredView>, Problem> {
    let (device, wanted) = (number(device)?, json(wanted)?);
    let reason = reason(wanted.reason.as_deref(), "say why it is retired, or leave it out")?;
    check_staff(&app, &wanted.by)?;
    let is_first = app.runtime.retire(device, wanted.by, reason).await?;
    let shown = app.runtime.look(|hub| {
        hub.devices().get(&device).map(|facts| RetiredView {
            device: device.0,
            name: facts.name.clone(),
            last_heard: facts.last_heard_ms.and_then(time),
            still_holds: facts.backlog,
            was_retired: !is_first,
            retired_at: retired(facts).and_then(|report| time(report.at_ms)),
            retired_by: retired(facts).map(|report| report.by.to_string()),
        })
    });
    shown
        .map(Json)
        .ok_or_else(|| Problem::from(crate::runtime::RuntimeError::NoSuchDevice(device)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageWanted {
    /// The staff id of the person who writes it.
    by: PersonId,
    text: String,
}

pub(super) async fn write_to(
    State(app): State<App>,
    _: Office,
    device: Result<Path<u32>, PathRejection>,
    wanted: Result<Json<MessageWanted>, JsonRejection>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (device, wanted) = (number(device)?, json(wanted)?);
    let text = wanted.text.trim();
    let length = text.chars().count();
    if length == 0 || length > MESSAGE_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(Problem::bad_field(format!(
            "text has {length} characters: write 1 to {MESSAGE_CHARS_MAX} in one line"
        )));
    }
    check_staff(&app, &wanted.by)?;
    let at_ms = app.runtime.write_to(device, wanted.by, text.to_owned()).await?;
    Ok(Json(
        serde_json::json!({ "device": device.0, "message": text, "message_at": time(at_ms) }),
    ))
}
