//! The container: an Automerge document with a grow-only list of items and, for a visit, the visitors' texts.
//!
//! All replicas share the first change of a document byte for byte: it is made from the school and the document's
//! name, so that a change cannot be carried from one document, or one school, into another. Nothing here deletes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, Change, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};

use crate::document_id::DocumentId;
use crate::door::{self, Checked, Door, Refusal, Verdict};
use crate::ids::{ActorId, ChangeHash, DeviceNumber, SchoolId};
use crate::item::Item;
use crate::visit::{AccountPart, VISITORS_MAX};

/// The most operations that a document may hold; beyond it the door says that the document is full.
pub const DOCUMENT_OPERATIONS_MAX: u64 = 200_000;
/// The longest account, in characters.
pub const ACCOUNT_CHARS_MAX: usize = 8_000;

const ITEMS: &str = "items";

/// A change made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChange {
    /// Its hash.
    pub hash: ChangeHash,
    /// The raw, uncompressed chunk.
    pub bytes: Vec<u8>,
}

/// Why a document could not be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The saved form cannot be read.
    #[error("document {id} cannot be read from its saved form: {why}; fetch it again")]
    Unreadable {
        /// Which document.
        id: DocumentId,
        /// What Automerge says.
        why: String,
    },
    /// A change was not fit for the document.
    #[error("document {id}: {refusal}")]
    Refused {
        /// Which document.
        id: DocumentId,
        /// Why.
        #[source]
        refusal: Box<Refusal>,
    },
    /// Only a visit has accounts, and only so many.
    #[error("document {id} has no account number {slot}")]
    NoAccount {
        /// Which document.
        id: DocumentId,
        /// Which account, from 0 up.
        slot: usize,
    },
    /// An account over its limit.
    #[error("the account is {chars} characters, over the limit of {ACCOUNT_CHARS_MAX}: shorten it")]
    AccountTooLong {
        /// How long it is.
        chars: usize,
    },
    /// Automerge refused to write; the document is as it was.
    #[error("document {id} could not be written: {why}")]
    Write {
        /// Which document.
        id: DocumentId,
        /// What Automerge says.
        why: String,
    },
}

/// One document on one replica.
#[derive(Debug, Clone)]
pub struct Document {
    id: DocumentId,
    school: SchoolId,
    automerge: Automerge,
    /// Changes that are in the document and not applied to Automerge yet, parents first: applying many at once costs
    /// about as much as one.
    waiting: Vec<Change>,
    items: ObjId,
    texts: Vec<ObjId>,
    door: Door,
}

impl Document {
    /// The document as it is before anybody wrote in it.
    pub fn new(school: SchoolId, id: DocumentId) -> Self {
        let (automerge, items, texts) = genesis(school, &id);
        let door = Door::new(&automerge);
        Self {
            id,
            school,
            automerge,
            waiting: Vec::new(),
            items,
            texts,
            door,
        }
    }

    /// Opens the saved form that a hub sent, whatever changes it holds.
    ///
    /// # Errors
    /// A form that does not load, or that is of another document or school.
    pub fn load(school: SchoolId, id: DocumentId, saved: &[u8]) -> Result<Self, DocumentError> {
        let mut document = Self::new(school, id);
        let name = document.id.clone();
        let unreadable = |why: String| DocumentError::Unreadable {
            id: name.clone(),
            why,
        };
        let loaded = door::guarded(|| Automerge::load(saved))
            .ok_or_else(|| unreadable("the reader gave up on it".into()))?
            .map_err(|error| unreadable(error.to_string()))?;
        let start: BTreeSet<_> = document.automerge.get_heads().into_iter().collect();
        let changes = loaded.get_changes(&[]);
        if !changes.iter().any(|change| start.contains(&change.hash())) {
            return Err(unreadable("it is another document, or another school's".into()));
        }
        for change in &changes {
            if start.contains(&change.hash()) {
                continue;
            }
            document
                .door
                .admit_known(change.raw_bytes())
                .map_err(|refusal| DocumentError::Refused {
                    id: name.clone(),
                    refusal: Box::new(refusal),
                })?;
        }
        document.automerge = loaded;
        Ok(document)
    }

    /// Which document this is.
    pub fn id(&self) -> &DocumentId {
        &self.id
    }

    /// Whose document this is.
    pub fn school(&self) -> SchoolId {
        self.school
    }

