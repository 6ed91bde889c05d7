//! The office in the app: what it sees, decides, amends and signs off, and what the head may not.

mod common;
mod devices;
mod papers;
mod sheet;

use common::{Device, School, date, mark};
use daymark_app::action::{Action, Fields, Screen, Span};
use daymark_core::roster::Role;
use daymark_core::session::Session;

/// Everybody of 4B is marked, and Tom by two people: the second with the same duty, on another tablet that saw nothing.
fn two_marks(school: &School) {
    let mut first = school.tablet(Role::Teacher);
    let mut second = school.tablet(Role::Teacher);
    mark(
        &mut first,
        "a-shah",
        "class:4B",
        "/",
        &[1001, 1002, 1003, 1004, 1005, 1006],
        "08:49",
    );
    mark(&mut second, "m-lee", "class:4B", "N", &[1001], "08:51");
    school.sync(&mut first);
    school.sync(&mut second);
}

fn office(school: &School) -> Device {
    Device::join(school, Role::Office, "j-roe", "11:30")
}

fn ledger() -> Screen {
    Screen::Amendments(Span {
        from: date(),
        to: date(),
    })
}

fn go(device: &mut Device, screen: Screen) {
    device.act(Action::Go(screen), &Fields::default());
}

#[test]
fn a_disputed_child_counts_as_unaccounted_on_the_board() {
    let school = School::new();
    two_marks(&school);
    let mut office = office(&school);
    let text = office.text();
    assert!(text.contains("All registers are in."), "{text}");
    assert!(
        text.contains("1 Unaccounted for Abbot, Tom · AM two different marks"),
        "{text}"
    );
    assert!(text.contains("Decisions 1"), "{text}");
    assert!(text.contains("6/6 two different marks"), "{text}");
    go(&mut office, Screen::Decisions(date()));
    let text = office.text();
    assert!(
        text.contains("Counted as missing meanwhile") && text.contains("Neither had seen"),
        "{text}"
    );
    assert!(
        text.contains("Aisha Shah, Teacher") && text.contains("Marcus Lee, Teaching assistant"),
        "{text}"
    );
}

#[test]
fn a_decision_takes_three_presses_and_keeps_both_originals() {
    let school = School::new();
    two_marks(&school);
    let mut office = office(&school);
    go(&mut office, Screen::Decisions(date()));
    assert!(
        office.text().contains("Choose a mark and a reason"),
        "none is chosen by default"
    );
    office.press("Choose a mark and a reason");
    assert_eq!(office.alert(), "Choose a mark and a reason.");
    office.presses = 0;
    office.press("Use /");
    assert!(office.text().contains("Choose a reason"), "{}", office.text());
    office.press("Spoke to the teacher");
    office.press("Save the decision");
    assert_eq!((office.presses, office.alert().as_str()), (3, ""));
    assert!(
        office.text().contains("No decisions for Mon 2 Mar."),
        "{}",
        office.text()
    );
    go(&mut office, ledger());
    let text = office.text();
    assert!(text.contains("1 amendment."), "{text}");
    assert!(
        text.contains("Mon 2 Mar AM / N / Spoke to the teacher Mon 2 Mar 11:30 Jo Roe Office manager"),
        "{text}"
    );
    go(&mut office, Screen::Board(date()));
    assert!(office.text().contains("0 Unaccounted for"), "{}", office.text());
}

#[test]
fn an_amendment_takes_at_most_five_presses_and_the_history_has_both() {
    let school = School::new();
    two_marks(&school);
    let mut office = office(&school);
    go(&mut office, Screen::Pupils);
    office.act(Action::Search, &Fields::of([("text", "baker")]));
    office.presses = 0;
    office.press("Baker, Eva");
    office.press("Mon 2 Mar AM: /");
    office.pick("code", "M");
    office.pick("reason", "Parent phoned");
    office.press("Save");
    assert_eq!(office.alert(), "");
    assert!(office.presses <= 5, "{}", office.presses);
    let text = office.text();
    assert!(text.contains("In place of / of Aisha Shah."), "{text}");
    assert!(text.contains("Replaced by M, Jo Roe, Office manager."), "{text}");
    office.press("Save");
    assert_eq!(office.alert(), "Choose the new code.");
}

