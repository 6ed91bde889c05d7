//! What a signature costs: to make, to check by itself, and to check among many.
//!
//! `cargo run --release -p daymark-core --example signature_cost`
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "an example that measures and prints"
)]

use std::hint::black_box;
use std::time::Instant;

use daymark_core::document_id::DocumentId;
use daymark_core::ids::{ChangeHash, SchoolId};
use daymark_core::signature::{Claim, KEY_BYTES, SIGNATURE_BYTES, SecretKey, verify_changes};

fn microseconds(rounds: u32, mut work: impl FnMut()) -> f64 {
    let started = Instant::now();
    for _ in 0..rounds {
        work();
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(rounds)
}

fn main() {
    let school = SchoolId(123_456);
    let document: DocumentId = "sheet/2026-03-02/gate".parse().expect("an id");
    let key = SecretKey::from_seed(&[7; KEY_BYTES]);
    let verifier = key.public().verifier().expect("a key");
    let change = |number: u32| {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        ChangeHash(hash)
    };
    let signature = key.sign_change(school, &document, &change(0));
    println!("a signature is {SIGNATURE_BYTES} bytes");
    let sign = microseconds(2000, || {
        black_box(key.sign_change(school, &document, &change(0)));
    });
    println!("to make one: {sign:.1} microseconds");
    let check = microseconds(2000, || {
        let checked = verifier.verify_change(school, &document, &change(0), &signature);
        checked.expect("it holds");
    });
    println!("to check one: {check:.1} microseconds");
    for count in [2, 4, 8, 16, 64, 256, 1024] {
        let claims: Vec<Claim<'_>> = (0..count)
            .map(|number| Claim {
                by: &verifier,
                change: change(number),
                signature: key.sign_change(school, &document, &change(number)),
            })
            .collect();
        let all = microseconds(20_000 / count + 10, || {
            verify_changes(school, &document, &claims).expect("they hold");
        });
        println!(
            "to check one among {count}: {:.1} microseconds",
            all / f64::from(count)
        );
    }
}
