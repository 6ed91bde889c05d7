//! Reading and writing the compact, canonical byte forms of this crate.
//!
//! Numbers are prefix varints: the count of leading one bits in the first byte says how many bytes follow, and the
//! shortest form is the only valid one. Seven bits fit one byte, fourteen two, and any 64-bit number nine.

/// Why bytes could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
    /// The bytes end before the value does.
    #[error("the bytes end inside {0}")]
    Short(&'static str),
    /// A value that its field cannot have.
    #[error("{0} has a value that it cannot have")]
    Invalid(&'static str),
    /// A length or count over its limit.
    #[error("{what} is {got}, over the limit of {limit}")]
    TooLong {
        /// The field.
        what: &'static str,
        /// What was announced.
        got: u64,
        /// The most that is allowed.
        limit: usize,
    },
    /// Bytes left over after the last field.
    #[error("{0} bytes are left over after the last field")]
    Trailing(usize),
    /// Another encoding of the same content is the canonical one.
    #[error("the encoding is not the canonical one")]
    NotCanonical,
    /// A version of this layout that this program does not know.
    #[error("layout version {0} is newer than this program knows; update it")]
    Version(u8),
    /// A kind of item that this program does not know.
    #[error("kind of item {0} is not known to this program; update it")]
    Kind(u8),
}

/// Appends canonical forms to a buffer.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// One byte.
    pub fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Bytes whose length the reader knows.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// An unsigned number, as a prefix varint.
    pub fn uint(&mut self, value: u64) {
        let bits = 64 - value.leading_zeros();
        let extra = if bits > 56 { 8 } else { bits.saturating_sub(1) / 7 };
        let bytes = value.to_be_bytes();
        if extra == 8 {
            self.byte(0xff);
            self.raw(&bytes);
        } else {
            let start = 7 - extra as usize;
            let prefix = !(0xff_u8.checked_shr(extra).unwrap_or(0));
            self.byte(prefix | bytes[start]);
            self.raw(&bytes[start + 1..]);
        }
    }

    /// A signed number, zigzag.
    pub fn int(&mut self, value: i64) {
        self.uint(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    /// Text, with its length before it.
    pub fn text(&mut self, text: &str) {
        self.uint(text.len() as u64);
        self.raw(text.as_bytes());
    }
}

/// Takes canonical forms off the front of a slice.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// One byte of the field `what`.
    pub fn byte(&mut self, what: &'static str) -> Result<u8, BytesError> {
        let (&first, rest) = self.0.split_first().ok_or(BytesError::Short(what))?;
        self.0 = rest;
        Ok(first)
    }

    /// `count` bytes of the field `what`.
    pub fn raw(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], BytesError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(BytesError::Short(what))?;
        self.0 = rest;
        Ok(taken)
    }

    /// A fixed number of bytes of the field `what`.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], BytesError> {
        self.raw(N, what)?.try_into().map_err(|_| BytesError::Short(what))
    }

    /// An unsigned number; a longer form than needed is not canonical.
    pub fn uint(&mut self, what: &'static str) -> Result<u64, BytesError> {
        let first = self.byte(what)?;
        let extra = first.leading_ones() as usize;
        let mut value = u64::from(first) & (0x7f_u64 >> extra.min(7));
        for &byte in self.raw(extra, what)? {
            value = value << 8 | u64::from(byte);
        }
        let shortest = match extra {
            0 => true,
            8 => value >> 56 != 0,
            _ => value >> (7 * extra) != 0,
        };
        if shortest {
            Ok(value)
        } else {
            Err(BytesError::NotCanonical)
        }
    }

    /// An unsigned number that fits its type.
    pub fn number<T: TryFrom<u64>>(&mut self, what: &'static str) -> Result<T, BytesError> {
        self.uint(what)?.try_into().map_err(|_| BytesError::Invalid(what))
    }

    /// A signed number.
    pub fn int(&mut self, what: &'static str) -> Result<i64, BytesError> {
        let zigzag = self.uint(what)?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// A count or length of at most `limit`.
    pub fn count(&mut self, what: &'static str, limit: usize) -> Result<usize, BytesError> {
        let got = self.uint(what)?;
        usize::try_from(got)
            .ok()
            .filter(|count| *count <= limit)
            .ok_or(BytesError::TooLong { what, got, limit })
    }

    /// Text of 1 to `limit` bytes without control characters (a line feed is allowed).
    pub fn text(&mut self, what: &'static str, limit: usize) -> Result<&'a str, BytesError> {
        let length = self.count(what, limit)?;
        let text = std::str::from_utf8(self.raw(length, what)?).map_err(|_| BytesError::Invalid(what))?;
        let plain = !text.is_empty() && !text.chars().any(|c| c.is_control() && c != '\n');
        if plain {
            Ok(text)
        } else {
            Err(BytesError::Invalid(what))
        }
    }

    /// Nothing may be left.
    pub fn finish(self) -> Result<(), BytesError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(BytesError::Trailing(self.0.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(value: u64) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.uint(value);
        writer.into_bytes()
    }

    #[test]
    fn numbers_take_the_bytes_that_the_layout_promises() {
        for (value, length) in [
            (0, 1),
            (127, 1),
            (128, 2),
            (16_383, 2),
            (16_384, 3),
            ((1 << 56) - 1, 8),
            (1 << 56, 9),
            (u64::MAX, 9),
        ] {
            assert_eq!(encoded(value).len(), length, "{value}");
        }
    }

    #[test]
    fn a_longer_form_than_needed_is_refused() {
        assert_eq!(
            Reader::new(&[0x80, 0x05]).uint("n"),
            Err(BytesError::NotCanonical)
        );
        assert_eq!(
            Reader::new(&[0xff, 0, 1, 1, 1, 1, 1, 1, 1]).uint("n"),
            Err(BytesError::NotCanonical)
        );
    }

    proptest! {
        #[test]
        fn numbers_survive(value: u64, signed: i64) {
            let mut writer = Writer::default();
            writer.uint(value);
            writer.int(signed);
            let bytes = writer.into_bytes();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.uint("n"), Ok(value));
            prop_assert_eq!(reader.int("n"), Ok(signed));
            prop_assert_eq!(reader.finish(), Ok(()));
        }

        #[test]
        fn any_number_has_one_form(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let mut reader = Reader::new(&bytes);
            if let Ok(value) = reader.uint("n") {
                let used = bytes.len() - reader.0.len();
                prop_assert_eq!(&encoded(value)[..], &bytes[..used]);
            }
        }
    }
}
