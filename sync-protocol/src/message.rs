//! A short text from the office to whoever holds a device.

use minicbor::{Decode, Encode};

use crate::limits::MESSAGE_CHARS_MAX;

/// What the office writes to a device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct OfficeMessage {
    /// When it was written: unix milliseconds of the hub's clock.
    #[n(0)]
    pub at_ms: u64,
    /// The name of the person who wrote it.
    #[n(1)]
    pub by: String,
    /// The text.
    #[n(2)]
    pub text: String,
}

impl OfficeMessage {
    /// Reads one; `None` where it is none, or is longer than one may be.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let message: Self = minicbor::decode(bytes).ok()?;
        (message.text.chars().count() <= MESSAGE_CHARS_MAX).then_some(message)
    }
}
