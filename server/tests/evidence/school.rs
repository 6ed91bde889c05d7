//! A made-up school with a log: three tablets and the office's desk, two days, and everything that a register can have.

use std::collections::BTreeMap;

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::duties::Duties;
use daymark_core::entry::{Entry, Particulars, Person};
use daymark_core::fold::Rules;
use daymark_core::grant::Grant;
use daymark_core::ids::{ActorId, DeviceNumber, EntryId, PupilNumber, SchoolId};
use daymark_core::item::{Item, Stamp, Statement, statement_id};
use daymark_core::log::checkpoint::{Checkpoint, SignedCheckpoint};
use daymark_core::log::key::NoteKey;
use daymark_core::log::leaf::Leaf;
use daymark_core::log::proof::LogHash;
use daymark_core::roster::{Pupil, Role, Roster, StaffMember};
use daymark_core::session::{Cell, Date, Session};
use daymark_core::sign_off::{SeenSheet, SignOff};
use daymark_core::signature::{KEY_BYTES, SecretKey, SignedChange};
use daymark_sync_protocol::evidence::{Evidence, EvidenceFile, Ingredients, LoggedChange, Question};
use daymark_sync_protocol::hub::tree::Tree;
use daymark_sync_protocol::keys::{KeyRing, read};

pub(crate) const SCHOOL: SchoolId = SchoolId(123_456);
pub(crate) const DESK: u32 = 1;
pub(crate) const CLASS: u32 = 2;
pub(crate) const GATE: u32 = 3;

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; KEY_BYTES])
}

/// The key of the school; devices have the keys of their numbers.
pub(crate) fn school_key() -> SecretKey {
    secret(200)
}

pub(crate) fn device_key(device: u32) -> SecretKey {
    secret(u8::try_from(device).unwrap())
}

pub(crate) struct School {
    documents: BTreeMap<DocumentId, Document>,
    pub(crate) log: Vec<LoggedChange>,
    pub(crate) tree: Tree,
    pub(crate) roster: Roster,
    now: i64,
}

pub(crate) fn person(id: &str) -> Person {
    Person::new(id.parse().unwrap(), &format!("Name of {id}"), "Teacher").unwrap()
}

impl School {
    pub(crate) fn new(pupils: u64) -> Self {
        let staff = ["a-shah", "g-hobbs", "o-lane"].map(|id| StaffMember {
            id: id.parse().unwrap(),
            name: format!("Name of {id}"),
            position: "Teacher".to_owned(),
            role: Role::Teacher,
        });
        let pupils = (1042..1042 + pupils).map(|number| Pupil {
            number: PupilNumber(number),
            mis_id: format!("00{number}"),
            upn: None,
            surname: format!("Made-up {number}"),
            forename: "<b>Sam</b> & \"O'Neil\"".to_owned(),
            preferred_forename: None,
            dob: None,
            year: "4".to_owned(),
            class: format!("{}B", 1 + (number - 1042) / 30).parse().unwrap(),
            family_ref: None,
            start_date: Some(date("2020-09-01")),
            leave_date: None,
        });
        let mut made = Self {
            documents: BTreeMap::new(),
            log: Vec::new(),
            tree: Tree::new(),
            roster: Roster {
                pupils: pupils.map(|pupil| (pupil.number, pupil)).collect(),
                staff: staff.map(|member| (member.id.clone(), member)).into(),
            },
            now: 1_772_441_400,
        };
        made.others(5);
        made
    }

    /// Leaves of other sheets, of which the evidence knows nothing.
    pub(crate) fn others(&mut self, count: u8) {
        for number in 0..count {
            self.tree.push(LogHash([number; 32]));
        }
    }

