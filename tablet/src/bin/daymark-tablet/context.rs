//! What every command knows: the home, the clock, the person, how to print.

use std::cell::OnceCell;
use std::path::PathBuf;

use daymark_core::entry::{Duty, Person};
use daymark_core::ids::{ClassName, PersonId, TripId};
use daymark_core::item::{Stamp, Statement};
use daymark_core::record::Author;
use daymark_core::session::Date;
use daymark_sync_protocol::client::Replica;
use daymark_tablet::folder::{self, Opened};
use daymark_tablet::{DeviceClock, FolderStorage, Home, HomeError, Moment, Pin, Tablet, people};
use serde::Serialize;

use crate::args::Global;
use crate::error::CliError;
use crate::pin_text::{self, OLD_PIN};

pub(crate) type FileTablet = Tablet<FolderStorage>;

#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) home: PathBuf,
    pub(crate) clock: DeviceClock,
    pub(crate) moment: Moment,
    pub(crate) date: Date,
    /// The date, where one was given.
    pub(crate) named_date: Option<Date>,
    pub(crate) by: Option<PersonId>,
    pub(crate) pin_file: Option<PathBuf>,
    /// Whose PIN opened the home.
    unlocked_by: OnceCell<PersonId>,
    name: Option<String>,
    position: Option<String>,
    pub(crate) json: bool,
}

/// Under which duty: the flags that several commands share.
#[derive(Debug, Clone, clap::Args)]
#[group(required = false, multiple = false)]
pub(crate) struct DutyArgs {
    /// Under which trip.
    #[arg(long, value_name = "UUID")]
    pub(crate) trip: Option<TripId>,
    /// For which class.
    #[arg(long, value_name = "NAME")]
    pub(crate) class: Option<ClassName>,
    /// At the late gate.
    #[arg(long)]
    pub(crate) gate: bool,
    /// As the office.
    #[arg(long)]
    pub(crate) office: bool,
}

impl DutyArgs {
    fn named(&self) -> Option<Duty> {
        if let Some(trip) = self.trip {
            Some(Duty::Trip(trip))
        } else if let Some(class) = &self.class {
            Some(Duty::Class(class.clone()))
        } else if self.gate {
            Some(Duty::Gate)
        } else {
            self.office.then_some(Duty::Office)
        }
    }

    /// The duty named, or the only one that the grant allows on the date.
    pub(crate) fn resolve(&self, replica: &Replica, date: Date) -> Result<Duty, CliError> {
        let Some(duty) = self.named() else {
            return Ok(people::only_duty(replica, date)?);
        };
        let sheet = Replica::sheet(date, &duty);
        let grant = replica.grant()?;
        let along = match &duty {
            Duty::Trip(trip) => replica
                .document(&daymark_core::document_id::DocumentId::Trip(*trip))
                .is_some(),
            _ => false,
        };
        if grant.may_read(&sheet, along) {
            return Ok(duty);
        }
        let remedy = match duty {
            Duty::Trip(_) => "sync to fetch the trip, or ask the office to send this tablet along",
            _ => "ask the office to enrol it for that",
        };
        Err(CliError::Failed(format!(
            "this tablet ({} of {}) has no duty {duty}: {remedy}",
            grant.role,
            replica.identity()?.name
        )))
    }
}

impl Context {
    pub(crate) fn new(global: Global) -> Result<Self, CliError> {
        let home = global.home.ok_or_else(|| {
            CliError::Usage("say which tablet: give --home DIR, or set DAYMARK_HOME".to_owned())
        })?;
        let clock = global.at.map_or(DeviceClock::System, DeviceClock::set_to);
        let moment = clock.moment();
        let date = global.date.or_else(|| moment.date()).ok_or_else(|| {
            CliError::Usage("the clock is outside the years 2000 to 2179: give --date and --at".to_owned())
        })?;
        Ok(Self {
            home,
            clock,
            moment,
            date,
            named_date: global.date,
            by: global.by,
            pin_file: global.pin_file,
            unlocked_by: OnceCell::new(),
            name: global.name,
            position: global.position,
            json: global.json,
        })
    }

