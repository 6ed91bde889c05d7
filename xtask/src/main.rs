//! What developers run, as `cargo xtask <verb>`. One file a verb; the gate calls the same commands.

mod app;
mod bench;
mod demo;
mod process;
mod test;
mod tidy;
mod wasm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What developers run.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// The app as a browser loads it, in app/dist; the next build of the server takes it in
    App(app::Arguments),
    /// A made-up school whose tablets have already clashed, and what to look at next
    Demo(demo::Arguments),
    /// The peers' workloads against a real server, and the peers beside it where they are present
    Bench(bench::Arguments),
    /// Everything that must hold before a change is merged
    Test(test::Arguments),
    /// The house rules: dependency direction, purity, file sizes, links, licences
    Tidy,
    /// Build the crates that must run in a browser for wasm32
    Wasm(wasm::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().verb {
        Verb::App(arguments) => app::run(&arguments),
        Verb::Demo(arguments) => demo::run(&arguments),
        Verb::Bench(arguments) => bench::run(&arguments),
        Verb::Test(arguments) => test::run(&arguments),
        Verb::Tidy => tidy::run(),
        Verb::Wasm(arguments) => wasm::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("failed: {failure}");
            ExitCode::FAILURE
        }
    }
}
