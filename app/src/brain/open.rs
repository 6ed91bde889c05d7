//! The app while a person works with it.

use daymark_core::calendar::london;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Person};
use daymark_core::ids::{PersonId, PupilNumber};
use daymark_core::item::Statement;
use daymark_core::record::Author;
use daymark_core::roster::Role;
use daymark_core::session::{Date, Session};
use daymark_core::trip::TripSession;
use daymark_sync_protocol::message::OfficeMessage;
use daymark_tablet::kept::Outbox;
use daymark_tablet::pending::Waiting;
use daymark_tablet::{Keyring, Moment, Pin, Sealed, arrivals, people, trips};

use super::{Door, GateState, Hand, Lock, OfficeState, Remote, Undoable, VisitState};
use crate::action::{Action, Fields, Register, Screen};

/// The tablet that the app drives.
pub type Tablet = daymark_tablet::Tablet<Sealed<Outbox>>;

/// What was done, in words for who cannot see the screen; or why nothing was.
pub(super) type Done = Result<Option<String>, String>;

/// The app, open.
#[derive(Debug)]
pub struct Open {
    /// What it holds.
    pub tablet: Tablet,
    /// The keys.
    pub keyring: Keyring,
    /// Who works.
    pub person: Person,
    /// What is shown.
    pub screen: Screen,
    /// The screens to go back to.
    pub back: Vec<Screen>,
    /// The screen is locked, and the tablet goes on sending.
    pub lock: Option<Lock>,
    /// What went wrong with the last act, in words.
    pub problem: Option<String>,
    /// What can be taken back, newest last.
    pub undo: Vec<Undoable>,
    /// Digits of a head count.
    pub typed: String,
    /// Who is ticked as missing at a head count.
    pub missing: Vec<PupilNumber>,
    /// The group of a trip that is shown and counted, by its name; none for everybody.
    pub group: Option<String>,
    /// What was searched for.
    pub search: String,
    /// The gate.
    pub gate: GateState,
    /// Home visits.
    pub visit: VisitState,
    /// Handing over.
    pub hand: Hand,
    /// The office.
    pub office: OfficeState,
    /// What only the school's server knows.
    pub remote: Remote,
    /// When somebody last touched the screen: unix milliseconds.
    pub touched_ms: i64,
    /// The device's clock.
    pub now_ms: i64,
    /// The school's time when it was opened.
    pub opened_at: london::Local,
    /// The recovery code, until it was written down.
    pub recovery: Option<String>,
    /// What the office compares when the tablet joins.
    pub matching: Option<String>,
    /// What the office wrote to this tablet, as far as the school does not know that it was read.
    pub message: Option<OfficeMessage>,
    /// The message that was read here, by its time, until the school knows.
    pub heard: Option<u64>,
}

impl Open {
    /// Opens for a person.
    ///
    /// # Errors
    /// The clock is outside every calendar.
    pub fn new(tablet: Tablet, keyring: Keyring, person: Person, now_ms: i64) -> Result<Self, String> {
        let opened_at = london::local(now_ms.div_euclid(1000)).ok_or_else(|| {
            "The clock of this tablet is outside the years 2000 to 2179: put it right in the tablet's settings. Nothing is lost.".to_owned()
        })?;
        let mut open = Self {
            opened_at,
            tablet,
            keyring,
            person,
            screen: Screen::Today,
            back: Vec::new(),
            lock: None,
            problem: None,
            undo: Vec::new(),
            typed: String::new(),
            missing: Vec::new(),
            group: None,
            search: String::new(),
            gate: GateState::default(),
            visit: VisitState::default(),
            hand: Hand::default(),
            office: OfficeState::default(),
            remote: Remote::default(),
            touched_ms: now_ms,
            now_ms,
            recovery: None,
            matching: None,
            message: None,
            heard: None,
        };
        open.screen = open.home();
        Ok(open)
    }

    /// The first screen of the duty.
    pub fn home(&self) -> Screen {
        if self.is_office() {
            Screen::Board(self.today())
        } else {
            Screen::Today
        }
    }

    /// The role of the tablet.
    pub fn role(&self) -> Role {
        self.tablet
            .replica()
            .grant()
            .map_or(Role::Teacher, |grant| grant.role)
    }

    /// Whether it shows the office.
    pub fn is_office(&self) -> bool {
        self.role().holds_every_sheet()
    }

