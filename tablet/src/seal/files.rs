//! The two files beside the records. Each is replaced whole, and is on the disk before anything rests on it.

#[cfg(unix)]
mod folder;

#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

#[cfg(unix)]
use super::secret::random;
use super::slot::expand;
use super::{SealError, aead};

const SLOTS: &str = "keyslots";
const DEVICE_SECRET: &str = "device.secret";
const DOOR_DOMAIN: &[u8] = b"daymark tablet door v1\0";

/// What the device holds and no person types.
pub(super) type DeviceSecret = Zeroizing<[u8; 32]>;

/// The files of a sealed home that are not its journal.
#[derive(Debug, Clone)]
pub(crate) enum SealFiles {
    /// In the home's folder.
    #[cfg(unix)]
    Folder(PathBuf),
    /// With whoever keeps this home's bytes.
    Kept(Arc<Mutex<KeptFiles>>),
}

/// The files of a home whose bytes somebody else keeps.
#[derive(Default)]
pub(crate) struct KeptFiles {
    slots: Option<Vec<u8>>,
    secret: Option<DeviceSecret>,
    is_unwritten: bool,
}

impl std::fmt::Debug for KeptFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeptFiles(..)")
    }
}

fn inside(kept: &Mutex<KeptFiles>) -> MutexGuard<'_, KeptFiles> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SealFiles {
    #[cfg(unix)]
    pub(crate) fn new(folder: &Path) -> Self {
        Self::Folder(folder.to_owned())
    }

    pub(crate) fn kept(slots: Option<Vec<u8>>, secret: [u8; 32]) -> Self {
        Self::Kept(Arc::new(Mutex::new(KeptFiles {
            slots,
            secret: Some(Zeroizing::new(secret)),
            is_unwritten: false,
        })))
    }

    /// The wrapped keys, where they changed since they were last taken.
    pub(crate) fn take_unwritten(&self) -> Option<Vec<u8>> {
        match self {
            #[cfg(unix)]
            Self::Folder(_) => None,
            Self::Kept(kept) => {
                let mut kept = inside(kept);
                std::mem::take(&mut kept.is_unwritten)
                    .then(|| kept.slots.clone())
                    .flatten()
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        match self {
            #[cfg(unix)]
            Self::Folder(folder) => folder.join(name),
            Self::Kept(_) => PathBuf::from(name),
        }
    }

    pub(super) fn slots_path(&self) -> PathBuf {
        self.path(SLOTS)
    }

    /// Whether the home is sealed.
    pub(crate) fn has_slots(&self) -> bool {
        match self {
            #[cfg(unix)]
            Self::Folder(_) => self.slots_path().exists(),
            Self::Kept(kept) => inside(kept).slots.is_some(),
        }
    }

    pub(super) fn read_slots(&self) -> Result<Vec<u8>, SealError> {
        let path = self.slots_path();
        match self {
            #[cfg(unix)]
            Self::Folder(_) => folder::read(&path).map_err(|source| SealError::File { path, source }),
            Self::Kept(kept) => inside(kept).slots.clone().ok_or(SealError::NoSlots(path)),
        }
    }

    pub(super) fn write_slots(&self, bytes: &[u8]) -> Result<(), SealError> {
        match self {
            #[cfg(unix)]
            Self::Folder(at) => folder::replace(at, SLOTS, bytes),
            Self::Kept(kept) => {
                let mut kept = inside(kept);
                kept.slots = Some(bytes.to_vec());
                kept.is_unwritten = true;
                Ok(())
            }
        }
    }

    pub(super) fn device_secret(&self) -> Result<DeviceSecret, SealError> {
        let path = self.path(DEVICE_SECRET);
        match self {
            #[cfg(unix)]
            Self::Folder(_) => {
                let bytes = match folder::read(&path) {
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
            Self::Kept(kept) => inside(kept).secret.clone().ok_or(SealError::DeviceSecret(path)),
        }
    }

    /// A secret for a device that has none. Whoever keeps the bytes of a home keeps its secret too, and has brought it.
    pub(super) fn new_device_secret(&self) -> Result<DeviceSecret, SealError> {
        match self {
            #[cfg(unix)]
            Self::Folder(at) => {
                let secret = Zeroizing::new(random()?);
                folder::replace(at, DEVICE_SECRET, &*secret)?;
                Ok(secret)
            }
            Self::Kept(_) => self.device_secret(),
        }
    }

    /// Seals what may be shown while nobody has unlocked the home.
    pub(crate) fn seal_door(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = expand(None, &*self.device_secret()?, &[DOOR_DOMAIN])?;
        let mut sealed = Vec::new();
        aead::seal_into(&key, DOOR_DOMAIN, plain, &mut sealed)?;
        Ok(sealed)
    }

    pub(crate) fn open_door(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let key = expand(None, &*self.device_secret().ok()?, &[DOOR_DOMAIN]).ok()?;
        aead::open(&key, DOOR_DOMAIN, sealed)
    }

    /// Takes away what an enrolment that was cut off left behind. Only for a home without any record.
    ///
    /// # Errors
    /// A file cannot be removed.
    #[cfg(unix)]
    pub(crate) fn remove(&self) -> Result<(), SealError> {
        match self {
            Self::Folder(at) => folder::remove(at),
            Self::Kept(kept) => {
                inside(kept).slots = None;
                Ok(())
            }
        }
    }
}
