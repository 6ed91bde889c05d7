//! Everything that can go wrong, sorted by what the caller can do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a journal, or one call on it, was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Another process, or another part of this one, holds the journal. Stop the other one first.
    #[error("{path} is in use: stop the other process that holds it, or choose another folder", path = path.display())]
    InUse {
        /// The journal file.
        path: PathBuf,
    },
    /// Something that was known to be on the disk does not verify. Nothing was changed; restore the file from a
    /// backup, or from the replicas that still hold the records.
    #[error(
        "{path} is damaged at byte {offset}, record {record}: {why}; nothing was changed, restore this file from a backup",
        path = path.display()
    )]
    Damaged {
        /// The journal file.
        path: PathBuf,
        /// Where the first bad record starts, in bytes.
        offset: u64,
        /// The number of that record, counted from 0; as many records before it are good.
        record: u64,
        /// What does not fit.
        why: Damage,
    },
    /// The journal is shorter than its mark says it was: its end is gone. Nothing was changed.
    #[error(
        "{path} holds {have} bytes where {expected} are known to have been written: its end is missing; \
         nothing was changed, restore this file from a backup",
        path = path.display()
    )]
    Behind {
        /// The journal file.
        path: PathBuf,
        /// The bytes that are there.
        have: u64,
        /// The bytes that the mark names.
        expected: u64,
    },
    /// The journal was written by a later version of this crate. Use that version.
    #[error("{path} has journal format {version}, which this version cannot read: use a newer one", path = path.display())]
    UnsupportedVersion {
        /// The journal file.
        path: PathBuf,
        /// The format version that its header names.
        version: u16,
    },
    /// There is no room left. Nothing of the call was recorded; make room and call again.
    #[error("there is no room left to write {path}: make room on this disk, then try again", path = path.display())]
    NoRoom {
        /// The file that could not be written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A write failed. Nothing of the call was recorded; it may be tried again.
    #[error("cannot write {path}: check the disk and the permissions, then try again", path = path.display())]
    Write {
        /// The file that could not be written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The disk did not confirm a write. Nothing of the call may be acknowledged, and nothing more through this
    /// journal: open it again.
    #[error("the disk did not confirm a write to {path}: nothing was acknowledged; check the disk, then open the journal again", path = path.display())]
    Sync {
        /// The file that could not be synced.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// An earlier failure left it unknown what the disk holds. Drop this journal and open it again.
    #[error("{path} takes no more records after an earlier failure: open the journal again", path = path.display())]
    Poisoned {
        /// The journal file.
        path: PathBuf,
    },
    /// A file could not be opened, locked or read.
    #[error("cannot open or read {path}: check that it is there and that this user may read and write it", path = path.display())]
    Read {
        /// The file in question.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A record is longer than [`RECORD_BYTES_MAX`](crate::RECORD_BYTES_MAX). Nothing was written.
    #[error("a record of {bytes} bytes is too long: the most is {bytes_max}")]
    RecordTooLong {
        /// The length of the record.
        bytes: usize,
        /// The longest that is taken.
        bytes_max: usize,
    },
    /// The position does not name a record of this journal.
    #[error("{path} has no record at byte {offset}", path = path.display())]
    NoSuchRecord {
        /// The journal file.
        path: PathBuf,
        /// The offset that was asked for.
        offset: u64,
    },
    /// A journal's name is one plain file name: letters, digits, `-` and `_`.
    #[error("{name:?} cannot name a journal: use letters, digits, '-' and '_'")]
    BadName {
        /// The name that was given.
        name: String,
    },
}

/// What exactly does not fit where a journal is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The file does not start with the header of a journal.
    #[error("the header is not that of a journal")]
    Header,
    /// The length of a record is out of bounds.
    #[error("the record's length is out of bounds")]
    Length,
    /// The record and its check disagree: it, or the order of the records before it, was changed.
    #[error("the record does not match its check")]
    Check,
    /// The record is cut short.
    #[error("the record is cut short")]
    CutShort,
    /// The records verify, but they are not the ones that the mark names.
    #[error("the records are not those that the mark names")]
    NotAsMarked,
    /// The mark is there, unreadable, and the journal is missing or empty.
    #[error("the records are gone, and the mark that says how many there were cannot be read")]
    Gone,
}

impl JournalError {
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read {
            path: path.to_owned(),
            source,
        }
    }

    /// A failed write: disk full is told apart, because the way out of it is another one.
    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoRoom { path, source },
            _ => Self::Write { path, source },
        }
    }

    pub(crate) fn sync(path: &Path, source: io::Error) -> Self {
        Self::Sync {
            path: path.to_owned(),
            source,
        }
    }
}
