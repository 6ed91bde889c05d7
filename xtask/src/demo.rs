//! `cargo xtask demo`: builds what is needed and starts the made-up school.

use std::process::Command;

use crate::process::{Failure, cargo, run as run_command, target_dir};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Tell the story, check that it came out as told, and stop
    #[arg(long)]
    once: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    run_command(cargo().args(["build", "--workspace", "--bins", "--locked"]))?;
    let daymark = target_dir()
        .join("debug")
        .join(format!("daymark{}", std::env::consts::EXE_SUFFIX));
    let mut demo = Command::new(daymark);
    // The server's log would hide the story; what goes wrong is still shown.
    demo.arg("demo").env("DAYMARK_LOG", "warn");
    if arguments.once {
        demo.arg("--once");
    }
    run_command(&mut demo)
}
