//! The entry: one immutable statement about a cell, and who made it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::code::Code;
use crate::ids::{ClassName, DeviceNumber, EntryId, IdError, PersonId, SchoolId, TripId};
use crate::session::Cell;
use crate::slip;

/// Longest name or position of a person, in bytes.
pub const NAME_BYTES_MAX: usize = 100;
/// Longest reason, comment or nature, in bytes.
pub const NOTE_BYTES_MAX: usize = 400;
/// The most entries that one entry may supersede.
pub const SUPERSEDES_MAX: usize = 64;

/// A member of staff as they were on the day: the position is frozen with the entry, because the law asks for
/// the position of the person who made the change, not the one that they hold now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    /// Their id in the staff list.
    pub id: PersonId,
    /// Their full name.
    pub name: String,
    /// Their position, such as `Teacher`.
    pub position: String,
}

impl Person {
    /// A person whose name and position are fit to be stored.
    ///
    /// # Errors
    /// An empty, over-long or control-character name or position is named.
    pub fn new(id: PersonId, name: &str, position: &str) -> Result<Self, IdError> {
        let fits = |text: &str| {
            !text.trim().is_empty() && text.len() <= NAME_BYTES_MAX && !text.chars().any(char::is_control)
        };
        if !fits(name) {
            return Err(IdError::new("name", name, "give 1 to 100 bytes of plain text"));
        }
        if !fits(position) {
            return Err(IdError::new(
                "position",
                position,
                "give 1 to 100 bytes of plain text",
            ));
        }
        Ok(Self {
            id,
            name: name.to_owned(),
            position: position.to_owned(),
        })
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.position)
    }
}

/// Under which duty an entry was made: it says which sheet holds the entry, and what its author could see.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Duty {
    /// Taking the register of one class.
    Class(ClassName),
    /// Leading an educational visit or a fixture.
    Trip(TripId),
    /// The late gate.
    Gate,
    /// The school office.
    Office,
}

impl Duty {
    /// Whether an entry made under this duty may supersede one made under `other`: the office sees every sheet,
    /// anybody else only their own.
    pub fn may_supersede(&self, other: &Duty) -> bool {
        *self == Duty::Office || self == other
    }
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(class) => write!(f, "class:{class}"),
            Self::Trip(trip) => write!(f, "trip:{trip}"),
            Self::Gate => f.write_str("gate"),
            Self::Office => f.write_str("office"),
        }
    }
}

impl FromStr for Duty {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once(':') {
            Some(("class", class)) => class.parse().map(Self::Class),
            Some(("trip", trip)) => trip.parse().map(Self::Trip),
            None if text == "gate" => Ok(Self::Gate),
            None if text == "office" => Ok(Self::Office),
            _ => Err(IdError::new(
                "duty",
                text,
                "give gate, office, class:NAME or trip:UUID",
            )),
        }
    }
}

impl TryFrom<String> for Duty {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<Duty> for String {
    fn from(duty: Duty) -> String {
        duty.to_string()
    }
}

/// What a device last learnt about its own clock from the school's server. Evidence; never a judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClockCheck {
    /// The server's time less the device's, in milliseconds.
    pub offset_ms: i64,
    /// How far that may be off either way, in milliseconds.
    pub doubt_ms: u32,
}

/// A time of a device's clock, put right by what was known of that clock: unix seconds.
pub(crate) fn put_right(recorded_at: i64, clock: Option<ClockCheck>) -> i64 {
    let offset_ms = clock.map_or(0, |check| check.offset_ms);
    recorded_at.saturating_add(offset_ms.div_euclid(1000))
}

/// Which visit a V or P mark belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VisitRef {
    /// The trip.
    pub trip: TripId,
    /// Whether the trip's list, as its author saw it, had the pupil on it. Rule R2 asks for this.
    pub listed: bool,
    /// The supervising member of school staff: V is not lawful without one (SI 2024/208, regulation 10(3)).
    pub supervisor: Person,
}

/// Seconds since local midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u32);

impl TimeOfDay {
    /// A time of the day; `None` from 86,400 seconds on.
    pub fn from_seconds(seconds: u32) -> Option<Self> {
        (seconds < 86_400).then_some(Self(seconds))
    }

    /// Seconds since midnight.
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = (self.0 / 3600, self.0 / 60 % 60, self.0 % 60);
        if seconds == 0 {
            write!(f, "{hours:02}:{minutes:02}")
        } else {
            write!(f, "{hours:02}:{minutes:02}:{seconds:02}")
        }
    }
}

