//! Where a tablet's records are kept. What may not enter: any knowledge of what a record says.

#[cfg(unix)]
mod file;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::seal::SealError;

#[cfg(unix)]
pub use file::FileStorage;
#[cfg(unix)]
pub(crate) use file::is_home;

/// Keeps records, in order. What [`Storage::append`] returned `Ok` for is there at the next start.
pub trait Storage {
    /// Writes records down durably: all, or the call failed.
    ///
    /// # Errors
    /// Nothing of the call may be relied upon.
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), StorageError>;

    /// Every record, in order, for the start.
    ///
    /// # Errors
    /// The storage cannot be read.
    fn replay(&mut self) -> Result<Vec<Vec<u8>>, StorageError>;
}

/// Why records cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The journal refused.
    #[cfg(unix)]
    #[error(transparent)]
    Journal(#[from] daymark_journal::JournalError),
    /// The home is sealed and does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Another process holds the home.
    #[error("{} is in use by another process: wait until it has ended, then try again", .0.display())]
    InUse(PathBuf),
    /// The folder is not a home.
    #[error(
        "{} is not the home of an enrolled tablet: enrol one there with `daymark-tablet --home {} enrol --server URL --invitation TEXT`",
        .0.display(), .0.display()
    )]
    NotAHome(PathBuf),
    /// The folder holds something else.
    #[error("{} holds other files: choose an empty folder for the tablet", .0.display())]
    Foreign(PathBuf),
    /// The folder cannot be made or read.
    #[error("cannot use the folder {}: {source}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// Memory instead of a disk. A clone shares the records, so that a simulation can drop a tablet and start it again.
#[derive(Debug, Clone, Default)]
pub struct MemoryStorage {
    records: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Storage for MemoryStorage {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), StorageError> {
        let mut kept = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(records);
        Ok(())
    }

    fn replay(&mut self) -> Result<Vec<Vec<u8>>, StorageError> {
        Ok(self
            .records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }
}
