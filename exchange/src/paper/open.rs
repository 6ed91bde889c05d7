//! What a printed page says still waits for the office.

use std::fmt;
use std::ops::AddAssign;

/// How much of what is printed still waits for the office.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StillOpen {
    /// Two different marks, or a mark that arrived after sign-off and says otherwise.
    pub decisions: usize,
    /// Marks that stand and about which the office is asked: L or U?
    pub questions: usize,
}

impl AddAssign for StillOpen {
    fn add_assign(&mut self, other: Self) {
        self.decisions += other.decisions;
        self.questions += other.questions;
    }
}

/// `2 decisions open, 1 question open`; of questions nothing where there are none.
impl fmt::Display for StillOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decisions {
            0 => f.write_str("no decisions open")?,
            1 => f.write_str("1 decision open")?,
            open => write!(f, "{open} decisions open")?,
        }
        match self.questions {
            0 => Ok(()),
            1 => f.write_str(", 1 question open: L or U"),
            open => write!(f, ", {open} questions open: L or U"),
        }
    }
}
