//! The statutory attendance codes of England as dated data.
//!
//! A [`Code`] is only a symbol: one or two characters that somebody wrote. Whether it may stand in a register on a
//! date and in a session is a question to the table, [`check`], because codes come and go: the set of 19 August 2024
//! retired three and brought twelve, and marks of earlier dates keep the codes of their day.
//!
//! Numbers ([`CodeRow::number`]) are the codes of the compact encoding. One is given once, never given again to
//! another symbol and never moved, or stored marks would change their meaning.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::IdError;
use crate::session::{Date, Session};

/// The number that stands for no code of the table: the symbol itself follows, spelt out.
pub const NUMBER_ESCAPE: u8 = 63;

/// A register symbol as it was written: one or two printable ASCII characters, not necessarily of the table.
/// Letters keep their case: `v` is not `V`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code([u8; 2]);

impl Code {
    /// The mark of a pupil who was there when the morning register was taken.
    pub const PRESENT_AM: Self = Self::literal("/");
    /// The mark of a pupil who was there when the afternoon register was taken.
    pub const PRESENT_PM: Self = Self::literal("\\");
    /// Came after the register was taken and before it closed.
    pub const LATE: Self = Self::literal("L");
    /// Came after the register closed.
    pub const AFTER_CLOSING: Self = Self::literal("U");
    /// No reason for the absence is known yet.
    pub const NOT_YET_KNOWN: Self = Self::literal("N");
    /// On an educational visit or trip.
    pub const VISIT: Self = Self::literal("V");
    /// At an approved sporting activity.
    pub const SPORT: Self = Self::literal("P");

    /// A code that the program itself names.
    ///
    /// # Panics
    ///
    /// When the text is not a symbol. In a constant, that is a compile error; for text from outside use `parse`.
    pub const fn literal(text: &str) -> Self {
        match Self::from_bytes(text.as_bytes()) {
            Some(code) => code,
            None => panic!("a code is one or two printable ASCII characters"),
        }
    }

    /// Reads the characters of [`Code::as_str`]; `None` where they are no symbol.
    pub const fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [one] if one.is_ascii_graphic() => Some(Self([one, 0])),
            [one, two] if one.is_ascii_graphic() && two.is_ascii_graphic() => Some(Self([one, two])),
            _ => None,
        }
    }

    /// The symbol as text.
    pub fn as_str(&self) -> &str {
        let used = if self.0[1] == 0 { 1 } else { 2 };
        std::str::from_utf8(&self.0[..used]).expect("a code is ASCII")
    }

    /// Whether the mark says that the pupil was in this school while the register was open: `/`, `\` and `L`.
    pub fn means_present_in_school(self) -> bool {
        matches!(&self.0, b"/\0" | b"\\\0" | b"L\0")
    }

    /// Whether the mark says that the pupil attended an approved place other than this school: `V P W B K`.
    /// `D` is not among them: that session belongs to the other school's register.
    pub fn approved_elsewhere(self) -> bool {
        matches!(&self.0, b"V\0" | b"P\0" | b"W\0" | b"B\0" | b"K\0")
    }

    /// Whether the mark says that no reason is known yet, and that one is owed within five school days: `N`.
    pub fn unexplained(self) -> bool {
        &self.0 == b"N\0"
    }

    /// Whether the mark says that nobody should look for the pupil in this school in that session: every code of
    /// the table but those of a pupil who was there (`/ \ L`), who came in the end (`U`), or whose absence nobody
    /// explained (`N O`). A symbol outside the table says nothing of the kind, so a child with one is looked for.
    pub fn not_expected(self) -> bool {
        number_of(self).is_some()
            && !self.means_present_in_school()
            && !matches!(&self.0, b"U\0" | b"N\0" | b"O\0")
    }

    /// Whether the code alone tells something of a pupil's health, religion, dealings with the law, exclusion or
    /// family that a tablet of a trip or a gate has no need to know. Such a tablet is told "not expected" instead:
    /// every sensitive code is a [`Code::not_expected`] one.
    ///
    /// - `I M Y6`, and the retired `Y` that may stand for it: health
    /// - `R`: religion
    /// - `E Y5`: exclusion, detention
    /// - `T`: a travelling family, often an ethnic group
    /// - `C`: exceptional leave, such as for a bereavement
    /// - `C2 K D`: a part-time timetable, education arranged by the local authority, and a second school are mostly
    ///   due to illness, exclusion or special needs
    ///
    /// Not `C1`, `J1`, `S`, `X`, `G` or the codes of closures and transport: they tell of a stage, an interview, an
    /// examination, a holiday or a bus. Particulars (the nature of a `Y7`) are not the code: withhold them anyway.
    pub fn sensitive(self) -> bool {
        matches!(
            &self.0,
            b"I\0"
                | b"M\0"
                | b"Y6"
                | b"Y\0"
                | b"R\0"
                | b"E\0"
                | b"Y5"
                | b"T\0"
                | b"C\0"
                | b"C2"
                | b"K\0"
                | b"D\0"
        )
    }
}

