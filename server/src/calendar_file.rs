//! A school's calendar on disk: `calendar.toml` in its home folder.

use std::path::{Path, PathBuf};

use daymark_core::calendar::Calendar;
use daymark_core::calendar::file::{self, CalendarErrors, FILE_BYTES_MAX};

use crate::text_file::{self, TextFileError};

/// Why a calendar cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalendarFileError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] TextFileError),
    /// It has mistakes.
    #[error("{path} has mistakes; `daymark calendar check {path}` lists them too:\n{errors}", path = path.display())]
    Calendar {
        /// The file.
        path: PathBuf,
        /// All of them.
        errors: CalendarErrors,
    },
}

/// Reads a calendar.
///
/// # Errors
/// The file cannot be read, or has mistakes: all of them.
pub fn read(path: &Path) -> Result<Calendar, CalendarFileError> {
    let text = text_file::read(path, FILE_BYTES_MAX)?;
    file::read(&text).map_err(|errors| CalendarFileError::Calendar {
        path: path.to_path_buf(),
        errors,
    })
}
