//! Who is not accounted for now: the list that the office calls from.

use super::row::{Due, Row, Unaccounted, Why};
use super::{Attempt, Worklists};
use crate::attendance::outcome::{Counted, Outcome};
use crate::calendar::london;
use crate::ids::PupilNumber;
use crate::session::{Cell, Session};

impl Worklists<'_> {
    /// A pupil whose mark of a session of today does not say where they are: it is blank, disputed, or `N`.
    pub(super) fn unaccounted(&self, pupil: PupilNumber, session: Session) -> Option<Row> {
        let date = self.today();
        let cell = Cell { date, session, pupil };
        if !self.attendance.is_due(&cell) {
            return None;
        }
        let outcome = self.attendance.outcome(&cell);
        let what = match outcome {
            Outcome::Blank => Unaccounted::NoMark,
            Outcome::Disputed => Unaccounted::Disputed,
            Outcome::Code(code) if code.unexplained() => Unaccounted::NoReason,
            Outcome::Code(_) => return None,
        };
        let mut attempts: Vec<Attempt> = self
            .records
            .attempts
            .iter()
            .filter(|attempt| attempt.pupil == pupil && attempt.date == date)
            .cloned()
            .collect();
        attempts.sort_by_key(|attempt| attempt.at);
        let notify_by = self.rules_today().notify_by;
        Some(Row {
            pupil,
            why: Why::Unaccounted {
                what,
                call_from: notify_by.map(|time| london::moments(date, time).first()),
                attempts,
            },
            since: date,
            due: Due::By(date),
            overdue: false,
            counted: vec![Counted { cell, outcome }],
        })
    }
}
