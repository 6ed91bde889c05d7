//! News that the hub pushes by itself: taken where it follows on what the tablet has, and left to a sync elsewhere.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry, Particulars, Person};
use daymark_core::fold::Rules;
use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, PupilNumber, SchoolId};
use daymark_core::roster::{Role, Roster};
use daymark_core::session::{Cell, Date, Session};
use daymark_core::signature::SecretKey;
use daymark_sync_protocol::client::{Identity, Record, Replica};
use daymark_sync_protocol::event::{Enrolment, Standing};
use daymark_sync_protocol::frame::Window;
use daymark_sync_protocol::hub::{Hub, HubState, SchoolFacts};

const SCHOOL: SchoolId = SchoolId(123_456);

fn date() -> Date {
    Date::from_days(9_500)
}

fn grant() -> Grant {
    Grant {
        role: Role::Gate,
        classes: BTreeSet::new(),
        trips: BTreeSet::new(),
    }
}

/// The key of a device; of number 0, the school's.
fn key(number: u32) -> SecretKey {
    SecretKey::from_seed(&[u8::try_from(number).unwrap(); 32])
}

fn hub() -> Hub {
    let device = |number: u32| Enrolment {
        device: DeviceNumber(number),
        name: format!("Gate {number}"),
        grant: grant(),
        key: key(number).public(),
        invitation: [0; 32],
        enrolled_at: 0,
        standing: Standing::Confirmed,
    };
    Hub::new(HubState {
        facts: SchoolFacts {
            school: SCHOOL,
            name: "A School".into(),
            rules: Rules::default(),
            key: key(0),
        },
        roster: Roster::default(),
        devices: vec![device(1), device(2)],
        documents: Vec::new(),
        aside: Vec::new(),
        leaves: Vec::new(),
        branch: None,
    })
}

fn tablet(number: u32) -> Replica {
    let mut replica = Replica::new();
    let identity = Identity {
        school: SCHOOL,
        device: DeviceNumber(number),
        name: format!("Gate {number}"),
        grant: grant(),
        server: String::new(),
        key: key(number),
        incarnation: [1; 8],
        school_key: key(0).public(),
    };
    replica.apply(Record::Enrolled(Box::new(identity))).unwrap();
    // A tablet learns the keys of all devices before it with its enrolment.
    let keys = hub().keys().news(SCHOOL, &key(0), 0).unwrap();
    replica.apply(Record::Keys(keys)).unwrap();
    replica
}

fn apply(replica: &mut Replica, records: Vec<Record>) {
    for record in records {
        replica.apply(record).unwrap();
    }
}

fn mark(replica: &mut Replica, number: u32, pupil: u64) {
    let entry = Entry {
        school: SCHOOL,
        cell: Cell {
            date: date(),
            session: Session::Am,
            pupil: PupilNumber(pupil),
        },
        code: Some(Code::NOT_YET_KNOWN),
        particulars: Particulars::default(),
        duty: Duty::Gate,
        person: Person::new("g-hobbs".parse().unwrap(), "Mrs G Hobbs", "Gate supervisor").unwrap(),
        device: DeviceNumber(number),
        recorded_at: date().start_unix_seconds() + 33_000,
        clock: None,
        supersedes: BTreeSet::new(),
        reason: None,
        sign_off: None,
    };
    let records = replica.tap(&[entry]).unwrap();
    apply(replica, records);
}

/// One whole round trip; gives the cursor that the gate's sheet reached at the hub.
fn sync(hub: &mut Hub, replica: &mut Replica) -> Option<u64> {
    let gathered = replica.gather().unwrap();
    apply(replica, gathered);
    let window = Some(Window {
        from: date(),
        to: date(),
    });
    let request = replica.request(0, window, false, false).unwrap();
    let receipt = hub.receive(1, request.device, &request);
    let changed = receipt.changed.clone();
    hub.durable(&receipt);
    let reply = hub.reply(receipt);
    let (records, _) = replica.reply(&request, &reply, 0, 0).unwrap();
    apply(replica, records);
    changed.values().next().copied()
}

#[test]
fn pushed_news_is_taken_where_it_follows_and_left_to_a_sync_where_it_does_not() {
    let sheet = DocumentId::Sheet(date(), Duty::Gate);
    let (mut hub, mut first, mut second) = (hub(), tablet(1), tablet(2));
    mark(&mut first, 1, 1);
    let sequence = sync(&mut hub, &mut first).unwrap();
    let news = hub.push_of(&sheet, sequence).unwrap();

    let records = second
        .pushed(std::slice::from_ref(&news))
        .unwrap()
        .expect("it follows on nothing at all");
    apply(&mut second, records);
    assert_eq!(second.day(date()).canonical(), first.day(date()).canonical());
    assert_eq!(
        second.pushed(std::slice::from_ref(&news)).unwrap(),
        Some(Vec::new()),
        "known already"
    );
    assert_eq!(first.pushed(&[news]).unwrap(), Some(Vec::new()), "its own");

    mark(&mut first, 1, 2);
    sync(&mut hub, &mut first);
    mark(&mut first, 1, 3);
    let sequence = sync(&mut hub, &mut first).unwrap();
    let later = hub.push_of(&sheet, sequence).unwrap();
    assert_eq!(
        second.pushed(&[later]).unwrap(),
        None,
        "one lies between: a sync must fetch it"
    );
    sync(&mut hub, &mut second);
    assert_eq!(second.day(date()).canonical(), first.day(date()).canonical());
}

#[test]
fn nothing_is_pushed_before_it_is_durable() {
    let sheet = DocumentId::Sheet(date(), Duty::Gate);
    let (mut hub, mut first) = (hub(), tablet(1));
    mark(&mut first, 1, 1);
    let gathered = first.gather().unwrap();
    apply(&mut first, gathered);
    let request = first.request(0, None, false, false).unwrap();
    let receipt = hub.receive(1, request.device, &request);
    assert_eq!(hub.push_of(&sheet, 1), None);
    hub.durable(&receipt);
    assert!(hub.push_of(&sheet, 1).is_some());
}
