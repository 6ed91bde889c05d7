//! The embedded store: the suite, reopening, crashes.

mod damage;
mod full_disk;
mod hand_edits;

use std::path::Path;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use tempfile::TempDir;

use super::*;
use crate::store::conformance::{
    self, answers, aside, enrolled, expected, invited, roster, settled, stored, stored_bytes,
};

const SHEETS: [&str; 4] = [
    "sheet/2026-03-02/class:4B",
    "sheet/2026-03-02/gate",
    "sheet/2026-03-03/office",
    "trip/6e5f2c3a-0000-4000-8000-000000000001",
];

fn open(folder: &Path) -> (EmbeddedStore, IndexOpening) {
    let give_up = Instant::now() + Duration::from_secs(10);
    loop {
        match EmbeddedStore::open(folder) {
            // Another test has just forked to run a program, and its child holds a copy of the lock until it runs that.
            Err(StoreError::InUse { .. }) if Instant::now() < give_up => {
                std::thread::sleep(Duration::from_millis(10));
            }
            opened => {
                let (store, opening) = opened.unwrap();
                return (store, opening.index);
            }
        }
    }
}

/// Some of everything.
fn mixed(count: u32) -> Vec<Event> {
    (0..count)
        .flat_map(|number| {
            [
                stored(SHEETS[number as usize % 4], number),
                aside(number, Some(number % 11)),
                settled(number % 13),
                invited(number, "Tablet"),
                enrolled(number % 9 + 1, number / 2),
                roster(&format!("[{number}]")),
            ]
        })
        .collect()
}

/// What a process that is killed now leaves behind.
fn crash_image(folder: &Path) -> TempDir {
    let image = tempfile::tempdir().unwrap();
    copy(folder, image.path());
    image
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else if std::fs::copy(entry.path(), &to).is_err() {
            // Sled removed a file of its own meanwhile.
            assert!(!entry.path().exists());
        }
    }
}

/// A store that is opened again after every so many commits.
struct Reopening {
    folder: TempDir,
    store: RwLock<Option<EmbeddedStore>>,
    commits: Mutex<usize>,
}

impl Reopening {
    const EVERY: usize = 40;

    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = open(folder.path());
        Self {
            folder,
            store: RwLock::new(Some(store)),
            commits: Mutex::new(0),
        }
    }

    fn with<T>(&self, call: impl FnOnce(&EmbeddedStore) -> T) -> T {
        call(self.store.read().unwrap().as_ref().unwrap())
    }
}

impl Store for Reopening {
    fn commit(&self, events: &[Event]) -> Result<(), StoreError> {
        self.with(|store| store.commit(events))?;
        let mut commits = lock(&self.commits);
        *commits += 1;
        if *commits % Self::EVERY == 1 {
            let mut store = self.store.write().unwrap();
            *store = None;
            let (opened, index) = open(self.folder.path());
            assert_eq!(index, IndexOpening::Whole);
            *store = Some(opened);
        }
        Ok(())
    }
    fn documents(&self) -> Result<Vec<(DocumentId, u64)>, StoreError> {
        self.with(Store::documents)
    }
    fn changes(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StoreError> {
        self.with(|store| store.changes(document))
    }
    fn aside(&self) -> Result<Vec<Aside>, StoreError> {
        self.with(Store::aside)
    }
    fn invitations(&self) -> Result<Vec<Invitation>, StoreError> {
        self.with(Store::invitations)
    }
    fn devices(&self) -> Result<Vec<Enrolment>, StoreError> {
        self.with(Store::devices)
    }
    fn roster(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(Store::roster)
    }
    fn branch(&self) -> Result<Option<Branch>, StoreError> {
        self.with(Store::branch)
    }
    fn notes(&self) -> Result<Vec<Note>, StoreError> {
        self.with(Store::notes)
    }
    fn check(&self) -> Result<StoreReport, StoreError> {
        self.with(Store::check)
    }
    fn probe(&self) -> Result<(), StoreError> {
        self.with(Store::probe)
    }
}

#[test]
fn the_embedded_store_passes_the_suite() {
    let mut folders = Vec::new();
    conformance::run(&mut || {
        let folder = tempfile::tempdir().unwrap();
        let (store, index) = open(folder.path());
        assert_eq!(index, IndexOpening::New);
        folders.push(folder);
        store
    });
}

#[test]
fn the_embedded_store_passes_the_suite_while_it_is_opened_again_and_again() {
    conformance::run(&mut Reopening::new);
}

#[test]
fn the_store_passes_the_suite_without_an_index() {
    let mut folders = Vec::new();
    conformance::run(&mut || {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = open(folder.path());
        *store.view.write().unwrap() = View::Memory(Model::default());
        lock(&store.health).fault = Some("planted".to_owned());
        folders.push(folder);
        store
    });
}

#[test]
fn what_the_journal_has_and_the_index_lacks_is_applied_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let events = mixed(50);
    let (store, _) = open(folder.path());
    store.commit(&events[..200]).unwrap();
    drop(store);
    // Killed after the sync and before the index was told.
    let (mut journal, _) = Journal::open(folder.path(), opening::JOURNAL, |_, _| {}).unwrap();
    let records: Vec<_> = events[200..].iter().map(|event| encode(event).unwrap()).collect();
    journal.append(&records).unwrap();
    drop(journal);

