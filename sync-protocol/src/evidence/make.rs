//! From what a hub has to the data of a file of evidence, cut down to what was asked for.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::code;
use daymark_core::document_id::DocumentId;
use daymark_core::duties::Duties;
use daymark_core::entry::Duty;
use daymark_core::fold::DatedRules;
use daymark_core::ids::{DeviceNumber, PersonId, PupilNumber, SchoolId, TripId};
use daymark_core::item::Item;
use daymark_core::log::key::NoteKey;
use daymark_core::log::proof::LogHash;
use daymark_core::roster::Roster;

use super::data::{
    Base64, Base64Bytes, Evidence, EvidenceChange, EvidenceDevice, EvidenceDocument, EvidenceKey,
    EvidenceKeys, EvidenceRules, EvidenceSchool, EvidenceTrip, FORMAT, Question,
};
use super::loaded::Loaded;
use crate::keys::{KeyNews, read};

/// A stored change and its place in the school's log.
#[derive(Debug, Clone)]
pub struct LoggedChange {
    /// The sheet that it stands in.
    pub document: DocumentId,
    /// The maker's signature, then the raw chunk.
    pub bytes: Vec<u8>,
    /// The device that brought it.
    pub carrier: DeviceNumber,
    /// When the hub received it: unix milliseconds of the hub's clock.
    pub received_at: u64,
    /// Its index in the log, counted from 0.
    pub leaf: u64,
    /// Its inclusion proof under the checkpoint.
    pub proof: Vec<LogHash>,
}

/// All that a file of evidence is made of. The tables may be whole: what was not asked for is left out.
#[derive(Debug, Clone)]
pub struct Ingredients {
    /// Whose register.
    pub school: SchoolId,
    /// What the school is called.
    pub name: String,
    /// The rules that settle by themselves there, by the date of the marks.
    pub rules: DatedRules,
    /// The public half of the key that it signs with.
    pub key: NoteKey,
    /// What was asked for.
    pub question: Question,
    /// The signed note of a checkpoint that covers every change.
    pub checkpoint: String,
    /// All device keys with the school's signature: [`KeyRing::news`](crate::keys::KeyRing::news) from 0.
    pub keys: KeyNews,
    /// What the devices are called.
    pub device_names: BTreeMap<DeviceNumber, String>,
    /// What the devices were given, and who came along on which trip.
    pub duties: Duties,
    /// Pupils and staff as they are.
    pub roster: Roster,
    /// Every change of every sheet that the question touches.
    pub changes: Vec<LoggedChange>,
    /// When it is written: unix seconds.
    pub written_at: i64,
}

impl Evidence {
    /// Puts the data together. A pupil's evidence names that pupil alone, and staff and devices only where they come in.
    pub fn of(ingredients: Ingredients) -> Self {
        let mut changes = ingredients.changes;
        changes.sort_by_key(|change| change.leaf);
        let mut evidence = Self {
            format: FORMAT.to_owned(),
            made_with: env!("CARGO_PKG_VERSION").to_owned(),
            written_at: ingredients.written_at,
            school: EvidenceSchool {
                number: ingredients.school,
                name: ingredients.name,
                rules: ingredients.rules.first(),
                later_rules: later_rules(&ingredients.rules),
                key: ingredients.key.to_string(),
            },
            question: ingredients.question,
            checkpoint: ingredients.checkpoint,
            device_keys: keys(&ingredients.keys),
            devices: devices(&changes, &ingredients.device_names, &ingredients.duties),
            trips: trips(&changes, &ingredients.duties),
            documents: Vec::new(),
            changes: changes.into_iter().map(EvidenceChange::from).collect(),
            pupils: Vec::new(),
            staff: Vec::new(),
            codes: codes(&ingredients.question),
        };
        let loaded = Loaded::of(&evidence);
        evidence.documents = loaded
            .heads()
            .map(|(document, heads)| EvidenceDocument {
                document: document.clone(),
                heads,
            })
            .collect();
        let (pupils, people) = named(&loaded, &evidence.question);
        let question = evidence.question;
        evidence.pupils = ingredients
            .roster
            .pupils
            .values()
            .filter(|pupil| {
                let on_roll = pupil.start_date.is_none_or(|first| first <= question.to)
                    && pupil.leave_date.is_none_or(|last| question.from <= last);
                question.is_about(pupil.number) && (on_roll || pupils.contains(&pupil.number))
            })
            .map(Into::into)
            .collect();
        evidence.staff = ingredients
            .roster
            .staff
            .into_values()
            .filter(|member| people.contains(&member.id))
            .collect();
        evidence
    }
}

