//! Lies with a right checksum, each refused by its name.

use std::num::NonZeroU64;

use automerge::legacy::{ElementId, Key, MarkData, ObjectId, Op, OpId, OpType};
use automerge::{Change, ExpandedChange, ObjType, ScalarValue};
use daymark_core::chunk::CHANGE_BYTES_MAX;
use daymark_core::entry::Entry;
use daymark_core::item::Item;

use super::chunk::{body_of, chunk_around};
use super::corpus::{append, by_device, code_of, judged};
use super::stage::{encode, expand, lie, stage};
use crate::common::*;

#[test]
fn wrong_numbers_are_refused() {
    for seq in [1, 3, u64::from(u32::MAX), u64::MAX] {
        let code = lie(|change| change.seq = seq);
        assert_eq!(code, if seq == 1 { "equivocation" } else { "sequence" });
    }
    for start in [1, 4, 6, 1 << 31, 1 << 32] {
        let code = lie(|change| change.start_op = NonZeroU64::new(start).unwrap());
        assert_eq!(code, "start-op", "{start}");
    }
}

#[test]
fn other_actors_are_refused() {
    for bytes in [
        &[7_u8; 16][..],
        &[0; 12],
        &[1],
        &[0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1],
    ] {
        let code = lie(|change| change.actor_id = bytes.into());
        assert_eq!(code, "actor");
    }
    let code = lie(|change| {
        change.actor_id = actor(99).to_bytes()[..].into();
        change.seq = 1;
    });
    assert_eq!(code, "other-device");
}

#[test]
fn parents_that_are_not_here_hold_a_change() {
    let unknown = automerge::ChangeHash([9; 32]);
    assert_eq!(lie(|change| change.deps.push(unknown)), "held");
    assert_eq!(lie(|change| change.deps = vec![unknown]), "held");
}

#[test]
fn a_change_with_no_parent_at_all_is_refused() {
    let code = lie(|change| {
        change.deps.clear();
        change.seq = 1;
        change.actor_id = actor(11).to_bytes()[..].into();
        change.start_op = NonZeroU64::MIN;
    });
    assert_eq!(code, "no-parents");
}

#[test]
fn parents_stand_in_order_and_once() {
    assert_eq!(lie(|change| change.deps.push(change.deps[0])), "malformed");
    let mut stage = stage();
    let mut body = stage.honest[body_of(&stage.honest)..].to_vec();
    assert_eq!(body[0], 2, "two parents");
    body[1..65].rotate_left(32);
    let swapped = judged(&mut stage.document, &chunk_around(1, &body));
    assert_eq!(code_of(&swapped), "malformed");
}

#[test]
fn operations_that_our_documents_do_not_use_are_refused() {
    let first = |edit: fn(&mut Op)| lie(|change| edit(&mut change.operations[0]));
    assert_eq!(
        first(|op| {
            op.obj = ObjectId::Root;
            op.key = Key::Map("school".into());
            op.insert = false;
        }),
        "operation"
    );
    assert_eq!(first(|op| op.action = OpType::Make(ObjType::Map)), "operation");
    assert_eq!(first(|op| op.action = OpType::Make(ObjType::List)), "operation");
    assert_eq!(first(|op| op.action = OpType::Make(ObjType::Text)), "operation");
    assert_eq!(
        first(|op| op.action = OpType::Put(ScalarValue::counter(1))),
        "operation"
    );
    assert_eq!(
        first(|op| op.action = OpType::Put(ScalarValue::Null)),
        "operation"
    );
    assert_eq!(first(|op| op.action = OpType::Put("x".into())), "operation");
    let mark = MarkData {
        name: "bold".into(),
        value: ScalarValue::Boolean(true),
        expand: true,
    };
    assert_eq!(
        lie(|change| change.operations[0].action = OpType::MarkBegin(mark)),
        "operation"
    );
    assert_eq!(lie(|change| change.operations.clear()), "operation");
}

/// The first item of the stage's sheet, as an operation id.
fn first_item(change: &ExpandedChange) -> OpId {
    OpId(change.start_op.get() - 1, actor(11).to_bytes()[..].into())
}

#[test]
fn nothing_in_the_list_can_be_deleted_overwritten_or_counted_up() {
    for action in [
        OpType::Delete,
        OpType::Increment(1),
        OpType::Put(ScalarValue::Bytes(
            Item::slips(&[by_device(11, 9, "N")])[0].encode(),
        )),
    ] {
        let code = lie(|change| {
            let target = first_item(change);
            let op = &mut change.operations[0];
            op.action = action;
            op.insert = false;
            op.key = Key::Seq(ElementId::Id(target.clone()));
            op.pred = vec![target].into();
        });
        assert_eq!(code, "operation");
    }
}

