//! A replica and a hub that forges: nothing of it is taken, nothing crashes, and what the replica holds stays.

use std::collections::BTreeSet;

use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::ids::{ChangeHash, DeviceNumber, SchoolId};
use daymark_core::item::Item;
use daymark_core::roster::{Role, Roster};
use daymark_core::signature::{
    PublicKey, SIGNATURE_BYTES, SecretKey, Signature, SignedChange, chunk_of, split,
};
use daymark_sync_protocol::brief::Brief;
use daymark_sync_protocol::client::{Ask, Record, Replica, ReplyError};
use daymark_sync_protocol::event::{Enrolment, Event};
use daymark_sync_protocol::frame::{
    Bundle, BundleDocument, Content, News, Packed, SavedDocument, SyncReply, SyncRequest,
};
use daymark_sync_protocol::hub::{Hub, HubState};
use daymark_sync_protocol::keys::KeyNews;
use minicbor::bytes::ByteVec;

use super::super::common::*;
use super::hub::carrying;

fn gate(device: u32) -> Enrolment {
    enrolment(device, grant(Role::Gate, &[]))
}

fn gate_sheet() -> DocumentId {
    sheet(&Duty::Gate)
}

/// A school with a sheet of so many changes by devices 3 and 4; device 5 looks on.
fn school(changes: u64) -> (Journal, Hub) {
    let mut journal = Journal::of(vec![gate(3), gate(4), gate(5)]);
    let mut hub = journal.hub(&Roster::default());
    for pupil in 1..=changes {
        write_one(&mut journal, &mut hub, pupil);
    }
    (journal, hub)
}

/// One more change in the sheet, on top of all before.
fn write_one(journal: &mut Journal, hub: &mut Hub, pupil: u64) {
    let device = if pupil.is_multiple_of(2) { 3 } else { 4 };
    let made = next_change(journal, device, pupil);
    let receipt = journal.receive(hub, device, &carrying(device, &[(gate_sheet(), made)]));
    hub.durable(&receipt);
}

fn next_change(journal: &Journal, device: u32, pupil: u64) -> Vec<u8> {
    let mut document = daymark_core::document::Document::new(SCHOOL, gate_sheet());
    for stored in journal.changes().values().flatten() {
        document.replay(chunk_of(&stored.bytes)).unwrap();
    }
    let items = Item::slips(&[entry(device, &Duty::Gate, "N", pupil)]);
    let change = document.append(actor(device), &items).unwrap().unwrap();
    signed(device, &gate_sheet(), &change.bytes)
}

fn ask(tablet: &Replica) -> SyncRequest {
    tablet
        .request(
            0,
            &Ask {
                window: Some(window()),
                want_brief: true,
                ..Ask::default()
            },
        )
        .unwrap()
}

fn sync(journal: &mut Journal, hub: &mut Hub, tablet: &mut Replica) {
    for _ in 0..5 {
        let request = ask(tablet);
        let reply = journal.exchange(hub, 5, &request);
        let (records, report) = tablet.reply(&request, &reply, 0, 0).unwrap();
        apply(tablet, records);
        if !report.more {
            return;
        }
    }
    panic!("it does not end");
}

/// Everything that a replica believes, and all that it has said.
#[derive(Debug, PartialEq)]
struct Beliefs {
    documents: Vec<(DocumentId, Vec<ChangeHash>)>,
    brief: Option<Brief>,
    own_changes: usize,
    last_key: u32,
}

fn beliefs(tablet: &Replica) -> Beliefs {
    let documents = tablet.documents();
    Beliefs {
        documents: documents
            .map(|document| (document.id().clone(), document.change_hashes()))
            .collect(),
        brief: tablet.brief().cloned(),
        own_changes: tablet.own_changes().len(),
        last_key: tablet.keys().known(),
    }
}

/// A tablet with a mark of its own that the school does not have.
fn tablet_with_a_mark() -> Replica {
    let mut tablet = replica(5, grant(Role::Gate, &[]));
    let taps = tablet.tap(&[entry(5, &Duty::Gate, "L", 90)]).unwrap();
    apply(&mut tablet, taps);
    let gathered = tablet.gather().unwrap();
    apply(&mut tablet, gathered);
    tablet
}

