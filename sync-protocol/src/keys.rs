//! The keys of a school's devices: with them every replica checks for itself who made a change.
//!
//! Numbers are never given twice and a device has one key for life, so the list only grows. A tablet says how far it
//! has the list; the school sends the rest and signs the digest of the whole.

use std::collections::BTreeMap;

use daymark_core::chunk;
use daymark_core::document_id::DocumentId;
use daymark_core::ids::{ActorId, ChangeHash, DeviceNumber, SchoolId};
use daymark_core::log::leaf::Leaf;
use daymark_core::signature::{self, BadSignature, Claim, PublicKey, SecretKey, Signature, Verifier, split};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

/// The keys of a school's devices, as one side knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyRing {
    /// By device; `None` for bytes that are no key, with which nothing verifies.
    keys: BTreeMap<DeviceNumber, (PublicKey, Option<Verifier>)>,
    digest: [u8; 32],
}

/// Keys that a tablet does not know yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct KeyNews {
    /// The devices and their keys, by number, those after the last that the tablet named.
    #[n(0)]
    pub keys: Vec<DeviceKey>,
    /// The school's signature of the digest of the whole list.
    #[n(1)]
    pub signature: Signature,
}

/// A device's key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct DeviceKey {
    /// Which device.
    #[n(0)]
    pub device: DeviceNumber,
    /// Its key.
    #[n(1)]
    pub key: PublicKey,
}

/// A change and who signed it, as it says of itself or, where it comes out of [`KeyRing::verify`], as was checked.
#[derive(Debug, Clone, Copy)]
pub struct Attributed<'a> {
    /// Its hash.
    pub hash: ChangeHash,
    /// Who made it.
    pub author: DeviceNumber,
    /// The signature.
    pub signature: Signature,
    /// The raw chunk.
    pub chunk: &'a [u8],
}

/// Why a signed change is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The chunk cannot be read.
    #[error(transparent)]
    Chunk(#[from] chunk::ChunkError),
    /// It is too short to hold a signature and a change, or names no device.
    #[error("it is not a signed change of a device")]
    Malformed,
    /// Nobody here knows the device.
    #[error("device {0}, which made the change, is not enrolled at this school, as far as is known here")]
    UnknownDevice(DeviceNumber),
    /// The signature does not hold.
    #[error(
        "the signature is not that of device {0}, which the change names as its maker: somebody else made it, or it was changed"
    )]
    Forged(DeviceNumber),
}

/// From this many signatures on, checking them together is cheaper than one by one.
const TOGETHER_FROM: usize = 4;

/// Takes a signed change apart; nothing is checked yet but the checksum.
///
/// # Errors
/// [`NotVerified::Chunk`] or [`NotVerified::Malformed`].
pub fn read(signed: &[u8]) -> Result<Attributed<'_>, NotVerified> {
    let (signature, chunk) = split(signed).ok_or(NotVerified::Malformed)?;
    let header = chunk::parse(chunk)?;
    let author = ActorId::from_bytes(header.actor)
        .ok_or(NotVerified::Malformed)?
        .device;
    Ok(Attributed {
        hash: header.hash,
        author,
        signature,
        chunk,
    })
}

impl Attributed<'_> {
    /// Its leaf in the school's log.
    pub fn leaf(&self, school: SchoolId, document: &DocumentId) -> Leaf {
        Leaf {
            school,
            document: document.clone(),
            change: self.hash,
            device: self.author,
            signature: self.signature.0,
        }
    }
}

impl KeyRing {
    /// The last device whose key is known; 0 for none.
    pub fn known(&self) -> u32 {
        self.keys.keys().next_back().map_or(0, |device| device.0)
    }

    /// A device's key.
    pub fn key(&self, device: DeviceNumber) -> Option<&PublicKey> {
        self.keys.get(&device).map(|(key, _)| key)
    }

