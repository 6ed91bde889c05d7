//! The secret keys of a school's server: what the school signs with, and what the office's desk signs with.

use std::path::Path;

use daymark_core::ids::SchoolId;
use daymark_core::signature::SecretKey;

use crate::log::key::{LogKey, LogKeyError, init_secret, open_secret};

/// The file of the desk's key. The school's is [`crate::log::key::KEY_FILE`].
pub const DESK_KEY_FILE: &str = "desk.key";

/// The keys of a home.
#[derive(Clone)]
pub struct Keys {
    /// What the school signs with: its tablets know it by this.
    pub school: LogKey,
    /// What the office's desk signs with.
    pub desk: SecretKey,
}

impl Keys {
    /// Draws the keys of a new home. A key that is there is not overwritten: an init that was cut off goes on.
    ///
    /// # Errors
    /// A file cannot be written, or holds something else.
    pub fn init(home: &Path, school: SchoolId) -> Result<Self, LogKeyError> {
        Ok(Self {
            school: LogKey::init(home, school)?,
            desk: init_secret(home, DESK_KEY_FILE)?,
        })
    }

    /// Reads the keys of a home.
    ///
    /// # Errors
    /// A file is missing or damaged, or can be read by others.
    pub fn read(home: &Path, school: SchoolId) -> Result<Self, LogKeyError> {
        Ok(Self {
            school: LogKey::open(home, school)?,
            desk: open_secret(home, DESK_KEY_FILE)?,
        })
    }
}
