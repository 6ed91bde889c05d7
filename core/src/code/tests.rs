use std::collections::{BTreeMap, BTreeSet};

use super::table::{AUGUST_2024, BEFORE_AUGUST_2024, F_LAST};
use super::*;
use crate::session::{Date, Session};

fn code(text: &str) -> Code {
    text.parse().expect(text)
}

fn day(text: &str) -> Date {
    text.parse().expect(text)
}

fn set(text: &str) -> BTreeSet<Code> {
    text.split(' ').map(code).collect()
}

fn in_force(date: &str, wanted: impl Fn(&CodeRow) -> bool) -> BTreeSet<Code> {
    let date = day(date);
    rows()
        .iter()
        .filter(|row| row.in_force_on(date) && wanted(row))
        .map(|row| row.symbol)
        .collect()
}

fn all_where(wanted: impl Fn(Code) -> bool) -> BTreeSet<Code> {
    rows()
        .iter()
        .map(|row| row.symbol)
        .filter(|code| wanted(*code))
        .collect()
}

#[test]
fn any_one_or_two_printable_characters_are_a_code_and_nothing_else_is() {
    for text in ["/", "\\", "#", "Y7", "v", "!?", "@"] {
        assert_eq!(code(text).to_string(), text);
        assert_eq!(Code::from_bytes(text.as_bytes()), Some(code(text)));
    }
    for bad in ["", " ", "Y ", " /", "I01", "é", "L\0", "\t", "\u{7f}"] {
        assert!(bad.parse::<Code>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_code_is_text_in_json() {
    let text = serde_json::to_string(&code("\\")).expect("json");
    assert_eq!(text, r#""\\""#);
    assert_eq!(
        serde_json::from_str::<Code>(&text).expect("a code"),
        Code::PRESENT_PM
    );
    assert!(serde_json::from_str::<Code>(r#""ABC""#).is_err());
}

#[test]
fn thirty_four_codes_are_in_force_in_2026() {
    let current = in_force("2026-03-02", |_| true);
    assert_eq!(current.len(), 34);
    assert_eq!(
        current,
        set("/ \\ L K V P W B D C1 M J1 S X C2 C T R I E Q Y1 Y2 Y3 Y4 Y5 Y6 Y7 G N O U Z #")
    );
}

#[test]
fn codes_count_as_the_statistics_count_them() {
    let counting = |what| in_force("2026-03-02", move |row| row.statistics == what);
    assert_eq!(counting(CountsAs::Attended), set("/ \\ L K V P W B"));
    assert_eq!(
        counting(CountsAs::AuthorisedAbsence),
        set("C C1 C2 E I J1 M R S T")
    );
    assert_eq!(counting(CountsAs::UnauthorisedAbsence), set("G N O U"));
    assert_eq!(
        counting(CountsAs::NotPossible),
        set("D Q X Y1 Y2 Y3 Y4 Y5 Y6 Y7 Z #")
    );
}

#[test]
fn codes_stand_under_the_headings_of_the_regulations() {
    let under = |class| in_force("2026-03-02", move |row| row.class == class);
    assert_eq!(under(Class::Present), set("/ \\ L"));
    assert_eq!(under(Class::Approved), set("K V P W B D"));
    assert_eq!(under(Class::Leave), set("C1 M J1 S X C2 C"));
    assert_eq!(under(Class::OtherAuthorised), set("T R I E"));
    assert_eq!(under(Class::NotPossible), set("Q Y1 Y2 Y3 Y4 Y5 Y6 Y7"));
    assert_eq!(under(Class::Unauthorised), set("G N O U"));
    assert_eq!(under(Class::Administrative), set("Z #"));
}

#[test]
fn the_set_of_2023_had_holidays_interviews_and_one_y() {
    assert_eq!(
        in_force("2023-05-15", |_| true),
        set("/ \\ L V P W B D M S X C T R I E G N O U Z # H J Y")
    );
    assert!(in_force("2012-05-15", |_| true).contains(&code("F")));
}

#[test]
fn only_some_codes_need_particulars() {
    let needing = |what: &[Particular]| {
        rows()
            .iter()
            .filter(|row| row.needs == what)
            .map(|row| row.symbol)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(needing(&[Particular::Nature]), set("B K Y7"));
    assert_eq!(needing(&[Particular::Visit, Particular::Supervisor]), set("V"));
    assert_eq!(needing(&[Particular::ArrivalTime]), set("L U"));
    assert_eq!(needing(&[]).len(), rows().len() - 6);
}

#[test]
fn a_number_belongs_to_one_symbol_and_none_is_the_escape() {
    let mut symbols = BTreeMap::new();
    for row in rows() {
        assert!(row.number < NUMBER_ESCAPE);
        assert_eq!(*symbols.entry(row.number).or_insert(row.symbol), row.symbol);
        assert_eq!(by_number(row.number), Some(row.symbol));
        assert_eq!(number_of(row.symbol), Some(row.number));
    }
    assert_eq!(by_number(NUMBER_ESCAPE), None);
    assert_eq!(number_of(code("Q9")), None);
}

#[test]
fn numbers_are_what_they_were_when_they_were_given() {
    let given = "/ \\ L K V P W B D C1 M J1 S X C2 C T R I E Q Y1 Y2 Y3 Y4 Y5 Y6 Y7 G N O U Z # H J Y F";
    for (number, symbol) in (0..).zip(given.split(' ')) {
        assert_eq!(by_number(number), Some(code(symbol)), "number {number}");
    }
}

#[test]
fn the_dates_of_the_table_are_the_dates_that_are_meant() {
    assert_eq!(AUGUST_2024, day("2024-08-19"));
    assert_eq!(BEFORE_AUGUST_2024, day("2024-08-18"));
    assert_eq!(F_LAST, day("2013-08-31"));
}

#[test]
fn a_retired_code_stands_until_its_last_day_and_then_names_its_replacement() {
    for (symbol, replacement) in [("H", "G"), ("J", "J1"), ("Y", "Y7"), ("F", "C")] {
        let retired = code(symbol);
        let last = rows()
            .iter()
            .find(|row| row.symbol == retired)
            .and_then(|row| row.valid_to);
        let last = last.expect("a last day");
        assert!(row_on(retired, last).is_ok());
        let message = row_on(retired, last.plus(1).expect("a date"))
            .expect_err(symbol)
            .to_string();
        assert!(message.contains(&format!("code {symbol} ")), "{message}");
        assert!(message.contains(&format!("retired after {last}")), "{message}");
        assert!(message.contains(replacement), "{message}");
    }
    assert_eq!(
        row_on(code("J"), day("2026-03-02"))
            .expect_err("retired")
            .to_string(),
        "code J cannot stand on 2026-03-02: it was retired after 2024-08-18; use J1"
    );
}

#[test]
fn a_code_of_2024_does_not_stand_before_it() {
    let error = row_on(code("Y1"), day("2024-08-18")).expect_err("not yet");
    assert_eq!(
        error,
        CodeError::NotYet {
            code: code("Y1"),
            date: day("2024-08-18"),
            from: day("2024-08-19")
        }
    );
    assert!(row_on(code("Y1"), day("2024-08-19")).is_ok());
}

#[test]
fn an_unknown_code_is_named() {
    for symbol in ["Q9", "v", "-", "y1"] {
        let error = check(code(symbol), day("2026-03-02"), Session::Am).expect_err(symbol);
        assert_eq!(error, CodeError::Unknown { code: code(symbol) });
        assert!(
            error.to_string().contains(&format!("code {symbol} is not")),
            "{error}"
        );
    }
}

#[test]
fn the_afternoon_mark_in_the_morning_is_refused_naming_the_morning_one() {
    let date = day("2026-03-02");
    let error = check(Code::PRESENT_PM, date, Session::Am).expect_err("wrong session");
    assert_eq!(
        error.to_string(),
        "code \\ cannot stand in the AM session of 2026-03-02: use / there"
    );
    let error = check(Code::PRESENT_AM, date, Session::Pm).expect_err("wrong session");
    assert!(error.to_string().ends_with("use \\ there"), "{error}");
    for row in rows().iter().filter(|row| row.in_force_on(date)) {
        let fits = Session::ALL
            .iter()
            .filter(|session| check(row.symbol, date, **session).is_ok());
        let expected = if matches!(row.symbol.as_str(), "/" | "\\") {
            1
        } else {
            2
        };
        assert_eq!(fits.count(), expected, "{}", row.symbol);
    }
}

#[test]
fn every_code_tells_whether_its_pupil_is_looked_for() {
    assert_eq!(all_where(Code::means_present_in_school), set("/ \\ L"));
    assert_eq!(all_where(Code::approved_elsewhere), set("V P W B K"));
    assert_eq!(all_where(Code::unexplained), set("N"));
    assert_eq!(all_where(|code| !code.not_expected()), set("/ \\ L U N O"));
    assert!(
        !code("Q9").not_expected(),
        "a symbol that nobody knows excuses no child"
    );
}

#[test]
fn a_sensitive_code_can_always_be_shown_as_not_expected() {
    assert_eq!(all_where(Code::sensitive), set("I M Y6 Y R E Y5 T C C2 K D"));
    assert!(all_where(Code::sensitive).is_subset(&all_where(Code::not_expected)));
}
