//! A visit day: thirty pupils on a trip, with no signal.

mod common;

use common::{Device, Disk, Net, School, TEACHER_PIN};
use daymark_core::roster::Role;
use daymark_core::session::Session;

/// A teacher's tablet on a trip of class 4B, which is ready and has no signal.
fn on_a_trip() -> (School, Device) {
    let school = School::new();
    let mut tablet = Device::joined(&school, "a-shah", School::grant(Role::Teacher, &[]), "08:10");
    school.plan_trip("York Museum", 1001..=1030, &[tablet.number]);
    tablet.sync();
    tablet.net = Net::Off;
    tablet.wait_until("08:50");
    if tablet.screen() == "lock" {
        tablet.unlock(TEACHER_PIN);
    }
    tablet.count_presses();
    (school, tablet)
}

/// The AM register, with two who are not here and 28 counted and marked.
fn all_marked(tablet: &mut Device) {
    tablet.press("Start AM");
    tablet.press("Cole, Jay: not here");
    tablet.press("Evans, Tom: not here");
    tablet.press("Count heads");
    tablet.unlock("28");
    tablet.press("Mark 28 as V");
}

#[test]
fn thirty_pupils_two_of_whom_are_not_here_are_marked_with_six_presses() {
    let (school, mut tablet) = on_a_trip();
    tablet.shows("York Museum");
    tablet.shows("Ready for no signal until the end of");
    tablet.press("Start AM");
    tablet.count_presses();
    tablet.shows("0 of 30");
    tablet.press("Cole, Jay: not here");
    tablet.press("Evans, Tom: not here");
    tablet.shows("Not here. The office will ring home.");
    tablet.press("Count heads");
    tablet.unlock("28");
    tablet.shows("They agree.");
    tablet.press("Mark 28 as V");
    assert!(tablet.presses() <= 7, "{} presses", tablet.presses());
    tablet.shows("28 of 30");
    tablet.shows("Counted 28");
    tablet.shows("they agree");
    assert!(tablet.said().contains("28 pupils marked V"), "{}", tablet.said());
    tablet.shows("No signal. Saving on this tablet.");
    assert!(school.stands(Session::Am, 1001).is_empty(), "no signal yet");
    tablet.sync();
    assert_eq!(school.stands(Session::Am, 1001), ["V"]);
    assert_eq!(school.stands(Session::Am, 1003), ["N"]);
    assert_eq!(school.stands(Session::Am, 1030), ["V"]);
    tablet.shows("School has all");
}

#[test]
fn a_blank_register_is_one_press_away_without_signal_and_holds_every_name() {
    let (_, mut tablet) = on_a_trip();
    tablet.press("Blank paper register");
    tablet.shows("York Museum · Mon 2 Mar · 30 pupils");
    tablet.shows("Name AM PM Abbott, Sara Adams, Ola");
    tablet.shows("N, Reason not yet established");
    assert!(tablet.offers("Print"));
    assert_eq!(tablet.html().matches("<td></td><td></td>").count(), 30);
}

#[test]
fn what_waits_is_dated_as_people_write_dates() {
    let (_, mut tablet) = on_a_trip();
    tablet.press("Start AM");
    tablet.press("Adams, Ola: no mark yet");
    tablet.press("No signal");
    tablet.shows("Adams, Ola Mon 2 Mar AM: V");
    tablet.hides("2026-03-02");
}

#[test]
fn a_count_that_differs_marks_nobody_and_names_who_may_be_missing() {
    let (school, mut tablet) = on_a_trip();
    tablet.press("Start AM");
    tablet.press("Cole, Jay: not here");
    tablet.press("Count heads");
    tablet.unlock("28");
    tablet.shows("28 counted, 29 expected.");
    tablet.shows("Nobody is marked by this count.");
    assert!(!tablet.offers("Mark "), "{:?}", tablet.names());
    tablet.press("Hill, Jay");
    tablet.press("Save count");
    tablet.shows("Counted 28, 29 expected");
    tablet.shows("Hill, Jay missing");
    tablet.shows("0 of 30");
    tablet.sync();
    assert!(school.stands(Session::Am, 1001).is_empty());
}

/// Two tablets on a trip of 30 in two coaches, of 15 each, both at the AM register.
fn in_two_coaches() -> (School, Device, Device) {
    let school = School::new();
    let mut first = Device::joined(&school, "a-shah", School::grant(Role::Teacher, &[]), "08:10");
    let mut second = Device::joined(&school, "m-lee", School::grant(Role::Teacher, &[]), "08:12");
    let coaches = [
        ("Coach A", "a-shah", 1001, 1015),
        ("Coach B", "m-lee", 1016, 1030),
    ];
    school.plan_trip_in_groups(
        "York Museum",
        1001..=1030,
        &[first.number, second.number],
        &coaches,
    );
    for tablet in [&mut first, &mut second] {
        tablet.sync();
        tablet.net = Net::Off;
        tablet.press("Start AM");
    }
    (school, first, second)
}

