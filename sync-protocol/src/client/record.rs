//! What a tablet writes down. Applying all records again, in order, is how it starts.

mod seed;

use std::collections::BTreeMap;

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::door::Checked;
use daymark_core::entry::{ClockCheck, Entry};
use daymark_core::grant::Grant;
use daymark_core::ids::{ChangeHash, DeviceNumber, SchoolId};
use daymark_core::item::Item;
use daymark_core::sign_off::document_bytes;
use daymark_core::signature::{PublicKey, SecretKey, Signature};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::state::SendState;
use super::{Held, Incarnation};
use crate::duties::DutyNews;
use crate::frame::Window;
use crate::keys::KeyNews;

/// Who a device is, since its enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Identity {
    /// Its school.
    #[n(0)]
    pub school: SchoolId,
    /// Its number there.
    #[n(1)]
    pub device: DeviceNumber,
    /// What it is called.
    #[n(2)]
    pub name: String,
    /// What it was enrolled for.
    #[n(3)]
    pub grant: Grant,
    /// Where its school's server is.
    #[n(4)]
    pub server: String,
    /// What it signs with: made on the device, and never sent.
    #[n(5)]
    #[cbor(with = "seed")]
    pub key: SecretKey,
    /// The incarnation of this store.
    #[n(6)]
    #[cbor(with = "minicbor::bytes")]
    pub incarnation: Incarnation,
    /// What its school signs with, as it was when the device enrolled.
    #[n(7)]
    pub school_key: PublicKey,
}

/// A contact with the school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Contact {
    /// When, by the device's clock: unix milliseconds.
    #[n(0)]
    pub at_ms: i64,
    /// What it learnt about that clock.
    #[n(1)]
    pub clock: ClockCheck,
}

/// Work on a record that was done when the record was made, so that it is done once. It is not written down, and says
/// nothing that the record does not.
#[derive(Debug, Clone, Default)]
pub struct Ready(Option<Work>);

#[derive(Debug, Clone)]
enum Work {
    /// The document as it will be, how many changes it was made from, and the signatures that came with it.
    Made(usize, Box<Document>, BTreeMap<ChangeHash, Signature>),
    /// A change, checked against the document, and its signature.
    Checked(Box<Checked>, Signature),
}

impl Ready {
    /// `document` as it will be, made from one that held `base` changes.
    pub(super) fn made(base: usize, document: Document, signatures: BTreeMap<ChangeHash, Signature>) -> Self {
        Self(Some(Work::Made(base, Box::new(document), signatures)))
    }

    /// A change, checked against the document as it is, and its signature.
    pub(super) fn checked(checked: Checked, signature: Signature) -> Self {
        Self(Some(Work::Checked(Box::new(checked), signature)))
    }

    /// Does what is left to do on the document, signatures included; `false` if something has happened to it since, or
    /// nothing is ready.
    pub(super) fn take_into(self, held: &mut Held) -> bool {
        match self.0 {
            Some(Work::Made(base, made, signatures)) if base == held.document.change_count() => {
                held.document = *made;
                held.signatures.extend(signatures);
                true
            }
            Some(Work::Checked(checked, signature)) => {
                let hash = checked.hash();
                let is_taken = held.document.take(*checked);
                if is_taken {
                    held.signatures.insert(hash, signature);
                }
                is_taken
            }
            _ => false,
        }
    }
}

