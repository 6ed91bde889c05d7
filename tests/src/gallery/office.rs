//! The screens of the office.

use daymark_app::action::{Action, Fields, Screen, Span};
use daymark_core::ids::PupilNumber;
use daymark_core::roster::Role;
use daymark_core::session::Session;

use super::common::{Device, Net, School};
use super::{State, act, add, go};

/// How many worklists there are.
const WORKLISTS: u8 = 10;

pub(super) fn states(states: &mut Vec<State>) {
    let school = School::new();
    let today = School::date();
    let mut class = Device::joined(&school, "a-shah", School::grant(Role::Teacher, &["4B"]), "08:40");
    let mut second = Device::joined(&school, "m-lee", School::grant(Role::Teacher, &["4B"]), "08:40");
    let mut office = Device::joined(&school, "b-okafor", School::grant(Role::Office, &[]), "08:45");
    add(states, "board-morning", &office);
    go(&mut office, Screen::Decisions(today));
    add(states, "decisions-empty", &office);
    go(&mut office, Screen::AfterSignOff(today));
    add(states, "after-sign-off-empty", &office);
    for (tablet, not_here) in [(&mut class, "Evans, Tom"), (&mut second, "Diaz, Eva")] {
        tablet.net = Net::Off;
        tablet.press("Start AM");
        for name in [
            "Adams, Ola",
            "Begum, Sara",
            "Cole, Jay",
            "Diaz, Eva",
            "Evans, Tom",
            "Farah, Ola",
        ] {
            let what = if name == not_here {
                "not here"
            } else {
                "no mark yet"
            };
            tablet.press(&format!("{name}: {what}"));
        }
        tablet.sync();
    }
    office.sync();
    go(&mut office, Screen::Board(today));
    add(states, "board-decisions-owed", &office);
    go(&mut office, Screen::Decisions(today));
    add(states, "decisions-owed", &office);
    office.press("Use N");
    add(states, "decisions-chosen", &office);
    office.press("Spoke to the teacher");
    office.press("Save the decision");
    add(states, "decisions-next", &office);
    let span = Span {
        from: today,
        to: today,
    };
    go(&mut office, Screen::Amendments(span));
    add(states, "amendments", &office);
    go(&mut office, Screen::Pupils);
    add(states, "pupils", &office);
    office.search("cole");
    add(states, "pupils-found", &office);
    let pupil = PupilNumber(1003);
    go(&mut office, Screen::Pupil(pupil, None));
    add(states, "pupil", &office);
    go(&mut office, Screen::Pupil(pupil, Some((today, Session::Am))));
    add(states, "pupil-cell", &office);
    go(&mut office, Screen::SignOff(today, Session::Am));
    add(states, "sign-off", &office);
    act(
        &mut office,
        Action::SignOff(today, Session::Am),
        &Fields::default(),
    );
    go(&mut office, Screen::Board(today));
    add(states, "board-signed-off", &office);
    class.net = Net::Off;
    if class.offers("Grant, Sara: not here") {
        class.press("Grant, Sara: not here");
    }
    class.sync();
    office.sync();
    go(&mut office, Screen::AfterSignOff(today));
    add(states, "after-sign-off", &office);
    go(&mut office, Screen::Devices);
    add(states, "devices", &office);
    go(&mut office, Screen::Invite);
    add(states, "invite", &office);
    go(&mut office, Screen::Lost(2));
    add(states, "lost", &office);
    go(&mut office, Screen::Device(2));
    add(states, "device", &office);
    for list in 0..WORKLISTS {
        go(&mut office, Screen::Worklist(list));
        add(states, &format!("worklist-{list}"), &office);
    }
    go(&mut office, Screen::Rules);
    add(states, "rules", &office);
    go(&mut office, Screen::Exports);
    add(states, "exports", &office);
    go(&mut office, Screen::Import);
    add(states, "import", &office);
    let today_text = today.to_string();
    let sheet = Fields::of([
        ("class", "4B"),
        ("from", &today_text),
        ("date", &today_text),
        ("session", "AM"),
    ]);
    act(&mut office, Action::OpenSheet, &sheet);
    act(&mut office, Action::KeyRow("L".to_owned()), &Fields::default());
    add(states, "key-in", &office);
    office.net = Net::Off;
    go(&mut office, Screen::Sent);
    add(states, "sent-office", &office);
    let mut head = Device::joined(&school, "r-stone", School::grant(Role::Head, &[]), "10:00");
    add(states, "board-head", &head);
    go(&mut head, Screen::Decisions(today));
    add(states, "decisions-head", &head);
}
