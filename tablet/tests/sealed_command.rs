//! The command on sealed homes: PINs in and out, and `kill -9` at the worst moments.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, SchoolId};
use daymark_core::roster::Role;
use daymark_core::signature::{KEY_BYTES, SecretKey};
use daymark_sync_protocol::client::{Identity, Record};
use daymark_sync_protocol::keys::KeyRing;
use daymark_tablet::folder::{self, Found};
use daymark_tablet::{Cost, Enrolled, Home, Pin, Tablet};
use serde_json::Value;

/// A child holds copies of its parent's files, locks included, until it has started: nobody opens a home meanwhile.
static STARTING: Mutex<()> = Mutex::new(());

const OLD: &str = "258013";
const NEW: &str = "an old oak door";

/// A sealed home of Mrs Shah at the gate; gives the recovery code.
fn enrolled(home: &Path, cost: Cost) -> String {
    let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let Ok(Found::Fresh(fresh)) = folder::create(home) else {
        panic!("a new home");
    };
    let pin = Pin::chosen(OLD).expect("a PIN");
    let (storage, code) = fresh
        .seal(&"a-shah".parse().expect("an id"), &pin, cost)
        .expect("sealed");
    let mut tablet = Tablet::new(Home::start(storage).expect("a home"));
    let grant = Grant::of(Role::Gate);
    let key = |byte| SecretKey::from_seed(&[byte; KEY_BYTES]);
    let (school, device) = (SchoolId(123_456), DeviceNumber(7));
    let mut keys = KeyRing::default();
    keys.add(device, key(7).public());
    let identity = Identity {
        school,
        device,
        name: "Gate tablet".into(),
        grant,
        server: "http://127.0.0.1:9".into(),
        key: key(7),
        incarnation: [3; 8],
        school_key: key(0).public(),
    };
    let keys = keys.news(school, &key(0), 0).expect("a device");
    let enrolled = Enrolled {
        records: vec![Record::Enrolled(Box::new(identity)), Record::Keys(keys)],
        code: String::new(),
        school: String::new(),
    };
    tablet.enrolled(enrolled).expect("enrolled");
    code.to_words().to_string()
}

fn command(home: &Path, pin: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daymark-tablet"));
    for name in [
        "DAYMARK_HOME",
        "DAYMARK_PIN",
        "DAYMARK_NEW_PIN",
        "DAYMARK_RECOVERY",
    ] {
        command.env_remove(name);
    }
    if !pin.is_empty() {
        command.env("DAYMARK_PIN", pin);
    }
    command
        .arg("--home")
        .arg(home)
        .args([
            "--at",
            "2026-03-02T09:08",
            "--name",
            "Aisha Shah",
            "--position",
            "Teacher",
        ])
        .args(args)
        .stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    let words = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", words(&output.stdout), words(&output.stderr))
}

#[track_caller]
fn check_with(mut command: Command, code: i32, says: &str) -> String {
    let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let output = command.output().expect("the command starts");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(code), "{command:?}: {said}");
    assert!(said.contains(says), "{command:?}: {said}");
    said
}

#[track_caller]
fn check(home: &Path, pin: &str, args: &[&str], code: i32, says: &str) -> String {
    check_with(command(home, pin, args), code, says)
}

fn status(home: &Path) -> Value {
    let output = command(home, "", &["--json", "pin", "status"])
        .output()
        .expect("the command starts");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

const LATE: [&str; 7] = ["mark", "--session", "AM", "--code", "L", "--pupil", "1001"];

#[test]
fn a_sealed_home_opens_with_a_pin_alone_and_says_who_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let code = enrolled(home, Cost::INSECURE_TEST);
    check(home, "", &["today"], 2, "--pin-file FILE or in DAYMARK_PIN");
    check(home, "111111", &["today"], 1, "wrong PIN: 9 tries are left");
    let said = check(home, OLD, &["today"], 0, "The late gate");
    assert!(said.contains("insecure-test"), "it warns: {said}");
    check(home, OLD, &LATE, 0, "1 mark L");
    check(
        home,
        OLD,
        &["--by", "m-lee", "today"],
        2,
        "m-lee has no PIN on this tablet",
    );
    let mut add = command(home, OLD, &["pin", "add", "--staff", "m-lee"]);
    add.env("DAYMARK_NEW_PIN", "1234");
    check_with(add, 2, "everybody tries one such as");
    let mut add = command(home, OLD, &["pin", "add", "--staff", "m-lee"]);
    add.env("DAYMARK_NEW_PIN", NEW);
    check_with(add, 0, "m-lee can unlock this tablet now");
    check(home, OLD, &["today"], 2, "say who you are with --by");
    check(home, OLD, &["--by", "m-lee", "today"], 1, "wrong PIN");
    check(home, NEW, &["--by", "m-lee", "today"], 0, "1 mark is saved");

    let shown = status(home);
    assert_eq!(shown["slots"], 2, "{shown}");
    assert_eq!(shown["sealed"], true);
    let text = shown.to_string();
    assert!(!text.contains("shah") && !text.contains("lee"), "{text}");

    for _ in 0..10 {
        check(home, "111111", &["--by", "a-shah", "today"], 1, "wrong PIN");
    }
    check(home, OLD, &["--by", "a-shah", "today"], 2, "a-shah has no PIN");
    let mut reset = command(home, "", &["pin", "reset", "--staff", "a-shah"]);
    reset.args(["--pin-cost", "insecure-test"]);
    reset.env("DAYMARK_NEW_PIN", NEW).env("DAYMARK_RECOVERY", "1234");
    check_with(reset, 2, "a recovery code is 32");
    let mut reset = command(home, "", &["pin", "reset", "--staff", "a-shah"]);
    reset.args(["--pin-cost", "insecure-test"]);
    reset.env("DAYMARK_NEW_PIN", NEW).env("DAYMARK_RECOVERY", &code);
    check_with(reset, 0, "a-shah can unlock this tablet now");
    check(home, NEW, &["--by", "a-shah", "pending"], 0, "1 mark is");
}