impl PartialEq for Ready {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// One fact that a tablet writes down.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// The device was enrolled.
    Enrolled(Box<Identity>),
    /// An entry was tapped.
    Tap(Box<Entry>),
    /// The device made a change; `taps` of the document's oldest taps are in it.
    Made {
        /// In which document.
        document: DocumentId,
        /// The signed change.
        change: Vec<u8>,
        /// How many marks or statements it holds.
        statements: u32,
        /// How many taps it gathered.
        taps: u32,
    },
    /// The device took a change from another device, to carry it to the school.
    Carried {
        /// In which document.
        document: DocumentId,
        /// The signed change.
        change: Vec<u8>,
        /// How many marks or statements it holds.
        statements: u32,
    },
    /// The school answered a change that the device offered.
    Answered {
        /// Which change.
        change: ChangeHash,
        /// What the school said.
        state: SendState,
    },
    /// Changes from the school.
    News {
        /// In which document.
        document: DocumentId,
        /// The signed changes, whose signatures were checked.
        changes: Vec<Vec<u8>>,
        /// The cursor that they lead to.
        cursor: u64,
        /// What was done of the work already.
        ready: Ready,
    },
    /// A whole document from the school.
    Saved {
        /// Which document.
        document: DocumentId,
        /// Its compacted form.
        saved: Vec<u8>,
        /// The signatures of its changes, which were checked, in ascending order of the changes' hashes.
        signatures: Vec<u8>,
        /// The cursor that it leads to.
        cursor: u64,
        /// What was done of the work already.
        ready: Ready,
    },
    /// A cursor was found to be wrong: start again from there.
    Rewound {
        /// In which document.
        document: DocumentId,
        /// The cursor that both sides agree on.
        cursor: u64,
    },
    /// A newer brief.
    Brief(Vec<u8>),
    /// Keys of devices that were not known here, for which the school vouched.
    Keys(KeyNews),
    /// Duties of devices that were not known here, for which the school vouched.
    Duties(DutyNews),
    /// A contact with the school.
    Contact(Contact),
    /// The school's log goes on: its newest checkpoint, whose proof was checked, or which a person has accepted.
    Followed(String),
    /// The school's log does not go on from what was followed: the checkpoint that it offers.
    Doubted(String),
    /// A change of this tablet's is in the school's log, at this place: the proof was checked.
    Proven {
        /// Which change.
        change: ChangeHash,
        /// Its place, counted from 0.
        leaf: u64,
    },
    /// The school has told all that the device may read of these dates, and every visit: when, by its own clock.
    Fetched(Window, u64),
    /// The store has a fresh incarnation: from now on the device writes as another actor.
    Incarnation(Incarnation),
    /// Changes that the school refused because a copy of the store had used their numbers, and what rests on them, were
    /// taken out of their document.
    Parted {
        /// Which document.
        document: DocumentId,
        /// The changes, parents before children. They are kept.
        apart: Vec<ChangeHash>,
        /// The signed changes that write a visit's texts again.
        made: Vec<Vec<u8>>,
    },
    /// What somebody has typed and not saved yet, under a name; it takes the place of what was there. Empty where it is done. It is no
    /// part of any document, and never leaves the device.
    Draft(String, String),
    /// What one of these changes says was issued again.
    Reissued {
        /// In which document.
        document: DocumentId,
        /// The change that was refused.
        change: ChangeHash,
        /// The signed change that says it again; none where the school had all of it.
        by: Option<Vec<u8>>,
        /// How many marks or statements that holds.
        statements: u32,
    },
}

