//! A forger who has everything but a key: what he can make of honest changes.

use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::door::Refusal;
use daymark_core::entry::Duty;
use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, SchoolId};
use daymark_core::item::Item;
use daymark_core::roster::Role;
use daymark_core::signature::{
    KEY_BYTES, SIGNATURE_BYTES, SecretKey, Signature, SignedChange, chunk_of, split,
};
use sha2::{Digest, Sha256};

use super::super::common::*;

/// Every kind of forgery; [`Forger::forge`] makes all of them.
pub(crate) const KINDS: [&str; 14] = [
    "a stranger's key",
    "another device is named as maker",
    "re-signed by another enrolled device",
    "a bit of the signature is flipped",
    "a bit of the change is flipped, its check made good",
    "moved to another document",
    "signed for another document",
    "signed for another school",
    "the signature of a session",
    "the signature of a brief",
    "the signature of a list of keys",
    "the signature of an enrolment",
    "the signature of another change",
    "a signature of small order or another spelling",
];

/// The points of small order, with their second encodings: with signatures of them, lax verifiers can be fooled.
pub(crate) const SMALL_ORDER: [[u8; KEY_BYTES]; 14] = {
    const fn edge(first: u8, last: u8) -> [u8; KEY_BYTES] {
        let mut point = [0xff; KEY_BYTES];
        point[0] = first;
        point[KEY_BYTES - 1] = last;
        point
    }
    const fn low(first: u8, last: u8) -> [u8; KEY_BYTES] {
        let mut point = [0; KEY_BYTES];
        point[0] = first;
        point[KEY_BYTES - 1] = last;
        point
    }
    const fn negative(mut point: [u8; KEY_BYTES]) -> [u8; KEY_BYTES] {
        point[KEY_BYTES - 1] |= 0x80;
        point
    }
    const EIGHT: [u8; KEY_BYTES] = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ];
    const OTHER_EIGHT: [u8; KEY_BYTES] = [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ];
    [
        low(0, 0),
        low(0, 0x80),
        low(1, 0),
        low(1, 0x80),
        EIGHT,
        negative(EIGHT),
        OTHER_EIGHT,
        negative(OTHER_EIGHT),
        edge(0xec, 0x7f),
        edge(0xec, 0xff),
        edge(0xed, 0x7f),
        edge(0xed, 0xff),
        edge(0xee, 0x7f),
        edge(0xee, 0xff),
    ]
};

/// The order of the group, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Adds the group's order to a signature's scalar: the same signature, spelt otherwise.
pub(crate) fn plus_order(signature: &Signature, times: usize) -> Signature {
    let mut spelt = signature.0;
    for _ in 0..times {
        let mut carry = 0;
        for (byte, more) in spelt[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(more) + carry;
            *byte = u8::try_from(sum & 0xff).unwrap();
            carry = sum >> 8;
        }
        assert_eq!(carry, 0, "the scalar still fits");
    }
    Signature(spelt)
}

/// A change as its maker sends it.
#[derive(Debug, Clone)]
pub(crate) struct Honest {
    pub(crate) device: u32,
    pub(crate) document: DocumentId,
    pub(crate) bytes: Vec<u8>,
}

/// A change that must not be believed.
#[derive(Debug)]
pub(crate) struct Forged {
    pub(crate) kind: &'static str,
    pub(crate) document: DocumentId,
    pub(crate) bytes: Vec<u8>,
}

impl Forged {
    /// Whether a refusal names what is wrong. A flipped bit can make a chunk unreadable before its signature is asked for.
    pub(crate) fn may_be_called(&self, code: &str) -> bool {
        match self.kind {
            "a bit of the change is flipped, its check made good" => {
                match daymark_core::chunk::parse(chunk_of(&self.bytes)) {
                    Err(unreadable) => code == Refusal::from(unreadable).code(),
                    Ok(_) => ["bad-signature", "not-enrolled", "not-a-signed-change"].contains(&code),
                }
            }
            "another device is named as maker" => code == "bad-signature" || code == "not-enrolled",
            _ => code == "bad-signature",
        }
    }
}

