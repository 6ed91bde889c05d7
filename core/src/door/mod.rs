//! The door in front of Automerge: nothing that comes from outside can panic, stall or bloat a replica, or leave a
//! document that does not load.
//!
//! A change is looked at in this order, each step cheap and bounded: our own reading of the chunk ([`crate::chunk`]);
//! already here?; whose actor?; parents here?; sequence and first operation right?; decoded by Automerge with panics
//! caught, and encoded again to the same bytes; only the operations that our documents use, on objects and elements
//! that the change's own past holds; items that can be read and belong here; and at last a trial on a clone, saved
//! and loaded again with equal heads. Only then is the clone swapped in. Every change gets a verdict of its own.

mod guard;
mod history;
mod operations;
mod refusal;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use automerge::legacy::OpType;
use automerge::{Automerge, Change, ScalarValue};

pub(crate) use self::guard::guarded;
pub use self::guard::quiet_caught_panics;
use self::history::Known;
use self::operations::{decode, readable_item};
pub use self::refusal::Refusal;
use crate::chunk::{self, Header};
use crate::document::DOCUMENT_OPERATIONS_MAX;
use crate::document_id::DocumentId;
use crate::ids::{ActorId, ChangeHash, DeviceNumber, SchoolId};
use crate::item::Item;

/// What the door says of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is in the document now, and brought these items.
    Stored {
        /// Its hash.
        hash: ChangeHash,
        /// What it brought.
        items: Vec<Item>,
    },
    /// It was here before.
    AlreadyHad(ChangeHash),
    /// It waits for changes that have not arrived.
    Held {
        /// Its hash.
        hash: ChangeHash,
        /// What it waits for.
        missing: Vec<ChangeHash>,
    },
    /// It cannot be taken; its bytes are to be kept aside.
    Refused(Refusal),
}

/// The place of an actor in the door's own list of them.
type ActorIndex = usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OpFacts {
    object: (u64, bool),
    sequence: u64,
    insert: bool,
}

/// A change that passed all but the trial.
#[derive(Debug, Clone)]
struct Admission {
    known: Known,
    change: Change,
    operations: Vec<automerge::legacy::Op>,
    items: Vec<Item>,
}

/// A change that is fit for a document as the document was, decoded once and not taken yet.
#[derive(Debug, Clone)]
pub struct Checked {
    hash: ChangeHash,
    heads: Vec<ChangeHash>,
    /// How many changes the document held.
    base: usize,
    admission: Admission,
}

impl Checked {
    /// The change's hash.
    pub fn hash(&self) -> ChangeHash {
        self.hash
    }

    /// The heads that the document has once the change is in it.
    pub fn heads(&self) -> &[ChangeHash] {
        &self.heads
    }
}

/// What the door knows of one document, beside Automerge.
#[derive(Debug, Clone, Default)]
pub struct Door {
    /// Shared between clones, so that a trial on a copy of the document costs little.
    known: BTreeMap<ChangeHash, Arc<Known>>,
    /// Every actor whose change is here, by its bytes. The first is that of the first change.
    actors: BTreeMap<Vec<u8>, ActorIndex>,
    by_sequence: BTreeMap<(ActorIndex, u64), ChangeHash>,
    heads: BTreeSet<ChangeHash>,
    /// Operations by actor and counter; the objects of the first change are found by their counter.
    operations: BTreeMap<(ActorIndex, u64), OpFacts>,
    list_object: u64,
    text_objects: BTreeSet<u64>,
}

/// The actor of every document's first change, which no device has.
const GENESIS_ACTOR: [u8; ActorId::BYTES] = [0; ActorId::BYTES];
const GENESIS: ActorIndex = 0;

impl Door {
    /// The door of a new document that holds its first change only.
    pub(crate) fn new(automerge: &Automerge) -> Self {
        let mut door = Self::default();
        door.actors.insert(GENESIS_ACTOR.to_vec(), GENESIS);
        for change in automerge.get_changes(&[]) {
            let hash = ChangeHash(change.hash().0);
            for (counter, op) in (change.start_op().get()..).zip(change.decode().operations) {
                match op.action {
                    OpType::Make(automerge::ObjType::List) => door.list_object = counter,
                    OpType::Make(automerge::ObjType::Text) => {
                        door.text_objects.insert(counter);
                    }
                    _ => {}
                }
            }
            door.by_sequence.insert((GENESIS, 1), hash);
            door.heads.insert(hash);
            door.known.insert(
                hash,
                Arc::new(Known {
                    actor: GENESIS,
                    sequence: 1,
                    max_op: change.max_op(),
                    parents: Vec::new(),
                    clock: vec![1],
                    items: Vec::new(),
                }),
            );
        }
        door
    }

