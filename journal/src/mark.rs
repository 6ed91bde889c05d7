//! The second file: how long the journal is known to be.
//!
//! A journal whose end was cut off cleanly looks whole. The mark, written after each sync, is what tells. It has two
//! slots that are written in turn, so that a write cut off in the middle leaves the older one readable.

use std::io;

use sha2::{Digest, Sha256};

use crate::format::{CHECK_BYTES, HEADER_BYTES, Position};
use crate::storage::{Access, Folder, Storage, open_if_there, read_up_to};

/// The slots are a page apart: no disk tears both with one write.
const SLOT_OFFSETS: [u64; 2] = [0, 4096];
const SLOT_BYTES: usize = BODY_BYTES + CHECK_BYTES;
const BODY_BYTES: usize = 8 + 8 + 8 + 32;
const MAGIC: [u8; 8] = *b"DAYMARKM";

/// What opening found in the mark file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkState {
    /// Both slots are good.
    Whole,
    /// One slot is good: the writing of the other was cut off, or it was damaged.
    OneSlot,
    /// There is no mark file.
    Missing,
    /// There is a mark file, and nothing in it can be read. The journal is checked as if there were none.
    Unreadable,
}

/// What a mark file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marked {
    pub(crate) state: MarkState,
    /// The furthest position that a good slot names.
    pub(crate) known: Option<Position>,
    /// The slot to be written next: never the one that `known` was read from.
    next_slot: usize,
}

impl Marked {
    /// Reads a mark file. A file that the disk cannot read counts as unreadable.
    pub(crate) fn read<S: Storage>(file: Option<&S>) -> Self {
        let Some(file) = file else {
            return Self {
                state: MarkState::Missing,
                known: None,
                next_slot: 0,
            };
        };
        let [first, second] = SLOT_OFFSETS.map(|offset| read_slot(file, offset));
        let (state, known, next_slot) = match (first, second) {
            (None, None) => (MarkState::Unreadable, None, 0),
            (Some(first), None) => (MarkState::OneSlot, Some(first), 1),
            (None, Some(second)) => (MarkState::OneSlot, Some(second), 0),
            (Some(first), Some(second)) if first.offset >= second.offset => {
                (MarkState::Whole, Some(first), 1)
            }
            (Some(_), Some(second)) => (MarkState::Whole, Some(second), 0),
        };
        Self {
            state,
            known,
            next_slot,
        }
    }
}

/// The mark of an open journal.
#[derive(Debug)]
pub(crate) struct Mark<S> {
    name: String,
    file: Option<S>,
    known: Option<Position>,
    next_slot: usize,
}

impl<S: Storage> Mark<S> {
    /// Opens and reads the mark file, if it is there.
    pub(crate) fn open<F: Folder<File = S>>(folder: &F, name: String) -> io::Result<(Self, Marked)> {
        let file = open_if_there(folder, &name, Access::Write)?;
        let marked = Marked::read(file.as_ref());
        Ok((
            Self {
                name,
                file,
                known: marked.known,
                next_slot: marked.next_slot,
            },
            marked,
        ))
    }

    /// Whether the mark names `end`.
    pub(crate) fn is_at(&self, end: &Position) -> bool {
        self.known.as_ref() == Some(end)
    }

    /// Names `end`, which must be synced. After an error the slot that was good before still is.
    pub(crate) fn write<F: Folder<File = S>>(&mut self, folder: &F, end: &Position) -> io::Result<()> {
        if self.is_at(end) {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(folder.open(&self.name, Access::Create)?),
        };
        let slot = slot(end);
        file.write_at(SLOT_OFFSETS[self.next_slot], &slot)?;
        self.next_slot = 1 - self.next_slot;
        if self.known.replace(*end).is_none() {
            // The first time both slots are written: from then on a mark needs no more room on the disk.
            file.write_at(SLOT_OFFSETS[self.next_slot], &slot)?;
            file.sync_data()?;
            folder.sync()?;
        }
        Ok(())
    }

    /// Makes the mark itself durable.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Storage::sync_data)
    }
}

fn slot(position: &Position) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    slot[..8].copy_from_slice(&MAGIC);
    slot[8..16].copy_from_slice(&position.offset.to_le_bytes());
    slot[16..24].copy_from_slice(&position.records.to_le_bytes());
    slot[24..BODY_BYTES].copy_from_slice(&position.chain);
    let check = Sha256::digest(&slot[..BODY_BYTES]);
    slot[BODY_BYTES..].copy_from_slice(&check[..CHECK_BYTES]);
    slot
}

fn read_slot<S: Storage>(file: &S, offset: u64) -> Option<Position> {
    let mut found = [0; SLOT_BYTES];
    if read_up_to(file, offset, &mut found).ok()? < SLOT_BYTES {
        return None;
    }
    let number = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&found[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    let mut chain = [0; 32];
    chain.copy_from_slice(&found[24..BODY_BYTES]);
    let position = Position {
        offset: number(8),
        records: number(16),
        chain,
    };
    (position.offset >= HEADER_BYTES as u64 && found == slot(&position)).then_some(position)
}