const DEVICES: [(u32, Role, &[&str], &str); 6] = [
    (1, Role::Teacher, &["4B"], "class:4B"),
    (2, Role::Office, &[], "office"),
    (3, Role::Gate, &[], "gate"),
    (4, Role::Gate, &[], "gate"),
    (5, Role::Teacher, &["4B"], "class:4B"),
    (6, Role::Teacher, &["5A"], "class:5A"),
];

fn grant_of(device: usize) -> Grant {
    let (_, role, classes, _) = DEVICES[device];
    grant(role, classes)
}

/// A school in which every device of the honest changes is enrolled.
pub(crate) fn journal() -> Journal {
    let enrolments = DEVICES
        .iter()
        .enumerate()
        .map(|(place, (device, ..))| enrolment(*device, grant_of(place)));
    Journal::of(enrolments.collect())
}

/// A forger, seeded.
pub(crate) struct Forger {
    pub(crate) dice: Dice,
    honest: Vec<Honest>,
}

impl Forger {
    pub(crate) fn new(seed: u64) -> Self {
        let mut honest = Vec::new();
        for (device, _, _, duty) in DEVICES {
            let duty: Duty = duty.parse().unwrap();
            for pupil in 1..=8 {
                let mut made = entry(device, &duty, "N", pupil);
                if pupil % 2 == 0 {
                    made.code = Some(Code::NOT_YET_KNOWN);
                    made.particulars.comment = Some(format!("said to pupil {pupil}"));
                }
                let document = sheet(&duty);
                honest.push(Honest {
                    device,
                    bytes: change(device, &document, &Item::slips(&[made])),
                    document,
                });
            }
        }
        Self {
            dice: Dice::new(seed),
            honest,
        }
    }

    pub(crate) fn honest(&self) -> &[Honest] {
        &self.honest
    }

    fn other_device(&mut self, than: u32) -> u32 {
        let (device, ..) = *self.dice.pick(&DEVICES);
        if device == than { than % 6 + 1 } else { device }
    }

