//! Why a change cannot be taken.

use crate::bytes::BytesError;
use crate::chunk::ChunkError;
use crate::document_id::DocumentId;
use crate::ids::{ChangeHash, DeviceNumber, SchoolId};

/// Why a change cannot be taken. Each has a stable code for the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not a sound chunk.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    /// The actor is not one that a Daymark device makes.
    #[error("the change's actor is not that of a Daymark device")]
    Actor,
    /// Nothing comes before it, not even the document's first change.
    #[error("the change names no parent, so it is part of no document")]
    NoParents,
    /// The same actor and sequence number with other content: a cloned or restored store.
    #[error(
        "the store of the tablet that made it was copied or put back: its change {sequence} exists with other content; both are kept. That tablet must begin a fresh incarnation and issue again what this change says, and the office must find the copy"
    )]
    Equivocation {
        /// The sequence number that was used twice.
        sequence: u64,
        /// The change that was here first.
        first: ChangeHash,
    },
    /// A sequence number that its own past does not lead to.
    #[error("the change's sequence number is {got}, but its past leads to {expected}")]
    Sequence {
        /// What it says.
        got: u64,
        /// What it would have to say.
        expected: u64,
    },
    /// A first operation number that its parents do not lead to.
    #[error("the change's first operation is {got}, but its parents lead to {expected}")]
    StartOp {
        /// What it says.
        got: u64,
        /// What it would have to say.
        expected: u64,
    },
    /// Automerge cannot decode it, or encodes it otherwise.
    #[error("the change cannot be decoded and encoded again to the same bytes")]
    NotCanonical,
    /// A message, time, author or extra bytes, which Daymark never writes.
    #[error("the change carries {0}, which Daymark never writes")]
    Extra(&'static str),
    /// An operation that our documents do not use, or on something that its past does not hold.
    #[error("operation {index} is not one that this document takes: {why}")]
    Operation {
        /// Which operation, from 0 up.
        index: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An item that cannot be read.
    #[error("an item cannot be read: {0}")]
    Item(#[from] BytesError),
    /// An item that does not belong in this document.
    #[error("{what} does not belong in {document}")]
    OutOfPlace {
        /// What it is.
        what: String,
        /// Where it was sent.
        document: DocumentId,
    },
    /// An item of another school.
    #[error("an item names school {got}, but this is school {expected}")]
    OtherSchool {
        /// What it says.
        got: SchoolId,
        /// Whose document this is.
        expected: SchoolId,
    },
    /// An item that names another device than the one that made the change.
    #[error("an item says that device {got} made it, but the change is device {expected}'s")]
    OtherDevice {
        /// What the item says.
        got: DeviceNumber,
        /// Whose change it is.
        expected: DeviceNumber,
    },
    /// No room for more operations.
    #[error("document {0} is full; the office must start another")]
    Full(DocumentId),
    /// Automerge cannot apply it, or could not load the document afterwards.
    #[error("the change cannot be applied so that the document still loads")]
    DoesNotApply,
}

impl Refusal {
    /// The code of [`Refusal::Equivocation`]: the device that made the change must issue it again.
    pub const EQUIVOCATION: &'static str = "equivocation";

    /// The stable code for the wire and for counting.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Chunk(ChunkError::TooLong(_)) => "change-too-long",
            Self::Chunk(ChunkError::NotAChange(_)) => "not-a-change",
            Self::Chunk(ChunkError::Malformed(_)) => "malformed",
            Self::Chunk(ChunkError::Checksum) => "checksum",
            Self::Chunk(ChunkError::Unfolds) => "too-many-operations",
            Self::Actor => "actor",
            Self::NoParents => "no-parents",
            Self::Equivocation { .. } => Self::EQUIVOCATION,
            Self::Sequence { .. } => "sequence",
            Self::StartOp { .. } => "start-op",
            Self::NotCanonical => "not-canonical",
            Self::Extra(_) => "extra",
            Self::Operation { .. } => "operation",
            Self::Item(_) => "item",
            Self::OutOfPlace { .. } => "out-of-place",
            Self::OtherSchool { .. } => "other-school",
            Self::OtherDevice { .. } => "other-device",
            Self::Full(_) => "document-full",
            Self::DoesNotApply => "does-not-apply",
        }
    }
}
