//! Letters, meetings and notices: `[[rules.steps]]` with a name and the one condition that makes it due.

use super::findings::{Findings, Fit};
use super::given::{Leaf, Stated};
use super::limits::{SCHOOL_DAYS_MAX, SCHOOL_WEEKS_MAX, SESSIONS_MAX, STEPS_MAX};
use super::origin::{Explained, Ground};
use super::reader::{Reader, Section};
use super::terms::{Codes, Counting, DayNeeds, DaysTrigger, PenaltyThreshold, PerMille, Step, StepWhen};
use super::{bands, print, read};
use crate::session::Date;

const KEY: &str = "steps";
const NONE_NAMED: Ground = Ground::Daymark("the policy names none that figures decide");

/// The keys that say when a step is due; a step has one of them.
const CONDITIONS: &[&str] = &[
    "attendance_below_percent",
    "late_sessions",
    "missed_sessions",
    "school_days",
    "sessions",
];

/// The steps, as far as they were said: a set that has any has all of them.
pub(super) type GivenSteps = Leaf<Vec<Stated<Step>>>;

/// Takes what a set says.
pub(super) fn read<'t>(given: &mut GivenSteps, reader: &mut Reader<'t>, set: &mut Section<'_, 't>) {
    let is_said = set.find(KEY).is_some();
    let Some((tables, origin)) = set.tables(reader, KEY, STEPS_MAX) else {
        if is_said {
            *given = Leaf::Broken;
        }
        return;
    };
    let count = tables.len();
    let steps: Vec<Stated<Step>> = tables
        .into_iter()
        .filter_map(|table| Given::read(reader, table))
        .collect();
    *given = if steps.len() == count {
        Leaf::Said(Stated::at(steps, origin))
    } else {
        Leaf::Broken
    };
}

/// What a step says, before it is known which condition it is.
#[derive(Default)]
struct Given {
    name: Leaf<String>,
    attendance_below: Leaf<PerMille>,
    late_sessions: Leaf<u16>,
    missed_sessions: Leaf<u16>,
    school_days: Leaf<u16>,
    counting: Leaf<Counting>,
    day: Leaf<DayNeeds>,
    sessions: Leaf<u16>,
    school_weeks: Leaf<u16>,
    attending: Leaf<PerMille>,
    attending_weeks: Leaf<u16>,
    codes: Leaf<Codes>,
}

impl Given {
    fn read<'t>(reader: &mut Reader<'t>, mut table: Section<'_, 't>) -> Option<Stated<Step>> {
        let at = table.at();
        let origin = reader.origin(at.start, at.end);
        let mut given = Self::default();
        let sessions = || read::count(1, SESSIONS_MAX, "");
        let weeks = || read::count(1, SCHOOL_WEEKS_MAX, "");
        table.leaf(reader, "name", &mut given.name, read::name);
        table.leaf(
            reader,
            "attendance_below_percent",
            &mut given.attendance_below,
            read::percent,
        );
        table.leaf(reader, "late_sessions", &mut given.late_sessions, sessions());
        table.leaf(reader, "missed_sessions", &mut given.missed_sessions, sessions());
        let days = read::count(1, SCHOOL_DAYS_MAX, "");
        table.leaf(reader, "school_days", &mut given.school_days, days);
        table.leaf(
            reader,
            "counting",
            &mut given.counting,
            read::word(read::COUNTINGS),
        );
        table.leaf(reader, "day", &mut given.day, read::word(read::DAYS));
        table.leaf(reader, "sessions", &mut given.sessions, sessions());
        table.leaf(reader, "school_weeks", &mut given.school_weeks, weeks());
        table.leaf(reader, "attending_percent", &mut given.attending, read::percent);
        table.leaf(
            reader,
            "attending_school_weeks",
            &mut given.attending_weeks,
            weeks(),
        );
        table.leaf(reader, "codes", &mut given.codes, read::codes);
        if !given.name.is_said() {
            table.missing(reader, "name", "write what the school calls the step");
        }
        let when = given.when(reader, &mut table);
        table.finish(reader);
        match (given.name, when) {
            (Leaf::Said(name), Some(when)) => Some(Stated::at(
                Step {
                    name: name.value,
                    when,
                },
                origin,
            )),
            _ => None,
        }
    }

    /// The condition; `None` where it cannot be read, and the mistakes are noted.
    fn when<'t>(&self, reader: &mut Reader<'t>, table: &mut Section<'_, 't>) -> Option<StepWhen> {
        let said: Vec<&'static str> = CONDITIONS
            .iter()
            .copied()
            .filter(|key| table.find(key).is_some())
            .collect();
        let condition = match said.as_slice() {
            [one] => *one,
            [] => {
                let remedy = format!("write when the step is due: one of {}", CONDITIONS.join(", "));
                table.missing(reader, CONDITIONS[0], &remedy);
                return None;
            }
            [first, others @ ..] => {
                for other in others {
                    table.beside(reader, other, first);
                }
                return None;
            }
        };
        let is_guarded = self.attending.is_said() || self.attending_weeks.is_said();
        let needs: &[&'static str] = match condition {
            "attendance_below_percent" => &[],
            "late_sessions" | "missed_sessions" => &["codes"],
            "school_days" => &["counting", "day", "codes"],
            _ if is_guarded => &[
                "school_weeks",
                "codes",
                "attending_percent",
                "attending_school_weeks",
            ],
            _ => &["school_weeks", "codes"],
        };
        for key in needs {
            if table.find(key).is_none() {
                table.missing(reader, key, &format!("`{condition}` needs it"));
            }
        }
        let particulars = [
            "counting",
            "day",
            "school_weeks",
            "attending_percent",
            "attending_school_weeks",
            "codes",
        ];
        for key in particulars {
            if table.find(key).is_some() && !needs.contains(&key) {
                table.beside(reader, key, condition);
                return None;
            }
        }
        self.meaning(condition, is_guarded)
    }

    fn meaning(&self, condition: &str, is_guarded: bool) -> Option<StepWhen> {
        Some(match condition {
            "attendance_below_percent" => StepWhen::AttendanceBelow(said(&self.attendance_below)?),
            "late_sessions" => StepWhen::LateSessions {
                sessions: said(&self.late_sessions)?,
                codes: said(&self.codes)?,
            },
            "missed_sessions" => StepWhen::MissedSessions {
                sessions: said(&self.missed_sessions)?,
                codes: said(&self.codes)?,
            },
            "school_days" => StepWhen::Days(DaysTrigger {
                school_days: said(&self.school_days)?,
                counting: said(&self.counting)?,
                day: said(&self.day)?,
                codes: said(&self.codes)?,
            }),
            _ => {
                let threshold = PenaltyThreshold {
                    sessions: said(&self.sessions)?,
                    school_weeks: said(&self.school_weeks)?,
                    codes: said(&self.codes)?,
                };
                if is_guarded {
                    StepWhen::WeeksWhileAttending {
                        threshold,
                        at_least: said(&self.attending)?,
                        in_school_weeks: said(&self.attending_weeks)?,
                    }
                } else {
                    StepWhen::Weeks(threshold)
                }
            }
        })
    }
}

