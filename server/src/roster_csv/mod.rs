//! Reading the roster from the CSV files that schools have.
//!
//! Two steps, both pure: bytes become a [`Sheet`] ([`read_pupils`], [`read_staff`]), and a sheet and the roster there
//! is become an [`ImportPlan`] ([`plan`]) that says what would be added, changed and refused, by the row numbers that
//! a spreadsheet shows. Nothing happens until somebody [applies](ImportPlan::apply) it.
//!
//! A bad row is refused alone; its neighbours go in. A file is refused whole ([`FileError`]) only where its rows
//! cannot be told apart or its columns cannot be named. An import never removes anybody: who is not in the file is
//! reported, and stays.
//!
//! What is understood: UTF-8 with or without a byte order mark, and Windows-1252 where it is not UTF-8 (reported);
//! CRLF, LF and CR; headers in any case and spacing and by some of the names that management information systems
//! give them; dates as `2016-11-03` and `03/11/2016`; outer spaces. A column that the file does not have leaves what
//! the roster has, and an empty cell clears it.

mod cells;
mod import;
mod pupils;
mod staff;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use daymark_core::roster::Roster;
use serde::Serialize;

pub use self::import::{Absentee, Addition, Change, FieldChange, ImportPlan, Note};

/// The largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most rows under the header, blank ones aside.
pub const ROWS_MAX: usize = 20_000;
/// The longest cell, in bytes of UTF-8.
pub const FIELD_BYTES_MAX: usize = 500;
/// The most columns.
pub const COLUMNS_MAX: usize = 256;

/// How much of a refused value is repeated.
const SHOWN_CHARS_MAX: usize = 64;

/// What a file lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Pupils, in the columns
    /// `upn,mis_id,surname,forename,preferred_forename,dob,year,class,family_ref,start_date,leave_date`.
    Pupils,
    /// Staff, in the columns `staff_id,name,position,role`.
    Staff,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pupils => "pupils",
            Self::Staff => "staff",
        })
    }
}

/// How the bytes of a file were understood as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1252, because it was not valid UTF-8.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Utf8 => "UTF-8",
            Self::Windows1252 => "Windows-1252",
        })
    }
}

/// Why a file was refused whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// More bytes than [`FILE_BYTES_MAX`].
    #[error("the file has {bytes} bytes, the limit is {FILE_BYTES_MAX}: export the needed columns only")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// UTF-16, which some spreadsheets call Unicode text.
    #[error("the file is UTF-16: save it again as `CSV UTF-8 (comma delimited)`")]
    Utf16,
    /// A spreadsheet's own file, or something else that is not text.
    #[error("the file is not text: open it in a spreadsheet and save it as `CSV UTF-8 (comma delimited)`")]
    NotText,
    /// No header row.
    #[error("the file is empty: its first row must name the columns")]
    Empty,
    /// More columns than [`COLUMNS_MAX`].
    #[error("row 1 has more than {COLUMNS_MAX} columns: export the needed columns only")]
    TooManyColumns,
    /// More rows than [`ROWS_MAX`].
    #[error("the file has more than {ROWS_MAX} rows: split it")]
    TooManyRows,
    /// From this quotation mark on, rows cannot be told apart.
    #[error(
        "row {row} opens a quotation mark that nothing closes: close it, or write one inside a name as two"
    )]
    UnclosedQuote {
        /// The row in which it is opened.
        row: usize,
    },
    /// Columns that a roster cannot do without.
    #[error("row 1 does not name the column {}: {hint}", columns.join(", "))]
    MissingColumns {
        /// The missing ones.
        columns: Vec<&'static str>,
        /// What may be the matter.
        hint: &'static str,
    },
    /// Two columns for one thing.
    #[error("columns {first:?} and {second:?} are both read as {column}: keep one of them")]
    AmbiguousColumns {
        /// What both mean.
        column: &'static str,
        /// The header on the left.
        first: String,
        /// The header on the right.
        second: String,
    },
}

/// A file whose rows can be told apart and whose columns are known. What the cells say is not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    kind: Kind,
    encoding: Encoding,
    unknown_columns: Vec<String>,
    rows: Vec<Row>,
}

impl Sheet {
    /// What it lists.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How many rows it has under the header, blank ones aside.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }
}

/// A row of a sheet: a cell for each column that its kind knows, `None` where the file has no such column.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    number: usize,
    cells: Vec<Option<String>>,
    faults: Vec<Refusal>,
}

/// A cell, or a row, that cannot be taken as it is. Any refusal keeps its row out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refusal {
    /// The row as a spreadsheet numbers it; the header is 1.
    pub row: usize,
    /// The column.
    pub field: &'static str,
    /// What stands there, or its beginning.
    pub value: String,
    /// What is wrong and what to do.
    pub remedy: String,
}

impl Refusal {
    fn new(row: usize, field: &'static str, value: &str, remedy: impl Into<String>) -> Self {
        Self {
            row,
            field,
            value: value.chars().take(SHOWN_CHARS_MAX).collect(),
            remedy: remedy.into(),
        }
    }
}

/// Reads a file of pupils.
pub fn read_pupils(bytes: &[u8]) -> Result<Sheet, FileError> {
    table::read(Kind::Pupils, bytes, pupils::COLUMNS)
}

/// Reads a file of staff.
pub fn read_staff(bytes: &[u8]) -> Result<Sheet, FileError> {
    table::read(Kind::Staff, bytes, staff::COLUMNS)
}

/// What importing a sheet would do to a roster.
pub fn plan(existing: &Roster, sheet: &Sheet) -> ImportPlan {
    let mut plan = match sheet.kind {
        Kind::Pupils => pupils::plan(existing, sheet),
        Kind::Staff => staff::plan(existing, sheet),
    };
    plan.refusals.sort();
    plan
}
