//! Who receives what, and who may write where: by role and kind of document, through the hub, on the wire.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use daymark_core::code::{self, Code};
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry};
use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, PupilNumber};
use daymark_core::item::Item;
use daymark_core::roster::{Pupil, Role, Roster};
use daymark_core::signature::{chunk_of, split};
use daymark_core::visit::{Opened, VisitStatement};
use daymark_sync_protocol::brief::{Became, Brief};
use daymark_sync_protocol::event::Event;
use daymark_sync_protocol::frame::{Ack, DocumentState, Offer, SyncReply, SyncRequest};
use daymark_sync_protocol::hub::Hub;

const KINDS: [&str; 7] = [
    "sheet/2026-03-02/class:4B",
    "sheet/2026-03-02/class:5A",
    "sheet/2026-03-02/gate",
    "sheet/2026-03-02/office",
    "sheet/2026-03-02/trip:6e5f2c3a-0000-4000-8000-000000000001",
    "trip/6e5f2c3a-0000-4000-8000-000000000001",
    "visit/6e5f2c3a-0000-4000-8000-000000000009",
];

/// By device and kind of document: `w` reads and writes, `r` only reads, `-` neither.
const MATRIX: [(u32, Role, &[&str], &str); 9] = [
    (1, Role::Teacher, &["4B"], "w---ww-"), // named by the trip's plan
    (2, Role::Teacher, &["5A"], "-w-----"),
    (3, Role::Gate, &[], "--w----"),
    (4, Role::Team, &[], "------w"),
    (5, Role::Office, &[], "rrrwrw-"),
    (6, Role::Lead, &[], "------w"),
    (7, Role::Head, &[], "rrrrrww"),
    (8, Role::Teacher, &[], "----ww-"), // granted the trip
    (9, Role::Teacher, &[], "-------"),
];

fn granted(device: u32, role: Role, classes: &[&str]) -> Grant {
    let mut grant = grant(role, classes);
    if device == 8 {
        grant.trips.insert(trip_id(1));
    }
    grant
}

/// What each document says, so that its bytes can be found on the wire.
fn canary(kind: usize) -> String {
    format!("canary-{kind}-sings")
}

fn item(device: u32, kind: usize, text: &str) -> Item {
    let with_comment = |duty: &Duty| {
        let mut entry = entry(device, duty, "N", 1);
        entry.particulars.comment = Some(text.to_owned());
        Item::Slip(vec![entry])
    };
    match document_id(KINDS[kind]) {
        DocumentId::Sheet(_, duty) => with_comment(&duty),
        DocumentId::Trip(_) => {
            let Item::Trip(mut said) = plan(device, &[1], &[1, 2]) else {
                unreachable!()
            };
            said.reason = Some(text.to_owned());
            Item::Trip(said)
        }
        DocumentId::Visit(_) => Item::Visit(statement(
            device,
            VisitStatement::Opened(Opened {
                pupil: PupilNumber(1),
                trigger: text.to_owned(),
                visitors: vec![person("ann"), person("bob")],
                alone: None,
                back_by: None,
            }),
        )),
    }
}

fn request(device: u32, documents: &[DocumentId], offers: &[(usize, Vec<u8>)]) -> SyncRequest {
    SyncRequest {
        school: SCHOOL,
        device: DeviceNumber(device),
        clock_ms: 0,
        backlog: 0,
        documents: documents
            .iter()
            .map(|id| DocumentState {
                document: id.to_bytes().into(),
                cursor: 0,
                heads: None,
            })
            .collect(),
        offers: offers
            .iter()
            .map(|(place, change)| Offer {
                document: u16::try_from(*place).unwrap(),
                change: change.clone().into(),
            })
            .collect(),
        window: None,
        brief: None,
        keys: 0,
        log: 0,
        shown: None,
        duties: 0,
        heard: None,
    }
}

/// A school in which each document was written by a device that may.
fn school() -> (Journal, Hub) {
    let enrolments = MATRIX
        .iter()
        .map(|(device, role, classes, _)| enrolment(*device, granted(*device, *role, classes)));
    let mut journal = Journal::of(enrolments.collect());
    let mut hub = journal.hub(&Roster::default());
    for (device, kind) in [(1, 5), (1, 0), (2, 1), (3, 2), (5, 3), (1, 4), (4, 6)] {
        let id = document_id(KINDS[kind]);
        let made = change(device, &id, &[item(device, kind, &canary(kind))]);
        let reply = journal.exchange(&mut hub, device, &request(device, &[id], &[(0, made)]));
        assert_eq!(reply.acks, [Ack::Stored], "{}", KINDS[kind]);
    }
    (journal, hub)
}

