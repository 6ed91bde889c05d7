//! The command itself, on a folder of its own and without a server.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, SchoolId};
use daymark_core::roster::Role;
use daymark_core::signature::SecretKey;
use daymark_sync_protocol::client::{Identity, Record};
use daymark_sync_protocol::keys::KeyRing;
use daymark_tablet::{Enrolled, Home, Tablet};

const TRIP_SESSION: &str = "2026-03-02/AM";

/// A child holds copies of its parent's files, locks included, until it has started: nobody opens a home meanwhile.
static STARTING: Mutex<()> = Mutex::new(());

fn run(home: &Path, args: &[&str]) -> Output {
    let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    Command::new(env!("CARGO_BIN_EXE_daymark-tablet"))
        .env_remove("DAYMARK_HOME")
        .arg("--home")
        .arg(home)
        .args(["--by", "a-shah"])
        .args(if args.contains(&"--at") {
            &[][..]
        } else {
            &["--at", "2026-03-02T09:08"][..]
        })
        .args(["--name", "Aisha Shah", "--position", "Teacher"])
        .args(args)
        .output()
        .expect("the command starts")
}

#[track_caller]
fn check(home: &Path, args: &[&str], code: i32, says: &str) -> String {
    let output = run(home, args);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    assert!(said.contains(says), "{args:?}: {said}");
    said
}

/// What the school or a device signs with.
fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// A home that was enrolled at a school which cannot be reached: as device 7, and of the office as device 8.
fn enrolled(home: &Path, role: Role) {
    let number: u8 = if role == Role::Office { 8 } else { 7 };
    let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut tablet = Tablet::new(Home::create(home).expect("a home"));
    let mut grant = Grant::of(role);
    if role == Role::Teacher {
        grant.classes.insert("4B".parse().expect("a class"));
    }
    let identity = Identity {
        school: SchoolId(123_456),
        device: DeviceNumber(number.into()),
        name: "Blue tablet".into(),
        grant,
        server: "http://127.0.0.1:9".into(),
        key: key(number),
        incarnation: [3; 8],
        school_key: key(0).public(),
    };
    let mut keys = KeyRing::default();
    for device in [7, 8] {
        keys.add(DeviceNumber(device.into()), key(device).public());
    }
    let keys = keys.news(SchoolId(123_456), &key(0), 0).expect("two devices");
    let enrolled = Enrolled {
        records: vec![Record::Enrolled(Box::new(identity)), Record::Keys(keys)],
        code: String::new(),
        school: String::new(),
    };
    tablet.enrolled(enrolled).expect("enrolled");
}

#[test]
fn a_folder_that_is_no_home_is_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    check(&folder.path().join("none"), &["today"], 1, "enrol one there");
    let wrong = Command::new(env!("CARGO_BIN_EXE_daymark-tablet"))
        .env_remove("DAYMARK_HOME")
        .arg("today")
        .output()
        .expect("the command starts");
    assert_eq!(wrong.status.code(), Some(2), "no --home");
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = tempfile::tempdir().expect("a folder");
    enrolled(folder.path(), Role::Teacher);
    check(folder.path(), &["mark"], 2, "--session");
    check(
        folder.path(),
        &["mark", "--session", "AM", "--code", "/"],
        2,
        "--pupil",
    );
    check(
        folder.path(),
        &["--at", "yesterday", "today"],
        2,
        "time \"yesterday\" is not valid",
    );
    check(
        folder.path(),
        &["visit", "record", "6e5f2c3a-0000-4000-8000-000000000001"],
        2,
        "--arrived",
    );
    let server = ["enrol", "--server", "ftp://x", "--invitation", "x"];
    check(folder.path(), &server, 2, "give it as https://HOST:PORT");
}

