//! A worklist as it is shown: in the same words and fields by a school's server and by a tablet.

use chrono::{DateTime, Datelike, Timelike};
use daymark_core::attendance::Counted;
use daymark_core::attendance::worklists::{Due, Row, VisitWaits, Why};
use daymark_core::ids::PupilNumber;
use daymark_core::session::{Date, Session};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A worklist.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListView {
    /// As it is on this date.
    pub date: Date,
    /// Its rows, the most pressing first.
    pub rows: Vec<RowView>,
}

/// A row of a worklist.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RowView {
    /// The pupil's number.
    pub pupil: PupilNumber,
    /// Their name; empty where it is not known.
    pub name: String,
    /// Their class.
    pub class: String,
    /// Why the row is there, in words.
    pub why: String,
    /// The same as data.
    pub facts: Value,
    /// Since when there is ground for it.
    pub since: Date,
    /// By when: a date, a time, `not in the calendar yet`, or nothing.
    pub due: Option<String>,
    /// Whether that is over.
    pub overdue: bool,
    /// Exactly the sessions that it rests on.
    pub counted: Vec<SessionCounted>,
}

/// A session that a row rests on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionCounted {
    /// The date.
    pub date: Date,
    /// Which session.
    pub session: Session,
    /// The code that stands; `None` where none does.
    pub code: Option<String>,
}

impl From<&Counted> for SessionCounted {
    fn from(counted: &Counted) -> Self {
        Self {
            date: counted.cell.date,
            session: counted.cell.session,
            code: counted.outcome.code().map(|code| code.to_string()),
        }
    }
}

/// Whether whoever is shown a list may read home visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visits {
    /// What they say: the attendance team, the safeguarding lead and the head.
    Read,
    /// That something is due and by when, and not what: the office.
    Named,
}

impl RowView {
    /// A row about a pupil of a name and a class.
    pub fn of(row: &Row, (name, class): (String, String), visits: Visits) -> Self {
        let why = match visits {
            Visits::Read => row.why.clone(),
            Visits::Named => for_the_office(&row.why),
        };
        Self {
            pupil: row.pupil,
            name,
            class,
            facts: serde_json::to_value(&why).unwrap_or_default(),
            why: why.to_string(),
            since: row.since,
            due: match row.due {
                Due::At(seconds) => utc(seconds),
                Due::By(date) => Some(date.to_string()),
                Due::BeyondCalendar => Some("not in the calendar yet".into()),
                Due::Open => None,
            },
            overdue: row.overdue,
            counted: row.counted.iter().map(SessionCounted::from).collect(),
        }
    }

    /// Number, name, class, why, since and due, for a table of people's screens.
    pub fn cells(&self) -> Vec<String> {
        let due = self.due.clone().unwrap_or_default();
        vec![
            self.pupil.to_string(),
            self.name.clone(),
            self.class.clone(),
            self.why.clone(),
            self.since.to_string(),
            if self.overdue {
                format!("{due} OVERDUE")
            } else {
                due
            },
        ]
    }

    /// The sessions that it rests on, as words.
    pub fn sessions(&self) -> String {
        let sessions = self.counted.iter().map(|counted| {
            let code = counted.code.as_deref().unwrap_or("no mark");
            format!("{} {} {code}", counted.date, counted.session)
        });
        sessions.collect::<Vec<_>>().join(", ")
    }
}

/// A home visit reaches the attendance team, the safeguarding lead and the head alone. The office is told that
/// something is due and by when, and not what.
fn for_the_office(why: &Why) -> Why {
    match why {
        Why::Visit {
            visit,
            waits: VisitWaits::NextStep(_),
        } => Why::Visit {
            visit: *visit,
            waits: VisitWaits::NextStep("see the attendance team".into()),
        },
        other => other.clone(),
    }
}

/// A time as JSON and screens have it, such as `2026-03-02T09:05:00Z`; `None` outside every calendar.
pub fn utc(unix_seconds: i64) -> Option<String> {
    let time = DateTime::from_timestamp(unix_seconds, 0)?;
    Some(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_home_visit_says_is_not_told_to_the_office() {
        let why = Why::Visit {
            visit: "6e5f2c3a-0000-4000-8000-000000000001".parse().expect("a visit"),
            waits: VisitWaits::NextStep("ask about the bruise".into()),
        };
        let shown = for_the_office(&why).to_string();
        assert!(
            shown.contains("next step") && !shown.contains("bruise"),
            "{shown}"
        );
    }
}
