//! Issuing again what the school refused because a copy of this tablet's store has used the same numbers.
//!
//! Two stores of one device make different changes with one actor and one number, and no document takes both. The
//! school keeps the first, refuses the second and says so. A replica that is told draws itself a fresh incarnation and
//! takes the refused changes, and all that rests on them, out of their documents ([`Replica::part`]): what is left can be
//! merged with the school's. When the school's part is here, each of the device's own changes is made anew, by the new
//! actor, without what the school has already ([`Replica::reissue`]). Entries and statements keep their ids.
//!
//! The old changes stay with their bytes. Until they are issued again what they say is shown from there, and counted.

use std::collections::BTreeSet;

use daymark_core::document::{Document, items_of_change};
use daymark_core::document_id::DocumentId;
use daymark_core::entry::Entry;
use daymark_core::ids::{ActorId, ChangeHash, EntryId};
use daymark_core::item::{Item, statement_id, statements_in};
use daymark_core::signature::chunk_of;
use daymark_core::visit::{AccountPart, VISITORS_MAX};

use super::state::change_hash;
use super::{Held, Incarnation, OwnChange, Record, Replica, ReplicaError, SendState};

/// Whose store was copied, where something is being issued again because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// This device's.
    ThisStore,
    /// That of a device whose changes came here by hand, and on which changes of this one stood.
    AnotherStore,
}

/// A change that leaves its document.
struct Leaving {
    hash: ChangeHash,
    actor: Option<ActorId>,
}

impl Replica {
    /// Whether a document holds something that the school refused because its number was used twice: then
    /// [`Replica::part`].
    pub fn must_part(&self) -> bool {
        self.own.iter().any(|own| self.is_equivocation(own))
    }

    /// Takes what the school refused as an equivocation, and what rests on it, out of its documents. Where that was made by
    /// the present incarnation, `fresh` takes its place: it must be random and was never used before. The texts of a
    /// visit are written again at once, on what was there before the refused change, so that they merge with whatever the
    /// copy wrote. A document that cannot be parted stays as it is, with its refusal in sight.
    ///
    /// # Errors
    /// [`ReplicaError::NotEnrolled`].
    pub fn part(&self, fresh: Incarnation) -> Result<Vec<Record>, ReplicaError> {
        let present = self.actor()?;
        let leaving: Vec<(&DocumentId, &Held, Vec<Leaving>)> = self
            .documents
            .iter()
            .map(|(id, held)| (id, held, self.leaving(id, held)))
            .filter(|(.., leaving)| !leaving.is_empty())
            .collect();
        let is_used = |leaving: &Leaving| leaving.actor == Some(present);
        let is_used = leaving.iter().flat_map(|(.., leaving)| leaving).any(is_used);
        let actor = ActorId {
            incarnation: if is_used { fresh } else { present.incarnation },
            ..present
        };
        let parted: Vec<Record> = leaving
            .into_iter()
            .filter_map(|(id, held, leaving)| self.parted(id, held, &leaving, actor).ok())
            .collect();
        // The new actor comes first: a stop in between must not leave the old one to write in what was parted.
        let incarnation = (is_used && !parted.is_empty()).then_some(Record::Incarnation(fresh));
        Ok(incarnation.into_iter().chain(parted).collect())
    }

    /// Issues again what was taken out of the documents of which the school has told since. Call it when the school has
    /// no more to tell, so that nothing is said twice.
    ///
    /// # Errors
    /// [`ReplicaError::NotEnrolled`].
    pub fn reissue(&self) -> Result<Vec<Record>, ReplicaError> {
        self.reissue_where(|held| held.cursor > 0)
    }

    /// The same without waiting for the school, as before a hand-over: what the school has already may be said twice, which
    /// says no more than once.
    ///
    /// # Errors
    /// [`ReplicaError::NotEnrolled`].
    pub fn reissue_now(&self) -> Result<Vec<Record>, ReplicaError> {
        self.reissue_where(|_| true)
    }

    /// Whose store was copied, as long as the school lacks something that is issued again because of it.
    pub fn copied(&self) -> Option<Copied> {
        // One that was issued again in its turn speaks for itself.
        let is_done = |by: &ChangeHash| self.own_state(by).is_some_and(|state| !state.is_unsent());
        let is_open = |own: &OwnChange| match &own.state {
            SendState::Apart => true,
            SendState::Reissued(by) => !by.iter().all(is_done),
            _ => self.is_equivocation(own),
        };
        let open = self.own.iter().any(is_open);
        open.then(|| self.whose_copy())
    }

