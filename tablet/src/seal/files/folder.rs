//! The two files in a folder.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::super::SealError;
use super::{DEVICE_SECRET, SLOTS};

/// More than this is no file of ours.
const BYTES_MAX: u64 = 256 * 1024;

/// Writes a file beside the old one, flushes it, puts it in its place, and flushes that: at every moment one of the
/// two is whole under the name.
pub(super) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), SealError> {
    let path = folder.join(name);
    let fresh = folder.join(format!("{name}.new"));
    let written = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&fresh, &path)?;
        File::open(folder)?.sync_all()
    };
    written().map_err(|source| SealError::File { path, source })
}

pub(super) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Takes both files away.
pub(super) fn remove(folder: &Path) -> Result<(), SealError> {
    for name in [SLOTS, DEVICE_SECRET] {
        let path: PathBuf = folder.join(name);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(SealError::File { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}
