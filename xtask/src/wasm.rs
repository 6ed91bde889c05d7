//! `cargo xtask wasm`: the crates that must run in a browser, built for wasm32.
//!
//! Two ways lead there. The first is the target that rustup installs. Where that cannot be had, Debian's
//! compiler for the web builds the standard library from source; it needs a linker and a few environment
//! variables, and it is another compiler version, so both ways keep out of the native target folder.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{Failure, capture, cargo, root, run as run_command, target_dir};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
const PACKAGES: &[&str] = &["daymark-core", "daymark-sync-protocol"];
const DEBIAN_PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// What cargo and rustup set for the programs they start, and another toolchain must not see.
const TOOLCHAIN_VARIABLES: &[&str] = &[
    "CARGO",
    "LD_LIBRARY_PATH",
    "RUSTC",
    "RUSTDOC",
    "RUSTUP_TOOLCHAIN",
    "RUST_RECURSION_COUNT",
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Use Debian's compiler for the web even where rustup has the target
    #[arg(long)]
    debian: bool,
}

/// How the target is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The target that rustup installs, for the compiler in use.
    Rustup,
    /// Debian's compiler for the web, which builds the standard library from source.
    Debian,
}

impl Way {
    /// The way that is open; Debian's compiler is installed where it is needed.
    pub(crate) fn find(debian: bool) -> Result<Self, Failure> {
        if !debian && rustup_has_target() {
            return Ok(Self::Rustup);
        }
        install(DEBIAN_PACKAGES)?;
        Ok(Self::Debian)
    }

    pub(crate) fn cargo(self) -> Command {
        match self {
            Self::Rustup => cargo(),
            Self::Debian => debian_cargo(),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let way = Way::find(arguments.debian)?;
    let folder = target_dir().join("wasm");
    let mut command = way.cargo();
    build(&mut command, &folder);
    if way == Way::Debian {
        command.args(["-Z", "build-std=std,panic_abort"]);
    }
    run_command(&mut command)?;
    let way = match way {
        Way::Rustup => "rustup's target",
        Way::Debian => "Debian's compiler for the web",
    };
    println!("built for {TARGET} with {way}:");
    for package in PACKAGES {
        let file = format!("lib{}.rlib", package.replace('-', "_"));
        let path = folder.join(TARGET).join("release").join(&file);
        let size = fs::metadata(&path)
            .map_err(|source| Failure::Read { path, source })?
            .len();
        println!("  {file} {} KiB", size.div_ceil(1024));
    }
    Ok(())
}

fn build(command: &mut Command, folder: &Path) {
    command.args(["build", "--quiet", "--locked", "--release", "--target", TARGET]);
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    command.arg("--target-dir").arg(folder);
}

/// Whether the compiler in use has the target's standard library, after asking rustup for it once.
fn rustup_has_target() -> bool {
    if sysroot_has_target() {
        return true;
    }
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .stdout(io::stderr())
        .status();
    matches!(added, Ok(status) if status.success()) && sysroot_has_target()
}

fn sysroot_has_target() -> bool {
    let sysroot = capture(Command::new("rustc").args(["--print", "sysroot"])).unwrap_or_default();
    let library = PathBuf::from(sysroot.trim())
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib");
    fs::read_dir(library).is_ok_and(|mut files| files.next().is_some())
}

fn debian_cargo() -> Command {
    let mut command = Command::new("/usr/bin/cargo");
    command.current_dir(root());
    for variable in TOOLCHAIN_VARIABLES {
        command.env_remove(variable);
    }
    let mut path = OsString::from("/usr/bin:");
    path.push(env::var_os("PATH").unwrap_or_default());
    command
        .env("PATH", path)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19");
    command
}

/// Installs what is missing of some of Debian's packages, which needs root.
pub(crate) fn install(packages: &[&'static str]) -> Result<(), Failure> {
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| !is_installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if capture(Command::new("id").arg("-u"))?.trim() != "0" {
        return Err(Failure::NotRoot(missing.join(" ")));
    }
    run_command(apt_get().args(["-qq", "update"]))?;
    run_command(
        apt_get()
            .args(["-qq", "install", "--yes", "--no-install-recommends"])
            .args(missing),
    )
}

fn is_installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat", "${db:Status-Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout == b"installed")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(io::stderr());
    command
}
