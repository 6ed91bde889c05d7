//! Hundreds of thousands of damaged messages, in process: no panic, an answer to each, and documents that move only by
//! what was stored.

use std::collections::BTreeMap;
use std::time::Instant;

use daymark_core::chunk;
use daymark_core::code::Code;
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Particulars, Person};
use daymark_core::fold::Rules;
use daymark_core::grant::Grant;
use daymark_core::ids::{ChangeHash, DeviceNumber, PupilNumber, SchoolId, VisitId};
use daymark_core::item::Statement;
use daymark_core::record::Mark;
use daymark_core::roster::{Role, Roster};
use daymark_core::session::{Date, Session};
use daymark_core::signature::{SecretKey, Signature, SignedChange, chunk_of};
use daymark_core::visit::{AccountPart, Arrived, Opened, VisitStatement};
use daymark_sync_protocol::client::{Ask, Identity, Record};
use daymark_sync_protocol::event::{Enrolment, Given, Standing};
use daymark_sync_protocol::frame::{Ack, Bundle, SyncReply, SyncRequest, Window};
use daymark_sync_protocol::hub::{Hub, HubState, SchoolFacts};
use daymark_tablet::{Enrolled, Home, MemoryStorage, Moment, Tablet};
use daymark_tests::support::Dice;
use sha2::{Digest, Sha256};

const SCHOOL: SchoolId = SchoolId(123_456);
const NOW_MS: u64 = 1_772_442_000_000;
/// A hub is replaced by a new one after so many requests, so that its rooms for refused changes fill, and fill again.
const HUB_REQUESTS: usize = 1_500;
const FORGED: usize = 16_000;

fn date() -> Date {
    "2026-03-02".parse().expect("a date")
}

fn grant(role: Role) -> Grant {
    let classes = if role == Role::Teacher {
        vec!["4B".parse().expect("a class")]
    } else {
        Vec::new()
    };
    Grant {
        classes: classes.into_iter().collect(),
        ..Grant::of(role)
    }
}

const DEVICES: [(u32, Role, Option<&str>); 4] = [
    (2, Role::Teacher, Some("class:4B")),
    (3, Role::Gate, Some("gate")),
    (4, Role::Office, Some("office")),
    (5, Role::Team, None),
];

/// The key of a device; of number 0, the school's.
fn key(number: u32) -> SecretKey {
    SecretKey::from_seed(&[number.to_le_bytes()[0]; 32])
}

fn hub() -> Hub {
    let device = |(number, role, _): (u32, Role, Option<&str>)| Enrolment {
        device: DeviceNumber(number),
        name: format!("Device {number}"),
        given: Given::by_invitation(number, grant(role), NOW_MS),
        key: key(number).public(),
        invitation: [0; 32],
        enrolled_at: NOW_MS,
        standing: Standing::Confirmed,
        before: Vec::new(),
        message: None,
    };
    Hub::new(HubState {
        facts: SchoolFacts {
            school: SCHOOL,
            name: "Made-up Primary".to_owned(),
            rules: Rules::default().into(),
            policy: std::sync::Arc::default(),
            rules_text: None,
            key: key(0),
        },
        roster: Roster::default(),
        devices: DEVICES.map(device).to_vec(),
        documents: Vec::new(),
        aside: Vec::new(),
        leaves: Vec::new(),
        branch: None,
    })
}

fn tablet(number: u32, role: Role) -> Tablet<MemoryStorage> {
    let mut tablet = Tablet::new(Home::start(MemoryStorage::default()).expect("a home"));
    let identity = Identity {
        school: SCHOOL,
        device: DeviceNumber(number),
        name: format!("Device {number}"),
        grant: grant(role),
        server: "http://unused".to_owned(),
        key: key(number),
        incarnation: [number.to_le_bytes()[0]; 8],
        school_key: key(0).public(),
    };
    let keys = hub().keys().news(SCHOOL, &key(0), 0).expect("devices");
    let enrolled = Enrolled {
        records: vec![Record::Enrolled(Box::new(identity)), Record::Keys(keys)],
        code: String::new(),
        school: String::new(),
    };
    tablet.enrolled(enrolled).expect("enrolled");
    tablet
}

