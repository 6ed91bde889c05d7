//! The secret keys of a school's server: what the school signs with, and what the office's desk signs with.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use daymark_core::ids::hex;
use daymark_core::signature::{KEY_BYTES, SecretKey};

/// The file of the school's key: tablets know the school by it. Keep a copy of it where the backups are.
pub const SCHOOL_KEY_FILE: &str = "school.key";
/// The file of the desk's key.
pub const DESK_KEY_FILE: &str = "desk.key";

/// The keys of a home.
#[derive(Debug, Clone)]
pub struct Keys {
    /// What the school signs with.
    pub school: SecretKey,
    /// What the office's desk signs with.
    pub desk: SecretKey,
}

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{}: {source}; a school's keys cannot be made anew, because its tablets know it by them: restore the file from the backup", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{} does not hold a key (64 hexadecimal digits): restore the file from the backup", path.display())]
    NotAKey {
        /// Which file.
        path: PathBuf,
    },
}

impl Keys {
    /// Draws the keys of a new home. Files that are there are not overwritten: an init that was cut off goes on.
    ///
    /// # Errors
    /// A file cannot be written, or holds something else.
    pub fn init(home: &Path) -> Result<(), KeyError> {
        for file in [SCHOOL_KEY_FILE, DESK_KEY_FILE] {
            let path = home.join(file);
            if path.exists() {
                read(&path)?;
                continue;
            }
            write(&path).map_err(|source| KeyError::File { path, source })?;
        }
        Ok(())
    }

    /// Reads the keys of a home.
    ///
    /// # Errors
    /// A file cannot be read, or holds something else.
    pub fn read(home: &Path) -> Result<Self, KeyError> {
        Ok(Self {
            school: read(&home.join(SCHOOL_KEY_FILE))?,
            desk: read(&home.join(DESK_KEY_FILE))?,
        })
    }
}

fn write(path: &Path) -> std::io::Result<()> {
    let mut seed = [0; KEY_BYTES];
    getrandom::fill(&mut seed).map_err(std::io::Error::other)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(hex(&seed).as_bytes())?;
    file.sync_all()
}

fn read(path: &Path) -> Result<SecretKey, KeyError> {
    let text = fs::read_to_string(path).map_err(|source| KeyError::File {
        path: path.to_owned(),
        source,
    })?;
    let seed = daymark_core::ids::unhex(text.trim()).and_then(|seed| <[u8; KEY_BYTES]>::try_from(seed).ok());
    seed.map(|seed| SecretKey::from_seed(&seed))
        .ok_or_else(|| KeyError::NotAKey {
            path: path.to_owned(),
        })
}
