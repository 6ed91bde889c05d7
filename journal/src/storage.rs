//! The few things that a journal needs from a disk, so that a test can put a failing one in its place.

use std::io;
use std::path::PathBuf;

/// One open file.
pub trait Storage {
    /// Takes the exclusive lock, held until the file is dropped. `false` when somebody else holds it.
    fn try_lock(&self) -> io::Result<bool>;

    /// The length in bytes.
    fn bytes(&self) -> io::Result<u64>;

    /// Reads at `offset` into `into`; returns how many bytes were read, 0 only at the end of the file.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`. After an error any part of them may have been written.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything written before is on the disk, the file's length included.
    fn sync_data(&mut self) -> io::Result<()>;

    /// Cuts the file to `bytes`, or extends it with zeros.
    fn set_bytes(&mut self, bytes: u64) -> io::Result<()>;
}

/// The folder that a journal's files live in.
pub trait Folder {
    /// A file of this folder.
    type File: Storage;

    /// The path of a file, for messages.
    fn path(&self, file: &str) -> PathBuf;

    /// Opens a file.
    fn open(&self, file: &str, access: Access) -> io::Result<Self::File>;

    /// Removes a file.
    fn remove(&self, file: &str) -> io::Result<()>;

    /// Returns when the names in this folder are on the disk.
    fn sync(&self) -> io::Result<()>;
}

/// How [`Folder::open`] opens a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read an existing file.
    Read,
    /// Read and write an existing file.
    Write,
    /// Read and write; make the file when it is not there, and keep its content when it is.
    Create,
    /// Read and write a file that must not have been there.
    CreateNew,
}

/// Opens a file that may be missing.
pub(crate) fn open_if_there<F: Folder>(
    folder: &F,
    file: &str,
    access: Access,
) -> io::Result<Option<F::File>> {
    match folder.open(file, access) {
        Ok(opened) => Ok(Some(opened)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads until `into` is full or the file ends; returns how many bytes were read.
pub(crate) fn read_up_to<S: Storage>(file: &S, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match file.read_at(offset + filled as u64, &mut into[filled..]) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