    /// The hashes that nothing here was made on top of, in ascending order.
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.door.heads()
    }

    /// Whether a change is in the document.
    pub fn has(&self, hash: &ChangeHash) -> bool {
        self.door.knows(hash)
    }

    /// How many changes are in it, not counting the first, shared one.
    pub fn change_count(&self) -> usize {
        self.door.change_count()
    }

    /// The compact saved form, for a replica that has nothing yet. Not canonical: the same changes in another
    /// order of arrival may give other bytes.
    ///
    /// # Errors
    /// [`DocumentError::Write`], where Automerge fails on a change that was taken without a trial.
    pub fn save(&self) -> Result<Vec<u8>, DocumentError> {
        Ok(self.applied()?.save())
    }

    /// Takes a change from outside through the door. Whatever the verdict, the document is sound; only
    /// [`Verdict::Stored`] changed it.
    pub fn receive(&mut self, bytes: &[u8]) -> Verdict {
        if self.settle().is_err() {
            return Verdict::Refused(Refusal::DoesNotApply);
        }
        let (verdict, next) = self.door.judge(self.school, &self.id, &self.automerge, bytes);
        if let Some(automerge) = next {
            self.automerge = automerge;
        }
        verdict
    }

    /// Takes changes from outside in their order, each with the verdict that it would have alone, at the cost of one
    /// trial for all. A change that comes before its parents is held: bring it again.
    pub fn receive_all(&mut self, changes: &[&[u8]]) -> Vec<Verdict> {
        if self.settle().is_err() {
            return vec![Verdict::Refused(Refusal::DoesNotApply); changes.len()];
        }
        let (verdicts, next) = self
            .door
            .judge_all(self.school, &self.id, &self.automerge, changes);
        if let Some(automerge) = next {
            self.automerge = automerge;
        }
        verdicts
    }

    /// Checks a change that this document's own hub accepted, without a trial; nothing is taken yet. `None` where it
    /// is here already.
    ///
    /// # Errors
    /// A change that is not fit for the document, or whose parents are not here.
    pub fn check(&self, bytes: &[u8]) -> Result<Option<Checked>, Refusal> {
        self.door.checked(self.school, &self.id, bytes)
    }

    /// Takes a checked change in. Automerge applies it when it is next needed, together with others. `false`, and
    /// nothing taken, where the document is not what the change was checked against.
    pub fn take(&mut self, checked: Checked) -> bool {
        let taken = self.door.take(checked);
        let is_taken = taken.is_some();
        self.waiting.extend(taken.map(|(_, change)| change));
        is_taken
    }

    /// Takes a change that this replica stored before, or that its own hub accepted: the trial on a clone is left out.
    ///
    /// # Errors
    /// A change that is not fit for the document, as for [`Self::receive`]. Where Automerge itself failed to apply
    /// it, the document is not to be used any more.
    pub fn replay(&mut self, bytes: &[u8]) -> Result<Vec<Item>, DocumentError> {
        self.replay_all(&[bytes])
    }

    /// As [`Self::replay`], for several changes, parents before children: Automerge applies them at once, which costs
    /// about as much as one.
    ///
    /// # Errors
    /// As for [`Self::replay`]; the document is not to be used any more.
    pub fn replay_all<B: AsRef<[u8]>>(&mut self, changes: &[B]) -> Result<Vec<Item>, DocumentError> {
        let mut items = Vec::new();
        for bytes in changes {
            let checked = self
                .check(bytes.as_ref())
                .map_err(|refusal| self.refused(refusal))?;
            if let Some((brought, change)) = checked.and_then(|checked| self.door.take(checked)) {
                items.extend(brought);
                self.waiting.push(change);
            }
        }
        let waiting = std::mem::take(&mut self.waiting);
        apply(&mut self.automerge, waiting).map_err(|why| self.failed(why))?;
        Ok(items)
    }

    /// Takes a change that this replica stored before, as [`Self::replay`] does, and leaves it for Automerge to apply when
    /// Automerge is next needed. What only reads items never needs it, and counting a year reads nothing else.
    ///
    /// # Errors
    /// A change that is not fit for the document; it is as it was.
    pub fn take_stored(&mut self, bytes: &[u8]) -> Result<(), DocumentError> {
        let checked = self.check(bytes).map_err(|refusal| self.refused(refusal))?;
        if let Some((_, change)) = checked.and_then(|checked| self.door.take(checked)) {
            self.waiting.push(change);
        }
        Ok(())
    }

    fn refused(&self, refusal: Refusal) -> DocumentError {
        DocumentError::Refused {
            id: self.id.clone(),
            refusal: Box::new(refusal),
        }
    }

    fn failed(&self, why: String) -> DocumentError {
        DocumentError::Write {
            id: self.id.clone(),
            why,
        }
    }

    /// Automerge's document with all changes applied.
    fn applied(&self) -> Result<Cow<'_, Automerge>, DocumentError> {
        if self.waiting.is_empty() {
            return Ok(Cow::Borrowed(&self.automerge));
        }
        let mut automerge = self.automerge.clone();
        apply(&mut automerge, self.waiting.clone()).map_err(|why| self.failed(why))?;
        Ok(Cow::Owned(automerge))
    }

    /// Applies what waits; on failure all is as it was.
    fn settle(&mut self) -> Result<(), DocumentError> {
        if let Cow::Owned(automerge) = self.applied()? {
            self.automerge = automerge;
            self.waiting.clear();
        }
        Ok(())
    }

    /// Adds items as one change by `actor`. `None` where there is nothing to add.
    ///
    /// # Errors
    /// [`DocumentError::Write`], with the document as it was.
    pub fn append(&mut self, actor: ActorId, items: &[Item]) -> Result<Option<NewChange>, DocumentError> {
        if items.is_empty() {
            return Ok(None);
        }
        let list = self.items.clone();
        self.write(actor, |tx| {
            for (index, item) in (tx.length(&list)..).zip(items) {
                tx.insert(&list, index, ScalarValue::Bytes(item.encode()))?;
            }
            Ok(())
        })
    }

    /// Makes a visitor's text read `text`, writing down only what differs. `None` where nothing does.
    ///
    /// # Errors
    /// No such account, a text over the limit, or [`DocumentError::Write`].
    pub fn write_account(
        &mut self,
        actor: ActorId,
        slot: usize,
        part: AccountPart,
        text: &str,
    ) -> Result<Option<NewChange>, DocumentError> {
        let object = self.account_object(slot, part)?;
        let chars = text.chars().count();
        if chars > ACCOUNT_CHARS_MAX {
            return Err(DocumentError::AccountTooLong { chars });
        }
        self.write(actor, |tx| tx.update_text(&object, text))
    }

    /// What a visitor wrote.
    ///
    /// # Errors
    /// No such account.
    pub fn account(&self, slot: usize, part: AccountPart) -> Result<String, DocumentError> {
        let object = self.account_object(slot, part)?;
        self.applied()?
            .text(&object)
            .map_err(|error| self.failed(error.to_string()))
    }

    fn account_object(&self, slot: usize, part: AccountPart) -> Result<ObjId, DocumentError> {
        let index = slot
            .checked_mul(AccountPart::ALL.len())
            .map(|index| index + part as usize);
        index
            .and_then(|index| self.texts.get(index))
            .cloned()
            .ok_or_else(|| DocumentError::NoAccount {
                id: self.id.clone(),
                slot,
            })
    }

    fn write<F>(&mut self, actor: ActorId, body: F) -> Result<Option<NewChange>, DocumentError>
    where
        F: FnOnce(&mut automerge::transaction::Transaction<'_>) -> Result<(), automerge::AutomergeError>,
    {
        let mut next = self.applied()?.into_owned();
        next.set_actor(automerge::ActorId::from(&actor.to_bytes()[..]));
        let outcome = next.transact_with::<_, _, automerge::AutomergeError, _>(
            |()| CommitOptions::default().with_time(0),
            body,
        );
        let hash = match outcome {
            Ok(success) => success.hash,
            Err(failure) => return Err(self.failed(failure.error.to_string())),
        };
        let Some(hash) = hash else { return Ok(None) };
        let Some(change) = next.get_change_by_hash(&hash) else {
            return Err(self.failed("the new change cannot be found".into()));
        };
        let bytes = change.raw_bytes().to_vec();
        // A replica never makes what its own door would refuse: the hub has the same door.
        let checked = self.check(&bytes).map_err(|refusal| self.refused(refusal))?;
        if checked.is_none_or(|checked| self.door.take(checked).is_none()) {
            return Err(self.failed("the new change is not new".into()));
        }
        self.waiting.clear();
        self.automerge = next;
        Ok(Some(NewChange {
            hash: ChangeHash(hash.0),
            bytes,
        }))
    }

    /// All items, each with its bytes, change by change. An item that cannot be read does not pass the door, so there
    /// is none.
    pub fn items(&self) -> Vec<(Vec<u8>, Item)> {
        self.items_where(|_| true)
            .map(|(bytes, item)| (bytes.to_vec(), item))
            .collect()
    }

    /// The items that `keep` lets through by their bytes, each with these.
    pub fn items_where(&self, keep: impl Fn(&[u8]) -> bool) -> impl Iterator<Item = (&[u8], Item)> {
        let all = self.door.items().flat_map(|(_, items)| items);
        let kept = all.map(Vec::as_slice).filter(move |bytes| keep(bytes));
        kept.filter_map(|bytes| Item::decode(bytes).ok().map(|item| (bytes, item)))
    }

    /// Every change that `heads` know of (their ancestors and themselves), and whether all `heads` are here.
    pub fn ancestors(&self, heads: &[ChangeHash]) -> (BTreeSet<ChangeHash>, bool) {
        self.door.ancestors(heads)
    }

    /// The device that made a change; `None` for one that is not here, and for the first, shared one.
    pub fn author(&self, hash: &ChangeHash) -> Option<DeviceNumber> {
        self.door.author(hash)
    }

    /// The hashes of all changes but the first, shared one, in ascending order.
    pub fn change_hashes(&self) -> Vec<ChangeHash> {
        self.door.change_hashes()
    }

    /// Every change but the first, shared one, as raw chunks with their hashes, parents before children.
    pub fn raw_changes(&self) -> Vec<(ChangeHash, Vec<u8>)> {
        let first = [0; ActorId::BYTES];
        self.automerge
            .get_changes(&[])
            .iter()
            .chain(&self.waiting)
            .filter(|change| change.actor_id().to_bytes() != first)
            .map(|change| (ChangeHash(change.hash().0), change.raw_bytes().to_vec()))
            .collect()
    }

    /// The items that each change brought, by change.
    pub fn items_by_change(&self) -> BTreeMap<ChangeHash, Vec<Vec<u8>>> {
        let items = self.door.items();
        items.map(|(hash, items)| (*hash, items.to_vec())).collect()
    }
}

