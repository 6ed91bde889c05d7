//! The school, everybody who calls, and the papers that they ask for.

use std::collections::BTreeMap;

use daymark_core::ids::{DeviceNumber, SchoolId};
use daymark_core::signature::SecretKey;
use daymark_tests::support::{Device, School};

use super::paper::Paper;

/// The roles, as the `OpenAPI` document names them.
pub(crate) const ROLES: [&str; 6] = ["teacher", "gate", "team", "office", "lead", "head"];
/// A school that is not this one.
pub(crate) const ELSEWHERE: SchoolId = SchoolId(654_321);

/// Whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Caller {
    /// Sends no pass and no token.
    Nobody,
    /// Sends something that is no pass.
    GarbagePass,
    /// Sends something that is not the token.
    GarbageToken,
    /// Has a key, and a number that nobody was given.
    Stranger,
    /// Says that it is the head's device, and has another key.
    Thief,
    /// A device of the school whose pass is signed for another school.
    Elsewhere,
    /// A device of the school whose pass answers a challenge that this server did not give.
    Stale,
    /// Enrolled; the office has not compared the codes.
    Unconfirmed,
    /// Confirmed once, and then reported lost.
    Lost,
    /// A confirmed device, by its role.
    Role(&'static str),
    /// A head's confirmed device that sends its pass where the office's token belongs.
    PassAsToken,
    /// The office.
    Office,
    /// The office's token, where a pass belongs.
    TokenAsPass,
}

/// Everybody who asks.
pub(crate) fn callers() -> Vec<Caller> {
    let others = [
        Caller::Nobody,
        Caller::GarbagePass,
        Caller::GarbageToken,
        Caller::Stranger,
        Caller::Thief,
        Caller::Elsewhere,
        Caller::Stale,
        Caller::Unconfirmed,
        Caller::Lost,
        Caller::PassAsToken,
        Caller::Office,
        Caller::TokenAsPass,
    ];
    others.into_iter().chain(ROLES.map(Caller::Role)).collect()
}

/// The school and all devices.
pub(crate) struct Cast {
    /// The school, served.
    pub(crate) school: School,
    /// A confirmed device of each role. The teacher's has class 4B and goes along on its own trip.
    pub(crate) roles: BTreeMap<&'static str, Device>,
    /// A second teacher: class 5A, and the other trip.
    pub(crate) other_teacher: Device,
    /// See [`Caller::Unconfirmed`].
    pub(crate) unconfirmed: Device,
    /// See [`Caller::Lost`].
    pub(crate) lost: Device,
}

impl Cast {
    /// Enrols everybody, and has every paper written.
    pub(crate) fn gather() -> Self {
        let school =
            School::open_with(|settings| settings.replace("[school]", "[school]\nlaestab = \"820/1234\""));
        let device = |role: &'static str| {
            let classes: &[&str] = if role == "teacher" { &["4B"] } else { &[] };
            (
                role,
                Device::enrol(&school, &format!("Of the {role}"), role, classes),
            )
        };
        let roles = ROLES.map(device).into();
        let other_teacher = Device::enrol(&school, "Class 5A", "teacher", &["5A"]);
        let (unconfirmed, _) = Device::join(&school, "New", "head", &[]);
        let lost = Device::enrol(&school, "Left on a bus", "head", &[]);
        school.report_lost(u64::from(lost.number.0));
        let cast = Self {
            school,
            roles,
            other_teacher,
            unconfirmed,
            lost,
        };
        for paper in Paper::ALL {
            cast.write(paper, &paper.planted());
        }
        cast
    }

    /// Has a lawful writer put something into a paper.
    #[track_caller]
    pub(crate) fn write(&self, paper: Paper, text: &str) {
        let writer = self.writer(paper);
        let change = paper.change(self, writer, text);
        let acks = writer.offer(&paper.id(), &[change]);
        assert_eq!(acks, [daymark_sync_protocol::frame::Ack::Stored], "{paper:?}");
    }

    /// Who writes a paper as a matter of course.
    pub(crate) fn writer(&self, paper: Paper) -> &Device {
        match paper {
            Paper::Class4B | Paper::OwnTripSheet => &self.roles["teacher"],
            Paper::Class5A | Paper::OtherTripSheet => &self.other_teacher,
            Paper::Gate => &self.roles["gate"],
            Paper::Office | Paper::OwnTrip | Paper::OtherTrip => &self.roles["office"],
            Paper::Visit => &self.roles["team"],
        }
    }

    /// The device with which somebody calls; the office and nobody have none.
    pub(crate) fn device(&self, caller: Caller) -> Option<Device> {
        let head = &self.roles["head"];
        let device = match caller {
            Caller::Role(role) => self.roles[role].clone(),
            Caller::Unconfirmed => self.unconfirmed.clone(),
            Caller::Lost => self.lost.clone(),
            Caller::Stranger => Device {
                number: DeviceNumber(4_000),
                ..head.clone()
            },
            Caller::Thief => Device {
                key: SecretKey::from_seed(&[0x66; 32]),
                ..head.clone()
            },
            Caller::Elsewhere => Device {
                school: ELSEWHERE,
                ..head.clone()
            },
            Caller::Stale => Device {
                challenge: "AAAAAAAAAAAAAAAA".to_owned(),
                ..head.clone()
            },
            _ => return None,
        };
        Some(device)
    }

    /// The header by which a caller makes itself known.
    pub(crate) fn header(&self, caller: Caller) -> Option<(&'static str, String)> {
        if let Some(device) = self.device(caller) {
            return Some(("daymark-pass", device.pass()));
        }
        let bearer = |token: &str| Some(("authorization", format!("Bearer {token}")));
        match caller {
            Caller::GarbagePass => Some(("daymark-pass", "1.2.3".to_owned())),
            Caller::GarbageToken => bearer("0000000-0000000-0000000-00000"),
            Caller::PassAsToken => bearer(&self.roles["head"].pass()),
            Caller::Office => bearer(&self.school.token()),
            Caller::TokenAsPass => Some(("daymark-pass", self.school.token())),
            _ => None,
        }
    }

    /// The journal, byte for byte: all that the school keeps.
    pub(crate) fn journal(&self) -> Vec<u8> {
        std::fs::read(self.school.journal()).expect("the journal")
    }
}
