//! The ledger: six parts for every change of an entry, N included, and nothing that is no change.

use daymark_tests::support::{DAY, School};

use super::day::York;

/// The rows of an exported file, by column, without its heading. No cell in these cases has a comma but the originals.
fn export(school: &School) -> (Vec<String>, Vec<String>) {
    let csv = school.office(&["export", "amendments", "--date", DAY]).done();
    let csv = csv.as_str().expect("a text").to_owned();
    let mut lines = csv.split("\r\n").map(str::to_owned);
    let heading = lines
        .next()
        .expect("a heading")
        .split(',')
        .map(str::to_owned)
        .collect();
    (heading, lines.filter(|line| !line.is_empty()).collect())
}

#[test]
fn a_decision_is_an_amendment_with_all_six_parts_in_the_ledger_and_in_the_export() {
    let day = York::morning();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1001], &[])
        .done();
    day.coach_b
        .by("m-lee", "08:41")
        .mark("AM", "N", &[1001], &[])
        .done();
    day.coach_a.sync("10:00");
    day.coach_b.sync("10:00");
    day.school
        .decide("AM", 1001, "V", "Counted twice on the coach", &[])
        .done();
    let row = day.school.row("AM", 1001);
    assert_eq!((&row["state"], &row["code"]), (&"recorded".into(), &"V".into()));

    let ledger = day.school.ledger();
    assert_eq!(ledger.len(), 1);
    let amendment = &ledger[0];
    assert_eq!(amendment["original"], "V,N", "both originals, N included");
    assert_eq!(amendment["amended"], "V");
    assert_eq!(amendment["reason"], "Counted twice on the coach");
    assert_eq!(amendment["by"], "Mrs J Roe");
    assert_eq!(amendment["position"], "Office manager");
    let amended_at = amendment["amended_at"].as_str().expect("a time");
    assert!(
        amended_at.len() == 20 && amended_at.ends_with('Z'),
        "{amended_at}"
    );
    assert_eq!(amendment["in_force"], true);
    // The desk's clock is today's, and the day of this case is long past: that is remarked on, and nothing else.
    let remarks = amendment["irregular"].as_array().expect("remarks");
    assert!(
        remarks.iter().all(|remark| remark.to_string().contains("clock")),
        "{remarks:?}"
    );

    let (heading, rows) = export(&day.school);
    let wanted = [
        "number",
        "upn",
        "date",
        "session",
        "original",
        "amended",
        "reason",
        "amended_at",
        "name",
        "position",
        "source",
        "check",
    ];
    assert_eq!(heading, wanted);
    assert_eq!(rows.len(), 1);
    let upn = daymark_tests::support::school::upn(1001);
    let start = format!(
        "1,{upn},{DAY},AM,\"V,N\",V,Counted twice on the coach,{amended_at},Mrs J Roe,Office manager,"
    );
    assert!(rows[0].starts_with(&start), "{}", rows[0]);
}

#[test]
fn a_reason_found_for_an_unexplained_absence_is_an_amendment_as_well() {
    let day = York::morning();
    let class = day.class();
    class.by("t-quill", "08:50").mark("AM", "N", &[1007], &[]).done();
    class.sync("08:51");
    day.office.sync("09:00");
    let office = day.office.by("j-roe", "09:30");
    let refused = office.mark("AM", "I", &[1007], &[]).found();
    assert!(
        refused["refused"][0]["why"]
            .as_str()
            .expect("words")
            .contains("give a reason to change it"),
        "{refused}"
    );
    office
        .mark("AM", "I", &[1007], &["--reason", "Mother rang: a cold"])
        .done();
    day.office.sync("09:31");
    let ledger = day.school.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(
        (&ledger[0]["original"], &ledger[0]["amended"]),
        (&"N".into(), &"I".into())
    );
    assert_eq!(ledger[0]["amended_at"], format!("{DAY}T09:30:00Z"));
    assert_eq!(ledger[0]["reason"], "Mother rang: a cold");
    let shown = day.office.at("09:32").run(&["ledger"]).done();
    assert_eq!(
        shown["amendments"][0]["person"]["position"], "Office manager",
        "the tablet has the same ledger"
    );
}

#[test]
fn a_decision_without_a_reason_cannot_be_made() {
    let day = York::morning();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1001], &[])
        .done();
    day.coach_b
        .by("m-lee", "08:41")
        .mark("AM", "N", &[1001], &[])
        .done();
    day.coach_a.sync("10:00");
    day.coach_b.sync("10:00");
    let words = day.school.decide("AM", 1001, "V", "   ", &[]).failed();
    assert!(words.contains("reason"), "{words}");
    assert_eq!(day.school.row("AM", 1001)["state"], "disputed");
    let words = day
        .school
        .decide("AM", 1002, "V", "Nothing to decide here", &[])
        .failed();
    assert!(words.contains("needs no decision"), "{words}");
}

#[test]
fn a_first_entry_that_arrives_late_is_no_amendment() {
    let day = York::morning();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1001], &[])
        .done();
    // Three days without a signal.
    day.coach_a
        .at("2026-03-05T16:00:00")
        .run(&["--date", DAY, "sync"])
        .done();
    assert_eq!(day.school.row("AM", 1001)["code"], "V");
    assert!(day.school.ledger().is_empty());
    let (_, rows) = export(&day.school);
    assert!(rows.is_empty(), "{rows:?}");
}

#[test]
fn taking_a_mark_back_leaves_an_amendment_of_its_own() {
    let day = York::morning();
    let class = day.class();
    class
        .by("t-quill", "08:50")
        .mark("AM", "/", &[1007, 1008], &[])
        .done();
    class.sync("08:51");
    class
        .by("t-quill", "08:55")
        .run(&["undo", "--session", "AM", "--pupil", "1007"])
        .done();
    class.sync("08:56");
    let row = day.school.row("AM", 1007);
    assert_eq!(row["code"], serde_json::Value::Null);
    assert_eq!(row["accounted_for"], false, "{row}");
    let ledger = day.school.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(
        (&ledger[0]["original"], &ledger[0]["amended"]),
        (&"/".into(), &"no mark".into())
    );
    assert_eq!(ledger[0]["reason"], "Marked in error");
    assert_eq!(
        (&ledger[0]["by"], &ledger[0]["position"]),
        (&"Mr T Quill".into(), &"Teacher".into())
    );
    assert_eq!(day.school.row("AM", 1008)["code"], "/");
}
