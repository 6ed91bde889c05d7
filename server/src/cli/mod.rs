//! The `daymark` command: arguments in, exit code out.
//!
//! Exit codes: 0 ok, 1 failed, 2 usage, 3 ran and found problems. Everything but `init`, `serve`, `demo`, `codes`,
//! `rules`, `calendar`, `tls` and `verify` speaks to a running server; no two processes open one store.

mod calendar;
mod client;
mod codes;
mod conflicts;
mod demo;
mod devices;
mod evidence;
mod export;
mod figures;
mod held;
mod init;
mod key_in;
mod log;
mod print;
mod register;
mod roster;
mod rules;
mod serve;
mod tls;
mod worklists;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All well.
    Ok,
    /// It ran, and found problems.
    Problems,
}

impl Outcome {
    /// [`Outcome::Problems`] where something was found.
    pub(crate) fn found(problems: bool) -> Self {
        if problems { Self::Problems } else { Self::Ok }
    }
}

/// What was asked for makes no sense as it stands: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(String);

/// Why a command failed: words for a person, the cause included.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Parser)]
#[command(
    name = "daymark",
    version,
    about = "The attendance register that is whole when the people who take it are away."
)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    verb: Verb,
}

/// Which school, and which running server.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The school's home folder on the server
    #[arg(long, global = true, env = "DAYMARK_HOME", default_value = "daymark-home")]
    home: PathBuf,
    #[arg(
        long,
        global = true,
        env = "DAYMARK_SERVER",
        help = "The running server, such as http://127.0.0.1:8443 [default: the one that serves the home folder]"
    )]
    server: Option<String>,
    /// The office's token [default: read from the home folder]
    #[arg(long, global = true, env = "DAYMARK_OFFICE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a school's home folder
    Init(init::Init),
    /// Serve a school
    Serve(serve::Serve),
    /// Serve a throwaway school, full of today's mess
    Demo(demo::Demo),
    /// Show the statutory code table
    Codes(codes::Codes),
    /// Check, show and choose the school's own rules
    #[command(subcommand)]
    Rules(rules::Rules),
    /// Check and show the school's calendar
    #[command(subcommand)]
    Calendar(calendar::CalendarVerb),
    /// Make and show the server's certificate
    #[command(subcommand)]
    Tls(tls::Tls),
    /// Invite and list devices
    #[command(subcommand)]
    Device(devices::Device),
    /// Import from other systems
    #[command(subcommand)]
    Import(roster::Import),
    /// Show and sign off a day
    #[command(subcommand)]
    Day(register::Day),
    /// List and decide where marks differ
    #[command(subcommand)]
    Conflicts(conflicts::Conflicts),
    /// Change a mark that stands; the original stays, and the reason is written down
    Amend(conflicts::Amend),
    /// Show every amendment, with its six parts
    Ledger(register::Ledger),
    /// Export marks or amendments as CSV
    #[command(subcommand)]
    Export(export::Export),
    /// Print registers and one pupil's marks
    #[command(subcommand)]
    Print(export::Print),
    /// Key a printed register back by row; the code on the sheet is checked first
    KeyIn(key_in::KeyIn),
    /// Show what is to be done next: worklists, each row with the sessions that it counted
    Worklist(worklists::Worklist),
    /// Show attendance by pupil, class, year or school
    Attendance(worklists::Attendance),
    /// Show the sums that a trust may see: no pupil, and no small number; with --trust, of several schools
    Figures(figures::Figures),
    /// Show facts about a child that do not fit, such as a pupil due on a trip who came through the gate
    Alerts(worklists::Alerts),
    /// Write down that somebody tried to reach a family
    Attempt(worklists::Attempt),
    /// Write down that a letter or another step of the policy was taken
    Step(worklists::Step),
    /// Write one file about a pupil, a day or a term that an outsider can check
    Evidence(evidence::Evidence),
    /// Check a file of evidence, without server or network
    Verify(evidence::Verify),
    /// Show what the server could not take, and keeps; with `release`, let one of it in
    Held(held::Held),
    /// Show what the school has signed for, and its security log
    #[command(subcommand)]
    Log(log::Log),
    /// Check that the server is sound
    Doctor,
}

/// Runs the command line and gives the exit code.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let place = &cli.place;
    let done = match cli.verb {
        Verb::Init(verb) => verb.run(place),
        Verb::Serve(verb) => verb.run(place),
        Verb::Demo(verb) => verb.run(place),
        Verb::Codes(verb) => verb.run(place),
        Verb::Rules(verb) => verb.run(place),
        Verb::Calendar(verb) => verb.run(place),
        Verb::Tls(verb) => verb.run(place),
        Verb::Device(verb) => verb.run(place),
        Verb::Import(verb) => verb.run(place),
        Verb::Day(verb) => verb.run(place),
        Verb::Conflicts(verb) => verb.run(place),
        Verb::Amend(verb) => verb.run(place),
        Verb::Ledger(verb) => verb.run(place),
        Verb::Export(verb) => verb.run(place),
        Verb::Print(verb) => verb.run(place),
        Verb::KeyIn(verb) => verb.run(place),
        Verb::Worklist(verb) => verb.run(place),
        Verb::Attendance(verb) => verb.run(place),
        Verb::Figures(verb) => verb.run(place),
        Verb::Alerts(verb) => verb.run(place),
        Verb::Attempt(verb) => verb.run(place),
        Verb::Step(verb) => verb.run(place),
        Verb::Evidence(verb) => verb.run(place),
        Verb::Verify(verb) => verb.run(place),
        Verb::Held(verb) => verb.run(place),
        Verb::Log(verb) => verb.run(place),
        Verb::Doctor => devices::doctor(place),
    };
    match done {
        Ok(Outcome::Ok) => ExitCode::SUCCESS,
        Ok(Outcome::Problems) => ExitCode::from(3),
        Err(failure) => {
            eprintln!("daymark: {failure}");
            let mut cause = failure.source();
            while let Some(error) = cause {
                let words = error.to_string();
                if !failure.to_string().contains(&words) {
                    eprintln!("  because: {words}");
                }
                cause = error.source();
            }
            ExitCode::from(if failure.is::<Usage>() { 2 } else { 1 })
        }
    }
}
