//! The hub as the store has it.

use daymark_core::document_id::DocumentId;
use daymark_core::log::proof::LogHash;
use daymark_core::roster::Roster;
use daymark_sync_protocol::hub::{Hub, HubState, SchoolFacts};
use daymark_sync_protocol::keys;

use super::{Memory, RuntimeError};
use crate::store::Store;

/// The leaves of the log, in order, from every change that the store has.
fn leaves(
    facts: &SchoolFacts,
    store: &dyn Store,
    documents: &[(DocumentId, u64)],
) -> Result<Vec<LogHash>, RuntimeError> {
    let count: u64 = documents.iter().map(|(_, changes)| changes).sum();
    let mut leaves = vec![None; usize::try_from(count).unwrap_or(usize::MAX)];
    for (id, _) in documents {
        for change in store.changes(id)? {
            let place = usize::try_from(change.leaf)
                .ok()
                .and_then(|at| leaves.get_mut(at));
            let signed = keys::read(&change.bytes);
            let (Some(place @ None), Ok(signed)) = (place, signed) else {
                let hash = change.hash;
                return Err(RuntimeError::Log(format!(
                    "change {hash} of {id} does not fit its place {} of {count}",
                    change.leaf
                )));
            };
            *place = Some(signed.leaf(facts.school, id).hash());
        }
    }
    // As many places as changes, and none taken twice: all are taken.
    Ok(leaves.into_iter().flatten().collect())
}

pub(super) fn load(facts: &SchoolFacts, store: &dyn Store, epoch: u64) -> Result<Memory, RuntimeError> {
    let roster = match store.roster()? {
        Some(bytes) => serde_json::from_slice(&bytes).map_err(RuntimeError::Roster)?,
        None => Roster::default(),
    };
    let devices = store.devices()?;
    let invitations = store
        .invitations()?
        .into_iter()
        .map(|invitation| (invitation.secret_hash, invitation))
        .collect();
    let documents = store.documents()?;
    let state = HubState {
        facts: facts.clone(),
        roster,
        devices,
        leaves: leaves(facts, store, &documents)?,
        documents,
        aside: store.aside()?,
        branch: store.branch()?,
    };
    let mut hub = Hub::new(state);
    let trips: Vec<DocumentId> = hub
        .index()
        .keys()
        .filter(|id| matches!(id, DocumentId::Trip(_)))
        .cloned()
        .collect();
    for id in trips {
        let changes = store.changes(&id)?;
        hub.load(&id, changes)?;
    }
    Ok(Memory {
        hub,
        epoch,
        invitations,
    })
}
