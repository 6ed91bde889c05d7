//! What could not be taken: kept with its bytes, bounded for each carrier, and let in when a person answers for it.

use daymark_core::document_id::DocumentId;
use daymark_core::door::Verdict;
use daymark_core::ids::{ChangeHash, DeviceNumber, PersonId};
use minicbor::bytes::ByteVec;
use sha2::{Digest, Sha256};

use super::receive::refused;
use super::{Hub, HubDocument, Receipt};
use crate::event::{Aside, Deed, Event, Note};
use crate::frame::Ack;
use crate::limits::{ASIDE_BYTES_PER_DEVICE_MAX, ASIDE_PER_DEVICE_MAX};

/// What something kept aside is kept under.
pub(super) fn aside_key(document: &[u8], bytes: &[u8]) -> ChangeHash {
    let mut hash = Sha256::new();
    hash.update(document);
    hash.update(bytes);
    ChangeHash(hash.finalize().into())
}

impl Hub {
    /// Takes in what was kept aside, because a person answers for it. The signature and the door are asked again; the duty
    /// and the standing of its maker are what that person decides on. The receipt's events must be made durable.
    ///
    /// # Errors
    /// Why it cannot be let in, in words.
    pub fn release_aside(
        &mut self,
        aside: &Aside,
        by: &PersonId,
        reason: &str,
        now_ms: u64,
    ) -> Result<Receipt, String> {
        let id = DocumentId::from_bytes(&aside.document)
            .map_err(|_| "it is for a kind of document that this school does not know".to_owned())?;
        let school = self.facts.school;
        let verified = self.keys.verify(school, &id, &aside.bytes);
        let verified = verified.map_err(|why| why.to_string())?;
        let mut receipt = Receipt::of(aside.carrier, now_ms);
        let document = self
            .documents
            .entry(id.clone())
            .or_insert_with(|| HubDocument::new(school, id.clone()));
        match document.document_mut().receive(verified.chunk) {
            Verdict::Stored { items, .. } => {
                let leaf = verified.leaf(school, &id);
                self.stored(&leaf, aside.bytes.clone(), items, aside.carrier, &mut receipt);
                self.release(&id, &mut receipt);
            }
            Verdict::AlreadyHad(_) => {
                if self.forget_aside(&aside.key) {
                    receipt.events.push(Event::Settled(aside.key));
                }
            }
            Verdict::Held { .. } => return Err("it waits for changes that have not arrived".to_owned()),
            Verdict::Refused(refusal) => return Err(refusal.to_string()),
        }
        receipt.events.push(Event::Noted(Note {
            at_ms: now_ms,
            device: verified.author,
            by: Some(by.clone()),
            deed: Deed::Released(verified.hash, reason.to_owned()),
        }));
        receipt.leaves = self.log.size();
        Ok(receipt)
    }

    /// Gives back the room of what is kept aside no more; `false` where nothing was kept under that key.
    pub(super) fn forget_aside(&mut self, key: &ChangeHash) -> bool {
        let Some((carrier, bytes)) = self.aside_keys.remove(key) else {
            return false;
        };
        if let Some(room) = self.aside_room.get_mut(&carrier) {
            room.count = room.count.saturating_sub(1);
            room.bytes = room.bytes.saturating_sub(bytes);
        }
        true
    }

    /// Keeps the bytes of what could not be taken, so that nothing is dropped; the device is answered with `ack`. A
    /// device whose room for that is used up is told so and keeps its change itself.
    pub(super) fn keep_aside(
        &mut self,
        carrier: DeviceNumber,
        document: &ByteVec,
        bytes: &ByteVec,
        waits_as: Option<ChangeHash>,
        ack: Ack,
        receipt: &mut Receipt,
    ) -> Ack {
        let key = aside_key(document, bytes);
        let kept = self.aside_keys.get(&key).copied();
        let waits = |hash| {
            let id = DocumentId::from_bytes(document).ok();
            id.and_then(|id| self.waiting.get(&id))
                .is_some_and(|waiting| waiting.contains_key(&hash))
        };
        // A change that waits is kept once, also where its maker signed it twice.
        if waits_as.map_or(kept.is_some(), waits) {
            return ack;
        }
        let room = self.aside_room.get(&carrier).copied().unwrap_or_default();
        if room.count >= ASIDE_PER_DEVICE_MAX || room.bytes + bytes.len() > ASIDE_BYTES_PER_DEVICE_MAX {
            if kept.is_some() {
                return ack;
            }
            return refused(
                "aside-full",
                "the school keeps no more of what it could not take from this tablet; the tablet keeps it: ask the office to look at what is held",
            );
        }
        if self.forget_aside(&key) {
            // It was refused before, as for want of a duty, and from now on waits.
            receipt.events.push(Event::Settled(key));
        }
        let (code, reason) = match &ack {
            Ack::Refused(refused) => (refused.code.clone(), refused.reason.clone()),
            _ => (
                "held".to_owned(),
                "it waits for changes that have not arrived".to_owned(),
            ),
        };
        let aside = Aside {
            key,
            waits_as,
            document: document.clone(),
            carrier,
            received_at: receipt.now_ms,
            code,
            reason,
            bytes: bytes.clone(),
        };
        self.note_aside(aside.clone());
        receipt.events.push(Event::Aside(aside));
        ack
    }
}
