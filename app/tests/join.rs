//! Joining a school, the recovery code, PINs, and locking.

mod common;

use common::{Device, Net, Order, School, TEACHER_PIN};
use daymark_core::roster::Role;
use daymark_core::session::Session;

fn join(device: &mut Device, link: &str, pin: &str) {
    device.fill_and_submit(
        "Join",
        &[
            ("invitation", link),
            ("who", "a-shah"),
            ("pin", pin),
            ("again", pin),
        ],
    );
}

fn teacher(school: &School) -> Device {
    Device::joined(school, "a-shah", School::grant(Role::Teacher, &["4B"]), "08:30")
}

/// Wrong digits, as many times as said.
fn try_wrong(device: &mut Device, times: usize) {
    for _ in 0..times {
        device.unlock("9173");
    }
}

#[test]
fn a_tablet_joins_by_the_link_and_shows_the_recovery_code_once() {
    let school = School::new();
    let mut device = Device::new(&school, "08:10");
    let link = school.invite("Class 4B", School::grant(Role::Teacher, &["4B"]));
    device.visit_link(&link);
    device.shows("The invitation came with the link.");
    device.fill_and_submit(
        "Join",
        &[("who", "a-shah"), ("pin", TEACHER_PIN), ("again", TEACHER_PIN)],
    );
    assert_eq!(device.screen(), "recovery");
    device.shows("It is shown this once.");
    let page = device.text();
    device.press("It is written down");
    assert_ne!(device.text(), page);
    device.sync();
    device.shows("Class 4B");
    device.shows("Asha Shah");
    device.restart();
    device.shows("Asha Shah");
    device.unlock(TEACHER_PIN);
    assert_eq!(device.screen(), "today", "the code is not shown again");
}

#[test]
fn another_school_than_the_invitations_is_refused_and_nothing_is_kept() {
    let school = School::new();
    let mut device = Device::new(&school, "08:10");
    let link = school.invite("Class 4B", School::grant(Role::Teacher, &["4B"]));
    let (secret, _) = link.split_once('/').expect("a fingerprint");
    join(&mut device, &format!("{secret}/AAAAA-BBBBB-CCCCC"), TEACHER_PIN);
    assert_eq!(device.screen(), "join");
    device.shows("This is not the school of the invitation");
    device.restart();
    assert_eq!(device.screen(), "join");
}

#[test]
fn an_invitation_that_is_used_up_and_two_pins_that_differ_are_said_in_words() {
    let school = School::new();
    let mut device = Device::new(&school, "08:10");
    let link = school.invite("Class 4B", School::grant(Role::Teacher, &["4B"]));
    device.fill_and_submit(
        "Join",
        &[
            ("invitation", &link),
            ("who", "a-shah"),
            ("pin", "4826"),
            ("again", "4827"),
        ],
    );
    device.shows("The two PINs differ");
    join(&mut device, &link, "1234");
    device.shows("everybody tries one such as");
    device.net = Net::Off;
    join(&mut device, &link, TEACHER_PIN);
    device.shows("No signal. Try again where there is one.");
    device.net = Net::On;
    join(&mut device, &link, TEACHER_PIN);
    assert_eq!(device.screen(), "recovery");
    let mut second = Device::new(&school, "08:12");
    join(&mut second, &link, TEACHER_PIN);
    second.shows("This invitation is used up");
}

#[test]
fn what_is_recorded_before_the_office_has_confirmed_is_kept_and_sent_after() {
    let school = School::new();
    school.order(Order::Wait);
    let mut device = teacher(&school);
    device.shows("Not confirmed yet.");
    device.shows("Names are not here yet");
    assert!(school.asked().iter().any(|path| path == "/v1/sync"));
    school.confirm(device.number);
    device.sync();
    device.hides("Not confirmed yet.");
    device.press("Start AM");
    device.press("Adams, Ola: no mark yet");
    device.wait_ms(2_000);
    assert_eq!(school.stands(Session::Am, 1001), ["/"]);
}

