//! Making entries: what the author's screen showed, and what they say now.
//!
//! Here the rules refuse what would be unlawful, so that a mistake is put right by the person who makes it. The fold
//! never refuses; it remarks on what got past from elsewhere.

mod error;
mod sign_off;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use self::error::{Pupils, RecordError};
pub use self::sign_off::sign_off;
use crate::code::{self, Code};
use crate::entry::{ClockCheck, Duty, Entry, NOTE_BYTES_MAX, Particulars, Person, SUPERSEDES_MAX, TimeOfDay};
use crate::fold::{CellFold, DayFold, irregular};
use crate::ids::{DeviceNumber, EntryId, PupilNumber, SchoolId};
use crate::item::Stamp;
use crate::roster::Role;
use crate::rules::RegisterPolicy;
use crate::session::{Cell, Date, Session};

/// Who records, where and when.
#[derive(Debug, Clone)]
pub struct Author {
    /// Whose register.
    pub school: SchoolId,
    /// Under which duty.
    pub duty: Duty,
    /// The person, as they are on the day.
    pub person: Person,
    /// The device.
    pub device: DeviceNumber,
    /// The device's clock: unix seconds.
    pub now: i64,
    /// What is known about that clock.
    pub clock: Option<ClockCheck>,
    /// In which role of the staff list the person records.
    pub role: Role,
    /// What the school's rules say of recording, as far as they are known there.
    pub policy: Arc<RegisterPolicy>,
}

impl Author {
    /// The stamp for a statement.
    pub fn stamp(&self) -> Stamp {
        Stamp {
            school: self.school,
            device: self.device,
            person: self.person.clone(),
            recorded_at: self.now,
            clock: self.clock,
        }
    }
}

/// A mark to make.
#[derive(Debug, Clone)]
pub struct Mark {
    /// The code.
    pub code: Code,
    /// What is recorded beside it.
    pub particulars: Particulars,
    /// Why, where it changes an entry.
    pub reason: Option<String>,
}

/// Makes the entry for one mark. What the author may replace, and sees, it replaces; that makes it an amendment,
/// which needs a reason.
///
/// # Errors
/// See [`RecordError`]; nothing is recorded.
pub fn mark(
    day: &DayFold,
    author: &Author,
    session: Session,
    pupil: PupilNumber,
    mark: &Mark,
) -> Result<Entry, RecordError> {
    let cell = Cell {
        date: day.date(),
        session,
        pupil,
    };
    check_role(author, cell.date, mark.code)?;
    let supersedes = replaceable(day, author, &cell);
    let sign_off = sign_off_in_view(day, author, session);
    let entry = Entry {
        school: author.school,
        cell,
        code: Some(mark.code),
        particulars: mark.particulars.clone(),
        duty: author.duty.clone(),
        person: author.person.clone(),
        device: author.device,
        recorded_at: author.now,
        clock: author.clock,
        reason: mark.reason.clone().filter(|_| !supersedes.is_empty()),
        supersedes,
        sign_off,
    };
    check(day, author, &entry)?;
    Ok(entry)
}

/// Amends what stands in a cell, or waits there: as [`mark`], for an author who must find something to replace.
///
/// # Errors
/// [`RecordError::NothingToAmend`], and those of [`mark`].
pub fn amend(
    day: &DayFold,
    author: &Author,
    session: Session,
    pupil: PupilNumber,
    amended: &Mark,
) -> Result<Entry, RecordError> {
    let cell = Cell {
        date: day.date(),
        session,
        pupil,
    };
    if replaceable(day, author, &cell).is_empty() {
        return Err(RecordError::NothingToAmend { cell });
    }
    mark(day, author, session, pupil, amended)
}

