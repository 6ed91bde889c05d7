//! Why nothing is recorded: what is wrong, and what to do about it.

use std::collections::BTreeSet;
use std::fmt;

use crate::code::{Code, CodeError};
use crate::entry::{Duty, NOTE_BYTES_MAX, SUPERSEDES_MAX};
use crate::ids::PupilNumber;
use crate::roster::Role;
use crate::rules::WhoMay;
use crate::session::{Cell, Date, Session};

/// Why an entry cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The code may not stand there.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The code needs something beside it.
    #[error("code {code} needs {what}: give it and mark again")]
    Missing {
        /// The code.
        code: Code,
        /// What it needs.
        what: &'static str,
    },
    /// The school's rules leave the code to others. Only here: an entry does not say its author's role, and no two
    /// replicas need have the same staff list, so what arrives from elsewhere is not judged by this.
    #[error("by this school's rules a {role} does not enter code {code}: ask who does ({who})")]
    NotForRole {
        /// The code.
        code: Code,
        /// The role.
        role: Role,
        /// Who may.
        who: WhoMay,
    },
    /// It would change an entry, and no reason was given.
    #[error("{cell} is {was} already: give a reason to change it")]
    ReasonNeeded {
        /// Where.
        cell: Cell,
        /// What stands.
        was: String,
    },
    /// It says what stands already.
    #[error("{cell} is {was} already: there is nothing to change")]
    NothingToChange {
        /// Where.
        cell: Cell,
        /// What stands.
        was: String,
    },
    /// There is no mark to take back, or none of this duty's.
    #[error("{cell} has no mark of this duty to take back")]
    NothingToUndo {
        /// Where.
        cell: Cell,
    },
    /// There is nothing to decide.
    #[error("{cell} needs no decision: it is {was}; to change a mark that stands, amend it")]
    NothingToDecide {
        /// Where.
        cell: Cell,
        /// What stands.
        was: String,
    },
    /// Nothing stands that could be amended.
    #[error(
        "{cell} has no mark yet, so there is nothing to amend: a first mark is made on a tablet or keyed in"
    )]
    NothingToAmend {
        /// Where.
        cell: Cell,
    },
    /// Only the office decides.
    #[error("only the office decides between marks; this device records under {duty}")]
    NotTheOffice {
        /// The device's duty.
        duty: Duty,
    },
    /// A text over its limit, or with control characters.
    #[error("the {field} is not fit to be kept: give 1 to {NOTE_BYTES_MAX} bytes of plain text")]
    Text {
        /// Which.
        field: &'static str,
    },
    /// The school signs off only what has no open decision.
    #[error(
        "this school signs off with nothing open, and {session} {date} waits for decisions on {pupils}: decide them first"
    )]
    OpenDecisions {
        /// Of which date.
        date: Date,
        /// Of which session.
        session: Session,
        /// Whose marks wait.
        pupils: Pupils,
    },
    /// More marks on one cell than an entry can name.
    #[error("{cell} has more than {SUPERSEDES_MAX} marks: decide between them in steps")]
    TooMany {
        /// Where.
        cell: Cell,
    },
}

/// Some pupils, for a message: `pupils 1001, 1002`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pupils(pub BTreeSet<PupilNumber>);

/// How many pupils a message names.
const NAMED_MAX: usize = 12;

impl fmt::Display for Pupils {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named: Vec<String> = self.0.iter().take(NAMED_MAX).map(ToString::to_string).collect();
        let word = if self.0.len() == 1 { "pupil" } else { "pupils" };
        write!(f, "{word} {}", named.join(", "))?;
        match self.0.len().saturating_sub(NAMED_MAX) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