#[derive(Encode, Decode)]
enum Wire {
    #[n(0)]
    Enrolled(#[n(0)] Box<Identity>),
    #[n(1)]
    Tap(#[n(0)] ByteVec),
    #[n(2)]
    Made(#[n(0)] WireChange),
    #[n(3)]
    Carried(#[n(0)] WireChange),
    #[n(4)]
    Answered(#[n(0)] ChangeHash, #[n(1)] SendState),
    #[n(5)]
    News(#[n(0)] WireNews),
    #[n(6)]
    Saved(#[n(0)] WireNews),
    #[n(7)]
    Rewound(#[n(0)] WireNews),
    #[n(8)]
    Brief(#[n(0)] ByteVec),
    #[n(9)]
    Contact(#[n(0)] Contact),
    #[n(10)]
    Keys(#[n(0)] KeyNews),
    #[n(11)]
    Followed(#[n(0)] String),
    #[n(12)]
    Doubted(#[n(0)] String),
    #[n(13)]
    Proven(#[n(0)] ChangeHash, #[n(1)] u64),
    #[n(14)]
    Duties(#[n(0)] DutyNews),
    #[n(15)]
    Incarnation(#[cbor(n(0), with = "minicbor::bytes")] Incarnation),
    #[n(16)]
    Parted(#[n(0)] WireParted),
    #[n(17)]
    Reissued(
        #[n(0)] ChangeHash,
        #[n(1)] Option<WireChange>,
        #[cbor(n(2), with = "document_bytes")] DocumentId,
    ),
    #[n(18)]
    Fetched(#[n(0)] Window, #[n(1)] u64),
    #[n(19)]
    Draft(#[n(0)] String, #[n(1)] String),
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct WireParted {
    #[n(0)]
    #[cbor(with = "document_bytes")]
    document: DocumentId,
    #[n(1)]
    apart: Vec<ChangeHash>,
    #[n(2)]
    made: Vec<ByteVec>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct WireChange {
    #[n(0)]
    #[cbor(with = "document_bytes")]
    document: DocumentId,
    #[n(1)]
    change: ByteVec,
    #[n(2)]
    statements: u32,
    #[n(3)]
    taps: u32,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct WireNews {
    #[n(0)]
    #[cbor(with = "document_bytes")]
    document: DocumentId,
    #[n(1)]
    chunks: Vec<ByteVec>,
    #[n(2)]
    cursor: u64,
}

impl Record {
    /// The bytes that are written down.
    pub fn encode(&self) -> Vec<u8> {
        let change = |document: &DocumentId, change: &[u8], statements: u32, taps: u32| WireChange {
            document: document.clone(),
            change: change.to_vec().into(),
            statements,
            taps,
        };
        let news = |document: &DocumentId, chunks: Vec<ByteVec>, cursor: u64| WireNews {
            document: document.clone(),
            chunks,
            cursor,
        };
        let wire = match self {
            Self::Enrolled(identity) => Wire::Enrolled(identity.clone()),
            Self::Tap(entry) => Wire::Tap(Item::Slip(vec![(**entry).clone()]).encode().into()),
            Self::Made {
                document,
                change: bytes,
                statements,
                taps,
            } => Wire::Made(change(document, bytes, *statements, *taps)),
            Self::Carried {
                document,
                change: bytes,
                statements,
            } => Wire::Carried(change(document, bytes, *statements, 0)),
            Self::Answered { change, state } => Wire::Answered(*change, state.clone()),
            Self::News {
                document,
                changes,
                cursor,
                ..
            } => {
                let chunks = changes.iter().map(|bytes| bytes.clone().into()).collect();
                Wire::News(news(document, chunks, *cursor))
            }
            Self::Saved {
                document,
                saved,
                signatures,
                cursor,
                ..
            } => {
                let chunks = vec![saved.clone().into(), signatures.clone().into()];
                Wire::Saved(news(document, chunks, *cursor))
            }
            Self::Rewound { document, cursor } => Wire::Rewound(news(document, Vec::new(), *cursor)),
            Self::Brief(bytes) => Wire::Brief(bytes.clone().into()),
            Self::Contact(contact) => Wire::Contact(*contact),
            Self::Keys(keys) => Wire::Keys(keys.clone()),
            Self::Duties(duties) => Wire::Duties(duties.clone()),
            Self::Followed(note) => Wire::Followed(note.clone()),
            Self::Doubted(note) => Wire::Doubted(note.clone()),
            Self::Proven { change, leaf } => Wire::Proven(*change, *leaf),
            Self::Fetched(window, at_ms) => Wire::Fetched(*window, *at_ms),
            Self::Incarnation(fresh) => Wire::Incarnation(*fresh),
            Self::Draft(name, text) => Wire::Draft(name.clone(), text.clone()),
            Self::Parted {
                document,
                apart,
                made,
            } => Wire::Parted(WireParted {
                document: document.clone(),
                apart: apart.clone(),
                made: made.iter().map(|change| change.clone().into()).collect(),
            }),
            Self::Reissued {
                document,
                change: refused,
                by,
                statements,
            } => {
                let by = by.as_ref().map(|by| change(document, by, *statements, 0));
                Wire::Reissued(*refused, by, document.clone())
            }
        };
        daymark_core::cbor::to_vec(&wire)
    }

    /// Reads what was written down; `None` where it is damaged or of a later program.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Some(match minicbor::decode::<Wire>(bytes).ok()? {
            Wire::Enrolled(identity) => Self::Enrolled(identity),
            Wire::Tap(item) => match Item::decode(&item).ok()? {
                Item::Slip(entries) => Self::Tap(Box::new(entries.into_iter().next()?)),
                _ => return None,
            },
            Wire::Made(WireChange {
                document,
                change,
                statements,
                taps,
            }) => Self::Made {
                document,
                change: change.into(),
                statements,
                taps,
            },
            Wire::Carried(WireChange {
                document,
                change,
                statements,
                ..
            }) => Self::Carried {
                document,
                change: change.into(),
                statements,
            },
            Wire::Answered(change, state) => Self::Answered { change, state },
            Wire::News(WireNews {
                document,
                chunks,
                cursor,
            }) => Self::News {
                document,
                changes: chunks.into_iter().map(Into::into).collect(),
                cursor,
                ready: Ready::default(),
            },
            Wire::Saved(WireNews {
                document,
                chunks,
                cursor,
            }) => {
                let [saved, signatures]: [ByteVec; 2] = chunks.try_into().ok()?;
                Self::Saved {
                    document,
                    saved: saved.into(),
                    signatures: signatures.into(),
                    cursor,
                    ready: Ready::default(),
                }
            }
            Wire::Rewound(WireNews { document, cursor, .. }) => Self::Rewound { document, cursor },
            Wire::Brief(bytes) => Self::Brief(bytes.into()),
            Wire::Contact(contact) => Self::Contact(contact),
            Wire::Keys(keys) => Self::Keys(keys),
            Wire::Duties(duties) => Self::Duties(duties),
            Wire::Followed(note) => Self::Followed(note),
            Wire::Doubted(note) => Self::Doubted(note),
            Wire::Proven(change, leaf) => Self::Proven { change, leaf },
            Wire::Fetched(window, at_ms) => Self::Fetched(window, at_ms),
            Wire::Incarnation(fresh) => Self::Incarnation(fresh),
            Wire::Draft(name, text) => Self::Draft(name, text),
            Wire::Parted(WireParted {
                document,
                apart,
                made,
            }) => Self::Parted {
                document,
                apart,
                made: made.into_iter().map(Into::into).collect(),
            },
            Wire::Reissued(change, by, document) => Self::Reissued {
                document,
                change,
                statements: by.as_ref().map_or(0, |by| by.statements),
                by: by.map(|by| by.change.into()),
            },
        })
    }
}
