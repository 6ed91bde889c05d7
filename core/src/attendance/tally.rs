//! Sessions attended and missed.

use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

use crate::rules::terms::{AbsenceShares, PerMille};

/// The whole, in the unit of [`PerMille`].
const WHOLE: u64 = 1000;

/// Sessions by what they count as. Sessions that were not possible, have no mark, or are disputed are in none of
/// them; a session outside the pupil's time on roll neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Attended, at the school or at an approved place.
    pub attended: u32,
    /// Missed with authority.
    pub authorised: u32,
    /// Missed without authority; `N` is among them while it stands.
    pub unauthorised: u32,
}

impl Tally {
    /// Possible sessions: the denominator of every share.
    pub fn possible(self) -> u32 {
        self.attended + self.missed()
    }

    /// Missed sessions.
    pub fn missed(self) -> u32 {
        self.authorised + self.unauthorised
    }

    /// Whether at least the share of possible sessions was missed; at exactly the share it is.
    pub fn missed_at_least(self, share: PerMille) -> bool {
        self.possible() > 0 && times_whole(self.missed()) >= self.share_of_possible(share)
    }

    /// Whether at least the share of possible sessions was attended.
    pub fn attended_at_least(self, share: PerMille) -> bool {
        self.possible() > 0 && times_whole(self.attended) >= self.share_of_possible(share)
    }

    /// Whether more than the share of possible sessions was attended.
    pub fn attended_more_than(self, share: PerMille) -> bool {
        self.possible() > 0 && times_whole(self.attended) > self.share_of_possible(share)
    }

    /// Whether less than the share of possible sessions was attended. Where nothing was possible, nothing was missed.
    pub fn attended_below(self, share: PerMille) -> bool {
        self.possible() > 0 && !self.attended_at_least(share)
    }

    /// What the statistics call the absence.
    pub fn absence(self, shares: &AbsenceShares) -> Absence {
        if self.missed_at_least(shares.severe) {
            Absence::Severe
        } else if self.missed_at_least(shares.persistent) {
            Absence::Persistent
        } else {
            Absence::Neither
        }
    }

    /// Less what was added to it before.
    pub(super) fn without(self, part: Self) -> Self {
        Self {
            attended: self.attended - part.attended,
            authorised: self.authorised - part.authorised,
            unauthorised: self.unauthorised - part.unauthorised,
        }
    }

    fn share_of_possible(self, share: PerMille) -> u64 {
        u64::from(self.possible()) * u64::from(share.get())
    }
}

fn times_whole(sessions: u32) -> u64 {
    u64::from(sessions) * WHOLE
}

impl Add for Tally {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            attended: self.attended + other.attended,
            authorised: self.authorised + other.authorised,
            unauthorised: self.unauthorised + other.unauthorised,
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

/// Absence as the statistics of the Department for Education call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// Missed less than either share.
    Neither,
    /// Missed 10 % or more of possible sessions.
    Persistent,
    /// Missed 50 % or more.
    Severe,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(attended: u32, missed: u32) -> Tally {
        Tally {
            attended,
            authorised: missed,
            unauthorised: 0,
        }
    }

    fn share(tenths: u16) -> PerMille {
        PerMille::new(tenths).expect("a share")
    }

    #[test]
    fn exactly_ten_percent_missed_is_persistent_and_exactly_half_is_severe() {
        let shares = AbsenceShares {
            persistent: share(100),
            severe: share(500),
        };
        for (attended, missed, expected) in [
            (343, 37, Absence::Neither),
            (342, 38, Absence::Persistent),
            (191, 189, Absence::Persistent),
            (190, 190, Absence::Severe),
            (0, 1, Absence::Severe),
            (0, 0, Absence::Neither),
        ] {
            assert_eq!(
                tally(attended, missed).absence(&shares),
                expected,
                "{missed} missed"
            );
        }
    }

    #[test]
    fn exactly_the_share_is_not_below_it() {
        assert!(!tally(95, 5).attended_below(share(950)));
        assert!(tally(949, 51).attended_below(share(950)));
        assert!(
            !tally(0, 0).attended_below(share(950)),
            "nothing was possible yet"
        );
        assert!(tally(97, 3).attended_at_least(share(970)));
        assert!(!tally(97, 3).attended_more_than(share(970)));
        assert!(tally(971, 29).attended_more_than(share(970)));
    }
}
