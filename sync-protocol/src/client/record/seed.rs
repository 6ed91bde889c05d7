//! A secret key is written down as its seed.

use daymark_core::signature::{KEY_BYTES, SecretKey};
use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decoder, Encoder};

pub(super) fn encode<C, W: Write>(
    key: &SecretKey,
    e: &mut Encoder<W>,
    _: &mut C,
) -> Result<(), EncodeError<W::Error>> {
    e.bytes(&key.seed())?.ok()
}

pub(super) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<SecretKey, DecodeError> {
    let seed: [u8; KEY_BYTES] = d
        .bytes()?
        .try_into()
        .map_err(|_| DecodeError::message("a key's seed has another length"))?;
    Ok(SecretKey::from_seed(&seed))
}
