//! Checking Merkle proofs: that a leaf is in a tree, and that a tree only grew (RFC 6962, section 2.1; the order of the
//! steps is that of RFC 9162, sections 2.1.3.2 and 2.1.4.2).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::ids::hex;

/// The most hashes that a proof may have. The longest that can be needed is 64: a consistency proof of a tree of
/// [`TreeSize::MAX`] leaves.
pub const PROOF_HASHES_MAX: usize = 64;

/// What RFC 6962, section 2.1, puts before two hashes that are hashed into their parent.
const NODE_PREFIX: u8 = 0x01;

/// A hash in the tree: of a leaf, of an inner node, or the root.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogHash(pub [u8; 32]);

impl LogHash {
    /// The root of a tree without leaves: SHA-256 of nothing (RFC 6962, section 2.1).
    pub const EMPTY_ROOT: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
        0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// Standard base 64 with padding (RFC 4648, section 4), as checkpoints write it.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads [`to_base64`](Self::to_base64) and nothing else; `None` for another length, alphabet or padding.
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for LogHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for LogHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogHash({})", hex(&self.0[..4]))
    }
}

/// How many leaves a tree has, or how many came before a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeSize(pub u64);

impl TreeSize {
    /// The tree without leaves.
    pub const EMPTY: Self = Self(0);
    /// The largest tree that is believed: the same bound as in Go's checkpoints, whose sizes are signed.
    pub const MAX: Self = Self(i64::MAX.cast_unsigned());
}

impl fmt::Display for TreeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A tree: its size and its root. The two belong together and are signed together, because a root does not commit to
/// its size: one proof and one root can fit two sizes. Take both from one checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// How many leaves.
    pub size: TreeSize,
    /// The hash over all of them.
    pub root: LogHash,
}

impl TreeHead {
    /// The tree without leaves.
    pub const EMPTY: Self = Self {
        size: TreeSize::EMPTY,
        root: LogHash::EMPTY_ROOT,
    };
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree is larger than any tree can be.
    #[error("a log of {0} changes is larger than any log can be: the proof is not to be believed")]
    TooLarge(TreeSize),
    /// The leaf would stand beyond the end of the tree.
    #[error(
        "change {index} cannot be in a log of {size} changes: ask for a proof against a later checkpoint"
    )]
    NotInTree {
        /// Where the leaf should stand, counted from 0.
        index: u64,
        /// The tree.
        size: TreeSize,
    },
    /// The newer tree has fewer leaves than the older one.
    #[error("a log of {new} changes cannot continue one of {old}: the log was cut off or put back")]
    Shrunk {
        /// The older tree.
        old: TreeSize,
        /// The tree that should continue it.
        new: TreeSize,
    },
    /// Too few or too many hashes for these sizes.
    #[error(
        "a proof of {0} hashes is too short or too long for this log: it was damaged, or is of another log"
    )]
    Length(usize),
    /// The leaf, with these hashes, does not lead to the root.
    #[error("the proof does not lead to the signed root: this change is not in the log at this place")]
    NotIncluded,
    /// The hashes do not lead to both roots.
    #[error("the proof does not join the two logs: what was in the older one is not all in the newer one")]
    NotConsistent,
}

/// The hash of an inner node: SHA-256 of 0x01 and both children (RFC 6962, section 2.1).
pub fn node_hash(left: LogHash, right: LogHash) -> LogHash {
    let mut hash = Sha256::new();
    hash.update([NODE_PREFIX]);
    hash.update(left.0);
    hash.update(right.0);
    LogHash(hash.finalize().into())
}

