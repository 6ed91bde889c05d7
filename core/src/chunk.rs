//! A raw Automerge change chunk, read with our own eyes before Automerge sees it.
//!
//! Automerge 0.12 does not check a change's checksum, inflates compressed chunks without limit, and follows run
//! lengths of any size. This reader checks the checksum, refuses compression and other kinds of chunk, takes the
//! header apart, and bounds how many values the columns can unfold to. The format is that of the Automerge binary
//! document format specification: magic, checksum, type, length, body.

use sha2::{Digest, Sha256};

use crate::ids::ChangeHash;

/// The longest change, in bytes.
pub const CHANGE_BYTES_MAX: usize = 64 * 1024;
/// The most parents of one change.
pub const PARENTS_MAX: usize = 1024;
/// The most operations in one change: room for an account of full length that is written over in one go.
pub const OPERATIONS_MAX: usize = 16_384;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const TYPE_CHANGE: u8 = 1;
const ACTORS_MAX: usize = 1024;
const ACTOR_BYTES_MAX: usize = 64;
const COLUMNS_MAX: usize = 32;
const COLUMN_DEFLATED: u64 = 8;

/// Why bytes are not a change that the door can look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// Longer than a change may be.
    #[error("the change is {0} bytes, over the limit of {CHANGE_BYTES_MAX}")]
    TooLong(usize),
    /// Not a raw change chunk, but perhaps a document, a compressed change or a bundle.
    #[error(
        "this is not a raw change chunk (type {0}); documents, bundles and compressed changes are not taken"
    )]
    NotAChange(u8),
    /// The bytes do not have the shape of a chunk.
    #[error("the change is malformed: {0}")]
    Malformed(&'static str),
    /// The checksum does not fit the bytes.
    #[error("the change's checksum does not fit its bytes: it was damaged on the way")]
    Checksum,
    /// It would unfold to more than a change may hold.
    #[error("the change unfolds to more than {OPERATIONS_MAX} operations")]
    Unfolds,
}

/// What the header of a change says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<'a> {
    /// SHA-256 of the chunk's type, length and body.
    pub hash: ChangeHash,
    /// The changes it was made on top of.
    pub parents: Vec<ChangeHash>,
    /// Who made it, as bytes.
    pub actor: &'a [u8],
    /// Its number among its actor's changes, from 1 up.
    pub sequence: u64,
    /// The number of its first operation.
    pub start_op: u64,
    /// Its time stamp; Daymark writes none.
    pub time: i64,
    /// The length of its message; Daymark writes none.
    pub message_bytes: usize,
    /// The length of whatever follows the columns; Daymark writes nothing there.
    pub extra_bytes: usize,
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], ChunkError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(ChunkError::Malformed(what))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self, what: &'static str) -> Result<u8, ChunkError> {
        Ok(self.take(1, what)?[0])
    }

    /// Unsigned LEB128, at most 64 bits, shortest form.
    fn unsigned(&mut self, what: &'static str) -> Result<u64, ChunkError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(what)?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(ChunkError::Malformed(what));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                let shortest = byte != 0 || shift == 0;
                return if shortest {
                    Ok(value)
                } else {
                    Err(ChunkError::Malformed(what))
                };
            }
        }
        Err(ChunkError::Malformed(what))
    }

    /// Signed LEB128, at most 64 bits.
    fn signed(&mut self, what: &'static str) -> Result<i64, ChunkError> {
        let mut value = 0_i64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(what)?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                if shift < 57 && byte & 0x40 != 0 {
                    value |= -1 << (shift + 7);
                }
                return Ok(value);
            }
        }
        Err(ChunkError::Malformed(what))
    }

    fn count(&mut self, limit: usize, what: &'static str) -> Result<usize, ChunkError> {
        usize::try_from(self.unsigned(what)?)
            .ok()
            .filter(|count| *count <= limit)
            .ok_or(ChunkError::Malformed(what))
    }
}

