//! Random damage.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use daymark_core::document::Document;
use daymark_core::door::{self, Verdict};

use super::chunk::{body_of, chunk_around, put_together, take_apart};
use super::corpus::{CALL_TIME_MAX, Corpus, assert_memory_stayed_small, code_of, corpora};
use crate::common::*;

pub(super) fn damage(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    if bytes.is_empty() {
        bytes.push(0);
    }
    let at = dice.below(bytes.len());
    let length = 1 + dice.below(8);
    let end = (at + length).min(bytes.len());
    match dice.below(10) {
        0 => bytes.truncate(at),
        1..=3 => bytes[at] ^= 1 << dice.below(8),
        4 => bytes[at] = *dice.pick(&[0, 1, 0x7f, 0x80, 0xff, 2, 0x40]),
        5 => {
            bytes.drain(at..end);
        }
        6 => bytes.extend_from_within(at..end),
        7 => {
            let copy = bytes[at..end].to_vec();
            let to = dice.below(bytes.len());
            bytes.splice(to..to, copy);
        }
        8 => {
            let from = dice.below(other.len());
            let to = (from + length * 4).min(other.len());
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        _ => {
            let big = if dice.below(500) == 0 { 70_000 } else { 40 };
            let byte = bytes[at];
            bytes.splice(at..at, std::iter::repeat_n(byte, dice.below(big)));
        }
    }
}

/// Damage to a change's body, or to some of its columns, with all lengths and the checksum put right again.
pub(super) fn damaged_and_repaired(change: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let times = 1 + dice.below(3);
    if dice.below(3) == 0 {
        let mut body = change[body_of(change)..].to_vec();
        for _ in 0..times {
            damage(&mut body, &other[body_of(other)..], dice);
        }
        return chunk_around(1, &body);
    }
    let mut parts = take_apart(change);
    let donor = take_apart(other);
    for _ in 0..times {
        let at = dice.below(parts.columns.len());
        let (kind, data) = &mut parts.columns[at];
        let replacement = donor.columns.iter().find(|(other, _)| other == kind);
        match replacement {
            Some((_, replacement)) if dice.below(4) == 0 => data.clone_from(replacement),
            _ => {
                let donor = &dice.pick(&donor.columns).1;
                damage(data, if donor.is_empty() { &[0] } else { donor }, dice);
            }
        }
    }
    put_together(&parts)
}

#[test]
fn two_hundred_thousand_damaged_changes_harm_nothing() {
    const EACH: usize = 75_000;
    door::quiet_caught_panics();
    let start = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (which, Corpus { document, coming }) in corpora().into_iter().enumerate() {
        let mut dice = Dice::new(which as u64 + 1);
        // Each coming change is tried on the document that waits for it.
        let mut states = Vec::new();
        let mut grown = document;
        for change in &coming {
            states.push(grown.clone());
            grown.receive(change);
        }
        for round in 0..EACH {
            let at = dice.below(coming.len());
            let (change, other) = (&coming[at], dice.pick(&coming));
            let repaired = round % 2 == 0;
            let bytes = if repaired {
                damaged_and_repaired(change, other, &mut dice)
            } else {
                let mut bytes = change.clone();
                damage(&mut bytes, other, &mut dice);
                bytes
            };
            let heads = states[at].heads();
            let began = Instant::now();
            let verdict = if bytes == *change {
                continue;
            } else {
                let untouched = repaired.then(|| states[at].clone());
                let began = Instant::now();
                let verdict = states[at].receive(&bytes);
                slowest = slowest.max(began.elapsed());
                if let Verdict::Stored { hash, items } = &verdict {
                    let state = &states[at];
                    assert!(repaired, "a wrong checksum got past");
                    let loaded = Document::load(SCHOOL, state.id().clone(), &state.save().unwrap()).unwrap();
                    assert_eq!(loaded.heads(), state.heads());
                    assert!(state.has(hash) && state.heads() != heads);
                    assert_eq!(loaded.items().len(), state.items().len());
                    assert_eq!(
                        state.items().len(),
                        untouched.as_ref().unwrap().items().len() + items.len()
                    );
                    states[at] = untouched.unwrap();
                }
                verdict
            };
            assert!(began.elapsed() < CALL_TIME_MAX * 2);
            assert_eq!(states[at].heads(), heads);
            *counts.entry(code_of(&verdict)).or_default() += 1;
        }
        // The documents are sound after all of it: what they waited for is still taken.
        for (state, change) in states.iter_mut().zip(&coming) {
            assert_eq!(code_of(&state.receive(change)), "stored");
        }
    }
    let tried: usize = counts.values().sum();
    println!(
        "{tried} damaged changes in {:?}, the slowest call {slowest:?}",
        start.elapsed()
    );
    for (code, count) in &counts {
        println!("{count:>8} {code}");
    }
    assert!(tried >= 200_000);
    assert!(slowest < CALL_TIME_MAX, "{slowest:?}");
    assert_memory_stayed_small();
}

#[test]
fn a_batch_gives_each_change_the_verdict_that_it_has_alone() {
    door::quiet_caught_panics();
    for (which, Corpus { document, coming }) in corpora().into_iter().enumerate() {
        let mut dice = Dice::new(which as u64 + 40);
        for _ in 0..200 {
            let mut batch = coming.clone();
            for _ in 0..dice.below(6) {
                let (change, other) = (dice.pick(&coming).clone(), dice.pick(&coming).clone());
                batch.push(damaged_and_repaired(&change, &other, &mut dice));
            }
            if dice.below(2) == 0 {
                dice.shuffle(&mut batch);
            }
            let (mut together, mut alone) = (document.clone(), document.clone());
            let batch: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
            let verdicts: Vec<Verdict> = batch.iter().map(|change| alone.receive(change)).collect();
            assert_eq!(together.receive_all(&batch), verdicts);
            assert_eq!(together.heads(), alone.heads());
            let loaded = Document::load(SCHOOL, together.id().clone(), &together.save().unwrap()).unwrap();
            assert_eq!(loaded.heads(), together.heads());
            assert_eq!(loaded.items(), alone.items());
        }
    }
    assert!(sheet(&class()).receive_all(&[]).is_empty());
}