#[test]
fn marks_are_kept_without_a_signal_and_the_good_ones_beside_the_bad() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    enrolled(home, Role::Teacher);
    let mark = |pupils: &[&str], code: i32, says: &str| {
        let mut args = vec!["mark", "--session", "AM", "--code", "/"];
        for pupil in pupils {
            args.extend(["--pupil", pupil]);
        }
        check(home, &args, code, says)
    };
    mark(&["1001", "1002"], 0, "Saved on this tablet: 2 marks /");
    let said = mark(&["1002", "1003"], 3, "Not marked: pupil 1002");
    assert!(said.contains("1 mark /"), "{said}");
    check(home, &["sync"], 1, "No signal. 3 marks are saved on this tablet.");
    check(home, &["pending"], 0, "3 marks are not at school yet");
    check(
        home,
        &["undo", "--session", "AM", "--pupil", "1003"],
        0,
        "Taken back",
    );
    check(
        home,
        &["register", "--session", "AM", "--json"],
        0,
        "\"not_yet_sent\": 4",
    );
    check(home, &["ledger"], 0, "Marked in error");
    check(
        home,
        &["sign-off", "--session", "AM"],
        1,
        "only the office signs off",
    );
    let bundle = home.join("hand-over.daymark");
    let bundle = bundle.to_str().expect("a path");
    check(home, &["bundle", "export", bundle], 0, "4 marks in");
    check(home, &["bundle", "export", bundle], 1, "cannot use");
    let other = tempfile::tempdir().expect("a folder");
    enrolled(other.path(), Role::Office);
    check(
        other.path(),
        &["bundle", "import", bundle],
        0,
        "4 marks taken over from device 7",
    );
    check(other.path(), &["conflicts"], 0, "nothing to decide");
}

#[test]
fn a_trip_is_planned_counted_and_marked_by_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    enrolled(home, Role::Teacher);
    let leader = "a-shah,Aisha Shah,Teacher";
    let base = [
        "trip",
        "create",
        "--title",
        "York",
        "--code",
        "V",
        "--leader",
        leader,
        "--session",
        TRIP_SESSION,
        "--pupil",
        "1001",
        "--pupil",
        "1002",
    ];
    check(home, &base, 1, "supervising member of the school's staff");
    let mut with = base.to_vec();
    with.extend(["--supervisor", leader, "--json"]);
    let output = run(home, &with);
    let made: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let trip = made["trip"].as_str().expect("a trip");
    check(
        home,
        &["mark", "--session", "AM", "--code", "N", "--pupil", "1001"],
        2,
        "several duties",
    );
    let all = |count| {
        [
            "mark",
            "--session",
            "AM",
            "--trip",
            trip,
            "--all",
            "--count",
            count,
        ]
    };
    check(home, &all("3"), 3, "Nothing was marked");
    check(
        home,
        &["trip", "count", trip, "--found", "1", "--missing", "1002"],
        3,
        "SOMEBODY IS MISSING",
    );
    check(
        home,
        &[
            "trip",
            "left",
            trip,
            "--pupil",
            "1002",
            "--with",
            "Jo Marsh, mother",
        ],
        0,
        "left the group",
    );
    check(
        home,
        &["trip", "count", trip, "--found", "1"],
        0,
        "Counted 1 of 1",
    );
    check(
        home,
        &["trip", "rejoin", trip, "--pupil", "1002"],
        0,
        "back with the group",
    );
    check(home, &all("2"), 0, "2 marks V");
    check(home, &["trip", "show", trip], 0, "counted 1 of 2");
    check(home, &["pending"], 0, "2 marks and 5 other records are");
}

