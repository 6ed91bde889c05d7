//! What of a school's rules those who record must know: a tablet at the gate, a trip's, the office's desk.
//!
//! It is a small part of a [`RuleBook`], dated like it, with the calendar beside it. It travels to tablets in their
//! brief, so it holds nothing that would not help to record.

use std::collections::BTreeMap;
use std::fmt;

use super::arrival::ArrivalQuestion;
use super::book::RuleBook;
use super::origin::{Ground, Origin};
use super::terms::{Codes, RegisterTimes, SchoolRules, SignOffWith};
use crate::calendar::Calendar;
use crate::code::Code;
use crate::entry::{Duty, Entry};
use crate::fold::DayFold;
use crate::roster::Role;
use crate::session::{Cell, Date, Session};

/// The rules of recording from one date until the next set begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingRules {
    /// The morning; `None` where the school has not said when its register is taken.
    pub am: Option<RegisterTimes>,
    /// The afternoon; `None` where the school has not said.
    pub pm: Option<RegisterTimes>,
    /// Nearer to the closing than this no device's clock decides: seconds.
    pub clock_doubt_seconds: u16,
    /// The codes that a role may enter; a role that is not named may enter any.
    pub codes_by_role: BTreeMap<Role, Codes>,
    /// What sign-off does about open decisions.
    pub sign_off: SignOffWith,
}

/// The roles that may enter a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoMay(Vec<Role>);

impl fmt::Display for WhoMay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nobody: its rules name it for no role");
        }
        let roles: Vec<&str> = self.0.iter().map(|role| role.as_str()).collect();
        f.write_str(&roles.join(", "))
    }
}

impl RecordingRules {
    fn of(rules: &SchoolRules, is_said: impl Fn(&str) -> bool) -> Self {
        let said = |key: &str, times: &RegisterTimes| is_said(key).then(|| times.clone());
        Self {
            am: said("am.opens", &rules.am),
            pm: said("pm.opens", &rules.pm),
            clock_doubt_seconds: rules.clock_doubt_seconds,
            codes_by_role: rules.codes_by_role.clone(),
            sign_off: rules.sign_off,
        }
    }

    /// When the register of a session is taken; `None` where the school has not said.
    pub fn times(&self, session: Session) -> Option<&RegisterTimes> {
        match session {
            Session::Am => self.am.as_ref(),
            Session::Pm => self.pm.as_ref(),
        }
    }

    /// Whether somebody in a role may enter a code, which the school's policy says (`codes_by_role`).
    ///
    /// # Errors
    /// Who may, where they may not.
    pub fn may_enter(&self, role: Role, code: Code) -> Result<(), WhoMay> {
        let may = |role: &Role| {
            self.codes_by_role
                .get(role)
                .is_none_or(|codes| codes.contains(&code))
        };
        if may(&role) {
            return Ok(());
        }
        Err(WhoMay(Role::ALL.into_iter().filter(may).collect()))
    }

    /// What the office is asked about an entry of `L` or `U`: whether it fits the time of arrival.
    pub fn question(&self, entry: &Entry) -> Option<ArrivalQuestion> {
        let times = self.times(entry.cell.session)?;
        ArrivalQuestion::of(entry, times, self.clock_doubt_seconds)
    }
}

/// The rules of recording over time, and the calendar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisterPolicy {
    /// In the order of their dates.
    sets: Vec<(Date, RecordingRules)>,
    calendar: Option<Calendar>,
}

impl RegisterPolicy {
    /// What a school has written. Times that it has not said are not known here, though its book assumes some: nobody is
    /// marked absent by a time that was made up.
    pub fn new(book: Option<&RuleBook>, calendar: Option<Calendar>) -> Self {
        let sets = book.into_iter().flat_map(|book| {
            book.sets().map(|(from, rules)| {
                let explained = book.explain(from);
                let is_assumed = |key: &str| {
                    explained
                        .iter()
                        .any(|value| value.key == key && value.origin == Origin::Default(Ground::Assumed))
                };
                (from, RecordingRules::of(rules, |key| !is_assumed(key)))
            })
        });
        Self::of_sets(sets, calendar)
    }

    /// The same from sets, as they travel.
    pub fn of_sets(
        sets: impl IntoIterator<Item = (Date, RecordingRules)>,
        calendar: Option<Calendar>,
    ) -> Self {
        let sets: BTreeMap<Date, RecordingRules> = sets.into_iter().collect();
        Self {
            sets: sets.into_iter().collect(),
            calendar,
        }
    }

    /// Every set with its first date, in order.
    pub fn sets(&self) -> &[(Date, RecordingRules)] {
        &self.sets
    }

    /// The rules in force on a date; before the first set its rules hold. `None` where the school has written none.
    pub fn on(&self, date: Date) -> Option<&RecordingRules> {
        let in_force = self.sets.iter().rev().find(|(from, _)| *from <= date);
        in_force.or(self.sets.first()).map(|(_, rules)| rules)
    }

    /// The calendar; `None` where the school has written none.
    pub fn calendar(&self) -> Option<&Calendar> {
        self.calendar.as_ref()
    }

    /// Whether a session may be held, as far as is known here: a calendar that ends before the date says nothing of it.
    pub fn may_be_held(&self, date: Date, session: Session) -> bool {
        self.calendar
            .as_ref()
            .is_none_or(|calendar| !calendar.knows(date) || calendar.is_held(date, session))
    }

    /// What the office is asked about the mark that stands in a cell. An entry of the office's own has answered it.
    pub fn question(&self, day: &DayFold, cell: &Cell) -> Option<ArrivalQuestion> {
        let fold = day.cell(cell)?;
        let code = fold.code()?;
        let rules = self.on(cell.date)?;
        let standing = fold
            .candidates
            .iter()
            .filter_map(|id| day.entry(id))
            .filter(|entry| entry.code == Some(code));
        let mut asked = None;
        for entry in standing {
            if entry.duty == Duty::Office {
                return None;
            }
            asked = Some(rules.question(entry)?);
        }
        asked
    }
}
