//! Reading a mapping file, and everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use daymark_core::code::{self, Code};
use serde::Serialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{
    COLUMNS_MAX, DateFormat, Field, FileShape, MAPPING_BYTES_MAX, Mapping, NoCode, TextEncoding,
    WORD_CHARS_MAX,
};
use crate::export_csv::might_run;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// The line, counted from 1.
    pub line: usize,
    /// Where in the file, such as `columns."Adm No"`.
    pub key: String,
    /// What is wrong and what to do.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.key, self.remedy)
    }
}

/// All mistakes of a mapping file, by line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mapping file has {} mistakes: {}", .0.len(), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct MappingError(pub Vec<Fault>);

type Entry<'a, 'i> = (&'a Spanned<std::borrow::Cow<'i, str>>, &'a Spanned<DeValue<'i>>);

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// Every mistake of the file.
    pub fn read(text: &str) -> Result<Self, MappingError> {
        if text.len() > MAPPING_BYTES_MAX {
            return Err(MappingError(vec![Fault {
                line: 1,
                key: "file".to_owned(),
                remedy: format!("it has {} bytes, the limit is {MAPPING_BYTES_MAX}", text.len()),
            }]));
        }
        let (document, errors) = DeTable::parse_recoverable(text);
        let mut reading = Reading {
            text,
            faults: Vec::new(),
        };
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            reading.fault(at, "TOML", error.message());
        }
        let mapping = reading.mapping(document.get_ref());
        reading.faults.sort();
        if reading.faults.is_empty() {
            Ok(mapping)
        } else {
            Err(MappingError(reading.faults))
        }
    }
}

struct Reading<'t> {
    text: &'t str,
    faults: Vec<Fault>,
}

