//! The Common Transfer File (CTF) of the Department for Education: pupils in, totals of attendance out.
//!
//! In: `CTfile` > `CTFpupilData` > `Pupil` { `UPN`, `Surname`, `Forename`, `DOB` } and the preferred forename. A CTF
//! has neither admission numbers nor classes, so it changes pupils whom the roster knows by their UPNs, and refuses
//! the others with what is missing: a joiner's admission number is given out by the school's own system.
//!
//! Out: `Attendance` > `YearData` with the four totals of a year. No string of marks (`AttendSessions` >
//! `AttendanceMarks`): its layout (filler, order of sessions, days of a week) is in no text that we could read, and
//! the layout that is remembered has one character a session, into which `C1` and `Y7` do not fit. A wrong string
//! would put wrong marks into another school's register; totals cannot.

mod read;
mod school;
mod write;

pub(crate) use self::read::read;
pub use self::read::{CtfError, DEPTH_MAX, ELEMENTS_MAX};
pub use self::school::{Destination, LaEstab, SchoolNumberError, Sequence};
pub use self::write::{
    AttendanceYear, CTF_VERSION, CtfFile, LeftOut, PupilTotals, SessionTotals, TotalsError, Transfer,
    write_totals,
};
