//! What people did about an absence, as the worklists are told it. None of it is a mark: where it is kept is for the
//! rooms above.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::entry::Person;
use crate::ids::{IdError, PupilNumber, VisitId};
use crate::session::Date;
use crate::visit::VisitView;

/// How somebody tried to reach a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// A call to the first contact.
    #[n(0)]
    Phone,
    /// A call to an emergency contact.
    #[n(1)]
    EmergencyContact,
    /// A text message.
    #[n(2)]
    Text,
    /// An e-mail, or a message of the school's app.
    #[n(3)]
    Message,
    /// In person, at the gate or at school.
    #[n(4)]
    InPerson,
}

impl How {
    /// All ways.
    pub const ALL: [Self; 5] = [
        Self::Phone,
        Self::EmergencyContact,
        Self::Text,
        Self::Message,
        Self::InPerson,
    ];

    /// The word that the command line and exports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::EmergencyContact => "emergency-contact",
            Self::Text => "text",
            Self::Message => "message",
            Self::InPerson => "in-person",
        }
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptResult {
    /// Somebody who answers for the child was reached.
    #[n(0)]
    Reached,
    /// Nobody answered.
    #[n(1)]
    NoAnswer,
    /// A message was left or sent, and no answer has come.
    #[n(2)]
    MessageLeft,
    /// The contact does not work: the number is wrong, or the message came back.
    #[n(3)]
    WrongContact,
}

impl AttemptResult {
    /// All results.
    pub const ALL: [Self; 4] = [
        Self::Reached,
        Self::NoAnswer,
        Self::MessageLeft,
        Self::WrongContact,
    ];

    /// The word that the command line and exports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::NoAnswer => "no-answer",
            Self::MessageLeft => "message-left",
            Self::WrongContact => "wrong-contact",
        }
    }
}

macro_rules! in_words {
    ($name:ident, $field:literal, $remedy:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::ALL
                    .into_iter()
                    .find(|one| one.word() == text)
                    .ok_or_else(|| IdError::new($field, text, $remedy))
            }
        }
    };
}

in_words!(
    How,
    "way of contact",
    "give phone, emergency-contact, text, message or in-person"
);
in_words!(
    AttemptResult,
    "result",
    "give reached, no-answer, message-left or wrong-contact"
);

/// One attempt to reach the family of an absent child: the reasonable steps of regulation 10(7) of SI 2024/208.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Whose family.
    pub pupil: PupilNumber,
    /// The date of the absence.
    pub date: Date,
    /// When it was made: unix seconds.
    pub at: i64,
    /// By whom.
    pub by: Person,
    /// How.
    pub how: How,
    /// What came of it.
    pub result: AttemptResult,
}

/// A letter or other step of the policy that somebody took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTaken {
    /// For whom.
    pub pupil: PupilNumber,
    /// What the rules call it.
    pub step: String,
    /// When.
    pub on: Date,
}

/// A home visit and what its document says.
#[derive(Debug, Clone, Copy)]
pub struct VisitCase<'a> {
    /// Which visit.
    pub visit: VisitId,
    /// Its fold.
    pub view: &'a VisitView,
}

impl VisitCase<'_> {
    /// Whether an opening that stands names the pupil.
    pub fn is_of(&self, pupil: PupilNumber) -> bool {
        self.view.openings().any(|opened| opened.pupil == pupil)
    }
}

/// Everything that people did, as far as the caller knows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Records<'a> {
    /// Attempts to reach families, in any order.
    pub attempts: &'a [Attempt],
    /// Home visits.
    pub visits: &'a [VisitCase<'a>],
    /// Letters sent, meetings held.
    pub steps: &'a [StepTaken],
}
