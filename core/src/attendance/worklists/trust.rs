//! What a trust is shown of its schools: sums alone. No type in this file can hold a pupil, and a number so small that
//! somebody could be recognised by it never leaves it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::RulesInForce;
use crate::attendance::{Absence, Attendance, Group, Tally};
use crate::ids::SchoolId;
use crate::rules::terms::SchoolRules;
use crate::session::Date;

/// A number of pupils below this is shown as "fewer than" it, zero included. The figure is a choice of ours: the
/// usual one for pupils in published statistics.
pub const SMALL_COUNT: u32 = 5;

/// A number of pupils that is safe to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PupilCount(Shown);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Exactly(u32),
    FewerThanSmall,
    Withheld,
}

impl PupilCount {
    fn of(count: u32) -> Self {
        Self(if count < SMALL_COUNT {
            Shown::FewerThanSmall
        } else {
            Shown::Exactly(count)
        })
    }

    /// A part of a whole that is shown too. Where the rest would be a small number, neither can be.
    fn part(count: u32, whole: u32) -> Self {
        let rest = whole.saturating_sub(count);
        match Self::of(count) {
            Self(Shown::Exactly(_)) if (1..SMALL_COUNT).contains(&rest) => Self(Shown::Withheld),
            shown => shown,
        }
    }

    /// The sum of a column whose numbers are shown one by one as given: withheld where what is hidden in the column
    /// could be worked out from it.
    fn total(column: &[(u32, Self)]) -> Self {
        let hidden: Vec<u32> = column
            .iter()
            .filter(|(_, shown)| shown.exactly().is_none())
            .map(|(count, _)| *count)
            .collect();
        let gives_away =
            hidden.len() == 1 || (!hidden.is_empty() && hidden.iter().sum::<u32>() < SMALL_COUNT);
        if gives_away {
            return Self(Shown::Withheld);
        }
        Self::of(column.iter().map(|(count, _)| count).sum())
    }

    /// The number itself, where it may be shown.
    pub fn exactly(self) -> Option<u32> {
        match self.0 {
            Shown::Exactly(count) => Some(count),
            Shown::FewerThanSmall | Shown::Withheld => None,
        }
    }
}

impl fmt::Display for PupilCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Shown::Exactly(count) => count.fmt(f),
            Shown::FewerThanSmall => write!(f, "fewer than {SMALL_COUNT}"),
            Shown::Withheld => f.write_str("withheld"),
        }
    }
}

impl Serialize for PupilCount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.exactly() {
            Some(count) => serializer.serialize_u32(count),
            None => serializer.collect_str(self),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u32),
    Words(String),
}

impl<'de> Deserialize<'de> for PupilCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shown = match Written::deserialize(deserializer)? {
            Written::Number(count) if count >= SMALL_COUNT => Shown::Exactly(count),
            Written::Number(count) => {
                return Err(de::Error::custom(format!(
                    "{count} is a number of pupils below {SMALL_COUNT}, which no file of figures shows"
                )));
            }
            Written::Words(words) => [Shown::FewerThanSmall, Shown::Withheld]
                .into_iter()
                .find(|shown| Self(*shown).to_string() == words)
                .ok_or_else(|| de::Error::custom(format!("{words:?} is no number of pupils")))?,
        };
        Ok(Self(shown))
    }
}

/// What is shown of one school, or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Pupils on roll.
    pub pupils: PupilCount,
    /// Sessions of this school year, where there are enough pupils to show them.
    pub sessions: Option<Tally>,
    /// Pupils who missed 10 % or more; those who missed 50 % are among them.
    pub persistently_absent: PupilCount,
    /// Pupils who missed 50 % or more.
    pub severely_absent: PupilCount,
}

/// What a trust is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustView {
    /// Up to the end of which day.
    pub as_of: Date,
    /// Each school, in the order given.
    pub schools: Vec<(SchoolId, Figures)>,
    /// All of them.
    pub total: Figures,
}

/// One school of a trust.
pub struct School<'a> {
    /// Which.
    pub school: SchoolId,
    /// Its register.
    pub attendance: &'a Attendance,
    /// Its rules.
    pub rules: &'a dyn RulesInForce,
}

/// Numbers before they are made safe. They do not leave this file.
struct Raw {
    pupils: u32,
    sessions: Tally,
    persistent: u32,
    severe: u32,
}

