//! The screens of a tablet.

use daymark_app::action::{Action, Fields, Screen};
use daymark_core::roster::Role;

use super::common::{Device, Net, Order, School, TEACHER_PIN};
use super::{State, act, add, go};

pub(super) fn states(states: &mut Vec<State>) {
    joining(states);
    coach(states);
    groups(states);
    dispute(states);
    gate(states);
    visits(states);
}

fn joining(states: &mut Vec<State>) {
    let school = School::new();
    let mut device = Device::new(&school, "08:10");
    add(states, "join", &device);
    device.fill_and_submit(
        "Join",
        &[
            ("invitation", "x"),
            ("who", "a-shah"),
            ("pin", "1234"),
            ("again", "1234"),
        ],
    );
    add(states, "join-pin-too-easy", &device);
    device.wipe();
    add(states, "join-store-gone", &device);
    let link = school.invite("Coach A", School::grant(Role::Teacher, &["4B"]));
    device.visit_link(&link);
    add(states, "join-by-link", &device);
    school.order(Order::Wait);
    let mut device = Device::new(&school, "08:10");
    let link = school.invite("Coach B", School::grant(Role::Teacher, &["4B"]));
    let fields = [
        ("invitation", link.as_str()),
        ("who", "m-lee"),
        ("pin", TEACHER_PIN),
        ("again", TEACHER_PIN),
    ];
    device.fill_and_submit("Join", &fields);
    add(states, "recovery", &device);
    device.press("It is written down");
    add(states, "today-not-confirmed", &device);
}

fn groups(states: &mut Vec<State>) {
    let school = School::new();
    let mut tablet = Device::joined(&school, "a-shah", School::grant(Role::Teacher, &[]), "08:10");
    let two = [
        ("Coach A", "a-shah", 1001, 1015),
        ("Coach B", "m-lee", 1016, 1030),
    ];
    school.plan_trip_in_groups("York Museum", 1001..=1030, &[tablet.number], &two);
    tablet.sync();
    tablet.press("Start AM");
    add(states, "register-groups", &tablet);
    tablet.press("Coach A");
    add(states, "register-one-group", &tablet);
    tablet.press("Count heads");
    add(states, "count-one-group", &tablet);
}

fn coach(states: &mut Vec<State>) {
    let school = School::new();
    let class = Device::joined(&school, "m-lee", School::grant(Role::Teacher, &["5A"]), "08:10");
    add(states, "today-class", &class);
    let mut tablet = Device::joined(&school, "a-shah", School::grant(Role::Teacher, &[]), "08:10");
    school.plan_trip("York Museum", 1001..=1030, &[tablet.number]);
    tablet.sync();
    add(states, "today-trip", &tablet);
    tablet.net = Net::Off;
    tablet.press("Start AM");
    add(states, "register-blank", &tablet);
    tablet.press("Cole, Jay: not here");
    tablet.press("Evans, Tom: not here");
    tablet.press("Adams, Ola: no mark yet");
    add(states, "register-some", &tablet);
    tablet.press("Not yet");
    add(states, "register-not-yet", &tablet);
    tablet.press("All");
    tablet.press("Count heads");
    add(states, "count-empty", &tablet);
    tablet.unlock("27");
    add(states, "count-differs", &tablet);
    tablet.press("Delete the last digit");
    tablet.press("8");
    add(states, "count-agrees", &tablet);
    tablet.press("Mark 27 as V");
    add(states, "register-counted", &tablet);
    tablet.press("Begum, Sara, open");
    add(states, "row-marked", &tablet);
    tablet.press("Back");
    tablet.press("Cole, Jay, open");
    add(states, "row-not-here", &tablet);
    tablet.press("Back");
    tablet.press("Diaz, Eva, open");
    tablet.press("Mother");
    add(states, "register-left-the-group", &tablet);
    tablet.press("Diaz, Eva, open");
    add(states, "row-left", &tablet);
    tablet.press("Back");
    tablet.press("Left 1");
    add(states, "register-left-alone", &tablet);
    tablet.press("All");
    go(&mut tablet, Screen::Sent);
    add(states, "sent-no-signal", &tablet);
    go(&mut tablet, Screen::HandOver);
    add(states, "hand-over", &tablet);
    go(&mut tablet, Screen::TakeOver);
    add(states, "take-over", &tablet);
    act(&mut tablet, Action::Scan(true), &Fields::default());
    add(states, "take-over-camera", &tablet);
    act(&mut tablet, Action::Scan(false), &Fields::default());
    go(&mut tablet, Screen::Paper);
    add(states, "paper", &tablet);
    go(&mut tablet, Screen::Me);
    add(states, "me", &tablet);
    act(&mut tablet, Action::Cover, &Fields::default());
    add(states, "cover", &tablet);
    tablet.unlock("11");
    add(states, "lock-typing", &tablet);
    tablet.unlock("11");
    add(states, "lock-wrong-pin", &tablet);
    tablet.unlock(TEACHER_PIN);
    tablet.sync();
    go(&mut tablet, Screen::Sent);
    add(states, "sent-all", &tablet);
    tablet.restart();
    add(states, "lock", &tablet);
    tablet.press("Somebody else");
    add(states, "lock-who", &tablet);
    tablet.press("No PIN works");
    add(states, "lock-recovery", &tablet);
}