fn person() -> Person {
    Person::new("a-shah".parse().expect("an id"), "Mrs A Shah", "Teacher").expect("a person")
}

fn moment() -> Moment {
    "2026-03-02T08:50".parse().expect("a time")
}

/// Marks, their changes, a sign-off.
fn marked(number: u32, role: Role, duty: &str) -> Tablet<MemoryStorage> {
    let mut tablet = tablet(number, role);
    let duty: Duty = duty.parse().expect("a duty");
    let author = tablet
        .author(duty.clone(), person(), moment())
        .expect("an author");
    for codes in [["N", "L"], ["I", "N"]] {
        for (pupil, code) in (1001..1006).zip(codes.iter().cycle()) {
            let mark = Mark {
                code: Code::literal(code),
                particulars: Particulars {
                    arrived_at: Some("09:05".parse().expect("a time")),
                    ..Particulars::default()
                },
                reason: Some("Looked again".to_owned()),
            };
            tablet
                .mark(&author, date(), Session::Am, &[(PupilNumber(pupil), mark)])
                .expect("saved");
        }
        tablet.gather().expect("gathered");
    }
    if duty == Duty::Office {
        let expected = [PupilNumber(1001), PupilNumber(1009)].into();
        tablet
            .sign_off(&author, date(), Session::Am, &expected)
            .expect("signed off");
    }
    tablet
}

/// A visit with an account that was written twice.
fn visited() -> Tablet<MemoryStorage> {
    let mut tablet = tablet(5, Role::Team);
    let visit: VisitId = "6e5f2c3a-0000-4000-8000-000000000001".parse().expect("an id");
    let document = DocumentId::Visit(visit);
    let opened = Opened {
        pupil: PupilNumber(1003),
        trigger: "Silence".to_owned(),
        visitors: vec![
            person(),
            Person {
                id: "p-fenn".parse().expect("an id"),
                ..person()
            },
        ],
        alone: None,
        back_by: None,
    };
    for body in [
        VisitStatement::Opened(opened),
        VisitStatement::Arrived(Arrived { other_address: None }),
    ] {
        let stamp = tablet.stamp(person(), moment()).expect("a stamp");
        let statement = Statement {
            stamp,
            supersedes: [].into(),
            reason: None,
            body,
        };
        tablet.say_of_visit(&document, statement).expect("said");
    }
    for text in ["Curtains drawn.", "The curtains were drawn; é."] {
        tablet
            .write_account(&document, 0, AccountPart::Facts, text)
            .expect("written");
    }
    tablet
}

fn tablets() -> Vec<Tablet<MemoryStorage>> {
    let mut tablets: Vec<_> = DEVICES
        .iter()
        .filter_map(|(number, role, duty)| Some(marked(*number, *role, (*duty)?)))
        .collect();
    tablets.push(visited());
    tablets
}

fn request(tablet: &Tablet<MemoryStorage>) -> SyncRequest {
    let window = Some(Window {
        from: date(),
        to: date(),
    });
    tablet
        .replica()
        .request(
            1,
            &Ask {
                window,
                want_brief: true,
                ..Ask::default()
            },
        )
        .expect("enrolled")
}

/// What a hub has: its documents, how many changes each, and their heads.
fn state(hub: &Hub) -> BTreeMap<DocumentId, (u64, Vec<ChangeHash>)> {
    let heads = |id| {
        hub.document(id)
            .map(|held| held.document().heads())
            .unwrap_or_default()
    };
    hub.index()
        .iter()
        .map(|(id, changes)| (id.clone(), (*changes, heads(id))))
        .collect()
}

/// A hub that is asked, watched, and replaced now and then.
struct Watched {
    hub: Hub,
    asked: usize,
    stored: usize,
    refused: BTreeMap<String, usize>,
}

