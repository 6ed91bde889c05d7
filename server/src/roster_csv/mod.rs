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

mod pupils;
mod staff;
mod table;

use std::fmt;

use daymark_core::ids::IdError;
use daymark_core::roster::{Pupil, Roster, StaffMember};
use daymark_core::session::Date;
use serde::Serialize;

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

/// Somebody the roster does not have yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addition {
    /// The row.
    pub row: usize,
    /// The admission number or staff id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// Somebody of whom the file says something else than the roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The row.
    pub row: usize,
    /// The admission number or staff id.
    pub id: String,
    /// The name that the roster has.
    pub name: String,
    /// What changes, in the order of the columns.
    pub fields: Vec<FieldChange>,
}

/// One value that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The column.
    pub field: &'static str,
    /// The value in the roster.
    pub old: Option<String>,
    /// The value in the file.
    pub new: Option<String>,
}

/// Somebody whom the roster has and the file has not. The import leaves them as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absentee {
    /// The admission number or staff id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The last day on roll, where the roster knows one.
    pub leave_date: Option<Date>,
}

/// Something that was put right, and should be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The row.
    pub row: usize,
    /// What was done.
    pub text: String,
}

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportPlan {
    /// What the file lists.
    pub kind: Kind,
    /// How it was read.
    pub encoding: Encoding,
    /// Rows under the header, blank ones aside.
    pub rows: usize,
    /// Who is new, by row.
    pub adds: Vec<Addition>,
    /// Who changes, by row.
    pub changes: Vec<Change>,
    /// How many are in the roster just as the file has them.
    pub unchanged: usize,
    /// Who is in the roster and not in the file. They stay.
    pub absent: Vec<Absentee>,
    /// What was refused, by row. A row with a refusal is left out.
    pub refusals: Vec<Refusal>,
    /// What was put right, by row.
    pub notes: Vec<Note>,
    /// Columns that mean nothing here, by their headers.
    pub unknown_columns: Vec<String>,
    #[serde(skip)]
    people: People,
}

/// The people a plan puts into the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
enum People {
    Pupils(Vec<Pupil>),
    Staff(Vec<StaffMember>),
}

impl ImportPlan {
    fn new(sheet: &Sheet, people: People) -> Self {
        Self {
            kind: sheet.kind,
            encoding: sheet.encoding,
            rows: sheet.rows.len(),
            adds: Vec::new(),
            changes: Vec::new(),
            unchanged: 0,
            absent: Vec::new(),
            refusals: sheet.rows.iter().flat_map(|row| row.faults.clone()).collect(),
            notes: Vec::new(),
            unknown_columns: sheet.unknown_columns.clone(),
            people,
        }
    }

    /// The roster with the additions and changes made. Give it the roster that the plan was made for.
    #[must_use]
    pub fn apply(&self, existing: &Roster) -> Roster {
        let mut roster = existing.clone();
        match &self.people {
            People::Pupils(pupils) => {
                roster
                    .pupils
                    .extend(pupils.iter().map(|pupil| (pupil.number, pupil.clone())));
            }
            People::Staff(staff) => {
                roster
                    .staff
                    .extend(staff.iter().map(|member| (member.id.clone(), member.clone())));
            }
        }
        roster
    }

    /// Whether it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.adds.is_empty() && self.changes.is_empty()
    }

    /// Says what becomes of a row that has no refusal.
    fn settle(
        &mut self,
        row: usize,
        id: String,
        name: String,
        old: Option<(String, Vec<Field>)>,
        new: Vec<Field>,
    ) {
        let Some((old_name, old)) = old else {
            self.adds.push(Addition { row, id, name });
            return;
        };
        let fields: Vec<_> = old
            .into_iter()
            .zip(new)
            .filter(|(old, new)| old.1 != new.1)
            .map(|((field, old), (_, new))| FieldChange { field, old, new })
            .collect();
        if fields.is_empty() {
            self.unchanged += 1;
        } else {
            self.changes.push(Change {
                row,
                id,
                name: old_name,
                fields,
            });
        }
    }
}

