//! The last signed checkpoint, in a file of its own beside the journal.
//!
//! No store can see that its end was cut off cleanly. This file can: it says how long the log has been. It is a C2SP signed
//! note as it is, so anybody can read it and check it with other tools.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use daymark_core::log::checkpoint::{CheckpointError, SignedCheckpoint, VerifiedCheckpoint};
use daymark_core::log::key::NoteKey;
use daymark_core::log::note::NOTE_BYTES_MAX;

use super::atomic;

/// The file's name in the data folder.
pub const CHECKPOINT_FILE: &str = "checkpoint";

/// Why the last checkpoint cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointFileError {
    /// The file is there, and is not a checkpoint of this school's log.
    #[error(
        "{path} is not the checkpoint of this school's log ({source}): restore it from a backup together with the \
         journal; nothing was changed",
        path = path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        source: CheckpointError,
    },
    /// There is no room left. The old checkpoint is still there.
    #[error("there is no room left to write {path}: make room on this disk", path = path.display())]
    NoRoom {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file cannot be read or written. If it was to be written, the old checkpoint, or the new one, is there.
    #[error("cannot read or write {path}: check that this user may use it, and the disk: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Where the last signed checkpoint is kept.
#[derive(Debug, Clone)]
pub struct CheckpointFile {
    folder: PathBuf,
}

impl CheckpointFile {
    /// The file in a data folder; nothing is read or made yet.
    pub fn in_folder(data: &Path) -> Self {
        Self {
            folder: data.to_path_buf(),
        }
    }

    /// Where the file is.
    pub fn path(&self) -> PathBuf {
        self.folder.join(CHECKPOINT_FILE)
    }

    /// The checkpoint that was kept last; `None` where none ever was.
    ///
    /// # Errors
    /// The file cannot be read, or does not verify under `key`. Do not go on as if there were none.
    pub fn read(&self, key: &NoteKey) -> Result<Option<VerifiedCheckpoint>, CheckpointFileError> {
        let mut bytes = Vec::new();
        let read = File::open(self.path())
            .and_then(|file| file.take(NOTE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes));
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(error)),
            Ok(_) => {}
        }
        let verified = SignedCheckpoint::parse(&bytes).and_then(|note| note.verify(key));
        verified.map(Some).map_err(|source| CheckpointFileError::Damaged {
            path: self.path(),
            source,
        })
    }

    /// Keeps a checkpoint in place of the one before. When it returns, it is on the disk. Ask it only of a checkpoint whose
    /// changes are there already: one that is ahead of the journal makes the next start believe that changes were lost.
    ///
    /// # Errors
    /// See [`CheckpointFileError`].
    pub fn write(&self, checkpoint: &VerifiedCheckpoint) -> Result<(), CheckpointFileError> {
        atomic::replace(&self.folder, CHECKPOINT_FILE, checkpoint.note().as_bytes())
            .map_err(|error| self.failed(error))
    }

    fn failed(&self, source: io::Error) -> CheckpointFileError {
        let path = self.path();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                CheckpointFileError::NoRoom { path, source }
            }
            _ => CheckpointFileError::Io { path, source },
        }
    }
}
