//! The reason that is owed for an `N`.

use super::Worklists;
use super::row::{Row, Why};
use crate::attendance::outcome::Counted;
use crate::code::Code;
use crate::ids::PupilNumber;

impl Worklists<'_> {
    /// A row for each day with an `N`: its reason is due within so many school days after the session, by the rules of
    /// that day (five: regulation 10(7) to (9) of SI 2024/208). Once the time is over, what the rules put in its place is
    /// proposed: a person amends the register, nothing else does.
    pub(super) fn reasons_owed(&self, pupil: PupilNumber) -> Vec<Row> {
        let unexplained = [Code::NOT_YET_KNOWN].into();
        let sessions = self.attendance.sessions(pupil, &unexplained, self.up_to_today());
        sessions
            .chunk_by(|a, b| a.cell.date == b.cell.date)
            .filter_map(|day| self.reason_owed(day))
            .collect()
    }

    fn reason_owed(&self, day: &[Counted]) -> Option<Row> {
        let cell = day.first()?.cell;
        let rule = &self.rules.on(cell.date).reason_owed;
        let (due, overdue) = self.due_after(cell.date, rule.school_days);
        Some(Row {
            pupil: cell.pupil,
            why: Why::ReasonOwed {
                propose: overdue.then_some(rule.then),
            },
            since: cell.date,
            due,
            overdue,
            counted: day.to_vec(),
        })
    }
}
