//! What the desk writes down of what was done about an absence.

use std::collections::BTreeSet;

use daymark_core::attendance::worklists::{AttemptResult, How};
use daymark_core::follow_up::FollowUp;
use daymark_core::ids::{PersonId, PupilNumber};
use daymark_core::item::{Item, Stamp, Statement};
use daymark_core::session::Date;
use serde::{Deserialize, Serialize};

use super::desk::DeskError;
use crate::runtime::Runtime;

/// An attempt to reach the family of an absent child.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptMade {
    /// Of which absence.
    pub date: Date,
    /// Whose family.
    pub pupil: PupilNumber,
    /// How.
    pub how: How,
    /// What came of it.
    pub result: AttemptResult,
    /// Who tried.
    pub by: PersonId,
}

/// A letter or another step of the policy that was taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepMade {
    /// On which day.
    pub date: Date,
    /// For whom.
    pub pupil: PupilNumber,
    /// What the rules call it.
    pub name: String,
    /// Who took it.
    pub by: PersonId,
}

impl Runtime {
    /// Writes down that somebody tried to reach a family.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn attempted(&self, made: &AttemptMade) -> Result<(), DeskError> {
        let body = FollowUp::Attempt {
            pupil: made.pupil,
            how: made.how,
            result: made.result,
        };
        self.follow_up(made.date, &made.by, body).await
    }

    /// Writes down that a step of the policy was taken.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn step_taken(&self, made: &StepMade) -> Result<(), DeskError> {
        let body = FollowUp::step(made.pupil, &made.name)?;
        self.follow_up(made.date, &made.by, body).await
    }

    async fn follow_up(&self, date: Date, by: &PersonId, body: FollowUp) -> Result<(), DeskError> {
        self.desk_writes(date, |hub, _| {
            if !hub.roster().pupils.contains_key(&body.pupil()) {
                return Err(DeskError::NoSuchPupil(body.pupil()));
            }
            let author = Self::desk_author(hub, by)?;
            let statement = Statement {
                stamp: Stamp {
                    school: author.school,
                    device: author.device,
                    person: author.person,
                    recorded_at: author.now,
                    clock: author.clock,
                },
                supersedes: BTreeSet::new(),
                reason: None,
                body: body.clone(),
            };
            Ok((vec![Item::FollowUp(statement)], ()))
        })
        .await
    }
}
