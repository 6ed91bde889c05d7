//! Identifiers, each a type of its own, so that a pupil number can never stand where a device number belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text is not the identifier it was given for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {value:?} is not valid: {remedy}")]
pub struct IdError {
    /// The field, in words.
    pub field: &'static str,
    /// What was given.
    pub value: String,
    /// What to give instead.
    pub remedy: &'static str,
}

impl IdError {
    pub(crate) fn new(field: &'static str, value: &str, remedy: &'static str) -> Self {
        Self {
            field,
            value: value.chars().take(64).collect(),
            remedy,
        }
    }
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $field:literal, $remedy:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                match text.parse() {
                    Ok(number) if digits && number > 0 => Ok(Self(number)),
                    _ => Err(IdError::new($field, text, $remedy)),
                }
            }
        }
    };
}

number_id!(
    /// The school's own short number for a pupil: the admission number of the management information system,
    /// without leading zeros (the roster keeps them). Documents carry this and no name, so that a document alone
    /// names no child. Never the UPN, which may change and may not serve as a public key.
    PupilNumber,
    u64,
    "pupil number",
    "give the admission number in digits, from 1 up"
);
number_id!(
    /// The number that a hub gives a device when it is enrolled; never given again.
    DeviceNumber,
    u32,
    "device number",
    "give the number that `daymark device list` shows"
);
number_id!(
    /// A school: its unique reference number (URN, six digits).
    SchoolId,
    u32,
    "school number",
    "give the school's URN, six digits"
);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| {
                    IdError::new($field, text, "give the UUID that was printed when it was made")
                })
            }
        }
    };
}

uuid_id!(
    /// An educational visit or a fixture.
    TripId,
    "trip"
);
uuid_id!(
    /// One home welfare visit.
    VisitId,
    "visit"
);

/// A member of staff: the short name that the school's staff list uses, such as `a-shah`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(String);

impl PersonId {
    /// The longest id, in bytes.
    pub const BYTES_MAX: usize = 32;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PersonId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = !text.is_empty()
            && text.len() <= Self::BYTES_MAX
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::new(
                "staff id",
                text,
                "use 1 to 32 of a-z, 0-9, `-`, `.` and `_`",
            ))
        }
    }
}

impl TryFrom<String> for PersonId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<PersonId> for String {
    fn from(id: PersonId) -> String {
        id.0
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A class or registration group as the school writes it, such as `4B`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClassName(String);

impl ClassName {
    /// The longest name, in bytes.
    pub const BYTES_MAX: usize = 24;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClassName {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = !text.is_empty()
            && text.len() <= Self::BYTES_MAX
            && text.trim() == text
            && !text.contains(['/', ':', ','])
            && !text.chars().any(char::is_control);
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::new(
                "class",
                text,
                "use 1 to 24 bytes without `/`, `:`, `,` or outer spaces",
            ))
        }
    }
}

impl TryFrom<String> for ClassName {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<ClassName> for String {
    fn from(name: ClassName) -> String {
        name.0
    }
}

impl fmt::Display for ClassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Writes bytes as lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
}

/// Reads lower- or upper-case hexadecimal; `None` where it is anything else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

macro_rules! hash_id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The first eight hexadecimal digits: enough to point at it in a conversation.
            pub fn short(&self) -> String {
                hex(&self.0[..4])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.short())
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                unhex(text)
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or_else(|| IdError::new($field, text, "give all 64 hexadecimal digits"))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    };
}

hash_id!(
    /// An entry, or another statement of a document: SHA-256 of its own bytes.
    EntryId,
    "entry"
);
hash_id!(
    /// An Automerge change: the SHA-256 that its chunk carries.
    ChangeHash,
    "change"
);

/// Bytes of a store's incarnation in an [`ActorId`].
pub const INCARNATION_BYTES: usize = 8;

/// The Automerge actor of one incarnation of one device's store: the device's number and random bytes drawn when
/// the store was made. A cloned or restored store must draw anew, or it would reuse sequence numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId {
    /// Whose changes these are.
    pub device: DeviceNumber,
    /// Which incarnation of its store.
    pub incarnation: [u8; INCARNATION_BYTES],
}

impl ActorId {
    /// Length of the encoded form.
    pub const BYTES: usize = 4 + INCARNATION_BYTES;

    /// Device number (big-endian), then the incarnation.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.device.0.to_be_bytes());
        bytes[4..].copy_from_slice(&self.incarnation);
        bytes
    }

    /// Reads the encoded form; `None` for another length, or for device 0, which is nobody.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; Self::BYTES] = bytes.try_into().ok()?;
        let (device, incarnation) = bytes.split_at(4);
        let device = DeviceNumber(u32::from_be_bytes(device.try_into().ok()?));
        (device.0 > 0).then_some(Self {
            device,
            incarnation: incarnation.try_into().ok()?,
        })
    }
}

impl fmt::Debug for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.device, hex(&self.incarnation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pupil_number_is_digits_from_one_up() {
        assert_eq!("0042".parse::<PupilNumber>(), Ok(PupilNumber(42)));
        for bad in ["", "0", "-1", "+1", "1E2", "A12", "99999999999999999999999"] {
            let error = bad.parse::<PupilNumber>().expect_err(bad);
            assert!(error.to_string().contains("admission number"), "{error}");
        }
    }

    #[test]
    fn hexadecimal_survives_and_rejects_what_it_is_not() {
        assert_eq!(unhex(&hex(&[0, 255, 16])), Some(vec![0, 255, 16]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
        assert_eq!(unhex("é1"), None);
    }

    #[test]
    fn an_actor_names_its_device() {
        let actor = ActorId {
            device: DeviceNumber(7),
            incarnation: [9; 8],
        };
        assert_eq!(ActorId::from_bytes(&actor.to_bytes()), Some(actor));
        assert_eq!(ActorId::from_bytes(&[0; 12]), None);
        assert_eq!(ActorId::from_bytes(&[1; 11]), None);
    }
}
