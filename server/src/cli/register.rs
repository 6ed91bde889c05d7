//! `daymark day`, `daymark ledger`

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use daymark_core::ids::{ClassName, PersonId, PupilNumber};
use daymark_core::session::{Date, Session};

use super::client::Office;
use super::codes::today;
use super::print::{counted, json, say, table};
use super::{Failure, Outcome, Place};
use crate::office::desk::{SignOffWanted, SignedOffNow};
use crate::office::view::{AmendmentView, DayView, MarkView, RowView, SessionView};

#[derive(Debug, Subcommand)]
pub(super) enum Day {
    /// Show the register of a day: what agrees, what a rule settled, what a person must decide
    Show(Show),
    /// Sign off a session; what is missing is written in the sign-off
    SignOff(SignOff),
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The date [default: today]
    #[arg(long)]
    date: Option<Date>,
    /// AM or PM [default: both]
    #[arg(long)]
    session: Option<Session>,
    /// One class
    #[arg(long)]
    class: Option<ClassName>,
    /// Only rows with a mark or a question, not the pupils with no mark yet
    #[arg(long)]
    marked: bool,
}

#[derive(Debug, Args)]
pub(super) struct SignOff {
    /// The date [default: today]
    #[arg(long)]
    date: Option<Date>,
    /// AM or PM
    #[arg(long)]
    session: Session,
    /// Who signs: a staff id
    #[arg(long)]
    by: PersonId,
}

pub(super) fn date_or_today(date: Option<Date>) -> Result<Date, Failure> {
    date.map_or_else(today, Ok)
}

/// Percent-encodes a value for a query.
pub(super) fn query_value(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

impl Day {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let office = Office::at(place)?;
        match self {
            Self::Show(show) => show.run(place, &office),
            Self::SignOff(wanted) => {
                let wanted = SignOffWanted {
                    date: date_or_today(wanted.date)?,
                    session: wanted.session,
                    by: wanted.by,
                };
                let made: SignedOffNow = office.post("/v1/office/sign-off", &wanted)?;
                let whole = made.disputed.is_empty() && made.unmarked.is_empty();
                let gaps = Outcome::found(!whole);
                if place.json {
                    json(&made)?;
                    return Ok(gaps);
                }
                say!(
                    "Signed off {} {} by {}, over {}.",
                    made.date,
                    made.session,
                    made.by,
                    counted(made.sheets, "sheet", "sheets")
                );
                name_missing("with two different marks", &made.disputed);
                name_missing("with no mark", &made.unmarked);
                Ok(gaps)
            }
        }
    }
}

fn name_missing(what: &str, pupils: &[PupilNumber]) {
    if pupils.is_empty() {
        return;
    }
    let shown: Vec<String> = pupils.iter().take(12).map(ToString::to_string).collect();
    let more = if pupils.len() > shown.len() { ", ..." } else { "" };
    say!(
        "Missing, and written in the sign-off: {} {what}: {}{more}",
        counted(pupils.len(), "pupil", "pupils"),
        shown.join(", ")
    );
}

impl Show {
    fn run(self, place: &Place, office: &Office) -> Result<Outcome, Failure> {
        let mut path = format!("/v1/office/day?date={}", date_or_today(self.date)?);
        if let Some(session) = self.session {
            let _ = write!(path, "&session={session}");
        }
        if let Some(class) = &self.class {
            let _ = write!(path, "&class={}", query_value(class.as_str()));
        }
        let mut day: DayView = office.get(&path)?;
        if self.marked {
            day.rows.retain(|row| {
                row.state != "blank" || !row.irregular.is_empty() || !row.after_sign_off.is_empty()
            });
        }
        let questions = day.rows.iter().any(waits);
        if place.json {
            json(&day)?;
        } else {
            say!("{} · {}", day.school, day.date);
            day.sessions.iter().for_each(print_numbers);
            say!();
            let lines: Vec<Vec<String>> = day
                .rows
                .iter()
                .map(|row| {
                    let shown = row.code.clone().unwrap_or_else(|| {
                        if row.state == "disputed" {
                            "!".into()
                        } else {
                            String::new()
                        }
                    });
                    vec![
                        row.session.to_string(),
                        row.class.clone(),
                        row.pupil.to_string(),
                        row.name.clone(),
                        shown,
                        words(row),
                    ]
                })
                .collect();
            table(&["", "Class", "No.", "Pupil", "Mark", ""], &lines);
        }
        Ok(Outcome::found(questions))
    }
}

fn print_numbers(numbers: &SessionView) {
    let signed = if numbers.signed_off { " · signed off" } else { "" };
    say!(
        "{}: {} on roll, {} accounted for, {} with no mark, {} reason not yet known, {} with two different marks, {} L or U in question, {} settled by rule, {} after sign-off, {} out of order{signed}",
        numbers.session,
        numbers.on_roll,
        numbers.accounted_for,
        numbers.no_mark,
        numbers.reason_not_known,
        numbers.two_different_marks,
        numbers.questions,
        numbers.settled_by_rule,
        numbers.after_sign_off,
        numbers.irregular,
    );
}