/// Takes a raw change chunk apart, without following anything inside it.
///
/// # Errors
/// Whatever is not exactly one raw change chunk with a right checksum and bounded columns.
pub fn parse(bytes: &[u8]) -> Result<Header<'_>, ChunkError> {
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(ChunkError::TooLong(bytes.len()));
    }
    let mut cursor = Cursor(bytes);
    if cursor.take(4, "magic")? != MAGIC {
        return Err(ChunkError::Malformed("magic"));
    }
    let checksum = cursor.take(4, "checksum")?;
    let hashed = cursor.0;
    let kind = cursor.byte("type")?;
    if kind != TYPE_CHANGE {
        return Err(ChunkError::NotAChange(kind));
    }
    let length = cursor.count(CHANGE_BYTES_MAX, "length")?;
    if cursor.0.len() != length {
        return Err(ChunkError::Malformed("length"));
    }
    let hash = ChangeHash(Sha256::digest(hashed).into());
    if hash.0[..4] != *checksum {
        return Err(ChunkError::Checksum);
    }
    parse_body(cursor, hash)
}

fn parse_body(mut cursor: Cursor<'_>, hash: ChangeHash) -> Result<Header<'_>, ChunkError> {
    let mut parents = Vec::new();
    for _ in 0..cursor.count(PARENTS_MAX, "parents")? {
        let parent = cursor.take(32, "parents")?;
        parents.push(ChangeHash(
            parent.try_into().map_err(|_| ChunkError::Malformed("parents"))?,
        ));
    }
    if !parents.is_sorted_by(|a, b| a < b) {
        return Err(ChunkError::Malformed("parents out of order, or twice"));
    }
    let actor_bytes = cursor.count(ACTOR_BYTES_MAX, "actor")?;
    let actor = cursor.take(actor_bytes, "actor")?;
    let sequence = cursor.unsigned("sequence")?;
    let start_op = cursor.unsigned("start of operations")?;
    let time = cursor.signed("time")?;
    let message_bytes = cursor.count(CHANGE_BYTES_MAX, "message")?;
    cursor.take(message_bytes, "message")?;
    for _ in 0..cursor.count(ACTORS_MAX, "other actors")? {
        let length = cursor.count(ACTOR_BYTES_MAX, "other actors")?;
        cursor.take(length, "other actors")?;
    }
    let mut columns = Vec::new();
    for _ in 0..cursor.count(COLUMNS_MAX, "columns")? {
        let specification = cursor.unsigned("columns")?;
        columns.push((specification, cursor.count(CHANGE_BYTES_MAX, "columns")?));
    }
    for (specification, length) in columns {
        if specification & COLUMN_DEFLATED != 0 {
            return Err(ChunkError::Malformed("a compressed column"));
        }
        bound_column(specification, cursor.take(length, "columns")?)?;
    }
    Ok(Header {
        hash,
        parents,
        actor,
        sequence,
        start_op,
        time,
        message_bytes,
        extra_bytes: cursor.0.len(),
    })
}

/// Refuses a column that unfolds to more values than a change may have operations, or to more text than a change
/// may have bytes.
fn bound_column(specification: u64, data: &[u8]) -> Result<(), ChunkError> {
    const GROUP: u64 = 0;
    const BOOLEAN: u64 = 4;
    const STRING: u64 = 5;
    const VALUE: u64 = 7;
    const BAD: &str = "a column";
    let kind = specification & 7;
    if kind == VALUE {
        return Ok(());
    }
    let mut cursor = Cursor(data);
    let mut left = OPERATIONS_MAX as u64;
    let mut members = OPERATIONS_MAX as u64;
    let mut text_bytes = CHANGE_BYTES_MAX as u64;
    let spend = |left: &mut u64, amount: u64| {
        *left = left.checked_sub(amount).ok_or(ChunkError::Unfolds)?;
        Ok(())
    };
    while !cursor.0.is_empty() {
        if kind == BOOLEAN {
            spend(&mut left, cursor.unsigned(BAD)?)?;
            continue;
        }
        let run = cursor.signed(BAD)?;
        let (values, repeat) = match run {
            0 => {
                spend(&mut left, cursor.unsigned(BAD)?)?;
                continue;
            }
            1.. => (1, run.unsigned_abs()),
            _ => (run.unsigned_abs(), 1),
        };
        spend(&mut left, values.saturating_mul(repeat))?;
        for _ in 0..values {
            match kind {
                STRING => {
                    let length = cursor.count(CHANGE_BYTES_MAX, BAD)?;
                    cursor.take(length, BAD)?;
                    spend(&mut text_bytes, (length as u64).saturating_mul(repeat))?;
                }
                GROUP => spend(&mut members, cursor.unsigned(BAD)?.saturating_mul(repeat))?,
                3 => {
                    cursor.signed(BAD)?;
                }
                _ => {
                    cursor.unsigned(BAD)?;
                }
            }
        }
    }
    Ok(())
}
