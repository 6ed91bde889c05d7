//! Which kind of file somebody gave, by what is in it. Names of files lie.

use crate::archive::{Archive, ArchiveError};
use crate::ctf::{self, CtfError};
use crate::one_roster::{self, OneRosterError};
use crate::roster::{self, FileError, Sheet, Source};

/// Why a roster file was refused whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// A table.
    #[error(transparent)]
    Csv(#[from] FileError),
    /// A `OneRoster` zip.
    #[error(transparent)]
    OneRoster(#[from] OneRosterError),
    /// A CTF.
    #[error(transparent)]
    Ctf(#[from] CtfError),
    /// A spreadsheet's own file.
    #[error("the file is a spreadsheet's own: open it there and save it as `CSV UTF-8 (comma delimited)`")]
    Spreadsheet,
    /// Some other zip.
    #[error(
        "the zip has no manifest.csv and no users.csv, so it is no OneRoster export: give that, or one CSV file"
    )]
    OtherZip,
}

impl From<ArchiveError> for RosterError {
    fn from(error: ArchiveError) -> Self {
        Self::OneRoster(error.into())
    }
}

/// What kind of file the bytes begin.
pub fn kind_of(bytes: &[u8]) -> Source {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        Source::OneRoster
    } else if first == Some(&b'<') {
        Source::Ctf
    } else {
        Source::Csv
    }
}

/// Reads a file of pupils of whatever kind.
///
/// # Errors
/// See [`RosterError`].
pub fn read_roster(bytes: &[u8]) -> Result<Sheet, RosterError> {
    match kind_of(bytes) {
        Source::Csv => Ok(roster::read_pupils(bytes)?),
        Source::Ctf => Ok(ctf::read(bytes)?),
        Source::OneRoster => {
            let archive = Archive::open(bytes)?;
            if one_roster::is_one_roster(&archive) {
                Ok(one_roster::read(&archive)?)
            } else if archive
                .names()
                .any(|name| name == "[Content_Types].xml" || name == "mimetype")
            {
                Err(RosterError::Spreadsheet)
            } else {
                Err(RosterError::OtherZip)
            }
        }
    }
}
