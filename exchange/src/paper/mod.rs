//! Registers and one pupil's evidence on paper, as PDF.
//!
//! What is printed is given, the time of printing included; the same input gives the same bytes. The font travels
//! with the program and a subset of it with each file, so that names look the same on every printer.
//!
//! - [`Register`]: a class for up to two weeks, also blank for an emergency. It carries a [`SheetCode`], by which a
//!   sheet that is keyed back is known ([`crate::keyed`]).
//! - [`PupilPage`]: every mark of a pupil with its history, and the amendments with their six parts.

mod canvas;
mod font;
mod open;
mod pdf;
mod pupil;
mod register;
mod sheet;
mod table;

pub use self::open::StillOpen;
pub use self::pupil::{CellHistory, HistoryLine, PupilPage};
pub use self::register::{PaperMark, Register, RegisterRow};
pub use self::sheet::{DAYS_MAX, PaperSheet, ROWS_MAX, SheetCode, SheetCodeError, SheetError, WrongSheet};
