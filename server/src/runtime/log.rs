//! The school's log on disk: the last checkpoint, and the branch that a restored server goes on on.

use std::sync::PoisonError;

use daymark_core::document_id::DocumentId;
use daymark_core::ids::{ChangeHash, DeviceNumber, PersonId, hex};
use daymark_core::log::checkpoint::VerifiedCheckpoint;
use daymark_core::log::key::NoteKey;
use daymark_core::log::proof::LogHash;
use daymark_sync_protocol::event::{Branch, Deed, Event, Note};

use super::{Runtime, RuntimeError, Told, now_ms};
use crate::log::checkpoint_file::{CheckpointFile, CheckpointFileError};

/// Why a server must not start with the journal that it finds.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The checkpoint that was kept cannot be read.
    #[error(transparent)]
    File(#[from] CheckpointFileError),
    /// The journal is not the one that was signed for.
    #[error(
        "{why}. If this server was restored from an older backup on purpose, start it once with --restored: its log then          goes on as a new branch, which every tablet shows"
    )]
    NotContinued {
        /// What is wrong.
        why: String,
    },
    /// It could not be written down.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

impl Runtime {
    /// The school's word to a lost device that it must lock itself: a signature, in hexadecimal.
    pub fn lost_notice(&self, device: DeviceNumber) -> String {
        hex(&self.facts.key.sign_lost(self.facts.school, device).0)
    }

    /// Notes that a lost device spoke just now.
    pub fn lost_spoke(&self, device: DeviceNumber) {
        let mut spoke = self.lost_spoke.lock().unwrap_or_else(PoisonError::into_inner);
        spoke.insert(device, now_ms());
    }

    /// When a lost device last spoke, since the start of the server: unix milliseconds.
    pub fn last_spoke(&self, device: DeviceNumber) -> Option<u64> {
        let spoke = self.lost_spoke.lock().unwrap_or_else(PoisonError::into_inner);
        spoke.get(&device).copied()
    }

    /// Lets in what was kept aside, because a named person answers for it: of a lost device, or without the duty. The
    /// signature and the door are asked again.
    ///
    /// # Errors
    /// Nothing is held under the key, it cannot be let in, or nothing could be made durable.
    pub async fn release(&self, key: &ChangeHash, by: &PersonId, reason: &str) -> Result<(), RuntimeError> {
        let aside = self.store().aside()?.into_iter().find(|aside| aside.key == *key);
        let aside = aside.ok_or_else(|| RuntimeError::NotHeld(key.to_string()))?;
        let (receipt, pending, epoch) = {
            let mut memory = self.lock();
            if let Ok(id) = DocumentId::from_bytes(&aside.document)
                && memory.hub.document(&id).is_none()
            {
                self.load_documents(&mut memory, vec![id])?;
            }
            let mut receipt = memory
                .hub
                .release_aside(&aside, by, reason, now_ms())
                .map_err(|why| RuntimeError::NotReleased { why })?;
            let events = std::mem::take(&mut receipt.events);
            let epoch = memory.epoch;
            (receipt, self.committer.submit(epoch, events), epoch)
        };
        self.settle(epoch, pending.await)?;
        let changed = receipt.changed.clone();
        let mut memory = self.lock();
        if memory.epoch == epoch {
            memory.hub.durable(&receipt);
        }
        drop(memory);
        let told = changed.into_iter().map(|(document, cursor)| Told::Changed {
            document,
            cursor,
            push: None,
        });
        self.tell(told.collect());
        Ok(())
    }

    /// The newest checkpoint of the log.
    ///
    /// # Errors
    /// [`RuntimeError::Log`]: it cannot be signed.
    pub fn checkpoint(&self) -> Result<VerifiedCheckpoint, RuntimeError> {
        let mut memory = self.lock();
        let checkpoint = memory.hub.checkpoint().cloned();
        checkpoint.ok_or_else(|| RuntimeError::Log("the newest checkpoint cannot be signed".to_owned()))
    }

    /// One checkpoint, and the proofs that leaves are under it, in their order.
    ///
    /// # Errors
    /// [`RuntimeError::Log`]: one of them is not in the log, or not on disk yet.
    pub fn prove(&self, leaves: &[u64]) -> Result<(VerifiedCheckpoint, Vec<Vec<LogHash>>), RuntimeError> {
        let mut memory = self.lock();
        let checkpoint = memory.hub.checkpoint().cloned();
        let checkpoint = checkpoint
            .ok_or_else(|| RuntimeError::Log("the newest checkpoint cannot be signed".to_owned()))?;
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
