//! After a storm everybody agrees, and syncing again moves nothing.

use std::collections::BTreeMap;

use daymark_tests::support::{Dice, School, Tablet};
use serde_json::Value;

/// Session and pupil: state and code.
type Register = BTreeMap<(&'static str, u64), (String, String)>;

const SESSIONS: [&str; 2] = ["AM", "PM"];

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn at_the_server(school: &School) -> Register {
    let mut register = Register::new();
    for session in SESSIONS {
        let day = school.day(session).value();
        for row in day["rows"].as_array().expect("rows") {
            let pupil = row["pupil"].as_u64().expect("a number");
            register.insert((session, pupil), (text(&row["state"]), text(&row["code"])));
        }
    }
    register
}

/// What an office tablet shows, with the words of each state put back to their names.
fn on_a_tablet(tablet: &Tablet) -> Register {
    let mut register = Register::new();
    for session in SESSIONS {
        for row in tablet.rows("18:00", &["--session", session]) {
            let said = row["words"].to_string();
            let state = if said.contains("Two different marks") {
                "disputed"
            } else if said.contains("by rule") {
                "settled"
            } else if said.contains("several people say the same") {
                "agreed"
            } else if said.contains("No mark yet") {
                "blank"
            } else {
                "recorded"
            };
            let pupil = row["pupil"].as_u64().expect("a number");
            register.insert((session, pupil), (state.to_owned(), text(&row["code"])));
        }
    }
    register
}

struct Hand {
    tablet: Tablet,
    by: &'static str,
    codes: &'static [&'static str],
}

/// Marks at random and syncs now and then, as if the line came and went.
fn work(hand: &Hand, seed: u64) {
    let mut dice = Dice::new(seed);
    for step in 0..7 {
        let time = format!("{:02}:{:02}", 8 + step / 3, 10 + step * 5);
        let pupils: Vec<u64> = (1001..=1008).filter(|_| dice.below(2) == 0).collect();
        let code = *dice.pick(hand.codes);
        if !pupils.is_empty() {
            // Some of it is refused, as where nothing would change.
            let marked =
                hand.tablet
                    .by(hand.by, &time)
                    .mark("AM", code, &pupils, &["--reason", "Looked again"]);
            assert!(matches!(marked.code, 0 | 3), "{marked:?}");
        }
        if dice.below(3) > 0 {
            hand.tablet.sync(&time);
        }
    }
}

#[test]
fn after_a_storm_the_office_tablets_and_the_server_agree_and_a_second_sync_moves_nothing() {
    let school = School::open();
    let hand = |name: &str, role: &str, classes: &[&str], by, codes| Hand {
        tablet: school.ready(name, role, classes),
        by,
        codes,
    };
    let hands = [
        hand("Class 4B", "teacher", &["4B"], "t-quill", &["/", "N"]),
        hand("Class 4B spare", "teacher", &["4B"], "m-lee", &["/", "N"]),
        hand("East gate", "gate", &[], "g-hobbs", &["L", "U"]),
        hand("West gate", "gate", &[], "m-lee", &["L"]),
        hand("Office", "office", &[], "j-roe", &["I", "M"]),
        hand("Office spare", "office", &[], "j-roe", &["I", "C"]),
    ];
    // Whatever the storm does to the others: these pupils are recorded, agreed and disputed.
    let mark = |hand: &Hand, code, pupils: &[u64]| {
        hand.tablet
            .by(hand.by, "08:05")
            .mark("AM", code, pupils, &[])
            .done()
    };
    mark(&hands[2], "L", &[1009, 1010, 1011]);
    mark(&hands[3], "L", &[1010]);
    mark(&hands[4], "I", &[1011]);
    std::thread::scope(|scope| {
        for (seed, hand) in (1..).zip(&hands) {
            scope.spawn(move || work(hand, seed));
        }
    });
    for _ in 0..2 {
        for hand in &hands {
            hand.tablet.sync("17:00");
        }
    }

    let server = at_the_server(&school);
    let states: std::collections::BTreeSet<&str> = server.values().map(|(state, _)| state.as_str()).collect();
    for state in ["recorded", "agreed", "disputed", "blank"] {
        assert!(states.contains(state), "{states:?}");
    }
    let late = school.ready("Office, cold", "office", &[]);
    for tablet in [&hands[4].tablet, &hands[5].tablet, &late] {
        assert_eq!(on_a_tablet(tablet), server);
    }

    let journal = std::fs::read(school.journal()).expect("the journal");
    for hand in &hands {
        assert_eq!(hand.tablet.pending(), 0);
        let again = hand.tablet.sync("17:30");
        for (what, count) in [
            ("stored", 0),
            ("had", 0),
            ("received", 0),
            ("fetched_again", 0),
            ("school_behind", 0),
        ] {
            assert_eq!(again[what], count, "{what}: {again}");
        }
        assert_eq!(again["rounds"], 1, "{again}");
    }
    assert!(
        std::fs::read(school.journal()).expect("the journal") == journal,
        "not a byte was written"
    );
    assert_eq!(at_the_server(&school), server);
}
