//! Reading files out of a zip, within limits that hold while it is read.
//!
//! Only what schools' systems write is understood: stored and deflated entries, one disk, no encryption, no zip64.
//! Sizes that the archive states are not believed: an entry is inflated up to its limit and no further.

use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

/// The largest archive, in bytes: as large as a roster file may be.
pub const ARCHIVE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most entries. `OneRoster` 1.1 has 17 files; some systems put a few of their own beside them.
pub const ENTRIES_MAX: usize = 100;
/// The largest entry once it is unpacked, in bytes.
pub const ENTRY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How many times larger than its packed form an entry may be. Rosters pack about ten to one.
pub const RATIO_MAX: usize = 100;
/// Entries up to this size may have any ratio: a short file of one repeated line harms nobody.
const RATIO_FREE_BYTES: usize = 64 * 1024;

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;
const COMMENT_BYTES_MAX: usize = 65_535;
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ENCRYPTED_FLAG: u16 = 1;

/// Why a zip was refused whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// More bytes than [`ARCHIVE_BYTES_MAX`].
    #[error(
        "the zip has {bytes} bytes, the limit is {ARCHIVE_BYTES_MAX}: export one school and the needed files only"
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The end is missing, or the parts do not lie where it says.
    #[error("the zip is damaged or cut off ({what}): fetch it again, and compare its size")]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// Something that no school's system writes.
    #[error("the zip uses {what}, which is not read here: pack it again with the system's own zip")]
    Unsupported {
        /// What.
        what: &'static str,
    },
    /// More entries than [`ENTRIES_MAX`].
    #[error("the zip has {entries} entries, the limit is {ENTRIES_MAX}: this is no roster")]
    TooManyEntries {
        /// How many.
        entries: usize,
    },
    /// A name that would lead out of a folder.
    #[error("the zip has an entry named {name:?}: a roster's files have plain names, so it is refused whole")]
    Path {
        /// Its name, or its beginning.
        name: String,
    },
    /// Two entries of one name.
    #[error("the zip has two entries named {name:?}: nobody can say which counts; pack it again")]
    Twice {
        /// Their name.
        name: String,
    },
    /// An entry that becomes too large.
    #[error(
        "{name} of the zip unpacks to more than {bytes_max} bytes: this is no roster, or it must be split"
    )]
    EntryTooLarge {
        /// Its name.
        name: String,
        /// The limit.
        bytes_max: usize,
    },
    /// The bytes are not those that were packed.
    #[error("{name} of the zip is damaged: fetch the zip again")]
    Checksum {
        /// Its name.
        name: String,
    },
}

const fn damaged(what: &'static str) -> ArchiveError {
    ArchiveError::Damaged { what }
}

/// One entry, still packed.
#[derive(Debug)]
struct Entry {
    name: String,
    method: u16,
    crc: u32,
    bytes: usize,
    data: std::ops::Range<usize>,
}

/// A zip whose list of entries has been read.
#[derive(Debug)]
pub(crate) struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
}

impl<'a> Archive<'a> {
    /// Reads the list of entries. Nothing is unpacked yet.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, ArchiveError> {
        if bytes.len() > ARCHIVE_BYTES_MAX {
            return Err(ArchiveError::TooLarge { bytes: bytes.len() });
        }
        let end = end_of(bytes).ok_or(damaged("its end is missing"))?;
        let whole = u16_at(bytes, end + 4) == Some(0) && u16_at(bytes, end + 6) == Some(0);
        let count = u16_at(bytes, end + 10).ok_or(damaged("its end is cut off"))?;
        let start = u32_at(bytes, end + 16).ok_or(damaged("its end is cut off"))?;
        if count == u16::MAX || start == u32::MAX {
            return Err(ArchiveError::Unsupported { what: "zip64" });
        }
        if !whole || u16_at(bytes, end + 8) != Some(count) {
            return Err(ArchiveError::Unsupported {
                what: "several disks",
            });
        }
        let count = usize::from(count);
        if count > ENTRIES_MAX {
            return Err(ArchiveError::TooManyEntries { entries: count });
        }
        let mut entries: Vec<Entry> = Vec::with_capacity(count);
        let mut at = start as usize;
        for _ in 0..count {
            let (entry, next) = entry_at(bytes, at)?;
            at = next;
            if entry.name.ends_with('/') {
                continue;
            }
            if entries.iter().any(|other| other.name == entry.name) {
                return Err(ArchiveError::Twice { name: entry.name });
            }
            entries.push(entry);
        }
        if at != end {
            return Err(damaged("its list of entries does not reach its end"));
        }
        Ok(Self { bytes, entries })
    }

    /// The names of the entries, folders aside.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// An entry, unpacked; `None` where there is none of that name.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let Some(entry) = self.entries.iter().find(|entry| entry.name == name) else {
            return Ok(None);
        };
        let packed = &self.bytes[entry.data.clone()];
        let bytes_max = ENTRY_BYTES_MAX.min(RATIO_FREE_BYTES.max(packed.len().saturating_mul(RATIO_MAX)));
        let too_large = || ArchiveError::EntryTooLarge {
            name: name.to_owned(),
            bytes_max,
        };
        if entry.bytes > bytes_max {
            return Err(too_large());
        }
        let mut unpacked = Vec::new();
        if entry.method == STORED {
            unpacked.extend_from_slice(packed);
        } else {
            // One byte more than may be, so that a longer entry shows.
            DeflateDecoder::new(packed)
                .take(bytes_max as u64 + 1)
                .read_to_end(&mut unpacked)
                .map_err(|_| ArchiveError::Checksum {
                    name: name.to_owned(),
                })?;
        }
        if unpacked.len() > bytes_max {
            return Err(too_large());
        }
        let mut crc = Crc::new();
        crc.update(&unpacked);
        if unpacked.len() != entry.bytes || crc.sum() != entry.crc {
            return Err(ArchiveError::Checksum {
                name: name.to_owned(),
            });
        }
        Ok(Some(unpacked))
    }
}

