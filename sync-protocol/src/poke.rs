//! What a hub says to a connected device when it cannot push what is new: which documents have gone on, and how far.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use daymark_core::document_id::DocumentId;

use crate::frame::CursorNumber;
use crate::limits::POKE_DOCUMENTS_MAX;

/// Says that a sync would bring something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poke {
    /// Anything may have changed: more than can be named, what a device may read, or its brief.
    Everything,
    /// These documents have gone on, each as far as its cursor here.
    Documents(BTreeMap<DocumentId, CursorNumber>),
}

impl Poke {
    /// A poke that names nothing yet.
    pub fn nothing() -> Self {
        Self::Documents(BTreeMap::new())
    }

    /// Adds that a document has gone on as far as `cursor`.
    pub fn add(&mut self, document: DocumentId, cursor: CursorNumber) {
        let Self::Documents(documents) = self else { return };
        let named = documents.len();
        match documents.entry(document) {
            Entry::Occupied(mut known) => *known.get_mut() = cursor.max(*known.get()),
            Entry::Vacant(room) if named < POKE_DOCUMENTS_MAX => {
                room.insert(cursor);
            }
            Entry::Vacant(_) => *self = Self::Everything,
        }
    }

    /// The data of its event: a JSON object of documents and cursors, empty for [`Poke::Everything`].
    pub fn encode(&self) -> String {
        let documents = match self {
            Self::Everything => &BTreeMap::new(),
            Self::Documents(documents) => documents,
        };
        let named: serde_json::Map<_, _> = documents
            .iter()
            .map(|(document, cursor)| (document.to_string(), (*cursor).into()))
            .collect();
        serde_json::Value::Object(named).to_string()
    }

    /// Reads the data of an event. What cannot be read may be anything, so it is [`Poke::Everything`].
    pub fn decode(data: &str) -> Self {
        match serde_json::from_str::<BTreeMap<DocumentId, CursorNumber>>(data) {
            Ok(documents) if !documents.is_empty() => Self::Documents(documents),
            _ => Self::Everything,
        }
    }
}

/// Of what a sync speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// Every document of its window: when a device connects, or was told nothing more exact.
    #[default]
    Everything,
    /// These alone, beside what the device offers.
    Documents(BTreeSet<DocumentId>),
}

impl Scope {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Documents(mut ours), Self::Documents(theirs)) => {
                ours.extend(theirs);
                Self::Documents(ours)
            }
            _ => Self::Everything,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(number: usize) -> DocumentId {
        format!("visit/{number:08x}-0000-4000-8000-000000000000")
            .parse()
            .unwrap()
    }

    #[test]
    fn a_poke_survives_the_wire_and_names_how_far_each_document_has_got() {
        let mut poke = Poke::nothing();
        poke.add("sheet/2026-03-02/class:Année 4".parse().unwrap(), 3);
        poke.add("sheet/2026-03-02/gate".parse().unwrap(), 57);
        poke.add("sheet/2026-03-02/gate".parse().unwrap(), 56);
        let text = r#"{"sheet/2026-03-02/class:Année 4":3,"sheet/2026-03-02/gate":57}"#;
        assert_eq!(poke.encode(), text);
        assert_eq!(Poke::decode(text), poke);
    }

    #[test]
    fn more_documents_than_fit_and_words_that_nobody_can_read_are_everything() {
        let mut poke = Poke::nothing();
        for number in 0..POKE_DOCUMENTS_MAX {
            poke.add(visit(number), 1);
        }
        assert!(matches!(poke, Poke::Documents(_)));
        assert!(poke.encode().len() < 4000, "it fits on a line of a stream");
        poke.add(visit(0), 2);
        assert!(matches!(poke, Poke::Documents(_)), "it was named before");
        poke.add(visit(POKE_DOCUMENTS_MAX), 1);
        assert_eq!(poke, Poke::Everything);
        assert_eq!(poke.encode(), "{}");
        for unread in ["{}", "", "now", r#"{"kitchen/1":2}"#, r#"{"visit/1":"x"}"#, "[]"] {
            assert_eq!(Poke::decode(unread), Poke::Everything, "{unread:?}");
        }
    }

    #[test]
    fn what_two_pokes_ask_for_is_asked_for_together() {
        let of = |number| Scope::Documents([visit(number)].into());
        assert_eq!(of(1).and(of(2)), Scope::Documents([visit(1), visit(2)].into()));
        assert_eq!(of(1).and(Scope::Everything), Scope::Everything);
    }
}
