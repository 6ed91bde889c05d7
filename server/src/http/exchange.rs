//! The office's routes for files: imports, exports, print.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daymark_core::ids::{ClassName, PupilNumber};
use daymark_core::session::Date;
use daymark_exchange::export_csv;
use daymark_exchange::mapping::{Mapping, RowLeftOut, write_mapped};
use daymark_exchange::roster::{self, ImportPlan, Sheet};
use daymark_exchange::since::Watermark;
use daymark_exchange::sniff::{RosterError, read_roster};
use serde::{Deserialize, Serialize};

use super::auth::Office;
use super::office::{SpanWanted, check_span, json, off_the_loop, query, span};
use super::worklists::counting;
use super::{App, Problem};
use crate::office::ctf::{CtfError, CtfWanted, ctf};
use crate::office::export::{self, NewsError};
use crate::office::key_in::{KeyInError, KeyInWanted, KeyedIn};
use crate::office::paper::{PaperError, PupilWanted, RegisterWanted};

/// A file to keep.
fn file(name: &str, kind: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, bytes).into_response()
}

fn csv(name: &str, bytes: Vec<u8>) -> Response {
    file(&format!("{name}.csv"), "text/csv; charset=utf-8", bytes)
}

pub(super) async fn export_marks(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<SpanWanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let wanted = span(wanted)?;
    let (runtime, estab) = (Arc::clone(&app.runtime), app.config.estab());
    let rows = off_the_loop(move || runtime.mark_rows(wanted.from, wanted.to, &estab)).await?;
    Ok(csv("marks", export_csv::write_marks(&rows)))
}

/// Marks as another system takes them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarksWanted {
    /// The first date.
    pub(crate) from: Date,
    /// The last date.
    pub(crate) to: Date,
    /// A mapping file; without one, the columns of the marks' own CSV.
    pub(crate) mapping: Option<String>,
    /// The watermark of the last export; without one, everything.
    pub(crate) since: Option<String>,
}

/// The file, and what the caller must know of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MarksGiven {
    /// The file in base 64: not every encoding of a mapping is UTF-8.
    pub(crate) file: String,
    /// How many rows it has.
    pub(crate) rows: usize,
    /// Whether it has all marks of the dates, because there was no watermark or its terms have changed.
    pub(crate) all: bool,
    /// The watermark to give next time.
    pub(crate) next: String,
    /// The rows that it does not have.
    pub(crate) left_out: Vec<RowLeftOut>,
    /// The words that stand for several codes in it.
    pub(crate) collapsed: Vec<String>,
}

impl From<NewsError> for Problem {
    fn from(error: NewsError) -> Self {
        match error {
            NewsError::Runtime(error) => error.into(),
            NewsError::Since(error) => Self::bad_field(error.to_string()),
        }
    }
}

pub(super) async fn export_marks_mapped(
    State(app): State<App>,
    _: Office,
    wanted: Result<Json<MarksWanted>, JsonRejection>,
) -> Result<Json<MarksGiven>, Problem> {
    let wanted = json(wanted)?;
    let span = check_span(SpanWanted {
        from: wanted.from,
        to: wanted.to,
    })?;
    let mapping = wanted.mapping.map(|text| Mapping::read(&text)).transpose();
    let mapping = mapping.map_err(|error| Problem::bad_field(error.to_string()))?;
    let since = wanted.since.map(|text| text.parse::<Watermark>()).transpose();
    let since = since.map_err(|error| Problem::bad_field(error.to_string()))?;
    let (runtime, estab) = (Arc::clone(&app.runtime), app.config.estab());
    let news = off_the_loop(move || Ok(runtime.marks_since(span.from, span.to, &estab, since))).await??;
    let (bytes, rows, left_out) = match &mapping {
        Some(mapping) => {
            let mapped = write_mapped(mapping, &news.rows);
            (mapped.bytes, mapped.rows, mapped.left_out)
        }
        None => (export_csv::write_marks(&news.rows), news.rows.len(), Vec::new()),
    };
    let collapsed = mapping.iter().flat_map(|mapping| {
        mapping.collapsed().into_iter().map(|(word, codes)| {
            let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
            format!("{word} stands for {}", codes.join(", "))
        })
    });
    Ok(Json(MarksGiven {
        collapsed: collapsed.collect(),
        file: STANDARD.encode(bytes),
        rows,
        all: news.all,
        next: news.next.to_string(),
        left_out,
    }))
}

pub(super) async fn export_amendments(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<SpanWanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let wanted = span(wanted)?;
    let runtime = Arc::clone(&app.runtime);
    let amendments = off_the_loop(move || runtime.amendments(wanted.from, wanted.to)).await?;
    Ok(csv(
        "amendments",
        export_csv::write_amendments(&export::amendment_rows(&amendments)),
    ))
}

/// A Common Transfer File, and who is not in it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CtfGiven {
    /// The name that the format prescribes.
    pub(crate) name: String,
    /// The file in base 64.
    pub(crate) file: String,
    /// Who is not in it.
    pub(crate) left_out: Vec<CtfLeftOut>,
}

