//! The suite that every adapter passes, and the events that it is made of. For tests: it panics where an adapter
//! answers wrongly.

use daymark_core::document_id::DocumentId;
use daymark_core::grant::Grant;
use daymark_core::ids::{ChangeHash, DeviceNumber};
use daymark_core::roster::Role;
use daymark_core::signature::PublicKey;
use daymark_sync_protocol::event::{
    Aside, Branch, Deed, Enrolment, Event, Given, Invitation, Note, Standing, StoredChange,
};

use super::memory::Model;
use super::{EVENT_BYTES_MAX, Store, StoreError};

/// Runs the suite. `new` gives a new, empty store each time it is called.
pub fn run<S: Store>(new: &mut dyn FnMut() -> S) {
    an_empty_store_answers_emptily(&new());
    changes_keep_their_order_and_reading_changes_nothing(&new());
    what_waits_is_kept_until_it_is_settled(&new());
    an_invitation_is_used_up_once_and_for_all(&new());
    the_newest_roster_and_branch_stand_and_all_notes(&new());
    large_documents_and_large_events_are_taken(&new());
    a_commit_is_taken_whole_or_not_at_all(&new());
    answers_follow_from_the_events_alone(&new());
}

/// Everything that a store answers, for comparing two of them.
pub fn answers<S: Store + ?Sized>(store: &S) -> Answers {
    let documents = store.documents().expect("documents");
    let changes = documents
        .iter()
        .map(|(document, _)| store.changes(document).expect("changes"))
        .collect();
    Answers {
        documents,
        changes,
        aside: store.aside().expect("aside"),
        invitations: store.invitations().expect("invitations"),
        devices: store.devices().expect("devices"),
        roster: store.roster().expect("roster"),
        branch: store.branch().expect("branch"),
        notes: store.notes().expect("notes"),
    }
}

/// The answers of a store that took these events, by the reference.
pub fn expected(events: &[Event]) -> Answers {
    let mut model = Model::default();
    events.iter().cloned().for_each(|event| model.apply(event));
    let documents = model.documents();
    Answers {
        changes: documents
            .iter()
            .map(|(document, _)| model.changes(document))
            .collect(),
        documents,
        aside: model.aside(),
        invitations: model.invitations(),
        devices: model.devices(),
        roster: model.roster(),
        branch: model.branch(),
        notes: model.notes(),
    }
}

/// Everything that a store answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// As [`Store::documents`] says.
    pub documents: Vec<(DocumentId, u64)>,
    /// As [`Store::changes`] says, for each of them.
    pub changes: Vec<Vec<StoredChange>>,
    /// As [`Store::aside`] says.
    pub aside: Vec<Aside>,
    /// As [`Store::invitations`] says.
    pub invitations: Vec<Invitation>,
    /// As [`Store::devices`] says.
    pub devices: Vec<Enrolment>,
    /// As [`Store::roster`] says.
    pub roster: Option<Vec<u8>>,
    /// As [`Store::branch`] says.
    pub branch: Option<Branch>,
    /// As [`Store::notes`] says.
    pub notes: Vec<Note>,
}

/// A document by its name.
pub fn document(name: &str) -> DocumentId {
    name.parse().expect("the name of a document")
}

/// The hash that stands for a number.
pub fn hash(number: u32) -> [u8; 32] {
    let mut hash = [0x5a; 32];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    hash
}

/// A change of 100 bytes that says a number.
pub fn stored(name: &str, number: u32) -> Event {
    stored_bytes(name, number, 100)
}

/// A change of so many bytes that says a number.
pub fn stored_bytes(name: &str, number: u32, bytes: usize) -> Event {
    let bytes = number
        .to_le_bytes()
        .into_iter()
        .cycle()
        .take(bytes)
        .collect::<Vec<_>>();
    Event::Stored(StoredChange {
        document: document(name),
        hash: ChangeHash(hash(number)),
        carrier: DeviceNumber(number % 7 + 1),
        received_at: 1_770_000_000_000 + u64::from(number),
        bytes: bytes.into(),
        leaf: u64::from(number),
    })
}

