//! The bytes of a journal: its header, its records and the chain that ties them together.

use sha2::{Digest, Sha256};

/// The longest record that a journal takes, in bytes.
pub const RECORD_BYTES_MAX: usize = 8 << 20;

pub(crate) const HEADER_BYTES: usize = 16;
pub(crate) const PREFIX_BYTES: usize = LENGTH_BYTES + CHECK_BYTES;
pub(crate) const CHECK_BYTES: usize = 16;
const LENGTH_BYTES: usize = 4;
const VERSION: u16 = 1;
const MAGIC: [u8; 8] = *b"DAYMARKJ";

/// A place between two records: everything before it, and what it amounts to.
///
/// Two journals that agree on a position hold the same records before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// The bytes before it.
    pub offset: u64,
    /// The records before it.
    pub records: u64,
    /// The chain value of the records before it.
    pub chain: [u8; 32],
}

impl Position {
    /// The place of the first record.
    pub(crate) fn first() -> Self {
        Self {
            offset: HEADER_BYTES as u64,
            records: 0,
            chain: Sha256::digest(header()).into(),
        }
    }

    /// The place behind `body`, when it is the record that starts here.
    pub(crate) fn after(&self, body: &[u8]) -> Self {
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let chain = Sha256::new()
            .chain_update(self.chain)
            .chain_update(length.to_le_bytes())
            .chain_update(body);
        Self {
            offset: self.offset + (PREFIX_BYTES + body.len()) as u64,
            records: self.records + 1,
            chain: chain.finalize().into(),
        }
    }
}

/// What stands before a record's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) length: u32,
    pub(crate) check: [u8; CHECK_BYTES],
}

impl Prefix {
    pub(crate) fn from_bytes(bytes: &[u8; PREFIX_BYTES]) -> Self {
        let (mut length, mut check) = ([0; LENGTH_BYTES], [0; CHECK_BYTES]);
        length.copy_from_slice(&bytes[..LENGTH_BYTES]);
        check.copy_from_slice(&bytes[LENGTH_BYTES..]);
        Self {
            length: u32::from_le_bytes(length),
            check,
        }
    }

    /// The length of the body, unless it is out of bounds.
    pub(crate) fn body_bytes(self) -> Option<usize> {
        usize::try_from(self.length)
            .ok()
            .filter(|bytes| *bytes <= RECORD_BYTES_MAX)
    }

    /// The place behind `body`, if it is the record that was written at `start`.
    pub(crate) fn verified(self, start: &Position, body: &[u8]) -> Option<Position> {
        let end = start.after(body);
        end.chain.starts_with(&self.check).then_some(end)
    }
}

/// Adds a record's bytes to `into`. The body is no longer than [`RECORD_BYTES_MAX`].
pub(crate) fn encode(start: &Position, body: &[u8], into: &mut Vec<u8>) -> Position {
    debug_assert!(body.len() <= RECORD_BYTES_MAX);
    let end = start.after(body);
    into.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    into.extend_from_slice(&end.chain[..CHECK_BYTES]);
    into.extend_from_slice(body);
    end
}

/// The first bytes of every journal.
pub(crate) fn header() -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(&MAGIC);
    header[8..10].copy_from_slice(&VERSION.to_le_bytes());
    header
}

/// What the first bytes of a file say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// A journal of this version.
    Whole,
    /// A journal whose making was cut off before its header was on the disk: it never held a record.
    Unfinished,
    /// A journal of another version.
    Version(u16),
    /// No journal.
    Foreign,
}

impl Header {
    /// Judges the first bytes (up to [`HEADER_BYTES`]) of a file that is `file_bytes` long.
    pub(crate) fn judge(first: &[u8], file_bytes: u64) -> Self {
        let expected = header();
        if first == expected {
            return Self::Whole;
        }
        let blank = expected.starts_with(first) || first.iter().all(|byte| *byte == 0);
        if blank && file_bytes <= HEADER_BYTES as u64 {
            return Self::Unfinished;
        }
        let version = first
            .get(8..10)
            .map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
        if version > VERSION && first.starts_with(&MAGIC) && first[10..] == expected[10..] {
            return Self::Version(version);
        }
        Self::Foreign
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_journal_are_pinned() {
        let mut bytes = header().to_vec();
        let end = encode(&Position::first(), b"Ada Lovelace, AM, present", &mut bytes);
        assert_eq!(&bytes[..16], b"DAYMARKJ\x01\0\0\0\0\0\0\0");
        assert_eq!(&bytes[16..20], &[25, 0, 0, 0]);
        assert_eq!(&bytes[36..], b"Ada Lovelace, AM, present");
        let by_hand = Sha256::digest(
            [
                &Sha256::digest(&bytes[..16])[..],
                &[25, 0, 0, 0],
                b"Ada Lovelace, AM, present",
            ]
            .concat(),
        );
        assert_eq!(end.chain[..], by_hand[..]);
        assert_eq!(bytes[20..36], by_hand[..16]);
        assert_eq!(end.offset, bytes.len() as u64);
    }

    #[test]
    fn header_is_judged_by_what_could_have_been_written() {
        let whole = header();
        assert_eq!(Header::judge(&whole, 99), Header::Whole);
        assert_eq!(Header::judge(&[], 0), Header::Unfinished);
        assert_eq!(Header::judge(&whole[..9], 9), Header::Unfinished);
        assert_eq!(Header::judge(&[0; 16], 16), Header::Unfinished);
        assert_eq!(Header::judge(&[0; 16], 17), Header::Foreign);
        assert_eq!(Header::judge(b"a letter", 8), Header::Foreign);
        let mut later = whole;
        later[8] = 2;
        assert_eq!(Header::judge(&later, 99), Header::Version(2));
        assert_eq!(Header::judge(&later[..12], 12), Header::Foreign);
    }
}