impl From<LoggedChange> for EvidenceChange {
    fn from(change: LoggedChange) -> Self {
        Self {
            leaf: change.leaf,
            document: change.document,
            carrier: change.carrier,
            received_at: change.received_at,
            bytes: Base64Bytes(change.bytes),
            proof: change.proof.into_iter().map(|hash| Base64(hash.0)).collect(),
        }
    }
}

fn later_rules(rules: &DatedRules) -> Vec<EvidenceRules> {
    let later = rules.later().iter();
    later
        .map(|(from, rules)| EvidenceRules {
            from: *from,
            rules: *rules,
        })
        .collect()
}

fn keys(news: &KeyNews) -> EvidenceKeys {
    let keys = news.keys.iter().map(|entry| EvidenceKey {
        device: entry.device,
        key: Base64(entry.key.0),
    });
    EvidenceKeys {
        keys: keys.collect(),
        signature: Base64(news.signature.0),
    }
}

/// The devices that made or brought a change.
fn devices(
    changes: &[LoggedChange],
    names: &BTreeMap<DeviceNumber, String>,
    duties: &Duties,
) -> Vec<EvidenceDevice> {
    let makers = changes
        .iter()
        .filter_map(|change| read(&change.bytes).ok().map(|change| change.author));
    let devices: BTreeSet<DeviceNumber> = makers
        .chain(changes.iter().map(|change| change.carrier))
        .collect();
    let named = devices.into_iter().map(|device| EvidenceDevice {
        device,
        name: names
            .get(&device)
            .cloned()
            .unwrap_or_else(|| format!("device {device}")),
        granted: duties.granted(device).to_vec(),
    });
    named.collect()
}

/// The trips whose sheets are asked for.
fn trips(changes: &[LoggedChange], duties: &Duties) -> Vec<EvidenceTrip> {
    let trips: BTreeSet<TripId> = changes
        .iter()
        .filter_map(|change| match &change.document {
            DocumentId::Sheet(_, Duty::Trip(trip)) => Some(*trip),
            _ => None,
        })
        .collect();
    let along = trips.into_iter().map(|trip| EvidenceTrip {
        trip,
        along: duties.came_along(trip).collect(),
    });
    along.collect()
}

/// The codes that were in force on a date of the question.
fn codes(question: &Question) -> Vec<super::data::EvidenceCode> {
    let in_force = code::rows()
        .iter()
        .filter(|row| row.valid_from <= question.to && row.valid_to.is_none_or(|last| question.from <= last));
    in_force.map(Into::into).collect()
}

/// The pupils asked for that an entry is about, and the staff whom the page names for that.
fn named(loaded: &Loaded, question: &Question) -> (BTreeSet<PupilNumber>, BTreeSet<PersonId>) {
    let (mut pupils, mut people) = (BTreeSet::new(), BTreeSet::new());
    for entry in loaded
        .entries()
        .filter(|entry| question.is_about(entry.cell.pupil))
    {
        pupils.insert(entry.cell.pupil);
        people.extend(entry.particulars.visit.map(|visit| visit.supervisor.id));
        people.insert(entry.person.id);
    }
    for item in loaded.items() {
        if let Item::SignOff(statement) = item {
            people.insert(statement.stamp.person.id);
        }
    }
    (pupils, people)
}
