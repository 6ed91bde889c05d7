//! `L` or `U` from the time of arrival (SI 2024/208, regulation 10: `L` is for a pupil who comes before the taking of the
//! register ends, `U` for one who comes after it and before the session ends).
//!
//! A clock is evidence and no judge. Near the closing it decides nothing: the pupil stays `L`, and the office is asked.
//! `U` is unauthorised and counts towards a penalty, so it is proposed only where every reading of the clock says so.

mod question;

pub use self::question::ArrivalQuestion;
use super::terms::{ClosingMinute, RegisterTimes};
use crate::code::Code;
use crate::entry::{ClockCheck, TimeOfDay};

/// Milliseconds of a second.
const SECOND_MS: i64 = 1000;
/// A clock that was a day off, or more, shows no time of day that could be put right.
const UNUSABLE_MS: u64 = 86_400_000;
/// Seconds of a minute, the closing one among them.
const MINUTE_SECONDS: u32 = 60;

/// What an arrival amounts to, in the order of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arrival {
    /// Not late: the register of the class says `/` or `\`.
    OnTime,
    /// `L`.
    Late,
    /// `L`, with a question for the office: it may have been after the closing.
    LateInDoubt,
    /// `U`.
    AfterClosing,
    /// Nobody arrives for the session any more: no code follows from the time.
    AfterTheSession,
}

impl Arrival {
    /// What a pupil who arrived so is, by one clock.
    ///
    /// - `times`: of the session, and `year` the pupil's national curriculum year, which may end earlier or later
    /// - `at`: the time that the clock showed, put right or not
    /// - `clock`: what is left in doubt of that time: an offset where it was not put right by it. `None` where it was never compared with the school's. Then it
    ///   gives no `U` at all, and one that was a day off decides nothing
    /// - `doubt_seconds`: nearer to the closing than this no clock decides, however good
    pub fn of(
        times: &RegisterTimes,
        year: &str,
        at: TimeOfDay,
        clock: Option<ClockCheck>,
        doubt_seconds: u16,
    ) -> Self {
        if at >= times.ends_for(year) {
            return Self::AfterTheSession;
        }
        if at < times.late_from {
            return Self::OnTime;
        }
        if clock.is_some_and(|clock| clock.offset_ms.unsigned_abs() >= UNUSABLE_MS) {
            return Self::LateInDoubt;
        }
        let closed_ms = i64::from(times.closed_from_seconds()) * SECOND_MS;
        let (earliest_ms, latest_ms) = readings(at, clock, doubt_seconds);
        if latest_ms < closed_ms {
            Self::Late
        } else if earliest_ms < closed_ms || clock.is_none() {
            Self::LateInDoubt
        } else {
            Self::AfterClosing
        }
    }

    /// The code that it proposes.
    pub fn code(self) -> Option<Code> {
        match self {
            Self::Late | Self::LateInDoubt => Some(Code::LATE),
            Self::AfterClosing => Some(Code::AFTER_CLOSING),
            Self::OnTime | Self::AfterTheSession => None,
        }
    }

    /// Whether the office is asked.
    pub fn in_doubt(self) -> bool {
        self == Self::LateInDoubt
    }
}

/// The earliest and the latest time that may be meant, in milliseconds after midnight: the clock as it stands and as the
/// school's would have stood, each with all its doubt.
fn readings(at: TimeOfDay, clock: Option<ClockCheck>, doubt_seconds: u16) -> (i64, i64) {
    let (offset_ms, doubt_ms) = clock.map_or((0, 0), |clock| (clock.offset_ms, i64::from(clock.doubt_ms)));
    let shown_ms = i64::from(at.seconds()) * SECOND_MS;
    let corrected_ms = shown_ms.saturating_add(offset_ms);
    let margin_ms = doubt_ms.max(i64::from(doubt_seconds) * SECOND_MS);
    (
        shown_ms.min(corrected_ms).saturating_sub(margin_ms),
        shown_ms.max(corrected_ms).saturating_add(margin_ms),
    )
}

impl RegisterTimes {
    /// When the session ends for a national curriculum year.
    pub fn ends_for(&self, year: &str) -> TimeOfDay {
        self.ends_by_year.get(year).copied().unwrap_or(self.ends)
    }

    /// How many whole minutes after lateness begins somebody arrived; `None` for who was not late.
    pub fn minutes_late(&self, at: TimeOfDay) -> Option<u32> {
        let late_seconds = at.seconds().checked_sub(self.late_from.seconds())?;
        Some(late_seconds / MINUTE_SECONDS)
    }

    /// The first second after midnight that is after the closing. Times of a register are whole minutes.
    pub fn closed_from_seconds(&self) -> u32 {
        match self.closing_minute {
            ClosingMinute::Late => self.closes.seconds() + MINUTE_SECONDS,
            ClosingMinute::AfterClosing => self.closes.seconds(),
        }
    }
}

#[cfg(test)]
mod tests;
