//! Where the project is, how other programs are run, and what can go wrong with either.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("`{program}` could not be started: {source}")]
    Start { program: String, source: io::Error },
    #[error("`{program}` ended with {status}")]
    Status { program: String, status: ExitStatus },
    #[error("{path} could not be read: {source}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is not TOML: {source}")]
    Toml { path: String, source: toml::de::Error },
    #[error("the output of `cargo metadata` is not JSON: {0}")]
    Metadata(#[from] serde_json::Error),
    #[error("the house rules are broken in {0} places")]
    Untidy(usize),
    #[error("{} did not pass", .0.join(", "))]
    Steps(Vec<&'static str>),
    #[error("{0} missing, and only root can install them: apt-get install {0}")]
    NotRoot(String),
}

/// The folder that holds the workspace.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The cargo that started us, in the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The same for a check that is built once and thrown away: without what would speed up a developer's next build, which
/// would take 2.5 GB of the 5.5 GB that the gate otherwise needs on a disk.
pub(crate) fn cargo_once() -> Command {
    let mut command = cargo();
    command.env("CARGO_INCREMENTAL", "0");
    command
}

/// Runs to the end, with its output going where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|source| Failure::Start {
        program: name(command),
        source,
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Status {
            program: name(command),
            status,
        })
    }
}

/// Runs to the end and gives its standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .stderr(io::stderr())
        .output()
        .map_err(|source| Failure::Start {
            program: name(command),
            source,
        })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Failure::Status {
            program: name(command),
            status: output.status,
        })
    }
}

/// The program and its first argument, as a reader would say it.
fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let file = program.file_name().unwrap_or_default().to_string_lossy();
    match command.get_args().next() {
        Some(first) => format!("{file} {}", first.to_string_lossy()),
        None => file.into_owned(),
    }
}
