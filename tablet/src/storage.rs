//! Where a tablet's records are kept. What may not enter: any knowledge of what a record says.

use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use daymark_journal::{Journal, JournalError, Opening};

use crate::seal::SealError;

/// The name of a tablet's journal in its home folder.
const JOURNAL: &str = "tablet";

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
    #[error(transparent)]
    Journal(#[from] JournalError),
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

/// A journal in a home folder: one write and one fdatasync for each append.
#[derive(Debug)]
pub struct FileStorage {
    journal: Journal,
    records: Vec<Vec<u8>>,
    opening: Opening,
}

impl FileStorage {
    /// Opens the storage of an existing home.
    ///
    /// # Errors
    /// Not a home, in use by another process, or damaged (the place is named, nothing is changed).
    pub fn open(folder: &Path) -> Result<Self, StorageError> {
        if !is_home(folder) {
            return Err(StorageError::NotAHome(folder.to_owned()));
        }
        Self::open_journal(folder)
    }

    /// Makes a home in a folder that is not there or empty, or opens the one that is there.
    ///
    /// # Errors
    /// The folder holds other files or cannot be made; otherwise as [`FileStorage::open`].
    pub fn create(folder: &Path) -> Result<Self, StorageError> {
        let failed = |source| StorageError::Folder {
            folder: folder.to_owned(),
            source,
        };
        if !is_home(folder) {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(failed)?;
            if std::fs::read_dir(folder).map_err(failed)?.next().is_some() {
                return Err(StorageError::Foreign(folder.to_owned()));
            }
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(failed)?;
        }
        Self::open_journal(folder)
    }

    fn open_journal(folder: &Path) -> Result<Self, StorageError> {
        let mut records = Vec::new();
        let (journal, opening) = Journal::open(folder, JOURNAL, |_, body| records.push(body.to_vec()))
            .map_err(|error| match error {
                JournalError::InUse { .. } => StorageError::InUse(folder.to_owned()),
                other => StorageError::Journal(other),
            })?;
        Ok(Self {
            journal,
            records,
            opening,
        })
    }

    /// The first record, until they are replayed.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        self.records.first().map(Vec::as_slice)
    }

    /// What opening found: bytes of a write that was cut off are set aside and told here.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }
}

pub(crate) fn is_home(folder: &Path) -> bool {
    // Either file says so: a home whose journal is gone is damaged, and never taken for a new one.
    ["journal", "mark"]
        .iter()
        .any(|ending| folder.join(format!("{JOURNAL}.{ending}")).exists())
}

impl Storage for FileStorage {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), StorageError> {
        self.journal.append(records)?;
        Ok(())
    }

    fn replay(&mut self) -> Result<Vec<Vec<u8>>, StorageError> {
        Ok(std::mem::take(&mut self.records))
    }
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
