//! What can be told of a home without opening it.

use serde::Serialize;

use super::SealError;
use super::files::SealFiles;
use super::slot::Cost;
use super::slots::KeySlots;

/// The state of a home's PINs. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Whether the records are sealed.
    pub sealed: bool,
    /// Whether no PIN is left: only the office's code opens it.
    pub locked: bool,
    /// How many people have a PIN.
    pub slots: usize,
    /// How many wrong PINs each of them may still give, in the order in which they were added.
    pub tries_left: Vec<u8>,
    /// Whether the office's recovery code opens it.
    pub recovery: bool,
    /// How costly a guess is made, for each.
    pub costs: Vec<Cost>,
}

impl Status {
    pub(crate) fn read(files: &SealFiles) -> Result<Self, SealError> {
        if !files.has_slots() {
            return Ok(Self {
                sealed: false,
                locked: false,
                slots: 0,
                tries_left: Vec::new(),
                recovery: false,
                costs: Vec::new(),
            });
        }
        let slots = KeySlots::load(files)?;
        Ok(Self {
            sealed: true,
            locked: slots.pins.is_empty(),
            slots: slots.pins.len(),
            tries_left: slots.pins.iter().map(|slot| slot.tries_left).collect(),
            recovery: slots.recovery.is_some(),
            costs: slots.pins.iter().map(|slot| slot.cost).collect(),
        })
    }
}