/// A device's change on top of all that the hub has of a document.
fn on_top(journal: &Journal, device: u32, id: &DocumentId, item: &Item) -> Vec<u8> {
    let mut document = Document::new(SCHOOL, id.clone());
    for stored in &journal.changes()[id] {
        document.replay(chunk_of(&stored.bytes)).unwrap();
    }
    let made = document
        .append(actor(device), std::slice::from_ref(item))
        .unwrap()
        .unwrap();
    signed(device, id, &made.bytes)
}

fn received(reply: &SyncReply) -> BTreeSet<String> {
    reply
        .news
        .iter()
        .map(|news| DocumentId::from_bytes(&news.document).unwrap().to_string())
        .collect()
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|part| part == text)
}

#[test]
fn a_device_receives_what_its_role_may_read_and_no_byte_more() {
    let (mut journal, mut hub) = school();
    let all: Vec<DocumentId> = KINDS.iter().map(|kind| document_id(kind)).collect();
    for (device, role, _, may) in MATRIX {
        let readable: BTreeSet<String> = KINDS
            .iter()
            .zip(may.chars())
            .filter(|(_, may)| *may != '-')
            .map(|(kind, _)| (*kind).to_owned())
            .collect();
        let named = request(device, &all, &[]);
        let mut in_window = request(device, &[], &[]);
        in_window.window = Some(window());
        let mut ahead = named.clone();
        for state in &mut ahead.documents {
            state.cursor = 99;
            state.heads = Some([9; 16].into());
        }
        let mut doubtful = named.clone();
        for state in &mut doubtful.documents {
            state.heads = Some([9; 16].into());
        }
        for asked in [&named, &in_window, &ahead, &doubtful] {
            let reply = journal.exchange(&mut hub, device, asked);
            assert_eq!(received(&reply), readable, "{role} {device}");
            let wire = reply.encode();
            for (kind, may) in may.chars().enumerate() {
                let told = holds(&wire, canary(kind).as_bytes());
                let asked_for_content = asked.documents.iter().all(|state| state.cursor == 0);
                assert_eq!(
                    told,
                    may != '-' && asked_for_content,
                    "{role} {device}: {}",
                    KINDS[kind]
                );
            }
        }
    }
}

#[test]
fn a_device_writes_where_its_role_may_and_all_else_is_kept_aside() {
    for (device, role, _, may) in MATRIX {
        for (kind, may) in may.chars().enumerate() {
            let (mut journal, mut hub) = school();
            let id = document_id(KINDS[kind]);
            let made = on_top(&journal, device, &id, &item(device, kind, "another thing"));
            let sequence = hub.index()[&id];
            let receipt = journal.receive(
                &mut hub,
                device,
                &request(device, std::slice::from_ref(&id), &[(0, made.clone())]),
            );
            let who = format!("{role} {device}: {id}");
            if may == 'w' {
                assert_eq!(receipt.acks(), [Ack::Stored], "{who}");
                assert_eq!(hub.index()[&id], sequence + 1, "{who}");
                continue;
            }
            let refused = matches!(&receipt.acks()[0], Ack::Refused(why) if why.code == "not-granted");
            assert!(refused, "{who}: {:?}", receipt.acks());
            assert_eq!(hub.index()[&id], sequence, "{who}");
            let [Event::Aside(aside)] = &receipt.events[..] else {
                panic!("{who}: {:?}", receipt.events)
            };
            assert_eq!(
                (&aside.bytes[..], &aside.code[..]),
                (&made[..], "not-granted"),
                "{who}"
            );
        }
    }
}

#[test]
fn a_change_is_judged_by_who_made_it_and_not_by_who_carries_it() {
    let (mut journal, mut hub) = school();
    let gate = document_id(KINDS[2]);
    // The gate's own change, carried by a teacher: stored, and nothing of the sheet comes back.
    let carried = on_top(&journal, 3, &gate, &item(3, 2, "carried"));
    let reply = journal.exchange(
        &mut hub,
        2,
        &request(2, std::slice::from_ref(&gate), &[(0, carried)]),
    );
    assert_eq!((reply.acks, reply.news), (vec![Ack::Stored], vec![]));
    // A teacher's change for the gate's sheet, carried by the gate: refused.
    let foreign = change(2, &gate, &[item(2, 2, "foreign")]);
    let reply = journal.exchange(
        &mut hub,
        3,
        &request(3, std::slice::from_ref(&gate), &[(0, foreign)]),
    );
    assert!(matches!(&reply.acks[0], Ack::Refused(why) if why.code == "not-granted"));
    // A device that was never enrolled.
    let unknown = change(77, &gate, &[item(77, 2, "unknown")]);
    let reply = journal.exchange(&mut hub, 3, &request(3, &[gate], &[(0, unknown)]));
    assert!(matches!(&reply.acks[0], Ack::Refused(why) if why.code == "not-enrolled"));
}

