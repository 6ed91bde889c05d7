//! Opening: the journal is verified, then the index is compared with it, caught up, or made again.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use daymark_journal::{Journal, MarkState, Position};
use daymark_sync_protocol::event::Event;

use super::expected::{Expected, Write};
use super::index::{Fault, Index, index_folder, move_aside};
use super::{View, ballast};
use crate::store::StoreError;
use crate::store::memory::Model;

/// The name of the journal.
pub(super) const JOURNAL: &str = "register";
/// How many damaged indexes are kept to be looked into.
const DAMAGED_KEPT: usize = 3;
/// The records that are applied to the index at once.
const APPLIED_AT_ONCE: usize = 1_000;

/// What opening found and did: for the log and for `doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opening {
    /// What was found in the journal. [`Opening::warnings`] puts it in words.
    pub journal: daymark_journal::Opening,
    /// What became of the index.
    pub index: IndexOpening,
    /// Whether the ballast is there: room that can be given up on a full disk.
    pub has_ballast: bool,
    /// How long it took.
    pub took: Duration,
}

/// What became of the index at opening.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexOpening {
    /// It was made now, with the journal.
    New,
    /// It holds exactly what the journal says.
    Whole,
    /// It held the beginning of it, as after a crash; the rest was applied again.
    CaughtUp {
        /// So many records.
        records: u64,
    },
    /// It was of no use, and was made again from the journal.
    Rebuilt {
        /// What was wrong with it.
        why: String,
        /// Where it is now.
        moved_to: Option<PathBuf>,
    },
    /// There is none: answers come from memory, which takes more of it. They are the same answers.
    InMemory {
        /// Why.
        why: String,
    },
}

impl Opening {
    /// What somebody should know of, one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(torn) = &self.journal.torn {
            warnings.push(format!(
                "a write was cut off: {} bytes after the last whole record were moved to {}; they were never acknowledged",
                torn.bytes,
                torn.file.display()
            ));
        }
        let mark = match self.journal.mark {
            MarkState::Missing if self.journal.records > 0 => Some("was missing"),
            MarkState::Unreadable => Some("could not be read"),
            _ => None,
        };
        if let Some(what) = mark {
            warnings.push(format!(
                "the journal's mark {what} and was written anew: had the end of the journal been lost, nobody would have noticed; compare with a backup"
            ));
        }
        match &self.index {
            IndexOpening::Rebuilt {
                why,
                moved_to: Some(moved_to),
            } => warnings.push(format!(
                "the index was made again from the journal ({why}); the old one is in {}",
                moved_to.display()
            )),
            IndexOpening::Rebuilt { why, moved_to: None } => {
                warnings.push(format!("the index was made again from the journal ({why})"));
            }
            IndexOpening::InMemory { why } => warnings.push(format!(
                "there is no index ({why}): answers come from memory; make room, then restart the server"
            )),
            IndexOpening::New | IndexOpening::Whole | IndexOpening::CaughtUp { .. } => {}
        }
        if !self.has_ballast {
            warnings.push("there is no room for the ballast file: make room on this disk".to_owned());
        }
        warnings
    }
}

/// Opens everything in a folder.
pub(super) fn open(folder: &Path) -> Result<(Journal, View, Opening), StoreError> {
    let started = Instant::now();
    std::fs::create_dir_all(folder).map_err(|error| StoreError::io(folder, error))?;

    let mut expected = Expected::default();
    let mut unread = None;
    let journal_file = folder.join(format!("{JOURNAL}.journal"));
    let (journal, journal_opening) = Journal::open(folder, JOURNAL, |start, record| {
        if unread.is_none() {
            match decode(&journal_file, &start, record) {
                Ok(event) => drop(expected.take(&event, record)),
                Err(error) => unread = Some(error),
            }
        }
    })?;
    if let Some(error) = unread {
        return Err(error);
    }

    let (view, index) = open_view(folder, &journal, expected)?;
    let opening = Opening {
        journal: journal_opening,
        index,
        has_ballast: ballast::restore(folder).unwrap_or(false),
        took: started.elapsed(),
    };
    Ok((journal, view, opening))
}

fn open_view(
    folder: &Path,
    journal: &Journal,
    expected: Expected,
) -> Result<(View, IndexOpening), StoreError> {
    let trial = Trial::new(folder);
    let is_missing = !index_folder(folder).exists();
    let tried = if is_missing {
        Err(Fault::Unusable("it was missing".to_owned()))
    } else if trial.was_cut_off {
        Err(Fault::Unusable(
            "the server ended while it was looked at".to_owned(),
        ))
    } else {
        trial.begin();
        reuse(folder, journal, &expected)?
    };
    let result = match tried {
        Ok((index, opening)) => Ok((View::Index { index, expected }, opening)),
        // Not its fault, and it may be good: it is left where it is.
        Err(fault @ Fault::NoRoom(_)) => Err(fault.to_string()),
        Err(Fault::Unusable(why)) => match rebuild(folder, journal, &expected)? {
            Ok((index, moved_to)) => {
                let is_new = is_missing && expected.records == 0;
                let opening = if is_new {
                    IndexOpening::New
                } else {
                    IndexOpening::Rebuilt { why, moved_to }
                };
                Ok((View::Index { index, expected }, opening))
            }
            Err(fault) => Err(format!("{why}, and it could not be made again: {fault}")),
        },
    };
    trial.end();
    match result {
        Ok(opened) => Ok(opened),
        Err(why) => Ok((View::Memory(read_model(journal)?), IndexOpening::InMemory { why })),
    }
}

