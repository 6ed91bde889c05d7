//! A school's clock that shows another time: the real server under `libfaketime`, so that a journey happens at its own hour on
//! whatever day it is tested. The tablets' clocks stay as they are: the app learns the difference from the school.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use daymark_tablet::Moment;

/// Where Debian's package `faketime` puts its library.
const LIBRARY: &str = "faketime/libfaketime.so.1";

fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("a system has libraries");
    let found = folders
        .filter_map(Result::ok)
        .map(|folder| folder.path().join(LIBRARY))
        .find(|path| path.exists());
    found.expect("libfaketime is not installed: apt-get install faketime")
}

/// Lets a command read its clock from a file.
pub fn show(command: &mut Command, file: &Path) {
    command
        .env("LD_PRELOAD", library())
        .env("FAKETIME_TIMESTAMP_FILE", file)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

/// Sets the clock in a file to a time of UTC, such as `2026-03-02T08:45:00`; it runs on from there.
pub fn set(file: &Path, at: &str) {
    let at: Moment = at.parse().expect("a time");
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = i64::try_from(since.expect("after 1970").as_secs()).expect("a time");
    let ahead = at.unix_seconds() - now;
    let fresh = file.with_extension("new");
    std::fs::write(&fresh, format!("{ahead:+}\n")).expect("a file can be written");
    std::fs::rename(fresh, file).expect("a file can be put in place");
}