/// Two adults mark one child differently.
fn dispute(states: &mut Vec<State>) {
    let school = School::new();
    let mut tablets = ["a-shah", "m-lee"]
        .map(|who| Device::joined(&school, who, School::grant(Role::Teacher, &[]), "08:10"));
    let numbers: Vec<u32> = tablets.iter().map(|tablet| tablet.number).collect();
    school.plan_trip("York Museum", 1001..=1012, &numbers);
    for tablet in &mut tablets {
        tablet.sync();
        tablet.net = Net::Off;
        tablet.press("Start AM");
    }
    let [first, second] = &mut tablets;
    first.press("Evans, Tom: no mark yet");
    second.press("Evans, Tom: not here");
    for tablet in &mut tablets {
        tablet.sync();
    }
    let [first, _] = &mut tablets;
    first.sync();
    add(states, "register-two-marks", first);
    first.press("Evans, Tom, open");
    add(states, "row-two-marks", first);
    first.press("Back");
    first.press("Missing");
    add(states, "register-missing", first);
}

fn gate(states: &mut Vec<State>) {
    let school = School::new();
    let mut tablet = Device::joined(&school, "g-holt", School::grant(Role::Gate, &[]), "08:30");
    add(states, "today-gate", &tablet);
    tablet.press("Open gate");
    add(states, "gate-early", &tablet);
    let again = |tablet: &mut Device, time: &str| {
        tablet.wait_until(time);
        if tablet.screen() == "lock" {
            tablet.unlock(TEACHER_PIN);
        }
        if tablet.screen() == "today" {
            tablet.press("Open gate");
        }
    };
    again(&mut tablet, "08:52");
    add(states, "gate-classes", &tablet);
    tablet.press("Class 4B");
    add(states, "gate-names", &tablet);
    for name in [
        "Cole, Jay",
        "Adams, Ola",
        "Evans, Tom",
        "Farah, Ola",
        "Begum, Sara",
    ] {
        if tablet.offers(name) {
            tablet.press(name);
        }
    }
    add(states, "gate-came", &tablet);
    go(&mut tablet, Screen::GateFind);
    add(states, "gate-find-empty", &tablet);
    tablet.search("ma");
    add(states, "gate-find-some", &tablet);
    tablet.press("Back");
    tablet.press("Cole, Jay L: came already");
    add(states, "gate-reason", &tablet);
    tablet.press("Traffic");
    tablet.press("Just time");
    add(states, "gate-just-time", &tablet);
    again(&mut tablet, "09:14");
    add(states, "gate-near-the-close", &tablet);
    again(&mut tablet, "09:16");
    add(states, "gate-closed", &tablet);
}

fn visits(states: &mut Vec<State>) {
    let school = School::new();
    let mut tablet = Device::joined(&school, "g-holt", School::grant(Role::Team, &[]), "09:30");
    add(states, "today-visits", &tablet);
    tablet.press("Open list");
    add(states, "visits-empty", &tablet);
    tablet.search("cole, j");
    add(states, "visits-found", &tablet);
    tablet.press("Cole, Jay");
    add(states, "visit-start", &tablet);
    tablet.press("Begin the visit");
    add(states, "visit-start-incomplete", &tablet);
    tablet.press("Worry about the child");
    tablet.press("Peter Dunn");
    tablet.press("Begin the visit");
    add(states, "visit-begun", &tablet);
    tablet.press("Arrived");
    add(states, "visit-at-the-door", &tablet);
    tablet.press("Saw Jay through a window");
    add(states, "visit-seen-through-a-window", &tablet);
    tablet.press("My account");
    add(states, "account", &tablet);
    tablet.press("Back");
    tablet.press("Back safe");
    add(states, "visit-back-safe", &tablet);
    tablet.press("Back");
    add(states, "visits-open", &tablet);
}
