//! The two messages of a sync: one round trip does everything. `docs/protocol.md` describes them in CDDL.

use std::io::{Read, Write};

use daymark_core::document_id::DocumentId;
use daymark_core::ids::{ChangeHash, DeviceNumber, SchoolId};
use daymark_core::session::Date;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::duties::DutyNews;
use crate::keys::KeyNews;
use crate::limits::{
    CHECKPOINT_BYTES_MAX, DOCUMENTS_MAX, OFFERS_MAX, PARTS_MAX, REPLY_BYTES_MAX, REQUEST_BYTES_MAX,
    WINDOW_DAYS_MAX,
};
use crate::version::{FrameError, Kind, open, seal};

/// The hub's sequence number in one document: how many of its changes are known. 0 is none.
pub type CursorNumber = u64;

impl Window {
    /// Every date of the window, in order; none where it ends before it starts.
    pub fn dates(self) -> impl Iterator<Item = Date> {
        (self.from.days()..=self.to.days()).map(Date::from_days)
    }
}

/// What a tablet says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SyncRequest {
    /// Whose documents these are.
    #[n(0)]
    pub school: SchoolId,
    /// Which device speaks.
    #[n(1)]
    pub device: DeviceNumber,
    /// The device's clock: unix milliseconds. Evidence, never a judge.
    #[n(2)]
    pub clock_ms: i64,
    /// How many marks and statements the device holds that the hub has not acknowledged, those offered here included.
    #[n(3)]
    pub backlog: u32,
    /// The documents that this request speaks of.
    #[n(4)]
    pub documents: Vec<DocumentState>,
    /// New changes, parents before children.
    #[n(5)]
    pub offers: Vec<Offer>,
    /// Of which dates it wants sheets that it does not name.
    #[n(6)]
    pub window: Option<Window>,
    /// The digest of the brief that it has, to be told of a newer one; empty if it has none.
    #[n(7)]
    pub brief: Option<ByteVec>,
    /// The last device whose key it knows; 0 for none.
    #[n(8)]
    pub keys: u32,
    /// How many changes the school's log had at the last checkpoint that the device follows; 0 for none.
    #[n(9)]
    pub log: u64,
    /// That checkpoint, where the school's log did not continue it: so that the school sees it, too.
    #[n(10)]
    pub shown: Option<String>,
    /// How many of the duties that the school's devices were given it knows.
    #[n(11)]
    pub duties: u32,
    /// The message that somebody has read on the device, by its time.
    #[n(12)]
    pub heard: Option<u64>,
}

/// What a device has of a document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct DocumentState {
    /// Which document, in its compact form: a hub may not know the kind.
    #[n(0)]
    pub document: ByteVec,
    /// How far the device has what the hub has.
    #[n(1)]
    pub cursor: CursorNumber,
    /// Digest of the heads that the device takes the hub to have: those of its own document, without what the hub has
    /// not acknowledged. Both sides must agree at the cursor.
    #[n(2)]
    pub heads: Option<ByteArray<16>>,
}

/// One change offered.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Offer {
    /// Which of the request's documents, by place.
    #[n(0)]
    pub document: u16,
    /// The signed change: its maker's signature, then the raw chunk.
    #[n(1)]
    pub change: ByteVec,
}

/// Dates, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Window {
    /// The first date.
    #[n(0)]
    pub from: Date,
    /// The last date.
    #[n(1)]
    pub to: Date,
}

/// What the hub answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SyncReply {
    /// The hub's clock: unix milliseconds.
    #[n(0)]
    pub now_ms: u64,
    /// One for each offer, in their order. `Stored` and `Had` mean: on disk, flushed.
    #[n(1)]
    pub acks: Vec<Ack>,
    /// What is new.
    #[n(2)]
    pub news: Vec<News>,
    /// Whether there is more than fitted: ask again.
    #[n(3)]
    pub more: bool,
    /// A newer brief: the school's signature, then the brief, encoded.
    #[n(4)]
    pub brief: Option<ByteVec>,
    /// The keys of devices that the tablet does not know yet.
    #[n(5)]
    pub keys: Option<KeyNews>,
    /// How the school's log goes on, where it has, and the receipts for what was offered.
    #[n(6)]
    pub log: Option<LogNews>,
    /// The duties of devices that the tablet does not know yet.
    #[n(7)]
    pub duties: Option<DutyNews>,
    /// What the office writes to the device, until the device tells that it was read: the school's signature, then an
    /// [`crate::message::OfficeMessage`], encoded.
    #[n(8)]
    pub message: Option<ByteVec>,
}

/// Hashes of a Merkle proof (RFC 6962).
pub type LogProof = Vec<ByteArray<32>>;

/// The school's log since the checkpoint that the device follows.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct LogNews {
    /// The newest checkpoint, as a signed note.
    #[n(0)]
    pub checkpoint: String,
    /// The proof that it continues the one that the device named; no hashes prove nothing.
    #[n(1)]
    pub consistency: LogProof,
    /// One for each change that the school has, in the order of the offers.
    #[n(2)]
    pub receipts: Vec<Receipt>,
}