    fn other_document(&mut self, than: &DocumentId) -> DocumentId {
        let near = [
            "sheet/2026-03-03/class:4B",
            "sheet/2026-03-02/class:4C",
            "sheet/2026-03-02/gate",
            "sheet/2026-03-02/office",
            "sheet/2026-03-03/gate",
            "trip/6e5f2c3a-0000-4000-8000-000000000001",
            "visit/6e5f2c3a-0000-4000-8000-000000000009",
        ];
        loop {
            let document = document_id(self.dice.pick::<&str>(&near));
            if document != *than {
                return document;
            }
        }
    }

    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.dice.next().to_le_bytes()[7];
        }
        bytes
    }

    /// Names another device, or another store of the same, as the maker, and makes the check good.
    fn rename(&mut self, chunk: &[u8], device: u32) -> Vec<u8> {
        let named = daymark_core::chunk::parse(chunk).unwrap().actor.to_vec();
        let at = chunk.windows(named.len()).position(|part| part == named).unwrap();
        let new = loop {
            let new = match self.dice.below(3) {
                0 => u32::from_be_bytes(self.random()),
                _ => self.other_device(device),
            };
            if new != device && new != 0 {
                break new;
            }
        };
        let mut renamed = chunk.to_vec();
        let mut actor = actor(device);
        actor.device = DeviceNumber(new);
        renamed[at..at + named.len()].copy_from_slice(&actor.to_bytes());
        with_good_check(renamed)
    }

    /// A forgery of any kind, of any honest change.
    pub(crate) fn forge(&mut self) -> Forged {
        let kind = *self.dice.pick(&KINDS);
        let Honest {
            device,
            document,
            bytes,
        } = self.dice.pick(&self.honest).clone();
        let (signature, chunk) = split(&bytes).unwrap();
        let hash = hash_of(&bytes);
        let key = device_key(device);
        let with = |signature: Signature| SignedChange::new(&signature, chunk).into_bytes();
        let mut sent_for = document.clone();
        let bytes = match kind {
            "a stranger's key" => {
                let stranger = SecretKey::from_seed(&self.random());
                with(stranger.sign_change(SCHOOL, &document, &hash))
            }
            "another device is named as maker" => {
                let renamed = self.rename(chunk, device);
                if self.dice.one_in(2) {
                    signed(device, &document, &renamed)
                } else {
                    SignedChange::new(&signature, &renamed).into_bytes()
                }
            }
            "re-signed by another enrolled device" => {
                let other = self.other_device(device);
                signed(other, &document, chunk)
            }
            "a bit of the signature is flipped" => {
                let mut flipped = signature.0;
                flipped[self.dice.below(SIGNATURE_BYTES)] ^= 1 << self.dice.below(8);
                with(Signature(flipped))
            }
            "a bit of the change is flipped, its check made good" => {
                let mut flipped = chunk.to_vec();
                let at = 8 + self.dice.below(flipped.len() - 8);
                flipped[at] ^= 1 << self.dice.below(8);
                SignedChange::new(&signature, &with_good_check(flipped)).into_bytes()
            }
            "moved to another document" => {
                sent_for = self.other_document(&document);
                bytes.clone()
            }
            "signed for another document" => {
                let other = self.other_document(&document);
                signed(device, &other, chunk)
            }
            "signed for another school" => {
                let school = SchoolId(SCHOOL.0 ^ (1 << self.dice.below(20)));
                with(key.sign_change(school, &document, &hash))
            }
            "the signature of a session" => match self.dice.below(3) {
                0 => with(key.sign_challenge(SCHOOL, DeviceNumber(device), &hash.0)),
                1 => with(key.sign_challenge(SCHOOL, DeviceNumber(device), &hash.0[..12])),
                _ => {
                    // As near to what a change is signed with as a challenge can be.
                    let message = [&document.to_bytes()[..], &hash.0].concat();
                    with(key.sign_challenge(SCHOOL, DeviceNumber(device), &message))
                }
            },
            "the signature of a brief" => with(key.sign_brief(SCHOOL, DeviceNumber(device), chunk)),
            "the signature of a list of keys" => with(key.sign_keys(SCHOOL, &hash.0)),
            "the signature of an enrolment" => with(key.sign_enrolment(&hash.to_string())),
            "the signature of another change" => {
                let other = loop {
                    let other = self.dice.pick(&self.honest);
                    if other.bytes != bytes {
                        break other;
                    }
                };
                with(split(&other.bytes).unwrap().0)
            }
            _ => with(self.odd_signature(&signature)),
        };
        Forged {
            kind,
            document: sent_for,
            bytes,
        }
    }

    /// A signature that no signer makes.
    fn odd_signature(&mut self, good: &Signature) -> Signature {
        let mut odd = good.0;
        match self.dice.below(5) {
            0 => return plus_order(good, 1 + self.dice.below(15)),
            1 => {
                odd[..32].copy_from_slice(self.dice.pick::<[u8; KEY_BYTES]>(&SMALL_ORDER));
                odd[32..].fill(0);
            }
            2 => odd[..32].copy_from_slice(self.dice.pick::<[u8; KEY_BYTES]>(&SMALL_ORDER)),
            3 => odd[32..].copy_from_slice(&ORDER),
            _ => odd = self.random(),
        }
        Signature(odd)
    }
}

/// A chunk whose bytes were changed, with the check that Automerge wants.
pub(crate) fn with_good_check(mut chunk: Vec<u8>) -> Vec<u8> {
    let check: [u8; 32] = Sha256::digest(&chunk[8..]).into();
    chunk[4..8].copy_from_slice(&check[..4]);
    assert_ne!(chunk_of(&chunk), &chunk[..]);
    chunk
}
