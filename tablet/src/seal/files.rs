//! The two files beside the records. Each is replaced whole, and is on the disk before anything rests on it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::SealError;
use super::secret::random;

const SLOTS: &str = "keyslots";
const DEVICE_SECRET: &str = "device.secret";
/// More than this is no file of ours.
const BYTES_MAX: u64 = 256 * 1024;

/// What the device holds and no person types.
pub(super) type DeviceSecret = Zeroizing<[u8; 32]>;

/// The files of a sealed home that are not its journal.
#[derive(Debug, Clone)]
pub(crate) struct SealFiles {
    folder: PathBuf,
}

impl SealFiles {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    pub(super) fn slots_path(&self) -> PathBuf {
        self.folder.join(SLOTS)
    }

    /// Whether the home is sealed.
    pub(crate) fn has_slots(&self) -> bool {
        self.slots_path().exists()
    }

    pub(super) fn read_slots(&self) -> Result<Vec<u8>, SealError> {
        let path = self.slots_path();
        read(&path).map_err(|source| SealError::File { path, source })
    }

    pub(super) fn write_slots(&self, bytes: &[u8]) -> Result<(), SealError> {
        self.replace(SLOTS, bytes)
    }

    pub(super) fn device_secret(&self) -> Result<DeviceSecret, SealError> {
        let path = self.folder.join(DEVICE_SECRET);
        let bytes = match read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(SealError::DeviceSecret(path));
            }
            Err(source) => return Err(SealError::File { path, source }),
        };
        let secret = bytes.as_slice().try_into();
        secret
            .map(Zeroizing::new)
            .map_err(|_| SealError::DeviceSecret(path))
    }

    pub(super) fn new_device_secret(&self) -> Result<DeviceSecret, SealError> {
        let secret = Zeroizing::new(random()?);
        self.replace(DEVICE_SECRET, &*secret)?;
        Ok(secret)
    }

    /// Takes away what an enrolment that was cut off left behind. Only for a home without any record.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub(crate) fn remove(&self) -> Result<(), SealError> {
        for name in [SLOTS, DEVICE_SECRET] {
            let path = self.folder.join(name);
            match std::fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(SealError::File { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes a file beside the old one, flushes it, puts it in its place, and flushes that: at every moment one of the
    /// two is whole under the name.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), SealError> {
        let path = self.folder.join(name);
        let fresh = self.folder.join(format!("{name}.new"));
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
            File::open(&self.folder)?.sync_all()
        };
        written().map_err(|source| SealError::File { path, source })
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}
