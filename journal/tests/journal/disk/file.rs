//! An open file of the disk in memory.

use std::cell::Cell;
use std::io;

use daymark_journal::Storage;

use super::{Disk, Fault, Unsynced, apply, failing, index, refused};

#[derive(Debug)]
pub(crate) struct DiskFile {
    pub(super) disk: Disk,
    pub(super) name: String,
    pub(super) has_lock: Cell<bool>,
    pub(super) may_write: bool,
}

impl Drop for DiskFile {
    fn drop(&mut self) {
        if self.has_lock.get()
            && let Some(kept) = self.disk.inner().files.get_mut(&self.name)
        {
            kept.is_locked = false;
        }
    }
}

impl Storage for DiskFile {
    fn try_lock(&self) -> io::Result<bool> {
        let mut inner = self.disk.inner();
        failing(inner.call())?;
        let kept = inner.files.get_mut(&self.name).unwrap();
        let is_mine = !std::mem::replace(&mut kept.is_locked, true);
        self.has_lock.set(is_mine);
        Ok(is_mine)
    }

    fn bytes(&self) -> io::Result<u64> {
        let mut inner = self.disk.inner();
        failing(inner.call())?;
        Ok(inner.files[&self.name].seen.len() as u64)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.disk.inner();
        failing(inner.call())?;
        let seen = &inner.files[&self.name].seen;
        let from = &seen[index(offset).min(seen.len())..];
        let bytes = from.len().min(into.len());
        into[..bytes].copy_from_slice(&from[..bytes]);
        Ok(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        assert!(self.may_write, "{} was opened for reading", self.name);
        let mut inner = self.disk.inner();
        let fault = inner.call();
        if inner.has_no_room && index(offset) + bytes.len() > inner.files[&self.name].seen.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let written = match fault {
            Some(Fault::Refused) => return Err(refused()),
            Some(Fault::NoRoom) => &bytes[..bytes.len() / 2],
            Some(Fault::DoneButRefused) | None => bytes,
        };
        inner.change(&self.name, Unsynced::Write(offset, written.into()));
        match fault {
            Some(Fault::NoRoom) => Err(io::ErrorKind::StorageFull.into()),
            fault => failing(fault),
        }
    }

    /// A sync that fails forgets: the changes stay visible, are lost in a power failure, and the next sync succeeds.
    fn sync_data(&mut self) -> io::Result<()> {
        let mut inner = self.disk.inner();
        inner.syncs += 1;
        let fault = inner.call();
        let kept = inner.files.get_mut(&self.name).unwrap();
        let unsynced = std::mem::take(&mut kept.unsynced);
        if matches!(fault, None | Some(Fault::DoneButRefused)) {
            for change in &unsynced {
                apply(&mut kept.stored, change);
            }
        }
        failing(fault)
    }

    fn set_bytes(&mut self, bytes: u64) -> io::Result<()> {
        assert!(self.may_write, "{} was opened for reading", self.name);
        let mut inner = self.disk.inner();
        let fault = inner.call();
        if matches!(fault, None | Some(Fault::DoneButRefused)) {
            inner.change(&self.name, Unsynced::Cut(bytes));
        }
        failing(fault)
    }
}
