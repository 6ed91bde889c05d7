//! What is out of order about an entry. It is kept and shown, never refused; what is unlawful moves nothing, and a
//! doubtful clock is only a remark, because no clock may decide which entry stands.

use std::collections::BTreeMap;

use serde::Serialize;

use super::SignedOff;
use crate::code::{self, Particular};
use crate::duties::Duties;
use crate::entry::{Duty, Entry};
use crate::ids::{DeviceNumber, EntryId};

/// How far a clock may be off before it is remarked on, in seconds. A clock that was never checked is judged by the
/// date of what it marked, with a day more each way: a mark may be made in advance or keyed in late.
const CLOCK_REMARK_SECONDS: i64 = 86_400;

/// An entry and what is out of order about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Irregular {
    /// Which entry.
    pub entry: EntryId,
    /// What is out of order.
    pub why: Irregularity,
}

/// What is out of order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Irregularity {
    /// The code is not one of the table on that date, or not for that session.
    #[error("{words}")]
    Code {
        /// What the code table says.
        words: String,
    },
    /// Something that the code needs was not recorded.
    #[error("code {code} needs {what}")]
    Missing {
        /// The code.
        code: code::Code,
        /// What it needs.
        what: &'static str,
    },
    /// It replaces entries and says no reason.
    #[error("it changes an entry and gives no reason")]
    NoReason,
    /// It replaces an entry that is not here, or not of this cell.
    #[error("it replaces entry {entry}, which is not one of this pupil's session here")]
    UnknownOriginal {
        /// The entry that cannot be found.
        entry: EntryId,
    },
    /// It replaces an entry that its author's duty does not cover.
    #[error("it was made under {duty} and replaces an entry made under {original}")]
    OutsideDuty {
        /// Its duty.
        duty: Duty,
        /// The other's.
        original: Duty,
    },
    /// It takes a mark back without naming one.
    #[error("it takes a mark back and does not say which")]
    NothingTakenBack,
    /// Somebody other than the office names a sign-off.
    #[error("it names a sign-off, which only the office may act upon")]
    SignOffNotOffice,
    /// It names a sign-off that is not here.
    #[error("it names sign-off {sign_off}, which is not one of this session here")]
    UnknownSignOff {
        /// The sign-off that cannot be found.
        sign_off: EntryId,
    },
    /// No duty that its device was ever given covers the sheet that it was made in.
    #[error("it was made under {duty}, which device {device} was never given")]
    NoDuty {
        /// The device.
        device: DeviceNumber,
        /// The duty.
        duty: Duty,
    },
    /// The device's duty had ended, by its own clock. A remark: it moves nothing and stops nothing.
    #[error("the duty of device {device} had ended when it was made")]
    DutyEnded {
        /// The device.
        device: DeviceNumber,
    },
    /// The device's clock was far from the date of the mark. A remark: it moves nothing and stops nothing.
    #[error("the tablet's clock was {days} days off")]
    Clock {
        /// How far, in days; negative when the clock was early.
        days: i64,
    },
}

impl Irregularity {
    /// Whether an entry with this irregularity moves nothing. Clocks never judge: theirs is a remark.
    pub fn moves_nothing(&self) -> bool {
        !matches!(self, Self::Clock { .. } | Self::DutyEnded { .. })
    }

    /// A stable number for the canonical encoding.
    pub(super) fn number(&self) -> u8 {
        match self {
            Self::Code { .. } => 1,
            Self::Missing { .. } => 2,
            Self::NoReason => 3,
            Self::UnknownOriginal { .. } => 4,
            Self::OutsideDuty { .. } => 5,
            Self::NothingTakenBack => 6,
            Self::SignOffNotOffice => 7,
            Self::UnknownSignOff { .. } => 8,
            Self::Clock { .. } => 9,
            Self::NoDuty { .. } => 10,
            Self::DutyEnded { .. } => 11,
        }
    }
}

/// What is missing beside a code, if anything. The recording side asks the same before an entry is made.
pub fn missing_particular(entry: &Entry) -> Option<&'static str> {
    let code = entry.code?;
    let row = code::row_on(code, entry.cell.date).ok()?;
    row.needs.iter().find_map(|need| match need {
        Particular::Nature if entry.particulars.nature.is_none() => {
            Some("the nature of the activity or cause")
        }
        Particular::Visit | Particular::Supervisor if entry.particulars.visit.is_none() => {
            Some("the visit and its supervising member of staff")
        }
        Particular::ArrivalTime if entry.particulars.arrived_at.is_none() => Some("the time of arrival"),
        _ => None,
    })
}

/// Everything that is out of order about one entry, given the others of its cell.
pub(super) fn of(
    id: EntryId,
    entry: &Entry,
    cell: &BTreeMap<EntryId, &Entry>,
    sign_offs: &[&SignedOff],
    duties: &Duties,
) -> Vec<Irregular> {
    let mut found: Vec<Irregularity> = duties.judge(entry).into_iter().collect();
    if let Some(code) = entry.code {
        if let Err(error) = code::check(code, entry.cell.date, entry.cell.session) {
            found.push(Irregularity::Code {
                words: error.to_string(),
            });
        }
        if let Some(what) = missing_particular(entry) {
            found.push(Irregularity::Missing { code, what });
        }
    }
    if entry.supersedes.is_empty() {
        if entry.code.is_none() {
            found.push(Irregularity::NothingTakenBack);
        }
    } else if entry.reason_given().is_none() {
        found.push(Irregularity::NoReason);
    }
    for original in &entry.supersedes {
        match cell.get(original) {
            None => found.push(Irregularity::UnknownOriginal { entry: *original }),
            Some(other) if !entry.duty.may_supersede(&other.duty) => found.push(Irregularity::OutsideDuty {
                duty: entry.duty.clone(),
                original: other.duty.clone(),
            }),
            Some(_) => {}
        }
    }
    if let Some(sign_off) = entry.sign_off {
        if entry.duty != Duty::Office {
            found.push(Irregularity::SignOffNotOffice);
        } else if !sign_offs.iter().any(|known| known.id == sign_off) {
            found.push(Irregularity::UnknownSignOff { sign_off });
        }
    }
    if let Some(days) = clock_days_off(entry) {
        found.push(Irregularity::Clock { days });
    }
    found
        .into_iter()
        .map(|why| Irregular { entry: id, why })
        .collect()
}

/// How many days the device's clock was off, where that is worth a remark. What was measured decides; without a
/// measurement, only a first entry made on the spot tells: the office amends and plans on other days than the mark's.
fn clock_days_off(entry: &Entry) -> Option<i64> {
    if let Some(check) = entry.clock {
        let ahead = -(check.offset_ms / 1000);
        return (ahead.abs() > CLOCK_REMARK_SECONDS).then_some(ahead / 86_400);
    }
    let on_the_spot = entry.supersedes.is_empty() && entry.duty != Duty::Office;
    let from_start = entry
        .recorded_at
        .saturating_sub(entry.cell.date.start_unix_seconds());
    let near = -2 * CLOCK_REMARK_SECONDS..3 * CLOCK_REMARK_SECONDS;
    (on_the_spot && !near.contains(&from_start)).then(|| from_start.div_euclid(86_400))
}
