//! What the page says, and to whom it says what.

use daymark_core::fold::{DatedRules, Rules};
use daymark_sync_protocol::evidence::{Evidence, check};

use crate::school::{date, made_up, monday, of_pupil, written};

#[test]
fn a_good_file_is_good_and_says_what_it_is_about() {
    let file = written(made_up().evidence(monday()));
    let report = check(file.as_bytes(), None).unwrap();
    assert!(report.is_good(), "{:#?}", report.findings);
    assert_eq!((report.changes, report.sheets), (7, 3));
    assert_eq!(report.log_size, Some(22));
    assert_eq!(report.signed_off, ["2026-03-02 AM"]);
    assert!(!report.fingerprint_compared);
    let fingerprint = report.fingerprint.unwrap().to_lowercase().replace('-', " ");
    let report = check(file.as_bytes(), Some(&fingerprint)).unwrap();
    assert!(report.is_good() && report.fingerprint_compared);
}

#[test]
fn the_page_tells_the_whole_of_a_day() {
    let file = written(made_up().evidence(monday()));
    for expected in [
        "L (by rule R1)",
        "two different marks",
        "at a funeral &lt;b&gt;since&lt;/b&gt; 8",
        "it changes an entry and gives no reason",
        "Signed off by Name of o-lane, Teacher",
        "<h2>Arrived after sign-off, and waits</h2>\n<table>",
        "U, arrived 09:10",
        "Tablet of &lt;4B&gt;",
        "held 22 changes",
        "disputed: two different marks",
        "clock not checked; received 2026-03-02 08:50:03 through Gate tablet, leaf 5",
        "<td>Leave for an exceptional circumstance<td>authorised absence",
    ] {
        assert!(file.contains(expected), "{expected} is not on the page:\n{file}");
    }
}

#[test]
fn nothing_typed_becomes_markup_and_no_script_runs() {
    let file = written(made_up().evidence(monday()));
    assert_eq!(file.matches("</script>").count(), 1);
    assert_eq!(file.matches("<script").count(), 1);
    assert!(!file.contains("<b>Sam"));
    assert!(file.contains("default-src 'none'"));
    for outside in ["http://", "https://", "src=", "href="] {
        assert!(!file.contains(outside), "{outside}");
    }
}

#[test]
fn a_pupils_page_tells_of_that_pupil_alone() {
    let evidence = made_up().evidence(of_pupil(1042));
    let names: Vec<u64> = evidence.pupils.iter().map(|pupil| pupil.number.0).collect();
    assert_eq!(names, [1042]);
    let file = written(evidence);
    let report = check(file.as_bytes(), None).unwrap();
    assert!(report.is_good(), "{:#?}", report.findings);
    assert!(file.contains("Every entry about this pupil") && file.contains("data about other children too"));
    let (page, data) = file.split_once("<script").unwrap();
    for other in ["1043", "1044", "1045", "funeral"] {
        assert!(!page.contains(other), "{other} is on the page of another pupil");
    }
    assert!(
        !data.contains("Made-up 1043"),
        "another pupil is named in the data"
    );
}

#[test]
fn evidence_about_nothing_recorded_is_evidence_too() {
    let mut question = of_pupil(1042);
    question.from = crate::school::date("2026-04-01");
    question.to = question.from;
    let file = written(made_up().evidence(question));
    assert!(check(file.as_bytes(), None).unwrap().is_good());
    assert!(file.contains("Nothing is recorded in this period."));
}

#[test]
fn each_day_of_a_file_is_settled_by_the_rules_of_its_date() {
    let neither = Rules { r1: false, r2: false };
    for (from, by_rule) in [("2026-03-02", false), ("2026-03-03", true)] {
        let mut ingredients = made_up().ingredients(monday());
        ingredients.rules = DatedRules::new(Rules::default(), [(date(from), neither)]);
        let file = written(Evidence::of(ingredients));
        assert!(check(file.as_bytes(), None).unwrap().is_good(), "from {from}");
        assert_eq!(file.contains("L (by rule R1)"), by_rule, "from {from}");
        assert!(
            file.contains(&format!("\"later_rules\":[{{\"from\":\"{from}\"")),
            "from {from}"
        );
    }
    assert!(!written(made_up().evidence(monday())).contains("later_rules"));
}
