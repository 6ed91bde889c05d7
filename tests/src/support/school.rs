//! A made-up primary school, served by the real command. No name is a real person's.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use daymark_core::upn::Upn;
use serde_json::Value;
use tempfile::TempDir;

use super::server::{NotServing, Server};
use super::{Answer, Ran, Tablet, Wire, binaries};

/// The day on which everything happens: a Monday.
pub const DAY: &str = "2026-03-02";

/// The staff, as the file that is imported.
pub const STAFF: &str = "staff_id,name,position,role\r\n\
    j-roe,Mrs J Roe,Office manager,office\r\n\
    a-shah,Mrs A Shah,Teacher,teacher\r\n\
    m-lee,Mr M Lee,Teaching assistant,teacher\r\n\
    t-quill,Mr T Quill,Teacher,teacher\r\n\
    d-brook,Miss D Brook,PE teacher,teacher\r\n\
    g-hobbs,Mrs G Hobbs,Gate supervisor,gate\r\n\
    k-osman,Mr K Osman,Attendance officer,team\r\n\
    p-fenn,Ms P Fenn,Family liaison officer,team\r\n\
    h-nash,Mr H Nash,Headteacher,head\r\n";

/// The school's calendar: the terms around [`DAY`], with an INSET day in the week after it.
pub const CALENDAR: &str = "\
    [[terms]]\nname = \"Autumn 2025\"\nfirst = 2025-09-02\nlast = 2025-12-19\n\
    [[terms]]\nname = \"Spring 2026\"\nfirst = 2026-01-05\nlast = 2026-03-27\n\
    [[terms]]\nname = \"Summer 2026\"\nfirst = 2026-04-13\nlast = 2026-07-20\n\
    [[insets]]\nname = \"INSET day\"\ndate = 2026-03-06\n";

/// A school. Pupils 1001 to 1008 are of class 4B, 1009 to 1012 of class 5A.
#[derive(Debug)]
pub struct School {
    folder: TempDir,
    server: Option<Server>,
}

impl School {
    /// A school with staff and pupils, served.
    pub fn open() -> Self {
        Self::open_with(|settings| settings)
    }

    /// A school whose server's clock shows a time of UTC, and runs on from there.
    pub fn open_at(moment: &str) -> Self {
        Self::made(Some(moment), |settings| settings)
    }

    /// The same, with its settings file changed before the first start.
    pub fn open_with(change: impl FnOnce(String) -> String) -> Self {
        Self::made(None, change)
    }

    fn made(moment: Option<&str>, change: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut school = Self { folder, server: None };
        let wanted = [
            "init",
            "--name",
            "Made-up Primary",
            "--urn",
            "123456",
            "--listen",
            "127.0.0.1:0",
        ];
        school.office(&wanted).done();
        let settings = school.home().join("daymark.toml");
        let text = std::fs::read_to_string(&settings).expect("init wrote the settings");
        std::fs::write(&settings, change(text)).expect("the settings can be written");
        std::fs::write(school.home().join("calendar.toml"), CALENDAR).expect("the calendar can be written");
        if let Some(moment) = moment {
            crate::browser::clock::set(&school.home().join("clock"), moment);
        }
        school.serve();
        school.import("staff", STAFF).done();
        school.import("roster", &pupils_csv()).done();
        school
    }

