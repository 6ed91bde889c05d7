//! The public half of the key that a school's log is signed with.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::ids::{SchoolId, hex};

/// The signature type of Ed25519 (C2SP signed-note, "Signature types").
const ED25519: u8 = 0x01;
/// Crockford's base 32: no letter can be mistaken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const FINGERPRINT_GROUPS: usize = 5;
const FINGERPRINT_GROUP_LETTERS: usize = 5;
/// The longest name of a key, in bytes.
pub const NAME_BYTES_MAX: usize = 128;

/// Why something is not the key of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name breaks the rules of C2SP signed-note.
    #[error(
        "{0:?} cannot be the name of a key: use 1 to {NAME_BYTES_MAX} bytes without spaces, `+` or control characters"
    )]
    Name(String),
    /// The bytes are not a point that anybody could safely sign with.
    #[error("this is not a usable Ed25519 public key: copy it again from the school's server")]
    Point,
    /// The text is not `NAME+ID+KEY`.
    #[error("this is not a verifier key: give the whole line NAME+ID+KEY that the school's server prints")]
    Form,
    /// The id in the text is not that of the name and the key.
    #[error("the verifier key does not agree with itself: part of it was changed; copy the whole line again")]
    Id,
}

/// A named Ed25519 public key that signs notes (C2SP signed-note). Its text form is the verifier key that other tools
/// of this kind read: name, key id in hexadecimal, and base 64 of the type and the key, joined by `+`.
#[derive(Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    public: VerifyingKey,
}

impl NoteKey {
    /// A key under a name.
    ///
    /// # Errors
    /// [`KeyError::Name`] or [`KeyError::Point`].
    pub fn new(name: &str, public: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name(name.chars().take(64).collect()));
        }
        let public = VerifyingKey::from_bytes(public).map_err(|_| KeyError::Point)?;
        // Under such a key, one signature fits many texts.
        if public.is_weak() {
            return Err(KeyError::Point);
        }
        Ok(Self {
            name: name.to_owned(),
            public,
        })
    }

    /// The key of a school's log, whose name is the log's [origin](origin_of).
    ///
    /// # Errors
    /// [`KeyError::Point`].
    pub fn of_school(school: SchoolId, public: &[u8; 32]) -> Result<Self, KeyError> {
        Self::new(&origin_of(school), public)
    }

    /// The name that stands in signature lines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of the key (RFC 8032, section 5.1.5).
    pub fn public(&self) -> [u8; 32] {
        self.public.to_bytes()
    }

    /// Which key a signature line means: the first four bytes of SHA-256 of name, 0x0A, 0x01 and key (C2SP signed-note). Short on
    /// purpose: it finds the key and proves nothing.
    pub fn id(&self) -> [u8; 4] {
        let mut hash = Sha256::new();
        hash.update(&self.name);
        hash.update([b'\n', ED25519]);
        hash.update(self.public.as_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The fingerprint that people compare; see [`fingerprint`].
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.public())
    }

    /// Whether the signature over the text is this key's. Strict (dalek's `verify_strict`): only one form of a signature
    /// is taken, and no signature fits two texts.
    pub(super) fn has_signed(&self, text: &[u8], signature: &[u8; 64]) -> bool {
        self.public
            .verify_strict(text, &Signature::from_bytes(signature))
            .is_ok()
    }
}

/// The name of a school's log, and of the key that signs it: `daymark/` and the school's number.
pub fn origin_of(school: SchoolId) -> String {
    format!("daymark/{school}")
}

/// A school's key as people compare it, on a screen and a sheet of paper or over the telephone: five groups of five letters
/// and digits (125 bits of SHA-256, of the key behind a domain string).
pub fn fingerprint(public: &[u8; 32]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"daymark school key v1\0");
    hash.update(public);
    let hash: [u8; 32] = hash.finalize().into();
    let mut bits = hash
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let mut letter = || {
        let value = bits.by_ref().take(5).fold(0_u8, |value, bit| value << 1 | bit);
        char::from(ALPHABET[usize::from(value)])
    };
    let groups: Vec<String> = (0..FINGERPRINT_GROUPS)
        .map(|_| (0..FINGERPRINT_GROUP_LETTERS).map(|_| letter()).collect())
        .collect();
    groups.join("-")
}

/// Whether a text may be the name of a key (C2SP signed-note, "Format"; the bound on the length is ours).
pub(super) fn is_name(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len())
        && !text
            .chars()
            .any(|letter| letter == '+' || letter.is_whitespace() || letter.is_control())
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[ED25519][..], self.public.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, hex(&self.id()), STANDARD.encode(typed))
    }
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteKey({}+{})", self.name, hex(&self.id()))
    }
}

impl FromStr for NoteKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        // Base 64 has a `+` of its own, so only the first two part the fields.
        let mut fields = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(KeyError::Form);
        };
        let typed: [u8; 33] = STANDARD
            .decode(key)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(KeyError::Form)?;
        let (&ED25519, public) = typed.split_first().ok_or(KeyError::Form)? else {
            return Err(KeyError::Form);
        };
        let key = Self::new(name, public.try_into().map_err(|_| KeyError::Form)?)?;
        if hex(&key.id()) == id {
            Ok(key)
        } else {
            Err(KeyError::Id)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The key of the published test of Go's golang.org/x/mod/sumdb/note.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn a_published_verifier_key_is_read_and_written() {
        let key: NoteKey = PETER.parse().expect("a key");
        assert_eq!(key.name(), "PeterNeumann");
        assert_eq!(key.id(), [0xc7, 0x4f, 0x20, 0xa3]);
        assert_eq!(key.to_string(), PETER);
    }

    #[test]
    fn no_part_of_a_verifier_key_is_one_and_no_changed_one_either() {
        for start in 0..=PETER.len() {
            for end in start..=PETER.len() {
                if (start, end) != (0, PETER.len()) {
                    assert!(PETER[start..end].parse::<NoteKey>().is_err(), "{start}..{end}");
                }
            }
        }
        for at in 0..PETER.len() {
            let mut bytes = PETER.as_bytes().to_vec();
            bytes[at] += 1;
            let text = String::from_utf8(bytes).expect("still ASCII");
            assert!(text.parse::<NoteKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn keys_that_prove_nothing_are_refused() {
        // The neutral point, and bytes that are no point at all.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let school = SchoolId(123_456);
        assert_eq!(NoteKey::of_school(school, &neutral), Err(KeyError::Point));
        assert_eq!(NoteKey::of_school(school, &[2; 32]), Err(KeyError::Point));
    }

    #[test]
    fn names_are_those_of_the_note_format() {
        for good in ["daymark/123456", "example.com/log42", "é"] {
            assert!(is_name(good), "{good}");
        }
        for bad in [
            "",
            "a b",
            "a+b",
            "a\u{a0}b",
            "a\nb",
            &"a".repeat(NAME_BYTES_MAX + 1),
        ] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_fingerprint_is_five_groups_of_five() {
        let text = fingerprint(&[7; 32]);
        let groups: Vec<&str> = text.split('-').collect();
        assert!(
            groups.len() == 5 && groups.iter().all(|group| group.len() == 5),
            "{text}"
        );
        assert_ne!(text, fingerprint(&[8; 32]));
    }
}
