//! The exchange with the school: gather, ask, commit what came back, until neither side has more.

use daymark_core::document_id::DocumentId;
use daymark_core::ids::unhex;
use daymark_core::signature::Signature;
use daymark_sync_protocol::client::{Ask, ReplyError, SendState, SyncReport};
use daymark_sync_protocol::frame::{SyncReply, SyncRequest};
use daymark_sync_protocol::message::OfficeMessage;

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
    /// What the office writes to whoever holds the tablet, as far as the school does not know that it was read.
    #[serde(skip)]
    pub message: Option<OfficeMessage>,
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

/// An exchange with the school, one round trip after another. It holds no tablet: between a request and its reply the tablet
/// goes on taking marks.
#[derive(Debug)]
pub struct Exchange {
    ask: Ask,
    before: Waiting,
    outcome: SyncOutcome,
}

/// What comes after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Another round trip.
    Again,
    /// Neither side has more, or there were [`ROUNDS_MAX`].
    Done,
}

impl Exchange {
    /// Starts one: what was tapped is gathered.
    ///
    /// # Errors
    /// The tablet cannot write, or is not enrolled.
    pub fn start<S: Storage>(tablet: &mut Tablet<S>, ask: Ask) -> Result<Self, SyncError> {
        tablet.gather()?;
        let mut exchange = Self {
            ask,
            before: Waiting::of(tablet.replica()),
            outcome: SyncOutcome::default(),
        };
        // An earlier sync may have stopped in the middle of it.
        tablet.issue_again(false, &mut exchange.outcome)?;
        Ok(exchange)
    }

    /// The next request; `now_ms` is the device's clock.
    ///
    /// # Errors
    /// The tablet is not enrolled.
    pub fn request<S: Storage>(&self, tablet: &Tablet<S>, now_ms: i64) -> Result<SyncRequest, SyncError> {
        let request = tablet.replica().request(now_ms, &self.ask);
        Ok(request.map_err(TabletError::from)?)
    }

    /// Takes the reply to a request that went out at `sent_ms`, by the device's clock.
    ///
    /// # Errors
    /// See [`SyncError`]. Nothing is ever taken for sent that the school has not acknowledged.
    pub fn reply<S: Storage>(
        &mut self,
        tablet: &mut Tablet<S>,
        request: &SyncRequest,
        bytes: &[u8],
        sent_ms: i64,
        received_ms: i64,
    ) -> Result<Step, SyncError> {
        let reply = SyncReply::decode(bytes).map_err(TransportError::NotTheSchool)?;
        let taken = tablet.replica().reply(request, &reply, sent_ms, received_ms);
        let (records, report) = match taken {
            Err(ReplyError::OtherDuties) if !self.ask.duties_anew => {
                self.ask.duties_anew = true;
                self.outcome.rounds += 1;
                return Ok(Step::Again);
            }
            taken => taken?,
        };
        tablet.commit(records)?;
        let more = report.more;
        self.note(report);
        self.ask.duties_anew = false;
        let again = tablet.issue_again(!reply.more, &mut self.outcome)?;
        self.outcome.more = more || again.asks_once_more;
        self.outcome.rounds += 1;
        // What is refused again in the first round trip is not offered a third time.
        self.ask.retry_refused = again.is_of_a_trip;
        if self.outcome.more && self.outcome.rounds < ROUNDS_MAX {
            return Ok(Step::Again);
        }
        Ok(Step::Done)
    }

    /// What it did.
    pub fn outcome<S: Storage>(mut self, tablet: &Tablet<S>) -> SyncOutcome {
        let sent = self.before.less(Waiting::of(tablet.replica()));
        self.outcome.statements_waiting = tablet.replica().not_yet_sent();
        self.outcome.marks_acknowledged = sent.marks;
        self.outcome.statements_acknowledged = sent.marks + sent.others;
        self.outcome
    }

    fn note(&mut self, report: SyncReport) {
        let outcome = &mut self.outcome;
        outcome.stored += report.stored;
        outcome.had += report.had;
        outcome.held = report.held;
        outcome.received += report.received;
        outcome.fetched_again += report.rewound;
        outcome.school_behind += report.behind;
        outcome.unproven = report.unproven;
        outcome.doubt = report.doubt;
        outcome.message = report.message;
        let unread = report.unread.into_iter();
        outcome.unread = unread
            .map(|(document, reason)| UnreadDocument { document, reason })
            .collect();
        let refused = report.refused.into_iter();
        outcome
            .refused
            .extend(refused.map(|(change, code, reason)| RefusedChange {
                change: change.to_string(),
                code,
                reason,
            }));
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
        ask: Ask,
    ) -> Result<SyncOutcome, SyncError> {
        let traffic = transport.traffic();
        let mut exchange = Exchange::start(self, ask)?;
        loop {
            let sent_ms = now_ms();
            let request = exchange.request(self, sent_ms)?;
            let identity = self.replica().identity().map_err(TabletError::from)?;
            let bytes = transport.exchange(identity, request.encode()).await?;
            if exchange.reply(self, &request, &bytes, sent_ms, now_ms())? == Step::Done {
                break;
            }
        }
        let mut outcome = exchange.outcome(self);
        outcome.traffic = transport.traffic().since(traffic);
        Ok(outcome)
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
