//! The index: sled, which the server reads from and nothing rests on.
//!
//! Every call is guarded: an error, a panic inside sled, and an answer that is not what the journal says are all the
//! same [`Fault`], and after one the index is not asked again.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use daymark_core::document_id::DocumentId;
use daymark_journal::Position;
use daymark_sync_protocol::event::Event;

use super::expected::{Expected, Fold, Write, changes_prefix, read_change_key, shelf};

/// Sled takes more than it is given; little, because the page cache of the system serves as well.
const CACHE_BYTES: u64 = 4 << 20;
/// Sled's own thread writes and syncs this often. Nothing waits for it: the journal is the truth.
const FLUSH_EVERY_MS: u64 = 500;
/// Sled may hold its lock for a moment after it was let go of.
const LOCK_PATIENCE: Duration = Duration::from_secs(3);
/// How long letting go of sled may take before it is left to itself.
const DROP_PATIENCE: Duration = Duration::from_secs(5);
const META_KEY: &[u8] = &[shelf::META];
const META_BYTES: usize = 8 + 8 + 32;

/// Why the index is of no use any more.
#[derive(Debug)]
pub(super) enum Fault {
    /// The disk is full.
    NoRoom(io::Error),
    /// Anything else: it is thrown away and made again.
    Unusable(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoRoom(error) => write!(f, "there is no room for it: {error}"),
            Self::Unusable(why) => f.write_str(why),
        }
    }
}

/// An open index.
#[derive(Debug)]
pub(super) struct Index {
    /// Taken only when it is let go of.
    db: Option<sled::Db>,
}

