//! Where a value of the rules comes from.

use std::fmt;

use serde::Serialize;

use crate::session::Date;

/// What a value rests on that neither the school nor a profile says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "ground", content = "source", rename_all = "snake_case")]
pub enum Ground {
    /// The law.
    Regulation(&'static str),
    /// Statutory guidance or the practice that it describes.
    Guidance(&'static str),
    /// This program, where law and guidance leave it open.
    Daymark(&'static str),
    /// Nothing: a time is needed, and only the school knows it.
    Assumed,
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Regulation(source) => write!(f, "statutory default: {source}"),
            Self::Guidance(source) => write!(f, "default of the guidance: {source}"),
            Self::Daymark(why) => write!(f, "Daymark's default: {why}"),
            Self::Assumed => f.write_str("assumed, for nothing says it: write the school's own"),
        }
    }
}

/// Where a value was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// In the school's file.
    File {
        /// On which line, counted from 1.
        line: usize,
        /// In the set that begins on this date.
        set: Date,
        /// Whether that is an earlier set, whose word still holds.
        kept: bool,
    },
    /// In the profile that the file rests on.
    Profile {
        /// Which.
        profile: &'static str,
        /// On which of its lines.
        line: usize,
        /// Where in the policy.
        section: String,
    },
    /// Nowhere.
    Default(Ground),
}

impl Origin {
    /// The same as the set of a date sees it.
    pub(super) fn seen_from(&self, date: Date) -> Self {
        match *self {
            Self::File { line, set, .. } => Self::File {
                line,
                set,
                kept: set != date,
            },
            ref other => other.clone(),
        }
    }

    /// The same in the set of a date, once that is known.
    pub(super) fn of_set(&self, date: Date) -> Self {
        match *self {
            Self::File { line, kept, .. } => Self::File {
                line,
                set: date,
                kept,
            },
            ref other => other.clone(),
        }
    }

    /// The line of the school's file, where it is there.
    pub(super) fn line(&self) -> Option<usize> {
        match self {
            Self::File { line, .. } => Some(*line),
            Self::Profile { .. } | Self::Default(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File {
                line, kept: false, ..
            } => write!(f, "line {line}"),
            Self::File { line, set, .. } => write!(f, "line {line}, kept from the set of {set}"),
            Self::Profile {
                profile,
                line,
                section,
            } => {
                write!(f, "profile {profile}, line {line}")?;
                if section.is_empty() {
                    Ok(())
                } else {
                    write!(f, ": {section}")
                }
            }
            Self::Default(ground) => ground.fmt(f),
        }
    }
}

/// One value of a set of rules, as text, with its origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The key, such as `am.closes` or `steps[2]`.
    pub key: String,
    /// The value as TOML writes it; `false` where there is none.
    pub value: String,
    /// Who says so.
    pub origin: Origin,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}  # {}", self.key, self.value, self.origin)
    }
}
