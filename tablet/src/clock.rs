//! The device's clock. It is evidence, and never a judge: marks carry it with what is known about its error.

use std::fmt;
use std::str::FromStr;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, Timelike};
use daymark_core::session::{Date, Session};

/// An instant with the local time that the device showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Unix milliseconds.
    pub unix_ms: i64,
    local: NaiveDateTime,
}

/// A text that is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "time {0:?} is not valid: write it as 2026-03-02T09:05, 2026-03-02T09:05:30 or 2026-03-02T09:05:30+00:00"
)]
pub struct MomentError(String);

impl FromStr for Moment {
    type Err = MomentError;

    /// RFC 3339 with an offset, or a date and time without one, which is taken as UTC.
    fn from_str(text: &str) -> Result<Self, MomentError> {
        if let Ok(time) = DateTime::<FixedOffset>::parse_from_rfc3339(text) {
            return Ok(Self {
                unix_ms: time.timestamp_millis(),
                local: time.naive_local(),
            });
        }
        ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .map(|local| Self {
                unix_ms: local.and_utc().timestamp_millis(),
                local,
            })
            .ok_or_else(|| MomentError(text.to_owned()))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, time) = (self.local.date(), self.local.time());
        write!(
            f,
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            day.year(),
            day.month(),
            day.day(),
            time.hour(),
            time.minute(),
            time.second()
        )
    }
}

impl Moment {
    /// An instant, shown in UTC.
    pub fn from_unix_ms(unix_ms: i64) -> Self {
        Self {
            unix_ms,
            local: DateTime::from_timestamp_millis(unix_ms)
                .unwrap_or_default()
                .naive_utc(),
        }
    }

    /// Unix seconds.
    pub fn unix_seconds(self) -> i64 {
        self.unix_ms.div_euclid(1000)
    }

    /// The local date; `None` outside the years 2000 to 2179.
    pub fn date(self) -> Option<Date> {
        self.local.date().try_into().ok()
    }

    /// The half of the day that it lies in: AM before noon.
    pub fn session(self) -> Session {
        if self.local.hour() < 12 {
            Session::Am
        } else {
            Session::Pm
        }
    }
}

/// Where the time comes from: the system, or a moment that was given and runs on from there.
#[derive(Debug, Clone, Copy)]
pub enum DeviceClock {
    /// The system's clock.
    System,
    /// A clock set to a moment.
    Set {
        /// What it showed when it was set.
        at: Moment,
        /// When that was.
        since: Instant,
    },
}

impl DeviceClock {
    /// A clock that shows `at` now.
    pub fn set_to(at: Moment) -> Self {
        Self::Set {
            at,
            since: Instant::now(),
        }
    }

    /// Unix milliseconds.
    pub fn now_ms(self) -> i64 {
        match self {
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
            Self::Set { at, since } => {
                let ran = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
                at.unix_ms.saturating_add(ran)
            }
        }
    }

    /// The moment of a command: the one that was given, as it was given, or now.
    pub fn moment(self) -> Moment {
        match self {
            Self::System => Moment::from_unix_ms(self.now_ms()),
            Self::Set { at, .. } => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_with_and_without_an_offset_is_read() {
        let moment: Moment = "2026-03-02T09:05".parse().expect("a time");
        assert_eq!(moment.unix_seconds(), 1_772_409_600 + 9 * 3600 + 5 * 60);
        let summer: Moment = "2026-07-01T00:30:00+01:00".parse().expect("a time");
        assert_eq!(summer.date(), Date::from_ymd(2026, 7, 1));
        assert_eq!(summer.unix_ms % 86_400_000, 23 * 3_600_000 + 1_800_000);
        assert_eq!(summer.session(), Session::Am);
        for bad in ["", "09:05", "2026-03-02", "2026-03-02 09:05", "2026-02-30T09:05"] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
    }
}
