//! The keys of a home that is open: who opened it, and who else may.

use daymark_core::ids::PersonId;

use super::SealError;
use super::files::{DeviceSecret, SealFiles};
use super::secret::{DataKey, Pin, RecoveryCode};
use super::slot::Cost;
use super::slots::{CountedTry, KeySlots, Opened};

/// Gives and changes PINs. It is only there while the home is unlocked.
pub struct Keyring {
    files: SealFiles,
    slots: KeySlots,
    secret: DeviceSecret,
    key: DataKey,
    person: Option<PersonId>,
    cost: Cost,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring(..)")
    }
}

impl Keyring {
    /// New keys for a home without any record: the first person's, and the office's.
    pub(crate) fn make(
        files: SealFiles,
        person: &PersonId,
        pin: &Pin,
        cost: Cost,
    ) -> Result<(Self, RecoveryCode), SealError> {
        let key = DataKey::random()?;
        let code = RecoveryCode::random()?;
        let mut slots = KeySlots::new(&code, &key)?;
        let secret = files.new_device_secret()?;
        slots.put(&secret, (person, pin), cost, &key)?;
        slots.save(&files)?;
        let keyring = Self {
            files,
            slots,
            secret,
            key,
            person: Some(person.clone()),
            cost,
        };
        Ok((keyring, code))
    }

    /// Opens with a person's PIN. Whoever calls holds the home, so that two tries cannot be counted as one.
    pub(crate) fn unlock(files: SealFiles, by: Option<&PersonId>, pin: &Pin) -> Result<Self, SealError> {
        let counted = Self::count(&files, by)?;
        Self::unlock_counted(files, &counted, pin)
    }

    /// Counts a try, for whoever must see that on the disk before it is made.
    pub(crate) fn count(files: &SealFiles, by: Option<&PersonId>) -> Result<CountedTry, SealError> {
        KeySlots::load(files)?.count(files, by)
    }

    /// Makes a try that was counted.
    pub(crate) fn unlock_counted(
        files: SealFiles,
        counted: &CountedTry,
        pin: &Pin,
    ) -> Result<Self, SealError> {
        let mut slots = KeySlots::load(&files)?;
        let Opened { key, person, cost } = slots.unlock(&files, counted, pin)?;
        Ok(Self {
            secret: files.device_secret()?,
            files,
            slots,
            key,
            person: Some(person),
            cost,
        })
    }

    /// Opens with the office's code. A device that has lost its secret gets a new one, and its PINs are void.
    pub(crate) fn recover(files: SealFiles, code: &RecoveryCode) -> Result<Self, SealError> {
        let mut slots = KeySlots::load(&files)?;
        let key = slots.recover(code)?;
        let secret = match files.device_secret() {
            Err(SealError::DeviceSecret(_)) => {
                slots.pins.clear();
                slots.save(&files)?;
                files.new_device_secret()?
            }
            other => other?,
        };
        Ok(Self {
            files,
            slots,
            secret,
            key,
            person: None,
            cost: Cost::FULL,
        })
    }

    /// Who unlocked the home; nobody where it was the office's code.
    pub fn person(&self) -> Option<&PersonId> {
        self.person.as_ref()
    }

    /// How costly a guess is made for the PIN that opened the home, and for those given while it is open.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    pub(crate) fn key(&self) -> &DataKey {
        &self.key
    }

    /// Changes the PIN of the person who unlocked the home. At every moment one of the two opens it.
    ///
    /// # Errors
    /// The home was opened by the office's code, or the file cannot be written.
    pub fn change(&mut self, pin: &Pin) -> Result<(), SealError> {
        let person = self.person.clone().ok_or(SealError::SayWho)?;
        self.put(&person, pin, self.cost)
    }

    /// Gives somebody else a PIN of their own.
    ///
    /// # Errors
    /// They have one, there are too many, or the file cannot be written.
    pub fn add(&mut self, person: &PersonId, pin: &Pin) -> Result<(), SealError> {
        if self.slots.find(&self.secret, person)?.is_some() {
            return Err(SealError::HasPin(person.clone()));
        }
        self.put(person, pin, self.cost)
    }

    /// Sets somebody's PIN, whether or not they have one: for the office, with its recovery code.
    ///
    /// # Errors
    /// There are too many, or the file cannot be written.
    pub fn reset(&mut self, person: &PersonId, pin: &Pin, cost: Cost) -> Result<(), SealError> {
        self.put(person, pin, cost)
    }

    /// Takes everybody's PIN away, because the tablet was reported lost: from now on only the office's recovery code
    /// opens it. Nothing that the tablet holds is deleted.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn forget_everybody(&mut self) -> Result<(), SealError> {
        let mut slots = self.slots.clone();
        slots.pins.clear();
        slots.save(&self.files)?;
        self.slots = slots;
        Ok(())
    }

    fn put(&mut self, person: &PersonId, pin: &Pin, cost: Cost) -> Result<(), SealError> {
        let mut slots = self.slots.clone();
        slots.put(&self.secret, (person, pin), cost, &self.key)?;
        slots.save(&self.files)?;
        self.slots = slots;
        Ok(())
    }
}
