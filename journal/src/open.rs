//! Opening a journal: each state that its files can be in, and what is done about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Damage, JournalError};
use crate::format::{HEADER_BYTES, Header, Position, header};
use crate::mark::{Mark, MarkState, Marked};
use crate::scan::Scan;
use crate::storage::{Access, Folder, Storage, open_if_there, read_up_to};

const COPY_BYTES: usize = 64 * 1024;

/// What opening a journal found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opening {
    /// How many records there are.
    pub records: u64,
    /// How many of them lie beyond the mark. They may have been acknowledged just before a crash, so they count.
    pub records_beyond_mark: u64,
    /// What was found in the mark file.
    pub mark: MarkState,
    /// The bytes that were set aside because a write had been cut off.
    pub torn: Option<Torn>,
    /// Whether the journal was made now.
    pub is_new: bool,
}

/// Bytes after the last good record: a write that was cut off. They were copied to a file of their own before the
/// journal was cut back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// Where they started in the journal.
    pub offset: u64,
    /// How many there were.
    pub bytes: u64,
    /// Where they are now.
    pub file: PathBuf,
}

/// An opened journal's parts.
pub(crate) struct Opened<S> {
    pub(crate) file: S,
    pub(crate) mark: Mark<S>,
    pub(crate) end: Position,
    pub(crate) opening: Opening,
}

/// The name of the file that holds the records.
pub(crate) fn journal_name(name: &str) -> Result<String, JournalError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || !name.bytes().all(is_plain) {
        return Err(JournalError::BadName {
            name: name.to_owned(),
        });
    }
    Ok(format!("{name}.journal"))
}

/// The name of the file that says how many there are.
pub(crate) fn mark_name(name: &str) -> String {
    format!("{name}.mark")
}

pub(crate) fn open<F: Folder>(
    folder: &F,
    name: &str,
    visit: impl FnMut(Position, &[u8]),
) -> Result<Opened<F::File>, JournalError> {
    let journal = journal_name(name)?;
    let path = &folder.path(&journal);
    let mark_path = &folder.path(&mark_name(name));

    let mut file = open_and_lock(folder, name, &journal)?;
    let (mut mark, marked) =
        Mark::open(folder, mark_name(name)).map_err(|error| JournalError::read(mark_path, error))?;
    let mut bytes = file.bytes().map_err(|error| JournalError::read(path, error))?;
    let is_new = check_start(&file, path, bytes, &marked)?;
    if is_new {
        write_header(folder, &mut file, path)?;
        bytes = HEADER_BYTES as u64;
    }

    let scan = Scan {
        file: &file,
        path,
        bytes,
        known: marked.known,
        stops_at_mark: false,
    };
    let scanned = scan.run(visit)?;
    let mut torn = None;
    if scanned.is_torn {
        torn = Some(set_aside(
            folder,
            name,
            &mut file,
            path,
            scanned.end.offset,
            bytes,
        )?);
    }
    if !mark.is_at(&scanned.end) {
        let from = marked.known.map_or(0, |known| known.offset);
        confirm(&mut file, path, from, scanned.end.offset)?;
    }
    // The records are safe without it, so a mark that cannot be written now waits for the next append.
    let _ = mark.write(folder, &scanned.end);

    let opening = Opening {
        records: scanned.end.records,
        records_beyond_mark: scanned.end.records - marked.known.map_or(0, |known| known.records),
        mark: marked.state,
        torn,
        is_new,
    };
    Ok(Opened {
        file,
        mark,
        end: scanned.end,
        opening,
    })
}

/// A mark is made after its journal: one without the other means that the journal was taken away.
fn open_and_lock<F: Folder>(folder: &F, name: &str, journal: &str) -> Result<F::File, JournalError> {
    let path = &folder.path(journal);
    let mark_name = mark_name(name);
    let mark = open_if_there(folder, &mark_name, Access::Read)
        .map_err(|error| JournalError::read(&folder.path(&mark_name), error))?;
    let found =
        open_if_there(folder, journal, Access::Write).map_err(|error| JournalError::read(path, error))?;
    let file = match (found, mark) {
        (Some(file), _) => file,
        (None, Some(mark)) => return Err(gone(path, 0, &Marked::read(Some(&mark)))),
        (None, None) => folder
            .open(journal, Access::Create)
            .map_err(|error| JournalError::write(path, error))?,
    };
    match file.try_lock() {
        Ok(true) => Ok(file),
        Ok(false) => Err(JournalError::InUse { path: path.clone() }),
        Err(error) => Err(JournalError::read(path, error)),
    }
}

