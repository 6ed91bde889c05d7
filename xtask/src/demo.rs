//! `cargo xtask demo`: builds the app and the server that carries it, and starts the made-up school.

use std::process::Command;

use crate::app;
use crate::process::{Failure, cargo, run as run_command, target_dir};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Tell the story, check that it came out as told, and stop
    #[arg(long)]
    once: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    app::run(&app::Arguments::ANY)?;
    run_command(cargo().args([
        "build",
        "--locked",
        "--package",
        "daymark-server",
        "--package",
        "daymark-tablet",
        "--bins",
    ]))?;
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
