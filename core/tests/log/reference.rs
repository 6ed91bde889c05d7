//! RFC 6962, section 2.1, as it is written there: slow, recursive, and with nothing of ours in it.

use daymark_core::log::proof::{LogHash, TreeHead, TreeSize};
use sha2::{Digest, Sha256};

/// MTH of section 2.1, over leaf hashes.
pub(crate) fn root(leaves: &[LogHash]) -> LogHash {
    match leaves {
        [] => LogHash(Sha256::digest(b"").into()),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            let bytes = [&[1][..], &root(left).0, &root(right).0].concat();
            LogHash(Sha256::digest(bytes).into())
        }
    }
}

/// PATH of section 2.1.1.
pub(crate) fn path(index: usize, leaves: &[LogHash]) -> Vec<LogHash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, other) = if index < k {
        (path(index, left), root(right))
    } else {
        (path(index - k, right), root(left))
    };
    path.push(other);
    path
}

/// PROOF of section 2.1.2, and the empty proof where it is not defined.
pub(crate) fn proof(old: usize, leaves: &[LogHash]) -> Vec<LogHash> {
    if old == 0 {
        Vec::new()
    } else {
        subproof(old, leaves, true)
    }
}

fn subproof(old: usize, leaves: &[LogHash], is_known: bool) -> Vec<LogHash> {
    if old == leaves.len() {
        return if is_known { Vec::new() } else { vec![root(leaves)] };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, other) = if old <= k {
        (subproof(old, left, is_known), root(right))
    } else {
        (subproof(old - k, right, false), root(left))
    };
    proof.push(other);
    proof
}

/// The largest power of two below `length`.
fn split(length: usize) -> usize {
    1 << (length - 1).ilog2()
}

/// The tree of the first `size` leaves.
pub(crate) fn head(leaves: &[LogHash], size: usize) -> TreeHead {
    TreeHead {
        size: TreeSize(size as u64),
        root: root(&leaves[..size]),
    }
}

/// Leaves that all differ, and differ between two seeds.
pub(crate) fn leaves(seed: u8, count: usize) -> Vec<LogHash> {
    (0..count)
        .map(|number| LogHash(Sha256::digest(format!("{seed} {number}")).into()))
        .collect()
}
