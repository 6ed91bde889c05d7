//! Reading the roster from the files that schools have.
//!
//! Two steps, both pure: bytes become a [`Sheet`] ([`read_pupils`], [`read_staff`], and for other kinds of file
//! [`crate::sniff::read_roster`]), and a sheet and the roster there is become an [`ImportPlan`] ([`plan`]) that says
//! what would be added, changed and refused, by the row numbers that a spreadsheet shows. Nothing happens until
//! somebody [applies](ImportPlan::apply) it.
//!
//! A bad row is refused alone; its neighbours go in. A file is refused whole ([`FileError`]) only where its rows
//! cannot be told apart or its columns cannot be named. An import never removes anybody: who is not in the file is
//! reported, and stays.
//!
//! What is understood: UTF-8 with or without a byte order mark, and Windows-1252 where it is not UTF-8 (reported);
//! commas, semicolons and tabs; CRLF, LF and CR; headers in any case and spacing and by some of the names that
//! management information systems give them; dates as [`dates`] has them; outer spaces. A column that the file does
//! not have leaves what the roster has, and an empty cell clears it.

mod cells;
pub mod dates;
mod import;
pub(crate) mod pupil_columns;
mod pupils;
mod records;
mod staff;
pub(crate) mod table;
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

/// What kind of file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A table with a header row.
    Csv,
    /// A `OneRoster` 1.1 zip.
    OneRoster,
    /// A Common Transfer File of the Department for Education.
    Ctf,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Csv => "CSV",
            Self::OneRoster => "OneRoster 1.1",
            Self::Ctf => "CTF",
        })
    }
}

/// What stands between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Separator {
    /// `,`
    Comma,
    /// `;`, as spreadsheets write it where the comma is the decimal point.
    Semicolon,
    /// The tab, of what was copied out of a spreadsheet.
    Tab,
}

impl Separator {
    /// All of them; where a header could be read by several, the first wins.
    pub(crate) const ALL: [Self; 3] = [Self::Comma, Self::Semicolon, Self::Tab];

    /// The character.
    pub const fn as_char(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
        }
    }
}

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Comma => "commas",
            Self::Semicolon => "semicolons",
            Self::Tab => "tabs",
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
    #[error("the file has more than {rows_max} rows: split it")]
    TooManyRows {
        /// The limit.
        rows_max: usize,
    },
    /// From this quotation mark on, rows cannot be told apart.
    #[error(
        "row {row} opens a quotation mark that nothing closes: close it, or write one inside a name as two"
    )]
    UnclosedQuote {
        /// The row in which it is opened.
        row: usize,
    },
    /// Columns that a roster cannot do without.
    #[error("row 1 does not name the column {}: add it, or name it so in row 1", columns.join(", "))]
    MissingColumns {
        /// The missing ones.
        columns: Vec<&'static str>,
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
    pub(crate) kind: Kind,
    pub(crate) source: Source,
    /// The file inside the file that the rows are from, where there are several.
    pub(crate) file: Option<&'static str>,
    /// Whether it lists only what has changed, so that who is missing from it says nothing.
    pub(crate) partial: bool,
    pub(crate) encoding: Encoding,
    pub(crate) separator: Separator,
    pub(crate) unknown_columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// What was refused outside these rows.
    pub(crate) faults: Vec<Refusal>,
    /// What should be known of these rows.
    pub(crate) notes: Vec<Note>,
}

impl Sheet {
    /// What it lists.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What kind of file it was.
    pub fn source(&self) -> Source {
        self.source
    }

    /// How many rows it has under the header, blank ones aside.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }
}

/// A row of a sheet: a cell for each column that its kind knows, `None` where the file has no such column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) number: usize,
    pub(crate) cells: Vec<Option<String>>,
    pub(crate) faults: Vec<Refusal>,
}

/// A cell, or a row, that cannot be taken as it is. Any refusal keeps its row out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refusal {
    /// The file inside the file, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'static str>,
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
    pub(crate) fn new(row: usize, field: &'static str, value: &str, remedy: impl Into<String>) -> Self {
        Self {
            file: None,
            row,
            field,
            value: value.chars().take(SHOWN_CHARS_MAX).collect(),
            remedy: remedy.into(),
        }
    }

    /// The same, of a file inside the file.
    pub(crate) fn of(mut self, file: &'static str) -> Self {
        self.file = Some(file);
        self
    }
}

/// Reads a file of pupils.
pub fn read_pupils(bytes: &[u8]) -> Result<Sheet, FileError> {
    table::read(Kind::Pupils, bytes, pupil_columns::COLUMNS)
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
    for refusal in &mut plan.refusals {
        refusal.file = refusal.file.or(sheet.file);
    }
    plan.refusals.extend(sheet.faults.iter().cloned());
    plan.refusals.sort();
    plan
}