/// Whether a person must act: on different marks, on a question, and on what arrived after sign-off and says otherwise.
pub(super) fn waits(row: &RowView) -> bool {
    row.state == "disputed"
        || row.question.is_some()
        || row.after_sign_off.iter().any(|mark| mark.confirms != Some(true))
}

fn author(mark: &MarkView) -> String {
    let code = mark.code.as_deref().unwrap_or("taken back");
    let arrived = mark
        .arrived_at
        .as_ref()
        .map(|time| format!(" arrived {time}"))
        .unwrap_or_default();
    format!(
        "{code}{arrived} by {}, {} ({})",
        mark.by, mark.position, mark.device
    )
}

/// The state of a row in the words of the interface.
pub(super) fn words(row: &RowView) -> String {
    let marks: Vec<String> = row.marks.iter().map(author).collect();
    let mut words = match row.state.as_str() {
        "blank" => "No mark yet".to_owned(),
        "recorded" => marks.join("; "),
        "agreed" => format!("agreed: {}", marks.join("; ")),
        "settled" => format!(
            "by rule {}: {}",
            row.rule.as_deref().unwrap_or(""),
            marks.join("; ")
        ),
        _ => {
            let urgent = if row.urgent { "URGENT, " } else { "" };
            let why = row.why.as_deref().filter(|why| *why != "two different marks");
            let why = why.map(|why| format!(", {why}")).unwrap_or_default();
            format!(
                "{urgent}two different marks{why}: {}; counted as missing",
                marks.join(" / ")
            )
        }
    };
    if let Some(question) = &row.question {
        let _ = write!(words, "; QUESTION: {question}");
    }
    for mark in &row.after_sign_off {
        let confirms = if mark.confirms == Some(true) {
            "confirms"
        } else {
            "differs"
        };
        let _ = write!(words, "; arrived after sign-off, {confirms}: {}", author(mark));
    }
    for irregular in &row.irregular {
        let effect = if irregular.moves_nothing {
            "moves nothing"
        } else {
            "remark"
        };
        let code = irregular.code.as_deref().unwrap_or("taken back");
        let _ = write!(
            words,
            "; out of order ({effect}): {code} by {}: {}",
            irregular.by, irregular.why
        );
    }
    words
}

#[derive(Debug, Args)]
pub(super) struct Span {
    /// One date [default: today]
    #[arg(long, conflicts_with_all = ["from", "to"])]
    date: Option<Date>,
    /// The first date
    #[arg(long, requires = "to")]
    from: Option<Date>,
    /// The last date
    #[arg(long, requires = "from")]
    to: Option<Date>,
}

impl Span {
    /// The first and the last date.
    pub(super) fn dates(&self) -> Result<(Date, Date), Failure> {
        if let (Some(from), Some(to)) = (self.from, self.to) {
            return Ok((from, to));
        }
        let date = date_or_today(self.date)?;
        Ok((date, date))
    }

    pub(super) fn query(&self) -> Result<String, Failure> {
        let (from, to) = self.dates()?;
        Ok(format!("from={from}&to={to}"))
    }
}

#[derive(Debug, Args)]
pub(super) struct Ledger {
    #[command(flatten)]
    span: Span,
    /// One pupil
    #[arg(long)]
    pupil: Option<PupilNumber>,
}

impl Ledger {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let office = Office::at(place)?;
        let mut amendments: Vec<AmendmentView> =
            office.get(&format!("/v1/office/ledger?{}", self.span.query()?))?;
        amendments.retain(|amendment| self.pupil.is_none_or(|pupil| pupil == amendment.pupil));
        let irregular = amendments.iter().any(|amendment| !amendment.irregular.is_empty());
        if place.json {
            json(&amendments)?;
        } else if amendments.is_empty() {
            say!("No amendments.");
        } else {
            let lines: Vec<Vec<String>> = amendments
                .iter()
                .map(|amendment| {
                    let mut why = amendment
                        .reason
                        .clone()
                        .unwrap_or_else(|| "NO REASON GIVEN".to_owned());
                    if !amendment.in_force {
                        why += " [not in force]";
                    }
                    for irregular in &amendment.irregular {
                        let _ = write!(why, " [{irregular}]");
                    }
                    vec![
                        amendment.number.to_string(),
                        format!("{} {}", amendment.pupil, amendment.name),
                        format!("{} {}", amendment.date, amendment.session),
                        amendment.original.clone(),
                        amendment.amended.clone(),
                        why,
                        amendment.amended_at.clone(),
                        format!("{}, {}", amendment.by, amendment.position),
                    ]
                })
                .collect();
            table(
                &[
                    "No.",
                    "Pupil",
                    "Session",
                    "Was",
                    "Now",
                    "Why",
                    "When",
                    "Who, position",
                ],
                &lines,
            );
        }
        Ok(Outcome::found(irregular))
    }
}
