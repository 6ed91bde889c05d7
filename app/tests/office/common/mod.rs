//! A school in the same process, and apps and tablets that are enrolled there, for tests without a browser.
//!
//! [`Device`] is an app with a network to a [`School`]; it presses buttons by their accessible names and counts the presses.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of each test file, which uses its own part of it"
)]

mod page;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daymark_app::action::{Action, Fields};
use daymark_app::{App, Effect, Request, Response, Start};
use daymark_core::calendar::file;
use daymark_core::entry::{Duty, Particulars, Person, VisitRef};
use daymark_core::fold::Rules;
use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, PersonId, PupilNumber, SchoolId, hex, unhex};
use daymark_core::record::Mark;
use daymark_core::roster::{Pupil, Role, Roster, StaffMember};
use daymark_core::rules::{RegisterPolicy, RuleBook};
use daymark_core::session::{Date, Session};
use daymark_core::signature::{PublicKey, SecretKey};
use daymark_sync_protocol::client::{Identity, Record};
use daymark_sync_protocol::event::{Enrolment, Given, Message, Standing};
use daymark_sync_protocol::frame::{SyncRequest, Window};
use daymark_sync_protocol::hub::{Hub, HubState, SchoolFacts};
use daymark_tablet::{Ask, Enrolled, Exchange, Home, MemoryStorage, Moment, Step, Tablet, people};

pub use page::Element;

pub const SCHOOL: SchoolId = SchoolId(123_456);
pub const PIN: &str = "482913";

/// Monday.
pub fn date() -> Date {
    "2026-03-02".parse().expect("a date")
}

/// Unix milliseconds of a time of the day.
pub fn ms(time: &str) -> i64 {
    let time: daymark_core::entry::TimeOfDay = time.parse().expect("a time");
    (date().start_unix_seconds() + i64::from(time.seconds())) * 1000
}

fn school_key() -> SecretKey {
    SecretKey::from_seed(&[0xa5; 32])
}

/// The school: its hub, and what its office's routes answer.
#[derive(Clone)]
pub struct School {
    hub: Rc<RefCell<Hub>>,
    /// Whether it can be reached.
    pub has_signal: Rc<RefCell<bool>>,
    /// What the office's routes answer, by the beginning of the path.
    pub answers: Rc<RefCell<BTreeMap<String, String>>>,
    /// What was asked of them.
    pub asked: Rc<RefCell<Vec<Request>>>,
    heard: Rc<RefCell<Option<u64>>>,
}

impl School {
    /// Six pupils of class 4B, numbers 1001 to 1006, and staff.
    pub fn new() -> Self {
        Self::of(RegisterPolicy::default())
    }

    /// The same with rules of its own.
    pub fn of(policy: RegisterPolicy) -> Self {
        Self::with(policy, None)
    }

    /// A school with times, roles and a term, in a file as schools write it.
    pub fn with_rules() -> Self {
        let rules = r#"
            [[rules]]
            effective_from = 2025-09-01
            am = { opens = "08:45", closes = "09:15" }
            codes_by_role = { teacher = ["/", "\\", "L", "N", "U"] }
        "#;
        let calendar = "terms = [{ name = \"Autumn\", first = 2025-09-02, last = 2025-12-19 }, { name = \"Spring\", first = 2026-01-05, last = 2026-03-27 }]";
        let book = RuleBook::parse(rules).expect("rules");
        let calendar = file::read(calendar).expect("a calendar");
        Self::with(RegisterPolicy::new(Some(&book), Some(calendar)), Some(rules))
    }