    /// Whose store was copied, where one was.
    pub fn whose_copy(&self) -> Copied {
        let device = self.identity.as_ref().map(|identity| identity.device);
        let is_ours = |own: &OwnChange| author(own).map(|actor| actor.device) == device;
        if self.was_copied
            || self
                .own
                .iter()
                .any(|own| self.is_equivocation(own) && is_ours(own))
        {
            Copied::ThisStore
        } else {
            Copied::AnotherStore
        }
    }

    /// What no document holds, as it was taken out of its document, and is to be issued again: of one document.
    fn apart_in<'a>(&'a self, held: &'a Held) -> impl Iterator<Item = (&'a OwnChange, Vec<Item>)> {
        let own = held.apart.iter().filter_map(|hash| self.own_change(hash));
        own.map(|own| (own, items_of_change(chunk_of(&own.bytes))))
    }

    /// The changes that were taken out of their documents and are not issued again yet, each with its document and items.
    pub fn apart(&self) -> impl Iterator<Item = (&OwnChange, Vec<Item>)> {
        self.documents.values().flat_map(|held| self.apart_in(held))
    }

    /// The entries that no sheet holds because they are to be issued again.
    pub(super) fn apart_entries(&self) -> impl Iterator<Item = Entry> {
        self.apart().flat_map(|(_, items)| entries_of(items))
    }

    /// The statements that this document lacks because they are to be issued again.
    pub(super) fn apart_items(&self, id: &DocumentId) -> Vec<(Vec<u8>, Item)> {
        let held = self.documents.get(id);
        let items = held.into_iter().flat_map(|held| self.apart_in(held));
        let items = items.flat_map(|(_, items)| items);
        items.map(|item| (item.encode(), item)).collect()
    }

    /// Whether a change was taken out of its document: it is not to come back by hand.
    pub(super) fn is_parted(&self, id: &DocumentId, hash: &ChangeHash) -> bool {
        let held = self.documents.get(id);
        held.is_some_and(|held| held.apart.contains(hash))
            || self.own_state(hash).is_some_and(SendState::is_parted)
    }

    fn is_equivocation(&self, own: &OwnChange) -> bool {
        own.state.is_equivocation() && self.knows(&own.document, &own.hash)
    }

    /// The changes of a document that were refused as equivocations, and those that rest on them, parents before children.
    fn leaving(&self, id: &DocumentId, held: &Held) -> Vec<Leaving> {
        let refused = self.own.iter().filter(|own| own.document == *id);
        let refused = refused.filter(|own| self.is_equivocation(own));
        let mut gone: BTreeSet<ChangeHash> = refused.map(|own| own.hash).collect();
        if gone.is_empty() {
            return Vec::new();
        }
        let mut leaving = Vec::new();
        for (hash, chunk) in held.document.raw_changes() {
            let header = daymark_core::chunk::parse(&chunk).ok();
            let rests = |parents: &Vec<ChangeHash>| parents.iter().any(|parent| gone.contains(parent));
            if gone.contains(&hash) || header.as_ref().is_some_and(|header| rests(&header.parents)) {
                gone.insert(hash);
                let actor = header.and_then(|header| ActorId::from_bytes(header.actor));
                leaving.push(Leaving { hash, actor });
            }
        }
        leaving
    }

    fn parted(
        &self,
        id: &DocumentId,
        held: &Held,
        leaving: &[Leaving],
        actor: ActorId,
    ) -> Result<Record, ReplicaError> {
        let apart: Vec<ChangeHash> = leaving.iter().map(|leaving| leaving.hash).collect();
        let mut document = without(&held.document, &apart)?;
        let mut made = Vec::new();
        let visitors = if matches!(id, DocumentId::Visit(_)) {
            VISITORS_MAX
        } else {
            0
        };
        for slot in 0..visitors {
            for part in AccountPart::ALL {
                let text = held.document.account(slot, part)?;
                if let Some(change) = document.write_account(actor, slot, part, &text)? {
                    made.push(self.signed(id, &change)?);
                }
            }
        }
        Ok(Record::Parted {
            document: id.clone(),
            apart,
            made,
        })
    }

    fn reissue_where(&self, is_ready: impl Fn(&Held) -> bool) -> Result<Vec<Record>, ReplicaError> {
        let actor = self.actor()?;
        let mut records = Vec::new();
        let ready = |held: &Held| !held.apart.is_empty() && is_ready(held);
        for (id, held) in self.documents.iter().filter(|(_, held)| ready(held)) {
            let mut document = held.document.clone();
            for (own, items) in self.apart_in(held) {
                let lacking = lacking(&document, items);
                let again = if author(own).is_some_and(|maker| maker.device == actor.device) {
                    document.append(actor, &lacking)
                } else if lacking.is_empty() {
                    Ok(None)
                } else {
                    // Its maker alone can issue it again; until then it is shown from here.
                    continue;
                };
                // Where the document takes no more, what is left stays shown and counted as it is.
                let Ok(again) = again else { break };
                let by = again.map(|change| self.signed(id, &change)).transpose()?;
                records.push(Record::Reissued {
                    document: id.clone(),
                    change: own.hash,
                    by,
                    statements: if lacking.is_empty() {
                        0
                    } else {
                        statements_in(&lacking)
                    },
                });
            }
        }
        Ok(records)
    }

    /// Applies [`Record::Parted`].
    pub(super) fn take_apart(
        &mut self,
        id: &DocumentId,
        apart: &[ChangeHash],
        made: Vec<Vec<u8>>,
    ) -> Result<(), ReplicaError> {
        let device = self.identity()?.device;
        let held = self.held(id)?;
        // Whatever leaves a document stays here with its bytes, also what did not come by this device.
        let leaving: Vec<_> = held
            .signed_changes()
            .filter(|(hash, _)| apart.contains(hash))
            .collect();
        held.document = without(&held.document, apart)?;
        held.cursor = 0;
        let mut by = Vec::new();
        for change in &made {
            held.document.replay(chunk_of(change))?;
            held.vouched(change);
            by.push(change_hash(change)?);
        }
        for (hash, change) in leaving {
            if !self.own_index.contains_key(&hash) {
                let statements = statements_in(&items_of_change(chunk_of(&change)));
                self.remember(id.clone(), change, statements, true)?;
            }
        }
        let mut shown_from_here = Vec::new();
        for hash in apart {
            let Some(own) = self.own_index.get(hash).and_then(|at| self.own.get_mut(*at)) else {
                continue;
            };
            let is_ours = author(own).is_some_and(|actor| actor.device == device);
            self.was_copied |= is_ours && own.state.is_equivocation();
            if items_of_change(chunk_of(&own.bytes)).is_empty() {
                own.state = SendState::Reissued(by.clone());
                continue;
            }
            shown_from_here.push(*hash);
            if is_ours {
                own.state = SendState::Apart;
            }
        }
        self.held(id)?.apart.extend(shown_from_here);
        for change in made {
            self.remember(id.clone(), change, 1, false)?;
        }
        Ok(())
    }

    /// Applies [`Record::Reissued`].
    pub(super) fn take_reissued(
        &mut self,
        id: DocumentId,
        change: ChangeHash,
        by: Option<Vec<u8>>,
        statements: u32,
    ) -> Result<(), ReplicaError> {
        let held = self.held(&id)?;
        if let Some(by) = &by {
            held.document.replay(chunk_of(by))?;
            held.vouched(by);
        }
        held.apart.retain(|apart| *apart != change);
        let named = by.as_deref().map(change_hash).transpose()?;
        if let Some(own) = self.own_index.get(&change).and_then(|at| self.own.get_mut(*at))
            && !own.state.is_there()
        {
            own.state = SendState::Reissued(named.into_iter().collect());
        }
        if let Some(by) = by {
            self.remember(id, by, statements, false)?;
        }
        Ok(())
    }
}

