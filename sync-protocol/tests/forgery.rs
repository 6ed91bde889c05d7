//! Forged changes: whoever has no key of a school's device can put nothing into its register, nor can a device speak for
//! another.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;
mod forgery {
    pub(crate) mod forger;
    mod hub;
    mod replica;
    mod standing;
}

use std::collections::BTreeMap;

use common::*;
use daymark_core::ids::DeviceNumber;
use daymark_core::roster::Roster;
use daymark_core::signature::{PublicKey, SIGNATURE_BYTES, Signature, SignedChange, chunk_of, split};
use daymark_sync_protocol::keys::{KeyRing, NotVerified};
use forgery::forger::{Forger, KINDS, SMALL_ORDER, journal};

const CASES_OF_A_THREAD: u64 = 50_200;
const THREADS: u64 = 4;

/// Tries one thread's share; gives how many there were of each kind.
fn try_all(seed: u64) -> BTreeMap<&'static str, u64> {
    let mut forger = Forger::new(seed);
    let hub = journal().hub(&Roster::default());
    let mut counts = BTreeMap::new();
    for _ in 0..CASES_OF_A_THREAD {
        let forged = forger.forge();
        *counts.entry(forged.kind).or_default() += 1;
        let verdict = hub.keys().verify(SCHOOL, &forged.document, &forged.bytes);
        let Err(why) = verdict else {
            panic!("taken: {}: {forged:?}", forged.kind)
        };
        assert!(forged.may_be_called(why.code()), "{}: {why}", forged.kind);
    }
    counts
}

#[test]
#[allow(
    clippy::disallowed_macros,
    reason = "the counts are for whoever reads the test's output"
)]
fn two_hundred_thousand_forged_changes_are_verified_and_none_is_believed() {
    let counts = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=THREADS)
            .map(|seed| scope.spawn(move || try_all(seed)))
            .collect();
        let mut all: BTreeMap<&'static str, u64> = BTreeMap::new();
        for thread in threads {
            for (kind, number) in thread.join().expect("nothing was believed") {
                *all.entry(kind).or_default() += number;
            }
        }
        all
    });
    for (kind, number) in &counts {
        std::println!("{number:>7} {kind}");
    }
    assert!(counts.values().sum::<u64>() >= 200_000);
    for kind in KINDS {
        assert!(counts.get(kind).is_some_and(|number| *number > 5_000), "{kind}");
    }
}

#[test]
fn every_honest_change_that_the_forger_starts_from_is_believed() {
    let forger = Forger::new(1);
    let hub = journal().hub(&Roster::default());
    for honest in forger.honest() {
        let verified = hub
            .keys()
            .verify(SCHOOL, &honest.document, &honest.bytes)
            .unwrap();
        assert_eq!(verified.author, DeviceNumber(honest.device));
        assert_eq!(verified.hash, hash_of(&honest.bytes));
        assert_eq!(verified.chunk, chunk_of(&honest.bytes));
    }
}

#[test]
fn every_bit_of_a_signature_and_of_a_change_counts() {
    let forger = Forger::new(1);
    let hub = journal().hub(&Roster::default());
    let honest = &forger.honest()[0];
    for bit in 0..honest.bytes.len() * 8 {
        let mut bytes = honest.bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let verdict = hub.keys().verify(SCHOOL, &honest.document, &bytes);
        let Err(why) = verdict else {
            panic!("bit {bit} does not count")
        };
        if bit < SIGNATURE_BYTES * 8 {
            assert_eq!(why, NotVerified::Forged(DeviceNumber(honest.device)), "bit {bit}");
        }
    }
}

#[test]
fn a_change_cut_anywhere_is_not_believed() {
    let forger = Forger::new(1);
    let hub = journal().hub(&Roster::default());
    let honest = &forger.honest()[0];
    for length in 0..honest.bytes.len() {
        let verdict = hub
            .keys()
            .verify(SCHOOL, &honest.document, &honest.bytes[..length]);
        let code = verdict.expect_err("it was cut").code();
        assert_eq!(
            code == "not-a-signed-change",
            length < SIGNATURE_BYTES,
            "cut at {length}: {code}"
        );
    }
}

/// For these keys there are signatures that hold for any message, where a verifier is not strict.
#[test]
fn a_key_of_small_order_vouches_for_nothing() {
    let forger = Forger::new(1);
    let honest = &forger.honest()[0];
    for key in SMALL_ORDER {
        assert!(!PublicKey(key).is_usable(), "{key:?}");
        let mut ring = KeyRing::default();
        ring.add(DeviceNumber(honest.device), PublicKey(key));
        for point in SMALL_ORDER {
            let mut signature = [0; SIGNATURE_BYTES];
            signature[..32].copy_from_slice(&point);
            let bytes = SignedChange::new(&Signature(signature), chunk_of(&honest.bytes));
            let verdict = ring.verify(SCHOOL, &honest.document, bytes.as_bytes());
            assert_eq!(
                verdict.expect_err("no key").code(),
                "bad-signature",
                "{key:?} {point:?}"
            );
        }
    }
}

#[test]
fn a_second_spelling_of_a_good_signature_is_refused() {
    let forger = Forger::new(1);
    let hub = journal().hub(&Roster::default());
    for honest in forger.honest() {
        let (signature, chunk) = split(&honest.bytes).unwrap();
        for times in 1..=15 {
            let bytes = SignedChange::new(&forgery::forger::plus_order(&signature, times), chunk);
            let verdict = hub.keys().verify(SCHOOL, &honest.document, bytes.as_bytes());
            assert_eq!(
                verdict.expect_err("not canonical").code(),
                "bad-signature",
                "{times}"
            );
        }
    }
}
