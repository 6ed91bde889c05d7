//! Reading the cells of a row, and the remedies for what is wrong with them.

use daymark_core::ids::IdError;

use super::table::Column;
use super::{Refusal, Row};

/// A row being read: each cell is asked for by its column, and what is wrong is written down.
pub(super) struct Cells<'a> {
    pub(super) row: &'a Row,
    pub(super) columns: &'static [Column],
    pub(super) refusals: &'a mut Vec<Refusal>,
    /// Whether it was told that nobody can say which pupil this is; then nothing else that is missing matters.
    pub(super) nobody: bool,
}

impl Cells<'_> {
    pub(super) fn refuse(&mut self, field: &'static str, value: &str, remedy: impl Into<String>) {
        self.refusals
            .push(Refusal::new(self.row.number, field, value, remedy));
    }

    /// The text of a cell: `None` when the file has no such column.
    pub(super) fn text(&self, field: &str) -> Option<String> {
        let at = self.columns.iter().position(|column| column.name == field)?;
        self.row.cells.get(at).cloned().flatten()
    }

    /// A cell that must say something. Where the file has no such column, what the roster has stays.
    pub(super) fn required<T, E>(
        &mut self,
        field: &'static str,
        kept: Option<T>,
        read: impl FnOnce(&str) -> Result<T, E>,
        remedy: impl FnOnce(E) -> String,
    ) -> Option<T> {
        let Some(text) = self.text(field) else {
            if kept.is_none() && !self.nobody {
                self.refuse(field, "", NOWHERE);
                self.nobody = field == KEY;
            }
            return kept;
        };
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
    pub(super) fn optional<T, E>(
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

/// The column that says which pupil a row is about.
const KEY: &str = "mis_id";

/// The remedy where neither the file nor the roster says something that a roster must have.
const NOWHERE: &str = "neither the file nor the roster says it: take the pupil in with a list of the school's own \
                       system, which has the admission number, year and class";

/// Reads text as it stands.
#[expect(clippy::unnecessary_wraps, reason = "a reader, as the others")]
pub(super) fn as_text(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(text.to_owned())
}

/// The remedy for what cannot fail.
pub(super) fn never(error: std::convert::Infallible) -> String {
    match error {}
}

/// The remedy of an identifier's error, without the value, which the refusal shows already.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that a reader of cells takes"
)]
pub(super) fn id_remedy(error: IdError) -> String {
    error.remedy.to_owned()
}

/// Rows in words.
pub(super) fn row_list(rows: impl Iterator<Item = usize>) -> String {
    let rows: Vec<_> = rows.map(|row| row.to_string()).collect();
    match rows.as_slice() {
        [first, second] => format!("rows {first} and {second}"),
        [first @ .., last] if first.len() <= 8 => format!("rows {} and {last}", first.join(", ")),
        _ => format!("rows {} and {} more", rows[..8].join(", "), rows.len() - 8),
    }
}