    /// The school's home folder.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("school")
    }

    /// A place for files.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The journal that every acknowledgement rests on.
    pub fn journal(&self) -> PathBuf {
        self.home().join("data/register.journal")
    }

    /// The running server.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("the server runs")
    }

    /// Starts the server.
    pub fn serve(&mut self) {
        let served = self.try_serve();
        assert!(served.is_ok(), "the server does not start: {served:?}");
    }

    /// Starts the server, which may refuse.
    ///
    /// # Errors
    /// It ended instead.
    pub fn try_serve(&mut self) -> Result<(), NotServing> {
        self.server = Some(Server::start(&self.home(), None)?);
        Ok(())
    }

    /// The same, with further arguments of `serve`.
    ///
    /// # Errors
    /// It ended instead.
    pub fn try_serve_with(&mut self, arguments: &[&str]) -> Result<(), NotServing> {
        self.server = Some(Server::start_with(&self.home(), arguments)?);
        Ok(())
    }

    /// Starts the server with a log of everything that it and its libraries can say.
    pub fn serve_talking(&mut self) {
        let served = Server::start_logging(&self.home(), &[], Some("trace"));
        self.server = Some(served.expect("the server starts"));
    }

    /// Takes the server away, to be stopped or killed.
    pub fn take_server(&mut self) -> Server {
        self.server.take().expect("the server runs")
    }

    /// Runs `daymark` at this school.
    pub fn office(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(binaries::daymark());
        command
            .arg("--home")
            .arg(self.home())
            .arg("--json")
            .args(arguments);
        Ran::of(&mut command)
    }

    /// The office's token.
    pub fn token(&self) -> String {
        let token = std::fs::read_to_string(self.home().join("office.token"));
        token.expect("init wrote the token").trim().to_owned()
    }

    /// One request of the office, by hand.
    pub fn ask(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let token = format!("Bearer {}", self.token());
        let headers = [
            ("authorization", token.as_str()),
            ("content-type", "application/json"),
        ];
        Wire::to(self.server().address()).send(method, path, &headers, body)
    }

    /// Imports a file of `staff` or `roster`.
    pub fn import(&self, what: &str, csv: &str) -> Ran {
        self.import_with(what, csv, &[])
    }

    /// The same, with further arguments.
    pub fn import_with(&self, what: &str, csv: &str, more: &[&str]) -> Ran {
        let file = self.path("import.csv");
        std::fs::write(&file, csv).expect("a file can be written");
        let mut arguments = vec!["import", what, text(&file)];
        arguments.extend(more);
        self.office(&arguments)
    }

    /// An invitation for one device.
    pub fn invite(&self, name: &str, role: &str, classes: &[&str]) -> String {
        let mut arguments = vec!["device", "invite", "--name", name, "--role", role];
        arguments.extend(classes.iter().flat_map(|class| ["--class", class]));
        let made = self.office(&arguments).done();
        made["invitation"].as_str().expect("an invitation").to_owned()
    }

    /// A tablet that is enrolled and has not synced yet.
    pub fn tablet(&self, name: &str, role: &str, classes: &[&str]) -> Tablet {
        let invitation = self.invite(name, role, classes);
        let (tablet, code) = Tablet::enrol(self.path(name), &self.server().url(), &invitation);
        self.confirm(tablet.device, &code);
        tablet
    }

    /// The office confirms a device by the code on its screen.
    pub fn confirm(&self, device: u64, code: &str) {
        self.office(&["device", "confirm", &device.to_string(), "--code", code])
            .done();
    }

    /// Mrs Roe of the office reports a device lost.
    pub fn report_lost(&self, device: u64) {
        self.office(&["device", "lost", &device.to_string(), "--by", "j-roe"])
            .done();
    }

    /// A tablet whose home is not sealed, enrolled and not synced yet.
    pub fn unsealed(&self, name: &str, role: &str, classes: &[&str]) -> Tablet {
        let invitation = self.invite(name, role, classes);
        let (tablet, code) = Tablet::enrol_unsealed(self.path(name), &self.server().url(), &invitation);
        self.confirm(tablet.device, &code);
        tablet
    }

    /// A tablet that has synced in the morning.
    pub fn ready(&self, name: &str, role: &str, classes: &[&str]) -> Tablet {
        let tablet = self.tablet(name, role, classes);
        tablet.sync("08:00");
        tablet
    }

    /// `day show` of a session, whatever its exit code.
    pub fn day(&self, session: &str) -> Ran {
        self.office(&["day", "show", "--date", DAY, "--session", session])
    }

    /// One pupil's row of a session.
    pub fn row(&self, session: &str, pupil: u64) -> Value {
        let day = self.day(session).value();
        let rows = day["rows"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["pupil"] == pupil);
        row.unwrap_or_else(|| panic!("pupil {pupil} has a row: {day}"))
            .clone()
    }

    /// The ledger of the day, whatever its exit code.
    pub fn ledger(&self) -> Vec<Value> {
        let ledger = self.office(&["ledger", "--date", DAY]).value();
        ledger.as_array().expect("a list").clone()
    }

    /// Runs `conflicts decide` as Mrs Roe of the office.
    pub fn decide(&self, session: &str, pupil: u64, code: &str, reason: &str, more: &[&str]) -> Ran {
        self.office(&deciding(session, &pupil.to_string(), code, reason, more))
    }

    /// Runs `amend` of a morning as somebody.
    pub fn amend(&self, by: &str, pupil: u64, code: &str, reason: &str, more: &[&str]) -> Ran {
        let pupil = pupil.to_string();
        let when = ["amend", "--date", DAY, "--session", "AM", "--by", by];
        let what = ["--pupil", &pupil, "--code", code, "--reason", reason];
        self.office(&[&when[..], &what, more].concat())
    }

    /// Signs a session off as Mrs Roe of the office, with the gaps that these small stories leave.
    pub fn sign_off(&self, session: &str) -> Value {
        self.office(&signing_off(session)).found()
    }

    /// What `doctor` counts in the store.
    pub fn store_counts(&self) -> Value {
        self.office(&["doctor"]).value()["store"].clone()
    }
}

/// The arguments with which Mrs Roe decides what stands.
pub fn deciding<'a>(
    session: &'a str,
    pupil: &'a str,
    code: &'a str,
    reason: &'a str,
    more: &[&'a str],
) -> Vec<&'a str> {
    let by_her = ["--date", DAY, "--by", "j-roe", "--session", session];
    let what = ["--pupil", pupil, "--code", code, "--reason", reason];
    [&["conflicts", "decide"], &by_her[..], &what[..], more].concat()
}

/// The arguments with which Mrs Roe signs a session off.
pub fn signing_off(session: &str) -> [&str; 8] {
    [
        "day",
        "sign-off",
        "--date",
        DAY,
        "--by",
        "j-roe",
        "--session",
        session,
    ]
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// Twelve pupils in two classes.
pub fn pupils_csv() -> String {
    const FORENAMES: [&str; 12] = [
        "Ada", "Ben", "Chloe", "Dev", "Ewan", "Faith", "Gus", "Hana", "Idil", "Jay", "Kai", "Lila",
    ];
    let mut csv =
        "upn,mis_id,surname,forename,preferred_forename,dob,year,class,family_ref,start_date,leave_date\r\n"
            .to_owned();
    for (place, forename) in FORENAMES.iter().enumerate() {
        let (year, class) = if place < 8 { (4, "4B") } else { (5, "5A") };
        let number = 1001 + place;
        let upn = upn(number);
        let _ = write!(
            csv,
            "{upn},{number:06},Marsh,{forename},,2017-05-01,{year},{class},,2024-09-01,\r\n"
        );
    }
    csv
}

/// A made-up UPN with the one check letter that fits.
pub fn upn(number: usize) -> String {
    let letters = "ABCDEFGHJKLMNPQRTUVWXYZ".chars();
    let mut upns = letters.map(|letter| format!("{letter}99920002{number:04}"));
    upns.find(|upn| upn.parse::<Upn>().is_ok())
        .expect("one letter fits")
}
