//! Keys and signatures: which device vouches for a change, and what a school vouches for.
//!
//! Ed25519 (RFC 8032), verified strictly: no small-order keys, no second encoding of the same signature. Every message
//! starts with its purpose, so that a signature made for one purpose says nothing for another.

mod signed;
mod small_order;
mod verifier;

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::document_id::DocumentId;
use crate::ids::{ChangeHash, DeviceNumber, SchoolId};

pub use signed::{SignedChange, chunk_of, split};
pub use verifier::{Claim, Verifier, verify_changes};

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;
/// Bytes of a public key, and of the seed of a secret one.
pub const KEY_BYTES: usize = 32;
/// Bytes of a challenge that opens a session.
pub const CHALLENGE_BYTES: usize = 12;

const CHANGE: &[u8] = b"daymark change v1\0";
const SESSION: &[u8] = b"daymark session v1\0";
const ENROLMENT: &[u8] = b"daymark enrolment v1\0";
const KEYS: &[u8] = b"daymark keys v1\0";
const DUTIES: &[u8] = b"daymark duties v1\0";
const BRIEF: &[u8] = b"daymark brief v1\0";
const LOST: &[u8] = b"daymark lost v1\0";
const MESSAGE: &[u8] = b"daymark message v1\0";
const EVIDENCE: &[u8] = b"daymark evidence v1\0";
const CODE: &[u8] = b"daymark matching code v1\0";

/// Letters and digits that cannot be mistaken for one another (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not that of the key that should have made it")]
pub struct BadSignature;

/// A signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; SIGNATURE_BYTES]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}..)", crate::ids::hex(&self.0[..4]))
    }
}

/// The public half of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey(pub [u8; KEY_BYTES]);

/// A key that signs. It is wiped from memory when it is dropped, and never printed.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public().fingerprint())
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.public() == other.public()
    }
}

impl Eq for SecretKey {}

impl SecretKey {
    /// The key of a seed, which must be random and kept secret.
    pub fn from_seed(seed: &[u8; KEY_BYTES]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, to be kept.
    pub fn seed(&self) -> [u8; KEY_BYTES] {
        self.0.to_bytes()
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }

    /// Signs a change of a document.
    pub fn sign_change(&self, school: SchoolId, document: &DocumentId, change: &ChangeHash) -> Signature {
        self.sign(&change_message(school, document, change))
    }

    /// Opens a session: answers the school's challenge.
    pub fn sign_challenge(&self, school: SchoolId, device: DeviceNumber, challenge: &[u8]) -> Signature {
        self.sign(&session_message(school, device, challenge))
    }

    /// Shows, with an invitation, that the device has the secret half of the key that it names.
    pub fn sign_enrolment(&self, invitation: &str) -> Signature {
        self.sign(&enrolment_message(invitation))
    }

    /// Signs the text of a note (C2SP signed-note). Such a text starts with the log's name, `daymark/`, and so is none of
    /// the other messages here, which start with `daymark` and a space.
    pub fn sign_note(&self, text: &[u8]) -> Signature {
        self.sign(text)
    }

    /// Vouches, as a school, for the keys of its devices.
    pub fn sign_keys(&self, school: SchoolId, digest: &[u8; 32]) -> Signature {
        self.sign(&keys_message(school, digest))
    }

    /// Vouches, as a school, for the duties that its devices were given.
    pub fn sign_duties(&self, school: SchoolId, digest: &[u8; 32]) -> Signature {
        self.sign(&duties_message(school, digest))
    }

    /// Says, as a school, that a device was reported lost and must lock itself.
    pub fn sign_lost(&self, school: SchoolId, device: DeviceNumber) -> Signature {
        self.sign(&lost_message(school, device))
    }

    /// Vouches, as a school, for a device's brief.
    pub fn sign_brief(&self, school: SchoolId, device: DeviceNumber, brief: &[u8]) -> Signature {
        self.sign(&told_message(BRIEF, school, device, brief))
    }

    /// Vouches, as a school, for what its office writes to a device.
    pub fn sign_message(&self, school: SchoolId, device: DeviceNumber, message: &[u8]) -> Signature {
        self.sign(&told_message(MESSAGE, school, device, message))
    }

    /// Vouches, as a school, for the data of a file of evidence: for what no device has signed, such as names.
    pub fn sign_evidence(&self, school: SchoolId, data: &[u8]) -> Signature {
        self.sign(&evidence_message(school, data))
    }
}

impl PublicKey {
    /// Makes the key ready.
    ///
    /// # Errors
    /// [`BadSignature`]: it is no key, or one of the few for which anything verifies.
    pub fn verifier(&self) -> Result<Verifier, BadSignature> {
        VerifyingKey::from_bytes(&self.0)
            .ok()
            .filter(|key| !key.is_weak())
            .map(Verifier)
            .ok_or(BadSignature)
    }

    fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        self.verifier()?.verify(message, signature)
    }

    /// Whether the bytes are a key at all, and not one of the few for which anything verifies.
    pub fn is_usable(&self) -> bool {
        self.verifier().is_ok()
    }

    /// Checks a device's signature of a change.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_change(
        &self,
        school: SchoolId,
        document: &DocumentId,
        change: &ChangeHash,
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.verify(&change_message(school, document, change), signature)
    }

    /// Checks a device's answer to a challenge.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_challenge(
        &self,
        school: SchoolId,
        device: DeviceNumber,
        challenge: &[u8],
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.verify(&session_message(school, device, challenge), signature)
    }

    /// Checks that whoever enrols has the secret half of this key.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_enrolment(&self, invitation: &str, signature: &Signature) -> Result<(), BadSignature> {
        self.verify(&enrolment_message(invitation), signature)
    }

    /// Checks, with a school's key, its word for the keys of its devices.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_keys(
        &self,
        school: SchoolId,
        digest: &[u8; 32],
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.verify(&keys_message(school, digest), signature)
    }

    /// Checks, with a school's key, its word for the duties of its devices.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_duties(
        &self,
        school: SchoolId,
        digest: &[u8; 32],
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.verify(&duties_message(school, digest), signature)
    }

    /// Checks, with a school's key, its word for a device's brief.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_brief(
        &self,
        school: SchoolId,
        device: DeviceNumber,
        brief: &[u8],
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.verify(&told_message(BRIEF, school, device, brief), signature)
    }

    /// Checks, with a school's key, its word for what its office writes to a device.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_message(
        &self,
        school: SchoolId,
        device: DeviceNumber,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.verify(&told_message(MESSAGE, school, device, message), signature)
    }

    /// Checks, with a school's key, that it says of a device that it was reported lost.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_lost(
        &self,
        school: SchoolId,
        device: DeviceNumber,
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.verify(&lost_message(school, device), signature)
    }

    /// Checks, with a school's key, its word for the data of a file of evidence.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_evidence(
        &self,
        school: SchoolId,
        data: &[u8],
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.verify(&evidence_message(school, data), signature)
    }

    /// A key as people compare it; see [`crate::log::key::fingerprint`].
    pub fn fingerprint(&self) -> String {
        crate::log::key::fingerprint(&self.0)
    }
}

/// The short code that both screens show when a device enrols: 30 bits of both keys and the invitation. The office
/// confirms the device only where they are the same, so that nobody in between has put in a key of his own.
pub fn matching_code(school: &PublicKey, device: &PublicKey, invitation: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(CODE);
    hash.update(school.0);
    hash.update(device.0);
    hash.update(plain(invitation));
    let text = spell(&hash.finalize(), 6);
    format!("{}-{}", &text[..3], &text[3..])
}

