//! One wrapped copy of the data key: under a person's PIN, or under the recovery code.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use daymark_core::ids::PersonId;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::SealError;
use super::aead;
use super::files::DeviceSecret;
use super::secret::{DataKey, Pin, RecoveryCode, random};

const KEY_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
const PIN_DOMAIN: &[u8] = b"daymark tablet pin slot v1\0";
const WHO_DOMAIN: &[u8] = b"daymark tablet slot owner v1\0";
const RECOVERY_DOMAIN: &[u8] = b"daymark tablet recovery slot v1\0";

/// How much work a guess of a PIN is made: Argon2id's parameters, kept in each slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// KiB of memory that one guess fills.
    pub memory_kib: u32,
    /// How many times it goes over them.
    pub passes: u32,
    /// How many lanes there are.
    pub lanes: u32,
}

impl Cost {
    /// What every home has unless it says otherwise: 64 MiB, ten passes.
    pub const FULL: Self = Self {
        memory_kib: 64 * 1024,
        passes: 10,
        lanes: 1,
    };
    /// For a browser, whose compiled code has neither threads nor wide registers: 32 MiB, three passes, about a quarter of a second
    /// on a slow tablet's quarter of a core. There the device's secret stands behind a key that no script can read.
    pub const BROWSER: Self = Self {
        memory_kib: 32 * 1024,
        passes: 3,
        lanes: 1,
    };
    /// Next to nothing. For homes of tests and demonstrations, whose people are made up.
    pub const INSECURE_TEST: Self = Self {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };
    /// A file from elsewhere may not ask for more than this.
    const MOST: Self = Self {
        memory_kib: 1024 * 1024,
        passes: 1000,
        lanes: 16,
    };

    /// Whether a guess costs less than the house allows for real people's data.
    pub fn is_insecure(self) -> bool {
        u64::from(self.memory_kib) * u64::from(self.passes)
            < u64::from(Self::FULL.memory_kib) * u64::from(Self::FULL.passes)
    }

    pub(super) fn is_in_bounds(self) -> bool {
        self.memory_kib <= Self::MOST.memory_kib
            && self.passes <= Self::MOST.passes
            && self.lanes <= Self::MOST.lanes
            && self.params().is_ok()
    }

    fn params(self) -> Result<Params, argon2::Error> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY_BYTES))
    }
}

/// Whose home a slot belongs to: drawn when the home is made.
pub(super) type HomeSalt = [u8; SALT_BYTES];

/// A person's slot.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PinSlot {
    /// The person's id, hashed with the home's salt and the device's secret.
    #[serde(with = "base64_text")]
    pub(super) who: [u8; KEY_BYTES],
    pub(super) cost: Cost,
    #[serde(with = "base64_text")]
    salt: [u8; SALT_BYTES],
    /// The data key and the person's id, sealed.
    #[serde(with = "base64_text")]
    wrapped: Vec<u8>,
    /// How many wrong PINs are still allowed.
    pub(super) tries_left: u8,
}

/// The person's id as a slot shows it.
pub(super) fn who(
    home: &HomeSalt,
    secret: &DeviceSecret,
    person: &PersonId,
) -> Result<[u8; KEY_BYTES], SealError> {
    expand(Some(&**secret), home, &[WHO_DOMAIN, person.as_str().as_bytes()]).map(|hashed| *hashed)
}

impl PinSlot {
    pub(super) fn make(
        home: &HomeSalt,
        secret: &DeviceSecret,
        (person, pin): (&PersonId, &Pin),
        cost: Cost,
        key: &DataKey,
        tries_left: u8,
    ) -> Result<Self, SealError> {
        let mut slot = Self {
            who: who(home, secret, person)?,
            cost,
            salt: random()?,
            wrapped: Vec::new(),
            tries_left,
        };
        let mut content = Zeroizing::new(key.bytes().to_vec());
        content.extend_from_slice(person.as_str().as_bytes());
        let wrapping = slot.key(secret, pin)?;
        aead::seal_into(&wrapping, &slot.bound_to(home), &content, &mut slot.wrapped)?;
        Ok(slot)
    }