    fn with(policy: RegisterPolicy, rules: Option<&str>) -> Self {
        let names = [
            "Abbot, Tom",
            "Baker, Eva",
            "Carr, Ada",
            "Dunn, Ben",
            "Ellis, Mia",
            "Frost, Sam",
        ];
        let pupils = (1001..).zip(names).map(|(number, name)| {
            let (surname, forename) = name.split_once(", ").expect("two names");
            let pupil = Pupil {
                number: PupilNumber(number),
                mis_id: number.to_string(),
                upn: None,
                surname: surname.into(),
                forename: forename.into(),
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
            ("a-shah", "Aisha Shah", "Teacher", Role::Teacher),
            ("m-lee", "Marcus Lee", "Teaching assistant", Role::Teacher),
            ("j-roe", "Jo Roe", "Office manager", Role::Office),
            ("r-penhale", "Ruth Penhale", "Head teacher", Role::Head),
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
        let hub = Hub::new(HubState {
            facts: SchoolFacts {
                school: SCHOOL,
                name: "Hill Road Primary".into(),
                rules: Rules::default().into(),
                policy: Arc::new(policy),
                rules_text: rules.map(Into::into),
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
            hub: Rc::new(RefCell::new(hub)),
            has_signal: Rc::new(RefCell::new(true)),
            answers: Rc::default(),
            asked: Rc::default(),
            heard: Rc::default(),
        }
    }

    fn enrol(&self, name: &str, grant: &Grant, key: PublicKey) -> DeviceNumber {
        let mut hub = self.hub.borrow_mut();
        let device = hub.next_device();
        hub.enrolled(&Enrolment {
            device,
            name: name.to_owned(),
            given: Given::by_invitation(device.0, grant.clone(), 0),
            key,
            invitation: [0; 32],
            enrolled_at: 0,
            standing: Standing::Confirmed,
            before: Vec::new(),
            message: None,
        });
        device
    }

    /// A tablet of a role without a screen. Teachers take class 4B.
    pub fn tablet(&self, role: Role) -> Tablet<MemoryStorage> {
        let grant = grant(role);
        let number = self.hub.borrow().next_device();
        let key = SecretKey::from_seed(&[u8::try_from(number.0).expect("few devices"); 32]);
        let name = format!("{role} tablet");
        let device = self.enrol(&name, &grant, key.public());
        let mut tablet = Tablet::new(Home::start(MemoryStorage::default()).expect("an empty home"));
        let keys = self.hub.borrow().keys().news(SCHOOL, &school_key(), 0);
        let identity = Identity {
            school: SCHOOL,
            device,
            name,
            grant,
            server: "memory".into(),
            key,
            incarnation: [u8::try_from(device.0).expect("few devices"); 8],
            school_key: school_key().public(),
        };
        let records = vec![
            Record::Enrolled(Box::new(identity)),
            Record::Keys(keys.expect("there is this device")),
        ];
        let enrolled = Enrolled {
            records,
            code: String::new(),
            school: String::new(),
        };
        tablet.enrolled(enrolled).expect("enrolled");
        self.sync(&mut tablet);
        tablet
    }

    /// Sends and fetches all of a tablet.
    pub fn sync(&self, tablet: &mut Tablet<MemoryStorage>) {
        let now = ms("11:00");
        let ask = Ask {
            window: Some(Window {
                from: date(),
                to: date(),
            }),
            want_brief: true,
            ..Ask::default()
        };
        let device = tablet.replica().identity().expect("enrolled").device;
        let mut exchange = Exchange::start(tablet, ask).expect("an exchange");
        loop {
            let request = exchange.request(tablet, now).expect("a request");
            let body = self.answer(device, &request.encode(), now);
            let step = exchange
                .reply(tablet, &request, &body, now, now)
                .expect("a reply");
            if matches!(step, Step::Done) {
                return;
            }
        }
    }

    /// The office writes to a device.
    pub fn write_to(&self, device: DeviceNumber, text: &str, time: &str) {
        let mut hub = self.hub.borrow_mut();
        let mut enrolment = hub.devices()[&device].enrolment.clone();
        enrolment.message = Some(Message {
            at_ms: u64::try_from(ms(time)).expect("positive"),
            by: "j-roe".parse().expect("a staff id"),
            text: text.to_owned(),
            heard_ms: None,
        });
        hub.enrolled(&enrolment);
    }

    /// Which message a device said was read, last.
    pub fn heard(&self) -> Option<u64> {
        *self.heard.borrow()
    }

    fn answer(&self, device: DeviceNumber, bytes: &[u8], now_ms: i64) -> Vec<u8> {
        let request = SyncRequest::decode(bytes).expect("a request");
        if request.heard.is_some() {
            *self.heard.borrow_mut() = request.heard;
        }
        let mut hub = self.hub.borrow_mut();
        let receipt = hub.receive(u64::try_from(now_ms).expect("positive"), device, &request);
        // A disk that is always quick: what was received is durable at once.
        hub.durable(&receipt);
        hub.reply(receipt).encode()
    }

    /// What the school answers a request of an app.
    fn serve(&self, role: Role, request: &Request, now_ms: i64) -> Response {
        let json = |text: String| Response {
            id: request.id,
            status: 200,
            content_type: "application/json".into(),
            challenge: String::new(),
            body: text.into_bytes(),
        };
        if !*self.has_signal.borrow() {
            return Response {
                id: request.id,
                body: b"no route".to_vec(),
                ..Response::default()
            };
        }
        let challenge = URL_SAFE_NO_PAD.encode([7; 40]);
        match request.path.as_str() {
            "/v1/enrol" => {
                let asked: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
                let key = unhex(asked["key"].as_str().expect("a key")).expect("digits");
                let key = PublicKey(key.try_into().expect("a key"));
                let grant = grant(role);
                let name = format!("{role} tablet");
                let device = self.enrol(&name, &grant, key);
                let hub = self.hub.borrow();
                let keys = hub.keys().news(SCHOOL, &school_key(), 0).expect("keys");
                let duties = hub.duties().news(SCHOOL, &school_key(), 0).expect("duties");
                json(
                    serde_json::json!({
                        "school": SCHOOL, "device": device, "name": name, "grant": grant,
                        "school_key": hex(&school_key().public().0), "code": "",
                        "keys": hex(&daymark_core::cbor::to_vec(&keys)),
                        "duties": hex(&daymark_core::cbor::to_vec(&duties)),
                        "challenge": challenge,
                    })
                    .to_string(),
                )
            }
            "/v1/challenge" => json(serde_json::json!({ "challenge": challenge }).to_string()),
            "/v1/sync" => {
                let pass = request.pass.as_deref().expect("a pass");
                let device = pass.split('.').next().and_then(|device| device.parse().ok());
                let body = self.answer(DeviceNumber(device.expect("a device")), &request.body, now_ms);
                Response {
                    body,
                    content_type: "application/vnd.daymark.sync".into(),
                    ..json(String::new())
                }
            }
            path => {
                self.asked.borrow_mut().push(request.clone());
                let answers = self.answers.borrow();
                let known = answers.iter().rev().find(|(begins, _)| path.starts_with(*begins));
                match known {
                    Some((_, answer)) => json(answer.clone()),
                    None => Response {
                        status: 404,
                        ..json("{}".to_owned())
                    },
                }
            }
        }
    }
}

fn grant(role: Role) -> Grant {
    let mut grant = Grant::of(role);
    if role == Role::Teacher {
        grant.classes.insert("4B".parse().expect("a class"));
    }
    grant
}

/// An app that a person holds.
pub struct Device {
    pub app: App,
    pub school: School,
    pub role: Role,
    pub now_ms: i64,
    /// How often something was pressed since it was last asked.
    pub presses: usize,
    /// Files that were saved.
    pub files: Vec<(String, Vec<u8>)>,
    form: Fields,
}

impl Device {
    /// Joins the school, keeps the code, and has synced.
    pub fn join(school: &School, role: Role, who: &str, time: &str) -> Self {
        let start = Start {
            secret: [3; 32],
            server: "https://school.example".into(),
            invitation: Some("SECRET".into()),
            is_kept: true,
            ..Start::default()
        };
        let now_ms = ms(time);
        let mut device = Self {
            app: App::start(start, now_ms),
            school: school.clone(),
            role,
            now_ms,
            presses: 0,
            files: Vec::new(),
            form: Fields::default(),
        };
        let fields = Fields::of([("who", who), ("pin", PIN), ("again", PIN)]);
        device.act(Action::Join, &fields);
        device.act(Action::CodeKept, &Fields::default());
        device.sync();
        device
    }

    /// Its number at the school.
    pub fn number(&self) -> DeviceNumber {
        let hub = self.school.hub.borrow();
        *hub.devices().keys().next_back().expect("it has joined")
    }

    /// Does an act and all that follows from it.
    pub fn act(&mut self, action: Action, fields: &Fields) {
        self.app.act(action, fields, self.now_ms);
        self.settle();
    }

    /// Lets requests go until nothing is asked.
    fn settle(&mut self) {
        for _ in 0..200 {
            let effects = self.app.take_effects();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                match effect {
                    Effect::Ask(request) => {
                        let response = self.school.serve(self.role, &request, self.now_ms);
                        self.app.answered(response, self.now_ms);
                    }
                    Effect::GoOn => self.app.go_on(self.now_ms),
                    Effect::Save { name, bytes, .. } => self.files.push((name, bytes)),
                    _ => {}
                }
            }
        }
        panic!("the app asks for ever");
    }

    /// Time goes by until what is due was sent.
    pub fn sync(&mut self) {
        self.app.act(Action::TryNow, &Fields::default(), self.now_ms);
        self.app.tick(false, self.now_ms);
        self.settle();
    }

    /// Sends and fetches, and looks at where it was again.
    pub fn wait(&mut self) {
        self.now_ms += 1000;
        self.app.tick(true, self.now_ms);
        self.settle();
    }

    /// Time goes by until the app is due; nothing else happens.
    pub fn wait_for_tick(&mut self) {
        self.now_ms = self.app.wake_at().max(self.now_ms + 1);
        self.app.tick(false, self.now_ms);
        self.settle();
    }

    /// The page as it is.
    pub fn html(&self) -> String {
        self.app.page().html
    }

    /// What a person reads on it.
    pub fn text(&self) -> String {
        page::text(&self.html())
    }

    /// What went wrong.
    pub fn alert(&self) -> String {
        self.app.page().alert
    }

    /// The buttons and fields of the page.
    pub fn elements(&self) -> Vec<Element> {
        page::elements(&self.html())
    }

    /// The names of the buttons that act.
    pub fn buttons(&self) -> Vec<String> {
        let buttons = self
            .elements()
            .into_iter()
            .filter(|element| element.tag == "button");
        buttons.map(|button| button.name).collect()
    }

    /// Types in a field, without a press.
    pub fn fill(&mut self, field: &str, text: &str) {
        self.form.0.insert(field.to_owned(), text.to_owned());
    }

    /// Taps one of several, such as a code.
    pub fn pick(&mut self, field: &str, value: &str) {
        let is_there = self.elements().iter().any(|element| {
            element.tag == "input" && element.field.as_deref() == Some(field) && element.value == value
        });
        assert!(is_there, "no {field} {value} on {}", self.text());
        self.fill(field, value);
        self.presses += 1;
    }

    /// Presses the first button whose accessible name begins so.
    pub fn press(&mut self, name: &str) {
        let elements = self.elements();
        let mut buttons = elements.iter().filter(|element| element.tag == "button");
        let button = buttons.find(|element| element.name.starts_with(name));
        let Some(button) = button else {
            panic!("no button {name:?} among {:?}", self.buttons());
        };
        self.presses += 1;
        let action = button.action.clone();
        let action = action.unwrap_or_else(|| panic!("{name:?} does nothing"));
        let mut fields = std::mem::take(&mut self.form);
        for (field, value) in &button.hidden {
            fields.0.entry(field.clone()).or_insert_with(|| value.clone());
        }
        if let Some(field) = &button.field {
            fields.0.insert(field.clone(), button.value.clone());
        }
        self.act(action, &fields);
    }
}

/// Somebody marks, on a tablet.
pub fn mark(
    tablet: &mut Tablet<MemoryStorage>,
    who: &str,
    duty: &str,
    code: &str,
    pupils: &[u64],
    time: &str,
) {
    let id: PersonId = who.parse().expect("a staff id");
    let person = people::staff(tablet.replica(), "who", id.as_str()).expect("of the staff");
    let duty: Duty = duty.parse().expect("a duty");
    let author = tablet
        .author(duty.clone(), person.clone(), Moment::from_unix_ms(ms(time)))
        .expect("enrolled");
    let particulars = Particulars {
        arrived_at: Some("09:16:10".parse().expect("a time")).filter(|_| matches!(code, "L" | "U")),
        visit: match &duty {
            Duty::Trip(trip) if code == "V" => Some(VisitRef {
                trip: *trip,
                listed: true,
                supervisor: Person::new(id, "Aisha Shah", "Teacher").expect("a person"),
            }),
            _ => None,
        },
        ..Particulars::default()
    };
    let mark = Mark {
        code: code.parse().expect("a code"),
        particulars,
        reason: Some("asked".into()),
    };
    let marks: Vec<_> = pupils
        .iter()
        .map(|pupil| (PupilNumber(*pupil), mark.clone()))
        .collect();
    let report = tablet
        .mark(&author, date(), Session::Am, &marks)
        .expect("the tablet writes");
    assert!(report.refused.is_empty(), "{:?}", report.refused);
}
