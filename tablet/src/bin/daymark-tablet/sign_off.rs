//! `sign-off`.

use std::collections::BTreeSet;

use daymark_core::entry::Duty;
use daymark_core::ids::PupilNumber;
use daymark_core::session::Session;
use daymark_tablet::{people, words};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Done};

#[derive(Debug, clap::Args)]
pub(crate) struct SignOffArgs {
    /// AM or PM.
    #[arg(long)]
    session: Session,
}

pub(crate) fn run(context: &Context, args: &SignOffArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let author = context.author(&tablet, Duty::Office)?;
    let grant = tablet.replica().grant()?;
    if !grant.may_write(
        &daymark_sync_protocol::client::Replica::sheet(context.date, &Duty::Office),
        false,
    ) {
        return Err(CliError::Failed(format!(
            "only the office signs off; this tablet is enrolled as {}",
            grant.role
        )));
    }
    let expected: BTreeSet<PupilNumber> = tablet
        .replica()
        .brief()
        .map(|brief| brief.pupils.iter().map(|pupil| pupil.number).collect())
        .ok_or_else(|| {
            CliError::Failed(
                "this tablet has no list of pupils yet, so it cannot say who is missing: sync first"
                    .to_owned(),
            )
        })?;
    let statement = tablet.sign_off(&author, context.date, args.session, &expected)?;
    let body = &statement.body;
    let shown = json!({
        "date": context.date,
        "session": args.session,
        "sheets": body.saw.iter().map(|seen| seen.sheet.to_string()).collect::<Vec<_>>(),
        "disputed": body.disputed,
        "unmarked": body.unmarked,
    });
    let replica = tablet.replica();
    context.show(&shown, || {
        let mut lines = vec![format!(
            "Signed off {} {} in sight of {}. {}.",
            args.session,
            context.date,
            words::count(body.saw.len(), "sheet"),
            words::SAVED
        )];
        let name = |pupil: &PupilNumber| format!("  {}", people::pupil_words(replica, *pupil));
        if !body.disputed.is_empty() {
            lines.push(format!(
                "{} with two different marks:",
                words::count(body.disputed.len(), "pupil")
            ));
            lines.extend(body.disputed.iter().map(name));
        }
        if !body.unmarked.is_empty() {
            lines.push(format!(
                "{} with no mark:",
                words::count(body.unmarked.len(), "pupil")
            ));
            lines.extend(body.unmarked.iter().map(name));
        }
        lines.join("\n")
    })?;
    Ok(Done::found_if(
        !body.disputed.is_empty() || !body.unmarked.is_empty(),
    ))
}
