//! What the app knows and does.

mod door;
mod gate;
mod hand;
mod link;
mod lock;
mod marks;
mod office;
mod open;
mod remote;
mod trip;
mod visit;

use daymark_tablet::kept::Unwritten;
use daymark_tablet::{Kept, Moment};

pub use door::{Door, Known, Prefs};
pub use gate::{Arrival, GateState, JustTime, REASONS};
pub use hand::Hand;
pub use link::{Link, Request, Response, Signal};
pub use lock::{Joining, Lock, Trying};
pub use marks::Undoable;
pub use office::{AMEND_WHYS, At, Choice, LedgerFilter, OfficeState, WHYS};
pub(crate) use office::{monday, sheet};
pub use open::{Open, Tablet};
pub use remote::{DeviceShown, Imported, Invited, LeftOut, Plan, PlanRow, Remote};
pub use trip::Counted;
pub use visit::{Account, Step, TELL_LEAD, Visit, VisitState, first_name, how_long};

use crate::action::{Action, Fields, Screen, Theme};
use crate::view::{self, Page};

/// What the browser's store holds when the app starts.
#[derive(Debug, Default)]
pub struct Start {
    /// The device's secret: of a key that no script can read.
    pub secret: [u8; 32],
    /// The wrapped keys, where a home was made.
    pub slots: Option<Vec<u8>>,
    /// What may be shown while locked, sealed.
    pub door: Option<Vec<u8>>,
    /// The sealed records, in order.
    pub records: Vec<Vec<u8>>,
    /// Where the page came from: the school's server.
    pub server: String,
    /// An invitation that the address carried.
    pub invitation: Option<String>,
    /// Whether the browser promised to keep the store.
    pub is_kept: bool,
    /// Whether this browser held a home before and holds none now.
    pub was_wiped: bool,
    /// Why the app had to start anew, in words, where a write failed.
    pub problem: Option<String>,
}

/// What must be done outside, in the order given.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Written in one transaction that is on the disk before the next page is shown.
    Keep {
        /// Records and keys.
        unwritten: Unwritten,
        /// What may be shown while locked, sealed.
        door: Option<Vec<u8>>,
    },
    /// A request to the school; the answer comes back under its number.
    Ask(Request),
    /// The school's stream of events, opened with this pass; `None` closes it.
    Listen(Option<String>),
    /// A file for the person.
    Save {
        /// What it is called.
        name: String,
        /// Its media type.
        media_type: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The camera on or off.
    Camera(bool),
    /// Asks the browser to keep the store for good.
    AskToKeep,
    /// Calls [`App::go_on`] once what is kept is on the disk.
    GoOn,
}

/// Where the app stands.
#[derive(Debug)]
pub enum Stage {
    /// No home: a school is to be joined.
    Joining(Box<Joining>),
    /// A home that nobody has unlocked since the start.
    Locked(Lock),
    /// A person works.
    Open(Box<Open>),
    /// It cannot go on.
    Stopped(String),
}

/// The app.
#[derive(Debug)]
pub struct App {
    pub(crate) kept: Kept,
    pub(crate) door: Door,
    pub(crate) is_door_unwritten: bool,
    pub(crate) stage: Stage,
    pub(crate) link: Link,
    pub(crate) now_ms: i64,
    pub(crate) server: String,
    pub(crate) is_kept: bool,
    pub(crate) said: Option<String>,
    effects: Vec<Effect>,
}

impl App {
    /// Starts with what the store holds. `now_ms` is the device's clock: unix milliseconds.
    pub fn start(start: Start, now_ms: i64) -> Self {
        let kept = Kept::new(start.slots, start.records, start.secret);
        let door = start.door.as_deref().and_then(|sealed| kept.open_door(sealed));
        let door = door.and_then(|plain| Door::decode(&plain)).unwrap_or_default();
        let stage = if kept.is_made() {
            let mut lock = Lock::new(&door);
            lock.problem = start.problem;
            Stage::Locked(lock)
        } else {
            let mut joining = Joining::new(start.invitation, start.was_wiped);
            joining.problem = start.problem;
            Stage::Joining(Box::new(joining))
        };
        Self {
            kept,
            door,
            is_door_unwritten: false,
            stage,
            link: Link::default(),
            now_ms,
            server: start.server,
            is_kept: start.is_kept,
            said: None,
            effects: Vec::new(),
        }
    }

    /// A person did something.
    pub fn act(&mut self, action: Action, fields: &Fields, now_ms: i64) {
        self.now_ms = now_ms;
        self.said = None;
        if let Action::Look(theme) = action {
            self.door.prefs.theme = theme;
            self.is_door_unwritten = true;
        } else if action == Action::OtherHand {
            self.door.prefs.left_handed = !self.door.prefs.left_handed;
            self.is_door_unwritten = true;
        } else {
            match &mut self.stage {
                Stage::Joining(_) => self.act_joining(&action, fields),
                Stage::Locked(_) => self.act_locked(&action, fields),
                Stage::Open(open) if open.lock.is_some() => self.act_locked(&action, fields),
                Stage::Open(_) => self.act_open(action, fields),
                Stage::Stopped(_) => {}
            }
        }
        self.after();
    }

    /// What was owed is on the disk: what waited for that goes on.
    pub fn go_on(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
        self.make_try();
        self.after();
    }

