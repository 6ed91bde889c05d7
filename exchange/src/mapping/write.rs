//! Writing rows by a mapping.

use std::borrow::Cow;

use chrono::NaiveDate;
use csv::{QuoteStyle, Terminator, WriterBuilder};
use daymark_core::session::Date;
use serde::{Deserialize, Serialize};

use super::{DateFormat, Field, Mapping, NoCode, TextEncoding};
use crate::export_csv::{MarkRow, defused};

/// A row that the file does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowLeftOut {
    /// The pupil's admission number.
    pub mis_id: String,
    /// The date of the mark.
    pub date: String,
    /// Its session.
    pub session: String,
    /// Why, and what to do.
    pub remedy: String,
}

/// A file for another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many rows it has under the header.
    pub rows: usize,
    /// The rows that it does not have. Each of these marks must be entered in the other system by hand.
    pub left_out: Vec<RowLeftOut>,
}

/// Writes rows in the order given.
pub fn write_mapped(mapping: &Mapping, rows: &[MarkRow]) -> Mapped {
    let terminator = if mapping.file.crlf {
        Terminator::CRLF
    } else {
        Terminator::Any(b'\n')
    };
    let quoting = if mapping.file.quote_always {
        QuoteStyle::Always
    } else {
        QuoteStyle::Necessary
    };
    let mut writer = WriterBuilder::new()
        .delimiter(mapping.file.separator)
        .terminator(terminator)
        .quote_style(quoting)
        .from_writer(Vec::new());
    let mut write = |cells: &[Cow<'_, [u8]>]| {
        writer.write_record(cells).expect("writing to a Vec cannot fail");
    };
    if mapping.file.header {
        let headers: Vec<_> = mapping
            .columns
            .iter()
            .map(|(header, _)| encoded(mapping, header).unwrap_or_default())
            .collect();
        write(&headers);
    }
    let mut left_out = Vec::new();
    let mut written = 0;
    for row in rows {
        match cells(mapping, row) {
            Ok(cells) => {
                write(&cells);
                written += 1;
            }
            Err(remedy) => left_out.push(RowLeftOut {
                mis_id: row.mis_id.clone(),
                date: row.date.clone(),
                session: row.session.clone(),
                remedy,
            }),
        }
    }
    let body = writer.into_inner().expect("writing to a Vec cannot fail");
    let mark: &[u8] = match mapping.file.encoding {
        TextEncoding::Utf8WithMark => b"\xef\xbb\xbf",
        TextEncoding::Utf8 | TextEncoding::Windows1252 => b"",
    };
    Mapped {
        bytes: [mark, &body].concat(),
        rows: written,
        left_out,
    }
}

/// The cells of a row, or why it cannot be written.
fn cells<'a>(mapping: &'a Mapping, row: &'a MarkRow) -> Result<Vec<Cow<'a, [u8]>>, String> {
    for field in &mapping.needs {
        if field.of(row).is_empty() {
            let name = field.name();
            return Err(format!(
                "the pupil or mark has no {name}, and the mapping needs it"
            ));
        }
    }
    let cell = |(_, field): &(String, Field)| {
        let text = cell(mapping, row, *field)?;
        match text {
            Cow::Borrowed(text) => encoded(mapping, text),
            Cow::Owned(text) => encoded(mapping, &text).map(|bytes| Cow::Owned(bytes.into_owned())),
        }
        .ok_or_else(|| {
            format!(
                "{} has a letter that windows-1252 does not have: let the mapping say encoding = \"utf-8\"",
                field.name()
            )
        })
    };
    mapping.columns.iter().map(cell).collect()
}

fn cell<'a>(mapping: &'a Mapping, row: &'a MarkRow, field: Field) -> Result<Cow<'a, str>, String> {
    let text = field.of(row);
    match field {
        Field::Code => match (&row.code, &mapping.no_code) {
            (Some(symbol), _) => {
                let mapped = symbol.parse().ok().and_then(|code| mapping.codes.get(&code));
                Ok(mapped.map_or(Cow::Borrowed(symbol.as_str()), |word| Cow::Borrowed(word)))
            }
            (None, NoCode::Word(word)) => Ok(Cow::Borrowed(word)),
            (None, NoCode::LeaveOut) => Err(format!(
                "no code stands there ({}): decide it, or enter it in the other system by hand",
                row.state
            )),
        },
        Field::Session => match text {
            "AM" => Ok(Cow::Borrowed(&mapping.sessions[0])),
            "PM" => Ok(Cow::Borrowed(&mapping.sessions[1])),
            other => Err(format!("{other:?} is no session")),
        },
        Field::Date => {
            let date: Date = text.parse().map_err(|_| format!("{text:?} is no date"))?;
            let format = match mapping.dates {
                DateFormat::Iso => return Ok(Cow::Borrowed(text)),
                DateFormat::Slashes => "%d/%m/%Y",
                DateFormat::Dashes => "%d-%m-%Y",
                DateFormat::Words => "%-d %b %Y",
            };
            Ok(Cow::Owned(NaiveDate::from(date).format(format).to_string()))
        }
        _ => Ok(defused(text)),
    }
}

/// Text as the bytes of the file; `None` where its encoding has no such letter.
fn encoded<'a>(mapping: &Mapping, text: &'a str) -> Option<Cow<'a, [u8]>> {
    match mapping.file.encoding {
        TextEncoding::Utf8 | TextEncoding::Utf8WithMark => Some(Cow::Borrowed(text.as_bytes())),
        TextEncoding::Windows1252 => {
            let (bytes, _, lost) = encoding_rs::WINDOWS_1252.encode(text);
            (!lost).then_some(bytes)
        }
    }
}
