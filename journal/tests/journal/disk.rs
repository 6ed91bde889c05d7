//! A disk in memory that can fail any call, forget what was not synced and stop in the middle of a write.

mod file;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use daymark_journal::{Access, Folder};

use self::file::DiskFile;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing happens, and an error is returned.
    Refused,
    /// Half a write happens, and the disk is full.
    NoRoom,
    /// The call happens, and an error is returned all the same.
    DoneButRefused,
}

/// A change that is not yet on the disk.
#[derive(Debug, Clone)]
pub(crate) enum Unsynced {
    Write(u64, Vec<u8>),
    Cut(u64),
}

/// What a power failure leaves of one change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Left {
    Nothing,
    All,
    /// So many bytes of a write.
    Bytes(usize),
}

#[derive(Debug, Default, Clone)]
struct Kept {
    /// What a reader sees.
    seen: Vec<u8>,
    /// What survives a power failure.
    stored: Vec<u8>,
    unsynced: Vec<Unsynced>,
    is_name_stored: bool,
    is_locked: bool,
}

#[derive(Debug, Default)]
struct Inner {
    files: BTreeMap<String, Kept>,
    calls: u64,
    changes: u64,
    syncs: u64,
    fault: Option<(u64, Fault, bool)>,
    has_no_room: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Inner>>);

impl Disk {
    pub(crate) fn with(files: &[(&str, &[u8])]) -> Self {
        let disk = Self::default();
        for (name, bytes) in files {
            disk.put(name, bytes);
        }
        disk
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Puts a file in place, synced.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let kept = Kept {
            seen: bytes.into(),
            stored: bytes.into(),
            is_name_stored: true,
            ..Kept::default()
        };
        self.inner().files.insert(name.into(), kept);
    }

    pub(crate) fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.inner().files.get(name).map(|kept| kept.seen.clone())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.inner().files.keys().cloned().collect()
    }

    /// All files, to see that nothing was touched.
    pub(crate) fn content(&self) -> Vec<(String, Vec<u8>)> {
        self.inner()
            .files
            .iter()
            .map(|(name, kept)| (name.clone(), kept.seen.clone()))
            .collect()
    }

    /// Lets the call with this number, counted from 1 and from now, fail; when `stays`, all later ones too.
    pub(crate) fn fail(&self, call: u64, fault: Fault, stays: bool) {
        let mut inner = self.inner();
        inner.fault = Some((inner.calls + call, fault, stays));
    }

    pub(crate) fn heal(&self) {
        self.inner().fault = None;
    }

    /// Whether the fault that was asked for has come.
    pub(crate) fn has_failed(&self) -> bool {
        let inner = self.inner();
        inner.fault.is_some_and(|(call, ..)| inner.calls >= call)
    }

    pub(crate) fn set_no_room(&self, has_no_room: bool) {
        self.inner().has_no_room = has_no_room;
    }

    pub(crate) fn changes(&self) -> u64 {
        self.inner().changes
    }

    pub(crate) fn syncs(&self) -> u64 {
        self.inner().syncs
    }

    /// How many changes of a file are not synced.
    pub(crate) fn unsynced(&self, name: &str) -> Vec<Unsynced> {
        self.inner()
            .files
            .get(name)
            .map_or(Vec::new(), |kept| kept.unsynced.clone())
    }

    /// The disk after a power failure, of whose unsynced changes `left` tells what is left.
    pub(crate) fn after_power_failure(&self, mut left: impl FnMut(&str, usize) -> Left) -> Self {
        let after = Self::default();
        for (name, kept) in self.inner().files.iter().filter(|(_, kept)| kept.is_name_stored) {
            let mut stored = kept.stored.clone();
            for (number, change) in kept.unsynced.iter().enumerate() {
                match (left(name, number), change) {
                    (Left::Nothing, _) => {}
                    (Left::Bytes(bytes), Unsynced::Write(offset, written)) => {
                        let part = &written[..bytes.min(written.len())];
                        apply(&mut stored, &Unsynced::Write(*offset, part.into()));
                    }
                    (_, change) => apply(&mut stored, change),
                }
            }
            after.put(name, &stored);
        }
        after
    }
}

impl Inner {
    fn call(&mut self) -> Option<Fault> {
        self.calls += 1;
        let (call, fault, stays) = self.fault?;
        (self.calls == call || (stays && self.calls > call)).then_some(fault)
    }

    fn change(&mut self, name: &str, change: Unsynced) {
        self.changes += 1;
        let kept = self.files.get_mut(name).unwrap();
        apply(&mut kept.seen, &change);
        kept.unsynced.push(change);
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Unsynced) {
    match change {
        Unsynced::Cut(length) => bytes.resize(index(*length), 0),
        Unsynced::Write(offset, written) => {
            let end = index(*offset) + written.len();
            if !written.is_empty() && bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[index(*offset).min(end)..][..written.len()].copy_from_slice(written);
        }
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

fn refused() -> io::Error {
    io::Error::other("the disk refused")
}

fn failing(fault: Option<Fault>) -> io::Result<()> {
    fault.map_or(Ok(()), |_| Err(refused()))
}

impl Folder for Disk {
    type File = DiskFile;

    fn path(&self, file: &str) -> PathBuf {
        PathBuf::from("/disk").join(file)
    }

    fn open(&self, file: &str, access: Access) -> io::Result<DiskFile> {
        let mut inner = self.inner();
        failing(inner.call())?;
        match (inner.files.contains_key(file), access) {
            (true, Access::CreateNew) => return Err(io::ErrorKind::AlreadyExists.into()),
            (false, Access::Read | Access::Write) => return Err(io::ErrorKind::NotFound.into()),
            (false, _) if inner.has_no_room => return Err(io::ErrorKind::StorageFull.into()),
            (false, _) => {
                inner.changes += 1;
                inner.files.insert(file.into(), Kept::default());
            }
            (true, _) => {}
        }
        let may_write = access != Access::Read;
        Ok(DiskFile {
            disk: self.clone(),
            name: file.into(),
            has_lock: Cell::new(false),
            may_write,
        })
    }

    fn remove(&self, file: &str) -> io::Result<()> {
        let mut inner = self.inner();
        failing(inner.call())?;
        inner.changes += 1;
        inner
            .files
            .remove(file)
            .map(|_| ())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync(&self) -> io::Result<()> {
        let mut inner = self.inner();
        failing(inner.call())?;
        for kept in inner.files.values_mut() {
            kept.is_name_stored = true;
        }
        Ok(())
    }
}
