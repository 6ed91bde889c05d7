//! Joining a school, and locking and unlocking.

use daymark_core::entry::Person;
use daymark_core::ids::PersonId;
use daymark_core::signature::{KEY_BYTES, SecretKey};
use daymark_sync_protocol::client::Incarnation;
use daymark_tablet::kept::Try;
use daymark_tablet::seal::{Cost, SealError};
use daymark_tablet::{
    Applicant, Enrolment, Home, Invitation, Keyring, Pin, RecoveryCode, Tablet as AnyTablet, people,
};

use super::open::{digits, words};
use super::{App, Door, Effect, Open, Stage};
use crate::action::{Action, Fields};

/// How long a screen stays open that nobody touches: a teacher's or the office's.
const LOCK_AFTER_MS: i64 = 2 * 60 * 1000;
/// The same at the gate, where one person stands all the time.
const LOCK_GATE_AFTER_MS: i64 = 20 * 60 * 1000;
/// The longest PIN that is typed on keys.
const DIGITS_MAX: usize = 12;

/// A school is being joined.
#[derive(Debug, Default)]
pub struct Joining {
    /// The invitation, where the address carried one.
    pub invitation: Option<String>,
    /// Whether this browser held a home that is gone.
    pub was_wiped: bool,
    /// What went wrong, in words.
    pub problem: Option<String>,
    /// The applicant, while the school is asked.
    pub asked: Option<Asked>,
}

/// What was sent to the school, and by whom.
#[derive(Debug)]
pub struct Asked {
    applicant: Applicant,
    fingerprint: Option<String>,
    person: PersonId,
    pin: Pin,
    digits: u8,
}

/// The screen is locked.
#[derive(Debug, Default)]
pub struct Lock {
    /// Who unlocks, once that is said.
    pub who: Option<PersonId>,
    /// The digits so far.
    pub typed: String,
    /// What went wrong.
    pub problem: Option<String>,
    /// Everything was covered at once: not even names are shown.
    pub is_cover: bool,
    /// The recovery code is asked for.
    pub is_recovery: bool,
    /// A try is counted and waits for the disk.
    pub trying: Option<Trying>,
}

/// A try that waits until its count is on the disk.
#[derive(Debug)]
pub struct Trying {
    counted: Try,
    pin: Pin,
}

impl Joining {
    pub(super) fn new(invitation: Option<String>, was_wiped: bool) -> Self {
        Self {
            invitation,
            was_wiped,
            ..Self::default()
        }
    }
}

impl Lock {
    pub(super) fn new(door: &Door) -> Self {
        let only = match door.people.as_slice() {
            [only] => Some(only.id.clone()),
            _ => None,
        };
        Self {
            who: only,
            ..Self::default()
        }
    }

    pub(super) fn of(mut self, person: &PersonId) -> Self {
        self.who = Some(person.clone());
        self
    }
}

fn random<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| format!("This browser gives no random numbers: {error}."))?;
    Ok(bytes)
}

impl App {
    fn joining(&mut self) -> Option<&mut Joining> {
        match &mut self.stage {
            Stage::Joining(joining) => Some(joining),
            _ => None,
        }
    }

    pub(super) fn act_joining(&mut self, action: &Action, fields: &Fields) {
        if *action != Action::Join {
            return;
        }
        let asked = self.application(fields);
        let Some(joining) = self.joining() else { return };
        match asked {
            Ok(asked) => {
                let body = asked.applicant.request().to_string();
                joining.problem = None;
                joining.asked = Some(asked);
                self.link.enrol(body);
            }
            Err(problem) => joining.problem = Some(problem),
        }
    }

    fn application(&mut self, fields: &Fields) -> Result<Asked, String> {
        let joining = self.joining().ok_or("This tablet has joined already.")?;
        if joining.asked.is_some() {
            return Err("The school is being asked already: wait a moment.".to_owned());
        }
        let text = fields
            .given("invitation")
            .or_else(|| joining.invitation.clone())
            .ok_or("Type the invitation that the office gave you.")?;
        let person: PersonId = fields.get("who").parse().map_err(words)?;
        let (pin, again) = (fields.get("pin"), fields.get("again"));
        if pin != again {
            return Err("The two PINs differ: type the same one twice.".to_owned());
        }
        let chosen = Pin::chosen(pin).map_err(words)?;
        // A link carries SECRET/FINGERPRINT; what is typed may be the text alone.
        let invitation = Invitation::read(&text);
        let (secret, fingerprint) = match (&invitation.school_key, invitation.secret.split_once('/')) {
            (Some(key), _) => (invitation.secret.clone(), Some(key.clone())),
            (None, Some((secret, key))) => (secret.to_owned(), Some(key.to_owned())),
            (None, None) => (invitation.secret.trim().to_owned(), None),
        };
        Ok(Asked {
            applicant: Applicant {
                invitation: secret,
                key: SecretKey::from_seed(&random::<KEY_BYTES>()?),
            },
            fingerprint,
            person,
            pin: chosen,
            digits: digits(pin),
        })
    }

