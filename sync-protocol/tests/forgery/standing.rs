//! A device that is lost, or not confirmed yet: what it made before stays, what arrives after is kept aside.

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::ids::DeviceNumber;
use daymark_core::item::Item;
use daymark_core::roster::{Role, Roster};
use daymark_sync_protocol::event::{Enrolment, Event, Report, Standing};
use daymark_sync_protocol::frame::Ack;
use daymark_sync_protocol::hub::Hub;

use super::super::common::*;
use super::hub::carrying;

fn gate(device: u32) -> Enrolment {
    enrolment(device, grant(Role::Gate, &[]))
}

fn stands(journal: &mut Journal, hub: &mut Hub, device: u32, standing: Standing) {
    let enrolment = Enrolment {
        standing,
        ..gate(device)
    };
    hub.enrolled(&enrolment);
    journal.events.push(Event::Enrolled(enrolment));
}

fn report() -> Report {
    Report {
        at_ms: NOON_MS,
        by: "j-roe".parse().unwrap(),
        reason: None,
    }
}

fn lost() -> Standing {
    Standing::Lost(report())
}

/// Three changes of device 3 in the gate's sheet, each on top of the one before.
fn three() -> (DocumentId, [Vec<u8>; 3]) {
    let id = sheet(&Duty::Gate);
    let mut document = Document::new(SCHOOL, id.clone());
    let made = [1, 2, 3].map(|pupil| {
        let items = Item::slips(&[entry(3, &Duty::Gate, "N", pupil)]);
        let change = document.append(actor(3), &items).unwrap().unwrap();
        signed(3, &id, &change.bytes)
    });
    (id, made)
}

fn offer(journal: &mut Journal, hub: &mut Hub, carrier: u32, id: &DocumentId, change: &[u8]) -> (Ack, usize) {
    let request = carrying(carrier, &[(id.clone(), change.to_vec())]);
    let receipt = journal.receive(hub, carrier, &request);
    hub.durable(&receipt);
    (receipt.acks()[0].clone(), receipt.events.len())
}

