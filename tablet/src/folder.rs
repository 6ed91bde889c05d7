//! A folder that holds a home: sealed or not, to be unlocked or made.

use std::path::{Path, PathBuf};

use daymark_core::ids::PersonId;

use crate::home::{Home, HomeError};
use crate::seal::{Cost, Keyring, Pin, RecoveryCode, SealError, SealFiles, Sealed, Status, is_sealed};
use crate::storage::{FileStorage, Storage, StorageError, is_home};

/// The records of a home in a folder, open.
#[derive(Debug)]
pub enum FolderStorage {
    /// As they are.
    Plain(FileStorage),
    /// Sealed.
    Sealed {
        /// The records.
        records: Sealed<FileStorage>,
        /// What opened them.
        keyring: Box<Keyring>,
    },
}

/// A home that was found.
#[derive(Debug)]
pub enum Opened {
    /// Not sealed: whoever has the folder reads it.
    Plain(FileStorage),
    /// Sealed.
    Locked(Locked),
}

/// A folder in which a home was to be made.
#[derive(Debug)]
pub enum Found {
    /// A home without a record.
    Fresh(Fresh),
    /// One that has some already.
    Home(Opened),
}

/// A home that nobody has unlocked yet. It is held: no other process opens it.
#[derive(Debug)]
pub struct Locked {
    storage: FileStorage,
    files: SealFiles,
    folder: PathBuf,
}

/// A home without a record.
#[derive(Debug)]
pub struct Fresh {
    storage: FileStorage,
    files: SealFiles,
}

/// Opens the home in a folder, as far as that goes without a PIN.
///
/// # Errors
/// Not a home, in use by another process, damaged with the place named, or sealed with its keys gone.
pub fn open(folder: &Path) -> Result<Opened, StorageError> {
    opened(folder, FileStorage::open(folder)?)
}

/// Makes a home in a folder that is not there or empty, or opens the one that is there. What an enrolment that was cut
/// off left behind counts as nothing.
///
/// # Errors
/// The folder holds other files or cannot be made; otherwise as [`open`].
pub fn create(folder: &Path) -> Result<Found, StorageError> {
    let storage = FileStorage::create(folder)?;
    if storage.first().is_some() {
        return opened(folder, storage).map(Found::Home);
    }
    let files = SealFiles::new(folder);
    Ok(Found::Fresh(Fresh { storage, files }))
}

/// What can be told of a home's PINs without one. It may be asked while the home is in use.
///
/// # Errors
/// Not a home, or its file of keys cannot be understood.
pub fn status(folder: &Path) -> Result<Status, StorageError> {
    if !is_home(folder) {
        return Err(StorageError::NotAHome(folder.to_owned()));
    }
    Ok(Status::read(&SealFiles::new(folder))?)
}

fn opened(folder: &Path, storage: FileStorage) -> Result<Opened, StorageError> {
    let files = SealFiles::new(folder);
    if files.has_slots() {
        let folder = folder.to_owned();
        return Ok(Opened::Locked(Locked {
            storage,
            files,
            folder,
        }));
    }
    if storage.first().is_some_and(is_sealed) {
        return Err(SealError::NoSlots(folder.to_owned()).into());
    }
    Ok(Opened::Plain(storage))
}

impl Opened {
    /// The records, where they are not sealed.
    ///
    /// # Errors
    /// They are.
    pub fn unsealed(self) -> Result<FolderStorage, StorageError> {
        match self {
            Self::Plain(plain) => Ok(FolderStorage::Plain(plain)),
            Self::Locked(locked) => Err(SealError::NeedsPin(locked.folder).into()),
        }
    }
}

impl Fresh {
    /// Leaves it as it is: every record can be read by whoever has the folder.
    ///
    /// # Errors
    /// What an enrolment that was cut off left behind cannot be removed.
    pub fn unsealed(self) -> Result<FolderStorage, StorageError> {
        self.files.remove()?;
        Ok(FolderStorage::Plain(self.storage))
    }

