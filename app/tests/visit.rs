//! A home visit by two people, on a doorstep without signal.

mod common;

use common::{Device, Net, School, TEACHER_PIN};
use daymark_core::roster::Role;

const SECOND_PIN: &str = "7392";

/// A tablet of the attendance team that two visitors can unlock, without signal, at the list of visits.
fn team() -> (School, Device) {
    let school = School::new();
    let mut tablet = Device::joined(&school, "g-holt", School::grant(Role::Team, &[]), "09:48");
    tablet.press("Gita Holt");
    tablet.press("Give a colleague a PIN");
    tablet.fill_and_submit(
        "Give the PIN",
        &[("who", "p-dunn"), ("pin", SECOND_PIN), ("again", SECOND_PIN)],
    );
    tablet.sync();
    tablet.net = Net::Off;
    tablet.press("Back");
    tablet.press("Open list");
    (school, tablet)
}

/// A visit to Jay Cole that both have begun.
fn begun() -> (School, Device) {
    let (school, mut tablet) = team();
    tablet.shows("No visit stands open.");
    tablet.search("cole, j");
    tablet.press("Cole, Jay");
    tablet.count_presses();
    tablet.press("Peter Dunn");
    tablet.press("Third day of absence");
    tablet.press("Begin the visit");
    assert_eq!(tablet.alert(), "");
    (school, tablet)
}

fn next_person(tablet: &mut Device, name: &str, pin: &str) {
    if tablet.screen() != "lock" {
        tablet.press("Lock for the other visitor");
    }
    tablet.press(name);
    tablet.unlock(pin);
    tablet.press("Open list");
    tablet.press("Open visit");
    tablet.press("My account");
}

#[test]
fn the_structured_part_of_a_visit_takes_ten_presses_and_survives_a_restart() {
    let (school, mut tablet) = begun();
    tablet.shows("Leading Gita Holt");
    tablet.shows("own account Peter Dunn");
    tablet.press("Arrived");
    tablet.shows("arrived 09:4");
    tablet.press("Spoke to Jay");
    tablet.shows("Jay was spoken to. The check can rest.");
    tablet.press("Mother");
    tablet.shows("Answered by Mother.");
    tablet.press("Jay looked well");
    tablet.press("Jay waved");
    tablet.press("Back safe");
    assert!(tablet.presses() <= 10, "{} presses", tablet.presses());
    tablet.shows("Back safe 09:4");
    tablet.restart();
    tablet.press("Gita Holt");
    tablet.unlock(TEACHER_PIN);
    tablet.press("Open list");
    tablet.shows("1 visit stands open.");
    tablet.shows("Jay was spoken to. Account to write: Gita Holt and Peter Dunn.");
    tablet.press("Open visit");
    tablet.shows("Answered by Mother.");
    tablet.press("My account");
    tablet.shows("Jay looked well Jay waved");
    tablet.sync();
    let mut lead = Device::joined(&school, "l-fry", School::grant(Role::Lead, &[]), "10:30");
    lead.press("Open list");
    lead.shows("Cole, Jay");
    lead.press("Open visit");
    lead.shows("Spoke to Jay");
}

#[test]
fn one_person_alone_is_refused_unless_the_head_allows_it_and_why_is_said() {
    let (_, mut tablet) = team();
    tablet.search("cole, j");
    tablet.press("Cole, Jay");
    tablet.press("Begin the visit");
    tablet.shows("Say why the visit is made.");
    tablet.press("Worry about the child");
    tablet.press("Begin the visit");
    tablet.shows("Nobody visits alone");
    tablet.fill_and_submit("Begin the visit", &[("head", "r-stone")]);
    tablet.shows("Nobody visits alone");
    tablet.fill_and_submit(
        "Begin the visit",
        &[
            ("head", "r-stone"),
            ("reason", "Second visitor is ill; known family"),
        ],
    );
    assert_eq!(tablet.screen(), "visit");
    tablet.shows("Alone, allowed by Ruth Stone Second visitor is ill");
}

#[test]
fn every_rung_says_what_follows_in_the_childs_first_name() {
    let (_, mut tablet) = begun();
    for rung in [
        "Spoke to Jay",
        "Saw Jay, did not speak",
        "Saw Jay through a window",
        "Adult only, Jay not seen",
        "No answer",
        "Not living here",
    ] {
        assert!(tablet.offers(rung), "{rung}: {:?}", tablet.names());
    }
    tablet.press("Saw Jay through a window");
    tablet.shows("Jay was not spoken to. This visit stays open.");
    tablet.shows("never closes a check");
    tablet.press("Spoke to Jay");
    tablet.shows("What was said first stays in the history.");
    tablet.press("Change it");
    tablet.shows("Say why the outcome changes");
    tablet.shows("This visit stays open.");
    tablet.press("Pressed the wrong one");
    tablet.shows("Jay was spoken to.");
}