type Tried<T> = Result<Result<T, Fault>, StoreError>;

/// Opens the index that is there, if it is right. The outer error is the journal's.
fn reuse(folder: &Path, journal: &Journal, expected: &Expected) -> Tried<(Index, IndexOpening)> {
    let opened = Index::open(&index_folder(folder)).and_then(|index| Ok((index.applied()?, index)));
    let (applied, index) = match opened {
        Ok((Some(applied), index)) => (applied, index),
        Ok((None, _)) => return Ok(Err(Fault::Unusable("it does not say what it holds".to_owned()))),
        Err(fault) => return Ok(Err(fault)),
    };
    if applied == journal.end() {
        return Ok(index.compare(expected).map(|()| (index, IndexOpening::Whole)));
    }
    let mut prefix = Expected::default();
    let mut at = journal.first();
    while at.records < applied.records && at != journal.end() {
        at = walk(journal, &at, |event, record| drop(prefix.take(&event, record)))?;
    }
    if at != applied {
        return Ok(Err(Fault::Unusable(
            "it is ahead of the journal, or of another one".to_owned(),
        )));
    }
    if let Err(fault) = index.compare(&prefix) {
        return Ok(Err(fault));
    }
    let records = journal.end().records - at.records;
    let replayed = replay(journal, at, &index, &mut prefix)?;
    Ok(replayed.map(|()| (index, IndexOpening::CaughtUp { records })))
}

/// Moves what is there aside and makes the index again. The outer error is the journal's.
fn rebuild(folder: &Path, journal: &Journal, expected: &Expected) -> Tried<(Index, Option<PathBuf>)> {
    let moved_to = match move_aside(folder, DAMAGED_KEPT) {
        Ok(moved_to) => moved_to,
        Err(error) => return Ok(Err(Fault::Unusable(format!("it cannot be moved aside: {error}")))),
    };
    let made = match Index::open(&index_folder(folder)) {
        Ok(index) => {
            let replayed = replay(journal, journal.first(), &index, &mut Expected::default())?;
            replayed
                .and_then(|()| index.compare(expected))
                .map(|()| (index, moved_to))
        }
        Err(fault) => Err(fault),
    };
    if made.is_err() {
        // Half an index is no use to anybody, and its room may be needed.
        let _ = std::fs::remove_dir_all(index_folder(folder));
    }
    Ok(made)
}

/// Applies the journal from `at` to its end. The outer error is the journal's.
fn replay(journal: &Journal, mut at: Position, index: &Index, expected: &mut Expected) -> Tried<()> {
    let mut group: Vec<(Vec<Write>, Vec<u8>)> = Vec::new();
    loop {
        let is_end = at == journal.end();
        if is_end || group.len() == APPLIED_AT_ONCE {
            let writes = group
                .iter()
                .map(|(writes, record)| (writes.as_slice(), record.as_slice()));
            if let Err(fault) = index.apply(writes, &at) {
                return Ok(Err(fault));
            }
            group.clear();
        }
        if is_end {
            return Ok(Ok(()));
        }
        at = walk(journal, &at, |event, record| {
            group.push((expected.take(&event, record), record.to_vec()));
        })?;
    }
}

/// Works out every answer from the journal.
pub(super) fn read_model(journal: &Journal) -> Result<Model, StoreError> {
    let mut model = Model::default();
    let mut at = journal.first();
    while at != journal.end() {
        at = walk(journal, &at, |event, _| model.apply(event))?;
    }
    Ok(model)
}

/// Reads one record of the journal and says where the next one starts.
pub(super) fn walk(
    journal: &Journal,
    at: &Position,
    visit: impl FnOnce(Event, &[u8]),
) -> Result<Position, StoreError> {
    let (record, next) = journal.read_next(at)?;
    visit(decode(journal.path(), at, &record)?, &record);
    Ok(next)
}

/// Reads a record that was verified: what cannot be read was written by a later version.
fn decode(path: &Path, at: &Position, record: &[u8]) -> Result<Event, StoreError> {
    let mut decoder = minicbor::Decoder::new(record);
    let event = decoder.decode();
    match event {
        Ok(event) if decoder.position() == record.len() => Ok(event),
        _ => Err(StoreError::Newer {
            path: path.to_owned(),
            what: format!(
                "record {} at byte {} is of a kind that this one does not know",
                at.records, at.offset
            ),
        }),
    }
}

/// A file that is there while the index is looked at for the first time. Damage may end the whole process; then the
/// next start finds the file and does not look at that index again.
struct Trial {
    path: PathBuf,
    was_cut_off: bool,
}

impl Trial {
    fn new(folder: &Path) -> Self {
        let path = folder.join("index.trial");
        let was_cut_off = path.exists();
        Self { path, was_cut_off }
    }

    fn begin(&self) {
        // With no room for it the index is looked at all the same.
        let _ = std::fs::File::create(&self.path);
    }

    fn end(&self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
