//! The documents that the matrix asks for, and who may do what with them.

use std::sync::atomic::{AtomicU64, Ordering};

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Person};
use daymark_core::ids::{ActorId, DeviceNumber, PupilNumber, SchoolId};
use daymark_core::item::Item;
use daymark_core::session::Session;
use daymark_core::trip::{HeadCount, TripPlan, TripSession, TripStatement};
use daymark_core::visit::{AccountPart, Opened, VisitStatement};
use daymark_tests::support::Device;
use daymark_tests::support::device::{day, sheet};

use super::cast::Cast;

/// A document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Paper {
    /// The sheet of class 4B, the teacher's own.
    Class4B,
    /// The sheet of class 5A, another teacher's.
    Class5A,
    /// The gate's sheet.
    Gate,
    /// The office's sheet.
    Office,
    /// The trip whose plan names the teacher's tablet.
    OwnTrip,
    /// Its sheet.
    OwnTripSheet,
    /// A trip whose plan does not.
    OtherTrip,
    /// Its sheet.
    OtherTripSheet,
    /// A home visit.
    Visit,
}

const OWN_TRIP: &str = "6e5f2c3a-0000-4000-8000-000000000001";
const OTHER_TRIP: &str = "6e5f2c3a-0000-4000-8000-000000000002";
const VISIT: &str = "6e5f2c3a-0000-4000-8000-000000000003";

impl Paper {
    /// All of them; a trip before its sheet.
    pub(crate) const ALL: [Self; 9] = [
        Self::Class4B,
        Self::Class5A,
        Self::Gate,
        Self::Office,
        Self::OwnTrip,
        Self::OwnTripSheet,
        Self::OtherTrip,
        Self::OtherTripSheet,
        Self::Visit,
    ];

    /// Its name.
    pub(crate) fn id(self) -> DocumentId {
        let trip = |id: &str| Duty::Trip(id.parse().expect("a trip"));
        let class = |name: &str| Duty::Class(name.parse().expect("a class"));
        match self {
            Self::Class4B => sheet(&class("4B")),
            Self::Class5A => sheet(&class("5A")),
            Self::Gate => sheet(&Duty::Gate),
            Self::Office => sheet(&Duty::Office),
            Self::OwnTripSheet => sheet(&trip(OWN_TRIP)),
            Self::OtherTripSheet => sheet(&trip(OTHER_TRIP)),
            Self::OwnTrip => DocumentId::Trip(OWN_TRIP.parse().expect("a trip")),
            Self::OtherTrip => DocumentId::Trip(OTHER_TRIP.parse().expect("a trip")),
            Self::Visit => DocumentId::Visit(VISIT.parse().expect("a visit")),
        }
    }

    /// What stands in it from the start, and nowhere else.
    pub(crate) fn planted(self) -> String {
        format!("only in {self:?}")
    }

    /// Whether a role's device may read it. Written down by hand: visits reach the team, the lead and the head alone.
    pub(crate) fn is_read_by(self, role: &str) -> bool {
        let readers: &[&str] = match self {
            Self::Class4B | Self::OwnTrip | Self::OwnTripSheet => &["teacher", "office", "head"],
            Self::Gate => &["gate", "office", "head"],
            Self::Class5A | Self::Office | Self::OtherTrip | Self::OtherTripSheet => &["office", "head"],
            Self::Visit => &["team", "lead", "head"],
        };
        readers.contains(&role)
    }

    /// Whether a role's device may write in it.
    pub(crate) fn is_written_by(self, role: &str) -> bool {
        let writers: &[&str] = match self {
            Self::Class4B | Self::OwnTripSheet => &["teacher"],
            Self::Gate => &["gate"],
            Self::Class5A | Self::OtherTripSheet => &[],
            Self::Office => &["office"],
            Self::OwnTrip => &["teacher", "office", "head"],
            Self::OtherTrip => &["office", "head"],
            Self::Visit => &["team", "lead", "head"],
        };
        writers.contains(&role)
    }

    /// A change by a device that puts a text into it.
    pub(crate) fn change(self, cast: &Cast, device: &Device, text: &str) -> Vec<u8> {
        self.change_of(cast, device, device.school, text)
    }

    /// The same, made for any school.
    pub(crate) fn change_of(self, cast: &Cast, device: &Device, school: SchoolId, text: &str) -> Vec<u8> {
        static MADE: AtomicU64 = AtomicU64::new(1);
        let maker = Device {
            school,
            ..device.clone()
        };
        let incarnation = (MADE.fetch_add(1, Ordering::Relaxed) | 1 << 63).to_be_bytes();
        let actor = ActorId {
            device: device.number,
            incarnation,
        };
        let mut document = Document::new(school, self.id());
        let made = match self {
            // The first one opens it; what comes after is an account.
            Self::Visit if text != self.planted() => {
                document.write_account(actor, 0, AccountPart::Facts, text)
            }
            _ => document.append(actor, &[self.item(cast, &maker, text)]),
        };
        made.expect("a change").expect("something to add").bytes
    }

    fn item(self, cast: &Cast, device: &Device, text: &str) -> Item {
        let person = Person::new("a-shah".parse().expect("an id"), "Mrs A Shah", "Teacher");
        let person = person.expect("a person");
        match self.id() {
            DocumentId::Sheet(_, duty) => {
                let code = if matches!(duty, Duty::Trip(_)) { "V" } else { "N" };
                let mut entry = device.entry(&duty, Session::Am, 1001, code);
                entry.particulars.comment = Some(text.to_owned());
                Item::Slip(vec![entry])
            }
            DocumentId::Trip(_) if text == self.planted() => {
                let along: &[DeviceNumber] = match self {
                    Self::OwnTrip => &[cast.roles["teacher"].number],
                    _ => &[cast.other_teacher.number],
                };
                Item::Trip(device.statement(TripStatement::Plan(TripPlan {
                    title: text.to_owned(),
                    code: "V".parse().expect("a code"),
                    nature: None,
                    place: None,
                    leader: person.clone(),
                    supervisors: vec![person],
                    sessions: vec![TripSession {
                        date: day(),
                        session: Session::Am,
                    }],
                    participants: vec![PupilNumber(1001)],
                    tablets: along.to_vec(),
                    groups: None,
                })))
            }
            DocumentId::Trip(_) => Item::Trip(device.statement(TripStatement::HeadCount(HeadCount {
                expected: 1,
                found: 1,
                missing: Vec::new(),
                place: Some(text.to_owned()),
                group: None,
            }))),
            DocumentId::Visit(_) => Item::Visit(device.statement(VisitStatement::Opened(Opened {
                pupil: PupilNumber(1001),
                trigger: text.to_owned(),
                visitors: vec![person.clone(), person],
                alone: None,
                back_by: None,
            }))),
        }
    }
}