/// The proof that an offered change is in the log of the checkpoint beside it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Receipt {
    /// Which of the request's offers, by place.
    #[n(0)]
    pub offer: u16,
    /// The change's place in the log, counted from 0.
    #[n(1)]
    pub leaf: u64,
    /// The proof.
    #[n(2)]
    pub inclusion: LogProof,
}

/// What became of one offered change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Ack {
    /// It is stored.
    #[n(0)]
    Stored,
    /// It was stored before.
    #[n(1)]
    Had,
    /// It is kept and waits for changes that have not arrived: some of them.
    #[n(2)]
    Held(#[n(0)] Vec<ChangeHash>),
    /// It cannot be taken; the device keeps it.
    #[n(3)]
    Refused(#[n(0)] RefusedWith),
}

/// Why a change was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RefusedWith {
    /// A stable code.
    #[n(0)]
    pub code: String,
    /// Why, in plain words.
    #[n(1)]
    pub reason: String,
}

/// What is new in one document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct News {
    /// Which document, in its compact form.
    #[n(0)]
    pub document: ByteVec,
    /// The cursor after which this starts.
    #[n(1)]
    pub from: CursorNumber,
    /// The cursor that it leads to.
    #[n(2)]
    pub to: CursorNumber,
    /// Digest of the hub's heads at `to`: after this, both sides must have the same.
    #[n(3)]
    pub heads: ByteArray<16>,
    /// The changes themselves.
    #[n(4)]
    pub content: Content,
}

/// How what is new is sent.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Content {
    /// Signed change by signed change, without those that the request offered.
    #[n(0)]
    Changes(#[n(0)] Vec<ByteVec>),
    /// The whole document, compacted, and the signatures of its changes: for a cold replica.
    #[n(1)]
    Saved(#[n(0)] SavedDocument),
    /// The same as [`Content::Changes`], compressed: for a cold replica, where that is shorter than the compacted form.
    #[n(2)]
    Packed(#[n(0)] Packed),
}

/// Signed changes, compressed, in parts: each is zlib (RFC 1950) of a CBOR list of them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Packed(#[n(0)] Vec<ByteVec>);

fn part(changes: &[ByteVec], level: flate2::Compression) -> ByteVec {
    let plain = daymark_core::cbor::to_vec(&changes);
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), level);
    let packed = packer.write_all(&plain).and_then(|()| packer.finish());
    packed.expect("packing into memory cannot fail").into()
}

impl Packed {
    /// Packs changes, as small as can be.
    pub fn of(changes: &[ByteVec]) -> Self {
        Self(vec![part(changes, flate2::Compression::best())])
    }

    /// The same with further changes behind, in a part of their own: the first part stays as it was made.
    #[must_use]
    pub fn with(&self, changes: &[ByteVec]) -> Self {
        let mut parts = self.0.clone();
        parts.push(part(changes, flate2::Compression::default()));
        Self(parts)
    }

    /// The changes.
    ///
    /// # Errors
    /// Bytes that do not unpack, or that would unpack to more than a reply may hold.
    pub fn unpack(&self) -> Result<Vec<ByteVec>, FrameError> {
        let malformed = |why: String| FrameError::Malformed(format!("packed changes: {why}"));
        bounded("parts of packed changes", self.0.len(), PARTS_MAX)?;
        let mut changes = Vec::new();
        let mut room = REPLY_BYTES_MAX;
        for part in &self.0 {
            let mut plain = Vec::new();
            flate2::read::ZlibDecoder::new(&part[..])
                .take(room as u64 + 1)
                .read_to_end(&mut plain)
                .map_err(|error| malformed(error.to_string()))?;
            bounded("bytes of packed changes", plain.len(), room)?;
            room -= plain.len();
            let unpacked: Vec<ByteVec> =
                minicbor::decode(&plain).map_err(|error| malformed(error.to_string()))?;
            changes.extend(unpacked);
        }
        Ok(changes)
    }

    /// How many bytes it takes.
    pub fn size(&self) -> usize {
        self.0.iter().map(|part| part.len()).sum()
    }
}

/// A whole document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SavedDocument {
    /// Automerge's compacted form.
    #[n(0)]
    pub saved: ByteVec,
    /// The signatures of its changes, one after another, in ascending order of the changes' hashes.
    #[n(1)]
    pub signatures: ByteVec,
}

impl SavedDocument {
    /// How many bytes it takes.
    pub fn size(&self) -> usize {
        self.saved.len() + self.signatures.len()
    }
}

