//! `mark` and `undo`.

use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Particulars, Person, TimeOfDay};
use daymark_core::ids::{PupilNumber, TripId};
use daymark_core::record::Mark;
use daymark_core::session::{Date, Session};
use daymark_core::trip::checks::TripProblem;
use daymark_core::trip::{TripSession, TripView};
use daymark_sync_protocol::client::Replica;
use daymark_tablet::{arrivals, people, trips, words};
use serde_json::json;

use crate::arrive::{self, ArriveArgs};
use crate::context::{Context, DutyArgs};
use crate::error::{CliError, Done};
use crate::refused::{self, Refused};

#[derive(Debug, clap::Args)]
pub(crate) struct MarkArgs {
    /// AM or PM.
    #[arg(long)]
    session: Session,
    /// The register code. [default on a trip: the trip's code; with --arrived: L or U by the school's rules]
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
    /// When the pupil arrived, school-local, for L and U. [default: now]
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

impl MarkArgs {
    /// The same for pupils whose code the time of arrival says.
    fn came_late(&self) -> ArriveArgs {
        ArriveArgs {
            pupils: self.pupils.clone(),
            session: Some(self.session),
            arrived: self.arrived,
            duty: self.duty.clone(),
            comment: self.comment.clone(),
            reason: self.reason.clone(),
            unlisted: self.unlisted,
        }
    }
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
    let code = match (args.code.or(plan_code), args.arrived) {
        (Some(code), _) => code,
        (None, Some(_)) => {
            drop(tablet);
            return arrive::run(context, &args.came_late());
        }
        (None, None) => {
            return Err(CliError::Usage(
                "say which mark: give --code, such as --code V, or --arrived HH:MM for L or U by the school's rules"
                    .to_owned(),
            ));
        }
    };
    let author = context.author(&tablet, duty.clone())?;
    let now = arrivals::now_at(&tablet, context.moment, context.date).map(|(time, _)| time);

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
    let marks = good
        .into_iter()
        .map(|pupil| (pupil, mark(now, args, code, going.as_ref(), pupil)));
    let (marks, unfit) = fit_for_the_trip(replica, going.as_ref(), context.date, args, marks);
    let report = tablet.mark(&author, context.date, args.session, &marks)?;

    let replica = tablet.replica();
    let mut refused: Vec<Refused> = unknown
        .into_iter()
        .map(|pupil| (pupil, people::NOT_KNOWN.to_owned()))
        .chain(unfit)
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
        "refused": refused::shown(replica, &refused),
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
        lines.extend(refused::lines(replica, &refused));
        lines.join("\n")
    })?;
    Ok(Done::found_if(!refused.is_empty()))
}

/// The marks that fit their trip, and why the others do not. Who is not on the list may go along nonetheless: with
/// --unlisted the mark says so, and no rule settles anything by it.
fn fit_for_the_trip(
    replica: &Replica,
    going: Option<&Going>,
    date: Date,
    args: &MarkArgs,
    marks: impl Iterator<Item = (PupilNumber, Mark)>,
) -> (Vec<(PupilNumber, Mark)>, Vec<Refused>) {
    let Some(going) = going.filter(|going| going.view.plan().is_some()) else {
        return (marks.collect(), Vec::new());
    };
    let at = TripSession {
        date,
        session: args.session,
    };
    let mut unfit = Vec::new();
    let fit = marks.filter(|(pupil, mark)| {
        if args.went_on.is_some() && !mark.code.approved_elsewhere() {
            return true; // A mark of a class, beside which the trip says nothing.
        }
        let visit = mark.particulars.visit.as_ref();
        let supervisor = visit.map(|visit| &visit.supervisor);
        match trips::check_mark(replica, &going.view, at, *pupil, mark.code, supervisor) {
            Ok(()) => true,
            Err(TripProblem::NotListed { .. }) if args.unlisted => true,
            Err(why @ TripProblem::NotListed { .. }) => {
                unfit.push((*pupil, format!("{why}, or give --unlisted")));
                false
            }
            Err(why) => {
                unfit.push((*pupil, why.to_string()));
                false
            }
        }
    });
    let fit = fit.collect();
    (fit, unfit)
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
    if !replica.policy().may_be_held(at.date, at.session) {
        return Err(CliError::Failed(TripProblem::NoSession { at }.to_string()));
    }
    let pupils: Vec<PupilNumber> = trips::unmarked(replica, &going.view, at).into_iter().collect();
    let counted = args.count.unwrap_or_default();
    if pupils.len() == counted {
        return Ok(Ok(pupils));
    }
    let shown = json!({ "counted": counted, "to_mark": pupils, "recorded": [] });
    context.show(&shown, || {
        let names = if pupils.is_empty() { "." } else { ":" };
        let mut lines = vec![format!(
            "Nothing was marked: {counted} counted, and {} to be marked{names}",
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

fn mark(
    now: Option<TimeOfDay>,
    args: &MarkArgs,
    code: Code,
    going: Option<&Going>,
    pupil: PupilNumber,
) -> Mark {
    let plan = going.and_then(|going| going.view.plan());
    let visit = going
        .filter(|_| code.approved_elsewhere())
        .and_then(|going| trips::visit_ref(going.trip, &going.view, pupil, going.supervisor.clone()));
    let nature = args.nature.clone().or_else(|| {
        plan.filter(|plan| plan.code == code)
            .and_then(|plan| plan.nature.clone())
    });
    let shown_time = now
        .filter(|_| code.is_late())
        .and_then(|time| TimeOfDay::from_seconds(time.seconds() / 60 * 60));
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
