//! What is wrong with a file of rules: every mistake at once, each with its line, its value and its remedy.

use std::fmt;

use serde::Serialize;

use super::limits::{FILE_BYTES_MAX, LINE_DOTS_MAX, OPEN_MINUTES_MAX};
use super::origin::Origin;
use crate::code::CodeError;

/// Every mistake of a file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleErrors {
    /// Those that are listed.
    pub errors: Vec<RuleError>,
    /// How many more there are.
    pub more: usize,
}

impl fmt::Display for RuleErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.errors.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for RuleErrors {}

/// A mistake and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: RuleFault,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}

impl std::error::Error for RuleError {}

impl Serialize for RuleError {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut object = serializer.serialize_struct("RuleError", 2)?;
        object.serialize_field("line", &self.line)?;
        object.serialize_field("fault", &self.fault.to_string())?;
        object.end()
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// The file is longer than rules can be; nothing of it was read.
    #[error("the file is longer than the {FILE_BYTES_MAX} bytes that rules may have: give a file of rules")]
    FileTooLong,
    /// A line has more dots than any key needs; nothing of the file was read.
    #[error("{dots} dots in one line, and {LINE_DOTS_MAX} are allowed: write it on several lines")]
    TooManyDots {
        /// How many.
        dots: usize,
    },
    /// The text is not TOML.
    #[error("not TOML at {near}: {message}")]
    Syntax {
        /// What stands there, in quotes.
        near: String,
        /// What the reader of TOML says.
        message: String,
    },
    /// The file has no set of rules.
    #[error(
        "there is no [[rules]] in the file: write one, with effective_from = 2025-09-01 or another date below it"
    )]
    NoSets,
    /// More of something than a file may have.
    #[error("`{key}` has {count} parts, and {max} are allowed: leave some out")]
    TooMany {
        /// Of what.
        key: String,
        /// How many.
        count: usize,
        /// How many are allowed.
        max: usize,
    },
    /// A key that means nothing.
    #[error("`{key}` is not a key: {remedy}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The nearest known key, or all of them.
        remedy: String,
    },
    /// A value of the wrong kind, out of its range, or against the law.
    #[error("`{key}` cannot be {value}: {remedy}")]
    Value {
        /// The key.
        key: String,
        /// What the file says.
        value: String,
        /// What to write instead.
        remedy: String,
    },
    /// A key that must be there is not.
    #[error("`{key}` is missing: {remedy}")]
    Missing {
        /// The key.
        key: String,
        /// What to write.
        remedy: String,
    },
    /// A code that cannot stand in a register on the first day of the set.
    #[error("`{key}` ({origin}) names a code that is not in force: {source}")]
    CodeNotInForce {
        /// The key.
        key: String,
        /// Where it is said.
        origin: Origin,
        /// Which code, and what replaces it.
        source: CodeError,
    },
    /// A code that does not mean what the rule is about.
    #[error("`{key}` ({origin}) cannot name {code}: {remedy}")]
    UnfitCode {
        /// The key.
        key: String,
        /// Where it is said.
        origin: Origin,
        /// The code.
        code: String,
        /// Which codes can stand there.
        remedy: &'static str,
    },
    /// Two statements that cannot both hold.
    #[error("{said} {conflict} {against}: {remedy}", remedy = conflict.remedy())]
    Conflict {
        /// The one.
        said: Said,
        /// How they conflict.
        conflict: Conflict,
        /// The other.
        against: Said,
    },
}

/// A statement, with where it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The key.
    pub key: String,
    /// The value as TOML writes it.
    pub value: String,
    /// Who says so.
    pub origin: Origin,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` = {} ({})", self.key, self.value, self.origin)
    }
}

/// How two statements conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The register closes before it has opened.
    ClosesBeforeOpening,
    /// The register stays open for longer than the guidance allows.
    OpenTooLong,
    /// Arrivals are late from a time before the register opens.
    LateBeforeOpening,
    /// Arrivals are late only once the register is closed, so that nobody would ever be `L`.
    LateAfterClosing,
    /// The session ends before its register closes.
    EndsBeforeClosing,
    /// The morning lasts into the afternoon.
    MorningPastNoon,
    /// Absence would be called persistent or severe later than the national definition says.
    AboveNationalShare,
    /// Severe absence begins below persistent absence.
    SevereBelowPersistent,
    /// Penalty notices would be considered later than the national framework asks.
    LooserThanFramework,
    /// A pupil with the framework's sessions could spread them over more weeks than the school looks at.
    TooFewWeeks,
    /// Sessions that the framework counts would not count.
    LeavesOutCodes,
    /// A band begins above the one before it.
    BandsOutOfOrder,
    /// Two sets begin on one date.
    SameDate,
    /// A set begins before the one that stands above it.
    DatesOutOfOrder,
    /// A profile cannot hold that early.
    BeforeProfile,
    /// Two bands or steps of one name.
    SameName,
    /// Two conditions for one step, or two shares for one band.
    TwoConditions,
}

impl Conflict {
    /// What to do about it.
    fn remedy(self) -> String {
        match self {
            Self::ClosesBeforeOpening => "write a later time for closing",
            Self::OpenTooLong => {
                return format!(
                    "the statutory guidance lets a register be open for {OPEN_MINUTES_MAX} minutes at most"
                );
            }
            Self::LateBeforeOpening | Self::LateAfterClosing => {
                "write a time from the opening on and before the closing"
            }
            Self::EndsBeforeClosing => "write a later end of the session",
            Self::MorningPastNoon => "end the morning when the afternoon opens, or before",
            Self::AboveNationalShare => {
                "whoever missed the national share is listed: write it or a smaller one, and a target of the school's own as a band"
            }
            Self::SevereBelowPersistent => "severe absence is the larger share: write a larger one",
            Self::LooserThanFramework => {
                "a notice must be considered at the national threshold: write it or a stricter one, and a local rule as a step"
            }
            Self::TooFewWeeks => {
                "pupils with 10 sessions in 10 school weeks would be passed over: write more weeks or fewer sessions, and a \
                 local rule as a step"
            }
            Self::LeavesOutCodes => "N counts while it stands, as G, O and U do: name all four",
            Self::BandsOutOfOrder => {
                "write the highest band first, and each of the others lower than the one before"
            }
            Self::SameDate => "give each set its own date, or make one set of the two",
            Self::DatesOutOfOrder => {
                "write the sets in the order of their dates, for each keeps what the one before it says"
            }
            Self::BeforeProfile => {
                "begin with that date or a later one; earlier days are judged by the first set anyway"
            }
            Self::SameName => "give each its own name",
            Self::TwoConditions => "keep one of them",
        }
        .to_owned()
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClosesBeforeOpening | Self::EndsBeforeClosing => "is not after",
            Self::OpenTooLong => "is too long after",
            Self::LateBeforeOpening | Self::DatesOutOfOrder | Self::BeforeProfile => "is before",
            Self::LateAfterClosing => "is not before",
            Self::MorningPastNoon => "is after",
            Self::AboveNationalShare => "is above",
            Self::SevereBelowPersistent => "is not above",
            Self::LooserThanFramework => "is looser than",
            Self::TooFewWeeks => "is too few for",
            Self::LeavesOutCodes => "leaves out some of",
            Self::BandsOutOfOrder => "is not below",
            Self::SameDate | Self::SameName => "is the same as",
            Self::TwoConditions => "stands beside",
        })
    }
}
