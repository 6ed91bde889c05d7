//! Performs the hub's effects: loads what it needs, makes its events durable, pokes those who may read.

pub(crate) mod counting;
mod devices;
mod held;
mod load;
mod log;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use daymark_core::document::DocumentError;
use daymark_core::document_id::DocumentId;
use daymark_core::fold::DayFold;
use daymark_core::ids::{DeviceNumber, INCARNATION_BYTES};
use daymark_core::roster::Roster;
use daymark_core::session::Date;
use daymark_core::signature::SecretKey;
use daymark_sync_protocol::event::{Deed, Event, Invitation, Note};
use daymark_sync_protocol::frame::{Ack, Content, CursorNumber, News, SyncReply, SyncRequest};
use daymark_sync_protocol::hub::{Hub, SchoolFacts};
use tokio::sync::broadcast;

use crate::commit::{CommitError, Committer};
use crate::session::Sessions;
use crate::store::{EVENT_BYTES_MAX, Store, StoreError};

/// How many documents stay in memory.
const DOCUMENTS_IN_MEMORY: usize = 512;
/// The longest roster, as it is stored: some thirty thousand people.
const ROSTER_BYTES_MAX: usize = EVENT_BYTES_MAX - 1024;
/// How many changes a slow listener may fall behind before it is told to sync anyway.
const TOLD_KEPT: usize = 256;

/// Why a request cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// Nothing can be acknowledged now.
    #[error("the school's server cannot store anything now: {0}; the tablet keeps its marks")]
    Commit(#[from] CommitError),
    /// The store cannot be read.
    #[error("the school's server cannot read its store: {0}")]
    Store(#[from] StoreError),
    /// The log cannot be made again from the store.
    #[error(
        "the school's log cannot be made again from the store: {0}; do not serve from it: restore the newest backup, and keep this folder"
    )]
    Log(String),
    /// A stored document does not fit together.
    #[error("a stored document does not fit together: {0}; run `daymark doctor`")]
    Document(#[from] DocumentError),
    /// The stored roster cannot be read.
    #[error("the stored roster cannot be read: {0}; import it again")]
    Roster(serde_json::Error),
    /// A roster over its limit.
    #[error(
        "the roster would be {bytes} bytes, over the limit of {ROSTER_BYTES_MAX}: leave out those who left long ago"
    )]
    RosterTooLong {
        /// How long it would be.
        bytes: usize,
    },
    /// An invitation that is unknown, used up or too old.
    #[error(
        "this invitation is unknown, was used already, or is older than 15 minutes: ask the office for another"
    )]
    Invitation,
    /// The key that a device brings is none, or it has not the secret half of it.
    #[error(
        "the device does not show that it has the key that it names: try again, and if it stays so, install the app anew"
    )]
    NotItsKey,
    /// There is no such device.
    #[error("there is no device {0}: see `daymark device list`")]
    NoSuchDevice(DeviceNumber),
    /// The code on the device's screen is another.
    #[error(
        "the code {given:?} is not the one that this server works out for device {device}: if the device shows it, somebody is in between; do not confirm it, and make another invitation"
    )]
    OtherCode {
        /// Which device.
        device: DeviceNumber,
        /// What was typed.
        given: String,
    },
    /// A device that was reported lost stays so.
    #[error("device {0} was reported lost and stays so: enrol it anew with another invitation")]
    IsLost(DeviceNumber),
    /// A device that was retired stays so.
    #[error("device {0} was retired and stays so: enrol it anew with another invitation")]
    IsRetired(DeviceNumber),
    /// A device that is to be retired may still hold something that has not arrived.
    #[error(
        "device {device} {}: let it sync first, or give a reason to retire it all the same",
        match expected {
            Some(count) => format!("said that it still holds {count} marks or statements"),
            None => "has not spoken since the server started, so nobody knows what it still holds".to_owned(),
        }
    )]
    StillHolds {
        /// Which device.
        device: DeviceNumber,
        /// How much it said that it holds; none where it has not spoken.
        expected: Option<u32>,
    },
    /// The office's desk is the server itself.
    #[error(
        "device {0} is the office's own desk at the server: it keeps its duty, and cannot be reported lost or retired"
    )]
    IsTheDesk(DeviceNumber),
    /// There is nothing kept aside under that key.
    #[error("nothing is held under {0}: see `daymark held`")]
    NotHeld(String),
    /// What is held cannot be let in.
    #[error("it cannot be let in: {why}; it stays held")]
    NotReleased {
        /// Why.
        why: String,
    },
    /// The desk's key is another than the register knows it by.
    #[error(
        "desk.key is not the key that the office's desk was enrolled with, so nothing that it signs would be taken: put it back from a backup"
    )]
    OtherDesk,
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(std::io::Error),
}

struct Memory {
    hub: Hub,
    epoch: u64,
    invitations: BTreeMap<[u8; 32], Invitation>,
}

/// What connected devices are told.
#[derive(Debug)]
pub enum Told {
    /// A document has just changed.
    Changed {
        /// Which document.
        document: DocumentId,
        /// How many changes it has now.
        cursor: CursorNumber,
        /// What is new in it where that is short: a reply without a question, in base 64.
        push: Option<String>,
    },
    /// The roster or somebody's duty is another, and so is what a brief says and who may read what.
    Brief,
}

