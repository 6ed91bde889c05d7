//! What a tablet may show while nobody has unlocked it: who may, the school's name, and how it looks.

use daymark_core::entry::Person;
use daymark_core::ids::PersonId;
use serde::{Deserialize, Serialize};

use super::Open;
use crate::action::Theme;

/// A person who has a PIN here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Who.
    pub id: PersonId,
    /// Their name; the id until the school has told it.
    pub name: String,
    /// Their position; empty until the school has told it.
    pub position: String,
    /// How many digits their PIN has, so that the last one tries it.
    pub digits: u8,
}

/// Settings of this tablet, whoever uses it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefs {
    /// How it looks.
    pub theme: Theme,
    /// Whether the buttons are for the left thumb.
    pub left_handed: bool,
}

/// The door.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Door {
    /// What the school is called.
    pub school: String,
    /// What this tablet is called.
    pub tablet: String,
    /// Who has a PIN here.
    pub people: Vec<Known>,
    /// Settings.
    pub prefs: Prefs,
    /// Who unlocked last: first among the names.
    pub last: Option<PersonId>,
}

impl Door {
    /// The bytes to be sealed.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// Reads them; `None` where they are of another version.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// A person who has a PIN here.
    pub fn person(&self, id: &PersonId) -> Option<&Known> {
        self.people.iter().find(|known| known.id == *id)
    }

    /// Adds somebody, or changes what is known of them.
    pub fn know(&mut self, person: &Person, digits: u8) {
        self.people.retain(|known| known.id != person.id);
        self.people.push(Known {
            id: person.id.clone(),
            name: person.name.clone(),
            position: person.position.clone(),
            digits,
        });
    }

    /// The door as it should be now that the tablet is open; `None` where it is so already.
    pub fn learnt(door: &Self, open: &Open) -> Option<Self> {
        let mut now = door.clone();
        let replica = open.tablet.replica();
        if let Some(brief) = replica.brief() {
            if !brief.school_name.is_empty() {
                now.school.clone_from(&brief.school_name);
            }
            for known in &mut now.people {
                if let Some(listed) = brief.person(&known.id) {
                    known.name.clone_from(&listed.person.name);
                    known.position.clone_from(&listed.person.position);
                }
            }
        }
        if let Ok(identity) = replica.identity() {
            now.tablet.clone_from(&identity.name);
        }
        now.last = Some(open.person.id.clone());
        (now != *door).then_some(now)
    }
}
