//! A sheet of marks on paper, keyed back.
//!
//! ```text
//! sheet ABCD-EFGH-JKLM       the code that is printed on the sheet
//! 2026-03-02 AM              a session of the sheet, then each of its rows
//! 1 /
//! 2 L 09:05                  a time of arrival beside L and U
//! 3 B taster day at college  what the activity or cause was, beside B, K and Y7
//! 4 -                        an empty cell
//! 2026-03-02 PM
//! 1 \
//! ...
//! ```
//!
//! Nothing of a file is taken before the sheet is known to be the one that is open, and every session to have just the
//! rows of the sheet: a list that slips by one row would mark thirty wrong children. Then each row is read, and all
//! that is wrong is told at once, by line and row. A file with a fault gives no marks at all.

use std::fmt;

use daymark_core::code::{self, Code, Particular};
use daymark_core::entry::{NOTE_BYTES_MAX, Particulars, TimeOfDay};
use daymark_core::session::{Cell, Date, Session};
use serde::Serialize;

use crate::paper::{PaperSheet, SheetCode, SheetCodeError, WrongSheet};

/// The longest file, in bytes: two weeks of the longest sheet, with a note in each row, are below it.
pub const KEYED_BYTES_MAX: usize = 1024 * 1024;
/// What is keyed for an empty cell.
const EMPTY: &str = "-";

/// A mark that was keyed, for the office to enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedMark {
    /// The row of the sheet, from 1.
    pub row: usize,
    /// Where it stands.
    pub cell: Cell,
    /// The code.
    pub code: Code,
    /// What was keyed beside it.
    pub particulars: Particulars,
    /// What the code needs and paper cannot say: a visit and its supervisor. The office asks for it.
    pub lacks: Vec<Particular>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The row of the sheet, where the line names one.
    pub row: Option<usize>,
    /// What is wrong and what to do.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(f, "line {}, row {row}: {}", self.line, self.remedy),
            None => write!(f, "line {}: {}", self.line, self.remedy),
        }
    }
}

/// Why no mark of a file is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyedError {
    /// Longer than [`KEYED_BYTES_MAX`].
    #[error("the file has {bytes} bytes, the limit is {KEYED_BYTES_MAX}: key one sheet at a time")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The first line does not name the sheet.
    #[error("line {line}: begin with the code that is printed on the sheet, as in: sheet ABCD-EFGH-JKLM")]
    NoSheet {
        /// The line.
        line: usize,
    },
    /// The code is mistyped.
    #[error(transparent)]
    Code(#[from] SheetCodeError),
    /// The sheet is another one.
    #[error(transparent)]
    WrongSheet(#[from] WrongSheet),
    /// The rows are not those of the sheet, or say something that cannot stand.
    #[error("nothing was taken: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Faults(Vec<Fault>),
}

/// One session of a file: its lines, not yet read.
struct Block<'a> {
    line: usize,
    date: Date,
    session: Session,
    rows: Vec<Line<'a>>,
}

/// A row of a block: number, and what is keyed behind it.
struct Line<'a> {
    number: usize,
    row: usize,
    said: &'a str,
}

/// Reads a file that was keyed from a sheet.
///
/// # Errors
/// See [`KeyedError`]. Where there is one, nothing is taken.
pub fn read_keyed(text: &str, sheet: &PaperSheet) -> Result<Vec<KeyedMark>, KeyedError> {
    if text.len() > KEYED_BYTES_MAX {
        return Err(KeyedError::TooLarge { bytes: text.len() });
    }
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty());
    let (line, first) = lines.next().unwrap_or((1, ""));
    let code = first.strip_prefix("sheet ").ok_or(KeyedError::NoSheet { line })?;
    code.trim().parse::<SheetCode>()?.check(sheet)?;
    let blocks = blocks(lines, sheet).map_err(KeyedError::Faults)?;
    let mut marks = Vec::new();
    let mut faults = Vec::new();
    for block in &blocks {
        for (line, pupil) in block.rows.iter().zip(sheet.pupils()) {
            let cell = Cell {
                date: block.date,
                session: block.session,
                pupil: *pupil,
            };
            match mark(line, cell) {
                Ok(mark) => marks.extend(mark),
                Err(remedy) => faults.push(line.fault(remedy)),
            }
        }
    }
    if faults.is_empty() {
        Ok(marks)
    } else {
        Err(KeyedError::Faults(faults))
    }
}

impl Line<'_> {
    fn fault(&self, remedy: String) -> Fault {
        Fault {
            line: self.number,
            row: Some(self.row),
            remedy,
        }
    }
}

