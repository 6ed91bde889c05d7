//! The roster: the pupils and the staff that marks refer to.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use minicbor::Encoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::{ClassName, IdError, PersonId, PupilNumber};
use crate::session::Date;
use crate::upn::Upn;

/// A pupil of the admission register, as far as attendance needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pupil {
    /// What the documents call the pupil: [`pupil_number`] of `mis_id`.
    pub number: PupilNumber,
    /// The admission number of the management information system as it was typed there, leading zeros and all.
    pub mis_id: String,
    /// The unique pupil number, which a new pupil may not have yet.
    pub upn: Option<Upn>,
    /// Legal surname.
    pub surname: String,
    /// Legal forename.
    pub forename: String,
    /// What the pupil is called, where that differs.
    pub preferred_forename: Option<String>,
    /// Date of birth.
    pub dob: Option<Date>,
    /// National curriculum year as the school writes it, such as `4` or `R`.
    pub year: String,
    /// Registration group.
    pub class: ClassName,
    /// What siblings share, so that the gate can mark them in one go.
    pub family_ref: Option<String>,
    /// First day on roll; before it only `Z` may stand.
    pub start_date: Option<Date>,
    /// Last day on roll.
    pub leave_date: Option<Date>,
}

impl Pupil {
    /// The name in a list: surname, then the forename that the pupil goes by.
    pub fn listed_as(&self) -> String {
        format!(
            "{}, {}",
            self.surname,
            self.preferred_forename.as_ref().unwrap_or(&self.forename)
        )
    }

    /// The forename the pupil goes by, then the surname.
    pub fn known_as(&self) -> String {
        format!(
            "{} {}",
            self.preferred_forename.as_ref().unwrap_or(&self.forename),
            self.surname
        )
    }

    /// Whether the pupil is on roll on the day: from the start date to the leave date, both included.
    pub fn on_roll(&self, date: Date) -> bool {
        self.start_date.is_none_or(|first| first <= date) && self.leave_date.is_none_or(|last| date <= last)
    }
}

/// The number that an admission number stands for: `0042` and `42` are the same pupil.
pub fn pupil_number(mis_id: &str) -> Result<PupilNumber, IdError> {
    mis_id.parse().map_err(|_| {
        let remedy = "an admission number is digits, from 1 up; where the school uses letters, export the number \
                      that its system keeps beside them";
        IdError::new("mis_id", mis_id, remedy)
    })
}

/// What a member of staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Takes the register of classes, trips and fixtures.
    Teacher,
    /// Records late arrivals at the gate.
    Gate,
    /// Makes welfare visits.
    Team,
    /// Reconciles, amends and signs off.
    Office,
    /// Leads on attendance and safeguarding.
    Lead,
    /// Gives leave; the headteacher or a delegate.
    Head,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Teacher,
        Self::Gate,
        Self::Team,
        Self::Office,
        Self::Lead,
        Self::Head,
    ];

    /// The role as text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Teacher => "teacher",
            Self::Gate => "gate",
            Self::Team => "team",
            Self::Office => "office",
            Self::Lead => "lead",
            Self::Head => "head",
        }
    }

    /// Whether its devices hold every sheet of the school: what is counted by them is the school's own figure.
    pub const fn holds_every_sheet(self) -> bool {
        matches!(self, Self::Office | Self::Head)
    }

    /// Whether home visits reach its devices: those who make them, or answer for them.
    pub const fn reads_visits(self) -> bool {
        matches!(self, Self::Team | Self::Lead | Self::Head)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| {
                IdError::new(
                    "role",
                    text,
                    "give one of teacher, gate, team, office, lead and head",
                )
            })
    }
}

/// A member of staff. Name and position are copied into every entry the person makes, as they were on the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffMember {
    /// The short name of the staff list.
    pub id: PersonId,
    /// The name as it appears in the register.
    pub name: String,
    /// The position held, as an amendment must show it.
    pub position: String,
    /// What the person may do.
    pub role: Role,
}

/// Everybody that a mark can be about or by. Leavers stay: their marks are kept for years.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The pupils by their numbers.
    pub pupils: BTreeMap<PupilNumber, Pupil>,
    /// The staff by their ids.
    pub staff: BTreeMap<PersonId, StaffMember>,
}