fn code(ack: &Ack) -> &str {
    match ack {
        Ack::Refused(why) => &why.code,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn what_a_lost_device_made_before_stays_and_what_arrives_after_is_kept_aside() {
    stays_and_is_kept_aside(lost(), "device-lost");
}

#[test]
fn what_a_retired_device_made_before_stays_and_what_arrives_after_is_kept_aside() {
    stays_and_is_kept_aside(Standing::Retired(report()), "device-retired");
}

fn stays_and_is_kept_aside(standing: Standing, word: &str) {
    let mut journal = Journal::of(vec![gate(3), gate(4)]);
    let mut hub = journal.hub(&Roster::default());
    let (id, [before, after, carried]) = three();
    assert_eq!(offer(&mut journal, &mut hub, 3, &id, &before), (Ack::Stored, 1));
    stands(&mut journal, &mut hub, 3, standing);

    for started_again in [false, true] {
        if started_again {
            hub = journal.hub(&Roster::default());
        }
        // What was stored before answers as before, whoever brings it again, and writes nothing.
        for carrier in [3, 4] {
            assert_eq!(
                offer(&mut journal, &mut hub, carrier, &id, &before),
                (Ack::Had, 0)
            );
        }
        // What arrives after: by itself, and in another's hands.
        for (carrier, change) in [(3, &after), (4, &after), (4, &carried)] {
            let (ack, events) = offer(&mut journal, &mut hub, carrier, &id, change);
            assert_eq!(code(&ack), word);
            let is_first = !started_again && (carrier, change) != (4, &after);
            assert_eq!(events, usize::from(is_first), "kept once: {carrier}");
        }
        assert_eq!(hub.index()[&id], 1);
        let aside = journal.aside();
        let kept: Vec<_> = aside
            .iter()
            .map(|aside| (&aside.bytes[..], aside.carrier.0))
            .collect();
        assert_eq!(kept, [(&after[..], 3), (&carried[..], 4)]);
        assert!(aside.iter().all(|aside| aside.code == word));
    }

    // Everybody still gets what was stored, and can check it: a key is known for good.
    let mut cold = replica(4, grant(Role::Gate, &[]));
    let request = cold.request(0, &of_the_day()).unwrap();
    let reply = journal.exchange(&mut hub, 4, &request);
    let (records, report) = cold.reply(&request, &reply, 0, 0).unwrap();
    assert_eq!((report.received, report.unread.len()), (1, 0));
    apply(&mut cold, records);
    assert!(cold.knows(&id, &hash_of(&before)) && !cold.knows(&id, &hash_of(&after)));
}

#[test]
fn what_waited_when_a_device_was_lost_had_arrived_before() {
    let mut journal = Journal::of(vec![gate(3), gate(4)]);
    let mut hub = journal.hub(&Roster::default());
    let id = sheet(&Duty::Gate);
    let mut document = Document::new(SCHOOL, id.clone());
    let mut made = |device: u32, pupil: u64| {
        let items = Item::slips(&[entry(device, &Duty::Gate, "N", pupil)]);
        let change = document.append(actor(device), &items).unwrap().unwrap();
        signed(device, &id, &change.bytes)
    };
    let (parent, child) = (made(4, 1), made(3, 2));
    let (ack, _) = offer(&mut journal, &mut hub, 3, &id, &child);
    assert!(matches!(ack, Ack::Held(_)), "{ack:?}");
    stands(&mut journal, &mut hub, 3, lost());
    // The other device is not lost, and its change brings in what waited for it.
    let (ack, _) = offer(&mut journal, &mut hub, 4, &id, &parent);
    assert_eq!(ack, Ack::Stored);
    assert_eq!((hub.index()[&id], hub.waiting_count()), (2, 0));
}

#[test]
fn requests_captured_before_a_device_was_lost_change_nothing_after() {
    let mut journal = Journal::of(vec![gate(3), gate(4)]);
    let mut hub = journal.hub(&Roster::default());
    let (id, made) = three();
    let captured: Vec<_> = made
        .iter()
        .map(|change| carrying(3, &[(id.clone(), change.clone())]))
        .collect();
    for request in &captured {
        let receipt = journal.receive(&mut hub, 3, request);
        assert_eq!(receipt.acks(), [Ack::Stored]);
    }
    stands(&mut journal, &mut hub, 3, lost());
    for request in captured.iter().chain(captured.iter().rev()) {
        for carrier in [3, 4] {
            let receipt = journal.receive(&mut hub, carrier, request);
            assert_eq!(receipt.acks(), [Ack::Had]);
            assert!(receipt.events.is_empty() && receipt.changed.is_empty());
        }
    }
    assert_eq!((hub.index()[&id], hub.aside_count()), (3, 0));
}

#[test]
fn what_an_unconfirmed_device_made_is_not_carried_in_by_another_until_it_is_confirmed() {
    let mut journal = Journal::of(vec![gate(4)]);
    let mut hub = journal.hub(&Roster::default());
    stands(&mut journal, &mut hub, 5, Standing::Unconfirmed("ABC-DEF".into()));
    let id = sheet(&Duty::Gate);
    let made = change(5, &id, &Item::slips(&[entry(5, &Duty::Gate, "N", 1)]));
    let (ack, events) = offer(&mut journal, &mut hub, 4, &id, &made);
    assert_eq!((code(&ack), events), ("not-confirmed", 1));
    assert!(!hub.index().contains_key(&id));
    assert_eq!(journal.aside()[0].carrier, DeviceNumber(4));

    stands(&mut journal, &mut hub, 5, Standing::Confirmed);
    let (ack, _) = offer(&mut journal, &mut hub, 4, &id, &made);
    assert_eq!(ack, Ack::Stored);
    assert_eq!((hub.aside_count(), journal.aside().len()), (0, 0));
}
