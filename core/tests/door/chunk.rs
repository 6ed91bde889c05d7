//! Chunks written and taken apart by hand.

use sha2::{Digest, Sha256};

pub(super) fn leb(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

pub(super) fn signed_leb(mut value: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f).to_le_bytes()[0];
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

pub(super) fn read_leb(bytes: &[u8], at: &mut usize) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes[*at];
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

/// Where the body of a chunk begins.
pub(super) fn body_of(chunk: &[u8]) -> usize {
    let mut at = 9;
    read_leb(chunk, &mut at);
    at
}

/// A chunk with a right length and a right checksum around a body.
pub(super) fn chunk_around(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![kind];
    hashed.extend(leb(body.len() as u64));
    hashed.extend(body);
    let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83];
    chunk.extend(&Sha256::digest(&hashed)[..4]);
    chunk.extend(hashed);
    chunk
}

/// A change taken apart: what stands before the columns, the columns, and what follows.
pub(super) struct Parts {
    pub(super) head: Vec<u8>,
    pub(super) columns: Vec<(u64, Vec<u8>)>,
    pub(super) tail: Vec<u8>,
}

pub(super) fn take_apart(chunk: &[u8]) -> Parts {
    let body = &chunk[body_of(chunk)..];
    let mut at = 0;
    let parents = usize::try_from(read_leb(body, &mut at)).unwrap();
    at += parents * 32;
    let actor = usize::try_from(read_leb(body, &mut at)).unwrap();
    at += actor;
    for _ in 0..3 {
        read_leb(body, &mut at);
    }
    let message = usize::try_from(read_leb(body, &mut at)).unwrap();
    at += message;
    for _ in 0..read_leb(body, &mut at) {
        let length = usize::try_from(read_leb(body, &mut at)).unwrap();
        at += length;
    }
    let head = body[..at].to_vec();
    let mut sizes = Vec::new();
    for _ in 0..read_leb(body, &mut at) {
        let specification = read_leb(body, &mut at);
        sizes.push((specification, usize::try_from(read_leb(body, &mut at)).unwrap()));
    }
    let mut columns = Vec::new();
    for (specification, size) in sizes {
        columns.push((specification, body[at..at + size].to_vec()));
        at += size;
    }
    Parts {
        head,
        columns,
        tail: body[at..].to_vec(),
    }
}

pub(super) fn put_together(parts: &Parts) -> Vec<u8> {
    let mut body = parts.head.clone();
    body.extend(leb(parts.columns.len() as u64));
    for (specification, data) in &parts.columns {
        body.extend(leb(*specification));
        body.extend(leb(data.len() as u64));
    }
    for (_, data) in &parts.columns {
        body.extend(data);
    }
    body.extend(&parts.tail);
    chunk_around(1, &body)
}
