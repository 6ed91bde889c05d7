//! Pupils who were not marked: `mark` and `arrive` show them alike.

use daymark_core::ids::PupilNumber;
use daymark_sync_protocol::client::Replica;
use daymark_tablet::{people, words};
use serde_json::{Value, json};

/// A pupil who is not marked, and why.
pub(crate) type Refused = (PupilNumber, String);

/// As data.
pub(crate) fn shown(replica: &Replica, refused: &[Refused]) -> Vec<Value> {
    let refused = refused.iter();
    refused
        .map(|(pupil, why)| {
            json!({
                "pupil": pupil,
                "name": people::pupil_name(replica, *pupil),
                "why": why,
            })
        })
        .collect()
}

/// In words, a line for each.
pub(crate) fn lines(replica: &Replica, refused: &[Refused]) -> impl Iterator<Item = String> {
    let refused = refused.iter();
    refused.map(|(pupil, why)| words::not_marked(*pupil, &people::pupil_words(replica, *pupil), why))
}