#[test]
fn another_address_is_kept_beside_the_one_on_record() {
    let (_, mut tablet) = begun();
    tablet.press("Use another address");
    tablet.fill_and_submit("Arrived there", &[("address", "4 Mill Lane")]);
    tablet.shows("At another address than on record: 4 Mill Lane");
    tablet.shows("arrived 09:4");
}

#[test]
fn a_card_that_nobody_answers_makes_the_next_step_due() {
    let (_, mut tablet) = begun();
    tablet.press("Arrived");
    tablet.press("No answer");
    tablet.shows("Leave a card");
    assert!(
        tablet.html().contains("value=\"11:00\""),
        "eleven unless another time is said"
    );
    tablet.press("Card left");
    tablet.shows("Answer to the card By Mon 2 Mar 11:00.");
    tablet.hides("Next step due");
    tablet.wait_until("11:25");
    tablet.press("Gita Holt");
    tablet.unlock(TEACHER_PIN);
    tablet.shows("Next step due: Answer to the card By Mon 2 Mar 11:00, 25 minutes over.");
    tablet.press("No answer to the card came");
    tablet.fill_and_submit("Call 101 or children's services", &[("due", "12:00")]);
    tablet.shows("Say what came of the step before.");
    tablet.fill_and_submit(
        "Call 101 or children's services",
        &[("due", "12:00"), ("reason", "Nobody rang")],
    );
    tablet.hides("Next step due");
    tablet.shows("Call 101 or children's services By Mon 2 Mar 12:00.");
    tablet.press("Back");
    tablet.shows("Jay was not spoken to. Stays open.");
}

#[test]
fn the_safeguarding_lead_is_told_with_one_press_and_overdue_steps_go_first() {
    let (school, mut tablet) = begun();
    tablet.press("Tell the safeguarding lead");
    assert!(tablet.said().starts_with("Urgent"), "{}", tablet.said());
    tablet.shows("Tell the safeguarding lead now");
    tablet.press("Back");
    tablet.search("adams");
    tablet.press("Adams, Ola");
    tablet.press("Peter Dunn");
    tablet.press("Absent, nobody answers");
    tablet.press("Begin the visit");
    tablet.press("Back");
    tablet.wait_ms(60_000);
    let text = tablet.text();
    let place = |name: &str| text.find(name).unwrap_or_else(|| panic!("{name}: {text}"));
    assert!(place("Cole, Jay") < place("Adams, Ola"), "{text}");
    tablet.shows("2 visits stand open.");
    tablet.sync();
    let mut lead = Device::joined(&school, "l-fry", School::grant(Role::Lead, &[]), "10:30");
    lead.press("Open list");
    lead.shows("Next step due: Tell the safeguarding lead now");
}

#[test]
fn each_visitor_writes_alone_and_afterwards_both_read_both() {
    let (_, mut tablet) = begun();
    tablet.press("Arrived");
    tablet.press("Spoke to Jay");
    tablet.press("Jay waved");
    tablet.press("My account");
    tablet.shows("Account of Peter Dunn Shown once you have written your own.");
    tablet.fill_and_submit("Save my account", &[("facts", "Jay waved.\nHe had a coat on.")]);
    tablet.shows("Write what you make of it");
    tablet.fill_and_submit(
        "Save my account",
        &[
            ("facts", "Jay waved.\nHe had a coat on."),
            ("opinion", "He seemed glad."),
        ],
    );
    tablet.shows("Account of Peter Dunn Not written yet.");
    assert!(!tablet.offers("I agree"));
    next_person(&mut tablet, "Peter Dunn", SECOND_PIN);
    tablet.hides("coat");
    tablet.hides("glad");
    tablet.shows("Account of Gita Holt Shown once you have written your own.");
    tablet.fill_and_submit("Save my account", &[("facts", "He was cold."), ("opinion", "")]);
    tablet.hides("coat");
    tablet.fill_and_submit(
        "Save my account",
        &[("facts", "He was cold."), ("opinion", "He seemed tired.")],
    );
    tablet.shows("He had a coat on.");
    tablet.shows("He seemed glad.");
    tablet.press("I saw it differently");
    tablet.press("Save the difference");
    tablet.shows("Say in what you saw it differently.");
    tablet.fill_and_submit("Save the difference", &[("note", "Whether he was glad")]);
    tablet.shows("Peter Dunn saw it differently: Whether he was glad");
    next_person(&mut tablet, "Gita Holt", TEACHER_PIN);
    tablet.shows("He seemed tired.");
    tablet.press("I agree");
    tablet.shows("Gita Holt agrees");
}

#[test]
fn what_is_typed_in_an_account_is_there_again_after_the_cover() {
    let (_, mut tablet) = begun();
    tablet.press("My account");
    tablet.type_live(&[("facts", "The door was open"), ("opinion", "")]);
    tablet.press("Cover");
    tablet.shows("Covered");
    tablet.hides("Jay");
    tablet.hides("Gita");
    tablet.press("Somebody else");
    next_person(&mut tablet, "Peter Dunn", SECOND_PIN);
    assert!(
        !tablet.html().contains("The door was open"),
        "nobody else reads it"
    );
    next_person(&mut tablet, "Gita Holt", TEACHER_PIN);
    tablet.shows("The door was open");
}