    /// The device's clock.
    pub fn moment(&self) -> Moment {
        Moment::from_unix_ms(self.now_ms)
    }

    /// The school's time, as well as it is known here.
    pub fn local(&self) -> london::Local {
        self.local_of(self.tablet.school_seconds(self.moment()))
    }

    /// A time of the school, of unix seconds. A clock outside every calendar shows the time at which the app was opened.
    pub fn local_of(&self, seconds: i64) -> london::Local {
        london::local(seconds).unwrap_or(self.opened_at)
    }

    /// Today at the school.
    pub fn today(&self) -> Date {
        self.local().date
    }

    /// The half of the day that it is.
    pub fn session_now(&self) -> Session {
        arrivals::session_at(self.local().time)
    }

    /// The session that it is, as trips count.
    pub fn now(&self) -> TripSession {
        TripSession {
            date: self.today(),
            session: self.session_now(),
        }
    }

    /// Whoever records, under a duty.
    ///
    /// # Errors
    /// The duty has ended.
    pub fn author(&self, duty: &Duty) -> Result<Author, String> {
        self.tablet
            .author(duty.clone(), self.person.clone(), self.moment())
            .map_err(|error| error.to_string())
    }

    /// A statement that replaces nothing.
    ///
    /// # Errors
    /// The duty has ended.
    pub fn statement<T>(&self, body: T) -> Result<Statement<T>, String> {
        let stamp = self.tablet.stamp(self.person.clone(), self.moment());
        Ok(Statement {
            stamp: stamp.map_err(|error| error.to_string())?,
            supersedes: std::collections::BTreeSet::new(),
            reason: None,
            body,
        })
    }

    /// A pupil's name, or their number where it is not known here.
    pub fn name(&self, pupil: PupilNumber) -> String {
        let name = people::pupil_name(self.tablet.replica(), pupil);
        if name.is_empty() {
            format!("Pupil {pupil}")
        } else {
            name
        }
    }

    /// What waits on this tablet.
    pub fn waiting(&self) -> Waiting {
        Waiting::of(self.tablet.replica())
    }

    /// The duties under which this tablet marks on a date.
    pub fn duties(&self, date: Date) -> Vec<Duty> {
        people::duties(self.tablet.replica(), date).unwrap_or_default()
    }

    /// The document of a trip's register.
    pub fn trip_of(register: &Register) -> Option<DocumentId> {
        match register.duty {
            Duty::Trip(trip) => Some(DocumentId::Trip(trip)),
            _ => None,
        }
    }

    /// A trip with its plan.
    pub fn trip(&self, register: &Register) -> Option<daymark_core::trip::TripView> {
        self.tablet
            .replica()
            .trip(&Self::trip_of(register)?)
            .filter(|view| view.plan().is_some())
    }

    /// The titles of the trips of a date, for the first screen.
    pub fn trips_on(&self, date: Date) -> Vec<(daymark_core::ids::TripId, daymark_core::trip::TripView)> {
        trips::held(self.tablet.replica())
            .filter(|(_, view)| view.goes_on(date))
            .collect()
    }

    /// Locks the screen.
    pub fn lock_with(&mut self, mut lock: Lock) {
        if let Err(why) = self.keep_draft(true) {
            lock.problem = Some(why);
        }
        self.lock = Some(lock);
        self.typed.clear();
    }

    /// Opens a screen.
    pub fn go(&mut self, screen: Screen) {
        let before = std::mem::replace(&mut self.screen, screen);
        if before != self.screen {
            self.back.push(before);
        }
        // Deep enough for every way through the app; nobody goes back further.
        if self.back.len() > 20 {
            self.back.remove(0);
        }
        self.enter();
    }

    fn enter(&mut self) {
        self.typed.clear();
        self.search.clear();
        if let Screen::Count(_) = self.screen {
            self.missing.clear();
        }
        if let Screen::VisitStart(_) = self.screen {
            self.begin_visit();
        }
        // What was tapped is gathered, so that the code holds it. Where it cannot be, the screen says so by itself.
        if self.screen == Screen::HandOver
            && let Err(why) = self.tablet.hand_over(self.now_ms)
        {
            self.problem = Some(words(why));
        }
    }

