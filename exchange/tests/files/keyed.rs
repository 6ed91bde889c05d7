//! Sheets that are keyed back. The goal: no mark lands on another child, and a file with a fault gives no marks at all.

use daymark_core::code::{Code, Particular};
use daymark_core::ids::PupilNumber;
use daymark_core::session::Date;
use daymark_exchange::keyed::{KeyedError, KeyedMark, read_keyed};
use daymark_exchange::paper::PaperSheet;
use proptest::prelude::*;

fn sheet_of(class: &str, first: &str, pupils: &[u64]) -> PaperSheet {
    let first: Date = first.parse().expect("a date");
    let days = (0..5).filter_map(|day| first.plus(day)).collect();
    let pupils = pupils.iter().map(|number| PupilNumber(*number)).collect();
    PaperSheet::new(class.parse().expect("a class"), days, pupils).expect("a sheet")
}

fn sheet() -> PaperSheet {
    sheet_of("4B", "2026-03-02", &[7, 42, 1042])
}

fn keyed(body: &str) -> Result<Vec<KeyedMark>, KeyedError> {
    let sheet = sheet();
    read_keyed(&format!("sheet {}\n{body}", sheet.code()), &sheet)
}

fn faults(body: &str) -> Vec<(usize, Option<usize>, String)> {
    match keyed(body) {
        Err(KeyedError::Faults(faults)) => faults
            .into_iter()
            .map(|fault| (fault.line, fault.row, fault.remedy))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_session_is_read_row_by_row() {
    let marks =
        keyed("\n2026-03-02 AM\n1 /\n2 l 9:05\n3 B taster day at college\n2026-03-03 pm\n1 -\n2 \\\n3 V\n")
            .expect("marks");
    let seen: Vec<_> = marks
        .iter()
        .map(|mark| (mark.row, mark.cell.to_string(), mark.code.to_string()))
        .collect();
    let of = |row, cell: &str, code: &str| (row, cell.to_owned(), code.to_owned());
    assert_eq!(
        seen,
        [
            of(1, "pupil 7 2026-03-02 AM", "/"),
            of(2, "pupil 42 2026-03-02 AM", "L"),
            of(3, "pupil 1042 2026-03-02 AM", "B"),
            of(2, "pupil 42 2026-03-03 PM", "\\"),
            of(3, "pupil 1042 2026-03-03 PM", "V"),
        ]
    );
    assert_eq!(
        marks[1]
            .particulars
            .arrived_at
            .map(|time| time.to_string())
            .as_deref(),
        Some("09:05")
    );
    assert_eq!(
        marks[2].particulars.nature.as_deref(),
        Some("taster day at college")
    );
    assert_eq!(marks[4].lacks, [Particular::Visit, Particular::Supervisor]);
    assert!(marks[..4].iter().all(|mark| mark.lacks.is_empty()));
}

#[test]
fn another_sheet_is_found_before_a_row_is_looked_at() {
    let ours = sheet();
    for (other, words) in [
        (
            sheet_of("4C", "2026-03-02", &[7, 42, 1042]),
            "another class than 4B",
        ),
        (
            sheet_of("4B", "2026-03-09", &[7, 42, 1042]),
            "begins on 2026-03-09",
        ),
        (
            sheet_of("4B", "2026-03-02", &[7, 42, 1043]),
            "older or newer version",
        ),
        (
            sheet_of("4B", "2026-03-02", &[42, 7, 1042]),
            "older or newer version",
        ),
    ] {
        let text = format!("sheet {}\n2026-03-02 AM\n1 ?\n2 ?\n3 ?\n", other.code());
        let error = read_keyed(&text, &ours).expect_err("another sheet");
        assert!(matches!(error, KeyedError::WrongSheet(_)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let mistyped = "sheet AAAA-AAAA-AAAB\n2026-03-02 AM\n1 /\n2 /\n3 /\n";
    assert!(matches!(read_keyed(mistyped, &ours), Err(KeyedError::Code(_))));
    for none in ["", "\n\n", "2026-03-02 AM\n1 /\n"] {
        assert!(matches!(read_keyed(none, &ours), Err(KeyedError::NoSheet { .. })));
    }
}

#[test]
fn a_list_of_the_wrong_length_gives_no_marks() {
    for (body, line, row) in [
        ("2026-03-02 AM\n1 /\n2 /\n", 2, Some(3)),
        ("2026-03-02 AM\n1 /\n2 /\n3 /\n4 /\n", 6, Some(4)),
        ("2026-03-02 AM\n1 /\n3 /\n", 4, Some(3)),
        ("2026-03-02 AM\n1 /\n1 /\n2 /\n3 /\n", 4, Some(1)),
        ("2026-03-02 AM\n0 /\n1 /\n2 /\n3 /\n", 3, Some(0)),
        ("2026-03-02 AM\n", 2, Some(1)),
        ("2026-03-02 AM\n1 /\n2 /\n3 /\n2026-03-02 PM\n1 \\\n", 6, Some(2)),
    ] {
        let found = faults(body);
        assert!(
            found.iter().any(|fault| (fault.0, fault.1) == (line, row)),
            "{body}: {found:?}"
        );
    }
    assert_eq!(faults("")[0].2, "no session was keyed");
}

#[test]
fn sessions_that_are_not_of_the_sheet_give_no_marks() {
    for (body, line, words) in [
        ("2026-03-07 AM\n1 /\n2 /\n3 /\n", 2, "no day of the sheet"),
        (
            "2026-03-02 AM\n1 /\n2 /\n3 /\n2026-03-02 AM\n1 /\n2 /\n3 /\n",
            6,
            "keyed twice",
        ),
        ("1 /\n2026-03-02 AM\n1 /\n2 /\n3 /\n", 2, "key the session first"),
        ("Monday\n1 /\n", 2, "key a row"),
    ] {
        let found = faults(body);
        assert!(
            found
                .iter()
                .any(|fault| fault.0 == line && fault.2.contains(words)),
            "{body}: {found:?}"
        );
    }
}

#[test]
fn every_fault_of_a_row_is_told_with_the_row() {
    let found = faults("2026-03-02 AM\n1 \\\n2 L\n3 ZZ\n2026-03-02 PM\n1 \\ 09:05\n2 B\n3 Y\n");
    let rows: Vec<_> = found.iter().map(|fault| (fault.0, fault.1)).collect();
    assert_eq!(
        rows,
        [
            (3, Some(1)),
            (4, Some(2)),
            (5, Some(3)),
            (7, Some(1)),
            (8, Some(2)),
            (9, Some(3))
        ]
    );
    for (at, words) in [
        (0, "use / there"),
        (1, "time of arrival"),
        (2, "not a register code"),
        (3, "nothing stands beside"),
        (4, "activity or cause"),
        (5, "retired"),
    ] {
        assert!(found[at].2.contains(words), "{:?}", found[at]);
    }
    let error = keyed("2026-03-02 AM\n1 /\n2 L\n3 /\n").expect_err("one fault");
    assert_eq!(
        error.to_string(),
        "nothing was taken: line 4, row 2: L needs the time of arrival: key it as in `2 L 09:05`"
    );
}

#[test]
fn a_time_is_read_as_it_is_keyed_and_no_other_way() {
    for (text, time) in [
        ("09:05", "09:05"),
        ("9:05", "09:05"),
        ("0905", "09:05"),
        ("13:59", "13:59"),
    ] {
        let marks = keyed(&format!("2026-03-02 AM\n1 U {text}\n2 -\n3 -\n")).expect(text);
        assert_eq!(marks[0].code, Code::AFTER_CLOSING);
        assert_eq!(
            marks[0]
                .particulars
                .arrived_at
                .map(|time| time.to_string())
                .as_deref(),
            Some(time)
        );
    }
    for bad in [
        "", "905", "9.05", "24:00", "09:5", "09:05:1", "090:5", "é905", "09:05 x",
    ] {
        assert!(
            keyed(&format!("2026-03-02 AM\n1 U {bad}\n2 -\n3 -\n")).is_err(),
            "{bad}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader_and_marks_are_of_the_sheet(body in "(2026-03-0[2-8] (AM|PM)|[0-5] [/LVUB\\\\é-]( 09:05| x)?|\\PC{0,6}|\n){0,40}") {
        if let Ok(marks) = keyed(&body) {
            let sheet = sheet();
            for mark in marks {
                prop_assert_eq!(sheet.pupils()[mark.row - 1], mark.cell.pupil);
                prop_assert!(sheet.days().contains(&mark.cell.date));
            }
        }
    }
}
