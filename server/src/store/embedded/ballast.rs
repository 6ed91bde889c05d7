//! A file that is there to be given up: on a full disk its room lets the office finish an export.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Its length.
pub(super) const BALLAST_BYTES: u64 = 1 << 20;
/// It is only made where so much more room was there a moment ago.
const SPARE_BYTES: u64 = 3 << 20;
const PIECE_BYTES: usize = 64 << 10;

pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("ballast")
}

/// Makes the ballast where it is missing and there is room to spare. Says whether it is there.
pub(super) fn restore(folder: &Path) -> io::Result<bool> {
    let path = path(folder);
    if path.metadata().is_ok_and(|found| found.len() == BALLAST_BYTES) {
        return Ok(true);
    }
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)?;
    let made = fill(&file, BALLAST_BYTES + SPARE_BYTES)
        .and_then(|()| file.set_len(BALLAST_BYTES))
        .and_then(|()| file.sync_all());
    match made {
        Ok(()) => Ok(true),
        Err(error) => {
            // It must not take the last room itself.
            std::fs::remove_file(&path)?;
            if error.kind() == io::ErrorKind::StorageFull {
                Ok(false)
            } else {
                Err(error)
            }
        }
    }
}

/// Gives the room up. Says whether there was anything to give.
pub(super) fn release(folder: &Path) -> io::Result<bool> {
    match std::fs::remove_file(path(folder)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether there is room for a little more, tried out.
pub(super) fn has_room(folder: &Path) -> io::Result<()> {
    let path = folder.join("room.probe");
    let tried =
        File::create(&path).and_then(|file| fill(&file, PIECE_BYTES as u64).and_then(|()| file.sync_data()));
    let _ = std::fs::remove_file(&path);
    tried
}

fn fill(mut file: &File, bytes: u64) -> io::Result<()> {
    let piece = vec![0x5a; PIECE_BYTES];
    for _ in 0..bytes / PIECE_BYTES as u64 {
        file.write_all(&piece)?;
    }
    file.sync_data()
}
