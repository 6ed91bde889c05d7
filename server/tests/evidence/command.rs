//! `daymark verify` as somebody with nothing but the file runs it.

use std::process::{Command, Output};

use crate::school::{made_up, monday, written};

fn verify(name: &str, file: Option<&str>, more: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    if let Some(file) = file {
        std::fs::write(&path, file).unwrap();
    }
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_daymark"))
        .arg("verify")
        .arg(&path)
        .args(more)
        .current_dir(folder.path())
        .env_remove("DAYMARK_HOME")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn the_exit_code_says_good_problems_unreadable_or_usage() {
    let good = written(made_up().evidence(monday()));
    let (code, out, _) = verify("good.html", Some(&good), &[]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("NOT COMPARED") && out.contains("Good:"), "{out}");

    let key = made_up().evidence(monday()).school.key;
    let key: daymark_core::log::key::NoteKey = key.parse().unwrap();
    let (code, out, _) = verify("good.html", Some(&good), &["--school-key", &key.fingerprint()]);
    assert!(code == 0 && out.contains("the one that you gave"), "{out}");
    let (code, out, _) = verify("good.html", Some(&good), &["--school-key", "AAAAA-AAAAA"]);
    assert!(code == 3 && out.contains("(other-key)"), "{out}");

    let mut evidence = made_up().evidence(monday());
    evidence.changes[2].proof.pop();
    let (code, out, _) = verify("bad.html", Some(&written(evidence)), &[]);
    assert!(code == 3 && out.contains("First bad leaf: 10."), "{out}");

    let (code, _, error) = verify("no.html", Some("<p>no evidence</p>"), &[]);
    assert!(
        code == 1 && error.contains("there are no evidence data"),
        "{error}"
    );
    let (code, _, error) = verify("missing.html", None, &[]);
    assert!(code == 1 && error.contains("cannot read"), "{error}");
    assert_eq!(verify("good.html", Some(&good), &["--no-such-thing"]).0, 2);
}

#[test]
fn the_answer_in_json_has_the_findings() {
    let edited = written(made_up().evidence(monday())).replacen("funeral", "festival", 1);
    let (code, out, _) = verify("edited.html", Some(&edited), &["--json"]);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 3);
    assert_eq!(answer["findings"][0]["code"], "page-edited");
    assert_eq!(answer["school"], 123_456);
    assert!(answer["first_bad_leaf"].is_null());
}

#[test]
fn evidence_asks_for_something() {
    for wrong in [
        &["evidence"][..],
        &["evidence", "--from", "2026-03-02"],
        &[
            "evidence",
            "--day",
            "2026-03-02",
            "--from",
            "2026-03-02",
            "--to",
            "2026-03-03",
        ],
        &["evidence", "--from", "2026-03-03", "--to", "2026-03-02"],
    ] {
        let done = Command::new(env!("CARGO_BIN_EXE_daymark"))
            .args(wrong)
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(2), "{wrong:?}");
    }
}
