//! What the office is shown, in the shapes that its routes answer with.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};
use daymark_core::entry::Entry;
use daymark_core::fold::{Amendment, CellFold, DayFold, ProposalKind, Standing};
use daymark_core::ids::{EntryId, PupilNumber};
use daymark_core::record::open_question;
use daymark_core::roster::Pupil;
use daymark_core::session::{Cell, Date, Session};
use daymark_sync_protocol::hub::Hub;
use serde::{Deserialize, Serialize};

/// A day as the office sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DayView {
    /// The date.
    pub date: Date,
    /// What the school is called.
    pub school: String,
    /// One for each session asked for.
    pub sessions: Vec<SessionView>,
    /// One for each pupil and session.
    pub rows: Vec<RowView>,
}

/// A session in numbers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionView {
    /// Which.
    pub session: Session,
    /// Whether it is signed off.
    pub signed_off: bool,
    /// Pupils on roll.
    pub on_roll: usize,
    /// Pupils of whom a mark explains where they are.
    pub accounted_for: usize,
    /// Pupils with no mark.
    pub no_mark: usize,
    /// Pupils whose absence has no reason yet.
    pub reason_not_known: usize,
    /// Pupils with two different marks: they count as missing.
    pub two_different_marks: usize,
    /// Marks that a rule settled.
    pub settled_by_rule: usize,
    /// Marks of lateness that a person must look at: `L` or `U`?
    pub questions: usize,
    /// Marks that arrived after sign-off and wait.
    pub after_sign_off: usize,
    /// Entries that are out of order.
    pub irregular: usize,
}

/// A pupil's session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RowView {
    /// The pupil's number.
    pub pupil: PupilNumber,
    /// Their name; empty where the roster does not have them.
    pub name: String,
    /// Their class.
    pub class: String,
    /// The date.
    pub date: Date,
    /// Which session.
    pub session: Session,
    /// `blank`, `recorded`, `agreed`, `settled` or `disputed`.
    pub state: String,
    /// The code that stands.
    pub code: Option<String>,
    /// The rule that settled it.
    pub rule: Option<String>,
    /// Why a person must decide.
    pub why: Option<String>,
    /// What the office is asked about the mark that stands, such as whether it is `L` or `U`.
    pub question: Option<String>,
    /// Whether a child may be missing right now.
    pub urgent: bool,
    /// Whether the child counts as found.
    pub accounted_for: bool,
    /// The marks that stand or compete, each with its author.
    pub marks: Vec<MarkView>,
    /// What arrived after sign-off.
    pub after_sign_off: Vec<MarkView>,
    /// What is out of order.
    pub irregular: Vec<IrregularView>,
}

/// One mark and its author.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MarkView {
    /// The entry.
    pub entry: EntryId,
    /// Its code; `None` where a mark was taken back.
    pub code: Option<String>,
    /// Who made it.
    pub by: String,
    /// Their position on the day.
    pub position: String,
    /// On which device.
    pub device: String,
    /// Under which duty.
    pub duty: String,
    /// When, by the device's clock.
    pub recorded_at: String,
    /// What is known of that clock.
    pub clock: String,
    /// The time of arrival.
    pub arrived_at: Option<String>,
    /// The reason, where it replaced another.
    pub reason: Option<String>,
    /// For a mark after sign-off: whether it says what the register says.
    pub confirms: Option<bool>,
}

/// Something out of order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IrregularView {
    /// The entry.
    pub entry: EntryId,
    /// Its code.
    pub code: Option<String>,
    /// Who made it.
    pub by: String,
    /// What is out of order.
    pub why: String,
    /// Whether it moves nothing for that.
    pub moves_nothing: bool,
}

/// One amendment, as the office reads and prints it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AmendmentView {
    /// Its place in this list.
    pub number: usize,
    /// The pupil's number.
    pub pupil: PupilNumber,
    /// Their name.
    pub name: String,
    /// Their UPN.
    pub upn: Option<String>,
    /// The date of the mark.
    pub date: Date,
    /// Its session.
    pub session: Session,
    /// The original entry or entries.
    pub original: String,
    /// The amended entry.
    pub amended: String,
    /// The reason.
    pub reason: Option<String>,
    /// The date and time of the amendment.
    pub amended_at: String,
    /// The name of the person.
    pub by: String,
    /// Their position.
    pub position: String,
    /// Under which duty it was made.
    pub source: String,
    /// Whether it moved the register.
    pub in_force: bool,
    /// What is out of order about it.
    pub irregular: Vec<String>,
    /// The entry's own hash, which commits to the originals.
    pub check: EntryId,
}