impl FromStr for Code {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::from_bytes(text.as_bytes())
            .ok_or_else(|| IdError::new("code", text, "give a register code, such as /, \\, L or Y1"))
    }
}

impl TryFrom<String> for Code {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<Code> for String {
    fn from(code: Code) -> String {
        code.as_str().to_owned()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", self.as_str())
    }
}

/// The heading under which the regulations put a code. It does not say how a session counts: `D` stands among the
/// approved activities and `X` among the leave, yet neither is a possible attendance ([`CountsAs`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// In this school.
    Present,
    /// At a place other than this school, for an approved reason.
    Approved,
    /// Leave of absence that the school gave.
    Leave,
    /// Absent for another authorised reason.
    OtherAuthorised,
    /// Unable to attend for an unavoidable cause.
    NotPossible,
    /// Absent without authority.
    Unauthorised,
    /// Not about attendance at all: a pupil not yet on roll, a planned closure.
    Administrative,
}

/// How a session with the code counts in the statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CountsAs {
    /// A possible session, attended.
    Attended,
    /// A possible session, missed with authority.
    AuthorisedAbsence,
    /// A possible session, missed without authority.
    UnauthorisedAbsence,
    /// Not a possible session: it leaves the denominator.
    NotPossible,
}

/// The sessions of the day that a code may stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sessions {
    /// The morning only.
    AmOnly,
    /// The afternoon only.
    PmOnly,
    /// Either.
    Both,
}

impl Sessions {
    /// Whether the session is among them.
    pub fn allow(self, session: Session) -> bool {
        match self {
            Self::AmOnly => session == Session::Am,
            Self::PmOnly => session == Session::Pm,
            Self::Both => true,
        }
    }
}

/// Something that must be recorded beside a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Particular {
    /// The nature of the activity, or of the cause.
    Nature,
    /// The educational visit.
    Visit,
    /// The member of the school's staff who supervised.
    Supervisor,
    /// The time of arrival.
    ArrivalTime,
}

/// A symbol with its meaning, from a date to a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeRow {
    /// The symbol.
    pub symbol: Code,
    /// Its number in the compact encoding, 0 to 62: the same for ever.
    pub number: u8,
    /// A short title.
    pub title: &'static str,
    /// The heading it stands under.
    pub class: Class,
    /// What it counts as.
    pub statistics: CountsAs,
    /// Where in the day it may stand.
    pub sessions: Sessions,
    /// What must be recorded with it.
    pub needs: &'static [Particular],
    /// The first day it may stand on. Codes older than this program have 2000-01-01.
    pub valid_from: Date,
    /// The last day it may stand on; `None` while it is in force.
    pub valid_to: Option<Date>,
    /// For a retired code, what is used instead; otherwise empty.
    pub replaced_by: &'static str,
}

impl CodeRow {
    /// Whether the code is in force on the day.
    pub fn in_force_on(&self, date: Date) -> bool {
        self.valid_from <= date && self.valid_to.is_none_or(|last| date <= last)
    }
}