/// A column and what somebody has there.
type Field = (&'static str, Option<String>);

impl fmt::Display for ImportPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} rows of {}, read as {}",
            self.rows, self.kind, self.encoding
        )?;
        writeln!(
            f,
            "{} to add, {} to change, {} unchanged, {} refusals",
            self.adds.len(),
            self.changes.len(),
            self.unchanged,
            self.refusals.len()
        )?;
        for Addition { row, id, name } in &self.adds {
            writeln!(f, "  row {row}: add {id} {name}")?;
        }
        for Change {
            row,
            id,
            name,
            fields,
        } in &self.changes
        {
            writeln!(f, "  row {row}: change {id} {name}")?;
            for FieldChange { field, old, new } in fields {
                let shown = |value: &Option<String>| {
                    value
                        .as_ref()
                        .map_or_else(|| "nothing".to_owned(), |text| format!("{text:?}"))
                };
                writeln!(f, "    {field} from {} to {}", shown(old), shown(new))?;
            }
        }
        for Refusal {
            row,
            field,
            value,
            remedy,
        } in &self.refusals
        {
            writeln!(f, "  row {row}: refused, {field} {value:?}: {remedy}")?;
        }
        for Note { row, text } in &self.notes {
            writeln!(f, "  row {row}: {text}")?;
        }
        if !self.absent.is_empty() {
            writeln!(
                f,
                "{} in the roster and not in the file, kept as they are",
                self.absent.len()
            )?;
        }
        for Absentee { id, name, leave_date } in &self.absent {
            match leave_date {
                Some(date) => writeln!(f, "  {id} {name}, on roll until {date}")?,
                None => writeln!(f, "  {id} {name}, no leave date")?,
            }
        }
        if !self.unknown_columns.is_empty() {
            let names: Vec<_> = self
                .unknown_columns
                .iter()
                .map(|name| format!("{name:?}"))
                .collect();
            writeln!(f, "columns not used: {}", names.join(", "))?;
        }
        Ok(())
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

/// A row being read: each cell is asked for by its column, and what is wrong is written down.
struct Cells<'a> {
    row: &'a Row,
    columns: &'static [table::Column],
    refusals: &'a mut Vec<Refusal>,
}

impl Cells<'_> {
    fn refuse(&mut self, field: &'static str, value: &str, remedy: impl Into<String>) {
        self.refusals
            .push(Refusal::new(self.row.number, field, value, remedy));
    }

    /// The text of a cell: `None` when the file has no such column.
    fn text(&self, field: &str) -> Option<String> {
        let at = self.columns.iter().position(|column| column.name == field)?;
        self.row.cells.get(at).cloned().flatten()
    }

    /// A cell that must say something.
    fn required<T, E>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
        remedy: impl FnOnce(E) -> String,
    ) -> Option<T> {
        let text = self.text(field).unwrap_or_default();
        if text.is_empty() {
            self.refuse(field, "", "the cell is empty: fill it in");
            return None;
        }
        read(&text)
            .map_err(|error| self.refuse(field, &text, remedy(error)))
            .ok()
    }

    /// A cell that may be empty. Where the file has no such column, what the roster has stays; where the cell is
    /// wrong, the value does not matter, for the row is refused.
    fn optional<T, E>(
        &mut self,
        field: &'static str,
        kept: Option<T>,
        read: impl FnOnce(&str) -> Result<T, E>,
        remedy: impl FnOnce(E) -> String,
    ) -> Option<T> {
        match self.text(field) {
            None => kept,
            Some(text) if text.is_empty() => None,
            Some(text) => read(&text)
                .map_err(|error| self.refuse(field, &text, remedy(error)))
                .ok(),
        }
    }
}

/// Reads text as it stands.
#[expect(clippy::unnecessary_wraps, reason = "a reader, as the others")]
fn as_text(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(text.to_owned())
}

/// The remedy for what cannot fail.
fn never(error: std::convert::Infallible) -> String {
    match error {}
}

/// The remedy of an identifier's error, without the value, which the refusal shows already.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that a reader of cells takes"
)]
fn id_remedy(error: IdError) -> String {
    error.remedy.to_owned()
}

/// Rows in words.
fn row_list(rows: impl Iterator<Item = usize>) -> String {
    let rows: Vec<_> = rows.map(|row| row.to_string()).collect();
    match rows.as_slice() {
        [first, second] => format!("rows {first} and {second}"),
        [first @ .., last] if first.len() <= 8 => format!("rows {} and {last}", first.join(", ")),
        _ => format!("rows {} and {} more", rows[..8].join(", "), rows.len() - 8),
    }
}

#[cfg(test)]
mod tests;