/// The notes that a device was sent what is new in home visits.
fn visits_in(device: DeviceNumber, at_ms: u64, reply: &SyncReply) -> Vec<Event> {
    let visits = reply.news.iter().filter_map(|news| {
        let id = DocumentId::from_bytes(&news.document).ok()?;
        let says_nothing = matches!(&news.content, Content::Changes(changes) if changes.is_empty());
        (matches!(id, DocumentId::Visit(_)) && !says_nothing).then_some(id)
    });
    visits
        .map(|id| {
            Event::Noted(Note {
                at_ms,
                device,
                by: None,
                deed: Deed::VisitRead(id),
            })
        })
        .collect()
}

fn push(now_ms: u64, news: News) -> String {
    let reply = SyncReply {
        now_ms,
        acks: Vec::new(),
        news: vec![news],
        more: false,
        brief: None,
        keys: None,
        log: None,
        duties: None,
        message: None,
    };
    base64::engine::general_purpose::STANDARD.encode(reply.encode())
}

/// What was counted since the start, for `/metrics`.
#[derive(Debug, Default)]
pub struct Counts {
    /// Sync requests answered.
    pub syncs: AtomicU64,
    /// Changes stored.
    pub stored: AtomicU64,
    /// Changes that were here before.
    pub had: AtomicU64,
    /// Changes that wait.
    pub held: AtomicU64,
    /// Changes refused.
    pub refused: AtomicU64,
}

/// One school's hub, running.
pub struct Runtime {
    memory: Mutex<Memory>,
    facts: SchoolFacts,
    store: Arc<dyn Store>,
    committer: Committer,
    told: broadcast::Sender<Arc<Vec<Told>>>,
    desk_incarnation: [u8; INCARNATION_BYTES],
    desk_key: SecretKey,
    sessions: Sessions,
    desk: tokio::sync::Mutex<()>,
    /// When lost devices last spoke, since the start. Not written down: whoever has such a device could fill the disk with it.
    lost_spoke: Mutex<BTreeMap<DeviceNumber, u64>>,
    /// One change of a device's standing at a time: else a confirmation could overtake a report that it is lost.
    standings: tokio::sync::Mutex<()>,
    /// What was counted since the start.
    pub counts: Counts,
}

/// The hub's clock: unix milliseconds.
pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| u64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

/// The number of the office's desk at the server, the first device of every school.
pub const DESK: DeviceNumber = DeviceNumber(1);

