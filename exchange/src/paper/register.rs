//! The printed register of a class.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use daymark_core::code::{self, Code};
use daymark_core::ids::{ClassName, PupilNumber};
use daymark_core::session::{Date, Session};
use qrcode::{Color, QrCode};

use super::canvas::{Canvas, MARGIN, PAGE_HEIGHT, WIDTH, Weight};
use super::open::StillOpen;
use super::pdf;
use super::sheet::{PaperSheet, SheetCode, SheetError};

/// The size of names and codes: what can be read at arm's length.
const SIZE: f32 = 12.0;
/// Sizes for a name that is too long; below the last it breaks into lines.
const NAME_SIZES: [f32; 4] = [SIZE, 11.0, 10.0, 9.0];
const SMALL: f32 = 9.0;
const KEY_SIZE: f32 = 7.5;
const KEY_LEADING: f32 = 9.0;
const ROW_HEIGHT: f32 = 16.5;
const NUMBER_WIDTH: f32 = 26.0;
const NAME_WIDTH: f32 = 180.0;
const TITLE_SIZE: f32 = 16.0;
/// Where the grid begins; the title and the QR code stand above.
const GRID_TOP: f32 = MARGIN + 70.0;
const HEAD_HEIGHT: f32 = 34.0;
const QR_WIDTH: f32 = 62.0;
const QR_OVERLAP: f32 = 0.1;
const HAIR: f32 = 0.4;
const STRONG_RULE: f32 = 1.2;
const BAND_GREY: f32 = 0.94;
/// Above the last line of the page.
const KEY_END: f32 = PAGE_HEIGHT - MARGIN - 6.0;

/// What stands in a cell of the printed register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperMark {
    /// A code.
    Code(Code),
    /// Two different marks, of which nobody has decided: printed as `!`.
    Disputed,
}

/// A pupil of the printed register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterRow {
    /// Who.
    pub pupil: PupilNumber,
    /// The name as it is listed.
    pub name: String,
    /// What stands; a session that is not here is printed empty.
    pub marks: BTreeMap<(Date, Session), PaperMark>,
}

/// A class's register to print, with its marks or, for an emergency, blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// The school's name.
    pub school: String,
    /// The class.
    pub class: ClassName,
    /// The school days, at most two weeks of them.
    pub days: Vec<Date>,
    /// The pupils in the order of the list.
    pub rows: Vec<RegisterRow>,
    /// Whether it is printed without marks, to be filled in by hand.
    pub blank: bool,
    /// What of these days and this class still waits for the office.
    pub open: StillOpen,
    /// When it is printed, in the words of the school's clock.
    pub printed_at: String,
}

impl Register {
    /// The sheet that it is printed as: what is keyed back is checked against it.
    ///
    /// # Errors
    /// See [`SheetError`].
    pub fn sheet(&self) -> Result<PaperSheet, SheetError> {
        let pupils = self.rows.iter().map(|row| row.pupil).collect();
        PaperSheet::new(self.class.clone(), self.days.clone(), pupils)
    }

    /// The register as a PDF: A4 lying, 12 points, the same bytes for the same register.
    ///
    /// # Errors
    /// See [`SheetError`].
    pub fn to_pdf(&self) -> Result<Vec<u8>, SheetError> {
        let code = self.sheet()?.code();
        let mut page = Pages {
            canvas: Canvas::new(),
            register: self,
            code,
            key: Vec::new(),
        };
        page.key = page.key_lines();
        page.draw();
        let title = format!("{} {}", self.title(), self.span());
        Ok(pdf::write(page.canvas, &title))
    }

    fn title(&self) -> String {
        let kind = if self.blank {
            "Register (blank)"
        } else {
            "Register"
        };
        format!("{kind} · class {}", self.class)
    }

    fn span(&self) -> String {
        match (self.days.first(), self.days.last()) {
            (Some(first), Some(last)) if first != last => format!("{} to {}", long(*first), long(*last)),
            (Some(day), _) => long(*day),
            _ => String::new(),
        }
    }

    fn state(&self) -> String {
        if self.blank {
            return "Filled in by hand. Key it back with the code on the right; one row for each pupil."
                .to_owned();
        }
        let open = self.open.to_string();
        let open = open
            .strip_prefix("no ")
            .map_or(open.clone(), |rest| format!("No {rest}"));
        if self.open.decisions == 0 {
            format!("{open}.")
        } else {
            format!("{open}. Two different marks are shown as !; the pupil counts as missing.")
        }
    }
}

