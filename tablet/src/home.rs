//! A storage, and the replica that its records add up to.

use std::path::Path;

use daymark_sync_protocol::client::{Record, Replica, ReplicaError};

use crate::folder::{self, FolderStorage, Found};
use crate::seal::Keyring;
use crate::storage::{Storage, StorageError};

/// A tablet's home.
#[derive(Debug)]
pub struct Home<S> {
    storage: S,
    replica: Replica,
    is_stale: bool,
}

/// Why a home cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A record is not one of this program.
    #[error(
        "record {record} of this tablet's home cannot be read: it was written by a later version of daymark-tablet, \
         use that one; nothing was changed"
    )]
    Record {
        /// Which, counted from 0.
        record: usize,
    },
    /// A record does not fit those before it.
    #[error("record {record} of this tablet's home does not fit those before it: {why}")]
    Fit {
        /// Which, counted from 0.
        record: usize,
        /// What does not fit.
        why: ReplicaError,
    },
    /// What was written down could not be applied.
    #[error("what was just saved does not fit this tablet: {0}")]
    Apply(ReplicaError),
    /// An earlier failure: memory may be behind the disk.
    #[error("an earlier write to this tablet's home failed: start again, nothing that was saved is lost")]
    Stale,
}

impl Home<FolderStorage> {
    /// Opens the home in a folder that is not sealed. One that is opens through [`folder::open`].
    ///
    /// # Errors
    /// Not a home, sealed, in use, damaged with the place named.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, HomeError> {
        Self::start(folder::open(folder.as_ref())?.unsealed()?)
    }

    /// Makes a home that is not sealed, in a folder that is not there or empty, or opens the one that is there. The
    /// folder is for its owner alone (mode 0700).
    ///
    /// # Errors
    /// The folder holds other files, cannot be made, or is refused as by [`Home::open`].
    pub fn create(folder: impl AsRef<Path>) -> Result<Self, HomeError> {
        let storage = match folder::create(folder.as_ref())? {
            Found::Fresh(fresh) => fresh.unsealed()?,
            Found::Home(there) => there.unsealed()?,
        };
        Self::start(storage)
    }

    /// The keys, where the home is sealed.
    pub fn keyring(&self) -> Option<&Keyring> {
        self.storage.keyring()
    }

    /// The keys, to give and change PINs.
    pub fn keyring_mut(&mut self) -> Option<&mut Keyring> {
        self.storage.keyring_mut()
    }

    /// A write that was cut off before the last start, in words; nothing of it had been confirmed to anybody.
    pub fn torn(&self) -> Option<String> {
        self.storage.files().opening().torn.as_ref().map(|torn| {
            format!(
                "a write was cut off when this tablet last stopped: {} bytes that nobody was told were saved are set aside in {}",
                torn.bytes,
                torn.file.display()
            )
        })
    }
}

impl<S: Storage> Home<S> {
    /// Replays a storage.
    ///
    /// # Errors
    /// It cannot be read, or does not fit together.
    pub fn start(mut storage: S) -> Result<Self, HomeError> {
        let mut replica = Replica::new();
        for (record, bytes) in storage.replay()?.into_iter().enumerate() {
            let decoded = Record::decode(&bytes).ok_or(HomeError::Record { record })?;
            replica
                .apply(decoded)
                .map_err(|why| HomeError::Fit { record, why })?;
        }
        Ok(Self {
            storage,
            replica,
            is_stale: false,
        })
    }

    /// What the records add up to.
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Writes records down, and then applies them. When it returns `Ok`, and only then, they are safe.
    ///
    /// # Errors
    /// Nothing of the call may be shown as saved.
    pub fn commit(&mut self, records: Vec<Record>) -> Result<(), HomeError> {
        if self.is_stale {
            return Err(HomeError::Stale);
        }
        if records.is_empty() {
            return Ok(());
        }
        let encoded: Vec<Vec<u8>> = records.iter().map(Record::encode).collect();
        self.storage.append(&encoded)?;
        for record in records {
            if let Err(error) = self.replica.apply(record) {
                self.is_stale = true;
                return Err(HomeError::Apply(error));
            }
        }
        Ok(())
    }
}
