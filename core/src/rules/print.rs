//! The values of rules as TOML writes them: what a file would have to say.

#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "printers are handed over by name, to code that lends them the value"
)]

use super::terms::{Codes, PerMille};
use crate::code::Code;
use crate::entry::TimeOfDay;

/// What stands for "none".
pub(super) const NONE: &str = "false";

/// A text in quotes.
pub(super) fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A time.
pub(super) fn time(time: &TimeOfDay) -> String {
    text(&time.to_string())
}

/// A share in percent.
pub(super) fn percent(share: &PerMille) -> String {
    let (whole, tenth) = (share.get() / 10, share.get() % 10);
    if tenth == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{tenth}")
    }
}

/// A code.
pub(super) fn code(code: &Code) -> String {
    text(code.as_str())
}

/// Codes, in the order of their letters.
pub(super) fn codes(codes: &Codes) -> String {
    let codes: Vec<String> = codes.iter().map(code).collect();
    format!("[{}]", codes.join(", "))
}

/// A value that may be none.
pub(super) fn or_none<T>(print: impl Fn(&T) -> String) -> impl Fn(&Option<T>) -> String {
    move |value| value.as_ref().map_or_else(|| NONE.to_owned(), &print)
}

/// The word of a meaning.
pub(super) fn word<T: Copy + PartialEq>(words: &'static [(&'static str, T)]) -> impl Fn(&T) -> String {
    move |meaning| {
        let word = words.iter().find(|(_, other)| other == meaning);
        text(word.map_or("", |(word, _)| word))
    }
}
