//! What the office is asked where a mark of lateness and the time of arrival do not fit for certain.

use std::fmt;

use super::Arrival;
use crate::calendar::london;
use crate::code::Code;
use crate::entry::{ClockCheck, Entry, TimeOfDay, put_right};
use crate::rules::terms::RegisterTimes;

/// Which side of the closing is in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// `L`, so near to the closing that no clock decides, or by a clock that was never compared.
    Near,
    /// `L`, and the register had closed by every reading of the clock.
    After,
    /// `U`, and the register was open by every reading of the clock.
    Before,
}

/// `L` or `U`? A person is asked; the mark stands meanwhile, and no clock changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrivalQuestion {
    side: Side,
    code: Code,
    arrived_at: TimeOfDay,
    closes: TimeOfDay,
}

impl ArrivalQuestion {
    /// What is asked about an entry; nothing where its code is not `L` or `U`, or fits its time.
    ///
    /// The pupil's year does not matter: it moves the end of the session, and the question is about the closing.
    pub fn of(entry: &Entry, times: &RegisterTimes, doubt_seconds: u16) -> Option<Self> {
        let code = entry.code?;
        let arrived_at = entry.particulars.arrived_at?;
        let arrival = Arrival::of(times, "", arrived_at, left_in_doubt(entry), doubt_seconds);
        let side = match arrival {
            Arrival::LateInDoubt if code == Code::LATE => Side::Near,
            Arrival::AfterClosing | Arrival::AfterTheSession if code == Code::LATE => Side::After,
            Arrival::OnTime | Arrival::Late if code == Code::AFTER_CLOSING => Side::Before,
            _ => return None,
        };
        Some(Self {
            side,
            code,
            arrived_at,
            closes: times.closes,
        })
    }
}

/// What is in doubt of the time of arrival. A device puts it right by what it knows of its clock; but for marks of another day than
/// the school's clock had, where it is what the device showed, and the whole offset is in doubt.
fn left_in_doubt(entry: &Entry) -> Option<ClockCheck> {
    let check = entry.clock?;
    let school = london::local(put_right(entry.recorded_at, entry.clock));
    let is_right = school.is_some_and(|local| local.date == entry.cell.date);
    Some(ClockCheck {
        offset_ms: if is_right { 0 } else { check.offset_ms },
        ..check
    })
}

impl fmt::Display for ArrivalQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            arrived_at,
            closes,
            ..
        } = self;
        match self.side {
            Side::Near => write!(
                f,
                "L or U? arrived {arrived_at} by a clock that cannot decide it, and the register closes at {closes}; {code} stands until the office decides"
            ),
            Side::After => write!(
                f,
                "L or U? arrived {arrived_at}, and the register closed at {closes}; {code} stands until the office decides"
            ),
            Side::Before => write!(
                f,
                "L or U? arrived {arrived_at}, and the register was open until {closes}; {code} stands until the office decides"
            ),
        }
    }
}
