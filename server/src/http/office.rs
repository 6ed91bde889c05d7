//! The office's routes: reads of the day, decisions, sign-off, the ledger, the server's own check.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use daymark_core::ids::PersonId;
use daymark_core::session::{Date, Session};
use serde::{Deserialize, Serialize};

use super::auth::Office;
use super::{App, Problem};
use crate::office::amend::Decision;
use crate::office::desk::{DeskError, SignOffWanted, SignedOffNow};
use crate::office::view;
use crate::runtime::RuntimeError;

/// The most days that one read may cover.
const DAYS_MAX: u16 = 400;

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Runtime(error) => error.into(),
            DeskError::Refused { .. } | DeskError::Document(_) => {
                Self::new(StatusCode::CONFLICT, "not-taken", error.to_string())
            }
            _ => Self::bad_field(error.to_string()),
        }
    }
}

pub(super) fn query<T>(wanted: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    wanted
        .map(|Query(wanted)| wanted)
        .map_err(|rejection| Problem::bad_field(rejection.body_text()))
}

pub(super) fn json<T>(wanted: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    wanted
        .map(|Json(wanted)| wanted)
        .map_err(|rejection| match rejection {
            JsonRejection::BytesRejection(unread) => Problem::unread(unread),
            other => Problem::bad_field(other.body_text()),
        })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DayWanted {
    date: Date,
    session: Option<Session>,
    class: Option<String>,
}

pub(super) async fn day(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<DayWanted>, QueryRejection>,
) -> Result<Json<view::DayView>, Problem> {
    let wanted = query(wanted)?;
    let sessions = wanted
        .session
        .map_or_else(|| Session::ALL.to_vec(), |session| vec![session]);
    let shown = app.runtime.look_at_day(wanted.date, |day, hub| {
        view::day(day, hub, &sessions, wanted.class.as_deref())
    })?;
    Ok(Json(shown))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DateWanted {
    pub(super) date: Date,
}

pub(super) async fn decisions(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<DateWanted>, QueryRejection>,
) -> Result<Json<Vec<view::RowView>>, Problem> {
    Ok(Json(
        app.runtime.look_at_day(query(wanted)?.date, view::decisions)?,
    ))
}

pub(super) async fn decide(
    State(app): State<App>,
    _: Office,
    decision: Result<Json<Decision>, JsonRejection>,
) -> Result<Json<view::RowView>, Problem> {
    let decision = json(decision)?;
    app.runtime.decide(&decision).await?;
    row_of(&app, &decision)
}

pub(super) async fn amend(
    State(app): State<App>,
    _: Office,
    amendment: Result<Json<Decision>, JsonRejection>,
) -> Result<Json<view::RowView>, Problem> {
    let amendment = json(amendment)?;
    app.runtime.amend(&amendment).await?;
    row_of(&app, &amendment)
}

fn row_of(app: &App, decision: &Decision) -> Result<Json<view::RowView>, Problem> {
    let cell = daymark_core::session::Cell {
        date: decision.date,
        session: decision.session,
        pupil: decision.pupil,
    };
    Ok(Json(app.runtime.look_at_day(decision.date, |day, hub| {
        view::row(day, hub, cell)
    })?))
}

pub(super) async fn sign_off(
    State(app): State<App>,
    _: Office,
    wanted: Result<Json<SignOffWanted>, JsonRejection>,
) -> Result<Json<SignedOffNow>, Problem> {
    Ok(Json(app.runtime.sign_off(&json(wanted)?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpanWanted {
    pub(super) from: Date,
    pub(super) to: Date,
}

pub(super) fn span(wanted: Result<Query<SpanWanted>, QueryRejection>) -> Result<SpanWanted, Problem> {
    check_span(query(wanted)?)
}

/// A span that is not back in time, nor longer than one read may cover.
pub(super) fn check_span(wanted: SpanWanted) -> Result<SpanWanted, Problem> {
    if wanted.to < wanted.from {
        return Err(Problem::bad_field(format!(
            "to {} is before from {}: exchange them",
            wanted.to, wanted.from
        )));
    }
    if wanted.to.days() - wanted.from.days() > DAYS_MAX {
        return Err(Problem::bad_field(format!(
            "from {} to {} is more than {DAYS_MAX} days: ask for less",
            wanted.from, wanted.to
        )));
    }
    Ok(wanted)
}

pub(super) async fn ledger(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<SpanWanted>, QueryRejection>,
) -> Result<Json<Vec<view::AmendmentView>>, Problem> {
    let wanted = span(wanted)?;
    let runtime = Arc::clone(&app.runtime);
    Ok(Json(
        off_the_loop(move || runtime.amendments(wanted.from, wanted.to)).await?,
    ))
}

/// Long reads go to a thread where they may block.
pub(super) async fn off_the_loop<T: Send + 'static>(
    body: impl FnOnce() -> Result<T, RuntimeError> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(body)
        .await
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error.to_string()))?;
    Ok(done?)
}

#[derive(Serialize)]
pub(super) struct CheckView {
    ok: bool,
    events: u64,
    documents: u64,
    changes: u64,
    held: u64,
    journal_bytes: u64,
    notes: Vec<String>,
    problem: Option<String>,
}

/// Whoever answers for something is of the staff list.
pub(super) fn check_staff(app: &App, by: &PersonId) -> Result<(), Problem> {
    if app.runtime.look(|hub| hub.roster().staff.contains_key(by)) {
        return Ok(());
    }
    Err(Problem::bad_field(format!(
        "by {:?} is nobody of the staff list: give a staff id",
        by.to_string()
    )))
}

pub(super) async fn check(State(app): State<App>, _: Office) -> Result<Json<CheckView>, Problem> {
    let runtime = Arc::clone(&app.runtime);
    let checked = off_the_loop(move || Ok(runtime.store().check())).await?;
    Ok(Json(match checked {
        Ok(report) => CheckView {
            ok: true,
            events: report.events,
            documents: report.documents,
            changes: report.changes,
            held: report.aside,
            journal_bytes: report.journal_bytes,
            notes: report.notes,
            problem: None,
        },
        Err(error) => CheckView {
            ok: false,
            events: 0,
            documents: 0,
            changes: 0,
            held: 0,
            journal_bytes: 0,
            notes: Vec::new(),
            problem: Some(error.to_string()),
        },
    }))
}
