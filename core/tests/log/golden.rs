//! The formats of the log, byte for byte, with a fixed key. A line of these files never changes: signed checkpoints
//! and receipts of years ago must verify for ever.

use daymark_core::ids::{ChangeHash, DeviceNumber, SchoolId, hex};
use daymark_core::log::checkpoint::{Checkpoint, SignedCheckpoint};
use daymark_core::log::key::NoteKey;
use daymark_core::log::leaf::Leaf;
use daymark_core::log::proof::{LogHash, TreeSize};
use ed25519_dalek::{Signer, SigningKey};

use crate::reference::{head, proof};

const GOLDEN: &str = include_str!("../golden/log.txt");
const SCHOOL: SchoolId = SchoolId(123_456);

fn golden_leaves() -> Vec<Leaf> {
    [
        "sheet/2026-03-02/office",
        "sheet/2026-03-02/class:4B",
        "sheet/2026-03-02/trip:6e5f2c3a-0000-4000-8000-000000000001",
        "trip/6e5f2c3a-0000-4000-8000-000000000001",
        "visit/6e5f2c3a-0000-4000-8000-000000000002",
    ]
    .iter()
    .zip(1..)
    .map(|(document, number)| Leaf {
        school: SCHOOL,
        document: document.parse().unwrap(),
        change: ChangeHash([number; 32]),
        device: DeviceNumber(u32::from(number) * 100),
        signature: [number + 0x50; 64],
    })
    .collect()
}

fn now() -> String {
    let mut lines = Vec::new();
    let leaves = golden_leaves();
    for (index, leaf) in leaves.iter().enumerate() {
        assert_eq!(Leaf::from_bytes(&leaf.to_bytes()).as_ref(), Ok(leaf));
        lines.push(format!("leaf {index} {}", hex(&leaf.to_bytes())));
        lines.push(format!("leaf-hash {index} {}", leaf.hash()));
    }
    let hashes: Vec<LogHash> = leaves.iter().map(Leaf::hash).collect();
    for hash in proof(3, &hashes) {
        lines.push(format!("consistency-3-to-5 {hash}"));
    }
    let signing = SigningKey::from_bytes(&[42; 32]);
    let key = NoteKey::of_school(SCHOOL, signing.verifying_key().as_bytes()).unwrap();
    lines.push(format!("verifier-key {key}"));
    lines.push(format!("fingerprint {}", key.fingerprint()));
    let mut branch = None;
    for size in [3, 5] {
        let checkpoint = Checkpoint::new(SCHOOL, head(&hashes, size), branch);
        let signature = signing.sign(checkpoint.sign_text().as_bytes()).to_bytes();
        let verified = SignedCheckpoint::assemble(&checkpoint, &key, &signature).unwrap();
        assert_eq!(verified.head().size, TreeSize(size as u64));
        lines.extend(verified.note().lines().map(|line| format!("note-{size} {line}")));
        branch = Some(verified.text_hash());
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_formats_are_what_they_were() {
    assert_eq!(now().replace(" \n", "\n"), GOLDEN, "\n{}", now());
}
