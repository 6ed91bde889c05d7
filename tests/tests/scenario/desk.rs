//! The office amends at its desk: any mark that stands, with what must stand beside the new code, and a reason.

use daymark_tests::support::DAY;
use serde_json::{Value, json};

use super::day::York;

#[test]
fn the_desk_amends_a_mark_that_nobody_disputes_and_the_ledger_says_so() {
    let day = York::morning();
    let class = day.class();
    class.by("t-quill", "08:50").mark("AM", "N", &[1007], &[]).done();
    class.sync("08:51");
    let row = day
        .school
        .amend("j-roe", 1007, "I", "Mother rang: a cold", &[])
        .done();
    assert_eq!(
        (&row["code"], &row["state"]),
        (&json!("I"), &json!("recorded")),
        "{row}"
    );
    let ledger = day.school.ledger();
    assert_eq!(ledger.len(), 1, "{ledger:?}");
    let amendment = &ledger[0];
    assert_eq!(
        (
            &amendment["original"],
            &amendment["amended"],
            &amendment["reason"]
        ),
        (&json!("N"), &json!("I"), &json!("Mother rang: a cold"))
    );
    assert_eq!(
        (&amendment["by"], &amendment["position"], &amendment["source"]),
        (&json!("Mrs J Roe"), &json!("Office manager"), &json!("office"))
    );
    let words = day
        .school
        .amend("j-roe", 1007, "I", "Mother rang: a cold", &[])
        .failed();
    assert!(words.contains("nothing to change"), "{words}");
    let words = day.school.amend("j-roe", 1007, "M", "  ", &[]).failed();
    assert!(words.contains("give a reason"), "{words}");
    let words = day.school.amend("j-roe", 1008, "I", "Mother rang", &[]).failed();
    assert!(words.contains("nothing to amend"), "{words}");
    let words = day.school.amend("j-roe", 7777, "I", "Mother rang", &[]).failed();
    assert!(words.contains("pupil 7777 is not on the roster"), "{words}");
    assert_eq!(day.school.ledger().len(), 1, "what was refused left nothing");
}

#[test]
fn what_a_code_needs_is_given_with_it() {
    let day = York::morning();
    let class = day.class();
    class
        .by("t-quill", "08:50")
        .mark("AM", "N", &[1001, 1005, 1006, 1007], &[])
        .done();
    class.sync("08:51");
    let words = day.school.amend("j-roe", 1006, "B", "Known now", &[]).failed();
    assert!(words.contains("nature"), "{words}");
    let college = ["--nature", "Taster day at college", "--comment", "By taxi"];
    assert_eq!(
        day.school.amend("j-roe", 1006, "B", "Known now", &college).done()["code"],
        "B"
    );
    let words = day
        .school
        .amend("j-roe", 1007, "L", "Seen at the door", &[])
        .failed();
    assert!(words.contains("time of arrival"), "{words}");
    let late = day
        .school
        .amend("j-roe", 1007, "L", "Seen at the door", &["--arrived", "09:04"])
        .done();
    assert_eq!(late["marks"][0]["arrived_at"], "09:04", "{late}");

    let trip = ["--trip", day.trip.as_str()];
    assert_eq!(
        day.school
            .amend("j-roe", 1001, "V", "Was on the coach", &trip)
            .done()["code"],
        "V"
    );
    let marks = day.school.office(&["export", "marks", "--date", DAY]).done();
    let marks = marks.as_str().expect("a file");
    assert!(
        marks.contains(",V,") && marks.contains("Mrs A Shah"),
        "the supervisor of the plan: {marks}"
    );
    assert!(marks.contains("By taxi"), "{marks}");
    let words = day
        .school
        .amend("j-roe", 1005, "I", "Was on the coach", &trip)
        .failed();
    assert!(words.contains("not one of a trip"), "{words}");
    let helper = [&trip[..], &["--supervisor", "mum-of-1005"]].concat();
    let words = day
        .school
        .amend("j-roe", 1005, "V", "Was on the coach", &helper)
        .failed();
    assert!(words.contains("supervised by the school's staff"), "{words}");
    let nowhere = ["--trip", "6e5f2c3a-0000-4000-8000-00000000dead"];
    let words = day
        .school
        .amend("j-roe", 1005, "V", "Was on the coach", &nowhere)
        .failed();
    assert!(words.contains("is not in the register"), "{words}");
}

#[test]
fn a_session_that_is_signed_off_is_amended_too_and_the_amendment_moves_the_register() {
    let day = York::morning();
    let class = day.class();
    class.by("t-quill", "08:50").mark("AM", "/", &[1007], &[]).done();
    class.sync("08:51");
    day.school.sign_off("AM");
    let row = day
        .school
        .amend("j-roe", 1007, "O", "Seen in town at ten", &[])
        .done();
    assert_eq!(row["code"], "O", "{row}");
    assert_eq!(
        row["after_sign_off"],
        Value::Array(Vec::new()),
        "the office knew of the sign-off"
    );
    let words = day.school.decide("AM", 1007, "/", "No", &[]).failed();
    assert!(words.contains("amend it"), "the way on is named: {words}");
}
