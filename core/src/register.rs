//! The multi-value register, in the small: which statements of a set stand.

use std::collections::BTreeSet;

use crate::ids::EntryId;

/// The ids that no other id of the set supersedes, in ascending order.
///
/// Merging two replicas is the union of their sets, so this is commutative, associative and idempotent by
/// construction; a statement leaves only when one that names it is present.
pub fn standing_ids<'a>(
    statements: impl IntoIterator<Item = (EntryId, &'a BTreeSet<EntryId>)>,
) -> BTreeSet<EntryId> {
    let mut present = BTreeSet::new();
    let mut superseded = BTreeSet::new();
    for (id, supersedes) in statements {
        present.insert(id);
        superseded.extend(supersedes.iter().copied());
    }
    present.difference(&superseded).copied().collect()
}
