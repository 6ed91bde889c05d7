//! Accounts that are being typed. They are kept sealed in the home, and in no document, so that neither the lock nor the end of the
//! browser takes a sentence away.

use daymark_core::ids::VisitId;
use daymark_sync_protocol::client::Record;

use super::Open;
use crate::brain::open::words;

/// How often what is being typed is written down: milliseconds.
const KEEP_EVERY_MS: i64 = 3_000;
/// Between facts and opinion. No key types it.
const BETWEEN: char = '\u{1f}';

impl Open {
    fn draft_name(&self, id: VisitId) -> String {
        format!("account {id} {}", self.person.id)
    }

    /// What whoever works has typed of an account and not saved.
    pub(super) fn kept_draft(&self, id: VisitId) -> Option<[String; 2]> {
        if let Some(typed) = self.visit.drafts.get(&(id, self.person.id.clone())) {
            return Some(typed.clone());
        }
        let kept = self.tablet.replica().draft(&self.draft_name(id))?;
        let (facts, opinion) = kept.split_once(BETWEEN)?;
        Some([facts.to_owned(), opinion.to_owned()])
    }

    /// Whoever works has typed. It is written down now or within seconds.
    pub(super) fn type_account(&mut self, id: VisitId, typed: [String; 2]) -> Result<(), String> {
        if self.visit.unkept.is_some_and(|(other, _)| other != id) {
            self.keep_draft(true)?;
        }
        let due = (self.visit.kept_ms + KEEP_EVERY_MS).max(self.now_ms);
        self.visit.unkept.get_or_insert((id, due));
        self.visit.drafts.insert((id, self.person.id.clone()), typed);
        self.keep_draft(false)
    }

    /// Writes down what was typed, where that is due, or at once, as before the screen is locked.
    pub(in crate::brain) fn keep_draft(&mut self, at_once: bool) -> Result<(), String> {
        let Some((id, due)) = self.visit.unkept else {
            return Ok(());
        };
        if due > self.now_ms && !at_once {
            return Ok(());
        }
        let Some([facts, opinion]) = self.kept_draft(id) else {
            return Ok(());
        };
        let text = format!("{facts}{BETWEEN}{opinion}");
        let draft = Record::Draft(self.draft_name(id), text);
        self.tablet.commit(vec![draft]).map_err(words)?;
        self.visit.unkept = None;
        self.visit.kept_ms = self.now_ms;
        Ok(())
    }

    /// The account is saved: nothing of its draft is left.
    pub(super) fn forget_draft(&mut self, id: VisitId) -> Result<(), String> {
        self.visit.drafts.remove(&(id, self.person.id.clone()));
        self.visit.unkept = None;
        let name = self.draft_name(id);
        if self.tablet.replica().draft(&name).is_some() {
            let gone = Record::Draft(name, String::new());
            self.tablet.commit(vec![gone]).map_err(words)?;
        }
        Ok(())
    }

    /// When what is being typed must be written down.
    pub(in crate::brain) fn draft_due(&self) -> Option<i64> {
        self.visit.unkept.map(|(_, due)| due)
    }
}
