//! The operations of a change: only those that our documents use, and items that belong here.

use std::collections::BTreeMap;

use automerge::legacy::{ElementId, Key, ObjectId, OpId, OpType};
use automerge::{Change, ScalarValue};

use super::{Door, GENESIS_ACTOR, Known, OpFacts, Refusal, guarded};
use crate::chunk::Header;
use crate::document_id::DocumentId;
use crate::ids::{DeviceNumber, SchoolId};
use crate::item::Item;

impl Door {
    pub(super) fn check_operations(
        &self,
        school: SchoolId,
        id: &DocumentId,
        device: DeviceNumber,
        known: &Known,
        header: &Header<'_>,
        operations: &[automerge::legacy::Op],
    ) -> Result<Vec<Item>, Refusal> {
        let mut items = Vec::new();
        let mut own: BTreeMap<u64, OpFacts> = BTreeMap::new();
        if operations.is_empty() {
            return Err(Refusal::Operation {
                index: 0,
                why: "there is none",
            });
        }
        for (index, op) in operations.iter().enumerate() {
            let no = |why: &'static str| Refusal::Operation { index, why };
            let object = self
                .object(&op.obj)
                .ok_or_else(|| no("the object is not the list or a text"))?;
            let Key::Seq(element) = &op.key else {
                return Err(no("it names a map key"));
            };
            let in_past = |reference: &OpId, insert: bool| {
                let facts = if reference.1.to_bytes() == header.actor && reference.0 >= header.start_op {
                    own.get(&reference.0).copied()
                } else {
                    self.actors.get(reference.1.to_bytes()).and_then(|actor| {
                        self.operations
                            .get(&(*actor, reference.0))
                            .copied()
                            .filter(|facts| facts.sequence <= known.reach(*actor))
                    })
                };
                facts.is_some_and(|facts| facts.object == object && facts.insert == insert)
            };
            if let ElementId::Id(reference) = element
                && !in_past(reference, true)
            {
                return Err(no("the element that it follows is not in its past"));
            }
            let is_text = object.1;
            match &op.action {
                OpType::Put(ScalarValue::Bytes(bytes)) if !is_text && op.insert && op.pred.is_empty() => {
                    items.push(readable_item(school, id, device, bytes)?);
                }
                OpType::Put(ScalarValue::Str(text)) if is_text && op.insert && op.pred.is_empty() => {
                    if text.chars().count() != 1 {
                        return Err(no("a text takes one character at a time"));
                    }
                }
                OpType::Delete if is_text && !op.insert && op.pred.len() == 1 => {
                    let deleted = op.pred.get(0).is_some_and(|pred| {
                        matches!(element, ElementId::Id(target) if target == pred) && in_past(pred, true)
                    });
                    if !deleted {
                        return Err(no("the character that it deletes is not in its past"));
                    }
                }
                _ => return Err(no("only items are added, and characters written or deleted")),
            }
            let counter = header.start_op + index as u64;
            own.insert(
                counter,
                OpFacts {
                    object,
                    sequence: known.sequence,
                    insert: op.insert,
                },
            );
        }
        Ok(items)
    }

    pub(super) fn object(&self, object: &ObjectId) -> Option<(u64, bool)> {
        let ObjectId::Id(OpId(counter, actor)) = object else {
            return None;
        };
        if actor.to_bytes() != GENESIS_ACTOR {
            return None;
        }
        match *counter {
            counter if counter == self.list_object => Some((counter, false)),
            counter if self.text_objects.contains(&counter) => Some((counter, true)),
            _ => None,
        }
    }
}

/// Decodes a change, and makes sure that it is encoded again to the very same bytes.
pub(super) fn decode(bytes: &[u8]) -> Option<(Change, Vec<automerge::legacy::Op>)> {
    guarded(|| {
        let change = Change::from_bytes(bytes.to_vec()).ok()?;
        let expanded = change.decode();
        if expanded.author.is_some() {
            return None;
        }
        let operations = expanded.operations.clone();
        let again = Change::from(expanded);
        (again.raw_bytes() == bytes).then_some((change, operations))
    })
    .flatten()
}

/// Reads an item and checks that it belongs here: this school, the device that made the change, the sheet's own
/// date and duty.
pub(super) fn readable_item(
    school: SchoolId,
    id: &DocumentId,
    device: DeviceNumber,
    bytes: &[u8],
) -> Result<Item, Refusal> {
    let item = Item::decode(bytes)?;
    if let Some(got) = item.school().filter(|got| *got != school) {
        return Err(Refusal::OtherSchool {
            got,
            expected: school,
        });
    }
    if let Some(got) = item.device().filter(|got| *got != device) {
        return Err(Refusal::OtherDevice {
            got,
            expected: device,
        });
    }
    let out_of_place = |what: String| Refusal::OutOfPlace {
        what,
        document: id.clone(),
    };
    match (&item, id) {
        (Item::Slip(entries), DocumentId::Sheet(date, duty)) => {
            match entries
                .iter()
                .find(|entry| entry.cell.date != *date || entry.duty != *duty)
            {
                Some(entry) => Err(out_of_place(format!(
                    "a mark of {} under {}",
                    entry.cell.date, entry.duty
                ))),
                None => Ok(item),
            }
        }
        (Item::SignOff(_) | Item::FollowUp(_), DocumentId::Sheet(_, crate::entry::Duty::Office))
        | (Item::Trip(_), DocumentId::Trip(_))
        | (Item::Visit(_), DocumentId::Visit(_)) => Ok(item),
        (Item::Slip(_), _) => Err(out_of_place("a register entry".into())),
        (Item::SignOff(_), _) => Err(out_of_place("a sign-off".into())),
        (Item::FollowUp(_), _) => Err(out_of_place("a follow-up".into())),
        (Item::Trip(_), _) => Err(out_of_place("a trip statement".into())),
        (Item::Visit(_), _) => Err(out_of_place("a visit statement".into())),
    }
}
