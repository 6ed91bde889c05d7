//! What a hub writes down: the records of its journal, from which everything else can be rebuilt.

use daymark_core::document_id::DocumentId;
use daymark_core::grant::Grant;
use daymark_core::ids::{ChangeHash, DeviceNumber, PersonId};
use daymark_core::sign_off::document_bytes;
use daymark_core::signature::PublicKey;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// One fact, in the order in which the hub accepted them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// A change went into a document.
    #[n(0)]
    Stored(#[n(0)] StoredChange),
    /// A change could not be taken, or waits; its bytes are kept.
    #[n(1)]
    Aside(#[n(0)] Aside),
    /// What was kept aside under this key, or waited as this hash, needs keeping no more: it went into its document,
    /// or was kept aside anew.
    #[n(2)]
    Settled(#[n(0)] ChangeHash),
    /// The office made an invitation.
    #[n(3)]
    Invited(#[n(0)] Invitation),
    /// A device used an invitation; or the same again, with another standing or another grant.
    #[n(4)]
    Enrolled(#[n(0)] Enrolment),
    /// The office imported a roster: the whole of it, as JSON.
    #[n(5)]
    Roster(#[n(0)] ByteVec),
    /// The log goes on without changes that the school once signed for.
    #[n(6)]
    Branched(#[n(0)] Branch),
    /// Something that somebody may have to answer for, and that is no mark.
    #[n(7)]
    Noted(#[n(0)] Note),
}

/// One line of the school's security log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Note {
    /// When: unix milliseconds of the hub's clock.
    #[n(0)]
    pub at_ms: u64,
    /// The device that did it, or by which it came.
    #[n(1)]
    pub device: DeviceNumber,
    /// The person who did it, where it is known.
    #[n(2)]
    pub by: Option<PersonId>,
    /// What was done.
    #[n(3)]
    pub deed: Deed,
}

/// What a line of the security log says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Deed {
    /// A home visit was sent to the device, or shown to the person.
    #[n(0)]
    VisitRead(#[cbor(n(0), with = "document_bytes")] DocumentId),
    /// What was kept aside under this key was let in after all.
    #[n(1)]
    Released(#[n(0)] ChangeHash, #[n(1)] String),
    /// A second change came with the number of one that is stored, by the same actor: the hashes of both. A copy of the
    /// device's store is in use, or its key is in other hands.
    #[n(2)]
    Equivocated(#[n(0)] ChangeHash, #[n(1)] ChangeHash),
    /// The device showed a checkpoint that the school's log does not continue: the log had so many changes then.
    #[n(3)]
    Branched(#[n(0)] u64),
}

/// Where a log left the one that was signed for: after a restore from an older backup.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Branch {
    /// SHA-256 of the text of the checkpoint that the log goes on from: every later checkpoint names it.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub from: [u8; 32],
    /// How many changes the log had then.
    #[n(1)]
    pub size: u64,
    /// The checkpoint that the log does not continue, as a signed note: what shows it.
    #[n(2)]
    pub lost: String,
    /// The device that showed it; 0 where the server found it beside its journal.
    #[n(3)]
    pub shown_by: u32,
    /// When: unix milliseconds of the hub's clock.
    #[n(4)]
    pub at_ms: u64,
}

/// A change in a document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct StoredChange {
    /// Which document.
    #[n(0)]
    #[cbor(with = "document_bytes")]
    pub document: DocumentId,
    /// The change's hash.
    #[n(1)]
    pub hash: ChangeHash,
    /// The device that brought it, which need not be the one that made it.
    #[n(2)]
    pub carrier: DeviceNumber,
    /// When the hub received it: unix milliseconds of the hub's clock.
    #[n(3)]
    pub received_at: u64,
    /// The signed change: its maker's signature, then the raw chunk.
    #[n(4)]
    pub bytes: ByteVec,
    /// Its place in the school's log, counted from 0.
    #[n(5)]
    pub leaf: u64,
}

/// A change kept aside: refused, or waiting for its parents.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Aside {
    /// SHA-256 of the document's name and the bytes as they came, which is what they are kept under.
    #[n(0)]
    pub key: ChangeHash,
    /// The change's own hash, where it could be read: it waits under this.
    #[n(1)]
    pub waits_as: Option<ChangeHash>,
    /// The document it was sent for, as bytes: it may be of a kind that the hub does not know.
    #[n(2)]
    pub document: ByteVec,
    /// The device that brought it.
    #[n(3)]
    pub carrier: DeviceNumber,
    /// When the hub received it: unix milliseconds.
    #[n(4)]
    pub received_at: u64,
    /// Why, as a stable code.
    #[n(5)]
    pub code: String,
    /// Why, in words.
    #[n(6)]
    pub reason: String,
    /// The bytes as they came.
    #[n(7)]
    pub bytes: ByteVec,
}

/// An invitation for one device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Invitation {
    /// SHA-256 of the secret that the invitation carries.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub secret_hash: [u8; 32],
    /// What the device will be called.
    #[n(1)]
    pub name: String,
    /// What it will be granted.
    #[n(2)]
    pub grant: Grant,
    /// Until when it may be used: unix milliseconds of the hub's clock.
    #[n(3)]
    pub expires_at: u64,
}

/// A device that used its invitation.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Enrolment {
    /// The number that it was given.
    #[n(0)]
    pub device: DeviceNumber,
    /// What it is called.
    #[n(1)]
    pub name: String,
    /// What it is granted now.
    #[n(2)]
    pub given: Given,
    /// The key that it signs with.
    #[n(3)]
    pub key: PublicKey,
    /// The invitation that it used, which is thereby used up.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub invitation: [u8; 32],
    /// When: unix milliseconds of the hub's clock.
    #[n(5)]
    pub enrolled_at: u64,
    /// Whether it may speak.
    #[n(6)]
    pub standing: Standing,
    /// What it was granted before.
    #[n(7)]
    pub before: Vec<Given>,
    /// What the office wrote to it last.
    #[n(8)]
    pub message: Option<Message>,
}

/// A short text from the office to one device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Message {
    /// When it was written: unix milliseconds of the hub's clock. Its name, too: no two of a device have the same.
    #[n(0)]
    pub at_ms: u64,
    /// The staff id of the person who wrote it.
    #[n(1)]
    pub by: PersonId,
    /// The text.
    #[n(2)]
    pub text: String,
    /// When the device told that somebody there has read it: unix milliseconds of the hub's clock.
    #[n(3)]
    pub heard_ms: Option<u64>,
}

/// What a device was granted.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Given {
    /// Its place in the school's list of all that was granted, counted from 1.
    #[n(0)]
    pub place: u32,
    /// What.
    #[n(1)]
    pub grant: Grant,
    /// When: unix milliseconds of the hub's clock.
    #[n(2)]
    pub at_ms: u64,
    /// The staff id of the person who changed it; none for what the invitation said.
    #[n(3)]
    pub by: Option<PersonId>,
}

impl Given {
    /// What an invitation said.
    pub fn by_invitation(place: u32, grant: Grant, at_ms: u64) -> Self {
        Self {
            place,
            grant,
            at_ms,
            by: None,
        }
    }
}

/// Whether a device may speak with the school.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Standing {
    /// It used its invitation; the office has not yet compared the codes on both screens.
    #[n(0)]
    Unconfirmed(#[n(0)] String),
    /// The office confirmed it.
    #[n(1)]
    Confirmed,
    /// It was reported lost: nothing that it brings, and nothing that it made and others bring, is taken any more,
    /// but kept aside.
    #[n(2)]
    Lost(#[n(0)] Report),
    /// The office ended its duty for good: it is taken from as from a lost one, and need not lock itself.
    #[n(3)]
    Retired(#[n(0)] Report),
}

/// Who reported something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Report {
    /// When: unix milliseconds of the hub's clock.
    #[n(0)]
    pub at_ms: u64,
    /// The staff id of the person who reported it.
    #[n(1)]
    pub by: PersonId,
    /// What is known of how it happened, in their words.
    #[n(2)]
    pub reason: Option<String>,
}
