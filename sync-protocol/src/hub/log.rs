//! The school's log, as its hub keeps it: every stored change is a leaf, and what is durable is signed for.

use daymark_core::log::checkpoint::{Checkpoint, SignedCheckpoint, VerifiedCheckpoint};
use daymark_core::log::key::NoteKey;
use daymark_core::log::proof::{LogHash, TreeHead, TreeSize};
use minicbor::bytes::ByteArray;

use super::SchoolFacts;
use super::tree::{NotContinued, Tree};
use crate::event::Branch;
use crate::frame::LogProof;

/// The log of a school.
#[derive(Debug, Clone, Default)]
pub struct HubLog {
    tree: Tree,
    /// How many of its leaves are on disk: nothing beyond is signed for.
    durable: u64,
    branch: Option<Branch>,
    /// A branch was announced, and is not durable yet.
    branching: bool,
    signed: Option<VerifiedCheckpoint>,
}

impl HubLog {
    /// The log of what a store has: the hashes of its leaves, in order, and the branch that it is on.
    pub(super) fn of(leaves: Vec<LogHash>, branch: Option<Branch>) -> Self {
        let mut tree = Tree::new();
        for leaf in leaves {
            tree.push(leaf);
        }
        Self {
            durable: tree.size().0,
            tree,
            branch,
            branching: false,
            signed: None,
        }
    }

    pub(super) fn push(&mut self, leaf: LogHash) -> u64 {
        self.tree.push(leaf)
    }

    pub(super) fn made_durable(&mut self, size: u64) {
        self.durable = self.durable.max(size).min(self.tree.size().0);
    }

    /// How many changes it has, durable or not.
    pub fn size(&self) -> u64 {
        self.tree.size().0
    }

    /// How many of its changes are on disk.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// The branch that it is on, if it left what was once signed for.
    pub fn branch(&self) -> Option<&Branch> {
        self.branch.as_ref()
    }

    pub(super) fn is_branching(&self) -> bool {
        self.branching
    }

    pub(super) fn branches(&mut self) {
        self.branching = true;
    }

    pub(super) fn set_branch(&mut self, branch: Branch) {
        self.branch = Some(branch);
        self.branching = false;
        self.signed = None;
    }

    /// Whether it is the log that a checkpoint was signed for, or continues it.
    ///
    /// # Errors
    /// [`NotContinued`].
    pub fn continues(&self, signed: TreeHead) -> Result<(), NotContinued> {
        self.tree.continues(signed)
    }

    /// The checkpoint of all that is durable; `None` where it cannot be signed, because the school's number makes no name.
    pub(super) fn checkpoint(&mut self, facts: &SchoolFacts) -> Option<&VerifiedCheckpoint> {
        let size = TreeSize(self.durable);
        if self
            .signed
            .as_ref()
            .is_none_or(|signed| signed.head().size != size)
        {
            let head = TreeHead {
                size,
                root: self.tree.root_at(size).ok()?,
            };
            let branch = self.branch.as_ref().map(|branch| LogHash(branch.from));
            let checkpoint = Checkpoint::new(facts.school, head, branch);
            let key = NoteKey::of_school(facts.school, &facts.key.public().0).ok()?;
            let signature = facts.key.sign_note(checkpoint.sign_text().as_bytes());
            self.signed = Some(SignedCheckpoint::assemble(&checkpoint, &key, &signature.0).ok()?);
        }
        self.signed.as_ref()
    }

    /// The proof that the log of now continues that of `size` changes; empty where it cannot, which proves nothing.
    pub(super) fn consistency(&self, size: u64) -> LogProof {
        let proof = self.tree.consistency(TreeSize(size), TreeSize(self.durable));
        wire(proof.unwrap_or_default())
    }

    /// The proof that a leaf is in the log of now; `None` while it is not durable.
    pub fn inclusion(&self, leaf: u64) -> Option<Vec<LogHash>> {
        self.tree.inclusion(leaf, TreeSize(self.durable)).ok()
    }

    pub(super) fn receipt(&self, leaf: u64) -> Option<LogProof> {
        self.inclusion(leaf).map(wire)
    }
}

fn wire(proof: Vec<LogHash>) -> LogProof {
    proof.into_iter().map(|hash| ByteArray::from(hash.0)).collect()
}