/// Takes back what this duty marked: where that mark had replaced others of one kind, they are restored by a further
/// entry; else no mark stands. Who may enter a code is not asked: what is restored was entered already.
///
/// # Errors
/// [`RecordError::NothingToUndo`], or a missing reason.
pub fn undo(
    day: &DayFold,
    author: &Author,
    session: Session,
    pupil: PupilNumber,
    reason: &str,
) -> Result<Entry, RecordError> {
    let cell = Cell {
        date: day.date(),
        session,
        pupil,
    };
    let supersedes: BTreeSet<EntryId> = replaceable(day, author, &cell)
        .into_iter()
        .filter(|id| day.entry(id).is_some_and(|entry| entry.duty == author.duty))
        .collect();
    let taken_back: Vec<&Entry> = supersedes.iter().filter_map(|id| day.entry(id)).collect();
    if taken_back.is_empty() || taken_back.iter().all(|entry| entry.code.is_none()) {
        return Err(RecordError::NothingToUndo { cell });
    }
    let earlier: Vec<&Entry> = taken_back
        .iter()
        .flat_map(|entry| &entry.supersedes)
        .filter_map(|id| day.entry(id))
        .collect();
    let restored = match earlier.as_slice() {
        [first, rest @ ..] if rest.iter().all(|entry| entry.says_the_same(first)) => Some(*first),
        _ => None,
    };
    let entry = Entry {
        school: author.school,
        cell,
        code: restored.and_then(|entry| entry.code),
        particulars: restored
            .map(|entry| entry.particulars.clone())
            .unwrap_or_default(),
        duty: author.duty.clone(),
        person: author.person.clone(),
        device: author.device,
        recorded_at: author.now,
        clock: author.clock,
        supersedes,
        reason: Some(reason.to_owned()),
        sign_off: sign_off_in_view(day, author, session),
    };
    check(day, author, &entry)?;
    Ok(entry)
}

/// The office's decision on a cell: between marks that differ, on one that a rule settled, or on what arrived after
/// sign-off. It names every mark that the screen showed.
///
/// # Errors
/// See [`RecordError`]; nothing is recorded.
pub fn decide(
    day: &DayFold,
    author: &Author,
    session: Session,
    pupil: PupilNumber,
    decision: &Mark,
) -> Result<Entry, RecordError> {
    let cell = Cell {
        date: day.date(),
        session,
        pupil,
    };
    if author.duty != Duty::Office {
        return Err(RecordError::NotTheOffice {
            duty: author.duty.clone(),
        });
    }
    check_role(author, cell.date, decision.code)?;
    let is_asked = author.policy.question(day, &cell).is_some();
    let needs = day.cell(&cell).filter(|fold| is_asked || open_question(fold));
    let Some(fold) = needs else {
        let was = day
            .cell(&cell)
            .map_or_else(|| "no mark yet".to_owned(), |fold| fold.standing.to_string());
        return Err(RecordError::NothingToDecide { cell, was });
    };
    let supersedes: BTreeSet<EntryId> = fold
        .candidates
        .iter()
        .copied()
        .chain(fold.proposals.iter().map(|proposal| proposal.entry))
        .collect();
    let mut particulars = if decision.particulars == Particulars::default() {
        particulars_of(day, &supersedes, decision.code)
    } else {
        decision.particulars.clone()
    };
    if particulars.arrived_at.is_none() && decision.code.is_late() {
        particulars.arrived_at = arrival_of(day, &supersedes);
    }
    let entry = Entry {
        school: author.school,
        cell,
        code: Some(decision.code),
        particulars,
        duty: Duty::Office,
        person: author.person.clone(),
        device: author.device,
        recorded_at: author.now,
        clock: author.clock,
        supersedes,
        reason: decision.reason.clone(),
        sign_off: sign_off_in_view(day, author, session),
    };
    check(day, author, &entry)?;
    Ok(entry)
}

/// The time of arrival that marks of lateness agree on: the office decides `L` or `U`, and not the time.
fn arrival_of(day: &DayFold, among: &BTreeSet<EntryId>) -> Option<TimeOfDay> {
    let times: BTreeSet<TimeOfDay> = among
        .iter()
        .filter_map(|id| day.entry(id)?.particulars.arrived_at)
        .collect();
    let mut times = times.into_iter();
    times.next().filter(|_| times.next().is_none())
}

