//! Sets of school days and of sessions, a bit each: 64 days are counted, joined or compared at once.

use std::ops::Range;

use crate::session::Session;

const BITS: usize = 64;

/// A set of school days, each by its place in the calendar. All sets of one calendar are of one length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DaySet(Vec<u64>);

impl DaySet {
    /// The empty set, with room for so many school days.
    pub(super) fn new(school_days: usize) -> Self {
        Self(vec![0; school_days.div_ceil(BITS)])
    }

    pub(super) fn put(&mut self, place: usize, is_in: bool) {
        if let Some(word) = self.0.get_mut(place / BITS) {
            let bit = 1 << (place % BITS);
            if is_in {
                *word |= bit;
            } else {
                *word &= !bit;
            }
        }
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.0
            .get(place / BITS)
            .is_some_and(|word| word >> (place % BITS) & 1 == 1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many of the days of a range are in the set.
    pub(super) fn count(&self, range: &Range<usize>) -> u32 {
        if range.is_empty() {
            return 0;
        }
        let (first, last) = (range.start / BITS, (range.end - 1) / BITS);
        let words = self.0.iter().enumerate().take(last + 1).skip(first);
        words
            .map(|(at, word)| (word & mask(at * BITS, range)).count_ones())
            .sum()
    }

    pub(super) fn join(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.0
    }

    pub(super) fn from_words(words: impl Iterator<Item = u64>) -> Self {
        Self(words.collect())
    }

    /// The days of a range that are in the set, in order.
    pub(super) fn within(&self, range: Range<usize>) -> impl DoubleEndedIterator<Item = usize> + '_ {
        range.filter(|place| self.has(*place))
    }
}

/// The bits of the word whose first day is `base` that lie in the range.
fn mask(base: usize, range: &Range<usize>) -> u64 {
    let low = range.start.saturating_sub(base).min(BITS);
    let high = range.end.saturating_sub(base).min(BITS);
    below(high) & !below(low)
}

/// The lowest so many bits.
fn below(bits: usize) -> u64 {
    if bits >= BITS { u64::MAX } else { (1 << bits) - 1 }
}

/// A set of sessions: the school days whose morning is in it, and those whose afternoon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SessionSet {
    pub(super) am: DaySet,
    pub(super) pm: DaySet,
}

impl SessionSet {
    pub(super) fn new(school_days: usize) -> Self {
        Self {
            am: DaySet::new(school_days),
            pm: DaySet::new(school_days),
        }
    }

    pub(super) fn put(&mut self, place: usize, session: Session, is_in: bool) {
        match session {
            Session::Am => self.am.put(place, is_in),
            Session::Pm => self.pm.put(place, is_in),
        }
    }

    pub(super) fn has(&self, place: usize, session: Session) -> bool {
        match session {
            Session::Am => self.am.has(place),
            Session::Pm => self.pm.has(place),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.am.is_empty() && self.pm.is_empty()
    }

    pub(super) fn count(&self, range: &Range<usize>) -> u32 {
        self.am.count(range) + self.pm.count(range)
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.am.join(&other.am);
        self.pm.join(&other.pm);
    }

    /// The sessions of a range of days, in order.
    pub(super) fn within(&self, range: Range<usize>) -> impl Iterator<Item = (usize, Session)> + '_ {
        range.flat_map(move |place| {
            Session::ALL
                .into_iter()
                .filter(move |session| self.has(place, *session))
                .map(move |session| (place, session))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_range_is_counted_as_one_would_by_hand(
            days in prop::collection::btree_set(0_usize..200, 0..200),
            start in 0_usize..210,
            length in 0_usize..210,
        ) {
            let mut set = DaySet::new(200);
            for day in &days {
                set.put(*day, true);
            }
            let range = start..start + length;
            let by_hand: Vec<usize> = days.iter().copied().filter(|day| range.contains(day)).collect();
            prop_assert_eq!(set.count(&range) as usize, by_hand.len());
            prop_assert_eq!(set.within(range).collect::<Vec<_>>(), by_hand);
        }
    }

    #[test]
    fn what_is_put_out_is_out() {
        let mut set = DaySet::new(65);
        set.put(64, true);
        assert!(set.has(64) && !set.has(0));
        set.put(64, false);
        assert!(set.is_empty());
        set.put(1000, true);
        assert!(set.is_empty(), "a day beyond the calendar is in no set");
    }
}
