//! What other systems are given: marks since a watermark, and paper. A changed register is a longer log.

use daymark_core::ids::PupilNumber;
use daymark_core::item::Item;
use daymark_exchange::since::{SinceError, Watermark};
use daymark_server::office::export::{MarkNews, NewsError};
use daymark_server::office::paper::{PaperError, PupilWanted, RegisterWanted};

use crate::hub::hub;
use crate::school::{CLASS, DESK, GATE, MONDAY, School, date, made_up};

const CLASS_SHEET: &str = "sheet/2026-03-02/class:1B";

fn news(school: &School, since: Option<Watermark>) -> MarkNews {
    let (from, to) = (date(MONDAY), date("2026-03-03"));
    hub(school).marks_since(from, to, "123456", since).unwrap()
}

/// Pupil, date, code and state of each row.
fn rows(news: &MarkNews) -> Vec<(String, String, Option<String>, String)> {
    let rows = news.rows.iter();
    rows.map(|row| {
        (
            row.mis_id.clone(),
            row.date.clone(),
            row.code.clone(),
            row.state.clone(),
        )
    })
    .collect()
}

#[test]
fn an_export_without_a_watermark_has_everything_and_one_with_it_has_nothing_new() {
    let school = made_up();
    let first = news(&school, None);
    assert!(first.all && first.rows.len() >= 5, "{:?}", rows(&first));
    let again = news(&school, Some(first.next));
    assert!(!again.all && again.rows.is_empty(), "{:?}", rows(&again));
    assert_eq!(again.next, first.next);
    assert_eq!(first.next.to_string().parse(), Ok(first.next));
}

#[test]
fn what_was_marked_and_amended_since_is_given_again_and_nothing_else() {
    let mut school = School::new(4);
    let marks = school.mark(
        CLASS_SHEET,
        CLASS,
        "a-shah",
        &[(1042, "N"), (1043, "/"), (1044, "/")],
    );
    let first = news(&school, None);
    let codes: Vec<_> = rows(&first).into_iter().map(|row| row.2).collect();
    assert_eq!(codes, ["N", "/", "/"].map(|code| Some(code.to_owned())));

    school.mark("sheet/2026-03-02/gate", GATE, "g-hobbs", &[(1042, "L")]);
    let mut amended = school.entry("sheet/2026-03-02/office", DESK, "o-lane", 1044, "C");
    amended.supersedes.insert(marks[2]);
    amended.reason = Some("at a funeral".to_owned());
    school.write("sheet/2026-03-02/office", DESK, &Item::slips(&[amended]));
    let second = news(&school, Some(first.next));
    let changed: Vec<String> = rows(&second).into_iter().map(|row| row.0).collect();
    assert_eq!(changed, ["001042", "001044"]);
    assert_eq!(second.rows[1].code.as_deref(), Some("C"));
    // An older watermark still gives both: exports take nothing away.
    assert_eq!(rows(&news(&school, Some(first.next))), rows(&second));
}

#[test]
fn a_mark_that_was_taken_back_is_told_with_no_code() {
    let mut school = School::new(4);
    let marks = school.mark(CLASS_SHEET, CLASS, "a-shah", &[(1042, "/"), (1043, "/")]);
    let first = news(&school, None);
    let mut back = school.entry(CLASS_SHEET, CLASS, "a-shah", 1042, "");
    back.supersedes.insert(marks[0]);
    back.reason = Some("the wrong child".to_owned());
    school.write(CLASS_SHEET, CLASS, &Item::slips(&[back]));
    let second = news(&school, Some(first.next));
    let of = |code: Option<&str>, state: &str| {
        (
            "001042".to_owned(),
            MONDAY.to_owned(),
            code.map(str::to_owned),
            state.to_owned(),
        )
    };
    assert_eq!(rows(&second), [of(None, "no mark")]);
    let plain = hub(&school)
        .mark_rows(date(MONDAY), date(MONDAY), "123456")
        .unwrap();
    assert_eq!(plain.len(), 1, "the plain export lists what stands");
}

#[test]
fn a_sign_off_may_move_any_mark_of_its_day_so_all_of_them_are_given_again() {
    let mut school = School::new(4);
    school.mark(CLASS_SHEET, CLASS, "a-shah", &[(1042, "/"), (1043, "/")]);
    school.mark("sheet/2026-03-03/class:1B", CLASS, "a-shah", &[(1042, "/")]);
    let first = news(&school, None);
    school.sign_off(MONDAY);
    let second = news(&school, Some(first.next));
    let dates: Vec<String> = rows(&second).into_iter().map(|row| row.1).collect();
    assert_eq!(dates, [MONDAY, MONDAY]);
}

#[test]
fn a_watermark_of_a_longer_log_is_refused() {
    let mut school = made_up();
    let short = hub(&school);
    school.mark(CLASS_SHEET, CLASS, "a-shah", &[(1042, "/")]);
    let ahead = news(&school, None).next;
    let day = date(MONDAY);
    let refused = short.marks_since(day, day, "123456", Some(ahead));
    assert!(
        matches!(refused, Err(NewsError::Since(SinceError::Ahead { .. }))),
        "{refused:?}"
    );
}

#[test]
fn a_class_and_a_pupil_are_printed_and_what_is_not_there_is_named() {
    let hub = hub(&made_up());
    let register = |class: &str| {
        hub.register_pdf(&RegisterWanted {
            class: class.parse().unwrap(),
            from: date("2026-03-04"),
            blank: false,
        })
    };
    assert!(register("1B").unwrap().starts_with(b"%PDF-"));
    let nobody = register("9Z").unwrap_err().to_string();
    assert!(
        nobody.contains("class 9Z") && nobody.contains("not 0"),
        "{nobody}"
    );
    let pupil = |number| {
        hub.pupil_pdf(&PupilWanted {
            pupil: PupilNumber(number),
            from: date(MONDAY),
            to: date("2026-03-03"),
        })
    };
    assert!(pupil(1042).unwrap().starts_with(b"%PDF-"));
    assert!(matches!(pupil(9), Err(PaperError::NobodyThere(PupilNumber(9)))));
}