#[test]
fn the_group_that_is_shown_is_counted_and_marked_and_no_other() {
    let (school, mut tablet, _) = in_two_coaches();
    tablet.shows("0 of 30");
    tablet.press("Coach B");
    tablet.shows("Coach B, led by Marcus Lee");
    tablet.shows("0 of 15");
    tablet.hides("Cole, Jay");
    tablet.press("Patel, Ola: not here");
    tablet.press("Count heads");
    tablet.shows("Coach B · York Museum");
    tablet.unlock("14");
    tablet.shows("They agree.");
    tablet.press("Mark 14 as V");
    tablet.shows("14 of 15");
    tablet.shows("Counted 14");
    tablet.press("Everybody");
    tablet.shows("14 of 30");
    tablet.shows("No head count yet.");
    tablet.press("Coach A");
    tablet.shows("No head count of Coach A yet.");
    tablet.shows("0 of 15");
    tablet.sync();
    assert!(school.stands(Session::Am, 1001).is_empty());
    assert_eq!(school.stands(Session::Am, 1030), ["V"]);
}

#[test]
fn the_count_of_one_coach_neither_hides_nor_raises_the_alarm_of_another() {
    let (_, mut first, mut second) = in_two_coaches();
    first.press("Coach A");
    first.press("Count heads");
    first.unlock("14");
    first.press("Hill, Jay");
    first.press("Save count");
    first.shows("Counted 14, 15 expected");
    second.press("Coach B");
    second.press("Count heads");
    second.unlock("15");
    second.press("Mark 15 as V");
    for _ in 0..2 {
        first.sync();
        second.sync();
    }
    second.hides("15 expected");
    second.press("Everybody");
    second.shows("Coach A: Counted 14, 15 expected");
    second.shows("Hill, Jay missing");
    first.shows("Hill, Jay missing");
    first.press("Count heads");
    first.unlock("15");
    first.press("Mark 15 as V");
    first.hides("expected");
    first.press("Everybody");
    first.shows("30 of 30");
    first.hides("expected");
}

#[test]
fn a_trip_without_groups_shows_none() {
    let (_, mut tablet) = on_a_trip();
    tablet.press("Start AM");
    tablet.hides("Everybody");
    tablet.press("Count heads");
    tablet.hides("Everybody");
}

#[test]
fn who_was_missing_at_one_count_is_marked_by_the_next_one_that_agrees() {
    let (school, mut tablet) = on_a_trip();
    tablet.press("Start AM");
    tablet.press("Count heads");
    tablet.unlock("29");
    tablet.press("Hill, Jay");
    tablet.press("Save count");
    tablet.shows("Hill, Jay missing");
    tablet.press("Count heads");
    tablet.unlock("30");
    tablet.press("Mark 30 as V");
    tablet.shows("30 of 30");
    tablet.sync();
    assert_eq!(school.stands(Session::Am, 1008), ["V"]);
}

#[test]
fn the_first_mark_from_a_cold_start_without_signal_takes_six_presses() {
    let (_, mut tablet) = on_a_trip();
    tablet.restart();
    tablet.count_presses();
    tablet.unlock(TEACHER_PIN);
    tablet.press("Start AM");
    tablet.press("Adams, Ola: no mark yet");
    assert!(tablet.presses() <= 7, "{} presses", tablet.presses());
    tablet.shows("1 of 30");
    tablet.shows("Saved on this tablet");
    tablet.restart();
    tablet.unlock(TEACHER_PIN);
    tablet.press("Open AM");
    tablet.shows("1 of 30");
}

#[test]
fn who_left_the_group_keeps_the_morning_and_is_not_counted_until_they_are_back() {
    let (school, mut tablet) = on_a_trip();
    all_marked(&mut tablet);
    tablet.press("Adams, Ola, open");
    tablet.press("Mother");
    tablet.shows("Left with Mother");
    tablet.shows("27 of 29");
    tablet.press("Left 1");
    tablet.shows("Adams, Ola");
    tablet.press("All 30");
    tablet.press("Count again");
    tablet.shows("of 27");
    tablet.press("Back to the list");
    tablet.press("Back");
    tablet.press("Start PM");
    tablet.shows("0 of 29");
    tablet.press("Count heads");
    tablet.unlock("29");
    tablet.press("Mark 29 as V");
    tablet.sync();
    assert!(school.stands(Session::Pm, 1001).is_empty(), "the office chooses");
    assert_eq!(school.stands(Session::Am, 1001), ["V"], "the morning stays");
    tablet.press("Adams, Ola, open");
    tablet.press("Back with the group");
    tablet.shows("29 of 30");
    tablet.press("Adams, Ola: no mark yet");
    tablet.sync();
    assert_eq!(school.stands(Session::Pm, 1001), ["V"]);
}

