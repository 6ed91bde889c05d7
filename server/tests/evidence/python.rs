//! `docs/verify/verify.py`, which was written from `docs/evidence.md` alone and shares no code with ours, says the same.

use std::process::Command;

use daymark_core::ids::SchoolId;
use daymark_core::signature::{SignedChange, split};
use daymark_sync_protocol::evidence::data::{Base64, Base64Bytes};
use daymark_sync_protocol::evidence::{Evidence, EvidenceFile};

use crate::school::{CLASS, SCHOOL, device_key, made_up, monday, secret, written};

/// The exit code of the script, and what it says.
pub(crate) fn python(file: &str, more: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evidence.html");
    std::fs::write(&path, file).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/verify/verify.py");
    let done = Command::new("python3")
        .arg(script)
        .arg(&path)
        .args(more)
        .output()
        .expect("python3 cannot be run: install Python 3 (`apt-get install python3`), this test needs it");
    let text = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    (done.status.code().unwrap_or(-1), text)
}

/// What the script says of data that the school signed after a change.
fn after(change: impl FnOnce(&mut Evidence)) -> (i32, String) {
    let mut evidence = made_up().evidence(monday());
    change(&mut evidence);
    python(&written(evidence), &[])
}

#[test]
fn a_good_file_is_good() {
    let file = written(made_up().evidence(monday()));
    let (code, text) = python(&file, &[]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("7 changes") && text.contains("not compared"),
        "{text}"
    );
    let fingerprint = daymark_core::log::key::fingerprint(&crate::school::school_key().public().0);
    let (code, text) = python(&file, &[&fingerprint]);
    assert!(code == 0 && text.contains(&fingerprint), "{text}");
    let (code, text) = python(&file, &["AAAAA-AAAAA-AAAAA-AAAAA-AAAAA"]);
    assert!(code == 3 && text.contains("fingerprint"), "{text}");
}

#[test]
fn a_trips_sheet_and_a_class_with_letters_of_its_own_are_named_right() {
    let mut school = crate::school::School::new(2);
    let trip = "sheet/2026-03-02/trip:6e5f2c3a-0000-4000-8000-000000000001";
    school.mark(trip, CLASS, "a-shah", &[(1042, "/")]);
    school.mark("sheet/2026-03-02/class:Année 4", CLASS, "a-shah", &[(1043, "/")]);
    let (code, text) = python(&written(school.evidence(monday())), &[]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn one_thing_changed_is_found_and_the_first_bad_leaf_named() {
    let (code, text) = after(|evidence| evidence.changes[2].proof[0] = Base64([1; 32]));
    assert!(code == 3 && text.contains("first bad leaf: 10"), "{text}");
    let (code, text) = after(|evidence| evidence.changes[0].leaf += 1);
    assert!(code == 3 && text.contains("first bad leaf: 6"), "{text}");
    let (code, text) = after(|evidence| {
        let change = &mut evidence.changes[1];
        let chunk = split(&change.bytes.0).unwrap().1.to_vec();
        let forged = SignedChange::sign(&device_key(CLASS), SCHOOL, &change.document, &chunk).unwrap();
        change.bytes = Base64Bytes(forged.into_bytes());
    });
    assert!(code == 3 && text.contains("first bad leaf: 9"), "{text}");
    let (code, text) = after(|evidence| {
        let last = evidence.changes[3].bytes.0.len() - 1;
        evidence.changes[3].bytes.0[last] ^= 1;
    });
    assert!(code == 3 && text.contains("first bad leaf: 11"), "{text}");
    let (code, text) =
        after(|evidence| evidence.changes[1].document = "sheet/2026-03-02/office".parse().unwrap());
    assert!(code == 3 && text.contains("first bad leaf: 9"), "{text}");
    let (code, text) = after(|evidence| drop(evidence.changes.pop()));
    assert!(code == 3 && text.contains("newest"), "{text}");
    let (code, text) = after(|evidence| evidence.device_keys.keys[0].key = Base64(secret(9).public().0));
    assert!(code == 3 && text.contains("device keys"), "{text}");
    let (code, text) =
        after(|evidence| evidence.checkpoint = evidence.checkpoint.replace("\n22\n", "\n23\n"));
    assert!(code == 3 && text.contains("checkpoint"), "{text}");
    let (code, text) = after(|evidence| evidence.checkpoint = "no note at all".to_owned());
    assert!(code == 3 && text.contains("checkpoint"), "{text}");
    let (code, text) = after(|evidence| evidence.school.number = SchoolId(123_457));
    assert!(code == 3, "{text}");
    let again = |evidence: &mut Evidence| {
        let change = evidence.changes[0].clone();
        evidence.changes.insert(0, change);
    };
    let (code, text) = after(again);
    assert!(code == 3 && text.contains("first bad leaf: 5"), "{text}");
}

#[test]
fn data_that_the_school_did_not_sign_are_found() {
    let file = written(made_up().evidence(monday()));
    let (code, text) = python(&file.replace("\"number\":0,", "\"number\":7,"), &[]);
    assert!(code == 3 && text.contains("data"), "{text}");
    let mut evidence = made_up().evidence(monday());
    evidence.staff.clear();
    let forged = EvidenceFile::write(evidence, &secret(77)).unwrap().to_html();
    assert_eq!(python(&forged, &[]).0, 3);
}

#[test]
fn what_cannot_be_read_is_neither_good_nor_bad() {
    let file = written(made_up().evidence(monday()));
    for unreadable in [
        "",
        "<p>no evidence</p>",
        &file[..file.len() / 2],
        &file.replace("evidence v1", "evidence v9"),
    ] {
        let (code, text) = python(unreadable, &[]);
        assert!(code == 1 && text.contains("cannot read"), "{code} {text}");
        assert!(!text.contains("Traceback"), "{text}");
    }
    let (code, text) = python(&file.replace("\"changes\":[", "\"changed\":["), &[]);
    assert!(code != 0 && !text.contains("Traceback"), "{text}");
}

#[test]
fn both_agree_on_every_single_byte_of_the_data_that_is_tried() {
    let file = written(made_up().evidence(monday()));
    let start = file.find("<script").unwrap();
    // A run of the script takes a tenth of a second: a few dozen places, spread over the data.
    for part in 0..48 {
        let place = start + (file.len() - start - 20) * part / 48;
        let mut bytes = file.clone().into_bytes();
        bytes[place] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else {
            continue;
        };
        let ours = daymark_sync_protocol::evidence::check(changed.as_bytes(), None);
        let (code, text) = python(&changed, &[]);
        assert!(ours.is_err() || !ours.unwrap().is_good());
        assert!(code == 1 || code == 3, "byte {place}: {code} {text}");
        assert!(!text.contains("Traceback"), "byte {place}: {text}");
    }
}
