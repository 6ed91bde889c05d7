//! Files that a dishonest school signs itself: data, page and signature fit, so only the changes, their makers' signatures
//! and the log can tell.

use daymark_core::ids::{DeviceNumber, SchoolId};
use daymark_core::item::Item;
use daymark_core::signature::{SignedChange, split};
use daymark_sync_protocol::evidence::data::{Base64, Base64Bytes, EvidenceKey};
use daymark_sync_protocol::evidence::{Evidence, Report, check};
use daymark_sync_protocol::keys::KeyRing;

use crate::school::{
    CLASS, GATE, SCHOOL, School, date, device_key, keys, made_up, monday, school_key, secret, written,
};

/// The codes that a file gives after a change to its data, with the first bad leaf.
fn codes(change: impl FnOnce(&mut Evidence)) -> (Vec<&'static str>, Option<u64>) {
    let mut evidence = made_up().evidence(monday());
    change(&mut evidence);
    let report = report(evidence);
    let mut codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
    codes.dedup();
    (codes, report.first_bad_leaf)
}

fn report(evidence: Evidence) -> Report {
    check(written(evidence).as_bytes(), None).unwrap()
}

#[test]
fn swapped_leaves_are_not_in_the_log_where_they_say() {
    let (found, first) = codes(|evidence| {
        let (a, b) = (evidence.changes[1].leaf, evidence.changes[2].leaf);
        evidence.changes[1].leaf = b;
        evidence.changes[2].leaf = a;
    });
    assert!(
        found.contains(&"not-in-log") && found.contains(&"leaf-order"),
        "{found:?}"
    );
    assert_eq!(first, Some(9));
    let (found, first) = codes(|evidence| {
        let proof = evidence.changes[3].proof.clone();
        evidence.changes[3].proof = std::mem::replace(&mut evidence.changes[4].proof, proof);
    });
    assert_eq!((found, first), (vec!["not-in-log"], Some(11)));
}

#[test]
fn a_leaf_twice_is_found() {
    let (found, first) = codes(|evidence| {
        let again = evidence.changes[2].clone();
        evidence.changes.insert(2, again);
    });
    assert_eq!((found, first), (vec!["leaf-order", "change-twice"], Some(10)));
}

#[test]
fn a_dropped_change_is_missed_wherever_it_stood() {
    // One that others build on, and the newest of a sheet.
    let (found, first) = codes(|evidence| drop(evidence.changes.remove(0)));
    assert!(found.contains(&"parents-missing"), "{found:?}");
    assert_eq!(first, Some(12));
    let (found, first) = codes(|evidence| drop(evidence.changes.pop()));
    assert_eq!((found, first), (vec!["head-missing", "head-not-named"], None));
    // A school that names other newest changes is caught by its own sign-off, as far as that goes.
    let (found, _) = codes(|evidence| {
        let left_out = evidence.changes.remove(4);
        let named = &mut evidence.documents[0];
        assert_eq!(named.document, left_out.document);
        let first = daymark_sync_protocol::keys::read(&evidence.changes[0].bytes.0)
            .unwrap()
            .hash;
        named.heads = vec![first];
    });
    assert_eq!(found, ["sign-off-saw-more"]);
}

#[test]
fn a_whole_sheet_that_is_left_out_is_missed() {
    let gate = "sheet/2026-03-02/gate".parse().unwrap();
    let (found, _) = codes(|evidence| evidence.changes.retain(|change| change.document != gate));
    assert_eq!(found, ["sheet-missing", "sign-off-saw-more"]);
    let (found, _) = codes(|evidence| drop(evidence.documents.remove(1)));
    assert_eq!(found, ["sheet-not-named"]);
}

#[test]
fn a_change_that_another_device_signed_is_nobodys() {
    let (found, first) = codes(|evidence| {
        let change = &mut evidence.changes[1];
        let chunk = split(&change.bytes.0).unwrap().1.to_vec();
        let forged = SignedChange::sign(&device_key(CLASS), SCHOOL, &change.document, &chunk).unwrap();
        change.bytes = Base64Bytes(forged.into_bytes());
    });
    assert_eq!((found, first), (vec!["bad-signature"], Some(9)));
}