impl Watched {
    fn new() -> Self {
        Self {
            hub: hub(),
            asked: 0,
            stored: 0,
            refused: BTreeMap::new(),
        }
    }

    fn ask(&mut self, request: &SyncRequest) {
        self.asked += 1;
        let before = state(&self.hub);
        let receipt = self.hub.receive(NOW_MS, request.device, request);
        assert_eq!(receipt.acks().len(), request.offers.len(), "an answer to each");
        let stored = receipt.acks().iter().filter(|ack| **ack == Ack::Stored).count();
        for ack in receipt.acks() {
            if let Ack::Refused(why) = ack {
                assert!(!why.reason.is_empty());
                *self.refused.entry(why.code.clone()).or_default() += 1;
            }
        }
        self.stored += stored;
        if stored == 0 {
            assert_eq!(state(&self.hub), before, "documents move only by what is stored");
            assert!(receipt.changed.is_empty());
        }
        self.hub.durable(&receipt);
        let reply = self.hub.reply(receipt);
        assert_eq!(SyncReply::decode(&reply.encode()).as_ref(), Ok(&reply));
        if self.asked.is_multiple_of(HUB_REQUESTS) {
            self.renew();
        }
    }

    /// Every document that is given up can be saved and loaded again, with the same heads and a fold.
    fn renew(&mut self) {
        let old = std::mem::replace(&mut self.hub, hub());
        for id in old.index().keys() {
            let held = old.document(id).expect("nothing was shed").document();
            let loaded =
                Document::load(SCHOOL, id.clone(), &held.save().expect("it saves")).expect("it loads");
            assert_eq!(loaded.heads(), held.heads(), "{id}");
            if let Some(date) = id.date() {
                let fold = |document| daymark_core::day::fold(date, Rules::default(), [document]).canonical();
                assert!(fold(&loaded) == fold(held), "{id}");
            }
        }
    }
}

#[test]
fn two_hundred_thousand_damaged_messages_are_read_or_refused_and_the_hub_moves_only_by_what_it_stores() {
    let started = Instant::now();
    let mut dice = Dice::new(20_260_302);
    let mut tablets = tablets();
    let requests: Vec<Vec<u8>> = tablets.iter().map(|tablet| request(tablet).encode()).collect();
    let mut honest = hub();
    let replies: Vec<Vec<u8>> = tablets
        .iter()
        .map(|tablet| {
            let request = request(tablet);
            let receipt = honest.receive(NOW_MS, request.device, &request);
            assert!(
                receipt.acks().iter().all(|ack| *ack == Ack::Stored),
                "{:?}",
                receipt.acks()
            );
            honest.durable(&receipt);
            honest.reply(receipt).encode()
        })
        .collect();
    let bundles: Vec<Vec<u8>> = tablets
        .iter_mut()
        .map(|tablet| tablet.hand_over(1).expect("a bundle").encode())
        .collect();

    let mut watched = Watched::new();
    let (mut read, mut unread) = (0_usize, 0_usize);
    for _ in 0..80_000 {
        let message = dice.pick(&requests);
        match SyncRequest::decode(&dice.damage(message)) {
            Ok(request) => {
                read += 1;
                watched.ask(&request);
            }
            Err(why) => {
                unread += 1;
                assert!(!why.to_string().is_empty());
            }
        }
    }
    let mut others = [0_usize; 2];
    for _ in 0..60_000 {
        let message = dice.pick(&replies);
        others[0] += usize::from(SyncReply::decode(&dice.damage(message)).is_ok());
        let message = dice.pick(&bundles);
        let mut bundle = dice.damage(message);
        if dice.below(2) == 0 && bundle.len() > 8 {
            // With its check made good again, so that what follows is read too.
            let body = bundle.len() - 8;
            let check: [u8; 32] = Sha256::digest(&bundle[..body]).into();
            bundle[body..].copy_from_slice(&check[..8]);
        }
        if let Ok(bundle) = Bundle::decode(&bundle) {
            others[1] += 1;
            let tablet = dice.below(tablets.len());
            if bundle.school == SCHOOL {
                tablets[tablet]
                    .replica()
                    .take_bundle(&bundle)
                    .expect("it is of this school");
            }
        }
    }
    watched.renew();
    println!(
        "200,000 damaged messages in {:.1} s: of 80,000 requests {unread} unreadable, {read} read, with {} changes \
         stored and refused {:?}; {} replies and {} bundles of 60,000 each were readable",
        started.elapsed().as_secs_f64(),
        watched.stored,
        watched.refused,
        others[0],
        others[1],
    );
    assert!(read > 1_000 && unread > 1_000 && others[0] > 1_000 && others[1] > 1_000);
}