#[test]
fn a_code_that_needs_more_says_what() {
    let school = School::new();
    two_marks(&school);
    let mut office = office(&school);
    go(
        &mut office,
        Screen::Pupil(daymark_core::ids::PupilNumber(1002), Some((date(), Session::Am))),
    );
    office.pick("code", "L");
    office.pick("reason", "Checked the register");
    office.press("Save");
    assert_eq!(office.alert(), "L needs more. Say when the pupil came.");
    office.pick("code", "L");
    office.pick("reason", "Checked the register");
    office.fill("arrived_at", "09:04");
    office.press("Save");
    assert_eq!(office.alert(), "");
    assert!(office.text().contains("Came at 09:04"), "{}", office.text());
}

#[test]
fn sign_off_names_what_is_missing_and_a_later_mark_waits_to_be_accepted_or_declined() {
    let school = School::new();
    let mut class = school.tablet(Role::Teacher);
    let mut late = school.tablet(Role::Teacher);
    mark(
        &mut class,
        "a-shah",
        "class:4B",
        "/",
        &[1001, 1002, 1003, 1004, 1005],
        "08:49",
    );
    school.sync(&mut class);
    let mut office = office(&school);
    assert!(
        office.text().contains("The register is not in yet."),
        "{}",
        office.text()
    );
    office.press("Sign off AM");
    let text = office.text();
    assert!(text.contains("1 pupil without a mark Frost, Sam 4B"), "{text}");
    office.press("Sign off Mon 2 Mar AM with 1 gap");
    assert_eq!(office.alert(), "");
    let text = office.text();
    assert!(
        text.contains("AM: Signed off 11:30 by Jo Roe, Office manager, with 1 without a mark"),
        "{text}"
    );
    office.wait();

    mark(&mut late, "m-lee", "class:4B", "N", &[1001, 1002], "08:51");
    school.sync(&mut late);
    office.sync();
    go(&mut office, Screen::AfterSignOff(date()));
    let text = office.text();
    assert!(
        text.contains("Arrived after sign-off: 2 marks say otherwise."),
        "{text}"
    );
    assert!(text.contains("The register says / this says N"), "{text}");
    office.presses = 0;
    office.press("Accept N");
    office.press("Wrong pupil");
    assert_eq!((office.alert().as_str(), office.presses), ("", 2));
    assert!(
        office.text().contains("Nothing has arrived after sign-off"),
        "{}",
        office.text()
    );
    go(&mut office, ledger());
    let text = office.text();
    assert!(
        text.contains("Arrived after sign-off: accepted") && text.contains("Wrong pupil"),
        "{text}"
    );
}

#[test]
fn the_head_reads_and_has_no_button_that_writes() {
    let school = School::new();
    two_marks(&school);
    let mut head = Device::join(&school, Role::Head, "r-penhale", "11:30");
    let eva = daymark_core::ids::PupilNumber(1002);
    let screens = [
        Screen::Board(date()),
        Screen::Decisions(date()),
        Screen::AfterSignOff(date()),
        ledger(),
        Screen::Pupils,
        Screen::Pupil(eva, Some((date(), Session::Am))),
        Screen::Devices,
        Screen::Invite,
        Screen::Lost(1),
        Screen::Device(1),
        Screen::KeyIn,
        Screen::Worklist(0),
        Screen::Rules,
        Screen::Exports,
        Screen::Import,
        Screen::SignOff(date(), Session::Am),
    ];
    for screen in screens {
        go(&mut head, screen.clone());
        for element in head.elements() {
            let Some(action) = element.action else { continue };
            let writes = matches!(
                action,
                Action::Choose(..)
                    | Action::ChooseOther(..)
                    | Action::Why(..)
                    | Action::Decide(..)
                    | Action::Amend(..)
                    | Action::SignOff(..)
                    | Action::Attempt(_)
                    | Action::Accept(..)
                    | Action::Decline(..)
                    | Action::Invite
                    | Action::Confirm(..)
                    | Action::ReportLost(_)
                    | Action::GiveDuty(_)
                    | Action::Reverse(..)
                    | Action::OpenSheet
                    | Action::KeyRow(_)
                    | Action::SendSheet(_)
                    | Action::Retire(_)
                    | Action::Import { .. }
            );
            assert!(!writes, "{} on {screen:?}", element.name);
        }
    }
    head.act(Action::SignOff(date(), Session::Am), &Fields::default());
    assert!(head.alert().contains("The office writes"), "{}", head.alert());
}

