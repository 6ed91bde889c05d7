//! `trip create` and `trip show`.

use std::collections::BTreeSet;

use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::Person;
use daymark_core::ids::{DeviceNumber, PupilNumber, TripId};
use daymark_core::roster::Role;
use daymark_core::session::Session;
use daymark_core::trip::checks::TripProblem;
use daymark_core::trip::{TripGroup, TripPlan, TripSession, TripStatement, TripView};
use daymark_sync_protocol::client::Replica;
use daymark_tablet::{Moment, people, trips, words};
use serde_json::json;

use crate::context::{Context, FileTablet, table};
use crate::error::{CliError, Done};
use crate::trip_change::{self, ChangeArgs};
use crate::trip_group::{self, CountArgs, LeftArgs, RejoinArgs};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum TripVerb {
    /// Plan a trip: prints its UUID.
    Create(CreateArgs),
    /// Change the plan of a trip: its list, sessions, who leads. The earlier plan stays in its document.
    Change(ChangeArgs),
    /// What a trip is, who is marked, and what happened on it.
    Show {
        /// The trip.
        #[arg(value_name = "UUID")]
        trip: TripId,
    },
    /// A head count: a safety event, never a mark. Exit 3 where it differs from the list.
    Count(CountArgs),
    /// A pupil leaves the group with another adult.
    Left(LeftArgs),
    /// A pupil who left is back.
    Rejoin(RejoinArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct CreateArgs {
    /// What people call it.
    #[arg(long)]
    title: String,
    /// The code of its pupils: V, P, B, K or W.
    #[arg(long)]
    code: Code,
    /// The nature of the activity; B and K need it.
    #[arg(long)]
    nature: Option<String>,
    /// Where it goes.
    #[arg(long)]
    place: Option<String>,
    /// Who leads it.
    #[arg(long, value_name = "STAFF_ID")]
    leader: String,
    /// Who of the school's staff supervises; several times for several. V is not lawful without one.
    #[arg(long = "supervisor", value_name = "STAFF_ID")]
    supervisors: Vec<String>,
    /// A session that it covers, such as 2026-03-02/AM; several times for several.
    #[arg(long = "session", value_name = "DATE/AM|PM", required = true, value_parser = trip_session)]
    sessions: Vec<TripSession>,
    /// A pupil on its list; several times for several.
    #[arg(long = "pupil", value_name = "NUMBER", required = true)]
    pupils: Vec<PupilNumber>,
    /// A tablet that goes along; several times for several. [default: this one, for a teacher's]
    #[arg(long = "tablet", value_name = "DEVICE")]
    tablets: Vec<DeviceNumber>,
    /// A group of its list, such as "Coach A=1001,1002", or "Coach A:m-lee=1001,1002" where somebody else than the trip's leader
    /// leads it; several times for several.
    #[arg(long = "group", value_name = "NAME[:STAFF_ID]=NUMBERS", value_parser = named_group)]
    groups: Vec<NamedGroup>,
}

/// A group as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedGroup {
    pub(crate) name: String,
    leader: Option<String>,
    pupils: BTreeSet<PupilNumber>,
}

pub(crate) fn named_group(text: &str) -> Result<NamedGroup, String> {
    let (named, numbers) = text
        .split_once('=')
        .ok_or("write it as name=numbers, such as \"Coach A=1001,1002\"")?;
    let (name, leader) = match named.split_once(':') {
        Some((name, leader)) => (name, Some(leader.trim().to_owned())),
        None => (named, None),
    };
    let numbers = numbers.split(',').map(str::trim).filter(|one| !one.is_empty());
    let pupils = numbers.map(|one| one.parse::<PupilNumber>().map_err(|error| error.to_string()));
    Ok(NamedGroup {
        name: name.trim().to_owned(),
        leader,
        pupils: pupils.collect::<Result<_, _>>()?,
    })
}

/// The group as a plan holds it, led by the trip's leader where nobody else is named.
pub(crate) fn group(replica: &Replica, named: NamedGroup, leader: &Person) -> Result<TripGroup, CliError> {
    let leader = match &named.leader {
        Some(id) => people::staff(replica, "--group", id)?,
        None => leader.clone(),
    };
    Ok(TripGroup {
        name: named.name,
        leader,
        pupils: named.pupils.into_iter().collect(),
    })
}

pub(crate) fn trip_session(text: &str) -> Result<TripSession, String> {
    let (date, session) = text
        .split_once('/')
        .ok_or("write it as date/session, such as 2026-03-02/AM")?;
    Ok(TripSession {
        date: date
            .parse()
            .map_err(|error: daymark_core::ids::IdError| error.to_string())?,
        session: session.parse::<Session>().map_err(|error| error.to_string())?,
    })
}

pub(crate) fn run(context: &Context, verb: TripVerb) -> Result<Done, CliError> {
    match verb {
        TripVerb::Create(args) => create(context, args),
        TripVerb::Change(args) => trip_change::run(context, args),
        TripVerb::Show { trip } => show(context, trip),
        TripVerb::Count(args) => trip_group::count(context, args),
        TripVerb::Left(args) => trip_group::left(context, &args),
        TripVerb::Rejoin(args) => trip_group::rejoin(context, &args),
    }
}

/// A random UUID, of version 4.
pub(crate) fn new_uuid() -> Result<uuid::Uuid, CliError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| CliError::Failed(format!("the system gives no random numbers: {error}")))?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

