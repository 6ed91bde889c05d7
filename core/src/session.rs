//! Dates, sessions and the cell: where a mark stands.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::ids::{IdError, PupilNumber};

/// Half a school day; the unit of the attendance register (SI 2024/208, regulation 10(1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Session {
    /// The morning session.
    #[serde(rename = "AM")]
    Am,
    /// The afternoon session.
    #[serde(rename = "PM")]
    Pm,
}

impl Session {
    /// Both, in the order of the day.
    pub const ALL: [Self; 2] = [Self::Am, Self::Pm];
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Am => "AM",
            Self::Pm => "PM",
        })
    }
}

impl FromStr for Session {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match text {
            "AM" | "am" => Ok(Self::Am),
            "PM" | "pm" => Ok(Self::Pm),
            _ => Err(IdError::new("session", text, "give AM or PM")),
        }
    }
}

/// A school-local calendar date, from 2000-01-01 to 2179-06-06: two bytes wherever it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "NaiveDate", into = "NaiveDate")]
pub struct Date(u16);

const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a real date");
const EPOCH_UNIX_SECONDS: i64 = 946_684_800;

impl Date {
    /// The date so many days after 2000-01-01.
    pub const fn from_days(days: u16) -> Self {
        Self(days)
    }

    /// Days since 2000-01-01.
    pub const fn days(self) -> u16 {
        self.0
    }

    /// The date of the calendar, or `None` outside the range.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).and_then(|date| date.try_into().ok())
    }

    /// Midnight at its start, as unix seconds of UTC: a common zero for times of the day, not an instant by law.
    pub fn start_unix_seconds(self) -> i64 {
        EPOCH_UNIX_SECONDS + i64::from(self.0) * 86_400
    }

    /// The date so many days later, `None` past the range.
    pub fn plus(self, days: u16) -> Option<Self> {
        self.0.checked_add(days).map(Self)
    }

    /// The date so many days earlier, `None` before the range.
    pub fn minus(self, days: u16) -> Option<Self> {
        self.0.checked_sub(days).map(Self)
    }
}

impl From<Date> for NaiveDate {
    fn from(date: Date) -> Self {
        EPOCH
            .checked_add_days(Days::new(u64::from(date.0)))
            .expect("65,535 days fit a calendar")
    }
}

impl TryFrom<NaiveDate> for Date {
    type Error = IdError;
    fn try_from(date: NaiveDate) -> Result<Self, IdError> {
        u16::try_from((date - EPOCH).num_days()).map(Self).map_err(|_| {
            IdError::new(
                "date",
                &date.to_string(),
                "give a date from 2000-01-01 to 2179-06-06",
            )
        })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand: a formatter for every calendar is an eighth of what chrono weighs in a browser.
        let date = NaiveDate::from(*self);
        f.pad(&format!(
            "{:04}-{:02}-{:02}",
            date.year(),
            date.month(),
            date.day()
        ))
    }
}

impl FromStr for Date {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        read_ymd(text)
            .and_then(|date| date.try_into().ok())
            .ok_or_else(|| IdError::new("date", text, "write it year-month-day, such as 2026-03-02"))
    }
}

/// `2026-03-02`, and nothing else.
fn read_ymd(text: &str) -> Option<NaiveDate> {
    let digits = |text: &str| -> Option<u32> {
        let all = text.bytes().all(|byte| byte.is_ascii_digit());
        all.then(|| text.parse().ok()).flatten()
    };
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let lengths = [year.len(), month.len(), day.len()];
    if lengths != [4, 2, 2] {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(digits(year)?).ok()?, digits(month)?, digits(day)?)
}

/// A pupil, a date and a session: the place of a mark. Its address never depends on anything that can change, such
/// as a class, a trip or a tablet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cell {
    /// The school-local date.
    pub date: Date,
    /// Morning or afternoon.
    pub session: Session,
    /// Whose mark.
    pub pupil: PupilNumber,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pupil {} {} {}", self.pupil, self.date, self.session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_it_is_read() {
        for text in ["2000-01-01", "2024-02-29", "2026-11-22", "2179-06-06"] {
            assert_eq!(text.parse::<Date>().expect(text).to_string(), text);
        }
        for bad in [
            "2025-02-29",
            "02/03/2026",
            "2026-3-2",
            "1999-12-31",
            "2179-06-07",
            "",
        ] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_starts_at_its_midnight() {
        assert_eq!(
            "2026-03-02".parse::<Date>().expect("a date").start_unix_seconds(),
            1_772_409_600
        );
    }
}
