//! `visit start`, `visit record` and `visit account`.

use daymark_core::document_id::DocumentId;
use daymark_core::ids::{PupilNumber, VisitId};
use daymark_core::visit::{
    AccountPart, Alone, Arrived, BackSafe, CardLeft, Grade, NextStep, Opened, Outcome, ReadBoth,
    VisitStatement, VisitView,
};
use daymark_sync_protocol::client::Replica;
use daymark_tablet::{Moment, people, words};
use serde_json::json;

use crate::context::{Context, FileTablet};
use crate::error::{CliError, Done};
use crate::trip::new_uuid;
use crate::visit_show;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum VisitVerb {
    /// Start a visit by two members of staff: prints its UUID.
    Start(StartArgs),
    /// Record what happens at the door.
    Record(RecordArgs),
    /// Write your own account: facts and opinion apart.
    Account(AccountArgs),
    /// What a visit holds. Another visitor's account is shown once yours is written.
    Show {
        /// The visit.
        #[arg(value_name = "UUID")]
        visit: VisitId,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct StartArgs {
    /// The pupil's number.
    #[arg(long)]
    pupil: PupilNumber,
    /// Why the visit is made.
    #[arg(long)]
    trigger: String,
    /// A visitor; two or more.
    #[arg(long = "visitor", value_name = "STAFF_ID", required = true)]
    visitors: Vec<String>,
    /// The head, or their delegate, who lets one visitor go alone.
    #[arg(long, value_name = "STAFF_ID", requires = "alone_reason")]
    alone_authorised_by: Option<String>,
    /// Why one visitor goes alone.
    #[arg(long, value_name = "TEXT", requires = "alone_authorised_by")]
    alone_reason: Option<String>,
    /// By when the visitors are back.
    #[arg(long, value_name = "TIME")]
    back_by: Option<Moment>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args([
    "arrived", "outcome", "card", "next", "back_safe", "agree", "differ",
]))]
pub(crate) struct RecordArgs {
    /// The visit.
    #[arg(value_name = "UUID")]
    visit: VisitId,
    /// At the door.
    #[arg(long)]
    arrived: bool,
    /// Another address than that on record; both are kept.
    #[arg(long, value_name = "ADDRESS", requires = "arrived")]
    other_address: Option<String>,
    /// spoken-to, seen, seen-through-window, adult-only, no-answer or not-at-address.
    #[arg(long, value_name = "GRADE")]
    outcome: Option<Grade>,
    /// Who answered, and who they are to the child.
    #[arg(long, value_name = "TEXT", requires = "outcome")]
    answered: Option<String>,
    /// The child's own words.
    #[arg(long, value_name = "TEXT", requires = "outcome")]
    words: Option<String>,
    /// Why, where it replaces an outcome that this tablet shows.
    #[arg(long, requires = "outcome")]
    reason: Option<String>,
    /// A card was left.
    #[arg(long)]
    card: bool,
    /// When an answer to the card is asked for.
    #[arg(long, value_name = "TIME", requires = "card")]
    reply_by: Option<Moment>,
    /// What must happen next.
    #[arg(long, value_name = "TEXT", requires = "due")]
    next: Option<String>,
    /// By when.
    #[arg(long, value_name = "TIME", requires = "next")]
    due: Option<Moment>,
    /// Back safe.
    #[arg(long)]
    back_safe: bool,
    /// Both accounts are read, and this visitor agrees.
    #[arg(long)]
    agree: bool,
    /// Both accounts are read, and this visitor saw it differently: in what.
    #[arg(long, value_name = "TEXT", conflicts_with = "agree")]
    differ: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("part").required(true).multiple(true).args(["facts", "opinion"]))]
pub(crate) struct AccountArgs {
    /// The visit.
    #[arg(value_name = "UUID")]
    visit: VisitId,
    /// What was seen and heard.
    #[arg(long, value_name = "TEXT")]
    facts: Option<String>,
    /// What the visitor makes of it.
    #[arg(long, value_name = "TEXT")]
    opinion: Option<String>,
    /// Add to what is written instead of replacing it.
    #[arg(long)]
    append: bool,
}

pub(crate) fn run(context: &Context, verb: VisitVerb) -> Result<Done, CliError> {
    match verb {
        VisitVerb::Start(args) => start(context, args),
        VisitVerb::Record(args) => record(context, args),
        VisitVerb::Account(args) => account(context, &args),
        VisitVerb::Show { visit } => visit_show::run(context, visit),
    }
}

/// A visit that is here.
pub(crate) fn visit_here(replica: &Replica, visit: VisitId) -> Result<VisitView, CliError> {
    replica.visit(&DocumentId::Visit(visit)).ok_or_else(|| {
        CliError::Failed(format!(
            "visit {visit} is not on this tablet: check the UUID, or sync"
        ))
    })
}