impl Roster {
    /// SHA-256 of a canonical encoding: two rosters have the same one when they hold the same people, whatever the
    /// order in which they were put together.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.canonical()).into()
    }

    /// CBOR of a fixed shape, in the order of the numbers and ids.
    fn canonical(&self) -> Vec<u8> {
        let mut out = Encoder::new(Vec::new());
        self.encode(&mut out).expect("writing to a Vec cannot fail");
        out.into_writer()
    }

    fn encode(
        &self,
        out: &mut Encoder<Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        out.array(3)?
            .str("daymark roster 1")?
            .array(count(self.pupils.len()))?;
        for (number, pupil) in &self.pupils {
            let Pupil {
                number: _,
                mis_id,
                upn,
                surname,
                forename,
                preferred_forename,
                dob,
                year,
                class,
                family_ref,
                start_date,
                leave_date,
            } = pupil;
            out.array(12)?
                .u64(number.0)?
                .str(mis_id)?
                .encode(upn.as_ref().map(Upn::as_str))?;
            out.str(surname)?
                .str(forename)?
                .encode(preferred_forename)?
                .encode(dob.map(Date::days))?;
            out.str(year)?.str(class.as_str())?.encode(family_ref)?;
            out.encode(start_date.map(Date::days))?
                .encode(leave_date.map(Date::days))?;
        }
        out.array(count(self.staff.len()))?;
        for (
            id,
            StaffMember {
                id: _,
                name,
                position,
                role,
            },
        ) in &self.staff
        {
            out.array(4)?
                .str(id.as_str())?
                .str(name)?
                .str(position)?
                .str(role.as_str())?;
        }
        Ok(())
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).expect("a length fits 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pupil(mis_id: &str) -> Pupil {
        Pupil {
            number: pupil_number(mis_id).expect(mis_id),
            mis_id: mis_id.to_owned(),
            upn: Some("B801200005001".parse().expect("a UPN")),
            surname: "O'Déa".to_owned(),
            forename: "Bronwen".to_owned(),
            preferred_forename: Some("Bron".to_owned()),
            dob: Some("2016-11-03".parse().expect("a date")),
            year: "4".to_owned(),
            class: "4B".parse().expect("a class"),
            family_ref: None,
            start_date: Some("2020-09-03".parse().expect("a date")),
            leave_date: Some("2026-07-20".parse().expect("a date")),
        }
    }

    fn roster() -> Roster {
        let staff = StaffMember {
            id: "a-shah".parse().expect("an id"),
            name: "Anika Shah".to_owned(),
            position: "Class teacher".to_owned(),
            role: Role::Teacher,
        };
        Roster {
            pupils: ["0042", "7"]
                .into_iter()
                .map(|id| (pupil(id).number, pupil(id)))
                .collect(),
            staff: [(staff.id.clone(), staff)].into(),
        }
    }

    #[test]
    fn leading_zeros_are_kept_in_the_id_and_not_in_the_number() {
        assert_eq!(pupil("0042").number, PupilNumber(42));
        assert_eq!(pupil("0042").mis_id, "0042");
    }

    #[test]
    fn an_admission_number_with_letters_is_refused_with_a_remedy() {
        for bad in ["A0042", "1E2", "", "0", "12.0", "-4"] {
            let message = pupil_number(bad).expect_err(bad).to_string();
            assert!(
                message.starts_with("mis_id") && message.contains("digits"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_role_is_written_as_it_is_read() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).expect("json"), format!("\"{role}\""));
        }
        assert!("Teacher".parse::<Role>().is_err());
        assert!(
            "cook"
                .parse::<Role>()
                .expect_err("no role")
                .to_string()
                .contains("lead")
        );
    }

    #[test]
    fn a_pupil_is_on_roll_from_the_first_day_to_the_last() {
        let pupil = pupil("7");
        for (date, on_roll) in [
            ("2020-09-02", false),
            ("2020-09-03", true),
            ("2026-07-20", true),
            ("2026-07-21", false),
        ] {
            assert_eq!(pupil.on_roll(date.parse().expect(date)), on_roll, "{date}");
        }
        assert_eq!(pupil.known_as(), "Bron O'Déa");
    }

    #[test]
    fn a_roster_survives_json() {
        let text = serde_json::to_string(&roster()).expect("json");
        assert_eq!(serde_json::from_str::<Roster>(&text).expect("a roster"), roster());
        assert!(text.contains("\"0042\""));
    }

    #[test]
    fn the_digest_is_fixed_and_every_field_moves_it() {
        let before = roster().digest();
        assert_eq!(before, roster().digest());
        let changes: [fn(&mut Pupil); 11] = [
            |pupil| pupil.mis_id = "042".to_owned(),
            |pupil| pupil.upn = None,
            |pupil| pupil.surname.push('x'),
            |pupil| pupil.forename.push('x'),
            |pupil| pupil.preferred_forename = None,
            |pupil| pupil.dob = None,
            |pupil| pupil.year = "5".to_owned(),
            |pupil| pupil.class = "4C".parse().expect("a class"),
            |pupil| pupil.family_ref = Some(String::new()),
            |pupil| pupil.start_date = None,
            |pupil| pupil.leave_date = None,
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut roster = roster();
            change(roster.pupils.get_mut(&PupilNumber(42)).expect("a pupil"));
            assert_ne!(roster.digest(), before, "change {at}");
        }
        let changes: [fn(&mut StaffMember); 3] = [
            |staff| staff.name.push('x'),
            |staff| staff.position.push('x'),
            |staff| staff.role = Role::Head,
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut roster = roster();
            roster.staff.values_mut().for_each(change);
            assert_ne!(roster.digest(), before, "change {at}");
        }
    }
}
