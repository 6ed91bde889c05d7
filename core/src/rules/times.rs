//! When the register of a session is taken: `am = { opens = "08:45", closes = "09:15", ... }`.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::error::Conflict;
use super::findings::Findings;
use super::given::{Leaf, Stated};
use super::limits::OPEN_MINUTES_MAX;
use super::origin::{Explained, Ground};
use super::print;
use super::read::{self, Read};
use super::reader::{Reader, Section};
use super::terms::{ClosingMinute, RegisterTimes};
use crate::entry::TimeOfDay;
use crate::session::Date;

/// A sum of hours and minutes in seconds.
const fn at(hours: u32, minutes: u32) -> u32 {
    hours * 3600 + minutes * 60
}

/// What stands in until the school says otherwise: no law and no guidance names a time.
const AM_OPENS: u32 = at(8, 45);
const PM_OPENS: u32 = at(13, 0);
const PM_ENDS: u32 = at(15, 15);

const LATE_FROM: Ground =
    Ground::Regulation("SI 2024/208, regulation 10(2): L is absent when the taking begins");
const OPEN_AT_MOST: Ground = Ground::Guidance("a register is open for 30 minutes at most");
const SAME_LENGTH: Ground = Ground::Guidance("a register is open for the same length in each session");
const CLOSING_MINUTE: Ground = Ground::Daymark("the minute in doubt goes to the child");
const AS_IN_THE_MORNING: Ground = Ground::Daymark("as in the morning");
const UNTIL_AFTERNOON: Ground = Ground::Daymark("the morning lasts until the afternoon opens");
const ALIKE_FOR_ALL: Ground = Ground::Daymark("one end for all years");

/// The national curriculum years, as school census codes write them.
const YEARS: &[&str] = &[
    "E1", "E2", "N1", "N2", "R", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14",
    "M", "X",
];

const MINUTES: &[(&str, ClosingMinute)] = &[("L", ClosingMinute::Late), ("U", ClosingMinute::AfterClosing)];

/// The times as far as they were said.
#[derive(Debug, Clone, Default)]
pub(super) struct GivenTimes {
    opens: Leaf<TimeOfDay>,
    late_from: Leaf<TimeOfDay>,
    closes: Leaf<TimeOfDay>,
    at_close: Leaf<ClosingMinute>,
    ends: Leaf<TimeOfDay>,
    ends_by_year: Leaf<BTreeMap<String, TimeOfDay>>,
}

impl GivenTimes {
    /// Takes what a set says.
    pub(super) fn read<'t>(&mut self, reader: &mut Reader<'t>, set: &mut Section<'_, 't>, key: &'static str) {
        let Some(mut table) = set.table(reader, key) else {
            return;
        };
        table.leaf(reader, "opens", &mut self.opens, read::time);
        table.leaf(reader, "late_from", &mut self.late_from, read::time);
        table.leaf(reader, "closes", &mut self.closes, read::time);
        table.leaf(reader, "at_close", &mut self.at_close, read::word(MINUTES));
        table.leaf(reader, "ends", &mut self.ends, read::time);
        table.leaf(reader, "ends_by_year", &mut self.ends_by_year, by_year);
        table.finish(reader);
    }
}

fn by_year(value: &DeValue<'_>) -> Read<BTreeMap<String, TimeOfDay>> {
    let remedy = || {
        format!(
            "write times by national curriculum year ({}), such as {{ R = \"15:10\", 1 = \"15:15\" }}",
            YEARS.join(", ")
        )
    };
    let table = value.as_table().ok_or_else(remedy)?;
    let ends = table.iter().map(|(year, time)| {
        let year: &str = year.get_ref();
        let time = read::time(time.get_ref()).ok();
        time.filter(|_| YEARS.contains(&year))
            .map(|time| (year.to_owned(), time))
            .ok_or_else(remedy)
    });
    ends.collect()
}

/// The times of a session, complete.
pub(super) struct Times {
    key: &'static str,
    opens: Stated<TimeOfDay>,
    late_from: Stated<TimeOfDay>,
    closes: Stated<TimeOfDay>,
    at_close: Stated<ClosingMinute>,
    ends: Stated<TimeOfDay>,
    ends_by_year: Stated<BTreeMap<String, TimeOfDay>>,
}

/// A time so many seconds after midnight; the last second of the day where there is none, which then conflicts.
fn clock(seconds: u32) -> TimeOfDay {
    TimeOfDay::from_seconds(seconds)
        .or_else(|| TimeOfDay::from_seconds(at(24, 0) - 1))
        .expect("23:59:59 is a time")
}

