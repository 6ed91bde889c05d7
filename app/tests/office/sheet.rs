//! A paper register, keyed in with keys; the school's server checks it.

use daymark_app::action::{Action, Fields, Screen};

use super::common::{Device, School};
use super::{go, office};

fn opened(school: &School) -> Device {
    let mut office = office(school);
    go(&mut office, Screen::Exports);
    let fields = Fields::of([
        ("class", "4B"),
        ("from", "2026-03-02"),
        ("date", "2026-03-02"),
        ("session", "AM"),
    ]);
    office.act(Action::OpenSheet, &fields);
    assert_eq!(office.alert(), "");
    office
}

/// Six rows: five keyed by code and Enter, one late.
fn keyed(office: &mut Device) {
    for code in ["/", "/", "N", "/"] {
        office.press(code);
        office.press("Next row");
    }
    office.press("L");
    office.fill("beside", "09:05");
    office.press("Next row");
    office.press("Empty");
}

fn body(school: &School) -> serde_json::Value {
    let asked = school.asked.borrow();
    let last = asked
        .iter()
        .rev()
        .find(|request| request.path.ends_with("key-in"));
    serde_json::from_slice(&last.expect("asked").body).expect("JSON")
}

#[test]
fn a_sheet_is_keyed_by_code_and_enter_with_the_row_echoed_and_goes_out_as_the_paper_says() {
    let school = School::new();
    school.answers.borrow_mut().insert(
        "/v1/office/key-in".into(),
        r#"{"marks":[{"row":1,"date":"2026-03-02","session":"AM","pupil":1001,"code":"/","was":"N"}],"same":4,"refused":[],"written":false}"#.into(),
    );
    let mut office = opened(&school);
    let text = office.text();
    assert!(
        text.contains("0 of 6 rows keyed.") && text.contains("Row 1: Abbot, Tom"),
        "{text}"
    );
    assert!(
        !office.buttons().iter().any(|name| name == "\\"),
        "that is an afternoon's"
    );
    keyed(&mut office);
    let text = office.text();
    assert!(
        text.contains("6 of 6 rows keyed.") && text.contains("Row 6: Frost, Sam · empty"),
        "{text}"
    );
    office.fill("code", "abcd-efgh-jklm");
    assert!(!office.buttons().iter().any(|name| name == "Enter these marks"));
    office.press("Check the sheet");
    assert_eq!(office.alert(), "");
    let sent = body(&school);
    assert_eq!(
        sent["text"],
        "sheet ABCD-EFGH-JKLM\n2026-03-02 AM\n1 / \n2 / \n3 N \n4 / \n5 L 09:05\n6 - \n"
    );
    assert_eq!((&sent["dry_run"], &sent["by"]), (&true.into(), &"j-roe".into()));
    assert!(
        office.text().contains("Row 1: / in place of N."),
        "{}",
        office.text()
    );
    school.answers.borrow_mut().insert(
        "/v1/office/key-in".into(),
        r#"{"marks":[{"row":1,"date":"2026-03-02","session":"AM","pupil":1001,"code":"/","was":"N"}],"same":4,"refused":[],"written":true}"#.into(),
    );
    office.fill("code", "abcd-efgh-jklm");
    office.press("Enter these marks");
    assert_eq!(body(&school)["dry_run"], false);
    assert_eq!(office.app.screen(), Some(&Screen::Exports));
}

#[test]
fn a_sheet_with_a_row_left_out_is_not_sent_and_one_that_is_refused_is_not_entered() {
    let school = School::new();
    let mut office = opened(&school);
    office.press("/");
    office.fill("code", "ABCD-EFGH-JKLM");
    office.press("Check the sheet");
    assert!(
        office.alert().contains("Row 2 is not keyed yet"),
        "{}",
        office.alert()
    );
    assert!(
        school
            .asked
            .borrow()
            .iter()
            .all(|request| !request.path.ends_with("key-in"))
    );
    office.press("Next row");
    for code in ["/", "N", "/", "I", "Empty"] {
        office.press(code);
        office.press("Next row");
    }
    // The school's list has another pupil in row 2: a list that slips must not mark the wrong children.
    school.answers.borrow_mut().insert(
        "/v1/office/key-in".into(),
        r#"{"marks":[{"row":2,"pupil":1003,"code":"/","was":null}],"same":0,"refused":[{"row":5,"pupil":1005,"why":"not open to this role"}],"written":false}"#.into(),
    );
    office.fill("code", "ABCD-EFGH-JKLM");
    office.press("Check the sheet");
    let text = office.text();
    assert!(
        text.contains("Row 2 is another pupil in the school's list"),
        "{text}"
    );
    assert!(text.contains("Row 5: Not open to this role"), "{text}");
    assert!(!office.buttons().iter().any(|name| name == "Enter these marks"));
}

#[test]
fn without_a_signal_nothing_that_was_keyed_is_lost() {
    let school = School::new();
    let mut office = opened(&school);
    keyed(&mut office);
    *school.has_signal.borrow_mut() = false;
    office.fill("code", "ABCD-EFGH-JKLM");
    office.press("Check the sheet");
    assert!(office.alert().contains("No signal"), "{}", office.alert());
    go(&mut office, Screen::Exports);
    go(&mut office, Screen::KeyIn);
    let text = office.text();
    assert!(
        text.contains("6 of 6 rows keyed.") && text.contains("L 09:05"),
        "{text}"
    );
    assert!(
        office.html().contains("ABCD-EFGH-JKLM"),
        "the code of the sheet, too"
    );
}