#[test]
fn tries_of_a_pin_are_counted_across_restarts() {
    let school = School::new();
    let mut device = teacher(&school);
    device.restart();
    try_wrong(&mut device, 2);
    let said = |device: &Device| {
        let text = device.text();
        let (_, rest) = text
            .split_once("Wrong PIN. ")
            .unwrap_or_else(|| panic!("no count: {text}"));
        rest.split(' ')
            .next()
            .and_then(|number| number.parse::<u32>().ok())
            .expect("a number")
    };
    let before = said(&device);
    device.restart();
    try_wrong(&mut device, 1);
    assert_eq!(said(&device), before - 1, "ending the browser gives no try back");
    device.unlock(TEACHER_PIN);
    assert_eq!(device.screen(), "today");
    device.restart();
    try_wrong(&mut device, 2);
    assert_eq!(said(&device), before, "a right one begins the count anew");
    try_wrong(&mut device, usize::try_from(before - 1).expect("few"));
    device.shows("1 try is left.");
    try_wrong(&mut device, 1);
    device.shows("No PIN is left on this tablet");
    device.unlock(TEACHER_PIN);
    device.shows("No PIN is left on this tablet");
}

#[test]
fn the_offices_code_opens_a_tablet_whose_pin_is_forgotten() {
    let school = School::new();
    let mut device = Device::new(&school, "08:10");
    let link = school.invite("Class 4B", School::grant(Role::Teacher, &["4B"]));
    join(&mut device, &link, TEACHER_PIN);
    let code = device.recovery_code();
    device.press("It is written down");
    device.sync();
    device.press("Start AM");
    device.press("Adams, Ola: no mark yet");
    device.restart();
    device.press("No PIN works");
    let wrong = "0000-0000-0000-0000-0000-0000-0000-0000";
    device.fill_and_submit("Open", &[("code", wrong), ("who", "a-shah"), ("pin", "5937")]);
    assert_eq!(device.screen(), "lock");
    device.fill_and_submit("Open", &[("code", &code), ("who", "a-shah"), ("pin", "5937")]);
    assert_eq!(device.screen(), "today");
    device.shows("1 of 30 marked");
    device.restart();
    device.unlock("5937");
    assert_eq!(device.screen(), "today");
}

#[test]
fn a_second_person_unlocks_with_their_own_pin_and_the_mark_is_theirs() {
    let school = School::new();
    let mut device = teacher(&school);
    device.press("Asha Shah");
    device.press("Give a colleague a PIN");
    device.fill_and_submit(
        "Give the PIN",
        &[("who", "m-lee"), ("pin", "7392"), ("again", "7392")],
    );
    device.shows("Marcus Lee Teaching Assistant");
    device.press("Lock for the next person");
    device.shows("Who is it?");
    device.press("Marcus Lee");
    device.unlock("4826");
    device.shows("Wrong PIN");
    assert!(device.alert().starts_with("Wrong PIN"), "{}", device.alert());
    device.unlock("7392");
    device.shows("Marcus Lee");
    device.press("Start AM");
    device.press("Adams, Ola: no mark yet");
    device.press("Adams, Ola, open");
    device.shows("Marcus Lee");
    device.press("Back");
    device.press("Begum, Sara: not here");
    assert!(device.said().contains("Begum"), "{}", device.said());
    device.wait_ms(125_000);
    assert_eq!(device.screen(), "lock", "nobody touches it for two minutes");
    assert_eq!((device.said(), device.alert()), ("", ""), "also to who hears it");
    device.hides("Adams");
    device.press("Asha Shah");
    device.unlock(TEACHER_PIN);
    assert_eq!(device.screen(), "today", "another person begins at the beginning");
}

#[test]
fn the_cover_hides_every_name_at_once_and_the_page_comes_back() {
    let school = School::new();
    let mut device = teacher(&school);
    device.press("Asha Shah");
    device.press("Cover the screen");
    device.shows("Covered");
    device.hides("Asha");
    device.hides("Hill Primary");
    device.unlock(TEACHER_PIN);
    assert_eq!(device.screen(), "me");
}

#[test]
fn a_store_that_the_browser_deleted_is_said_aloud() {
    let school = School::new();
    let mut device = teacher(&school);
    device.wipe();
    device.shows("This browser's store is gone.");
    device.shows("Marks that had not reached the school were on it.");
    let link = school.invite("Class 4B", School::grant(Role::Teacher, &["4B"]));
    join(&mut device, &link, TEACHER_PIN);
    device.press("It is written down");
    device.sync();
    device.shows("Class 4B");
}
