//! A school in the same process: its hub answers without a network.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Particulars, TimeOfDay};
use daymark_core::fold::Rules;
use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, PersonId, PupilNumber, SchoolId};
use daymark_core::record::{Author, Mark};
use daymark_core::roster::{Pupil, Role, Roster, StaffMember};
use daymark_core::rules::RegisterPolicy;
use daymark_core::session::Date;
use daymark_core::signature::SecretKey;
use daymark_sync_protocol::client::{Identity, Record};
use daymark_sync_protocol::event::{Enrolment as HubEnrolment, Given, Standing};
use daymark_sync_protocol::frame::{SyncRequest, Window};
use daymark_sync_protocol::hub::{Hub, HubState, SchoolFacts};
use daymark_tablet::{
    Ask, Enrolled, Home, MemoryStorage, Moment, SyncOutcome, Tablet, Transport, TransportError, people,
};

pub(crate) const DATE: &str = "2026-03-02";
const NOON_MS: i64 = (1_772_409_600 + 12 * 3600) * 1000;

/// What goes wrong on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Weather {
    #[default]
    Fine,
    NoSignal,
    /// The request arrives and its reply does not.
    ReplyLost,
    /// A login page answers.
    Portal,
}

/// What the school signs with.
pub(crate) fn school_key() -> SecretKey {
    SecretKey::from_seed(&[0xa5; 32])
}

/// What a device signs with.
pub(crate) fn device_key(device: DeviceNumber) -> SecretKey {
    SecretKey::from_seed(&[u8::try_from(device.0).expect("few devices"); 32])
}

#[derive(Debug, Clone)]
pub(crate) struct School {
    pub(crate) hub: Arc<Mutex<Hub>>,
    pub(crate) weather: Arc<Mutex<Weather>>,
    pub(crate) requests: Arc<AtomicU32>,
}

impl School {
    /// Six pupils of class 4B, numbers 1001 to 1006, and two members of staff.
    pub(crate) fn new() -> Self {
        Self::of(RegisterPolicy::default())
    }

    /// The same with rules of its own.
    pub(crate) fn of(policy: RegisterPolicy) -> Self {
        let pupils = (1001..=1006).map(|number| {
            let pupil = Pupil {
                number: PupilNumber(number),
                mis_id: number.to_string(),
                upn: None,
                surname: format!("Marsh{number}"),
                forename: "Ada".into(),
                preferred_forename: None,
                dob: None,
                year: "4".into(),
                class: "4B".parse().expect("a class"),
                family_ref: None,
                start_date: None,
                leave_date: None,
            };
            (pupil.number, pupil)
        });
        let staff = [
            ("a-shah", "Aisha Shah", "Teacher"),
            ("b-cole", "Ben Cole", "Office Manager"),
        ];
        let staff = staff.map(|(id, name, position)| {
            let id: PersonId = id.parse().expect("a staff id");
            let member = StaffMember {
                id: id.clone(),
                name: name.into(),
                position: position.into(),
                role: Role::Teacher,
            };
            (id, member)
        });
        let hub = Hub::new(HubState {
            facts: SchoolFacts {
                school: SchoolId(123_456),
                name: "Hill Primary".into(),
                rules: Rules::default().into(),
                policy: Arc::new(policy),
                rules_text: None,
                key: school_key(),
            },
            roster: Roster {
                pupils: pupils.collect(),
                staff: BTreeMap::from(staff),
            },
            devices: Vec::new(),
            documents: Vec::new(),
            aside: Vec::new(),
            leaves: Vec::new(),
            branch: None,
        });
        Self {
            hub: Arc::new(Mutex::new(hub)),
            weather: Arc::default(),
            requests: Arc::default(),
        }
    }

    pub(crate) fn set(&self, weather: Weather) {
        *self.weather.lock().expect("no panic") = weather;
    }