    pub(crate) fn heads(&self) -> Vec<ChangeHash> {
        self.heads.iter().copied().collect()
    }

    pub(crate) fn knows(&self, hash: &ChangeHash) -> bool {
        self.known.contains_key(hash)
    }

    pub(crate) fn change_count(&self) -> usize {
        self.known.len() - 1
    }

    /// Judges a change from outside; with [`Verdict::Stored`] comes the document that holds it.
    pub(crate) fn judge(
        &mut self,
        school: SchoolId,
        id: &DocumentId,
        automerge: &Automerge,
        bytes: &[u8],
    ) -> (Verdict, Option<Automerge>) {
        let (header, admission) = match self.consider(school, id, bytes) {
            Ok(considered) => considered,
            Err(verdict) => return (verdict, None),
        };
        let hash = header.hash;
        let mut heads = self.heads.clone();
        for parent in &header.parents {
            heads.remove(parent);
        }
        heads.insert(hash);
        match trial(automerge, &[bytes], &heads) {
            Some(applied) => {
                let (items, _) = self.note(hash, admission);
                (Verdict::Stored { hash, items }, Some(applied))
            }
            None => (Verdict::Refused(Refusal::DoesNotApply), None),
        }
    }

    /// Judges changes in their order, each as if it had come alone, with one trial for all that pass. Should that
    /// trial fail, each is tried by itself, so that one bad change never refuses its neighbours.
    pub(crate) fn judge_all(
        &mut self,
        school: SchoolId,
        id: &DocumentId,
        automerge: &Automerge,
        changes: &[&[u8]],
    ) -> (Vec<Verdict>, Option<Automerge>) {
        let mut next = self.clone();
        let mut passed = Vec::new();
        let verdicts = changes
            .iter()
            .map(|bytes| match next.consider(school, id, bytes) {
                Ok((header, admission)) => {
                    passed.push(*bytes);
                    Verdict::Stored {
                        hash: header.hash,
                        items: next.note(header.hash, admission).0,
                    }
                }
                Err(verdict) => verdict,
            })
            .collect();
        if passed.is_empty() {
            return (verdicts, None);
        }
        if let Some(applied) = trial(automerge, &passed, &next.heads) {
            *self = next;
            return (verdicts, Some(applied));
        }
        let mut current: Option<Automerge> = None;
        let verdicts = changes
            .iter()
            .map(|bytes| {
                let base = current.as_ref().unwrap_or(automerge);
                let (verdict, applied) = self.judge(school, id, base, bytes);
                current = applied.or(current.take());
                verdict
            })
            .collect();
        (verdicts, current)
    }

