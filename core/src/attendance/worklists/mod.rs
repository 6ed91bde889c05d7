//! What the office is to do next: pure functions of the register, the calendar, the rules and the time.
//!
//! A row is worked out anew whenever it is asked for, so it is gone as soon as an amendment takes its ground away; what
//! happened stays in the register. Nothing here changes a mark, sends a letter or tells an authority: each row is for
//! a person. `docs/worklists.md` says what each list counts, and by which rule.

mod basis;
mod reasons;
pub mod records;
mod returns;
pub mod row;
mod shares;
mod steps;
pub mod trust;
mod unaccounted;
mod visits;

pub use basis::{Basis, DayCounted, DaysNeeded, Needs};
pub use records::{Attempt, AttemptResult, How, Records, StepTaken, VisitCase};
pub use row::{Due, ReturnCounts, Row, Unaccounted, VisitWaits, Why};

use super::{Attendance, Enrolled};
use crate::calendar::{Span, london};
use crate::entry::TimeOfDay;
use crate::ids::PupilNumber;
use crate::rules::RuleBook;
use crate::rules::terms::SchoolRules;
use crate::session::{Date, Session};

/// The last second of a day.
const LAST_SECOND: u32 = 86_399;

/// A school's rules over time. A figure is asked of the rules in force on the day that it is asked for; a deadline that
/// began on a day keeps the rules of that day.
pub trait RulesInForce {
    /// The rules in force on a date.
    fn on(&self, date: Date) -> &SchoolRules;
}

impl RulesInForce for SchoolRules {
    /// Rules that were always in force.
    fn on(&self, _: Date) -> &SchoolRules {
        self
    }
}

impl RulesInForce for RuleBook {
    fn on(&self, date: Date) -> &SchoolRules {
        Self::on(self, date)
    }
}

/// The moment for which lists are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    today: Date,
    now: i64,
}

impl AsOf {
    /// A moment in unix seconds; `None` outside the range of [`Date`].
    pub fn moment(unix_seconds: i64) -> Option<Self> {
        Some(Self {
            today: london::local(unix_seconds)?.date,
            now: unix_seconds,
        })
    }

    /// The end of a day: what the lists were, or will be.
    pub fn end_of(date: Date) -> Self {
        let now = TimeOfDay::from_seconds(LAST_SECOND).map_or(date.start_unix_seconds(), |time| {
            london::moments(date, time).first()
        });
        Self { today: date, now }
    }

    /// The school-local date.
    pub fn today(self) -> Date {
        self.today
    }

    /// In unix seconds.
    pub fn now(self) -> i64 {
        self.now
    }
}

/// A worklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Children of whom nobody can say where they are, in a session of today.
    Unaccounted(Session),
    /// Reasons owed for `N`.
    ReasonsOwed,
    /// Home visits due.
    WelfareChecks,
    /// Visits made or begun that are not at their end.
    Visits,
    /// Penalty notices to consider.
    Penalties,
    /// The return of unauthorised absence.
    AbsenceReturn,
    /// The return of illness.
    SicknessReturn,
    /// Persistent and severe absence.
    Absent,
    /// Late in at least so many sessions of the school year.
    Late {
        /// How many.
        sessions_min: u16,
    },
    /// Letters and other steps of the policy.
    Steps,
}

/// What worklists are made of.
#[derive(Clone, Copy)]
pub struct Worklists<'a> {
    /// The register.
    pub attendance: &'a Attendance,
    /// The school's rules.
    pub rules: &'a dyn RulesInForce,
    /// For which moment.
    pub at: AsOf,
    /// What people did.
    pub records: Records<'a>,
}

impl Worklists<'_> {
    /// A list, the most pressing rows first.
    pub fn rows(&self, list: List) -> Vec<Row> {
        let mut rows: Vec<Row> = self
            .attendance
            .enrolled()
            .flat_map(|enrolled| self.rows_about(list, enrolled))
            .collect();
        rows.sort_by_key(Row::order);
        rows
    }

    /// The rows of a list about one pupil: after a mark, no other's can have changed.
    pub fn rows_of(&self, list: List, pupil: PupilNumber) -> Vec<Row> {
        let mut rows = self
            .attendance
            .pupil(pupil)
            .map(|enrolled| self.rows_about(list, enrolled))
            .unwrap_or_default();
        rows.sort_by_key(Row::order);
        rows
    }

    fn rows_about(&self, list: List, enrolled: &Enrolled) -> Vec<Row> {
        let pupil = enrolled.pupil;
        // A reason is owed and a visit goes on also for a pupil who has left; the rest is about pupils who are here.
        match list {
            List::ReasonsOwed => self.reasons_owed(pupil),
            List::Visits => self.visits_open(pupil),
            _ if !enrolled.is_on_roll(self.today()) => Vec::new(),
            List::Unaccounted(session) => self.unaccounted(pupil, session).into_iter().collect(),
            List::WelfareChecks => self.welfare_check(pupil).into_iter().collect(),
            List::Penalties => self.penalty(enrolled).into_iter().collect(),
            List::AbsenceReturn => self.absence_return(enrolled).into_iter().collect(),
            List::SicknessReturn => self.sickness_return(enrolled).into_iter().collect(),
            List::Absent => self.absent(pupil).into_iter().collect(),
            List::Late { sessions_min } => self.late(pupil, sessions_min).into_iter().collect(),
            List::Steps => self.steps_due(pupil),
        }
    }

    fn today(&self) -> Date {
        self.at.today
    }

    fn rules_today(&self) -> &SchoolRules {
        self.rules.on(self.at.today)
    }

    /// This school year up to today.
    fn this_year(&self) -> Span {
        self.attendance.calendar().year_to(self.at.today)
    }

    /// Everything that the calendar knows up to today.
    fn up_to_today(&self) -> Span {
        Span {
            first: self.attendance.calendar().first_day(),
            last: self.at.today,
        }
    }

    /// So many school days after a date.
    fn due_after(&self, date: Date, school_days: u16) -> (Due, bool) {
        let due = self.attendance.calendar().nth_school_day_after(date, school_days);
        (due.into(), due.is_some_and(|due| due < self.today()))
    }
}