/// An invitation's text without what people change when they type it: case, dashes and spaces; `O` is read as zero,
/// `I` and `L` as one.
pub fn plain(secret: &str) -> String {
    let letters = secret.chars().filter(char::is_ascii_alphanumeric);
    letters
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

/// The first `letters` times five bits of a hash.
fn spell(hash: &[u8], letters: usize) -> String {
    let bit = |at: usize| (hash[at / 8] >> (7 - at % 8)) & 1;
    (0..letters)
        .map(|letter| {
            let value = (0..5).fold(0, |value, place| (value << 1) | bit(letter * 5 + place));
            char::from(ALPHABET[usize::from(value)])
        })
        .collect()
}

fn change_message(school: SchoolId, document: &DocumentId, change: &ChangeHash) -> Vec<u8> {
    let document = document.to_bytes();
    let length = u8::try_from(document.len()).expect("a document's name is at most 255 bytes");
    [CHANGE, &school.0.to_be_bytes(), &[length], &document, &change.0].concat()
}

fn session_message(school: SchoolId, device: DeviceNumber, challenge: &[u8]) -> Vec<u8> {
    [
        SESSION,
        &school.0.to_be_bytes(),
        &device.0.to_be_bytes(),
        challenge,
    ]
    .concat()
}

fn enrolment_message(invitation: &str) -> Vec<u8> {
    [ENROLMENT, plain(invitation).as_bytes()].concat()
}

fn keys_message(school: SchoolId, digest: &[u8; 32]) -> Vec<u8> {
    [KEYS, &school.0.to_be_bytes(), digest].concat()
}

fn duties_message(school: SchoolId, digest: &[u8; 32]) -> Vec<u8> {
    [DUTIES, &school.0.to_be_bytes(), digest].concat()
}

fn lost_message(school: SchoolId, device: DeviceNumber) -> Vec<u8> {
    [LOST, &school.0.to_be_bytes(), &device.0.to_be_bytes()].concat()
}

fn told_message(kind: &[u8], school: SchoolId, device: DeviceNumber, told: &[u8]) -> Vec<u8> {
    let digest: [u8; 32] = Sha256::digest(told).into();
    [kind, &school.0.to_be_bytes(), &device.0.to_be_bytes(), &digest].concat()
}

fn evidence_message(school: SchoolId, data: &[u8]) -> Vec<u8> {
    let digest: [u8; 32] = Sha256::digest(data).into();
    [EVIDENCE, &school.0.to_be_bytes(), &digest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> SecretKey {
        SecretKey::from_seed(&[number; KEY_BYTES])
    }

    fn document(text: &str) -> DocumentId {
        text.parse().expect("an id")
    }

    #[test]
    fn a_signature_holds_for_its_own_change_document_school_and_key_alone() {
        let (school, sheet) = (SchoolId(123_456), document("sheet/2026-03-02/gate"));
        let hash = ChangeHash([7; 32]);
        let signature = key(1).sign_change(school, &sheet, &hash);
        let holds = |key: &SecretKey, school, sheet: &DocumentId, hash: &ChangeHash| {
            key.public()
                .verify_change(school, sheet, hash, &signature)
                .is_ok()
        };
        assert!(holds(&key(1), school, &sheet, &hash));
        assert!(!holds(&key(2), school, &sheet, &hash));
        assert!(!holds(&key(1), SchoolId(123_457), &sheet, &hash));
        assert!(!holds(&key(1), school, &document("sheet/2026-03-03/gate"), &hash));
        assert!(!holds(&key(1), school, &sheet, &ChangeHash([8; 32])));
    }

    #[test]
    fn a_signature_for_one_purpose_says_nothing_for_another() {
        let (school, device) = (SchoolId(123_456), DeviceNumber(7));
        let digest = [9; 32];
        let signature = key(1).sign_keys(school, &digest);
        let public = key(1).public();
        assert_eq!(public.verify_keys(school, &digest, &signature), Ok(()));
        assert_eq!(
            public.verify_challenge(school, device, &digest, &signature),
            Err(BadSignature)
        );
        assert_eq!(
            public.verify_brief(school, device, &digest, &signature),
            Err(BadSignature)
        );
        assert_eq!(public.verify_enrolment("0", &signature), Err(BadSignature));
        assert_eq!(public.verify_evidence(school, b"", &signature), Err(BadSignature));
    }

    #[test]
    fn the_identity_point_is_no_key() {
        let mut weak = [0; KEY_BYTES];
        weak[0] = 1;
        assert!(!PublicKey(weak).is_usable());
        assert!(key(1).public().is_usable());
    }

    #[test]
    fn a_matching_code_depends_on_both_keys_and_the_invitation_and_not_on_its_spelling() {
        let (school, device) = (key(1).public(), key(2).public());
        let code = matching_code(&school, &device, "ABCDEFG-0123456");
        assert_eq!(code.len(), 7);
        assert_eq!(code, matching_code(&school, &device, "abcdefg ol23456"));
        assert_ne!(code, matching_code(&device, &school, "ABCDEFG-0123456"));
        assert_ne!(code, matching_code(&school, &device, "ABCDEFG-0123457"));
    }

    #[test]
    fn a_secret_key_is_not_printed() {
        let printed = format!("{:?}", key(3));
        assert!(
            !printed.contains("3, 3") && !printed.contains("0303"),
            "{printed}"
        );
    }
}
