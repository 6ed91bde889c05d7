//! What a replica remembers of the log, so that it notices when the school's record is changed behind its back.

use std::fmt;

use super::checkpoint::{CheckpointError, SignedCheckpoint, VerifiedCheckpoint};
use super::key::NoteKey;
use super::proof::{LogHash, ProofError, TreeHead, TreeSize, verify_consistency};

/// The last checkpoint that a replica has seen, and the key that all of them must be signed with.
///
/// To keep: [`key`](Self::key) as text, and [`last`](Self::last) as a note. [`resume`](Self::resume) reads both again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    key: NoteKey,
    last: Option<VerifiedCheckpoint>,
}

/// What came of a new checkpoint. Its words are for whoever holds the tablet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "anything but Followed has to be shown to somebody"]
pub enum Outcome {
    /// Everything that was seen before is still there. The new checkpoint is remembered.
    Followed,
    /// The log is shorter than it was, and the hub does not say why.
    Behind(Box<Sighting>),
    /// The log does not continue the one that was seen, and the hub says that it was restored from an older backup. It
    /// may be true: [`Follower::take_branch`] once a person has confirmed it.
    Branched(Box<Sighting>),
    /// The log does not continue the one that was seen.
    Forked(Box<Sighting>, ProofError),
}

/// Two checkpoints that do not go together, both signed by the school's key. Whoever has both can show that the record was
/// changed, without being believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    seen: VerifiedCheckpoint,
    offered: VerifiedCheckpoint,
}

impl Sighting {
    /// The one that is remembered.
    pub fn seen(&self) -> &VerifiedCheckpoint {
        &self.seen
    }

    /// The one that the hub offers now.
    pub fn offered(&self) -> &VerifiedCheckpoint {
        &self.offered
    }

    /// Whether the hub says that it is on a branch, and on another one than was known.
    fn is_announced(&self) -> bool {
        let branch = self.offered.checkpoint().branch();
        branch.is_some() && branch != self.seen.checkpoint().branch()
    }
}

impl Follower {
    /// A replica that has seen nothing yet. The key is from the enrolment, where a person compared its fingerprint.
    pub fn new(key: NoteKey) -> Self {
        Self { key, last: None }
    }

    /// A replica that goes on from what it kept.
    ///
    /// # Errors
    /// The kept note is not a checkpoint signed by the key.
    pub fn resume(key: NoteKey, note: &[u8]) -> Result<Self, CheckpointError> {
        let last = SignedCheckpoint::parse(note)?.verify(&key)?;
        Ok(Self {
            key,
            last: Some(last),
        })
    }

    /// The key of the log.
    pub fn key(&self) -> &NoteKey {
        &self.key
    }

    /// The last checkpoint that was followed.
    pub fn last(&self) -> Option<&VerifiedCheckpoint> {
        self.last.as_ref()
    }

    /// The size to ask a consistency proof from: 0 before anything was seen, and then the proof is empty.
    pub fn size(&self) -> TreeSize {
        self.head().size
    }

    fn head(&self) -> TreeHead {
        self.last
            .as_ref()
            .map_or(TreeHead::EMPTY, VerifiedCheckpoint::head)
    }

    /// Looks at a new checkpoint, with the proof that it continues the log from [`size`](Self::size). It is remembered only
    /// where this is so; otherwise the old one stays, and the next checkpoint is judged by it again.
    ///
    /// A proof that fits is enough even where the hub announces a branch: nothing that this replica saw is gone.
    ///
    /// # Errors
    /// The note is no checkpoint that the school's key has signed. It says nothing about the log.
    pub fn follow(&mut self, note: &[u8], proof: &[LogHash]) -> Result<Outcome, CheckpointError> {
        let offered = SignedCheckpoint::parse(note)?.verify(&self.key)?;
        let checked = verify_consistency(self.head(), offered.head(), proof);
        let (Err(why), Some(seen)) = (checked, &self.last) else {
            // Any tree continues the one without leaves: before the first sight there is nothing to compare.
            self.last = Some(offered);
            return Ok(Outcome::Followed);
        };
        let sighting = Box::new(Sighting {
            seen: seen.clone(),
            offered,
        });
        Ok(match why {
            _ if sighting.is_announced() => Outcome::Branched(sighting),
            ProofError::Shrunk { .. } => Outcome::Behind(sighting),
            why => Outcome::Forked(sighting, why),
        })
    }

    /// Goes on from the branch of [`Outcome::Branched`], because a person at the school has confirmed that the server was
    /// restored. Keep the [`Sighting`]: it names what may have been lost. Whether it was taken: it is not where this replica has
    /// followed something else since.
    pub fn take_branch(&mut self, sighting: &Sighting) -> bool {
        let is_taken = self.last.as_ref() == Some(&sighting.seen) && sighting.is_announced();
        if is_taken {
            self.last = Some(sighting.offered.clone());
        }
        is_taken
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Behind(sighting) | Self::Branched(sighting) | Self::Forked(sighting, _)) = self else {
            return f.write_str("The school's record holds everything that this tablet has seen of it.");
        };
        let seen = sighting.seen.head().size;
        let offered = sighting.offered.head().size;
        match self {
            Self::Followed | Self::Behind(_) => write!(
                f,
                "The school's record has become shorter: this tablet has seen {seen} changes in it, and the server now \
                 shows {offered}. The server may have been put back to an older state. Go on taking the register; what \
                 you record stays on this tablet. Tell the office today, and do not reset this tablet."
            ),
            Self::Branched(_) => write!(
                f,
                "The server says that it was restored from an older backup. This tablet had seen {seen} changes in the \
                 school's record; the server now shows {offered}, and some of those seen may be missing. Ask the office \
                 whether the server was restored. If it was, confirm it here; if nobody knows of it, tell the head \
                 teacher, and do not reset this tablet."
            ),
            Self::Forked(..) => write!(
                f,
                "The school's record was changed after this tablet last saw it: the record of {offered} changes that the \
                 server shows now does not contain the {seen} that this tablet has seen. Go on taking the register; \
                 what you record stays on this tablet. Tell the head teacher today, and do not reset this tablet: it \
                 holds the proof."
            ),
        }
    }
}
