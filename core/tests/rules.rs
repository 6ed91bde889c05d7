//! A school's rules: every mistake told at once, every value with its origin, five policies as files.

mod rules {
    mod dates;
    mod framework;
    mod mistakes;
    mod profiles;
    mod wild;
}

use daymark_core::rules::{RuleBook, RuleErrors};
use daymark_core::session::Date;

/// A file with one set, whose own lines begin on line 3.
fn set(lines: &str) -> String {
    format!("[[rules]]\neffective_from = 2025-09-01\n{lines}")
}

fn date(text: &str) -> Date {
    text.parse().expect(text)
}

fn book(text: &str) -> RuleBook {
    RuleBook::parse(text).unwrap_or_else(|errors| panic!("{errors}\nin\n{text}"))
}

fn errors(text: &str) -> RuleErrors {
    match RuleBook::parse(text) {
        Ok(_) => panic!("it was taken:\n{text}"),
        Err(errors) => errors,
    }
}

/// The value of a key on a date, and its origin, as text.
fn explained(book: &RuleBook, on: &str, key: &str) -> (String, String) {
    let explained = book.explain(date(on)).iter().find(|line| line.key == key);
    let line = explained.unwrap_or_else(|| panic!("no {key} in\n{:#?}", book.explain(date(on))));
    (line.value.clone(), line.origin.to_string())
}