fn author(own: &OwnChange) -> Option<ActorId> {
    let header = daymark_core::chunk::parse(chunk_of(&own.bytes)).ok()?;
    ActorId::from_bytes(header.actor)
}

/// A document without some of its changes, which nothing that stays rests on.
fn without(document: &Document, apart: &[ChangeHash]) -> Result<Document, ReplicaError> {
    let mut rest = Document::new(document.school(), document.id().clone());
    let staying = document.raw_changes().into_iter();
    let staying = staying.filter(|(hash, _)| !apart.contains(hash));
    let staying: Vec<Vec<u8>> = staying.map(|(_, chunk)| chunk).collect();
    rest.replay_all(&staying)?;
    Ok(rest)
}

fn entries_of(items: Vec<Item>) -> impl Iterator<Item = Entry> {
    let slips = items.into_iter().filter_map(|item| match item {
        Item::Slip(entries) => Some(entries),
        _ => None,
    });
    slips.flatten()
}

/// What of some items a document does not hold: entries and statements by their ids, however they are grouped.
fn lacking(document: &Document, items: Vec<Item>) -> Vec<Item> {
    let id = document.id();
    let mut said: BTreeSet<EntryId> = BTreeSet::new();
    for (bytes, item) in document.items() {
        match item {
            Item::Slip(entries) => said.extend(entries.iter().map(Entry::id)),
            _ => drop(said.insert(statement_id(id, &bytes))),
        }
    }
    let mut lacking = Vec::new();
    let mut entries = Vec::new();
    for item in items {
        match item {
            Item::Slip(slip) => entries.extend(slip.into_iter().filter(|entry| said.insert(entry.id()))),
            statement if said.insert(statement_id(id, &statement.encode())) => lacking.push(statement),
            _ => {}
        }
    }
    lacking.extend(Item::slips(&entries));
    lacking
}
