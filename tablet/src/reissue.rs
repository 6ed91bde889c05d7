//! What a tablet does when a copy of its store is in use: a fresh incarnation, and its marks issued again.

use daymark_core::document_id::DocumentId;
use daymark_sync_protocol::client::{Copied, Incarnation, Record};

use crate::storage::Storage;
use crate::sync::SyncOutcome;
use crate::tablet::{Tablet, TabletError};
use crate::words;

/// What was done of it.
pub(crate) struct Again {
    /// Something was, and the school must be asked once more.
    pub(crate) asks_once_more: bool,
    /// A trip's statement is issued again: what was refused for want of a place on the trip may be taken after it.
    pub(crate) is_of_a_trip: bool,
}

impl<S: Storage> Tablet<S> {
    /// Goes on with what must be issued again, as far as that is possible now, and notes it in the outcome. `is_all_told`
    /// says whether the school has told all that it has.
    pub(crate) fn issue_again(
        &mut self,
        is_all_told: bool,
        outcome: &mut SyncOutcome,
    ) -> Result<Again, TabletError> {
        let mut records = Vec::new();
        if self.replica().must_part() {
            let mut fresh = Incarnation::default();
            getrandom::fill(&mut fresh).map_err(TabletError::Random)?;
            records = self.replica().part(fresh)?;
        }
        if records.is_empty() && is_all_told {
            records = self.replica().reissue()?;
        }
        let again = Again {
            asks_once_more: !records.is_empty(),
            is_of_a_trip: records.iter().any(is_of_a_trip),
        };
        outcome.issued_again += records.iter().map(issued_again).sum::<usize>();
        self.commit(records)?;
        let replica = self.replica();
        let copied = replica
            .copied()
            .or_else(|| again.asks_once_more.then(|| replica.whose_copy()));
        if let Some(copied) = copied {
            outcome.store_copied = Some(match copied {
                Copied::ThisStore => words::STORE_COPIED.to_owned(),
                Copied::AnotherStore => words::OTHER_STORE_COPIED.to_owned(),
            });
        }
        Ok(again)
    }

    /// Puts what is to be issued again back into its documents without waiting for the school, where something is about to
    /// speak for the whole of them.
    pub(crate) fn put_back(&mut self) -> Result<(), TabletError> {
        let records = self.replica().reissue_now()?;
        Ok(self.commit(records)?)
    }
}

fn is_of_a_trip(record: &Record) -> bool {
    matches!(
        record,
        Record::Reissued {
            document: DocumentId::Trip(_),
            ..
        }
    )
}

/// How many marks, statements and texts a record issues again.
fn issued_again(record: &Record) -> usize {
    match record {
        Record::Parted { made, .. } => made.len(),
        Record::Reissued { statements, .. } => *statements as usize,
        _ => 0,
    }
}