#[test]
fn a_replica_that_knows_nobody_learns_all_keys_with_its_first_reply() {
    let (mut journal, mut hub) = school(2);
    let mut tablet = replica(5, grant(Role::Gate, &[]));
    assert_eq!(tablet.keys().known(), 0);
    // Pushed news it cannot check, and leaves to a sync.
    let pushed = hub.push_of(&gate_sheet(), 1).unwrap();
    assert_eq!(tablet.pushed(&[pushed]).unwrap(), None);
    sync(&mut journal, &mut hub, &mut tablet);
    assert_eq!(tablet.keys(), hub.keys());
    assert_eq!(tablet.document(&gate_sheet()).unwrap().change_hashes().len(), 2);
    // Nothing more to tell, until there is one more device.
    let request = ask(&tablet);
    assert_eq!(journal.exchange(&mut hub, 5, &request).keys, None);
    hub.enrolled(&gate(6));
    let reply = journal.exchange(&mut hub, 5, &request);
    let told: Vec<_> = reply.keys.unwrap().keys.iter().map(|key| key.device.0).collect();
    assert_eq!(told, [6]);
}

#[test]
fn a_list_of_keys_that_comes_late_is_no_alarm_and_takes_nothing_back() {
    let (mut journal, mut hub) = school(1);
    let mut tablet = replica(5, grant(Role::Gate, &[]));
    let request = ask(&tablet);
    let late = journal.exchange(&mut hub, 5, &request);
    hub.enrolled(&gate(6));
    let newer = journal.exchange(&mut hub, 5, &request);
    for reply in [newer, late] {
        let (records, _) = tablet.reply(&request, &reply, 0, 0).unwrap();
        apply(&mut tablet, records);
        assert_eq!(tablet.keys(), hub.keys());
    }
}

#[test]
fn a_hub_with_a_key_of_its_own_is_not_the_school_and_nothing_of_it_is_taken() {
    let (mut journal, _) = school(5);
    let mut tablet = tablet_with_a_mark();
    let before = beliefs(&tablet);
    let mut facts = facts();
    facts.key = SecretKey::from_seed(&[66; 32]);
    let mut forger = Hub::new(HubState {
        facts,
        roster: Roster::default(),
        devices: vec![gate(3), gate(4), gate(5)],
        documents: Vec::new(),
        aside: Vec::new(),
        leaves: Vec::new(),
        branch: None,
    });
    let request = ask(&tablet);
    let reply = journal.clone().exchange(&mut forger, 5, &request);
    assert!(reply.keys.is_some() && reply.brief.is_some());
    let refused = tablet.reply(&request, &reply, 0, 0);
    assert!(
        matches!(refused, Err(ReplyError::NotTheSchools(_))),
        "{refused:?}"
    );
    assert_eq!(beliefs(&tablet), before);
    // Without the lists, its checkpoint gives it away; without that its brief; and without that, its news.
    let mut silent = reply.clone();
    for leave_out in [
        (|reply: &mut SyncReply| reply.keys = None) as fn(&mut SyncReply),
        |reply| reply.duties = None,
        |reply| reply.log = None,
    ] {
        leave_out(&mut silent);
        let refused = tablet.reply(&request, &silent, 0, 0);
        assert!(
            matches!(refused, Err(ReplyError::NotTheSchools(_))),
            "{refused:?}"
        );
    }
    silent.brief = None;
    let (records, report) = tablet.reply(&request, &silent, 0, 0).unwrap();
    apply(&mut tablet, records);
    assert_eq!(beliefs(&tablet), before);
    assert_eq!(
        (report.unproven, tablet.not_yet_sent()),
        (1, 1),
        "nothing is at school on its word"
    );
    // The school itself is believed as before.
    let mut hub = journal.hub(&Roster::default());
    sync(&mut journal, &mut hub, &mut tablet);
    assert_eq!(tablet.not_yet_sent(), 0);
}