#[test]
fn a_trip_is_divided_into_groups_that_are_counted_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    enrolled(home, Role::Teacher);
    let leader = "a-shah,Aisha Shah,Teacher";
    let of = |groups: [&'static str; 2]| {
        let create = ["trip", "create", "--title", "York", "--code", "V", "--json"];
        let who = [
            "--leader",
            leader,
            "--supervisor",
            leader,
            "--session",
            TRIP_SESSION,
        ];
        let pupils = ["--pupil", "1001", "--pupil", "1002", "--pupil", "1003"];
        let groups = ["--group", groups[0], "--group", groups[1]];
        [create.as_slice(), &who, &pupils, &groups].concat()
    };
    let twice = of(["Coach A=1001,1002", "Coach B=1002,1003"]);
    check(
        home,
        &twice,
        1,
        "pupil 1002 is in group \"Coach A\" and in group \"Coach B\"",
    );
    let stranger = of(["Coach A=1001,1002", "Coach B=1009"]);
    check(
        home,
        &stranger,
        1,
        "pupil 1009 of group \"Coach B\" is not on the trip's list",
    );
    check(home, &of(["Coach A", "Coach B=1003"]), 2, "name=numbers");
    let made = run(
        home,
        &of(["Coach A=1001,1002", "Coach B:m-lee,Marcus Lee,Teacher=1003"]),
    );
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let trip = made["trip"].as_str().expect("a trip");
    let count = |group| ["trip", "count", trip, "--found", "2", "--group", group];
    check(home, &count("Coach A"), 0, "Counted 2 of 2");
    check(home, &count("Coach B"), 3, "Counted 2 of 1");
    check(home, &count("Coach C"), 2, "give Coach A or Coach B");
    let moved = [
        "trip",
        "change",
        trip,
        "--reason",
        "He was sick",
        "--group",
        "Coach A=1001",
    ];
    let moved = [moved.as_slice(), &["--group", "Coach B=1002,1003"]].concat();
    check(home, &moved, 0, "Trip York with 3 pupils now");
    check(home, &count("Coach B"), 0, "Counted 2 of 2");
    check(home, &["trip", "show", trip], 0, "Coach B: 2 pupils, led by");
    check(home, &["trip", "show", trip], 0, "counted 2 of 2, Coach A");
}

#[test]
fn a_visit_takes_two_and_keeps_two_accounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    enrolled(home, Role::Team);
    let one = [
        "visit",
        "start",
        "--pupil",
        "1001",
        "--trigger",
        "3 days",
        "--visitor",
        "a-shah,Aisha Shah,Teacher",
    ];
    check(home, &one, 1, "visits are made in pairs");
    let mut two = one.to_vec();
    two.extend(["--visitor", "b-cole,Ben Cole,Office Manager", "--json"]);
    let output = run(home, &two);
    let made: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let visit = made["visit"].as_str().expect("a visit");
    let seen = [
        "visit",
        "record",
        visit,
        "--arrived",
        "--outcome",
        "seen-through-window",
    ];
    check(home, &seen, 0, "the case stays open");
    check(
        home,
        &["visit", "record", visit, "--outcome", "spoken-to"],
        1,
        "give --reason",
    );
    check(
        home,
        &["visit", "account", visit, "--facts", "Curtains drawn."],
        0,
        "account of Aisha Shah",
    );
    check(
        home,
        &["visit", "account", visit, "--facts", "A dog barked.", "--append"],
        0,
        "Saved",
    );
    let said = check(
        home,
        &["visit", "show", visit],
        0,
        "Curtains drawn.\nA dog barked.",
    );
    assert!(said.contains("Account of Ben Cole"), "{said}");
    check(
        home,
        &["mark", "--session", "AM", "--code", "/", "--pupil", "1"],
        1,
        "takes no register",
    );
}

#[test]
fn a_home_is_for_one_process_and_damage_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("tablet");
    enrolled(&home, Role::Gate);
    let held = Home::open(&home).expect("a home");
    check(&home, &["today"], 1, "in use by another process");
    drop(held);
    check(&home, &["today"], 0, "The late gate");
    let late = ["mark", "--session", "AM", "--code", "L", "--pupil", "1001"];
    check(&home, &late, 0, "1 mark L");
    let journal = home.join("tablet.journal");
    let mut bytes = std::fs::read(&journal).expect("a journal");
    bytes[60] ^= 1;
    std::fs::write(&journal, bytes).expect("written");
    check(&home, &["today"], 1, "damaged at byte");
}
