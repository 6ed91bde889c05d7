//! The way to the school: login pages, sessions that end, tablets that die or are lost.

mod common;

use common::{Device, Net, School, TEACHER_PIN};
use daymark_core::roster::Role;
use daymark_core::session::Session;

fn teacher(school: &School, person: &str) -> Device {
    Device::joined(school, person, School::grant(Role::Teacher, &["4B"]), "08:50")
}

#[test]
fn a_login_page_is_never_taken_for_the_school_and_the_mark_waits() {
    let school = School::new();
    let mut device = teacher(&school, "a-shah");
    device.net = Net::Portal;
    device.press("Start AM");
    device.press("Adams, Ola: no mark yet");
    device.wait_ms(2_000);
    device.press("School not reached");
    device.shows("such as the login page of a Wi-Fi");
    device.shows("1 mark is saved on this tablet");
    device.shows("Adams, Ola Mon 2 Mar AM: /");
    device.net = Net::On;
    device.press("Try now");
    device.wait_ms(2_000);
    device.shows("School has all");
    assert_eq!(school.stands(Session::Am, 1001), ["/"]);
}

#[test]
fn a_session_that_has_ended_is_opened_anew_without_a_word() {
    let school = School::new();
    let mut device = teacher(&school, "a-shah");
    device.press("Start AM");
    school.end_sessions();
    device.press("Adams, Ola: no mark yet");
    device.wait_ms(2_000);
    device.shows("School has all");
    assert_eq!(school.stands(Session::Am, 1001), ["/"]);
}

#[test]
fn without_signal_the_tries_become_rare_and_a_network_is_used_at_once() {
    let school = School::new();
    let mut device = teacher(&school, "a-shah");
    device.net = Net::Off;
    device.press("Start AM");
    device.press("Adams, Ola: no mark yet");
    let before = device.tries();
    for _ in 0..6 {
        device.wait_ms(10 * 60_000);
    }
    let tries = device.tries() - before;
    assert!((10..20).contains(&tries), "{tries} tries in an hour");
    device.unlock(TEACHER_PIN);
    device.shows("No signal. Saving on this tablet.");
    device.sync();
    device.shows("School has all");
}

#[test]
fn a_dying_tablets_marks_reach_the_school_by_another_tablet() {
    let school = School::new();
    let mut dying = teacher(&school, "a-shah");
    let mut other = teacher(&school, "m-lee");
    dying.net = Net::Off;
    dying.press("Start AM");
    dying.press("Adams, Ola: no mark yet");
    dying.press("Begum, Sara: not here");
    dying.press("No signal. Saving on this tablet.");
    dying.press("Hand over by code");
    dying.shows("Code 1 of 1");
    dying.press("Save as a file");
    let (name, file) = dying.saved.pop().expect("a file");
    assert_eq!(name, "2026-03-02.daymark");
    other.net = Net::Off;
    other.press("Nothing waits on this tablet");
    other.press("Take over");
    other.give_file(b"something else");
    assert_ne!(other.alert(), "", "it is refused in words");
    other.give_file(&file);
    other.shows("Taken over: 2 records. This tablet carries them to school.");
    other.sync();
    assert_eq!(school.stands(Session::Am, 1001), ["/"]);
    assert_eq!(school.stands(Session::Am, 1002), ["N"]);
    dying.sync();
    dying.press("Done");
    dying.shows("School has all");
}

#[test]
fn a_tablet_that_was_reported_lost_locks_itself_for_good_and_keeps_what_it_has() {
    let school = School::new();
    let mut device = teacher(&school, "a-shah");
    device.net = Net::Off;
    device.press("Start AM");
    device.press("Adams, Ola: no mark yet");
    let records = device.records();
    school.report_lost(device.number);
    device.sync();
    device.shows("This tablet was reported lost, and has locked itself.");
    device.hides("Adams");
    device.restart();
    device.hides("Adams");
    device.unlock(TEACHER_PIN);
    assert_eq!(device.screen(), "lock");
    device.shows("No PIN is left on this tablet");
    assert!(device.records() >= records, "nothing is deleted");
}

#[test]
fn what_the_school_tells_is_fetched_without_a_press() {
    let school = School::new();
    let mut device = teacher(&school, "a-shah");
    assert!(device.is_listening);
    school.plan_trip("York Museum", 1001..=1030, &[device.number]);
    device.wait_ms(5_000);
    device.hides("York Museum");
    device.hear(Some(b"event: poke\ndata: {}\n"));
    device.hides("York Museum");
    device.hear(Some(b"\n"));
    device.wait_ms(1_000);
    device.shows("York Museum");
    device.hear(None);
    assert!(!device.is_listening);
    device.wait_ms(10_000);
    assert!(device.is_listening, "a stream that ended is opened again");
}
