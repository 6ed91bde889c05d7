//! One pupil's page: every mark with its history, and the amendments with their six parts.

use daymark_core::session::{Date, Session};

use super::canvas::{Canvas, MARGIN, WIDTH, Weight};
use super::open::StillOpen;
use super::pdf;
use super::table::{self, Column, Cursor, SIZE};
use crate::export_csv::AmendmentRow;

const TITLE_SIZE: f32 = 16.0;
const TEXT_SIZE: f32 = 12.0;
const LEADING: f32 = 16.0;
/// Between the lines of the title.
const GAP: f32 = 5.0;

/// What was said of a session of the pupil, first to last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellHistory {
    /// The date.
    pub date: Date,
    /// The session.
    pub session: Session,
    /// How it stands, in words: `/ recorded`, `two different marks`.
    pub stands: String,
    /// Every entry.
    pub lines: Vec<HistoryLine>,
}

/// One entry of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    /// The code; or that a mark was taken back.
    pub code: String,
    /// Who made it, and their position on the day.
    pub by: String,
    /// Under which duty and on which device.
    pub made_on: String,
    /// When, by the device's clock.
    pub recorded_at: String,
    /// What else is written beside it: time of arrival, nature, comment, what is out of order.
    pub beside: String,
}

/// A pupil's marks to print, for a meeting or a parent who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PupilPage {
    /// The school's name.
    pub school: String,
    /// The pupil's name.
    pub name: String,
    /// Class, admission number and UPN, in words.
    pub known_by: String,
    /// The first date.
    pub from: Date,
    /// The last date.
    pub to: Date,
    /// The sessions of which something was said.
    pub cells: Vec<CellHistory>,
    /// The amendments, as the ledger has them.
    pub amendments: Vec<AmendmentRow>,
    /// What about the pupil still waits for the office.
    pub open: StillOpen,
    /// When it is printed, in the words of the school's clock.
    pub printed_at: String,
}

const HISTORY: [Column; 6] = [
    column("Session", 11.0),
    column("Stands", 15.0),
    column("Entry", 8.0),
    column("Made by, position", 24.0),
    column("When, where", 27.0),
    column("Beside it", 20.0),
];

/// The number, and the six parts: original entry, amended entry, reason, date, name and position.
const AMENDMENTS: [Column; 8] = [
    column("No.", 5.0),
    column("Session", 11.0),
    column("Original", 9.0),
    column("Amended", 9.0),
    column("Reason", 27.0),
    column("Amended at", 14.0),
    column("Name", 14.0),
    column("Position", 15.0),
];

const fn column(heading: &'static str, share: f32) -> Column {
    Column { heading, share }
}

impl PupilPage {
    /// The page, and as many more as it needs, as a PDF: A4 lying, the same bytes for the same page.
    pub fn to_pdf(&self) -> Vec<u8> {
        let mut canvas = Canvas::new();
        let mut cursor = Cursor {
            y: MARGIN + TITLE_SIZE,
            top: MARGIN,
        };
        for (size, weight, text) in [
            (TITLE_SIZE, Weight::Strong, format!("Attendance of {}", self.name)),
            (
                TEXT_SIZE,
                Weight::Plain,
                format!("{} · {}", self.school, self.known_by),
            ),
            (TEXT_SIZE, Weight::Plain, self.state()),
        ] {
            for line in canvas.lines(&text, size, WIDTH) {
                canvas.text(MARGIN, cursor.y, size, weight, &line);
                cursor.y += size.max(TEXT_SIZE) + GAP;
            }
        }
        self.marks(&mut canvas, &mut cursor);
        self.ledger(&mut canvas, &mut cursor);
        canvas.number_pages(&format!("{} · printed {}", self.name, self.printed_at));
        pdf::write(canvas, &format!("Attendance of {}", self.name))
    }

    fn state(&self) -> String {
        format!("From {} to {} · {}", self.from, self.to, self.open)
    }

    fn marks(&self, canvas: &mut Canvas, cursor: &mut Cursor) {
        heading(canvas, cursor, "Marks and their history");
        if self.cells.is_empty() {
            return nothing(canvas, cursor, "Nothing is recorded in these dates.");
        }
        let mut rows = Vec::new();
        for cell in &self.cells {
            for (at, line) in cell.lines.iter().enumerate() {
                // The session stands in every row, because a page may begin between two of them.
                let place = format!("{} {}", cell.date, cell.session);
                let stands = if at == 0 {
                    cell.stands.clone()
                } else {
                    String::new()
                };
                rows.push(vec![
                    place,
                    stands,
                    line.code.clone(),
                    line.by.clone(),
                    format!("{} · {}", line.recorded_at, line.made_on),
                    line.beside.clone(),
                ]);
            }
        }
        table::draw(canvas, cursor, &HISTORY, &rows);
    }

    fn ledger(&self, canvas: &mut Canvas, cursor: &mut Cursor) {
        heading(canvas, cursor, "Amendments");
        if self.amendments.is_empty() {
            return nothing(canvas, cursor, "No mark was amended.");
        }
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let rows: Vec<Vec<String>> = self
            .amendments
            .iter()
            .map(|row| {
                let reason = row.reason.clone().unwrap_or_else(|| "NO REASON GIVEN".to_owned());
                vec![
                    row.number.clone(),
                    format!("{} {}", row.date, row.session),
                    text(&row.original),
                    text(&row.amended),
                    format!("{reason} [{}]", row.source),
                    row.amended_at.clone(),
                    row.name.clone(),
                    row.position.clone(),
                ]
            })
            .collect();
        table::draw(canvas, cursor, &AMENDMENTS, &rows);
    }
}

fn heading(canvas: &mut Canvas, cursor: &mut Cursor, text: &str) {
    cursor.need(canvas, 6.0 * LEADING);
    cursor.y += 4.0;
    canvas.text(MARGIN, cursor.y + TEXT_SIZE, TEXT_SIZE, Weight::Strong, text);
    cursor.y += TEXT_SIZE + 6.0;
}

fn nothing(canvas: &mut Canvas, cursor: &mut Cursor, text: &str) {
    canvas.text(MARGIN, cursor.y + SIZE, SIZE, Weight::Plain, text);
    cursor.y += LEADING;
}
