//! `log`: what this tablet has seen of the school's record.

use daymark_core::log::checkpoint::VerifiedCheckpoint;
use daymark_tablet::TabletError;
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Done};

#[derive(Debug, Clone, Copy, Default, clap::Subcommand)]
pub(crate) enum LogVerb {
    /// What this tablet has seen of the school's record, and whether it still goes on from there. Exit 3 if it does not.
    #[default]
    Show,
    /// The office has confirmed that the server was restored from a backup: go on from what it says now.
    Accept,
}

pub(crate) fn log(context: &Context, verb: LogVerb) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    if matches!(verb, LogVerb::Accept) {
        let records = tablet.replica().accept_branch()?;
        if records.is_empty() {
            return Err(CliError::Failed(
                "there is nothing to accept: the school does not say that it was restored".to_owned(),
            ));
        }
        tablet.commit(records).map_err(TabletError::from)?;
    }
    let log = tablet.replica().log()?;
    let last = log.last();
    let doubt = log.doubt().map(ToString::to_string);
    let shown = json!({
        "key": log.key().to_string(),
        "fingerprint": log.key().fingerprint(),
        "size": last.map(|last| last.head().size.0),
        "checkpoint": last.map(VerifiedCheckpoint::note),
        "doubt": doubt,
        "can_accept": log.can_accept(),
    });
    context.show(&shown, || {
        let seen = last.map_or_else(
            || "This tablet has seen nothing of the school's record yet.".to_owned(),
            |last| {
                format!(
                    "This tablet has seen {} changes in the school's record.\n\n{}",
                    last.head().size,
                    last.note().trim_end()
                )
            },
        );
        let fingerprint = log.key().fingerprint();
        let doubt = doubt.as_ref().map_or_else(
            || "All that it saw is still there.".to_owned(),
            |doubt| format!("WARNING: {doubt}"),
        );
        format!("The school's key: {fingerprint}\n{seen}\n\n{doubt}")
    })?;
    Ok(Done::found_if(doubt.is_some()))
}
