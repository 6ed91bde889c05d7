//! The exchange with the school: gather, ask, commit what came back, until neither side has more.

use daymark_core::document_id::DocumentId;
use daymark_core::ids::unhex;
use daymark_core::signature::Signature;
use daymark_sync_protocol::client::{Ask, ReplyError, SendState};
use daymark_sync_protocol::frame::SyncReply;

use crate::home::HomeError;
use crate::pending::Waiting;
use crate::storage::Storage;
use crate::tablet::{Tablet, TabletError};
use crate::transport::{Traffic, Transport, TransportError};

/// The most round trips of one sync.
pub const ROUNDS_MAX: usize = 50;

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct SyncOutcome {
    /// Round trips.
    pub rounds: usize,
    /// Changes that the school stored now.
    pub stored: usize,
    /// Changes that it had already.
    pub had: usize,
    /// Changes that it keeps until those they stand on arrive.
    pub held: usize,
    /// Changes that it could not take.
    pub refused: Vec<RefusedChange>,
    /// Changes that came down; a whole document counts as one.
    pub received: usize,
    /// Documents that were fetched again because both sides did not agree.
    pub fetched_again: usize,
    /// Documents in which the school knew less than before, and was given again what it lacks.
    pub school_behind: usize,
    /// Marks and statements that the school has now and had not acknowledged before.
    pub statements_acknowledged: usize,
    /// How many of those are marks; the rest are other records, such as a trip's plan.
    pub marks_acknowledged: usize,
    /// Marks and statements that it has still not acknowledged.
    pub statements_waiting: usize,
    /// Documents that this program cannot read as the school sent them; all others were taken.
    pub unread: Vec<UnreadDocument>,
    /// Bytes on the wire.
    pub traffic: Traffic,
    /// Changes that the school says it has and has not proven to have: they count as still here.
    pub unproven: usize,
    /// The school's record does not go on from what this tablet has seen of it: what whoever holds the tablet must know.
    pub doubt: Option<String>,
    /// Marks and statements that were issued again, because a copy of the store had used the numbers of their changes.
    pub issued_again: usize,
    /// What whoever holds the tablet must know, where a store was copied or put back.
    pub store_copied: Option<String>,
    /// Whether there was still more after [`ROUNDS_MAX`] round trips.
    pub more: bool,
}

/// A document that this program cannot read as the school sent it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UnreadDocument {
    /// Which document.
    pub document: DocumentId,
    /// Why, in words.
    pub reason: String,
}

/// A change that the school could not take. The tablet keeps it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RefusedChange {
    /// Which change.
    pub change: String,
    /// A stable code.
    pub code: String,
    /// Why, in words.
    pub reason: String,
}

/// Why a sync did not come to its end. What earlier round trips brought is kept, and so is every mark.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The tablet itself.
    #[error(transparent)]
    Tablet(#[from] TabletError),
    /// The way to the school.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// What the school answered.
    #[error(transparent)]
    Reply(#[from] ReplyError),
}

impl From<HomeError> for SyncError {
    fn from(error: HomeError) -> Self {
        Self::Tablet(error.into())
    }
}

impl<S: Storage> Tablet<S> {
    /// Exchanges with the school until neither side has more. `now_ms` is the device's clock; it is read around each
    /// round trip.
    ///
    /// # Errors
    /// See [`SyncError`]. Nothing is ever taken for sent that the school has not acknowledged; a repeat is harmless.
    pub async fn sync<T: Transport>(
        &mut self,
        transport: &T,
        now_ms: impl Fn() -> i64,
        mut ask: Ask,
    ) -> Result<SyncOutcome, SyncError> {
        self.gather()?;
        let before = Waiting::of(self.replica());
        let traffic = transport.traffic();
        let mut outcome = SyncOutcome::default();
        // An earlier sync may have stopped in the middle of it.
        self.issue_again(false, &mut outcome)?;
        loop {
            let round = self.round(transport, &now_ms, &ask, &mut outcome).await;
            let (more, is_all_told) = match round {
                Err(SyncError::Reply(ReplyError::OtherDuties)) if !ask.duties_anew => {
                    ask.duties_anew = true;
                    outcome.rounds += 1;
                    continue;
                }
                round => round?,
            };
            ask.duties_anew = false;
            let again = self.issue_again(is_all_told, &mut outcome)?;
            outcome.more = more || again.asks_once_more;
            outcome.rounds += 1;
            // What is refused again in the first round trip is not offered a third time.
            ask.retry_refused = again.is_of_a_trip;
            if !outcome.more || outcome.rounds >= ROUNDS_MAX {
                break;
            }
        }
        let sent = before.less(Waiting::of(self.replica()));
        outcome.statements_waiting = self.replica().not_yet_sent();
        outcome.marks_acknowledged = sent.marks;
        outcome.statements_acknowledged = sent.marks + sent.others;
        outcome.traffic = transport.traffic().since(traffic);
        Ok(outcome)
    }

    /// One round trip: whether another is needed, and whether the school has told all that it has.
    async fn round<T: Transport>(
        &mut self,
        transport: &T,
        now_ms: &impl Fn() -> i64,
        ask: &Ask,
        outcome: &mut SyncOutcome,
    ) -> Result<(bool, bool), SyncError> {
        let replica = self.replica();
        let sent_ms = now_ms();
        let request = replica.request(sent_ms, ask).map_err(TabletError::from)?;
        let identity = replica.identity().map_err(TabletError::from)?;
        let bytes = transport.exchange(identity, request.encode()).await?;
        let received_ms = now_ms();
        let reply = SyncReply::decode(&bytes).map_err(TransportError::NotTheSchool)?;
        let (records, report) = self.replica().reply(&request, &reply, sent_ms, received_ms)?;
        self.commit(records)?;
        outcome.stored += report.stored;
        outcome.had += report.had;
        outcome.held = report.held;
        outcome.received += report.received;
        outcome.fetched_again += report.rewound;
        outcome.school_behind += report.behind;
        outcome.unproven = report.unproven;
        outcome.doubt = report.doubt;
        let unread = report.unread.into_iter();
        outcome.unread = unread
            .map(|(document, reason)| UnreadDocument { document, reason })
            .collect();
        outcome.refused.extend(
            report
                .refused
                .into_iter()
                .map(|(change, code, reason)| RefusedChange {
                    change: change.to_string(),
                    code,
                    reason,
                }),
        );
        Ok((report.more, !reply.more))
    }

    /// Whether an error is the school's word, signed, that this tablet was reported lost.
    pub fn is_reported_lost(&self, error: &SyncError) -> bool {
        let SyncError::Transport(TransportError::Problem { problem }) = error else {
            return false;
        };
        let notice = problem.notice.as_deref().and_then(unhex);
        let signature = notice.and_then(|bytes| Some(Signature(bytes.try_into().ok()?)));
        let identity = self.replica().identity();
        match (identity, signature) {
            (Ok(identity), Some(signature)) => identity
                .school_key
                .verify_lost(identity.school, identity.device, &signature)
                .is_ok(),
            _ => false,
        }
    }

    /// How many changes the school could not take and this tablet keeps.
    pub fn refused_count(&self) -> usize {
        let is_refused = |state: &SendState| matches!(state, SendState::Refused(_));
        self.replica()
            .own_changes()
            .iter()
            .filter(|own| is_refused(&own.state))
            .count()
    }
}
