//! The container: an Automerge document with a grow-only list of items and, for a visit, the visitors' texts.
//!
//! All replicas share the first change of a document byte for byte: it is made from the school and the document's
//! name, so that a change cannot be carried from one document, or one school, into another. Nothing here deletes.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};

use crate::document_id::DocumentId;
use crate::door::{self, Door, Refusal, Verdict};
use crate::ids::{ActorId, ChangeHash, SchoolId};
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
    pub fn save(&self) -> Vec<u8> {
        self.automerge.save()
    }

    /// Takes a change from outside through the door. Whatever the verdict, the document is sound; only
    /// [`Verdict::Stored`] changed it.
    pub fn receive(&mut self, bytes: &[u8]) -> Verdict {
        let (verdict, next) = self.door.judge(self.school, &self.id, &self.automerge, bytes);
        if let Some(automerge) = next {
            self.automerge = automerge;
        }
        verdict
    }

    /// Takes changes from outside in their order, each with the verdict that it would have alone, at the cost of one
    /// trial for all. A change that comes before its parents is held: bring it again.
    pub fn receive_all(&mut self, changes: &[&[u8]]) -> Vec<Verdict> {
        let (verdicts, next) = self
            .door
            .judge_all(self.school, &self.id, &self.automerge, changes);
        if let Some(automerge) = next {
            self.automerge = automerge;
        }
        verdicts
    }

    /// The heads that the document would have with a change that its own hub accepted; nothing is taken yet.
    ///
    /// # Errors
    /// A change that is not fit for the document, or whose parents are not here.
    pub fn heads_with(&self, bytes: &[u8]) -> Result<Vec<ChangeHash>, Refusal> {
        self.door.heads_with(self.school, &self.id, bytes)
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
        let refused = |refusal| DocumentError::Refused {
            id: self.id.clone(),
            refusal: Box::new(refusal),
        };
        let mut items = Vec::new();
        let mut fresh = Vec::new();
        for bytes in changes {
            let bytes = bytes.as_ref();
            if let Some(brought) = self.door.admit(self.school, &self.id, bytes).map_err(refused)? {
                items.extend(brought);
                fresh.push(bytes.to_vec());
            }
        }
        let applied = door::guarded(|| {
            let decoded = fresh
                .into_iter()
                .map(automerge::Change::from_bytes)
                .collect::<Result<Vec<_>, _>>();
            let decoded = decoded.map_err(|error| error.to_string())?;
            self.automerge
                .apply_changes(decoded)
                .map_err(|error| error.to_string())
        });
        match applied {
            Some(Ok(())) => Ok(items),
            Some(Err(why)) => Err(DocumentError::Write {
                id: self.id.clone(),
                why,
            }),
            None => Err(refused(Refusal::DoesNotApply)),
        }
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
        self.automerge
            .text(&object)
            .map_err(|error| DocumentError::Write {
                id: self.id.clone(),
                why: error.to_string(),
            })
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
        let failed = |why: String| DocumentError::Write {
            id: self.id.clone(),
            why,
        };
        let mut next = self.automerge.clone();
        next.set_actor(automerge::ActorId::from(&actor.to_bytes()[..]));
        let outcome = next.transact_with::<_, _, automerge::AutomergeError, _>(
            |()| CommitOptions::default().with_time(0),
            body,
        );
        let hash = match outcome {
            Ok(success) => success.hash,
            Err(failure) => return Err(failed(failure.error.to_string())),
        };
        let Some(hash) = hash else { return Ok(None) };
        let Some(change) = next.get_change_by_hash(&hash) else {
            return Err(failed("the new change cannot be found".into()));
        };
        let bytes = change.raw_bytes().to_vec();
        // A replica never makes what its own door would refuse: the hub has the same door.
        self.door
            .admit(self.school, &self.id, &bytes)
            .map_err(|refusal| DocumentError::Refused {
                id: self.id.clone(),
                refusal: Box::new(refusal),
            })?;
        self.automerge = next;
        Ok(Some(NewChange {
            hash: ChangeHash(hash.0),
            bytes,
        }))
    }

    /// All items, each with its bytes, in the order of the list. An item that cannot be read does not pass the
    /// door, so there is none.
    pub fn items(&self) -> Vec<(Vec<u8>, Item)> {
        let length = self.automerge.length(&self.items);
        (0..length)
            .filter_map(|index| match self.automerge.get(&self.items, index) {
                Ok(Some((Value::Scalar(value), _))) => value.as_bytes().map(<[u8]>::to_vec),
                _ => None,
            })
            .filter_map(|bytes| Item::decode(&bytes).ok().map(|item| (bytes, item)))
            .collect()
    }

    /// Every change that `heads` know of (their ancestors and themselves), and whether all `heads` are here.
    pub fn ancestors(&self, heads: &[ChangeHash]) -> (BTreeSet<ChangeHash>, bool) {
        self.door.ancestors(heads)
    }

    /// Every change but the first, shared one, as raw chunks, parents before children.
    pub fn raw_changes(&self) -> Vec<Vec<u8>> {
        let first = ActorId::BYTES;
        self.automerge
            .get_changes(&[])
            .into_iter()
            .filter(|change| change.actor_id().to_bytes() != vec![0; first])
            .map(|change| change.raw_bytes().to_vec())
            .collect()
    }

    /// The items that each change brought, by change.
    pub fn items_by_change(&self) -> BTreeMap<ChangeHash, Vec<Vec<u8>>> {
        self.automerge
            .get_changes(&[])
            .into_iter()
            .map(|change| {
                let values = change
                    .decode()
                    .operations
                    .iter()
                    .filter_map(|op| op.primitive_value()?.as_bytes().map(<[u8]>::to_vec))
                    .collect();
                (ChangeHash(change.hash().0), values)
            })
            .collect()
    }
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
