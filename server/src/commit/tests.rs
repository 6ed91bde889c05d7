//! A store that is slow or fails, and who hears of it when.

use std::sync::atomic::{AtomicBool, AtomicUsize};

use daymark_core::document_id::DocumentId;
use daymark_sync_protocol::event::{Aside, Branch, Enrolment, Event, Invitation, Note, StoredChange};

use super::*;
use crate::store::StoreReport;
use crate::store::conformance::stored;
use crate::store::memory::MemoryStore;

/// A store in memory behind a gate.
#[derive(Default)]
struct SlowStore {
    inner: MemoryStore,
    delay: Duration,
    /// Commits wait while this is set.
    is_shut: AtomicBool,
    entered: AtomicUsize,
    durable: AtomicUsize,
}

impl SlowStore {
    fn wait_until_entered(&self, times: usize) {
        while self.entered.load(Ordering::SeqCst) < times {
            std::thread::yield_now();
        }
    }

    fn open_gate(&self) {
        self.is_shut.store(false, Ordering::SeqCst);
    }
}

impl Store for SlowStore {
    fn commit(&self, events: &[Event]) -> Result<(), StoreError> {
        self.entered.fetch_add(1, Ordering::SeqCst);
        while self.is_shut.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        std::thread::sleep(self.delay);
        self.inner.commit(events)?;
        self.durable.fetch_add(events.len(), Ordering::SeqCst);
        Ok(())
    }
    fn documents(&self) -> Result<Vec<(DocumentId, u64)>, StoreError> {
        self.inner.documents()
    }
    fn changes(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StoreError> {
        self.inner.changes(document)
    }
    fn aside(&self) -> Result<Vec<Aside>, StoreError> {
        self.inner.aside()
    }
    fn invitations(&self) -> Result<Vec<Invitation>, StoreError> {
        self.inner.invitations()
    }
    fn devices(&self) -> Result<Vec<Enrolment>, StoreError> {
        self.inner.devices()
    }
    fn roster(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.roster()
    }
    fn branch(&self) -> Result<Option<Branch>, StoreError> {
        self.inner.branch()
    }
    fn notes(&self) -> Result<Vec<Note>, StoreError> {
        self.inner.notes()
    }
    fn check(&self) -> Result<StoreReport, StoreError> {
        self.inner.check()
    }
    fn probe(&self) -> Result<(), StoreError> {
        self.inner.probe()
    }
}

const GATE: &str = "sheet/2026-03-02/gate";

fn shut_store() -> (Arc<SlowStore>, Committer) {
    let store = Arc::new(SlowStore {
        is_shut: AtomicBool::new(true),
        ..SlowStore::default()
    });
    let committer = Committer::start(Arc::clone(&store) as Arc<dyn Store>).unwrap();
    (store, committer)
}

#[test]
fn callers_share_commits_and_nobody_is_answered_before_it_is_durable() {
    let store = Arc::new(SlowStore {
        delay: Duration::from_millis(2),
        ..SlowStore::default()
    });
    let committer = Committer::start(Arc::clone(&store) as Arc<dyn Store>).unwrap();
    std::thread::scope(|scope| {
        for caller in 0..40 {
            let (store, committer) = (&store, &committer);
            scope.spawn(move || {
                for number in 0..10 {
                    let number = caller * 10 + number;
                    let events = vec![stored(GATE, number)];
                    committer.submit(0, events).wait().unwrap();
                    let found = store.inner.changes(&GATE.parse().unwrap()).unwrap();
                    let Event::Stored(expected) = stored(GATE, number) else {
                        unreachable!()
                    };
                    assert!(found.contains(&expected), "answered before it was durable");
                }
            });
        }
    });
    let counts = committer.counts();
    assert_eq!((counts.events, counts.requests, counts.failures), (400, 400, 0));
    assert!(counts.groups < 200, "{counts:?}");
    assert!(counts.busy >= Duration::from_millis(2 * counts.groups));
}

#[test]
fn a_barrier_resolves_after_everything_before_it() {
    let (store, committer) = shut_store();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let first = committer.submit(0, vec![stored(GATE, 1)]);
        let second = committer.submit(0, vec![stored(GATE, 2)]);
        let mut barrier = committer.submit(0, Vec::new());
        let early = tokio::time::timeout(Duration::from_millis(30), &mut barrier).await;
        assert!(
            early.is_err(),
            "the barrier resolved while a commit was under way"
        );
        store.open_gate();
        barrier.await.unwrap();
        assert_eq!(store.durable.load(Ordering::SeqCst), 2);
        first.await.unwrap();
        second.await.unwrap();
        committer.commit(Vec::new()).await.unwrap();
    });
}