/// Checks that the leaf with hash `leaf` is number `index`, counted from 0, of the tree.
///
/// `proof` is the leaf's audit path, from the leaf upwards (RFC 6962, section 2.1.1).
///
/// # Errors
/// See [`ProofError`]. Whatever the error, nothing is proved.
pub fn verify_inclusion(
    leaf: LogHash,
    index: u64,
    tree: TreeHead,
    proof: &[LogHash],
) -> Result<(), ProofError> {
    check_bounds(tree.size, proof)?;
    if index >= tree.size.0 {
        return Err(ProofError::NotInTree {
            index,
            size: tree.size,
        });
    }
    // Our place and the last place, in the level of the tree that has been reached.
    let (mut place, mut last) = (index, tree.size.0 - 1);
    let mut hash = leaf;
    for &sibling in proof {
        if last == 0 {
            return Err(ProofError::Length(proof.len()));
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, hash);
            (place, last) = up_while_alone(place, last);
        } else {
            hash = node_hash(hash, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    match (last, hash == tree.root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::NotIncluded),
        _ => Err(ProofError::Length(proof.len())),
    }
}

/// Checks that `new` holds all leaves of `old`, in their places, and perhaps more after them.
///
/// `proof` is that of RFC 6962, section 2.1.2. It is empty where there is nothing to prove: from the tree without leaves,
/// and between trees of one size.
///
/// # Errors
/// See [`ProofError`]. Whatever the error, nothing is proved.
pub fn verify_consistency(old: TreeHead, new: TreeHead, proof: &[LogHash]) -> Result<(), ProofError> {
    check_bounds(old.size, proof)?;
    check_bounds(new.size, proof)?;
    if old.size > new.size {
        return Err(ProofError::Shrunk {
            old: old.size,
            new: new.size,
        });
    }
    if old.size == TreeSize::EMPTY || old.size == new.size {
        let expected = if old.size == new.size {
            new.root
        } else {
            LogHash::EMPTY_ROOT
        };
        return match (proof.len(), old.root == expected) {
            (0, true) => Ok(()),
            (0, false) => Err(ProofError::NotConsistent),
            (length, _) => Err(ProofError::Length(length)),
        };
    }
    // The proof starts at the last whole subtree of the old tree. Where that is the old tree itself, it is left out.
    let (first, rest) = if old.size.0.is_power_of_two() {
        (old.root, proof)
    } else {
        let (&first, rest) = proof.split_first().ok_or(ProofError::Length(0))?;
        (first, rest)
    };
    let (mut place, mut last) = (old.size.0 - 1, new.size.0 - 1);
    let up = place.trailing_ones();
    (place, last) = (place >> up, last >> up);
    let (mut old_hash, mut new_hash) = (first, first);
    for &sibling in rest {
        if last == 0 {
            return Err(ProofError::Length(proof.len()));
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(sibling, old_hash);
            new_hash = node_hash(sibling, new_hash);
            (place, last) = up_while_alone(place, last);
        } else {
            new_hash = node_hash(new_hash, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    match (last, old_hash == old.root && new_hash == new.root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::NotConsistent),
        _ => Err(ProofError::Length(proof.len())),
    }
}

fn check_bounds(size: TreeSize, proof: &[LogHash]) -> Result<(), ProofError> {
    if size > TreeSize::MAX {
        return Err(ProofError::TooLarge(size));
    }
    if proof.len() > PROOF_HASHES_MAX {
        return Err(ProofError::Length(proof.len()));
    }
    Ok(())
}

/// The last node of a level that has no sibling is carried up as it is, until it is a right child or the root
/// (RFC 9162, section 2.1.3.2, step 4b).
fn up_while_alone(place: u64, last: u64) -> (u64, u64) {
    if place & 1 == 1 || place == 0 {
        return (place, last);
    }
    let up = place.trailing_zeros();
    (place >> up, last >> up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_root_is_the_hash_of_nothing() {
        assert_eq!(LogHash::EMPTY_ROOT.0, <[u8; 32]>::from(Sha256::digest([])));
    }

    #[test]
    fn base64_has_one_form() {
        let hash = LogHash([7; 32]);
        let text = hash.to_base64();
        assert_eq!(LogHash::from_base64(&text), Some(hash));
        assert_eq!(LogHash::from_base64(text.trim_end_matches('=')), None);
        assert_eq!(LogHash::from_base64(&format!("{text}\n")), None);
        // The last letter before the padding carries four bits: one with a fifth is another form of the same bytes.
        assert!(text.ends_with("c="));
        assert_eq!(LogHash::from_base64(&text.replace("c=", "d=")), None);
        assert_eq!(LogHash::from_base64(&STANDARD.encode([7; 31])), None);
    }

    #[test]
    fn trees_larger_than_any_are_refused() {
        let tree = TreeHead {
            size: TreeSize(u64::MAX),
            root: LogHash([0; 32]),
        };
        let leaf = LogHash([0; 32]);
        let refused = Err(ProofError::TooLarge(tree.size));
        assert_eq!(verify_inclusion(leaf, 0, tree, &[]), refused);
        assert_eq!(verify_consistency(TreeHead::EMPTY, tree, &[]), refused);
        assert_eq!(verify_consistency(tree, tree, &[]), refused);
    }
}
