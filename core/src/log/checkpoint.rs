//! Checkpoints: the hub's signed word on how long its log is and what its root is (C2SP tlog-checkpoint).

use sha2::{Digest, Sha256};

use super::key::{NoteKey, origin_of};
use super::note::{NoteError, SignedNote};
use super::proof::{LogHash, TreeHead, TreeSize};
use crate::ids::SchoolId;

/// The longest text of a checkpoint, in bytes. Ours have at most 200.
pub const TEXT_BYTES_MAX: usize = 4096;

/// What the extension line of a [branch](Checkpoint::branch) starts with.
const BRANCH: &str = "branch ";

/// Why a text is not a checkpoint of this log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// More bytes than a checkpoint may have.
    #[error("a checkpoint of {0} bytes is longer than the {TEXT_BYTES_MAX} that are read")]
    TooLong(usize),
    /// Fewer than three lines, or an empty one.
    #[error(
        "a checkpoint has an origin, a size and a root, each on a line, and no empty line; this is another kind of note"
    )]
    Lines,
    /// The size is not a plain decimal number, or too large.
    #[error("the size in the checkpoint is not a plain number up to {max}", max = TreeSize::MAX)]
    Size,
    /// The root is not 32 bytes in base 64, or is not that of the empty log where the size is 0.
    #[error("the root in the checkpoint is not a hash that a log of this size can have")]
    Root,
    /// A `branch` line that cannot be read, or a second one.
    #[error("the checkpoint announces a branch in a way that cannot be read; update this program")]
    Branch,
    /// A good signature under a checkpoint of another log.
    #[error("the checkpoint is of the log {origin:?} and not of {expected:?}: it belongs to another school")]
    OtherLog {
        /// Which log the checkpoint is of.
        origin: String,
        /// Which log the key is for.
        expected: String,
    },
}

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    head: TreeHead,
    branch: Option<LogHash>,
}

impl Checkpoint {
    /// A checkpoint of a school's log. For `branch` see [`branch`](Self::branch).
    pub fn new(school: SchoolId, head: TreeHead, branch: Option<LogHash>) -> Self {
        Self {
            origin: origin_of(school),
            head,
            branch,
        }
    }

    /// Which log it is of.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The log's size and root.
    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// The announced branch, if the log is on one.
    ///
    /// A hub that was restored from an older backup has lost the end of its log, and will write another one. It must not
    /// do so in silence. From then on each of its checkpoints has the line `branch HASH`, in base 64: the
    /// [hash](VerifiedCheckpoint::text_hash) of the newest checkpoint that the backup held, after which the log goes on.
    pub fn branch(&self) -> Option<LogHash> {
        self.branch
    }

    /// The text of the checkpoint: the bytes that are signed.
    pub fn sign_text(&self) -> String {
        let mut text = format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.head.size,
            self.head.root.to_base64()
        );
        if let Some(branch) = self.branch {
            text.push_str(BRANCH);
            text.push_str(&branch.to_base64());
            text.push('\n');
        }
        text
    }

    /// Reads the text of a checkpoint of any log. Extension lines other than ours are passed over, as the format asks.
    ///
    /// # Errors
    /// See [`CheckpointError`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(CheckpointError::TooLong(text.len()));
        }
        let lines: Vec<&str> = text
            .strip_suffix('\n')
            .ok_or(CheckpointError::Lines)?
            .split('\n')
            .collect();
        let [origin, size, root, extensions @ ..] = lines.as_slice() else {
            return Err(CheckpointError::Lines);
        };
        if lines.iter().any(|line| line.is_empty()) {
            return Err(CheckpointError::Lines);
        }
        let size = parse_size(size).ok_or(CheckpointError::Size)?;
        let root = LogHash::from_base64(root).ok_or(CheckpointError::Root)?;
        if size == TreeSize::EMPTY && root != LogHash::EMPTY_ROOT {
            return Err(CheckpointError::Root);
        }
        let mut branch = None;
        for hash in extensions.iter().filter_map(|line| line.strip_prefix(BRANCH)) {
            let hash = LogHash::from_base64(hash).ok_or(CheckpointError::Branch)?;
            if branch.replace(hash).is_some() {
                return Err(CheckpointError::Branch);
            }
        }
        Ok(Self {
            origin: (*origin).to_owned(),
            head: TreeHead { size, root },
            branch,
        })
    }
}

/// Decimal without sign, spaces or leading zeros.
fn parse_size(text: &str) -> Option<TreeSize> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    let size = TreeSize(text.parse().ok()?);
    (plain && size <= TreeSize::MAX).then_some(size)
}

/// A checkpoint as it came, whose signature has not been checked. What it says cannot be asked for until it
/// [is](Self::verify).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint(SignedNote);

impl SignedCheckpoint {
    /// Reads the form of a signed note.
    ///
    /// # Errors
    /// [`CheckpointError::Note`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        Ok(Self(SignedNote::parse(bytes)?))
    }

    /// Puts the signature of `key` over [`Checkpoint::sign_text`] under a checkpoint, and verifies it.
    ///
    /// # Errors
    /// The signature is not the key's, or the checkpoint is of another log than the key.
    pub fn assemble(
        checkpoint: &Checkpoint,
        key: &NoteKey,
        signature: &[u8; 64],
    ) -> Result<VerifiedCheckpoint, CheckpointError> {
        Self(SignedNote::assemble(&checkpoint.sign_text(), key, signature)?).verify(key)
    }

    /// What the checkpoint says, if `key` has signed it and it is of the log that the key is named after.
    ///
    /// # Errors
    /// See [`CheckpointError`].
    pub fn verify(self, key: &NoteKey) -> Result<VerifiedCheckpoint, CheckpointError> {
        let checkpoint = Checkpoint::parse(self.0.verified_text(key)?)?;
        if checkpoint.origin != key.name() {
            return Err(CheckpointError::OtherLog {
                origin: checkpoint.origin,
                expected: key.name().to_owned(),
            });
        }
        let text_hash = LogHash(Sha256::digest(self.0.verified_text(key)?).into());
        Ok(VerifiedCheckpoint {
            note: self.0,
            checkpoint,
            text_hash,
        })
    }
}

/// A checkpoint that its log's key has signed. There is no other way to have one than
/// [`SignedCheckpoint::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    note: SignedNote,
    checkpoint: Checkpoint,
    text_hash: LogHash,
}

impl VerifiedCheckpoint {
    /// What it says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The log's size and root.
    pub fn head(&self) -> TreeHead {
        self.checkpoint.head
    }

    /// SHA-256 of the signed text, as a [branch](Checkpoint::branch) names it. Not of the signatures: witnesses may add some.
    pub fn text_hash(&self) -> LogHash {
        self.text_hash
    }

    /// The whole signed note: what to keep, and what to show as evidence.
    pub fn note(&self) -> &str {
        self.note.as_str()
    }
}
