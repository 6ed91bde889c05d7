//! The office's routes of what is counted: worklists, attendance, alerts, and what was done about an absence.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use daymark_core::attendance::Group;
use daymark_core::attendance::worklists::List;
use daymark_core::attendance::worklists::trust::TrustView;
use daymark_core::calendar::Span;
use daymark_core::roster::Pupil;
use daymark_core::session::{Date, Session};
use daymark_core::trip::alert::{Alert, alerts};
use daymark_sync_protocol::worklist::ListView;
use serde::{Deserialize, Serialize};

use super::auth::Office;
use super::office::{DateWanted, SpanWanted, check_span, json, off_the_loop, query};
use super::{App, Problem};
use crate::office::follow_up::{AttemptMade, StepMade};
use crate::worklists::view::FigureRow;
use crate::worklists::{CountError, Counted, When};

impl From<CountError> for Problem {
    fn from(error: CountError) -> Self {
        match error {
            CountError::Runtime(error) => error.into(),
            CountError::NoCalendar | CountError::NoSuchTime => {
                Self::new(StatusCode::CONFLICT, "cannot-count", error.to_string())
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListWanted {
    /// At the end of which day; now where it is left out.
    date: Option<Date>,
    session: Option<Session>,
    sessions_min: Option<u16>,
}

impl ListWanted {
    fn when(&self) -> When {
        when(self.date)
    }

    fn of(&self, list: List) -> List {
        list.with(self.session, self.sessions_min)
    }
}

fn when(date: Option<Date>) -> When {
    date.map_or_else(When::now, When::EndOf)
}

/// Counts on a thread where it may block: the first time, a whole year is read.
pub(super) async fn counting<T: Send + 'static>(
    app: App,
    body: impl FnOnce(&Counted) -> Result<T, CountError> + Send + 'static,
) -> Result<T, Problem> {
    let counted = Arc::clone(&app.counted);
    Ok(off_the_loop(move || Ok(body(&counted))).await??)
}

/// A worklist in one line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ListLength {
    /// Its name.
    pub(crate) list: String,
    /// How many rows it has.
    pub(crate) rows: usize,
}

pub(super) async fn lists(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<ListWanted>, QueryRejection>,
) -> Result<Json<Vec<ListLength>>, Problem> {
    let wanted = query(wanted)?;
    let lengths = counting(app, move |counted| {
        counted.lengths(&List::NAMED.map(|(_, list)| wanted.of(list)), wanted.when())
    });
    let named = List::NAMED.iter().zip(lengths.await?);
    let named = named.map(|((name, _), rows)| ListLength {
        list: (*name).to_owned(),
        rows,
    });
    Ok(Json(named.collect()))
}

pub(super) async fn list(
    State(app): State<App>,
    _: Office,
    name: Result<Path<String>, PathRejection>,
    wanted: Result<Query<ListWanted>, QueryRejection>,
) -> Result<Json<ListView>, Problem> {
    let Path(name) = name.map_err(|rejection| Problem::bad_field(rejection.body_text()))?;
    let wanted = query(wanted)?;
    let Some(list) = List::named(&name) else {
        let known = List::NAMED.map(|(known, _)| known).join(", ");
        return Err(Problem::bad_field(format!("list {name:?} is none of {known}")));
    };
    let list = wanted.of(list);
    Ok(Json(
        counting(app, move |counted| counted.list(list, wanted.when())).await?,
    ))
}

/// What attendance is added up by.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    Pupil,
    Class,
    Year,
    School,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttendanceWanted {
    by: By,
    from: Option<Date>,
    to: Option<Date>,
}

pub(super) async fn attendance(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<AttendanceWanted>, QueryRejection>,
) -> Result<Json<Vec<FigureRow>>, Problem> {
    let AttendanceWanted { by, from, to } = query(wanted)?;
    let within = match (from, to) {
        (None, None) => None,
        (Some(from), Some(to)) => {
            let SpanWanted { from, to } = check_span(SpanWanted { from, to })?;
            Some(Span {
                first: from,
                last: to,
            })
        }
        _ => {
            return Err(Problem::bad_field(
                "from and to stand together: give both, or neither for this school year".to_owned(),
            ));
        }
    };
    let rows = counting(app, move |counted| {
        let now = when(None);
        match by {
            By::Pupil => counted.pupils(within, now),
            By::School => counted.groups(|_| vec![Group::School], within, now),
            By::Class => counted.groups(
                |roster| {
                    let classes = roster.pupils.values().map(|pupil| pupil.class.clone());
                    let classes: std::collections::BTreeSet<_> = classes.collect();
                    classes.into_iter().map(Group::Class).collect()
                },
                within,
                now,
            ),
            By::Year => counted.groups(
                |roster| {
                    let years = roster.pupils.values().map(|pupil| pupil.year.clone());
                    let years: std::collections::BTreeSet<_> = years.collect();
                    years.into_iter().map(Group::Year).collect()
                },
                within,
                now,
            ),
        }
    });
    Ok(Json(rows.await?))
}

pub(super) async fn figures(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<ListWanted>, QueryRejection>,
) -> Result<Json<TrustView>, Problem> {
    let (wanted, school) = (query(wanted)?, app.config.school.urn);
    Ok(Json(
        counting(app, move |counted| counted.figures(school, wanted.when())).await?,
    ))
}

/// An alert, with the names of the pupil and the trip.
#[derive(Serialize)]
pub(super) struct AlertView {
    #[serde(flatten)]
    alert: Alert,
    name: String,
    title: Option<String>,
}

pub(super) async fn alerts_of_day(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<DateWanted>, QueryRejection>,
) -> Result<Json<Vec<AlertView>>, Problem> {
    let (date, runtime) = (query(wanted)?.date, Arc::clone(&app.runtime));
    let found = off_the_loop(move || {
        let trips = runtime.trips_on(date)?;
        let trips: Vec<_> = trips.iter().map(|(trip, view)| (*trip, view)).collect();
        runtime.look_at_day(date, |day, hub| {
            let view = |alert: Alert| {
                let pupil = hub.roster().pupils.get(&alert.pupil());
                let going = trips.iter().find(|(trip, _)| *trip == alert.trip());
                let plan = going.and_then(|(_, view)| view.plan());
                AlertView {
                    name: pupil.map(Pupil::listed_as).unwrap_or_default(),
                    title: plan.map(|plan| plan.title.clone()),
                    alert,
                }
            };
            alerts(day, &trips).into_iter().map(view).collect()
        })
    });
    Ok(Json(found.await?))
}

pub(super) async fn attempted(
    State(app): State<App>,
    _: Office,
    made: Result<Json<AttemptMade>, JsonRejection>,
) -> Result<Json<AttemptMade>, Problem> {
    let made = json(made)?;
    app.runtime.attempted(&made).await?;
    Ok(Json(made))
}

pub(super) async fn step_taken(
    State(app): State<App>,
    _: Office,
    made: Result<Json<StepMade>, JsonRejection>,
) -> Result<Json<StepMade>, Problem> {
    let made = json(made)?;
    app.runtime.step_taken(&made).await?;
    Ok(Json(made))
}
