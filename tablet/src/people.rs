//! Staff and pupils by the names that the brief gives them.

use std::collections::BTreeSet;

use daymark_core::entry::{Duty, Person};
use daymark_core::ids::{IdError, PersonId, PupilNumber, TripId};
use daymark_core::roster::Role;
use daymark_core::session::Date;
use daymark_sync_protocol::client::{Replica, ReplicaError};

use crate::trips;

/// What is said of a pupil whom a tablet's lists do not have.
pub const NOT_KNOWN: &str =
    "is not among the pupils that this tablet knows: check the number, sync, or give --unlisted";

/// Why a person or a duty is not known.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// Not a good id, name or position.
    #[error(transparent)]
    Id(#[from] IdError),
    /// The tablet.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// Not on the staff list.
    #[error(
        "{field} {id:?} is not on the staff list that this tablet has: check the id, or sync to fetch the list"
    )]
    NotStaff {
        /// Where it was given.
        field: &'static str,
        /// Who.
        id: String,
    },
    /// No staff list is here yet.
    #[error(
        "this tablet has no staff list yet, so it does not know {field} {id:?}: sync first, or give {remedy}"
    )]
    NoList {
        /// Where it was given.
        field: &'static str,
        /// Who.
        id: String,
        /// What to give instead.
        remedy: &'static str,
    },
    /// The grant allows several duties.
    #[error("this tablet has several duties that day, so say which: {options}")]
    WhichDuty {
        /// Which ones, as flags.
        options: String,
    },
    /// The grant allows none.
    #[error(
        "this tablet ({role}) takes no register that day: the office grants classes, or plans a trip with it along"
    )]
    NoDuty {
        /// Its role.
        role: Role,
    },
}

/// In which role somebody records: that of the staff list, or of the tablet where the list does not have them.
///
/// # Errors
/// The tablet is not enrolled.
pub fn role(replica: &Replica, id: &PersonId) -> Result<Role, ReplicaError> {
    let listed = replica.brief().and_then(|brief| brief.person(id));
    listed.map_or_else(|| Ok(replica.grant()?.role), |member| Ok(member.role))
}

/// A member of staff from the brief.
fn known(replica: &Replica, id: &PersonId) -> Option<Person> {
    replica
        .brief()
        .and_then(|brief| brief.person(id))
        .map(|member| member.person.clone())
}

/// Who records: from the staff list, or by an explicit name and position where it does not have them.
///
/// # Errors
/// Not known, and not given in full.
pub fn author(
    replica: &Replica,
    id: &PersonId,
    name: Option<&str>,
    position: Option<&str>,
) -> Result<Person, PeopleError> {
    if let Some(person) = known(replica, id) {
        return Ok(person);
    }
    match (name, position) {
        (Some(name), Some(position)) => Ok(Person::new(id.clone(), name, position)?),
        _ => Err(PeopleError::NoList {
            field: "--by",
            id: id.to_string(),
            remedy: "--name and --position too",
        }),
    }
}

/// Another member of staff: an id from the staff list; before the first sync also `ID,NAME,POSITION`.
///
/// # Errors
/// Not known. With a staff list here, only those on it are taken: a parent who helps is no supervisor.
pub fn staff(replica: &Replica, field: &'static str, text: &str) -> Result<Person, PeopleError> {
    let mut parts = text.splitn(3, ',').map(str::trim);
    let id: PersonId = parts.next().unwrap_or_default().parse()?;
    if let Some(person) = known(replica, &id) {
        return Ok(person);
    }
    if replica.brief().is_some() {
        return Err(PeopleError::NotStaff {
            field,
            id: id.to_string(),
        });
    }
    match (parts.next(), parts.next()) {
        (Some(name), Some(position)) => Ok(Person::new(id, name, position)?),
        _ => Err(PeopleError::NoList {
            field,
            id: id.to_string(),
            remedy: "ID,NAME,POSITION",
        }),
    }
}

/// A pupil's name; before the first sync, and for a pupil whom the duty does not know, the number alone.
pub fn pupil_name(replica: &Replica, pupil: PupilNumber) -> String {
    let pupils = replica.brief().map(|brief| brief.pupils.as_slice());
    pupils
        .unwrap_or_default()
        .iter()
        .find(|known| known.number == pupil)
        .map(|known| known.name.clone())
        .unwrap_or_default()
}

/// `pupil 1001, Ada Lovelace`.
pub fn pupil_words(replica: &Replica, pupil: PupilNumber) -> String {
    match pupil_name(replica, pupil) {
        name if name.is_empty() => format!("pupil {pupil}"),
        name => format!("pupil {pupil}, {name}"),
    }
}

/// The pupils that this tablet can tell from a slip of the finger: those of its brief and of its trips' lists; `None`
/// while it has no brief.
pub fn known_pupils(replica: &Replica) -> Option<BTreeSet<PupilNumber>> {
    let brief = replica.brief()?;
    let mut known: BTreeSet<PupilNumber> = brief.pupils.iter().map(|pupil| pupil.number).collect();
    for (_, view) in trips::held(replica) {
        known.extend(
            view.plan()
                .into_iter()
                .flat_map(|plan| plan.participants.iter().copied()),
        );
    }
    Some(known)
}

/// The duties under which this tablet may mark on a date.
///
/// # Errors
/// The tablet is not enrolled.
pub fn duties(replica: &Replica, date: Date) -> Result<Vec<Duty>, ReplicaError> {
    let grant = replica.grant()?;
    if !grant.covers_day(date) {
        return Ok(Vec::new());
    }
    Ok(match grant.role {
        Role::Office => vec![Duty::Office],
        Role::Gate => vec![Duty::Gate],
        Role::Teacher => {
            let classes = grant.classes.iter().cloned().map(Duty::Class);
            let mut going: BTreeSet<TripId> = grant.trips.clone();
            for (id, view) in trips::held(replica) {
                let covers = view
                    .plan()
                    .is_some_and(|plan| plan.sessions.iter().any(|at| at.date == date));
                if covers {
                    going.insert(id);
                } else if view.plan().is_some() {
                    going.remove(&id);
                }
            }
            classes.chain(going.into_iter().map(Duty::Trip)).collect()
        }
        Role::Team | Role::Lead | Role::Head => Vec::new(),
    })
}

/// The duty where none is named: the only one.
///
/// # Errors
/// There is none, or there are several.
pub fn only_duty(replica: &Replica, date: Date) -> Result<Duty, PeopleError> {
    let duties = duties(replica, date)?;
    match duties.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(PeopleError::NoDuty {
            role: replica.grant()?.role,
        }),
        several => {
            let flags: Vec<String> = several
                .iter()
                .map(|duty| match duty {
                    Duty::Class(class) => format!("--class {class}"),
                    Duty::Trip(trip) => format!("--trip {trip}"),
                    Duty::Gate => "--gate".to_owned(),
                    Duty::Office => "--office".to_owned(),
                })
                .collect();
            Err(PeopleError::WhichDuty {
                options: flags.join(", "),
            })
        }
    }
}
