//! A school in the same process: its hub answers what devices ask.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daymark_app::{Request, Response};
use daymark_core::calendar::file;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::Person;
use daymark_core::fold::Rules;
use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, PersonId, PupilNumber, SchoolId, TripId, hex, unhex};
use daymark_core::item::Statement;
use daymark_core::roster::{Pupil, Role, Roster, StaffMember};
use daymark_core::rules::{RegisterPolicy, RuleBook};
use daymark_core::session::{Date, Session};
use daymark_core::signature::{PublicKey, SecretKey, Signature, matching_code};
use daymark_core::trip::{TripGroup, TripPlan, TripSession, TripStatement};
use daymark_sync_protocol::client::{Identity, Record, Replica};
use daymark_sync_protocol::event::{Enrolment, Given, Report, Standing};
use daymark_sync_protocol::frame::{SyncRequest, Window};
use daymark_sync_protocol::hub::{Hub, HubState, SchoolFacts};
use daymark_tablet::{Ask, Enrolled, Exchange, Home, MemoryStorage, Step, Tablet};

/// A Monday in term.
pub const SCHOOL_DATE: &str = "2026-03-02";
const SCHOOL: SchoolId = SchoolId(123_456);
const RULES: &str = r#"
    [[rules]]
    effective_from = 2025-09-01
    am = { opens = "08:45", closes = "09:15" }
    pm = { opens = "13:00", closes = "13:15" }
"#;
const CALENDAR: &str = "terms = [{ name = \"Spring\", first = 2026-02-23, last = 2026-03-27 }]";
const SURNAMES: [&str; 30] = [
    "Adams", "Begum", "Cole", "Diaz", "Evans", "Farah", "Grant", "Hill", "Iqbal", "Jones", "Khan", "Lowe",
    "Marsh", "Nash", "Okoro", "Patel", "Quinn", "Reid", "Singh", "Todd", "Usher", "Vane", "Walsh", "Xu",
    "Young", "Zaki", "Abbott", "Barker", "Carr", "Dean",
];
const FORENAMES: [&str; 5] = ["Ola", "Sara", "Jay", "Eva", "Tom"];

/// What the school signs with.
pub fn school_key() -> SecretKey {
    SecretKey::from_seed(&[0xa5; 32])
}

/// What the office does at its own desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A device that enrols is confirmed at once.
    ConfirmAtOnce,
    /// It waits for [`School::confirm`].
    Wait,
}

struct Inner {
    hub: Hub,
    invitations: BTreeMap<String, (String, Grant)>,
    desk: Tablet<MemoryStorage>,
    asked: Vec<String>,
}

/// The school. A clone is the same school.
#[derive(Clone)]
pub struct School {
    inner: Rc<RefCell<Inner>>,
    order: Rc<Cell<Order>>,
    is_ended: Rc<Cell<bool>>,
    /// The school's own clock: unix milliseconds.
    now_ms: Rc<Cell<i64>>,
    ahead_ms: Rc<Cell<i64>>,
}

fn pupil(number: u64, name: (&str, &str), class: &str) -> (PupilNumber, Pupil) {
    let pupil = Pupil {
        number: PupilNumber(number),
        mis_id: number.to_string(),
        upn: None,
        surname: name.0.into(),
        forename: name.1.into(),
        preferred_forename: None,
        dob: None,
        year: class[..1].into(),
        class: class.parse().expect("a class"),
        family_ref: None,
        start_date: None,
        leave_date: None,
    };
    (pupil.number, pupil)
}

fn roster() -> Roster {
    let in_4b = SURNAMES.iter().zip(1001_u64..).map(|(surname, number)| {
        let forename = FORENAMES[usize::try_from((number - 1001) % 5).expect("small")];
        pupil(number, (surname, forename), "4B")
    });
    let in_5a = ["Ash", "Birch", "Cole", "Elm"]
        .iter()
        .zip(1101_u64..)
        .map(|(surname, number)| pupil(number, (surname, "Mia"), "5A"));
    let staff = [
        ("a-shah", "Asha Shah", "Class Teacher", Role::Teacher),
        ("m-lee", "Marcus Lee", "Teaching Assistant", Role::Teacher),
        ("g-holt", "Gita Holt", "Welfare Officer", Role::Team),
        ("p-dunn", "Peter Dunn", "Family Worker", Role::Team),
        ("b-okafor", "Ben Okafor", "Office Manager", Role::Office),
        ("l-fry", "Lena Fry", "Safeguarding Lead", Role::Lead),
        ("r-stone", "Ruth Stone", "Headteacher", Role::Head),
    ];
    let staff = staff.map(|(id, name, position, role)| {
        let id: PersonId = id.parse().expect("a staff id");
        let member = StaffMember {
            id: id.clone(),
            name: name.into(),
            position: position.into(),
            role,
        };
        (id, member)
    });
    Roster {
        pupils: in_4b.chain(in_5a).collect(),
        staff: BTreeMap::from(staff),
    }
}