/// Where the end record stands: the last place from which its comment reaches exactly to the end.
fn end_of(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_BYTES)?;
    let first = last.saturating_sub(COMMENT_BYTES_MAX);
    (first..=last).rev().find(|at| {
        let comment = u16_at(bytes, at + 20).map_or(0, usize::from);
        bytes[*at..].starts_with(END) && at + END_BYTES + comment == bytes.len()
    })
}

/// The entry whose central header stands here, and where the next one stands.
fn entry_at(bytes: &[u8], at: usize) -> Result<(Entry, usize), ArchiveError> {
    let cut = || damaged("its list of entries is cut off");
    let half = |offset: usize| u16_at(bytes, at + offset).ok_or_else(cut);
    let word = |offset: usize| u32_at(bytes, at + offset).ok_or_else(cut);
    if !bytes.get(at..).is_some_and(|rest| rest.starts_with(CENTRAL)) {
        return Err(damaged("its list of entries is not where its end says"));
    }
    let (flags, method, crc) = (half(8)?, half(10)?, word(16)?);
    let (packed, unpacked, local) = (word(20)? as usize, word(24)?, word(42)? as usize);
    let name_bytes = usize::from(half(28)?);
    let next = at + CENTRAL_BYTES + name_bytes + usize::from(half(30)?) + usize::from(half(32)?);
    let name = bytes
        .get(at + CENTRAL_BYTES..at + CENTRAL_BYTES + name_bytes)
        .ok_or_else(cut)?;
    let name = plain_name(name)?;
    if flags & ENCRYPTED_FLAG != 0 {
        return Err(ArchiveError::Unsupported { what: "a password" });
    }
    if unpacked == u32::MAX {
        return Err(ArchiveError::Unsupported { what: "zip64" });
    }
    if method != STORED && method != DEFLATED {
        return Err(ArchiveError::Unsupported {
            what: "another compression than deflate",
        });
    }
    if !bytes.get(local..).is_some_and(|rest| rest.starts_with(LOCAL)) {
        return Err(damaged("an entry is not where its list says"));
    }
    let skip = |offset: usize| u16_at(bytes, local + offset).map(usize::from).ok_or_else(cut);
    let start = local + LOCAL_BYTES + skip(26)? + skip(28)?;
    let data = start..start + packed;
    if bytes.get(data.clone()).is_none() {
        return Err(damaged("an entry is cut off"));
    }
    let entry = Entry {
        name,
        method,
        crc,
        bytes: unpacked as usize,
        data,
    };
    Ok((entry, next))
}

/// A name that stays below the folder it is in. We write no files, but whoever unpacks the same zip does, and a zip
/// with such a name was made by nobody's roster export.
fn plain_name(name: &[u8]) -> Result<String, ArchiveError> {
    let text = String::from_utf8_lossy(name);
    let leads_out = text.starts_with('/')
        || text.contains(['\\', ':'])
        || text.chars().any(char::is_control)
        || text.split('/').any(|part| part == "..");
    if leads_out || text.is_empty() {
        return Err(ArchiveError::Path {
            name: text.chars().take(64).collect(),
        });
    }
    Ok(text.into_owned())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}
