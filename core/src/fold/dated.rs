//! Which rules settle by themselves, by the date of the marks: a day keeps the rules that were in force on it.

use super::standing::Rules;
use crate::session::Date;

/// The rules that settle from the beginning, and those of later dates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatedRules {
    first: Rules,
    /// In the order of the dates; each differs from the one before it.
    later: Vec<(Date, Rules)>,
}

impl DatedRules {
    /// The rules from the beginning, and each later ones from their date on. Of two of one date the last counts. Two
    /// that settle alike on every date are equal.
    pub fn new(first: Rules, later: impl IntoIterator<Item = (Date, Rules)>) -> Self {
        let by_date: std::collections::BTreeMap<Date, Rules> = later.into_iter().collect();
        let mut dated = Self::from(first);
        for (from, rules) in by_date {
            if dated.newest() != rules {
                dated.later.push((from, rules));
            }
        }
        dated
    }

    /// What settles in the marks of a date.
    pub fn on(&self, date: Date) -> Rules {
        let newest = self.later.iter().rev().find(|(from, _)| *from <= date);
        newest.map_or(self.first, |(_, rules)| *rules)
    }

    /// What settles before any other date.
    pub fn first(&self) -> Rules {
        self.first
    }

    /// What settles from later dates on, in their order.
    pub fn later(&self) -> &[(Date, Rules)] {
        &self.later
    }

    fn newest(&self) -> Rules {
        self.later.last().map_or(self.first, |(_, rules)| *rules)
    }
}

impl From<Rules> for DatedRules {
    fn from(first: Rules) -> Self {
        Self {
            first,
            later: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Rules = Rules { r1: true, r2: true };
    const NONE: Rules = Rules { r1: false, r2: false };

    fn date(text: &str) -> Date {
        text.parse().expect(text)
    }

    #[test]
    fn a_day_is_settled_by_the_rules_of_its_date() {
        let rules = DatedRules::new(BOTH, [(date("2026-01-05"), NONE), (date("2026-04-20"), BOTH)]);
        for (on, expected) in [
            ("2020-01-01", BOTH),
            ("2026-01-04", BOTH),
            ("2026-01-05", NONE),
            ("2026-04-19", NONE),
            ("2026-04-20", BOTH),
        ] {
            assert_eq!(rules.on(date(on)), expected, "{on}");
        }
    }

    #[test]
    fn what_settles_alike_is_equal() {
        let no_change = DatedRules::new(BOTH, [(date("2026-01-05"), BOTH), (date("2026-02-01"), BOTH)]);
        assert_eq!(no_change, DatedRules::from(BOTH));
        let out_of_order = [(date("2026-02-01"), BOTH), (date("2026-01-05"), NONE)];
        let in_order = [(date("2026-01-05"), NONE), (date("2026-02-01"), BOTH)];
        assert_eq!(
            DatedRules::new(BOTH, out_of_order),
            DatedRules::new(BOTH, in_order)
        );
    }
}
