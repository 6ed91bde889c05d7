//! A paper register that is keyed in, row by row. It stays here until the school's server has entered it.

use std::fmt::Write;

use daymark_core::code::{self, Code, Particular};
use daymark_core::ids::{ClassName, PupilNumber};
use daymark_core::session::{Date, Session};

use super::super::Open;
use super::super::open::{Done, words};
use crate::action::{Action, Fields, Screen};

/// One row of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// Whose.
    pub pupil: PupilNumber,
    /// What was keyed: a code, or `-` where the paper is empty. `None` before.
    pub keyed: Option<String>,
    /// What stands beside the code, such as a time.
    pub beside: String,
}

/// A sheet of which one session is keyed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The class.
    pub class: ClassName,
    /// The first day printed on the sheet.
    pub from: Date,
    /// The day that is keyed.
    pub date: Date,
    /// The session.
    pub session: Session,
    /// The rows, in the order of the paper.
    pub rows: Vec<SheetRow>,
    /// The row that is being keyed, from 0.
    pub at: usize,
    /// The code that is printed on the sheet.
    pub code: String,
    /// What the school's server said of it, while nothing has changed since.
    pub told: Option<Told>,
}

/// What the school's server says of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Whether it may be entered as it is.
    pub fits: bool,
    /// What there is to read.
    pub lines: Vec<String>,
}

/// What is keyed for an empty cell.
pub(crate) const EMPTY: &str = "-";

/// Whether a code needs a word beside it that paper can say: a time, or what the activity was.
pub(crate) fn asks_beside(keyed: &str, date: Date) -> bool {
    let code: Option<Code> = keyed.parse().ok();
    let needs = code.and_then(|code| code::row_on(code, date).ok());
    needs.is_some_and(|row| {
        let on_paper = |need: &Particular| matches!(need, Particular::ArrivalTime | Particular::Nature);
        row.needs.iter().any(on_paper)
    })
}

impl Sheet {
    /// The file that the school's server reads.
    ///
    /// # Errors
    /// A row without anything keyed, or no code of the sheet.
    pub fn text(&self) -> Result<String, String> {
        if self.code.is_empty() {
            return Err("Type the code that is printed on the sheet.".to_owned());
        }
        let mut text = format!("sheet {}\n{} {}\n", self.code, self.date, self.session);
        for (row, number) in self.rows.iter().zip(1..) {
            let Some(keyed) = &row.keyed else {
                return Err(format!(
                    "Row {number} is not keyed yet: key its code, or Empty where the paper is empty."
                ));
            };
            // Writing into memory fails for nothing.
            let _ = writeln!(text, "{number} {keyed} {}", row.beside);
        }
        Ok(text)
    }

    /// Reads what the server says; `None` where that cannot be understood.
    pub fn read(&self, body: &[u8]) -> Option<(bool, Told)> {
        let value: serde_json::Value = serde_json::from_slice(body).ok()?;
        let mut told = Told {
            fits: true,
            lines: Vec::new(),
        };
        let marks = value.get("marks")?.as_array()?;
        let refused = value.get("refused")?.as_array()?;
        for said in marks.iter().chain(refused) {
            let row = usize::try_from(said.get("row")?.as_u64()?).ok()?;
            let here = row.checked_sub(1).and_then(|row| self.rows.get(row));
            if here.map(|row| row.pupil.0) != said.get("pupil")?.as_u64() {
                told.fits = false;
                told.lines.push(format!(
                    "Row {row} is another pupil in the school's list: wait until this tablet has synced, and open the sheet again."
                ));
            } else if let Some(why) = said.get("why") {
                told.fits = false;
                told.lines.push(format!("Row {row}: {}", words(why.as_str()?)));
            } else if let Some(was) = said.get("was").and_then(|was| was.as_str()) {
                let code = said.get("code")?.as_str()?;
                told.lines.push(format!("Row {row}: {code} in place of {was}."));
            }
        }
        let same = value.get("same")?.as_u64()?;
        told.lines.push(format!(
            "{} new or changed, {same} as they stand.",
            daymark_tablet::words::count(marks.len(), "mark")
        ));
        Some((value.get("written")?.as_bool()?, told))
    }
}

impl Open {
    pub(super) fn act_sheet(&mut self, action: &Action, fields: &Fields) -> Done {
        if *action == Action::OpenSheet {
            self.office.sheet = Some(self.new_sheet(fields)?);
            self.go(Screen::KeyIn);
            return Ok(None);
        }
        let Some(sheet) = &mut self.office.sheet else {
            return Err("Open a sheet first.".to_owned());
        };
        match action {
            Action::KeyRow(keyed) => {
                if let Some(row) = sheet.rows.get_mut(sheet.at) {
                    row.keyed = Some(keyed.clone());
                    row.beside.clear();
                }
                sheet.told = None;
                Ok(None)
            }
            Action::RowAt(at) => {
                if let (Some(row), Some(beside)) = (sheet.rows.get_mut(sheet.at), fields.given("beside")) {
                    row.beside = beside;
                    sheet.told = None;
                }
                sheet.at = usize::from(*at).min(sheet.rows.len().saturating_sub(1));
                Ok(Some(format!("Row {}.", sheet.at + 1)))
            }
            _ => Ok(None),
        }
    }

    fn new_sheet(&self, fields: &Fields) -> Result<Sheet, String> {
        let class: ClassName = fields
            .given("class")
            .ok_or("Say which class.")?
            .parse()
            .map_err(words)?;
        let day = |name: &str| -> Result<Date, String> {
            let text = fields.given(name).ok_or("Say which day.")?;
            text.parse().map_err(words)
        };
        let (from, date) = (day("from")?, day("date")?);
        let session: Session = fields
            .given("session")
            .ok_or("Say morning or afternoon.")?
            .parse()
            .map_err(words)?;
        let rows = self
            .on_roll(date)
            .into_iter()
            .filter(|pupil| pupil.class == class);
        let rows: Vec<SheetRow> = rows
            .map(|pupil| SheetRow {
                pupil: pupil.number,
                keyed: None,
                beside: String::new(),
            })
            .collect();
        if rows.is_empty() {
            return Err(format!("Nobody of {class} is on roll on {date}."));
        }
        Ok(Sheet {
            class,
            from,
            date,
            session,
            rows,
            at: 0,
            code: String::new(),
            told: None,
        })
    }
}