impl Raw {
    fn of(school: &School<'_>, today: Date) -> Self {
        let rules: &SchoolRules = school.rules.on(today);
        let year = school.attendance.calendar().year_to(today);
        let mut raw = Self {
            pupils: 0,
            sessions: school.attendance.tally_of(&Group::School, year),
            persistent: 0,
            severe: 0,
        };
        let on_roll = school
            .attendance
            .enrolled()
            .filter(|enrolled| enrolled.is_on_roll(today));
        for enrolled in on_roll {
            let absence = school
                .attendance
                .tally(enrolled.pupil, year)
                .absence(&rules.absence);
            raw.pupils += 1;
            raw.persistent += u32::from(absence >= Absence::Persistent);
            raw.severe += u32::from(absence == Absence::Severe);
        }
        raw
    }

    fn safe(&self) -> Figures {
        let pupils = PupilCount::of(self.pupils);
        Figures {
            pupils,
            sessions: pupils.exactly().map(|_| self.sessions),
            persistently_absent: PupilCount::part(self.persistent, self.pupils),
            severely_absent: PupilCount::part(self.severe, self.persistent),
        }
    }
}

/// The sums of some schools this school year, up to a date.
pub fn trust_view(schools: &[School<'_>], today: Date) -> TrustView {
    let raw: Vec<Raw> = schools.iter().map(|school| Raw::of(school, today)).collect();
    let safe: Vec<Figures> = raw.iter().map(Raw::safe).collect();
    let total = |count: fn(&Raw) -> u32, shown: fn(&Figures) -> PupilCount| {
        let column: Vec<(u32, PupilCount)> = raw
            .iter()
            .zip(&safe)
            .map(|(raw, safe)| (count(raw), shown(safe)))
            .collect();
        PupilCount::total(&column)
    };
    let pupils = total(|raw| raw.pupils, |figures| figures.pupils);
    let sums_shown = pupils.exactly().is_some();
    TrustView {
        as_of: today,
        total: Figures {
            pupils,
            sessions: sums_shown.then(|| raw.iter().map(|raw| raw.sessions).sum()),
            persistently_absent: total(|raw| raw.persistent, |figures| figures.persistently_absent),
            severely_absent: total(|raw| raw.severe, |figures| figures.severely_absent),
        },
        schools: schools.iter().map(|school| school.school).zip(safe).collect(),
    }
}

/// Why files of figures are not joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// There is none.
    #[error("there are no figures to join: give a file of each school")]
    Nothing,
    /// A school is in two of them.
    #[error("school {0} is in two files: give one of each school")]
    Twice(SchoolId),
    /// They are of different days.
    #[error("figures of {ours} and of {theirs} do not add up: make them anew with one --date")]
    OtherDay {
        /// Of the first file.
        ours: Date,
        /// Of another.
        theirs: Date,
    },
}

/// The figures of several schools in one, from what each of them shows. Whoever joins them knows no hidden number, so a
/// total of a column with one is withheld.
///
/// # Errors
/// See [`JoinError`].
pub fn join(views: &[TrustView]) -> Result<TrustView, JoinError> {
    let as_of = views.first().ok_or(JoinError::Nothing)?.as_of;
    if let Some(other) = views.iter().find(|view| view.as_of != as_of) {
        return Err(JoinError::OtherDay {
            ours: as_of,
            theirs: other.as_of,
        });
    }
    let schools: Vec<(SchoolId, Figures)> = views.iter().flat_map(|view| view.schools.clone()).collect();
    let mut known = BTreeSet::new();
    if let Some((twice, _)) = schools.iter().find(|(school, _)| !known.insert(*school)) {
        return Err(JoinError::Twice(*twice));
    }
    let total = |shown: fn(&Figures) -> PupilCount| {
        let counts: Option<Vec<u32>> = schools
            .iter()
            .map(|(_, figures)| shown(figures).exactly())
            .collect();
        counts.map_or(PupilCount(Shown::Withheld), |counts| {
            PupilCount::of(counts.iter().sum())
        })
    };
    let sessions: Option<Vec<Tally>> = schools.iter().map(|(_, figures)| figures.sessions).collect();
    Ok(TrustView {
        as_of,
        total: Figures {
            pupils: total(|figures| figures.pupils),
            sessions: sessions.map(|sessions| sessions.into_iter().sum()),
            persistently_absent: total(|figures| figures.persistently_absent),
            severely_absent: total(|figures| figures.severely_absent),
        },
        schools,
    })
}