    /// A tablet of a role, enrolled, with its storage. Teachers take class 4B.
    pub(crate) fn tablet(&self, role: Role) -> (Tablet<MemoryStorage>, MemoryStorage) {
        let mut hub = self.hub.lock().expect("no panic");
        let device = hub.next_device();
        let mut grant = Grant::of(role);
        if role == Role::Teacher {
            grant.classes.insert("4B".parse().expect("a class"));
        }
        hub.enrolled(&HubEnrolment {
            device,
            name: format!("{role} tablet"),
            given: Given::by_invitation(device.0, grant.clone(), 0),
            key: device_key(device).public(),
            invitation: [0; 32],
            enrolled_at: 0,
            standing: Standing::Confirmed,
            before: Vec::new(),
            message: None,
        });
        let storage = MemoryStorage::default();
        let mut tablet = Tablet::new(Home::start(storage.clone()).expect("an empty home"));
        let identity = Identity {
            school: SchoolId(123_456),
            device,
            name: format!("{role} tablet"),
            grant,
            server: "memory".into(),
            key: device_key(device),
            incarnation: [u8::try_from(device.0).expect("few devices"); 8],
            school_key: school_key().public(),
        };
        let keys = hub.keys().news(SchoolId(123_456), &school_key(), 0);
        let enrolled = Enrolled {
            records: vec![
                Record::Enrolled(Box::new(identity)),
                Record::Keys(keys.expect("there is this device")),
            ],
            code: String::new(),
            school: String::new(),
        };
        tablet.enrolled(enrolled).expect("enrolled");
        (tablet, storage)
    }

    fn answer(&self, device: DeviceNumber, bytes: &[u8]) -> Vec<u8> {
        let request = SyncRequest::decode(bytes).expect("a request");
        let mut hub = self.hub.lock().expect("no panic");
        let receipt = hub.receive(u64::try_from(NOON_MS).expect("positive"), device, &request);
        // A disk that is always quick: what was received is durable at once.
        hub.durable(&receipt);
        hub.reply(receipt).encode()
    }

    /// How many changes of a document the school has.
    pub(crate) fn changes(&self, id: &DocumentId) -> u64 {
        self.hub
            .lock()
            .expect("no panic")
            .index()
            .get(id)
            .copied()
            .unwrap_or(0)
    }
}

impl Transport for School {
    fn exchange(
        &self,
        identity: &Identity,
        request: Vec<u8>,
    ) -> impl Future<Output = Result<Vec<u8>, TransportError>> + Send {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let weather = *self.weather.lock().expect("no panic");
        let device = identity.device;
        let result = match weather {
            Weather::NoSignal => Err(TransportError::NoSignal("no route".into())),
            Weather::Portal => Ok(b"<html>Welcome to free Wi-Fi".to_vec()),
            Weather::Fine => Ok(self.answer(device, &request)),
            Weather::ReplyLost => {
                self.answer(device, &request);
                Err(TransportError::TimedOut { seconds: 30 })
            }
        };
        std::future::ready(result)
    }
}

pub(crate) fn date() -> Date {
    DATE.parse().expect("a date")
}

pub(crate) fn moment(time: &str) -> Moment {
    format!("{DATE}T{time}").parse().expect("a time")
}

pub(crate) fn author(tablet: &Tablet<MemoryStorage>, duty: &str, time: &str) -> Author {
    let id = "a-shah".parse().expect("a staff id");
    let person =
        people::author(tablet.replica(), &id, Some("Aisha Shah"), Some("Teacher")).expect("a person");
    let duty: Duty = duty.parse().expect("a duty");
    tablet.author(duty, person, moment(time)).expect("enrolled")
}

pub(crate) fn marks(code: &str, pupils: &[u64]) -> Vec<(PupilNumber, Mark)> {
    let mark = Mark {
        code: code.parse().expect("a code"),
        particulars: Particulars {
            arrived_at: TimeOfDay::from_seconds(9 * 3600).filter(|_| code == "L"),
            ..Particulars::default()
        },
        reason: None,
    };
    pupils
        .iter()
        .map(|pupil| (PupilNumber(*pupil), mark.clone()))
        .collect()
}

pub(crate) async fn try_sync(
    tablet: &mut Tablet<MemoryStorage>,
    school: &School,
) -> Result<SyncOutcome, daymark_tablet::SyncError> {
    let options = Ask {
        window: Some(Window {
            from: date(),
            to: date(),
        }),
        want_brief: true,
        ..Ask::default()
    };
    tablet.sync(school, || NOON_MS, options).await
}

pub(crate) async fn sync(tablet: &mut Tablet<MemoryStorage>, school: &School) -> SyncOutcome {
    try_sync(tablet, school).await.expect("a sync")
}