fn enrolment(hub: &Hub, name: &str, grant: &Grant, key: PublicKey, standing: Standing) -> Enrolment {
    Enrolment {
        device: hub.next_device(),
        name: name.to_owned(),
        given: Given::by_invitation(hub.next_place(), grant.clone(), 0),
        key,
        invitation: [0; 32],
        enrolled_at: 0,
        standing,
        before: Vec::new(),
        message: None,
    }
}

/// The office's own tablet, to plan trips and to look.
fn desk(hub: &mut Hub) -> Tablet<MemoryStorage> {
    let key = SecretKey::from_seed(&[1; 32]);
    let grant = Grant::of(Role::Office);
    let enrolled = enrolment(hub, "Desk", &grant, key.public(), Standing::Confirmed);
    hub.enrolled(&enrolled);
    let identity = Identity {
        school: SCHOOL,
        device: enrolled.device,
        name: "Desk".into(),
        grant,
        server: "memory".into(),
        key,
        incarnation: [1; 8],
        school_key: school_key().public(),
    };
    let keys = hub.keys().news(SCHOOL, &school_key(), 0);
    let mut tablet = Tablet::new(Home::start(MemoryStorage::default()).expect("an empty home"));
    let enrolled = Enrolled {
        records: vec![
            Record::Enrolled(Box::new(identity)),
            Record::Keys(keys.expect("there is this device")),
        ],
        code: String::new(),
        school: String::new(),
    };
    tablet.enrolled(enrolled).expect("enrolled");
    tablet
}

impl School {
    /// Thirty pupils of class 4B from Adams, Ola (1001) to Dean, Tom (1030), four of 5A (1101 to 1104), seven members of
    /// staff, and registers that close at 09:15 and 13:15.
    pub fn new() -> Self {
        let book = RuleBook::parse(RULES).expect("rules");
        let calendar = file::read(CALENDAR).expect("a calendar");
        let mut hub = Hub::new(HubState {
            facts: SchoolFacts {
                school: SCHOOL,
                name: "Hill Primary".into(),
                rules: Rules::default().into(),
                policy: Arc::new(RegisterPolicy::new(Some(&book), Some(calendar))),
                rules_text: None,
                key: school_key(),
            },
            roster: roster(),
            devices: Vec::new(),
            documents: Vec::new(),
            aside: Vec::new(),
            leaves: Vec::new(),
            branch: None,
        });
        let desk = desk(&mut hub);
        Self {
            inner: Rc::new(RefCell::new(Inner {
                hub,
                invitations: BTreeMap::new(),
                desk,
                asked: Vec::new(),
            })),
            order: Rc::new(Cell::new(Order::ConfirmAtOnce)),
            is_ended: Rc::default(),
            now_ms: Rc::new(Cell::new(0)),
            ahead_ms: Rc::default(),
        }
    }

    pub fn date() -> Date {
        SCHOOL_DATE.parse().expect("a date")
    }

    /// Unix milliseconds of a time of the day, such as `08:45`.
    pub fn at(time: &str) -> i64 {
        let time: daymark_core::entry::TimeOfDay = time.parse().expect("a time");
        (Self::date().start_unix_seconds() + i64::from(time.seconds())) * 1000
    }

    pub fn order(&self, order: Order) {
        self.order.set(order);
    }

    /// A grant of a role; classes for teachers.
    pub fn grant(role: Role, classes: &[&str]) -> Grant {
        let classes = classes.iter().map(|name| name.parse().expect("a class"));
        Grant {
            classes: classes.collect(),
            ..Grant::of(role)
        }
    }

    /// The link of a new invitation.
    pub fn invite(&self, name: &str, grant: Grant) -> String {
        let mut inner = self.inner.borrow_mut();
        let secret = format!("INVITE-{}-{}", inner.invitations.len(), inner.hub.devices().len());
        inner.invitations.insert(secret.clone(), (name.to_owned(), grant));
        format!("{secret}/{}", school_key().public().fingerprint())
    }

    fn set_standing(&self, device: u32, standing: Standing) {
        let mut inner = self.inner.borrow_mut();
        let facts = &inner.hub.devices()[&DeviceNumber(device)];
        let mut enrolment = facts.enrolment.clone();
        enrolment.standing = standing;
        inner.hub.enrolled(&enrolment);
    }

    pub fn confirm(&self, device: u32) {
        self.set_standing(device, Standing::Confirmed);
    }

    /// The office reports a device lost.
    pub fn report_lost(&self, device: u32) {
        let report = Report {
            by: "b-okafor".parse().expect("a staff id"),
            at_ms: Self::at("08:55").unsigned_abs(),
            reason: None,
        };
        self.set_standing(device, Standing::Lost(report));
    }