    /// Seals it, under a person's PIN and under a code that is given once, here: the office keeps it.
    ///
    /// # Errors
    /// The keys cannot be made or written.
    pub fn seal(
        self,
        person: &PersonId,
        pin: &Pin,
        cost: Cost,
    ) -> Result<(FolderStorage, RecoveryCode), StorageError> {
        let (keyring, code) = Keyring::make(self.files, person, pin, cost)?;
        Ok((FolderStorage::sealed(self.storage, keyring)?, code))
    }
}

impl Locked {
    /// Unlocks with a PIN. `by` says whose; where only one person has a PIN it may be left out.
    ///
    /// # Errors
    /// A wrong PIN: it is counted, and the tenth one in a row destroys the person's slot. Or the file of keys cannot be
    /// read or written, or a record does not open.
    pub fn unlock(self, by: Option<&PersonId>, pin: &Pin) -> Result<FolderStorage, StorageError> {
        let keyring = Keyring::unlock(self.files, by, pin)?;
        FolderStorage::sealed(self.storage, keyring)
    }

    /// Unlocks with the office's code, whatever became of the PINs and of the device's secret.
    ///
    /// # Errors
    /// Another code, or a record does not open.
    pub fn recover(self, code: &RecoveryCode) -> Result<FolderStorage, StorageError> {
        let keyring = Keyring::recover(self.files, code)?;
        FolderStorage::sealed(self.storage, keyring)
    }
}

impl FolderStorage {
    fn sealed(storage: FileStorage, keyring: Keyring) -> Result<Self, StorageError> {
        let records = Sealed::open(storage, keyring.key().clone())?;
        let keyring = Box::new(keyring);
        Ok(Self::Sealed { records, keyring })
    }

    pub(crate) fn keyring(&self) -> Option<&Keyring> {
        match self {
            Self::Plain(_) => None,
            Self::Sealed { keyring, .. } => Some(keyring),
        }
    }

    pub(crate) fn keyring_mut(&mut self) -> Option<&mut Keyring> {
        match self {
            Self::Plain(_) => None,
            Self::Sealed { keyring, .. } => Some(keyring),
        }
    }

    pub(crate) fn files(&self) -> &FileStorage {
        match self {
            Self::Plain(plain) => plain,
            Self::Sealed { records, .. } => records.inner(),
        }
    }
}

impl Storage for FolderStorage {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), StorageError> {
        match self {
            Self::Plain(plain) => plain.append(records),
            Self::Sealed { records: sealed, .. } => sealed.append(records),
        }
    }

    fn replay(&mut self) -> Result<Vec<Vec<u8>>, StorageError> {
        match self {
            Self::Plain(plain) => plain.replay(),
            Self::Sealed { records, .. } => records.replay(),
        }
    }
}

impl Home<FolderStorage> {
    /// Opens the home in a folder that is not sealed. One that is opens through [`folder::open`].
    ///
    /// # Errors
    /// Not a home, sealed, in use, damaged with the place named.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, HomeError> {
        Self::start(open(folder.as_ref())?.unsealed()?)
    }

    /// Makes a home that is not sealed, in a folder that is not there or empty, or opens the one that is there. The
    /// folder is for its owner alone (mode 0700).
    ///
    /// # Errors
    /// The folder holds other files, cannot be made, or is refused as by [`Home::open`].
    pub fn create(folder: impl AsRef<Path>) -> Result<Self, HomeError> {
        let storage = match create(folder.as_ref())? {
            Found::Fresh(fresh) => fresh.unsealed()?,
            Found::Home(there) => there.unsealed()?,
        };
        Self::start(storage)
    }

    /// The keys, where the home is sealed.
    pub fn keyring(&self) -> Option<&Keyring> {
        self.storage().keyring()
    }

    /// The keys, to give and change PINs.
    pub fn keyring_mut(&mut self) -> Option<&mut Keyring> {
        self.storage_mut().keyring_mut()
    }

    /// A write that was cut off before the last start, in words; nothing of it had been confirmed to anybody.
    pub fn torn(&self) -> Option<String> {
        self.storage().files().opening().torn.as_ref().map(|torn| {
            format!(
                "a write was cut off when this tablet last stopped: {} bytes that nobody was told were saved are set aside in {}",
                torn.bytes,
                torn.file.display()
            )
        })
    }
}
