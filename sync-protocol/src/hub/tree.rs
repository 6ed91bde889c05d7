//! The Merkle tree over all stored changes, in memory (RFC 6962, section 2.1).
//!
//! Kept are the hashes of all whole subtrees, level by level: two hashes a leaf, so 6.4 MB for 100,000 changes. They never
//! change once written, which is why the root and the proofs of any *earlier* size come as cheaply as those of today.

use daymark_core::log::proof::{LogHash, TreeHead, TreeSize};
use sha2::{Digest, Sha256};

/// Why the tree has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A size beyond the end of the log.
    #[error("the log has {have} changes and not {asked}: ask for a smaller one, or sync again later")]
    SizeBeyondEnd {
        /// The size that was asked for.
        asked: TreeSize,
        /// The size of the log.
        have: TreeSize,
    },
    /// A leaf beyond the end of the tree that was asked for.
    #[error("the log of {size} changes has no change {index}: ask against a later checkpoint")]
    NoSuchLeaf {
        /// The leaf that was asked for, counted from 0.
        index: u64,
        /// The tree that was asked for.
        size: TreeSize,
    },
    /// A consistency proof back in time.
    #[error("a log of {new} changes cannot continue one of {old}: ask the other way round")]
    BackInTime {
        /// The size to start from.
        old: TreeSize,
        /// The size to arrive at, which is smaller.
        new: TreeSize,
    },
}

/// Why a log is not the one that a checkpoint was signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotContinued {
    /// The log is shorter than the checkpoint: its end is gone.
    #[error(
        "the log has {have} changes where {signed} were signed for: its end is missing, so changes that were \
         acknowledged are gone here; do not serve from it, restore the newest backup, or let the tablets offer \
         what they hold"
    )]
    Behind {
        /// The size of the log.
        have: TreeSize,
        /// The size in the checkpoint.
        signed: TreeSize,
    },
    /// The log is long enough, and its first changes are other ones.
    #[error(
        "the first {0} changes of the log are not those that were signed for: the journal was rewritten; do not \
         serve from it, restore a backup and keep this folder as evidence"
    )]
    Rewritten(TreeSize),
}

/// The tree. Appended to, never changed.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// `levels[k][i]` is the hash over leaves `i * 2^k` up to `(i + 1) * 2^k`, for all such runs that are complete.
    levels: Vec<Vec<LogHash>>,
}

impl Tree {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the leaf with this hash. Its index, counted from 0.
    pub fn push(&mut self, leaf: LogHash) -> u64 {
        let index = self.size().0;
        let mut complete = leaf;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            let left = hashes.last().copied();
            hashes.push(complete);
            match left {
                Some(left) if hashes.len().is_multiple_of(2) => complete = parent(left, complete),
                _ => break,
            }
        }
        index
    }

    /// How many leaves there are.
    pub fn size(&self) -> TreeSize {
        TreeSize(self.levels.first().map_or(0, Vec::len) as u64)
    }

    /// The hash over all leaves.
    pub fn root(&self) -> LogHash {
        self.hash_of(0, self.size().0)
    }

    /// Size and root, as a checkpoint states them.
    pub fn head(&self) -> TreeHead {
        TreeHead {
            size: self.size(),
            root: self.root(),
        }
    }

    /// The root that the tree had when it had `size` leaves.
    ///
    /// # Errors
    /// [`TreeError::SizeBeyondEnd`].
    pub fn root_at(&self, size: TreeSize) -> Result<LogHash, TreeError> {
        self.check(size)?;
        Ok(self.hash_of(0, size.0))
    }

    /// The audit path of a leaf in the tree of the first `size` leaves (RFC 6962, section 2.1.1).
    ///
    /// # Errors
    /// [`TreeError::SizeBeyondEnd`] or [`TreeError::NoSuchLeaf`].
    pub fn inclusion(&self, index: u64, size: TreeSize) -> Result<Vec<LogHash>, TreeError> {
        self.check(size)?;
        if index >= size.0 {
            return Err(TreeError::NoSuchLeaf { index, size });
        }
        let (mut from, mut to) = (0, size.0);
        let mut path = Vec::new();
        while to - from > 1 {
            let middle = from + split(to - from);
            if index < middle {
                path.push(self.hash_of(middle, to));
                to = middle;
            } else {
                path.push(self.hash_of(from, middle));
                from = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The proof that the tree of `new` leaves continues that of `old` leaves (RFC 6962, section 2.1.2); empty where there is
    /// nothing to prove, from size 0 and between equal sizes.
    ///
    /// # Errors
    /// [`TreeError::SizeBeyondEnd`] or [`TreeError::BackInTime`].
    pub fn consistency(&self, old: TreeSize, new: TreeSize) -> Result<Vec<LogHash>, TreeError> {
        self.check(new)?;
        if old > new {
            return Err(TreeError::BackInTime { old, new });
        }
        if old == TreeSize::EMPTY {
            return Ok(Vec::new());
        }
        let (mut from, mut to) = (0, new.0);
        let mut proof = Vec::new();
        while to != old.0 {
            let middle = from + split(to - from);
            if old.0 <= middle {
                proof.push(self.hash_of(middle, to));
                to = middle;
            } else {
                proof.push(self.hash_of(from, middle));
                from = middle;
            }
        }
        // Where the old tree is itself one of the subtrees, whoever asks knows its hash.
        if from != 0 {
            proof.push(self.hash_of(from, to));
        }
        proof.reverse();
        Ok(proof)
    }

    /// Whether this log is the one that a checkpoint was signed for, or continues it: to be asked at each start, with the
    /// checkpoint that is kept beside the journal.
    ///
    /// # Errors
    /// [`NotContinued`].
    pub fn continues(&self, signed: TreeHead) -> Result<(), NotContinued> {
        match self.root_at(signed.size) {
            Err(_) => Err(NotContinued::Behind {
                have: self.size(),
                signed: signed.size,
            }),
            Ok(root) if root != signed.root => Err(NotContinued::Rewritten(signed.size)),
            Ok(_) => Ok(()),
        }
    }

    fn check(&self, size: TreeSize) -> Result<(), TreeError> {
        let have = self.size();
        if size > have {
            return Err(TreeError::SizeBeyondEnd { asked: size, have });
        }
        Ok(())
    }

    /// The hash over the leaves `from..to`, where `from` is the start of a subtree: a whole one is looked up, any other
    /// is its whole left part and the hash of the rest.
    fn hash_of(&self, from: u64, to: u64) -> LogHash {
        let count = to - from;
        if count == 0 {
            return LogHash(Sha256::digest([]).into());
        }
        if count.is_power_of_two() {
            let level = count.trailing_zeros();
            let place = usize::try_from(from >> level).expect("a leaf that is in memory has a place there");
            return self.levels[level as usize][place];
        }
        let middle = from + split(count);
        parent(self.hash_of(from, middle), self.hash_of(middle, to))
    }
}

/// The largest power of two below `count`, which is at least 2: where RFC 6962, section 2.1, splits a tree.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The hash of an inner node (RFC 6962, section 2.1). Written here a second time: the hub must not check itself with the code
/// that it is checked with.
fn parent(left: LogHash, right: LogHash) -> LogHash {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    LogHash(Sha256::digest(bytes).into())
}
