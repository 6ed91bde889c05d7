//! The rows themselves, with their dates.

use super::Code;
use super::row::Class::{self, Administrative, Approved, Leave, OtherAuthorised, Present, Unauthorised};
use super::row::CountsAs::{
    self, Attended, AuthorisedAbsence, NotPossible as NotCounted, UnauthorisedAbsence,
};
use super::row::Particular::{self, ArrivalTime, Nature, Supervisor, Visit};
use super::row::{CodeRow, Sessions};
use crate::session::Date;

/// Before this program; no stored mark is older.
const ALWAYS: Date = Date::from_days(0);
/// 2024-08-19: SI 2024/208 comes into force.
pub(super) const AUGUST_2024: Date = Date::from_days(8997);
/// 2024-08-18: the last day of the codes it dropped.
pub(super) const BEFORE_AUGUST_2024: Date = Date::from_days(8996);
/// 2013-08-31, the last day of F. The year is from memory, not read in a source: the code was in the guidance of
/// January 2009 and was gone before 2024. It touches no mark that a school must still keep.
pub(super) const F_LAST: Date = Date::from_days(4991);

/// A row in force with no end, in either session, that needs nothing more.
const fn row(
    number: u8,
    symbol: &'static str,
    class: Class,
    statistics: CountsAs,
    title: &'static str,
) -> CodeRow {
    CodeRow {
        symbol: Code::literal(symbol),
        number,
        title,
        class,
        statistics,
        sessions: Sessions::Both,
        needs: &[],
        valid_from: ALWAYS,
        valid_to: None,
        replaced_by: "",
    }
}

impl CodeRow {
    const fn only(mut self, sessions: Sessions) -> Self {
        self.sessions = sessions;
        self
    }

    const fn needing(mut self, needs: &'static [Particular]) -> Self {
        self.needs = needs;
        self
    }

    const fn since_august_2024(mut self) -> Self {
        self.valid_from = AUGUST_2024;
        self
    }

    const fn retired(mut self, last: Date, replaced_by: &'static str) -> Self {
        self.valid_to = Some(last);
        self.replaced_by = replaced_by;
        self
    }
}
/// In the order of the numbers. New rows go to the end, with the next number.
pub(super) static ROWS: [CodeRow; 38] = [
    row(0, "/", Present, Attended, "Present, morning").only(Sessions::AmOnly),
    row(1, "\\", Present, Attended, "Present, afternoon").only(Sessions::PmOnly),
    row(2, "L", Present, Attended, "Late, before the register closed").needing(&[ArrivalTime]),
    row(
        3,
        "K",
        Approved,
        Attended,
        "Education arranged by the local authority",
    )
    .needing(&[Nature])
    .since_august_2024(),
    row(4, "V", Approved, Attended, "Educational visit or trip").needing(&[Visit, Supervisor]),
    row(5, "P", Approved, Attended, "Sporting activity"),
    row(6, "W", Approved, Attended, "Work experience"),
    row(
        7,
        "B",
        Approved,
        Attended,
        "Any other approved educational activity",
    )
    .needing(&[Nature]),
    row(8, "D", Approved, NotCounted, "Dual registered at another school"),
    row(
        9,
        "C1",
        Leave,
        AuthorisedAbsence,
        "Regulated performance or employment abroad",
    )
    .since_august_2024(),
    row(10, "M", Leave, AuthorisedAbsence, "Medical or dental appointment"),
    row(
        11,
        "J1",
        Leave,
        AuthorisedAbsence,
        "Interview for a job or another institution",
    )
    .since_august_2024(),
    row(
        12,
        "S",
        Leave,
        AuthorisedAbsence,
        "Study for a public examination",
    ),
    row(
        13,
        "X",
        Leave,
        NotCounted,
        "Not of compulsory school age, not required to attend",
    ),
    row(14, "C2", Leave, AuthorisedAbsence, "Part-time timetable").since_august_2024(),
    row(
        15,
        "C",
        Leave,
        AuthorisedAbsence,
        "Leave for an exceptional circumstance",
    ),
    row(
        16,
        "T",
        OtherAuthorised,
        AuthorisedAbsence,
        "Parent travelling for occupation",
    ),
    row(
        17,
        "R",
        OtherAuthorised,
        AuthorisedAbsence,
        "Religious observance",
    ),
    row(
        18,
        "I",
        OtherAuthorised,
        AuthorisedAbsence,
        "Illness, not an appointment",
    ),
    row(
        19,
        "E",
        OtherAuthorised,
        AuthorisedAbsence,
        "Suspended or excluded, no provision made",
    ),
    row(
        20,
        "Q",
        Class::NotPossible,
        NotCounted,
        "Lack of access arrangements",
    )
    .since_august_2024(),
    row(
        21,
        "Y1",
        Class::NotPossible,
        NotCounted,
        "Normal transport not available",
    )
    .since_august_2024(),
    row(
        22,
        "Y2",
        Class::NotPossible,
        NotCounted,
        "Widespread disruption to travel",
    )
    .since_august_2024(),
    row(
        23,
        "Y3",
        Class::NotPossible,
        NotCounted,
        "Part of the premises closed",
    )
    .since_august_2024(),
    row(
        24,
        "Y4",
        Class::NotPossible,
        NotCounted,
        "Whole site unexpectedly closed",
    )
    .since_august_2024(),
    row(
        25,
        "Y5",
        Class::NotPossible,
        NotCounted,
        "Criminal justice detention",
    )
    .since_august_2024(),
    row(
        26,
        "Y6",
        Class::NotPossible,
        NotCounted,
        "Public health guidance or law",
    )
    .since_august_2024(),
    row(
        27,
        "Y7",
        Class::NotPossible,
        NotCounted,
        "Any other unavoidable cause",
    )
    .needing(&[Nature])
    .since_august_2024(),
    row(28, "G", Unauthorised, UnauthorisedAbsence, "Holiday not granted"),
    row(
        29,
        "N",
        Unauthorised,
        UnauthorisedAbsence,
        "Reason not yet established",
    ),
    row(
        30,
        "O",
        Unauthorised,
        UnauthorisedAbsence,
        "Other or unknown circumstances",
    ),
    row(
        31,
        "U",
        Unauthorised,
        UnauthorisedAbsence,
        "Arrived after the register closed",
    )
    .needing(&[ArrivalTime]),
    row(
        32,
        "Z",
        Administrative,
        NotCounted,
        "Prospective pupil, not on roll",
    ),
    row(
        33,
        "#",
        Administrative,
        NotCounted,
        "Planned whole-school closure",
    ),
    row(34, "H", Leave, AuthorisedAbsence, "Holiday agreed").retired(
        BEFORE_AUGUST_2024,
        "C where exceptional leave was given, G where it was not",
    ),
    // An interview was an approved activity, and attended, until J1 made it leave (from memory).
    row(35, "J", Approved, Attended, "Interview").retired(BEFORE_AUGUST_2024, "J1"),
    row(
        36,
        "Y",
        Class::NotPossible,
        NotCounted,
        "Unable to attend, exceptional circumstances",
    )
    .retired(
        BEFORE_AUGUST_2024,
        "the one of Y1 to Y7, or Q, that names the cause",
    ),
    row(37, "F", Leave, AuthorisedAbsence, "Extended holiday agreed")
        .retired(F_LAST, "C where exceptional leave was given, G where it was not"),
];
