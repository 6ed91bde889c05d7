//! What stands in a cell, and who is counted.

use std::fmt;

use serde::Serialize;

use crate::code::Code;
use crate::fold::{CellFold, Standing};
use crate::ids::{ClassName, PupilNumber};
use crate::roster::Pupil;
use crate::session::{Cell, Date};

/// What stands in a cell now, as far as counting needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No mark stands.
    #[default]
    Blank,
    /// Marks that differ: the child counts as missing until a person decides, and the session counts as nothing.
    Disputed,
    /// One code stands.
    Code(Code),
}

impl Outcome {
    /// The code that stands, where one does.
    pub fn code(self) -> Option<Code> {
        match self {
            Self::Code(code) => Some(code),
            Self::Blank | Self::Disputed => None,
        }
    }
}

impl From<&Standing> for Outcome {
    fn from(standing: &Standing) -> Self {
        match (standing.code(), standing.is_disputed()) {
            (Some(code), _) => Self::Code(code),
            (None, true) => Self::Disputed,
            (None, false) => Self::Blank,
        }
    }
}

impl From<&CellFold> for Outcome {
    fn from(fold: &CellFold) -> Self {
        Self::from(&fold.standing)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.pad("no mark yet"),
            Self::Disputed => f.pad("two different marks"),
            Self::Code(code) => code.fmt(f),
        }
    }
}

/// A session that was counted, and what stood in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Counted {
    /// Whose, and which session.
    #[serde(flatten)]
    pub cell: Cell,
    /// What stands there.
    pub outcome: Outcome,
}

/// A pupil as far as counting needs to know: no name, and nothing but a number to hold to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Who.
    pub pupil: PupilNumber,
    /// Registration group.
    pub class: ClassName,
    /// National curriculum year as the school writes it.
    pub year: String,
    /// Date of birth, where the school's list has it.
    pub born: Option<Date>,
    /// First day on roll; `None` where the list does not say: always.
    pub start: Option<Date>,
    /// Last day on roll.
    pub leave: Option<Date>,
}

impl From<&Pupil> for Enrolled {
    fn from(pupil: &Pupil) -> Self {
        Self {
            pupil: pupil.number,
            class: pupil.class.clone(),
            year: pupil.year.clone(),
            born: pupil.dob,
            start: pupil.start_date,
            leave: pupil.leave_date,
        }
    }
}

impl Enrolled {
    /// Whether the pupil is on roll on the day: from the start to the leaving date, both included.
    pub fn is_on_roll(&self, date: Date) -> bool {
        self.start.is_none_or(|first| first <= date) && self.leave.is_none_or(|last| date <= last)
    }
}