    /// The school took the invitation.
    pub(super) fn enrolled(&mut self, answer: Result<Enrolment, String>) {
        let server = self.server.clone();
        let Some(joining) = self.joining() else { return };
        let Some(asked) = joining.asked.take() else { return };
        match answer.and_then(|enrolment| self.make_home(enrolment, asked, &server)) {
            Ok(open) => {
                self.stage = Stage::Open(Box::new(open));
                self.effect(Effect::AskToKeep);
            }
            Err(problem) => {
                if let Some(joining) = self.joining() {
                    joining.problem = Some(problem);
                }
            }
        }
    }

    fn make_home(&mut self, enrolment: Enrolment, asked: Asked, server: &str) -> Result<Open, String> {
        self.link.answer_next(&enrolment.challenge);
        let incarnation: Incarnation = random()?;
        let enrolled = asked
            .applicant
            .accept(enrolment, server, asked.fingerprint.as_deref(), incarnation)
            .map_err(words)?;
        let sealed = self.kept.seal(&asked.person, &asked.pin, Cost::BROWSER);
        let (keyring, recovery) = sealed.map_err(words)?;
        let mut tablet = AnyTablet::new(self.kept.open(&keyring).map_err(words)?);
        let code = enrolled.code.clone();
        tablet.enrolled(enrolled).map_err(words)?;
        // Name and position come with the first brief.
        let id = asked.person.clone();
        let person = Person::new(id.clone(), id.as_str(), "not known yet").map_err(words)?;
        self.door.know(&person, asked.digits);
        self.is_door_unwritten = true;
        let mut open = Open::new(tablet, keyring, person, self.now_ms)?;
        open.recovery = Some(recovery.to_words().to_string());
        open.matching = Some(code);
        Ok(open)
    }

    fn lock_mut(&mut self) -> Option<&mut Lock> {
        match &mut self.stage {
            Stage::Locked(lock) => Some(lock),
            Stage::Open(open) => open.lock.as_mut(),
            _ => None,
        }
    }

    pub(super) fn act_locked(&mut self, action: &Action, fields: &Fields) {
        let Some(lock) = self.lock_mut() else { return };
        if lock.trying.is_some() {
            return;
        }
        match action {
            Action::Who(person) => {
                lock.who = Some(person.clone());
                lock.typed.clear();
                lock.problem = None;
            }
            Action::NotMe => {
                *lock = Lock::default();
            }
            Action::Digit(digit) if lock.typed.len() < DIGITS_MAX => {
                lock.problem = None;
                lock.typed.push(char::from(b'0' + digit % 10));
                let (typed, who) = (lock.typed.len(), lock.who.clone());
                let digits = who
                    .and_then(|who| self.door.person(&who))
                    .map(|known| known.digits);
                if digits.is_some_and(|digits| usize::from(digits) == typed) {
                    self.count_try(None);
                }
            }
            Action::Rub => {
                lock.typed.pop();
            }
            Action::Unlock => self.count_try(fields.given("pin")),
            Action::Recover if lock.is_recovery => self.recover(fields),
            Action::Recover => lock.is_recovery = true,
            _ => {}
        }
    }

    /// Counts a try. It is made once the count is on the disk: ending the browser gives none back.
    fn count_try(&mut self, typed: Option<String>) {
        let Some(lock) = self.lock_mut() else { return };
        let pin = typed.unwrap_or_else(|| std::mem::take(&mut lock.typed));
        lock.typed.clear();
        let who = lock.who.clone();
        let counted = who.ok_or("Say who you are.".to_owned()).and_then(|who| {
            let pin = Pin::typed(&pin).map_err(words)?;
            let counted = self.kept.count(&who).map_err(refused)?;
            Ok(Trying { counted, pin })
        });
        let Some(lock) = self.lock_mut() else { return };
        match counted {
            Ok(trying) => {
                lock.trying = Some(trying);
                self.effect(Effect::GoOn);
            }
            Err(problem) => lock.problem = Some(problem),
        }
    }