#[test]
fn a_pin_may_come_from_a_file_or_from_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = &folder.path().join("home");
    enrolled(home, Cost::INSECURE_TEST);
    let file = folder.path().join("pin");
    std::fs::write(&file, format!("{OLD}\r\n")).expect("written");
    let file = file.to_str().expect("a plain path");
    check(home, "", &["--pin-file", file, "today"], 0, "The late gate");
    let alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let args = ["--pin-file", "-", "pin", "change", "--new-pin-file", "-"];
    let mut child = command(home, "", &args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut typed = child.stdin.take().expect("a pipe");
    writeln!(typed, "{OLD}\n{NEW}").expect("typed");
    drop(typed);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", said(&output));
    drop(alone);
    check(home, NEW, &["today"], 0, "The late gate");
    check(home, OLD, &["today"], 1, "wrong PIN");
}

#[test]
fn nobody_enrols_an_unsealed_home_by_accident() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = &folder.path().join("home");
    let args = ["enrol", "--server", "http://127.0.0.1:9", "--invitation", "x"];
    let with = |more: &[&'static str]| [&args[..], more].concat();
    check(home, "", &args, 2, "say whose with --by STAFF_ID");
    check(home, "", &with(&["--by", "a-shah"]), 2, "--pin-file FILE");
    check(home, OLD, &with(&["--unsealed"]), 2, "give one of the two");
    check(
        home,
        "1111",
        &with(&["--by", "a-shah"]),
        2,
        "everybody tries one such as",
    );
    check(home, "", &with(&["--unsealed"]), 1, "");
    check(
        home,
        OLD,
        &["today"],
        2,
        "is not sealed, so a PIN protects nothing",
    );
}

#[test]
fn killing_the_command_gives_no_try_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    // At full cost there is half a second between the count and the test of a guess.
    enrolled(home, Cost::FULL);
    let left = || folder::status(home).expect("a status").tries_left;
    for expected in (7..10).rev() {
        let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut guess = command(home, "111111", &["today"])
            .stderr(Stdio::null())
            .spawn()
            .expect("the command starts");
        let started = Instant::now();
        while left() != [expected] {
            assert!(started.elapsed() < Duration::from_secs(60), "it was counted");
            std::thread::sleep(Duration::from_millis(1));
        }
        guess.kill().expect("killed");
        let ended = guess.wait().expect("it ends");
        assert_eq!(ended.code(), None, "it was killed before it could test the guess");
        assert_eq!(left(), [expected]);
    }
    let started = Instant::now();
    check(home, OLD, &["today"], 0, "The late gate");
    println!("one start with the PIN at full cost: {:?}", started.elapsed());
    assert_eq!(left(), [10]);
}

#[test]
fn kill_9_in_a_change_of_pin_leaves_one_working_pin_and_every_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    enrolled(home, Cost::INSECURE_TEST);
    check(home, OLD, &LATE, 0, "1 mark L");
    let (mut now, mut next) = (OLD, NEW);
    let (mut changed, mut kept) = (0, 0);
    // The whole command takes some milliseconds; the kills sweep over them, and one round runs to its end.
    for round in 0..60 {
        let alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut change = command(home, now, &["pin", "change"])
            .env("DAYMARK_NEW_PIN", next)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command starts");
        if round < 59 {
            std::thread::sleep(Duration::from_micros(500 * round));
            change.kill().expect("killed");
        }
        change.wait().expect("it ends");
        drop(alone);
        let opens = |pin: &str| {
            let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
            let output = command(home, pin, &["pending"]).output().expect("it runs");
            assert!(matches!(output.status.code(), Some(0 | 1)), "{}", said(&output));
            output.status.success() && said(&output).contains("1 mark is")
        };
        let (is_old, is_new) = (opens(now), opens(next));
        assert!(is_old != is_new, "round {round}: old {is_old}, new {is_new}");
        if is_new {
            changed += 1;
            std::mem::swap(&mut now, &mut next);
        } else {
            kept += 1;
        }
        // A wrong PIN above was counted: the right one gives it back.
        check(home, now, &["pending"], 0, "1 mark is");
    }
    println!("{changed} changed, {kept} kept");
    assert!(changed > 0 && kept > 0, "{changed} changed, {kept} kept");
}

#[test]
fn a_torn_end_is_set_aside_and_a_changed_record_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    enrolled(home, Cost::INSECURE_TEST);
    check(home, OLD, &LATE, 0, "1 mark L");
    let journal = home.join("tablet.journal");
    let mut bytes = std::fs::read(&journal).expect("a journal");
    let whole = bytes.clone();
    bytes.extend([7; 11]);
    std::fs::write(&journal, &bytes).expect("written");
    check(home, OLD, &["pending"], 0, "a write was cut off");
    assert_eq!(std::fs::read(&journal).expect("a journal"), whole);
    bytes.truncate(whole.len());
    bytes[60] ^= 1;
    std::fs::write(&journal, &bytes).expect("written");
    check(home, OLD, &["pending"], 1, "damaged at byte");
}
