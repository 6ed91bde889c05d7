//! The door in front of Automerge: nothing that comes from outside can panic, stall or bloat a replica, or leave a
//! document that does not load.
//!
//! A change is looked at in this order, each step cheap and bounded: our own reading of the chunk ([`crate::chunk`]);
//! already here?; whose actor?; parents here?; sequence and first operation right?; decoded by Automerge with panics
//! caught, and encoded again to the same bytes; only the operations that our documents use, on objects and elements
//! that the change's own past holds; items that can be read and belong here; and at last a trial on a clone, saved
//! and loaded again with equal heads. Only then is the clone swapped in. Every change gets a verdict of its own.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use automerge::legacy::{ElementId, Key, ObjectId, OpId, OpType};
use automerge::{Automerge, Change, ScalarValue};

use crate::bytes::BytesError;
use crate::chunk::{self, ChunkError, Header};
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

/// Why a change cannot be taken. Each has a stable code for the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not a sound chunk.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    /// The actor is not one that a Daymark device makes.
    #[error("the change's actor is not that of a Daymark device")]
    Actor,
    /// Nothing comes before it, not even the document's first change.
    #[error("the change names no parent, so it is part of no document")]
    NoParents,
    /// The same actor and sequence number with other content: a cloned or restored store.
    #[error(
        "this tablet's store was copied or restored: change {sequence} of it exists with other content; both are kept, and the office must look at them"
    )]
    Equivocation {
        /// The sequence number that was used twice.
        sequence: u64,
        /// The change that was here first.
        first: ChangeHash,
    },
    /// A sequence number that its own past does not lead to.
    #[error("the change's sequence number is {got}, but its past leads to {expected}")]
    Sequence {
        /// What it says.
        got: u64,
        /// What it would have to say.
        expected: u64,
    },
    /// A first operation number that its parents do not lead to.
    #[error("the change's first operation is {got}, but its parents lead to {expected}")]
    StartOp {
        /// What it says.
        got: u64,
        /// What it would have to say.
        expected: u64,
    },
    /// Automerge cannot decode it, or encodes it otherwise.
    #[error("the change cannot be decoded and encoded again to the same bytes")]
    NotCanonical,
    /// A message, time, author or extra bytes, which Daymark never writes.
    #[error("the change carries {0}, which Daymark never writes")]
    Extra(&'static str),
    /// An operation that our documents do not use, or on something that its past does not hold.
    #[error("operation {index} is not one that this document takes: {why}")]
    Operation {
        /// Which operation, from 0 up.
        index: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An item that cannot be read.
    #[error("an item cannot be read: {0}")]
    Item(#[from] BytesError),
    /// An item that does not belong in this document.
    #[error("{what} does not belong in {document}")]
    OutOfPlace {
        /// What it is.
        what: String,
        /// Where it was sent.
        document: DocumentId,
    },
    /// An item of another school.
    #[error("an item names school {got}, but this is school {expected}")]
    OtherSchool {
        /// What it says.
        got: SchoolId,
        /// Whose document this is.
        expected: SchoolId,
    },
    /// An item that names another device than the one that made the change.
    #[error("an item says that device {got} made it, but the change is device {expected}'s")]
    OtherDevice {
        /// What the item says.
        got: DeviceNumber,
        /// Whose change it is.
        expected: DeviceNumber,
    },
    /// No room for more operations.
    #[error("document {0} is full; the office must start another")]
    Full(DocumentId),
    /// Automerge cannot apply it, or could not load the document afterwards.
    #[error("the change cannot be applied so that the document still loads")]
    DoesNotApply,
}

impl Refusal {
    /// The stable code for the wire and for counting.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Chunk(ChunkError::TooLong(_)) => "change-too-long",
            Self::Chunk(ChunkError::NotAChange(_)) => "not-a-change",
            Self::Chunk(ChunkError::Malformed(_)) => "malformed",
            Self::Chunk(ChunkError::Checksum) => "checksum",
            Self::Chunk(ChunkError::Unfolds) => "too-many-operations",
            Self::Actor => "actor",
            Self::NoParents => "no-parents",
            Self::Equivocation { .. } => "equivocation",
            Self::Sequence { .. } => "sequence",
            Self::StartOp { .. } => "start-op",
            Self::NotCanonical => "not-canonical",
            Self::Extra(_) => "extra",
            Self::Operation { .. } => "operation",
            Self::Item(_) => "item",
            Self::OutOfPlace { .. } => "out-of-place",
            Self::OtherSchool { .. } => "other-school",
            Self::OtherDevice { .. } => "other-device",
            Self::Full(_) => "document-full",
            Self::DoesNotApply => "does-not-apply",
        }
    }
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Stops the panics that the door catches from being printed; all others are printed as before. Call it once at the
/// start of a program that takes changes from outside.
pub fn quiet_caught_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !GUARDED.with(Cell::get) {
                before(info);
            }
        }));
    });
}

