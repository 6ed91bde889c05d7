//! Taking in a request: a verdict for each change, and the events that make it durable.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::document::items_of_change;
use daymark_core::document_id::DocumentId;
use daymark_core::door::{Refusal, Verdict};
use daymark_core::ids::{ChangeHash, DeviceNumber};
use daymark_core::item::{Item, statements_in};
use daymark_core::log::leaf::Leaf;
use minicbor::bytes::{ByteArray, ByteVec};

use super::aside::aside_key;
use super::{Hub, HubDocument};
use crate::event::{Branch, Deed, Event, Note, Standing, StoredChange};
use crate::frame::{Ack, Offer, RefusedWith, SyncRequest, Window};
use crate::keys;
use crate::limits::MISSING_NAMED_MAX;

/// What became of a request, until its events are durable and it can be answered.
#[derive(Debug)]
pub struct Receipt {
    pub(super) device: DeviceNumber,
    pub(super) now_ms: u64,
    pub(super) acks: Vec<Ack>,
    /// What the request offered and the hub has: not to be sent back.
    pub(super) offered: BTreeSet<ChangeHash>,
    pub(super) cursors: BTreeMap<DocumentId, Known>,
    pub(super) window: Option<Window>,
    pub(super) brief: Option<ByteVec>,
    pub(super) keys: u32,
    /// How many of the duties given the device knows.
    pub(super) duties: u32,
    /// How much of the log the device follows.
    pub(super) log: u64,
    /// How long the log is with what was stored here: so much of it is durable with this receipt.
    pub(super) leaves: u64,
    /// How many of the marks and statements that the device said it holds have arrived with this request.
    pub(super) arrived: u32,
    /// The places in the log of the changes that were offered, by the offer's.
    pub(super) places: Vec<(u16, u64)>,
    /// The branch that the log goes on on, once that is durable.
    pub(super) branched: Option<Branch>,
    /// What must be durable before the reply.
    pub events: Vec<Event>,
    /// The documents that changed, with the number of their changes: those who may read them are to be poked.
    pub changed: BTreeMap<DocumentId, u64>,
}

/// What the device said that it has of a document.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) cursor: u64,
    pub(super) heads: Option<ByteArray<16>>,
}

impl Receipt {
    /// Of a device from which nothing has been taken in yet.
    pub(super) fn of(device: DeviceNumber, now_ms: u64) -> Self {
        Self {
            device,
            now_ms,
            acks: Vec::new(),
            offered: BTreeSet::new(),
            arrived: 0,
            cursors: BTreeMap::new(),
            window: None,
            brief: None,
            keys: 0,
            duties: 0,
            log: 0,
            leaves: 0,
            places: Vec::new(),
            branched: None,
            events: Vec::new(),
            changed: BTreeMap::new(),
        }
    }

    /// When the request was received, by the hub's clock: unix milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The verdicts, in the order of the offers.
    pub fn acks(&self) -> &[Ack] {
        &self.acks
    }
}

pub(super) fn refused(code: &str, reason: impl Into<String>) -> Ack {
    Ack::Refused(RefusedWith {
        code: code.to_owned(),
        reason: reason.into(),
    })
}

impl Hub {
    /// Tells the hub that a receipt's events, and all before them, are on disk. Call it before [`Hub::reply`].
    pub fn durable(&mut self, receipt: &Receipt) {
        for (id, sequence) in &receipt.changed {
            if let Some(document) = self.documents.get_mut(id) {
                document.made_durable(*sequence);
            }
        }
        self.log.made_durable(receipt.leaves);
        for event in receipt.branched.iter().cloned() {
            self.log.set_branch(event);
        }
    }

