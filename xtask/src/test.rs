//! `cargo xtask test`: every check in order, all of them even when an early one fails.

use std::process::Command;
use std::time::Instant;

use crate::process::{Failure, capture, cargo, cargo_once, run as run_command};
use crate::{tidy, wasm};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave out clippy and the wasm32 build
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
    Step {
        name: "tests",
        slow: false,
        check: tests,
    },
    Step {
        name: "wasm",
        slow: true,
        check: wasm::check,
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

fn tests() -> Result<(), Failure> {
    // A file of evidence is also checked by a script that shares nothing with us.
    if capture(Command::new("python3").arg("--version")).is_err() {
        wasm::install(&["python3"])?;
    }
    // Printed pages are read back by a program that shares nothing with us either.
    if capture(Command::new("pdftotext").arg("-v")).is_err() {
        wasm::install(&["poppler-utils"])?;
    }
    run_command(cargo_once().args(["test", "--workspace", "--locked", "--no-fail-fast"]))
}
