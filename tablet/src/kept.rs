//! A sealed home whose bytes somebody else keeps: a browser, whose storage answers later.
//!
//! Records are applied at once and are *owed* until their keeper has written them down. So whoever shows anything to a
//! person first takes what is owed ([`Kept::take_unwritten`]), waits until it is durable, and only then shows what follows from it. Where the
//! writing fails the home must be started anew from what is there: memory has run ahead of the disk.

use std::sync::{Arc, Mutex, PoisonError};

use daymark_core::ids::PersonId;

use crate::home::{Home, HomeError};
use crate::seal::{Cost, CountedTry, Keyring, Pin, RecoveryCode, SealError, SealFiles, Sealed};
use crate::storage::{Storage, StorageError};

/// Records on their way to whoever keeps them.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    records: Arc<Mutex<Vec<Vec<u8>>>>,
    at_start: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A home of kept bytes, locked or not.
#[derive(Debug)]
pub struct Kept {
    files: SealFiles,
    outbox: Outbox,
}

/// What must be written down, all of it together, before anything that follows from it is shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unwritten {
    /// Records, each sealed, to come after all that are there.
    pub records: Vec<Vec<u8>>,
    /// The wrapped keys, where they changed.
    pub slots: Option<Vec<u8>>,
}

/// A try of a PIN, counted.
#[derive(Debug, Clone)]
pub struct Try(CountedTry);

impl Unwritten {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.slots.is_none()
    }
}

fn take(records: &Mutex<Vec<Vec<u8>>>) -> Vec<Vec<u8>> {
    std::mem::take(&mut *records.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Storage for Outbox {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), StorageError> {
        let mut owed = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        owed.extend_from_slice(records);
        Ok(())
    }

    fn replay(&mut self) -> Result<Vec<Vec<u8>>, StorageError> {
        Ok(take(&self.at_start))
    }
}

impl Kept {
    /// A home as it is kept: the wrapped keys, where there are any, the sealed records in order, and the device's secret.
    pub fn new(slots: Option<Vec<u8>>, records: Vec<Vec<u8>>, secret: [u8; 32]) -> Self {
        Self {
            files: SealFiles::kept(slots, secret),
            outbox: Outbox {
                records: Arc::default(),
                at_start: Arc::new(Mutex::new(records)),
            },
        }
    }

    /// Whether it has keys: a home without is fresh.
    pub fn is_made(&self) -> bool {
        self.files.has_slots()
    }

    /// Seals a fresh one under a person's PIN, and under a code that is given once, here: the office keeps it.
    ///
    /// # Errors
    /// The keys cannot be made.
    pub fn seal(
        &self,
        person: &PersonId,
        pin: &Pin,
        cost: Cost,
    ) -> Result<(Keyring, RecoveryCode), SealError> {
        Keyring::make(self.files.clone(), person, pin, cost)
    }

    /// Counts a try of a PIN. It must be durable before [`Kept::unlock`] makes it.
    ///
    /// # Errors
    /// Nobody of that id has a PIN here, or no PIN is left.
    pub fn count(&self, by: &PersonId) -> Result<Try, SealError> {
        Keyring::count(&self.files, Some(by)).map(Try)
    }

    /// Makes a try that was counted and is durable.
    ///
    /// # Errors
    /// The PIN is wrong, or was wrong for the last time.
    pub fn unlock(&self, counted: &Try, pin: &Pin) -> Result<Keyring, SealError> {
        Keyring::unlock_counted(self.files.clone(), &counted.0, pin)
    }

    /// Opens with the office's code.
    ///
    /// # Errors
    /// Another code.
    pub fn recover(&self, code: &RecoveryCode) -> Result<Keyring, SealError> {
        Keyring::recover(self.files.clone(), code)
    }

    /// The home, with what a PIN has opened. It is opened once in the life of this value.
    ///
    /// # Errors
    /// A record does not open or does not fit.
    pub fn open(&self, keyring: &Keyring) -> Result<Home<Sealed<Outbox>>, HomeError> {
        let records = Sealed::open(self.outbox.clone(), keyring.key().clone())?;
        Home::start(records)
    }

    /// Seals what a locked tablet may show, such as the names on its buttons: under the device's secret alone, so that a copied
    /// store without the device reads none of it.
    ///
    /// # Errors
    /// The cipher refuses, or the system has no randomness.
    pub fn seal_door(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.files.seal_door(plain)
    }

    /// Opens it; `None` where it was sealed on another device, or changed.
    pub fn open_door(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        self.files.open_door(sealed)
    }

    /// What must be written down now.
    pub fn take_unwritten(&self) -> Unwritten {
        Unwritten {
            records: take(&self.outbox.records),
            slots: self.files.take_unwritten(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> PersonId {
        "a-shah".parse().expect("an id")
    }

    fn pin(text: &str) -> Pin {
        Pin::chosen(text).expect("a PIN")
    }

    #[test]
    fn a_try_is_counted_in_what_is_written_before_it_is_made() {
        let kept = Kept::new(None, Vec::new(), [7; 32]);
        assert!(!kept.is_made());
        kept.seal(&person(), &pin("258013"), Cost::INSECURE_TEST)
            .expect("sealed");
        let fresh = kept.take_unwritten().slots.expect("the keys");
        assert!(kept.take_unwritten().is_empty());

        let counted = kept.count(&person()).expect("a try");
        let before = kept.take_unwritten().slots.expect("the count is owed");
        assert_ne!(before, fresh);
        // The browser ends here. The try is gone, whatever the PIN was.
        let again = Kept::new(Some(before), Vec::new(), [7; 32]);
        let second = again.count(&person()).expect("a try");
        let wrong = again.unlock(&second, &pin("9164")).expect_err("a wrong PIN");
        assert!(matches!(wrong, SealError::WrongPin(8)), "{wrong}");

        kept.unlock(&counted, &pin("258013")).expect("opens");
        let reset = kept.take_unwritten().slots.expect("the count starts anew");
        assert_eq!(reset, fresh);
    }

    #[test]
    fn another_devices_secret_opens_nothing() {
        let kept = Kept::new(None, Vec::new(), [7; 32]);
        kept.seal(&person(), &pin("258013"), Cost::INSECURE_TEST)
            .expect("sealed");
        let slots = kept.take_unwritten().slots;
        let stolen = Kept::new(slots, Vec::new(), [8; 32]);
        assert!(matches!(stolen.count(&person()), Err(SealError::NoPin(_))));
    }
}
