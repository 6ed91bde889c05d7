//! What a cell amounts to, given the entries that nothing supersedes.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::code::{Code, CountsAs};
use crate::entry::{Duty, Entry};
use crate::ids::EntryId;

/// A rule that settles two different marks without a person. Each is named wherever it was applied, may be
/// switched off by the school, and is reversed by an office entry that names what it settled. No other exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rule {
    /// N in class and L or U at the gate: N means that the reason is not yet known, L that the child came.
    R1,
    /// N in class and V or P from a list that the pupil is on: the classroom absence is explained.
    R2,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::R1 => "R1",
            Self::R2 => "R2",
        })
    }
}

/// Which rules a school lets settle by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Rule R1.
    pub r1: bool,
    /// Rule R2.
    pub r2: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { r1: true, r2: true }
    }
}

/// Why a person must decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dispute {
    /// The child is said to be in two places at once. Urgent.
    TwoPlaces,
    /// Two adults of one group differ about whether the child is with them. Urgent.
    SameGroup,
    /// L and U: the law turns on the minute.
    LateOrAfterClosing,
    /// A planned absence, and the child was seen: perhaps a wrong child.
    PlannedAbsenceButSeen,
    /// Any other difference.
    Different,
}

impl Dispute {
    /// Whether a child may be missing right now.
    pub fn urgent(self) -> bool {
        matches!(self, Self::TwoPlaces | Self::SameGroup)
    }

    /// A stable number for the canonical encoding.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::TwoPlaces => 1,
            Self::SameGroup => 2,
            Self::LateOrAfterClosing => 3,
            Self::PlannedAbsenceButSeen => 4,
            Self::Different => 5,
        }
    }

    /// Why, in the words that the office reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::TwoPlaces => "in two places at once",
            Self::SameGroup => "two adults of one group differ",
            Self::LateOrAfterClosing => "late, or after the register closed",
            Self::PlannedAbsenceButSeen => "planned absence, but seen",
            Self::Different => "two different marks",
        }
    }
}

/// What a cell amounts to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "standing", rename_all = "lowercase")]
pub enum Standing {
    /// No mark stands.
    Blank,
    /// One mark.
    Recorded {
        /// Its code.
        code: Code,
    },
    /// Several marks that say the same; all their names are kept.
    Agreed {
        /// The code.
        code: Code,
    },
    /// Different marks, settled by a named rule.
    Settled {
        /// The code that stands.
        code: Code,
        /// The rule.
        rule: Rule,
    },
    /// Different marks; a person must decide, and the child counts as unaccounted for.
    Disputed {
        /// Why.
        why: Dispute,
    },
}

impl Standing {
    /// The code that stands, where one does.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Recorded { code } | Self::Agreed { code } | Self::Settled { code, .. } => Some(*code),
            Self::Blank | Self::Disputed { .. } => None,
        }
    }

    /// Whether a person must decide.
    pub fn is_disputed(&self) -> bool {
        matches!(self, Self::Disputed { .. })
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("no mark yet"),
            Self::Recorded { code } => write!(f, "{code}"),
            Self::Agreed { code } => write!(f, "{code} (agreed)"),
            Self::Settled { code, rule } => write!(f, "{code} (by rule {rule})"),
            Self::Disputed { why } => write!(f, "two different marks: {}", why.words()),
        }
    }
}

/// A candidate that says something: a mark that was taken back says nothing against another.
#[derive(Clone, Copy)]
struct Mark<'a> {
    code: Code,
    entry: &'a Entry,
}

/// The standing of a cell.
pub(super) fn of(candidates: &BTreeMap<EntryId, &Entry>, rules: Rules) -> Standing {
    let marks: Vec<Mark<'_>> = candidates
        .values()
        .filter_map(|entry| entry.code.map(|code| Mark { code, entry }))
        .collect();
    match marks.as_slice() {
        [] => Standing::Blank,
        [one] => Standing::Recorded { code: one.code },
        [first, ..] if all_agree(&marks) => Standing::Agreed { code: first.code },
        _ => by_rule(&marks, rules).unwrap_or_else(|| Standing::Disputed { why: dispute(&marks) }),
    }
}