#[test]
fn a_list_of_keys_that_the_school_did_not_sign_as_it_is_is_refused() {
    let (mut journal, mut hub) = school(1);
    let tablet = replica(5, grant(Role::Gate, &[]));
    let request = ask(&tablet);
    let honest = journal.exchange(&mut hub, 5, &request);
    let list = honest.keys.clone().unwrap();
    let forged = |change: &dyn Fn(&mut KeyNews)| {
        let mut list = list.clone();
        change(&mut list);
        list
    };
    let ours = device_key(66).public();
    let other_digest = hub.keys().news(SchoolId(654_321), &school_key(), 0).unwrap();
    let lists = [
        forged(&|list| list.keys[0].key = ours),
        forged(&|list| list.keys[2].key = ours),
        forged(&|list| list.keys.swap(0, 1)),
        forged(&|list| list.keys.truncate(2)),
        forged(&|list| list.keys.rotate_left(1)),
        forged(&|list| list.keys.retain(|key| key.device.0 != 3)),
        forged(&|list| list.keys[1].device = DeviceNumber(9)),
        forged(&|list| list.keys.clear()),
        forged(&|list| {
            let mut more = list.keys[2].clone();
            more.device = DeviceNumber(6);
            more.key = ours;
            list.keys.push(more);
        }),
        forged(&|list| list.signature.0[5] ^= 1),
        forged(&|list| list.signature = device_key(5).sign_keys(SCHOOL, &[0; 32])),
        other_digest,
    ];
    for (number, list) in lists.into_iter().enumerate() {
        let reply = SyncReply {
            keys: Some(list),
            ..honest.clone()
        };
        let refused = tablet.reply(&request, &reply, 0, 0);
        assert!(
            matches!(refused, Err(ReplyError::NotTheSchools(_))),
            "list {number}: {refused:?}"
        );
    }
    assert!(tablet.reply(&request, &honest, 0, 0).is_ok());
}

#[test]
fn a_key_once_known_is_never_replaced() {
    let (_, hub) = school(0);
    let ring = hub.keys().clone();
    let mut other = KeyNews {
        keys: hub.keys().news(SCHOOL, &school_key(), 0).unwrap().keys,
        signature: Signature([0; SIGNATURE_BYTES]),
    };
    other.keys[0].key = PublicKey([9; 32]);
    // Even where a school signs it: a list of which the beginning is another.
    let mut theirs = daymark_sync_protocol::keys::KeyRing::default();
    for entry in &other.keys {
        theirs.add(entry.device, entry.key);
    }
    let signed = theirs.news(SCHOOL, &school_key(), 0).unwrap();
    assert!(ring.with(SCHOOL, &school_key().public(), &signed).is_err());
    let mut again = ring.clone();
    again.add(other.keys[0].device, other.keys[0].key);
    assert_eq!(again, ring);
}

#[test]
fn a_brief_that_the_school_did_not_sign_for_this_device_is_refused() {
    let (mut journal, mut hub) = school(1);
    let tablet = replica(5, grant(Role::Gate, &[]));
    let request = ask(&tablet);
    let honest = journal.exchange(&mut hub, 5, &request);
    let bytes = honest.brief.clone().unwrap().to_vec();
    let (_, brief) = split(&bytes).unwrap();
    let with = |signature: Signature| [&signature.0[..], brief].concat();
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    let briefs = [
        changed,
        bytes[..bytes.len() - 1].to_vec(),
        bytes[..SIGNATURE_BYTES - 1].to_vec(),
        Vec::new(),
        brief.to_vec(),
        with(school_key().sign_brief(SCHOOL, DeviceNumber(4), brief)),
        with(school_key().sign_brief(SchoolId(654_321), DeviceNumber(5), brief)),
        with(device_key(5).sign_brief(SCHOOL, DeviceNumber(5), brief)),
        with(school_key().sign_challenge(SCHOOL, DeviceNumber(5), brief)),
    ];
    for (number, brief) in briefs.into_iter().enumerate() {
        let reply = SyncReply {
            brief: Some(brief.into()),
            ..honest.clone()
        };
        let refused = tablet.reply(&request, &reply, 0, 0);
        assert!(
            matches!(refused, Err(ReplyError::NotTheSchools(_))),
            "brief {number}: {refused:?}"
        );
    }
    assert!(tablet.reply(&request, &honest, 0, 0).is_ok());
}

