//! A made-up school of 420 pupils and a year of its register, in documents as the server stores them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daymark_core::attendance::{Attendance, Enrolled};
use daymark_core::calendar::{Calendar, file};
use daymark_core::code::Code;
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry, Particulars, Person};
use daymark_core::fold::Rules;
use daymark_core::grant::Grant;
use daymark_core::ids::{ActorId, DeviceNumber, PupilNumber, SchoolId};
use daymark_core::item::Item;
use daymark_core::roster::{Role, Roster};
use daymark_core::session::{Cell, Date, Session};
use daymark_core::signature::{SecretKey, SignedChange};
use daymark_sync_protocol::event::{Enrolment, Given, Standing, StoredChange};
use daymark_sync_protocol::hub::{Hub, HubState, SchoolFacts};

pub(crate) type Error = Box<dyn std::error::Error>;

pub(crate) const PUPILS: u64 = 420;
const PUPILS_OF_A_CLASS: u64 = 30;
const SCHOOL: SchoolId = SchoolId(123_456);
/// 190 school days: 380 sessions.
const CALENDAR: &str = r#"
terms = [
    { name = "Autumn 1", first = 2025-09-02, last = 2025-10-24 },
    { name = "Autumn 2", first = 2025-11-03, last = 2025-12-19 },
    { name = "Spring 1", first = 2026-01-05, last = 2026-02-13 },
    { name = "Spring 2", first = 2026-02-23, last = 2026-03-27 },
    { name = "Summer 1", first = 2026-04-13, last = 2026-05-22 },
    { name = "Summer 2", first = 2026-06-01, last = 2026-07-20 },
]
insets = [{ date = 2025-09-02 }, { date = 2026-01-05 }, { date = 2026-06-01 }, { date = 2026-07-17 }, { date = 2026-07-20 }]
closures = [{ name = "Early May bank holiday", date = 2026-05-04 }]
"#;

/// The documents of a year, each with its changes in the order of storing.
pub(crate) struct Stored {
    pub(crate) changes: BTreeMap<DocumentId, Vec<StoredChange>>,
}

impl Stored {
    pub(crate) fn count(&self) -> usize {
        self.changes.values().map(Vec::len).sum()
    }
}

/// Who marks, on what.
pub(crate) struct Device {
    duty: Duty,
    number: DeviceNumber,
    person: Person,
    key: SecretKey,
}

/// The school.
pub(crate) struct School {
    pub(crate) calendar: Arc<Calendar>,
    staffed: BTreeMap<Duty, Device>,
}

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

impl School {
    pub(crate) fn open() -> Result<Self, Error> {
        let classes = (0..PUPILS / PUPILS_OF_A_CLASS).map(|class| {
            let name = format!("{}{}", class / 2, if class % 2 == 0 { "A" } else { "B" });
            Ok(Duty::Class(name.parse()?))
        });
        let mut duties = classes.collect::<Result<Vec<Duty>, Error>>()?;
        duties.extend([Duty::Gate, Duty::Office]);
        let mut staffed = BTreeMap::new();
        for (number, duty) in (2_u32..).zip(duties) {
            let id = format!("staff-{number}").parse()?;
            let person = Person::new(id, &format!("Name of Staff {number}"), "Teacher")?;
            let device = Device {
                duty: duty.clone(),
                number: DeviceNumber(number),
                person,
                key: SecretKey::from_seed(&[u8::try_from(number)?; 32]),
            };
            staffed.insert(duty, device);
        }
        Ok(Self {
            calendar: Arc::new(file::read(CALENDAR)?),
            staffed,
        })
    }

    pub(crate) fn devices(&self) -> usize {
        self.staffed.len()
    }

    /// A register in which nothing is counted, with its pupils.
    pub(crate) fn nothing_counted(&self) -> Attendance {
        let enrolled = (1..=PUPILS).filter_map(|pupil| {
            let class = self.class_of(pupil)?;
            Some(Enrolled {
                pupil: PupilNumber(pupil),
                year: class.as_str()[..1].to_owned(),
                class,
                born: None,
                start: None,
                leave: None,
            })
        });
        Attendance::of(Arc::clone(&self.calendar), enrolled, [])
    }

    fn class_of(&self, pupil: u64) -> Option<daymark_core::ids::ClassName> {
        let place = usize::try_from((pupil - 1) / PUPILS_OF_A_CLASS).ok()?;
        let mut classes = self.staffed.keys().filter_map(|duty| match duty {
            Duty::Class(class) => Some(class),
            _ => None,
        });
        classes.nth(place).cloned()
    }

    pub(crate) fn device(&self, duty: &Duty) -> &Device {
        &self.staffed[duty]
    }

    /// The hub over what is stored, with nothing in memory. Every device was given its duty, so that the fold judges.
    pub(crate) fn hub(&self, stored: &Stored) -> Hub {
        let enrolled = (1_u32..).zip(self.staffed.values()).map(|(place, device)| {
            let mut grant = Grant::of(match device.duty {
                Duty::Gate => Role::Gate,
                Duty::Office => Role::Office,
                _ => Role::Teacher,
            });
            if let Duty::Class(class) = &device.duty {
                grant.classes.insert(class.clone());
            }
            Enrolment {
                device: device.number,
                name: device.person.name.clone(),
                given: Given::by_invitation(place, grant, 0),
                key: device.key.public(),
                invitation: [0; 32],
                enrolled_at: 0,
                standing: Standing::Confirmed,
                before: Vec::new(),
                message: None,
            }
        });
        Hub::new(HubState {
            facts: SchoolFacts {
                policy: std::sync::Arc::default(),
                rules_text: None,
                school: SCHOOL,
                name: "Made-up Primary".to_owned(),
                rules: Rules::default().into(),
                key: SecretKey::from_seed(&[1; 32]),
            },
            roster: Roster::default(),
            devices: enrolled.collect(),
            documents: stored
                .changes
                .iter()
                .map(|(id, changes)| (id.clone(), changes.len() as u64))
                .collect(),
            aside: Vec::new(),
            leaves: Vec::new(),
            branch: None,
        })
    }