#[test]
fn an_account_half_typed_survives_the_lock_another_person_and_the_end_of_the_browser() {
    let (_, mut tablet) = begun();
    tablet.press("My account");
    tablet.type_live(&[("facts", "The door"), ("opinion", "")]);
    tablet.wait_ms(500);
    tablet.type_live(&[("facts", "The door was open"), ("opinion", "Nobody had")]);
    tablet.wait_ms(3_500);
    tablet.restart();
    next_person(&mut tablet, "Gita Holt", TEACHER_PIN);
    assert!(tablet.html().contains("The door was open") && tablet.html().contains("Nobody had"));
    // What was typed a moment before the lock is kept as well.
    tablet.type_live(&[("facts", "The door was open. A dog"), ("opinion", "Nobody had")]);
    tablet.wait_ms(200);
    tablet.type_live(&[
        ("facts", "The door was open. A dog barked"),
        ("opinion", "Nobody had"),
    ]);
    tablet.press("Cover");
    tablet.restart();
    next_person(&mut tablet, "Peter Dunn", SECOND_PIN);
    assert!(!tablet.html().contains("dog"), "nobody else reads it");
    next_person(&mut tablet, "Gita Holt", TEACHER_PIN);
    assert!(tablet.html().contains("A dog barked"));
    tablet.press("Back to the visit");
    tablet.press("Spoke to Jay");
    tablet.press("Jay waved");
    tablet.press("My account");
    tablet.shows("A dog barked Jay waved");
    let whole = [
        ("facts", "The door was open."),
        ("opinion", "Nobody had shut it."),
    ];
    tablet.fill_and_submit("Save my account", &whole);
    tablet.restart();
    next_person(&mut tablet, "Gita Holt", TEACHER_PIN);
    tablet.shows("The door was open.");
    assert!(
        !tablet.html().contains("dog"),
        "saved, and nothing of the draft is left"
    );
}

#[test]
fn visitors_who_do_not_say_that_they_are_back_are_asked_after() {
    let (_, mut tablet) = begun();
    tablet.shows("Back by 10:4");
    tablet.shows("Safeguarding lead: Lena Fry.");
    tablet.press("Back");
    tablet.shows("Back by 10:4");
    tablet.press("Back");
    tablet.shows("Cole, Jay: Back by 10:4");
    tablet.hides("Not back yet");
    tablet.wait_until("11:00");
    tablet.press("Gita Holt");
    tablet.unlock(TEACHER_PIN);
    tablet.shows("Cole, Jay: Not back yet. Back by 10:4");
    tablet.press("Open list");
    tablet.press("Open visit");
    tablet.shows("Not back yet. Back by 10:4");
    tablet.press("Back safe");
    tablet.hides("Not back yet");
    tablet.hides("Back by");
}

#[test]
fn by_when_the_visitors_are_back_can_be_said_at_the_start() {
    let (_, mut tablet) = team();
    tablet.search("cole, j");
    tablet.press("Cole, Jay");
    tablet.press("Peter Dunn");
    tablet.press("Third day of absence");
    tablet.fill_and_submit("Begin the visit", &[("due", "soon")]);
    tablet.shows("Say by when, such as 11:00.");
    tablet.fill_and_submit("Begin the visit", &[("due", "12:30")]);
    tablet.shows("Back by 12:30.");
}

#[test]
fn two_outcomes_of_two_tablets_both_stand_until_somebody_decides_with_a_reason() {
    let (school, mut first) = begun();
    first.sync();
    let mut second = Device::joined(&school, "p-dunn", School::grant(Role::Team, &[]), "09:55");
    second.press("Open list");
    second.press("Open visit");
    (first.net, second.net) = (Net::Off, Net::Off);
    first.press("Spoke to Jay");
    second.press("Saw Jay, did not speak");
    first.sync();
    second.sync();
    first.sync();
    for tablet in [&first, &second] {
        tablet.shows("Two different outcomes.");
    }
    let mut lead = Device::joined(&school, "l-fry", School::grant(Role::Lead, &[]), "10:30");
    lead.press("Open list");
    lead.shows("Two different outcomes: the safeguarding lead decides.");
    lead.press("Open visit");
    lead.press("Saw Jay, did not speak");
    lead.press("More became clear");
    lead.shows("This visit stays open.");
    lead.hides("Two different outcomes.");
}

#[test]
fn a_visit_reaches_no_teachers_tablet() {
    let (school, mut tablet) = begun();
    tablet.sync();
    let mut teacher = Device::joined(&school, "a-shah", School::grant(Role::Teacher, &["4B"]), "10:30");
    teacher.sync();
    assert!(!teacher.offers("Open list"), "{:?}", teacher.names());
    teacher.hides("Home visits");
}
