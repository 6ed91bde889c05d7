//! Reading `calendar.toml`.
//!
//! ```toml
//! [[terms]]
//! name = "Autumn 2026"
//! first = 2026-09-02
//! last = 2026-12-18
//!
//! [[insets]]
//! date = 2026-09-02
//!
//! [[closures]]
//! name = "Half-term"
//! first = 2026-10-26
//! last = 2026-10-30
//!
//! [[half_days]]
//! date = 2026-12-18
//! session = "AM"
//! ```
//!
//! Half-terms may be closures, or the gap between two terms. Everything that is wrong is told at once, with its line.

use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Calendar;
use super::parts::{DaysOff, HalfDay, Off, Part, PartProblem, Parts, Term};
use crate::session::{Date, Session};

/// The longest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 64 * 1024;
/// The most dots in a line: dotted keys nest tables, and what nests without end cannot be read.
pub const LINE_DOTS_MAX: usize = 16;
/// What an INSET day is called that was given no name.
const INSET_NAME: &str = "INSET day";
const TABLES: [&str; 4] = ["terms", "insets", "closures", "half_days"];

/// Everything that is wrong with a calendar file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CalendarErrors(pub Vec<CalendarError>);

impl fmt::Display for CalendarErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct CalendarError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    #[source]
    pub problem: FileProblem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// More than a calendar can be.
    #[error("the file has {bytes} bytes: a calendar has at most {FILE_BYTES_MAX}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// A line of more dots than a calendar has use for.
    #[error("there are {dots} dots in this line: give at most {LINE_DOTS_MAX}")]
    TooManyDots {
        /// How many there are.
        dots: usize,
    },
    /// Not TOML.
    #[error("this is not TOML: {message}")]
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// A key that means nothing.
    #[error("{key:?} means nothing here: use {known}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The keys that do.
        known: String,
    },
    /// A key that must be there.
    #[error("{key} is missing: give {remedy}")]
    Missing {
        /// The key.
        key: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// Both ways of giving a day.
    #[error("date and first or last stand together: give date for one day, first and last for several")]
    DateTwice,
    /// A value of another kind.
    #[error("{key} is {value}: give {remedy}")]
    Value {
        /// The key.
        key: &'static str,
        /// What was given.
        value: String,
        /// What to write.
        remedy: &'static str,
    },
    /// What cannot be right about the calendar.
    #[error(transparent)]
    Part(#[from] PartProblem),
}

const A_DATE: &str = "a date without quotes, such as 2026-09-02, from 2000-01-01 to 2179-06-06";
const A_NAME: &str = "a name in quotes";
const A_SESSION: &str = "\"AM\" or \"PM\"";

/// Reads a calendar.
///
/// # Errors
/// Everything that is wrong, in the order of the lines.
pub fn read(text: &str) -> Result<Calendar, CalendarErrors> {
    if text.len() > FILE_BYTES_MAX {
        let problem = FileProblem::TooLong { bytes: text.len() };
        return Err(CalendarErrors(vec![CalendarError { line: 1, problem }]));
    }
    let dots = |line: &str| line.bytes().filter(|byte| *byte == b'.').count();
    let dotted = (1..)
        .zip(text.split('\n').map(dots))
        .find(|(_, dots)| *dots > LINE_DOTS_MAX);
    if let Some((line, dots)) = dotted {
        let problem = FileProblem::TooManyDots { dots };
        return Err(CalendarErrors(vec![CalendarError { line, problem }]));
    }
    let (table, syntax) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        text,
        errors: Vec::new(),
    };
    for error in &syntax {
        let message = error.message().trim().to_owned();
        reader.add(
            error.span().map_or(0, |span| span.start),
            FileProblem::Syntax { message },
        );
    }
    if reader.errors.is_empty() {
        let (parts, lines) = reader.parts(table.get_ref());
        if reader.errors.is_empty() {
            match Calendar::new(parts) {
                Ok(calendar) => return Ok(calendar),
                Err(problems) => reader.place(&lines, problems),
            }
        }
    }
    reader.errors.sort_by_key(|error| error.line);
    Err(CalendarErrors(reader.errors))
}

/// The line on which each part begins.
#[derive(Default)]
struct Lines {
    terms: Vec<usize>,
    off: Vec<usize>,
    half_days: Vec<usize>,
}

struct Reader<'a> {
    text: &'a str,
    errors: Vec<CalendarError>,
}

