//! `sync` and `pending`.

use std::time::Duration;

use daymark_core::session::Date;
use daymark_sync_protocol::frame::Window;
use daymark_sync_protocol::poke::Scope;
use daymark_tablet::pending::{Waiting, pending as pending_items};
use daymark_tablet::{Ask, HttpTransport, SchoolCa, SyncError, SyncOutcome, words};
use serde_json::json;

use crate::context::{Context, FileTablet, table};
use crate::enrol::{options, runtime};
use crate::error::{CliError, Done};

#[derive(Debug, clap::Args)]
pub(crate) struct SyncArgs {
    /// Offer again what the school could not take before, as after it gave this tablet another duty.
    #[arg(long)]
    retry_refused: bool,
    /// Stay, and sync whenever the school has something new, until Ctrl-C.
    #[arg(long)]
    watch: bool,
    /// Fetch the sheets from this date on, too, as far as this tablet may read them: what `worklist` counts.
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "watch")]
    from: Option<Date>,
    /// Speak HTTP/1.1.
    #[arg(long)]
    http1: bool,
}

/// How long to wait before the stream is opened again, or a sync tried again.
const REOPEN: Duration = Duration::from_secs(5);

pub(crate) fn run(context: &Context, args: &SyncArgs) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let server = tablet.replica().identity()?.server.clone();
    let transport = HttpTransport::new(&server, options(args.http1, SchoolCa::of_home(&context.home)?))?;
    runtime()?.block_on(async {
        if args.watch {
            return watch(context, &mut tablet, &transport, args).await;
        }
        if let Some(from) = args.from {
            fetch(context, &mut tablet, &transport, from).await?;
        }
        let scope = Scope::Everything;
        once(context, &mut tablet, &transport, args.retry_refused, scope).await
    })
}

/// How many days are asked for at once: the sheets of a school's week fit one request, and its answer a few replies.
const FETCH_DAYS: u16 = 7;

/// Fetches the sheets from a date on to the day before the context's.
async fn fetch(
    context: &Context,
    tablet: &mut FileTablet,
    transport: &HttpTransport,
    from: Date,
) -> Result<(), CliError> {
    let mut next = from;
    while next < context.date {
        let last = next.plus(FETCH_DAYS - 1).unwrap_or(context.date);
        let ask = Ask {
            window: Some(Window {
                from: next,
                to: last.min(context.date),
            }),
            ..Ask::default()
        };
        exchange(context, tablet, transport, ask).await?;
        let Some(following) = last.plus(1) else { break };
        next = following;
    }
    Ok(())
}

async fn once(
    context: &Context,
    tablet: &mut FileTablet,
    transport: &HttpTransport,
    retry_refused: bool,
    scope: Scope,
) -> Result<Done, CliError> {
    let ask = Ask {
        window: Some(Window {
            from: context.date,
            to: context.date,
        }),
        want_brief: true,
        retry_refused,
        scope,
        ..Ask::default()
    };
    let outcome = exchange(context, tablet, transport, ask).await?;
    context.show(&outcome, || text(&outcome))?;
    Ok(Done::found_if(
        tablet.refused_count() > 0
            || outcome.doubt.is_some()
            || outcome.store_copied.is_some()
            || !outcome.unread.is_empty()
            || outcome.unproven > 0,
    ))
}

/// One exchange with the school, to its end; what stops it, in words.
async fn exchange(
    context: &Context,
    tablet: &mut FileTablet,
    transport: &HttpTransport,
    ask: Ask,
) -> Result<SyncOutcome, CliError> {
    match tablet.sync(transport, || context.clock.now_ms(), ask).await {
        Ok(outcome) => Ok(outcome),
        Err(SyncError::Transport(error)) if error.is_no_signal() => {
            let saved = words::records_are(Waiting::of(tablet.replica()));
            Err(CliError::Failed(format!(
                "No signal. {saved} saved on this tablet. ({error})"
            )))
        }
        Err(error) if tablet.is_reported_lost(&error) => {
            let saved = words::records_are(Waiting::of(tablet.replica()));
            let locked = match tablet.home_mut().keyring_mut() {
                Some(keyring) => {
                    keyring.forget_everybody()?;
                    "It has locked itself: no PIN opens it any more, the office does with its recovery code"
                }
                None => "It is not sealed, and cannot lock itself: hand it to the office now",
            };
            Err(CliError::Lost(format!(
                "This tablet was reported lost. {locked}. Nothing was deleted; {saved} saved on it"
            )))
        }
        Err(error) => {
            let saved = words::records_are(Waiting::of(tablet.replica()));
            Err(CliError::Failed(format!(
                "{error}. {saved} saved on this tablet."
            )))
        }
    }
}

