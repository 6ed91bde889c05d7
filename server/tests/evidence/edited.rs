//! Files that somebody edited after the school wrote them.

use daymark_sync_protocol::evidence::{EvidenceFile, ReadError, check};

use crate::school::{made_up, monday, secret, written};

fn good() -> String {
    written(made_up().evidence(monday()))
}

/// The codes of a file in which one text was put for another.
fn codes(from: &str, to: &str) -> Vec<&'static str> {
    let file = good();
    assert!(file.contains(from), "{from} is not in the file");
    let report = check(file.replacen(from, to, 1).as_bytes(), None).unwrap();
    report.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_page_edited_by_hand_is_named_with_its_line() {
    assert_eq!(codes("at a funeral", "at a festival"), ["page-edited"]);
    let file = good().replacen("Name of o-lane", "Name of n-else", 1);
    let line = 1 + file[..file.find("n-else").unwrap()].matches('\n').count();
    let report = check(file.as_bytes(), None).unwrap();
    assert!(
        report.findings[0].words.contains(&format!("line {line} ")),
        "{:?}",
        report.findings
    );
    assert_eq!(codes("</html>\n", "</html>"), ["page-edited"]);
    assert_eq!(
        codes("<!DOCTYPE html>", "<!-- x --><!DOCTYPE html>"),
        ["page-edited"]
    );
}

#[test]
fn data_edited_after_the_school_signed_are_named() {
    let found = codes("\"position\":\"Teacher\"", "\"position\":\"Head\"");
    assert_eq!(found, ["page-edited", "data-not-signed"]);
    // White space means nothing in JSON, and yet the data are not those that were signed.
    let found = codes("\"leaf\":5,", "\"leaf\": 5,");
    assert_eq!(found, ["not-canonical", "data-not-signed"]);
    // What the page does not show.
    let found = codes("\"number\":0,", "\"number\":7,");
    assert_eq!(found, ["data-not-signed"]);
}

#[test]
fn who_makes_the_page_again_cannot_sign_for_the_school() {
    let mut evidence = made_up().evidence(monday());
    evidence.pupils[0].name = "Somebody Else".to_owned();
    let file = EvidenceFile::write(evidence, &secret(77)).unwrap().to_html();
    let report = check(file.as_bytes(), None).unwrap();
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["data-not-signed"]);
}

#[test]
fn a_file_of_another_version_of_the_program_says_so() {
    let mut evidence = made_up().evidence(monday());
    evidence.made_with = "9.9.9".to_owned();
    let file = written(evidence);
    assert!(
        check(file.as_bytes(), None).unwrap().is_good(),
        "the same page is good"
    );
    let report = check(file.replacen("<h2>Staff", "<h2>People", 1).as_bytes(), None).unwrap();
    assert!(
        report.findings[0].words.contains("Daymark 9.9.9"),
        "{:?}",
        report.findings
    );
}

#[test]
fn what_cannot_be_read_says_why() {
    let file = good();
    let error = |bytes: &[u8]| EvidenceFile::read(bytes).unwrap_err();
    assert!(matches!(error(b""), ReadError::NoData));
    assert!(matches!(error(b"\xff\xfe"), ReadError::NotText(0)));
    assert!(matches!(
        error(format!("{file}{file}").as_bytes()),
        ReadError::Twice
    ));
    assert!(matches!(
        error(file.replace("evidence v1", "evidence v2").as_bytes()),
        ReadError::Format(_)
    ));
    assert!(matches!(
        error(file.replace("\"changes\":[", "\"changes\":[,").as_bytes()),
        ReadError::Json(_)
    ));
    assert!(matches!(
        error(file.replace("data-signature=\"", "data-signature=\"A").as_bytes()),
        ReadError::Signature(_)
    ));
    let half = &file.as_bytes()[..file.len() / 2];
    assert!(EvidenceFile::read(half).is_err());
    // The second of two is not passed over.
    let twice = file.replacen("\"written_at\":", "\"written_at\":1,\"written_at\":", 1);
    assert!(matches!(error(twice.as_bytes()), ReadError::Json(_)));
}

#[test]
fn a_file_that_asks_for_an_endless_page_is_refused() {
    let mut evidence = made_up().evidence(monday());
    let pupil = evidence.pupils[0].clone();
    evidence.pupils = vec![pupil; 2_000_001];
    assert!(matches!(
        EvidenceFile::write(evidence, &secret(1)),
        Err(ReadError::Rows(_))
    ));
    let mut evidence = made_up().evidence(monday());
    let change = evidence.changes[0].clone();
    for number in 0..10_001 {
        let mut other = change.clone();
        other.document = format!("sheet/2026-03-02/class:{number}").parse().unwrap();
        evidence.changes.push(other);
    }
    assert!(matches!(
        EvidenceFile::write(evidence, &secret(1)),
        Err(ReadError::Sheets(_))
    ));
}