    /// What the slot holds, if the PIN is right.
    pub(super) fn open(
        &self,
        home: &HomeSalt,
        secret: &DeviceSecret,
        pin: &Pin,
    ) -> Result<Option<(DataKey, PersonId)>, SealError> {
        let wrapping = self.key(secret, pin)?;
        let content = aead::open(&wrapping, &self.bound_to(home), &self.wrapped).map(Zeroizing::new);
        Ok(content.and_then(|content| {
            let (key, person) = content.split_at_checked(KEY_BYTES)?;
            let person = std::str::from_utf8(person).ok()?.parse().ok()?;
            Some((DataKey::from_slice(key)?, person))
        }))
    }

    /// Everything but the tries: they change with each guess, and cannot be kept true by a file in any case.
    fn bound_to(&self, home: &HomeSalt) -> Vec<u8> {
        [
            PIN_DOMAIN,
            home,
            &self.who,
            &self.cost.memory_kib.to_be_bytes(),
            &self.cost.passes.to_be_bytes(),
            &self.cost.lanes.to_be_bytes(),
            &self.salt,
        ]
        .concat()
    }

    /// The slow part: Argon2id of the PIN, then HKDF with the device's secret.
    fn key(&self, secret: &DeviceSecret, pin: &Pin) -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
        let params = self.cost.params().map_err(SealError::Derive)?;
        let mut memory: Vec<Block> = Vec::new();
        let blocks = params.block_count();
        // A tablet without so much free memory says so instead of ending.
        memory
            .try_reserve_exact(blocks)
            .map_err(|_| SealError::Derive(argon2::Error::OutOfMemory))?;
        memory.resize(blocks, Block::default());
        let mut hashed = Zeroizing::new([0; KEY_BYTES]);
        let derived = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(pin.bytes(), &self.salt, &mut *hashed, &mut memory);
        memory.zeroize();
        derived.map_err(SealError::Derive)?;
        expand(Some(&**secret), &*hashed, &[PIN_DOMAIN])
    }
}

/// The office's slot: it rests on no PIN and no device, and 128 random bits cannot be guessed, so tries are not counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecoverySlot {
    #[serde(with = "base64_text")]
    salt: [u8; SALT_BYTES],
    #[serde(with = "base64_text")]
    wrapped: Vec<u8>,
}

impl RecoverySlot {
    pub(super) fn make(home: &HomeSalt, code: &RecoveryCode, key: &DataKey) -> Result<Self, SealError> {
        let mut slot = Self {
            salt: random()?,
            wrapped: Vec::new(),
        };
        let wrapping = slot.key(code)?;
        aead::seal_into(&wrapping, &slot.bound_to(home), key.bytes(), &mut slot.wrapped)?;
        Ok(slot)
    }

    pub(super) fn open(&self, home: &HomeSalt, code: &RecoveryCode) -> Result<DataKey, SealError> {
        let wrapping = self.key(code)?;
        aead::open(&wrapping, &self.bound_to(home), &self.wrapped)
            .map(Zeroizing::new)
            .and_then(|key| DataKey::from_slice(&key))
            .ok_or(SealError::Recovery)
    }

    fn bound_to(&self, home: &HomeSalt) -> Vec<u8> {
        [RECOVERY_DOMAIN, home, &self.salt].concat()
    }

    fn key(&self, code: &RecoveryCode) -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
        expand(Some(&self.salt), code.bytes(), &[RECOVERY_DOMAIN])
    }
}

pub(super) fn expand(
    salt: Option<&[u8]>,
    from: &[u8],
    info: &[&[u8]],
) -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    Hkdf::<Sha256>::new(salt, from)
        .expand_multi_info(info, &mut *key)
        .map_err(|_| SealError::TooLong)?;
    Ok(key)
}

/// Bytes as base 64 in JSON.
pub(super) mod base64_text {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::seal) fn serialize<S: Serializer>(
        bytes: impl AsRef<[u8]>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(in crate::seal) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = STANDARD.decode(text).map_err(D::Error::custom)?;
        T::try_from(bytes).map_err(|_| D::Error::custom("a value has the wrong length"))
    }
}
