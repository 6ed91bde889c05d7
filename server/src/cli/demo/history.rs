//! The days before today: a school year, the school's rules, and what the worklists have to count.

use chrono::{Datelike, NaiveDate, Weekday};
use daymark_core::rules::Profile;
use daymark_core::session::Date;

use super::school::{CLASS_SIZE, number};
use super::story::{HOME_CLASS, Story};
use crate::cli::Failure;

/// The policy that the made-up school follows: one with welfare visits, letters and warnings of its own.
pub(super) const PROFILE: Profile = Profile::BenRhydding;
/// How many school days before today class 2A has its marks.
const DAYS: usize = 6;
/// Who in class 2A was absent without a reason on the last five of them: ten sessions, and three days in a row.
const ABSENT: usize = 9;
/// Who was ill on all of them.
const ILL: usize = 10;
/// Who was missing on the first morning, for a reason that nobody has found out since.
const OWED: usize = 11;

/// Whether school is held on a date, in a made-up year that has no holidays, so that any weekday shows the same.
pub(super) fn is_held(date: Date) -> bool {
    !matches!(NaiveDate::from(date).weekday(), Weekday::Sat | Weekday::Sun)
}

/// `calendar.toml` of that year.
pub(super) fn calendar_toml(year: i32) -> String {
    let next = year + 1;
    let terms = [
        ("Autumn", format!("{year}-09-01"), format!("{year}-12-31")),
        ("Spring", format!("{next}-01-01"), format!("{next}-04-15")),
        ("Summer", format!("{next}-04-16"), format!("{next}-08-31")),
    ];
    terms
        .map(|(name, first, last)| format!("[[terms]]\nname = \"{name}\"\nfirst = {first}\nlast = {last}\n"))
        .join("\n")
}

/// The school days before a date, the latest first.
fn before(date: Date) -> impl Iterator<Item = Date> {
    (1..)
        .map_while(move |days| date.minus(days))
        .filter(|day| is_held(*day))
}

impl Story {
    /// Class 2A's registers of the days before today.
    pub(super) fn days_before(&self) -> Result<(), Failure> {
        for (ago, day) in before(self.date).take(DAYS).enumerate() {
            let is_first = ago + 1 == DAYS;
            for (session, clock, present) in [("AM", "08:56", "/"), ("PM", "13:05", "\\")] {
                let mut codes = [
                    (present, Vec::new()),
                    ("O", Vec::new()),
                    ("I", Vec::new()),
                    ("N", Vec::new()),
                ];
                for place in 0..CLASS_SIZE {
                    let at = match place {
                        ABSENT if !is_first => 1,
                        ILL => 2,
                        OWED if is_first && session == "AM" => 3,
                        _ => 0,
                    };
                    codes[at].1.push(number(HOME_CLASS, place).to_string());
                }
                for (code, pupils) in codes.iter().filter(|(_, pupils)| !pupils.is_empty()) {
                    let mut mark = vec!["mark", "--session", session, "--code", code];
                    mark.extend(pupils.iter().flat_map(|pupil| ["--pupil", pupil]));
                    self.on_day("class-2a", day, clock, "t-quill", &mark)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use daymark_core::session::Session;

    use super::*;

    #[test]
    fn the_made_up_year_is_a_calendar_and_holds_school_on_every_weekday() {
        let calendar = daymark_core::calendar::file::read(&calendar_toml(2026)).expect("a calendar");
        for text in [
            "2026-09-01",
            "2026-12-25",
            "2027-01-01",
            "2027-04-16",
            "2027-08-31",
        ] {
            let date: Date = text.parse().expect("a date");
            assert_eq!(calendar.is_held(date, Session::Am), is_held(date), "{text}");
        }
    }

    #[test]
    fn the_days_before_a_monday_begin_with_friday() {
        let monday: Date = "2026-11-23".parse().expect("a date");
        let days: Vec<String> = before(monday).take(DAYS).map(|day| day.to_string()).collect();
        assert_eq!(
            days,
            [
                "2026-11-20",
                "2026-11-19",
                "2026-11-18",
                "2026-11-17",
                "2026-11-16",
                "2026-11-13"
            ]
        );
    }
}
