//! A storage, and the replica that its records add up to.

use daymark_sync_protocol::client::{Record, Replica, ReplicaError};

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

    /// The storage.
    pub fn storage(&self) -> &S {
        &self.storage
    }

    pub(crate) fn storage_mut(&mut self) -> &mut S {
        &mut self.storage
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