fn all_agree(marks: &[Mark<'_>]) -> bool {
    marks
        .iter()
        .enumerate()
        .all(|(index, a)| marks[index + 1..].iter().all(|b| a.entry.says_the_same(b.entry)))
}

/// Applies R1 or R2, where N stands in class and all other marks agree.
fn by_rule(marks: &[Mark<'_>], rules: Rules) -> Option<Standing> {
    let in_class = |mark: &Mark<'_>| mark.code.unexplained() && matches!(mark.entry.duty, Duty::Class(_));
    let (absent, others): (Vec<Mark<'_>>, Vec<Mark<'_>>) = marks.iter().partition(|mark| in_class(mark));
    let first = others.first()?;
    if absent.is_empty() || !all_agree(&others) {
        return None;
    }
    let at_the_gate = |mark: &Mark<'_>| {
        (mark.code == Code::LATE || mark.code == Code::AFTER_CLOSING) && mark.entry.duty == Duty::Gate
    };
    let from_a_list = |mark: &Mark<'_>| {
        (mark.code == Code::VISIT || mark.code == Code::SPORT)
            && mark
                .entry
                .particulars
                .visit
                .as_ref()
                .is_some_and(|visit| visit.listed && mark.entry.duty == Duty::Trip(visit.trip))
    };
    let code = first.code;
    if rules.r1 && others.iter().all(at_the_gate) {
        return Some(Standing::Settled { code, rule: Rule::R1 });
    }
    if rules.r2 && others.iter().all(from_a_list) {
        return Some(Standing::Settled { code, rule: Rule::R2 });
    }
    None
}

/// The most pressing reason among all pairs.
fn dispute(marks: &[Mark<'_>]) -> Dispute {
    marks
        .iter()
        .enumerate()
        .flat_map(|(index, a)| marks[index + 1..].iter().map(move |b| (a, b)))
        .filter(|(a, b)| !a.entry.says_the_same(b.entry))
        .map(|(a, b)| dispute_between(a, b))
        .min()
        .unwrap_or(Dispute::Different)
}

fn dispute_between(a: &Mark<'_>, b: &Mark<'_>) -> Dispute {
    let either = |test: &dyn Fn(&Mark<'_>, &Mark<'_>) -> bool| test(a, b) || test(b, a);
    let attends = |mark: &Mark<'_>| mark.code.means_present_in_school() || mark.code.approved_elsewhere();
    if (a.code.approved_elsewhere() && b.code.approved_elsewhere())
        || either(&|a, b| a.code.means_present_in_school() && b.code.approved_elsewhere())
    {
        return Dispute::TwoPlaces;
    }
    if either(&|a, b| a.code.approved_elsewhere() && b.code.unexplained() && same_group(a.entry, b.entry)) {
        return Dispute::SameGroup;
    }
    if either(&|a, b| a.code == Code::LATE && b.code == Code::AFTER_CLOSING) {
        return Dispute::LateOrAfterClosing;
    }
    let planned = |mark: &Mark<'_>| {
        crate::code::rows_for(mark.code).any(|row| row.statistics == CountsAs::AuthorisedAbsence)
    };
    if either(&|a, b| planned(a) && (attends(b) || b.code == Code::AFTER_CLOSING)) {
        return Dispute::PlannedAbsenceButSeen;
    }
    Dispute::Different
}

/// Whether two entries come from one trip's group.
fn same_group(a: &Entry, b: &Entry) -> bool {
    let trip = |entry: &Entry| match (&entry.duty, &entry.particulars.visit) {
        (Duty::Trip(trip), _) => Some(*trip),
        (_, Some(visit)) => Some(visit.trip),
        _ => None,
    };
    trip(a).is_some() && trip(a) == trip(b)
}
