//! A change with its maker's signature before it.

use std::fmt;

use super::{SIGNATURE_BYTES, SecretKey, Signature};
use crate::chunk;
use crate::document_id::DocumentId;
use crate::ids::SchoolId;

/// A change and its maker's signature, as they travel and are stored: the signature's 64 bytes, then the raw chunk.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedChange(Vec<u8>);

impl fmt::Debug for SignedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedChange({} bytes)", self.0.len())
    }
}

impl SignedChange {
    /// Puts a signature before a chunk.
    pub fn new(signature: &Signature, chunk: &[u8]) -> Self {
        Self([&signature.0[..], chunk].concat())
    }

    /// Signs a chunk.
    ///
    /// # Errors
    /// Bytes that are no change chunk.
    pub fn sign(
        key: &SecretKey,
        school: SchoolId,
        document: &DocumentId,
        chunk: &[u8],
    ) -> Result<Self, chunk::ChunkError> {
        let hash = chunk::parse(chunk)?.hash;
        Ok(Self::new(&key.sign_change(school, document, &hash), chunk))
    }

    /// The bytes that travel.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes that travel.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Takes signed bytes apart: the signature, and the chunk. `None` where they are too short to hold a signature.
pub fn split(signed: &[u8]) -> Option<(Signature, &[u8])> {
    let (signature, chunk) = signed.split_first_chunk::<SIGNATURE_BYTES>()?;
    Some((Signature(*signature), chunk))
}

/// The chunk of a signed change; empty where there is none.
pub fn chunk_of(signed: &[u8]) -> &[u8] {
    split(signed).map_or(&[], |(_, chunk)| chunk)
}
