//! `register`.

use daymark_core::session::Session;
use daymark_tablet::register::{Row, rows};
use daymark_tablet::words;
use serde_json::json;

use crate::context::{Context, DutyArgs, table};
use crate::error::{CliError, Done};

#[derive(Debug, clap::Args)]
pub(crate) struct RegisterArgs {
    /// AM or PM. [default: by the clock, AM before noon]
    #[arg(long)]
    session: Option<Session>,
    #[command(flatten)]
    duty: DutyArgs,
}

pub(crate) fn run(context: &Context, args: &RegisterArgs) -> Result<Done, CliError> {
    let tablet = context.open()?;
    let replica = tablet.replica();
    let duty = args.duty.resolve(replica, context.date)?;
    let session = args.session.unwrap_or_else(|| context.moment.session());
    let rows = rows(replica, context.date, session, &duty);
    let is_signed_off = replica.day(context.date).sign_offs(session).next().is_some()
        || replica.brief().is_some_and(|brief| {
            brief
                .signed_off
                .iter()
                .any(|at| (at.date, at.session) == (context.date, session))
        });
    let missing = rows.iter().filter(|row| !row.accounted_for).count();
    let shown = json!({
        "date": context.date,
        "session": session,
        "duty": duty,
        "signed_off": is_signed_off,
        "unaccounted_for": missing,
        "not_yet_sent": replica.not_yet_sent(),
        "rows": rows,
    });
    context.show(&shown, || {
        let closed = if is_signed_off { ", signed off" } else { "" };
        let mut lines = vec![format!("{} {session}, {duty}{closed}", context.date)];
        lines.push(table(&rows.iter().map(line).collect::<Vec<_>>()));
        lines.push(format!(
            "{} of {} unaccounted for.",
            missing,
            words::count(rows.len(), "pupil")
        ));
        lines.join("\n")
    })?;
    Ok(Done::Ok)
}

fn line(row: &Row) -> Vec<String> {
    let codes = row.code.clone().unwrap_or_else(|| {
        let marks: Vec<&str> = row.marks.iter().filter_map(|mark| mark.code.as_deref()).collect();
        marks.join(" | ")
    });
    vec![
        row.pupil.to_string(),
        row.name.clone(),
        codes,
        row.words.join("; "),
    ]
}
