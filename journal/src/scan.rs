//! Checks a journal from its first record to its last, and tells damage from a write that was cut off.

use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::error::{Damage, JournalError};
use crate::format::{HEADER_BYTES, PREFIX_BYTES, Position, Prefix, RECORD_BYTES_MAX};
use crate::storage::{Storage, read_up_to};

const READ_BYTES: usize = 256 * 1024;
/// What a disk leaves unwritten, it leaves unwritten from such a boundary on.
const SECTOR_BYTES: u64 = 512;

/// How far a journal is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// The end of the last good record.
    pub(crate) end: Position,
    /// Whether bytes follow that are a write cut off in the middle.
    pub(crate) is_torn: bool,
}

/// A journal file to be checked.
pub(crate) struct Scan<'a, S> {
    pub(crate) file: &'a S,
    pub(crate) path: &'a Path,
    /// The length of the file.
    pub(crate) bytes: u64,
    /// What the mark names: everything up to there has to be good.
    pub(crate) known: Option<Position>,
    /// Whether to leave alone what lies beyond the mark.
    pub(crate) stops_at_mark: bool,
}

enum Step {
    Record(Position),
    End,
    Bad(Damage),
}

impl<S: Storage> Scan<'_, S> {
    /// Walks the records; the header has been checked before.
    pub(crate) fn run(&self, mut visit: impl FnMut(Position, &[u8])) -> Result<Scanned, JournalError> {
        let from_first = ReadFrom {
            file: self.file,
            offset: HEADER_BYTES as u64,
        };
        let mut reader = BufReader::with_capacity(READ_BYTES, from_first);
        let mut body = Vec::new();
        let mut at = Position::first();
        let mut unreached = self.known;
        loop {
            if let Some(mark) = unreached.filter(|mark| at.offset >= mark.offset) {
                if at != mark {
                    return Err(self.damaged(&at, Damage::NotAsMarked));
                }
                unreached = None;
                if self.stops_at_mark {
                    return Ok(Scanned {
                        end: at,
                        is_torn: false,
                    });
                }
            }
            match self
                .step(&mut reader, &at, &mut body)
                .map_err(|error| JournalError::read(self.path, error))?
            {
                Step::Record(end) => {
                    visit(at, &body);
                    at = end;
                }
                Step::End if unreached.is_none() => {
                    return Ok(Scanned {
                        end: at,
                        is_torn: false,
                    });
                }
                Step::End => return Err(self.damaged(&at, Damage::CutShort)),
                Step::Bad(why) => {
                    let is_torn = match self.known {
                        Some(_) => unreached.is_none(),
                        None => self
                            .is_cut_off(&at, why)
                            .map_err(|error| JournalError::read(self.path, error))?,
                    };
                    if is_torn {
                        return Ok(Scanned { end: at, is_torn });
                    }
                    return Err(self.damaged(&at, why));
                }
            }
        }
    }

    fn step(&self, reader: &mut impl Read, at: &Position, body: &mut Vec<u8>) -> io::Result<Step> {
        let left = self.bytes.saturating_sub(at.offset);
        if left == 0 {
            return Ok(Step::End);
        }
        let mut prefix = [0; PREFIX_BYTES];
        if left < PREFIX_BYTES as u64 || !fill(reader, &mut prefix)? {
            return Ok(Step::Bad(Damage::CutShort));
        }
        let prefix = Prefix::from_bytes(&prefix);
        let Some(body_bytes) = prefix.body_bytes() else {
            return Ok(Step::Bad(Damage::Length));
        };
        body.resize(body_bytes, 0);
        if left - (PREFIX_BYTES as u64) < body_bytes as u64 || !fill(reader, body)? {
            return Ok(Step::Bad(Damage::CutShort));
        }
        Ok(prefix
            .verified(at, body)
            .map_or(Step::Bad(Damage::Check), Step::Record))
    }

    /// Without a mark: whether the bad record that starts at `at` is the last one and was never wholly written.
    fn is_cut_off(&self, at: &Position, why: Damage) -> io::Result<bool> {
        let left = self.bytes - at.offset;
        if left < PREFIX_BYTES as u64 {
            return Ok(true);
        }
        let mut prefix = [0; PREFIX_BYTES];
        read_up_to(self.file, at.offset, &mut prefix)?;
        let prefix = Prefix::from_bytes(&prefix);
        match why {
            Damage::CutShort => Ok(!self.is_whole_but_for_its_length(at, prefix, left)?),
            Damage::Check => {
                let record_end = at.offset + PREFIX_BYTES as u64 + u64::from(prefix.length);
                let zeros_from = self.zeros_from(at.offset)?;
                let last_sector = (self.bytes - 1) / SECTOR_BYTES * SECTOR_BYTES;
                Ok(zeros_from < record_end && zeros_from <= last_sector.max(at.offset))
            }
            _ => Ok(false),
        }
    }

    /// Whether a record that seems to reach beyond the end of the file is whole once a bit of its length is put
    /// right: then it is damaged, and more records may follow it.
    fn is_whole_but_for_its_length(&self, at: &Position, prefix: Prefix, left: u64) -> io::Result<bool> {
        let body_bytes_max = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(PREFIX_BYTES + RECORD_BYTES_MAX)
            - PREFIX_BYTES;
        let mut body = vec![0; body_bytes_max];
        let found = read_up_to(self.file, at.offset + PREFIX_BYTES as u64, &mut body)?;
        body.truncate(found);
        let mut lengths = (0..u32::BITS).filter_map(|bit| usize::try_from(prefix.length ^ (1 << bit)).ok());
        Ok(lengths.any(|length| {
            body.get(..length)
                .is_some_and(|body| prefix.verified(at, body).is_some())
        }))
    }

    /// Where the zeros begin that the file ends with, looking back no further than `start`.
    fn zeros_from(&self, start: u64) -> io::Result<u64> {
        let mut chunk = vec![0; READ_BYTES];
        let mut end = self.bytes;
        while end > start {
            let bytes = usize::try_from(end - start).unwrap_or(READ_BYTES).min(READ_BYTES);
            let from = end - bytes as u64;
            let found = read_up_to(self.file, from, &mut chunk[..bytes])?;
            if let Some(last) = chunk[..found].iter().rposition(|byte| *byte != 0) {
                return Ok(from + last as u64 + 1);
            }
            end = from;
        }
        Ok(start)
    }

    fn damaged(&self, at: &Position, why: Damage) -> JournalError {
        JournalError::Damaged {
            path: self.path.to_owned(),
            offset: at.offset,
            record: at.records,
            why,
        }
    }
}

struct ReadFrom<'a, S> {
    file: &'a S,
    offset: u64,
}

impl<S: Storage> Read for ReadFrom<'_, S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.file.read_at(self.offset, into)?;
        self.offset += bytes as u64;
        Ok(bytes)
    }
}

/// Whether there was enough to fill `into`; a writer may have shortened the file meanwhile.
fn fill(reader: &mut impl Read, into: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(into) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