impl Runtime {
    /// Starts the hub of a school over its store.
    ///
    /// # Errors
    /// A store that cannot be read, or that does not fit together.
    pub fn start(
        facts: SchoolFacts,
        desk_key: SecretKey,
        store: Arc<dyn Store>,
    ) -> Result<Arc<Self>, RuntimeError> {
        daymark_core::door::quiet_caught_panics();
        let committer = Committer::start(Arc::clone(&store))?;
        let memory = load::load(&facts, store.as_ref(), committer.epoch())?;
        let mut desk_incarnation = [0; INCARNATION_BYTES];
        getrandom::fill(&mut desk_incarnation)
            .map_err(|error| RuntimeError::Randomness(std::io::Error::other(error)))?;
        let sessions = Sessions::start(facts.school).map_err(RuntimeError::Randomness)?;
        let (told, _) = broadcast::channel(TOLD_KEPT);
        Ok(Arc::new(Self {
            memory: Mutex::new(memory),
            facts,
            store,
            committer,
            told,
            desk_incarnation,
            desk_key,
            sessions,
            desk: tokio::sync::Mutex::new(()),
            lost_spoke: Mutex::default(),
            standings: tokio::sync::Mutex::new(()),
            counts: Counts::default(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(|_: PoisonError<_>| {
            // A panic under the lock leaves memory in an unknown state. All that was acknowledged is on disk, and
            // starting again reads it; going on could tell somebody something that was not verified.
            tracing::error!("the hub's memory is in an unknown state; the server stops, start it again");
            std::process::abort()
        })
    }

    /// The incarnation of the desk's actor in this run of the server.
    pub fn desk_incarnation(&self) -> [u8; INCARNATION_BYTES] {
        self.desk_incarnation
    }

    /// A turn at the desk: one person writes at a time.
    pub(crate) async fn desk_turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.desk.lock().await
    }

    /// The store, for checks.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The committer, for its counters.
    pub fn committer(&self) -> &Committer {
        &self.committer
    }

    /// What has just changed, as it becomes durable.
    pub fn told(&self) -> broadcast::Receiver<Arc<Vec<Told>>> {
        self.told.subscribe()
    }

    /// Looks at the hub, without changing it.
    pub fn look<T>(&self, body: impl FnOnce(&Hub) -> T) -> T {
        body(&self.lock().hub)
    }

    /// Looks at the fold of a date, with all its sheets in memory.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn look_at_day<T>(
        &self,
        date: Date,
        body: impl FnOnce(&DayFold, &Hub) -> T,
    ) -> Result<T, RuntimeError> {
        let mut memory = self.lock();
        let missing = memory.hub.missing_sheets(date);
        self.load_documents(&mut memory, missing)?;
        let (day, hub) = memory.hub.day_beside(date);
        Ok(body(day, hub))
    }

    /// What the desk signs with.
    pub(crate) fn desk_key(&self) -> &SecretKey {
        &self.desk_key
    }

    /// Sessions with devices.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    fn load_documents(&self, memory: &mut Memory, ids: Vec<DocumentId>) -> Result<(), RuntimeError> {
        for id in ids {
            memory.hub.load(&id, self.store.changes(&id)?)?;
        }
        Ok(())
    }

    /// One round trip with a device: everything that it brought is durable when this returns.
    ///
    /// # Errors
    /// Nothing could be made durable: nothing is acknowledged.
    pub async fn sync(&self, device: DeviceNumber, request: &SyncRequest) -> Result<SyncReply, RuntimeError> {
        let (receipt, pending, epoch) = {
            let mut memory = self.lock();
            let needed = memory.hub.needs(device, request, now_ms());
            self.load_documents(&mut memory, needed)?;
            let mut receipt = memory.hub.receive(now_ms(), device, request);
            let epoch = memory.epoch;
            let events = std::mem::take(&mut receipt.events);
            // Even a request that brought nothing new waits for the barrier: what it was told is "had" may still be
            // on its way to the disk.
            let waits = !request.offers.is_empty() || !events.is_empty();
            let pending = waits.then(|| self.committer.submit(epoch, events));
            (receipt, pending, epoch)
        };
        if let Some(pending) = pending {
            self.settle(epoch, pending.await)?;
        }
        let changed = receipt.changed.clone();
        self.count(receipt.acks());
        let (reply, told, read, epoch) = {
            let mut memory = self.lock();
            if memory.epoch == epoch {
                memory.hub.durable(&receipt);
            }
            let needed = memory.hub.needs(device, request, now_ms());
            self.load_documents(&mut memory, needed)?;
            let told: Vec<Told> = changed
                .into_iter()
                .map(|(document, cursor)| Told::Changed {
                    push: memory
                        .hub
                        .push_of(&document, cursor)
                        .map(|news| push(receipt.now_ms(), news)),
                    document,
                    cursor,
                })
                .collect();
            let reply = memory.hub.reply(receipt);
            memory.hub.shed(DOCUMENTS_IN_MEMORY);
            let read = visits_in(device, now_ms(), &reply);
            (reply, told, read, memory.epoch)
        };
        if !read.is_empty() {
            // Nobody reads of a home visit before it is written down that they do.
            let pending = self.committer.submit(epoch, read);
            self.settle(epoch, pending.await)?;
        }
        self.tell(told);
        Ok(reply)
    }

    fn tell(&self, told: Vec<Told>) {
        if !told.is_empty() {
            // Nobody may be listening; that is no error.
            let _ = self.told.send(Arc::new(told));
        }
    }

    fn count(&self, acks: &[Ack]) {
        self.counts.syncs.fetch_add(1, Ordering::Relaxed);
        for ack in acks {
            let counter = match ack {
                Ack::Stored => &self.counts.stored,
                Ack::Had => &self.counts.had,
                Ack::Held(_) => &self.counts.held,
                Ack::Refused(_) => &self.counts.refused,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// After a failed commit, memory is ahead of the disk: drop it and load the store again.
    fn settle(&self, epoch: u64, outcome: Result<(), CommitError>) -> Result<(), RuntimeError> {
        let Err(error) = outcome else { return Ok(()) };
        let mut memory = self.lock();
        if memory.epoch == epoch {
            let fresh = self.committer.reset(epoch);
            *memory = load::load(&self.facts, self.store.as_ref(), fresh)?;
        }
        Err(error.into())
    }

    /// Stores a newer roster.
    ///
    /// # Errors
    /// It could not be made durable.
    pub async fn set_roster(&self, roster: Roster) -> Result<(), RuntimeError> {
        let bytes = serde_json::to_vec(&roster).map_err(RuntimeError::Roster)?;
        if bytes.len() > ROSTER_BYTES_MAX {
            return Err(RuntimeError::RosterTooLong { bytes: bytes.len() });
        }
        self.record(vec![Event::Roster(bytes.into())], |memory| {
            memory.hub.set_roster(roster);
        })
        .await?;
        self.tell(vec![Told::Brief]);
        Ok(())
    }

    /// Makes events durable, then notes them in memory.
    async fn record(&self, events: Vec<Event>, note: impl FnOnce(&mut Memory)) -> Result<(), RuntimeError> {
        let (pending, epoch) = {
            let memory = self.lock();
            (self.committer.submit(memory.epoch, events), memory.epoch)
        };
        self.settle(epoch, pending.await)?;
        note(&mut self.lock());
        Ok(())
    }

    /// Commits what is queued and ends the committer's thread. Blocks.
    pub fn stop(&self) -> Result<(), StoreError> {
        self.committer.stop();
        self.store.close()
    }
}
