//! `daymark-tablet`: the tablet without a screen, for scripts, simulation and load.
#![forbid(unsafe_code)]

mod args;
mod arrive;
mod bundle;
mod context;
mod decisions;
mod enrol;
mod error;
mod log;
mod mark;
mod pin;
mod pin_text;
mod refused;
mod register;
mod sign_off;
mod sync;
mod today;
mod trip;
mod trip_change;
mod trip_group;
mod visit;
mod visit_show;
mod worklist;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Verb};
use context::Context;
use error::{CliError, Done};

/// Marks are many small pieces: a third of a tablet's work was the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    daymark_core::door::quiet_caught_panics();
    let args = Args::parse();
    match Context::new(args.global).and_then(|context| run(&context, args.verb)) {
        Ok(Done::Ok) => ExitCode::SUCCESS,
        Ok(Done::Found) => ExitCode::from(3),
        Err(error) => {
            eprintln!("daymark-tablet: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(context: &Context, verb: Verb) -> Result<Done, CliError> {
    match verb {
        Verb::Enrol(args) => enrol::run(context, &args),
        Verb::Pin(verb) => pin::run(context, verb),
        Verb::Today => today::run(context),
        Verb::Mark(args) => mark::run(context, &args),
        Verb::Arrive(args) => arrive::run(context, &args),
        Verb::Undo(args) => mark::undo(context, &args),
        Verb::Register(args) => register::run(context, &args),
        Verb::Trip(verb) => trip::run(context, verb),
        Verb::Visit(verb) => visit::run(context, verb),
        Verb::Conflicts { verb } => decisions::run(context, verb.unwrap_or_default()),
        Verb::Decide(args) => decisions::run(context, decisions::DecisionVerb::Decide(args)),
        Verb::Worklist(args) => worklist::run(context, &args),
        Verb::Ledger(args) => decisions::ledger(context, &args),
        Verb::Pending => sync::pending(context),
        Verb::Log { verb } => log::log(context, verb.unwrap_or_default()),
        Verb::Sync(args) => sync::run(context, &args),
        Verb::Bundle(verb) => bundle::run(context, &verb),
        Verb::SignOff(args) => sign_off::run(context, &args),
    }
}
