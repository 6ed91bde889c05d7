//! Reading pupils from a CTF. Nothing of XML is resolved but the five entities that every document has.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use crate::roster::pupil_columns::{COLUMNS, place};
use crate::roster::table::decode;
use crate::roster::{FIELD_BYTES_MAX, FileError, Kind, ROWS_MAX, Refusal, Row, Separator, Sheet, Source};

/// The deepest nesting. A CTF has about eight levels.
pub const DEPTH_MAX: usize = 24;
/// The most elements of a file: a leaver's CTF has a few thousand with all assessments.
pub const ELEMENTS_MAX: usize = 500_000;

const ROOT: &str = "CTfile";
/// Where the rows stand; they are numbered as the pupils of this element.
const PUPILS: &str = "CTFpupilData";
/// The elements that are read, by their path below `Pupil`, and their columns.
const FIELDS: [(&[&str], &str); 5] = [
    (&["UPN"], "upn"),
    (&["Surname"], "surname"),
    (&["Forename"], "forename"),
    (&["BasicDetails", "PreferredForename"], "preferred_forename"),
    (&["DOB"], "dob"),
];

/// Why a CTF was refused whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CtfError {
    /// It is no text.
    #[error(transparent)]
    Text(#[from] FileError),
    /// It is not well-formed XML.
    #[error("line {line}: {what}: the file is damaged or cut off; fetch it again")]
    NotXml {
        /// The line.
        line: usize,
        /// What the reader says.
        what: String,
    },
    /// A document type, which may define entities that grow without end or name other files.
    #[error("line {line}: the file has a DOCTYPE, which no CTF has: it is refused unread")]
    Doctype {
        /// The line.
        line: usize,
    },
    /// An entity that XML itself does not define.
    #[error("line {line}: the entity &{name}; is not one of XML's own: export the file again")]
    Entity {
        /// The line.
        line: usize,
        /// Its name.
        name: String,
    },
    /// Deeper than [`DEPTH_MAX`].
    #[error("line {line}: elements nest deeper than {DEPTH_MAX}: this is no CTF")]
    TooDeep {
        /// The line.
        line: usize,
    },
    /// More elements than [`ELEMENTS_MAX`].
    #[error("the file has more than {ELEMENTS_MAX} elements: split it by year")]
    TooManyElements,
    /// More pupils than [`ROWS_MAX`].
    #[error("the file has more than {ROWS_MAX} pupils: split it by year")]
    TooManyPupils,
    /// XML, but something else.
    #[error(
        "the file is XML with the root {root:?}, a CTF has CTfile: give a CTF, a CSV list or a OneRoster zip"
    )]
    Root {
        /// Its root, or its beginning.
        root: String,
    },
    /// A CTF without the part that has the pupils.
    #[error("the CTF has no CTFpupilData with a Pupil in it: it lists nobody")]
    NoPupils,
}

/// Reads the pupils.
///
/// # Errors
/// See [`CtfError`]; what concerns one pupil is a refusal in the plan instead.
pub(crate) fn read(bytes: &[u8]) -> Result<Sheet, CtfError> {
    let (encoding, text) = decode(bytes)?;
    let rows = Pupils::new(&text).rows()?;
    Ok(Sheet {
        kind: Kind::Pupils,
        source: Source::Ctf,
        file: Some(PUPILS),
        partial: true,
        encoding,
        separator: Separator::Comma,
        unknown_columns: Vec::new(),
        rows,
        faults: Vec::new(),
        notes: Vec::new(),
    })
}

/// The walk through a document.
struct Pupils<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    path: Vec<String>,
    /// What the innermost element says, as far as it may matter.
    said: String,
    row: Option<Row>,
    rows: Vec<Row>,
}

