//! Items that cannot be read, or belong elsewhere.

use automerge::ScalarValue;
use automerge::legacy::OpType;
use daymark_core::document::{Document, DocumentError};
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry};
use daymark_core::ids::SchoolId;
use daymark_core::item::{ITEM_BYTES_MAX, Item};
use daymark_core::session::{Date, Session};
use daymark_core::trip::TripStatement;
use daymark_core::visit::Grade;

use super::corpus::{append, by_device, code_of, head_count, judged, outcome};
use super::stage::{encode, expand, lie, with_item};
use crate::common::*;

#[test]
fn items_that_do_not_belong_here_are_refused() {
    let mark = by_device(11, 3, "N");
    let slip = |entry: Entry| Item::Slip(vec![entry]);
    let elsewhere = Entry {
        school: SchoolId(654_321),
        ..mark.clone()
    };
    assert_eq!(with_item(&slip(elsewhere)), "other-school");
    let mut tomorrow = mark.clone();
    tomorrow.cell.date = date().plus(1).unwrap();
    assert_eq!(with_item(&slip(tomorrow)), "out-of-place");
    let gate = Entry {
        duty: Duty::Gate,
        ..mark.clone()
    };
    assert_eq!(with_item(&slip(gate)), "out-of-place");
    assert_eq!(with_item(&slip(by_device(12, 3, "N"))), "other-device");
    assert_eq!(with_item(&head_count(11, 3)), "out-of-place");
    assert_eq!(with_item(&outcome(11, Grade::Seen)), "out-of-place");
    let mut school = stamp(11, "m-lead");
    school.school = SchoolId(9);
    let TripStatement::HeadCount(count) = (match head_count(11, 3) {
        Item::Trip(statement) => statement.body,
        _ => unreachable!("a head count is said about a trip"),
    }) else {
        unreachable!("it is a head count")
    };
    let other_school = Item::Trip(statement(school, TripStatement::HeadCount(count)));
    assert_eq!(with_item(&other_school), "other-school");
}

#[test]
fn a_slip_does_not_belong_in_a_trip_nor_a_sign_off_in_a_class() {
    let mut trip = Document::new(SCHOOL, DocumentId::Trip(trip_id(1)));
    let refused = trip.append(actor(11), &Item::slips(&[by_device(11, 1, "N")]));
    assert!(
        matches!(&refused, Err(DocumentError::Refused { refusal, .. }) if refusal.code() == "out-of-place"),
        "{refused:?}"
    );
    let sign_off = daymark_core::sign_off::SignOff {
        session: Session::Am,
        saw: Vec::new(),
        disputed: Vec::new(),
        unmarked: Vec::new(),
    };
    assert_eq!(
        with_item(&Item::SignOff(statement(stamp(11, "a-class"), sign_off))),
        "out-of-place"
    );
}

#[test]
fn items_that_cannot_be_read_are_refused() {
    for bytes in [
        Vec::new(),
        vec![0],
        vec![9, 1, 2],
        vec![1],
        vec![1; ITEM_BYTES_MAX + 1],
        vec![3, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![2, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        let code = lie(|change| change.operations[0].action = OpType::Put(ScalarValue::Bytes(bytes)));
        assert_eq!(code, "item");
    }
}

#[test]
fn a_change_cannot_be_carried_into_another_document_or_school() {
    let change = {
        let mut document = sheet(&class());
        append(&mut document, 11, &Item::slips(&[by_device(11, 1, "N")]))
    };
    let other_day = DocumentId::Sheet(Date::from_days(1), class());
    for mut other in [
        sheet(&Duty::Gate),
        Document::new(SchoolId(654_321), DocumentId::Sheet(date(), class())),
        Document::new(SCHOOL, other_day),
        Document::new(SCHOOL, DocumentId::Visit(visit_id(1))),
    ] {
        let code = code_of(&judged(&mut other, &change));
        assert!(
            ["out-of-place", "other-school"].contains(&code),
            "its items tell: {code}"
        );
        // Given the right parent by hand, its content gives it away.
        let mut forged = expand(&change);
        forged.deps = other
            .heads()
            .iter()
            .map(|head| automerge::ChangeHash(head.0))
            .collect();
        let genesis = Document::new(SCHOOL, other.id().clone());
        assert_eq!(genesis.change_count(), 0);
        let code = code_of(&judged(&mut other, &encode(forged)));
        assert!(
            ["out-of-place", "other-school", "start-op"].contains(&code),
            "{code}"
        );
    }
}
