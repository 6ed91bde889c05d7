//! The deep check: the whole journal is read again, and everything that answers come from is compared with it.

use std::sync::PoisonError;

use daymark_journal::Position;

use super::expected::{Expected, shelf};
use super::index::Fault;
use super::{EmbeddedStore, View, lock, opening};
use crate::store::memory::Model;
use crate::store::{StoreError, StoreReport};

/// The records that are read before a commit may go between.
const CHECKED_AT_ONCE: usize = 256;

impl EmbeddedStore {
    pub(super) fn deep_check(&self) -> Result<StoreReport, StoreError> {
        let mut walked = Expected::default();
        let mut model = Model::default();
        let is_in_memory = lock(&self.health).fault.is_some();
        let mut at: Option<Position> = None;
        loop {
            let journal = lock(&self.journal);
            let journal = journal.as_ref().ok_or_else(|| self.poisoned("it was closed"))?;
            let mut next = at.unwrap_or_else(|| journal.first());
            for _ in 0..CHECKED_AT_ONCE {
                if next == journal.end() {
                    break;
                }
                next = opening::walk(journal, &next, |event, record| {
                    walked.take(&event, record);
                    if is_in_memory {
                        model.apply(event);
                    }
                })?;
            }
            at = Some(next);
            if next != journal.end() {
                continue;
            }
            let mut notes = Vec::new();
            if !journal.is_mark_current() {
                notes.push("the journal's mark could not be written: check the disk".to_owned());
            }
            if let Err(fault) = self.check_view(&walked, &model) {
                let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
                *view = self.give_up(journal, &fault)?;
            }
            if let Some(fault) = &lock(&self.health).fault {
                notes.push(format!(
                    "there is no index ({fault}): restart the server to make it again"
                ));
            }
            return Ok(StoreReport {
                events: walked.records,
                documents: walked.documents().len() as u64,
                changes: walked.documents().values().map(|fold| fold.changes).sum(),
                aside: walked.on_shelf(shelf::ASIDE) as u64,
                journal_bytes: next.offset,
                notes,
            });
        }
    }

    fn check_view(&self, walked: &Expected, model: &Model) -> Result<(), Fault> {
        match &*self.view.read().unwrap_or_else(PoisonError::into_inner) {
            View::Closed => Ok(()),
            View::Memory(found) if found == model => Ok(()),
            View::Memory(_) => Err(Fault::Unusable("the memory differs from the journal".to_owned())),
            View::Index { index, expected } if expected == walked => index.compare(expected),
            View::Index { .. } => Err(Fault::Unusable("its digests differ from the journal".to_owned())),
        }
    }
}
