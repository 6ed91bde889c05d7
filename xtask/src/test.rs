//! `cargo xtask test`: every check in order, all of them even when an early one fails.

use std::process::Command;
use std::time::Instant;

use crate::process::{Failure, capture, cargo, cargo_once, run as run_command};
use crate::{app, tidy, wasm};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave out clippy and what is built for the browser; the tests then take the app that was built last
    #[arg(long)]
    fast: bool,
}

struct Step {
    name: &'static str,
    slow: bool,
    check: fn() -> Result<(), Failure>,
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        slow: false,
        check: fmt,
    },
    Step {
        name: "clippy",
        slow: true,
        check: clippy,
    },
    Step {
        name: "tidy",
        slow: false,
        check: tidy::run,
    },
    // The server that is tested carries the app. In it all crates that must run in a browser are built for one.
    Step {
        name: "app",
        slow: true,
        check: build_app,
    },
    Step {
        name: "tests",
        slow: false,
        check: tests,
    },
];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut failed = Vec::new();
    for step in STEPS.iter().filter(|step| !(arguments.fast && step.slow)) {
        println!("\n== {}", step.name);
        let start = Instant::now();
        let outcome = (step.check)();
        let word = match outcome {
            Ok(()) => "passed",
            Err(ref failure) => {
                println!("{failure}");
                failed.push(step.name);
                "FAILED"
            }
        };
        println!(
            "== {}: {word} in {:.1} s",
            step.name,
            start.elapsed().as_secs_f64()
        );
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Failure::Steps(failed))
    }
}

fn fmt() -> Result<(), Failure> {
    run_command(cargo().args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<(), Failure> {
    run_command(cargo_once().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))
}

fn build_app() -> Result<(), Failure> {
    app::run(&app::Arguments::ANY)
}

fn tests() -> Result<(), Failure> {
    // A file of evidence is also checked by a script that shares nothing with us.
    if capture(Command::new("python3").arg("--version")).is_err() {
        wasm::install(&["python3"])?;
    }
    // Printed pages are read back by a program that shares nothing with us either.
    if capture(Command::new("pdftotext").arg("-v")).is_err() {
        wasm::install(&["poppler-utils"])?;
    }
    // The app is tested in a browser.
    for (program, package) in [("chromium", "chromium"), ("chromedriver", "chromium-driver")] {
        if capture(Command::new(program).arg("--version")).is_err() {
            wasm::install(&[package])?;
        }
    }
    // At the hour of its journey, on whatever day it is tested.
    if capture(Command::new("faketime").arg("--version")).is_err() {
        wasm::install(&["faketime"])?;
    }
    run_command(cargo_once().args(["test", "--workspace", "--locked", "--no-fail-fast"]))
}
