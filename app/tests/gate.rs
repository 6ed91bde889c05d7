//! The late gate: two presses a child.

mod common;

use common::{Device, Net, School, TEACHER_PIN};
use daymark_core::roster::Role;
use daymark_core::session::Session;

fn gate() -> (School, Device) {
    let school = School::new();
    let mut tablet = Device::joined(&school, "g-holt", School::grant(Role::Gate, &[]), "08:30");
    tablet.net = Net::Off;
    tablet.press("Open gate");
    tablet.wait_until("08:52");
    if tablet.screen() == "lock" {
        tablet.unlock(TEACHER_PIN);
        if tablet.screen() == "today" {
            tablet.press("Open gate");
        }
    }
    tablet.count_presses();
    (school, tablet)
}

#[test]
fn a_child_takes_two_presses_and_the_time_says_l_then_u() {
    let (school, mut tablet) = gate();
    tablet.shows("Register closes 09:15");
    tablet.press("Class 4B");
    tablet.press("Cole, Jay");
    assert_eq!(tablet.presses(), 2);
    tablet.shows("Cole, Jay 08:52 · 7 min");
    assert!(tablet.said().starts_with("Cole, Jay: L"), "{}", tablet.said());
    tablet.press("Adams, Ola");
    tablet.shows("2 today · L 2 · U 0");
    tablet.wait_until("09:20");
    if tablet.screen() == "lock" {
        tablet.unlock(TEACHER_PIN);
    }
    tablet.shows("U now");
    if !tablet.offers("Begum, Sara") {
        tablet.press("Class 4B");
    }
    tablet.press("Begum, Sara");
    tablet.shows("3 today · L 2 · U 1");
    tablet.sync();
    assert_eq!(school.stands(Session::Am, 1003), ["L"]);
    assert_eq!(school.stands(Session::Am, 1001), ["L"]);
    assert_eq!(school.stands(Session::Am, 1002), ["U"]);
}

#[test]
fn nobody_is_late_before_lateness_begins() {
    let school = School::new();
    let mut tablet = Device::joined(&school, "g-holt", School::grant(Role::Gate, &[]), "08:30");
    tablet.press("Open gate");
    tablet.press("Class 4B");
    tablet.press("Cole, Jay");
    tablet.shows("is not late: lateness begins at");
    tablet.shows("0 today");
}

#[test]
fn a_reason_is_one_more_press_and_keeps_the_code_and_the_time() {
    let (school, mut tablet) = gate();
    tablet.press("Class 4B");
    tablet.press("Cole, Jay");
    tablet.count_presses();
    tablet.press("Traffic");
    assert_eq!(tablet.presses(), 1, "it stands beside who came last");
    tablet.shows("Cole, Jay 08:52 · 7 min · Traffic");
    assert!(!tablet.offers("Overslept"), "a reason is given");
    tablet.press("Adams, Ola");
    tablet.press("Begum, Sara");
    tablet.shows("Adams, Ola 08:52");
    let of_who_came_before = "Adams, Ola L: came already, reason";
    tablet.press(of_who_came_before);
    tablet.press("Overslept");
    tablet.shows("Adams, Ola 08:52 · 7 min · Overslept");
    assert!(
        !tablet.offers("Undo: Adams, Ola"),
        "it would undo the reason alone"
    );
    tablet.sync();
    assert_eq!(school.stands(Session::Am, 1003), ["L"]);
}

#[test]
fn a_clock_that_is_far_off_but_measured_asks_the_office_only_near_the_closing() {
    let school = School::new();
    school.is_ahead(35);
    let mut tablet = Device::joined(&school, "g-holt", School::grant(Role::Gate, &[]), "08:35");
    tablet.press("Open gate");
    tablet.shows("35 min slow");
    tablet.press("Class 4B");
    tablet.wait_until("08:39");
    tablet.hides("the office is asked");
    tablet.press("Cole, Jay");
    tablet.shows("Cole, Jay 09:14 · 29 min");
    tablet.wait_until("08:41");
    tablet.shows("the office is asked");
    tablet.press("Adams, Ola");
    tablet.wait_until("08:43");
    tablet.shows("U now");
    tablet.hides("the office is asked");
    tablet.press("Begum, Sara");
    tablet.sync();
    for (pupil, code) in [(1003, "L"), (1001, "L"), (1002, "U")] {
        assert_eq!(school.stands(Session::Am, pupil), [code], "{pupil}");
    }
    let asked: Vec<u64> = school.look(|replica| {
        let cases = daymark_tablet::decisions::cases(replica, School::date());
        cases.iter().map(|case| case.pupil.0).collect()
    });
    assert_eq!(asked, [1001], "the one who came as the register closed");
}

#[test]
fn time_is_kept_first_and_named_later() {
    let (school, mut tablet) = gate();
    tablet.press("Just time");
    tablet.wait_ms(60_000);
    tablet.press("Just time");
    tablet.wait_ms(180_000);
    tablet.shows("Who came at 08:52? 2 times without a name.");
    tablet.press("Class 4B");
    tablet.press("Cole, Jay");
    tablet.shows("Who came at 08:53? 1 time without a name.");
    tablet.press("Adams, Ola");
    tablet.hides("Who came at");
    tablet.shows("Cole, Jay 08:52");
    tablet.shows("Adams, Ola 08:53");
    tablet.press("Begum, Sara");
    tablet.shows("Begum, Sara 08:56");
    tablet.sync();
    assert_eq!(school.stands(Session::Am, 1003), ["L"]);
}

#[test]
fn a_pupil_is_found_by_a_part_of_the_name_in_any_class() {
    let (_, mut tablet) = gate();
    tablet.press("Find");
    tablet.search("col");
    tablet.shows("Cole, Jay");
    tablet.press("Cole, Mia");
    tablet.press("Back");
    tablet.shows("1 today · L 1");
}

#[test]
fn the_wrong_child_is_undone_and_can_come_after_all() {
    let (school, mut tablet) = gate();
    tablet.press("Class 4B");
    tablet.press("Cole, Jay");
    tablet.press("Adams, Ola");
    tablet.press("Undo: Adams, Ola: L");
    tablet.shows("1 today");
    tablet.press("Undo: Cole, Jay: L");
    tablet.shows("0 today");
    tablet.press("Cole, Jay");
    assert_eq!(tablet.alert(), "", "a slip that was taken back costs no reason");
    tablet.shows("1 today");
    tablet.sync();
    assert_eq!(school.stands(Session::Am, 1003), ["L"]);
    assert!(school.stands(Session::Am, 1001).is_empty());
}
