//! All that worklists are made of, put together day by day and visit by visit: in the same way at a school's server and on a
//! tablet, so that both say the same of the same register.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AsOf, List, Records, RulesInForce, VisitCase, Worklists};
use crate::attendance::{Attendance, Outcome};
use crate::calendar::Calendar;
use crate::document::Document;
use crate::fold::DayFold;
use crate::follow_up::Done;
use crate::ids::VisitId;
use crate::session::{Cell, Date, Session};
use crate::visit::VisitView;

/// What stands in the cells of a day, and what the office did about its absences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayCounted {
    cells: Vec<(Cell, Outcome)>,
    done: Done,
}

impl DayCounted {
    /// A day, with the office's sheet of it where there is one.
    pub fn of(day: &DayFold, desk: Option<&Document>) -> Self {
        let cells = day.cells().map(|(cell, fold)| (*cell, Outcome::from(fold)));
        Self {
            cells: cells.collect(),
            done: desk.map(Done::of).unwrap_or_default(),
        }
    }
}

/// The register, what people did about absences, and home visits, as far as they are known to the caller.
#[derive(Debug, Clone)]
pub struct Basis {
    /// The register.
    pub attendance: Attendance,
    done: BTreeMap<Date, Done>,
    visits: BTreeMap<VisitId, VisitView>,
}

impl Basis {
    /// With nothing in it.
    pub fn new(calendar: Arc<Calendar>) -> Self {
        Self {
            attendance: Attendance::new(calendar),
            done: BTreeMap::new(),
            visits: BTreeMap::new(),
        }
    }

    /// Takes a day as it is now, in the place of what was known of it.
    pub fn take_day(&mut self, date: Date, day: DayCounted) {
        for (cell, outcome) in day.cells {
            self.attendance.set(cell, outcome);
        }
        self.done.insert(date, day.done);
    }

    /// Takes a home visit as it is now.
    pub fn take_visit(&mut self, visit: VisitId, view: VisitView) {
        self.visits.insert(visit, view);
    }

    /// The worklists of it.
    pub fn worklists<T>(
        &self,
        rules: &dyn RulesInForce,
        at: AsOf,
        body: impl FnOnce(Worklists<'_>) -> T,
    ) -> T {
        let cases = self.visits.iter();
        let cases: Vec<VisitCase<'_>> = cases
            .map(|(visit, view)| VisitCase { visit: *visit, view })
            .collect();
        let done = self.done.values();
        let attempts: Vec<_> = done.flat_map(|done| done.attempts.iter().cloned()).collect();
        let done = self.done.values();
        let steps: Vec<_> = done.flat_map(|done| done.steps.iter().cloned()).collect();
        body(Worklists {
            attendance: &self.attendance,
            rules,
            at,
            records: Records {
                attempts: &attempts,
                visits: &cases,
                steps: &steps,
            },
        })
    }
}

/// Of which days a list counts what was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DaysNeeded {
    /// Of none.
    None,
    /// Of the day that it is made for.
    Today,
    /// Of this school year; one that is not known may turn the figure.
    ThisYear,
    /// Of all that the calendar has up to the day: a run or a number of weeks may begin long ago.
    All,
    /// Of all, but each row rests on its own day alone: what is known of others takes nothing from it.
    EachAlone,
}

/// What must be known of the register for a list to be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Its days.
    pub days: DaysNeeded,
    /// Whether it needs home visits, which reach the attendance team, the safeguarding lead and the head alone.
    pub visits: bool,
}

impl List {
    /// From how many sessions on a pupil is on the list of those who come late, unless another number is asked for.
    pub const LATE_SESSIONS_MIN: u16 = 3;

    /// Every list under the name that routes and commands have for it; the unaccounted are those of a morning.
    pub const NAMED: [(&'static str, Self); 10] = [
        ("unaccounted", Self::Unaccounted(Session::Am)),
        ("reasons-owed", Self::ReasonsOwed),
        ("welfare-checks", Self::WelfareChecks),
        ("visits", Self::Visits),
        ("penalties", Self::Penalties),
        ("absence-return", Self::AbsenceReturn),
        ("sickness-return", Self::SicknessReturn),
        ("absent", Self::Absent),
        (
            "late",
            Self::Late {
                sessions_min: Self::LATE_SESSIONS_MIN,
            },
        ),
        ("steps", Self::Steps),
    ];

    /// A list by its name.
    pub fn named(name: &str) -> Option<Self> {
        let named = Self::NAMED.iter().find(|(known, _)| *known == name);
        named.map(|(_, list)| *list)
    }

    /// The same list for another session or number, where it is one of a session or a number.
    #[must_use]
    pub fn with(self, session: Option<Session>, sessions_min: Option<u16>) -> Self {
        match self {
            Self::Unaccounted(default) => Self::Unaccounted(session.unwrap_or(default)),
            Self::Late {
                sessions_min: default,
            } => Self::Late {
                sessions_min: sessions_min.unwrap_or(default),
            },
            other => other,
        }
    }

    /// What must be known for it to be right.
    pub fn needs(self) -> Needs {
        let days = match self {
            Self::Unaccounted(_) => DaysNeeded::Today,
            Self::ReasonsOwed => DaysNeeded::EachAlone,
            Self::Visits => DaysNeeded::None,
            Self::Absent | Self::Late { .. } => DaysNeeded::ThisYear,
            Self::WelfareChecks
            | Self::Penalties
            | Self::AbsenceReturn
            | Self::SicknessReturn
            | Self::Steps => DaysNeeded::All,
        };
        Needs {
            days,
            visits: matches!(self, Self::Visits | Self::WelfareChecks),
        }
    }
}