#[test]
fn what_was_refused_for_want_of_a_duty_is_taken_when_the_duty_comes() {
    let (mut journal, mut hub) = school();
    let id = document_id(KINDS[1]);
    let first = {
        let mut entry = entry(9, &class("5A"), "N", 3);
        entry.particulars.comment = Some("first".into());
        entry
    };
    let mut sheet = Document::new(SCHOOL, id.clone());
    let mut made = |item: Item| {
        let change = sheet.append(actor(9), &[item]).unwrap().unwrap();
        signed(9, &id, &change.bytes)
    };
    let parent = made(Item::Slip(vec![first]));
    let child = made(item(9, 1, "second"));
    let both = request(
        9,
        std::slice::from_ref(&id),
        &[(0, parent.clone()), (0, child.clone())],
    );
    let reply = journal.exchange(&mut hub, 9, &both);
    assert!(reply.acks.iter().all(|ack| matches!(ack, Ack::Refused(_))));
    assert_eq!(journal.aside().len(), 2);

    let promoted = enrolment(9, grant(Role::Teacher, &["5A"]));
    hub.enrolled(&promoted);
    journal.events.push(Event::Enrolled(promoted));
    // The child comes alone, and waits; its parent then brings it in without its being sent again.
    let reply = journal.exchange(&mut hub, 9, &request(9, std::slice::from_ref(&id), &[(0, child)]));
    assert!(matches!(reply.acks[0], Ack::Held(_)), "{:?}", reply.acks);
    assert_eq!(hub.waiting_count(), 1);
    assert_eq!(journal.aside().len(), 2);
    let mut hub = journal.hub(&Roster::default());
    let reply = journal.exchange(
        &mut hub,
        9,
        &request(9, std::slice::from_ref(&id), &[(0, parent)]),
    );
    assert_eq!(reply.acks, [Ack::Stored]);
    assert_eq!(hub.index()[&id], 3);
    assert_eq!(
        (hub.waiting_count(), hub.aside_count(), journal.aside().len()),
        (0, 0, 0)
    );
}

#[test]
fn a_plan_that_comes_behind_its_marks_in_one_request_still_lets_them_in() {
    let (mut journal, mut hub) = school();
    let trip = DocumentId::Trip(trip_id(2));
    let duty = Duty::Trip(trip_id(2));
    let marks = change(9, &sheet(&duty), &[Item::Slip(vec![entry(9, &duty, "V", 1)])]);
    let plan = change(9, &trip, &[plan(9, &[9], &[1])]);
    let reply = journal.exchange(
        &mut hub,
        9,
        &request(9, &[sheet(&duty), trip], &[(0, marks), (1, plan)]),
    );
    assert_eq!(reply.acks, [Ack::Stored, Ack::Stored]);
}

fn pupil(number: u64, surname: &str, class: &str) -> Pupil {
    Pupil {
        number: PupilNumber(number),
        mis_id: number.to_string(),
        upn: None,
        surname: surname.to_owned(),
        forename: "Bo".to_owned(),
        preferred_forename: None,
        dob: None,
        year: "4".to_owned(),
        class: class.parse().unwrap(),
        family_ref: None,
        start_date: None,
        leave_date: None,
    }
}

const ON_THE_LIST: [u64; 2] = [1, 2];

fn roster() -> Roster {
    let pupils = [
        pupil(1, "Listed-One", "4B"),
        pupil(2, "Listed-Two", "5A"),
        pupil(3, "Outside-Three", "5A"),
        pupil(4, "Inside-Four", "4B"),
    ];
    Roster {
        pupils: pupils.into_iter().map(|pupil| (pupil.number, pupil)).collect(),
        staff: BTreeMap::new(),
    }
}

/// Every code that tells what a trip has no need to know.
fn sensitive() -> Vec<Code> {
    let all = ["I", "M", "Y6", "Y", "R", "E", "Y5", "T", "C", "C2", "K", "D"].map(code);
    assert!(all.iter().all(|code| code.sensitive()));
    all.to_vec()
}