/// Why a code may not stand where somebody put it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// No such code, on any date.
    #[error("code {code} is not a register code: use one that `daymark codes` lists")]
    Unknown {
        /// What was written.
        code: Code,
    },
    /// The code came later.
    #[error("code {code} cannot stand on {date}: it is in force from {from}; use a code of that date")]
    NotYet {
        /// What was written.
        code: Code,
        /// The date of the mark.
        date: Date,
        /// The first day of the code.
        from: Date,
    },
    /// The code was withdrawn.
    #[error("code {code} cannot stand on {date}: it was retired after {last}; use {replaced_by}")]
    Retired {
        /// What was written.
        code: Code,
        /// The date of the mark.
        date: Date,
        /// The last day of the code.
        last: Date,
        /// What is used instead.
        replaced_by: &'static str,
    },
    /// The code belongs to the other half of the day.
    #[error("code {code} cannot stand in the {session} session of {date}: use {instead} there")]
    WrongSession {
        /// What was written.
        code: Code,
        /// The date of the mark.
        date: Date,
        /// The session it was written in.
        session: Session,
        /// The code of that session with the same meaning.
        instead: Code,
    },
}

/// Before this program; no stored mark is older.
const ALWAYS: Date = Date::from_days(0);
/// 2024-08-19: SI 2024/208 comes into force.
const AUGUST_2024: Date = Date::from_days(8997);
/// 2024-08-18: the last day of the codes it dropped.
const BEFORE_AUGUST_2024: Date = Date::from_days(8996);
/// 2013-08-31, the last day of F. The year is from memory, not read in a source: the code was in the guidance of
/// January 2009 and was gone before 2024. It touches no mark that a school must still keep.
const F_LAST: Date = Date::from_days(4991);

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

use Class::{Administrative, Approved, Leave, OtherAuthorised, Present, Unauthorised};
use CountsAs::{Attended, AuthorisedAbsence, NotPossible as NotCounted, UnauthorisedAbsence};
use Particular::{ArrivalTime, Nature, Supervisor, Visit};

/// In the order of the numbers. New rows go to the end, with the next number.
static ROWS: [CodeRow; 38] = [
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

/// Every row, retired ones included, in the order of their numbers.
pub fn rows() -> &'static [CodeRow] {
    &ROWS
}

/// The rows that a symbol has had over time; none where it was never in the table.
pub fn rows_for(code: Code) -> impl Iterator<Item = &'static CodeRow> {
    rows().iter().filter(move |row| row.symbol == code)
}

/// The row of a code that is in force on a day.
pub fn row_on(code: Code, date: Date) -> Result<&'static CodeRow, CodeError> {
    let mut nearest = Err(CodeError::Unknown { code });
    for row in ROWS.iter().filter(|row| row.symbol == code) {
        if row.in_force_on(date) {
            return Ok(row);
        }
        nearest = Err(match row.valid_to {
            Some(last) if last < date => CodeError::Retired {
                code,
                date,
                last,
                replaced_by: row.replaced_by,
            },
            _ => CodeError::NotYet {
                code,
                date,
                from: row.valid_from,
            },
        });
    }
    nearest
}

/// The row of a code that may stand on the day and in the session.
pub fn check(code: Code, date: Date, session: Session) -> Result<&'static CodeRow, CodeError> {
    let row = row_on(code, date)?;
    if row.sessions.allow(session) {
        return Ok(row);
    }
    let instead = match session {
        Session::Am => Code::PRESENT_AM,
        Session::Pm => Code::PRESENT_PM,
    };
    Err(CodeError::WrongSession {
        code,
        date,
        session,
        instead,
    })
}

/// The code with a number of the compact encoding; `None` for a number not given yet and for the escape.
pub fn by_number(number: u8) -> Option<Code> {
    ROWS.iter().find(|row| row.number == number).map(|row| row.symbol)
}

