//! A small document to lie to, with a right checksum.

use automerge::legacy::OpType;
use automerge::{Change, ExpandedChange, ScalarValue};
use daymark_core::document::Document;
use daymark_core::item::Item;

use super::corpus::{append, by_device, code_of, judged};
use crate::common::*;

/// A sheet that holds one change of device 11 and one of device 12, made apart, and an honest change of device 11
/// on top of both.
pub(super) struct Stage {
    pub(super) document: Document,
    pub(super) honest: Vec<u8>,
}

pub(super) fn stage() -> Stage {
    let mut document = sheet(&class());
    let mut apart = sheet(&class());
    append(&mut document, 11, &Item::slips(&[by_device(11, 1, "N")]));
    let other = append(&mut apart, 12, &Item::slips(&[by_device(12, 2, "N")]));
    assert_eq!(code_of(&document.receive(&other)), "stored");
    let honest = append(&mut document.clone(), 11, &Item::slips(&[by_device(11, 3, "N")]));
    Stage { document, honest }
}

pub(super) fn expand(bytes: &[u8]) -> ExpandedChange {
    let mut change = Change::from_bytes(bytes.to_vec()).unwrap().decode();
    change.hash = None;
    change
}

pub(super) fn encode(change: ExpandedChange) -> Vec<u8> {
    Change::from(change).raw_bytes().to_vec()
}

/// What the door says of the honest change after an edit.
pub(super) fn lie(edit: impl FnOnce(&mut ExpandedChange)) -> &'static str {
    let mut stage = stage();
    let mut change = expand(&stage.honest);
    edit(&mut change);
    let verdict = judged(&mut stage.document, &encode(change));
    assert_eq!(code_of(&judged(&mut stage.document, &stage.honest)), "stored");
    code_of(&verdict)
}

pub(super) fn with_item(item: &Item) -> &'static str {
    let bytes = item.encode();
    lie(move |change| change.operations[0].action = OpType::Put(ScalarValue::Bytes(bytes)))
}

#[test]
fn the_stage_itself_is_honest() {
    let mut stage = stage();
    let again = encode(expand(&stage.honest));
    assert_eq!(again, stage.honest);
    assert_eq!(code_of(&judged(&mut stage.document, &again)), "stored");
}
