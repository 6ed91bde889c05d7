//! Marks in the shape that another system takes, by a mapping file.
//!
//! No vendor publishes an import format for marks, so the shape is the school's to say: a TOML file names each column
//! and what stands in it, how dates and sessions are written, and which code a system without one of ours has for
//! it. [`Mapping::read`] finds every mistake of the file at once, each with its line; [`write_mapped`] writes rows and
//! names the ones that it leaves out. [`EXAMPLES`] are a beginning, and no more.

mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::code::Code;

use crate::export_csv::MarkRow;

pub use self::read::{Fault, MappingError};
pub use self::write::{Mapped, RowLeftOut, write_mapped};

/// The longest mapping file, in bytes.
pub const MAPPING_BYTES_MAX: usize = 64 * 1024;
/// The most columns.
pub const COLUMNS_MAX: usize = 64;
/// The longest word of a mapping, in characters: a header, a session's name, a code of another system.
pub const WORD_CHARS_MAX: usize = 64;

/// Mapping files to begin with, by the system whose exports look like them. None of them is a vendor's format.
pub const EXAMPLES: [(&str, &str); 4] = [
    ("arbor", include_str!("../../mappings/arbor.toml")),
    ("bromcom", include_str!("../../mappings/bromcom.toml")),
    ("scholarpack", include_str!("../../mappings/scholarpack.toml")),
    ("sims", include_str!("../../mappings/sims.toml")),
];

/// How marks are written for one other system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    columns: Vec<(String, Field)>,
    file: FileShape,
    dates: DateFormat,
    /// The words for the morning and the afternoon.
    sessions: [String; 2],
    codes: BTreeMap<Code, String>,
    /// Fields without which a row is of no use to the other system.
    needs: BTreeSet<Field>,
    no_code: NoCode,
}

impl Mapping {
    /// What another system cannot tell apart any more: the words that stand for several codes, with the codes.
    pub fn collapsed(&self) -> BTreeMap<&str, BTreeSet<Code>> {
        let mut meanings: BTreeMap<&str, BTreeSet<Code>> = BTreeMap::new();
        for row in daymark_core::code::rows() {
            let Some(word) = self.codes.get(&row.symbol) else {
                continue;
            };
            let codes = meanings.entry(word).or_default();
            codes.insert(row.symbol);
            // The word may be a code of its own, that stands for itself.
            let own = word.parse().ok().filter(|own| !self.codes.contains_key(own));
            codes.extend(own.filter(|own| daymark_core::code::number_of(*own).is_some()));
        }
        meanings.retain(|_, codes| codes.len() > 1);
        meanings
    }
}

/// The outer shape of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileShape {
    separator: u8,
    quote_always: bool,
    crlf: bool,
    header: bool,
    encoding: TextEncoding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextEncoding {
    Utf8,
    Utf8WithMark,
    Windows1252,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DateFormat {
    Iso,
    Slashes,
    Dashes,
    Words,
}

/// What becomes of a row without a code: a mark that was taken back, or two that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NoCode {
    LeaveOut,
    Word(String),
}

/// What may stand in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Estab,
    Upn,
    MisId,
    Surname,
    Forename,
    Class,
    Date,
    Session,
    Code,
    MinutesLate,
    ArrivedAt,
    Nature,
    SupervisedBy,
    Comment,
    EnteredBy,
    Position,
    Device,
    RecordedAt,
    ReceivedAt,
    State,
}

impl Field {
    /// Every field by its name in a mapping file; the names are those of the marks' own CSV.
    const ALL: [(&'static str, Self); 20] = [
        ("estab", Self::Estab),
        ("upn", Self::Upn),
        ("mis_id", Self::MisId),
        ("surname", Self::Surname),
        ("forename", Self::Forename),
        ("class", Self::Class),
        ("date", Self::Date),
        ("session", Self::Session),
        ("code", Self::Code),
        ("minutes_late", Self::MinutesLate),
        ("arrived_at", Self::ArrivedAt),
        ("nature", Self::Nature),
        ("supervised_by", Self::SupervisedBy),
        ("comment", Self::Comment),
        ("entered_by", Self::EnteredBy),
        ("position", Self::Position),
        ("device", Self::Device),
        ("recorded_at", Self::RecordedAt),
        ("received_at", Self::ReceivedAt),
        ("state", Self::State),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, field)| *field)
    }

    fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, field)| *field == self)
            .map_or("", |(name, _)| *name)
    }

    /// What a row says there; empty where it says nothing.
    fn of(self, row: &MarkRow) -> &str {
        match self {
            Self::Estab => &row.estab,
            Self::Upn => row.upn.as_deref().unwrap_or(""),
            Self::MisId => &row.mis_id,
            Self::Surname => row.surname.as_deref().unwrap_or(""),
            Self::Forename => row.forename.as_deref().unwrap_or(""),
            Self::Class => row.class.as_deref().unwrap_or(""),
            Self::Date => &row.date,
            Self::Session => &row.session,
            Self::Code => row.code.as_deref().unwrap_or(""),
            Self::MinutesLate => row.minutes_late.as_deref().unwrap_or(""),
            Self::ArrivedAt => row.arrived_at.as_deref().unwrap_or(""),
            Self::Nature => row.nature.as_deref().unwrap_or(""),
            Self::SupervisedBy => row.supervised_by.as_deref().unwrap_or(""),
            Self::Comment => row.comment.as_deref().unwrap_or(""),
            Self::EnteredBy => &row.entered_by,
            Self::Position => &row.position,
            Self::Device => &row.device,
            Self::RecordedAt => &row.recorded_at,
            Self::ReceivedAt => row.received_at.as_deref().unwrap_or(""),
            Self::State => &row.state,
        }
    }
}
