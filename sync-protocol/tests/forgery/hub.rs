//! Forgeries at the hub: kept aside with their code, and no neighbour is touched.

use daymark_core::ids::DeviceNumber;
use daymark_core::roster::Roster;
use daymark_sync_protocol::event::Event;
use daymark_sync_protocol::frame::{Ack, DocumentState, Offer, SyncRequest};

use super::super::common::*;
use super::forger::{self, Forger};

/// A request of a device with changes, each for a document of its own place.
pub(crate) fn carrying(
    device: u32,
    changes: &[(daymark_core::document_id::DocumentId, Vec<u8>)],
) -> SyncRequest {
    let states = changes.iter().map(|(document, _)| DocumentState {
        document: document.to_bytes().into(),
        cursor: 0,
        heads: None,
    });
    let offers = changes.iter().enumerate().map(|(place, (_, bytes))| Offer {
        document: u16::try_from(place).unwrap(),
        change: bytes.clone().into(),
    });
    SyncRequest {
        school: SCHOOL,
        device: DeviceNumber(device),
        clock_ms: 0,
        backlog: 0,
        documents: states.collect(),
        offers: offers.collect(),
        window: None,
        brief: None,
        keys: 0,
        log: 0,
        shown: None,
        duties: 0,
        heard: None,
    }
}

#[test]
fn the_hub_takes_no_forgery_and_keeps_each_aside_beside_an_honest_change() {
    const ROUNDS: usize = 300;
    const FORGED: usize = 9;
    let mut forger = Forger::new(77);
    let (mut refused, mut kept) = (0, 0);
    for round in 0..ROUNDS {
        let mut journal = forger::journal();
        let mut hub = journal.hub(&Roster::default());
        let all: Vec<_> = (0..FORGED).map(|_| forger.forge()).collect();
        let mut changes: Vec<_> = all
            .iter()
            .map(|forged| (forged.document.clone(), forged.bytes.clone()))
            .collect();
        let honest = forger.honest()[round % forger.honest().len()].clone();
        let place = forger.dice.below(changes.len() + 1);
        changes.insert(place, (honest.document.clone(), honest.bytes.clone()));
        let carrier = u32::try_from(1 + forger.dice.below(6)).unwrap();
        let receipt = journal.receive(&mut hub, carrier, &carrying(carrier, &changes));
        let mut acks = receipt.acks().to_vec();
        assert_eq!(acks.remove(place), Ack::Stored, "the honest change suffers");
        for (forged, ack) in all.iter().zip(&acks) {
            let Ack::Refused(why) = ack else {
                panic!("taken: {}: {ack:?}", forged.kind)
            };
            assert!(forged.may_be_called(&why.code), "{}: {}", forged.kind, why.code);
            assert!(!why.reason.is_empty());
            refused += 1;
        }
        let stored: Vec<_> = receipt
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Stored(stored) => Some(stored.bytes.to_vec()),
                _ => None,
            })
            .collect();
        assert_eq!(stored, [honest.bytes]);
        let aside = journal.aside();
        for (forged, ack) in all.iter().zip(&acks) {
            let Ack::Refused(why) = ack else { unreachable!() };
            let same = |aside: &&daymark_sync_protocol::event::Aside| {
                aside.bytes[..] == forged.bytes[..] && aside.document[..] == forged.document.to_bytes()[..]
            };
            let aside = aside.iter().find(same).expect("it is kept aside");
            assert_eq!((&aside.code, aside.waits_as), (&why.code, None));
            kept += 1;
        }
        assert_eq!(journal.changes().values().flatten().count(), 1);
        // A server that starts again from its disk says the same.
        let mut again = journal.hub(&Roster::default());
        let receipt = journal.receive(&mut again, carrier, &carrying(carrier, &changes));
        assert!(receipt.events.is_empty(), "{:?}", receipt.events);
    }
    assert!(refused >= 2_000 && kept == refused, "{refused} {kept}");
}

#[test]
fn requests_that_were_listened_to_and_sent_again_change_nothing() {
    let forger = Forger::new(5);
    let mut journal = forger::journal();
    let mut hub = journal.hub(&Roster::default());
    let mut captured = Vec::new();
    for honest in forger.honest() {
        let request = carrying(honest.device, &[(honest.document.clone(), honest.bytes.clone())]);
        let receipt = journal.receive(&mut hub, honest.device, &request);
        assert!(!receipt.events.is_empty());
        captured.push(request);
    }
    let sequences = hub.index().clone();
    for started_again in [false, true] {
        if started_again {
            hub = journal.hub(&Roster::default());
        }
        for request in captured.iter().rev().chain(&captured) {
            // By whom it was made, and by another device that listened.
            for carrier in [request.device.0, request.device.0 % 6 + 1] {
                let receipt = journal.receive(&mut hub, carrier, request);
                assert!(receipt.events.is_empty(), "{:?}", receipt.events);
                assert!(receipt.changed.is_empty());
            }
        }
        assert_eq!(*hub.index(), sequences);
    }
}

#[test]
fn a_change_that_waits_is_kept_once_however_often_its_maker_signs_it() {
    use daymark_core::document::Document;
    use daymark_core::entry::Duty;
    use daymark_core::item::Item;
    use daymark_core::signature::{Signature, SignedChange};

    let mut journal = forger::journal();
    let mut hub = journal.hub(&Roster::default());
    let id = sheet(&Duty::Gate);
    let mut document = Document::new(SCHOOL, id.clone());
    let mut made = |pupil| {
        let items = Item::slips(&[entry(3, &Duty::Gate, "N", pupil)]);
        let change = document.append(actor(3), &items).unwrap().unwrap();
        signed(3, &id, &change.bytes)
    };
    let (parent, child) = (made(1), made(2));
    let request = carrying(3, &[(id.clone(), child.clone())]);
    let receipt = journal.receive(&mut hub, 3, &request);
    assert!(matches!(receipt.acks(), [Ack::Held(_)]), "{:?}", receipt.acks());
    // Not the same bytes, and not its signature either.
    let chunk = daymark_core::signature::chunk_of(&child);
    let other = SignedChange::new(&Signature([1; 64]), chunk).into_bytes();
    let receipt = journal.receive(&mut hub, 3, &carrying(3, &[(id.clone(), other)]));
    assert!(matches!(receipt.acks(), [Ack::Refused(why)] if why.code == "bad-signature"));
    let receipt = journal.receive(&mut hub, 3, &request);
    assert!(receipt.events.is_empty(), "{:?}", receipt.events);
    let receipt = journal.receive(&mut hub, 3, &carrying(3, &[(id.clone(), parent)]));
    assert_eq!(receipt.acks(), [Ack::Stored]);
    assert_eq!((hub.index()[&id], hub.waiting_count()), (2, 0));
    // The forgery beside it stays where the office can see it.
    assert_eq!((hub.aside_count(), journal.aside().len()), (1, 1));
}