    /// Every session has ended, as after a restart of the server: the next request is told what to sign.
    pub fn end_sessions(&self) {
        self.is_ended.set(true);
    }

    /// Who works, of the staff list.
    pub fn person(&self, id: &str) -> Person {
        let inner = self.inner.borrow();
        let member = &inner.hub.roster().staff[&id.parse::<PersonId>().expect("a staff id")];
        Person::new(member.id.clone(), &member.name, &member.position).expect("a person")
    }

    /// The office plans a trip for today, morning and afternoon, and says which tablets go along.
    pub fn plan_trip(&self, title: &str, pupils: impl IntoIterator<Item = u64>, tablets: &[u32]) -> TripId {
        self.plan_trip_in_groups(title, pupils, tablets, &[])
    }

    /// The same, divided into groups: what each is called, who leads it, and the first and the last of its pupils.
    pub fn plan_trip_in_groups(
        &self,
        title: &str,
        pupils: impl IntoIterator<Item = u64>,
        tablets: &[u32],
        groups: &[(&str, &str, u64, u64)],
    ) -> TripId {
        let groups = groups.iter().map(|(name, leader, first, last)| TripGroup {
            name: (*name).to_owned(),
            leader: self.person(leader),
            pupils: (*first..=*last).map(PupilNumber).collect(),
        });
        let groups = Some(groups.collect::<Vec<_>>()).filter(|groups| !groups.is_empty());
        let trip = TripId(uuid::Uuid::from_u128(u128::from(title.len() as u64) + 7));
        let leader = self.person("a-shah");
        let plan = TripPlan {
            title: title.into(),
            code: "V".parse().expect("a code"),
            nature: None,
            place: None,
            leader: leader.clone(),
            supervisors: vec![leader, self.person("m-lee")],
            sessions: Session::ALL
                .into_iter()
                .map(|session| TripSession {
                    date: Self::date(),
                    session,
                })
                .collect(),
            participants: pupils.into_iter().map(PupilNumber).collect(),
            tablets: tablets.iter().map(|number| DeviceNumber(*number)).collect(),
            groups,
        };
        let by = self.person("b-okafor");
        {
            let desk = &mut self.inner.borrow_mut().desk;
            let at = daymark_tablet::Moment::from_unix_ms(Self::at("08:00"));
            let statement = Statement {
                stamp: desk.stamp(by, at).expect("enrolled"),
                supersedes: BTreeSet::new(),
                reason: None,
                body: TripStatement::Plan(plan),
            };
            desk.say_of_trip(&DocumentId::Trip(trip), statement)
                .expect("planned");
        }
        self.sync_desk();
        trip
    }

    /// The office's own tablet hears what there is.
    pub fn sync_desk(&self) {
        let inner = &mut *self.inner.borrow_mut();
        let ask = Ask {
            window: Some(Window {
                from: Self::date(),
                to: Self::date(),
            }),
            want_brief: true,
            ..Ask::default()
        };
        let now_ms = self.now_ms.get().max(Self::at("08:00"));
        let mut exchange = Exchange::start(&mut inner.desk, ask).expect("an exchange");
        loop {
            let request = exchange.request(&inner.desk, now_ms).expect("a request");
            let receipt = inner.hub.receive(now_ms.unsigned_abs(), request.device, &request);
            inner.hub.durable(&receipt);
            let reply = inner.hub.reply(receipt).encode();
            let step = exchange.reply(&mut inner.desk, &request, &reply, now_ms, now_ms);
            if matches!(step.expect("a reply"), Step::Done) {
                return;
            }
        }
    }

    /// What the office's tablet holds.
    pub fn look<T>(&self, look: impl FnOnce(&Replica) -> T) -> T {
        self.sync_desk();
        look(self.inner.borrow().desk.replica())
    }

    /// What stands for a pupil in the office's sight: the codes of the candidates.
    pub fn stands(&self, session: Session, pupil: u64) -> Vec<String> {
        self.look(|replica| {
            let day = replica.day(Self::date());
            let cell = daymark_core::session::Cell {
                date: Self::date(),
                session,
                pupil: PupilNumber(pupil),
            };
            let candidates = day.cell(&cell).map(|fold| fold.candidates.clone());
            let entries = candidates.unwrap_or_default().into_iter();
            let mut codes: Vec<String> = entries
                .filter_map(|id| day.entry(&id)?.code.map(|code| code.to_string()))
                .collect();
            codes.sort();
            codes.dedup();
            codes
        })
    }

    /// The number of the device that enrolled last.
    pub fn newest_device(&self) -> u32 {
        self.inner.borrow().hub.next_device().0 - 1
    }

