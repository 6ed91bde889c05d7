//! Records in a folder: a journal.

use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use daymark_journal::{Journal, JournalError, Opening};

use super::{Storage, StorageError};

/// The name of a tablet's journal in its home folder.
const JOURNAL: &str = "tablet";

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