    /// Takes in a request of an authenticated device. One bad change never touches its neighbours.
    pub fn receive(&mut self, now_ms: u64, device: DeviceNumber, request: &SyncRequest) -> Receipt {
        if let Some(facts) = self.devices.get_mut(&device) {
            facts.last_heard_ms = Some(now_ms);
            facts.clock_ahead_ms = Some(request.clock_ms.saturating_sub_unsigned(now_ms));
        }
        let mut receipt = Receipt {
            acks: Vec::with_capacity(request.offers.len()),
            window: request.window,
            brief: request.brief.clone(),
            keys: request.keys,
            duties: request.duties,
            log: request.log,
            ..Receipt::of(device, now_ms)
        };
        let documents: Vec<Result<DocumentId, String>> = request
            .documents
            .iter()
            .map(|state| DocumentId::from_bytes(&state.document).map_err(|error| error.to_string()))
            .collect();
        for (document, state) in documents.iter().zip(&request.documents) {
            if let Ok(id) = document {
                receipt.cursors.insert(
                    id.clone(),
                    Known {
                        cursor: state.cursor,
                        heads: state.heads,
                    },
                );
            }
        }
        // Trips first, wherever they stand in the request: they say who may write in their sheets.
        let is_trip = |offer: &Offer| {
            matches!(
                documents.get(usize::from(offer.document)),
                Some(Ok(DocumentId::Trip(_)))
            )
        };
        let (trips, others): (Vec<_>, Vec<_>) = request
            .offers
            .iter()
            .enumerate()
            .partition(|(_, offer)| is_trip(offer));
        let mut acks = BTreeMap::new();
        for (number, offer) in trips.into_iter().chain(others) {
            let place = usize::from(offer.document);
            let ack = match (documents.get(place), request.documents.get(place)) {
                (Some(Ok(id)), _) => {
                    let (ack, leaf) = self.take(id, &offer.change, &mut receipt);
                    if let (Some(leaf), Ok(offer)) = (leaf, u16::try_from(number)) {
                        receipt.places.push((offer, leaf));
                    }
                    ack
                }
                (Some(Err(error)), Some(state)) => {
                    let reason = format!("the document is of a kind that this school does not know: {error}");
                    let ack = refused("unknown-document", reason);
                    self.keep_aside(device, &state.document, &offer.change, None, ack, &mut receipt)
                }
                _ => refused(
                    "unknown-document",
                    "the change names a document that the request does not",
                ),
            };
            acks.insert(number, ack);
        }
        receipt.acks.extend(acks.into_values());
        if let Some(facts) = self.devices.get_mut(&device) {
            facts.backlog = request.backlog.saturating_sub(receipt.arrived);
        }
        if let Some(branch) = request
            .shown
            .as_ref()
            .and_then(|shown| self.branch_for(shown, device, now_ms))
        {
            receipt.events.push(Event::Noted(Note {
                at_ms: now_ms,
                device,
                by: None,
                deed: Deed::Branched(branch.size),
            }));
            receipt.events.push(Event::Branched(branch.clone()));
            receipt.branched = Some(branch);
            self.log.branches();
        }
        // Whoever brought something waits until all before it is durable; nobody else can know what is.
        if !request.offers.is_empty() || !receipt.events.is_empty() {
            receipt.leaves = self.log.size();
        }
        receipt
    }

    /// One change: its signature, its maker's grant, and the door. With the answer comes the place in the log of a change
    /// that the school has.
    fn take(&mut self, id: &DocumentId, bytes: &ByteVec, receipt: &mut Receipt) -> (Ack, Option<u64>) {
        let name: ByteVec = id.to_bytes().into();
        let device = receipt.device;
        let school = self.facts.school;
        let aside = |hub: &mut Self, waits_as, ack, receipt: &mut Receipt| {
            let ack = hub.keep_aside(device, &name, bytes, waits_as, ack, receipt);
            (ack, None)
        };
        let verified = match self.keys.verify(school, id, bytes) {
            Ok(verified) => verified,
            Err(why) => {
                let ack = refused(why.code(), why.to_string());
                return aside(self, None, ack, receipt);
            }
        };
        let author = verified.author;
        if let Some(ack) = self.not_in_standing(author)
            && !self.has(id, &verified.hash)
        {
            return aside(self, None, ack, receipt);
        }
        if !self.may_write(author, id) {
            let reason =
                format!("device {author} has no duty that writes {id}; ask the office to give it one");
            return aside(self, None, refused("not-granted", reason), receipt);
        }
        self.uses += 1;
        let uses = self.uses;
        let document = self
            .documents
            .entry(id.clone())
            .or_insert_with(|| HubDocument::new(school, id.clone()));
        document.used(uses);
        match document.document_mut().receive(verified.chunk) {
            Verdict::Stored { hash, items } => {
                receipt.offered.insert(hash);
                receipt.arrived += statements_in(&items);
                let leaf = verified.leaf(school, id);
                let place = self.stored(&leaf, bytes.clone(), items, device, receipt);
                self.release(id, receipt);
                (Ack::Stored, place)
            }
            Verdict::AlreadyHad(hash) => {
                receipt.offered.insert(hash);
                receipt.arrived += statements_in(&items_of_change(verified.chunk));
                (Ack::Had, document.leaf_of(&hash))
            }
            Verdict::Held { hash, mut missing } => {
                missing.truncate(MISSING_NAMED_MAX);
                aside(self, Some(hash), Ack::Held(missing), receipt)
            }
            Verdict::Refused(refusal) => {
                let is_new = !self.aside_keys.contains_key(&aside_key(&name, bytes));
                if let (Refusal::Equivocation { first, .. }, true) = (&refusal, is_new) {
                    receipt.events.push(Event::Noted(Note {
                        at_ms: receipt.now_ms,
                        device: author,
                        by: None,
                        deed: Deed::Equivocated(*first, verified.hash),
                    }));
                }
                let ack = refused(refusal.code(), refusal.to_string());
                aside(self, None, ack, receipt)
            }
        }
    }