/// Checks what can be checked before the records: that the file is a journal, and long enough.
/// Returns whether it still has to be made.
pub(crate) fn check_start<S: Storage>(
    file: &S,
    path: &Path,
    bytes: u64,
    marked: &Marked,
) -> Result<bool, JournalError> {
    if marked.known.is_some_and(|known| bytes < known.offset) {
        return Err(gone(path, bytes, marked));
    }
    let mut first = [0; HEADER_BYTES];
    let found = read_up_to(file, 0, &mut first).map_err(|error| JournalError::read(path, error))?;
    let damaged = |why| JournalError::Damaged {
        path: path.to_owned(),
        offset: 0,
        record: 0,
        why,
    };
    match Header::judge(&first[..found], bytes) {
        // Not even the making was marked as done, so it is done again.
        Header::Whole => Ok(bytes == HEADER_BYTES as u64 && marked.state == MarkState::Missing),
        Header::Unfinished if marked.state == MarkState::Missing => Ok(true),
        Header::Unfinished if marked.known.is_none() => Err(damaged(Damage::Gone)),
        Header::Version(version) => Err(JournalError::UnsupportedVersion {
            path: path.to_owned(),
            version,
        }),
        Header::Unfinished | Header::Foreign => Err(damaged(Damage::Header)),
    }
}

/// The refusal of a journal that is shorter than its mark, or missing.
pub(crate) fn gone(path: &Path, have: u64, marked: &Marked) -> JournalError {
    let path = path.to_owned();
    match marked.known {
        Some(known) => JournalError::Behind {
            path,
            have,
            expected: known.offset,
        },
        None => JournalError::Damaged {
            path,
            offset: 0,
            record: 0,
            why: Damage::Gone,
        },
    }
}

fn write_header<F: Folder>(folder: &F, file: &mut F::File, path: &Path) -> Result<(), JournalError> {
    file.write_at(0, &header())
        .map_err(|error| JournalError::write(path, error))?;
    file.sync_data()
        .map_err(|error| JournalError::sync(path, error))?;
    folder.sync().map_err(|error| JournalError::sync(path, error))
}

/// Makes sure that records which no mark names are on the disk, by writing them again where they are.
///
/// A killed process may have left them in memory only. After a failed sync a system may even hold them for written,
/// so that another sync alone would confirm what the disk never got, and later records would follow a gap.
fn confirm<S: Storage>(file: &mut S, path: &Path, from: u64, to: u64) -> Result<(), JournalError> {
    let mut chunk = vec![0; COPY_BYTES];
    let mut at = from;
    while at < to {
        let bytes = usize::try_from(to - at).unwrap_or(COPY_BYTES).min(COPY_BYTES);
        let found =
            read_up_to(file, at, &mut chunk[..bytes]).map_err(|error| JournalError::read(path, error))?;
        if found < bytes {
            return Err(JournalError::read(path, io::ErrorKind::UnexpectedEof.into()));
        }
        file.write_at(at, &chunk[..bytes])
            .map_err(|error| JournalError::write(path, error))?;
        at += bytes as u64;
    }
    file.sync_data().map_err(|error| JournalError::sync(path, error))
}

/// Copies the bytes from `offset` on to a file of their own, and when that is on the disk, cuts the journal back.
fn set_aside<F: Folder>(
    folder: &F,
    name: &str,
    file: &mut F::File,
    path: &Path,
    offset: u64,
    end: u64,
) -> Result<Torn, JournalError> {
    let (copy_name, mut copy) = new_torn_file(folder, name, offset)?;
    let copy_path = folder.path(&copy_name);
    if let Err(error) = copy_bytes(file, &mut copy, offset, end).and_then(|()| folder.sync()) {
        drop(copy);
        // Half a copy helps nobody: the journal still has the bytes.
        let _ = folder.remove(&copy_name);
        return Err(JournalError::write(&copy_path, error));
    }
    file.set_bytes(offset)
        .map_err(|error| JournalError::write(path, error))?;
    file.sync_data()
        .map_err(|error| JournalError::sync(path, error))?;
    Ok(Torn {
        offset,
        bytes: end - offset,
        file: copy_path,
    })
}

/// A second tail torn off at the same place does not replace the first.
fn new_torn_file<F: Folder>(folder: &F, name: &str, offset: u64) -> Result<(String, F::File), JournalError> {
    let mut file = format!("{name}.torn-{offset}");
    let mut count = 1_u32;
    loop {
        match folder.open(&file, Access::CreateNew) {
            Ok(opened) => return Ok((file, opened)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                count += 1;
                file = format!("{name}.torn-{offset}-{count}");
            }
            Err(error) => return Err(JournalError::write(&folder.path(&file), error)),
        }
    }
}

fn copy_bytes<S: Storage>(from: &S, to: &mut S, offset: u64, end: u64) -> io::Result<()> {
    let mut chunk = vec![0; COPY_BYTES];
    let mut at = offset;
    while at < end {
        let bytes = usize::try_from(end - at).unwrap_or(COPY_BYTES).min(COPY_BYTES);
        if read_up_to(from, at, &mut chunk[..bytes])? < bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        to.write_at(at - offset, &chunk[..bytes])?;
        at += bytes as u64;
    }
    to.sync_data()
}
