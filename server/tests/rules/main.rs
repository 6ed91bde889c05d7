//! The school's rules by the command line: chosen at `init`, checked, shown with their origins, and read by `serve`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn daymark(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_daymark"))
        .env("DAYMARK_HOME", home)
        .args(arguments)
        .output()
        .expect("daymark runs")
}

/// Runs a command that ends with a code, and gives what it said.
fn says(home: &Path, arguments: &[&str], code: i32) -> String {
    let output = daymark(home, arguments);
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?} said\n{said}");
    said
}

/// A school's home, with or without a profile.
fn home(profile: Option<&str>) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("school");
    let mut arguments = vec!["init", "--name", "Made-up Primary", "--urn", "123456"];
    arguments.extend(profile.iter().flat_map(|profile| ["--profile", *profile]));
    says(&home, &arguments, 0);
    (folder, home)
}

/// The origin and the value of a key in the answer of `rules show --json`.
fn shown(home: &Path, on: &str, key: &str) -> (Value, Value) {
    let text = says(home, &["rules", "show", "--on", on, "--json"], 0);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let rules = answer["rules"].as_array().expect("a list");
    let line = rules.iter().find(|line| line["key"] == key).expect("the key");
    (line["value"].clone(), line["origin"].clone())
}

#[test]
fn a_school_begins_with_a_profile_and_goes_on_with_its_own_sets() {
    let (_folder, home) = home(Some("allington"));
    let path = home.join("rules.toml");
    let (value, origin) = shown(&home, "2026-03-02", "am.closes");
    assert_eq!(value, "\"09:15\"");
    assert_eq!(
        (&origin["from"], &origin["section"]),
        (&"profile".into(), &"s5".into()),
        "{origin}"
    );

    let first = fs::read_to_string(&path).expect("rules");
    let second = "\n[[rules]]\neffective_from = 2026-01-05\nam.closes = \"09:10\"\n";
    fs::write(&path, first + second).expect("rules");
    assert_eq!(shown(&home, "2026-01-04", "am.closes").0, "\"09:15\"");
    let (value, origin) = shown(&home, "2026-01-05", "am.closes");
    assert_eq!(
        (value, &origin["from"], &origin["kept"]),
        ("\"09:10\"".into(), &"file".into(), &false.into())
    );
    let words = says(&home, &["rules", "show", "--on", "2026-01-05"], 0);
    assert!(
        words.contains("in force from 2026-01-05") && words.contains("profile allington"),
        "{words}"
    );

    let words = says(&home, &["rules", "check", path.to_str().expect("a path")], 0);
    assert!(
        words.contains("2 sets of rules, from 2024-08-19, 2026-01-05."),
        "{words}"
    );
    assert!(
        words.contains("Assumed, for neither the file nor its profile says it: pm.opens"),
        "{words}"
    );
}

#[test]
fn a_school_without_rules_is_shown_the_law() {
    let (_folder, home) = home(None);
    let words = says(&home, &["rules", "show"], 0);
    assert!(words.starts_with("The school has no rules.toml"), "{words}");
    let (value, origin) = shown(&home, "2026-03-02", "retention_years");
    assert_eq!((value, &origin["ground"]), ("6".into(), &"regulation".into()));
}

#[test]
fn every_mistake_of_a_file_is_told_and_the_exit_code_says_so() {
    let (folder, home) = home(None);
    let path = folder.path().join("broken.toml");
    fs::write(
        &path,
        "[[rules]]\neffective_from = 2025-09-01\nam = { clsoes = 1 }\nretention_years = 1\n",
    )
    .expect("a file");
    let path = path.to_str().expect("a path");
    let words = says(&home, &["rules", "check", path], 3);
    assert!(
        words.starts_with(
            "line 3: `am.clsoes` is not a key: did you mean `closes`?\nline 4: `retention_years`"
        ),
        "{words}"
    );
    let answer: Value =
        serde_json::from_str(&says(&home, &["rules", "check", path, "--json"], 3)).expect("JSON");
    assert_eq!(
        (&answer["errors"][0]["line"], &answer["more"]),
        (&3.into(), &0.into()),
        "{answer}"
    );
    assert!(
        says(&home, &["rules", "check", "no-such-file.toml"], 1).contains("cannot read no-such-file.toml")
    );
    says(&home, &["rules", "check"], 2);
    says(&home, &["rules", "show", "--on", "yesterday"], 2);
}

#[test]
fn profiles_are_listed_and_printed_as_files_that_can_be_checked() {
    let (folder, home) = home(None);
    let list: Value = serde_json::from_str(&says(&home, &["rules", "profiles", "--json"], 0)).expect("JSON");
    let names: Vec<&str> = list
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|entry| entry["name"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "allington",
            "ben-rhydding",
            "strathmore",
            "ascension",
            "leicestershire"
        ]
    );
    for name in names {
        let path = folder.path().join("profile.toml");
        fs::write(&path, says(&home, &["rules", "profiles", name], 0)).expect("a file");
        says(&home, &["rules", "check", path.to_str().expect("a path")], 0);
    }
    assert!(says(&home, &["rules", "profiles", "hogwarts"], 2).contains("ben-rhydding"));
    let folder = folder.path().join("other");
    says(
        &folder,
        &[
            "init",
            "--name",
            "Made-up",
            "--urn",
            "123456",
            "--profile",
            "hogwarts",
        ],
        2,
    );
    assert!(!folder.exists());
}

#[test]
fn broken_rules_refuse_to_start() {
    let (_folder, home) = home(Some("strathmore"));
    let path = home.join("rules.toml");
    let text = fs::read_to_string(&path).expect("rules");
    fs::write(&path, text + "am.closes = \"08:00\"\nsettle = [\"R3\"]\n").expect("rules");
    let words = says(&home, &["serve"], 1);
    for part in [
        "rules.toml has mistakes",
        "line 8: `am.closes` = \"08:00\" (line 8) is not after",
        "line 9: `settle`",
    ] {
        assert!(words.contains(part), "{part} in\n{words}");
    }
    assert!(!home.join("data/register.journal").exists(), "nothing was opened");
}
