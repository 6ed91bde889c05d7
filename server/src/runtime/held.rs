//! What could not be taken, and is let in by a person.

use daymark_core::document_id::DocumentId;
use daymark_core::ids::{ChangeHash, PersonId};

use super::{Runtime, RuntimeError, Told, now_ms};

impl Runtime {
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
}