#[test]
fn a_day_without_a_signal_is_worked_through_and_sent_later() {
    let school = School::new();
    two_marks(&school);
    let mut office = office(&school);
    *school.has_signal.borrow_mut() = false;
    go(&mut office, Screen::Decisions(date()));
    office.press("Use N");
    office.fill("other", "Asked the adult");
    office.press("Choose a reason");
    assert_eq!(office.alert(), "");
    office.wait();
    assert!(
        office.text().contains("No signal. Saving on this tablet."),
        "{}",
        office.text()
    );
    *school.has_signal.borrow_mut() = true;
    office.wait();
    let mut head = Device::join(&school, Role::Head, "r-penhale", "11:40");
    go(&mut head, ledger());
    assert!(head.text().contains("Asked the adult"), "{}", head.text());
}

#[test]
fn devices_are_told_by_the_server_and_an_invitation_is_a_code_with_its_address() {
    let school = School::new();
    school.answers.borrow_mut().insert(
        "/v1/office/devices".into(),
        r#"[{"device":1,"name":"Coach A iPad","grant":{"role":"teacher","classes":["4B"],"trips":[],"day":null,"ends_at":null},"ended":false,"trips_along":[],"last_heard":"2026-03-02T08:12:00Z","still_holds":31,"clock_ahead_ms":240000,"standing":"confirmed","code":null,"lost_at":null,"lost_by":null,"spoke_since":null,"key":"AB"},{"device":2,"name":"Hall iPad 4","grant":{"role":"gate","classes":[],"trips":[],"day":null,"ends_at":null},"ended":false,"trips_along":[],"last_heard":null,"still_holds":0,"clock_ahead_ms":null,"standing":"unconfirmed","code":"47 92","lost_at":null,"lost_by":null,"spoke_since":null,"key":"CD"}]"#.into(),
    );
    school.answers.borrow_mut().insert(
        "/v1/office/invitations".into(),
        r#"{"name":"Year 4 iPad","invitation":"ABCD-EFGH","expires_at":"2026-03-03T11:30:00Z","school_key":"1234-5678"}"#.into(),
    );
    let mut office = office(&school);
    go(&mut office, Screen::Devices);
    office.wait();
    let text = office.text();
    assert!(text.contains("2 devices. 1 is out."), "{text}");
    assert!(
        text.contains("31 records expected") && text.contains("last heard 08:12"),
        "{text}"
    );
    assert!(
        text.contains("Clock 4 min fast, allowed for") && text.contains("47 92"),
        "{text}"
    );
    office.press("Same: confirm");
    let confirmed = school.asked.borrow().iter().any(|request| {
        request.path == "/v1/office/devices/2/confirm" && request.body == br#"{"code":"47 92"}"#
    });
    assert!(confirmed);
    go(&mut office, Screen::Invite);
    office.fill("role", "teacher");
    office.fill("class", "4B");
    office.fill("supply", "yes");
    office.fill("name", "Year 4 iPad");
    office.press("Make the invitation");
    let html = office.html();
    assert!(
        html.contains("https://school.example/#join=ABCD-EFGH/1234-5678"),
        "{html}"
    );
    assert!(html.contains("<svg class=\"qr\""), "{html}");
    let asked = school.asked.borrow();
    let body = &asked
        .iter()
        .rev()
        .find(|request| request.path.ends_with("invitations"))
        .expect("asked")
        .body;
    let body: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    assert_eq!(body["grant"]["day"], "2026-03-02");
    assert_eq!(body["grant"]["ends_at"], common::ms("16:00") / 1000);
}

#[test]
fn a_call_is_logged_in_two_presses_and_shown_as_tried() {
    let school = School::with_rules();
    let mut class = school.tablet(Role::Teacher);
    mark(
        &mut class,
        "a-shah",
        "class:4B",
        "/",
        &[1001, 1002, 1003, 1004, 1005],
        "08:49",
    );
    mark(&mut class, "a-shah", "class:4B", "N", &[1006], "08:50");
    school.sync(&mut class);
    let mut office = office(&school);
    go(&mut office, Screen::Worklist(0));
    office.wait();
    let text = office.text();
    assert!(
        text.contains("Unaccounted for: 1.") && text.contains("Nothing was tried yet."),
        "{text}"
    );
    office.press("No answer");
    assert_eq!(office.alert(), "");
    let text = office.text();
    assert!(text.contains("11:30: call, no answer, Jo Roe"), "{text}");
    go(&mut office, Screen::Board(date()));
    let text = office.text();
    assert!(
        text.contains("Frost, Sam · AM reason not known · 1 call made"),
        "{text}"
    );
    go(&mut office, Screen::Worklist(3));
    assert!(
        office.text().contains("Home visits reach the attendance team"),
        "{}",
        office.text()
    );
}

