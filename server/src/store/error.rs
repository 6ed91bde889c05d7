//! Everything that can go wrong in a store, sorted by what the caller can do about it.

use std::io;
use std::path::PathBuf;

use daymark_journal::JournalError;

/// Why a store refused to open, or one call on it failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room left. Nothing of the call was taken. Stop acknowledging; reading goes on; try again later.
    #[error("there is no room left to write {path}: make room on this disk, reading goes on meanwhile", path = path.display())]
    NoRoom {
        /// The file that could not be written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The store takes nothing more until it has been opened again. Reading goes on.
    #[error("{path} takes nothing more ({why}): check the disk, then restart the server", path = path.display())]
    Poisoned {
        /// The file that cannot be relied on.
        path: PathBuf,
        /// What happened.
        why: String,
    },
    /// Something that was acknowledged does not verify. Nothing was changed on the disk.
    #[error(
        "{path} is damaged at byte {offset}, record {record}: {why}; nothing was changed, restore this file from a backup",
        path = path.display()
    )]
    Damaged {
        /// The damaged file.
        path: PathBuf,
        /// Where the first bad record starts, in bytes.
        offset: u64,
        /// The number of that record, counted from 0; as many records before it are good.
        record: u64,
        /// What does not fit.
        why: String,
    },
    /// The end of the journal is gone. Nothing was changed on the disk.
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
        /// The bytes that are known to have been there.
        expected: u64,
    },
    /// Somebody else holds the store.
    #[error("{path} is in use: stop the other process that holds it, or choose another folder", path = path.display())]
    InUse {
        /// The file that is locked.
        path: PathBuf,
    },
    /// The data was written by a later version of this program.
    #[error("{path} was written by a later version ({what}): use that version", path = path.display())]
    Newer {
        /// The file that cannot be understood.
        path: PathBuf,
        /// What is not understood, and where.
        what: String,
    },
    /// An event is longer than [`EVENT_BYTES_MAX`](super::EVENT_BYTES_MAX). Nothing of the call was taken.
    #[error("an event of {bytes} bytes is too long: the most is {bytes_max}; send less at once")]
    TooLong {
        /// The length of the event.
        bytes: usize,
        /// The longest that is taken.
        bytes_max: usize,
    },
    /// A file could not be read or written. Nothing of the call was taken; it may be tried again.
    #[error("cannot read or write {path}: check that it is there, that this user may use it, and the disk", path = path.display())]
    Io {
        /// The file in question.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl StoreError {
    /// Whether a later commit may succeed without opening the store again.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::NoRoom { .. } | Self::Io { .. } | Self::TooLong { .. })
    }

    /// A failure of the operating system: a full disk is told apart, because the way out of it is another one.
    pub(crate) fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoRoom { path, source },
            _ => Self::Io { path, source },
        }
    }
}

impl From<JournalError> for StoreError {
    fn from(error: JournalError) -> Self {
        let why = error.to_string();
        match error {
            JournalError::InUse { path } => Self::InUse { path },
            JournalError::Damaged {
                path,
                offset,
                record,
                why,
            } => Self::Damaged {
                path,
                offset,
                record,
                why: why.to_string(),
            },
            JournalError::Behind { path, have, expected } => Self::Behind { path, have, expected },
            JournalError::UnsupportedVersion { path, version } => Self::Newer {
                path,
                what: format!("journal format {version}"),
            },
            JournalError::NoRoom { path, source } => Self::NoRoom { path, source },
            JournalError::Write { path, source } | JournalError::Read { path, source } => {
                Self::Io { path, source }
            }
            JournalError::Sync { path, source } => Self::Poisoned {
                path,
                why: format!("the disk did not confirm a write: {source}"),
            },
            JournalError::Poisoned { path } => Self::Poisoned {
                path,
                why: "an earlier write failed".to_owned(),
            },
            JournalError::RecordTooLong { bytes, bytes_max } => Self::TooLong { bytes, bytes_max },
            // The remaining ones are mistakes of the caller, and later additions.
            _ => Self::Io {
                path: PathBuf::new(),
                source: io::Error::other(why),
            },
        }
    }
}
