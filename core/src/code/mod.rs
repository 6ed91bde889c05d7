//! The statutory attendance codes of England as dated data.
//!
//! A [`Code`] is only a symbol: one or two characters that somebody wrote. Whether it may stand in a register on a
//! date and in a session is a question to the table, [`check`], because codes come and go: the set of 19 August 2024
//! retired three and brought twelve, and marks of earlier dates keep the codes of their day.
//!
//! Numbers ([`CodeRow::number`]) are the codes of the compact encoding. One is given once, never given again to
//! another symbol and never moved, or stored marks would change their meaning.

mod lookup;
mod row;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::lookup::{CodeError, by_number, check, number_of, row_on, rows, rows_for};
pub use self::row::{Class, CodeRow, CountsAs, Particular, Sessions};
use crate::ids::IdError;

/// The number that stands for no code of the table: the symbol itself follows, spelt out.
pub const NUMBER_ESCAPE: u8 = 63;

/// A register symbol as it was written: one or two printable ASCII characters, not necessarily of the table.
/// Letters keep their case: `v` is not `V`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code([u8; 2]);

impl Code {
    /// The mark of a pupil who was there when the morning register was taken.
    pub const PRESENT_AM: Self = Self::literal("/");
    /// The mark of a pupil who was there when the afternoon register was taken.
    pub const PRESENT_PM: Self = Self::literal("\\");
    /// Came after the register was taken and before it closed.
    pub const LATE: Self = Self::literal("L");
    /// Came after the register closed.
    pub const AFTER_CLOSING: Self = Self::literal("U");
    /// No reason for the absence is known yet.
    pub const NOT_YET_KNOWN: Self = Self::literal("N");
    /// On an educational visit or trip.
    pub const VISIT: Self = Self::literal("V");
    /// At an approved sporting activity.
    pub const SPORT: Self = Self::literal("P");

    /// A code that the program itself names.
    ///
    /// # Panics
    ///
    /// When the text is not a symbol. In a constant, that is a compile error; for text from outside use `parse`.
    pub const fn literal(text: &str) -> Self {
        match Self::from_bytes(text.as_bytes()) {
            Some(code) => code,
            None => panic!("a code is one or two printable ASCII characters"),
        }
    }

    /// Reads the characters of [`Code::as_str`]; `None` where they are no symbol.
    pub const fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [one] if one.is_ascii_graphic() => Some(Self([one, 0])),
            [one, two] if one.is_ascii_graphic() && two.is_ascii_graphic() => Some(Self([one, two])),
            _ => None,
        }
    }

    /// The symbol as text.
    pub fn as_str(&self) -> &str {
        let used = if self.0[1] == 0 { 1 } else { 2 };
        std::str::from_utf8(&self.0[..used]).expect("a code is ASCII")
    }

    /// Whether it says that the pupil came late: `L` or `U`, beside which the time of arrival stands.
    pub fn is_late(self) -> bool {
        self == Self::LATE || self == Self::AFTER_CLOSING
    }

    /// Whether the mark says that the pupil was in this school while the register was open: `/`, `\` and `L`.
    pub fn means_present_in_school(self) -> bool {
        matches!(&self.0, b"/\0" | b"\\\0" | b"L\0")
    }

    /// Whether the mark says that the pupil attended an approved place other than this school: `V P W B K`.
    /// `D` is not among them: that session belongs to the other school's register.
    pub fn approved_elsewhere(self) -> bool {
        matches!(&self.0, b"V\0" | b"P\0" | b"W\0" | b"B\0" | b"K\0")
    }

    /// Whether the mark says that no reason is known yet, and that one is owed within five school days: `N`.
    pub fn unexplained(self) -> bool {
        &self.0 == b"N\0"
    }

    /// Whether the mark says that nobody should look for the pupil in this school in that session: every code of
    /// the table but those of a pupil who was there (`/ \ L`), who came in the end (`U`), or whose absence nobody
    /// explained (`N O`). A symbol outside the table says nothing of the kind, so a child with one is looked for.
    pub fn not_expected(self) -> bool {
        number_of(self).is_some()
            && !self.means_present_in_school()
            && !matches!(&self.0, b"U\0" | b"N\0" | b"O\0")
    }

    /// Whether the code alone tells something of a pupil's health, religion, dealings with the law, exclusion or
    /// family that a tablet of a trip or a gate has no need to know. Such a tablet is told "not expected" instead:
    /// every sensitive code is a [`Code::not_expected`] one.
    ///
    /// - `I M Y6`, and the retired `Y` that may stand for it: health
    /// - `R`: religion
    /// - `E Y5`: exclusion, detention
    /// - `T`: a travelling family, often an ethnic group
    /// - `C`: exceptional leave, such as for a bereavement
    /// - `C2 K D`: a part-time timetable, education arranged by the local authority, and a second school are mostly
    ///   due to illness, exclusion or special needs
    ///
    /// Not `C1`, `J1`, `S`, `X`, `G` or the codes of closures and transport: they tell of a stage, an interview, an
    /// examination, a holiday or a bus. Particulars (the nature of a `Y7`) are not the code: withhold them anyway.
    pub fn sensitive(self) -> bool {
        matches!(
            &self.0,
            b"I\0"
                | b"M\0"
                | b"Y6"
                | b"Y\0"
                | b"R\0"
                | b"E\0"
                | b"Y5"
                | b"T\0"
                | b"C\0"
                | b"C2"
                | b"K\0"
                | b"D\0"
        )
    }
}

impl FromStr for Code {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::from_bytes(text.as_bytes())
            .ok_or_else(|| IdError::new("code", text, "give a register code, such as /, \\, L or Y1"))
    }
}

impl TryFrom<String> for Code {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<Code> for String {
    fn from(code: Code) -> String {
        code.as_str().to_owned()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", self.as_str())
    }
}
