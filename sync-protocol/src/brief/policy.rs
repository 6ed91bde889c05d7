//! The school's rules of recording and its calendar, as they travel in a brief.
//!
//! A tablet without a signal needs them: `L` or `U` from the time at the gate, who may enter what, and on which days a
//! trip has marks. Nothing of a pupil is in them. What a tablet cannot make sense of, it does as if nothing were written.

use daymark_core::calendar::{Calendar, DaysOff, HalfDay, Off, Parts, Term};
use daymark_core::code::Code;
use daymark_core::entry::TimeOfDay;
use daymark_core::roster::Role;
use daymark_core::rules::terms::{ClosingMinute, RegisterTimes, SignOffWith};
use daymark_core::rules::{RecordingRules, RegisterPolicy, RuleBook, RuleErrors};
use daymark_core::session::{Date, Session};
use minicbor::{Decode, Encode};

use crate::limits::{CALENDAR_DAYS_AFTER, CALENDAR_DAYS_BEFORE};

/// The rules of recording over time, and the calendar around the day on which the brief was made.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefPolicy {
    /// The rules, in the order of their dates.
    #[n(0)]
    pub sets: Vec<BriefSet>,
    /// The calendar; none where the school has written none.
    #[n(1)]
    pub calendar: Option<BriefCalendar>,
}

/// The rules of recording from a date on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefSet {
    /// The first date.
    #[n(0)]
    pub from: Date,
    /// When the register of the morning is taken.
    #[n(1)]
    pub am: Option<BriefTimes>,
    /// When that of the afternoon is.
    #[n(2)]
    pub pm: Option<BriefTimes>,
    /// Nearer to the closing than this no clock decides: seconds.
    #[n(3)]
    pub clock_doubt_seconds: u16,
    /// Whether a session with an open decision is signed off.
    #[n(4)]
    pub signs_off_open: bool,
    /// The roles that may enter some codes only.
    #[n(5)]
    pub codes_by_role: Vec<BriefRole>,
}

/// When the register of a session is taken, school-local.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefTimes {
    /// When taking it begins.
    #[n(0)]
    pub opens: TimeOfDay,
    /// From when an arrival is late.
    #[n(1)]
    pub late_from: TimeOfDay,
    /// When it closes.
    #[n(2)]
    pub closes: TimeOfDay,
    /// Whether an arrival in the closing minute is late still, and not after it.
    #[n(3)]
    pub late_at_close: bool,
    /// When the session ends.
    #[n(4)]
    pub ends: TimeOfDay,
    /// When it ends for some national curriculum years.
    #[n(5)]
    pub ends_by_year: Vec<BriefYear>,
}

/// When a session ends for a national curriculum year.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefYear {
    /// The year.
    #[n(0)]
    pub year: String,
    /// When its session ends.
    #[n(1)]
    pub ends: TimeOfDay,
}

/// The codes that a role may enter.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefRole {
    /// The role.
    #[n(0)]
    pub role: Role,
    /// Its codes.
    #[n(1)]
    pub codes: Vec<Code>,
}

/// By what a school counts absence: all of its rules and its whole calendar. A part of either would give other figures.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefCounting {
    /// The file of rules as the school has written it; none where it has written none.
    #[n(0)]
    pub rules: Option<String>,
    /// The calendar.
    #[n(1)]
    pub calendar: BriefCalendar,
}

/// The school's calendar, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefCalendar {
    /// Its terms.
    #[n(0)]
    pub terms: Vec<BriefDays>,
    /// INSET days.
    #[n(1)]
    pub insets: Vec<BriefDays>,
    /// Planned closures of the whole school.
    #[n(2)]
    pub closures: Vec<BriefDays>,
    /// Days with one session.
    #[n(3)]
    pub half_days: Vec<BriefHalfDay>,
}

/// Days from a first to a last.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefDays {
    /// What the school calls them.
    #[n(0)]
    pub name: String,
    /// The first.
    #[n(1)]
    pub first: Date,
    /// The last.
    #[n(2)]
    pub last: Date,
}

/// A day with one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefHalfDay {
    /// The day.
    #[n(0)]
    pub date: Date,
    /// Its session.
    #[n(1)]
    pub session: Session,
}

impl BriefPolicy {
    /// What a school has written, with the calendar around a day; `None` where it has written nothing.
    pub fn of(policy: &RegisterPolicy, today: Date) -> Option<Self> {
        let made = Self {
            sets: policy.sets().iter().map(BriefSet::of).collect(),
            calendar: policy
                .calendar()
                .map(|calendar| BriefCalendar::around(today, calendar.parts())),
        };
        (!made.sets.is_empty() || made.calendar.is_some()).then_some(made)
    }

    /// What a tablet knows of its school by it.
    pub fn read(&self) -> RegisterPolicy {
        let sets = self.sets.iter().map(BriefSet::read);
        RegisterPolicy::of_sets(sets, self.calendar.as_ref().and_then(BriefCalendar::read))
    }
}