impl Reading<'_> {
    fn fault(&mut self, at: usize, key: &str, remedy: &str) {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        self.faults.push(Fault {
            line: before.split(|byte| *byte == b'\n').count(),
            key: key.chars().take(WORD_CHARS_MAX).collect(),
            remedy: remedy.to_owned(),
        });
    }

    fn mapping(&mut self, document: &DeTable<'_>) -> Mapping {
        const SECTIONS: [&str; 5] = ["file", "sessions", "columns", "rows", "codes"];
        for (key, value) in entries(document) {
            if !SECTIONS.contains(&key.get_ref().as_ref()) {
                let remedy = "it is no section: there are [file], [sessions], [columns], [rows] and [codes]";
                self.fault(key.span().start, key.get_ref(), remedy);
            } else if !value.get_ref().is_table() {
                self.fault(
                    key.span().start,
                    key.get_ref(),
                    "it must be a section, such as [columns]",
                );
            }
        }
        let section = |name: &str| document.get(name).and_then(|value| value.get_ref().as_table());
        let columns = self.columns(section("columns"));
        let (file, dates) = self.file(section("file"));
        let sessions = self.sessions(section("sessions"));
        let (needs, no_code) = self.rows(section("rows"));
        let codes = self.codes(section("codes"));
        for field in &needs {
            if !columns.iter().any(|(_, column)| column == field) {
                let remedy = format!(
                    "{} is needed and has no column: name one, or take it out",
                    field.name()
                );
                self.fault(0, "rows.needs", &remedy);
            }
        }
        Mapping {
            columns,
            file,
            dates,
            sessions,
            codes,
            needs,
            no_code,
        }
    }

    fn columns(&mut self, section: Option<&DeTable<'_>>) -> Vec<(String, Field)> {
        let mut columns = Vec::new();
        let mut headers = BTreeSet::new();
        for (key, value) in section.into_iter().flat_map(entries) {
            let header = key.get_ref().as_ref();
            let place = format!("columns.{header:?}");
            let word = self.word(&place, key.span().start, header);
            let Some(name) = self.text(&place, value) else {
                continue;
            };
            let Some(field) = Field::named(&name) else {
                let known: Vec<&str> = Field::ALL.iter().map(|(name, _)| *name).collect();
                let remedy = format!("{name:?} is no field: give one of {}", known.join(", "));
                self.fault(value.span().start, &place, &remedy);
                continue;
            };
            if !headers.insert(header.to_lowercase()) {
                self.fault(
                    key.span().start,
                    &place,
                    "two columns differ only in capitals: rename one",
                );
            }
            if let Some(word) = word {
                columns.push((word, field));
            }
        }
        for (field, why) in [(Field::Code, "a mark"), (Field::Date, "its date")] {
            if !columns.iter().any(|(_, column)| *column == field) {
                let remedy = format!("no column is {}: without it nobody can tell {why}", field.name());
                self.fault(0, "columns", &remedy);
            }
        }
        if !columns
            .iter()
            .any(|(_, field)| matches!(field, Field::Upn | Field::MisId))
        {
            self.fault(
                0,
                "columns",
                "no column is upn or mis_id: without one nobody can tell the pupil",
            );
        }
        if !columns.iter().any(|(_, field)| *field == Field::Session) {
            self.fault(
                0,
                "columns",
                "no column is session: without it nobody can tell morning and afternoon",
            );
        }
        if columns.len() > COLUMNS_MAX {
            self.fault(
                0,
                "columns",
                &format!("there are more than {COLUMNS_MAX} columns"),
            );
        }
        columns
    }

    fn file(&mut self, section: Option<&DeTable<'_>>) -> (FileShape, DateFormat) {
        let mut shape = FileShape {
            separator: b',',
            quote_always: false,
            crlf: true,
            header: true,
            encoding: TextEncoding::Utf8,
        };
        let mut dates = DateFormat::Iso;
        for (key, value) in section.into_iter().flat_map(entries) {
            let name = key.get_ref().as_ref();
            let place = format!("file.{name}");
            match name {
                "separator" => {
                    let known = [(",", b','), (";", b';'), ("tab", b'\t')];
                    self.choose(&place, value, &known, &mut shape.separator);
                }
                "quoting" => {
                    let known = [("needed", false), ("always", true)];
                    self.choose(&place, value, &known, &mut shape.quote_always);
                }
                "line_end" => self.choose(&place, value, &[("crlf", true), ("lf", false)], &mut shape.crlf),
                "header" => match value.get_ref().as_bool() {
                    Some(header) => shape.header = header,
                    None => self.fault(value.span().start, &place, "give true or false"),
                },
                "encoding" => {
                    let known = [
                        ("utf-8", TextEncoding::Utf8),
                        ("utf-8-bom", TextEncoding::Utf8WithMark),
                        ("windows-1252", TextEncoding::Windows1252),
                    ];
                    self.choose(&place, value, &known, &mut shape.encoding);
                }
                "date" => {
                    let known = [
                        ("yyyy-mm-dd", DateFormat::Iso),
                        ("dd/mm/yyyy", DateFormat::Slashes),
                        ("dd-mm-yyyy", DateFormat::Dashes),
                        ("d Mon yyyy", DateFormat::Words),
                    ];
                    self.choose(&place, value, &known, &mut dates);
                }
                _ => {
                    let remedy =
                        "it is no setting: there are separator, quoting, line_end, header, encoding and date";
                    self.fault(key.span().start, &place, remedy);
                }
            }
        }
        (shape, dates)
    }

    fn sessions(&mut self, section: Option<&DeTable<'_>>) -> [String; 2] {
        let mut words = ["AM".to_owned(), "PM".to_owned()];
        for (key, value) in section.into_iter().flat_map(entries) {
            let name = key.get_ref().as_ref();
            let place = format!("sessions.{name}");
            let Some(at) = ["AM", "PM"].iter().position(|session| *session == name) else {
                self.fault(key.span().start, &place, "it is no session: there are AM and PM");
                continue;
            };
            let word = self
                .text(&place, value)
                .and_then(|text| self.word(&place, value.span().start, &text));
            if let Some(word) = word {
                words[at] = word;
            }
        }
        if words[0] == words[1] {
            self.fault(
                0,
                "sessions",
                "morning and afternoon have the same word: nobody can tell them apart",
            );
        }
        words
    }

    fn rows(&mut self, section: Option<&DeTable<'_>>) -> (BTreeSet<Field>, NoCode) {
        let mut needs = BTreeSet::new();
        let mut no_code = NoCode::LeaveOut;
        for (key, value) in section.into_iter().flat_map(entries) {
            let name = key.get_ref().as_ref();
            let place = format!("rows.{name}");
            match name {
                "needs" => {
                    let Some(list) = value.get_ref().as_array() else {
                        self.fault(
                            value.span().start,
                            &place,
                            "give a list of fields, such as [\"upn\"]",
                        );
                        continue;
                    };
                    for item in list {
                        match self.text(&place, item).map(|name| (Field::named(&name), name)) {
                            Some((Some(field), _)) => {
                                needs.insert(field);
                            }
                            Some((None, name)) => {
                                self.fault(item.span().start, &place, &format!("{name:?} is no field"));
                            }
                            None => {}
                        }
                    }
                }
                "no_code" => {
                    let Some(text) = self.text(&place, value) else {
                        continue;
                    };
                    if text == "leave out" {
                        no_code = NoCode::LeaveOut;
                    } else if text.is_empty() {
                        no_code = NoCode::Word(String::new());
                    } else if let Some(word) = self.word(&place, value.span().start, &text) {
                        no_code = NoCode::Word(word);
                    }
                }
                _ => self.fault(
                    key.span().start,
                    &place,
                    "it is no setting: there are needs and no_code",
                ),
            }
        }
        (needs, no_code)
    }

    fn codes(&mut self, section: Option<&DeTable<'_>>) -> BTreeMap<Code, String> {
        let mut codes = BTreeMap::new();
        for (key, value) in section.into_iter().flat_map(entries) {
            let name = key.get_ref().as_ref();
            let place = format!("codes.{name}");
            let known = name.parse().ok().filter(|code| code::number_of(*code).is_some());
            let Some(known) = known else {
                let remedy = "it is no register code: `daymark codes` lists them";
                self.fault(key.span().start, &place, remedy);
                continue;
            };
            let word = self
                .text(&place, value)
                .and_then(|text| self.word(&place, value.span().start, &text));
            if let Some(word) = word {
                codes.insert(known, word);
            }
        }
        codes
    }

    fn text(&mut self, place: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.fault(value.span().start, place, "give a text in quotation marks");
        }
        text
    }

    /// A word that can stand in a cell as it is.
    fn word(&mut self, place: &str, at: usize, text: &str) -> Option<String> {
        let remedy = if text.trim() != text || text.is_empty() {
            "it must not be empty, nor have a space at its ends"
        } else if text.chars().count() > WORD_CHARS_MAX || text.chars().any(char::is_control) {
            "it is longer than 64 characters, or has a control character"
        } else if might_run(text) {
            "a spreadsheet would run it as a formula: begin it with a letter or a digit"
        } else {
            return Some(text.to_owned());
        };
        self.fault(at, place, remedy);
        None
    }

    fn choose<T: Copy>(
        &mut self,
        place: &str,
        value: &Spanned<DeValue<'_>>,
        known: &[(&str, T)],
        chosen: &mut T,
    ) {
        let Some(text) = self.text(place, value) else {
            return;
        };
        if let Some((_, choice)) = known.iter().find(|(name, _)| *name == text) {
            *chosen = *choice;
            return;
        }
        let names: Vec<String> = known.iter().map(|(name, _)| format!("{name:?}")).collect();
        let remedy = format!("{text:?} is none of {}", names.join(", "));
        self.fault(value.span().start, place, &remedy);
    }
}

/// The entries of a section in the order of the file.
fn entries<'a, 'i>(table: &'a DeTable<'i>) -> Vec<Entry<'a, 'i>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
