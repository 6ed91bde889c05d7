//! Dates in the formats that schools have.
//!
//! | Written | Read as |
//! | --- | --- |
//! | `2016-11-03` | year, month, day |
//! | `03/11/2016`, `3-11-2016`, `03.11.2016` | day first, as England writes it |
//! | `3 Nov 2016`, `03-Nov-2016`, `3 November 2016` | the month by its English name |
//!
//! A midnight behind it (`2016-11-03T00:00:00`, `03/11/2016 00:00`) is what some systems write for no time, and is
//! passed over. A two-digit year, a spreadsheet's day number and a date with the month first are refused. One row
//! with the month first puts the others of its column in doubt: `03/04/2016` beside `11/25/2016` is March or April,
//! and nobody can tell, so both rows are refused.

use chrono::NaiveDate;
use daymark_core::session::Date;

/// Where a day number of a spreadsheet lies: 1954 to 2064. Years stay below it.
const SERIALS: std::ops::RangeInclusive<u32> = 20_000..=60_000;
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const NO_DATE: &str = "it is no date: write 2016-11-03 or 03/11/2016, day first";

/// Reads a date. `month_first` is a row of the same column that has the month first, where there is one.
///
/// # Errors
/// What is wrong, and what to do.
pub fn read_date(text: &str, month_first: Option<usize>) -> Result<Date, String> {
    let text = without_midnight(text);
    if let Some(row) = month_first
        && parts(text).is_some_and(|parts| parts.ambiguous())
    {
        return Err(format!(
            "row {row} of this column has the month first, so nobody can tell what this date is: export the column as year-month-day"
        ));
    }
    let date = iso(text).map_or_else(|| in_words_or_numbers(text), Ok)?;
    Date::try_from(date)
        .map_err(|_| "dates from 2000-01-01 to 2179-06-06 can be kept: check the year".to_owned())
}

/// Whether a text is a date only if its month stands first, as in the United States.
pub fn has_month_first(text: &str) -> bool {
    parts(without_midnight(text)).is_some_and(|parts| {
        let swapped = NaiveDate::from_ymd_opt(parts.year, parts.first, parts.second);
        parts.date().is_none() && swapped.is_some()
    })
}

fn without_midnight(text: &str) -> &str {
    let Some((date, time)) = text.split_once(['T', ' ']) else {
        return text;
    };
    let midnight = ["00:00", "00:00:00", "00:00:00.000", "00:00:00Z", "0:00"];
    if midnight.contains(&time) { date } else { text }
}

fn iso(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|_| text.len() == 10)
}

fn in_words_or_numbers(text: &str) -> Result<NaiveDate, String> {
    if let Some(date) = in_words(text) {
        return Ok(date);
    }
    if text.parse().is_ok_and(|number: u32| SERIALS.contains(&number)) {
        return Err(
            "it is the number by which a spreadsheet counts days: format the column as a date before saving it as CSV"
                .to_owned(),
        );
    }
    if short_year(text) {
        return Err("its year has two digits: write four, such as 03/11/2016".to_owned());
    }
    if has_month_first(text) {
        return Err(
            "it has the month first: write 2016-11-03 or 03/11/2016, day first, in the whole column"
                .to_owned(),
        );
    }
    parts(text)
        .and_then(|parts| parts.date())
        .ok_or_else(|| NO_DATE.to_owned())
}

/// Three numbers, of which the last is a year.
struct Parts {
    first: u32,
    second: u32,
    year: i32,
}

impl Parts {
    /// Day first.
    fn date(&self) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(self.year, self.second, self.first)
    }

    /// Whether it could also be read with the month first, as another date.
    fn ambiguous(&self) -> bool {
        self.first != self.second && self.first <= 12 && self.second <= 12
    }
}

fn parts(text: &str) -> Option<Parts> {
    let separator = text.chars().find(|c| !c.is_ascii_digit())?;
    if !['/', '-', '.'].contains(&separator) {
        return None;
    }
    let mut parts = text.split(separator);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let digits =
        |part: &str, most: usize| part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = parts.next().is_none() && digits(first, 2) && digits(second, 2) && digits(year, 4);
    if !fits || year.len() != 4 {
        return None;
    }
    Some(Parts {
        first: first.parse().ok()?,
        second: second.parse().ok()?,
        year: year.parse().ok()?,
    })
}

/// A date whose year is too short, in numbers or with the month's name.
fn short_year(text: &str) -> bool {
    let words: Vec<&str> = text.split(['/', '-', '.', ' ']).collect();
    let number = |word: &str, most: usize| {
        (1..=most).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    match words.as_slice() {
        [day, month, year] => {
            number(day, 2) && (number(month, 2) || month_named(month).is_some()) && number(year, 2)
        }
        _ => false,
    }
}

fn in_words(text: &str) -> Option<NaiveDate> {
    let words: Vec<&str> = text.split([' ', '-']).filter(|word| !word.is_empty()).collect();
    let [day, month, year] = words.as_slice() else {
        return None;
    };
    let digits = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (1..=2).contains(&day.len()) && digits(day) && year.len() == 4 && digits(year);
    if !fits {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month_named(month)?, day.parse().ok()?)
}

/// A month by its name, or its first three letters, or `Sept`.
fn month_named(word: &str) -> Option<u32> {
    let word = word.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| {
        *month == word
            || (word.len() == 3 && month.starts_with(&word))
            || (word == "sept" && *month == "september")
    })?;
    u32::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        read_date(text, None).map_or_else(|remedy| remedy, |date| date.to_string())
    }

    #[test]
    fn the_formats_of_schools_are_one_date() {
        for text in [
            "2016-11-03",
            "03/11/2016",
            "3/11/2016",
            "03-11-2016",
            "03.11.2016",
            "3 Nov 2016",
            "03 November 2016",
            "3-Nov-2016",
            "2016-11-03T00:00:00",
            "2016-11-03 00:00:00",
            "03/11/2016 00:00",
        ] {
            assert_eq!(written(text), "2016-11-03", "{text}");
        }
        assert_eq!(written("1 Sept 2021"), "2021-09-01");
    }

    #[test]
    fn what_cannot_be_told_is_refused_with_what_to_do() {
        for (text, remedy) in [
            ("42677", "spreadsheet counts days"),
            ("03/11/16", "two digits"),
            ("3-Nov-16", "two digits"),
            ("11/25/2016", "month first"),
            ("31/02/2016", "no date"),
            ("2016-02-30", "no date"),
            ("20161103", "no date"),
            ("3 Brumaire 2016", "no date"),
            ("03/11/2016 09:15", "no date"),
            ("/11/2016", "no date"),
            ("", "no date"),
            ("1998-11-03", "check the year"),
        ] {
            assert!(written(text).contains(remedy), "{text}: {}", written(text));
        }
    }

    #[test]
    fn one_row_with_the_month_first_puts_the_others_in_doubt() {
        assert!(has_month_first("11/25/2016") && !has_month_first("25/11/2016"));
        assert!(!has_month_first("31/02/2016") && !has_month_first("03/04/2016"));
        let doubtful = read_date("03/04/2016", Some(7)).expect_err("a doubt");
        assert!(doubtful.contains("row 7"), "{doubtful}");
        for certain in ["05/05/2016", "25/11/2016", "2016-04-03", "3 Apr 2016"] {
            assert!(read_date(certain, Some(7)).is_ok(), "{certain}");
        }
    }
}
