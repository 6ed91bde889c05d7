//! Sessions: a device signs a challenge, and what it signed lets it in for some minutes.
//!
//! The school keeps nothing for a challenge: it says itself until when it holds, under a code that only this run of
//! the server can make. So no flood of strangers fills its memory, and a restart ends every session.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daymark_core::ids::{DeviceNumber, SchoolId};
use daymark_core::signature::{CHALLENGE_BYTES, PublicKey, Signature};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long a challenge may be answered, and a session so opened lives, in seconds.
pub const SESSION_SECONDS: u32 = 15 * 60;

const TIME_BYTES: usize = 4;

/// What a device sends with every request: its number, the challenge, and the challenge signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// Which device.
    pub device: DeviceNumber,
    challenge: [u8; CHALLENGE_BYTES],
    signature: Signature,
}

/// Why a pass is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPass {
    /// The challenge is too old, or of another run of the server.
    #[error("the session has ended: sign the challenge that comes with this answer")]
    Stale,
    /// The signature is not the device's.
    #[error("the challenge is not signed by the device that it names")]
    Forged,
}

/// Makes and checks challenges.
#[derive(Debug)]
pub struct Sessions {
    school: SchoolId,
    secret: [u8; 32],
    /// The last good pass of each device, as a hash: it need not be verified at each request.
    seen: Mutex<BTreeMap<DeviceNumber, [u8; 32]>>,
}

impl Sessions {
    /// Sessions of this run of the server.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn start(school: SchoolId) -> std::io::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(std::io::Error::other)?;
        Ok(Self {
            school,
            secret,
            seen: Mutex::default(),
        })
    }

    /// A challenge that holds from now for [`SESSION_SECONDS`].
    pub fn challenge(&self, now_ms: u64) -> [u8; CHALLENGE_BYTES] {
        let until = seconds(now_ms).saturating_add(SESSION_SECONDS).to_be_bytes();
        let mut challenge = [0; CHALLENGE_BYTES];
        challenge[..TIME_BYTES].copy_from_slice(&until);
        challenge[TIME_BYTES..].copy_from_slice(&self.code(&until));
        challenge
    }

    fn code(&self, until: &[u8]) -> [u8; CHALLENGE_BYTES - TIME_BYTES] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes a key of any length");
        mac.update(until);
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut code = [0; CHALLENGE_BYTES - TIME_BYTES];
        code.copy_from_slice(&whole[..CHALLENGE_BYTES - TIME_BYTES]);
        code
    }

    /// Checks a pass with the key of the device that it names.
    ///
    /// # Errors
    /// See [`BadPass`].
    pub fn check(&self, now_ms: u64, pass: &Pass, key: &PublicKey) -> Result<(), BadPass> {
        let (until, code) = pass.challenge.split_at(TIME_BYTES);
        let is_ours = bool::from(self.code(until).ct_eq(code));
        let until = u32::from_be_bytes(until.try_into().map_err(|_| BadPass::Stale)?);
        let now = seconds(now_ms);
        if !is_ours || until < now || until > now.saturating_add(SESSION_SECONDS) {
            return Err(BadPass::Stale);
        }
        let digest: [u8; 32] = Sha256::new()
            .chain_update(pass.challenge)
            .chain_update(pass.signature.0)
            .chain_update(key.0)
            .finalize()
            .into();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen
            .get(&pass.device)
            .is_some_and(|known| bool::from(known.ct_eq(&digest)))
        {
            return Ok(());
        }
        key.verify_challenge(self.school, pass.device, &pass.challenge, &pass.signature)
            .map_err(|_| BadPass::Forged)?;
        seen.insert(pass.device, digest);
        Ok(())
    }
}

impl Pass {
    /// Reads a pass as a request carries it: `DEVICE.CHALLENGE.SIGNATURE`, the last two in base 64 for addresses.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (device, challenge, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        Some(Self {
            device: device.parse().ok()?,
            challenge: bytes(challenge)?.try_into().ok()?,
            signature: Signature(bytes(signature)?.try_into().ok()?),
        })
    }
}

/// A challenge as it travels.
pub fn spell(challenge: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(challenge)
}

fn seconds(now_ms: u64) -> u32 {
    u32::try_from(now_ms / 1000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use daymark_core::signature::SecretKey;

    const SCHOOL: SchoolId = SchoolId(123_456);
    const DEVICE: DeviceNumber = DeviceNumber(7);
    const NOW: u64 = 1_772_440_200_000;

    fn pass(sessions: &Sessions, key: &SecretKey) -> Pass {
        let challenge = sessions.challenge(NOW);
        Pass {
            device: DEVICE,
            challenge,
            signature: key.sign_challenge(SCHOOL, DEVICE, &challenge),
        }
    }

    #[test]
    fn a_signed_challenge_opens_a_session_that_ends_by_itself() {
        let (sessions, key) = (Sessions::start(SCHOOL).unwrap(), SecretKey::from_seed(&[1; 32]));
        let pass = pass(&sessions, &key);
        let at = |ms: u64| sessions.check(ms, &pass, &key.public());
        assert_eq!(at(NOW), Ok(()));
        assert_eq!(at(NOW + u64::from(SESSION_SECONDS) * 1000), Ok(()));
        assert_eq!(
            at(NOW + u64::from(SESSION_SECONDS) * 1000 + 1000),
            Err(BadPass::Stale)
        );
    }

    #[test]
    fn a_pass_of_another_key_device_or_run_of_the_server_is_refused() {
        let (sessions, key) = (Sessions::start(SCHOOL).unwrap(), SecretKey::from_seed(&[1; 32]));
        let good = pass(&sessions, &key);
        let other = SecretKey::from_seed(&[2; 32]);
        assert_eq!(
            sessions.check(NOW, &pass(&sessions, &other), &key.public()),
            Err(BadPass::Forged)
        );
        assert_eq!(sessions.check(NOW, &good, &other.public()), Err(BadPass::Forged));
        let stolen = Pass {
            device: DeviceNumber(8),
            ..good.clone()
        };
        assert_eq!(sessions.check(NOW, &stolen, &key.public()), Err(BadPass::Forged));
        let later = Sessions::start(SCHOOL).unwrap();
        assert_eq!(later.check(NOW, &good, &key.public()), Err(BadPass::Stale));
        let mut longer = good.clone();
        longer.challenge[2] ^= 1;
        assert_eq!(sessions.check(NOW, &longer, &key.public()), Err(BadPass::Stale));
        // What was good once is not taken for good with another key, though it is remembered.
        assert_eq!(sessions.check(NOW, &good, &key.public()), Ok(()));
        assert_eq!(sessions.check(NOW, &good, &other.public()), Err(BadPass::Forged));
    }

    #[test]
    fn a_pass_is_read_as_it_is_written_and_nothing_else_is() {
        let (sessions, key) = (Sessions::start(SCHOOL).unwrap(), SecretKey::from_seed(&[1; 32]));
        let pass = pass(&sessions, &key);
        let text = format!("7.{}.{}", spell(&pass.challenge), spell(&pass.signature.0));
        assert_eq!(Pass::parse(&text), Some(pass));
        for bad in [
            "",
            "7",
            "7..",
            "0.a.b",
            &format!("{text}.x"),
            &text[1..],
            &text[..text.len() - 2],
        ] {
            assert_eq!(Pass::parse(bad), None, "{bad}");
        }
    }
}
