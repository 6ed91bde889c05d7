//! Many callers, one sync: everything that waits is committed together, by one thread, in the order of asking.
//!
//! A [`Committer`] resolves a caller's future only after the [`Store::commit`] that covers its events has returned.
//! While one commit is at the disk the next group gathers, so that sixty tablets cost little more than one.
//!
//! # Epochs
//!
//! A hub changes its memory first and tells the committer second. When a commit fails, its memory holds what the
//! store does not, and so does everything that was decided on that memory. Therefore each request carries the epoch
//! of the memory that it was decided on. A failure in epoch `e` fails its whole group and every request of epoch `e`
//! or earlier, whether queued or still to come, with the same error, until the hub has dropped its memory, loaded it
//! from the store again and called [`Committer::reset`] with `e`. Requests decided on the new memory carry `e + 1`.
//!
//! The queue has no bound of its own: whoever accepts requests bounds how many there are at a time.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use daymark_sync_protocol::event::Event;
use tokio::sync::oneshot;

use crate::store::{Store, StoreError};

/// A group takes no further request once it has so many events.
const GROUP_EVENTS: usize = 4096;

/// Why nothing may be acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// The store failed, in this group or in an earlier one of the same epoch.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// The committer has been stopped: the server is going down. Ask again when it is back.
    #[error("the server is stopping: try again when it is back")]
    Stopped,
}

/// What a committer did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitCounts {
    /// Commits that succeeded. Each cost one sync.
    pub groups: u64,
    /// The events in them.
    pub events: u64,
    /// The requests that they answered.
    pub requests: u64,
    /// Commits that failed.
    pub failures: u64,
    /// The time spent in commits.
    pub busy: Duration,
}

/// Commits groups of events on a thread of its own.
#[derive(Debug)]
pub struct Committer {
    queue: Mutex<Option<Sender<Request>>>,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The answer to a request that is already in the queue. Dropping it does not take the request back.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Result<(), CommitError>>);

#[derive(Debug)]
struct Request {
    epoch: u64,
    events: Vec<Event>,
    done: oneshot::Sender<Result<(), CommitError>>,
}

#[derive(Debug, Default)]
struct Shared {
    epoch: AtomicU64,
    /// The newest failure, and the epoch in which it happened.
    failed: Mutex<Option<(u64, Arc<StoreError>)>>,
    counts: Mutex<CommitCounts>,
}

impl Committer {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the system gives no thread.
    pub fn start(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let (queue, requests) = channel();
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || serve(&*store, &requests, &shared)
            })
            .map_err(|source| StoreError::Io {
                path: PathBuf::from("committer thread"),
                source,
            })?;
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Commits events that were decided on in the current epoch.
    ///
    /// The place in the queue is taken when this is first polled. Where the order matters, or where the epoch may
    /// have changed since the decision, use [`Committer::submit`].
    ///
    /// # Errors
    /// [`CommitError`]: none of the events may be acknowledged.
    pub async fn commit(&self, events: Vec<Event>) -> Result<(), CommitError> {
        self.submit(self.epoch(), events).await
    }

    /// Takes a place in the queue at once, behind everything submitted before. Call it under the lock under which
    /// the events were decided on, with the epoch of the memory under that lock, and await the answer outside.
    ///
    /// Without events it is a barrier: it resolves when everything submitted before is durable.
    pub fn submit(&self, epoch: u64, events: Vec<Event>) -> Pending {
        let (done, answer) = oneshot::channel();
        if let Some(queue) = &*lock(&self.queue) {
            // A thread that is gone drops the request, which answers it.
            let _ = queue.send(Request { epoch, events, done });
        }
        Pending(answer)
    }

    /// The epoch of requests that are decided on now.
    pub fn epoch(&self) -> u64 {
        self.shared.epoch.load(Ordering::SeqCst)
    }

    /// Ends the epoch `failed`, after the memory of that epoch was dropped and loaded again. Returns the epoch of the
    /// new memory. When the epoch has ended already it does nothing.
    pub fn reset(&self, failed: u64) -> u64 {
        self.shared
            .epoch
            .fetch_max(failed + 1, Ordering::SeqCst)
            .max(failed + 1)
    }

    /// The failure that keeps the current epoch from committing, if there is one.
    pub fn failure(&self) -> Option<Arc<StoreError>> {
        self.shared.refusal(self.epoch())
    }

    /// What was done so far.
    pub fn counts(&self) -> CommitCounts {
        *lock(&self.shared.counts)
    }

    /// Commits what is queued, then ends the thread. Requests made from now on fail with [`CommitError::Stopped`].
    /// Blocks until everything is done.
    pub fn stop(&self) {
        drop(lock(&self.queue).take());
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            // It does not panic: a panic of the store was caught and answered.
            let _ = thread.join();
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Future for Pending {
    type Output = Result<(), CommitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|answer| answer.unwrap_or(Err(CommitError::Stopped)))
    }
}

