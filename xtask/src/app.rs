//! `cargo xtask app`: the app as a browser loads it, in `app/dist`, where the server's build takes it from.
//!
//! cargo knows whether the module must be compiled again, and the bundle whether anything else has changed: where nothing
//! has, both are quick and no file is touched.

use std::path::Path;
use std::process::Command;

use crate::process::{Failure, capture, cargo, root, run as run_command, target_dir};
use crate::wasm::{TARGET, Way};

const PACKAGE: &str = "daymark-app";
const PROFILE: &str = "app";
const MODULE: &str = "daymark_app.wasm";

/// With the standard library built for the app alone: less of it, and a panic that says nothing, because its words are a
/// tenth of the module and no person on a coach reads them.
const BUILD_STD: [&str; 4] = [
    "-Z",
    "build-std=std,panic_abort",
    "-Z",
    "build-std-features=optimize_for_size",
];
const SILENT_PANICS: &str =
    "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=shallow";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Use Debian's compiler for the web even where rustup has the target
    #[arg(long)]
    debian: bool,
}

impl Arguments {
    /// By whichever way is open.
    pub(crate) const ANY: Self = Self { debian: false };
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let way = Way::find(arguments.debian)?;
    let folder = target_dir().join("wasm");
    let mut compile = way.cargo();
    compile.args([
        "build",
        "--locked",
        "--profile",
        PROFILE,
        "--target",
        TARGET,
        "--package",
        PACKAGE,
        "--lib",
    ]);
    compile.arg("--target-dir").arg(&folder);
    if way == Way::Debian {
        compile.args(&BUILD_STD[..2]);
    } else if has_silent_panics() && has_library_source() {
        compile.args(BUILD_STD).env("RUSTC_BOOTSTRAP", "1");
        compile.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", SILENT_PANICS);
    }
    run_command(&mut compile)?;
    let module = folder.join(TARGET).join(PROFILE).join(MODULE);
    let app = root().join("app");
    run_command(
        cargo()
            .args(["run", "--quiet", "--locked", "--package", "daymark-bundle", "--"])
            .arg(module)
            .args([app.join("www"), app.join("dist")]),
    )
}

/// Whether the compiler knows panics that say nothing: the oldest that we build with does not yet.
fn has_silent_panics() -> bool {
    let mut probe = Command::new("rustc");
    probe
        .args(SILENT_PANICS.split(' '))
        .args(["--print", "cfg", "--target", TARGET])
        .env("RUSTC_BOOTSTRAP", "1")
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Whether the source of the standard library is there, after asking rustup for it once.
fn has_library_source() -> bool {
    let is_there = || {
        let sysroot = capture(Command::new("rustc").args(["--print", "sysroot"])).unwrap_or_default();
        let manifest = "lib/rustlib/src/rust/library/std/Cargo.toml";
        Path::new(sysroot.trim()).join(manifest).exists()
    };
    if is_there() {
        return true;
    }
    let added = Command::new("rustup")
        .args(["component", "add", "rust-src"])
        .stdout(std::io::stderr())
        .status();
    matches!(added, Ok(status) if status.success()) && is_there()
}