    pub(crate) fn entry(&mut self, sheet: &str, device: u32, by: &str, pupil: u64, code: &str) -> Entry {
        let sheet: DocumentId = sheet.parse().unwrap();
        let DocumentId::Sheet(date, duty) = sheet else {
            panic!("a sheet")
        };
        self.now += 1;
        Entry {
            school: SCHOOL,
            cell: Cell {
                date,
                session: Session::Am,
                pupil: PupilNumber(pupil),
            },
            code: (!code.is_empty()).then(|| code.parse().unwrap()),
            particulars: Particulars {
                arrived_at: matches!(code, "L" | "U").then(|| "09:10".parse().unwrap()),
                ..Particulars::default()
            },
            duty,
            person: person(by),
            device: DeviceNumber(device),
            recorded_at: self.now,
            clock: None,
            supersedes: [].into(),
            reason: None,
            sign_off: None,
        }
    }

    pub(crate) fn document(&mut self, sheet: &str) -> &mut Document {
        let id: DocumentId = sheet.parse().unwrap();
        self.documents
            .entry(id.clone())
            .or_insert_with(|| Document::new(SCHOOL, id))
    }

    /// Writes items into a sheet as one change, and logs it. Its leaf.
    pub(crate) fn write(&mut self, sheet: &str, device: u32, items: &[Item]) -> u64 {
        let actor = ActorId {
            device: DeviceNumber(device),
            incarnation: [7; 8],
        };
        let document = self.document(sheet);
        let change = document.append(actor, items).unwrap().unwrap();
        let id = document.id().clone();
        let signed = SignedChange::sign(&device_key(device), SCHOOL, &id, &change.bytes).unwrap();
        self.log_change(id, signed.into_bytes())
    }

    /// Logs a signed change, whatever it is.
    pub(crate) fn log_change(&mut self, document: DocumentId, bytes: Vec<u8>) -> u64 {
        let signed = read(&bytes).unwrap();
        let leaf = Leaf {
            school: SCHOOL,
            document: document.clone(),
            change: signed.hash,
            device: signed.author,
            signature: signed.signature.0,
        };
        let index = self.tree.push(leaf.hash());
        self.log.push(LoggedChange {
            document,
            bytes,
            carrier: DeviceNumber(GATE),
            received_at: u64::try_from(self.now).unwrap() * 1000 + 250,
            leaf: index,
            proof: Vec::new(),
        });
        index
    }

    pub(crate) fn mark(&mut self, sheet: &str, device: u32, by: &str, marks: &[(u64, &str)]) -> Vec<EntryId> {
        let entries: Vec<Entry> = marks
            .iter()
            .map(|(pupil, code)| self.entry(sheet, device, by, *pupil, code))
            .collect();
        self.write(sheet, device, &Item::slips(&entries));
        entries.iter().map(Entry::id).collect()
    }

    pub(crate) fn sign_off(&mut self, day: &str) -> EntryId {
        let office = format!("sheet/{day}/office");
        let saw = self
            .documents
            .iter()
            .filter(|(id, _)| id.date() == Some(date(day)))
            .map(|(id, document)| SeenSheet {
                sheet: id.clone(),
                heads: document.heads(),
            });
        let item = Item::SignOff(Statement {
            stamp: Stamp {
                school: SCHOOL,
                device: DeviceNumber(DESK),
                person: person("o-lane"),
                recorded_at: self.now,
                clock: None,
            },
            supersedes: [].into(),
            reason: None,
            body: SignOff {
                session: Session::Am,
                saw: saw.collect(),
                disputed: Vec::new(),
                unmarked: Vec::new(),
            },
        });
        let id = statement_id(&office.parse().unwrap(), &item.encode());
        self.write(&office, DESK, &[item]);
        id
    }

    pub(crate) fn checkpoint(&self) -> String {
        let key = NoteKey::of_school(SCHOOL, &school_key().public().0).unwrap();
        let checkpoint = Checkpoint::new(SCHOOL, self.tree.head(), None);
        let signature = school_key().sign_note(checkpoint.sign_text().as_bytes());
        let note = SignedCheckpoint::assemble(&checkpoint, &key, &signature.0).unwrap();
        note.note().to_owned()
    }

