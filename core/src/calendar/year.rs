//! School years.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::session::Date;

/// The month in which a school year begins where the school's own terms do not say.
const FIRST_MONTH: u32 = 9;

/// A school year by the calendar year in which it begins: 2025 is 2025/26.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchoolYear(pub i32);

impl SchoolYear {
    /// The year from 1 September to 31 August that a date lies in: where no calendar of a school is at hand.
    pub fn by_september(date: Date) -> Self {
        let date = NaiveDate::from(date);
        Self(date.year() - i32::from(date.month() < FIRST_MONTH))
    }

    /// The year that a term beginning on the date belongs to: one that begins after July is of the year that begins
    /// (Education Act 1996, section 579(1), "school year").
    pub(super) fn of_term(first: Date) -> Self {
        let first = NaiveDate::from(first);
        Self(first.year() - i32::from(first.month() < FIRST_MONTH - 1))
    }

    /// The year after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The year before it.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:02}", self.0, self.next().0.rem_euclid(100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect(text)
    }

    #[test]
    fn a_year_is_written_with_both_its_calendar_years() {
        assert_eq!(SchoolYear(2025).to_string(), "2025/26");
        assert_eq!(SchoolYear(2099).to_string(), "2099/00");
    }

    #[test]
    fn a_year_begins_in_september_and_a_term_of_august_is_of_the_year_that_begins() {
        assert_eq!(SchoolYear::by_september(date("2026-08-31")), SchoolYear(2025));
        assert_eq!(SchoolYear::by_september(date("2026-09-01")), SchoolYear(2026));
        assert_eq!(SchoolYear::of_term(date("2026-07-31")), SchoolYear(2025));
        assert_eq!(SchoolYear::of_term(date("2026-08-26")), SchoolYear(2026));
    }
}
