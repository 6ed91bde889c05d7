//! The late gate: two taps a child.

use daymark_core::code::Code;
use daymark_core::entry::{Duty, Particulars, TimeOfDay};
use daymark_core::ids::PupilNumber;
use daymark_core::record::Mark;
use daymark_core::session::{Date, Session};
use daymark_tablet::arrivals::{self, Came, Lateness};

use super::Open;
use super::open::{Done, words};
use crate::action::{Action, Register};

/// Who came at a time and is not named yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JustTime {
    /// When.
    pub at: TimeOfDay,
    /// On which date.
    pub date: Date,
}

/// The gate, as far as it is not in the register.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateState {
    /// Times without a name, oldest first.
    pub times: Vec<JustTime>,
    /// Who came last, newest first, in the order of the taps: marks of one second have no order of their own.
    pub latest: Vec<PupilNumber>,
}

/// Somebody who came late, for the list at the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Who.
    pub pupil: PupilNumber,
    /// Their name.
    pub name: String,
    /// The code.
    pub code: Code,
    /// When they came.
    pub at: Option<TimeOfDay>,
    /// How late, in minutes.
    pub minutes: Option<u32>,
    /// Why.
    pub reason: Option<String>,
}

/// Reasons that are one tap.
pub const REASONS: [&str; 5] = [
    "Traffic",
    "Overslept",
    "Appointment",
    "Transport",
    "Family reason",
];

impl GateState {
    pub(super) fn forget(&mut self, pupils: &[PupilNumber]) {
        self.latest.retain(|pupil| !pupils.contains(pupil));
    }
}

impl Open {
    /// The gate's register now.
    pub fn gate_register(&self) -> Register {
        Register {
            duty: Duty::Gate,
            date: self.today(),
            session: self.session_now(),
        }
    }

    /// What a child gets who comes now, and how late that is; or why not, in words.
    ///
    /// # Errors
    /// Nobody is late now, or the school's times are not known here.
    pub fn lateness_now(&self) -> Result<Lateness, String> {
        self.lateness_of(PupilNumber(0), self.local().time)
    }

    fn lateness_of(&self, pupil: PupilNumber, at: TimeOfDay) -> Result<Lateness, String> {
        let register = self.gate_register();
        let came = Came {
            date: register.date,
            session: register.session,
            at,
        };
        // The time is the school's already: what is left to doubt is how well it was measured.
        let clock = arrivals::put_right(self.tablet.clock_at(self.moment()));
        arrivals::lateness(self.tablet.replica(), pupil, came, clock).map_err(words)
    }

    /// The times of the register now, where the school has written them.
    pub fn times_now(&self) -> Option<daymark_core::rules::RegisterTimes> {
        let register = self.gate_register();
        let policy = self.tablet.replica().policy();
        policy.on(register.date)?.times(register.session).cloned()
    }

    /// Who came late today, the latest first.
    pub fn arrivals(&self) -> Vec<Arrival> {
        let register = self.gate_register();
        let times = self.times_now();
        let day = self.tablet.replica().day(register.date);
        let mut all: Vec<(usize, i64, Arrival)> = day
            .cells()
            .filter(|(cell, _)| cell.session == register.session)
            .filter_map(|(cell, fold)| {
                let entry = fold
                    .candidates
                    .iter()
                    .filter_map(|id| day.entry(id))
                    .find(|entry| entry.duty == Duty::Gate && entry.code.is_some())?;
                let at = entry.particulars.arrived_at;
                let tapped = self.gate.latest.iter().position(|pupil| *pupil == cell.pupil);
                let arrival = Arrival {
                    pupil: cell.pupil,
                    name: self.name(cell.pupil),
                    code: entry.code?,
                    at,
                    minutes: at.and_then(|at| times.as_ref()?.minutes_late(at)),
                    reason: entry.particulars.comment.clone(),
                };
                Some((tapped.unwrap_or(usize::MAX), -entry.recorded_at, arrival))
            })
            .collect();
        all.sort_by(|a, b| (a.0, a.1, &a.2.name).cmp(&(b.0, b.1, &b.2.name)));
        all.into_iter().map(|(_, _, arrival)| arrival).collect()
    }

    pub(super) fn act_gate(&mut self, action: Action) -> Done {
        match action {
            Action::Arrived(pupil) => {
                let at = self.local().time;
                self.arrived(pupil, at)
            }
            Action::JustTime => {
                let local = self.local();
                self.gate.times.push(JustTime {
                    at: local.time,
                    date: local.date,
                });
                Ok(Some(format!("Time kept: {}.", local.time)))
            }
            Action::Name(pupil) => {
                let kept = self.gate.times.first().copied().ok_or("No time is kept.")?;
                if kept.date != self.today() {
                    return Err("That time is of another day.".to_owned());
                }
                let done = self.arrived(pupil, kept.at)?;
                self.gate.times.remove(0);
                Ok(done)
            }
            Action::Reason(pupil, reason) => self.reason(pupil, &reason),
            _ => Ok(None),
        }
    }

    fn arrived(&mut self, pupil: PupilNumber, at: TimeOfDay) -> Done {
        let mut lateness = self.lateness_of(pupil, at)?;
        let register = self.gate_register();
        let code = lateness.mark.code;
        lateness.mark.reason = self.again(&register, pupil);
        self.gate_mark(&register, pupil, lateness.mark)?;
        let name = self.name(pupil);
        self.gate.forget(&[pupil]);
        self.gate.latest.insert(0, pupil);
        self.can_undo(format!("{name}: {code}"), &register, vec![pupil]);
        Ok(Some(format!(
            "{name}: {code}, {}.",
            daymark_tablet::words::late(lateness.minutes_late)
        )))
    }

    fn gate_mark(&mut self, register: &Register, pupil: PupilNumber, mark: Mark) -> Result<(), String> {
        let author = self.author(&register.duty)?;
        let report = self
            .tablet
            .mark(&author, register.date, register.session, &[(pupil, mark)])
            .map_err(words)?;
        match report.refused.first() {
            Some((_, why)) => Err(format!("{}: {why}", self.name(pupil))),
            None => Ok(()),
        }
    }

    fn reason(&mut self, pupil: PupilNumber, reason: &str) -> Done {
        let register = self.gate_register();
        let arrivals = self.arrivals();
        let arrival = arrivals
            .iter()
            .find(|arrival| arrival.pupil == pupil)
            .ok_or("This pupil has not been marked at the gate.")?;
        let mark = Mark {
            code: arrival.code,
            particulars: Particulars {
                arrived_at: arrival.at,
                comment: Some(reason.to_owned()),
                ..Particulars::default()
            },
            reason: Some("Reason for lateness given at the gate".to_owned()),
        };
        self.gate_mark(&register, pupil, mark)?;
        // To undo would now take back the reason alone, which is not what the button names.
        self.undo.retain(|undoable| undoable.pupils != [pupil]);
        self.back_to_gate();
        Ok(Some(format!("{}: {reason}.", self.name(pupil))))
    }

    fn back_to_gate(&mut self) {
        if matches!(self.screen, crate::action::Screen::GateReason(_)) {
            let home = self.home();
            self.screen = self.back.pop().unwrap_or(home);
        }
    }

    /// The session that the gate stands in, with the words of its close.
    pub fn is_morning(&self) -> bool {
        self.session_now() == Session::Am
    }
}
