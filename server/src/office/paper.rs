//! What the office prints: the register of a class, and one pupil's marks.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate};
use daymark_core::calendar::london;
use daymark_core::entry::{Duty, Entry};
use daymark_core::fold::{CellFold, DayFold, ProposalKind, Standing};
use daymark_core::ids::{ClassName, EntryId, PupilNumber};
use daymark_core::roster::Pupil;
use daymark_core::rules::RegisterPolicy;
use daymark_core::session::{Cell, Date, Session};
use daymark_exchange::export_csv::AmendmentRow;
use daymark_exchange::paper::{
    CellHistory, HistoryLine, PaperMark, PupilPage, Register, RegisterRow, SheetError, StillOpen,
};
use daymark_sync_protocol::hub::Hub;

use super::export::amendment_rows;
use crate::runtime::{Runtime, RuntimeError, now_ms};

/// The weeks of a printed register.
const WEEKS: u16 = 2;
/// From Monday to Friday; where the calendar knows better, those on which school is held.
const DAYS_OF_A_WEEK: u16 = 5;

/// Why nothing is printed.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// There is no such sheet.
    #[error("class {class}: {error}")]
    Sheet {
        /// Of which class.
        class: ClassName,
        /// Why not.
        error: SheetError,
    },
    /// The weeks lie at the edge of the calendar.
    #[error("two weeks from {0} are outside the calendar: give another date")]
    NoWeek(Date),
    /// School is not held on any of the days.
    #[error(
        "school is held on no day of the two weeks from {0}: give another date, or look at `daymark calendar show`"
    )]
    NoSchoolDay(Date),
    /// Nobody has the number.
    #[error("the roster has no pupil {0}: check the number")]
    NobodyThere(PupilNumber),
    /// The hub cannot be asked.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// Which register.
#[derive(Debug, Clone)]
pub struct RegisterWanted {
    /// The class.
    pub class: ClassName,
    /// A day of the first of the two weeks.
    pub from: Date,
    /// Without marks, to be filled in by hand.
    pub blank: bool,
}

/// Whose page.
#[derive(Debug, Clone, Copy)]
pub struct PupilWanted {
    /// The pupil.
    pub pupil: PupilNumber,
    /// The first date.
    pub from: Date,
    /// The last date.
    pub to: Date,
}

/// Monday to Friday of the week of a day and the next, as far as school is held: a sheet has no column for an INSET day.
fn school_days(from: Date, policy: &RegisterPolicy) -> Result<Vec<Date>, PaperError> {
    let is_held = |day: &Date| {
        Session::ALL
            .iter()
            .any(|session| policy.may_be_held(*day, *session))
    };
    let mut days = weekdays(from)?;
    days.retain(is_held);
    if days.is_empty() {
        return Err(PaperError::NoSchoolDay(from));
    }
    Ok(days)
}

fn weekdays(from: Date) -> Result<Vec<Date>, PaperError> {
    let outside = PaperError::NoWeek(from);
    let weekday = NaiveDate::from(from).weekday().num_days_from_monday();
    let monday = u16::try_from(weekday).ok().and_then(|days| from.minus(days));
    let Some(monday) = monday else { return Err(outside) };
    let days = (0..WEEKS).flat_map(|week| (0..DAYS_OF_A_WEEK).map(move |day| week * 7 + day));
    days.map(|day| monday.plus(day))
        .collect::<Option<Vec<Date>>>()
        .ok_or(outside)
}

/// Now, as a clock in the school shows it.
fn printed_at() -> String {
    let seconds = i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX);
    when(seconds)
}

/// What of a cell still waits for a person.
fn still_open(hub: &Hub, day: &DayFold, cell: &Cell, fold: &CellFold) -> StillOpen {
    let differs = |kind: &ProposalKind| *kind != ProposalKind::Confirms;
    let is_undecided =
        fold.standing.is_disputed() || fold.proposals.iter().any(|proposal| differs(&proposal.kind));
    StillOpen {
        decisions: usize::from(is_undecided),
        questions: usize::from(hub.facts().policy.question(day, cell).is_some()),
    }
}

impl Runtime {
    /// The register of a class for two weeks, as a PDF. Blocks.
    ///
    /// # Errors
    /// See [`PaperError`].
    pub fn register_pdf(&self, wanted: &RegisterWanted) -> Result<Vec<u8>, PaperError> {
        let mut register = self.blank_register(&wanted.class, wanted.from)?;
        register.blank = wanted.blank;
        if !wanted.blank {
            for day in &register.days {
                let rows = &mut register.rows;
                register.open += self.look_at_day(*day, |fold, hub| add_marks(fold, hub, rows))?;
            }
        }
        register.to_pdf().map_err(|error| PaperError::Sheet {
            class: wanted.class.clone(),
            error,
        })
    }