/// The log goes on on a branch.
pub fn branched(number: u32) -> Event {
    Event::Branched(Branch {
        from: hash(number),
        size: u64::from(number),
        lost: format!("note {number}"),
        shown_by: 3,
        at_ms: 1_770_000_000_000,
    })
}

/// A line of the security log.
pub fn noted(number: u32) -> Event {
    Event::Noted(Note {
        at_ms: u64::from(number),
        device: DeviceNumber(2),
        by: None,
        deed: Deed::Branched(u64::from(number)),
    })
}

/// Something kept aside; it waits under the hash of `waits_as`.
pub fn aside(number: u32, waits_as: Option<u32>) -> Event {
    Event::Aside(Aside {
        key: ChangeHash(hash(number)),
        waits_as: waits_as.map(|number| ChangeHash(hash(number))),
        document: number.to_le_bytes().to_vec().into(),
        carrier: DeviceNumber(3),
        received_at: u64::from(number),
        code: "parents_missing".to_owned(),
        reason: format!("change {number} waits for its parents"),
        bytes: vec![7; 40].into(),
    })
}

/// What waits under the hash of a number is settled.
pub fn settled(number: u32) -> Event {
    Event::Settled(ChangeHash(hash(number)))
}

/// An invitation.
pub fn invited(number: u32, name: &str) -> Event {
    Event::Invited(Invitation {
        secret_hash: hash(number),
        name: name.to_owned(),
        grant: grant(Role::Teacher),
        expires_at: 1_770_000_000_000,
    })
}

/// A device that used the invitation of a number.
pub fn enrolled(device: u32, invitation: u32) -> Event {
    Event::Enrolled(Enrolment {
        device: DeviceNumber(device),
        name: format!("Tablet {device}"),
        given: Given::by_invitation(device, grant(Role::Gate), 1_770_000_000_000),
        key: PublicKey(hash(device + invitation)),
        invitation: hash(invitation),
        enrolled_at: 1_770_000_000_000,
        standing: Standing::Confirmed,
        before: Vec::new(),
        message: None,
    })
}

/// A roster.
pub fn roster(json: &str) -> Event {
    Event::Roster(json.as_bytes().to_vec().into())
}

fn grant(role: Role) -> Grant {
    let classes = ["4B", "Année 4"].map(|class| class.parse().expect("a class"));
    Grant {
        classes: classes.into(),
        ..Grant::of(role)
    }
}

fn assert_answers<S: Store>(store: &S, events: &[Event]) {
    assert_eq!(answers(store), expected(events));
    assert_eq!(
        answers(store),
        expected(events),
        "a second reading differs from the first"
    );
    let report = store.check().expect("the deep check");
    assert_eq!(report.events, events.len() as u64);
    store.probe().expect("the probe");
}

fn an_empty_store_answers_emptily<S: Store>(store: &S) {
    store.commit(&[]).expect("nothing can be committed");
    assert_answers(store, &[]);
    assert_eq!(
        store
            .changes(&document("sheet/2026-03-02/gate"))
            .expect("changes"),
        []
    );
}

fn changes_keep_their_order_and_reading_changes_nothing<S: Store>(store: &S) {
    // Names of which one begins another must not run into each other.
    let names = [
        "sheet/2026-03-02/class:4",
        "sheet/2026-03-02/class:4B",
        "sheet/2026-03-02/gate",
    ];
    let events: Vec<Event> = (0..600_u32)
        .rev()
        .map(|number| stored(names[number as usize % 3], number))
        .collect();
    for group in events.chunks(7) {
        store.commit(group).expect("a commit");
    }
    assert_answers(store, &events);
    let found = store.changes(&document(names[1])).expect("changes");
    let hashes: Vec<_> = found.iter().map(|change| change.hash.0).collect();
    let expected: Vec<_> = (0..600)
        .rev()
        .filter(|number| number % 3 == 1)
        .map(hash)
        .collect();
    assert_eq!(hashes, expected);
}

