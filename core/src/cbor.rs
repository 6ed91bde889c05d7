//! CBOR forms of the small types, and a decoder that accepts only the canonical encoding.

use std::collections::BTreeSet;

use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};
use uuid::Uuid;

use crate::bytes::BytesError;
use crate::code::Code;
use crate::entry::{ClockCheck, Person, TimeOfDay};
use crate::ids::{
    ChangeHash, ClassName, DeviceNumber, EntryId, PersonId, PupilNumber, SchoolId, TripId, VisitId,
};
use crate::roster::Role;
use crate::session::{Date, Session};
use crate::signature::{PublicKey, Signature};

/// Encodes a value whose encoding cannot fail, because its buffer is memory.
pub fn to_vec<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).expect("encoding into memory cannot fail")
}

/// Decodes a value and refuses bytes that are not its canonical encoding.
///
/// # Errors
/// [`BytesError::Invalid`] with the given name, or [`BytesError::NotCanonical`].
pub fn from_canonical<T>(bytes: &[u8], what: &'static str) -> Result<T, BytesError>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let value: T = minicbor::decode(bytes).map_err(|_| BytesError::Invalid(what))?;
    if to_vec(&value) == bytes {
        Ok(value)
    } else {
        Err(BytesError::NotCanonical)
    }
}

macro_rules! cbor_number {
    ($($name:ident($inner:ident)),*) => {$(
        impl<C> Encode<C> for $name {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.$inner(self.0)?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                match d.$inner()? {
                    0 => Err(DecodeError::message(concat!(stringify!($name), " may not be 0"))),
                    number => Ok(Self(number)),
                }
            }
        }
    )*};
}
cbor_number!(PupilNumber(u64), DeviceNumber(u32), SchoolId(u32));

macro_rules! cbor_bytes {
    ($($name:ident => $inner:expr, $build:expr);* $(;)?) => {$(
        impl<C> Encode<C> for $name {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                let inner: fn(&$name) -> &[u8] = $inner;
                e.bytes(inner(self))?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                let bytes = d.bytes()?.try_into();
                bytes.map($build).map_err(|_| DecodeError::message("wrong length"))
            }
        }
    )*};
}
cbor_bytes!(
    EntryId => |id| &id.0, EntryId;
    ChangeHash => |id| &id.0, ChangeHash;
    TripId => |id| id.0.as_bytes(), |bytes| TripId(Uuid::from_bytes(bytes));
    VisitId => |id| id.0.as_bytes(), |bytes| VisitId(Uuid::from_bytes(bytes));
    Signature => |signature| &signature.0, Signature;
    PublicKey => |key| &key.0, PublicKey;
);

macro_rules! cbor_text {
    ($($name:ident),*) => {$(
        impl<C> Encode<C> for $name {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.str(self.as_str())?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                d.str()?.parse().map_err(|_| DecodeError::message(concat!("not a ", stringify!($name))))
            }
        }
    )*};
}
cbor_text!(PersonId, ClassName, Code, Role);

impl<C> Encode<C> for Date {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.u16(self.days())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Date {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        d.u16().map(Self::from_days)
    }
}

impl<C> Encode<C> for Session {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.u8(u8::from(*self == Self::Pm))?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Session {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        match d.u8()? {
            0 => Ok(Self::Am),
            1 => Ok(Self::Pm),
            _ => Err(DecodeError::message("not a session")),
        }
    }
}

impl<C> Encode<C> for TimeOfDay {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.u32(self.seconds())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for TimeOfDay {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        Self::from_seconds(d.u32()?).ok_or_else(|| DecodeError::message("not a time of the day"))
    }
}

impl<C> Encode<C> for ClockCheck {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.array(2)?.i64(self.offset_ms)?.u32(self.doubt_ms)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for ClockCheck {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        match d.array()? {
            Some(2) => Ok(Self {
                offset_ms: d.i64()?,
                doubt_ms: d.u32()?,
            }),
            _ => Err(DecodeError::message("not a clock check")),
        }
    }
}

impl<C> Encode<C> for Person {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.array(3)?
            .str(self.id.as_str())?
            .str(&self.name)?
            .str(&self.position)?
            .ok()
    }
}

impl<'b, C> Decode<'b, C> for Person {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, DecodeError> {
        if d.array()? != Some(3) {
            return Err(DecodeError::message("not a person"));
        }
        let id = PersonId::decode(d, ctx)?;
        let (name, position) = (d.str()?, d.str()?);
        Self::new(id, name, position).map_err(|error| DecodeError::message(error.field))
    }
}

/// A set of entry ids: an array in ascending order.
pub(crate) mod id_set {
    use super::{BTreeSet, Decode, DecodeError, Decoder, Encode, EncodeError, Encoder, EntryId, Write};

    pub(crate) fn encode<C, W: Write>(
        ids: &BTreeSet<EntryId>,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.array(ids.len() as u64)?;
        for id in ids {
            id.encode(e, ctx)?;
        }
        Ok(())
    }

    pub(crate) fn decode<C>(d: &mut Decoder<'_>, ctx: &mut C) -> Result<BTreeSet<EntryId>, DecodeError> {
        let ids: Vec<EntryId> = Vec::decode(d, ctx)?;
        Ok(ids.into_iter().collect())
    }
}