    let (store, index) = open(folder.path());
    assert_eq!(index, IndexOpening::CaughtUp { records: 100 });
    assert_eq!(answers(&store), expected(&events));
    drop(store);
    assert_eq!(open(folder.path()).1, IndexOpening::Whole);
}

#[test]
fn a_killed_store_answers_the_same_whatever_the_index_had_written() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let events = mixed(120);
    for (number, group) in events.chunks(6).enumerate() {
        store.commit(group).unwrap();
        if number % 12 == 0 {
            let image = crash_image(folder.path());
            let (reopened, index) = open(image.path());
            assert!(!matches!(index, IndexOpening::InMemory { .. }), "{index:?}");
            assert_eq!(
                answers(&reopened),
                expected(&events[..(number + 1) * 6]),
                "{index:?}"
            );
        }
    }
}

#[test]
fn a_second_opening_is_refused_while_the_first_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    assert!(matches!(
        EmbeddedStore::open(folder.path()),
        Err(StoreError::InUse { .. })
    ));
    store.commit(&mixed(1)).unwrap();
    store.close().unwrap();
    assert!(matches!(store.commit(&[]), Err(StoreError::Poisoned { .. })));
    assert!(matches!(store.documents(), Err(StoreError::Poisoned { .. })));
    assert!(matches!(store.check(), Err(StoreError::Poisoned { .. })));
    assert!(matches!(store.probe(), Err(StoreError::Poisoned { .. })));
    let (again, _) = open(folder.path());
    assert_eq!(answers(&again), expected(&mixed(1)));
}

#[test]
fn the_ballast_is_there_until_it_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let (store, opening) = EmbeddedStore::open(folder.path()).unwrap();
    assert!(
        opening.has_ballast && opening.warnings().is_empty(),
        "{opening:?}"
    );
    assert_eq!(
        ballast::path(folder.path()).metadata().unwrap().len(),
        ballast::BALLAST_BYTES
    );
    assert!(store.release_ballast().unwrap());
    assert!(!store.release_ballast().unwrap());
    drop(store);
    assert!(EmbeddedStore::open(folder.path()).unwrap().1.has_ballast);
}

fn any_event() -> impl Strategy<Value = Event> {
    let small = 0..12_u32;
    prop_oneof![
        4 => (0..4_usize, any::<u32>(), 1..400_usize).prop_map(|(at, number, bytes)| stored_bytes(SHEETS[at], number, bytes)),
        2 => (small.clone(), proptest::option::of(small.clone())).prop_map(|(number, waits)| aside(number, waits)),
        1 => small.clone().prop_map(settled),
        1 => (small.clone(), "[a-z]{0,8}").prop_map(|(number, name)| invited(number, &name)),
        1 => (1..6_u32, small).prop_map(|(device, invitation)| enrolled(device, invitation)),
        1 => "[a-z]{0,40}".prop_map(|json| roster(&json)),
    ]
}

/// What comes after a commit.
#[derive(Debug, Clone, Copy)]
enum Then {
    GoOn,
    Close,
    Kill,
    LoseIndex,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_events_and_any_reopenings_give_the_answers_of_the_reference(
        story in vec(
            (vec(any_event(), 0..8), prop_oneof![
                6 => Just(Then::GoOn),
                1 => Just(Then::Close),
                1 => Just(Then::Kill),
                1 => Just(Then::LoseIndex),
            ]),
            1..25,
        )
    ) {
        let mut folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path()).0;
        let mut events = Vec::new();
        for (group, then) in story {
            store.commit(&group).unwrap();
            events.extend(group);
            match then {
                Then::GoOn => continue,
                Then::Kill => {
                    let image = crash_image(folder.path());
                    drop(store);
                    folder = image;
                }
                Then::Close | Then::LoseIndex => drop(store),
            }
            if matches!(then, Then::LoseIndex) {
                std::fs::remove_dir_all(index::index_folder(folder.path())).unwrap();
            }
            store = open(folder.path()).0;
            assert_eq!(answers(&store), expected(&events));
        }
        assert_eq!(answers(&store), expected(&events));
        assert_eq!(store.check().unwrap().events, events.len() as u64);
        assert_eq!(store.state().in_memory, None);
    }
}
