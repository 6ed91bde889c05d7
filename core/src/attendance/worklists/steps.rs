//! Letters, meetings and notices that the policy states.

use super::Worklists;
use super::row::{Due, Row, Why};
use crate::attendance::Ages;
use crate::attendance::outcome::Counted;
use crate::ids::PupilNumber;
use crate::rules::terms::{Codes, Counting, PenaltyThreshold, Step, StepWhen};
use crate::session::Date;

/// Why a step is due, and from when a step that was taken is one for this ground.
struct Ground {
    since: Date,
    answered_from: Date,
    counted: Vec<Counted>,
}

impl Worklists<'_> {
    /// The steps whose ground is there and that nobody has taken for it yet: this school year for a figure of the
    /// year, and since the ground was there for a run of days or a number of weeks.
    pub(super) fn steps_due(&self, pupil: PupilNumber) -> Vec<Row> {
        self.rules_today()
            .steps
            .iter()
            .filter_map(|step| self.step_due(pupil, step))
            .collect()
    }

    fn step_due(&self, pupil: PupilNumber, step: &Step) -> Option<Row> {
        let ground = self.ground(pupil, &step.when)?;
        let is_taken =
            self.records.steps.iter().any(|taken| {
                taken.pupil == pupil && taken.step == step.name && taken.on >= ground.answered_from
            });
        (!is_taken).then(|| Row {
            pupil,
            why: Why::Step {
                name: step.name.clone(),
            },
            since: ground.since,
            due: Due::Open,
            overdue: false,
            counted: ground.counted,
        })
    }

    fn ground(&self, pupil: PupilNumber, when: &StepWhen) -> Option<Ground> {
        let year = self.this_year();
        match when {
            StepWhen::AttendanceBelow(share) => {
                let is_below = self.attendance.tally(pupil, year).attended_below(*share);
                is_below.then(|| Ground {
                    since: self.so_since(pupil, |tally| tally.attended_below(*share)),
                    answered_from: year.first,
                    counted: self.attendance.missed(pupil, year),
                })
            }
            StepWhen::LateSessions { sessions, codes } | StepWhen::MissedSessions { sessions, codes } => {
                self.sessions_ground(pupil, *sessions, codes)
            }
            StepWhen::Days(trigger) => {
                let counted = self.attendance.days(pupil, trigger, self.today(), Ages::Any);
                let days = counted.by(trigger.counting);
                let since = *days.get(usize::from(trigger.school_days).checked_sub(1)?)?;
                Some(Ground {
                    since,
                    answered_from: match trigger.counting {
                        Counting::Consecutive => since,
                        Counting::Cumulative => year.first,
                    },
                    counted: self.attendance.sessions_of_days(pupil, trigger, days),
                })
            }
            StepWhen::Weeks(threshold) => self.weeks_ground(pupil, threshold),
            StepWhen::WeeksWhileAttending {
                threshold,
                at_least,
                in_school_weeks,
            } => self.weeks_ground(pupil, threshold).filter(|ground| {
                let weeks = self
                    .attendance
                    .calendar()
                    .weeks_to(ground.since, *in_school_weeks);
                weeks.is_some_and(|weeks| self.attendance.tally(pupil, weeks).attended_at_least(*at_least))
            }),
        }
    }

    fn weeks_ground(&self, pupil: PupilNumber, threshold: &PenaltyThreshold) -> Option<Ground> {
        let weeks = self
            .attendance
            .weeks_met(pupil, threshold, self.today(), Ages::Any)?;
        let counted = self.attendance.sessions_of_weeks(pupil, &threshold.codes, &weeks);
        let reached = usize::from(threshold.sessions).checked_sub(1)?;
        let since = counted.get(reached)?.cell.date;
        Some(Ground {
            since,
            answered_from: since,
            counted,
        })
    }

    fn sessions_ground(&self, pupil: PupilNumber, sessions: u16, codes: &Codes) -> Option<Ground> {
        let year = self.this_year();
        if self.attendance.count(pupil, codes, year) < u32::from(sessions) {
            return None;
        }
        let counted = self.attendance.sessions(pupil, codes, year);
        let since = counted.get(usize::from(sessions).checked_sub(1)?)?.cell.date;
        Some(Ground {
            since,
            answered_from: year.first,
            counted,
        })
    }
}