/// The number of a code in the compact encoding; `None` for a symbol outside the table, which is spelt out.
pub fn number_of(code: Code) -> Option<u8> {
    ROWS.iter().find(|row| row.symbol == code).map(|row| row.number)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn code(text: &str) -> Code {
        text.parse().expect(text)
    }

    fn day(text: &str) -> Date {
        text.parse().expect(text)
    }

    fn set(text: &str) -> BTreeSet<Code> {
        text.split(' ').map(code).collect()
    }

    fn in_force(date: &str, wanted: impl Fn(&CodeRow) -> bool) -> BTreeSet<Code> {
        let date = day(date);
        rows()
            .iter()
            .filter(|row| row.in_force_on(date) && wanted(row))
            .map(|row| row.symbol)
            .collect()
    }

    fn all_where(wanted: impl Fn(Code) -> bool) -> BTreeSet<Code> {
        rows()
            .iter()
            .map(|row| row.symbol)
            .filter(|code| wanted(*code))
            .collect()
    }

    #[test]
    fn any_one_or_two_printable_characters_are_a_code_and_nothing_else_is() {
        for text in ["/", "\\", "#", "Y7", "v", "!?", "@"] {
            assert_eq!(code(text).to_string(), text);
            assert_eq!(Code::from_bytes(text.as_bytes()), Some(code(text)));
        }
        for bad in ["", " ", "Y ", " /", "I01", "é", "L\0", "\t", "\u{7f}"] {
            assert!(bad.parse::<Code>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_code_is_text_in_json() {
        let text = serde_json::to_string(&code("\\")).expect("json");
        assert_eq!(text, r#""\\""#);
        assert_eq!(
            serde_json::from_str::<Code>(&text).expect("a code"),
            Code::PRESENT_PM
        );
        assert!(serde_json::from_str::<Code>(r#""ABC""#).is_err());
    }

    #[test]
    fn thirty_four_codes_are_in_force_in_2026() {
        let current = in_force("2026-03-02", |_| true);
        assert_eq!(current.len(), 34);
        assert_eq!(
            current,
            set("/ \\ L K V P W B D C1 M J1 S X C2 C T R I E Q Y1 Y2 Y3 Y4 Y5 Y6 Y7 G N O U Z #")
        );
    }

    #[test]
    fn codes_count_as_the_statistics_count_them() {
        let counting = |what| in_force("2026-03-02", move |row| row.statistics == what);
        assert_eq!(counting(CountsAs::Attended), set("/ \\ L K V P W B"));
        assert_eq!(
            counting(CountsAs::AuthorisedAbsence),
            set("C C1 C2 E I J1 M R S T")
        );
        assert_eq!(counting(CountsAs::UnauthorisedAbsence), set("G N O U"));
        assert_eq!(
            counting(CountsAs::NotPossible),
            set("D Q X Y1 Y2 Y3 Y4 Y5 Y6 Y7 Z #")
        );
    }

    #[test]
    fn codes_stand_under_the_headings_of_the_regulations() {
        let under = |class| in_force("2026-03-02", move |row| row.class == class);
        assert_eq!(under(Class::Present), set("/ \\ L"));
        assert_eq!(under(Class::Approved), set("K V P W B D"));
        assert_eq!(under(Class::Leave), set("C1 M J1 S X C2 C"));
        assert_eq!(under(Class::OtherAuthorised), set("T R I E"));
        assert_eq!(under(Class::NotPossible), set("Q Y1 Y2 Y3 Y4 Y5 Y6 Y7"));
        assert_eq!(under(Class::Unauthorised), set("G N O U"));
        assert_eq!(under(Class::Administrative), set("Z #"));
    }

    #[test]
    fn the_set_of_2023_had_holidays_interviews_and_one_y() {
        assert_eq!(
            in_force("2023-05-15", |_| true),
            set("/ \\ L V P W B D M S X C T R I E G N O U Z # H J Y")
        );
        assert!(in_force("2012-05-15", |_| true).contains(&code("F")));
    }

    #[test]
    fn only_some_codes_need_particulars() {
        let needing = |what: &[Particular]| {
            rows()
                .iter()
                .filter(|row| row.needs == what)
                .map(|row| row.symbol)
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(needing(&[Particular::Nature]), set("B K Y7"));
        assert_eq!(needing(&[Particular::Visit, Particular::Supervisor]), set("V"));
        assert_eq!(needing(&[Particular::ArrivalTime]), set("L U"));
        assert_eq!(needing(&[]).len(), rows().len() - 6);
    }

    #[test]
    fn a_number_belongs_to_one_symbol_and_none_is_the_escape() {
        let mut symbols = BTreeMap::new();
        for row in rows() {
            assert!(row.number < NUMBER_ESCAPE);
            assert_eq!(*symbols.entry(row.number).or_insert(row.symbol), row.symbol);
            assert_eq!(by_number(row.number), Some(row.symbol));
            assert_eq!(number_of(row.symbol), Some(row.number));
        }
        assert_eq!(by_number(NUMBER_ESCAPE), None);
        assert_eq!(number_of(code("Q9")), None);
    }

    #[test]
    fn numbers_are_what_they_were_when_they_were_given() {
        let given = "/ \\ L K V P W B D C1 M J1 S X C2 C T R I E Q Y1 Y2 Y3 Y4 Y5 Y6 Y7 G N O U Z # H J Y F";
        for (number, symbol) in (0..).zip(given.split(' ')) {
            assert_eq!(by_number(number), Some(code(symbol)), "number {number}");
        }
    }

    #[test]
    fn the_dates_of_the_table_are_the_dates_that_are_meant() {
        assert_eq!(AUGUST_2024, day("2024-08-19"));
        assert_eq!(BEFORE_AUGUST_2024, day("2024-08-18"));
        assert_eq!(F_LAST, day("2013-08-31"));
    }

    #[test]
    fn a_retired_code_stands_until_its_last_day_and_then_names_its_replacement() {
        for (symbol, replacement) in [("H", "G"), ("J", "J1"), ("Y", "Y7"), ("F", "C")] {
            let retired = code(symbol);
            let last = rows()
                .iter()
                .find(|row| row.symbol == retired)
                .and_then(|row| row.valid_to);
            let last = last.expect("a last day");
            assert!(row_on(retired, last).is_ok());
            let message = row_on(retired, last.plus(1).expect("a date"))
                .expect_err(symbol)
                .to_string();
            assert!(message.contains(&format!("code {symbol} ")), "{message}");
            assert!(message.contains(&format!("retired after {last}")), "{message}");
            assert!(message.contains(replacement), "{message}");
        }
        assert_eq!(
            row_on(code("J"), day("2026-03-02"))
                .expect_err("retired")
                .to_string(),
            "code J cannot stand on 2026-03-02: it was retired after 2024-08-18; use J1"
        );
    }

    #[test]
    fn a_code_of_2024_does_not_stand_before_it() {
        let error = row_on(code("Y1"), day("2024-08-18")).expect_err("not yet");
        assert_eq!(
            error,
            CodeError::NotYet {
                code: code("Y1"),
                date: day("2024-08-18"),
                from: day("2024-08-19")
            }
        );
        assert!(row_on(code("Y1"), day("2024-08-19")).is_ok());
    }

    #[test]
    fn an_unknown_code_is_named() {
        for symbol in ["Q9", "v", "-", "y1"] {
            let error = check(code(symbol), day("2026-03-02"), Session::Am).expect_err(symbol);
            assert_eq!(error, CodeError::Unknown { code: code(symbol) });
            assert!(
                error.to_string().contains(&format!("code {symbol} is not")),
                "{error}"
            );
        }
    }

    #[test]
    fn the_afternoon_mark_in_the_morning_is_refused_naming_the_morning_one() {
        let date = day("2026-03-02");
        let error = check(Code::PRESENT_PM, date, Session::Am).expect_err("wrong session");
        assert_eq!(
            error.to_string(),
            "code \\ cannot stand in the AM session of 2026-03-02: use / there"
        );
        let error = check(Code::PRESENT_AM, date, Session::Pm).expect_err("wrong session");
        assert!(error.to_string().ends_with("use \\ there"), "{error}");
        for row in rows().iter().filter(|row| row.in_force_on(date)) {
            let fits = Session::ALL
                .iter()
                .filter(|session| check(row.symbol, date, **session).is_ok());
            let expected = if matches!(row.symbol.as_str(), "/" | "\\") {
                1
            } else {
                2
            };
            assert_eq!(fits.count(), expected, "{}", row.symbol);
        }
    }

    #[test]
    fn every_code_tells_whether_its_pupil_is_looked_for() {
        assert_eq!(all_where(Code::means_present_in_school), set("/ \\ L"));
        assert_eq!(all_where(Code::approved_elsewhere), set("V P W B K"));
        assert_eq!(all_where(Code::unexplained), set("N"));
        assert_eq!(all_where(|code| !code.not_expected()), set("/ \\ L U N O"));
        assert!(
            !code("Q9").not_expected(),
            "a symbol that nobody knows excuses no child"
        );
    }

    #[test]
    fn a_sensitive_code_can_always_be_shown_as_not_expected() {
        assert_eq!(all_where(Code::sensitive), set("I M Y6 Y R E Y5 T C C2 K D"));
        assert!(all_where(Code::sensitive).is_subset(&all_where(Code::not_expected)));
    }
}