#[test]
fn events_are_stored_in_the_order_of_asking() {
    let (store, committer) = shut_store();
    let pending: Vec<_> = (0..500)
        .map(|number| committer.submit(0, vec![stored(GATE, number), stored(GATE, number)]))
        .collect();
    store.open_gate();
    for answer in pending {
        answer.wait().unwrap();
    }
    let found = store.changes(&GATE.parse().unwrap()).unwrap();
    let order: Vec<_> = found
        .iter()
        .map(|change| change.received_at - 1_770_000_000_000)
        .collect();
    assert_eq!(
        order,
        (0..500).flat_map(|number| [number, number]).collect::<Vec<_>>()
    );
}

#[test]
fn a_failure_fails_its_epoch_until_the_reset_and_nothing_after_it() {
    let (store, committer) = shut_store();
    let group = committer.submit(0, vec![stored(GATE, 1)]);
    store.wait_until_entered(1);
    store.inner.fail_next_commit_for_room();
    let behind = [
        committer.submit(0, vec![stored(GATE, 2)]),
        committer.submit(0, Vec::new()),
    ];
    store.open_gate();
    let CommitError::Store(error) = group.wait().unwrap_err() else {
        panic!("not the store's error")
    };
    assert!(matches!(*error, StoreError::NoRoom { .. }));
    for pending in behind {
        assert!(matches!(pending.wait(), Err(CommitError::Store(same)) if Arc::ptr_eq(&same, &error)));
    }
    // The store would take it now, but it was decided on a memory that the store does not have.
    assert!(committer.submit(0, vec![stored(GATE, 3)]).wait().is_err());
    assert!(committer.failure().is_some());

    assert_eq!(committer.reset(0), 1);
    assert_eq!(committer.reset(0), 1, "an ended epoch does not end again");
    assert_eq!((committer.epoch(), committer.failure().is_none()), (1, true));
    assert!(
        committer.submit(0, vec![stored(GATE, 4)]).wait().is_err(),
        "decided before the reset"
    );
    committer.submit(1, vec![stored(GATE, 5)]).wait().unwrap();
    let hashes = store.changes(&GATE.parse().unwrap()).unwrap();
    assert_eq!(hashes.len(), 1);
    assert_eq!(committer.counts().failures, 1);
}

#[test]
fn a_panicking_store_is_a_failed_commit_and_the_thread_lives() {
    struct Panics(SlowStore);
    impl Store for Panics {
        fn commit(&self, _: &[Event]) -> Result<(), StoreError> {
            panic!("a planted panic");
        }
        fn documents(&self) -> Result<Vec<(DocumentId, u64)>, StoreError> {
            self.0.documents()
        }
        fn changes(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StoreError> {
            self.0.changes(document)
        }
        fn aside(&self) -> Result<Vec<Aside>, StoreError> {
            self.0.aside()
        }
        fn invitations(&self) -> Result<Vec<Invitation>, StoreError> {
            self.0.invitations()
        }
        fn devices(&self) -> Result<Vec<Enrolment>, StoreError> {
            self.0.devices()
        }
        fn roster(&self) -> Result<Option<Vec<u8>>, StoreError> {
            self.0.roster()
        }
        fn branch(&self) -> Result<Option<Branch>, StoreError> {
            self.0.branch()
        }
        fn notes(&self) -> Result<Vec<Note>, StoreError> {
            self.0.notes()
        }
        fn check(&self) -> Result<StoreReport, StoreError> {
            self.0.check()
        }
        fn probe(&self) -> Result<(), StoreError> {
            self.0.probe()
        }
    }
    let committer = Committer::start(Arc::new(Panics(SlowStore::default()))).unwrap();
    assert!(committer.submit(0, vec![stored(GATE, 1)]).wait().is_err());
    assert!(committer.submit(0, vec![stored(GATE, 1)]).wait().is_err());
    let epoch = committer.reset(0);
    committer.submit(epoch, Vec::new()).wait().unwrap();
}

#[test]
fn stopping_commits_what_is_queued_and_refuses_what_comes_later() {
    let (store, committer) = shut_store();
    let pending: Vec<_> = (0..50)
        .map(|number| committer.submit(0, vec![stored(GATE, number)]))
        .collect();
    store.open_gate();
    committer.stop();
    assert_eq!(store.durable.load(Ordering::SeqCst), 50);
    for answer in pending {
        answer.wait().unwrap();
    }
    assert!(matches!(
        committer.submit(0, Vec::new()).wait(),
        Err(CommitError::Stopped)
    ));
    committer.stop();
}