/// A trip that is here and has a plan.
pub(crate) fn trip_here(replica: &Replica, trip: TripId) -> Result<TripView, CliError> {
    replica
        .trip(&DocumentId::Trip(trip))
        .filter(|view| view.plan().is_some())
        .ok_or_else(|| {
            CliError::Failed(format!(
                "trip {trip} is not on this tablet: check the UUID, or sync"
            ))
        })
}

fn create(context: &Context, args: CreateArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let plan = plan(&tablet, args)?;
    let trip = TripId(new_uuid()?);
    let id = DocumentId::Trip(trip);
    let grant = tablet.replica().grant()?;
    if !grant.may_write(&id, true) {
        return Err(CliError::Failed(format!(
            "this tablet is enrolled as {}, which plans no trips: use the office's or a teacher's",
            grant.role
        )));
    }
    let remarks = problems(trips::check_plan(tablet.replica(), &plan))?;
    let shown = json!({ "trip": trip, "plan": plan, "remarks": remarks });
    let mut text = format!(
        "Trip {} with {}: {trip}\n{}.",
        plan.title,
        words::count(plan.participants.len(), "pupil"),
        words::SAVED
    );
    for remark in &remarks {
        text.push_str("\nNote: ");
        text.push_str(remark);
    }
    let statement = context.statement(&tablet, TripStatement::Plan(plan))?;
    tablet.say_of_trip(&id, statement)?;
    context.show(&shown, || text)?;
    Ok(Done::Ok)
}

/// What is not right about a plan stops it; but for sessions that the school does not hold: a trip on an INSET day has
/// head counts and no marks, and that is only remarked on.
pub(crate) fn problems(found: Vec<TripProblem>) -> Result<Vec<String>, CliError> {
    let (remarks, wrong): (Vec<TripProblem>, Vec<TripProblem>) = found
        .into_iter()
        .partition(|problem| matches!(problem, TripProblem::NoSession { .. }));
    let words = |problems: &[TripProblem]| problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    if wrong.is_empty() {
        return Ok(words(&remarks));
    }
    if wrong
        .iter()
        .any(|problem| matches!(problem, TripProblem::Code { .. }))
    {
        return Err(CliError::Usage(words(&wrong).join("; ")));
    }
    Err(CliError::Failed(words(&wrong).join("; ")))
}