    /// Opens the home, and unlocks it where it is sealed.
    pub(crate) fn open(&self) -> Result<FileTablet, CliError> {
        let home = self.unlock(folder::open(&self.home).map_err(HomeError::from)?)?;
        home.replica().identity()?;
        let mut tablet = Tablet::new(home);
        if tablet.expire(self.moment)? {
            eprintln!(
                "daymark-tablet: the names of pupils may not be used here any more, and are gone: sync to fetch them anew. Marks are kept."
            );
        }
        Ok(tablet)
    }

    /// Unlocks a home that was found, with the PIN that is given or asked for.
    pub(crate) fn unlock(&self, opened: Opened) -> Result<Home<FolderStorage>, CliError> {
        let storage = match opened {
            Opened::Plain(_) if pin_text::is_given(self.pin_file.as_deref(), &OLD_PIN) => {
                return Err(CliError::Usage(format!(
                    "{} is not sealed, so a PIN protects nothing there: leave the PIN out, or enrol a tablet anew with one",
                    self.home.display()
                )));
            }
            Opened::Plain(plain) => FolderStorage::Plain(plain),
            Opened::Locked(locked) => {
                let pin = pin_text::read(self.pin_file.as_deref(), &OLD_PIN)?;
                let pin = Pin::typed(&pin)?;
                locked.unlock(self.by.as_ref(), &pin).map_err(HomeError::from)?
            }
        };
        self.started(storage)
    }

    /// Replays a home. What was found torn is told, and does not stop anything; a PIN that protects little is told too.
    pub(crate) fn started(&self, storage: FolderStorage) -> Result<Home<FolderStorage>, CliError> {
        let home = Home::start(storage)?;
        if let Some(torn) = home.torn() {
            eprintln!("daymark-tablet: {torn}");
        }
        if let Some(keyring) = home.keyring() {
            pin_text::warn_if_insecure(keyring.cost());
            if let Some(person) = keyring.person() {
                self.unlocked_by.get_or_init(|| person.clone());
            }
        }
        Ok(home)
    }

    /// Who uses the tablet: whoever unlocked it; where it is not sealed, whoever is named.
    pub(crate) fn who(&self) -> Option<&PersonId> {
        self.unlocked_by.get().or(self.by.as_ref())
    }

    pub(crate) fn person(&self, replica: &Replica) -> Result<Person, CliError> {
        let id = self
            .who()
            .ok_or_else(|| CliError::Usage("say who: give --by STAFF_ID".to_owned()))?;
        Ok(people::author(
            replica,
            id,
            self.name.as_deref(),
            self.position.as_deref(),
        )?)
    }

    pub(crate) fn author(&self, tablet: &FileTablet, duty: Duty) -> Result<Author, CliError> {
        let person = self.person(tablet.replica())?;
        Ok(tablet.author(duty, person, self.moment)?)
    }

    pub(crate) fn stamp(&self, tablet: &FileTablet) -> Result<Stamp, CliError> {
        let person = self.person(tablet.replica())?;
        Ok(tablet.stamp(person, self.moment)?)
    }

    /// A statement that replaces nothing.
    pub(crate) fn statement<T>(&self, tablet: &FileTablet, body: T) -> Result<Statement<T>, CliError> {
        Ok(Statement {
            stamp: self.stamp(tablet)?,
            supersedes: std::collections::BTreeSet::new(),
            reason: None,
            body,
        })
    }

    /// Prints a value as JSON, or as the text for people.
    pub(crate) fn show(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), CliError> {
        let mut shown = if self.json {
            serde_json::to_string_pretty(value)?
        } else {
            text().trim_end().to_owned()
        };
        shown.push('\n');
        // A reader that has seen enough, such as `head`, closes the pipe: no fault of the command.
        match std::io::Write::write_all(&mut std::io::stdout(), shown.as_bytes()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// Lines in columns, each as wide as its widest cell.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let padded: Vec<String> = cells.map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