/// Digest of a document's heads: the check that both sides agree.
pub fn heads_digest(heads: &[ChangeHash]) -> ByteArray<16> {
    let mut hash = Sha256::new();
    for head in heads {
        hash.update(head.0);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short.into()
}

fn decode<T: for<'b> Decode<'b, ()>>(kind: Kind, bytes: &[u8], limit: usize) -> Result<T, FrameError> {
    if bytes.len() > limit {
        return Err(FrameError::TooLarge {
            what: "bytes of the message",
            got: bytes.len(),
            limit,
        });
    }
    let body = open(kind, bytes)?;
    let mut decoder = minicbor::Decoder::new(body);
    let value = decoder
        .decode()
        .map_err(|error| FrameError::Malformed(error.to_string()))?;
    if decoder.position() != body.len() {
        return Err(FrameError::Malformed(
            "bytes are left over after the message".into(),
        ));
    }
    Ok(value)
}

fn encode<T: Encode<()>>(kind: Kind, value: &T) -> Vec<u8> {
    seal(kind, &daymark_core::cbor::to_vec(value))
}

fn bounded(what: &'static str, got: usize, limit: usize) -> Result<(), FrameError> {
    if got > limit {
        Err(FrameError::TooLarge { what, got, limit })
    } else {
        Ok(())
    }
}

fn bounded_names<'a>(mut names: impl Iterator<Item = &'a ByteVec>) -> Result<(), FrameError> {
    names.try_for_each(|name| bounded("bytes of a document's name", name.len(), DocumentId::BYTES_MAX))
}

impl SyncRequest {
    /// The bytes for the wire.
    pub fn encode(&self) -> Vec<u8> {
        encode(Kind::Request, self)
    }

    /// Reads and bounds a request.
    ///
    /// # Errors
    /// See [`FrameError`]. A single bad change is no error here: it gets a verdict of its own.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let request: Self = decode(Kind::Request, bytes, REQUEST_BYTES_MAX)?;
        bounded("documents in the request", request.documents.len(), DOCUMENTS_MAX)?;
        bounded("changes in the request", request.offers.len(), OFFERS_MAX)?;
        bounded_names(request.documents.iter().map(|state| &state.document))?;
        let shown = request.shown.as_ref().map_or(0, String::len);
        bounded("bytes of a checkpoint", shown, CHECKPOINT_BYTES_MAX)?;
        if let Some(offer) = request
            .offers
            .iter()
            .find(|offer| usize::from(offer.document) >= request.documents.len())
        {
            return Err(FrameError::Malformed(format!(
                "a change is offered for document number {}, but the request names only {}",
                offer.document,
                request.documents.len()
            )));
        }
        if let Some(window) = request.window {
            let days = window
                .to
                .days()
                .saturating_sub(window.from.days())
                .saturating_add(1);
            bounded("days asked for", usize::from(days), usize::from(WINDOW_DAYS_MAX))?;
        }
        Ok(request)
    }
}

impl SyncReply {
    /// The bytes for the wire.
    pub fn encode(&self) -> Vec<u8> {
        encode(Kind::Reply, self)
    }

    /// Reads and bounds a reply.
    ///
    /// # Errors
    /// See [`FrameError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let reply: Self = decode(Kind::Reply, bytes, REPLY_BYTES_MAX)?;
        bounded("answers in the reply", reply.acks.len(), OFFERS_MAX)?;
        if let Some(log) = &reply.log {
            bounded("receipts in the reply", log.receipts.len(), OFFERS_MAX)?;
            bounded(
                "bytes of a checkpoint",
                log.checkpoint.len(),
                CHECKPOINT_BYTES_MAX,
            )?;
        }
        Ok(reply)
    }
}

/// A hand-over from one device to another, as a file or in codes: the same changes, without any network.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Bundle {
    /// Whose documents these are.
    #[n(0)]
    pub school: SchoolId,
    /// Which device made it.
    #[n(1)]
    pub device: DeviceNumber,
    /// When, by its clock: unix milliseconds.
    #[n(2)]
    pub clock_ms: i64,
    /// The documents, each with changes, parents before children.
    #[n(3)]
    pub documents: Vec<BundleDocument>,
}

/// One document of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BundleDocument {
    /// Which document, in its compact form.
    #[n(0)]
    pub document: ByteVec,
    /// Signed changes.
    #[n(1)]
    pub changes: Vec<ByteVec>,
}

impl Bundle {
    /// The bytes of the file.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = encode(Kind::Bundle, self);
        let check: [u8; 32] = Sha256::digest(&bytes).into();
        bytes.extend(&check[..8]);
        bytes
    }

    /// Reads and bounds a bundle. Its last eight bytes check all before them: a file can be cut on its way.
    ///
    /// # Errors
    /// See [`FrameError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        bounded(
            "bytes of the bundle",
            bytes.len(),
            crate::limits::BUNDLE_BYTES_MAX,
        )?;
        open(Kind::Bundle, bytes)?;
        let (message, check) = bytes.split_at(bytes.len().saturating_sub(8));
        let expected: [u8; 32] = Sha256::digest(message).into();
        if check != &expected[..8] {
            return Err(FrameError::Malformed(
                "the bundle was cut or changed on its way; hand over again".into(),
            ));
        }
        let bundle: Self = decode(Kind::Bundle, message, crate::limits::BUNDLE_BYTES_MAX)?;
        bounded("documents in the bundle", bundle.documents.len(), DOCUMENTS_MAX)?;
        bounded_names(bundle.documents.iter().map(|part| &part.document))?;
        Ok(bundle)
    }
}
