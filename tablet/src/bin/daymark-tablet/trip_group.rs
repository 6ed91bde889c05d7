//! `trip count`, `trip left` and `trip rejoin`: who is with the group.

use std::collections::BTreeSet;

use daymark_core::document_id::DocumentId;
use daymark_core::ids::{PupilNumber, TripId};
use daymark_core::session::Session;
use daymark_core::trip::{HeadCount, LeftGroup, Rejoined, TripPlan, TripSession, TripStatement, TripView};
use daymark_tablet::{people, trips, words};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Done};
use crate::trip::trip_here;

#[derive(Debug, clap::Args)]
pub(crate) struct CountArgs {
    /// The trip.
    #[arg(value_name = "UUID")]
    trip: TripId,
    /// How many are there.
    #[arg(long)]
    found: u32,
    /// Where.
    #[arg(long)]
    place: Option<String>,
    /// A pupil who is missing; several times for several.
    #[arg(long, value_name = "NUMBER")]
    missing: Vec<PupilNumber>,
    /// The group that was counted. [default: the whole trip]
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LeftArgs {
    /// The trip.
    #[arg(value_name = "UUID")]
    trip: TripId,
    /// The pupil's number.
    #[arg(long)]
    pupil: PupilNumber,
    /// The adult who takes over, and who they are to the pupil: "Jo Marsh, mother".
    #[arg(long, value_name = "NAME, RELATION")]
    with: String,
    /// From which session on. [default: the first one now or later in which the pupil has no mark on this trip]
    #[arg(long)]
    session: Option<Session>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RejoinArgs {
    /// The trip.
    #[arg(value_name = "UUID")]
    trip: TripId,
    /// The pupil's number.
    #[arg(long)]
    pupil: PupilNumber,
    /// From which session on. [default: by the clock]
    #[arg(long)]
    session: Option<Session>,
}

fn now(context: &Context) -> TripSession {
    TripSession {
        date: context.date,
        session: context.moment.session(),
    }
}

fn check_listed(view: &TripView, pupil: PupilNumber) -> Result<(), CliError> {
    if trips::listed(view).contains(&pupil) {
        return Ok(());
    }
    Err(CliError::Failed(format!(
        "pupil {pupil} is not on this trip's list: check the number"
    )))
}

/// Who is in a group of the trip.
fn group_of(view: &TripView, name: &str) -> Result<BTreeSet<PupilNumber>, CliError> {
    let plan = view.plan();
    let group = plan.and_then(|plan| plan.group(name));
    group
        .map(|group| group.pupils.iter().copied().collect())
        .ok_or_else(|| {
            let groups = plan.map(TripPlan::groups).unwrap_or_default();
            let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
            CliError::Usage(match names.as_slice() {
                [] => format!("--group {name:?}: this trip has no groups; `trip change` makes them"),
                _ => format!(
                    "--group {name:?} is none of this trip: give {}",
                    names.join(" or ")
                ),
            })
        })
}

pub(crate) fn count(context: &Context, args: CountArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let view = trip_here(tablet.replica(), args.trip)?;
    for pupil in &args.missing {
        check_listed(&view, *pupil)?;
    }
    let gone = trips::gone(&view, context.date);
    let counted = match &args.group {
        None => trips::listed(&view),
        Some(name) => group_of(&view, name)?,
    };
    let expected = counted.iter().filter(|pupil| !gone.contains_key(pupil)).count();
    let at = now(context);
    let unmarked = trips::unmarked(tablet.replica(), &view, at);
    let unmarked: BTreeSet<PupilNumber> = unmarked.intersection(&counted).copied().collect();
    let mut missing = args.missing;
    missing.sort_unstable();
    missing.dedup();
    let head_count = HeadCount {
        expected: u32::try_from(expected).unwrap_or(u32::MAX),
        found: args.found,
        missing: missing.clone(),
        place: args.place,
        group: args.group.clone(),
    };
    let differs = head_count.expected != head_count.found || !missing.is_empty();
    let shown = json!({
        "trip": args.trip,
        "expected": expected,
        "found": args.found,
        "missing": missing,
        "group": args.group,
        "left": gone.keys().collect::<Vec<_>>(),
        "not_marked": unmarked,
    });
    let statement = context.statement(&tablet, TripStatement::HeadCount(head_count))?;
    tablet.say_of_trip(&DocumentId::Trip(args.trip), statement)?;
    let replica = tablet.replica();
    context.show(&shown, || {
        let mut lines = vec![format!("Counted {} of {expected}. {}.", args.found, words::SAVED)];
        if differs {
            lines.push(if args.found < u32::try_from(expected).unwrap_or(u32::MAX) {
                "SOMEBODY IS MISSING.".to_owned()
            } else {
                "The count does not fit the list: count again.".to_owned()
            });
            let name = |pupil: &PupilNumber| format!("  {}", people::pupil_words(replica, *pupil));
            lines.extend(missing.iter().map(|pupil| format!("{}, missing", name(pupil))));
            if !unmarked.is_empty() {
                lines.push(format!("Not marked yet for {} {}:", at.session, at.date));
                lines.extend(unmarked.iter().map(name));
            }
        }
        lines.join("\n")
    })?;
    Ok(Done::found_if(differs))
}

pub(crate) fn left(context: &Context, args: &LeftArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let view = trip_here(tablet.replica(), args.trip)?;
    check_listed(&view, args.pupil)?;
    let from = match args.session {
        Some(session) => TripSession {
            date: context.date,
            session,
        },
        None => trips::leaves_from(tablet.replica(), args.trip, &view, args.pupil, now(context)).ok_or_else(
            || {
                CliError::Failed(format!(
                    "pupil {} is marked in every session that this trip still has: give --session AM or PM for the \
                     first one without them",
                    args.pupil
                ))
            },
        )?,
    };
    let body = TripStatement::LeftGroup(LeftGroup {
        pupil: args.pupil,
        with: args.with.clone(),
        from,
    });
    let statement = context.statement(&tablet, body)?;
    tablet.say_of_trip(&DocumentId::Trip(args.trip), statement)?;
    let shown = json!({ "trip": args.trip, "pupil": args.pupil, "with": args.with, "from": from });
    let who = people::pupil_words(tablet.replica(), args.pupil);
    context.show(&shown, || {
        format!(
            "{who} left the group with {}. From {} {} on they are not marked with the trip: the office is asked. {}.",
            args.with,
            from.date,
            from.session,
            words::SAVED
        )
    })?;
    Ok(Done::Ok)
}

pub(crate) fn rejoin(context: &Context, args: &RejoinArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let view = trip_here(tablet.replica(), args.trip)?;
    let left = trips::left_statements(&view, args.pupil);
    if left.is_empty() {
        return Err(CliError::Failed(format!(
            "pupil {} has not left this group: there is nothing to put right",
            args.pupil
        )));
    }
    let from = TripSession {
        date: context.date,
        session: args.session.unwrap_or_else(|| context.moment.session()),
    };
    let body = TripStatement::Rejoined(Rejoined {
        pupil: args.pupil,
        from,
    });
    let mut statement = context.statement(&tablet, body)?;
    statement.supersedes = left.into_keys().collect();
    statement.reason = Some("back with the group".to_owned());
    tablet.say_of_trip(&DocumentId::Trip(args.trip), statement)?;
    let shown = json!({ "trip": args.trip, "pupil": args.pupil, "from": from });
    let who = people::pupil_words(tablet.replica(), args.pupil);
    context.show(&shown, || {
        format!(
            "{who} is back with the group from {} {} on. {}.",
            from.date,
            from.session,
            words::SAVED
        )
    })?;
    Ok(Done::Ok)
}
