//! What a school's rules amount to once they were read: one small set of parameters for each counter and worklist,
//! with no word of how they were written down. Days keep the rules that were in force on them.

use std::collections::{BTreeMap, BTreeSet};

use crate::code::Code;
use crate::entry::TimeOfDay;
use crate::fold;
use crate::roster::Role;

/// The codes that a rule is about.
pub type Codes = BTreeSet<Code>;

/// On which side of the closing of the register an arrival in the closing minute falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosingMinute {
    /// Still late: `L`.
    Late,
    /// After closing: `U`.
    AfterClosing,
}

/// When the register of a session is taken, school-local.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterTimes {
    /// When taking it begins.
    pub opens: TimeOfDay,
    /// From when an arrival is late.
    pub late_from: TimeOfDay,
    /// When it closes: an arrival after it is `U`.
    pub closes: TimeOfDay,
    /// Where an arrival in the closing minute falls.
    pub closing_minute: ClosingMinute,
    /// When the session ends: nobody arrives for it any more. `ends_by_year` goes first.
    pub ends: TimeOfDay,
    /// When it ends for the pupils of a national curriculum year, where that differs.
    pub ends_by_year: BTreeMap<String, TimeOfDay>,
}

/// How days are counted towards a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// School days in a row, without one in between that does not count.
    Consecutive,
    /// School days of the school year, in a row or not.
    Cumulative,
}

/// How much of a school day must stand in the codes for the day to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayNeeds {
    /// Either of its sessions.
    AnySession,
    /// Each of its sessions.
    EverySession,
}

/// Days of absence that set something off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaysTrigger {
    /// After how many school days.
    pub school_days: u16,
    /// How they are counted.
    pub counting: Counting,
    /// What makes a day one of them.
    pub day: DayNeeds,
    /// By which codes.
    pub codes: Codes,
}

/// A home visit to an absent child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WelfareCheck {
    /// What sets it off.
    pub trigger: DaysTrigger,
    /// By how many people it is made.
    pub visitors: u8,
    /// Within how many school days of the trigger.
    pub within_school_days: u16,
}

/// The reason that is owed for an `N` (regulation 10(7) to (9) of SI 2024/208).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonOwed {
    /// Within how many school days after the session.
    pub school_days: u16,
    /// What is proposed to a person when the time is over. Nothing changes by itself.
    pub then: Code,
}

/// Sessions of unauthorised absence in a rolling number of school weeks: a week with at least one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PenaltyThreshold {
    /// How many sessions.
    pub sessions: u16,
    /// In how many school weeks, across terms and years.
    pub school_weeks: u16,
    /// Of which codes.
    pub codes: Codes,
}

/// A share of possible sessions in tenths of a percent: 900 is 90 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PerMille(u16);

impl PerMille {
    /// The share, or `None` over 1000.
    pub const fn new(tenths: u16) -> Option<Self> {
        if tenths <= 1000 { Some(Self(tenths)) } else { None }
    }

    /// In tenths of a percent.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// Absence as the statistics call it: at exactly the share, a pupil counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsenceShares {
    /// Missed at least this share of possible sessions: persistently absent.
    pub persistent: PerMille,
    /// Missed at least this share: severely absent.
    pub severe: PerMille,
}

/// Whether a band begins at its share or beyond it: "from 95 %" or "above 97 %".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    /// The share itself belongs to the band.
    Included,
    /// Only more than the share does.
    Excluded,
}

/// A band of attendance, as the school words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// What it is called.
    pub name: String,
    /// From this share of possible sessions attended, and more.
    pub from: PerMille,
    /// On which side the share itself falls.
    pub edge: Edge,
}

/// What a letter, or another step that the school names, is sent for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepWhen {
    /// The pupil attended less than this share of possible sessions this school year.
    AttendanceBelow(PerMille),
    /// The pupil was late, in this many sessions this school year or more.
    LateSessions {
        /// How many.
        sessions: u16,
        /// By which codes.
        codes: Codes,
    },
    /// The pupil missed this many sessions this school year or more.
    MissedSessions {
        /// How many.
        sessions: u16,
        /// By which codes.
        codes: Codes,
    },
    /// Days of absence.
    Days(DaysTrigger),
    /// Sessions in school weeks.
    Weeks(PenaltyThreshold),
    /// The same, for a pupil who otherwise attends: some authorities act at once only there.
    WeeksWhileAttending {
        /// The sessions in school weeks.
        threshold: PenaltyThreshold,
        /// The pupil attended at least this share of possible sessions ...
        at_least: PerMille,
        /// ... in this many school weeks up to then.
        in_school_weeks: u16,
    },
}

/// A letter, meeting or notice that a policy states, due once the pupil's figures call for it. Sending it is a
/// person's act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What the school calls it, once in a set of rules.
    pub name: String,
    /// When it is due.
    pub when: StepWhen,
}

/// What the sign-off of a session does about what is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOffWith {
    /// Open decisions are named in the sign-off, and stay open.
    OpenDecisionsNamed,
    /// A session with an open decision is not signed off.
    NothingOpen,
}

/// The rules of a school from one date until the next set begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolRules {
    /// The morning.
    pub am: RegisterTimes,
    /// The afternoon.
    pub pm: RegisterTimes,
    /// Nearer to the closing than this, and than its own measured doubt, a device's clock decides nothing: seconds.
    pub clock_doubt_seconds: u16,
    /// By when parents say why their child is away.
    pub notify_by: Option<TimeOfDay>,
    /// Which rules settle two different marks by themselves.
    pub settle: fold::Rules,
    /// The reason for an `N`.
    pub reason_owed: ReasonOwed,
    /// Home visits; `None` where the policy has no trigger.
    pub welfare_check: Option<WelfareCheck>,
    /// The return of unauthorised absence to the authority: both counters are kept, whichever is named.
    pub absence_return: Option<DaysTrigger>,
    /// The return of illness to the authority.
    pub sickness_return: Option<DaysTrigger>,
    /// When a penalty notice must be considered.
    pub penalty: PenaltyThreshold,
    /// Persistent and severe absence.
    pub absence: AbsenceShares,
    /// What attendance the school aims at.
    pub target: Option<PerMille>,
    /// Bands, the highest first.
    pub bands: Vec<Band>,
    /// Letters and other steps, in the order of the policy.
    pub steps: Vec<Step>,
    /// The codes that a role may enter; a role that is not named may enter any.
    pub codes_by_role: BTreeMap<Role, Codes>,
    /// What sign-off does about open decisions.
    pub sign_off: SignOffWith,
    /// For how many years entries are kept, at least (regulation 7: six).
    pub retention_years: u8,
}
