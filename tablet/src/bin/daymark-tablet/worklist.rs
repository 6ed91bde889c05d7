//! `worklist`: what the office is to do next, out of what this tablet holds.

use daymark_core::attendance::worklists::{AsOf, List};
use daymark_core::session::Session;
use daymark_sync_protocol::worklist::RowView;
use daymark_tablet::worklists::{Counted, Told, Untold};
use serde_json::{Value, json};

use crate::context::{Context, table};
use crate::error::{CliError, Done};

#[derive(Debug, clap::Args)]
pub(crate) struct WorklistArgs {
    /// Which: unaccounted, reasons-owed, welfare-checks, visits, penalties, absence-return, sickness-return, absent, late
    /// or steps. [default: how many rows each has]
    #[arg(value_name = "LIST")]
    name: Option<String>,
    /// Of which session the unaccounted are asked. [default: AM]
    #[arg(long)]
    session: Option<Session>,
    /// From how many sessions on a pupil is late. [default: 3]
    #[arg(long, value_name = "NUMBER")]
    sessions_min: Option<u16>,
    /// Show every session that a row rests on.
    #[arg(long)]
    sessions: bool,
}

pub(crate) fn run(context: &Context, args: &WorklistArgs) -> Result<Done, CliError> {
    let named = args.name.as_deref().map(|name| {
        List::named(name).ok_or_else(|| {
            let known = List::NAMED.map(|(known, _)| known).join(", ");
            CliError::Usage(format!("worklist {name:?} is none of {known}"))
        })
    });
    let named = named.transpose()?;
    let tablet = context.open()?;
    let now = tablet.school_seconds(context.moment);
    let at = match context.named_date {
        Some(date) => AsOf::end_of(date),
        None => AsOf::moment(now).ok_or_else(|| {
            CliError::Usage("the clock is out of every calendar's range: give --date".to_owned())
        })?,
    };
    let counted = Counted::of(tablet.replica(), at, now)?;
    let tell = |list: List| counted.tell(list.with(args.session, args.sessions_min));
    let Some(list) = named else {
        let all = List::NAMED.map(|(name, list)| (name, tell(list)));
        return overview(context, &all);
    };
    let told = tell(list)?;
    context.show(&told, || text(&told, args))?;
    Ok(Done::found_if(!told.list.rows.is_empty()))
}

/// How many rows each list has, and of those that are not told why.
fn overview(context: &Context, all: &[(&str, Result<Told, Untold>)]) -> Result<Done, CliError> {
    let shown: Vec<Value> = all
        .iter()
        .map(|(name, told)| match told {
            Ok(told) => json!({
                "list": name,
                "rows": told.list.rows.len(),
                "as_of": told.as_of,
                "cannot_see": told.cannot_see,
            }),
            Err(why) => json!({ "list": name, "rows": null, "cannot_see": [why.to_string()] }),
        })
        .collect();
    context.show(&shown, || {
        let rows: Vec<Vec<String>> = all
            .iter()
            .map(|(name, told)| {
                let cells = match told {
                    Ok(told) => [told.list.rows.len().to_string(), told.cannot_see.join(" ")],
                    Err(why) => ["-".to_owned(), format!("not told: {why}")],
                };
                [&[(*name).to_owned()], &cells[..]].concat()
            })
            .collect();
        table(&rows)
    })?;
    let is_found =
        |(_, told): &(&str, Result<Told, Untold>)| told.as_ref().is_ok_and(|told| !told.list.rows.is_empty());
    Ok(Done::found_if(all.iter().any(is_found)))
}

fn text(told: &Told, args: &WorklistArgs) -> String {
    let cells = |row: &RowView| {
        let mut cells = row.cells();
        cells.push(if args.sessions {
            row.sessions()
        } else {
            row.counted.len().to_string()
        });
        cells
    };
    let mut lines = Vec::new();
    if told.list.rows.is_empty() {
        lines.push(format!("Nothing, {}.", told.list.date));
    } else {
        let headings = ["No.", "Pupil", "Class", "Why", "Since", "Due", "Sessions"];
        let mut rows = vec![headings.map(str::to_owned).to_vec()];
        rows.extend(told.list.rows.iter().map(cells));
        lines.push(table(&rows));
    }
    if let Some(as_of) = &told.as_of {
        lines.push(format!("As the school had it at {as_of} or later."));
    }
    lines.extend(told.cannot_see.iter().cloned());
    lines.join("\n")
}
