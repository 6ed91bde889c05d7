//! Questions to the table, and why a code may not stand where somebody put it.

use super::Code;
use super::row::CodeRow;
use super::table::ROWS;
use crate::session::{Date, Session};

/// Why a code may not stand where somebody put it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// No such code, on any date.
    #[error("code {code} is not a register code: use one that `daymark codes` lists")]
    Unknown {
        /// What was written.
        code: Code,
    },
    /// The code came later.
    #[error("code {code} cannot stand on {date}: it is in force from {from}; use a code of that date")]
    NotYet {
        /// What was written.
        code: Code,
        /// The date of the mark.
        date: Date,
        /// The first day of the code.
        from: Date,
    },
    /// The code was withdrawn.
    #[error("code {code} cannot stand on {date}: it was retired after {last}; use {replaced_by}")]
    Retired {
        /// What was written.
        code: Code,
        /// The date of the mark.
        date: Date,
        /// The last day of the code.
        last: Date,
        /// What is used instead.
        replaced_by: &'static str,
    },
    /// The code belongs to the other half of the day.
    #[error("code {code} cannot stand in the {session} session of {date}: use {instead} there")]
    WrongSession {
        /// What was written.
        code: Code,
        /// The date of the mark.
        date: Date,
        /// The session it was written in.
        session: Session,
        /// The code of that session with the same meaning.
        instead: Code,
    },
}

impl CodeError {
    /// What was written.
    pub fn code(&self) -> Code {
        match self {
            Self::Unknown { code }
            | Self::NotYet { code, .. }
            | Self::Retired { code, .. }
            | Self::WrongSession { code, .. } => *code,
        }
    }
}

/// Every row, retired ones included, in the order of their numbers.
pub fn rows() -> &'static [CodeRow] {
    &ROWS
}

/// The rows that a symbol has had over time; none where it was never in the table.
pub fn rows_for(code: Code) -> impl Iterator<Item = &'static CodeRow> {
    rows().iter().filter(move |row| row.symbol == code)
}

/// The row of a code that is in force on a day.
pub fn row_on(code: Code, date: Date) -> Result<&'static CodeRow, CodeError> {
    let mut nearest = Err(CodeError::Unknown { code });
    for row in ROWS.iter().filter(|row| row.symbol == code) {
        if row.in_force_on(date) {
            return Ok(row);
        }
        nearest = Err(match row.valid_to {
            Some(last) if last < date => CodeError::Retired {
                code,
                date,
                last,
                replaced_by: row.replaced_by,
            },
            _ => CodeError::NotYet {
                code,
                date,
                from: row.valid_from,
            },
        });
    }
    nearest
}

/// The row of a code that may stand on the day and in the session.
pub fn check(code: Code, date: Date, session: Session) -> Result<&'static CodeRow, CodeError> {
    let row = row_on(code, date)?;
    if row.sessions.allow(session) {
        return Ok(row);
    }
    let instead = match session {
        Session::Am => Code::PRESENT_AM,
        Session::Pm => Code::PRESENT_PM,
    };
    Err(CodeError::WrongSession {
        code,
        date,
        session,
        instead,
    })
}

/// The code with a number of the compact encoding; `None` for a number not given yet and for the escape.
pub fn by_number(number: u8) -> Option<Code> {
    ROWS.iter().find(|row| row.number == number).map(|row| row.symbol)
}

/// The number of a code in the compact encoding; `None` for a symbol outside the table, which is spelt out.
pub fn number_of(code: Code) -> Option<u8> {
    ROWS.iter().find(|row| row.symbol == code).map(|row| row.number)
}
