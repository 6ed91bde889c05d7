//! Making marks, and taking back what was done a moment ago.

use daymark_core::code::Code;
use daymark_core::entry::{Duty, Particulars};
use daymark_core::ids::PupilNumber;
use daymark_core::record::{Mark, RecordError};
use daymark_core::session::Cell;
use daymark_core::trip::TripSession;
use daymark_tablet::register::{self, Row};
use daymark_tablet::{trips, words as say};

use super::Open;
use super::open::{Done, words};
use crate::action::{Action, Fields, Register};

/// How long the button to undo stands: milliseconds.
const UNDO_MS: i64 = 10_000;
/// How many things can be taken back one after another.
const UNDO_MAX: usize = 5;
/// The reason of a mark where one was taken back: to mark again needs no other.
const AGAIN: &str = "Marked again after it was taken back";
/// The reason of what was taken back at once.
const AT_ONCE: &str = "Taken back at once: a slip of the finger";

/// Something that can be taken back with one tap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoable {
    /// What it undoes, in words.
    pub label: String,
    /// In which register.
    pub register: Register,
    /// Whose marks.
    pub pupils: Vec<PupilNumber>,
    /// Until when the button stands: unix milliseconds.
    pub until_ms: i64,
}

impl Open {
    /// The rows of a register, as a screen shows them.
    pub fn rows(&self, register: &Register) -> Vec<Row> {
        register::rows(
            self.tablet.replica(),
            register.date,
            register.session,
            &register.duty,
        )
    }

    /// The code that a tap on an empty box makes: the trip's own, or present.
    pub fn plain_code(&self, register: &Register) -> Code {
        let trip = self.trip(register);
        match trip.as_ref().and_then(|view| view.plan()) {
            Some(plan) => plan.code,
            None if register.session == daymark_core::session::Session::Am => Code::PRESENT_AM,
            None => Code::PRESENT_PM,
        }
    }

    pub(super) fn act_marks(&mut self, action: Action, fields: &Fields) -> Done {
        match action {
            Action::Mark(register, pupil, code) => {
                let reason = fields.given("reason").or_else(|| fields.given("other"));
                self.mark_one(&register, pupil, code, reason)
            }
            Action::Letter(register, pupil) => {
                let letter = fields.get("letter").to_uppercase();
                let code: Code = letter.parse().map_err(words)?;
                if self.has_mark(&register, pupil) {
                    self.go(crate::action::Screen::Row(register, pupil));
                    return Ok(None);
                }
                self.mark_one(&register, pupil, code, None)
            }
            Action::TakeBack(register, pupil) => {
                let reason = fields.given("reason").or_else(|| fields.given("other"));
                let reason = reason.ok_or("Say why the mark is taken back.")?;
                let author = self.author(&register.duty)?;
                let taken = self
                    .tablet
                    .undo(&author, register.date, register.session, pupil, &reason);
                taken.map_err(words)?;
                self.back_to_list();
                Ok(Some(format!("Taken back: {}.", self.name(pupil))))
            }
            Action::MarkRest(register) => self.mark_rest(&register),
            _ => Ok(None),
        }
    }

    fn has_mark(&self, register: &Register, pupil: PupilNumber) -> bool {
        let is_own = |mark: &register::MarkShown| mark.duty == register.duty && mark.code.is_some();
        let rows = self.rows(register);
        let mut rows = rows.iter().filter(|row| row.pupil == pupil);
        rows.any(|row| row.marks.iter().any(is_own))
    }

    /// Leaves a pupil's sheet for the list it was opened from.
    pub(super) fn back_to_list(&mut self) {
        if matches!(self.screen, crate::action::Screen::Row(..)) {
            let home = self.home();
            self.screen = self.back.pop().unwrap_or(home);
        }
    }

    /// The mark of a code under a register, with what the trip's plan says beside it.
    fn mark_of(
        &self,
        register: &Register,
        pupil: PupilNumber,
        code: Code,
        reason: Option<String>,
    ) -> Result<Mark, String> {
        let mut particulars = Particulars::default();
        if let (Duty::Trip(trip), Some(view)) = (&register.duty, self.trip(register)) {
            let at = TripSession {
                date: register.date,
                session: register.session,
            };
            let visit = trips::visit_ref(*trip, &view, pupil, None);
            let supervisor = visit.as_ref().map(|visit| &visit.supervisor);
            trips::check_mark(self.tablet.replica(), &view, at, pupil, code, supervisor).map_err(words)?;
            if code.approved_elsewhere() {
                particulars.visit = visit;
                particulars.nature = view
                    .plan()
                    .filter(|plan| plan.code == code)
                    .and_then(|plan| plan.nature.clone());
            }
        }
        Ok(Mark {
            code,
            particulars,
            reason: reason.or_else(|| self.again(register, pupil)),
        })
    }