    /// The school answered a request, or could not be reached.
    pub fn answered(&mut self, response: Response, now_ms: i64) {
        self.now_ms = now_ms;
        self.take_answer(response);
        self.after();
    }

    /// Bytes of the school's stream; `None` when it has ended.
    pub fn heard(&mut self, bytes: Option<&[u8]>, now_ms: i64) {
        self.now_ms = now_ms;
        self.take_stream(bytes);
        self.after();
    }

    /// Time went by, or the browser says that there is a network again.
    pub fn tick(&mut self, is_online_again: bool, now_ms: i64) {
        self.now_ms = now_ms;
        self.pass_time(is_online_again);
        self.after();
    }

    /// The device's clock jumped on while the app was open: the device slept, or somebody set its clock. The school is
    /// asked what time it is, and until it answers the clock is in doubt.
    pub fn clock_jumped(&mut self, by_ms: i64, now_ms: i64) {
        if let Stage::Open(open) = &mut self.stage {
            open.tablet.clock_jumped(by_ms);
        }
        self.tick(true, now_ms);
    }

    /// The browser says whether it will keep the store.
    pub fn kept_for_good(&mut self, is_kept: bool) {
        self.is_kept = is_kept;
    }

    /// When [`App::tick`] is due: unix milliseconds of the device's clock.
    pub fn wake_at(&self) -> i64 {
        let due = [self.link.due_ms(), self.lock_due_ms(), self.screen_due_ms()];
        due.into_iter().flatten().min().unwrap_or(self.now_ms + 60_000)
    }

    /// What must be done outside now. [`Effect::Keep`] comes first.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        let unwritten = self.kept.take_unwritten();
        let door = if self.is_door_unwritten {
            self.is_door_unwritten = false;
            self.kept.seal_door(&self.door.encode()).ok()
        } else {
            None
        };
        if !unwritten.is_empty() || door.is_some() {
            effects.push(Effect::Keep { unwritten, door });
        }
        effects.append(&mut self.effects);
        effects
    }

    /// Whether the app may be replaced by a newer one now: nobody works with it, and nothing waits here.
    pub fn may_update(&self) -> bool {
        match &self.stage {
            Stage::Joining(joining) => joining.asked.is_none(),
            Stage::Locked(_) | Stage::Stopped(_) => true,
            Stage::Open(open) => open.lock.is_some() && open.tablet.replica().not_yet_sent() == 0,
        }
    }

    /// Whether this browser holds a tablet's home.
    pub fn has_home(&self) -> bool {
        self.kept.is_made()
    }

    /// The page as it is now.
    pub fn page(&self) -> Page {
        view::page(self)
    }

    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment::from_unix_ms(self.now_ms)
    }

    pub(crate) fn open(&self) -> Option<&Open> {
        match &self.stage {
            Stage::Open(open) => Some(open),
            _ => None,
        }
    }

    /// The look: of this tablet, and not of a person.
    pub fn theme(&self) -> Theme {
        self.door.prefs.theme
    }

    /// What is shown.
    pub fn screen(&self) -> Option<&Screen> {
        self.open().map(|open| &open.screen)
    }

    fn after(&mut self) {
        if let Stage::Open(open) = &mut self.stage {
            open.now_ms = self.now_ms;
            if let Some(door) = Door::learnt(&self.door, open) {
                self.door = door;
                self.is_door_unwritten = true;
            }
        }
        self.look_at_devices();
        self.go_to_school();
    }

    fn act_open(&mut self, action: Action, fields: &Fields) {
        let Stage::Open(open) = &mut self.stage else {
            return;
        };
        open.now_ms = self.now_ms;
        open.touched_ms = self.now_ms;
        open.problem = None;
        let done = match action {
            Action::Lock => {
                let lock = Lock::new(&self.door);
                open.lock_with(lock);
                return;
            }
            Action::Cover => {
                let mut lock = Lock::new(&self.door).of(&open.person.id);
                lock.is_cover = true;
                open.lock_with(lock);
                return;
            }
            Action::TryNow => {
                self.link.try_now();
                self.said = Some("Trying now.".to_owned());
                return;
            }
            Action::Scan(on) => {
                open.hand.is_scanning = on;
                self.effects.push(Effect::Camera(on));
                return;
            }
            Action::GivePin => {
                let done = open.give_pin(&mut self.door, fields);
                self.is_door_unwritten |= done.is_ok();
                done
            }
            Action::ReadMessage(at_ms) => {
                open.heard = Some(at_ms);
                Ok(Some("The office is told that it was read.".to_owned()))
            }
            Action::SaveBundle => match open.bundle_file() {
                Ok(file) => {
                    self.effects.push(file);
                    Ok(None)
                }
                Err(why) => Err(why),
            },
            Action::Invite
            | Action::Confirm(..)
            | Action::ReportLost(_)
            | Action::GiveDuty(_)
            | Action::Retire(_)
            | Action::WriteTo(_)
            | Action::ReadDevices
            | Action::CheckLedger
            | Action::SendSheet(_)
            | Action::Import { .. }
            | Action::Save(_) => open.ask_school(&mut self.link, &action, fields),
            other => open.act(other, fields),
        };
        match done {
            Ok(said) => {
                self.said = said;
                self.link.wants_soon(self.now_ms);
            }
            Err(why) => open.problem = Some(why),
        }
    }
}
