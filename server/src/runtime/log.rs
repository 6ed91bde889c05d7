//! The school's log on disk: the last checkpoint, and the branch that a restored server goes on on.

use daymark_core::ids::DeviceNumber;
use daymark_core::log::checkpoint::VerifiedCheckpoint;
use daymark_core::log::key::NoteKey;
use daymark_core::log::proof::LogHash;
use daymark_sync_protocol::event::{Branch, Deed, Event, Note};
use daymark_sync_protocol::hub::Hub;

use super::{Runtime, RuntimeError, now_ms};
use crate::log::checkpoint_file::{CheckpointFile, CheckpointFileError};

/// Why a server must not start with the journal that it finds.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The checkpoint that was kept cannot be read.
    #[error(transparent)]
    File(#[from] CheckpointFileError),
    /// The journal is not the one that was signed for.
    #[error(
        "{why}. If this server was restored from an older backup on purpose, start it once with --restored: its log then goes on as a new branch, which every tablet shows"
    )]
    NotContinued {
        /// What is wrong.
        why: String,
    },
    /// It could not be written down.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

fn newest(hub: &mut Hub) -> Result<VerifiedCheckpoint, RuntimeError> {
    let checkpoint = hub.checkpoint().cloned();
    checkpoint.ok_or_else(|| RuntimeError::Log("the newest checkpoint cannot be signed".to_owned()))
}

impl Runtime {
    /// The newest checkpoint of the log.
    ///
    /// # Errors
    /// [`RuntimeError::Log`]: it cannot be signed.
    pub fn checkpoint(&self) -> Result<VerifiedCheckpoint, RuntimeError> {
        newest(&mut self.lock().hub)
    }

    /// One checkpoint, and the proofs that leaves are under it, in their order.
    ///
    /// # Errors
    /// [`RuntimeError::Log`]: one of them is not in the log, or not on disk yet.
    pub fn prove(&self, leaves: &[u64]) -> Result<(VerifiedCheckpoint, Vec<Vec<LogHash>>), RuntimeError> {
        let mut memory = self.lock();
        let checkpoint = newest(&mut memory.hub)?;
        let log = memory.hub.log();
        let proof = |leaf: &u64| {
            log.inclusion(*leaf).ok_or_else(|| {
                RuntimeError::Log(format!(
                    "change {leaf} is not under the checkpoint of {}: ask again",
                    log.durable()
                ))
            })
        };
        let proofs: Result<Vec<_>, _> = leaves.iter().map(proof).collect();
        Ok((checkpoint, proofs?))
    }

    /// The branch that the log is on.
    pub fn branch(&self) -> Option<Branch> {
        self.look(|hub| hub.log().branch().cloned())
    }

    /// At the start: compares the log with the checkpoint that was kept beside it. Where it is not continued, a server
    /// that is said to be `restored` goes on as a branch, and any other does not start.
    ///
    /// # Errors
    /// See [`LogError`].
    pub async fn check_log(&self, file: &CheckpointFile, restored: bool) -> Result<(), LogError> {
        let key = self.look(|hub| NoteKey::of_school(hub.facts().school, &hub.facts().key.public().0));
        let key = key.map_err(|error| RuntimeError::Log(error.to_string()))?;
        let Some(kept) = file.read(&key)? else {
            return Ok(());
        };
        let Err(why) = self.look(|hub| hub.log().continues(kept.head())) else {
            return Ok(());
        };
        if !restored {
            return Err(LogError::NotContinued { why: why.to_string() });
        }
        let nobody = DeviceNumber(0);
        let branch = self.lock().hub.branch_for(kept.note(), nobody, now_ms());
        if let Some(branch) = branch {
            let noted = Event::Noted(Note {
                at_ms: branch.at_ms,
                device: nobody,
                by: None,
                deed: Deed::Branched(branch.size),
            });
            self.record(vec![Event::Branched(branch.clone()), noted], |memory| {
                memory.hub.set_branch(branch);
            })
            .await?;
        }
        Ok(())
    }

    /// Keeps the newest checkpoint beside the journal, where it is newer than `last`; gives its size. Blocks.
    ///
    /// # Errors
    /// See [`LogError`].
    pub fn keep_checkpoint(&self, file: &CheckpointFile, last: Option<u64>) -> Result<u64, LogError> {
        let checkpoint = self.checkpoint()?;
        let size = checkpoint.head().size.0;
        if last != Some(size) {
            file.write(&checkpoint)?;
        }
        Ok(size)
    }
}