fn plan(tablet: &FileTablet, args: CreateArgs) -> Result<TripPlan, CliError> {
    let replica = tablet.replica();
    let supervisors = args
        .supervisors
        .iter()
        .map(|id| people::staff(replica, "--supervisor", id))
        .collect::<Result<Vec<_>, _>>()?;
    let identity = replica.identity()?;
    let mut tablets: BTreeSet<DeviceNumber> = args.tablets.into_iter().collect();
    if tablets.is_empty() && replica.grant()?.role == Role::Teacher {
        tablets.insert(identity.device);
    }
    let sessions: BTreeSet<TripSession> = args.sessions.into_iter().collect();
    let participants: BTreeSet<PupilNumber> = args.pupils.into_iter().collect();
    let leader = people::staff(replica, "--leader", &args.leader)?;
    let groups = args
        .groups
        .into_iter()
        .map(|named| group(replica, named, &leader));
    let groups = groups.collect::<Result<Vec<_>, _>>()?;
    Ok(TripPlan {
        title: args.title,
        code: args.code,
        nature: args.nature,
        place: args.place,
        leader,
        supervisors,
        sessions: sessions.into_iter().collect(),
        participants: participants.into_iter().collect(),
        tablets: tablets.into_iter().collect(),
        groups: Some(groups).filter(|groups| !groups.is_empty()),
    })
}

fn show(context: &Context, trip: TripId) -> Result<Done, CliError> {
    let tablet = context.open()?;
    let replica = tablet.replica();
    let view = trip_here(replica, trip)?;
    let Some(plan) = view.plan() else {
        return Ok(Done::Ok);
    };
    let to_mark: Vec<_> = plan
        .sessions
        .iter()
        .map(|at| (*at, trips::unmarked(replica, &view, *at)))
        .collect();
    let gone = trips::gone(&view, context.date);
    let shown = json!({
        "trip": trip,
        "plan": plan,
        "plans": view.plans.len(),
        "observations": view.observations,
        "left": gone.iter().map(|(pupil, with)| json!({ "pupil": pupil, "with": with })).collect::<Vec<_>>(),
        "not_marked": to_mark.iter().map(|(at, pupils)| json!({
            "date": at.date, "session": at.session, "pupils": pupils,
        })).collect::<Vec<_>>(),
    });
    context.show(&shown, || {
        let mut lines = vec![format!(
            "{} ({}{}), led by {}",
            plan.title,
            plan.code,
            plan.nature
                .as_ref()
                .map(|nature| format!(", {nature}"))
                .unwrap_or_default(),
            plan.leader
        )];
        let supervisors: Vec<String> = plan.supervisors.iter().map(ToString::to_string).collect();
        lines.push(format!("Supervising: {}", supervisors.join("; ")));
        lines.push(format!(
            "{} on the list",
            words::count(plan.participants.len(), "pupil")
        ));
        for group in plan.groups() {
            let pupils = words::count(group.pupils.len(), "pupil");
            lines.push(format!("{}: {pupils}, led by {}", group.name, group.leader));
        }
        if view.plans.len() > 1 {
            lines.push(format!(
                "{} plans stand, made apart: the office must choose",
                view.plans.len()
            ));
        }
        for (at, pupils) in &to_mark {
            lines.push(format!(
                "{} {}: {} not marked yet",
                at.date,
                at.session,
                pupils.len()
            ));
        }
        let rows: Vec<Vec<String>> = view
            .observations
            .iter()
            .map(|(_, statement)| {
                let at = Moment::from_unix_ms(statement.stamp.recorded_at.saturating_mul(1000));
                vec![
                    at.to_string(),
                    observation(replica, &statement.body),
                    statement.stamp.person.to_string(),
                ]
            })
            .collect();
        lines.push(table(&rows));
        lines.join("\n")
    })?;
    Ok(Done::Ok)
}

fn observation(replica: &Replica, statement: &TripStatement) -> String {
    match statement {
        TripStatement::Plan(plan) => plan.title.clone(),
        TripStatement::HeadCount(count) => {
            let place = count.place.as_ref().map(|place| format!(" at {place}"));
            let group = count.group.as_ref().map(|group| format!(", {group}"));
            format!(
                "counted {} of {}{}{}",
                count.found,
                count.expected,
                group.unwrap_or_default(),
                place.unwrap_or_default()
            )
        }
        TripStatement::LeftGroup(left) => format!(
            "{} left with {}, from {} {}",
            people::pupil_words(replica, left.pupil),
            left.with,
            left.from.date,
            left.from.session
        ),
        TripStatement::Rejoined(back) => format!(
            "{} is back, from {} {}",
            people::pupil_words(replica, back.pupil),
            back.from.date,
            back.from.session
        ),
    }
}
