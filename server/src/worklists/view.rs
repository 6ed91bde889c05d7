//! What the office is shown of it, in the shapes that its routes answer with.

use daymark_core::attendance::{Absence, Enrolled, Group, Tally};
use daymark_core::ids::PupilNumber;
use daymark_core::roster::Roster;
use daymark_core::rules::terms::{AbsenceShares, Band};
use serde::{Deserialize, Serialize};

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
}
