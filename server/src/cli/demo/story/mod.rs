//! A school day in a minute: a trip, a fixture, the late gate, two welfare visits, and the clashes between them.

mod next;
mod trips;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use daymark_core::session::Date;
use serde_json::Value;

use super::history::is_held;
use super::page::Stage;
use super::school::{CLASS_SIZE, CLASSES, STAFF_CSV, number, pupils_csv};
use crate::cli::Failure;
use crate::cli::print::say;

/// Whose trip it is: class 4B, all thirty.
const TRIP_CLASS: usize = 9;
/// The fixture's team: the first eleven of class 6A.
const TEAM_CLASS: usize = 12;
const TEAM_SIZE: usize = 11;
/// A class that is taught in school all day.
pub(super) const HOME_CLASS: usize = 4;

/// The trip that is left to whoever looks: class 5B, all thirty, and who leads it.
pub(super) const FARM_CLASS: &str = CLASSES[FARM];
const FARM: usize = 11;
pub(super) const FARM_LEADER: &str = "c-dale";

/// The PIN of everybody in the demonstration.
const PIN: &str = "258013";

/// The tablets: what each is called, its role, its class where it has one, and who unlocks it first.
const TABLETS: [(&str, &str, &str, &str, &str); 6] = [
    ("office", "Office tablet", "office", "", "j-roe"),
    ("coach-a", "Coach A iPad", "teacher", "", "a-shah"),
    ("coach-b", "Coach B iPad", "teacher", "", "m-lee"),
    ("class-2a", "Class 2A tablet", "teacher", "2A", "t-quill"),
    ("gate", "Gate tablet", "gate", "", "g-hobbs"),
    ("visits", "Visit phone", "team", "", "k-osman"),
];

pub(super) struct Story {
    folder: PathBuf,
    pub(super) date: Date,
    school_year: i32,
    daymark: PathBuf,
    tablet: PathBuf,
    stage: Arc<Stage>,
}

impl Story {
    pub(super) fn new(
        folder: &Path,
        date: Date,
        school_year: i32,
        stage: Arc<Stage>,
    ) -> Result<Self, Failure> {
        let daymark = std::env::current_exe()?;
        let tablet = daymark.with_file_name(format!("daymark-tablet{}", std::env::consts::EXE_SUFFIX));
        if !tablet.exists() {
            return Err(format!(
                "the demo needs the tablet program at {}: build it with `cargo build --workspace --bins`, or run `cargo xtask demo`",
                tablet.display()
            )
            .into());
        }
        Ok(Self {
            folder: folder.to_owned(),
            date,
            school_year,
            daymark,
            tablet,
            stage,
        })
    }