impl BriefSet {
    fn of((from, rules): &(Date, RecordingRules)) -> Self {
        Self {
            from: *from,
            am: rules.am.as_ref().map(BriefTimes::of),
            pm: rules.pm.as_ref().map(BriefTimes::of),
            clock_doubt_seconds: rules.clock_doubt_seconds,
            signs_off_open: rules.sign_off == SignOffWith::OpenDecisionsNamed,
            codes_by_role: rules
                .codes_by_role
                .iter()
                .map(|(role, codes)| BriefRole {
                    role: *role,
                    codes: codes.iter().copied().collect(),
                })
                .collect(),
        }
    }

    fn read(&self) -> (Date, RecordingRules) {
        let codes = self
            .codes_by_role
            .iter()
            .map(|named| (named.role, named.codes.iter().copied().collect()));
        let rules = RecordingRules {
            am: self.am.as_ref().map(BriefTimes::read),
            pm: self.pm.as_ref().map(BriefTimes::read),
            clock_doubt_seconds: self.clock_doubt_seconds,
            codes_by_role: codes.collect(),
            sign_off: if self.signs_off_open {
                SignOffWith::OpenDecisionsNamed
            } else {
                SignOffWith::NothingOpen
            },
        };
        (self.from, rules)
    }
}

impl BriefTimes {
    fn of(times: &RegisterTimes) -> Self {
        Self {
            opens: times.opens,
            late_from: times.late_from,
            closes: times.closes,
            late_at_close: times.closing_minute == ClosingMinute::Late,
            ends: times.ends,
            ends_by_year: times
                .ends_by_year
                .iter()
                .map(|(year, ends)| BriefYear {
                    year: year.clone(),
                    ends: *ends,
                })
                .collect(),
        }
    }

    fn read(&self) -> RegisterTimes {
        let years = self.ends_by_year.iter();
        RegisterTimes {
            opens: self.opens,
            late_from: self.late_from,
            closes: self.closes,
            closing_minute: if self.late_at_close {
                ClosingMinute::Late
            } else {
                ClosingMinute::AfterClosing
            },
            ends: self.ends,
            ends_by_year: years.map(|year| (year.year.clone(), year.ends)).collect(),
        }
    }
}

impl BriefCounting {
    /// What a school counts by; `None` where it has no calendar, and nothing is counted.
    pub fn of(rules: Option<&str>, policy: &RegisterPolicy) -> Option<Self> {
        let parts = policy.calendar()?.parts();
        let last = Date::from_days(u16::MAX);
        Some(Self {
            rules: rules.map(str::to_owned),
            calendar: BriefCalendar::between(Date::from_days(0), last, parts),
        })
    }

    /// The rules, as the school's server reads them.
    ///
    /// # Errors
    /// This program does not understand them, such as a profile that only a newer one has.
    pub fn rules(&self) -> Result<RuleBook, RuleErrors> {
        let text = self.rules.as_deref();
        text.map_or_else(|| Ok(RuleBook::statutory()), RuleBook::parse)
    }

    /// The calendar; `None` where this program does not understand it.
    pub fn calendar(&self) -> Option<Calendar> {
        self.calendar.read()
    }
}

impl BriefCalendar {
    /// The parts that touch the days around one.
    fn around(today: Date, parts: &Parts) -> Self {
        let first = today.minus(CALENDAR_DAYS_BEFORE).unwrap_or(today);
        let last = today.plus(CALENDAR_DAYS_AFTER).unwrap_or(today);
        Self::between(first, last, parts)
    }

    fn between(first: Date, last: Date, parts: &Parts) -> Self {
        let touches = |from: Date, to: Date| from <= last && first <= to;
        let terms: Vec<BriefDays> = parts
            .terms
            .iter()
            .filter(|term| touches(term.first, term.last))
            .map(|term| BriefDays {
                name: term.name.clone(),
                first: term.first,
                last: term.last,
            })
            .collect();
        let in_term = |date: Date| terms.iter().any(|term| term.first <= date && date <= term.last);
        let off = |kind: Off| {
            let off = parts.off.iter().filter(|off| off.kind == kind);
            off.filter(|off| in_term(off.first) && in_term(off.last))
                .map(|off| BriefDays {
                    name: off.name.clone(),
                    first: off.first,
                    last: off.last,
                })
                .collect()
        };
        let half_days = parts.half_days.iter().filter(|half| in_term(half.date));
        let half_days = half_days.map(|half| BriefHalfDay {
            date: half.date,
            session: half.session,
        });
        let half_days = half_days.collect();
        let (insets, closures) = (off(Off::Inset), off(Off::Closure));
        Self {
            terms,
            insets,
            closures,
            half_days,
        }
    }

    fn read(&self) -> Option<Calendar> {
        let terms = self.terms.iter().map(|days| Term {
            name: days.name.clone(),
            first: days.first,
            last: days.last,
        });
        let off = |days: &[BriefDays], kind: Off| -> Vec<DaysOff> {
            let off = days.iter().map(|days| DaysOff {
                name: days.name.clone(),
                kind,
                first: days.first,
                last: days.last,
            });
            off.collect()
        };
        let halves = self.half_days.iter().map(|half| HalfDay {
            date: half.date,
            session: half.session,
        });
        let parts = Parts {
            terms: terms.collect(),
            off: [off(&self.insets, Off::Inset), off(&self.closures, Off::Closure)].concat(),
            half_days: halves.collect(),
        };
        Calendar::new(parts).ok()
    }
}
