//! What a trust is shown: sums, and no number by which a child could be recognised.

use daymark_core::attendance::Attendance;
use daymark_core::attendance::worklists::trust::{
    JoinError, SMALL_COUNT, School, TrustView, join, trust_view,
};
use daymark_core::ids::SchoolId;
use daymark_core::session::Session::Am;

use super::school::*;

/// A school of some pupils, of whom some missed half of their two sessions and some both.
fn school_of(pupils: u64, persistent: u64, severe: u64) -> Attendance {
    let mut attendance = register(pupils);
    for number in 1..=pupils {
        set_present(&mut attendance, number, "2025-09-08", "2025-09-12");
        if number <= persistent {
            set(&mut attendance, number, "2025-09-08", Am, "I");
        }
        if number <= severe {
            set_days(&mut attendance, number, ["2025-09-09", "2025-09-10"], "I");
        }
    }
    attendance
}

fn view_of(registers: &[Attendance]) -> TrustView {
    let rules = rules();
    let schools: Vec<School<'_>> = registers
        .iter()
        .zip(100_001..)
        .map(|(attendance, number)| School {
            school: SchoolId(number),
            attendance,
            rules: &rules,
        })
        .collect();
    trust_view(&schools, date("2025-09-12"))
}

#[test]
fn a_number_below_the_limit_is_shown_as_fewer_than_it() {
    let view = view_of(&[school_of(30, 12, 4), school_of(30, 5, 0), school_of(4, 0, 0)]);
    let words: Vec<[String; 3]> = view
        .schools
        .iter()
        .map(|(_, figures)| {
            [
                figures.pupils.to_string(),
                figures.persistently_absent.to_string(),
                figures.severely_absent.to_string(),
            ]
        })
        .collect();
    assert_eq!(words[0], ["30", "12", "fewer than 5"]);
    assert_eq!(words[1], ["30", "5", "fewer than 5"]);
    assert_eq!(words[2], ["fewer than 5", "fewer than 5", "fewer than 5"]);
    assert!(
        view.schools[2].1.sessions.is_none(),
        "the sessions of so few are theirs alone"
    );
    assert!(view.schools[0].1.sessions.is_some());
}

#[test]
fn a_total_does_not_give_away_what_a_school_withholds() {
    let view = view_of(&[school_of(30, 12, 9), school_of(30, 10, 10), school_of(4, 0, 0)]);
    assert_eq!(
        view.total.pupils.to_string(),
        "withheld",
        "one school alone is hidden: the total less the others would be it"
    );
    assert!(view.total.sessions.is_none());
    let view = view_of(&[school_of(30, 28, 0), school_of(30, 10, 10), school_of(30, 10, 10)]);
    assert_eq!(
        view.total.persistently_absent.to_string(),
        "withheld",
        "a large number too, where it alone is hidden"
    );
    let view = view_of(&[school_of(30, 3, 0), school_of(30, 4, 0), school_of(30, 10, 10)]);
    assert_eq!(view.total.persistently_absent.to_string(), "17");
    assert_eq!(
        view.total.severely_absent.to_string(),
        "withheld",
        "what two hide together is small"
    );
    assert_eq!(view.total.pupils.exactly(), Some(90));
}

#[test]
fn a_number_whose_rest_is_small_is_withheld() {
    let view = view_of(&[school_of(30, 28, 27)]);
    let figures = view.schools[0].1;
    assert_eq!(
        figures.persistently_absent.to_string(),
        "withheld",
        "two were there"
    );
    assert_eq!(figures.severely_absent.to_string(), "withheld");
    let all = view_of(&[school_of(30, 30, 30)]).schools[0].1;
    assert_eq!(all.persistently_absent.exactly(), Some(30));
}

#[test]
fn what_a_trust_is_given_holds_no_small_number() {
    let view = view_of(&[school_of(6, 4, 1), school_of(7, 5, 3)]);
    let json = serde_json::to_value(&view).expect("json");
    let mut numbers = Vec::new();
    collect(&json, &mut numbers);
    assert!(
        numbers
            .iter()
            .all(|number| *number == 0 || *number >= u64::from(SMALL_COUNT)),
        "{json}"
    );
}

fn collect(value: &serde_json::Value, numbers: &mut Vec<u64>) {
    match value {
        serde_json::Value::Number(number) => numbers.extend(number.as_u64()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, numbers)),
        serde_json::Value::Object(fields) => fields.values().for_each(|item| collect(item, numbers)),
        _ => {}
    }
}

/// What a school writes into a file, and a trust reads out of it.
fn through_a_file(number: u32, attendance: Attendance) -> TrustView {
    let mut view = view_of(&[attendance]);
    view.schools[0].0 = SchoolId(number);
    let file = serde_json::to_string(&view).expect("a file");
    let read: TrustView = serde_json::from_str(&file).expect("what was written is read");
    assert_eq!(read, view, "nothing is lost on the way");
    read
}

#[test]
fn files_of_several_schools_add_up_and_a_hidden_number_hides_its_total() {
    let big = through_a_file(100_001, school_of(30, 12, 6));
    let other = through_a_file(100_002, school_of(40, 20, 5));
    let joined = join(&[big.clone(), other.clone()]).expect("joined");
    assert_eq!(joined.schools.len(), 2);
    assert_eq!(joined.total.pupils.exactly(), Some(70));
    assert_eq!(joined.total.persistently_absent.exactly(), Some(32));
    assert_eq!(joined.total.severely_absent.exactly(), Some(11));
    let sessions = joined.total.sessions.expect("both show theirs");
    let one = big.total.sessions.expect("shown").possible();
    assert_eq!(
        sessions.possible(),
        one + other.total.sessions.expect("shown").possible()
    );

    let small = through_a_file(100_003, school_of(30, 2, 0));
    let joined = join(&[big.clone(), other, small]).expect("joined");
    assert_eq!(joined.total.pupils.exactly(), Some(100));
    assert_eq!(joined.total.persistently_absent.to_string(), "withheld");
    let again = join(&[joined, through_a_file(100_004, school_of(30, 12, 6))]).expect("a join of joins");
    assert_eq!(again.schools.len(), 4);

    assert_eq!(join(&[]), Err(JoinError::Nothing));
    assert_eq!(
        join(&[big.clone(), big.clone()]),
        Err(JoinError::Twice(SchoolId(100_001)))
    );
    let mut tomorrow = through_a_file(100_002, school_of(30, 12, 6));
    tomorrow.as_of = date("2025-09-13");
    assert!(matches!(join(&[big, tomorrow]), Err(JoinError::OtherDay { .. })));
}

#[test]
fn a_file_with_a_small_number_or_anything_of_a_pupil_is_not_read() {
    let view = view_of(&[school_of(30, 12, 6)]);
    let good = serde_json::to_string(&view).expect("a file");
    for (was, is, named) in [
        (
            "\"persistently_absent\":12",
            "\"persistently_absent\":3",
            "below 5",
        ),
        (
            "\"persistently_absent\":12",
            "\"persistently_absent\":\"some\"",
            "no number",
        ),
        (
            "\"pupils\":30",
            "\"pupils\":30,\"names\":[\"Ada Marsh\"]",
            "names",
        ),
    ] {
        assert!(good.contains(was), "{good}");
        let refused = serde_json::from_str::<TrustView>(&good.replace(was, is)).expect_err(is);
        assert!(refused.to_string().contains(named), "{refused}");
    }
}