/// Applies changes in place; on failure the document is not to be used any more.
fn apply(automerge: &mut Automerge, changes: Vec<Change>) -> Result<(), String> {
    if changes.is_empty() {
        return Ok(());
    }
    door::guarded(|| automerge.apply_changes(changes))
        .ok_or_else(|| "Automerge gave up on a change".to_owned())?
        .map_err(|error| error.to_string())
}

/// The first change, the same on every replica: who the document is, the list, and a visit's texts.
fn genesis(school: SchoolId, id: &DocumentId) -> (Automerge, ObjId, Vec<ObjId>) {
    const INVARIANT: &str = "writing into a new document in memory cannot fail";
    let mut automerge = Automerge::new();
    automerge.set_actor(automerge::ActorId::from(&[0_u8; ActorId::BYTES][..]));
    let texts = if matches!(id, DocumentId::Visit(_)) {
        VISITORS_MAX * AccountPart::ALL.len()
    } else {
        0
    };
    let made = automerge.transact_with::<_, _, automerge::AutomergeError, _>(
        |_: &(ObjId, Vec<ObjId>)| CommitOptions::default().with_time(0),
        |tx| {
            tx.put(ROOT, "school", ScalarValue::Uint(u64::from(school.0)))?;
            tx.put(ROOT, "document", ScalarValue::Bytes(id.to_bytes()))?;
            let items = tx.put_object(ROOT, ITEMS, ObjType::List)?;
            let texts = (0..texts)
                .map(|index| tx.put_object(ROOT, format!("account-{index}"), ObjType::Text))
                .collect::<Result<Vec<_>, _>>()?;
            Ok((items, texts))
        },
    );
    let (items, texts) = made.map_err(|failure| failure.error).expect(INVARIANT).result;
    (automerge, items, texts)
}

/// The items that a change adds, read off its bytes without the document; empty where it cannot be decoded.
pub fn items_of_change(bytes: &[u8]) -> Vec<Item> {
    let operations = door::guarded(|| {
        automerge::Change::from_bytes(bytes.to_vec())
            .ok()
            .map(|change| change.decode().operations)
    });
    operations
        .flatten()
        .unwrap_or_default()
        .iter()
        .filter_map(|op| Item::decode(op.primitive_value()?.as_bytes()?).ok())
        .collect()
}
