//! What the law asks a school to tell, or to consider: penalty notices, and returns to the local authority. Each counts
//! the days and sessions of pupils of compulsory school age alone.

use super::Worklists;
use super::row::{Due, ReturnCounts, Row, Why};
use crate::attendance::{Ages, DaysCounted, Enrolled};
use crate::rules::terms::{Counting, DaysTrigger};
use crate::session::Date;

impl Worklists<'_> {
    /// The threshold at which a penalty notice must be considered: ten sessions of G, N, O or U in ten school weeks
    /// (Education (Penalty Notices) (England) Regulations 2007 as amended in 2024). Considering it is a person's act,
    /// case by case.
    pub(super) fn penalty(&self, enrolled: &Enrolled) -> Option<Row> {
        let pupil = enrolled.pupil;
        let threshold = &self.rules_today().penalty;
        let weeks = self
            .attendance
            .weeks_met(pupil, threshold, self.today(), Ages::Compulsory)?;
        let counted = self.attendance.sessions_of_weeks(pupil, &threshold.codes, &weeks);
        let reached = usize::from(threshold.sessions).saturating_sub(1);
        Some(Row {
            pupil,
            since: counted
                .get(reached)
                .map_or(weeks.last_week, |session| session.cell.date),
            why: Why::Penalty {
                sessions: weeks.sessions,
                first_week: weeks.first_week,
                last_week: weeks.last_week,
                is_now: weeks.is_now,
                age_known: enrolled.born.is_some(),
            },
            due: Due::Open,
            overdue: false,
            counted,
        })
    }

    /// Pupils who were absent without authority for so many school days (regulation 13 of SI 2024/208: ten). The
    /// regulation's limb of days is a continuous period, and some authorities count days that are not in a row too:
    /// a row says both.
    pub(super) fn absence_return(&self, enrolled: &Enrolled) -> Option<Row> {
        let trigger = self.rules_today().absence_return.as_ref()?;
        self.return_row(enrolled, trigger, Why::AbsenceReturn)
    }

    /// Pupils who were ill for so many school days of the school year, in a row or not (regulation 13: fifteen).
    /// Whether they will be is for a person to say before.
    pub(super) fn sickness_return(&self, enrolled: &Enrolled) -> Option<Row> {
        let trigger = self.rules_today().sickness_return.as_ref()?;
        self.return_row(enrolled, trigger, Why::SicknessReturn)
    }

    fn return_row(
        &self,
        enrolled: &Enrolled,
        trigger: &DaysTrigger,
        why: fn(ReturnCounts) -> Why,
    ) -> Option<Row> {
        let pupil = enrolled.pupil;
        let counted = self
            .attendance
            .days(pupil, trigger, self.today(), Ages::Compulsory);
        let last = usize::from(trigger.school_days).checked_sub(1)?;
        let (named, other) = counters(&counted, trigger.counting);
        let by_the_rules = named.len() > last;
        let days = if by_the_rules { named } else { other };
        let since = *days.get(last)?;
        let length = |days: &[Date]| u32::try_from(days.len()).unwrap_or(u32::MAX);
        Some(Row {
            pupil,
            why: why(ReturnCounts {
                in_a_row: length(&counted.longest),
                in_year: length(&counted.in_year),
                by_the_rules,
                age_known: enrolled.born.is_some(),
            }),
            since,
            due: Due::Open,
            overdue: false,
            counted: self.attendance.sessions_of_days(pupil, trigger, days),
        })
    }
}

/// The counter that the rules name, and the other. A return is made at intervals, so a run counts also after it ended.
fn counters(counted: &DaysCounted, named: Counting) -> (&[Date], &[Date]) {
    match named {
        Counting::Consecutive => (&counted.longest, &counted.in_year),
        Counting::Cumulative => (&counted.in_year, &counted.longest),
    }
}