    /// A first mark.
    pub(crate) fn entry(by: &Device, date: Date, session: Session, pupil: PupilNumber, code: Code) -> Entry {
        let hour = if session == Session::Am { 9 } else { 13 };
        Entry {
            school: SCHOOL,
            cell: Cell { date, session, pupil },
            code: Some(code),
            particulars: Particulars {
                arrived_at: (code == Code::LATE).then(|| "09:05".parse().ok()).flatten(),
                ..Particulars::default()
            },
            duty: by.duty.clone(),
            person: by.person.clone(),
            device: by.number,
            recorded_at: date.start_unix_seconds() + hour * 3600,
            clock: None,
            supersedes: BTreeSet::new(),
            reason: None,
            sign_off: None,
        }
    }

    /// A year of marks: a class is one change in the morning and one in the afternoon; the late come through the gate; who
    /// is away is `N` until the office amends it, each child in a change of its own.
    pub(crate) fn year(&self) -> Result<Stored, Error> {
        let mut dice = Dice(7);
        let mut stored = Stored {
            changes: BTreeMap::new(),
        };
        let mut away: BTreeMap<u64, (u64, Code)> = BTreeMap::new();
        let reasons = ["I", "I", "I", "O", "G", "M"].map(Code::literal);
        for day in self.calendar.school_days() {
            let mut sheets: BTreeMap<&Duty, Document> = BTreeMap::new();
            let mut late = Vec::new();
            let mut amended: BTreeMap<u64, Vec<Entry>> = BTreeMap::new();
            away.retain(|_, (left, _)| {
                *left -= 1;
                *left > 0
            });
            for pupil in 1..=PUPILS {
                if !away.contains_key(&pupil) && dice.below(45) == 0 {
                    let why = reasons[usize::try_from(dice.below(6))?];
                    away.insert(pupil, (1 + dice.below(4), why));
                }
            }
            for session in Session::ALL {
                let present = if session == Session::Am {
                    Code::PRESENT_AM
                } else {
                    Code::PRESENT_PM
                };
                for (duty, device) in &self.staffed {
                    let Duty::Class(class) = duty else { continue };
                    let mut marks = Vec::new();
                    for pupil in (1..=PUPILS).filter(|pupil| self.class_of(*pupil).as_ref() == Some(class)) {
                        let is_late = session == Session::Am && dice.below(60) == 0;
                        let why = away.get(&pupil).map(|(_, why)| *why);
                        let code = if why.is_some() || is_late {
                            Code::NOT_YET_KNOWN
                        } else {
                            present
                        };
                        let mark = Self::entry(device, day.date, session, PupilNumber(pupil), code);
                        if let Some(why) = why {
                            let office = self.device(&Duty::Office);
                            let mut amendment =
                                Self::entry(office, day.date, session, PupilNumber(pupil), why);
                            amendment.supersedes = [mark.id()].into();
                            amendment.reason = Some("Mother rang".to_owned());
                            amended.entry(pupil).or_default().push(amendment);
                        } else if is_late {
                            let gate = self.device(&Duty::Gate);
                            late.push(Self::entry(
                                gate,
                                day.date,
                                session,
                                PupilNumber(pupil),
                                Code::LATE,
                            ));
                        }
                        marks.push(mark);
                    }
                    self.store(&mut stored, &mut sheets, duty, day.date, &marks)?;
                }
            }
            self.store(&mut stored, &mut sheets, &Duty::Gate, day.date, &late)?;
            for entries in amended.values() {
                self.store(&mut stored, &mut sheets, &Duty::Office, day.date, entries)?;
            }
        }
        Ok(stored)
    }

    /// Writes marks into a sheet as one signed change.
    fn store<'s>(
        &'s self,
        stored: &mut Stored,
        sheets: &mut BTreeMap<&'s Duty, Document>,
        duty: &Duty,
        date: Date,
        entries: &[Entry],
    ) -> Result<(), Error> {
        let device = self.device(duty);
        let id = DocumentId::Sheet(date, duty.clone());
        let sheet = sheets
            .entry(&device.duty)
            .or_insert_with(|| Document::new(SCHOOL, id.clone()));
        let actor = ActorId {
            device: device.number,
            incarnation: [7; 8],
        };
        let Some(change) = sheet.append(actor, &Item::slips(entries))? else {
            return Ok(());
        };
        let signature = device.key.sign_change(SCHOOL, &id, &change.hash);
        let leaf = stored.count() as u64;
        stored.changes.entry(id.clone()).or_default().push(StoredChange {
            document: id,
            hash: change.hash,
            carrier: device.number,
            received_at: 0,
            bytes: SignedChange::new(&signature, &change.bytes).into_bytes().into(),
            leaf,
        });
        Ok(())
    }
}
