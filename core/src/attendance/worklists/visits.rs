//! Home visits: those that are due, and those that are not at their end.

use super::row::{Due, Row, VisitWaits, Why};
use super::{VisitCase, Worklists};
use crate::attendance::Ages;
use crate::calendar::london;
use crate::ids::PupilNumber;
use crate::session::Date;
use crate::visit::VisitStatement;

impl Worklists<'_> {
    /// A visit to a child who has been away for as many school days as the policy says. Days up to the last visit are
    /// done with: those after it count anew. It is a safeguarding rule, so it asks for no age.
    pub(super) fn welfare_check(&self, pupil: PupilNumber) -> Option<Row> {
        let rule = self.rules_today().welfare_check.as_ref()?;
        let counted = self
            .attendance
            .days(pupil, &rule.trigger, self.today(), Ages::Any);
        let last_visit = self.last_visit(pupil);
        let days: Vec<Date> = counted
            .by(rule.trigger.counting)
            .iter()
            .copied()
            .filter(|day| last_visit.is_none_or(|visit| visit < *day))
            .collect();
        let reached = *usize::from(rule.trigger.school_days)
            .checked_sub(1)
            .and_then(|last| days.get(last))?;
        let (due, overdue) = self.due_after(reached, rule.within_school_days);
        Some(Row {
            pupil,
            why: Why::WelfareCheck {
                school_days: u32::try_from(days.len()).unwrap_or(u32::MAX),
                visitors: rule.visitors,
            },
            since: reached,
            due,
            overdue,
            counted: self.attendance.sessions_of_days(pupil, &rule.trigger, &days),
        })
    }

    /// The date of the last visit to a pupil that has an outcome, by the clocks of the devices that recorded it.
    fn last_visit(&self, pupil: PupilNumber) -> Option<Date> {
        self.cases(pupil)
            .flat_map(|case| &case.view.outcomes)
            .filter_map(|(_, statement)| Some(london::local(statement.stamp.recorded_at)?.date))
            .max()
    }

    fn cases(&self, pupil: PupilNumber) -> impl Iterator<Item = &VisitCase<'_>> {
        self.records.visits.iter().filter(move |case| case.is_of(pupil))
    }

    /// What the visits to a pupil wait for. A visit rests once the child was seen and spoken to; a step that another
    /// statement replaced is no longer awaited.
    pub(super) fn visits_open(&self, pupil: PupilNumber) -> Vec<Row> {
        self.cases(pupil)
            .filter(|case| !case.view.closes())
            .flat_map(|case| self.waits_of(case, pupil))
            .collect()
    }

    fn waits_of(&self, case: &VisitCase<'_>, pupil: PupilNumber) -> Vec<Row> {
        let row = |waits: VisitWaits, said_at: i64, due: Due| Row {
            pupil,
            why: Why::Visit {
                visit: case.visit,
                waits,
            },
            since: london::local(said_at).map_or(self.today(), |local| local.date),
            due,
            overdue: matches!(due, Due::At(due) if due < self.at.now),
            counted: Vec::new(),
        };
        let steps = case.view.events.iter().filter_map(|(_, statement)| {
            let said_at = statement.stamp.recorded_at;
            match &statement.body {
                VisitStatement::NextStep(step) => {
                    let waits = VisitWaits::NextStep(step.what.clone());
                    Some(row(waits, said_at, Due::At(step.due)))
                }
                VisitStatement::CardLeft(card) => {
                    let reply_by = card.reply_by?;
                    Some(row(VisitWaits::Answer, said_at, Due::At(reply_by)))
                }
                _ => None,
            }
        });
        let rows: Vec<Row> = steps.collect();
        if !rows.is_empty() {
            return rows;
        }
        let latest = |list: &[(crate::ids::EntryId, crate::item::Statement<VisitStatement>)]| {
            list.iter()
                .map(|(_, statement)| statement.stamp.recorded_at)
                .max()
        };
        match (latest(&case.view.outcomes), latest(&case.view.opened)) {
            (Some(ended), _) => vec![row(VisitWaits::NoNextStep, ended, Due::Open)],
            (None, Some(opened)) => vec![row(VisitWaits::Outcome, opened, Due::Open)],
            (None, None) => Vec::new(),
        }
    }
}
