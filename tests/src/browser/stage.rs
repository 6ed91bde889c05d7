//! A school with its clock set, and its people at their tablets.

use std::path::PathBuf;

use super::{Browser, Size, clock};
use crate::support::school::STAFF;
use crate::support::{DAY, School};

/// The PIN of everybody on this stage.
pub const PIN: &str = "2580";

/// The school's times: lateness from 08:45, closed at 09:15.
const RULES: &str = "[[rules]]\neffective_from = 2025-09-01\n\
    [rules.am]\nopens = \"08:45\"\nlate_from = \"08:45\"\ncloses = \"09:15\"\nat_close = \"U\"\nends = \"12:00\"\n\
    [rules.pm]\nopens = \"13:00\"\nlate_from = \"13:05\"\ncloses = \"13:30\"\nat_close = \"U\"\nends = \"15:20\"\n";

/// A school whose clock a test sets.
#[derive(Debug)]
pub struct Stage {
    /// The school.
    pub school: School,
}

impl Stage {
    /// Opens a school at a time of [`DAY`], such as `08:35`.
    pub fn at(time: &str) -> Self {
        let school = School::open_at(&moment(time));
        std::fs::write(school.home().join("rules.toml"), RULES).expect("the rules can be written");
        let mut stage = Self { school };
        stage.school_restarts();
        stage
    }

    /// The school's clock jumps to another time of the day.
    pub fn clock(&self, time: &str) {
        clock::set(&self.school.home().join("clock"), &moment(time));
    }

    /// The school's clock jumps to a time of another day, such as `2026-03-03`.
    pub fn clock_on(&self, date: &str, time: &str) {
        clock::set(&self.school.home().join("clock"), &format!("{date}T{time}:00"));
    }

    /// Stops the server: no tablet reaches it.
    pub fn cut(&mut self) {
        self.school.take_server().kill();
    }

    /// Starts it again where it was.
    pub fn mend(&mut self, address: &str) {
        let served = self.school.try_serve_with(&["--listen", address]);
        assert!(served.is_ok(), "the server does not start: {served:?}");
    }

    fn school_restarts(&mut self) {
        let address = self.school.server().address().to_owned();
        self.cut();
        self.mend(&address);
    }

    /// Where a browser keeps what it has.
    pub fn profile(&self, name: &str) -> PathBuf {
        let profile = self.school.path(&format!("browser-{name}"));
        std::fs::create_dir_all(&profile).expect("a folder can be made");
        profile
    }

    /// Somebody joins with a new browser: the invitation of the office, the code compared, the first contact made.
    pub async fn joins(&self, name: &str, role: &str, classes: &[&str], who: &str, size: Size) -> Browser {
        let browser = Browser::open(&self.profile(name), size).await;
        self.joins_in(&browser, name, role, classes, who).await;
        browser
    }

    /// The same, in a browser that is open.
    pub async fn joins_in(&self, browser: &Browser, name: &str, role: &str, classes: &[&str], who: &str) {
        let url = self.school.server().url();
        self.joins_by(browser, &url, (name, role, classes), who).await;
    }

    /// The same, by way of another address. A tablet is its name, its role and its classes.
    pub async fn joins_by(
        &self,
        browser: &Browser,
        url: &str,
        (name, role, classes): (&str, &str, &[&str]),
        who: &str,
    ) {
        browser
            .go(&format!("{url}/#join={}", self.invitation(name, role, classes)))
            .await;
        browser.sees("Join a school").await;
        browser.fill("Your staff id", who).await;
        browser.fill("PIN", PIN).await;
        browser.fill("The same PIN again", PIN).await;
        browser.press("Join").await;
        browser.sees("Two things for the office").await;
        self.confirm(name, &browser.matching_code().await);
        browser.press("It is written down").await;
        browser.sees_no("Not confirmed yet").await;
        browser.is_ready_offline().await;
        self.is_told(browser, who).await;
        browser.presses();
    }

    /// Waits until the school has told the tablet who works on it.
    async fn is_told(&self, browser: &Browser, who: &str) {
        let row = STAFF.lines().find(|row| row.starts_with(&format!("{who},")));
        let name = row.and_then(|row| row.split(',').nth(1));
        browser.sees(name.expect("somebody of the staff")).await;
    }

    /// What the link of an invitation carries behind `#join=`.
    pub fn invitation(&self, name: &str, role: &str, classes: &[&str]) -> String {
        let mut arguments = vec!["device", "invite", "--name", name, "--role", role];
        arguments.extend(classes.iter().flat_map(|class| ["--class", class]));
        let made = self.school.office(&arguments).done();
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        format!("{}/{}", text("invitation"), text("school_key"))
    }

    /// The office confirms the tablet of a name.
    pub fn confirm(&self, name: &str, code: &str) {
        let devices = self.school.office(&["device", "list"]).value();
        let device = devices
            .as_array()
            .and_then(|all| all.iter().find(|one| one["name"] == name))
            .and_then(|one| one["device"].as_u64())
            .expect("the device has asked");
        self.school.confirm(device, code);
    }

    /// Unlocks with the PIN of the stage.
    pub async fn unlocks(&self, browser: &Browser) {
        for digit in PIN.chars() {
            browser.press(&digit.to_string()).await;
        }
    }
}

/// A time of the day on which everything happens. In March the school's clock is that of UTC.
fn moment(time: &str) -> String {
    format!("{DAY}T{time}:00")
}
