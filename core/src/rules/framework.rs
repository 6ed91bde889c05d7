//! The national framework for penalty notices, and what a school's own threshold may not be: looser.
//!
//! Education (Penalty Notices) (England) Regulations 2007 as amended on 19 August 2024: at ten sessions of G, N, O or U
//! in ten school weeks a notice *must* be considered. A threshold that passes over such a pupil is refused; a stricter one
//! is the school's own affair, and a local rule of another kind is a step.

use std::collections::BTreeSet;

use super::error::Conflict;
use super::findings::Findings;
use super::given::{Leaf, Stated};
use super::origin::Ground;
use super::print;
use super::terms::Codes;
use crate::code::Code;

const FRAMEWORK: Ground = Ground::Regulation(
    "national framework of 19 August 2024: 10 sessions of G, N, O or U in 10 school weeks",
);
const SESSIONS: u16 = 10;
const SCHOOL_WEEKS: u16 = 10;
const CODES: [Code; 4] = [
    Code::literal("G"),
    Code::NOT_YET_KNOWN,
    Code::literal("O"),
    Code::AFTER_CLOSING,
];

/// How many sessions, by the school or else by the framework.
pub(super) fn sessions(given: &Leaf<u16>) -> Stated<u16> {
    given.or(SESSIONS, FRAMEWORK)
}

/// In how many school weeks.
pub(super) fn school_weeks(given: &Leaf<u16>) -> Stated<u16> {
    given.or(SCHOOL_WEEKS, FRAMEWORK)
}

/// Of which codes.
pub(super) fn codes(given: &Leaf<Codes>) -> Stated<Codes> {
    given.or(CODES.into(), FRAMEWORK)
}

/// The most sessions that a threshold over so many school weeks may ask for, so that it passes over nobody whom the
/// framework catches.
///
/// Ten sessions in ten weeks lie furthest apart in groups that a window of `school_weeks` cannot join: one group for
/// each time that the window fits into the ten weeks, a rest included. One of the groups holds at least its even share.
fn sessions_max(school_weeks: u16) -> u16 {
    let groups = SCHOOL_WEEKS.div_ceil(school_weeks.max(1));
    SESSIONS.div_ceil(groups)
}

/// Notes a threshold that is looser than the framework's: more sessions, too few weeks for them, or fewer codes.
pub(super) fn check(
    sessions: &Stated<u16>,
    school_weeks: &Stated<u16>,
    codes: &Stated<Codes>,
    findings: &mut Findings,
) {
    let number = u16::to_string;
    let is_over = sessions.value > SESSIONS;
    findings.clash(
        is_over,
        ("penalty.sessions", sessions),
        Conflict::LooserThanFramework,
        ("penalty.sessions", &self::sessions(&Leaf::Unsaid)),
        number,
    );
    findings.clash(
        !is_over && sessions.sound && sessions.value > sessions_max(school_weeks.value),
        ("penalty.school_weeks", school_weeks),
        Conflict::TooFewWeeks,
        ("penalty.sessions", sessions),
        number,
    );
    let counted: BTreeSet<Code> = CODES.into();
    findings.clash(
        !counted.is_subset(&codes.value),
        ("penalty.codes", codes),
        Conflict::LeavesOutCodes,
        ("penalty.codes", &self::codes(&Leaf::Unsaid)),
        print::codes,
    );
}

#[cfg(test)]
mod tests {
    use super::{SCHOOL_WEEKS, SESSIONS, sessions_max};

    /// The sessions of the fullest window of so many weeks.
    fn fullest(weeks: &[u16], window: usize) -> u16 {
        let starts = 0..=weeks.len() - window.min(weeks.len());
        starts
            .map(|start| weeks[start..].iter().take(window).sum())
            .max()
            .unwrap_or(0)
    }

    /// Every way to spread what is left over the weeks from `week` on; gives the smallest of their fullest windows.
    fn smallest_fullest(weeks: &mut [u16], week: usize, left: u16, window: usize) -> u16 {
        if week + 1 == weeks.len() {
            weeks[week] = left;
            return fullest(weeks, window);
        }
        let spread = (0..=left).map(|here| {
            weeks[week] = here;
            smallest_fullest(weeks, week + 1, left - here, window)
        });
        spread.min().unwrap_or(0)
    }

    #[test]
    fn a_threshold_is_looser_exactly_where_some_spread_of_ten_sessions_escapes_it() {
        for window in 1..=u16::try_from(usize::from(SCHOOL_WEEKS) + 2).expect("small") {
            let mut weeks = vec![0; usize::from(SCHOOL_WEEKS)];
            let found = smallest_fullest(&mut weeks, 0, SESSIONS, usize::from(window));
            assert_eq!(sessions_max(window), found, "{window} weeks");
        }
    }
}
