//! What a check of evidence can find wrong.

use daymark_core::document_id::DocumentId;
use daymark_core::door::Refusal;
use daymark_core::ids::{ChangeHash, DeviceNumber};
use daymark_core::log::checkpoint::CheckpointError;
use daymark_core::log::key::KeyError;
use daymark_core::log::proof::ProofError;
use daymark_core::session::Date;
use serde::Serialize;

use crate::keys::NotVerified;

/// Something wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable code.
    pub code: &'static str,
    /// The leaf of the change that it is about; `None` for the file as a whole.
    pub leaf: Option<u64>,
    /// The sheet that it is about.
    pub document: Option<DocumentId>,
    /// What is wrong and what to do, in words.
    pub words: String,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The page is another than the data give.
    #[error(
        "the page is not what its data say: line {line} was edited{}; go by a page that the data give",
        .other_version.as_ref().map(|version| format!(
            ", or Daymark {version}, which wrote it, words it otherwise than Daymark {}: check it with that version",
            env!("CARGO_PKG_VERSION")
        )).unwrap_or_default()
    )]
    Page {
        /// The first line that differs, from 1 up.
        line: usize,
        /// The version that wrote the file, where it is not this one.
        other_version: Option<String>,
    },
    /// The data are written otherwise than this program writes them.
    #[error("the data are not written as the format asks: they were put together or edited by other means")]
    NotCanonical,
    /// The key cannot be read.
    #[error("the school's key {key:?} cannot be used, so nothing that it signed is checked: {error}")]
    SchoolKey {
        /// What stands in the file.
        key: String,
        /// Why not.
        error: KeyError,
    },
    /// The key is named after another school.
    #[error("the key is that of {name:?} and the data are of school {school}: it belongs to another school")]
    KeyOfOtherSchool {
        /// The key's name.
        name: String,
        /// The school.
        school: u32,
    },
    /// The key is not the one that the reader knows.
    #[error(
        "the school's key has the fingerprint {found} and not {expected}, which was given: the file is not that school's, or the fingerprint was mistyped; ask the school"
    )]
    OtherKey {
        /// What the reader knows.
        expected: String,
        /// What is in the file.
        found: String,
    },
    /// The school has not signed these data.
    #[error(
        "the school has not signed the data as they stand: after it signed, something in them was changed, added or left out"
    )]
    NotSigned,
    /// The checkpoint is not believed.
    #[error("the checkpoint does not hold, so no change can be shown to be in the log: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// A device is out of order or twice in the list.
    #[error("device {0} is out of order in the list of device keys, or there twice: the list was edited")]
    DeviceKeyOrder(DeviceNumber),
    /// The school has not signed this list.
    #[error(
        "the list of device keys is not the one that the school signed: a key was changed, added or left out"
    )]
    DeviceKeys,
    /// Its maker did not sign the change.
    #[error(transparent)]
    Change(#[from] NotVerified),
    /// It is not in the log at this place.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Not in ascending order, or twice.
    #[error("leaf {0} stands there twice or out of order: a leaf of the log is one change")]
    LeafOrder(u64),
    /// Evidence holds sheets only.
    #[error("{0} is no sheet: evidence holds nothing else")]
    NotASheet(DocumentId),
    /// Outside the period.
    #[error("a sheet of {0} has no place in evidence about other dates")]
    OtherDate(Date),
    /// It builds on what is not here.
    #[error("it builds on {} that {} not before it in this file, such as {}: the sheet is not whole",
        counted(.0.len()), if .0.len() == 1 { "is" } else { "are" },
        .0.first().map(ToString::to_string).unwrap_or_default())]
    ParentsMissing(Vec<ChangeHash>),
    /// The same change again.
    #[error("the same change stands in the sheet twice")]
    ChangeTwice,
    /// The door refuses it.
    #[error("it is not fit for its sheet: {0}")]
    Door(#[from] Refusal),
    /// A change that the school named as one of the newest.
    #[error(
        "change {0}, which the school names as one of the newest of this sheet, is not here: it was left out"
    )]
    HeadMissing(ChangeHash),
    /// A newest change that the school did not name.
    #[error(
        "change {0} is one of the newest of this sheet, and the school does not name it: it was added, or others left out"
    )]
    HeadNotNamed(ChangeHash),
    /// A sheet without its list of newest changes.
    #[error("the sheet is not in the school's list of sheets: it was added")]
    SheetNotNamed,
    /// A sheet that is listed and not here.
    #[error("the school lists this sheet, and no change of it is here: it was left out")]
    SheetMissing,
    /// What the office saw at sign-off is not here.
    #[error("the office's sign-off saw change {0} of this sheet, and it is not here: something was left out")]
    SignOffSawMore(ChangeHash),
}

fn counted(changes: usize) -> String {
    if changes == 1 {
        "1 change".to_owned()
    } else {
        format!("{changes} changes")
    }
}

impl Problem {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Page { .. } => "page-edited",
            Self::NotCanonical => "not-canonical",
            Self::SchoolKey { .. } => "school-key",
            Self::KeyOfOtherSchool { .. } => "key-of-other-school",
            Self::OtherKey { .. } => "other-key",
            Self::NotSigned => "data-not-signed",
            Self::Checkpoint(_) => "checkpoint",
            Self::DeviceKeyOrder(_) => "device-key-order",
            Self::DeviceKeys => "device-keys",
            Self::Change(why) => why.code(),
            Self::Proof(_) => "not-in-log",
            Self::LeafOrder(_) => "leaf-order",
            Self::NotASheet(_) => "not-a-sheet",
            Self::OtherDate(_) => "other-date",
            Self::ParentsMissing(_) => "parents-missing",
            Self::ChangeTwice => "change-twice",
            Self::Door(refusal) => refusal.code(),
            Self::HeadMissing(_) => "head-missing",
            Self::HeadNotNamed(_) => "head-not-named",
            Self::SheetNotNamed => "sheet-not-named",
            Self::SheetMissing => "sheet-missing",
            Self::SignOffSawMore(_) => "sign-off-saw-more",
        }
    }

    /// As a finding about the file as a whole.
    pub(super) fn in_file(&self) -> Finding {
        self.found(None, None)
    }

    /// As a finding about a sheet.
    pub(super) fn in_sheet(&self, document: &DocumentId) -> Finding {
        self.found(None, Some(document))
    }

    /// As a finding about the change at a leaf.
    pub(super) fn at(&self, leaf: u64, document: &DocumentId) -> Finding {
        self.found(Some(leaf), Some(document))
    }

    fn found(&self, leaf: Option<u64>, document: Option<&DocumentId>) -> Finding {
        Finding {
            code: self.code(),
            leaf,
            document: document.cloned(),
            words: self.to_string(),
        }
    }
}
