//! `bundle export` and `bundle import`.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use daymark_sync_protocol::frame::Bundle;
use daymark_sync_protocol::limits::BUNDLE_BYTES_MAX;
use daymark_tablet::words;
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Done};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum BundleVerb {
    /// Write all that the school does not have into a new file.
    Export {
        /// The file; it must not be there yet.
        file: PathBuf,
    },
    /// Take another tablet's file in, to show its marks and carry them to the school.
    Import {
        /// The file.
        file: PathBuf,
    },
}

pub(crate) fn run(context: &Context, verb: &BundleVerb) -> Result<Done, CliError> {
    match verb {
        BundleVerb::Export { file } => export(context, file),
        BundleVerb::Import { file } => import(context, file),
    }
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> CliError + '_ {
    move |source| CliError::File {
        path: path.display().to_string(),
        source,
    }
}

/// Whether a file that is not there yet would lie in a folder, links followed.
fn lies_in(file: &Path, folder: &Path) -> Result<bool, CliError> {
    let parent = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let parent = parent.canonicalize().map_err(failed(file))?;
    let folder = folder.canonicalize().map_err(failed(folder))?;
    Ok(parent.starts_with(folder))
}

fn export(context: &Context, file: &Path) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    if tablet.home().keyring().is_some() && lies_in(file, &context.home)? {
        return Err(CliError::Usage(format!(
            "{} lies in the tablet's own folder, where everything is sealed, and a bundle is not: choose another place",
            file.display()
        )));
    }
    let bundle = tablet.hand_over(context.clock.now_ms())?;
    let bytes = bundle.encode();
    if bytes.len() > BUNDLE_BYTES_MAX {
        return Err(CliError::Failed(format!(
            "{} bytes wait here, over the limit of {BUNDLE_BYTES_MAX} for one bundle: sync instead",
            bytes.len()
        )));
    }
    let mut written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(failed(file))?;
    written.write_all(&bytes).map_err(failed(file))?;
    written.sync_all().map_err(failed(file))?;
    let statements = tablet.replica().not_yet_sent();
    let shown = json!({
        "file": file,
        "bytes": bytes.len(),
        "documents": bundle.documents.len(),
        "statements": statements,
    });
    context.show(&shown, || {
        format!(
            "{} in {} ({} bytes). They stay saved here until the school has them.",
            words::count(statements, "mark"),
            file.display(),
            bytes.len()
        )
    })?;
    Ok(Done::Ok)
}

fn import(context: &Context, file: &Path) -> Result<Done, CliError> {
    let mut tablet = context.open()?;
    let opened = std::fs::File::open(file).map_err(failed(file))?;
    let mut bytes = Vec::new();
    opened
        .take(BUNDLE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed(file))?;
    let bundle = Bundle::decode(&bytes)
        .map_err(|error| CliError::Failed(format!("{} cannot be taken: {error}", file.display())))?;
    let report = tablet.take_over(&bundle)?;
    let refused: Vec<_> = report
        .refused
        .iter()
        .map(
            |refusal| json!({ "document": refusal.document, "code": refusal.code, "reason": refusal.reason }),
        )
        .collect();
    let shown = json!({
        "from_device": bundle.device,
        "taken": report.taken,
        "statements": report.statements,
        "had": report.had,
        "waiting": report.waiting,
        "refused": refused,
    });
    context.show(&shown, || {
        let mut lines = vec![format!(
            "{} taken over from device {}; {} here already.",
            words::count(report.statements, "mark"),
            bundle.device,
            words::count_is(report.had, "change")
        )];
        if report.waiting > 0 {
            lines.push(format!(
                "{} not taken, because what they stand on is neither here nor in the file: hand over again later.",
                words::count_is(report.waiting, "change")
            ));
        }
        for refusal in &report.refused {
            lines.push(format!("Not taken, {}: {}", refusal.document, refusal.reason));
        }
        lines.join("\n")
    })?;
    Ok(Done::found_if(report.waiting > 0 || !report.refused.is_empty()))
}
