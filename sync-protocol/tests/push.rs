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
use daymark_sync_protocol::client::{Ask, Identity, Record, Replica};
use daymark_sync_protocol::event::{Enrolment, Given, Standing};
use daymark_sync_protocol::frame::{SyncRequest, Window};
use daymark_sync_protocol::hub::{Hub, HubState, SchoolFacts};
use daymark_sync_protocol::poke::{Poke, Scope};

const SCHOOL: SchoolId = SchoolId(123_456);

fn date() -> Date {
    Date::from_days(9_500)
}

fn grant() -> Grant {
    Grant::of(Role::Gate)
}

/// The key of a device; of number 0, the school's.
fn key(number: u32) -> SecretKey {
    SecretKey::from_seed(&[u8::try_from(number).unwrap(); 32])
}

fn hub() -> Hub {
    let device = |number: u32| Enrolment {
        device: DeviceNumber(number),
        name: format!("Gate {number}"),
        given: Given::by_invitation(number, grant(), 0),
        key: key(number).public(),
        invitation: [0; 32],
        enrolled_at: 0,
        standing: Standing::Confirmed,
        before: Vec::new(),
        message: None,
    };
    Hub::new(HubState {
        facts: SchoolFacts {
            school: SCHOOL,
            name: "A School".into(),
            rules: Rules::default().into(),
            policy: std::sync::Arc::default(),
            rules_text: None,
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

fn yesterday() -> Date {
    Date::from_days(date().days() - 1)
}

fn window() -> Window {
    Window {
        from: yesterday(),
        to: date(),
    }
}

fn mark(replica: &mut Replica, number: u32, pupil: u64) {
    mark_on(replica, number, pupil, date());
}

fn mark_on(replica: &mut Replica, number: u32, pupil: u64, date: Date) {
    let entry = Entry {
        school: SCHOOL,
        cell: Cell {
            date,
            session: Session::Am,
            pupil: PupilNumber(pupil),
        },
        code: Some(Code::NOT_YET_KNOWN),
        particulars: Particulars::default(),
        duty: Duty::Gate,
        person: Person::new("g-hobbs".parse().unwrap(), "Mrs G Hobbs", "Gate supervisor").unwrap(),
        device: DeviceNumber(number),
        recorded_at: date.start_unix_seconds() + 33_000,
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
    let ask = Ask {
        window: Some(window()),
        ..Ask::default()
    };
    let request = replica.request(0, &ask).unwrap();
    exchange(hub, replica, &request)
}

fn exchange(hub: &mut Hub, replica: &mut Replica, request: &SyncRequest) -> Option<u64> {
    let receipt = hub.receive(1, request.device, request);
    let changed = receipt.changed.clone();
    hub.durable(&receipt);
    let reply = hub.reply(receipt);
    let (records, _) = replica.reply(request, &reply, 0, 0).unwrap();
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
    let request = first.request(0, &Ask::default()).unwrap();
    let receipt = hub.receive(1, request.device, &request);
    assert_eq!(hub.push_of(&sheet, 1), None);
    hub.durable(&receipt);
    assert!(hub.push_of(&sheet, 1).is_some());
}

#[test]
fn a_poked_tablet_asks_for_what_has_gone_on_and_for_nothing_else() {
    let sheet = DocumentId::Sheet(date(), Duty::Gate);
    let (mut hub, mut first, mut second) = (hub(), tablet(1), tablet(2));
    mark(&mut first, 1, 1);
    let at = sync(&mut hub, &mut first).unwrap();
    let mut poke = Poke::nothing();
    poke.add(sheet.clone(), at);
    assert_eq!(first.behind(&poke), None, "it brought it itself");
    let scope = second.behind(&poke).expect("it has not got it");
    assert_eq!(scope, Scope::Documents([sheet.clone()].into()));

    // Another sheet that it holds and that has not gone on is not named again.
    mark_on(&mut first, 1, 1, yesterday());
    sync(&mut hub, &mut first);
    sync(&mut hub, &mut second);
    assert_eq!(second.documents().count(), 2);
    mark(&mut first, 1, 2);
    let at = sync(&mut hub, &mut first).unwrap();
    poke.add(sheet.clone(), at);
    let ask = Ask {
        window: Some(window()),
        want_brief: true,
        scope: second.behind(&poke).unwrap(),
        ..Ask::default()
    };
    let request = second.request(0, &ask).unwrap();
    let named: Vec<_> = request
        .documents
        .iter()
        .map(|state| &state.document[..])
        .collect();
    assert_eq!(named, [&sheet.to_bytes()[..]]);
    assert_eq!((request.window, &request.brief), (None, &None));
    exchange(&mut hub, &mut second, &request);
    assert_eq!(second.behind(&poke), None);
    assert_eq!(second.day(date()).canonical(), first.day(date()).canonical());

    let unknown = DocumentId::Sheet(yesterday(), Duty::Office);
    poke.add(unknown.clone(), 1);
    let scope = second.behind(&poke).unwrap();
    assert_eq!(
        scope,
        Scope::Documents([unknown].into()),
        "it holds nothing of it"
    );
    assert_eq!(second.behind(&Poke::Everything), Some(Scope::Everything));
}
