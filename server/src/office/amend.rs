//! What the office says of a mark: a decision between several, or an amendment of one.

use daymark_core::code::{Code, Particular, row_on};
use daymark_core::entry::{Entry, Particulars, Person, TimeOfDay, VisitRef};
use daymark_core::fold::DayFold;
use daymark_core::ids::{PersonId, PupilNumber, TripId};
use daymark_core::item::Item;
use daymark_core::record::{self, Author, Mark, RecordError};
use daymark_core::session::{Date, Session};
use daymark_core::trip::checks::{self, School};
use daymark_core::trip::{TripSession, TripView};
use daymark_sync_protocol::hub::Hub;
use serde::{Deserialize, Serialize};

use super::desk::DeskError;
use crate::runtime::Runtime;

/// A decision of the office, or an amendment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Of which date.
    pub date: Date,
    /// Of which session.
    pub session: Session,
    /// Whose mark.
    pub pupil: PupilNumber,
    /// What stands from now on.
    pub code: Code,
    /// Why.
    pub reason: String,
    /// Who decides.
    pub by: PersonId,
    /// When the pupil arrived, for L and U.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<TimeOfDay>,
    /// The nature of the activity or cause, for B, K and Y7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nature: Option<String>,
    /// Anything else worth keeping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The trip that the pupil was on, for V, P, B, K and W.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trip: Option<TripId>,
    /// Who supervised on it: a staff id. Without one, the first supervisor of its plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<PersonId>,
}

/// Why what is beside a code makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BesideError {
    /// The register has no such trip.
    #[error("trip {0} is not in the register: check its UUID")]
    NoSuchTrip(TripId),
    /// The code is none of an activity elsewhere.
    #[error("code {0} is not one of a trip: leave the trip and its supervisor out, or give V, P, B, K or W")]
    NotOfATrip(Code),
    /// A code of a visit without the trip.
    #[error(
        "code {0} belongs to a trip, and needs the visit and its supervising member of staff: give the trip, with --trip UUID"
    )]
    NoTrip(Code),
    /// A supervisor without a trip.
    #[error("a supervisor is kept with a trip: give the trip, too")]
    SupervisorAlone,
    /// Whoever is said to supervise is not of the school's staff (SI 2024/208, regulation 10(3)).
    #[error(
        "staff id {0:?} is not in the staff list, and a trip is supervised by the school's staff: give another id"
    )]
    NotStaff(String),
}

/// Whether a code needs the visit that it belongs to, on a date.
fn needs_visit(code: Code, date: Date) -> bool {
    row_on(code, date).is_ok_and(|row| row.needs.contains(&Particular::Visit))
}

/// A trip as a decision names it, with what its plan says.
#[derive(Debug)]
pub(super) struct Going {
    trip: TripId,
    view: TripView,
}

impl Decision {
    /// What is recorded beside the code.
    pub(super) fn particulars(&self, hub: &Hub, going: Option<&Going>) -> Result<Particulars, DeskError> {
        let visit = match going {
            Some(going) => Some(self.visit(hub, going)?),
            None if self.supervisor.is_some() => return Err(BesideError::SupervisorAlone.into()),
            None => None,
        };
        let plan = going.and_then(|going| going.view.plan());
        let planned = plan
            .filter(|plan| plan.code == self.code)
            .and_then(|plan| plan.nature.clone());
        Ok(Particulars {
            arrived_at: self.arrived_at,
            nature: self.nature.clone().or(planned),
            visit,
            comment: self.comment.clone(),
        })
    }

    /// The visit that the mark belongs to. Who supervises it, and whether there is a session, are the law's questions and
    /// asked here as on a tablet; who was on the list, and who had left, is for the office to say.
    fn visit(&self, hub: &Hub, going: &Going) -> Result<VisitRef, DeskError> {
        if !self.code.approved_elsewhere() {
            return Err(BesideError::NotOfATrip(self.code).into());
        }
        let plan = going.view.plan().ok_or(BesideError::NoSuchTrip(going.trip))?;
        let supervisor = match &self.supervisor {
            Some(id) => {
                let member = hub.roster().staff.get(id);
                let member = member.ok_or_else(|| BesideError::NotStaff(id.to_string()))?;
                Person::new(member.id.clone(), &member.name, &member.position)?
            }
            None => plan.supervisors.first().unwrap_or(&plan.leader).clone(),
        };
        let staff = hub.roster().staff.keys().cloned().collect();
        let school = School {
            calendar: hub.facts().policy.calendar(),
            staff: &staff,
        };
        let at = TripSession {
            date: self.date,
            session: self.session,
        };
        checks::lawful(at, self.code, Some(&supervisor), &school)?;
        Ok(VisitRef {
            trip: going.trip,
            listed: plan.participants.contains(&self.pupil),
            supervisor,
        })
    }
}

impl Runtime {
    /// Decides between marks that differ, on one that a rule settled, or on what arrived after sign-off.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn decide(&self, decision: &Decision) -> Result<(), DeskError> {
        self.enter(decision, record::decide).await
    }

    /// Amends a mark that stands, whoever made it: the desk replaces all that it sees of the pupil's session.
    ///
    /// # Errors
    /// See [`DeskError`]; one of them is that nothing stands there.
    pub async fn amend(&self, amendment: &Decision) -> Result<(), DeskError> {
        self.enter(amendment, record::amend).await
    }

    /// A trip that a mark belongs to, with what is known of it.
    pub(super) fn going(&self, trip: Option<TripId>) -> Result<Option<Going>, DeskError> {
        let Some(trip) = trip else { return Ok(None) };
        let view = self.trip(trip)?;
        Ok(Some(Going { trip, view }))
    }

    async fn enter(
        &self,
        decision: &Decision,
        make: impl Fn(&DayFold, &Author, Session, PupilNumber, &Mark) -> Result<Entry, RecordError>,
    ) -> Result<(), DeskError> {
        let going = self.going(decision.trip)?;
        self.desk_writes(decision.date, |hub, day| {
            if !hub.roster().pupils.contains_key(&decision.pupil) {
                return Err(DeskError::NoSuchPupil(decision.pupil));
            }
            let author = Self::desk_author(hub, &decision.by)?;
            let mark = Mark {
                code: decision.code,
                particulars: decision.particulars(hub, going.as_ref())?,
                reason: Some(decision.reason.clone()),
            };
            let entry = make(day, &author, decision.session, decision.pupil, &mark);
            let entry = entry.map_err(|error| match error {
                // The desk takes what it lacks from the trip.
                RecordError::Missing { code, .. } if needs_visit(code, decision.date) => {
                    BesideError::NoTrip(code).into()
                }
                other => DeskError::from(other),
            })?;
            Ok((vec![Item::Slip(vec![entry])], ()))
        })
        .await
    }
}
