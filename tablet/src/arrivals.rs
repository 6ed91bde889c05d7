//! `L` or `U` at the gate, from the time of arrival and the school's own times.
//!
//! What the time leaves in doubt is `L`, and the office is asked; no clock makes a `U` by itself unless every reading of
//! it says so.

use daymark_core::calendar::london;
use daymark_core::entry::{ClockCheck, Particulars, TimeOfDay};
use daymark_core::ids::PupilNumber;
use daymark_core::record::Mark;
use daymark_core::rules::arrival::Arrival;
use daymark_core::session::{Date, Session};
use daymark_sync_protocol::client::Replica;

use crate::storage::Storage;
use crate::{Moment, Tablet};

/// Noon in hours: before it a pupil comes for the morning.
const NOON_HOURS: u32 = 12;

/// Somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// On which date.
    pub date: Date,
    /// For which session.
    pub session: Session,
    /// When, school-local.
    pub at: TimeOfDay,
}

/// A mark that follows from a time of arrival.
#[derive(Debug, Clone)]
pub struct Lateness {
    /// The mark.
    pub mark: Mark,
    /// What it amounts to.
    pub arrival: Arrival,
    /// Whole minutes since lateness began.
    pub minutes_late: u32,
}

/// Why no mark follows from a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoLateness {
    /// The school has not said when the register is taken, or the tablet has not been told.
    #[error(
        "this tablet does not know when the register of {date} {session} is taken: sync, or say the code with `mark --code L`; the office writes the times in rules.toml"
    )]
    NoTimes {
        /// Which date.
        date: Date,
        /// Which session.
        session: Session,
    },
    /// The school is closed.
    #[error("{date} {session} is no session of this school: nobody is late for it; check the date")]
    NoSession {
        /// Which date.
        date: Date,
        /// Which session.
        session: Session,
    },
    /// The pupil is not late.
    #[error("{at} is not late: lateness begins at {late_from}; the class marks who is there")]
    OnTime {
        /// When they came.
        at: TimeOfDay,
        /// From when somebody is late.
        late_from: TimeOfDay,
    },
    /// The session is over.
    #[error("{at} is after the end of {session} at {ends}: it is absent, and the office says by which code")]
    Over {
        /// When they came.
        at: TimeOfDay,
        /// Which session.
        session: Session,
        /// When it ended for them.
        ends: TimeOfDay,
    },
}

/// The school-local time of a moment; `None` outside every calendar.
pub fn school_time(moment: Moment) -> Option<TimeOfDay> {
    london::local(moment.unix_seconds()).map(|local| local.time)
}

/// What is left in doubt of a time that was put right by what was known of its clock.
pub fn put_right(clock: Option<ClockCheck>) -> Option<ClockCheck> {
    clock.map(|check| ClockCheck {
        offset_ms: 0,
        ..check
    })
}

/// The time of arrival of somebody who comes at a moment of the device's clock, for a date of the school, and what is in doubt of
/// it: the school's time, where the clock, put right, shows that date. Otherwise the marks are of another day than the school's
/// clock has, and it is what the device shows; nothing can be put right by an offset of days. `None` outside every calendar.
pub fn now_at<S: Storage>(
    tablet: &Tablet<S>,
    moment: Moment,
    date: Date,
) -> Option<(TimeOfDay, Option<ClockCheck>)> {
    let clock = tablet.clock_at(moment);
    match london::local(tablet.school_seconds(moment)) {
        Some(local) if local.date == date => Some((local.time, put_right(clock))),
        _ => Some((school_time(moment)?, clock)),
    }
}

/// The session that somebody comes for at a time: the morning before noon.
pub fn session_at(time: TimeOfDay) -> Session {
    if time.seconds() < NOON_HOURS * 3600 {
        Session::Am
    } else {
        Session::Pm
    }
}

/// The mark of a pupil who came at a time, by a clock of which this is in doubt: see [`now_at`].
///
/// # Errors
/// No mark follows from it: see [`NoLateness`].
pub fn lateness(
    replica: &Replica,
    pupil: PupilNumber,
    came: Came,
    clock: Option<ClockCheck>,
) -> Result<Lateness, NoLateness> {
    let Came { date, session, at } = came;
    let policy = replica.policy();
    if !policy.may_be_held(date, session) {
        return Err(NoLateness::NoSession { date, session });
    }
    let rules = policy.on(date);
    let known = rules.and_then(|rules| Some((rules, rules.times(session)?)));
    let (rules, times) = known.ok_or(NoLateness::NoTimes { date, session })?;
    let pupils = replica.brief().map(|brief| brief.pupils.as_slice());
    let listed = pupils
        .unwrap_or_default()
        .iter()
        .find(|known| known.number == pupil);
    let year = listed.and_then(|known| known.year.as_deref()).unwrap_or_default();
    let arrival = Arrival::of(times, year, at, clock, rules.clock_doubt_seconds);
    let code = arrival.code().ok_or(match arrival {
        Arrival::OnTime => NoLateness::OnTime {
            at,
            late_from: times.late_from,
        },
        _ => NoLateness::Over {
            at,
            session,
            ends: times.ends_for(year),
        },
    })?;
    Ok(Lateness {
        mark: Mark {
            code,
            particulars: Particulars {
                arrived_at: Some(at),
                ..Particulars::default()
            },
            reason: None,
        },
        arrival,
        minutes_late: times.minutes_late(at).unwrap_or_default(),
    })
}