/// Runs a call into Automerge; `None` if it panicked.
pub(crate) fn guarded<T>(body: impl FnOnce() -> T) -> Option<T> {
    let before = GUARDED.with(|guarded| guarded.replace(true));
    let outcome = catch_unwind(AssertUnwindSafe(body));
    GUARDED.with(|guarded| guarded.set(before));
    outcome.ok()
}

/// The place of an actor in the door's own list of them.
type ActorIndex = usize;

#[derive(Debug, Clone)]
struct Known {
    actor: ActorIndex,
    sequence: u64,
    /// The number of its last operation.
    max_op: u64,
    parents: Vec<ChangeHash>,
    /// For each actor, how far this change's past (itself included) reaches; 0 past the end.
    clock: Vec<u64>,
}

impl Known {
    fn reach(&self, actor: ActorIndex) -> u64 {
        self.clock.get(actor).copied().unwrap_or(0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OpFacts {
    object: (u64, bool),
    sequence: u64,
    insert: bool,
}

/// A change that passed all but the trial.
struct Admission {
    known: Known,
    operations: Vec<automerge::legacy::Op>,
    items: Vec<Item>,
}

/// What the door knows of one document, beside Automerge.
#[derive(Debug, Clone, Default)]
pub struct Door {
    known: BTreeMap<ChangeHash, Known>,
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
                Known {
                    actor: GENESIS,
                    sequence: 1,
                    max_op: change.max_op(),
                    parents: Vec::new(),
                    clock: vec![1],
                },
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
                let items = self.note(&header, admission);
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
                        items: next.note(&header, admission),
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
            let operations = decode(bytes).ok_or(Verdict::Refused(Refusal::NotCanonical))?;
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

    /// Admits a change without a trial: one that this replica made or stored before. `None` if it was known.
    pub(crate) fn admit(
        &mut self,
        school: SchoolId,
        id: &DocumentId,
        bytes: &[u8],
    ) -> Result<Option<Vec<Item>>, Refusal> {
        let header = chunk::parse(bytes)?;
        if self.knows(&header.hash) {
            return Ok(None);
        }
        if !self.missing(&header).is_empty() {
            return Err(Refusal::DoesNotApply);
        }
        let admission = self.check(school, id, &header, bytes)?;
        Ok(Some(self.note(&header, admission)))
    }

    /// Admits a change out of a saved document, whose items are checked when they are read.
    pub(crate) fn admit_known(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let header = chunk::parse(bytes)?;
        if !self.missing(&header).is_empty() {
            return Err(Refusal::DoesNotApply);
        }
        let operations = decode(bytes).ok_or(Refusal::NotCanonical)?;
        let known = self.place(&header)?;
        self.note(
            &header,
            Admission {
                known,
                operations,
                items: Vec::new(),
            },
        );
        Ok(())
    }

    fn missing(&self, header: &Header<'_>) -> Vec<ChangeHash> {
        header
            .parents
            .iter()
            .filter(|parent| !self.knows(parent))
            .copied()
            .collect()
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
        let operations = decode(bytes).ok_or(Refusal::NotCanonical)?;
        let items = self.check_operations(school, id, actor.device, &known, header, &operations)?;
        Ok(Admission {
            known,
            operations,
            items,
        })
    }

    /// Checks sequence and first operation against the parents, and works out the change's clock.
    fn place(&self, header: &Header<'_>) -> Result<Known, Refusal> {
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
        })
    }

    fn check_operations(
        &self,
        school: SchoolId,
        id: &DocumentId,
        device: DeviceNumber,
        known: &Known,
        header: &Header<'_>,
        operations: &[automerge::legacy::Op],
    ) -> Result<Vec<Item>, Refusal> {
        let mut items = Vec::new();
        let mut own: BTreeMap<u64, OpFacts> = BTreeMap::new();
        if operations.is_empty() {
            return Err(Refusal::Operation {
                index: 0,
                why: "there is none",
            });
        }
        for (index, op) in operations.iter().enumerate() {
            let no = |why: &'static str| Refusal::Operation { index, why };
            let object = self
                .object(&op.obj)
                .ok_or_else(|| no("the object is not the list or a text"))?;
            let Key::Seq(element) = &op.key else {
                return Err(no("it names a map key"));
            };
            let in_past = |reference: &OpId, insert: bool| {
                let facts = if reference.1.to_bytes() == header.actor && reference.0 >= header.start_op {
                    own.get(&reference.0).copied()
                } else {
                    self.actors.get(reference.1.to_bytes()).and_then(|actor| {
                        self.operations
                            .get(&(*actor, reference.0))
                            .copied()
                            .filter(|facts| facts.sequence <= known.reach(*actor))
                    })
                };
                facts.is_some_and(|facts| facts.object == object && facts.insert == insert)
            };
            if let ElementId::Id(reference) = element
                && !in_past(reference, true)
            {
                return Err(no("the element that it follows is not in its past"));
            }
            let is_text = object.1;
            match &op.action {
                OpType::Put(ScalarValue::Bytes(bytes)) if !is_text && op.insert && op.pred.is_empty() => {
                    items.push(readable_item(school, id, device, bytes)?);
                }
                OpType::Put(ScalarValue::Str(text)) if is_text && op.insert && op.pred.is_empty() => {
                    if text.chars().count() != 1 {
                        return Err(no("a text takes one character at a time"));
                    }
                }
                OpType::Delete if is_text && !op.insert && op.pred.len() == 1 => {
                    let deleted = op.pred.get(0).is_some_and(|pred| {
                        matches!(element, ElementId::Id(target) if target == pred) && in_past(pred, true)
                    });
                    if !deleted {
                        return Err(no("the character that it deletes is not in its past"));
                    }
                }
                _ => return Err(no("only items are added, and characters written or deleted")),
            }
            let counter = header.start_op + index as u64;
            own.insert(
                counter,
                OpFacts {
                    object,
                    sequence: known.sequence,
                    insert: op.insert,
                },
            );
        }
        Ok(items)
    }

    fn object(&self, object: &ObjectId) -> Option<(u64, bool)> {
        let ObjectId::Id(OpId(counter, actor)) = object else {
            return None;
        };
        if actor.to_bytes() != GENESIS_ACTOR {
            return None;
        }
        match *counter {
            counter if counter == self.list_object => Some((counter, false)),
            counter if self.text_objects.contains(&counter) => Some((counter, true)),
            _ => None,
        }
    }

    fn note(&mut self, header: &Header<'_>, admission: Admission) -> Vec<Item> {
        let Admission {
            mut known,
            operations,
            items,
        } = admission;
        for (counter, op) in (header.start_op..).zip(&operations) {
            if let Some(object) = self.object(&op.obj) {
                let facts = OpFacts {
                    object,
                    sequence: known.sequence,
                    insert: op.insert,
                };
                self.operations.insert((known.actor, counter), facts);
            }
        }
        self.actors.insert(header.actor.to_vec(), known.actor);
        known.max_op = header.start_op + operations.len() as u64 - 1;
        for parent in &header.parents {
            self.heads.remove(parent);
        }
        self.heads.insert(header.hash);
        self.by_sequence
            .insert((known.actor, known.sequence), header.hash);
        self.known.insert(header.hash, known);
        items
    }
}

/// Decodes a change, and makes sure that it is encoded again to the very same bytes.
fn decode(bytes: &[u8]) -> Option<Vec<automerge::legacy::Op>> {
    guarded(|| {
        let change = Change::from_bytes(bytes.to_vec()).ok()?;
        let expanded = change.decode();
        if expanded.author.is_some() {
            return None;
        }
        let operations = expanded.operations.clone();
        let again = Change::from(expanded);
        (again.raw_bytes() == bytes).then_some(operations)
    })
    .flatten()
}

/// Reads an item and checks that it belongs here: this school, the device that made the change, the sheet's own
/// date and duty.
fn readable_item(
    school: SchoolId,
    id: &DocumentId,
    device: DeviceNumber,
    bytes: &[u8],
) -> Result<Item, Refusal> {
    let item = Item::decode(bytes)?;
    if let Some(got) = item.school().filter(|got| *got != school) {
        return Err(Refusal::OtherSchool {
            got,
            expected: school,
        });
    }
    if let Some(got) = item.device().filter(|got| *got != device) {
        return Err(Refusal::OtherDevice {
            got,
            expected: device,
        });
    }
    let out_of_place = |what: String| Refusal::OutOfPlace {
        what,
        document: id.clone(),
    };
    match (&item, id) {
        (Item::Slip(entries), DocumentId::Sheet(date, duty)) => {
            match entries
                .iter()
                .find(|entry| entry.cell.date != *date || entry.duty != *duty)
            {
                Some(entry) => Err(out_of_place(format!(
                    "a mark of {} under {}",
                    entry.cell.date, entry.duty
                ))),
                None => Ok(item),
            }
        }
        (Item::SignOff(_), DocumentId::Sheet(_, crate::entry::Duty::Office))
        | (Item::Trip(_), DocumentId::Trip(_))
        | (Item::Visit(_), DocumentId::Visit(_)) => Ok(item),
        (Item::Slip(_), _) => Err(out_of_place("a register entry".into())),
        (Item::SignOff(_), _) => Err(out_of_place("a sign-off".into())),
        (Item::Trip(_), _) => Err(out_of_place("a trip statement".into())),
        (Item::Visit(_), _) => Err(out_of_place("a visit statement".into())),
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
