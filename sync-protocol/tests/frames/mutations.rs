//! Messages that were changed on their way: no panic, and nothing taken that was not acknowledged.

use super::super::*;

/// Heads of arrays, byte strings and texts that promise more than there is.
const PROMISES: [&[u8]; 6] = [
    &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x7a, 0xff, 0xff, 0xff, 0xff],
    &[0x9f],
    &[0xbf],
    &[0x5f],
];

fn mutate(dice: &mut Dice, message: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=dice.below(3) {
        let length = message.len();
        if length == 0 {
            return;
        }
        let spot = dice.below(length);
        match dice.below(7) {
            0 => message.truncate(spot),
            1 | 2 => message[spot] ^= 1 << dice.below(8),
            3 => message[spot] = u8::try_from(dice.below(256)).unwrap(),
            4 => {
                let start = dice.below(other.len());
                let end = start + dice.below(other.len() - start + 1);
                message.splice(spot..spot, other[start..end].iter().copied());
            }
            5 => {
                let promise = *dice.pick(&PROMISES);
                message.splice(spot..=spot, promise.iter().copied());
            }
            _ => {
                let end = spot + dice.below((length - spot).min(40) + 1);
                message.drain(spot..end);
            }
        }
    }
}

#[test]
fn no_mutation_of_a_message_panics_its_reader() {
    let mut dice = Dice::new(1);
    let samples = [
        sample_request().encode(),
        sample_reply().encode(),
        sample_bundle().encode(),
        sample_brief().encode(),
    ];
    let mut read = [0_usize; 4];
    for number in 0..200_000 {
        let kind = number % 4;
        let mut message = samples[kind].clone();
        let other = dice.pick(&samples).clone();
        mutate(&mut dice, &mut message, &other);
        if kind == 2 && dice.one_in(2) {
            // With a check that is right, so that what it covers is read.
            let body = message.len().saturating_sub(8);
            let check: [u8; 32] = Sha256::digest(&message[..body]).into();
            message.truncate(body);
            message.extend(&check[..8]);
        }
        let again = match kind {
            0 => SyncRequest::decode(&message).ok().map(|read| read.encode().len()),
            1 => SyncReply::decode(&message).ok().map(|read| read.encode().len()),
            2 => Bundle::decode(&message).ok().map(|read| read.encode().len()),
            _ => Brief::decode(&message).map(|read| read.encode().len()),
        };
        if let Some(length) = again {
            read[kind] += 1;
            assert!(
                length <= message.len() + 16,
                "read {} bytes as {length}",
                message.len()
            );
        }
    }
    assert!(
        read.iter().all(|number| *number > 100),
        "too few were read to mean anything: {read:?}"
    );
}

/// What a device offers that signs whatever it made, and whatever it made of it.
fn signed_if_readable(request: &SyncRequest, offer: usize, change: &[u8]) -> Vec<u8> {
    let place = usize::from(request.offers[offer].document);
    let id = DocumentId::from_bytes(&request.documents[place].document).unwrap();
    match daymark_core::chunk::parse(change) {
        Ok(_) => signed(request.device.0, &id, change),
        Err(_) => [&[0; SIGNATURE_BYTES][..], change].concat(),
    }
}

#[test]
fn a_mutated_request_changes_no_document_that_it_was_not_acknowledged_for() {
    daymark_core::door::quiet_caught_panics();
    let (journal, request) = school();
    assert_eq!(request.offers.len(), 2);
    let device = DeviceNumber(1);
    let encoded = request.encode();
    let mut dice = Dice::new(2);
    let (mut taken_in, mut stored, mut refused) = (0, 0, 0);
    let mut hub = journal.hub(&Roster::default());
    for number in 0..12_000 {
        let message = if number % 2 == 0 {
            let mut message = encoded.clone();
            mutate(&mut dice, &mut message, &encoded);
            message
        } else {
            // Deeper: the change is mutated, and its checksum and its signature are right.
            let mut request = request.clone();
            let spot = dice.below(request.offers.len());
            let mut change = chunk_of(&request.offers[spot].change).to_vec();
            mutate(&mut dice, &mut change, &encoded);
            if change.len() > 8 {
                let check: [u8; 32] = Sha256::digest(&change[8..]).into();
                change[4..8].copy_from_slice(&check[..4]);
            }
            request.offers[spot].change = signed_if_readable(&request, spot, &change).into();
            request.encode()
        };
        let Ok(request) = SyncRequest::decode(&message) else {
            continue;
        };
        journal.load_needs(&mut hub, device, &request);
        let before: Vec<_> = hub.index().clone().into_iter().collect();
        let receipt = hub.receive(NOON_MS, device, &request);
        taken_in += 1;
        assert_eq!(receipt.acks().len(), request.offers.len());
        let acknowledged = receipt.acks().iter().any(|ack| matches!(ack, Ack::Stored));
        let events = receipt
            .events
            .iter()
            .any(|event| matches!(event, Event::Stored(_)));
        refused += receipt
            .acks()
            .iter()
            .filter(|ack| matches!(ack, Ack::Refused(_)))
            .count();
        let after: Vec<_> = hub.index().clone().into_iter().collect();
        if !acknowledged {
            assert_eq!(before, after, "a document changed without a word");
            assert!(receipt.changed.is_empty() && !events);
        }
        for (offer, ack) in request.offers.iter().zip(receipt.acks()) {
            if matches!(ack, Ack::Stored) {
                let id =
                    DocumentId::from_bytes(&request.documents[usize::from(offer.document)].document).unwrap();
                let held = hub.document(&id).unwrap().document();
                assert!(held.has(&hash_of(&offer.change)), "acknowledged and not there");
            }
        }
        assert!(hub.aside_count() <= ASIDE_PER_DEVICE_MAX, "L3");
        hub.durable(&receipt);
        let reply = hub.reply(receipt);
        assert!(SyncReply::decode(&reply.encode()).is_ok());
        if acknowledged {
            stored += 1;
            hub = journal.hub(&Roster::default());
        }
    }
    assert!(
        taken_in > 5000 && stored > 100 && refused > 1000,
        "{taken_in} {stored} {refused}"
    );
}
