//! What an import would do, in numbers and in words.

use std::fmt;

use daymark_core::roster::{Pupil, Roster, StaffMember};
use daymark_core::session::Date;
use serde::Serialize;

use super::{Encoding, Kind, Refusal, Separator, Sheet, Source};

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
    /// What kind of file it was.
    pub source: Source,
    /// The file inside the file that the row numbers are of, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'static str>,
    /// Whether it lists only what has changed; then `absent` stays empty, for who is missing says nothing.
    pub partial: bool,
    /// How it was read.
    pub encoding: Encoding,
    /// What stands between its cells.
    pub separator: Separator,
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
    pub(super) people: People,
}

/// The people a plan puts into the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum People {
    Pupils(Vec<Pupil>),
    Staff(Vec<StaffMember>),
}

impl ImportPlan {
    pub(super) fn new(sheet: &Sheet, people: People) -> Self {
        Self {
            kind: sheet.kind,
            source: sheet.source,
            file: sheet.file,
            partial: sheet.partial,
            encoding: sheet.encoding,
            separator: sheet.separator,
            rows: sheet.rows.len(),
            adds: Vec::new(),
            changes: Vec::new(),
            unchanged: 0,
            absent: Vec::new(),
            refusals: sheet.rows.iter().flat_map(|row| row.faults.clone()).collect(),
            notes: sheet.notes.clone(),
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
    pub(super) fn settle(
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
pub(super) type Field = (&'static str, Option<String>);

impl fmt::Display for ImportPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows of {}", self.rows, self.kind)?;
        if self.source != Source::Csv {
            write!(f, " of a {} file", self.source)?;
        }
        write!(f, ", read as {}", self.encoding)?;
        if self.separator != Separator::Comma {
            write!(f, ", parted by {}", self.separator)?;
        }
        writeln!(f)?;
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
            file,
            row,
            field,
            value,
            remedy,
        } in &self.refusals
        {
            let file = file.map(|file| format!("{file} ")).unwrap_or_default();
            writeln!(f, "  {file}row {row}: refused, {field} {value:?}: {remedy}")?;
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
