//! Hand-over: the same changes as a file, from tablet to tablet or to the office, without any network.

use std::collections::BTreeSet;

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::door::Verdict;
use daymark_core::ids::{ChangeHash, DeviceNumber};
use daymark_core::item::statements_in;
use daymark_core::signature::chunk_of;

use super::{Held, Record, Replica, ReplicaError};
use crate::frame::{Bundle, BundleDocument};
use crate::keys::NotVerified;

/// What a bundle brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BundleReport {
    /// Changes that are new here, and are carried to the school from now on.
    pub taken: usize,
    /// Marks and statements in them.
    pub statements: usize,
    /// Changes that were here already.
    pub had: usize,
    /// Changes whose parents are neither here nor in the bundle; hand over again with a later bundle.
    pub waiting: usize,
    /// Changes that cannot be taken, and why.
    pub refused: Vec<CarriedRefusal>,
}

/// A change of a bundle that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedRefusal {
    /// The document it was for.
    pub document: String,
    /// A stable code.
    pub code: String,
    /// Why.
    pub reason: String,
}

impl Replica {
    /// A bundle of every document in which something has not reached the school, with all that this device has of
    /// it, so that it can be taken by a device that has nothing. [`Replica::gather`] first.
    ///
    /// # Errors
    /// [`ReplicaError::NotEnrolled`].
    pub fn bundle(&self, clock_ms: i64) -> Result<Bundle, ReplicaError> {
        let identity = self.identity()?;
        let mut wanted: BTreeSet<DocumentId> = self
            .own
            .iter()
            .filter(|own| own.state.is_unsent())
            .map(|own| own.document.clone())
            .collect();
        // Whoever takes a trip's sheet needs the trip.
        let trips: Vec<DocumentId> = wanted
            .iter()
            .filter_map(|id| match id {
                DocumentId::Sheet(_, daymark_core::entry::Duty::Trip(trip)) => Some(DocumentId::Trip(*trip)),
                _ => None,
            })
            .collect();
        wanted.extend(trips);
        let documents = wanted
            .iter()
            .filter_map(|id| self.documents.get(id).map(|held| (id, held)))
            .map(|(id, held)| BundleDocument {
                document: id.to_bytes().into(),
                changes: held.signed_changes().map(|(_, change)| change.into()).collect(),
            })
            .collect();
        Ok(Bundle {
            school: identity.school,
            device: identity.device,
            clock_ms,
            documents,
        })
    }

    /// Takes a bundle through the door. What is new is kept, shown, and carried to the school.
    ///
    /// # Errors
    /// A bundle of another school, or a device that is not enrolled.
    pub fn take_bundle(&self, bundle: &Bundle) -> Result<(Vec<Record>, BundleReport), ReplicaError> {
        let identity = self.identity()?;
        if bundle.school != identity.school {
            return Err(ReplicaError::OtherSchool {
                theirs: bundle.school,
                ours: identity.school,
            });
        }
        let mut records = Vec::new();
        let mut report = BundleReport::default();
        for part in &bundle.documents {
            let id = match DocumentId::from_bytes(&part.document) {
                Ok(id) => id,
                Err(error) => {
                    report.refused.push(CarriedRefusal {
                        document: daymark_core::ids::hex(&part.document),
                        code: "unknown-document".into(),
                        reason: error.to_string(),
                    });
                    continue;
                }
            };
            if matches!(id, DocumentId::Visit(_)) && !self.grant()?.may_read(&id, false) {
                report.refused.push(CarriedRefusal {
                    document: id.to_string(),
                    code: "not-for-this-duty".into(),
                    reason: "home visits reach the attendance team, the safeguarding lead and the head alone: take \
                             the file to one of their tablets"
                        .into(),
                });
                continue;
            }
            let mut document = match self.documents.get(&id) {
                Some(Held { document, .. }) => document.clone(),
                None => Document::new(identity.school, id.clone()),
            };
            let mut signed = Vec::new();
            for change in &part.changes {
                match self.keys.verify(identity.school, &id, change) {
                    Ok(verified) if self.is_parted(&id, &verified.hash) => report.had += 1,
                    Ok(verified) => signed.push((verified.author, change.to_vec())),
                    Err(why) => report.refused.push(CarriedRefusal {
                        document: id.to_string(),
                        code: why.code().to_owned(),
                        reason: carried_words(&why),
                    }),
                }
            }
            take_part(
                &mut document,
                signed,
                &mut report,
                |author, change, statements| {
                    records.push(if author == identity.device {
                        Record::Made {
                            document: id.clone(),
                            change,
                            statements,
                            taps: 0,
                        }
                    } else {
                        Record::Carried {
                            document: id.clone(),
                            change,
                            statements,
                        }
                    });
                },
            );
        }
        Ok((records, report))
    }
}

/// Why a change of a bundle is not believed, and what helps.
fn carried_words(why: &NotVerified) -> String {
    match why {
        NotVerified::UnknownDevice(device) => format!(
            "device {device} joined the school after this tablet last spoke with it: sync this tablet, or hand over to the office"
        ),
        other => other.to_string(),
    }
}

/// Takes the changes of one document, those that wait for others after them.
fn take_part(
    document: &mut Document,
    mut changes: Vec<(DeviceNumber, Vec<u8>)>,
    report: &mut BundleReport,
    mut keep: impl FnMut(DeviceNumber, Vec<u8>, u32),
) {
    loop {
        let before = changes.len();
        let mut waiting = Vec::new();
        for (author, change) in changes {
            match document.receive(chunk_of(&change)) {
                Verdict::Stored { items, .. } => {
                    let statements = statements_in(&items);
                    report.taken += 1;
                    report.statements += statements as usize;
                    keep(author, change, statements);
                }
                Verdict::AlreadyHad(_) => report.had += 1,
                Verdict::Held { .. } => waiting.push((author, change)),
                Verdict::Refused(refusal) => report.refused.push(CarriedRefusal {
                    document: document.id().to_string(),
                    code: refusal.code().to_owned(),
                    reason: refusal.to_string(),
                }),
            }
        }
        if waiting.is_empty() || waiting.len() == before {
            report.waiting += waiting.len();
            return;
        }
        changes = waiting;
    }
}

impl Replica {
    /// Whether a change is known here.
    pub fn knows(&self, document: &DocumentId, hash: &ChangeHash) -> bool {
        self.documents
            .get(document)
            .is_some_and(|held| held.document.has(hash))
    }
}