type Entry<'a, 'i> = (usize, &'a DeTable<'i>);

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    fn add(&mut self, offset: usize, problem: impl Into<FileProblem>) {
        let line = self.line(offset);
        let problem = problem.into();
        self.errors.push(CalendarError { line, problem });
    }

    fn place(&mut self, lines: &Lines, problems: Vec<(Part, PartProblem)>) {
        for (part, problem) in problems {
            let line = match part {
                Part::Whole => None,
                Part::Term(at) => lines.terms.get(at),
                Part::Off(at) => lines.off.get(at),
                Part::HalfDay(at) => lines.half_days.get(at),
            };
            self.errors.push(CalendarError {
                line: line.copied().unwrap_or(1),
                problem: problem.into(),
            });
        }
    }

    fn parts(&mut self, table: &DeTable<'_>) -> (Parts, Lines) {
        self.known_keys(table, &TABLES);
        let (mut parts, mut lines) = (Parts::default(), Lines::default());
        for (at, entry) in self.entries(table, "terms") {
            self.known_keys(entry, &["name", "first", "last"]);
            let name = self.name(at, entry, None);
            let first = self.date(at, entry, "first");
            let last = self.date(at, entry, "last");
            if let (Some(name), Some(first), Some(last)) = (name, first, last) {
                parts.terms.push(Term { name, first, last });
                lines.terms.push(self.line(at));
            }
        }
        for (kind, key, default_name) in [
            (Off::Inset, "insets", Some(INSET_NAME)),
            (Off::Closure, "closures", None),
        ] {
            for (at, entry) in self.entries(table, key) {
                self.known_keys(entry, &["name", "date", "first", "last"]);
                let name = self.name(at, entry, default_name);
                let days = self.days(at, entry);
                if let (Some(name), Some((first, last))) = (name, days) {
                    parts.off.push(DaysOff {
                        name,
                        kind,
                        first,
                        last,
                    });
                    lines.off.push(self.line(at));
                }
            }
        }
        for (at, entry) in self.entries(table, "half_days") {
            self.known_keys(entry, &["date", "session"]);
            let date = self.date(at, entry, "date");
            let session = self.session(at, entry);
            if let (Some(date), Some(session)) = (date, session) {
                parts.half_days.push(HalfDay { date, session });
                lines.half_days.push(self.line(at));
            }
        }
        (parts, lines)
    }

    fn known_keys(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for key in table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let problem = FileProblem::UnknownKey {
                    key: key.get_ref().to_string(),
                    known: known.join(", "),
                };
                self.add(key.span().start, problem);
            }
        }
    }

    /// The tables of an array of tables, each with where it begins.
    fn entries<'a, 'i>(&mut self, table: &'a DeTable<'i>, key: &'static str) -> Vec<Entry<'a, 'i>> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let remedy = "tables, each under a heading of its own in double brackets";
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(key, value, remedy);
            return Vec::new();
        };
        let mut entries = Vec::new();
        for item in array {
            match item.get_ref().as_table() {
                Some(table) => entries.push((item.span().start, table)),
                None => self.wrong(key, item, remedy),
            }
        }
        entries
    }

    fn wrong(&mut self, key: &'static str, value: &Spanned<DeValue<'_>>, remedy: &'static str) {
        let shown = self.text.get(value.span()).unwrap_or_default();
        let problem = FileProblem::Value {
            key,
            value: shown.chars().take(40).collect(),
            remedy,
        };
        self.add(value.span().start, problem);
    }

    fn name(&mut self, at: usize, entry: &DeTable<'_>, default: Option<&str>) -> Option<String> {
        match (entry.get("name"), default) {
            (Some(value), _) => {
                let text = value.get_ref().as_str().map(str::to_owned);
                if text.is_none() {
                    self.wrong("name", value, A_NAME);
                }
                text
            }
            (None, Some(default)) => Some(default.to_owned()),
            (None, None) => {
                self.missing(at, "name", A_NAME);
                None
            }
        }
    }

    fn missing(&mut self, at: usize, key: &'static str, remedy: &'static str) {
        self.add(at, FileProblem::Missing { key, remedy });
    }

    fn date(&mut self, at: usize, entry: &DeTable<'_>, key: &'static str) -> Option<Date> {
        let Some(value) = entry.get(key) else {
            self.missing(at, key, A_DATE);
            return None;
        };
        let date = value
            .get_ref()
            .as_datetime()
            .filter(|moment| moment.time.is_none() && moment.offset.is_none())
            .and_then(|moment| moment.date)
            .and_then(|date| {
                Date::from_ymd(i32::from(date.year), u32::from(date.month), u32::from(date.day))
            });
        if date.is_none() {
            self.wrong(key, value, A_DATE);
        }
        date
    }

    /// One day, or the first and the last of several.
    fn days(&mut self, at: usize, entry: &DeTable<'_>) -> Option<(Date, Date)> {
        let several = entry.contains_key("first") || entry.contains_key("last");
        match (entry.contains_key("date"), several) {
            (true, true) => {
                self.add(at, FileProblem::DateTwice);
                None
            }
            (_, false) => self.date(at, entry, "date").map(|date| (date, date)),
            (false, true) => {
                let first = self.date(at, entry, "first");
                let last = self.date(at, entry, "last");
                first.zip(last)
            }
        }
    }

    fn session(&mut self, at: usize, entry: &DeTable<'_>) -> Option<Session> {
        let Some(value) = entry.get("session") else {
            self.missing(at, "session", A_SESSION);
            return None;
        };
        let session = value.get_ref().as_str().and_then(|text| text.parse().ok());
        if session.is_none() {
            self.wrong("session", value, A_SESSION);
        }
        session
    }
}