impl<'a> Pupils<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            reader: Reader::from_str(text),
            path: Vec::new(),
            said: String::new(),
            row: None,
            rows: Vec::new(),
        }
    }

    fn rows(mut self) -> Result<Vec<Row>, CtfError> {
        let mut elements = 0_usize;
        loop {
            let event = self.reader.read_event().map_err(|error| CtfError::NotXml {
                line: self.line(),
                what: error.to_string(),
            })?;
            match event {
                Event::Start(start) => {
                    elements += 1;
                    let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                    self.open(name)?;
                }
                Event::Empty(start) => {
                    elements += 1;
                    let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                    self.open(name)?;
                    self.close()?;
                }
                Event::End(_) => self.close()?,
                Event::Text(text) => {
                    let text = text.decode().map_err(|error| self.not_xml(&error.to_string()))?;
                    self.say(&text);
                }
                Event::CData(text) => {
                    let text = text.decode().map_err(|error| self.not_xml(&error.to_string()))?;
                    self.say(&text);
                }
                Event::GeneralRef(reference) => {
                    let letter = self.resolve(&reference)?;
                    self.say(letter.encode_utf8(&mut [0; 4]));
                }
                Event::DocType(_) => return Err(CtfError::Doctype { line: self.line() }),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
            if elements > ELEMENTS_MAX {
                return Err(CtfError::TooManyElements);
            }
        }
        if !self.path.is_empty() {
            return Err(self.not_xml("the file ends inside an element"));
        }
        if self.rows.is_empty() {
            return Err(CtfError::NoPupils);
        }
        Ok(self.rows)
    }

    fn open(&mut self, name: String) -> Result<(), CtfError> {
        if self.path.is_empty() && name != ROOT {
            return Err(CtfError::Root {
                root: name.chars().take(64).collect(),
            });
        }
        if self.path.len() == DEPTH_MAX {
            return Err(CtfError::TooDeep { line: self.line() });
        }
        self.path.push(name);
        self.said.clear();
        if self.at_pupil() {
            if self.rows.len() == ROWS_MAX {
                return Err(CtfError::TooManyPupils);
            }
            self.row = Some(Row {
                number: self.rows.len() + 1,
                cells: vec![None; COLUMNS.len()],
                faults: Vec::new(),
            });
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), CtfError> {
        if self.path.is_empty() {
            return Err(self.not_xml("an element ends that did not begin"));
        }
        if self.at_pupil() {
            self.rows.extend(self.row.take());
        } else if let (Some(column), Some(row)) = (field(&self.path), &mut self.row) {
            let text = self.said.trim();
            let cell = &mut row.cells[place(column)];
            let remedy = if text.len() > FIELD_BYTES_MAX || text.chars().any(char::is_control) {
                Some("it is longer than 500 bytes, or has a line break in it: correct it")
            } else if cell.is_some() {
                Some("the pupil has this element twice: nobody can say which counts")
            } else {
                None
            };
            if let Some(remedy) = remedy {
                row.faults.push(Refusal::new(row.number, column, text, remedy));
            }
            if !text.is_empty() {
                *cell = Some(text.to_owned());
            }
        }
        self.path.pop();
        self.said.clear();
        Ok(())
    }

    /// Keeps no more than shows that it is too much.
    fn say(&mut self, text: &str) {
        if self.row.is_some() && self.said.len() <= FIELD_BYTES_MAX {
            self.said.extend(text.chars().take(FIELD_BYTES_MAX + 1));
        }
    }

    fn resolve(&self, reference: &BytesRef<'_>) -> Result<char, CtfError> {
        let name = reference
            .decode()
            .map_err(|error| self.not_xml(&error.to_string()))?;
        if reference.is_char_ref() {
            let resolved = reference.resolve_char_ref();
            return resolved
                .ok()
                .flatten()
                .ok_or_else(|| self.not_xml("a character reference names no character"));
        }
        match name.as_ref() {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            other => Err(CtfError::Entity {
                line: self.line(),
                name: other.chars().take(64).collect(),
            }),
        }
    }

    fn at_pupil(&self) -> bool {
        matches!(self.path.as_slice(), [_, data, pupil] if data == PUPILS && pupil == "Pupil")
    }

    fn line(&self) -> usize {
        let at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let read = &self.text.as_bytes()[..at.min(self.text.len())];
        read.split(|byte| *byte == b'\n').count()
    }

    fn not_xml(&self, what: &str) -> CtfError {
        CtfError::NotXml {
            line: self.line(),
            what: what.to_owned(),
        }
    }
}

/// The column of an element, where it is read.
fn field(path: &[String]) -> Option<&'static str> {
    let below = path.get(3..)?;
    let is = |wanted: &&(&[&str], &str)| wanted.0.iter().eq(below.iter());
    FIELDS.iter().find(is).map(|(_, column)| *column)
}
