//! The policies that were read beforehand, each as a file of rules with the section of every value.

use std::fmt;
use std::str::FromStr;

use crate::ids::IdError;

/// A published attendance policy as a file of rules. A school's own file rests on it by `profile = "allington"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// Allington Primary, Kent: September 2024.
    Allington,
    /// Ben Rhydding Primary, Bradford: February 2024, revised for the codes of August 2024.
    BenRhydding,
    /// Strathmore Infant and Nursery, Hertfordshire: autumn 2025.
    Strathmore,
    /// Church of the Ascension Primary, Dudley (Elements Diocesan Learning Trust).
    Ascension,
    /// Leicestershire County Council's guidance for parents: of an authority, with no times of day.
    Leicestershire,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 5] = [
        Self::Allington,
        Self::BenRhydding,
        Self::Strathmore,
        Self::Ascension,
        Self::Leicestershire,
    ];

    /// What a file calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allington => "allington",
            Self::BenRhydding => "ben-rhydding",
            Self::Strathmore => "strathmore",
            Self::Ascension => "ascension",
            Self::Leicestershire => "leicestershire",
        }
    }

    /// Whose policy it is.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Allington => "Allington Primary School, Kent (Orchard Academy Trust)",
            Self::BenRhydding => "Ben Rhydding Primary School, Bradford",
            Self::Strathmore => "Strathmore Infant and Nursery School, Hertfordshire",
            Self::Ascension => {
                "Church of the Ascension Primary School, Dudley (Elements Diocesan Learning Trust)"
            }
            Self::Leicestershire => "Leicestershire County Council, guidance for parents",
        }
    }

    /// The file of rules.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Allington => include_str!("profiles/allington.toml"),
            Self::BenRhydding => include_str!("profiles/ben-rhydding.toml"),
            Self::Strathmore => include_str!("profiles/strathmore.toml"),
            Self::Ascension => include_str!("profiles/ascension.toml"),
            Self::Leicestershire => include_str!("profiles/leicestershire.toml"),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Profile {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| {
                IdError::new(
                    "profile",
                    text,
                    "give one of allington, ben-rhydding, strathmore, ascension and leicestershire",
                )
            })
    }
}
