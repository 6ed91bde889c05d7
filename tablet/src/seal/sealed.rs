//! A storage whose every record is sealed, and bound to its place.

use super::SealError;
use super::aead::{self, TAG_BYTES};
use super::secret::DataKey;
use crate::storage::{Storage, StorageError};

/// What a sealed record begins with; the last byte is the format's version. No record of a plain home begins so: 0xff
/// starts no CBOR item.
const MAGIC: [u8; 4] = [0xff, b'D', b'S', 1];
const DOMAIN: &[u8] = b"daymark tablet record v1\0";

/// Whether these bytes are a sealed record.
#[cfg(unix)]
pub(crate) fn is_sealed(record: &[u8]) -> bool {
    record.starts_with(&MAGIC)
}

/// Any storage, with every record sealed under one key.
///
/// A record is bound to its number and to the tag of the one before it. One that was changed, left out, repeated, moved
/// or brought from another home therefore does not open. That the *end* is all there is for the storage below to say,
/// which for a journal is its mark.
#[derive(Debug)]
pub struct Sealed<S> {
    inner: S,
    key: DataKey,
    records: Vec<Vec<u8>>,
    end: Place,
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    /// How many come before it.
    number: u64,
    /// The tag of the one before it; zeros for the first.
    tag: [u8; TAG_BYTES],
}

impl Place {
    fn bytes(&self) -> Vec<u8> {
        [DOMAIN, &self.number.to_be_bytes(), &self.tag].concat()
    }

    /// The place after `sealed`, a record that was sealed or opened here.
    fn after(&self, sealed: &[u8]) -> Option<Self> {
        Some(Self {
            number: self.number + 1,
            tag: *sealed.last_chunk()?,
        })
    }
}

impl<S: Storage> Sealed<S> {
    /// Opens every record of a storage with the key of its home.
    ///
    /// # Errors
    /// The storage cannot be read, or a record does not open where it stands: it is named, and nothing is changed.
    pub fn open(mut inner: S, key: DataKey) -> Result<Self, StorageError> {
        let mut end = Place::default();
        let mut records = Vec::new();
        for (record, sealed) in inner.replay()?.into_iter().enumerate() {
            let damaged = || SealError::Record { record };
            let body = sealed.strip_prefix(&MAGIC).ok_or_else(damaged)?;
            records.push(aead::open(key.bytes(), &end.bytes(), body).ok_or_else(damaged)?);
            end = end.after(&sealed).ok_or_else(damaged)?;
        }
        Ok(Self {
            inner,
            key,
            records,
            end,
        })
    }

    /// The storage below.
    #[cfg(unix)]
    pub(crate) fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S: Storage> Storage for Sealed<S> {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), StorageError> {
        let mut end = self.end;
        let mut sealed = Vec::with_capacity(records.len());
        for record in records {
            let mut bytes = MAGIC.to_vec();
            aead::seal_into(self.key.bytes(), &end.bytes(), record, &mut bytes)?;
            end = end.after(&bytes).ok_or(SealError::TooLong)?;
            sealed.push(bytes);
        }
        // Only what is on the disk moves the place on: after a failure the next record stands where these would have.
        self.inner.append(&sealed)?;
        self.end = end;
        Ok(())
    }

    fn replay(&mut self) -> Result<Vec<Vec<u8>>, StorageError> {
        Ok(std::mem::take(&mut self.records))
    }
}
