//! Shares of the school year: persistent and severe absence, and lateness.

use super::Worklists;
use super::row::{Due, Row, Why};
use crate::attendance::tally::{Absence, Tally};
use crate::code::Code;
use crate::ids::PupilNumber;
use crate::rules::terms::{Band, Codes, Edge};
use crate::session::Date;

impl Worklists<'_> {
    /// Missed 10 % or more, or 50 % or more, of this school year's possible sessions: at exactly the share, a pupil
    /// counts, as the Department for Education counts.
    pub(super) fn absent(&self, pupil: PupilNumber) -> Option<Row> {
        let shares = self.rules_today().absence;
        let tally = self.attendance.tally(pupil, self.this_year());
        let absence = tally.absence(&shares);
        if absence == Absence::Neither {
            return None;
        }
        Some(Row {
            pupil,
            why: Why::Absent { absence, tally },
            since: self.so_since(pupil, |tally| tally.absence(&shares) >= absence),
            due: Due::Open,
            overdue: false,
            counted: self.attendance.missed(pupil, self.this_year()),
        })
    }

    /// Since when something has been so of a pupil's tally this school year, without a break.
    pub(super) fn so_since(&self, pupil: PupilNumber, is_so: impl Fn(Tally) -> bool) -> Date {
        let running = self.attendance.running_tally(pupil, self.this_year());
        running
            .iter()
            .rev()
            .take_while(|(_, tally)| is_so(*tally))
            .last()
            .map_or(self.today(), |(date, _)| *date)
    }

    /// Late, before the register closed (`L`) or after (`U`), in at least so many sessions of this school year.
    pub(super) fn late(&self, pupil: PupilNumber, sessions_min: u16) -> Option<Row> {
        let year = self.this_year();
        let count = |code: Code| self.attendance.count(pupil, &[code].into(), year);
        let (late, after_closing) = (count(Code::LATE), count(Code::AFTER_CLOSING));
        if late + after_closing < u32::from(sessions_min.max(1)) {
            return None;
        }
        let codes: Codes = [Code::LATE, Code::AFTER_CLOSING].into();
        let counted = self.attendance.sessions(pupil, &codes, year);
        Some(Row {
            pupil,
            why: Why::Late { late, after_closing },
            since: counted.first()?.cell.date,
            due: Due::Open,
            overdue: false,
            counted,
        })
    }

    /// Whether a pupil attended as much of this school year as the school aims at; `None` where it states no aim, and
    /// while nothing was possible.
    pub fn meets_target(&self, pupil: PupilNumber) -> Option<bool> {
        let target = self.rules_today().target?;
        let tally = self.attendance.tally(pupil, self.this_year());
        (tally.possible() > 0).then(|| tally.attended_at_least(target))
    }

    /// The band of a pupil's attendance this school year; `None` while nothing was possible, and below the lowest.
    pub fn band(&self, pupil: PupilNumber) -> Option<&Band> {
        let tally = self.attendance.tally(pupil, self.this_year());
        self.rules_today().bands.iter().find(|band| match band.edge {
            Edge::Included => tally.attended_at_least(band.from),
            Edge::Excluded => tally.attended_more_than(band.from),
        })
    }
}
