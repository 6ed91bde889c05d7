//! An append-only, checksummed, hash-chained record file whose records are on the disk before anybody is told so.
//!
//! A [`Journal`] is what an acknowledgement rests on. The loop of its owner is short:
//!
//! 1. [`Journal::open`] checks every record from the first to the last and hands each one to a closure. What it
//!    finds is one of a few named states, told in [`Opening`] or as a refusal in [`JournalError`].
//! 2. [`Journal::append`] writes a batch of records with one write and one `fdatasync`. When it has returned
//!    `Ok`, and only then, the records may be acknowledged.
//! 3. [`Journal::read`] fetches one record back and checks it again; [`verify`] checks a whole journal without
//!    opening it, also while its owner is at work.
//!
//! ```
//! use daymark_journal::{Journal, verify};
//! # let folder = tempfile::tempdir()?;
//! let (mut journal, _) = Journal::open(folder.path(), "changes", |_, _| {})?;
//! let appended = journal.append(&["Ada Lovelace, AM, present", "Alan Turing, AM, late"])?;
//! assert_eq!(journal.read(&appended.starts[1])?, b"Alan Turing, AM, late");
//! journal.close()?;
//!
//! let mut bodies = Vec::new();
//! let (_journal, opening) = Journal::open(folder.path(), "changes", |_, body| bodies.push(body.to_vec()))?;
//! assert_eq!(bodies.len(), 2);
//! assert!(opening.torn.is_none());
//! assert_eq!(verify(folder.path(), "changes")?.verified, appended.end);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Files
//!
//! | file | content |
//! |---|---|
//! | `<name>.journal` | a 16-byte header (`DAYMARKJ`, version `u16`, six zero bytes), then the records; it carries the lock |
//! | `<name>.mark` | two slots, 4096 bytes apart, each saying how long the journal is known to be |
//! | `<name>.torn-<offset>` | bytes that were found after the last good record and set aside, never dropped |
//!
//! A record is its length (`u32`, little endian), a 16-byte check and the body. With `chain(0)` the SHA-256 of the
//! header, `chain(n + 1) = SHA-256(chain(n) || length || body)`, and the check is the first half of `chain(n + 1)`.
//! A record that was changed, cut out, repeated or swapped therefore breaks the check of itself or of its successor.
//!
//! # What is promised
//!
//! - What `append` returned `Ok` for is there at the next opening, or the opening is refused.
//! - The mark never names a record that was not synced first. Anything at or below it that does not verify is
//!   refused as [`JournalError::Damaged`] or [`JournalError::Behind`], and nothing on the disk is touched.
//! - Opening an intact journal writes nothing, so it works on a disk with no room left. Whole records that lie beyond
//!   the mark are written again where they are, which takes no room either, and synced before they are relied on.
//! - A batch is not atomic: after a crash in the middle of `append`, its first records may be there without the
//!   others. None of them was acknowledged.
//! - The mark itself is not synced at each append. After a power failure it may name an older length than was
//!   acknowledged; what lies between is still checked record by record, but bytes there that do not verify are set
//!   aside and reported rather than refused.
//!
//! What may not enter: any knowledge of what a record says, networking, clocks, randomness.
#![forbid(unsafe_code)]

mod error;
mod file;
mod format;
mod journal;
mod mark;
mod open;
mod scan;
mod storage;
mod verify;

pub use error::{Damage, JournalError};
pub use file::{FileFolder, FileStorage};
pub use format::{Position, RECORD_BYTES_MAX};
pub use journal::{Appended, Journal};
pub use mark::MarkState;
pub use open::{Opening, Torn};
pub use storage::{Access, Folder, Storage};
pub use verify::{Report, verify, verify_in};
