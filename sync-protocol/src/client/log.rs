//! What a replica holds of its school's log: the last checkpoint that it follows, and whether the school still does.

use daymark_core::document_id::DocumentId;
use daymark_core::ids::{ChangeHash, SchoolId};
use daymark_core::log::checkpoint::VerifiedCheckpoint;
use daymark_core::log::follow::{Follower, Outcome};
use daymark_core::log::key::NoteKey;
use daymark_core::log::proof::{LogHash, verify_inclusion};
use daymark_core::signature::PublicKey;

use super::{Record, Replica, ReplicaError, ReplyError};
use crate::frame::{LogNews, LogProof, SyncRequest};
use crate::keys;

/// The school's log, as one replica has seen it.
#[derive(Debug, Clone)]
pub struct LogView {
    follower: Follower,
    /// What does not go together, until it does again or a person has accepted it.
    doubt: Option<Outcome>,
    /// The note of the checkpoint that the doubt is about.
    offered: Option<String>,
}

/// How the log went on with a reply.
pub(super) struct Followed {
    /// What to write down.
    pub(super) record: Option<Record>,
    /// The checkpoint that receipts must lead to; `None` where the school is not believed.
    pub(super) head: Option<VerifiedCheckpoint>,
    /// What the person who holds the tablet must be told.
    pub(super) doubt: Option<String>,
}

fn hashes(proof: &LogProof) -> Vec<LogHash> {
    proof.iter().map(|hash| LogHash(**hash)).collect()
}

impl LogView {
    /// A replica that has just enrolled, at a school with this key.
    pub(super) fn new(school: SchoolId, key: &PublicKey) -> Result<Self, ReplicaError> {
        let key = NoteKey::of_school(school, &key.0).map_err(|_| ReplicaError::Store("the school's key"))?;
        Ok(Self {
            follower: Follower::new(key),
            doubt: None,
            offered: None,
        })
    }

    /// The last checkpoint that was followed.
    pub fn last(&self) -> Option<&VerifiedCheckpoint> {
        self.follower.last()
    }

    /// Why the school's word is not believed now; its `Display` is for whoever holds the tablet.
    pub fn doubt(&self) -> Option<&Outcome> {
        self.doubt.as_ref()
    }

    /// The key that every checkpoint must be signed with.
    pub fn key(&self) -> &NoteKey {
        self.follower.key()
    }

    /// Whether a person may accept what the school offers: it says itself that it was restored.
    pub fn can_accept(&self) -> bool {
        matches!(self.doubt, Some(Outcome::Branched(_)))
    }

    /// How much of the log the replica follows, and what it shows a school that does not go on from there.
    pub(super) fn claim(&self) -> (u64, Option<String>) {
        let shown = self.doubt.as_ref().and(self.last());
        (self.follower.size().0, shown.map(|last| last.note().to_owned()))
    }

    /// Looks at what a reply says of the log.
    pub(super) fn follow(&self, news: &LogNews) -> Result<Followed, ReplyError> {
        let mut follower = self.follower.clone();
        let outcome = follower
            .follow(news.checkpoint.as_bytes(), &hashes(&news.consistency))
            .map_err(|_| ReplyError::NotTheSchools("the newest checkpoint of its log"))?;
        if outcome == Outcome::Followed {
            let last = follower.last();
            let is_new = last.map(VerifiedCheckpoint::note) != self.last().map(VerifiedCheckpoint::note);
            return Ok(Followed {
                record: (is_new || self.doubt.is_some()).then(|| Record::Followed(news.checkpoint.clone())),
                head: last.cloned(),
                doubt: None,
            });
        }
        let is_new = self.offered.as_ref() != Some(&news.checkpoint);
        Ok(Followed {
            record: is_new.then(|| Record::Doubted(news.checkpoint.clone())),
            head: None,
            doubt: Some(outcome.to_string()),
        })
    }

    /// Applies [`Record::Followed`]: a checkpoint whose proof was checked when the record was made.
    pub(super) fn followed(&mut self, note: &str) -> Result<(), ReplicaError> {
        let key = self.follower.key().clone();
        self.follower = Follower::resume(key, note.as_bytes())
            .map_err(|_| ReplicaError::Store("a checkpoint of the school's log"))?;
        self.doubt = None;
        self.offered = None;
        Ok(())
    }

    /// Applies [`Record::Doubted`].
    pub(super) fn doubted(&mut self, note: &str) -> Result<(), ReplicaError> {
        let outcome = self
            .follower
            .clone()
            .follow(note.as_bytes(), &[])
            .map_err(|_| ReplicaError::Store("a checkpoint of the school's log"))?;
        self.doubt = Some(outcome);
        self.offered = Some(note.to_owned());
        Ok(())
    }
}

impl Replica {
    /// The school's log, as this replica has seen it.
    ///
    /// # Errors
    /// [`ReplicaError::NotEnrolled`].
    pub fn log(&self) -> Result<&LogView, ReplicaError> {
        self.log.as_ref().ok_or(ReplicaError::NotEnrolled)
    }

    /// Goes on from what the school offers, because a person at the school has confirmed that the server was restored from a
    /// backup. What this tablet had been told is stored is offered again. Nothing where there is nothing to accept.
    ///
    /// # Errors
    /// [`ReplicaError::NotEnrolled`].
    pub fn accept_branch(&self) -> Result<Vec<Record>, ReplicaError> {
        let log = self.log()?;
        let note = log.offered.clone().filter(|_| log.can_accept());
        Ok(note.into_iter().map(Record::Followed).collect())
    }

    /// The place in the school's log of a change that this tablet made or carries, for which it holds a receipt.
    pub fn receipt(&self, change: &ChangeHash) -> Option<u64> {
        self.receipts.get(change).copied()
    }
}

/// The receipts of a reply that hold: the place in the log, by the place of the offer.
pub(super) fn receipts(
    school: SchoolId,
    request: &SyncRequest,
    news: &LogNews,
    head: &VerifiedCheckpoint,
) -> std::collections::BTreeMap<usize, u64> {
    let holds = |receipt: &crate::frame::Receipt| {
        let offer = request.offers.get(usize::from(receipt.offer))?;
        let state = request.documents.get(usize::from(offer.document))?;
        let document = DocumentId::from_bytes(&state.document).ok()?;
        let leaf = keys::read(&offer.change).ok()?.leaf(school, &document);
        verify_inclusion(
            leaf.hash(),
            receipt.leaf,
            head.head(),
            &hashes(&receipt.inclusion),
        )
        .ok()?;
        Some((usize::from(receipt.offer), receipt.leaf))
    };
    news.receipts.iter().filter_map(holds).collect()
}