    /// Why nothing new of a device is taken, whoever brings it; `None` where its standing is good.
    fn not_in_standing(&self, author: DeviceNumber) -> Option<Ack> {
        match self.devices.get(&author)?.enrolment.standing {
            Standing::Confirmed => None,
            // Else whoever caught an invitation on its way could have his marks carried in by a tablet of the school.
            Standing::Unconfirmed(_) => Some(refused(
                "not-confirmed",
                format!(
                    "the office has not confirmed device {author}, which made the change; it is taken when it is offered again after that"
                ),
            )),
            Standing::Lost(_) => Some(refused(
                "device-lost",
                format!(
                    "device {author}, which made the change, was reported lost before the change arrived; the office can look at it and release it"
                ),
            )),
            Standing::Retired(_) => Some(refused(
                "device-retired",
                format!(
                    "device {author}, which made the change, was retired before the change arrived; the office can look at it and release it"
                ),
            )),
        }
    }

    fn has(&self, id: &DocumentId, hash: &ChangeHash) -> bool {
        self.documents
            .get(id)
            .is_some_and(|document| document.document().has(hash))
    }

    /// Notes a change that its document has just taken; gives its place in the log.
    pub(super) fn stored(
        &mut self,
        leaf: &Leaf,
        bytes: ByteVec,
        items: Vec<Item>,
        carrier: DeviceNumber,
        receipt: &mut Receipt,
    ) -> Option<u64> {
        let (id, hash) = (&leaf.document, leaf.change);
        let document = self.documents.get_mut(id)?;
        let place = self.log.push(leaf.hash());
        document.logged(hash, bytes.clone(), place);
        self.index.insert(id.clone(), document.sequence());
        receipt.changed.insert(id.clone(), document.sequence());
        // What was refused before, as for want of a duty, and is stored now, needs keeping aside no more.
        let key = aside_key(&id.to_bytes(), &bytes);
        if self.forget_aside(&key) {
            receipt.events.push(Event::Settled(key));
        }
        receipt.events.push(Event::Stored(StoredChange {
            document: id.clone(),
            hash,
            carrier,
            received_at: receipt.now_ms,
            bytes,
            leaf: place,
        }));
        match id {
            DocumentId::Trip(trip) => self.refresh_trip(*trip),
            DocumentId::Sheet(date, _) => self.fold_in(*date, items),
            DocumentId::Visit(_) => {}
        }
        Some(place)
    }

    /// Keeps the day's fold up to date where that can be done entry by entry; a sign-off asks for a fresh fold.
    fn fold_in(&mut self, date: daymark_core::session::Date, items: Vec<Item>) {
        let Some(day) = self.days.get_mut(&date) else {
            return;
        };
        let signed = daymark_core::session::Session::ALL
            .into_iter()
            .any(|session| day.sign_offs(session).next().is_some());
        let mut entries = Vec::new();
        for item in items {
            match item {
                Item::Slip(slip) if !signed => entries.extend(slip),
                _ => {
                    self.days.remove(&date);
                    return;
                }
            }
        }
        day.add(entries);
    }

    /// Takes in what waited for the change that has just been stored.
    pub(super) fn release(&mut self, id: &DocumentId, receipt: &mut Receipt) {
        let school = self.facts.school;
        loop {
            let Some(waiting) = self.waiting.get(id) else {
                return;
            };
            let Some(document) = self.documents.get_mut(id) else {
                return;
            };
            let ready = waiting.iter().find_map(|(hash, aside)| {
                // It was verified before it was kept; what cannot be read stays there, and is seen.
                let change = keys::read(&aside.bytes).ok()?;
                match document.document_mut().receive(change.chunk) {
                    Verdict::Held { .. } => None,
                    verdict => Some((*hash, aside.clone(), change.leaf(school, id), verdict)),
                }
            });
            let Some((hash, aside, leaf, verdict)) = ready else {
                return;
            };
            if let Some(waiting) = self.waiting.get_mut(id) {
                waiting.remove(&hash);
            }
            self.forget_aside(&aside.key);
            receipt.events.push(Event::Settled(hash));
            match verdict {
                Verdict::Stored { items, .. } => {
                    self.stored(&leaf, aside.bytes, items, aside.carrier, receipt);
                }
                Verdict::Refused(refusal) => {
                    let name = aside.document.clone();
                    let ack = refused(refusal.code(), refusal.to_string());
                    self.keep_aside(aside.carrier, &name, &aside.bytes, None, ack, receipt);
                }
                Verdict::AlreadyHad(_) | Verdict::Held { .. } => {}
            }
        }
    }
}