    /// Why a pupil is marked who has no mark any more: what was taken back costs nobody a reason. `None` where a mark
    /// stands, which nothing replaces without one.
    pub(super) fn again(&self, register: &Register, pupil: PupilNumber) -> Option<String> {
        let day = self.tablet.replica().day_of(register.date, &[pupil].into());
        let cell = Cell {
            date: register.date,
            session: register.session,
            pupil,
        };
        let fold = day.cell(&cell)?;
        let standing = fold.candidates.iter().filter_map(|id| day.entry(id));
        let mut own = standing.filter(|entry| register.duty.may_supersede(&entry.duty));
        own.all(|entry| entry.code.is_none()).then(|| AGAIN.to_owned())
    }

    fn mark_one(
        &mut self,
        register: &Register,
        pupil: PupilNumber,
        code: Code,
        reason: Option<String>,
    ) -> Done {
        let mark = self.mark_of(register, pupil, code, reason)?;
        let author = self.author(&register.duty)?;
        let report = self
            .tablet
            .mark(&author, register.date, register.session, &[(pupil, mark)]);
        let report = report.map_err(words)?;
        match report.refused.first() {
            // A finger that tapped twice: the mark stands already.
            Some((_, RecordError::NothingToChange { .. })) => {
                self.back_to_list();
                return Ok(None);
            }
            Some((_, why)) => return Err(format!("{}: {why}", self.name(pupil))),
            None => {}
        }
        let name = self.name(pupil);
        self.can_undo(format!("{name}: {code}"), register, vec![pupil]);
        self.back_to_list();
        Ok(Some(format!("{name}: {code}. {}.", say::SAVED)))
    }

    /// Marks everybody who is left, where as many were counted as are ticked then: never by the list alone.
    fn mark_rest(&mut self, register: &Register) -> Done {
        let count = self
            .counting(register)
            .ok_or("This trip is not on this tablet.")?;
        if !count.agrees() {
            return Err(count.difference());
        }
        let code = self.plain_code(register);
        let author = self.author(&register.duty)?;
        // The count goes first: who was missing at one before it has been found by it.
        self.say_count(register, &count, Vec::new())?;
        let mut marks = Vec::new();
        for pupil in &count.unmarked {
            marks.push((*pupil, self.mark_of(register, *pupil, code, None)?));
        }
        let report = self
            .tablet
            .mark(&author, register.date, register.session, &marks)
            .map_err(words)?;
        let done: Vec<PupilNumber> = report.recorded.iter().map(|entry| entry.cell.pupil).collect();
        let marked = say::count(done.len(), "pupil");
        self.can_undo(format!("{marked} as {code}"), register, done);
        let home = self.home();
        self.screen = self.back.pop().unwrap_or(home);
        self.typed.clear();
        if let Some((pupil, why)) = report.refused.first() {
            return Err(format!("Not marked: {}: {why}", self.name(*pupil)));
        }
        Ok(Some(format!("{marked} marked {code}. {}.", say::SAVED)))
    }

    pub(super) fn can_undo(&mut self, label: String, register: &Register, pupils: Vec<PupilNumber>) {
        self.undo.push(Undoable {
            label,
            register: register.clone(),
            pupils,
            until_ms: self.now_ms + UNDO_MS,
        });
        if self.undo.len() > UNDO_MAX {
            self.undo.remove(0);
        }
    }

    /// What the button to undo names now.
    pub fn undoable(&self) -> Option<&Undoable> {
        self.undo.last().filter(|last| last.until_ms > self.now_ms)
    }

    pub(super) fn forget_undo(&mut self) {
        let now_ms = self.now_ms;
        self.undo.retain(|undoable| undoable.until_ms > now_ms);
    }

    pub(super) fn take_back_last(&mut self) -> Done {
        self.forget_undo();
        let last = self
            .undo
            .pop()
            .ok_or("There is nothing to undo any more: open the pupil to change a mark.")?;
        let author = self.author(&last.register.duty)?;
        for pupil in &last.pupils {
            self.tablet
                .undo(
                    &author,
                    last.register.date,
                    last.register.session,
                    *pupil,
                    AT_ONCE,
                )
                .map_err(words)?;
        }
        self.gate.forget(&last.pupils);
        Ok(Some(format!("Undone: {}.", last.label)))
    }

    /// What the screen waits for: the end of the button to undo, and the time to write down what is being typed.
    pub(super) fn screen_due(&self) -> Option<i64> {
        let undo = self.undo.iter().map(|undoable| undoable.until_ms);
        undo.chain(self.draft_due()).min()
    }
}

impl super::App {
    pub(super) fn screen_due_ms(&self) -> Option<i64> {
        let open = self.open()?;
        let minute = self.now_ms - self.now_ms.rem_euclid(60_000) + 60_000;
        let clock = matches!(open.screen, crate::action::Screen::Gate(_)).then_some(self.now_ms + 1000);
        [open.screen_due(), clock, Some(minute)]
            .into_iter()
            .flatten()
            .min()
    }
}
