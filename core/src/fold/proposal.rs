//! What arrived after sign-off: it waits for the office, and the register does not move by itself.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Standing;
use crate::entry::Entry;
use crate::ids::EntryId;

/// An entry outside the sign-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Which entry.
    pub entry: EntryId,
    /// What it would do.
    pub kind: ProposalKind,
}

/// What a proposal would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProposalKind {
    /// It says what the signed-off register says, beside it.
    Confirms,
    /// It says otherwise, or would replace what stands: an amendment for the office to accept or decline.
    Differs,
}

/// The proposals among the entries that wait: those that no other waiting entry of the same author replaced.
pub(super) fn of(
    waiting: &BTreeMap<EntryId, &Entry>,
    candidates: &BTreeMap<EntryId, &Entry>,
    standing: &Standing,
) -> Vec<Proposal> {
    let replaced: Vec<EntryId> = waiting
        .values()
        .flat_map(|entry| entry.supersedes.iter().copied())
        .collect();
    waiting
        .iter()
        .filter(|(id, _)| !replaced.contains(id))
        .map(|(id, entry)| {
            let same_code = !standing.is_disputed() && standing.code() == entry.code;
            let same = candidates
                .values()
                .filter(|candidate| candidate.code == standing.code())
                .all(|candidate| candidate.says_the_same(entry));
            let replaces = candidates.keys().any(|id| entry.supersedes.contains(id));
            let kind = if same_code && same && !replaces {
                ProposalKind::Confirms
            } else {
                ProposalKind::Differs
            };
            Proposal { entry: *id, kind }
        })
        .collect()
}
