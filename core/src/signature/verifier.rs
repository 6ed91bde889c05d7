//! Checking signatures of changes, one by one and together.

use ed25519_dalek::{Verifier as _, VerifyingKey};

use super::{BadSignature, PublicKey, Signature, change_message, small_order};
use crate::document_id::DocumentId;
use crate::ids::{ChangeHash, SchoolId};

/// A public key that was made ready to check many signatures: about a sixth of the work of each is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier(pub(super) VerifyingKey);

impl Verifier {
    /// As `verify_strict` of ed25519-dalek, and a sixth cheaper. That one unpacks the signature's point to refuse one of
    /// small order. The plain check passes only the one byte form that the point should have, so the bytes of the eight
    /// points of small order are refused instead; that the key is none of them was seen when it was made ready.
    pub(super) fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        if signature
            .0
            .first_chunk()
            .is_none_or(|point| small_order::POINTS.contains(point))
        {
            return Err(BadSignature);
        }
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify(message, &signature).map_err(|_| BadSignature)
    }

    /// The key.
    pub fn key(&self) -> PublicKey {
        PublicKey(self.0.to_bytes())
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
}

/// A device's signature of a change, to be checked.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The key of the device that the change names.
    pub by: &'a Verifier,
    /// The hash of the change.
    pub change: ChangeHash,
    /// The signature.
    pub signature: Signature,
}

/// Checks many signatures of changes of one document together, for about half of what each costs by itself.
///
/// Nobody without the key can make a signature that passes here and not by itself. Whoever has the key can, one time in
/// eight a try: by a point of small order in it. That is no forgery, and the hub, which every change passes first, checks
/// each by itself.
///
/// # Errors
/// [`BadSignature`]: at least one does not hold.
pub fn verify_changes(
    school: SchoolId,
    document: &DocumentId,
    claims: &[Claim<'_>],
) -> Result<(), BadSignature> {
    let messages: Vec<Vec<u8>> = claims
        .iter()
        .map(|claim| change_message(school, document, &claim.change))
        .collect();
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    let signatures: Vec<ed25519_dalek::Signature> = claims
        .iter()
        .map(|claim| ed25519_dalek::Signature::from_bytes(&claim.signature.0))
        .collect();
    let keys: Vec<VerifyingKey> = claims.iter().map(|claim| claim.by.0).collect();
    ed25519_dalek::verify_batch(&messages, &signatures, &keys).map_err(|_| BadSignature)
}