/// What a device's brief says, and its bytes, of a day on which the trip said V of pupil 1 and a class said `other`.
fn brief_of(device: u32, other: Code, shed: bool) -> (Brief, Vec<u8>) {
    let enrolments = MATRIX
        .iter()
        .map(|(device, role, classes, _)| enrolment(*device, granted(*device, *role, classes)));
    let mut journal = Journal::of(enrolments.collect());
    let mut hub = journal.hub(&roster());
    let trip = DocumentId::Trip(trip_id(1));
    let duty = Duty::Trip(trip_id(1));
    let marked = |device: u32, duty: &Duty, code: Code, pupil: u64| -> Entry {
        let mut entry = entry(device, duty, "N", pupil);
        entry.code = Some(code);
        entry.particulars = particulars(duty, code.as_str());
        if code.sensitive() {
            entry.particulars.nature = Some("canary-nature".into());
            entry.particulars.comment = Some("canary-comment".into());
        }
        entry
    };
    let in_class = class("5A");
    // On pupil 1 the two differ; of pupil 2 and 3 only the class speaks; pupil 2's V on the trip is changed by the office.
    let marks = [marked(8, &duty, code("V"), 1), marked(8, &duty, code("V"), 2)];
    let of_class = [marked(2, &in_class, other, 1), marked(2, &in_class, other, 3)];
    let mut amended = marked(5, &Duty::Office, other, 2);
    amended.supersedes.insert(marks[1].id());
    amended.reason = Some("canary-reason".into());
    for (device, id, items) in [
        (1, trip, vec![plan(1, &[8], &ON_THE_LIST)]),
        (8, sheet(&duty), Item::slips(&marks)),
        (2, sheet(&in_class), Item::slips(&of_class)),
        (5, sheet(&Duty::Office), Item::slips(&[amended])),
    ] {
        let made = change(device, &id, &items);
        let reply = journal.exchange(&mut hub, device, &request(device, &[id], &[(0, made)]));
        assert_eq!(reply.acks, [Ack::Stored]);
    }
    if shed {
        hub.shed(0);
    }
    let mut asked = request(device, &[], &[]);
    asked.window = Some(window());
    asked.brief = Some(Vec::new().into());
    let reply = journal.exchange(&mut hub, device, &asked);
    let signed_brief = reply.brief.unwrap();
    let (signature, bytes) = split(&signed_brief).unwrap();
    school_key()
        .public()
        .verify_brief(SCHOOL, DeviceNumber(device), bytes, &signature)
        .expect("the school vouches for it");
    let bytes = bytes.to_vec();
    (Brief::decode(&bytes).unwrap(), bytes)
}

#[test]
fn a_trip_tablet_never_learns_a_sensitive_code() {
    for other in sensitive() {
        let (brief, bytes) = brief_of(8, other, false);
        let mut kinds = BTreeSet::new();
        for fate in &brief.fates {
            let code = match &fate.became {
                Became::Disputed(shown) => {
                    kinds.insert("disputed");
                    assert!(!shown.by.is_empty());
                    shown.code
                }
                Became::Amended(shown) => {
                    kinds.insert("amended");
                    shown.code
                }
                Became::Settled(settled) => Some(settled.code),
                Became::Proposed | Became::Irregular(_) => None,
            };
            assert_eq!(code, None, "{other}");
        }
        // A code that is not valid on the day moves nothing, so nobody is told of it.
        if code::check(other, date(), daymark_core::session::Session::Am).is_ok() {
            assert_eq!(
                kinds,
                BTreeSet::from(["amended", "disputed"]),
                "{other}: the tablet is told what it must know"
            );
        }
        let text = other.as_str().as_bytes();
        let on_the_wire: Vec<u8> = [&[0x60 | u8::try_from(text.len()).unwrap()], text].concat();
        assert!(!holds(&bytes, &on_the_wire), "{other} is in the bytes");
        assert!(
            !holds(&bytes, b"canary"),
            "{other}: what was recorded beside it is in the bytes"
        );
    }
    // The search would find it: a code that reveals nothing is told.
    let (_, bytes) = brief_of(8, code("J1"), false);
    assert!(holds(&bytes, &[0x62, b'J', b'1']));
}

#[test]
fn a_brief_names_the_pupils_of_the_duty_and_no_others() {
    for shed in [false, true] {
        let (_, bytes) = brief_of(8, code("I"), shed);
        assert!(holds(&bytes, b"Listed-One") && holds(&bytes, b"Listed-Two"));
        assert!(!holds(&bytes, b"Outside-Three") && !holds(&bytes, b"Inside-Four"));
        let (_, bytes) = brief_of(1, code("I"), shed);
        assert!(
            holds(&bytes, b"Inside-Four") && holds(&bytes, b"Listed-Two") && !holds(&bytes, b"Outside-Three")
        );
        let (brief, bytes) = brief_of(9, code("I"), shed);
        assert!(!holds(&bytes, b", Bo") && brief.not_expected.is_empty() && brief.fates.is_empty());
        let (_, bytes) = brief_of(3, code("I"), shed);
        assert!(holds(&bytes, b"Outside-Three"), "the gate finds any pupil");
    }
    let (brief, _) = brief_of(8, code("I"), false);
    let told: BTreeSet<u64> = brief.not_expected.iter().map(|cell| cell.pupil.0).collect();
    assert!(told.iter().all(|pupil| ON_THE_LIST.contains(pupil)), "{told:?}");
}