    pub(crate) fn ingredients(&self, question: Question) -> Ingredients {
        let size = self.tree.size();
        let changes = self
            .log
            .iter()
            .filter(|change| change.document.date().is_some_and(|date| question.covers(date)));
        let changes = changes.cloned().map(|change| LoggedChange {
            proof: self.tree.inclusion(change.leaf, size).unwrap(),
            ..change
        });
        let names = [
            (DESK, "Office desk"),
            (CLASS, "Tablet of <4B>"),
            (GATE, "Gate tablet"),
        ];
        Ingredients {
            school: SCHOOL,
            name: "Made-up Primary </script>".to_owned(),
            rules: Rules::default().into(),
            key: NoteKey::of_school(SCHOOL, &school_key().public().0).unwrap(),
            question,
            checkpoint: self.checkpoint(),
            keys: keys().news(SCHOOL, &school_key(), 0).unwrap(),
            device_names: names
                .map(|(device, name)| (DeviceNumber(device), name.to_owned()))
                .into(),
            duties: duties(),
            roster: self.roster.clone(),
            changes: changes.collect(),
            written_at: 1_772_700_000,
        }
    }

    pub(crate) fn evidence(&self, question: Question) -> Evidence {
        Evidence::of(self.ingredients(question))
    }
}

/// What the devices were given, in the order of their numbers.
pub(crate) fn grants() -> [(u32, Grant); 3] {
    let mut class = Grant::of(Role::Teacher);
    class
        .classes
        .extend(["1B", "4B"].map(|name| name.parse().unwrap()));
    [
        (DESK, Grant::of(Role::Office)),
        (CLASS, class),
        (GATE, Grant::of(Role::Gate)),
    ]
}

fn duties() -> Duties {
    let mut duties = Duties::default();
    for (device, grant) in grants() {
        duties.grant(DeviceNumber(device), grant);
    }
    duties
}

/// The keys of the devices.
pub(crate) fn keys() -> KeyRing {
    let mut ring = KeyRing::default();
    for device in [DESK, CLASS, GATE] {
        ring.add(DeviceNumber(device), device_key(device).public());
    }
    ring
}

pub(crate) const MONDAY: &str = "2026-03-02";

pub(crate) fn monday() -> Question {
    Question {
        pupil: None,
        from: date(MONDAY),
        to: date(MONDAY),
    }
}

pub(crate) fn of_pupil(number: u64) -> Question {
    Question {
        pupil: Some(PupilNumber(number)),
        ..monday()
    }
}

/// Two days: a rule, a dispute, an amendment, something out of order, a sign-off, and a mark after it.
pub(crate) fn made_up() -> School {
    let mut school = School::new(4);
    let (class, gate, office) = (
        "sheet/2026-03-02/class:1B",
        "sheet/2026-03-02/gate",
        "sheet/2026-03-02/office",
    );
    let marks = school.mark(class, CLASS, "a-shah", &[(1042, "N"), (1043, "/"), (1044, "/")]);
    school.others(3);
    school.mark(gate, GATE, "g-hobbs", &[(1042, "L")]);
    school.mark(gate, GATE, "g-hobbs", &[(1043, "L")]);
    let mut amended = school.entry(office, DESK, "o-lane", 1044, "C");
    amended.supersedes.insert(marks[2]);
    amended.reason = Some("at a funeral <b>since</b> 8".to_owned());
    school.write(office, DESK, &Item::slips(&[amended]));
    let mut unexplained = school.entry(class, CLASS, "a-shah", 1043, "I");
    unexplained.supersedes.insert(marks[1]);
    school.write(class, CLASS, &Item::slips(&[unexplained]));
    school.sign_off(MONDAY);
    school.others(2);
    school.mark(gate, GATE, "g-hobbs", &[(1045, "U")]);
    school.mark(
        "sheet/2026-03-03/class:1B",
        CLASS,
        "a-shah",
        &[(1042, "/"), (1043, "/")],
    );
    school.others(4);
    school
}

/// The file, as the school writes it.
pub(crate) fn written(evidence: Evidence) -> String {
    EvidenceFile::write(evidence, &school_key()).unwrap().to_html()
}