    /// The sheet of a class for two weeks as it is printed, without a mark: what is keyed back is compared with it.
    ///
    /// # Errors
    /// See [`PaperError`].
    pub(super) fn blank_register(&self, class: &ClassName, from: Date) -> Result<Register, PaperError> {
        self.look(|hub| {
            let days = school_days(from, &hub.facts().policy)?;
            Ok(Register {
                school: hub.facts().name.clone(),
                class: class.clone(),
                rows: class_list(hub, class, &days),
                days,
                blank: true,
                open: StillOpen::default(),
                printed_at: printed_at(),
            })
        })
    }

    /// The marks of a pupil with their history and amendments, as a PDF. Blocks.
    ///
    /// # Errors
    /// See [`PaperError`].
    pub fn pupil_pdf(&self, wanted: &PupilWanted) -> Result<Vec<u8>, PaperError> {
        let found = self.look(|hub| {
            let pupil = hub.roster().pupils.get(&wanted.pupil)?;
            Some((hub.facts().name.clone(), pupil.clone()))
        });
        let (school, pupil) = found.ok_or(PaperError::NobodyThere(wanted.pupil))?;
        let mut cells = Vec::new();
        let mut open = StillOpen::default();
        for day in (wanted.from.days()..=wanted.to.days()).map(Date::from_days) {
            self.look_at_day(day, |fold, hub| {
                for session in Session::ALL {
                    let cell = Cell {
                        date: day,
                        session,
                        pupil: wanted.pupil,
                    };
                    let Some(folded) = fold.cell(&cell) else { continue };
                    open += still_open(hub, fold, &cell, folded);
                    cells.push(history(fold, hub, cell, folded));
                }
            })?;
        }
        let mut amendments = self.amendments(wanted.from, wanted.to)?;
        amendments.retain(|amendment| amendment.pupil == wanted.pupil);
        let page = PupilPage {
            school,
            name: pupil.known_as(),
            known_by: known_by(&pupil),
            from: wanted.from,
            to: wanted.to,
            cells,
            amendments: in_words(amendment_rows(&amendments)),
            open,
            printed_at: printed_at(),
        };
        Ok(page.to_pdf())
    }
}

/// The pupils of a class who are on roll on one of the days, by name.
fn class_list(hub: &Hub, class: &ClassName, days: &[Date]) -> Vec<RegisterRow> {
    let pupils = hub.roster().pupils.values();
    let listed = pupils.filter(|pupil| pupil.class == *class && days.iter().any(|day| pupil.on_roll(*day)));
    let mut rows: Vec<RegisterRow> = listed
        .map(|pupil| RegisterRow {
            pupil: pupil.number,
            name: pupil.listed_as(),
            marks: BTreeMap::new(),
        })
        .collect();
    rows.sort_by(|a, b| (&a.name, a.pupil).cmp(&(&b.name, b.pupil)));
    rows
}

/// Puts the marks of a day into the rows, and counts what still waits for the office.
fn add_marks(fold: &DayFold, hub: &Hub, rows: &mut [RegisterRow]) -> StillOpen {
    let mut open = StillOpen::default();
    for row in rows {
        for session in Session::ALL {
            let cell = Cell {
                date: fold.date(),
                session,
                pupil: row.pupil,
            };
            let Some(folded) = fold.cell(&cell) else { continue };
            open += still_open(hub, fold, &cell, folded);
            let mark = match folded.code() {
                Some(code) => PaperMark::Code(code),
                None if folded.standing.is_disputed() => PaperMark::Disputed,
                None => continue,
            };
            row.marks.insert((cell.date, session), mark);
        }
    }
    open
}

/// Amendments with their times and duties as people read them.
fn in_words(mut rows: Vec<AmendmentRow>) -> Vec<AmendmentRow> {
    for row in &mut rows {
        if let Ok(at) = DateTime::parse_from_rfc3339(&row.amended_at) {
            row.amended_at = when(at.timestamp());
        }
        if let Ok(made_under) = row.source.parse::<Duty>() {
            row.source = duty(&made_under);
        }
    }
    rows
}

fn known_by(pupil: &Pupil) -> String {
    let upn = pupil
        .upn
        .map_or_else(|| "no UPN".to_owned(), |upn| format!("UPN {upn}"));
    format!(
        "class {} · admission number {} · {upn}",
        pupil.class, pupil.mis_id
    )
}

