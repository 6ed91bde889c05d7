//! What comes before a change: its parents, and where they put it.

use std::collections::BTreeSet;

use super::{ActorIndex, Door, Refusal};
use crate::chunk::Header;
use crate::ids::ChangeHash;

#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) actor: ActorIndex,
    pub(super) sequence: u64,
    /// The number of its last operation.
    pub(super) max_op: u64,
    pub(super) parents: Vec<ChangeHash>,
    /// For each actor, how far this change's past (itself included) reaches; 0 past the end.
    pub(super) clock: Vec<u64>,
    /// The bytes of the items that it brought: what the document says is read off these.
    pub(super) items: Vec<Vec<u8>>,
}

impl Known {
    pub(super) fn reach(&self, actor: ActorIndex) -> u64 {
        self.clock.get(actor).copied().unwrap_or(0)
    }
}

impl Door {
    /// Checks sequence and first operation against the parents, and works out the change's clock.
    pub(super) fn place(&self, header: &Header<'_>) -> Result<Known, Refusal> {
        // Without a parent it would not have the document's first change in its past.
        if header.parents.is_empty() {
            return Err(Refusal::NoParents);
        }
        let mut clock: Vec<u64> = Vec::new();
        let mut max_op = 0;
        for parent in &header.parents {
            let Some(known) = self.known.get(parent) else {
                return Err(Refusal::DoesNotApply);
            };
            max_op = max_op.max(known.max_op);
            if clock.len() < known.clock.len() {
                clock.resize(known.clock.len(), 0);
            }
            for (reached, sequence) in clock.iter_mut().zip(&known.clock) {
                *reached = (*reached).max(*sequence);
            }
        }
        // A new actor gets its place when its first change is noted.
        let actor = self
            .actors
            .get(header.actor)
            .copied()
            .unwrap_or(self.actors.len());
        if let Some(first) = self.by_sequence.get(&(actor, header.sequence)) {
            return Err(Refusal::Equivocation {
                sequence: header.sequence,
                first: *first,
            });
        }
        if clock.len() <= actor {
            clock.resize(actor + 1, 0);
        }
        let expected = clock[actor] + 1;
        if header.sequence != expected {
            return Err(Refusal::Sequence {
                got: header.sequence,
                expected,
            });
        }
        if header.start_op != max_op + 1 {
            return Err(Refusal::StartOp {
                got: header.start_op,
                expected: max_op + 1,
            });
        }
        clock[actor] = header.sequence;
        Ok(Known {
            actor,
            sequence: header.sequence,
            max_op,
            parents: header.parents.clone(),
            clock,
            items: Vec::new(),
        })
    }

    pub(super) fn missing(&self, header: &Header<'_>) -> Vec<ChangeHash> {
        header
            .parents
            .iter()
            .filter(|parent| !self.knows(parent))
            .copied()
            .collect()
    }

    pub(crate) fn ancestors(&self, heads: &[ChangeHash]) -> (BTreeSet<ChangeHash>, bool) {
        let mut found = BTreeSet::new();
        let mut queue: Vec<ChangeHash> = heads.to_vec();
        let mut complete = true;
        while let Some(hash) = queue.pop() {
            match self.known.get(&hash) {
                Some(known) if found.insert(hash) => queue.extend(&known.parents),
                Some(_) => {}
                None => complete = false,
            }
        }
        (found, complete)
    }
}
