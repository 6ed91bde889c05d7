//! The real disk.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::storage::{Access, Folder, Storage};

/// A folder of the file system.
#[derive(Debug, Clone)]
pub struct FileFolder {
    folder: PathBuf,
}

impl FileFolder {
    /// The folder at this path, which must exist before a journal is opened in it.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self {
            folder: folder.as_ref().to_owned(),
        }
    }
}

impl Folder for FileFolder {
    type File = FileStorage;

    fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    fn open(&self, file: &str, access: Access) -> io::Result<FileStorage> {
        OpenOptions::new()
            .read(true)
            .write(access != Access::Read)
            .create(access == Access::Create)
            .create_new(access == Access::CreateNew)
            .truncate(false)
            .open(self.path(file))
            .map(|file| FileStorage { file })
    }

    fn remove(&self, file: &str) -> io::Result<()> {
        std::fs::remove_file(self.path(file))
    }

    fn sync(&self) -> io::Result<()> {
        // Elsewhere a folder cannot be opened as a file, and its entries are made durable with the files.
        if cfg!(unix) {
            File::open(&self.folder)?.sync_all()
        } else {
            Ok(())
        }
    }
}

/// A file of the file system.
///
/// The lock is advisory on Unix: it keeps other journals out, not other programs.
#[derive(Debug)]
pub struct FileStorage {
    file: File,
}

impl Storage for FileStorage {
    fn try_lock(&self) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, into, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, into, offset)
    }

    #[cfg(unix)]
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, offset)
    }

    #[cfg(windows)]
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        use std::io::{Seek, SeekFrom, Write};
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(bytes)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn set_bytes(&mut self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }
}
