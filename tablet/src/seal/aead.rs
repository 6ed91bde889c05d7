//! XChaCha20-Poly1305 with a random nonce in front: the one cipher of the house.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::SealError;
use super::secret::random;

/// The length of a nonce: long enough to be drawn at random for ever.
const NONCE_BYTES: usize = 24;
/// The length of the tag at the end.
pub(super) const TAG_BYTES: usize = 16;

/// Adds the nonce, the sealed bytes and the tag to `into`.
///
/// # Errors
/// The system gives no random numbers, or the text is too long for the cipher.
pub(super) fn seal_into(
    key: &[u8; 32],
    bound_to: &[u8],
    plain: &[u8],
    into: &mut Vec<u8>,
) -> Result<(), SealError> {
    let nonce: [u8; NONCE_BYTES] = random()?;
    let payload = Payload {
        msg: plain,
        aad: bound_to,
    };
    let sealed = XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| SealError::TooLong)?;
    into.extend_from_slice(&nonce);
    into.extend_from_slice(&sealed);
    Ok(())
}

/// What was sealed; `None` unless the key, the bytes and what they are bound to are those of the sealing.
pub(super) fn open(key: &[u8; 32], bound_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload {
        msg: sealed,
        aad: bound_to,
    };
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(*nonce), payload)
        .ok()
}