    /// All that can be said of a change without Automerge's applying it: that it may pass, or its verdict.
    fn consider<'a>(
        &self,
        school: SchoolId,
        id: &DocumentId,
        bytes: &'a [u8],
    ) -> Result<(Header<'a>, Admission), Verdict> {
        let header = chunk::parse(bytes).map_err(|error| Verdict::Refused(error.into()))?;
        let hash = header.hash;
        if self.knows(&hash) {
            return Err(Verdict::AlreadyHad(hash));
        }
        let missing = self.missing(&header);
        if !missing.is_empty() {
            let Some(actor) = ActorId::from_bytes(header.actor) else {
                return Err(Verdict::Refused(Refusal::Actor));
            };
            // A change of another school or document would wait for ever, because its first parent is another
            // document's: say so at once, where its items tell.
            let (_, operations) = decode(bytes).ok_or(Verdict::Refused(Refusal::NotCanonical))?;
            for op in &operations {
                if let OpType::Put(ScalarValue::Bytes(item)) = &op.action {
                    readable_item(school, id, actor.device, item).map_err(Verdict::Refused)?;
                }
            }
            return Err(Verdict::Held { hash, missing });
        }
        let admission = self.check(school, id, &header, bytes).map_err(Verdict::Refused)?;
        Ok((header, admission))
    }

    /// Checks a change without a trial: one that this document's own hub accepted. `None` if it is here already.
    pub(crate) fn checked(
        &self,
        school: SchoolId,
        id: &DocumentId,
        bytes: &[u8],
    ) -> Result<Option<Checked>, Refusal> {
        let header = chunk::parse(bytes)?;
        if self.knows(&header.hash) {
            return Ok(None);
        }
        if !self.missing(&header).is_empty() {
            return Err(Refusal::DoesNotApply);
        }
        let admission = self.check(school, id, &header, bytes)?;
        let mut heads = self.heads.clone();
        heads.retain(|head| !header.parents.contains(head));
        heads.insert(header.hash);
        Ok(Some(Checked {
            hash: header.hash,
            heads: heads.into_iter().collect(),
            base: self.change_count(),
            admission,
        }))
    }

    /// Takes a checked change in, and gives its items and itself, for Automerge. `None` where the document is not
    /// what it was checked against.
    pub(crate) fn take(&mut self, checked: Checked) -> Option<(Vec<Item>, Change)> {
        (checked.base == self.change_count()).then(|| self.note(checked.hash, checked.admission))
    }

    /// Admits a change out of a saved document, whose items are checked when they are read.
    pub(crate) fn admit_known(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let header = chunk::parse(bytes)?;
        if !self.missing(&header).is_empty() {
            return Err(Refusal::DoesNotApply);
        }
        let (change, operations) = decode(bytes).ok_or(Refusal::NotCanonical)?;
        let known = self.place(&header)?;
        let admission = Admission {
            known,
            change,
            operations,
            items: Vec::new(),
        };
        self.note(header.hash, admission);
        Ok(())
    }

    fn check(
        &self,
        school: SchoolId,
        id: &DocumentId,
        header: &Header<'_>,
        bytes: &[u8],
    ) -> Result<Admission, Refusal> {
        let actor = ActorId::from_bytes(header.actor).ok_or(Refusal::Actor)?;
        if header.time != 0 {
            return Err(Refusal::Extra("a time"));
        }
        if header.message_bytes > 0 {
            return Err(Refusal::Extra("a message"));
        }
        if header.extra_bytes > 0 {
            return Err(Refusal::Extra("extra bytes"));
        }
        let known = self.place(header)?;
        if known.max_op > DOCUMENT_OPERATIONS_MAX {
            return Err(Refusal::Full(id.clone()));
        }
        let (change, operations) = decode(bytes).ok_or(Refusal::NotCanonical)?;
        let items = self.check_operations(school, id, actor.device, &known, header, &operations)?;
        Ok(Admission {
            known,
            change,
            operations,
            items,
        })
    }

    fn note(&mut self, hash: ChangeHash, admission: Admission) -> (Vec<Item>, Change) {
        let Admission {
            mut known,
            change,
            operations,
            items,
        } = admission;
        let start = change.start_op().get();
        for (counter, op) in (start..).zip(&operations) {
            if let Some(object) = self.object(&op.obj) {
                let facts = OpFacts {
                    object,
                    sequence: known.sequence,
                    insert: op.insert,
                };
                self.operations.insert((known.actor, counter), facts);
            }
        }
        let actor = change.actor_id().to_bytes().to_vec();
        self.actors.insert(actor, known.actor);
        known.max_op = start + operations.len() as u64 - 1;
        known.items = operations
            .iter()
            .filter_map(|op| op.primitive_value()?.as_bytes().map(<[u8]>::to_vec))
            .collect();
        for parent in &known.parents {
            self.heads.remove(parent);
        }
        self.heads.insert(hash);
        self.by_sequence.insert((known.actor, known.sequence), hash);
        self.known.insert(hash, Arc::new(known));
        (items, change)
    }

    pub(crate) fn author(&self, hash: &ChangeHash) -> Option<DeviceNumber> {
        let known = self.known.get(hash)?;
        let (bytes, _) = self.actors.iter().find(|(_, actor)| **actor == known.actor)?;
        ActorId::from_bytes(bytes).map(|actor| actor.device)
    }

    pub(crate) fn change_hashes(&self) -> Vec<ChangeHash> {
        let devices = self.known.iter().filter(|(_, known)| known.actor != GENESIS);
        devices.map(|(hash, _)| *hash).collect()
    }

    /// The bytes of the items that each change brought.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&ChangeHash, &[Vec<u8>])> {
        self.known
            .iter()
            .map(|(hash, known)| (hash, known.items.as_slice()))
    }
}

/// Applies changes to a clone, saves and loads it, and compares the heads with those that must come out. The saved
/// form is not compressed here: that would be most of the time, and says nothing more.
fn trial(automerge: &Automerge, changes: &[&[u8]], heads: &BTreeSet<ChangeHash>) -> Option<Automerge> {
    let same = |automerge: &Automerge| {
        let found: BTreeSet<ChangeHash> = automerge
            .get_heads()
            .into_iter()
            .map(|hash| ChangeHash(hash.0))
            .collect();
        found == *heads
    };
    guarded(|| {
        let mut clone = automerge.clone();
        let changes: Vec<Change> = changes
            .iter()
            .map(|bytes| Change::from_bytes(bytes.to_vec()))
            .collect::<Result<_, _>>()
            .ok()?;
        clone.apply_changes(changes).ok()?;
        let loaded = Automerge::load(&clone.save_nocompress()).ok()?;
        (same(&clone) && same(&loaded)).then_some(clone)
    })
    .flatten()
}