/// Whether a cell waits for the office: a dispute, a settlement that may be reversed, or a proposal.
pub fn open_question(fold: &CellFold) -> bool {
    fold.standing.is_disputed()
        || matches!(fold.standing, crate::fold::Standing::Settled { .. })
        || !fold.proposals.is_empty()
}

/// What was recorded beside the code that a decision picks, so that its particulars are not lost. Where marks with
/// that code differ about the trip, none is picked for the office: it must say which.
fn particulars_of(day: &DayFold, among: &BTreeSet<EntryId>, code: Code) -> Particulars {
    let picked: Vec<&Entry> = among
        .iter()
        .filter_map(|id| day.entry(id))
        .filter(|entry| entry.code == Some(code))
        .collect();
    let pairs_agree = picked.iter().all(|a| picked.iter().all(|b| a.says_the_same(b)));
    match picked.first() {
        Some(first) if pairs_agree => first.particulars.clone(),
        _ => Particulars::default(),
    }
}

/// What the author's screen shows and their duty may replace. Before sign-off: the standing candidates. After it,
/// a duty other than the office may still replace what it itself proposed.
fn replaceable(day: &DayFold, author: &Author, cell: &Cell) -> BTreeSet<EntryId> {
    let Some(fold) = day.cell(cell) else {
        return BTreeSet::new();
    };
    fold.candidates
        .iter()
        .copied()
        .chain(fold.proposals.iter().map(|proposal| proposal.entry))
        .filter(|id| {
            day.entry(id)
                .is_some_and(|entry| author.duty.may_supersede(&entry.duty))
        })
        .collect()
}

fn sign_off_in_view(day: &DayFold, author: &Author, session: Session) -> Option<EntryId> {
    if author.duty != Duty::Office {
        return None;
    }
    day.sign_offs(session).map(|sign_off| sign_off.id).max()
}

fn check_role(author: &Author, date: Date, code: Code) -> Result<(), RecordError> {
    let Some(rules) = author.policy.on(date) else {
        return Ok(());
    };
    let role = author.role;
    rules
        .may_enter(role, code)
        .map_err(|who| RecordError::NotForRole { code, role, who })
}

fn check(day: &DayFold, author: &Author, entry: &Entry) -> Result<(), RecordError> {
    let cell = entry.cell;
    let was = || {
        day.cell(&cell)
            .map_or_else(|| "no mark yet".to_owned(), |fold| fold.standing.to_string())
    };
    if let Some(code) = entry.code {
        code::check(code, cell.date, cell.session)?;
        if let Some(what) = irregular::missing_particular(entry) {
            return Err(RecordError::Missing { code, what });
        }
    }
    let texts = [
        ("reason", &entry.reason),
        ("nature", &entry.particulars.nature),
        ("comment", &entry.particulars.comment),
    ];
    for (field, text) in texts {
        let fits = |text: &String| {
            !text.is_empty()
                && text.len() <= NOTE_BYTES_MAX
                && !text.chars().any(|c| c.is_control() && c != '\n')
        };
        if text.as_ref().is_some_and(|text| !fits(text)) {
            return Err(RecordError::Text { field });
        }
    }
    if entry.supersedes.len() > SUPERSEDES_MAX {
        return Err(RecordError::TooMany { cell });
    }
    // The office accepts a proposal by saying the same: that does move the register. So it answers what is asked of `L`.
    let answers = entry.duty == Duty::Office && author.policy.question(day, &cell).is_some();
    let accepts = |id: &EntryId| {
        entry.duty == Duty::Office
            && day
                .cell(&cell)
                .is_some_and(|fold| fold.proposals.iter().any(|proposal| proposal.entry == *id))
    };
    let same = match entry.supersedes.iter().next() {
        Some(id) if entry.supersedes.len() == 1 && !answers && !accepts(id) => day
            .entry(id)
            .is_some_and(|only| only.code == entry.code && only.particulars == entry.particulars),
        _ => false,
    };
    if same {
        return Err(RecordError::NothingToChange { cell, was: was() });
    }
    if !entry.supersedes.is_empty() && entry.reason_given().is_none() {
        return Err(RecordError::ReasonNeeded { cell, was: was() });
    }
    Ok(())
}
