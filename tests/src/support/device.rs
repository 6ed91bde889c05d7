//! An enrolled device that writes its changes by hand: lawful ones, and those that our tablets refuse to make.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use daymark_core::code::Code;
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry, Particulars, Person};
use daymark_core::grant::Grant;
use daymark_core::ids::{ActorId, DeviceNumber, PupilNumber, SchoolId, unhex};
use daymark_core::item::{Item, Stamp, Statement};
use daymark_core::roster::Role;
use daymark_core::session::{Cell, Date, Session};
use daymark_core::signature::{PublicKey, SecretKey, Signature, SignedChange};
use daymark_sync_protocol::client::Identity;
use daymark_sync_protocol::frame::{Ack, DocumentState, Offer, SyncReply, SyncRequest};

use daymark_tablet::Applicant;

use super::{Answer, DAY, School, Wire};

/// The content type of sync messages.
const SYNC_TYPE: &str = "application/vnd.daymark.sync";

/// An enrolled device.
#[derive(Debug, Clone)]
pub struct Device {
    /// Its school.
    pub school: SchoolId,
    /// Its number.
    pub number: DeviceNumber,
    /// What it signs with.
    pub key: SecretKey,
    /// The challenge that it answers with every request.
    pub challenge: String,
    /// What its school signs with.
    pub school_key: PublicKey,
    /// Where its school listens: `127.0.0.1:PORT`.
    pub address: String,
}