#[test]
fn what_was_done_a_moment_ago_is_undone_by_one_press_that_names_it() {
    let (school, mut tablet) = on_a_trip();
    tablet.press("Start AM");
    tablet.press("Adams, Ola: not here");
    tablet.press("Begum, Sara: no mark yet");
    tablet.press("Undo: Begum, Sara: V");
    tablet.press("Undo: Adams, Ola: N");
    tablet.shows("0 of 30");
    assert!(!tablet.offers("Undo"));
    tablet.press("Begum, Sara: no mark yet");
    assert_eq!(tablet.alert(), "", "a slip that was taken back costs no reason");
    tablet.shows("1 of 30");
    tablet.wait_ms(10_500);
    assert!(!tablet.offers("Undo"), "it stands ten seconds");
    tablet.press("Count heads");
    tablet.unlock("30");
    tablet.press("Mark 29 as V");
    tablet.press("Undo: 29 pupils as V");
    tablet.shows("1 of 30");
    tablet.sync();
    assert_eq!(school.stands(Session::Am, 1002), ["V"]);
    assert!(school.stands(Session::Am, 1001).is_empty());
}

#[test]
fn what_the_disk_did_not_take_is_shown_by_no_page() {
    for disk in [Disk::FailsOnce, Disk::LosesPowerOnce] {
        let (_, mut tablet) = on_a_trip();
        tablet.press("Start AM");
        tablet.press("Adams, Ola: no mark yet");
        tablet.disk = disk;
        tablet.press("Begum, Sara: no mark yet");
        assert_eq!(tablet.screen(), "lock", "it starts anew from what is there");
        if disk == Disk::FailsOnce {
            tablet.shows("NOT saved");
        }
        tablet.unlock(TEACHER_PIN);
        tablet.press("Open AM");
        tablet.shows("1 of 30");
        tablet.press("Begum, Sara: no mark yet");
        tablet.shows("2 of 30");
    }
}

#[test]
fn a_mark_made_while_the_school_is_being_asked_is_kept_and_sent() {
    let (school, mut tablet) = on_a_trip();
    tablet.press("Start AM");
    tablet.press("Adams, Ola: no mark yet");
    tablet.net = Net::Slow;
    tablet.app.tick(true, tablet.now_ms);
    tablet.wait_ms(1_000);
    assert_eq!(tablet.on_the_way(), 1);
    tablet.press("Begum, Sara: no mark yet");
    tablet.press("Cole, Jay: not here");
    tablet.shows("2 of 30");
    while tablet.on_the_way() > 0 {
        tablet.let_answer();
        tablet.wait_ms(500);
    }
    tablet.shows("2 of 30");
    tablet.shows("School has all");
    assert_eq!(school.stands(Session::Am, 1001), ["V"]);
    assert_eq!(school.stands(Session::Am, 1002), ["V"]);
    assert_eq!(school.stands(Session::Am, 1003), ["N"]);
}

#[test]
fn two_adults_who_differ_about_one_child_are_told_and_the_child_counts_as_missing() {
    let school = School::new();
    let mut first = Device::joined(&school, "a-shah", School::grant(Role::Teacher, &[]), "08:10");
    let mut second = Device::joined(&school, "m-lee", School::grant(Role::Teacher, &[]), "08:12");
    school.plan_trip("York Museum", 1001..=1030, &[first.number, second.number]);
    first.sync();
    second.sync();
    (first.net, second.net) = (Net::Off, Net::Off);
    first.press("Start AM");
    first.press("Cole, Jay: not here");
    second.press("Start AM");
    second.press("Cole, Jay: no mark yet");
    first.sync();
    second.sync();
    first.sync();
    for tablet in [&first, &second] {
        tablet.shows("Two different marks");
        tablet.shows("Counted as missing.");
        tablet.shows("Missing 1");
    }
    assert_eq!(school.stands(Session::Am, 1003), ["N", "V"]);
}

#[test]
fn a_finger_that_taps_twice_marks_once_and_is_told_nothing() {
    let school = School::new();
    let mut tablet = Device::joined(&school, "m-lee", School::grant(Role::Teacher, &["5A"]), "08:30");
    tablet.press("Start AM");
    let names = tablet.names();
    let is_box = |name: &&String| name.contains("no mark yet, mark");
    let box_of = names.iter().find(is_box).expect("a box is empty").clone();
    tablet.press_twice(&box_of);
    assert_eq!(tablet.alert(), "");
    tablet.shows("1 of 4");
}