    fn run(program: &Path, arguments: &[&str], accept: &[i32]) -> Result<String, Failure> {
        let output = Command::new(program)
            .args(arguments)
            .env("DAYMARK_PIN", PIN)
            .env("DAYMARK_NEW_PIN", PIN)
            .output()?;
        let code = output.status.code().unwrap_or(-1);
        if accept.contains(&code) {
            return Ok(String::from_utf8(output.stdout)?);
        }
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{name} {}` ended with {code}: {said}", arguments.join(" ")).into())
    }

    fn school(&self) -> String {
        self.folder.join("school").to_string_lossy().into_owned()
    }

    fn daymark(&self, arguments: &[&str]) -> Result<String, Failure> {
        let home = self.school();
        Self::run(&self.daymark, &[&["--home", &home], arguments].concat(), &[0, 3])
    }

    /// Runs a command of a tablet, with its clock at a time of today.
    fn on(&self, tablet: &str, clock: &str, by: &str, arguments: &[&str]) -> Result<String, Failure> {
        self.on_day(tablet, self.date, clock, by, arguments)
    }

    /// The same, on another day.
    pub(super) fn on_day(
        &self,
        tablet: &str,
        day: Date,
        clock: &str,
        by: &str,
        arguments: &[&str],
    ) -> Result<String, Failure> {
        let home = self.folder.join(tablet).to_string_lossy().into_owned();
        let at = format!("{day}T{clock}");
        let mut all = vec!["--home", &home, "--at", &at, "--by", by];
        all.extend(arguments);
        Self::run(&self.tablet, &all, &[0, 3])
    }

    fn sync(&self, tablet: &str, clock: &str) -> Result<(), Failure> {
        let known = TABLETS.iter().find(|(home, ..)| *home == tablet);
        let by = known.map_or("", |(.., by)| by);
        self.on(tablet, clock, by, &["sync"]).map(drop)
    }

    pub(super) fn tell(&self, server: &str) -> Result<(), Failure> {
        say!(
            "Setting up a made-up primary of {} pupils in {} classes ...",
            CLASSES.len() * CLASS_SIZE,
            CLASSES.len()
        );
        self.import()?;
        for (home, name, role, class, by) in TABLETS {
            self.enrol(server, home, (name, role, class), by)?;
        }
        // Two people share the phone of the home visits.
        self.on("visits", "08:00", "k-osman", &["pin", "add", "--staff", "p-fenn"])?;
        let trip = self.plan_trips()?;
        if is_held(self.date) {
            say!("The week before: the registers of class 2A ...");
            self.days_before()?;
        }
        say!("A day without signal: two coaches, the gate, a classroom and a doorstep ...");
        self.coaches(&trip)?;
        self.classroom_and_gate()?;
        let visit = self.doorsteps()?;
        say!("15:30, Wi-Fi again: every tablet sends what it holds ...");
        for (home, ..) in TABLETS.iter().skip(1) {
            self.sync(home, "15:30")?;
        }
        self.sync("office", "15:31")?;
        let open: Vec<Value> = serde_json::from_str(&self.daymark(&["--json", "conflicts", "list"])?)?;
        let count = |state: &str| open.iter().filter(|row| row["state"] == state).count();
        if count("disputed") != 2 || count("settled") != 2 {
            return Err(format!(
                "expected 2 disputed and 2 settled, found {} and {}",
                count("disputed"),
                count("settled")
            )
            .into());
        }
        self.what_next(server, &visit);
        Ok(())
    }

    fn import(&self) -> Result<(), Failure> {
        let staff = self.folder.join("staff.csv");
        std::fs::write(&staff, STAFF_CSV)?;
        self.daymark(&["import", "staff", &staff.to_string_lossy()])?;
        let pupils = self.folder.join("pupils.csv");
        std::fs::write(&pupils, pupils_csv(self.school_year))?;
        self.daymark(&["import", "roster", &pupils.to_string_lossy()])?;
        Ok(())
    }

    fn enrol(
        &self,
        server: &str,
        home: &str,
        (name, role, class): (&str, &str, &str),
        by: &str,
    ) -> Result<(), Failure> {
        let mut invite = vec!["--json", "device", "invite", "--name", name, "--role", role];
        if !class.is_empty() {
            invite.extend(["--class", class]);
        }
        let invited: Value = serde_json::from_str(&self.daymark(&invite)?)?;
        let secret = invited["invitation"].as_str().unwrap_or_default();
        let school_key = invited["school_key"].as_str().unwrap_or_default();
        let enrol = [
            "--json",
            "enrol",
            "--server",
            server,
            "--invitation",
            secret,
            "--school-key",
            school_key,
            "--pin-cost",
            "insecure-test",
        ];
        let enrolled: Value = serde_json::from_str(&self.on(home, "07:55", by, &enrol)?)?;
        // The office compares the codes on both screens.
        let code = enrolled["code"].as_str().unwrap_or_default();
        self.daymark(&[
            "device",
            "confirm",
            &enrolled["device"].to_string(),
            "--code",
            code,
        ])?;
        self.sync(home, "08:00")
    }

    fn device(&self, name: &str) -> Result<String, Failure> {
        let devices: Vec<Value> = serde_json::from_str(&self.daymark(&["--json", "device", "list"])?)?;
        let found = devices.iter().find(|device| device["name"] == name);
        Ok(found
            .map(|device| device["device"].to_string())
            .ok_or("a tablet that was not enrolled")?)
    }

    /// On the coach: 28 climb on, one is missing to both adults, and about one the two adults differ.
    fn coaches(&self, trip: &str) -> Result<(), Failure> {
        let pupil = |place: usize| number(TRIP_CLASS, place).to_string();
        let marks = |code: &str, places: std::ops::Range<usize>| {
            let mut mark: Vec<String> = ["mark", "--session", "AM", "--code", code, "--trip", trip]
                .map(str::to_owned)
                .to_vec();
            mark.extend(places.flat_map(|place| ["--pupil".to_owned(), pupil(place)]));
            mark
        };
        let on = |tablet: &str, clock: &str, by: &str, arguments: Vec<String>| {
            self.on(
                tablet,
                clock,
                by,
                &arguments.iter().map(String::as_str).collect::<Vec<_>>(),
            )
        };
        on("coach-a", "08:49:00", "a-shah", marks("V", 0..29))?;
        on("coach-b", "08:51:30", "m-lee", marks("N", 28..30))?;
        self.on(
            "coach-a",
            "08:52",
            "a-shah",
            &[
                "trip",
                "count",
                trip,
                "--found",
                "28",
                "--place",
                "School gate",
                "--missing",
                &pupil(29),
            ],
        )?;
        self.on(
            "coach-a",
            "12:10",
            "a-shah",
            &[
                "trip",
                "left",
                trip,
                "--pupil",
                &pupil(5),
                "--with",
                "Ms Cole, mother",
            ],
        )?;
        Ok(())
    }

    /// In class everybody is marked; the gate sees three of the missing arrive, one of them twice in two ways.
    fn classroom_and_gate(&self) -> Result<(), Failure> {
        let pupil = |place: usize| number(HOME_CLASS, place).to_string();
        let mut present = vec!["mark", "--session", "AM", "--code", "/"];
        let here: Vec<String> = (3..CLASS_SIZE).map(pupil).collect();
        present.extend(here.iter().flat_map(|pupil| ["--pupil", pupil]));
        self.on("class-2a", "08:56", "t-quill", &present)?;
        let (first, second, third) = (pupil(0), pupil(1), pupil(2));
        let missing = [
            "mark",
            "--session",
            "AM",
            "--code",
            "N",
            "--pupil",
            &first,
            "--pupil",
            &second,
            "--pupil",
            &third,
        ];
        self.on("class-2a", "08:57", "t-quill", &missing)?;
        for (clock, code, pupil) in [("09:02", "L", &first), ("09:08", "L", &second)] {
            self.on(
                "gate",
                clock,
                "g-hobbs",
                &[
                    "mark",
                    "--session",
                    "AM",
                    "--code",
                    code,
                    "--pupil",
                    pupil,
                    "--arrived",
                    clock,
                ],
            )?;
        }
        // The gate thinks that it sees somebody whom the class teacher has in front of them.
        let wrong = pupil(7);
        self.on(
            "gate",
            "09:10",
            "g-hobbs",
            &[
                "mark",
                "--session",
                "AM",
                "--code",
                "L",
                "--pupil",
                &wrong,
                "--arrived",
                "09:10",
            ],
        )?;
        Ok(())
    }

    /// Two visits by the attendance team: nobody answers the first; the second child is seen through a window.
    fn doorsteps(&self) -> Result<String, Failure> {
        let start = |pupil: String, clock: &str| -> Result<String, Failure> {
            let made = self.on(
                "visits",
                clock,
                "k-osman",
                &[
                    "--json",
                    "visit",
                    "start",
                    "--pupil",
                    &pupil,
                    "--trigger",
                    "3 days of unauthorised absence",
                    "--visitor",
                    "k-osman",
                    "--visitor",
                    "p-fenn",
                ],
            )?;
            let made: Value = serde_json::from_str(&made)?;
            Ok(made["visit"].as_str().unwrap_or_default().to_owned())
        };
        let first = start(number(7, 11).to_string(), "10:15")?;
        self.on(
            "visits",
            "10:20",
            "k-osman",
            &["visit", "record", &first, "--arrived"],
        )?;
        self.on(
            "visits",
            "10:21",
            "k-osman",
            &["visit", "record", &first, "--outcome", "no-answer"],
        )?;
        self.on(
            "visits",
            "10:24",
            "k-osman",
            &["visit", "record", &first, "--card"],
        )?;
        let second = start(number(10, 3).to_string(), "10:45")?;
        self.on(
            "visits",
            "10:50",
            "k-osman",
            &["visit", "record", &second, "--arrived"],
        )?;
        self.on(
            "visits",
            "10:51",
            "k-osman",
            &["visit", "record", &second, "--outcome", "seen-through-window"],
        )?;
        self.on(
            "visits",
            "10:55",
            "k-osman",
            &[
                "visit",
                "account",
                &second,
                "--facts",
                "Curtain moved upstairs; a child looked out.",
            ],
        )?;
        self.on(
            "visits",
            "11:05",
            "p-fenn",
            &[
                "visit",
                "account",
                &second,
                "--facts",
                "A child at the upper left window, waved once.",
            ],
        )?;
        self.on(
            "visits",
            "11:10",
            "p-fenn",
            &["visit", "record", &second, "--back-safe"],
        )?;
        Ok(second)
    }
}