#[test]
fn what_a_rule_settled_is_shown_and_may_be_decided_otherwise_and_a_question_is_asked() {
    let school = School::with_rules();
    let mut class = school.tablet(Role::Teacher);
    let mut gate = school.tablet(Role::Gate);
    mark(&mut class, "a-shah", "class:4B", "N", &[1001, 1002], "08:50");
    mark(&mut gate, "m-lee", "gate", "L", &[1001], "09:16");
    mark(
        &mut class,
        "a-shah",
        "class:4B",
        "/",
        &[1003, 1004, 1005, 1006],
        "08:51",
    );
    school.sync(&mut class);
    school.sync(&mut gate);
    let mut office = office(&school);
    go(&mut office, Screen::Decisions(date()));
    let text = office.text();
    assert!(
        text.contains("Use L") && text.contains("Use U"),
        "the gate's clock was near the closing: {text}"
    );
    office.press("Use U");
    office.press("Checked the register");
    office.press("Save the decision");
    assert_eq!(office.alert(), "");
    go(&mut office, ledger());
    let text = office.text();
    assert!(text.contains("AM N L U Checked the register"), "{text}");
}

#[test]
fn the_rules_are_told_in_words_with_where_each_comes_from() {
    let school = School::with_rules();
    let mut office = office(&school);
    go(&mut office, Screen::Rules);
    let text = office.text();
    assert!(
        text.contains("AM: opens 08:45") && text.contains("closes 09:15"),
        "{text}"
    );
    assert!(text.contains("PM: the school has not said"), "{text}");
    assert!(text.contains("The role teacher may enter"), "{text}");
    assert!(text.contains("AM closes 09:15 line"), "{text}");
    assert!(
        text.contains("Spring: Mon 5 Jan 2026 to Fri 27 Mar 2026"),
        "{text}"
    );
}

#[test]
fn an_import_is_tried_before_it_is_made_and_its_answer_is_read_out() {
    let school = School::new();
    school.answers.borrow_mut().insert(
        "/v1/office/roster/pupils".into(),
        r#"{"kind":"pupils","rows":2,"partial":false,"adds":[{"row":2,"id":"1007","name":"Gray, Lia"}],"changes":[],"unchanged":0,"absent":[],"refusals":[{"row":3,"field":"dob","value":"31/02/2019","remedy":"write it year-month-day"}],"notes":[],"unknown_columns":["House"]}"#.into(),
    );
    let mut office = office(&school);
    go(&mut office, Screen::Import);
    office.press("Try it");
    assert_eq!(office.alert(), "Choose a file first.");
    office.fill("text", "mis_id,surname\n1007,Gray");
    office.press("Try it");
    let text = office.text();
    assert!(
        text.contains("1 new, 0 changed, 0 as before, 1 refused"),
        "{text}"
    );
    assert!(
        text.contains("Row 3, dob “31/02/2019”: write it year-month-day"),
        "{text}"
    );
    office.fill("text", "mis_id,surname\n1007,Gray");
    office.press("Import for good");
    let paths: Vec<String> = school
        .asked
        .borrow()
        .iter()
        .map(|request| request.path.clone())
        .collect();
    let imports: Vec<&str> = paths
        .iter()
        .filter(|path| path.contains("roster"))
        .map(String::as_str)
        .collect();
    assert_eq!(
        imports,
        [
            "/v1/office/roster/pupils?dry_run=true",
            "/v1/office/roster/pupils?dry_run=false"
        ]
    );
}

#[test]
fn a_list_of_the_whole_year_fetches_its_days_by_itself_and_says_so_until_then() {
    let school = School::with_rules();
    two_marks(&school);
    let mut office = office(&school);
    *school.has_signal.borrow_mut() = false;
    go(&mut office, Screen::Worklist(7));
    office.wait();
    let text = office.text();
    assert!(text.contains("Often absent: not known here."), "{text}");
    assert!(text.contains("that this tablet does not hold yet"), "{text}");
    *school.has_signal.borrow_mut() = true;
    let started_ms = office.now_ms;
    while office.text().contains("not known here") && office.now_ms - started_ms < 30_000 {
        office.wait_for_tick();
    }
    assert!(
        office.text().contains("Often absent: nobody."),
        "{}",
        office.text()
    );
}
