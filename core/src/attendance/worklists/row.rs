//! One row of a worklist: who, why, since when, due when, and what was counted.

use std::cmp::Reverse;
use std::fmt;

use serde::Serialize;

use super::records::Attempt;
use crate::attendance::outcome::Counted;
use crate::attendance::tally::{Absence, Tally};
use crate::code::Code;
use crate::ids::{PupilNumber, VisitId};
use crate::session::Date;

/// One thing that somebody in the office is to do or to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// About whom.
    pub pupil: PupilNumber,
    /// Why.
    pub why: Why,
    /// The day on which the ground for it was there.
    pub since: Date,
    /// By when.
    pub due: Due,
    /// Whether that is over.
    pub overdue: bool,
    /// Exactly the sessions that it rests on; none for a visit, which rests on its own document.
    pub counted: Vec<Counted>,
}

impl Row {
    /// The order of a list: the most pressing first.
    pub(super) fn order(&self) -> (Reverse<u64>, Due, Date, PupilNumber) {
        (Reverse(self.why.weight()), self.due, self.since, self.pupil)
    }
}

/// By when something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// By a moment, in unix seconds.
    At(i64),
    /// By the end of a day.
    By(Date),
    /// By a school day that the calendar does not know yet: next year's terms are missing.
    BeyondCalendar,
    /// No time is set.
    Open,
}

impl From<Option<Date>> for Due {
    fn from(date: Option<Date>) -> Self {
        date.map_or(Self::BeyondCalendar, Self::By)
    }
}

/// Why a child is not accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unaccounted {
    /// No mark yet.
    NoMark,
    /// Absent, and no reason is known: `N`.
    NoReason,
    /// Two different marks.
    Disputed,
}

/// What a visit waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitWaits {
    /// An answer to the card that was left.
    Answer,
    /// The next step, in the words of who set it.
    NextStep(String),
    /// Somebody to say what the next step is: the child was not spoken to.
    NoNextStep,
    /// The visitors to say how it ended.
    Outcome,
}

/// Why a row is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "list", rename_all = "snake_case")]
pub enum Why {
    /// Nobody can say where the child is.
    Unaccounted {
        /// What is missing.
        what: Unaccounted,
        /// From when the office calls: until then parents may still tell by themselves, as the school's policy asks of
        /// them. Unix seconds; `None` where the policy names no time.
        call_from: Option<i64>,
        /// Who tried to reach the family on the day, in order.
        attempts: Vec<Attempt>,
    },
    /// The reason for an `N`.
    ReasonOwed {
        /// Once the time is over: what a person is asked to put in its place.
        propose: Option<Code>,
    },
    /// A home visit.
    WelfareCheck {
        /// School days of absence since the last visit.
        school_days: u32,
        /// By how many people it is made.
        visitors: u8,
    },
    /// A visit that is not at its end.
    Visit {
        /// Which.
        visit: VisitId,
        /// What it waits for.
        waits: VisitWaits,
    },
    /// A penalty notice is to be considered.
    Penalty {
        /// Sessions counted.
        sessions: u32,
        /// Monday of the first school week.
        first_week: Date,
        /// Monday of the last.
        last_week: Date,
        /// Whether the weeks end with the present one.
        is_now: bool,
        /// Whether the list has a date of birth to judge the age by.
        age_known: bool,
    },
    /// The return of unauthorised absence.
    AbsenceReturn(ReturnCounts),
    /// The return of illness.
    SicknessReturn(ReturnCounts),
    /// Persistent or severe absence.
    Absent {
        /// Which.
        absence: Absence,
        /// This school year's sessions.
        tally: Tally,
    },
    /// Lateness.
    Late {
        /// Sessions `L`.
        late: u32,
        /// Sessions `U`.
        after_closing: u32,
    },
    /// A letter or another step of the policy.
    Step {
        /// What the school calls it.
        name: String,
    },
}

/// Both counters of a return to the authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReturnCounts {
    /// School days of the longest run that has a day in this school year.
    pub in_a_row: u32,
    /// School days of this school year.
    pub in_year: u32,
    /// Whether the counter that the school's rules name has reached it; otherwise the other one has.
    pub by_the_rules: bool,
    /// Whether the list has a date of birth to judge the age by.
    pub age_known: bool,
}

impl Why {
    /// How pressing it is within its list.
    fn weight(&self) -> u64 {
        match self {
            Self::Unaccounted { what, .. } => *what as u64,
            Self::Penalty { is_now, .. } => u64::from(*is_now),
            Self::AbsenceReturn(counts) | Self::SicknessReturn(counts) => u64::from(counts.by_the_rules),
            Self::Absent { tally, .. } => {
                u64::from(tally.missed()) * 1_000_000 / u64::from(tally.possible().max(1))
            }
            Self::Late { late, after_closing } => u64::from(late + after_closing),
            Self::ReasonOwed { .. } | Self::WelfareCheck { .. } | Self::Visit { .. } | Self::Step { .. } => 0,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unaccounted { what, .. } => f.write_str(match what {
                Unaccounted::NoMark => "no mark yet",
                Unaccounted::NoReason => "absent, and no reason is known",
                Unaccounted::Disputed => "two different marks",
            }),
            Self::ReasonOwed { propose: None } => f.write_str("the reason for N is owed"),
            Self::ReasonOwed { propose: Some(code) } => {
                write!(f, "the reason for N is overdue: {code} is proposed")
            }
            Self::WelfareCheck {
                school_days,
                visitors,
            } => write!(f, "{school_days} school days of absence: a visit by {visitors}"),
            Self::Visit { waits, .. } => match waits {
                VisitWaits::Answer => f.write_str("an answer to the card is awaited"),
                VisitWaits::NextStep(what) => write!(f, "next step: {what}"),
                VisitWaits::NoNextStep => f.write_str("the child was not spoken to, and no next step is set"),
                VisitWaits::Outcome => f.write_str("the visit has no outcome yet"),
            },
            Self::Penalty {
                sessions,
                first_week,
                last_week,
                ..
            } => write!(
                f,
                "{sessions} sessions in the school weeks of {first_week} to {last_week}: a penalty notice is to be considered"
            ),
            Self::AbsenceReturn(counts) => write!(f, "return of absence: {counts}"),
            Self::SicknessReturn(counts) => write!(f, "return of illness: {counts}"),
            Self::Absent { absence, tally } => {
                let word = match absence {
                    Absence::Severe => "severely absent",
                    Absence::Persistent => "persistently absent",
                    Absence::Neither => "absent",
                };
                write!(
                    f,
                    "{word}: missed {} of {} possible sessions",
                    tally.missed(),
                    tally.possible()
                )
            }
            Self::Late { late, after_closing } => write!(f, "late {late}, after closing {after_closing}"),
            Self::Step { name } => write!(f, "{name} is due"),
        }
    }
}

impl fmt::Display for ReturnCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} school days in a row, {} this school year",
            self.in_a_row, self.in_year
        )
    }
}