#[test]
fn a_change_of_another_sheet_or_school_is_refused() {
    let (found, first) = codes(|evidence| {
        evidence.changes[1].document = "sheet/2026-03-02/office".parse().unwrap();
    });
    assert!(
        found.contains(&"bad-signature") && first == Some(9),
        "{found:?} {first:?}"
    );
    let other = SchoolId(123_457);
    let (found, first) = codes(|evidence| evidence.school.number = other);
    for expected in [
        "key-of-other-school",
        "device-keys",
        "bad-signature",
        "other-school",
    ] {
        assert!(found.contains(&expected), "{expected}: {found:?}");
    }
    assert_eq!(first, Some(5));
    let (found, _) = codes(|evidence| {
        evidence.changes[0].document = "trip/6e5f2c3a-0000-4000-8000-000000000001".parse().unwrap();
    });
    assert!(found.contains(&"not-a-sheet"), "{found:?}");
    let (found, _) = codes(|evidence| evidence.question.to = date("2026-03-01"));
    assert!(found.contains(&"other-date"), "{found:?}");
}

#[test]
fn a_device_key_that_was_put_in_later_is_found() {
    let (found, _) = codes(|evidence| evidence.device_keys.keys[1].key = Base64(secret(99).public().0));
    assert!(
        found.contains(&"device-keys") && found.contains(&"bad-signature"),
        "{found:?}"
    );
    let (found, _) = codes(|evidence| evidence.device_keys.keys.truncate(2));
    assert!(
        found.contains(&"device-keys") && found.contains(&"not-enrolled"),
        "{found:?}"
    );
    // A key that the list passes over, because it has one for this device already.
    let (found, _) = codes(|evidence| {
        evidence.device_keys.keys.push(EvidenceKey {
            device: DeviceNumber(2),
            key: Base64([9; 32]),
        });
    });
    assert_eq!(found, ["device-key-order"]);
    let (found, _) = codes(|evidence| evidence.device_keys.signature = Base64([1; 64]));
    assert_eq!(found, ["device-keys"]);
}

#[test]
fn a_checkpoint_of_another_log_or_key_does_not_hold() {
    let (found, first) =
        codes(|evidence| evidence.checkpoint = evidence.checkpoint.replace("\n22\n", "\n23\n"));
    assert_eq!((found, first), (vec!["checkpoint"], None));
    // Another tree of the same school, signed by its key.
    let mut other = School::new(1);
    other.others(17);
    let note = other.checkpoint();
    let (found, first) = codes(|evidence| evidence.checkpoint = note);
    assert_eq!((found, first), (vec!["not-in-log"], Some(5)));
    let (found, _) = codes(|evidence| evidence.school.key = "daymark/123456+00000000+AA==".to_owned());
    assert_eq!(found, ["school-key"]);
}

#[test]
fn a_file_of_somebody_who_makes_himself_a_school_has_another_fingerprint() {
    let file = written(made_up().evidence(monday()));
    let theirs = daymark_core::log::key::fingerprint(&secret(201).public().0);
    let report = check(file.as_bytes(), Some(&theirs)).unwrap();
    assert_eq!(report.findings[0].code, "other-key");
    assert!(!report.fingerprint_compared);
}

#[test]
fn a_change_that_the_hub_should_have_refused_is_told() {
    // Signed and logged, and of a class that has no place in the gate's sheet.
    let mut school = made_up();
    let entry = school.entry("sheet/2026-03-02/class:1B", GATE, "g-hobbs", 1042, "/");
    let other = "sheet/2026-03-05/gate".parse().unwrap();
    let mut document =
        daymark_core::document::Document::new(SCHOOL, "sheet/2026-03-02/class:1B".parse().unwrap());
    let actor = daymark_core::ids::ActorId {
        device: DeviceNumber(GATE),
        incarnation: [8; 8],
    };
    let change = document.append(actor, &Item::slips(&[entry])).unwrap().unwrap();
    let signed = SignedChange::sign(&device_key(GATE), SCHOOL, &other, &change.bytes).unwrap();
    let leaf = school.log_change(other, signed.into_bytes());
    let mut question = monday();
    question.to = date("2026-03-05");
    let report = report(school.evidence(question));
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["out-of-place"]);
    assert_eq!(report.first_bad_leaf, Some(leaf));
}

#[test]
fn the_key_list_is_the_one_that_a_tablet_would_take() {
    let evidence = made_up().evidence(monday());
    let news = keys().news(SCHOOL, &school_key(), 0).unwrap();
    assert_eq!(evidence.device_keys.keys.len(), news.keys.len());
    assert!(
        KeyRing::default()
            .with(SCHOOL, &school_key().public(), &news)
            .is_ok()
    );
}