fn what_waits_is_kept_until_it_is_settled<S: Store>(store: &S) {
    let mut events = vec![
        aside(1, Some(10)),
        aside(2, None),
        aside(3, Some(10)),
        aside(3, Some(10)),
        aside(4, Some(11)),
    ];
    store.commit(&events).expect("a commit");
    assert_eq!(store.aside().expect("aside").len(), 5);
    for event in [settled(10), settled(12), aside(5, Some(10))] {
        store.commit(std::slice::from_ref(&event)).expect("a commit");
        events.push(event);
    }
    assert_answers(store, &events);
    let keys: Vec<_> = store
        .aside()
        .expect("aside")
        .iter()
        .map(|aside| aside.key.0)
        .collect();
    assert_eq!(keys, [hash(2), hash(4), hash(5)]);
    // Set aside and settled within one commit.
    let both = [aside(6, Some(20)), settled(20), settled(10)];
    store.commit(&both).expect("a commit");
    events.extend(both);
    assert_answers(store, &events);
}

fn an_invitation_is_used_up_once_and_for_all<S: Store>(store: &S) {
    let events = [
        invited(1, "Gate"),
        invited(2, "4B"),
        invited(2, "4B, corrected"),
        enrolled(1, 1),
        invited(1, "Gate"),
        enrolled(7, 99),
        enrolled(7, 98),
    ];
    store.commit(&events).expect("a commit");
    assert_answers(store, &events);
    let open = store.invitations().expect("invitations");
    assert_eq!(
        open.iter()
            .map(|invitation| invitation.name.as_str())
            .collect::<Vec<_>>(),
        ["4B, corrected"]
    );
    let devices = store.devices().expect("devices");
    assert_eq!(
        devices.iter().map(|device| device.device.0).collect::<Vec<_>>(),
        [1, 7]
    );
    assert_eq!(devices[1].invitation, hash(98));
}

fn the_newest_roster_and_branch_stand_and_all_notes<S: Store>(store: &S) {
    let events = [
        roster("[1]"),
        noted(4),
        branched(1),
        roster("[2]"),
        branched(2),
        noted(3),
        roster(""),
    ];
    for (count, event) in events.iter().enumerate() {
        store.commit(std::slice::from_ref(event)).expect("a commit");
        assert_answers(store, &events[..=count]);
    }
    assert_eq!(store.roster().expect("roster"), Some(Vec::new()));
    assert_eq!(store.branch().expect("branch").map(|branch| branch.size), Some(2));
    let notes = store.notes().expect("notes");
    assert_eq!(notes.iter().map(|note| note.at_ms).collect::<Vec<_>>(), [4, 3]);
}

fn large_documents_and_large_events_are_taken<S: Store>(store: &S) {
    let mut events: Vec<Event> = (0..3_000)
        .map(|number| stored_bytes("trip/6e5f2c3a-0000-4000-8000-000000000001", number, 500))
        .collect();
    events.push(roster(&"x".repeat(EVENT_BYTES_MAX - 64)));
    events.push(stored_bytes("sheet/2026-03-02/office", 1, 200_000));
    store.commit(&events).expect("a commit");
    assert_answers(store, &events);
}

fn a_commit_is_taken_whole_or_not_at_all<S: Store>(store: &S) {
    let good = [stored("sheet/2026-03-02/gate", 1)];
    store.commit(&good).expect("a commit");
    let bad = [
        stored("sheet/2026-03-02/gate", 2),
        roster(&"x".repeat(EVENT_BYTES_MAX)),
    ];
    match store.commit(&bad) {
        Err(StoreError::TooLong { .. }) => assert_answers(store, &good),
        other => panic!("an event that is too long was not refused: {other:?}"),
    }
}

fn answers_follow_from_the_events_alone<S: Store>(store: &S) {
    let mut events = Vec::new();
    for number in 0..400_u32 {
        let group = [
            stored("sheet/2026-03-02/class:4B", number),
            aside(number, (number % 3 > 0).then_some(number % 17)),
            settled(number % 23),
            invited(number % 40, &format!("Tablet {number}")),
            enrolled(number % 12 + 1, number % 31),
            stored("visit/6e5f2c3a-0000-4000-8000-000000000001", number),
        ];
        store.commit(&group).expect("a commit");
        events.extend(group);
    }
    assert_answers(store, &events);
}
