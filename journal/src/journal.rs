//! The journal while it is open: appending, reading back, closing.

use std::path::{Path, PathBuf};

use crate::error::{Damage, JournalError};
use crate::file::FileFolder;
use crate::format::{PREFIX_BYTES, Position, Prefix, RECORD_BYTES_MAX, encode};
use crate::mark::Mark;
use crate::open::{Opened, Opening, journal_name, open};
use crate::storage::{Folder, Storage, read_up_to};

/// The room for encoding that is kept from one append to the next.
const KEPT_BYTES_MAX: usize = 4 << 20;

/// An open journal, which nobody else can open until it is dropped.
#[derive(Debug)]
pub struct Journal<F: Folder = FileFolder> {
    folder: F,
    path: PathBuf,
    file: F::File,
    mark: Mark<F::File>,
    /// Everything before it is on the disk.
    end: Position,
    is_poisoned: bool,
    encoded: Vec<u8>,
}

/// The answer to [`Journal::append`]: the records are on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Where each record starts, in the order given; for [`Journal::read`].
    pub starts: Vec<Position>,
    /// The end of the journal.
    pub end: Position,
}

impl Journal {
    /// Opens the journal `name` in `folder`, and makes it when it is not there.
    ///
    /// Every record is checked and handed to `visit` with the position at which it starts, in the order in which
    /// they were appended. When the opening is refused, `visit` has seen the good records before the fault.
    /// On an intact journal nothing is written.
    ///
    /// # Errors
    ///
    /// - [`JournalError::InUse`] when somebody else holds it.
    /// - [`JournalError::Damaged`], [`JournalError::Behind`], [`JournalError::UnsupportedVersion`]: refused, nothing
    ///   was changed on the disk.
    /// - [`JournalError::Read`], [`JournalError::Write`], [`JournalError::NoRoom`], [`JournalError::Sync`]: the disk
    ///   failed; nothing was lost, and the opening can be tried again.
    /// - [`JournalError::BadName`] when `name` is not one plain file name.
    pub fn open(
        folder: impl AsRef<Path>,
        name: &str,
        visit: impl FnMut(Position, &[u8]),
    ) -> Result<(Self, Opening), JournalError> {
        Self::open_in(FileFolder::new(folder), name, visit)
    }
}

impl<F: Folder> Journal<F> {
    /// Opens a journal in any kind of folder, as [`Journal::open`] does in a real one.
    pub fn open_in(
        folder: F,
        name: &str,
        visit: impl FnMut(Position, &[u8]),
    ) -> Result<(Self, Opening), JournalError> {
        let path = folder.path(&journal_name(name)?);
        let Opened {
            file,
            mark,
            end,
            opening,
        } = open(&folder, name, visit)?;
        Ok((
            Self {
                folder,
                path,
                file,
                mark,
                end,
                is_poisoned: false,
                encoded: Vec::new(),
            },
            opening,
        ))
    }

    /// Appends records with one write and one sync. When it returns `Ok`, and only then, they are on the disk.
    ///
    /// Without records it does nothing but say where the journal ends, and that it can still be relied on.
    ///
    /// # Errors
    ///
    /// After any error none of the records may be acknowledged.
    ///
    /// - [`JournalError::NoRoom`], [`JournalError::Write`]: the journal was cut back to where it was, and the same
    ///   call may be made again.
    /// - [`JournalError::Sync`]: the disk did not confirm; this and every later call fails until the journal has been
    ///   opened again.
    /// - [`JournalError::Poisoned`]: after such a failure, or when the journal could not be cut back.
    /// - [`JournalError::RecordTooLong`]: nothing was written.
    pub fn append<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Result<Appended, JournalError> {
        if self.is_poisoned {
            return Err(JournalError::Poisoned {
                path: self.path.clone(),
            });
        }
        let (starts, end) = self.encode(records)?;
        if !starts.is_empty() {
            self.write_encoded()?;
            self.end = end;
            // The records are safe whether or not the mark could be written; the next append tries again.
            let _ = self.mark.write(&self.folder, &end);
        }
        Ok(Appended { starts, end })
    }

    /// Reads back the record that starts at `start`, as given by [`Journal::append`] or at the opening, and checks it
    /// against its check and the chain before it.
    ///
    /// # Errors
    ///
    /// - [`JournalError::NoSuchRecord`] when `start` lies outside the journal.
    /// - [`JournalError::Damaged`] when what stands there does not verify: the disk changed it, or `start` is not the
    ///   start of a record of this journal.
    /// - [`JournalError::Read`] when the disk failed.
    pub fn read(&self, start: &Position) -> Result<Vec<u8>, JournalError> {
        self.read_next(start).map(|(body, _)| body)
    }

