//! `daymark-tablet`: each call a process of its own, over one home folder. Homes are sealed, at next to no cost; every
//! adult unlocks with a PIN of their own, which they are given when they first use a tablet.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use daymark_tablet::folder::{self, Opened};
use daymark_tablet::{Pin, Storage};
use serde_json::Value;

use super::{DAY, Ran, binaries};

/// Who enrols every tablet, and unlocks it where nobody is named: Mrs Roe of the office.
const KEEPER: &str = "j-roe";

/// A tablet's home folder.
#[derive(Debug, Clone)]
pub struct Tablet {
    home: PathBuf,
    /// The number that the school gave it.
    pub device: u64,
    /// Who has a PIN there; `None` where the home is not sealed.
    people: Option<Arc<Mutex<BTreeSet<String>>>>,
}

/// Somebody, or nobody, at a tablet whose clock shows a time.
#[derive(Debug, Clone)]
pub struct At<'a> {
    tablet: &'a Tablet,
    moment: String,
    by: Option<&'a str>,
}

impl Tablet {
    /// Enrols a tablet over HTTP. It may speak once its school has confirmed it by the code, which comes with it.
    pub fn enrol(home: PathBuf, server: &str, invitation: &str) -> (Self, String) {
        let enrolled = Self::try_enrol(&home, server, invitation).done();
        Self::enrolled(home, &enrolled)
    }

    /// The tablet that an `enrol` has made.
    pub fn enrolled(home: PathBuf, enrolled: &Value) -> (Self, String) {
        let device = enrolled["device"].as_u64().expect("a number");
        let code = enrolled["code"].as_str().expect("a code").to_owned();
        let people = Arc::new(Mutex::new([KEEPER.to_owned()].into()));
        let tablet = Self {
            home,
            device,
            people: Some(people),
        };
        (tablet, code)
    }

    /// Enrols a tablet whose home is not sealed, and its code with it.
    pub fn enrol_unsealed(home: PathBuf, server: &str, invitation: &str) -> (Self, String) {
        let mut command = Command::new(binaries::daymark_tablet());
        command.arg("--home").arg(&home).args(["--json", "enrol"]);
        command.args(["--server", server, "--invitation", invitation, "--unsealed"]);
        let enrolled = Ran::of(&mut command).done();
        let (tablet, code) = Self::enrolled(home, &enrolled);
        let tablet = Self {
            people: None,
            ..tablet
        };
        (tablet, code)
    }

    /// Runs `enrol`.
    pub fn try_enrol(home: &Path, server: &str, invitation: &str) -> Ran {
        Self::try_enrol_with(home, server, invitation, &[])
    }

    /// Runs `enrol` with further arguments, such as a school's authority.
    pub fn try_enrol_with(home: &Path, server: &str, invitation: &str, more: &[&str]) -> Ran {
        let mut command = Command::new(binaries::daymark_tablet());
        command
            .arg("--home")
            .arg(home)
            .env("DAYMARK_PIN", pin_of(KEEPER))
            .args(["--json", "--by", KEEPER, "enrol", "--server", server])
            .args(["--pin-cost", "insecure-test"]);
        Ran::of(command.args(["--invitation", invitation]).args(more))
    }

    /// Its home folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Another tablet over a copy of everything in its folder, as it is now.
    #[must_use]
    pub fn copy_to(&self, home: PathBuf) -> Self {
        copy_files(&self.home, &home);
        let people = self.people.as_ref().map(|people| {
            let people = people.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::new(Mutex::new(people.clone()))
        });
        Self {
            home,
            device: self.device,
            people,
        }
    }

