//! The sums of classes, years and the school, school day by school day, so that a mark costs no sum over pupils.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Group;
use super::outcome::Enrolled;
use super::tally::Tally;
use crate::ids::ClassName;

/// What the pupils of one group add up to on each school day.
#[derive(Debug, Clone, PartialEq, Eq)]
struct GroupSums {
    pupils: usize,
    by_day: Vec<Tally>,
}

impl GroupSums {
    fn new(school_days: usize) -> Self {
        Self {
            pupils: 0,
            by_day: vec![Tally::default(); school_days],
        }
    }

    fn exchange(&mut self, place: usize, before: Tally, after: Tally) {
        if let Some(day) = self.by_day.get_mut(place) {
            *day = (*day + after).without(before);
        }
    }
}

/// The sums of every group that has a pupil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sums {
    school: GroupSums,
    classes: BTreeMap<ClassName, GroupSums>,
    years: BTreeMap<String, GroupSums>,
}

impl Sums {
    pub(super) fn new(school_days: usize) -> Self {
        Self {
            school: GroupSums::new(school_days),
            classes: BTreeMap::new(),
            years: BTreeMap::new(),
        }
    }

    /// Takes a pupil into the groups, with what each school day adds.
    pub(super) fn join(&mut self, enrolled: &Enrolled, days: impl Iterator<Item = (usize, Tally)>) {
        let school_days = self.school.by_day.len();
        let new = || GroupSums::new(school_days);
        self.classes
            .entry(enrolled.class.clone())
            .or_insert_with(new)
            .pupils += 1;
        self.years.entry(enrolled.year.clone()).or_insert_with(new).pupils += 1;
        self.school.pupils += 1;
        for (place, tally) in days {
            self.exchange(enrolled, place, Tally::default(), tally);
        }
    }

    /// Takes a pupil out of the groups again.
    pub(super) fn leave(&mut self, enrolled: &Enrolled, days: impl Iterator<Item = (usize, Tally)>) {
        for (place, tally) in days {
            self.exchange(enrolled, place, tally, Tally::default());
        }
        for group in self.groups_of(enrolled) {
            group.pupils -= 1;
        }
        self.classes.retain(|_, group| group.pupils > 0);
        self.years.retain(|_, group| group.pupils > 0);
    }

    /// What a pupil's day, or one session of it, adds, in place of what it added.
    pub(super) fn exchange(&mut self, enrolled: &Enrolled, place: usize, before: Tally, after: Tally) {
        for group in self.groups_of(enrolled) {
            group.exchange(place, before, after);
        }
    }

    fn groups_of(&mut self, enrolled: &Enrolled) -> impl Iterator<Item = &mut GroupSums> {
        let class = self.classes.get_mut(&enrolled.class);
        let year = self.years.get_mut(&enrolled.year);
        [Some(&mut self.school), class, year].into_iter().flatten()
    }

    /// The sum of a group over some school days.
    pub(super) fn of(&self, group: &Group, places: &Range<usize>) -> Tally {
        let sums = match group {
            Group::School => Some(&self.school),
            Group::Class(class) => self.classes.get(class),
            Group::Year(year) => self.years.get(year),
        };
        let days = sums.and_then(|sums| sums.by_day.get(places.clone()));
        days.into_iter().flatten().copied().sum()
    }
}
