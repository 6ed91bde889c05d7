//! What the office prints, filters and checks; and what a rule settled, taken back.

use daymark_app::action::{Action, Fields, Screen};
use daymark_core::ids::PupilNumber;
use daymark_core::roster::Role;
use daymark_core::session::Session;

use super::common::{Device, School, date, mark};
use super::{go, ledger, office, two_marks};

fn answers(school: &School, path: &str, answer: &str) {
    let mut answers = school.answers.borrow_mut();
    answers.insert(path.into(), answer.into());
}

fn invite(office: &mut Device, name: &str) {
    go(office, Screen::Invite);
    office.fill("role", "teacher");
    office.fill("class", "4B");
    office.fill("supply", "yes");
    office.fill("name", name);
    office.press("Make the invitation");
    assert_eq!(office.alert(), "");
}

#[test]
fn a_supply_slip_says_school_class_day_and_hour_and_several_are_one_sheet() {
    let school = School::new();
    answers(&school, "/v1/office/devices", "[]");
    answers(
        &school,
        "/v1/office/invitations",
        r#"{"name":"Year 4 iPad","invitation":"ABCD-EFGH","expires_at":"2026-03-02T11:45:00Z","school_key":"1234-5678"}"#,
    );
    let mut office = office(&school);
    invite(&mut office, "Year 4 iPad");
    let text = office.text();
    assert!(text.contains("Hill Road Primary For Year 4 iPad"), "{text}");
    assert!(text.contains("Class 4B, only Mon 2 Mar, until 16:00"), "{text}");
    assert!(text.contains("choose a PIN that only you know"), "{text}");
    assert!(text.contains("It works once, until 11:45."), "{text}");
    assert!(office.html().contains("data-print"), "{}", office.html());
    invite(&mut office, "Year 4 iPad");
    assert_eq!(office.html().matches("<svg class=\"qr\"").count(), 2);
    assert!(office.text().contains("Print these 2 slips"), "{}", office.text());
    // One that is too old is not handed out.
    for _ in 0..16 {
        office.now_ms += 60_000;
        go(&mut office, Screen::Invite);
    }
    assert!(
        office.text().contains("The invitation It appears here"),
        "{}",
        office.text()
    );
    assert!(!office.html().contains("<svg class=\"qr\""), "{}", office.text());
}

#[test]
fn amendments_are_filtered_by_class_person_and_after_sign_off_and_the_paper_says_so() {
    let school = School::new();
    two_marks(&school);
    let mut office = office(&school);
    let amend = |office: &mut Device, pupil: u64, code: &str| {
        go(
            office,
            Screen::Pupil(PupilNumber(pupil), Some((date(), Session::Am))),
        );
        office.pick("code", code);
        office.pick("reason", "Parent phoned");
        office.press("Save");
        assert_eq!(office.alert(), "");
    };
    amend(&mut office, 1002, "M");
    office.now_ms += 60_000;
    office.act(Action::SignOff(date(), Session::Am), &Fields::default());
    office.now_ms += 60_000;
    amend(&mut office, 1003, "I");
    go(&mut office, ledger());
    let text = office.text();
    assert!(
        text.contains("2 amendments.") && text.contains("2 of 2 amendments"),
        "{text}"
    );
    assert!(
        text.contains("This tablet checked the school's log up to"),
        "{text}"
    );
    office.act(Action::PickDays, &Fields::of([("after", "yes")]));
    let text = office.text();
    assert!(
        text.contains("1 amendment.") && text.contains("Carr, Ada"),
        "{text}"
    );
    assert!(text.contains("1 of 2 amendments of these days"), "{text}");
    assert!(
        text.contains("Amendments · Mon 2 Mar to Mon 2 Mar · after sign-off · printed Mon 2 Mar 11:32"),
        "{text}"
    );
    office.act(
        Action::PickDays,
        &Fields::of([("person", "roe"), ("class", "4B")]),
    );
    assert!(office.text().contains("2 amendments."), "{}", office.text());
    office.act(Action::PickDays, &Fields::of([("class", "5A")]));
    assert!(office.text().contains("No amendments."), "{}", office.text());
    office.act(Action::PickDays, &Fields::of([("person", "shah")]));
    assert!(office.text().contains("0 of 2 amendments"), "{}", office.text());
}

#[test]
fn the_ledger_is_said_to_be_good_only_when_the_school_has_checked_it_and_at_what_time() {
    let school = School::new();
    let mut office = office(&school);
    go(&mut office, Screen::Exports);
    assert!(
        office.text().contains("Not checked from this tablet"),
        "{}",
        office.text()
    );
    *school.has_signal.borrow_mut() = false;
    office.press("Check it now");
    assert!(
        office.text().contains("Not checked from this tablet"),
        "{}",
        office.text()
    );
    assert_ne!(office.alert(), "", "it says why");
    *school.has_signal.borrow_mut() = true;
    answers(
        &school,
        "/v1/office/check",
        r#"{"ok":true,"events":500,"documents":20,"changes":413,"held":0,"journal_bytes":9,"notes":[],"problem":null}"#,
    );
    office.press("Check it now");
    let text = office.text();
    assert!(
        text.contains("Ledger checked Mon 2 Mar 11:30: good, 413 changes in 20 documents."),
        "{text}"
    );
    answers(
        &school,
        "/v1/office/check",
        r#"{"ok":false,"problem":"record 7 was changed"}"#,
    );
    office.press("Check it now");
    let text = office.text();
    assert!(text.contains("it does not hold. record 7 was changed"), "{text}");
    assert!(!text.contains("good"), "{text}");
}

#[test]
fn what_a_rule_settled_is_reversed_in_two_presses_with_a_reason() {
    let school = School::with_rules();
    let mut class = school.tablet(Role::Teacher);
    let mut gate = school.tablet(Role::Gate);
    mark(&mut class, "a-shah", "class:4B", "N", &[1001], "08:50");
    mark(&mut gate, "m-lee", "gate", "U", &[1001], "09:40");
    school.sync(&mut class);
    school.sync(&mut gate);
    let mut office = office(&school);
    go(&mut office, Screen::Decisions(date()));
    let text = office.text();
    assert!(
        text.contains("Settled by rule: 1") && text.contains("Reverse to N"),
        "{text}"
    );
    office.presses = 1;
    office.press("Checked the register");
    assert_eq!((office.presses, office.alert().as_str()), (2, ""));
    assert!(!office.text().contains("Settled by rule"), "{}", office.text());
    go(&mut office, ledger());
    let text = office.text();
    assert!(text.contains("N Checked the register"), "{text}");
}
