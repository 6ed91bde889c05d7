//! What a document holds: a grow-only list of items, each one value of bytes.
//!
//! The first byte says what kind of item follows. A sheet holds slips (register entries) and sign-offs; a trip and
//! a visit hold statements. Nothing is ever taken out: a correction is a further item that names what it replaces.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::bytes::BytesError;
use crate::cbor;
use crate::document_id::DocumentId;
use crate::entry::{ClockCheck, Entry, Person};
use crate::follow_up::FollowUp;
use crate::ids::{DeviceNumber, EntryId, PupilNumber, SchoolId};
use crate::sign_off::SignOff;
use crate::slip;
use crate::trip::TripStatement;
use crate::visit::VisitStatement;

/// The longest item, in bytes. [`slip::groups`] stays under it.
pub const ITEM_BYTES_MAX: usize = 16 * 1024;

const SLIP: u8 = 1;
const SIGN_OFF: u8 = 2;
const TRIP: u8 = 3;
const VISIT: u8 = 4;
const FOLLOW_UP: u8 = 5;

/// Who said something, on which device, when by its clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, serde::Serialize)]
#[cbor(array)]
pub struct Stamp {
    /// Whose school.
    #[n(0)]
    pub school: SchoolId,
    /// On which device.
    #[n(1)]
    pub device: DeviceNumber,
    /// Who.
    #[n(2)]
    pub person: Person,
    /// When, by the device's clock: unix seconds.
    #[n(3)]
    pub recorded_at: i64,
    /// What the device knew about that clock.
    #[n(4)]
    pub clock: Option<ClockCheck>,
}

impl Stamp {
    /// When it was said by the school's clock, as well as the device knew it: unix seconds, to be shown to people. It
    /// judges nothing.
    pub fn shown_at(&self) -> i64 {
        crate::entry::put_right(self.recorded_at, self.clock)
    }
}

/// A statement in a document: who said it, what it replaces and why, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
#[cbor(array)]
pub struct Statement<T> {
    /// Who said it.
    #[n(0)]
    pub stamp: Stamp,
    /// The statements that it replaces.
    #[n(1)]
    #[cbor(with = "crate::cbor::id_set")]
    pub supersedes: BTreeSet<EntryId>,
    /// Why it replaces them.
    #[n(2)]
    pub reason: Option<String>,
    /// What it says.
    #[n(3)]
    pub body: T,
}

/// One item of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Register entries, in a sheet.
    Slip(Vec<Entry>),
    /// The office's sign-off of a session, in a sheet.
    SignOff(Statement<SignOff>),
    /// What is said about a trip.
    Trip(Statement<TripStatement>),
    /// What is said about a visit.
    Visit(Statement<VisitStatement>),
    /// What the office did about an absence, in its sheet.
    FollowUp(Statement<FollowUp>),
}

/// How many marks and statements the items of a change hold; a piece of writing in an account counts as one.
pub fn statements_in(items: &[Item]) -> u32 {
    let count: usize = items
        .iter()
        .map(|item| match item {
            Item::Slip(entries) => entries.len(),
            _ => 1,
        })
        .sum();
    u32::try_from(count.max(1)).unwrap_or(u32::MAX)
}

impl Item {
    /// The bytes that the document's list holds.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, body) = match self {
            Self::Slip(entries) => (SLIP, slip::encode(entries)),
            Self::SignOff(statement) => (SIGN_OFF, cbor::to_vec(statement)),
            Self::Trip(statement) => (TRIP, cbor::to_vec(statement)),
            Self::Visit(statement) => (VISIT, cbor::to_vec(statement)),
            Self::FollowUp(statement) => (FOLLOW_UP, cbor::to_vec(statement)),
        };
        let mut bytes = Vec::with_capacity(body.len() + 1);
        bytes.push(kind);
        bytes.extend(body);
        bytes
    }

    /// Reads an item.
    ///
    /// # Errors
    /// An unknown kind, a field out of its range or a form that is not canonical.
    pub fn decode(bytes: &[u8]) -> Result<Self, BytesError> {
        if bytes.len() > ITEM_BYTES_MAX {
            return Err(BytesError::TooLong {
                what: "item",
                got: bytes.len() as u64,
                limit: ITEM_BYTES_MAX,
            });
        }
        let (&kind, body) = bytes.split_first().ok_or(BytesError::Short("item"))?;
        match kind {
            SLIP => slip::decode(body).map(Self::Slip),
            SIGN_OFF => cbor::from_canonical(body, "sign-off").map(Self::SignOff),
            TRIP => cbor::from_canonical(body, "trip statement").map(Self::Trip),
            VISIT => cbor::from_canonical(body, "visit statement").map(Self::Visit),
            FOLLOW_UP => cbor::from_canonical(body, "follow-up").map(Self::FollowUp),
            other => Err(BytesError::Kind(other)),
        }
    }

    /// Whether an item may say something of a pupil who is `wanted`, or of more than pupils. It saves reading the many
    /// that do not; what it lets through [`Item::decode`] may still refuse.
    pub fn may_concern(bytes: &[u8], wanted: impl Fn(PupilNumber) -> bool) -> bool {
        match bytes.split_first() {
            Some((&SLIP, body)) => slip::has_pupil(body, wanted).unwrap_or(true),
            _ => true,
        }
    }

    /// Whether the bytes are those of a follow-up.
    pub fn is_follow_up(bytes: &[u8]) -> bool {
        bytes.first() == Some(&FOLLOW_UP)
    }

    /// Packs entries into slips, none longer than an item may be.
    pub fn slips(entries: &[Entry]) -> Vec<Self> {
        slip::groups(entries).into_iter().map(Self::Slip).collect()
    }

    /// The school that the item names.
    pub fn school(&self) -> Option<SchoolId> {
        match self {
            Self::Slip(entries) => entries.first().map(|entry| entry.school),
            _ => self.stamp().map(|stamp| stamp.school),
        }
    }

    /// The device that the item says it was made on.
    pub fn device(&self) -> Option<DeviceNumber> {
        match self {
            Self::Slip(entries) => entries.first().map(|entry| entry.device),
            _ => self.stamp().map(|stamp| stamp.device),
        }
    }

    fn stamp(&self) -> Option<&Stamp> {
        match self {
            Self::Slip(_) => None,
            Self::SignOff(statement) => Some(&statement.stamp),
            Self::Trip(statement) => Some(&statement.stamp),
            Self::Visit(statement) => Some(&statement.stamp),
            Self::FollowUp(statement) => Some(&statement.stamp),
        }
    }
}

/// The id of a statement: SHA-256 of a domain tag, the document it stands in, and its bytes.
pub fn statement_id(document: &DocumentId, item_bytes: &[u8]) -> EntryId {
    let mut hash = Sha256::new();
    hash.update(b"daymark statement v1\0");
    hash.update(document.to_bytes());
    hash.update(b"\0");
    hash.update(item_bytes);
    EntryId(hash.finalize().into())
}
