//! Evidence for an outsider: which sheets a question touches, and one file of them.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::ids::PupilNumber;
use daymark_core::item::Item;
use daymark_core::log::key::{KeyError, NoteKey};
use daymark_core::session::Date;
use daymark_core::signature::chunk_of;
use daymark_sync_protocol::event::StoredChange;
use daymark_sync_protocol::evidence::{
    Evidence, EvidenceFile, Ingredients, LoggedChange, Question, ReadError,
};
use serde::{Deserialize, Serialize};

use crate::runtime::{Runtime, RuntimeError, now_ms};
use crate::store::StoreError;

/// The most days that evidence about one pupil may cover.
const PUPIL_DAYS_MAX: u16 = 400;
/// The most days that evidence about the whole school may cover: a long term.
const SCHOOL_DAYS_MAX: u16 = 130;

/// Why no evidence is given.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Neither a pupil nor dates.
    #[error("evidence is about a pupil, or from a date to a date: give pupil, or from and to")]
    NothingAsked,
    /// A first date without a last one, or the other way round.
    #[error("from and to belong together: give both")]
    OneDate,
    /// The wrong way round.
    #[error("to {to} is before from {from}: exchange them")]
    BackInTime {
        /// The first date.
        from: Date,
        /// The last date.
        to: Date,
    },
    /// Too much for one file.
    #[error("{days} days are more than the {days_max} that one file of this kind holds: ask for less")]
    TooLong {
        /// How many were asked for.
        days: u16,
        /// How many may be.
        days_max: u16,
    },
    /// Nothing is recorded about the pupil.
    #[error("nothing is recorded about pupil {0}: check the number, or give from and to")]
    NothingRecorded(PupilNumber),
    /// The school has no device, not even its own desk.
    #[error("there is no evidence: no device was ever enrolled at this school")]
    NoDevice,
    /// The school's key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The page would be too long.
    #[error(transparent)]
    File(#[from] ReadError),
    /// The hub cannot be asked.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

impl From<StoreError> for EvidenceError {
    fn from(error: StoreError) -> Self {
        Self::Runtime(error.into())
    }
}

/// What somebody asks for: a pupil, a period, or a pupil in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceWanted {
    /// The pupil; `None` for the whole school.
    pub pupil: Option<PupilNumber>,
    /// The first date; `None`, for a pupil, for all that there is.
    pub from: Option<Date>,
    /// The last date.
    pub to: Option<Date>,
}

impl Runtime {
    /// A file of evidence. Blocks.
    ///
    /// # Errors
    /// See [`EvidenceError`].
    pub fn evidence(&self, wanted: EvidenceWanted) -> Result<EvidenceFile, EvidenceError> {
        let sheets = self.sheets_wanted(wanted)?;
        let question = question(wanted, &sheets)?;
        let stored: Vec<StoredChange> = sheets.into_values().flatten().collect();
        let leaves: Vec<u64> = stored.iter().map(|change| change.leaf).collect();
        let (checkpoint, proofs) = self.prove(&leaves)?;
        let changes = stored
            .into_iter()
            .zip(proofs)
            .map(|(change, proof)| LoggedChange {
                document: change.document,
                bytes: change.bytes.into(),
                carrier: change.carrier,
                received_at: change.received_at,
                leaf: change.leaf,
                proof,
            });
        let changes = changes.collect();
        let ingredients = self.look(|hub| -> Result<Ingredients, EvidenceError> {
            let facts = hub.facts();
            let names = hub.devices().iter();
            Ok(Ingredients {
                school: facts.school,
                name: facts.name.clone(),
                rules: facts.rules.clone(),
                key: NoteKey::of_school(facts.school, &facts.key.public().0)?,
                question,
                checkpoint: checkpoint.note().to_owned(),
                keys: hub
                    .keys()
                    .news(facts.school, &facts.key, 0)
                    .ok_or(EvidenceError::NoDevice)?,
                device_names: names
                    .map(|(device, facts)| (*device, facts.name.clone()))
                    .collect(),
                duties: hub.judged_by().clone(),
                roster: hub.roster().clone(),
                changes,
                written_at: i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX),
            })
        })?;
        let key = self.look(|hub| hub.facts().key.clone());
        Ok(EvidenceFile::write(Evidence::of(ingredients), &key)?)
    }

    /// The sheets that a question touches, whole: those of the period or, for a pupil, those with a mark of the pupil and
    /// the office's of the same dates, because a sign-off says what is late.
    fn sheets_wanted(
        &self,
        wanted: EvidenceWanted,
    ) -> Result<BTreeMap<DocumentId, Vec<StoredChange>>, EvidenceError> {
        check(wanted)?;
        let in_period =
            |date| wanted.from.is_none_or(|from| from <= date) && wanted.to.is_none_or(|to| date <= to);
        let ids: Vec<DocumentId> = self.look(|hub| {
            let ids = hub.index().keys();
            ids.filter(|id| id.date().is_some_and(in_period))
                .cloned()
                .collect()
        });
        let mut sheets = BTreeMap::new();
        for id in ids {
            let changes = self.store().changes(&id)?;
            sheets.insert(id, changes);
        }
        if let Some(pupil) = wanted.pupil {
            let of_pupil = |changes: &Vec<StoredChange>| changes.iter().any(|change| marks(change, pupil));
            let dates: BTreeSet<Option<Date>> = sheets
                .iter()
                .filter(|(_, changes)| of_pupil(changes))
                .map(|(id, _)| id.date())
                .collect();
            let is_office = |id: &DocumentId| matches!(id, DocumentId::Sheet(_, Duty::Office));
            sheets.retain(|id, changes| of_pupil(changes) || (is_office(id) && dates.contains(&id.date())));
        }
        Ok(sheets)
    }
}

/// Whether a change holds an entry about the pupil.
fn marks(change: &StoredChange, pupil: PupilNumber) -> bool {
    let items = daymark_core::document::items_of_change(chunk_of(&change.bytes));
    items.iter().any(|item| match item {
        Item::Slip(entries) => entries.iter().any(|entry| entry.cell.pupil == pupil),
        _ => false,
    })
}

/// Whether the question can be asked.
fn check(wanted: EvidenceWanted) -> Result<(), EvidenceError> {
    let (from, to) = match (wanted.from, wanted.to) {
        (Some(from), Some(to)) => (from, to),
        (None, None) if wanted.pupil.is_some() => return Ok(()),
        (None, None) => return Err(EvidenceError::NothingAsked),
        _ => return Err(EvidenceError::OneDate),
    };
    if to < from {
        return Err(EvidenceError::BackInTime { from, to });
    }
    let days = (to.days() - from.days()).saturating_add(1);
    let days_max = match wanted.pupil {
        Some(_) => PUPIL_DAYS_MAX,
        None => SCHOOL_DAYS_MAX,
    };
    if days > days_max {
        return Err(EvidenceError::TooLong { days, days_max });
    }
    Ok(())
}

/// The question with its dates: for a pupil without any, from the first sheet to the last.
fn question(
    wanted: EvidenceWanted,
    sheets: &BTreeMap<DocumentId, Vec<StoredChange>>,
) -> Result<Question, EvidenceError> {
    let mut dates = sheets.keys().filter_map(DocumentId::date);
    let first = dates.next();
    let last = dates.next_back().or(first);
    match (wanted.from.or(first), wanted.to.or(last), wanted.pupil) {
        (Some(from), Some(to), pupil) => Ok(Question { pupil, from, to }),
        (_, _, Some(pupil)) => Err(EvidenceError::NothingRecorded(pupil)),
        _ => Err(EvidenceError::NothingAsked),
    }
}