    /// The school told what time it is: the board of the day that this tablet took for today gives way to today's.
    pub(super) fn day_is_known(&mut self, before: Date) {
        if self.screen == Screen::Board(before) && before != self.today() {
            self.screen = self.home();
        }
    }

    /// Something came from the school: who works has a name and a position now, and whoever sent it has confirmed this tablet.
    pub(super) fn learnt(&mut self) {
        if let Some(brief) = self.tablet.replica().brief() {
            self.matching = None;
            if let Some(listed) = brief.person(&self.person.id) {
                self.person = listed.person.clone();
            }
        }
    }

    /// Gives somebody else a PIN on this tablet.
    pub(super) fn give_pin(&mut self, door: &mut Door, fields: &Fields) -> Done {
        let id: PersonId = fields.get("who").parse().map_err(words)?;
        let person = people::staff(self.tablet.replica(), "who", id.as_str()).map_err(words)?;
        let (pin, again) = (fields.get("pin"), fields.get("again"));
        if pin != again {
            return Err("The two PINs differ: type the same one twice.".to_owned());
        }
        let chosen = Pin::chosen(pin).map_err(words)?;
        self.keyring.add(&id, &chosen).map_err(words)?;
        door.know(&person, digits(pin));
        self.screen = Screen::Me;
        Ok(Some(format!("{} can unlock this tablet now.", person.name)))
    }

    /// Everything else that a person does.
    pub(super) fn act(&mut self, action: Action, fields: &Fields) -> Done {
        match action {
            Action::Go(screen) => {
                self.go(screen);
                Ok(None)
            }
            Action::Turn(screen) => {
                self.screen = screen;
                self.enter();
                Ok(None)
            }
            Action::Back => {
                let home = self.home();
                self.screen = self.back.pop().unwrap_or(home);
                self.enter();
                Ok(None)
            }
            Action::CodeKept => {
                self.recovery = None;
                self.screen = self.home();
                Ok(None)
            }
            Action::Search => {
                fields.get("text").clone_into(&mut self.search);
                Ok(None)
            }
            Action::Undo => self.take_back_last(),
            Action::Mark(..) | Action::Letter(..) | Action::TakeBack(..) | Action::MarkRest(_) => {
                self.act_marks(action, fields)
            }
            Action::Digit(_)
            | Action::Rub
            | Action::SaveCount(_)
            | Action::Missing(..)
            | Action::LeftGroup(..)
            | Action::Rejoined(..)
            | Action::ShowGroup(_) => self.act_trip(action, fields),
            Action::Arrived(_) | Action::JustTime | Action::Name(_) | Action::Reason(..) => {
                self.act_gate(action)
            }
            Action::Visitor(_)
            | Action::VisitWhy(_)
            | Action::TypeAccount(_)
            | Action::StartVisit(_)
            | Action::AtDoor(_)
            | Action::Outcome(..)
            | Action::Facts(_)
            | Action::CardLeft(_)
            | Action::NextStep(_)
            | Action::WriteAccount(_)
            | Action::Agree(..)
            | Action::BackSafe(_) => self.act_visit(action, fields),
            Action::TakeBundle => self.take_bundle(fields),
            Action::Choose(..)
            | Action::Why(..)
            | Action::Decide(..)
            | Action::Amend(..)
            | Action::SignOff(..)
            | Action::Attempt(_)
            | Action::PickDays
            | Action::Focus(..)
            | Action::LeaveForNow(..)
            | Action::ChooseOther(..)
            | Action::Accept(..)
            | Action::Decline(..)
            | Action::Reverse(..)
            | Action::OpenSheet
            | Action::KeyRow(_)
            | Action::RowAt(_) => self.act_office(action, fields),
            // The others are of a locked app, or were taken before they come here.
            _ => Ok(None),
        }
    }
}

/// An error in words.
pub(super) fn words(error: impl std::fmt::Display) -> String {
    let mut text = error.to_string();
    if let Some(first) = text.get(..1) {
        let first = first.to_uppercase();
        text.replace_range(..1, &first);
    }
    text
}

/// How many digits a PIN has, where it is all digits: the last one then tries it. Otherwise none does.
pub(super) fn digits(pin: &str) -> u8 {
    if pin.chars().all(|letter| letter.is_ascii_digit()) {
        u8::try_from(pin.len()).unwrap_or(0)
    } else {
        0
    }
}