    /// Reads back a record as [`Journal::read`] does, and says where the next one starts. From [`Journal::first`] to
    /// [`Journal::end`] this walks the whole journal, checking every record.
    ///
    /// # Errors
    ///
    /// As [`Journal::read`].
    pub fn read_next(&self, start: &Position) -> Result<(Vec<u8>, Position), JournalError> {
        let damaged = |why| JournalError::Damaged {
            path: self.path.clone(),
            offset: start.offset,
            record: start.records,
            why,
        };
        let missing = || JournalError::NoSuchRecord {
            path: self.path.clone(),
            offset: start.offset,
        };
        let left = self.end.offset.checked_sub(start.offset).ok_or_else(missing)?;
        let body_bytes_max = left.checked_sub(PREFIX_BYTES as u64).ok_or_else(missing)?;

        let mut prefix = [0; PREFIX_BYTES];
        self.read_exactly(start.offset, &mut prefix)?;
        let prefix = Prefix::from_bytes(&prefix);
        let body_bytes = prefix.body_bytes().ok_or_else(|| damaged(Damage::Length))?;
        if body_bytes as u64 > body_bytes_max {
            return Err(damaged(Damage::CutShort));
        }
        let mut body = vec![0; body_bytes];
        self.read_exactly(start.offset + PREFIX_BYTES as u64, &mut body)?;
        prefix
            .verified(start, &body)
            .map(|end| (body, end))
            .ok_or_else(|| damaged(Damage::Check))
    }

    /// Where the first record starts, whether or not there is one.
    pub fn first(&self) -> Position {
        Position::first()
    }

    /// The end of the journal: everything before it is on the disk.
    pub fn end(&self) -> Position {
        self.end
    }

    /// The path of the journal file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an earlier failure makes every append fail until the journal is opened again.
    pub fn is_poisoned(&self) -> bool {
        self.is_poisoned
    }

    /// Whether the mark names the end of the journal. When it does not, writing it failed: the records are safe, but
    /// the loss of the file's end would go unnoticed. Worth a warning to whoever keeps the machine.
    pub fn is_mark_current(&self) -> bool {
        self.mark.is_at(&self.end)
    }

    /// Makes the mark durable and lets go of the journal. Dropping a journal loses no record either, but may leave
    /// the mark behind when the power fails soon after.
    ///
    /// # Errors
    ///
    /// [`JournalError::Sync`] when the mark could not be written; the records are safe.
    pub fn close(mut self) -> Result<(), JournalError> {
        let written = self
            .mark
            .write(&self.folder, &self.end)
            .and_then(|()| self.mark.sync());
        written.map_err(|error| JournalError::sync(&self.path.with_extension("mark"), error))
    }

    fn encode<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Result<(Vec<Position>, Position), JournalError> {
        self.encoded.clear();
        self.encoded.shrink_to(KEPT_BYTES_MAX);
        let mut starts = Vec::with_capacity(records.len());
        let mut end = self.end;
        for record in records {
            let body = record.as_ref();
            if body.len() > RECORD_BYTES_MAX {
                return Err(JournalError::RecordTooLong {
                    bytes: body.len(),
                    bytes_max: RECORD_BYTES_MAX,
                });
            }
            starts.push(end);
            end = encode(&end, body, &mut self.encoded);
        }
        Ok((starts, end))
    }

    fn write_encoded(&mut self) -> Result<(), JournalError> {
        if let Err(error) = self.file.write_at(self.end.offset, &self.encoded) {
            self.is_poisoned = self.file.set_bytes(self.end.offset).is_err();
            return Err(JournalError::write(&self.path, error));
        }
        if let Err(error) = self.file.sync_data() {
            // A system may forget what it failed to write and confirm the next sync, so this one is the last word.
            self.is_poisoned = true;
            // The bytes may still be readable from memory. Cut off, they cannot be taken for recorded later.
            let _ = self.file.set_bytes(self.end.offset);
            return Err(JournalError::sync(&self.path, error));
        }
        Ok(())
    }

    fn read_exactly(&self, offset: u64, into: &mut [u8]) -> Result<(), JournalError> {
        let short = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let found =
            read_up_to(&self.file, offset, into).map_err(|error| JournalError::read(&self.path, error))?;
        if found < into.len() {
            Err(JournalError::read(&self.path, short()))
        } else {
            Ok(())
        }
    }
}