impl FromStr for TimeOfDay {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        fn two_digits(text: Option<&str>, limit: u32) -> Option<u32> {
            let text =
                text.filter(|text| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))?;
            text.parse().ok().filter(|value| *value < limit)
        }
        let mut parts = text.split(':');
        let hours = two_digits(parts.next(), 24);
        let minutes = two_digits(parts.next(), 60);
        let seconds = parts.next().map_or(Some(0), |part| two_digits(Some(part), 60));
        let whole = parts.next().is_none();
        let seconds = match (hours, minutes, seconds) {
            (Some(hours), Some(minutes), Some(seconds)) if whole => {
                Some(hours * 3600 + minutes * 60 + seconds)
            }
            _ => None,
        };
        seconds
            .map(Self)
            .ok_or_else(|| IdError::new("time", text, "write it as 09:05 or 09:05:30"))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> String {
        time.to_string()
    }
}

/// What must, or may, be recorded beside a code.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Particulars {
    /// The nature of the activity or cause: B, K and Y7 need it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nature: Option<String>,
    /// The visit and its supervising member of staff: V needs them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<VisitRef>,
    /// When the pupil arrived, school-local, by the school's clock as well as the device knew it: L and U need it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<TimeOfDay>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// One statement about a cell. Its [`EntryId`] is a hash of its own bytes, so an entry cannot change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// Whose register.
    pub school: SchoolId,
    /// Where the mark stands.
    #[serde(flatten)]
    pub cell: Cell,
    /// The code; `None` takes a mark back, so that none stands.
    pub code: Option<Code>,
    /// What is recorded beside the code.
    #[serde(default)]
    pub particulars: Particulars,
    /// Under which duty it was made.
    pub duty: Duty,
    /// Who made it.
    pub person: Person,
    /// On which device.
    pub device: DeviceNumber,
    /// When, by the device's clock: unix seconds.
    pub recorded_at: i64,
    /// What the device knew about that clock.
    pub clock: Option<ClockCheck>,
    /// The entries that it replaces: exactly those that its author's screen showed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub supersedes: BTreeSet<EntryId>,
    /// Why it replaces them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The sign-off in whose knowledge the office made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_off: Option<EntryId>,
}

impl Entry {
    /// When it was recorded by the school's clock, as well as the device knew it: unix seconds, to be shown to people. It
    /// judges nothing.
    pub fn shown_at(&self) -> i64 {
        put_right(self.recorded_at, self.clock)
    }

    /// SHA-256 of a domain tag and the entry's own canonical bytes (those of a slip that holds it alone). It does
    /// not depend on the sheet, the change or the slip that carried the entry.
    pub fn id(&self) -> EntryId {
        let mut hash = Sha256::new();
        hash.update(b"daymark entry v1\0");
        hash.update(slip::encode(std::slice::from_ref(self)));
        EntryId(hash.finalize().into())
    }

    /// Whether two entries say the same of the child: the same code, and no two different trips.
    pub fn says_the_same(&self, other: &Entry) -> bool {
        let trip = |entry: &Entry| entry.particulars.visit.as_ref().map(|visit| visit.trip);
        self.code == other.code
            && (trip(self) == trip(other) || trip(self).is_none() || trip(other).is_none())
    }

    /// The reason, where it says anything.
    pub fn reason_given(&self) -> Option<&str> {
        self.reason
            .as_deref()
            .map(str::trim)
            .filter(|reason| !reason.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duty_is_written_as_it_is_read() {
        for text in [
            "gate",
            "office",
            "class:4B",
            "trip:6e5f2c3a-0000-4000-8000-000000000001",
        ] {
            assert_eq!(text.parse::<Duty>().expect(text).to_string(), text);
        }
        for bad in ["", "gate:", "class:", "trip:1", "kitchen"] {
            assert!(bad.parse::<Duty>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_time_of_day_is_two_digits_each() {
        for text in ["00:00", "09:05", "23:59:59"] {
            assert_eq!(text.parse::<TimeOfDay>().expect(text).to_string(), text);
        }
        for bad in [
            "9:05",
            "24:00",
            "09:60",
            "09:05:60",
            "09:05:1",
            "0905",
            "+9:05",
            "09:05:00:00",
        ] {
            assert!(bad.parse::<TimeOfDay>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_office_supersedes_across_sheets() {
        assert!(Duty::Office.may_supersede(&Duty::Gate));
        assert!(Duty::Gate.may_supersede(&Duty::Gate));
        assert!(!Duty::Gate.may_supersede(&Duty::Office));
    }
}
