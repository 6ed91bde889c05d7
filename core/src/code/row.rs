//! What a row of the table says of a code: its heading, how it counts, where it may stand and what it needs.

use serde::Serialize;

use super::Code;
use crate::session::{Date, Session};

/// The heading under which the regulations put a code. It does not say how a session counts: `D` stands among the
/// approved activities and `X` among the leave, yet neither is a possible attendance ([`CountsAs`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// In this school.
    Present,
    /// At a place other than this school, for an approved reason.
    Approved,
    /// Leave of absence that the school gave.
    Leave,
    /// Absent for another authorised reason.
    OtherAuthorised,
    /// Unable to attend for an unavoidable cause.
    NotPossible,
    /// Absent without authority.
    Unauthorised,
    /// Not about attendance at all: a pupil not yet on roll, a planned closure.
    Administrative,
}

/// How a session with the code counts in the statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CountsAs {
    /// A possible session, attended.
    Attended,
    /// A possible session, missed with authority.
    AuthorisedAbsence,
    /// A possible session, missed without authority.
    UnauthorisedAbsence,
    /// Not a possible session: it leaves the denominator.
    NotPossible,
}

/// The sessions of the day that a code may stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sessions {
    /// The morning only.
    AmOnly,
    /// The afternoon only.
    PmOnly,
    /// Either.
    Both,
}

impl Sessions {
    /// Whether the session is among them.
    pub fn allow(self, session: Session) -> bool {
        match self {
            Self::AmOnly => session == Session::Am,
            Self::PmOnly => session == Session::Pm,
            Self::Both => true,
        }
    }
}

/// Something that must be recorded beside a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Particular {
    /// The nature of the activity, or of the cause.
    Nature,
    /// The educational visit.
    Visit,
    /// The member of the school's staff who supervised.
    Supervisor,
    /// The time of arrival.
    ArrivalTime,
}

/// A symbol with its meaning, from a date to a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeRow {
    /// The symbol.
    pub symbol: Code,
    /// Its number in the compact encoding, 0 to 62: the same for ever.
    pub number: u8,
    /// A short title.
    pub title: &'static str,
    /// The heading it stands under.
    pub class: Class,
    /// What it counts as.
    pub statistics: CountsAs,
    /// Where in the day it may stand.
    pub sessions: Sessions,
    /// What must be recorded with it.
    pub needs: &'static [Particular],
    /// The first day it may stand on. Codes older than this program have 2000-01-01.
    pub valid_from: Date,
    /// The last day it may stand on; `None` while it is in force.
    pub valid_to: Option<Date>,
    /// For a retired code, what is used instead; otherwise empty.
    pub replaced_by: &'static str,
}

impl CodeRow {
    /// Whether the code is in force on the day.
    pub fn in_force_on(&self, date: Date) -> bool {
        self.valid_from <= date && self.valid_to.is_none_or(|last| date <= last)
    }
}