/// Splits lines into sessions, and checks that each has just the rows of the sheet.
fn blocks<'a>(
    lines: impl Iterator<Item = (usize, &'a str)>,
    sheet: &PaperSheet,
) -> Result<Vec<Block<'a>>, Vec<Fault>> {
    let mut blocks: Vec<Block<'a>> = Vec::new();
    let mut faults = Vec::new();
    let plain = |line, remedy: String| Fault {
        line,
        row: None,
        remedy,
    };
    for (line, text) in lines {
        let (head, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        if let Ok(row) = head.parse() {
            match blocks.last_mut() {
                Some(block) => block.rows.push(Line {
                    number: line,
                    row,
                    said: rest.trim(),
                }),
                None => faults.push(plain(
                    line,
                    "key the session first, as in: 2026-03-02 AM".to_owned(),
                )),
            }
            continue;
        }
        let (Ok(date), Ok(session)) = (head.parse::<Date>(), rest.trim().parse::<Session>()) else {
            let remedy = "key a row, as in `2 L 09:05`, or a session, as in `2026-03-02 AM`";
            faults.push(plain(line, remedy.to_owned()));
            continue;
        };
        if !sheet.days().contains(&date) {
            faults.push(plain(
                line,
                format!("{date} is no day of the sheet: read the date again"),
            ));
        }
        if blocks
            .iter()
            .any(|block| (block.date, block.session) == (date, session))
        {
            faults.push(plain(line, format!("{date} {session} is keyed twice: keep one")));
        }
        blocks.push(Block {
            line,
            date,
            session,
            rows: Vec::new(),
        });
    }
    if blocks.is_empty() && faults.is_empty() {
        faults.push(plain(1, "no session was keyed".to_owned()));
    }
    for block in &blocks {
        check_rows(block, sheet.pupils().len(), &mut faults);
    }
    if faults.is_empty() {
        Ok(blocks)
    } else {
        Err(faults)
    }
}

/// Rows 1 to the last, in their order, each once.
fn check_rows(block: &Block<'_>, rows: usize, faults: &mut Vec<Fault>) {
    let mut expected = 1;
    for line in &block.rows {
        if line.row == expected && line.row <= rows {
            expected += 1;
            continue;
        }
        let remedy = if line.row > rows || line.row == 0 {
            format!("the sheet has the rows 1 to {rows}: this may be another sheet")
        } else {
            format!("row {expected} is expected here: key every row in order, and `-` for an empty cell")
        };
        faults.push(line.fault(remedy));
        return;
    }
    if expected <= rows {
        faults.push(Fault {
            line: block.line,
            row: Some(expected),
            remedy: format!(
                "{} {} ends before row {expected}, and the sheet has {rows} rows: key every row, and `-` for an empty cell",
                block.date, block.session
            ),
        });
    }
}

/// The mark of a row; none where the cell is empty.
fn mark(line: &Line<'_>, cell: Cell) -> Result<Option<KeyedMark>, String> {
    let (symbol, beside) = line
        .said
        .split_once(char::is_whitespace)
        .unwrap_or((line.said, ""));
    let beside = beside.trim();
    if symbol == EMPTY && beside.is_empty() {
        return Ok(None);
    }
    if symbol.is_empty() {
        return Err("no code was keyed: key one, or `-` for an empty cell".to_owned());
    }
    let code: Code = symbol
        .to_ascii_uppercase()
        .parse()
        .map_err(|_| format!("{symbol:?} is no register code"))?;
    let row = code::check(code, cell.date, cell.session).map_err(|error| error.to_string())?;
    let mut particulars = Particulars::default();
    let needs = |particular| row.needs.contains(&particular);
    if needs(Particular::ArrivalTime) {
        let time = arrival(beside).ok_or_else(|| {
            format!(
                "{code} needs the time of arrival: key it as in `{} {code} 09:05`",
                line.row
            )
        })?;
        particulars.arrived_at = Some(time);
    } else if needs(Particular::Nature) {
        if beside.is_empty() || beside.len() > NOTE_BYTES_MAX || beside.chars().any(char::is_control) {
            return Err(format!(
                "{code} needs what the activity or cause was, in 1 to {NOTE_BYTES_MAX} bytes: key it behind the code"
            ));
        }
        particulars.nature = Some(beside.to_owned());
    } else if !beside.is_empty() {
        return Err(format!(
            "nothing stands beside {code}: take {beside:?} out, or correct the code"
        ));
    }
    let lacks = row
        .needs
        .iter()
        .copied()
        .filter(|particular| matches!(particular, Particular::Visit | Particular::Supervisor));
    Ok(Some(KeyedMark {
        row: line.row,
        cell,
        code,
        particulars,
        lacks: lacks.collect(),
    }))
}

/// A time as it is keyed: `09:05`, `9:05` or `0905`.
fn arrival(text: &str) -> Option<TimeOfDay> {
    let (hours, minutes) = match text.split_once(':') {
        Some(parts) => parts,
        None if text.len() == 4 && text.is_ascii() => text.split_at(2),
        None => return None,
    };
    let padded = if hours.len() == 1 { "0" } else { "" };
    format!("{padded}{hours}:{minutes}")
        .parse()
        .ok()
        .filter(|_| minutes.len() == 2)
}