    /// The paths that were asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.inner.borrow().asked.clone()
    }

    /// From now on the school's clock is so far ahead of the tablets' clocks.
    pub fn is_ahead(&self, minutes: i64) {
        self.ahead_ms.set(minutes * 60_000);
    }

    /// Answers a request, as the server would.
    pub fn answer(&self, request: &Request, now_ms: i64) -> Response {
        let now_ms = now_ms + self.ahead_ms.get();
        self.now_ms.set(now_ms);
        self.inner.borrow_mut().asked.push(request.path.clone());
        let path = request.path.split('?').next().unwrap_or_default();
        let mut response = match path {
            "/v1/enrol" => self.enrol(&request.body),
            "/v1/challenge" => json(200, &serde_json::json!({ "challenge": challenge() })),
            "/v1/sync" => self.sync(request, now_ms),
            _ => problem(404, "not-found", "there is nothing here"),
        };
        response.id = request.id;
        response
    }

    fn enrol(&self, body: &[u8]) -> Response {
        let wanted: serde_json::Value = serde_json::from_slice(body).expect("JSON");
        let secret = wanted["invitation"].as_str().expect("an invitation");
        let bytes = |name: &str| unhex(wanted[name].as_str().expect("a field")).expect("hexadecimal");
        let key = PublicKey(bytes("key").try_into().expect("a key"));
        let proof = Signature(bytes("proof").try_into().expect("a proof"));
        assert!(key.verify_enrolment(secret, &proof).is_ok(), "it has the key");
        let inner = &mut *self.inner.borrow_mut();
        let Some((name, grant)) = inner.invitations.remove(secret) else {
            return problem(
                403,
                "bad-invitation",
                "this invitation is used up or never was one",
            );
        };
        let code = matching_code(&school_key().public(), &key, secret);
        let standing = match self.order.get() {
            Order::ConfirmAtOnce => Standing::Confirmed,
            Order::Wait => Standing::Unconfirmed(code.clone()),
        };
        let enrolled = enrolment(&inner.hub, &name, &grant, key, standing);
        inner.hub.enrolled(&enrolled);
        let keys = inner.hub.keys().news(SCHOOL, &school_key(), 0);
        let duties = inner.hub.duties().news(SCHOOL, &school_key(), 0);
        json(
            200,
            &serde_json::json!({
                "school": SCHOOL,
                "device": enrolled.device,
                "name": name,
                "grant": grant,
                "school_key": hex(&school_key().public().0),
                "code": code,
                "keys": hex(&daymark_core::cbor::to_vec(&keys.expect("keys"))),
                "duties": hex(&daymark_core::cbor::to_vec(&duties.expect("duties"))),
                "challenge": challenge(),
            }),
        )
    }

    fn sync(&self, request: &Request, now_ms: i64) -> Response {
        let pass = request.pass.as_deref().expect("a pass");
        if self.is_ended.take() {
            return Response {
                challenge: format!("Daymark challenge=\"{}\"", challenge()),
                ..problem(401, "stale-session", "the session has ended")
            };
        }
        let device: u32 = pass
            .split('.')
            .next()
            .and_then(|number| number.parse().ok())
            .expect("a device");
        let inner = &mut *self.inner.borrow_mut();
        let standing = inner.hub.devices()[&DeviceNumber(device)]
            .enrolment
            .standing
            .clone();
        if let Standing::Unconfirmed(code) = &standing {
            return problem(
                403,
                "not-confirmed",
                &format!("the office has not confirmed this tablet yet: show them the code {code}"),
            );
        }
        if let Standing::Lost(_) = standing {
            let notice = school_key().sign_lost(SCHOOL, DeviceNumber(device));
            let value = serde_json::json!({
                "code": "device-lost", "status": 403, "title": "", "detail": "this tablet was reported lost",
                "notice": hex(&notice.0),
            });
            return Response {
                content_type: "application/problem+json".into(),
                ..json(403, &value)
            };
        }
        let message = SyncRequest::decode(&request.body).expect("a request");
        assert_eq!(message.device, DeviceNumber(device), "its own pass");
        let receipt = inner.hub.receive(now_ms.unsigned_abs(), message.device, &message);
        inner.hub.durable(&receipt);
        Response {
            status: 200,
            content_type: "application/vnd.daymark.sync".into(),
            body: inner.hub.reply(receipt).encode(),
            ..Response::default()
        }
    }
}

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode([7; 16])
}

fn json(status: u16, value: &serde_json::Value) -> Response {
    Response {
        status,
        content_type: "application/json".into(),
        body: value.to_string().into_bytes(),
        ..Response::default()
    }
}

fn problem(status: u16, code: &str, detail: &str) -> Response {
    let value = serde_json::json!({ "code": code, "status": status, "title": "", "detail": detail });
    Response {
        content_type: "application/problem+json".into(),
        ..json(status, &value)
    }
}