/// Damages the contents of a change and makes its length and check good again, so that it passes for a whole one.
fn forge(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    assert!(chunk::parse(bytes).is_ok());
    // magic (4), check (4), kind (1), length (LEB128), contents
    let length_bytes = 1 + bytes[9..].iter().take_while(|byte| **byte & 0x80 != 0).count();
    let mut contents = bytes[9 + length_bytes..].to_vec();
    if dice.below(4) == 0 {
        contents = dice.damage(&contents);
    } else {
        let at = dice.below(contents.len());
        contents[at] = contents[at].wrapping_add(*dice.pick(&[1, 2, 0x7f, 0x80, 0xff]));
    }
    let mut checked = vec![bytes[8]];
    let mut length = contents.len();
    loop {
        let low = u8::try_from(length & 0x7f).expect("seven bits");
        length >>= 7;
        checked.push(if length == 0 { low } else { low | 0x80 });
        if length == 0 {
            break;
        }
    }
    checked.extend(contents);
    let check: [u8; 32] = Sha256::digest(&checked).into();
    [&bytes[..4], &check[..4], &checked].concat()
}

#[test]
fn forged_changes_with_good_checks_are_each_answered_and_leave_documents_that_load() {
    daymark_core::door::quiet_caught_panics();
    let started = Instant::now();
    let mut dice = Dice::new(99);
    let bases: Vec<SyncRequest> = tablets().iter().map(request).collect();
    let mut all = Watched::new();
    let mut unreadable = 0_usize;
    for round in 0..FORGED {
        let mut request = dice.pick(&bases).clone();
        let place = dice.below(request.offers.len());
        // A device that is enrolled can sign whatever it likes: what it signs must still pass the door.
        let forged = forge(&mut dice, chunk_of(&request.offers[place].change));
        let document = &request.documents[usize::from(request.offers[place].document)].document;
        let document = DocumentId::from_bytes(document).expect("a document");
        let signed = SignedChange::sign(&key(request.device.0), SCHOOL, &document, &forged);
        let Ok(signed) = signed else {
            unreadable += 1;
            request.offers[place].change = SignedChange::new(&Signature([0; 64]), &forged)
                .into_bytes()
                .into();
            all.ask(&request);
            continue;
        };
        request.offers[place].change = signed.into_bytes().into();
        if round % 2 == 0 {
            all.ask(&request);
            continue;
        }
        // Where nothing else has its place, it is looked at to its end.
        request.offers.truncate(place + 1);
        let mut alone = Watched::new();
        alone.ask(&request);
        alone.renew();
        all.stored += alone.stored;
        for (code, count) in alone.refused {
            *all.refused.entry(code).or_default() += count;
        }
    }
    all.renew();
    println!(
        "{FORGED} forged changes in {:.1} s, {unreadable} of them too damaged to be signed: {} changes stored, refused \
         {:?}",
        started.elapsed().as_secs_f64(),
        all.stored,
        all.refused
    );
    assert!(unreadable < FORGED / 2, "most reach the door: {unreadable}");
    assert!(
        all.refused.len() >= 12,
        "the refusals are of many kinds: {:?}",
        all.refused
    );
}
