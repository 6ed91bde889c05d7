//! Checking a journal without opening it.

use std::path::Path;

use crate::error::JournalError;
use crate::file::FileFolder;
use crate::format::Position;
use crate::mark::{MarkState, Marked};
use crate::open::{check_start, gone, journal_name, mark_name};
use crate::scan::Scan;
use crate::storage::{Access, Folder, Storage, open_if_there};

/// What [`verify`] found good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Every record before it is good.
    pub verified: Position,
    /// What was found in the mark file.
    pub mark: MarkState,
    /// The bytes after `verified`, which were not judged: records that were being written, or a torn tail.
    pub bytes_beyond: u64,
}

/// Checks every record of a journal up to its mark, changing nothing; without a readable mark, every record there is.
///
/// It takes no lock, so it also works while the journal is open somewhere, and then leaves alone what is just being
/// written.
///
/// # Errors
///
/// - [`JournalError::Damaged`], [`JournalError::Behind`], [`JournalError::UnsupportedVersion`] as
///   [`Journal::open`](crate::Journal::open) would say.
/// - [`JournalError::Read`] when the disk failed, or there is no such journal.
/// - [`JournalError::BadName`] when `name` is not one plain file name.
pub fn verify(folder: impl AsRef<Path>, name: &str) -> Result<Report, JournalError> {
    verify_in(&FileFolder::new(folder), name)
}

/// Checks a journal in any kind of folder, as [`verify`] does in a real one.
pub fn verify_in<F: Folder>(folder: &F, name: &str) -> Result<Report, JournalError> {
    let journal = journal_name(name)?;
    let path = &folder.path(&journal);
    // The mark first: the journal may grow meanwhile, and never shrinks below what a mark has named.
    let mark = open_if_there(folder, &mark_name(name), Access::Read)
        .map_err(|error| JournalError::read(&folder.path(&mark_name(name)), error))?;
    let marked = Marked::read(mark.as_ref());
    let file = match folder.open(&journal, Access::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && mark.is_some() => {
            return Err(gone(path, 0, &marked));
        }
        Err(error) => return Err(JournalError::read(path, error)),
    };
    let bytes = file.bytes().map_err(|error| JournalError::read(path, error))?;
    if check_start(&file, path, bytes, &marked)? {
        // It is just being made.
        return Ok(Report {
            verified: Position::first(),
            mark: marked.state,
            bytes_beyond: 0,
        });
    }
    let scan = Scan {
        file: &file,
        path,
        bytes,
        known: marked.known,
        stops_at_mark: true,
    };
    let end = scan.run(|_, _| {})?.end;
    Ok(Report {
        verified: end,
        mark: marked.state,
        bytes_beyond: bytes.saturating_sub(end.offset),
    })
}