/// A seed that no other device of the run has.
fn seed() -> [u8; 32] {
    static DRAWN: AtomicU64 = AtomicU64::new(1);
    let mut seed = [0x5e; 32];
    seed[..8].copy_from_slice(&DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    seed
}

/// The day on which everything happens.
pub fn day() -> Date {
    DAY.parse().expect("a date")
}

/// The sheet of a duty on that day.
pub fn sheet(duty: &Duty) -> DocumentId {
    DocumentId::Sheet(day(), duty.clone())
}

impl Device {
    /// Enrols at a school, which confirms it.
    pub fn enrol(school: &School, name: &str, role: &str, classes: &[&str]) -> Self {
        let (device, code) = Self::join(school, name, role, classes);
        school.confirm(u64::from(device.number.0), &code);
        device
    }

    /// Enrols at a school, which has not confirmed it yet; gives the code that both screens show.
    pub fn join(school: &School, name: &str, role: &str, classes: &[&str]) -> (Self, String) {
        Self::join_by(school, school.server().address(), name, role, classes)
    }

    /// The same by way of another address, such as that of a [`super::Recorder`].
    pub fn join_by(
        school: &School,
        address: &str,
        name: &str,
        role: &str,
        classes: &[&str],
    ) -> (Self, String) {
        let invitation = school.invite(name, role, classes);
        let address = address.to_owned();
        let key = SecretKey::from_seed(&seed());
        let applicant = Applicant {
            invitation,
            key: key.clone(),
        };
        let body = applicant.request().to_string();
        let headers = [("content-type", "application/json")];
        let answer = Wire::to(&address).send("POST", "/v1/enrol", &headers, body.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        let enrolled = answer.json();
        let number = |name: &str| {
            let number = enrolled[name].as_u64().expect("a number");
            u32::try_from(number).expect("a small number")
        };
        let text = |name: &str| enrolled[name].as_str().expect("a text").to_owned();
        let device = Self {
            school: SchoolId(number("school")),
            number: DeviceNumber(number("device")),
            key,
            challenge: text("challenge"),
            school_key: PublicKey(
                unhex(&text("school_key"))
                    .and_then(|key| key.try_into().ok())
                    .expect("a key"),
            ),
            address,
        };
        (device, text("code"))
    }

    /// What the tablet library would keep of this device. It enrolled for nothing in particular: the server knows better.
    pub fn identity(&self) -> Identity {
        Identity {
            school: self.school,
            device: self.number,
            name: "A device".to_owned(),
            grant: Grant::of(Role::Gate),
            server: format!("http://{}", self.address),
            key: self.key.clone(),
            incarnation: [0; 8],
            school_key: self.school_key,
        }
    }

    /// What lets the device in: the `Daymark-Pass` of its requests.
    pub fn pass(&self) -> String {
        let challenge = URL_SAFE_NO_PAD.decode(&self.challenge).expect("a challenge");
        let signature = self.key.sign_challenge(self.school, self.number, &challenge);
        let signature = URL_SAFE_NO_PAD.encode(signature.0);
        format!("{}.{}.{signature}", self.number, self.challenge)
    }

    /// A chunk with this device's signature before it; bytes that are no chunk, or for a document of an unknown kind, get
    /// one that cannot hold.
    pub fn sign(&self, document: &[u8], change: &[u8]) -> Vec<u8> {
        let id = DocumentId::from_bytes(document).ok();
        let signed = id.and_then(|id| SignedChange::sign(&self.key, self.school, &id, change).ok());
        signed.map_or_else(
            || SignedChange::new(&Signature([0; 64]), change).into_bytes(),
            SignedChange::into_bytes,
        )
    }

    /// Sends any bytes as a sync message.
    pub fn post(&self, wire: &mut Wire, body: &[u8]) -> Answer {
        let pass = self.pass();
        let headers = [("daymark-pass", pass.as_str()), ("content-type", SYNC_TYPE)];
        wire.send("POST", "/v1/sync", &headers, body)
    }

    /// A new connection to the school.
    pub fn wire(&self) -> Wire {
        Wire::to(&self.address)
    }

    /// A request that offers changes for one document, which may be of any kind.
    pub fn request(&self, document: &[u8], changes: &[Vec<u8>]) -> SyncRequest {
        let offer = |change: &Vec<u8>| Offer {
            document: 0,
            change: self.sign(document, change).into(),
        };
        SyncRequest {
            school: self.school,
            device: self.number,
            clock_ms: 0,
            backlog: u32::try_from(changes.len()).expect("few"),
            documents: vec![DocumentState {
                document: document.to_vec().into(),
                cursor: 0,
                heads: None,
            }],
            offers: changes.iter().map(offer).collect(),
            window: None,
            brief: None,
            keys: 0,
            log: 0,
            shown: None,
            duties: 0,
            heard: None,
        }
    }

    /// Offers changes and gives the school's answer to each.
    #[track_caller]
    pub fn offer(&self, document: &DocumentId, changes: &[Vec<u8>]) -> Vec<Ack> {
        self.offer_to(&document.to_bytes(), changes)
    }

    /// The same, for a document that is named by any bytes.
    #[track_caller]
    pub fn offer_to(&self, document: &[u8], changes: &[Vec<u8>]) -> Vec<Ack> {
        let answer = self.post(&mut self.wire(), &self.request(document, changes).encode());
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        SyncReply::decode(&answer.body).expect("a reply").acks
    }

    /// A lawful entry of Mrs Shah, at nine in the morning by this device's clock.
    pub fn entry(&self, duty: &Duty, session: Session, pupil: u64, code: &str) -> Entry {
        let person = Person::new("a-shah".parse().expect("an id"), "Mrs A Shah", "Teacher");
        Entry {
            school: self.school,
            cell: Cell {
                date: day(),
                session,
                pupil: PupilNumber(pupil),
            },
            code: Some(code.parse::<Code>().expect("a symbol")),
            particulars: Particulars::default(),
            duty: duty.clone(),
            person: person.expect("a person"),
            device: self.number,
            recorded_at: day().start_unix_seconds() + 9 * 3600,
            clock: None,
            supersedes: [].into(),
            reason: None,
            sign_off: None,
        }
    }

    /// A lawful statement of Mrs Shah about a trip or a visit.
    pub fn statement<T>(&self, body: T) -> Statement<T> {
        let person = Person::new("a-shah".parse().expect("an id"), "Mrs A Shah", "Teacher");
        Statement {
            stamp: Stamp {
                school: self.school,
                device: self.number,
                person: person.expect("a person"),
                recorded_at: day().start_unix_seconds() + 9 * 3600,
                clock: None,
            },
            supersedes: [].into(),
            reason: None,
            body,
        }
    }

    /// A change that puts items into a document that nobody has written in, by an actor of its own.
    pub fn change(&self, document: &DocumentId, items: &[Item]) -> Vec<u8> {
        Self::change_by(self.number, self.school, document, items)
    }

    /// The same, by any device of any school.
    pub fn change_by(
        device: DeviceNumber,
        school: SchoolId,
        document: &DocumentId,
        items: &[Item],
    ) -> Vec<u8> {
        static MADE: AtomicU64 = AtomicU64::new(1);
        let incarnation = MADE.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut document = Document::new(school, document.clone());
        let made = document
            .append(ActorId { device, incarnation }, items)
            .expect("a change");
        made.expect("something to add").bytes
    }

    /// Makes entries and has the school store them.
    #[track_caller]
    pub fn record(&self, entries: &[Entry]) {
        for entry in entries {
            let document = DocumentId::Sheet(entry.cell.date, entry.duty.clone());
            let change = self.change(&document, &[Item::Slip(vec![entry.clone()])]);
            assert_eq!(self.offer(&document, &[change]), [Ack::Stored], "{entry:?}");
        }
    }
}
