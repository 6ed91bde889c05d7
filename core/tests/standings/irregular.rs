//! Irregular entries, each by name.

use daymark_core::entry::{Duty, Entry, Particulars};
use daymark_core::fold::{DayFold, Irregularity, Rules};
use daymark_core::ids::PupilNumber;
use daymark_core::record::{self, RecordError};
use daymark_core::session::{Date, Session};

use super::expected::recorded;
use crate::common::*;

fn moves_nothing(others: &[&Entry], odd: &Entry) -> Irregularity {
    let mut all = others.to_vec();
    all.push(odd);
    let day = day_of(&all);
    let fold = day.cell(&odd.cell).unwrap();
    assert!(!fold.candidates.contains(&odd.id()));
    assert_eq!(fold.candidates, ids(others), "it takes nothing out either");
    let found: Vec<_> = fold
        .irregular
        .iter()
        .filter(|found| found.entry == odd.id())
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].why.moves_nothing());
    found[0].why.clone()
}

#[test]
fn a_retired_code_is_named_with_its_replacement() {
    let why = moves_nothing(&[], &entry(&class(), "H"));
    assert!(matches!(why, Irregularity::Code { .. }));
    assert!(why.to_string().contains("retired"), "{why}");
    let old = Date::from_ymd(2023, 3, 2).unwrap();
    let mut then = entry(&class(), "H");
    then.cell.date = old;
    then.recorded_at = old.start_unix_seconds();
    let day = DayFold::of(old, Rules::default(), [then.clone()], []);
    assert_eq!(day.cell(&then.cell).unwrap().standing, recorded("H"));
}

#[test]
fn an_unknown_code_and_a_code_of_the_other_session_are_named() {
    assert!(
        moves_nothing(&[], &entry(&class(), "~~"))
            .to_string()
            .contains("~~")
    );
    let why = moves_nothing(&[], &entry(&class(), "\\"));
    assert!(why.to_string().contains("AM"), "{why}");
    let afternoon = entry(&class(), "/").at(cell_of(Session::Pm, PUPIL));
    assert!(moves_nothing(&[], &afternoon).to_string().contains("PM"));
}

#[test]
fn v_without_a_visit_l_without_a_time_and_b_without_its_nature_are_named() {
    for (text, needs) in [
        ("V", "visit"),
        ("L", "time of arrival"),
        ("U", "time of arrival"),
        ("B", "nature"),
    ] {
        let mut bare = entry(&class(), text);
        bare.particulars = Particulars::default();
        let why = moves_nothing(&[], &bare);
        assert!(why.to_string().contains(needs), "{why}");
        let refused = record::mark(
            &day_of(&[]),
            &author(&class()),
            Session::Am,
            PUPIL,
            &record::Mark {
                code: code(text),
                particulars: Particulars::default(),
                reason: None,
            },
        );
        assert!(matches!(refused, Err(RecordError::Missing { .. })), "{refused:?}");
    }
}

#[test]
fn replacing_what_another_duty_marked_is_named() {
    let gate = entry(&Duty::Gate, "L");
    let why = moves_nothing(&[&gate], &entry(&class(), "N").instead_of(&[&gate]));
    assert!(matches!(why, Irregularity::OutsideDuty { .. }));
}

#[test]
fn replacing_what_is_not_here_is_named_until_it_arrives() {
    let absent = entry(&class(), "N");
    let change = entry(&Duty::Office, "I").instead_of(&[&absent]);
    let why = moves_nothing(&[], &change);
    assert!(matches!(why, Irregularity::UnknownOriginal { entry } if entry == absent.id()));
    assert_eq!(standing_of(&[&absent, &change]), recorded("I"));
    let other_cell = absent.clone().at(cell_of(Session::Am, PupilNumber(5)));
    let change = entry(&Duty::Office, "I").instead_of(&[&other_cell]);
    let day = day_of(&[&other_cell, &change]);
    assert!(matches!(
        day.cell(&am()).unwrap().irregular[0].why,
        Irregularity::UnknownOriginal { .. }
    ));
    assert_eq!(day.cell(&other_cell.cell).unwrap().standing, recorded("N"));
}

#[test]
fn taking_back_nothing_is_named() {
    let mut nothing = entry(&class(), "/");
    nothing.code = None;
    assert_eq!(moves_nothing(&[], &nothing), Irregularity::NothingTakenBack);
}

#[test]
fn naming_a_sign_off_is_for_the_office_and_of_this_session() {
    let signed = sign_off_of(1, &[]);
    let why = |entry: &Entry, with: &[&daymark_core::fold::SignedOff]| {
        let day = signed_day(&[entry], with);
        let fold = day.cell(&am()).unwrap();
        assert!(fold.candidates.is_empty());
        fold.irregular[0].why.clone()
    };
    assert_eq!(
        why(&entry(&class(), "/").knowing(&signed), &[&signed]),
        Irregularity::SignOffNotOffice
    );
    assert_eq!(
        why(&entry(&Duty::Office, "/").knowing(&signed), &[]),
        Irregularity::UnknownSignOff { sign_off: signed.id }
    );
    let mut of_the_afternoon = sign_off_of(2, &[]);
    of_the_afternoon.session = Session::Pm;
    let odd = entry(&Duty::Office, "/").knowing(&of_the_afternoon);
    assert!(matches!(
        why(&odd, &[&of_the_afternoon]),
        Irregularity::UnknownSignOff { .. }
    ));
}

#[test]
fn a_clock_a_year_off_is_a_remark_and_the_mark_stands() {
    let mut off = entry(&class(), "/");
    off.recorded_at -= 366 * 86_400;
    let fold = fold_of(&[&off]);
    assert_eq!(fold.standing, recorded("/"));
    assert!(
        matches!(fold.irregular[0].why, Irregularity::Clock { days: -366 }),
        "{:?}",
        fold.irregular
    );
    for extreme in [i64::MIN, i64::MAX] {
        off.recorded_at = extreme;
        assert_eq!(standing_of(&[&off]), recorded("/"));
    }
}

#[test]
fn irregular_entries_supersede_nothing_and_can_be_superseded() {
    let bad = entry(&class(), "H");
    let put_right = entry(&class(), "/").instead_of(&[&bad]);
    let day = day_of(&[&bad, &put_right]);
    assert_eq!(day.cell(&am()).unwrap().standing, recorded("/"));
    assert_eq!(day.cell(&am()).unwrap().irregular.len(), 1, "it stays on show");
}
