//! `arrive`: pupils who come late, marked by the time and the school's own rules.

use std::collections::BTreeMap;

use daymark_core::entry::TimeOfDay;
use daymark_core::ids::PupilNumber;
use daymark_core::record::Mark;
use daymark_core::session::Session;
use daymark_tablet::arrivals::{self, Came, Lateness};
use daymark_tablet::{people, words};
use serde_json::json;

use crate::context::{Context, DutyArgs};
use crate::error::{CliError, Done};
use crate::refused::{self, Refused};

#[derive(Debug, clap::Args)]
pub(crate) struct ArriveArgs {
    /// The pupil's number, or several.
    #[arg(value_name = "PUPIL", required = true)]
    pub(crate) pupils: Vec<PupilNumber>,
    /// AM or PM. [default: by the time of arrival, AM before noon]
    #[arg(long)]
    pub(crate) session: Option<Session>,
    /// When they came, school-local. [default: now]
    #[arg(long, value_name = "HH:MM")]
    pub(crate) arrived: Option<TimeOfDay>,
    #[command(flatten)]
    pub(crate) duty: DutyArgs,
    /// Anything else worth keeping with the mark, such as why they were late.
    #[arg(long)]
    pub(crate) comment: Option<String>,
    /// Why, where it changes a mark that stands.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Mark a pupil whom this tablet's list does not have, too.
    #[arg(long)]
    pub(crate) unlisted: bool,
}

pub(crate) fn run(context: &Context, args: &ArriveArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let (now, clock) = arrivals::now_at(&tablet, context.moment, context.date).unzip();
    let at = args
        .arrived
        .or(now)
        .ok_or_else(|| CliError::Usage("the clock is out of range: give --arrived HH:MM".to_owned()))?;
    let came = Came {
        date: context.date,
        session: args.session.unwrap_or_else(|| arrivals::session_at(at)),
        at,
    };
    let replica = tablet.replica();
    let duty = args.duty.resolve(replica, context.date)?;
    let author = context.author(&tablet, duty.clone())?;
    let known = people::known_pupils(replica).filter(|_| !args.unlisted);
    let mut late: BTreeMap<PupilNumber, Lateness> = BTreeMap::new();
    let mut refused: Vec<Refused> = Vec::new();
    for pupil in &args.pupils {
        if known.as_ref().is_some_and(|known| !known.contains(pupil)) {
            refused.push((*pupil, people::NOT_KNOWN.to_owned()));
            continue;
        }
        match arrivals::lateness(replica, *pupil, came, clock.flatten()) {
            Ok(lateness) => {
                late.insert(*pupil, lateness);
            }
            Err(why) => refused.push((*pupil, why.to_string())),
        }
    }
    let marks: Vec<(PupilNumber, Mark)> = late
        .iter()
        .map(|(pupil, lateness)| {
            let mut mark = lateness.mark.clone();
            mark.particulars.comment.clone_from(&args.comment);
            mark.reason.clone_from(&args.reason);
            (*pupil, mark)
        })
        .collect();
    let report = tablet.mark(&author, came.date, came.session, &marks)?;
    refused.extend(
        report
            .refused
            .iter()
            .map(|(pupil, why)| (*pupil, why.to_string())),
    );

    let replica = tablet.replica();
    let made: Vec<(&daymark_core::entry::Entry, &Lateness)> = report
        .recorded
        .iter()
        .filter_map(|entry| Some((entry, late.get(&entry.cell.pupil)?)))
        .collect();
    let shown = json!({
        "date": came.date,
        "session": came.session,
        "duty": duty,
        "arrived_at": came.at,
        "recorded": made.iter().map(|(entry, lateness)| json!({
            "pupil": entry.cell.pupil,
            "name": people::pupil_name(replica, entry.cell.pupil),
            "code": entry.code,
            "minutes_late": lateness.minutes_late,
            "in_doubt": lateness.arrival.in_doubt(),
            "entry": entry.id(),
        })).collect::<Vec<_>>(),
        "refused": refused::shown(replica, &refused),
        "not_yet_sent": replica.not_yet_sent(),
    });
    context.show(&shown, || {
        let mut lines: Vec<String> = made
            .iter()
            .map(|(entry, lateness)| {
                let doubt = if lateness.arrival.in_doubt() {
                    ", with a question for the office: this clock cannot decide between L and U"
                } else {
                    ""
                };
                format!(
                    "{}: {} {}, arrived {}, {}{doubt}.",
                    words::SAVED,
                    people::pupil_words(replica, entry.cell.pupil),
                    lateness.mark.code,
                    came.at,
                    words::late(lateness.minutes_late)
                )
            })
            .collect();
        lines.extend(refused::lines(replica, &refused));
        lines.join("\n")
    })?;
    Ok(Done::found_if(!refused.is_empty()))
}