fn text(outcome: &SyncOutcome) -> String {
    let mut lines = Vec::new();
    let marks = outcome.marks_acknowledged;
    let sent = words::records(Waiting {
        marks,
        others: outcome.statements_acknowledged.saturating_sub(marks),
    });
    lines.push(
        match (outcome.statements_acknowledged, outcome.statements_waiting) {
            (0, 0) => "School has everything; nothing was waiting here.".to_owned(),
            (1, 0) => format!("School has {sent}."),
            (_, 0) => format!("School has all {sent}."),
            (_, left) => format!("School has {sent}; {left} still here."),
        },
    );
    if outcome.held > 0 {
        lines.push(format!(
            "School keeps {} until earlier ones from another tablet arrive.",
            words::count(outcome.held, "change")
        ));
    }
    lines.extend(
        outcome
            .refused
            .iter()
            .map(|refused| words::refused(&refused.reason)),
    );
    lines.extend(outcome.unread.iter().map(|unread| {
        format!(
            "WARNING: {} cannot be read by this program, as the school sent it: {}. All else was taken; update the app.",
            unread.document, unread.reason
        )
    }));
    if outcome.received > 0 {
        lines.push(format!(
            "{} from the school.",
            words::count(outcome.received, "change")
        ));
    }
    if outcome.school_behind > 0 {
        lines.push(format!(
            "The school knew less than before of {}: it was given again what it lacked.",
            words::count(outcome.school_behind, "document")
        ));
    }
    if let Some(doubt) = &outcome.doubt {
        lines.push(format!("WARNING: {doubt}"));
    } else if outcome.unproven > 0 {
        lines.push(format!(
            "The school says that it has {} and did not prove it: they stay counted as not sent.",
            words::count(outcome.unproven, "change")
        ));
    }
    if let Some(copied) = &outcome.store_copied {
        lines.push(format!("WARNING: {copied}"));
        if outcome.issued_again > 0 {
            let again = words::count_is(outcome.issued_again, "mark");
            lines.push(format!("{again} issued again."));
        }
    }
    if outcome.more {
        lines.push("There is more: sync again.".to_owned());
    }
    lines.push(format!(
        "{}, {} bytes up, {} bytes down.",
        words::count(outcome.rounds, "round trip"),
        outcome.traffic.bytes_up,
        outcome.traffic.bytes_down
    ));
    lines.join("\n")
}

/// Keeps a stream of pokes open, and syncs what they name. A broken stream is opened again, with a sync of everything,
/// because pokes may have been missed; so is a sync that failed.
async fn watch(
    context: &Context,
    tablet: &mut FileTablet,
    transport: &HttpTransport,
    args: &SyncArgs,
) -> Result<Done, CliError> {
    let identity = tablet.replica().identity()?.clone();
    let mut retry_refused = args.retry_refused;
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let listening = transport.events(&identity).await;
        let mut events = listening.ok();
        let mut must_sync = Some(Scope::Everything);
        let mut failed = false;
        loop {
            if let Some(scope) = must_sync {
                match once(context, tablet, transport, retry_refused, scope).await {
                    Ok(_) => {
                        retry_refused = false;
                        failed = false;
                    }
                    // It has locked itself: what is open here must not stay open.
                    Err(error @ CliError::Lost(_)) => return Err(error),
                    Err(error) => {
                        eprintln!("daymark-tablet: {error}");
                        failed = true;
                    }
                }
            }
            let Some(stream) = &mut events else { break };
            let next = tokio::select! {
                _ = &mut interrupted => return Ok(Done::found_if(tablet.refused_count() > 0)),
                next = stream.next() => next,
                () = tokio::time::sleep(REOPEN), if failed => {
                    must_sync = Some(Scope::Everything);
                    continue;
                }
            };
            let Ok(Some(event)) = next else { break };
            must_sync = tablet.hear(&event)?;
        }
        tokio::select! {
            _ = &mut interrupted => return Ok(Done::found_if(tablet.refused_count() > 0)),
            () = tokio::time::sleep(REOPEN) => {}
        }
    }
}

pub(crate) fn pending(context: &Context) -> Result<Done, CliError> {
    let tablet = context.open()?;
    let items = pending_items(tablet.replica());
    let total = tablet.replica().not_yet_sent();
    context.show(&json!({ "not_yet_sent": total, "items": items }), || {
        if items.is_empty() {
            return "School has everything.".to_owned();
        }
        let rows: Vec<Vec<String>> = items
            .iter()
            .map(|item| {
                let carried = if item.carried {
                    " (carried for another tablet)"
                } else {
                    ""
                };
                vec![
                    item.document.clone(),
                    item.what.join(", "),
                    format!("{}{carried}", item.words),
                ]
            })
            .collect();
        format!(
            "{}\n{} not at school yet.",
            table(&rows),
            words::records_are(Waiting::of(tablet.replica()))
        )
    })?;
    Ok(Done::found_if(items.iter().any(|item| item.state == "refused")))
}
