//! What the office is shown of it, in the shapes that its routes answer with.

use chrono::{DateTime, SecondsFormat};
use daymark_core::attendance::worklists::{Due, Row, VisitWaits, Why};
use daymark_core::attendance::{Absence, Counted, Enrolled, Group, Tally};
use daymark_core::ids::PupilNumber;
use daymark_core::roster::Roster;
use daymark_core::rules::terms::{AbsenceShares, Band};
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
    /// Their name; empty where the roster does not have them.
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

impl RowView {
    pub(super) fn of(row: &Row, roster: &Roster) -> Self {
        let known = roster.pupils.get(&row.pupil);
        let why = for_the_office(&row.why);
        Self {
            pupil: row.pupil,
            name: known
                .map(daymark_core::roster::Pupil::listed_as)
                .unwrap_or_default(),
            class: known.map(|pupil| pupil.class.to_string()).unwrap_or_default(),
            facts: serde_json::to_value(&why).unwrap_or_default(),
            why: why.to_string(),
            since: row.since,
            due: match row.due {
                Due::At(seconds) => DateTime::from_timestamp(seconds, 0)
                    .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)),
                Due::By(date) => Some(date.to_string()),
                Due::BeyondCalendar => Some("not in the calendar yet".into()),
                Due::Open => None,
            },
            overdue: row.overdue,
            counted: row.counted.iter().map(SessionCounted::from).collect(),
        }
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

/// Attendance of a pupil or a group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FigureRow {
    /// The pupil's number; `None` for a group.
    pub pupil: Option<PupilNumber>,
    /// The pupil's name, the class, the year, or `School`.
    pub name: String,
    /// The pupil's class.
    pub class: Option<String>,
    /// Possible sessions.
    pub possible: u32,
    /// Attended.
    pub attended: u32,
    /// Missed with authority.
    pub authorised: u32,
    /// Missed without.
    pub unauthorised: u32,
    /// Attended of possible in percent, one figure behind the point, rounded down; `None` where nothing was possible.
    pub percent: Option<String>,
    /// `persistent` or `severe`, for a pupil.
    pub absence: Option<String>,
    /// The school's own band, for a pupil's school year.
    pub band: Option<String>,
}

impl FigureRow {
    pub(super) fn of_pupil(
        enrolled: &Enrolled,
        roster: &Roster,
        tally: Tally,
        shares: AbsenceShares,
        band: Option<&Band>,
    ) -> Self {
        let known = roster.pupils.get(&enrolled.pupil);
        let absence = match tally.absence(&shares) {
            Absence::Neither => None,
            Absence::Persistent => Some("persistent".to_owned()),
            Absence::Severe => Some("severe".to_owned()),
        };
        Self {
            pupil: Some(enrolled.pupil),
            class: Some(enrolled.class.to_string()),
            absence,
            band: band.map(|band| band.name.clone()),
            ..Self::named(
                known
                    .map(daymark_core::roster::Pupil::listed_as)
                    .unwrap_or_default(),
                tally,
            )
        }
    }

    pub(super) fn of_group(group: &Group, tally: Tally) -> Self {
        let name = match group {
            Group::School => "School".to_owned(),
            Group::Class(class) => class.to_string(),
            Group::Year(year) => year.clone(),
        };
        Self::named(name, tally)
    }

    fn named(name: String, tally: Tally) -> Self {
        Self {
            pupil: None,
            name,
            class: None,
            possible: tally.possible(),
            attended: tally.attended,
            authorised: tally.authorised,
            unauthorised: tally.unauthorised,
            percent: percent(tally),
            absence: None,
            band: None,
        }
    }
}

/// Rounded down, so that nobody who is below a threshold reads as if they were at it.
pub(crate) fn percent(tally: Tally) -> Option<String> {
    let tenths = (u64::from(tally.attended) * 1000).checked_div(u64::from(tally.possible()))?;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_shown_rounded_down_and_never_for_nothing() {
        let tally = |attended, unauthorised| Tally {
            attended,
            authorised: 0,
            unauthorised,
        };
        assert_eq!(percent(tally(342, 38)).as_deref(), Some("90.0"));
        assert_eq!(percent(tally(8999, 1001)).as_deref(), Some("89.9"));
        assert_eq!(percent(tally(380, 0)).as_deref(), Some("100.0"));
        assert_eq!(percent(tally(0, 0)), None);
    }

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