    /// At a time of the day: `08:40`, or another day's: `2025-03-02T08:40:00`.
    pub fn at(&self, time: &str) -> At<'_> {
        let moment = if time.contains('T') {
            time.to_owned()
        } else {
            format!("{DAY}T{time}:00")
        };
        At {
            tablet: self,
            moment,
            by: None,
        }
    }

    /// A person at a time.
    pub fn by<'a>(&'a self, person: &'a str, time: &str) -> At<'a> {
        At {
            by: Some(person),
            ..self.at(time)
        }
    }

    /// Mr Osman and Ms Fenn start a home visit. Its id.
    pub fn start_visit(&self, time: &str, pupil: u64, trigger: &str) -> String {
        let pupil = pupil.to_string();
        let about = ["visit", "start", "--pupil", &pupil, "--trigger", trigger];
        let pair = ["--visitor", "k-osman", "--visitor", "p-fenn"];
        let made = self.by("k-osman", time).run(&[&about[..], &pair[..]].concat());
        made.done()["visit"].as_str().expect("an id").to_owned()
    }

    /// Syncs, and nothing may be refused.
    #[track_caller]
    pub fn sync(&self, time: &str) -> Value {
        self.at(time).run(&["sync"]).done()
    }

    /// The rows of `register`.
    #[track_caller]
    pub fn rows(&self, time: &str, arguments: &[&str]) -> Vec<Value> {
        let shown = self.at(time).run(&[&["register"], arguments].concat()).done();
        shown["rows"].as_array().expect("rows").clone()
    }

    /// One pupil's row of `register`.
    #[track_caller]
    pub fn row(&self, time: &str, session: &str, pupil: u64) -> Value {
        let rows = self.rows(time, &["--session", session]);
        let row = rows.iter().find(|row| row["pupil"] == pupil);
        row.unwrap_or_else(|| panic!("pupil {pupil} has a row: {rows:?}"))
            .clone()
    }

    /// How many marks and statements the school has not acknowledged.
    pub fn pending(&self) -> u64 {
        let pending = self.at("12:00").run(&["pending"]).value();
        pending["not_yet_sent"].as_u64().expect("a count")
    }

    /// Every byte that it keeps, as it lies in its folder.
    pub fn files(&self) -> Vec<u8> {
        let files = std::fs::read_dir(&self.home).expect("a home folder");
        let paths = files.map(|file| file.expect("a file").path());
        paths
            .flat_map(|path| std::fs::read(path).unwrap_or_default())
            .collect()
    }

    /// Every byte of its records, unsealed.
    pub fn bytes(&self) -> Vec<u8> {
        // In a copy: a command that another test starts meanwhile holds this program's locks for a moment.
        let copy = tempfile::tempdir().expect("a temporary folder");
        copy_files(&self.home, copy.path());
        let Ok(Opened::Locked(locked)) = folder::open(copy.path()) else {
            panic!("{} is a sealed home", self.home.display());
        };
        let (keeper, pin) = (KEEPER.parse().expect("an id"), Pin::typed(&pin_of(KEEPER)));
        let mut records = locked
            .unlock(Some(&keeper), &pin.expect("a PIN"))
            .expect("the keeper's PIN opens it");
        records.replay().expect("records").concat()
    }

    /// Gives somebody a PIN there, unless they have one.
    fn admit(&self, person: &str) {
        let Some(people) = &self.people else { return };
        let mut people = people.lock().unwrap_or_else(PoisonError::into_inner);
        if !people.insert(person.to_owned()) {
            return;
        }
        let mut command = Command::new(binaries::daymark_tablet());
        command
            .env("DAYMARK_PIN", pin_of(KEEPER))
            .env("DAYMARK_NEW_PIN", pin_of(person))
            .arg("--home")
            .arg(&self.home)
            .args(["--json", "--by", KEEPER, "pin", "add", "--staff", person]);
        Ran::of(&mut command).done();
    }
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for file in std::fs::read_dir(from).expect("a home folder") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), to.join(file.file_name())).expect("copied");
    }
}

/// A person's PIN.
fn pin_of(person: &str) -> String {
    format!("the PIN of {person}")
}

/// Whether some bytes hold others.
pub fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

impl At<'_> {
    /// Runs `daymark-tablet`.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let person = self.by.unwrap_or(KEEPER);
        self.tablet.admit(person);
        let mut command = Command::new(binaries::daymark_tablet());
        if self.tablet.people.is_some() {
            command.env("DAYMARK_PIN", pin_of(person));
        }
        command
            .arg("--home")
            .arg(&self.tablet.home)
            .args(["--json", "--at", &self.moment, "--by", person]);
        Ran::of(command.args(arguments))
    }

    /// Plans a trip that Mrs Shah leads, with `trip create`; who supervises is among `more`.
    pub fn plan(&self, title: &str, code: &str, sessions: &[&str], pupils: &[u64], more: &[&str]) -> Ran {
        let pupils: Vec<String> = pupils.iter().map(ToString::to_string).collect();
        let mut arguments = vec!["trip", "create", "--title", title, "--code", code];
        arguments.extend(["--leader", "a-shah"]);
        arguments.extend(sessions.iter().flat_map(|session| ["--session", session]));
        arguments.extend(pupils.iter().flat_map(|pupil| ["--pupil", pupil]));
        arguments.extend(more);
        self.run(&arguments)
    }

    /// Marks pupils with a code.
    pub fn mark(&self, session: &str, code: &str, pupils: &[u64], more: &[&str]) -> Ran {
        let pupils: Vec<String> = pupils.iter().map(ToString::to_string).collect();
        let mut arguments = vec!["mark", "--session", session, "--code", code];
        arguments.extend(pupils.iter().flat_map(|pupil| ["--pupil", pupil]));
        arguments.extend(more);
        self.run(&arguments)
    }
}
