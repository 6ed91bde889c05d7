//! The file of wrapped keys, and the count of tries.

use daymark_core::ids::PersonId;
use serde::{Deserialize, Serialize};

use super::SealError;
use super::files::{DeviceSecret, SealFiles};
use super::secret::{DataKey, Pin, RecoveryCode, random};
use super::slot::{Cost, HomeSalt, PinSlot, RecoverySlot, base64_text, who};

/// How many wrong PINs, one after another, destroy a person's slot.
pub const TRIES: u8 = 10;
/// More people than this do not share a tablet.
const PEOPLE_MAX: usize = 64;
const FORMAT: u32 = 1;

/// Everything that the file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeySlots {
    format: u32,
    #[serde(with = "base64_text")]
    home: HomeSalt,
    pub(super) pins: Vec<PinSlot>,
    pub(super) recovery: Option<RecoverySlot>,
}

/// A try of a PIN that is counted and not made yet.
#[derive(Debug, Clone)]
pub(crate) struct CountedTry {
    who: [u8; 32],
}

/// What a right PIN gives.
pub(super) struct Opened {
    pub(super) key: DataKey,
    pub(super) person: PersonId,
    pub(super) cost: Cost,
}

impl KeySlots {
    /// Nobody's slots yet, but the office's.
    pub(super) fn new(code: &RecoveryCode, key: &DataKey) -> Result<Self, SealError> {
        let home = random()?;
        Ok(Self {
            format: FORMAT,
            home,
            pins: Vec::new(),
            recovery: Some(RecoverySlot::make(&home, code, key)?),
        })
    }

    pub(super) fn load(files: &SealFiles) -> Result<Self, SealError> {
        let refused = |why: String| SealError::Slots {
            path: files.slots_path(),
            why,
        };
        let slots: Self =
            serde_json::from_slice(&files.read_slots()?).map_err(|error| refused(error.to_string()))?;
        if slots.format != FORMAT {
            return Err(refused(format!("format {} is of a later version", slots.format)));
        }
        if slots.pins.len() > PEOPLE_MAX {
            return Err(refused("it names too many people".to_owned()));
        }
        if !slots.pins.iter().all(|slot| slot.cost.is_in_bounds()) {
            return Err(refused("the cost of a guess is out of bounds".to_owned()));
        }
        Ok(slots)
    }

    pub(super) fn save(&self, files: &SealFiles) -> Result<(), SealError> {
        let bytes = serde_json::to_vec_pretty(self).map_err(|error| SealError::Slots {
            path: files.slots_path(),
            why: error.to_string(),
        })?;
        files.write_slots(&bytes)
    }

    /// Counts a try of a PIN, which must be on the disk before it is made, so that ending the program gives none back.
    pub(super) fn count(
        &mut self,
        files: &SealFiles,
        by: Option<&PersonId>,
    ) -> Result<CountedTry, SealError> {
        if self.pins.is_empty() {
            return Err(SealError::Locked);
        }
        let place = self.place(&files.device_secret()?, by)?;
        let Some(left) = self.pins[place].tries_left.checked_sub(1) else {
            // The last try was counted, and the program ended before it was made.
            return Err(self.destroy(files, place)?);
        };
        self.pins[place].tries_left = left;
        self.save(files)?;
        Ok(CountedTry {
            who: self.pins[place].who,
        })
    }

    /// Makes a try that was counted.
    pub(super) fn unlock(
        &mut self,
        files: &SealFiles,
        counted: &CountedTry,
        pin: &Pin,
    ) -> Result<Opened, SealError> {
        let secret = files.device_secret()?;
        let place = self.pins.iter().position(|slot| slot.who == counted.who);
        let place = place.ok_or(SealError::Destroyed)?;
        let left = self.pins[place].tries_left;
        match self.pins[place].open(&self.home, &secret, pin) {
            Ok(Some((key, person))) => {
                self.pins[place].tries_left = TRIES;
                self.save(files)?;
                let cost = self.pins[place].cost;
                Ok(Opened { key, person, cost })
            }
            Ok(None) if left == 0 => Err(self.destroy(files, place)?),
            Ok(None) => Err(SealError::WrongPin(left)),
            Err(error) => {
                // It was not tried after all, so nothing was learnt from it.
                self.pins[place].tries_left = left + 1;
                self.save(files)?;
                Err(error)
            }
        }
    }

    /// What the office's code opens.
    pub(super) fn recover(&self, code: &RecoveryCode) -> Result<DataKey, SealError> {
        self.recovery
            .as_ref()
            .ok_or(SealError::Recovery)?
            .open(&self.home, code)
    }

    /// The slot of a person, if they have one.
    pub(super) fn find(&self, secret: &DeviceSecret, person: &PersonId) -> Result<Option<usize>, SealError> {
        let who = who(&self.home, secret, person)?;
        Ok(self.pins.iter().position(|slot| slot.who == who))
    }

    /// Gives a person a PIN, in place of the one they have.
    pub(super) fn put(
        &mut self,
        secret: &DeviceSecret,
        person: (&PersonId, &Pin),
        cost: Cost,
        key: &DataKey,
    ) -> Result<(), SealError> {
        let slot = PinSlot::make(&self.home, secret, person, cost, key, TRIES)?;
        match self.find(secret, person.0)? {
            Some(place) => self.pins[place] = slot,
            None if self.pins.len() >= PEOPLE_MAX => return Err(SealError::TooMany(PEOPLE_MAX)),
            None => self.pins.push(slot),
        }
        Ok(())
    }

    fn place(&self, secret: &DeviceSecret, by: Option<&PersonId>) -> Result<usize, SealError> {
        match by {
            Some(person) => self
                .find(secret, person)?
                .ok_or_else(|| SealError::NoPin(person.clone())),
            None if self.pins.len() == 1 => Ok(0),
            None => Err(SealError::SayWho),
        }
    }

    /// Takes a slot away for good, and says what is left.
    fn destroy(&mut self, files: &SealFiles, place: usize) -> Result<SealError, SealError> {
        self.pins.remove(place);
        self.save(files)?;
        Ok(if self.pins.is_empty() {
            SealError::Locked
        } else {
            SealError::Destroyed
        })
    }
}