/// Both sessions, complete: what a session does not say follows from its opening and from the other session.
pub(super) fn complete(am: &GivenTimes, pm: &GivenTimes) -> (Times, Times) {
    let am_opens = am.opens.or(clock(AM_OPENS), Ground::Assumed);
    let pm_opens = pm.opens.or(clock(PM_OPENS), Ground::Assumed);
    let am_closes = am.closes.or_worked_out(
        clock(am_opens.value.seconds() + OPEN_MINUTES_MAX * 60),
        OPEN_AT_MOST,
        am_opens.sound,
    );
    let length = am_closes.value.seconds().saturating_sub(am_opens.value.seconds());
    // A morning that is itself wrong is told of once, and not again by the afternoon that follows it.
    let is_sound = am_opens.sound && am_closes.sound && (1..=OPEN_MINUTES_MAX * 60).contains(&length);
    let pm_closes = pm.closes.or_worked_out(
        clock(pm_opens.value.seconds() + length),
        SAME_LENGTH,
        is_sound && pm_opens.sound,
    );
    let at_close = am.at_close.or(ClosingMinute::Late, CLOSING_MINUTE);
    let afternoon = Times {
        key: "pm",
        late_from: pm
            .late_from
            .or_worked_out(pm_opens.value, LATE_FROM, pm_opens.sound),
        opens: pm_opens,
        closes: pm_closes,
        at_close: pm.at_close.or(at_close.value, AS_IN_THE_MORNING),
        ends: pm.ends.or(clock(PM_ENDS), Ground::Assumed),
        ends_by_year: pm.ends_by_year.or(BTreeMap::new(), ALIKE_FOR_ALL),
    };
    let morning = Times {
        key: "am",
        late_from: am
            .late_from
            .or_worked_out(am_opens.value, LATE_FROM, am_opens.sound),
        opens: am_opens,
        closes: am_closes,
        at_close,
        ends: am
            .ends
            .or_worked_out(afternoon.opens.value, UNTIL_AFTERNOON, afternoon.opens.sound),
        ends_by_year: am.ends_by_year.or(BTreeMap::new(), ALIKE_FOR_ALL),
    };
    (morning, afternoon)
}

impl Times {
    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.key)
    }

    /// Notes what cannot be together in a session.
    pub(super) fn check(&self, findings: &mut Findings) {
        let (opens, late_from, closes) = (self.opens.value, self.late_from.value, self.closes.value);
        let [opens_key, late_key, closes_key] = ["opens", "late_from", "closes"].map(|key| self.key(key));
        let at_opening = (opens_key.as_str(), &self.opens);
        let at_closing = (closes_key.as_str(), &self.closes);
        let when_late = (late_key.as_str(), &self.late_from);
        let open_seconds = closes.seconds().saturating_sub(opens.seconds());
        let clashes = [
            (
                closes <= opens,
                at_closing,
                Conflict::ClosesBeforeOpening,
                at_opening,
            ),
            (
                open_seconds > OPEN_MINUTES_MAX * 60,
                at_closing,
                Conflict::OpenTooLong,
                at_opening,
            ),
            (
                late_from < opens,
                when_late,
                Conflict::LateBeforeOpening,
                at_opening,
            ),
            (
                late_from >= closes && closes > opens,
                when_late,
                Conflict::LateAfterClosing,
                at_closing,
            ),
        ];
        for (is_wrong, said, conflict, against) in clashes {
            findings.clash(is_wrong, said, conflict, against, print::time);
        }
        let ends = (
            self.ends.value,
            self.key("ends"),
            &self.ends.origin,
            self.ends.sound,
        );
        let by_year = self.ends_by_year.value.iter().map(|(year, time)| {
            let key = self.key(&format!("ends_by_year.{year}"));
            (*time, key, &self.ends_by_year.origin, self.ends_by_year.sound)
        });
        for (time, key, origin, sound) in std::iter::once(ends).chain(by_year) {
            let ends = Stated {
                value: time,
                origin: origin.clone(),
                sound,
            };
            findings.clash(
                time <= closes,
                (&key, &ends),
                Conflict::EndsBeforeClosing,
                at_closing,
                print::time,
            );
        }
    }

    /// Notes a morning that lasts into the afternoon.
    pub(super) fn check_before(&self, afternoon: &Times, findings: &mut Findings) {
        let noon = (afternoon.key("opens"), &afternoon.opens);
        let ends = (self.key("ends"), &self.ends);
        findings.clash(
            self.ends.value > afternoon.opens.value,
            (&ends.0, ends.1),
            Conflict::MorningPastNoon,
            (&noon.0, noon.1),
            print::time,
        );
    }

    /// What stands, and why.
    pub(super) fn explain(&self, date: Date, out: &mut Vec<Explained>) {
        out.push(self.opens.explain(&self.key("opens"), date, print::time));
        out.push(self.late_from.explain(&self.key("late_from"), date, print::time));
        out.push(self.closes.explain(&self.key("closes"), date, print::time));
        out.push(
            self.at_close
                .explain(&self.key("at_close"), date, print::word(MINUTES)),
        );
        out.push(self.ends.explain(&self.key("ends"), date, print::time));
        let by_year = |ends: &BTreeMap<String, TimeOfDay>| {
            let ends: Vec<String> = ends
                .iter()
                .map(|(year, time)| format!("{year} = {}", print::time(time)))
                .collect();
            if ends.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", ends.join(", "))
            }
        };
        out.push(
            self.ends_by_year
                .explain(&self.key("ends_by_year"), date, by_year),
        );
    }

    /// What counters and gates read.
    pub(super) fn terms(&self) -> RegisterTimes {
        RegisterTimes {
            opens: self.opens.value,
            late_from: self.late_from.value,
            closes: self.closes.value,
            closing_minute: self.at_close.value,
            ends: self.ends.value,
            ends_by_year: self.ends_by_year.value.clone(),
        }
    }
}
