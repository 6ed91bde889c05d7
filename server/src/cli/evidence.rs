//! `daymark evidence`, `daymark verify`

use std::path::{Path, PathBuf};

use clap::Args;
use daymark_core::ids::PupilNumber;
use daymark_core::session::Date;
use daymark_sync_protocol::evidence::{FILE_BYTES_MAX, Finding, Report, check};

use super::client::Office;
use super::print::{counted, json, say, write_out};
use super::{Failure, Outcome, Place, Usage};
use crate::office::view;

#[derive(Debug, Args)]
pub(super) struct Evidence {
    /// About one pupil, by number [default: the whole school]
    #[arg(long)]
    pupil: Option<PupilNumber>,
    /// About one date
    #[arg(long, conflicts_with_all = ["from", "to"])]
    day: Option<Date>,
    /// The first date [default: for a pupil, the first with a mark]
    #[arg(long, requires = "to")]
    from: Option<Date>,
    /// The last date
    #[arg(long, requires = "from")]
    to: Option<Date>,
    /// Where to write it [default: standard output]
    #[arg(long, short)]
    output: Option<PathBuf>,
}

impl Evidence {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let (from, to) = (self.from.or(self.day), self.to.or(self.day));
        if self.pupil.is_none() && from.is_none() {
            let words = "evidence of what? Give --pupil NUMBER, --day DATE, or --from DATE and --to DATE";
            return Err(Usage(words.to_owned()).into());
        }
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            return Err(Usage(format!("to {to} is before from {from}: exchange them")).into());
        }
        let parts = [
            self.pupil.map(|pupil| format!("pupil={pupil}")),
            from.map(|from| format!("from={from}")),
            to.map(|to| format!("to={to}")),
        ];
        let query: Vec<String> = parts.into_iter().flatten().collect();
        let path = format!("/v1/office/evidence?{}", query.join("&"));
        let bytes = Office::at(place)?.get_bytes(&path)?;
        write_out(self.output.as_deref(), &bytes, " Check it with `daymark verify`.")?;
        Ok(Outcome::Ok)
    }
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The file that `daymark evidence` wrote
    file: PathBuf,
    /// The fingerprint of the school's key, as the school told it to you
    #[arg(long, value_name = "FINGERPRINT")]
    school_key: Option<String>,
}

impl Verify {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let file = read(&self.file)?;
        daymark_core::door::quiet_caught_panics();
        let report = check(&file, self.school_key.as_deref())?;
        if place.json {
            json(&report)?;
        } else {
            print(&report);
        }
        Ok(Outcome::found(!report.is_good()))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let cannot = |error| format!("cannot read {}: {error}", path.display());
    let length = std::fs::metadata(path).map_err(cannot)?.len();
    if length > FILE_BYTES_MAX as u64 {
        let words = "is longer than any evidence file";
        return Err(format!("{} {words} ({length} bytes)", path.display()).into());
    }
    Ok(std::fs::read(path).map_err(cannot)?)
}

fn print(report: &Report) {
    say!("{}, school {}", report.name, report.school);
    say!(
        "About {}. Written {}.",
        report.question,
        view::time(report.written_at)
    );
    match &report.fingerprint {
        Some(fingerprint) if report.fingerprint_compared => {
            say!("School key {fingerprint}: the one that you gave.");
        }
        Some(fingerprint) => {
            say!("School key {fingerprint}: NOT COMPARED.");
            say!(
                "  The key came with the file and is only as good as where the file came from. Ask the school for its"
            );
            say!("  fingerprint, by telephone or on paper, and give it as --school-key.");
        }
        None => say!("School key: none that can be used."),
    }
    match (report.log_size, &report.log_root) {
        (Some(size), Some(root)) => say!("Checkpoint: a log of {size} changes, root {root}."),
        _ => say!("Checkpoint: none that holds."),
    }
    say!(
        "{} in {}.",
        counted(report.changes, "change", "changes"),
        counted(report.sheets, "sheet", "sheets")
    );
    if report.is_good() {
        say!(
            "Good: the page is what the data say, the school signed the data, and every change is signed by its device,"
        );
        say!("stands in the log, and has all that it builds on.");
        if !report.signed_off.is_empty() {
            say!(
                "All that the office saw at sign-off is here: {}.",
                report.signed_off.join(", ")
            );
        }
        say!(
            "Taken on the school's word: names, times of receipt, and that these are all the sheets there are."
        );
        return;
    }
    say!();
    say!("{}:", counted(report.findings.len(), "PROBLEM", "PROBLEMS"));
    report.findings.iter().for_each(print_finding);
    match report.first_bad_leaf {
        Some(leaf) => say!("First bad leaf: {leaf}."),
        None => say!("No single change is bad; what is wrong is around them."),
    }
}

fn print_finding(finding: &Finding) {
    let place = match (finding.leaf, &finding.document) {
        (Some(leaf), Some(document)) => format!("leaf {leaf}, {document}: "),
        (_, Some(document)) => format!("{document}: "),
        _ => String::new(),
    };
    say!("- {place}{} ({})", finding.words, finding.code);
}