    /// Makes the try whose count is on the disk.
    pub(super) fn make_try(&mut self) {
        let trying = self.lock_mut().and_then(|lock| lock.trying.take());
        let Some(trying) = trying else { return };
        let opened = self.kept.unlock(&trying.counted, &trying.pin);
        self.opened(opened.map_err(refused));
    }

    fn recover(&mut self, fields: &Fields) {
        let code = RecoveryCode::typed(fields.get("code")).map_err(words);
        let opened = code.and_then(|code| self.kept.recover(&code).map_err(words));
        let opened = opened.and_then(|mut keyring| {
            let id: PersonId = fields.get("who").parse().map_err(words)?;
            let pin = fields.get("pin");
            let chosen = Pin::chosen(pin).map_err(words)?;
            keyring.reset(&id, &chosen, Cost::BROWSER).map_err(words)?;
            let name = self.door.person(&id).map(|known| known.name.clone());
            let person = Person::new(
                id.clone(),
                name.as_deref().unwrap_or(id.as_str()),
                "not known yet",
            );
            self.door.know(&person.map_err(words)?, digits(pin));
            self.is_door_unwritten = true;
            let counted = self.kept.count(&id).map_err(refused)?;
            self.kept.unlock(&counted, &chosen).map_err(refused)
        });
        self.opened(opened);
    }

    fn opened(&mut self, opened: Result<Keyring, String>) {
        let done = opened.and_then(|keyring| self.enter(keyring));
        if let Err(problem) = done
            && let Some(lock) = self.lock_mut()
        {
            lock.problem = Some(problem);
        }
    }

    fn enter(&mut self, keyring: Keyring) -> Result<(), String> {
        let id = keyring.person().cloned().ok_or("Say who you are.")?;
        if let Stage::Open(open) = &mut self.stage {
            let is_other = open.person.id != id;
            open.person = person(&open.tablet, &id)?;
            open.keyring = keyring;
            open.lock = None;
            open.touched_ms = self.now_ms;
            if is_other {
                open.screen = open.home();
                open.back.clear();
                open.undo.clear();
                open.group = None;
            }
            return Ok(());
        }
        let home: Home<_> = match self.kept.open(&keyring) {
            Ok(home) => home,
            Err(error) => {
                // What is there does not open: it is kept, and shown as what it is.
                self.stage = Stage::Stopped(words(&error));
                return Ok(());
            }
        };
        let mut tablet = AnyTablet::new(home);
        tablet.expire(self.moment()).map_err(words)?;
        let person = person(&tablet, &id)?;
        let open = Open::new(tablet, keyring, person, self.now_ms)?;
        self.stage = Stage::Open(Box::new(open));
        self.link.try_now();
        Ok(())
    }

    /// Locks what nobody touches.
    pub(super) fn lock_when_idle(&mut self) {
        let due = self.lock_due_ms().is_some_and(|due| due <= self.now_ms);
        let lock = Lock::new(&self.door);
        if let (true, Stage::Open(open)) = (due, &mut self.stage) {
            open.lock_with(lock);
        }
    }

    pub(super) fn lock_due_ms(&self) -> Option<i64> {
        let open = self.open()?;
        let patience = if matches!(open.screen, crate::action::Screen::Gate(_)) {
            LOCK_GATE_AFTER_MS
        } else {
            LOCK_AFTER_MS
        };
        (open.lock.is_none() && open.recovery.is_none()).then(|| open.touched_ms + patience)
    }
}

/// Who a person is, as the school's list has them; before the first contact, the id alone.
fn person(tablet: &super::Tablet, id: &PersonId) -> Result<Person, String> {
    people::author(tablet.replica(), id, Some(id.as_str()), Some("not known yet")).map_err(words)
}

/// Why a PIN does not open, without the words of the command line.
fn refused(error: SealError) -> String {
    match error {
        SealError::WrongPin(1) => "Wrong PIN. 1 try is left.".to_owned(),
        SealError::WrongPin(left) => format!("Wrong PIN. {left} tries are left."),
        SealError::Destroyed => {
            "Wrong PIN for the last time: this PIN opens nothing any more. A colleague with a PIN can still unlock, and the office can with the recovery code. Nothing was deleted.".to_owned()
        }
        SealError::Locked => {
            "No PIN is left on this tablet. Hand it to the office: its recovery code opens it. Nothing was deleted.".to_owned()
        }
        SealError::NoPin(_) => {
            "You have no PIN on this tablet. A colleague who has one unlocks it and gives you one.".to_owned()
        }
        other => words(other),
    }
}