fn formatted(date: Date, format: &str) -> String {
    NaiveDate::from(date).format(format).to_string()
}

fn long(date: Date) -> String {
    formatted(date, "%-d %B %Y")
}

struct Pages<'a> {
    canvas: Canvas,
    register: &'a Register,
    code: SheetCode,
    key: Vec<String>,
}

impl Pages<'_> {
    /// The codes in force on the first day, in lines of the page's width.
    fn key_lines(&self) -> Vec<String> {
        let Some(first) = self.register.days.first() else {
            return Vec::new();
        };
        let in_force = code::rows().iter().filter(|row| row.in_force_on(*first));
        let mut words: Vec<String> = in_force
            .map(|row| format!("{} {}", row.symbol, row.title))
            .collect();
        if !self.register.blank {
            words.push("! two different marks, to be decided".to_owned());
        }
        let mut lines: Vec<String> = Vec::new();
        for word in words {
            let longer = lines.last().map(|line| format!("{line}   {word}"));
            match longer.filter(|line| self.canvas.width(line, KEY_SIZE) <= WIDTH) {
                Some(longer) => {
                    lines.pop();
                    lines.push(longer);
                }
                None => lines.push(word),
            }
        }
        lines
    }

    fn grid_end(&self) -> f32 {
        KEY_END - f32::from(u16::try_from(self.key.len()).unwrap_or(0)) * KEY_LEADING - 4.0
    }

    fn draw(&mut self) {
        let register = self.register;
        self.frame();
        let mut y = GRID_TOP + HEAD_HEIGHT;
        for (at, row) in register.rows.iter().enumerate() {
            let room = NAME_WIDTH - 8.0;
            let (size, lines) = match self.canvas.size_for(&row.name, room, &NAME_SIZES) {
                Some(size) => (size, vec![row.name.clone()]),
                None => (SMALL, self.canvas.lines(&row.name, SMALL, room)),
            };
            let count = f32::from(u16::try_from(lines.len()).unwrap_or(u16::MAX));
            let height = ROW_HEIGHT.max(count * (SMALL + 1.5) + 5.0);
            if y + height > self.grid_end() {
                self.rules(y);
                self.canvas.new_page();
                self.frame();
                y = GRID_TOP + HEAD_HEIGHT;
            }
            self.row(at + 1, row, (size, &lines), y, height);
            y += height;
        }
        self.rules(y);
        let foot = format!("Printed {} · sheet {}", register.printed_at, self.code);
        self.canvas.number_pages(&foot);
    }

    fn column_width(&self) -> f32 {
        let columns = u16::try_from(2 * self.register.days.len()).unwrap_or(1).max(1);
        (WIDTH - NUMBER_WIDTH - NAME_WIDTH) / f32::from(columns)
    }

    /// Where the column of a day begins.
    fn day_x(&self, day: usize) -> f32 {
        let before = u16::try_from(2 * day).unwrap_or(0);
        MARGIN + NUMBER_WIDTH + NAME_WIDTH + f32::from(before) * self.column_width()
    }

    /// Everything of a page but its rows.
    fn frame(&mut self) {
        let register = self.register;
        let canvas = &mut self.canvas;
        canvas.text(
            MARGIN,
            MARGIN + 14.0,
            TITLE_SIZE,
            Weight::Strong,
            &register.title(),
        );
        let line = format!("{} · {}", register.school, register.span());
        canvas.text(MARGIN, MARGIN + 32.0, SIZE, Weight::Plain, &line);
        canvas.text(MARGIN, MARGIN + 49.0, SIZE, Weight::Plain, &register.state());
        let code = self.code.to_string();
        let code_x = MARGIN + WIDTH - QR_WIDTH - 8.0 - canvas.width(&code, SIZE);
        canvas.text(code_x, MARGIN + 14.0, SIZE, Weight::Strong, &code);
        self.qr();
        self.head();
        let mut y = KEY_END - f32::from(u16::try_from(self.key.len()).unwrap_or(0)) * KEY_LEADING + KEY_SIZE;
        for line in &self.key {
            self.canvas.text(MARGIN, y, KEY_SIZE, Weight::Plain, line);
            y += KEY_LEADING;
        }
    }

    /// The code of the sheet for a camera: which sheet, and in plain words of which class and week.
    fn qr(&mut self) {
        let register = self.register;
        let first = register.days.first().map(ToString::to_string).unwrap_or_default();
        let words = format!(
            "daymark sheet {} class {} from {first}",
            self.code, register.class
        );
        let code = QrCode::new(words).expect("a hundred bytes fit a QR code");
        let width = code.width();
        let module = QR_WIDTH / f32::from(u16::try_from(width).unwrap_or(1));
        let left = MARGIN + WIDTH - QR_WIDTH;
        let place = |modules: usize| f32::from(u16::try_from(modules).unwrap_or(0)) * module;
        for (row, colors) in code.to_colors().chunks(width).enumerate() {
            let mut column = 0;
            // Dark modules side by side are one piece, and pieces overlap a little: a seam would be light.
            for run in colors.chunk_by(|left, right| left == right) {
                if run[0] == Color::Dark {
                    let corner = (left + place(column), MARGIN + place(row));
                    self.canvas
                        .fill(corner, (place(run.len()), module + QR_OVERLAP), 0.0);
                }
                column += run.len();
            }
        }
    }

    fn head(&mut self) {
        let register = self.register;
        let column = self.column_width();
        self.canvas
            .text(MARGIN + 3.0, GRID_TOP + 28.0, SMALL, Weight::Strong, "No.");
        self.canvas.text(
            MARGIN + NUMBER_WIDTH + 4.0,
            GRID_TOP + 28.0,
            SMALL,
            Weight::Strong,
            "Pupil",
        );
        for (at, day) in register.days.iter().enumerate() {
            let x = self.day_x(at);
            let name = formatted(*day, "%a %-d %b");
            self.canvas
                .centred(x + column, GRID_TOP + 13.0, SMALL, Weight::Strong, &name);
            self.canvas
                .centred(x + column / 2.0, GRID_TOP + 28.0, SMALL, Weight::Plain, "AM");
            self.canvas
                .centred(x + column * 1.5, GRID_TOP + 28.0, SMALL, Weight::Plain, "PM");
        }
    }

    fn row(&mut self, number: usize, row: &RegisterRow, (size, name): (f32, &[String]), y: f32, height: f32) {
        if number.is_multiple_of(2) {
            self.canvas.fill((MARGIN, y), (WIDTH, height), BAND_GREY);
        }
        let base = y + SIZE;
        self.canvas
            .text(MARGIN + 3.0, base, SIZE, Weight::Plain, &number.to_string());
        for (at, line) in (0_u16..).zip(name) {
            let below = f32::from(at) * (SMALL + 1.5);
            self.canvas.text(
                MARGIN + NUMBER_WIDTH + 4.0,
                base + below,
                size,
                Weight::Plain,
                line,
            );
        }
        let column = self.column_width();
        for (at, day) in self.register.days.iter().enumerate() {
            for (half, session) in [(0.5, Session::Am), (1.5, Session::Pm)] {
                let mark = row.marks.get(&(*day, session)).filter(|_| !self.register.blank);
                let (text, weight) = match mark {
                    None => continue,
                    Some(PaperMark::Code(code)) => (code.to_string(), Weight::Plain),
                    Some(PaperMark::Disputed) => ("!".to_owned(), Weight::Strong),
                };
                let x = self.day_x(at) + column * half;
                self.canvas.centred(x, base, SIZE, weight, &text);
            }
        }
        self.canvas.line((MARGIN, y), (MARGIN + WIDTH, y), HAIR);
    }

    /// The upright rules of the grid, from its top to where its rows end.
    fn rules(&mut self, end: f32) {
        let right = MARGIN + WIDTH;
        for (y, width) in [
            (GRID_TOP, STRONG_RULE),
            (GRID_TOP + HEAD_HEIGHT, STRONG_RULE),
            (end, STRONG_RULE),
        ] {
            self.canvas.line((MARGIN, y), (right, y), width);
        }
        for x in [MARGIN, MARGIN + NUMBER_WIDTH, right] {
            self.canvas.line((x, GRID_TOP), (x, end), HAIR);
        }
        let column = self.column_width();
        for at in 0..self.register.days.len() {
            let x = self.day_x(at);
            // A week begins where days are missing before it, and where the grid begins.
            let week = at == 0 || follows_a_gap(&self.register.days, at);
            let width = if week { STRONG_RULE } else { HAIR * 2.0 };
            self.canvas.line((x, GRID_TOP), (x, end), width);
            self.canvas.line(
                (x + column, GRID_TOP + HEAD_HEIGHT / 2.0),
                (x + column, end),
                HAIR,
            );
        }
    }
}

fn follows_a_gap(days: &[Date], at: usize) -> bool {
    days[at].days() - days[at - 1].days() > 1
}