#[test]
fn nothing_goes_into_another_object() {
    for object in [
        OpId(1, actor(11).to_bytes()[..].into()),
        OpId(1, [0_u8; 12][..].into()),
        OpId(2, [0_u8; 12][..].into()),
        OpId(99, [0_u8; 12][..].into()),
    ] {
        let code = lie(|change| {
            change.operations[0].obj = ObjectId::Id(object);
            change.operations[0].key = Key::Seq(ElementId::Head);
        });
        assert_eq!(code, "operation");
    }
}

#[test]
fn nothing_follows_an_element_outside_its_own_past() {
    // The other device's item is here, but this change was made without sight of it.
    let code = lie(|change| {
        let own = stage().document;
        let mut only_own = sheet(&class());
        let first = append(&mut only_own, 11, &Item::slips(&[by_device(11, 1, "N")]));
        let parent = Change::from_bytes(first).unwrap().hash();
        assert!(own.heads().iter().any(|head| head.0 == parent.0));
        change.deps = vec![parent];
        let theirs = OpId(change.start_op.get() - 1, actor(12).to_bytes()[..].into());
        change.operations[0].key = Key::Seq(ElementId::Id(theirs));
    });
    assert_eq!(code, "operation");
    for (counter, by) in [(1_u64, actor(11)), (99, actor(11)), (4, actor(77))] {
        let code = lie(|change| {
            let nowhere = OpId(counter, by.to_bytes()[..].into());
            change.operations[0].key = Key::Seq(ElementId::Id(nowhere));
        });
        assert_eq!(code, "operation");
    }
    // Nor its own, later, operation.
    let code = lie(|change| {
        let own = OpId(change.start_op.get(), actor(11).to_bytes()[..].into());
        change.operations[0].key = Key::Seq(ElementId::Id(own));
    });
    assert_eq!(code, "operation");
}

#[test]
fn messages_times_and_extra_bytes_are_refused() {
    assert_eq!(lie(|change| change.message = Some("hello".into())), "extra");
    assert_eq!(lie(|change| change.time = 1), "extra");
    assert_eq!(lie(|change| change.time = -1), "extra");
    assert_eq!(lie(|change| change.extra_bytes = vec![1, 2]), "extra");
}

#[test]
fn the_same_number_with_other_content_is_told_as_equivocation() {
    let mut stage = stage();
    let mut change = expand(&stage.honest);
    let other = Item::slips(&[by_device(11, 4, "N")])[0].encode();
    change.operations[0].action = OpType::Put(ScalarValue::Bytes(other));
    let forked = encode(change);
    assert_eq!(code_of(&judged(&mut stage.document, &stage.honest)), "stored");
    assert_eq!(code_of(&judged(&mut stage.document, &forked)), "equivocation");
    assert_eq!(
        code_of(&judged(&mut stage.document, &stage.honest)),
        "already-had"
    );
}

#[test]
fn a_wrong_checksum_is_told_as_damage() {
    let mut stage = stage();
    for at in (4..8).chain([stage.honest.len() - 1]) {
        let mut bytes = stage.honest.clone();
        bytes[at] ^= 1;
        assert_eq!(code_of(&judged(&mut stage.document, &bytes)), "checksum");
    }
}

#[test]
fn other_kinds_of_chunk_are_refused_unopened() {
    let mut stage = stage();
    let many: Vec<Entry> = (10..200)
        .map(|pupil| by_device(11, pupil * 977_777, "N"))
        .collect();
    let long = append(&mut stage.document.clone(), 11, &Item::slips(&many));
    let mut change = Change::from_bytes(long).unwrap();
    let deflated = change.bytes().into_owned();
    assert_eq!(deflated[8], 2, "the long change is compressed");
    assert_eq!(code_of(&judged(&mut stage.document, &deflated)), "not-a-change");
    let saved = stage.document.save().unwrap();
    assert_eq!(code_of(&judged(&mut stage.document, &saved)), "not-a-change");
    let sync = automerge::sync::Message {
        heads: Vec::new(),
        need: Vec::new(),
        have: Vec::new(),
        changes: automerge::sync::ChunkList::empty(),
        flags: None,
        version: automerge::sync::MessageVersion::V1,
    }
    .encode();
    assert_eq!(code_of(&judged(&mut stage.document, &sync)), "malformed");
    assert_eq!(code_of(&judged(&mut stage.document, &[])), "malformed");
    let long = vec![0; CHANGE_BYTES_MAX + 1];
    assert_eq!(code_of(&judged(&mut stage.document, &long)), "change-too-long");
    let mut both = stage.honest.clone();
    both.extend(stage.honest.clone());
    assert_eq!(code_of(&judged(&mut stage.document, &both)), "malformed");
    for kind in [0, 2, 3, 4, 255] {
        let body = &stage.honest[body_of(&stage.honest)..];
        assert_eq!(
            code_of(&judged(&mut stage.document, &chunk_around(kind, body))),
            "not-a-change"
        );
    }
}
