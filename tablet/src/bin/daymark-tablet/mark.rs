//! `mark` and `undo`.

use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Particulars, Person, TimeOfDay};
use daymark_core::ids::{PupilNumber, TripId};
use daymark_core::record::Mark;
use daymark_core::session::Session;
use daymark_core::trip::{TripSession, TripView};
use daymark_sync_protocol::client::Replica;
use daymark_tablet::{people, trips, words};
use serde_json::json;

use crate::context::{Context, DutyArgs};
use crate::error::{CliError, Done};

#[derive(Debug, clap::Args)]
pub(crate) struct MarkArgs {
    /// AM or PM.
    #[arg(long)]
    session: Session,
    /// The register code. [default on a trip: the trip's code]
    #[arg(long)]
    code: Option<Code>,
    /// The pupil's number, or several: `--pupil 1005 1006`.
    #[arg(long = "pupil", value_name = "NUMBER", num_args = 1..)]
    pupils: Vec<PupilNumber>,
    #[command(flatten)]
    duty: DutyArgs,
    /// On a trip: everybody on its list who is not marked yet and has not left. Needs --count.
    #[arg(long, requires = "count", conflicts_with = "pupils")]
    all: bool,
    /// How many you counted: the marks are made only if exactly as many are to be marked.
    #[arg(long, requires = "all")]
    count: Option<usize>,
    /// When the pupil arrived, for L and U. [default with --at: that time]
    #[arg(long, value_name = "HH:MM")]
    arrived: Option<TimeOfDay>,
    /// The nature of the activity or cause. [default on a trip: the trip's]
    #[arg(long)]
    nature: Option<String>,
    /// The supervising member of staff. [default on a trip: its first supervisor]
    #[arg(long, value_name = "STAFF_ID")]
    supervisor: Option<String>,
    /// The trip that a V or P belongs to, where the mark is not made under the trip itself.
    #[arg(long, value_name = "UUID")]
    went_on: Option<TripId>,
    /// Anything else worth keeping with the mark.
    #[arg(long)]
    comment: Option<String>,
    /// Why, where it changes a mark that stands.
    #[arg(long)]
    reason: Option<String>,
    /// Mark a pupil whom this tablet's list does not have, too.
    #[arg(long)]
    unlisted: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct UndoArgs {
    /// AM or PM.
    #[arg(long)]
    session: Session,
    /// The pupil's number.
    #[arg(long)]
    pupil: PupilNumber,
    #[command(flatten)]
    duty: DutyArgs,
    /// Why.
    #[arg(long, default_value = "Marked in error")]
    reason: String,
}

/// The trip that a mark belongs to, with what is known of it.
struct Going {
    trip: TripId,
    view: TripView,
    supervisor: Option<Person>,
}

fn going(replica: &Replica, args: &MarkArgs, duty: &Duty) -> Result<Option<Going>, CliError> {
    let trip = match (duty, args.went_on) {
        (Duty::Trip(trip), _) => *trip,
        (_, Some(trip)) => trip,
        _ => return Ok(None),
    };
    let view = replica.trip(&DocumentId::Trip(trip)).unwrap_or_default();
    let supervisor = match &args.supervisor {
        Some(id) => Some(people::staff(replica, "--supervisor", id)?),
        None => None,
    };
    Ok(Some(Going {
        trip,
        view,
        supervisor,
    }))
}

pub(crate) fn run(context: &Context, args: &MarkArgs) -> Result<Done, CliError> {
    if args.pupils.is_empty() && !args.all {
        return Err(CliError::Usage(
            "say whom to mark: give --pupil NUMBER, or on a trip --all --count N".to_owned(),
        ));
    }
    let mut tablet = context.open()?;
    let replica = tablet.replica();
    let duty = args.duty.resolve(replica, context.date)?;
    let going = going(replica, args, &duty)?;
    let plan_code = going.as_ref().and_then(|going| Some(going.view.plan()?.code));
    let code = args
        .code
        .or(plan_code)
        .ok_or_else(|| CliError::Usage("say which mark: give --code, such as --code V".to_owned()))?;
    let author = context.author(&tablet, duty.clone())?;

    let pupils = if args.all {
        match to_mark(context, replica, args, going.as_ref())? {
            Ok(pupils) => pupils,
            Err(done) => return Ok(done),
        }
    } else {
        args.pupils.clone()
    };
    let known = people::known_pupils(replica).filter(|_| !args.unlisted);
    let (good, unknown): (Vec<PupilNumber>, Vec<PupilNumber>) = pupils
        .into_iter()
        .partition(|pupil| known.as_ref().is_none_or(|known| known.contains(pupil)));
    let marks: Vec<(PupilNumber, Mark)> = good
        .into_iter()
        .map(|pupil| (pupil, mark(context, args, code, going.as_ref(), pupil)))
        .collect();
    let report = tablet.mark(&author, context.date, args.session, &marks)?;

    let replica = tablet.replica();
    let mut refused: Vec<(PupilNumber, String)> = unknown
        .into_iter()
        .map(|pupil| {
            let why =
                "is not among the pupils that this tablet knows: check the number, sync, or give --unlisted";
            (pupil, why.to_owned())
        })
        .collect();
    refused.extend(
        report
            .refused
            .into_iter()
            .map(|(pupil, why)| (pupil, why.to_string())),
    );
    let shown = json!({
        "date": context.date,
        "session": args.session,
        "duty": duty,
        "code": code,
        "recorded": report.recorded.iter().map(|entry| json!({
            "pupil": entry.cell.pupil,
            "name": people::pupil_name(replica, entry.cell.pupil),
            "entry": entry.id(),
        })).collect::<Vec<_>>(),
        "refused": refused.iter().map(|(pupil, why)| json!({
            "pupil": pupil,
            "name": people::pupil_name(replica, *pupil),
            "why": why,
        })).collect::<Vec<_>>(),
        "not_yet_sent": replica.not_yet_sent(),
    });
    context.show(&shown, || {
        let mut lines = Vec::new();
        if !report.recorded.is_empty() {
            let marks = words::count(report.recorded.len(), "mark");
            lines.push(format!(
                "{}: {marks} {code}, {} {}.",
                words::SAVED,
                args.session,
                context.date
            ));
        }
        for (pupil, why) in &refused {
            lines.push(format!(
                "Not marked: {}: {why}",
                people::pupil_words(replica, *pupil)
            ));
        }
        lines.join("\n")
    })?;
    Ok(Done::found_if(!refused.is_empty()))
}

/// Everybody who is to be marked, if they are as many as were counted; otherwise who they are, and nothing is marked.
fn to_mark(
    context: &Context,
    replica: &Replica,
    args: &MarkArgs,
    going: Option<&Going>,
) -> Result<Result<Vec<PupilNumber>, Done>, CliError> {
    let going = going
        .filter(|going| going.view.plan().is_some() && args.went_on.is_none())
        .ok_or_else(|| {
            CliError::Usage("--all marks the list of a trip that is here: give --trip UUID".to_owned())
        })?;
    let at = TripSession {
        date: context.date,
        session: args.session,
    };
    let pupils: Vec<PupilNumber> = trips::unmarked(replica, going.trip, &going.view, at)
        .into_iter()
        .collect();
    let counted = args.count.unwrap_or_default();
    if pupils.len() == counted {
        return Ok(Ok(pupils));
    }
    let shown = json!({ "counted": counted, "to_mark": pupils, "recorded": [] });
    context.show(&shown, || {
        let mut lines = vec![format!(
            "Nothing was marked: {counted} counted, and {} to be marked:",
            words::count_is(pupils.len(), "pupil")
        )];
        lines.extend(
            pupils
                .iter()
                .map(|pupil| format!("  {}", people::pupil_words(replica, *pupil))),
        );
        lines.join("\n")
    })?;
    Ok(Err(Done::Found))
}

fn mark(context: &Context, args: &MarkArgs, code: Code, going: Option<&Going>, pupil: PupilNumber) -> Mark {
    let plan = going.and_then(|going| going.view.plan());
    let visit = going
        .filter(|_| code.approved_elsewhere())
        .and_then(|going| trips::visit_ref(going.trip, &going.view, pupil, going.supervisor.clone()));
    let nature = args.nature.clone().or_else(|| {
        plan.filter(|plan| plan.code == code)
            .and_then(|plan| plan.nature.clone())
    });
    let came_late = code == Code::LATE || code == Code::AFTER_CLOSING;
    // The system's clock runs in UTC, and arrival is school-local: only a clock that was given can say it.
    let shown_time = context
        .moment
        .minute_of_day()
        .filter(|_| context.is_clock_given && came_late);
    Mark {
        code,
        particulars: Particulars {
            nature,
            visit,
            arrived_at: args.arrived.or(shown_time),
            comment: args.comment.clone(),
        },
        reason: args.reason.clone(),
    }
}

pub(crate) fn undo(context: &Context, args: &UndoArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let duty = args.duty.resolve(tablet.replica(), context.date)?;
    let author = context.author(&tablet, duty)?;
    let entry = tablet.undo(&author, context.date, args.session, args.pupil, &args.reason)?;
    let shown = json!({ "entry": entry.id(), "pupil": args.pupil, "code": entry.code });
    context.show(&shown, || {
        let who = people::pupil_words(tablet.replica(), args.pupil);
        match entry.code {
            Some(code) => format!("Taken back: {who} is {code} again. {}.", words::SAVED),
            None => format!(
                "Taken back: {who} has no mark for {}. {}.",
                args.session,
                words::SAVED
            ),
        }
    })?;
    Ok(Done::Ok)
}