    /// Adds the key of the next device. An earlier number is left as it is: a device has one key for life.
    pub fn add(&mut self, device: DeviceNumber, key: PublicKey) {
        if device.0 <= self.known() {
            return;
        }
        let mut hash = Sha256::new();
        hash.update(self.digest);
        hash.update(device.0.to_be_bytes());
        hash.update(key.0);
        self.digest = hash.finalize().into();
        self.keys.insert(device, (key, key.verifier().ok()));
    }

    /// What a tablet that knows the keys up to `known` lacks; `None` where it lacks nothing.
    pub fn news(&self, school: SchoolId, signer: &SecretKey, known: u32) -> Option<KeyNews> {
        let keys: Vec<DeviceKey> = self
            .keys
            .range(DeviceNumber(known.saturating_add(1))..)
            .map(|(device, (key, _))| DeviceKey {
                device: *device,
                key: *key,
            })
            .collect();
        (!keys.is_empty()).then(|| KeyNews {
            keys,
            signature: signer.sign_keys(school, &self.digest),
        })
    }

    /// The list with the news in it, if the school signed that. News that come late, after later ones, are as good as
    /// when they were signed, and bring nothing.
    ///
    /// # Errors
    /// [`BadSignature`]: not the school's word.
    pub fn with(
        &self,
        school: SchoolId,
        school_key: &PublicKey,
        news: &KeyNews,
    ) -> Result<Self, BadSignature> {
        let last = news.keys.last().map_or(DeviceNumber(0), |entry| entry.device);
        let mut ring = if last.0 >= self.known() {
            self.clone()
        } else {
            // What is said here was signed before what is known: the digest of that time is needed.
            let mut earlier = Self::default();
            for (device, key) in self.keys.range(..=last) {
                earlier.add(*device, key.0);
            }
            earlier
        };
        for entry in &news.keys {
            ring.add(entry.device, entry.key);
        }
        school_key.verify_keys(school, &ring.digest, &news.signature)?;
        Ok(if ring.known() > self.known() {
            ring
        } else {
            self.clone()
        })
    }

    /// Checks who made a change.
    ///
    /// # Errors
    /// See [`NotVerified`].
    pub fn verify<'a>(
        &self,
        school: SchoolId,
        document: &DocumentId,
        signed: &'a [u8],
    ) -> Result<Attributed<'a>, NotVerified> {
        let change = read(signed)?;
        self.alone(school, document, &change)?;
        Ok(change)
    }

    /// Checks who made each of many changes of a document, or, where their chunks are known already, of their signatures.
    ///
    /// # Errors
    /// See [`NotVerified`]: what is wrong with the first that is not good.
    pub fn verify_all(
        &self,
        school: SchoolId,
        document: &DocumentId,
        changes: &[Attributed<'_>],
    ) -> Result<(), NotVerified> {
        if changes.len() >= TOGETHER_FROM {
            let claims: Result<Vec<Claim<'_>>, NotVerified> = changes
                .iter()
                .map(|change| {
                    Ok(Claim {
                        by: self.verifier(change.author)?,
                        change: change.hash,
                        signature: change.signature,
                    })
                })
                .collect();
            if signature::verify_changes(school, document, &claims?).is_ok() {
                return Ok(());
            }
        }
        changes
            .iter()
            .try_for_each(|change| self.alone(school, document, change))
    }

    fn verifier(&self, author: DeviceNumber) -> Result<&Verifier, NotVerified> {
        let (_, verifier) = self.keys.get(&author).ok_or(NotVerified::UnknownDevice(author))?;
        verifier.as_ref().ok_or(NotVerified::Forged(author))
    }

    fn alone(
        &self,
        school: SchoolId,
        document: &DocumentId,
        change: &Attributed<'_>,
    ) -> Result<(), NotVerified> {
        self.verifier(change.author)?
            .verify_change(school, document, &change.hash, &change.signature)
            .map_err(|BadSignature| NotVerified::Forged(change.author))
    }
}

impl NotVerified {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Chunk(error) => daymark_core::door::Refusal::from(error.clone()).code(),
            Self::Malformed => "not-a-signed-change",
            Self::UnknownDevice(_) => "not-enrolled",
            Self::Forged(_) => "bad-signature",
        }
    }
}
