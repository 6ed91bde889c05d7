//! `conflicts` and `ledger`.

use daymark_core::code::Code;
use daymark_core::entry::{Duty, Particulars, TimeOfDay};
use daymark_core::fold::Amendment;
use daymark_core::ids::PupilNumber;
use daymark_core::record::Mark;
use daymark_core::session::{Date, Session};
use daymark_sync_protocol::client::Replica;
use daymark_tablet::decisions::{Case, cases};
use daymark_tablet::{Moment, people, words};
use serde_json::json;

use crate::context::{Context, table};
use crate::error::{CliError, Done};

#[derive(Debug, Default, clap::Subcommand)]
pub(crate) enum DecisionVerb {
    /// List them: what needs a decision first. Exit 3 if anything does.
    #[default]
    List,
    /// The office decides: between marks, on one that a rule settled, or on what arrived after sign-off.
    Decide(DecideArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct DecideArgs {
    /// AM or PM.
    #[arg(long)]
    session: Session,
    /// The pupil's number.
    #[arg(long)]
    pupil: PupilNumber,
    /// The code that is to stand. What was recorded beside it is kept.
    #[arg(long)]
    code: Code,
    /// Why.
    #[arg(long)]
    reason: String,
    /// When the pupil arrived, for L and U. [default: as in the mark of that code]
    #[arg(long, value_name = "HH:MM")]
    arrived: Option<TimeOfDay>,
    /// The nature of the activity or cause, for B, K and Y7. [default: as in the mark of that code]
    #[arg(long)]
    nature: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LedgerArgs {
    /// The first date. [default: --date]
    #[arg(long, requires = "to")]
    from: Option<Date>,
    /// The last date.
    #[arg(long, requires = "from")]
    to: Option<Date>,
}

pub(crate) fn run(context: &Context, verb: DecisionVerb) -> Result<Done, CliError> {
    match verb {
        DecisionVerb::List => list(context),
        DecisionVerb::Decide(args) => decide(context, &args),
    }
}

fn list(context: &Context) -> Result<Done, CliError> {
    let tablet = context.open()?;
    let cases = cases(tablet.replica(), context.date);
    let open = cases.iter().filter(|case| case.kind.is_open()).count();
    context.show(
        &json!({ "date": context.date, "open": open, "cases": cases }),
        || {
            if cases.is_empty() {
                return format!("{}: nothing to decide.", context.date);
            }
            let rows: Vec<Vec<String>> = cases.iter().map(line).collect();
            let waits = words::count(open, "decision");
            format!("{}\n{}: {waits} open.", table(&rows), context.date)
        },
    )?;
    Ok(Done::found_if(open > 0))
}

fn line(case: &Case) -> Vec<String> {
    let urgent = if case.urgent { "urgent: " } else { "" };
    let marks: Vec<String> = case
        .marks
        .iter()
        .map(|mark| {
            let code = mark.code.as_deref().unwrap_or("taken back");
            format!("{code} by {} ({})", mark.by, mark.duty)
        })
        .collect();
    vec![
        case.session.to_string(),
        case.pupil.to_string(),
        case.name.clone(),
        case.code.map(|code| code.to_string()).unwrap_or_default(),
        format!("{urgent}{}", case.words),
        marks.join(" / "),
    ]
}

fn decide(context: &Context, args: &DecideArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let role = tablet.replica().grant()?.role;
    if role != daymark_core::roster::Role::Office {
        return Err(CliError::Failed(format!(
            "only the office decides between marks; this tablet is enrolled as {role}"
        )));
    }
    let author = context.author(&tablet, Duty::Office)?;
    let decision = Mark {
        code: args.code,
        particulars: Particulars {
            arrived_at: args.arrived,
            nature: args.nature.clone(),
            ..Particulars::default()
        },
        reason: Some(args.reason.clone()),
    };
    let entry = tablet.decide(&author, context.date, args.session, args.pupil, &decision)?;
    let shown = json!({
        "entry": entry.id(),
        "pupil": args.pupil,
        "session": args.session,
        "code": entry.code,
        "replaces": entry.supersedes,
        "reason": entry.reason,
    });
    context.show(&shown, || {
        let who = people::pupil_words(tablet.replica(), args.pupil);
        let replaced = words::count(entry.supersedes.len(), "mark");
        format!(
            "Decided: {who} is {} for {}; it replaces {replaced}. {}.",
            args.code,
            args.session,
            words::SAVED
        )
    })?;
    Ok(Done::Ok)
}

pub(crate) fn ledger(context: &Context, args: &LedgerArgs) -> Result<Done, CliError> {
    let tablet = context.open()?;
    let replica = tablet.replica();
    let (from, to) = (args.from.unwrap_or(context.date), args.to.unwrap_or(context.date));
    if from > to {
        return Err(CliError::Usage(format!(
            "--from {from} is after --to {to}: swap them"
        )));
    }
    let mut amendments: Vec<Amendment> = Vec::new();
    for date in dates(replica, from, to) {
        amendments.extend(replica.day(date).amendments());
    }
    let irregular = amendments.iter().any(|amendment| !amendment.irregular.is_empty());
    context.show(
        &json!({ "from": from, "to": to, "amendments": amendments }),
        || {
            if amendments.is_empty() {
                return "No amendments.".to_owned();
            }
            let heads = [
                "Date",
                "Session",
                "Pupil",
                "Original",
                "Amended",
                "Reason",
                "Amended at (UTC)",
                "By",
                "",
            ];
            let mut rows = vec![heads.map(str::to_owned).to_vec()];
            rows.extend(amendments.iter().map(|amendment| ledger_line(replica, amendment)));
            table(&rows)
        },
    )?;
    Ok(Done::found_if(irregular))
}

/// The dates in between of which this tablet has anything.
fn dates(replica: &Replica, from: Date, to: Date) -> std::collections::BTreeSet<Date> {
    let sheets = replica.documents().filter_map(|document| document.id().date());
    sheets.filter(|date| (from..=to).contains(date)).collect()
}

fn ledger_line(replica: &Replica, amendment: &Amendment) -> Vec<String> {
    let mut remarks = amendment.irregular.clone();
    if !amendment.in_force && remarks.is_empty() {
        remarks.push(words::AFTER_SIGN_OFF.to_owned());
    }
    let amended_at = Moment::from_unix_ms(amendment.amended_at.saturating_mul(1000));
    vec![
        amendment.cell.date.to_string(),
        amendment.cell.session.to_string(),
        people::pupil_words(replica, amendment.cell.pupil),
        amendment.originals_text(),
        amendment
            .amended
            .map_or_else(|| "no mark".to_owned(), |code| code.to_string()),
        amendment
            .reason
            .clone()
            .unwrap_or_else(|| "none given".to_owned()),
        amended_at.to_string(),
        amendment.person.to_string(),
        remarks.join("; "),
    ]
}
