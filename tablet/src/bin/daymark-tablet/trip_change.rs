//! `trip change`: another plan takes the place of the one that stands, which stays in the trip's document.

use std::collections::BTreeSet;

use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::ids::{DeviceNumber, PupilNumber, TripId};
use daymark_core::item::Statement;
use daymark_core::trip::{TripPlan, TripSession, TripStatement};
use daymark_sync_protocol::client::Replica;
use daymark_tablet::{people, trips, words};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Done};
use crate::trip::{NamedGroup, group, named_group, problems, trip_here, trip_session};

#[derive(Debug, clap::Args)]
pub(crate) struct ChangeArgs {
    /// The trip.
    #[arg(value_name = "UUID")]
    trip: TripId,
    /// Why; it stays with the plan.
    #[arg(long)]
    reason: String,
    /// What people call it.
    #[arg(long)]
    title: Option<String>,
    /// The code of its pupils: V, P, B, K or W.
    #[arg(long)]
    code: Option<Code>,
    /// The nature of the activity; B and K need it.
    #[arg(long)]
    nature: Option<String>,
    /// Where it goes.
    #[arg(long)]
    place: Option<String>,
    /// Who leads it.
    #[arg(long, value_name = "STAFF_ID")]
    leader: Option<String>,
    /// Who of the school's staff supervises, all of them: several times for several.
    #[arg(long = "supervisor", value_name = "STAFF_ID")]
    supervisors: Vec<String>,
    /// The sessions that it covers, all of them, such as 2026-03-02/AM: several times for several.
    #[arg(long = "session", value_name = "DATE/AM|PM", value_parser = trip_session)]
    sessions: Vec<TripSession>,
    /// A pupil who comes on the list.
    #[arg(long, value_name = "NUMBER")]
    add_pupil: Vec<PupilNumber>,
    /// A pupil who goes from the list; marks that were made stay.
    #[arg(long, value_name = "NUMBER")]
    drop_pupil: Vec<PupilNumber>,
    /// Another tablet that goes along.
    #[arg(long, value_name = "DEVICE")]
    add_tablet: Vec<DeviceNumber>,
    /// A group as it is from now on, such as "Coach A=1001,1002" or "Coach A:m-lee=1001,1002"; with nobody, as "Coach A=", it is
    /// dissolved. The other groups stay.
    #[arg(long = "group", value_name = "NAME[:STAFF_ID]=NUMBERS", value_parser = named_group)]
    groups: Vec<NamedGroup>,
}

pub(crate) fn run(context: &Context, args: ChangeArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let (trip, id) = (args.trip, DocumentId::Trip(args.trip));
    let view = trip_here(tablet.replica(), trip)?;
    let grant = tablet.replica().grant()?;
    if !grant.may_write(&id, true) {
        return Err(CliError::Failed(format!(
            "this tablet is enrolled as {}, which plans no trips: use the office's or a teacher's",
            grant.role
        )));
    }
    let Some(before) = view.plan() else {
        return Ok(Done::Ok);
    };
    let reason = args.reason.clone();
    let plan = changed(tablet.replica(), before, args)?;
    if plan == *before && view.plans.len() == 1 {
        return Err(CliError::Usage(
            "that is the plan already: say what changes, such as --add-pupil 1005".to_owned(),
        ));
    }
    let remarks = problems(trips::check_plan(tablet.replica(), &plan))?;
    let shown = json!({ "trip": trip, "plan": plan, "remarks": remarks });
    let mut lines = vec![
        format!(
            "Trip {} with {} now: {trip}",
            plan.title,
            words::count(plan.participants.len(), "pupil")
        ),
        format!("{}.", words::SAVED),
    ];
    lines.extend(remarks.iter().map(|remark| format!("Note: {remark}")));
    let statement = Statement {
        // Where several stand that were made apart, this is the choice between them.
        supersedes: view.plans.iter().map(|(plan, _)| *plan).collect(),
        reason: Some(reason),
        ..context.statement(&tablet, TripStatement::Plan(plan))?
    };
    tablet.say_of_trip(&id, statement)?;
    context.show(&shown, || lines.join("\n"))?;
    Ok(Done::Ok)
}

fn changed(replica: &Replica, before: &TripPlan, args: ChangeArgs) -> Result<TripPlan, CliError> {
    let mut plan = before.clone();
    plan.title = args.title.unwrap_or(plan.title);
    plan.code = args.code.unwrap_or(plan.code);
    plan.nature = args.nature.or(plan.nature);
    plan.place = args.place.or(plan.place);
    if let Some(leader) = &args.leader {
        plan.leader = people::staff(replica, "--leader", leader)?;
    }
    if !args.supervisors.is_empty() {
        let named = args.supervisors.iter();
        let named = named.map(|id| people::staff(replica, "--supervisor", id));
        plan.supervisors = named.collect::<Result<_, _>>()?;
    }
    if !args.sessions.is_empty() {
        let sessions: BTreeSet<TripSession> = args.sessions.into_iter().collect();
        plan.sessions = sessions.into_iter().collect();
    }
    let mut pupils: BTreeSet<PupilNumber> = plan.participants.into_iter().collect();
    pupils.extend(args.add_pupil);
    for pupil in &args.drop_pupil {
        if !pupils.remove(pupil) {
            return Err(CliError::Usage(format!(
                "pupil {pupil} is not on the list of {}: nothing was changed",
                plan.title
            )));
        }
    }
    let mut groups = plan.groups.unwrap_or_default();
    for group in &mut groups {
        group.pupils.retain(|pupil| !args.drop_pupil.contains(pupil));
    }
    for named in args.groups {
        let named = group(replica, named, &plan.leader)?;
        match groups.iter_mut().find(|group| group.name == named.name) {
            Some(before) => *before = named,
            None => groups.push(named),
        }
    }
    groups.retain(|group| !group.pupils.is_empty());
    plan.groups = Some(groups).filter(|groups| !groups.is_empty());
    plan.participants = pupils.into_iter().collect();
    let mut tablets: BTreeSet<DeviceNumber> = plan.tablets.into_iter().collect();
    tablets.extend(args.add_tablet);
    plan.tablets = tablets.into_iter().collect();
    Ok(plan)
}