impl Index {
    /// Opens or makes the index in a folder.
    pub(super) fn open(folder: &Path) -> Result<Self, Fault> {
        let started = Instant::now();
        loop {
            let config = sled::Config::new()
                .path(folder)
                .mode(sled::Mode::HighThroughput)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(Some(FLUSH_EVERY_MS))
                .use_compression(false);
            match guarded(|| config.open()) {
                Ok(db) => return Ok(Self { db: Some(db) }),
                // Whoever holds the journal is the only one who opens the index: this is sled letting go.
                Err(Fault::Unusable(why))
                    if why.contains("could not acquire lock") && started.elapsed() < LOCK_PATIENCE =>
                {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    pub(super) fn db(&self) -> Result<&sled::Db, Fault> {
        self.db
            .as_ref()
            .ok_or_else(|| Fault::Unusable("it was let go of".to_owned()))
    }

    /// How far the journal was applied, if it says so.
    pub(super) fn applied(&self) -> Result<Option<Position>, Fault> {
        let db = self.db()?;
        Ok(guarded(|| db.get(META_KEY))?.and_then(|meta| read_meta(&meta)))
    }

    /// Applies records that end at `end`: all of it or, after a crash, nothing. Not durable on return, and need not
    /// be: what is missing after a crash is applied from the journal again.
    pub(super) fn apply<'a>(
        &self,
        records: impl IntoIterator<Item = (&'a [Write], &'a [u8])>,
        end: &Position,
    ) -> Result<(), Fault> {
        let mut batch = sled::Batch::default();
        for (writes, record) in records {
            for write in writes {
                match write {
                    Write::Put(key) => batch.insert(key.as_slice(), record),
                    Write::Remove(key) => batch.remove(key.as_slice()),
                }
            }
        }
        batch.insert(META_KEY, meta(end));
        let db = self.db()?;
        guarded(|| db.apply_batch(batch))
    }

    /// The records of a document's changes, which must amount to `fold`.
    pub(super) fn changes(&self, document: &DocumentId, fold: Fold) -> Result<Vec<Vec<u8>>, Fault> {
        let db = self.db()?;
        let mut found = Fold::default();
        let mut records = Vec::new();
        guarded(|| {
            for pair in db.scan_prefix(changes_prefix(document)) {
                let record = pair?.1;
                found.take(&record);
                records.push(record.to_vec());
            }
            Ok(())
        })?;
        if found == fold {
            Ok(records)
        } else {
            Err(differs("the changes of a document"))
        }
    }

    /// The records on a shelf other than that of the changes, in the order of their keys.
    pub(super) fn on_shelf(&self, shelf: u8, expected: &Expected) -> Result<Vec<Vec<u8>>, Fault> {
        let db = self.db()?;
        let mut records = Vec::new();
        let mut are_right = true;
        guarded(|| {
            for pair in db.scan_prefix([shelf]) {
                let (key, record) = pair?;
                are_right &= expected.has(&key, &record);
                records.push(record.to_vec());
            }
            Ok(())
        })?;
        if are_right && records.len() == expected.on_shelf(shelf) {
            Ok(records)
        } else {
            Err(differs("what stands beside the changes"))
        }
    }

    /// Compares everything: that each record stands where it must, byte for byte, and that there is nothing more.
    pub(super) fn compare(&self, expected: &Expected) -> Result<(), Fault> {
        let db = self.db()?;
        let mut documents = 0;
        let mut others = 0;
        let mut open: Option<(DocumentId, Fold)> = None;
        let mut are_right = true;
        let is_whole = |open: &Option<(DocumentId, Fold)>| {
            open.as_ref()
                .is_none_or(|(document, fold)| expected.document(document) == *fold)
        };
        guarded(|| {
            for pair in db.iter() {
                let (key, record) = pair?;
                if *key == *META_KEY {
                    continue;
                }
                if key.first() != Some(&shelf::CHANGE) {
                    others += 1;
                    are_right &= expected.has(&key, &record);
                    continue;
                }
                let Some((document, position)) = read_change_key(&key) else {
                    are_right = false;
                    continue;
                };
                if open.as_ref().is_none_or(|(same, _)| *same != document) {
                    are_right &= is_whole(&open);
                    documents += 1;
                    open = Some((document, Fold::default()));
                }
                if let Some((_, fold)) = &mut open {
                    are_right &= fold.changes == position;
                    fold.take(&record);
                }
            }
            Ok(())
        })?;
        let is_right = are_right
            && is_whole(&open)
            && documents == expected.documents().len()
            && others == expected.others();
        if is_right {
            Ok(())
        } else {
            Err(differs("something in it"))
        }
    }

    /// Writes what is in memory and lets go.
    pub(super) fn close(self) {
        if let Some(db) = &self.db {
            // Only saves work at the next start.
            let _ = guarded(|| db.flush());
        }
    }
}

/// Letting go of a damaged sled may hang or panic, so it happens elsewhere and is not waited for without end.
impl Drop for Index {
    fn drop(&mut self) {
        let Some(db) = self.db.take() else { return };
        let (done, is_done) = channel();
        let thread = std::thread::Builder::new()
            .name("index drop".to_owned())
            .spawn(move || {
                let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
                let _ = done.send(());
            });
        if thread.is_ok() {
            let _ = is_done.recv_timeout(DROP_PATIENCE);
        }
    }
}

/// Reads a record of the index back. It was compared with the journal, so it can be read.
pub(super) fn decode(record: &[u8]) -> Result<Event, Fault> {
    minicbor::decode(record).map_err(|error| Fault::Unusable(format!("a record cannot be read: {error}")))
}

/// Moves the index aside under the next free number, and removes the oldest beyond `keep`.
pub(super) fn move_aside(folder: &Path, keep: usize) -> io::Result<Option<PathBuf>> {
    let index = index_folder(folder);
    if !index.exists() {
        return Ok(None);
    }
    let mut numbers: Vec<u64> = std::fs::read_dir(folder)?
        .filter_map(|entry| {
            entry
                .ok()?
                .file_name()
                .to_str()?
                .strip_prefix("index.damaged-")?
                .parse()
                .ok()
        })
        .collect();
    numbers.sort_unstable();
    let number = numbers.last().map_or(1, |last| last + 1);
    let aside = |number: u64| folder.join(format!("index.damaged-{number}"));
    std::fs::rename(&index, aside(number))?;
    numbers.push(number);
    for old in &numbers[..numbers.len().saturating_sub(keep)] {
        // It is of no use but for looking into what happened.
        let _ = std::fs::remove_dir_all(aside(*old));
    }
    Ok(Some(aside(number)))
}

/// Where the index is.
pub(super) fn index_folder(folder: &Path) -> PathBuf {
    folder.join("index")
}

fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(sled::Error::Io(error))) if is_full(&error) => Err(Fault::NoRoom(error)),
        Ok(Err(error)) => Err(Fault::Unusable(error.to_string())),
        Err(_) => Err(Fault::Unusable("reading it made sled panic".to_owned())),
    }
}

/// Sled wraps what the system said in an error of its own kind, so the words count too.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    ) || error.to_string().contains("No space left")
}

fn differs(what: &str) -> Fault {
    Fault::Unusable(format!("{what} differs from the journal"))
}

fn meta(position: &Position) -> Vec<u8> {
    let mut meta = Vec::with_capacity(META_BYTES);
    meta.extend_from_slice(&position.offset.to_be_bytes());
    meta.extend_from_slice(&position.records.to_be_bytes());
    meta.extend_from_slice(&position.chain);
    meta
}

fn read_meta(meta: &[u8]) -> Option<Position> {
    let (offset, rest) = meta.split_first_chunk()?;
    let (records, chain) = rest.split_first_chunk()?;
    Some(Position {
        offset: u64::from_be_bytes(*offset),
        records: u64::from_be_bytes(*records),
        chain: chain.try_into().ok()?,
    })
}
