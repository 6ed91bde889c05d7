//! The clock of England: from local time to unix seconds and back.
//!
//! Summer time is one hour ahead of Greenwich mean time, from 01:00 Greenwich mean time on the last Sunday in March to
//! 01:00 Greenwich mean time on the last Sunday in October (Summer Time Act 1972, section 1, as amended by the Summer
//! Time Order 2002, SI 2002/262; the order of 1997, SI 1997/2982, says the same for 2000 and 2001). The rule stands here by itself,
//! because a table of the world's zones would be larger than the rest of this room.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};

use crate::entry::TimeOfDay;
use crate::session::Date;

/// How far summer time is ahead, in seconds.
pub const SUMMER_TIME_SECONDS: i64 = 3600;
/// The hour of Greenwich mean time at which the clocks change.
const CHANGE_HOUR: u32 = 1;
const MARCH: u32 = 3;
const OCTOBER: u32 = 10;
/// Both months of a change have so many days.
const LAST_OF_MONTH: u32 = 31;

/// What a clock in the school shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Local {
    /// The date.
    pub date: Date,
    /// The time of the day.
    pub time: TimeOfDay,
}

/// The moments at which a clock in the school shows a time: unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moments {
    /// One, as nearly always.
    Once(i64),
    /// Two: in October the clocks go back, and an hour comes twice.
    Twice {
        /// The first, still in summer time.
        summer: i64,
        /// The second, an hour later.
        winter: i64,
    },
    /// None: in March the clocks go forward, and an hour does not come.
    Never {
        /// The moment of the change.
        change: i64,
    },
}

impl Moments {
    /// The one moment to work with: the first of two, and the change itself for a time that does not come.
    pub fn first(self) -> i64 {
        match self {
            Self::Once(moment) | Self::Twice { summer: moment, .. } | Self::Never { change: moment } => {
                moment
            }
        }
    }
}

/// What a clock in the school shows at a moment in unix seconds; `None` outside the range of [`Date`].
pub fn local(unix_seconds: i64) -> Option<Local> {
    let shifted = unix_seconds.checked_add(ahead_seconds(unix_seconds)?)?;
    let shown = DateTime::<Utc>::from_timestamp(shifted, 0)?.naive_utc();
    Some(Local {
        date: shown.date().try_into().ok()?,
        time: TimeOfDay::from_seconds(shown.num_seconds_from_midnight())?,
    })
}

/// When a clock in the school shows a date and time.
pub fn moments(date: Date, time: TimeOfDay) -> Moments {
    let winter = date.start_unix_seconds() + i64::from(time.seconds());
    let summer = winter - SUMMER_TIME_SECONDS;
    let holds = |moment: i64, ahead: i64| ahead_seconds(moment) == Some(ahead);
    match (holds(summer, SUMMER_TIME_SECONDS), holds(winter, 0)) {
        (true, true) => Moments::Twice { summer, winter },
        (true, false) => Moments::Once(summer),
        (false, true) => Moments::Once(winter),
        // The hour that does not come: the clocks jump over it at the change.
        (false, false) => Moments::Never {
            change: date.start_unix_seconds() + i64::from(CHANGE_HOUR) * 3600,
        },
    }
}

/// How far the clocks are ahead of Greenwich mean time at a moment; `None` for moments that no calendar has.
pub fn ahead_seconds(unix_seconds: i64) -> Option<i64> {
    let utc = DateTime::<Utc>::from_timestamp(unix_seconds, 0)?.naive_utc();
    let from = change(utc.year(), MARCH)?;
    let to = change(utc.year(), OCTOBER)?;
    Some(if from <= utc && utc < to {
        SUMMER_TIME_SECONDS
    } else {
        0
    })
}

/// The change of a month: its last Sunday, 01:00 Greenwich mean time.
fn change(year: i32, month: u32) -> Option<NaiveDateTime> {
    let last = NaiveDate::from_ymd_opt(year, month, LAST_OF_MONTH)?;
    let sunday = last.checked_sub_days(Days::new(u64::from(last.weekday().num_days_from_sunday())))?;
    sunday
        .and_hms_opt(0, 0, 0)?
        .checked_add_signed(TimeDelta::hours(i64::from(CHANGE_HOUR)))
}
