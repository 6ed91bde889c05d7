//! All tablets of one run, in one process: each with its own replica, transport and socket.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};

use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Particulars, Person, TimeOfDay, VisitRef};
use daymark_core::ids::{DeviceNumber, PupilNumber, TripId};
use daymark_core::record::Mark;
use daymark_core::session::{Date, Session};
use daymark_core::signature::{KEY_BYTES, SecretKey};
use daymark_core::trip::{TripPlan, TripSession, TripStatement};
use daymark_sync_protocol::frame::{SyncReply, Window};
use daymark_sync_protocol::poke::Scope;
use daymark_tablet::{
    Applicant, Ask, DeviceClock, Home, HttpOptions, HttpTransport, MemoryStorage, Moment, SchoolEvent,
    Tablet, Traffic, Transport,
};
use serde_json::Value;
use tokio::sync::Notify;

use crate::server::Server;
use crate::workload::{DATE, Write};

pub(crate) type Failure = Box<dyn Error>;

/// One tablet.
pub(crate) struct Agent {
    pub(crate) tablet: RefCell<Tablet<MemoryStorage>>,
    transport: HttpTransport,
    /// When all its marks were acknowledged.
    pub(crate) acknowledged: Cell<Option<Instant>>,
    /// When something last came from the server.
    pub(crate) heard: Cell<Instant>,
    pub(crate) changed: Notify,
    go: Notify,
    /// Whether it has made something that it was asked to sync.
    pushing: Cell<bool>,
    /// What the school's stream said and no sync has asked for yet.
    said: RefCell<Vec<SchoolEvent>>,
}

pub(crate) fn date() -> Date {
    DATE.parse().expect("a date")
}

pub(crate) fn person(staff: &str) -> Person {
    let id = staff.parse().expect("a staff id");
    Person::new(id, &format!("Staff {staff}"), "Teacher").expect("a person")
}

impl Agent {
    /// Enrols a tablet over real HTTP.
    pub(crate) async fn enrol(server: &Server, name: &str, role: &str) -> Result<Rc<Self>, Failure> {
        let invited: Value = serde_json::from_str(
            &server.daymark(&["--json", "device", "invite", "--name", name, "--role", role])?,
        )?;
        let url = server.url()?;
        let transport = HttpTransport::new(&url, HttpOptions::default())?;
        let mut seed = [0; KEY_BYTES];
        getrandom::fill(&mut seed)?;
        let applicant = Applicant {
            invitation: invited["invitation"].as_str().unwrap_or_default().to_owned(),
            key: SecretKey::from_seed(&seed),
        };
        let enrolment = transport.enrol(&applicant).await?;
        let mut tablet = Tablet::new(Home::start(MemoryStorage::default())?);
        let mut incarnation = [0; 8];
        incarnation[4..].copy_from_slice(&enrolment.device.0.to_be_bytes());
        let (number, challenge) = (enrolment.device.to_string(), enrolment.challenge.clone());
        let enrolled = applicant.accept(enrolment, &url, None, incarnation)?;
        server.daymark(&["device", "confirm", &number, "--code", &enrolled.code])?;
        tablet.enrolled(enrolled)?;
        // A fresh connection, so that only what follows is counted: with the challenge that came with the enrolment,
        // the session opens with the first request.
        let transport = HttpTransport::new(&url, HttpOptions::default())?;
        transport.answer_next(&challenge);
        Ok(Rc::new(Self {
            tablet: RefCell::new(tablet),
            transport,
            acknowledged: Cell::new(None),
            heard: Cell::new(Instant::now()),
            changed: Notify::new(),
            go: Notify::new(),
            pushing: Cell::default(),
            said: RefCell::default(),
        }))
    }

    pub(crate) fn device(&self) -> DeviceNumber {
        self.tablet
            .borrow()
            .replica()
            .identity()
            .expect("it is enrolled")
            .device
    }

    /// Plans a trip that the given tablets go along on.
    pub(crate) fn plan(&self, trip: TripId, tablets: Vec<DeviceNumber>) -> Result<(), Failure> {
        let leader = person("j-roe");
        let sessions = Session::ALL
            .map(|session| TripSession {
                date: date(),
                session,
            })
            .to_vec();
        let plan = TripPlan {
            title: "Benchmark".into(),
            code: Code::VISIT,
            nature: None,
            place: None,
            leader: leader.clone(),
            supervisors: vec![leader.clone()],
            sessions,
            participants: Vec::new(),
            tablets,
            groups: None,
        };
        let mut tablet = self.tablet.borrow_mut();
        let stamp = tablet.stamp(leader, Moment::from_unix_ms(0))?;
        let item = daymark_core::item::Item::Trip(daymark_core::item::Statement {
            stamp,
            supersedes: std::collections::BTreeSet::new(),
            reason: None,
            body: TripStatement::Plan(plan),
        });
        tablet.say(&DocumentId::Trip(trip), &item)?;
        Ok(())
    }

    /// Records marks of a trip, offline.
    pub(crate) fn mark(&self, trip: TripId, writes: &[Write]) -> Result<(), Failure> {
        let mut tablet = self.tablet.borrow_mut();
        for write in writes {
            let person = person(&write.staff);
            let moment = Moment::from_unix_ms(write.at_ms);
            let author = tablet.author(Duty::Trip(trip), person.clone(), moment)?;
            let code = Code::literal(write.code);
            let late = code == Code::LATE;
            let arrived_at =
                TimeOfDay::from_seconds(u32::try_from(write.at_ms / 1000 % 86_400)?).filter(|_| late);
            let visit = (!late).then_some(VisitRef {
                trip,
                listed: true,
                supervisor: person,
            });
            let mark = Mark {
                code,
                particulars: Particulars {
                    visit,
                    arrived_at,
                    ..Particulars::default()
                },
                reason: None,
            };
            let session = if write.afternoon { Session::Pm } else { Session::Am };
            let report = tablet.mark(&author, date(), session, &[(PupilNumber(write.pupil), mark)])?;
            if let Some((pupil, why)) = report.refused.first() {
                return Err(format!("pupil {pupil}: {why}").into());
            }
        }
        Ok(())
    }

