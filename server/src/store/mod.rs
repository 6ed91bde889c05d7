//! What a hub remembers: one trait, several adapters, one suite that all of them pass ([`conformance`]).
//!
//! | adapter | for |
//! |---|---|
//! | [`embedded::EmbeddedStore`] | a hub: one process, one folder |
//! | [`memory::MemoryStore`] | simulation and tests; the reference for what every other adapter must answer |
//!
//! A store takes [`Event`]s and answers questions about them. Everything that it answers follows from the events
//! alone, in the order in which they were committed, so two stores that took the same events answer the same.
//!
//! # What the events mean
//!
//! - [`Event::Stored`] adds a change to the end of its document. A store does not look for duplicates: the hub does.
//! - [`Event::Aside`] adds to [`Store::aside`]; two with the same key are both kept.
//! - [`Event::Settled`] takes every aside that waits under the hash off [`Store::aside`], and touches no later one.
//! - [`Event::Invited`] replaces an invitation with the same secret. An invitation whose secret was ever used is
//!   used up for good.
//! - [`Event::Enrolled`] adds a device, or replaces the one with its number; its invitation is used up.
//! - [`Event::Roster`] replaces the roster.
//! - [`Event::Branched`] replaces the branch of the log.
//! - [`Event::Noted`] adds to [`Store::notes`].
//!
//! What may not enter: HTTP, the protocol's rules, the meaning of a change.

pub mod conformance;
pub mod embedded;
mod error;
pub mod memory;

pub use error::StoreError;

use daymark_core::document_id::DocumentId;
use daymark_sync_protocol::event::{Aside, Branch, Enrolment, Event, Invitation, Note, StoredChange};

/// The longest event that every store takes, in encoded bytes.
pub const EVENT_BYTES_MAX: usize = daymark_journal::RECORD_BYTES_MAX;

/// What a hub remembers. Every call blocks: call it where blocking is allowed.
pub trait Store: Send + Sync + 'static {
    /// Takes events, in this order. When it returns `Ok`, and only then, all of them are durable and show in every
    /// answer. After an error none of them shows and none may be acknowledged.
    ///
    /// Without events it does nothing, but fails like any other commit when none could succeed.
    fn commit(&self, events: &[Event]) -> Result<(), StoreError>;

    /// Every document that has changes, in order, with their number.
    fn documents(&self) -> Result<Vec<(DocumentId, u64)>, StoreError>;

    /// The changes of a document in the order of storing: the one at position `n` has cursor `n + 1`.
    /// Empty for a document that nobody has written in.
    fn changes(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StoreError>;

    /// What is kept aside and not settled, in the order of storing.
    fn aside(&self) -> Result<Vec<Aside>, StoreError>;

    /// The invitations that are not used up, ordered by the hash of their secret. Expired ones are among them: a
    /// store has no clock.
    fn invitations(&self) -> Result<Vec<Invitation>, StoreError>;

    /// The devices, ordered by number.
    fn devices(&self) -> Result<Vec<Enrolment>, StoreError>;

    /// The newest roster, if one was ever imported.
    fn roster(&self) -> Result<Option<Vec<u8>>, StoreError>;

    /// The branch that the log is on, if it left what was once signed for.
    fn branch(&self) -> Result<Option<Branch>, StoreError>;

    /// The security log, in the order of storing.
    fn notes(&self) -> Result<Vec<Note>, StoreError>;

    /// Checks everything there is, from the first record to the last, and that every answer agrees with it.
    /// Slow; other calls go on meanwhile.
    fn check(&self) -> Result<StoreReport, StoreError>;

    /// Reads something for real, and says whether a commit could be acknowledged. Fast enough to be asked every second.
    fn probe(&self) -> Result<(), StoreError>;

    /// Ends cleanly. Later commits fail with [`StoreError::Poisoned`]. A store that is dropped without it loses
    /// nothing either.
    fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// What [`Store::check`] found good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreReport {
    /// The events that were ever committed.
    pub events: u64,
    /// The documents that have changes.
    pub documents: u64,
    /// The changes in them.
    pub changes: u64,
    /// What is kept aside and not settled.
    pub aside: u64,
    /// Bytes of the journal that were verified; 0 for a store without one.
    pub journal_bytes: u64,
    /// What is not wrong, and yet worth knowing: one sentence each, with what to do about it.
    pub notes: Vec<String>,
}

/// An event as the bytes that are written down.
pub(crate) fn encode(event: &Event) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    // A Vec takes everything, and no event has a field that refuses to be written.
    minicbor::encode(event, &mut bytes).map_err(|error| StoreError::Io {
        path: "event".into(),
        source: std::io::Error::other(error.to_string()),
    })?;
    if bytes.len() > EVENT_BYTES_MAX {
        return Err(StoreError::TooLong {
            bytes: bytes.len(),
            bytes_max: EVENT_BYTES_MAX,
        });
    }
    Ok(bytes)
}
