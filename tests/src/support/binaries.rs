//! The commands under test, built with this test's own profile and found beside it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The `daymark` command.
pub fn daymark() -> PathBuf {
    folder().join("daymark")
}

/// The `daymark-tablet` command.
pub fn daymark_tablet() -> PathBuf {
    folder().join("daymark-tablet")
}

/// Builds both commands once for each test program. Cargo does that only for a package's own integration tests; here
/// nothing is left to what an earlier build happened to leave behind.
fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let program = std::env::current_exe().expect("a program knows where it is");
        // target/PROFILE/deps/PROGRAM
        let folder = program
            .ancestors()
            .nth(2)
            .expect("tests lie in target/PROFILE/deps")
            .to_owned();
        let target = folder
            .parent()
            .expect("a profile's folder lies in the target folder");
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args([
                "build",
                "--quiet",
                "--workspace",
                "--bins",
                "--profile",
                profile,
                "--target-dir",
            ])
            .arg(target)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .expect("cargo can be run");
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(
            built.status.success(),
            "the commands under test do not build:\n{said}"
        );
        folder
    })
}