/// A pupil who is not in a CTF.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CtfLeftOut {
    /// Who.
    pub(crate) pupil: PupilNumber,
    /// Their name.
    pub(crate) name: String,
    /// Why, and what to do.
    pub(crate) remedy: String,
}

impl From<CtfError> for Problem {
    fn from(error: CtfError) -> Self {
        match error {
            CtfError::Count(error) => error.into(),
            CtfError::NoLaEstab | CtfError::NoSuchTime | CtfError::Totals(_) => {
                Self::new(StatusCode::CONFLICT, "cannot-count", error.to_string())
            }
            CtfError::Number(_) | CtfError::Year(_) | CtfError::NoSuchPupil(_) => {
                Self::bad_field(error.to_string())
            }
        }
    }
}

pub(super) async fn export_ctf(
    State(app): State<App>,
    _: Office,
    wanted: Result<Json<CtfWanted>, JsonRejection>,
) -> Result<Json<CtfGiven>, Problem> {
    let wanted = json(wanted)?;
    let school = app.config.school.clone();
    let made = counting(app, move |counted| {
        Ok(ctf(counted, school.laestab.as_deref(), &school.name, &wanted))
    });
    let made = made.await??;
    Ok(Json(CtfGiven {
        name: made.name,
        file: STANDARD.encode(made.bytes),
        left_out: made
            .left_out
            .into_iter()
            .map(|left_out| CtfLeftOut {
                pupil: left_out.pupil,
                name: left_out.name,
                remedy: left_out.remedy.to_owned(),
            })
            .collect(),
    }))
}

impl From<KeyInError> for Problem {
    fn from(error: KeyInError) -> Self {
        match error {
            KeyInError::Paper(error) => error.into(),
            KeyInError::Desk(error) => error.into(),
            KeyInError::Keyed(error) => Self::bad_field(error.to_string()),
        }
    }
}

pub(super) async fn key_in(
    State(app): State<App>,
    _: Office,
    wanted: Result<Json<KeyInWanted>, JsonRejection>,
) -> Result<Json<KeyedIn>, Problem> {
    Ok(Json(app.runtime.key_in(&json(wanted)?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportWanted {
    #[serde(default)]
    dry_run: bool,
}

pub(super) type Body = Result<Bytes, BytesRejection>;

pub(super) async fn import_pupils(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<ImportWanted>, QueryRejection>,
    body: Body,
) -> Result<Json<ImportPlan>, Problem> {
    import(&app, query(wanted)?, body, read_roster).await
}

pub(super) async fn import_staff(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<ImportWanted>, QueryRejection>,
    body: Body,
) -> Result<Json<ImportPlan>, Problem> {
    let read = |bytes: &[u8]| roster::read_staff(bytes).map_err(RosterError::from);
    import(&app, query(wanted)?, body, read).await
}

async fn import(
    app: &App,
    wanted: ImportWanted,
    body: Body,
    read: fn(&[u8]) -> Result<Sheet, RosterError>,
) -> Result<Json<ImportPlan>, Problem> {
    let body = body.map_err(Problem::unread)?;
    let sheet = read(&body).map_err(|error| Problem::bad_field(error.to_string()))?;
    // One at a time: a second import is planned against what the first one left.
    let _turn = app.runtime.desk_turn().await;
    let existing = app.runtime.look(|hub| hub.roster().clone());
    let plan = roster::plan(&existing, &sheet);
    if !wanted.dry_run && !plan.is_empty() {
        app.runtime.set_roster(plan.apply(&existing)).await?;
    }
    Ok(Json(plan))
}

impl From<PaperError> for Problem {
    fn from(error: PaperError) -> Self {
        match error {
            PaperError::Runtime(error) => error.into(),
            PaperError::NobodyThere(_) => {
                Self::new(StatusCode::NOT_FOUND, "no-such-pupil", error.to_string())
            }
            PaperError::Sheet { .. } | PaperError::NoWeek(_) | PaperError::NoSchoolDay(_) => {
                Self::bad_field(error.to_string())
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterQuery {
    class: ClassName,
    from: Date,
    #[serde(default)]
    blank: bool,
}

pub(super) async fn print_register(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<RegisterQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let RegisterQuery { class, from, blank } = query(wanted)?;
    let runtime = Arc::clone(&app.runtime);
    let wanted = RegisterWanted { class, from, blank };
    let pdf = off_the_loop(move || Ok(runtime.register_pdf(&wanted))).await??;
    Ok(file("register.pdf", "application/pdf", pdf))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PupilQuery {
    pupil: PupilNumber,
    from: Date,
    to: Date,
}

pub(super) async fn print_pupil(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<PupilQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let wanted = query(wanted)?;
    let span = check_span(SpanWanted {
        from: wanted.from,
        to: wanted.to,
    })?;
    let runtime = Arc::clone(&app.runtime);
    let wanted = PupilWanted {
        pupil: wanted.pupil,
        from: span.from,
        to: span.to,
    };
    let pdf = off_the_loop(move || Ok(runtime.pupil_pdf(&wanted))).await??;
    Ok(file("pupil.pdf", "application/pdf", pdf))
}