fn said<T: Clone>(leaf: &Leaf<T>) -> Option<T> {
    match leaf {
        Leaf::Said(stated) => Some(stated.value.clone()),
        Leaf::Unsaid | Leaf::Broken => None,
    }
}

/// The steps of a set, complete.
pub(super) fn complete(given: &GivenSteps) -> Stated<Vec<Stated<Step>>> {
    given.or(Vec::new(), NONE_NAMED)
}

/// Notes names that stand twice, and codes that a condition cannot be about.
pub(super) fn check(steps: &Stated<Vec<Stated<Step>>>, findings: &mut Findings) {
    let keyed: Vec<(String, &Stated<Step>)> = (1..)
        .zip(&steps.value)
        .map(|(at, step)| (format!("{KEY}[{at}]"), step))
        .collect();
    for (key, step) in &keyed {
        let (codes, fit) = match &step.value.when {
            StepWhen::AttendanceBelow(_) => continue,
            StepWhen::LateSessions { codes, .. } => (codes, Fit::Late),
            StepWhen::MissedSessions { codes, .. } | StepWhen::Days(DaysTrigger { codes, .. }) => {
                (codes, Fit::Absence)
            }
            StepWhen::Weeks(threshold) | StepWhen::WeeksWhileAttending { threshold, .. } => {
                (&threshold.codes, Fit::Absence)
            }
        };
        findings.codes(&format!("{key}.codes"), codes, &step.origin, fit);
    }
    let names = keyed
        .iter()
        .map(|(key, step)| (key.as_str(), step.value.name.as_str(), &step.origin));
    bands::check_names(names, findings);
}

fn one(step: &Step) -> String {
    let when = match &step.when {
        StepWhen::AttendanceBelow(share) => format!("attendance_below_percent = {}", print::percent(share)),
        StepWhen::LateSessions { sessions, codes } => {
            format!("late_sessions = {sessions}, codes = {}", print::codes(codes))
        }
        StepWhen::MissedSessions { sessions, codes } => {
            format!("missed_sessions = {sessions}, codes = {}", print::codes(codes))
        }
        StepWhen::Days(days) => format!(
            "school_days = {}, counting = {}, day = {}, codes = {}",
            days.school_days,
            print::word(read::COUNTINGS)(&days.counting),
            print::word(read::DAYS)(&days.day),
            print::codes(&days.codes)
        ),
        StepWhen::Weeks(threshold) => weeks(threshold),
        StepWhen::WeeksWhileAttending {
            threshold,
            at_least,
            in_school_weeks,
        } => format!(
            "{}, attending_percent = {}, attending_school_weeks = {in_school_weeks}",
            weeks(threshold),
            print::percent(at_least)
        ),
    };
    format!("{{ name = {}, {when} }}", print::text(&step.name))
}

fn weeks(threshold: &PenaltyThreshold) -> String {
    format!(
        "sessions = {}, school_weeks = {}, codes = {}",
        threshold.sessions,
        threshold.school_weeks,
        print::codes(&threshold.codes)
    )
}

/// What stands, and why.
pub(super) fn explain(steps: &Stated<Vec<Stated<Step>>>, date: Date, out: &mut Vec<Explained>) {
    if steps.value.is_empty() {
        out.push(steps.explain(KEY, date, |_| "[]".to_owned()));
    }
    for (at, step) in (1..).zip(&steps.value) {
        out.push(step.explain(&format!("{KEY}[{at}]"), date, one));
    }
}
