//! Honest changes.

use daymark_core::document::{Document, DocumentError};
use daymark_core::document_id::DocumentId;
use daymark_core::door::Verdict;
use daymark_core::visit::AccountPart;

use super::corpus::{Corpus, code_of, corpora};
use crate::common::*;

#[test]
fn honest_changes_pass_in_any_order() {
    for (which, Corpus { document, coming }) in corpora().into_iter().enumerate() {
        let mut straight = document.clone();
        for change in &coming {
            assert_eq!(code_of(&straight.receive(change)), "stored");
        }
        for seed in 0..20 {
            let mut shuffled: Vec<&Vec<u8>> = coming.iter().chain(&coming).collect();
            Dice::new(seed * 3 + which as u64).shuffle(&mut shuffled);
            let mut other = document.clone();
            let mut waiting = shuffled;
            while !waiting.is_empty() {
                let before = waiting.len();
                waiting.retain(|change| match other.receive(change) {
                    Verdict::Held { missing, .. } => {
                        assert!(missing.iter().all(|parent| !other.has(parent)));
                        true
                    }
                    Verdict::Refused(refusal) => panic!("{refusal}"),
                    _ => false,
                });
                assert!(waiting.len() < before, "nothing moves any more");
            }
            assert_eq!(other.heads(), straight.heads());
            let sorted = |document: &Document| {
                let mut items: Vec<Vec<u8>> = document.items().into_iter().map(|(bytes, _)| bytes).collect();
                items.sort();
                items
            };
            assert_eq!(sorted(&other), sorted(&straight));
        }
    }
}

#[test]
fn a_document_says_when_it_is_full() {
    // A forged first operation near the limit is refused as such: only real growth fills a document.
    let mut visit = Document::new(SCHOOL, DocumentId::Visit(visit_id(1)));
    let long = "x".repeat(daymark_core::document::ACCOUNT_CHARS_MAX);
    let other = "y".repeat(daymark_core::document::ACCOUNT_CHARS_MAX);
    let mut refused = None;
    for round in 0..40 {
        let text = if round % 2 == 0 { &long } else { &other };
        match visit.write_account(actor(21), 0, AccountPart::Facts, text) {
            Ok(_) => {}
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    assert!(
        matches!(&refused, Some(DocumentError::Refused { refusal, .. }) if refusal.code() == "document-full"),
        "{refused:?}"
    );
    let loaded = Document::load(SCHOOL, visit.id().clone(), &visit.save().unwrap()).unwrap();
    assert_eq!(loaded.heads(), visit.heads());
}
