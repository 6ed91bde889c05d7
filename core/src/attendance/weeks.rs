//! Sessions in a rolling number of school weeks.

use std::ops::Range;

use super::pupil::PupilMarks;
use crate::calendar::Calendar;
use crate::rules::terms::PenaltyThreshold;
use crate::session::Date;

/// School weeks in which a threshold was met. A school week is any week with at least one session, so a holiday makes
/// none, and the weeks may cross terms and years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeeksMet {
    /// Monday of the first of the weeks.
    pub first_week: Date,
    /// Monday of the last.
    pub last_week: Date,
    /// Whether they end with the school week of the day that was asked about: the threshold is met now.
    pub is_now: bool,
    /// Which school days of the calendar lie in them.
    pub(super) places: Range<usize>,
    /// How many sessions were counted.
    pub sessions: u32,
}

/// The latest weeks up to a day in which the threshold was met. It looks back as many weeks again as the threshold
/// spans: a week that has rolled off does not take a case off the desk before anybody has considered it.
pub(super) fn met(
    marks: &PupilMarks,
    calendar: &Calendar,
    threshold: &PenaltyThreshold,
    today: Date,
    counting: &Range<usize>,
) -> Option<WeeksMet> {
    let span = usize::from(threshold.school_weeks);
    let needed = u32::from(threshold.sessions);
    let now = calendar.latest_week_place(today)?;
    let weeks = calendar.school_weeks();
    let starts_at = |last: usize| (last + 1).saturating_sub(span);
    let earliest_last = now.saturating_sub(span);
    let places = |first: usize, last: usize| {
        let all = weeks[first].days.start..weeks[last].days.end;
        all.start.max(counting.start)..all.end.min(counting.end)
    };
    if span == 0 || marks.count(&threshold.codes, &places(starts_at(earliest_last), now)) < needed {
        return None;
    }
    (earliest_last..=now).rev().find_map(|last| {
        let first = starts_at(last);
        let places = places(first, last);
        let sessions = marks.count(&threshold.codes, &places);
        (sessions >= needed && sessions > 0).then(|| WeeksMet {
            first_week: weeks[first].monday,
            last_week: weeks[last].monday,
            is_now: last == now,
            places,
            sessions,
        })
    })
}
