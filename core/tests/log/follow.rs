//! A replica follows the school's log, and says so when the log does not continue what it has seen.

use daymark_core::ids::SchoolId;
use daymark_core::log::checkpoint::{Checkpoint, SignedCheckpoint, VerifiedCheckpoint};
use daymark_core::log::follow::{Follower, Outcome};
use daymark_core::log::key::NoteKey;
use daymark_core::log::proof::{LogHash, ProofError, TreeSize};
use ed25519_dalek::{Signer, SigningKey};

use crate::reference::{head, leaves, proof};

const SCHOOL: SchoolId = SchoolId(123_456);

/// A hub with a log, and the key of its school.
struct Hub {
    log: Vec<LogHash>,
    branch: Option<LogHash>,
}

impl Hub {
    fn new(log: Vec<LogHash>) -> Self {
        Self { log, branch: None }
    }

    fn checkpoint(&self) -> String {
        let checkpoint = Checkpoint::new(SCHOOL, head(&self.log, self.log.len()), self.branch);
        let signature = signing_key().sign(checkpoint.sign_text().as_bytes()).to_bytes();
        let verified = SignedCheckpoint::assemble(&checkpoint, &key(), &signature).unwrap();
        verified.note().to_owned()
    }

    /// What a hub can answer: no proof from a log that is longer than its own.
    fn show(&self, follower: &mut Follower) -> Outcome {
        let from = usize::try_from(follower.size().0).unwrap();
        let proof = if from <= self.log.len() {
            proof(from, &self.log)
        } else {
            Vec::new()
        };
        follower.follow(self.checkpoint().as_bytes(), &proof).unwrap()
    }
}

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

fn key() -> NoteKey {
    NoteKey::of_school(SCHOOL, signing_key().verifying_key().as_bytes()).unwrap()
}

#[test]
fn an_honest_log_is_followed_and_taken_up_again() {
    let mut follower = Follower::new(key());
    for size in [0, 1, 1, 5, 64, 65, 100] {
        let hub = Hub::new(leaves(1, size));
        assert_eq!(hub.show(&mut follower), Outcome::Followed);
        assert_eq!(follower.size(), TreeSize(size as u64));
        let note = follower.last().unwrap().note().to_owned();
        assert_eq!(Follower::resume(key(), note.as_bytes()), Ok(follower.clone()));
    }
}

#[test]
fn a_log_that_became_shorter_is_behind() {
    let mut follower = Follower::new(key());
    assert_eq!(Hub::new(leaves(1, 30)).show(&mut follower), Outcome::Followed);
    let outcome = Hub::new(leaves(1, 20)).show(&mut follower);
    let Outcome::Behind(sighting) = &outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(sighting.seen().head().size, TreeSize(30));
    assert_eq!(sighting.offered().head().size, TreeSize(20));
    let words = outcome.to_string();
    assert!(words.contains("seen 30") && words.contains("shows 20"), "{words}");
    assert!(words.contains("do not reset this tablet"), "{words}");
    assert_eq!(follower.size(), TreeSize(30), "what was seen is not forgotten");
    assert!(!follower.take_branch(sighting), "nobody announced a branch");
}

#[test]
fn a_log_that_was_rewritten_is_a_fork_at_any_size() {
    for size in [30, 31, 47] {
        let mut follower = Follower::new(key());
        assert_eq!(Hub::new(leaves(1, 30)).show(&mut follower), Outcome::Followed);
        let mut rewritten = leaves(1, size);
        rewritten[12] = LogHash([0; 32]);
        let outcome = Hub::new(rewritten).show(&mut follower);
        let Outcome::Forked(sighting, why) = &outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(*why, ProofError::NotConsistent);
        assert!(!follower.take_branch(sighting));
        assert_eq!(follower.size(), TreeSize(30));
        // Both notes together are the evidence: signed, of one log, and not to be reconciled.
        for note in [sighting.seen(), sighting.offered()] {
            assert!(Follower::resume(key(), note.note().as_bytes()).is_ok());
        }
        // The true log is followed again.
        assert_eq!(Hub::new(leaves(1, 40)).show(&mut follower), Outcome::Followed);
    }
}

#[test]
fn an_announced_restore_waits_for_a_person() {
    let mut early = Follower::new(key());
    let mut late = Follower::new(key());
    let backup = Hub::new(leaves(1, 20));
    assert_eq!(backup.show(&mut early), Outcome::Followed);
    assert_eq!(Hub::new(leaves(1, 30)).show(&mut late), Outcome::Followed);

    let mut restored = Hub::new([leaves(1, 20), leaves(2, 15)].concat());
    restored.branch = early.last().map(VerifiedCheckpoint::text_hash);
    // Whoever saw no more than the backup held has lost nothing, and need not be asked.
    assert_eq!(restored.show(&mut early), Outcome::Followed);

    let outcome = restored.show(&mut late);
    let Outcome::Branched(sighting) = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(outcome.to_string().contains("restored from an older backup"));
    assert_eq!(late.size(), TreeSize(30), "not without a person");
    assert!(late.take_branch(sighting));
    assert!(!late.take_branch(sighting), "once");
    restored.log.extend(leaves(3, 4));
    assert_eq!(restored.show(&mut late), Outcome::Followed);

    // The line of a branch that is known already excuses nothing.
    restored.log[3] = LogHash([0; 32]);
    assert!(matches!(restored.show(&mut late), Outcome::Forked(..)));
    restored.log.truncate(25);
    assert!(matches!(restored.show(&mut late), Outcome::Behind(_)));
}

#[test]
fn a_note_by_another_key_says_nothing_about_the_log() {
    let other = SigningKey::from_bytes(&[43; 32]);
    let theirs = NoteKey::of_school(SCHOOL, other.verifying_key().as_bytes()).unwrap();
    let mut follower = Follower::new(theirs);
    let hub = Hub::new(leaves(1, 3));
    assert!(follower.follow(hub.checkpoint().as_bytes(), &[]).is_err());
    assert_eq!(follower.last(), None);
}