    /// Syncs until neither side has more. The tablet is free while a request is under way, as on a real one.
    pub(crate) async fn sync(&self, scope: Scope) -> Result<(), Failure> {
        loop {
            let now = DeviceClock::System.now_ms();
            let (identity, request) = {
                let mut tablet = self.tablet.borrow_mut();
                tablet.gather()?;
                let window = Some(Window {
                    from: date(),
                    to: date(),
                });
                let ask = Ask {
                    window,
                    scope: scope.clone(),
                    ..Ask::default()
                };
                let request = tablet.replica().request(now, &ask)?;
                (tablet.replica().identity()?.clone(), request)
            };
            let bytes = self.transport.exchange(&identity, request.encode()).await?;
            let reply = SyncReply::decode(&bytes)?;
            let report = {
                let mut tablet = self.tablet.borrow_mut();
                let (records, report) =
                    tablet
                        .replica()
                        .reply(&request, &reply, now, DeviceClock::System.now_ms())?;
                tablet.commit(records)?;
                report
            };
            if let Some((_, code, reason)) = report.refused.first() {
                return Err(format!("the school refused a change: {reason} ({code})").into());
            }
            if report.received > 0 {
                self.heard.set(Instant::now());
            }
            if !report.more {
                break;
            }
        }
        if self.acknowledged.get().is_none() && self.tablet.borrow().replica().not_yet_sent() == 0 {
            self.acknowledged.set(Some(Instant::now()));
        }
        self.changed.notify_waiters();
        Ok(())
    }

    /// Connects: listens for pokes, syncs at once, and again whenever it is poked or asked.
    pub(crate) fn connect(self: &Rc<Self>) {
        let agent = Rc::clone(self);
        tokio::task::spawn_local(async move {
            if let Err(failure) = agent.stay_connected().await {
                eprintln!("a tablet lost its server: {failure}");
            }
        });
    }

    async fn stay_connected(self: &Rc<Self>) -> Result<(), Failure> {
        let identity = self.tablet.borrow().replica().identity()?.clone();
        let listener = Rc::clone(self);
        let mut events = self.transport.events(&identity).await?;
        tokio::task::spawn_local(async move {
            while let Ok(Some(event)) = events.next().await {
                // What is pushed is taken at once; what must be fetched waits for the request that is under way.
                let is_news = event.name == "news";
                if is_news && matches!(listener.tablet.borrow_mut().hear(&event), Ok(None)) {
                    listener.heard.set(Instant::now());
                    listener.changed.notify_waiters();
                } else {
                    listener.said.borrow_mut().push(event);
                    listener.go.notify_one();
                }
            }
        });
        self.sync(Scope::Everything).await?;
        loop {
            self.go.notified().await;
            let nothing = Scope::Documents(BTreeSet::new());
            let mut scope = self.pushing.take().then(|| nothing.clone());
            for event in self.said.take() {
                if let Some(behind) = self.tablet.borrow_mut().hear(&event)? {
                    scope = Some(scope.unwrap_or_else(|| nothing.clone()).and(behind));
                }
            }
            if let Some(scope) = scope {
                self.sync(scope).await?;
            }
        }
    }

    /// Asks a connected tablet to sync what it has made.
    pub(crate) fn push(&self) {
        self.pushing.set(true);
        self.go.notify_one();
    }

    /// How many entries it holds.
    pub(crate) fn entries(&self) -> usize {
        self.tablet.borrow().replica().day(date()).entries().len()
    }

    /// Digest of what it holds, for comparing.
    pub(crate) fn canonical(&self) -> Vec<u8> {
        self.tablet.borrow().replica().day(date()).canonical()
    }

    /// How many changes it holds of a document.
    pub(crate) fn changes_of(&self, document: &DocumentId) -> usize {
        self.tablet
            .borrow()
            .replica()
            .document(document)
            .map_or(0, daymark_core::document::Document::change_count)
    }

    pub(crate) fn traffic(&self) -> Traffic {
        self.transport.traffic()
    }
}

/// Bytes of all agents.
pub(crate) fn traffic(agents: &[Rc<Agent>]) -> Traffic {
    agents
        .iter()
        .map(|agent| agent.traffic())
        .fold(Traffic::default(), |sum, one| Traffic {
            bytes_up: sum.bytes_up + one.bytes_up,
            bytes_down: sum.bytes_down + one.bytes_down,
        })
}

/// Waits until nothing came for a second and every agent holds `expected` entries and the same day. Gives the
/// seconds from `start` to the last arrival, or `None` after two minutes.
pub(crate) async fn converged(agents: &[Rc<Agent>], expected: usize, start: Instant) -> Option<f64> {
    const QUIET: Duration = Duration::from_secs(1);
    const LIMIT: Duration = Duration::from_secs(120);
    while start.elapsed() < LIMIT {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let last = agents
            .iter()
            .map(|agent| agent.heard.get())
            .max()
            .unwrap_or(start)
            .max(start);
        if last.elapsed() < QUIET || agents.iter().any(|agent| agent.acknowledged.get().is_none()) {
            continue;
        }
        if agents.iter().any(|agent| agent.entries() != expected) {
            continue;
        }
        let first = agents.first()?.canonical();
        if agents.iter().all(|agent| agent.canonical() == first) {
            return Some(last.duration_since(start).as_secs_f64());
        }
    }
    None
}
