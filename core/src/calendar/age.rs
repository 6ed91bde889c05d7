//! Compulsory school age, which decides for whom the law asks for returns, notices and leave.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::year::SchoolYear;
use crate::session::Date;

/// The age at which a child is to begin, from the prescribed day on.
const BEGINS_AT: i32 = 5;
/// The age of the school year in which a child may leave.
const ENDS_AT: i32 = 16;
/// The prescribed days, month and day (Education (Start of Compulsory School Age) Order 1998, SI 1998/1607).
const PRESCRIBED: [(u32, u32); 3] = [(3, 31), (8, 31), (12, 31)];

/// The days on which a child is of compulsory school age (Education Act 1996, section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompulsoryAge {
    /// The prescribed day on or after the fifth birthday: the child is due in the term that follows.
    pub first: Date,
    /// The last Friday in June of the school year in which the child turns 16 (Education (School Leaving Date) Order
    /// 1997, SI 1997/1970).
    pub last: Date,
}

impl CompulsoryAge {
    /// For a date of birth; `None` where the days fall outside the range of [`Date`].
    pub fn of(born: Date) -> Option<Self> {
        let born = NaiveDate::from(born);
        let fifth = birthday(born, BEGINS_AT)?;
        let first = PRESCRIBED
            .iter()
            .filter_map(|(month, day)| NaiveDate::from_ymd_opt(fifth.year(), *month, *day))
            .find(|prescribed| *prescribed >= fifth)?;
        let sixteenth: Date = birthday(born, ENDS_AT)?.try_into().ok()?;
        let june = SchoolYear::by_september(sixteenth).next().0;
        Some(Self {
            first: first.try_into().ok()?,
            last: last_friday_of_june(june)?.try_into().ok()?,
        })
    }

    /// The last date of birth with which a child would be of compulsory school age on the same days: all of a birthday that
    /// whoever needs the age alone must know.
    pub fn alike(born: Date) -> Option<Date> {
        let born = NaiveDate::from(born);
        let alike = PRESCRIBED
            .iter()
            .filter_map(|(month, day)| NaiveDate::from_ymd_opt(born.year(), *month, *day))
            .find(|prescribed| *prescribed >= born)?;
        alike.try_into().ok()
    }

    /// Whether a date is among them.
    pub fn holds_on(&self, date: Date) -> bool {
        self.first <= date && date <= self.last
    }
}

/// An age is reached when the day of the birthday begins (Family Law Reform Act 1969, section 9); a child born on 29
/// February reaches it on 1 March of a common year.
fn birthday(born: NaiveDate, age: i32) -> Option<NaiveDate> {
    let year = born.year().checked_add(age)?;
    NaiveDate::from_ymd_opt(year, born.month(), born.day()).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
}

fn last_friday_of_june(year: i32) -> Option<NaiveDate> {
    let last = NaiveDate::from_ymd_opt(year, 6, 30)?;
    last.checked_sub_days(Days::new(u64::from(last.weekday().days_since(Weekday::Fri))))
}
