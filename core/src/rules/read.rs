//! The values of a file: each reader gives the value, or what to write instead.

use std::collections::BTreeSet;

use toml::de::DeValue;

use super::limits::NAME_BYTES_MAX;
use super::terms::{Codes, Counting, DayNeeds, PerMille};
use crate::code::Code;
use crate::entry::TimeOfDay;
use crate::session::Date;

/// What a reader gives: the value, or the remedy.
pub(super) type Read<T> = Result<T, String>;

const TIME_REMEDY: &str = "write a time in quotes, in whole minutes, such as \"09:15\"";

/// A school-local time in whole minutes: registers are not opened and closed by the second.
pub(super) fn time(value: &DeValue<'_>) -> Read<TimeOfDay> {
    value
        .as_str()
        .and_then(|text| text.parse::<TimeOfDay>().ok())
        .filter(|time| time.seconds() % 60 == 0)
        .ok_or_else(|| TIME_REMEDY.to_owned())
}

/// A date.
pub(super) fn date(value: &DeValue<'_>) -> Read<Date> {
    value
        .as_datetime()
        .filter(|at| at.time.is_none() && at.offset.is_none())
        .and_then(|at| at.date)
        .and_then(|date| Date::from_ymd(i32::from(date.year), date.month.into(), date.day.into()))
        .ok_or_else(|| "write a date without quotes, such as 2025-09-01".to_owned())
}

/// A reader of whole numbers within bounds, both included.
pub(super) fn count(min: u16, max: u16, why: &'static str) -> impl Fn(&DeValue<'_>) -> Read<u16> {
    move |value| {
        value
            .as_integer()
            .filter(|integer| integer.radix() == 10)
            .and_then(|integer| integer.as_str().parse::<u16>().ok())
            .filter(|number| (min..=max).contains(number))
            .ok_or_else(|| {
                let range = format!("write a whole number from {min} to {max}");
                if why.is_empty() {
                    range
                } else {
                    format!("{range}: {why}")
                }
            })
    }
}

/// A share in percent, to a tenth.
pub(super) fn percent(value: &DeValue<'_>) -> Read<PerMille> {
    let tenths = match value {
        DeValue::Integer(integer) if integer.radix() == 10 => tenths(integer.as_str(), "0"),
        DeValue::Float(float) => float
            .as_str()
            .split_once('.')
            .and_then(|(whole, part)| tenths(whole, part)),
        _ => None,
    };
    tenths
        .and_then(PerMille::new)
        .ok_or_else(|| "write a percentage from 0 to 100, to a tenth at most, such as 95 or 97.5".to_owned())
}

/// `97` and `5` are 975.
fn tenths(whole: &str, tenth: &str) -> Option<u16> {
    let tenth = tenth.parse::<u16>().ok().filter(|_| tenth.len() == 1)?;
    whole.parse::<u16>().ok()?.checked_mul(10)?.checked_add(tenth)
}

/// A list of register codes, with none twice.
pub(super) fn codes(value: &DeValue<'_>) -> Read<Codes> {
    let remedy = || "write a list of register codes, each once, such as [\"G\", \"N\"]".to_owned();
    let items = value.as_array().ok_or_else(remedy)?;
    let mut codes = BTreeSet::new();
    for item in items {
        let code = code(item.get_ref()).map_err(|_| remedy())?;
        if !codes.insert(code) {
            return Err(remedy());
        }
    }
    if codes.is_empty() {
        Err(remedy())
    } else {
        Ok(codes)
    }
}

/// A register code.
pub(super) fn code(value: &DeValue<'_>) -> Read<Code> {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| "write a register code in quotes, such as \"O\"".to_owned())
}

/// A name of something in the policy.
pub(super) fn name(value: &DeValue<'_>) -> Read<String> {
    value
        .as_str()
        .filter(|text| {
            !text.trim().is_empty() && text.len() <= NAME_BYTES_MAX && !text.chars().any(char::is_control)
        })
        .map(str::to_owned)
        .ok_or_else(|| format!("write 1 to {NAME_BYTES_MAX} bytes of plain text in quotes"))
}

/// One of a few words.
pub(super) fn word<T: Copy + 'static>(
    words: &'static [(&'static str, T)],
) -> impl Fn(&DeValue<'_>) -> Read<T> {
    move |value| {
        let said = value.as_str();
        words
            .iter()
            .find(|(word, _)| Some(*word) == said)
            .map(|(_, meaning)| *meaning)
            .ok_or_else(|| {
                let list: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                format!("write {}", list.join(" or "))
            })
    }
}

/// A value that `false` turns off.
pub(super) fn or_none<T>(read: impl Fn(&DeValue<'_>) -> Read<T>) -> impl Fn(&DeValue<'_>) -> Read<Option<T>> {
    move |value| match value {
        DeValue::Boolean(false) => Ok(None),
        other => read(other)
            .map(Some)
            .map_err(|remedy| format!("{remedy}; or false, for none")),
    }
}

/// How days are counted, by their words.
pub(super) const COUNTINGS: &[(&str, Counting)] = &[
    ("consecutive", Counting::Consecutive),
    ("cumulative", Counting::Cumulative),
];

/// What makes a day count, by its words.
pub(super) const DAYS: &[(&str, DayNeeds)] = &[
    ("any-session", DayNeeds::AnySession),
    ("every-session", DayNeeds::EverySession),
];
