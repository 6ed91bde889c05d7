//! Reading the school's own settings that people write by hand.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Why a text file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TextFileError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not a text.
    #[error("{path} is not UTF-8 text: save it as plain text", path = path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
}

impl TextFileError {
    /// Whether there is no such file.
    pub fn is_not_there(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }
}

/// Reads a file of which no more than `bytes_max` bytes are meant to be there, and one byte more where they are, so that
/// whoever parses it can say that it is too long.
///
/// # Errors
/// It cannot be read, or is no text.
pub fn read(path: &Path, bytes_max: usize) -> Result<String, TextFileError> {
    let path = path.to_path_buf();
    let mut bytes = Vec::new();
    let limit = u64::try_from(bytes_max).map_or(u64::MAX, |limit| limit.saturating_add(1));
    let done = File::open(&path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    if let Err(source) = done {
        return Err(TextFileError::Io { path, source });
    }
    // Cut off inside a letter, a file that is too long is no text any more; that it is too long is the news.
    let is_whole = bytes.len() <= bytes_max;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(_) if is_whole => Err(TextFileError::NotText { path }),
        Err(error) => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}
