//! What the office did about an absence: who tried to reach a family, and which steps of the school's policy were taken.
//! None of it is a mark, and none of it moves one. It stands in the office's sheet of the day that it is about, so that it
//! is signed, kept and shown like everything that is said of the day.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::attendance::worklists::{Attempt, AttemptResult, How, StepTaken};
use crate::document::Document;
use crate::entry::NOTE_BYTES_MAX;
use crate::ids::{EntryId, IdError, PupilNumber};
use crate::item::{Item, Statement, statement_id};

/// Something that was done about an absence. The sheet's date says on which day the child was absent, or the step taken.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum FollowUp {
    /// An attempt to reach the family of an absent child: the reasonable steps of regulation 10(7) of SI 2024/208.
    #[n(0)]
    Attempt {
        /// Whose family.
        #[n(0)]
        pupil: PupilNumber,
        /// How.
        #[n(1)]
        how: How,
        /// What came of it.
        #[n(2)]
        result: AttemptResult,
    },
    /// A letter, meeting or other step of the policy that somebody took.
    #[n(1)]
    Step {
        /// For whom.
        #[n(0)]
        pupil: PupilNumber,
        /// What the rules call it.
        #[n(1)]
        name: String,
    },
}

impl FollowUp {
    /// A step, whose name is fit to be stored.
    ///
    /// # Errors
    /// An empty, over-long or control-character name.
    pub fn step(pupil: PupilNumber, name: &str) -> Result<Self, IdError> {
        let fits =
            !name.trim().is_empty() && name.len() <= NOTE_BYTES_MAX && !name.chars().any(char::is_control);
        if !fits {
            let remedy = "give the name that the school's rules have for it, see `daymark rules show`";
            return Err(IdError::new("step", name, remedy));
        }
        Ok(Self::Step {
            pupil,
            name: name.to_owned(),
        })
    }

    /// About whom.
    pub fn pupil(&self) -> PupilNumber {
        match self {
            Self::Attempt { pupil, .. } | Self::Step { pupil, .. } => *pupil,
        }
    }
}

/// What the office's sheets say was done, as far as nothing replaces it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// Attempts to reach families, in the order of the statements' ids.
    pub attempts: Vec<Attempt>,
    /// Steps taken.
    pub steps: Vec<StepTaken>,
}

impl Done {
    /// Reads a sheet; other documents say nothing of it.
    pub fn of(document: &Document) -> Self {
        let Some(date) = document.id().date() else {
            return Self::default();
        };
        let mut said: Vec<(EntryId, Statement<FollowUp>)> = document
            .items_where(Item::is_follow_up)
            .filter_map(|(bytes, item)| match item {
                Item::FollowUp(statement) => Some((statement_id(document.id(), bytes), statement)),
                _ => None,
            })
            .collect();
        said.sort_by_key(|(id, _)| *id);
        let replaced: BTreeSet<EntryId> = said
            .iter()
            .flat_map(|(_, statement)| statement.supersedes.iter().copied())
            .collect();
        let mut done = Self::default();
        for (id, statement) in said {
            if replaced.contains(&id) {
                continue;
            }
            match statement.body {
                FollowUp::Attempt { pupil, how, result } => done.attempts.push(Attempt {
                    pupil,
                    date,
                    at: statement.stamp.recorded_at,
                    by: statement.stamp.person,
                    how,
                    result,
                }),
                FollowUp::Step { pupil, name } => done.steps.push(StepTaken {
                    pupil,
                    step: name,
                    on: date,
                }),
            }
        }
        done
    }
}