/// Spoils the signature of one of some changes in one of many ways; `false` where nothing came of it.
fn spoil_one(dice: &mut Dice, changes: &mut [ByteVec]) -> bool {
    if changes.is_empty() {
        return false;
    }
    let spot = dice.below(changes.len());
    let chunk = chunk_of(&changes[spot]).to_vec();
    let mut bytes = changes[spot].to_vec();
    match dice.below(6) {
        0 => bytes = signed(66, &gate_sheet(), &chunk),
        1 => bytes = signed(5, &gate_sheet(), &chunk),
        2 => bytes[dice.below(SIGNATURE_BYTES)] ^= 1 << dice.below(8),
        3 => bytes = signed(3, &sheet(&Duty::Office), &chunk),
        4 => bytes = change(77, &gate_sheet(), &Item::slips(&[entry(77, &Duty::Gate, "N", 1)])),
        _ => bytes.truncate(dice.below(bytes.len())),
    }
    if bytes == changes[spot].to_vec() {
        return false;
    }
    changes[spot] = bytes.into();
    true
}

/// Spoils the signatures of news in one of many ways; `false` where it is not of a kind that can be spoilt so.
fn spoil(dice: &mut Dice, news: &mut News) -> bool {
    match &mut news.content {
        Content::Changes(changes) => return spoil_one(dice, changes),
        Content::Packed(packed) => {
            let mut changes = packed.unpack().unwrap();
            if !spoil_one(dice, &mut changes) {
                return false;
            }
            *packed = Packed::of(&changes);
        }
        Content::Saved(saved) => {
            let mut signatures = saved.signatures.to_vec();
            let count = signatures.len() / SIGNATURE_BYTES;
            match dice.below(5) {
                0 => signatures[dice.below(count * SIGNATURE_BYTES)] ^= 1 << dice.below(8),
                1 => signatures.rotate_left(SIGNATURE_BYTES),
                2 => signatures.truncate(signatures.len() - SIGNATURE_BYTES),
                3 => signatures.extend([7; SIGNATURE_BYTES]),
                _ => signatures.truncate(dice.below(signatures.len())),
            }
            saved.signatures = signatures.into();
        }
    }
    true
}

#[test]
fn news_and_saved_documents_with_spoilt_signatures_are_not_taken_and_the_honest_ones_are_afterwards() {
    let mut dice = Dice::new(9);
    let (mut saved, mut packed, mut changes, mut rewound, mut unread, mut pushed) = (0, 0, 0, 0, 0, 0);
    for round in 0..400 {
        let (mut journal, mut hub) = school(1 + round % 7);
        let mut tablet = tablet_with_a_mark();
        let is_warm = dice.one_in(2);
        if is_warm {
            sync(&mut journal, &mut hub, &mut tablet);
            for pupil in 0..=dice.below(2) as u64 {
                write_one(&mut journal, &mut hub, 20 + pupil);
            }
        } else {
            apply(&mut tablet, vec![all_keys(&hub)]);
        }
        let request = ask(&tablet);
        let honest = journal.exchange(&mut hub, 5, &request);
        let mut reply = honest.clone();
        let Some(news) = reply
            .news
            .iter_mut()
            .find_map(|news| spoil(&mut dice, news).then_some(news))
        else {
            continue;
        };
        match news.content {
            Content::Saved(_) => saved += 1,
            Content::Packed(_) => packed += 1,
            Content::Changes(_) => changes += 1,
        }
        let (before, marks) = (beliefs(&tablet).documents, tablet.day(date()).canonical());
        let told = news.clone();
        assert_eq!(
            tablet.pushed(&[told]).unwrap(),
            None,
            "pushed, it is left to a sync"
        );
        pushed += 1;
        let reply = SyncReply::decode(&reply.encode()).unwrap();
        let (records, report) = tablet.reply(&request, &reply, 0, 0).unwrap();
        rewound += report.rewound;
        unread += report.unread.len();
        assert!(report.rewound + report.unread.len() > 0, "{report:?}");
        // What is written down is applied after a restart too.
        let read = |record: &Record| Record::decode(&record.encode()).unwrap();
        apply(&mut tablet, records.iter().map(read).collect());
        assert_eq!(beliefs(&tablet).documents, before);
        assert_eq!(tablet.day(date()).canonical(), marks);
        sync(&mut journal, &mut hub, &mut tablet);
        assert_agree(&tablet, &hub);
    }
    assert!(
        saved + packed > 30 && changes > 100 && rewound > 50 && unread > 50,
        "{saved} {packed} {changes} {rewound} {unread} {pushed}"
    );
}