fn start(context: &Context, args: StartArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let replica = tablet.replica();
    let id = VisitId(new_uuid()?);
    let document = DocumentId::Visit(id);
    let grant = replica.grant()?;
    if !grant.may_write(&document, false) {
        return Err(CliError::Failed(format!(
            "this tablet is enrolled as {}, which makes no home visits: use one of the attendance team",
            grant.role
        )));
    }
    let visitors = args
        .visitors
        .iter()
        .map(|visitor| people::staff(replica, "--visitor", visitor))
        .collect::<Result<Vec<_>, _>>()?;
    let alone = match (args.alone_authorised_by, args.alone_reason) {
        (Some(by), Some(reason)) => Some(Alone {
            authorised_by: people::staff(replica, "--alone-authorised-by", &by)?,
            reason,
        }),
        _ => None,
    };
    let opened = Opened {
        pupil: args.pupil,
        trigger: args.trigger,
        visitors,
        alone,
        back_by: args.back_by.map(Moment::unix_seconds),
    };
    if let Some(irregular) = opened.irregularity() {
        return Err(CliError::Failed(format!(
            "{irregular}. Give a second --visitor, or --alone-authorised-by and --alone-reason"
        )));
    }
    let statement = context.statement(&tablet, VisitStatement::Opened(opened))?;
    tablet.say_of_visit(&document, statement)?;
    context.show(&json!({ "visit": id, "pupil": args.pupil }), || {
        let who = people::pupil_words(tablet.replica(), args.pupil);
        format!("Visit to {who}: {id}\n{}.", words::SAVED)
    })?;
    Ok(Done::Ok)
}

fn record(context: &Context, args: RecordArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let view = visit_here(tablet.replica(), args.visit)?;
    let mut said: Vec<(VisitStatement, bool)> = Vec::new();
    if args.arrived {
        let other_address = args.other_address;
        said.push((VisitStatement::Arrived(Arrived { other_address }), false));
    }
    if let Some(grade) = args.outcome {
        if !view.outcomes.is_empty() && args.reason.is_none() {
            return Err(CliError::Failed(
                "this visit has an outcome already: give --reason to replace it; the first one stays in its history"
                    .to_owned(),
            ));
        }
        let outcome = Outcome {
            grade,
            answered: args.answered,
            child_words: args.words,
        };
        said.push((VisitStatement::Outcome(outcome), true));
    }
    if args.card {
        let reply_by = args.reply_by.map(Moment::unix_seconds);
        said.push((VisitStatement::CardLeft(CardLeft { reply_by }), false));
    }
    if let (Some(what), Some(due)) = (args.next, args.due) {
        let due = due.unix_seconds();
        said.push((VisitStatement::NextStep(NextStep { what, due }), false));
    }
    if args.agree || args.differ.is_some() {
        let read = ReadBoth {
            agrees: args.agree,
            note: args.differ,
        };
        said.push((VisitStatement::Read(read), false));
    }
    if args.back_safe {
        said.push((VisitStatement::BackSafe(BackSafe {}), false));
    }
    let document = DocumentId::Visit(args.visit);
    let count = said.len();
    for (body, replaces_outcome) in said {
        let mut statement = context.statement(&tablet, body)?;
        if replaces_outcome && !view.outcomes.is_empty() {
            statement.supersedes = view.outcomes.iter().map(|(id, _)| *id).collect();
            statement.reason.clone_from(&args.reason);
        }
        tablet.say_of_visit(&document, statement)?;
    }
    let closes = tablet
        .replica()
        .visit(&document)
        .is_some_and(|view| view.closes());
    let has_outcome = args.outcome.is_some();
    context.show(
        &json!({ "visit": args.visit, "recorded": count, "case_may_rest": closes }),
        || {
            let mut text = format!("{}: {}.", words::SAVED, words::count(count, "statement"));
            if has_outcome && !closes {
                text.push_str(" The child was not spoken to: the case stays open.");
            }
            text
        },
    )?;
    Ok(Done::Ok)
}

fn account(context: &Context, args: &AccountArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let person = context.person(tablet.replica())?;
    let view = visit_here(tablet.replica(), args.visit)?;
    let slot = view.account_of(&person.id).ok_or_else(|| {
        CliError::Failed(format!(
            "{} is not one of this visit's visitors, and only they write accounts",
            person.name
        ))
    })?;
    let document = DocumentId::Visit(args.visit);
    for (part, text) in [
        (AccountPart::Facts, &args.facts),
        (AccountPart::Opinion, &args.opinion),
    ] {
        let Some(text) = text else { continue };
        let before = written(&tablet, &document, slot, part);
        let whole = if args.append && !before.is_empty() {
            format!("{before}\n{text}")
        } else {
            text.clone()
        };
        tablet.write_account(&document, slot, part, &whole)?;
    }
    let facts = written(&tablet, &document, slot, AccountPart::Facts);
    let opinion = written(&tablet, &document, slot, AccountPart::Opinion);
    let shown = json!({ "visit": args.visit, "visitor": person.id, "facts": facts, "opinion": opinion });
    context.show(&shown, || {
        format!("{}: the account of {}.", words::SAVED, person.name)
    })?;
    Ok(Done::Ok)
}

/// What a visitor wrote; empty where nothing is.
pub(crate) fn written(tablet: &FileTablet, document: &DocumentId, slot: usize, part: AccountPart) -> String {
    tablet
        .replica()
        .document(document)
        .and_then(|document| document.account(slot, part).ok())
        .unwrap_or_default()
}