fn history(fold: &DayFold, hub: &Hub, cell: Cell, folded: &CellFold) -> CellHistory {
    let code = folded.code().map(|code| code.to_string());
    let mut stands = match (&folded.standing, code) {
        (Standing::Settled { rule, .. }, Some(code)) => format!("{code}, settled by rule {rule}"),
        (Standing::Disputed { why }, _) => format!("two different marks: {}", why.words()),
        (Standing::Agreed { .. }, Some(code)) => format!("{code}, agreed"),
        (_, Some(code)) => code,
        (_, None) => "no mark".to_owned(),
    };
    if let Some(question) = hub.facts().policy.question(fold, &cell) {
        stands = format!("{stands}. {question}");
    }
    let entries = fold.history(&cell);
    CellHistory {
        date: cell.date,
        session: cell.session,
        stands,
        lines: entries
            .into_iter()
            .map(|(id, entry)| line(hub, folded, id, entry))
            .collect(),
    }
}

fn line(hub: &Hub, folded: &CellFold, id: EntryId, entry: &Entry) -> HistoryLine {
    let device = hub.devices().get(&entry.device).map(|device| device.name.clone());
    let device = device.unwrap_or_else(|| format!("device {}", entry.device));
    let particulars = &entry.particulars;
    let mut beside = Vec::new();
    beside.extend(particulars.arrived_at.map(|time| format!("arrived {time}")));
    beside.extend(particulars.nature.clone());
    let supervisor = particulars.visit.as_ref().map(|visit| &visit.supervisor);
    beside.extend(supervisor.map(|person| format!("supervised by {person}")));
    beside.extend(particulars.comment.clone());
    beside.extend(entry.reason_given().map(|reason| format!("reason: {reason}")));
    if folded.proposals.iter().any(|proposal| proposal.entry == id) {
        beside.push("arrived after sign-off".to_owned());
    }
    let irregular = folded.irregular.iter().filter(|found| found.entry == id);
    beside.extend(irregular.map(|found| format!("out of order: {}", found.why)));
    HistoryLine {
        code: entry
            .code
            .map_or_else(|| "taken back".to_owned(), |code| code.to_string()),
        by: entry.person.to_string(),
        made_on: format!("{device} ({})", duty(&entry.duty)),
        recorded_at: when(entry.recorded_at),
        beside: beside.join("; "),
    }
}

fn duty(duty: &Duty) -> String {
    match duty {
        Duty::Class(class) => format!("class {class}"),
        Duty::Trip(_) => "trip".to_owned(),
        Duty::Gate => "late gate".to_owned(),
        Duty::Office => "office".to_owned(),
    }
}

/// A time as people in the school read it, by its own clocks; the minute is enough on paper.
fn when(unix_seconds: i64) -> String {
    let ahead = london::ahead_seconds(unix_seconds).unwrap_or(0);
    let zone = if ahead == 0 { "GMT" } else { "BST" };
    DateTime::from_timestamp(unix_seconds.saturating_add(ahead), 0).map_or_else(
        || unix_seconds.to_string(),
        |at| format!("{} {zone}", at.format("%-d %b %Y %H:%M")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_school_weeks_begin_on_the_monday_before() {
        let days = weekdays("2026-03-04".parse().expect("a date")).expect("days");
        assert_eq!(days.len(), 10);
        assert_eq!(
            (days[0].to_string(), days[4].to_string()),
            ("2026-03-02".into(), "2026-03-06".into())
        );
        assert_eq!(
            (days[5].to_string(), days[9].to_string()),
            ("2026-03-09".into(), "2026-03-13".into())
        );
        assert!(weekdays(Date::from_days(0)).is_err(), "2000-01-01 was a Saturday");
    }

    #[test]
    fn a_sheet_has_the_days_on_which_school_is_held() {
        let calendar = daymark_core::calendar::file::read(
            "terms = [{ name = \"Spring\", first = 2026-02-23, last = 2026-03-27 }]\ninsets = [{ date = 2026-03-06 }]",
        );
        let policy = RegisterPolicy::new(None, Some(calendar.expect("a calendar")));
        let of = |from: &str| school_days(from.parse().expect("a date"), &policy);
        let days = of("2026-03-04").expect("days");
        assert_eq!(days.len(), 9, "the INSET day is left out: {days:?}");
        assert_eq!(days[4].to_string(), "2026-03-09");
        assert_eq!(
            of("2026-03-23").expect("days").len(),
            10,
            "the calendar says nothing of April"
        );
        let half_term = daymark_core::calendar::file::read(
            "terms = [{ name = \"Spring\", first = 2026-01-05, last = 2026-03-27 }]\nclosures = [{ name = \"Half-term\", first = 2026-02-09, last = 2026-02-20 }]",
        );
        let policy = RegisterPolicy::new(None, Some(half_term.expect("a calendar")));
        let words = school_days("2026-02-11".parse().expect("a date"), &policy).expect_err("no day");
        assert!(words.to_string().contains("school is held on no day"), "{words}");
    }

    #[test]
    fn times_on_paper_are_those_of_the_schools_clocks() {
        assert_eq!(when(1_772_442_300), "2 Mar 2026 09:05 GMT");
        assert_eq!(when(1_782_893_100), "1 Jul 2026 09:05 BST");
    }
}