/// A time as the interfaces write it: RFC 3339, UTC.
pub fn time(unix_seconds: i64) -> String {
    DateTime::from_timestamp(unix_seconds, 0).map_or_else(
        || unix_seconds.to_string(),
        |time| time.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

fn pupil_of(hub: &Hub, number: PupilNumber) -> Option<&Pupil> {
    hub.roster().pupils.get(&number)
}

/// A day, for the sessions and the class asked for.
pub fn day(fold: &DayFold, hub: &Hub, sessions: &[Session], class: Option<&str>) -> DayView {
    let mut rows = Vec::new();
    for session in sessions {
        rows.extend(session_rows(fold, hub, *session, class));
    }
    let numbers = sessions
        .iter()
        .map(|session| numbers(fold, *session, &rows))
        .collect();
    DayView {
        date: fold.date(),
        school: hub.facts().name.clone(),
        sessions: numbers,
        rows,
    }
}

/// The rows of a session: every pupil on roll, and everybody else of whom something was said.
fn session_rows(fold: &DayFold, hub: &Hub, session: Session, class: Option<&str>) -> Vec<RowView> {
    let mut rows: BTreeMap<(String, String, PupilNumber), RowView> = BTreeMap::new();
    let on_roll = hub
        .roster()
        .pupils
        .values()
        .filter(|pupil| pupil.on_roll(fold.date()));
    let marked = fold
        .cells()
        .filter(|(cell, _)| cell.session == session)
        .map(|(cell, _)| cell.pupil);
    for number in on_roll.map(|pupil| pupil.number).chain(marked) {
        let row = row(
            fold,
            hub,
            Cell {
                date: fold.date(),
                session,
                pupil: number,
            },
        );
        if class.is_none_or(|class| row.class == class) {
            rows.insert((row.class.clone(), row.name.clone(), number), row);
        }
    }
    rows.into_values().collect()
}

/// One pupil's session.
pub fn row(fold: &DayFold, hub: &Hub, cell: Cell) -> RowView {
    let pupil = pupil_of(hub, cell.pupil);
    let folded = fold.cell(&cell);
    let marks = |ids: &mut dyn Iterator<Item = &EntryId>| -> Vec<MarkView> {
        ids.filter_map(|id| fold.entry(id).map(|entry| mark(hub, *id, entry, None)))
            .collect()
    };
    let standing = folded.map(|folded| &folded.standing);
    let (state, rule, why, urgent) = match standing {
        None | Some(Standing::Blank) => ("blank", None, None, false),
        Some(Standing::Recorded { .. }) => ("recorded", None, None, false),
        Some(Standing::Agreed { .. }) => ("agreed", None, None, false),
        Some(Standing::Settled { rule, .. }) => ("settled", Some(rule.to_string()), None, false),
        Some(Standing::Disputed { why }) => ("disputed", None, Some(why.words().to_owned()), why.urgent()),
    };
    RowView {
        pupil: cell.pupil,
        name: pupil.map(Pupil::listed_as).unwrap_or_default(),
        class: pupil.map(|pupil| pupil.class.to_string()).unwrap_or_default(),
        date: cell.date,
        session: cell.session,
        state: state.to_owned(),
        code: folded.and_then(CellFold::code).map(|code| code.to_string()),
        rule,
        why,
        question: hub
            .facts()
            .policy
            .question(fold, &cell)
            .map(|question| question.to_string()),
        urgent,
        accounted_for: folded.is_some_and(CellFold::accounted_for),
        marks: folded
            .map(|folded| marks(&mut folded.candidates.iter()))
            .unwrap_or_default(),
        after_sign_off: folded
            .into_iter()
            .flat_map(|folded| &folded.proposals)
            .filter_map(|proposal| {
                let confirms = proposal.kind == ProposalKind::Confirms;
                fold.entry(&proposal.entry)
                    .map(|entry| mark(hub, proposal.entry, entry, Some(confirms)))
            })
            .collect(),
        irregular: folded
            .into_iter()
            .flat_map(|folded| &folded.irregular)
            .filter_map(|found| {
                let entry = fold.entry(&found.entry)?;
                Some(IrregularView {
                    entry: found.entry,
                    code: entry.code.map(|code| code.to_string()),
                    by: entry.person.to_string(),
                    why: found.why.to_string(),
                    moves_nothing: found.why.moves_nothing(),
                })
            })
            .collect(),
    }
}

fn mark(hub: &Hub, id: EntryId, entry: &Entry, confirms: Option<bool>) -> MarkView {
    let device = hub.devices().get(&entry.device).map(|device| device.name.clone());
    let clock = match entry.clock {
        None => "not checked".to_owned(),
        Some(check) => {
            let seconds = check.offset_ms / 1000;
            let doubt = check.doubt_ms.div_ceil(1000);
            match seconds {
                0 => format!("right to {doubt} s"),
                1.. => format!("{seconds} s slow, to {doubt} s"),
                _ => format!("{} s fast, to {doubt} s", -seconds),
            }
        }
    };
    MarkView {
        entry: id,
        code: entry.code.map(|code| code.to_string()),
        by: entry.person.name.clone(),
        position: entry.person.position.clone(),
        device: device.unwrap_or_else(|| format!("device {}", entry.device)),
        duty: entry.duty.to_string(),
        recorded_at: time(entry.recorded_at),
        clock,
        arrived_at: entry.particulars.arrived_at.map(|time| time.to_string()),
        reason: entry.reason_given().map(str::to_owned),
        confirms,
    }
}

fn numbers(fold: &DayFold, session: Session, rows: &[RowView]) -> SessionView {
    let rows: Vec<&RowView> = rows.iter().filter(|row| row.session == session).collect();
    let count = |test: &dyn Fn(&RowView) -> bool| rows.iter().filter(|row| test(row)).count();
    SessionView {
        session,
        signed_off: fold.sign_offs(session).next().is_some(),
        on_roll: count(&|row| !row.class.is_empty()),
        accounted_for: count(&|row| row.accounted_for),
        no_mark: count(&|row| row.state == "blank"),
        reason_not_known: count(&|row| row.code.as_deref() == Some("N")),
        two_different_marks: count(&|row| row.state == "disputed"),
        settled_by_rule: count(&|row| row.state == "settled"),
        questions: count(&|row| row.question.is_some()),
        after_sign_off: rows.iter().map(|row| row.after_sign_off.len()).sum(),
        irregular: rows.iter().map(|row| row.irregular.len()).sum(),
    }
}

/// The cells that wait for the office: urgent ones first, then those that must be decided, then questions, then what
/// arrived after sign-off, then what a rule settled and may be reversed.
pub fn decisions(fold: &DayFold, hub: &Hub) -> Vec<RowView> {
    let mut open: Vec<RowView> = fold
        .cells()
        .filter(|(cell, folded)| open_question(folded) || hub.facts().policy.question(fold, cell).is_some())
        .map(|(cell, _)| row(fold, hub, *cell))
        .collect();
    let rank = |row: &RowView| match (row.urgent, row.state.as_str(), row.after_sign_off.is_empty()) {
        (true, ..) => 0,
        (_, "disputed", _) => 1,
        _ if row.question.is_some() => 2,
        (_, _, false) => 3,
        _ => 4,
    };
    open.sort_by(|a, b| (rank(a), a.session, &a.name).cmp(&(rank(b), b.session, &b.name)));
    open
}

/// The amendments of one date.
pub fn amendments(fold: &DayFold, hub: &Hub) -> Vec<AmendmentView> {
    fold.amendments()
        .iter()
        .enumerate()
        .map(|(place, amendment)| amendment_view(place + 1, amendment, hub))
        .collect()
}

fn amendment_view(number: usize, amendment: &Amendment, hub: &Hub) -> AmendmentView {
    let pupil = pupil_of(hub, amendment.cell.pupil);
    AmendmentView {
        number,
        pupil: amendment.cell.pupil,
        name: pupil.map(Pupil::listed_as).unwrap_or_default(),
        upn: pupil.and_then(|pupil| pupil.upn).map(|upn| upn.to_string()),
        date: amendment.cell.date,
        session: amendment.cell.session,
        original: amendment.originals_text(),
        amended: amendment
            .amended
            .map_or_else(|| "no mark".to_owned(), |code| code.to_string()),
        reason: amendment.reason.clone(),
        amended_at: time(amendment.amended_at),
        by: amendment.person.name.clone(),
        position: amendment.person.position.clone(),
        source: amendment.source.to_string(),
        in_force: amendment.in_force,
        irregular: amendment.irregular.clone(),
        check: amendment.entry,
    }
}
