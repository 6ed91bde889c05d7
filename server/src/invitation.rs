//! Secrets that a person may have to type: invitations, and the office's token. Only hashes of them are stored.

use std::fmt::Write;

use daymark_core::signature::plain;
use sha2::{Digest, Sha256};

/// How long an invitation may be used, in milliseconds: fifteen minutes.
pub const INVITATION_LIFE_MS: u64 = 15 * 60 * 1000;

/// Letters and digits that cannot be mistaken for one another (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SECRET_BYTES: usize = 16;

/// 128 random bits, as four groups that can be read out and typed.
///
/// # Errors
/// The system has no randomness to give.
pub fn random_secret() -> std::io::Result<String> {
    let mut bytes = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(spell(bytes))
}

fn spell(bytes: [u8; SECRET_BYTES]) -> String {
    let mut bits = u128::from_be_bytes(bytes);
    let mut text = String::new();
    for place in 0..26 {
        if place > 0 && place % 7 == 0 {
            text.push('-');
        }
        let letter = ALPHABET[usize::try_from(bits & 31).expect("five bits fit")];
        let _ = write!(text, "{}", char::from(letter));
        bits >>= 5;
    }
    text
}

/// What opens the app on a device, with an invitation that says whose school it must find. It stands behind `#`, so that no
/// server or proxy on the way ever reads it.
pub(crate) fn link(secret: &str, school_key: &str) -> String {
    format!("/#join={secret}/{school_key}")
}

/// The hash that is stored for a secret. Case, dashes and spaces do not matter; `O` is read as zero, `I` and `L` as one.
pub fn hash(secret: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"daymark secret v1\0");
    hash.update(plain(secret));
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_may_be_typed_as_people_type() {
        let secret = random_secret().expect("randomness");
        assert_eq!(secret.len(), 26 + 3);
        assert_eq!(hash(&secret), hash(&secret.to_lowercase().replace('-', " ")));
        assert_eq!(hash("1O"), hash("l0"));
        assert_ne!(hash(&secret), hash(&random_secret().expect("randomness")));
    }
}