fn assert_agree(tablet: &Replica, hub: &Hub) {
    let of = |hashes: Vec<ChangeHash>| hashes.into_iter().collect::<BTreeSet<_>>();
    let ours = of(tablet.document(&gate_sheet()).unwrap().change_hashes());
    let theirs = of(hub.document(&gate_sheet()).unwrap().document().change_hashes());
    assert_eq!(ours, theirs);
}

#[test]
fn a_saved_document_of_another_sheet_is_not_taken_for_this_one() {
    let (mut journal, mut hub) = school(6);
    let mut tablet = replica(5, grant(Role::Gate, &[]));
    apply(&mut tablet, vec![all_keys(&hub)]);
    let request = ask(&tablet);
    let mut reply = journal.exchange(&mut hub, 5, &request);
    assert!(matches!(
        reply.news[0].content,
        Content::Saved(_) | Content::Packed(_)
    ));
    reply.news[0].document = sheet(&class("4B")).to_bytes().into();
    let (records, report) = tablet.reply(&request, &reply, 0, 0).unwrap();
    assert_eq!((report.received, report.unread.len()), (0, 1));
    apply(&mut tablet, records);
    assert_eq!(tablet.documents().count(), 0);
}

#[test]
fn an_empty_saved_document_brings_nothing_and_takes_nothing() {
    let (mut journal, mut hub) = school(6);
    let mut tablet = tablet_with_a_mark();
    sync(&mut journal, &mut hub, &mut tablet);
    let before = beliefs(&tablet).documents;
    write_one(&mut journal, &mut hub, 30);
    let request = ask(&tablet);
    let mut reply = journal.exchange(&mut hub, 5, &request);
    let empty = daymark_core::document::Document::new(SCHOOL, gate_sheet());
    reply.news[0].content = Content::Saved(SavedDocument {
        saved: empty.save().unwrap().into(),
        signatures: Vec::new().into(),
    });
    let (records, _) = tablet.reply(&request, &reply, 0, 0).unwrap();
    apply(&mut tablet, records);
    assert_eq!(
        beliefs(&tablet).documents,
        before,
        "nothing is ever deleted by a sync"
    );
    sync(&mut journal, &mut hub, &mut tablet);
    assert_agree(&tablet, &hub);
}

#[test]
fn a_bundle_brings_no_forgery_and_its_honest_changes_all_the_same() {
    let (mut journal, hub) = school(1);
    let mut tablet = replica(5, grant(Role::Gate, &[]));
    apply(&mut tablet, vec![all_keys(&hub)]);
    let first = journal.changes()[&gate_sheet()][0].bytes.to_vec();
    let next = next_change(&journal, 3, 2);
    let mut flipped = next.clone();
    flipped[3] ^= 4;
    let stranger = change(77, &gate_sheet(), &Item::slips(&[entry(77, &Duty::Gate, "N", 1)]));
    let swapped = SignedChange::new(&split(&first).unwrap().0, chunk_of(&next)).into_bytes();
    let resigned = signed(4, &gate_sheet(), chunk_of(&next));
    let forged = [
        flipped,
        stranger,
        swapped,
        resigned,
        chunk_of(&next).to_vec(),
        vec![1; 20],
    ];
    let all = forged.iter().chain([&first]).map(|bytes| bytes.clone().into());
    let bundle = Bundle {
        school: SCHOOL,
        device: DeviceNumber(4),
        clock_ms: 0,
        documents: vec![BundleDocument {
            document: gate_sheet().to_bytes().into(),
            changes: all.collect(),
        }],
    };
    let (records, report) = tablet.take_bundle(&bundle).unwrap();
    let codes: Vec<&str> = report.refused.iter().map(|refused| &refused.code[..]).collect();
    assert_eq!(
        codes,
        [
            "bad-signature",
            "not-enrolled",
            "bad-signature",
            "bad-signature",
            "malformed",
            "not-a-signed-change"
        ]
    );
    assert_eq!((report.taken, records.len()), (1, 1));
    apply(&mut tablet, records);
    assert_eq!(tablet.own_changes().len(), 1);
    assert_eq!(tablet.own_changes()[0].bytes, first);
    journal.events.retain(|event| matches!(event, Event::Enrolled(_)));
    let mut empty = journal.hub(&Roster::default());
    sync(&mut journal, &mut empty, &mut tablet);
    assert_agree(&tablet, &empty);
}