impl Pending {
    /// Waits for the answer without a runtime. Not to be called within one.
    ///
    /// # Errors
    /// [`CommitError`]: none of the events may be acknowledged.
    pub fn wait(self) -> Result<(), CommitError> {
        self.0.blocking_recv().unwrap_or(Err(CommitError::Stopped))
    }
}

impl Shared {
    /// The failure that a request of this epoch shares.
    fn refusal(&self, epoch: u64) -> Option<Arc<StoreError>> {
        let failed = lock(&self.failed);
        failed
            .as_ref()
            .filter(|(failed, _)| epoch <= *failed)
            .map(|(_, error)| Arc::clone(error))
    }
}

/// What every lock here guards is whole at any time, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves until the queue is closed and empty.
fn serve(store: &dyn Store, requests: &Receiver<Request>, shared: &Shared) {
    while let Ok(first) = requests.recv() {
        let mut events = Vec::new();
        let mut waiting = Vec::new();
        let mut next = Some(first);
        while let Some(request) = next {
            if let Some(error) = shared.refusal(request.epoch) {
                answer(request.done, Err(CommitError::Store(error)));
            } else {
                events.extend(request.events);
                waiting.push((request.epoch, request.done));
            }
            next = if events.len() < GROUP_EVENTS {
                requests.try_recv().ok()
            } else {
                None
            };
        }
        commit_group(store, &events, waiting, shared);
    }
}

type Waiting = Vec<(u64, oneshot::Sender<Result<(), CommitError>>)>;

fn commit_group(store: &dyn Store, events: &[Event], waiting: Waiting, shared: &Shared) {
    let result = if events.is_empty() {
        Ok(())
    } else {
        timed_commit(store, events, waiting.len(), shared)
    };
    let result = result.map_err(|error| {
        let error = Arc::new(error);
        let epoch = waiting.iter().map(|(epoch, _)| *epoch).max().unwrap_or(0);
        // Before anybody hears of it: whoever asks again because of it must find it.
        *lock(&shared.failed) = Some((epoch, Arc::clone(&error)));
        CommitError::Store(error)
    });
    for (_, done) in waiting {
        answer(done, result.clone());
    }
}

fn timed_commit(
    store: &dyn Store,
    events: &[Event],
    requests: usize,
    shared: &Shared,
) -> Result<(), StoreError> {
    let started = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| store.commit(events))).unwrap_or_else(|_| {
        let why = "the store failed in an unforeseen way; the log says where".to_owned();
        Err(StoreError::Poisoned {
            path: PathBuf::from("store"),
            why,
        })
    });
    let mut counts = lock(&shared.counts);
    counts.busy += started.elapsed();
    match result {
        Ok(()) => {
            counts.groups += 1;
            counts.events += events.len() as u64;
            counts.requests += requests as u64;
        }
        Err(_) => counts.failures += 1,
    }
    result
}

/// A caller that no longer waits is not an error: its events are durable all the same.
fn answer(done: oneshot::Sender<Result<(), CommitError>>, result: Result<(), CommitError>) {
    let _ = done.send(result);
}

#[cfg(test)]
mod tests;
