//! A device in a test's hand: it presses what the page shows and does what the app asks for, as the worker does.

use std::collections::VecDeque;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daymark_app::{Action, App, Effect, Fields, Request, Response, Start};
use daymark_core::grant::Grant;

use super::page::{Page, Pressable};
use super::school::School;

/// The PIN that [`Device::joined`] chooses.
pub const TEACHER_PIN: &str = "4826";
/// How long a person takes from one press to the next.
const PRESS_MS: i64 = 600;

/// The network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Net {
    /// Every request is answered at once.
    On,
    /// None arrives.
    Off,
    /// The login page of a Wi-Fi answers.
    Portal,
    /// Requests arrive; their answers come with [`Device::let_answer`].
    Slow,
}

/// What becomes of what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// It is on the disk.
    Fine,
    /// The next write fails, once, and the app is told so.
    FailsOnce,
    /// The next write is lost with the power, once: the app starts again from what was there.
    LosesPowerOnce,
}

/// A device.
pub struct Device {
    pub app: App,
    pub school: School,
    pub now_ms: i64,
    pub net: Net,
    pub disk: Disk,
    /// The number that the school gave it.
    pub number: u32,
    /// Whether the school's stream of events is open.
    pub is_listening: bool,
    /// Files that were saved.
    pub saved: Vec<(String, Vec<u8>)>,
    slots: Option<Vec<u8>>,
    door: Option<Vec<u8>>,
    records: Vec<Vec<u8>>,
    secret: [u8; 32],
    on_the_way: VecDeque<Request>,
    shown: daymark_app::Page,
    opened: Vec<String>,
    presses: usize,
    tries: usize,
}

impl Device {
    /// A browser that has never seen the app.
    pub fn new(school: &School, time: &str) -> Self {
        let now_ms = School::at(time);
        let app = App::start(start(None), now_ms);
        let shown = app.page();
        Self {
            app,
            school: school.clone(),
            now_ms,
            net: Net::On,
            disk: Disk::Fine,
            number: 0,
            is_listening: false,
            saved: Vec::new(),
            slots: None,
            door: None,
            records: Vec::new(),
            secret: [9; 32],
            on_the_way: VecDeque::new(),
            shown,
            opened: Vec::new(),
            presses: 0,
            tries: 0,
        }
    }

    /// A tablet that a person has joined with, that knows its lists, and that is open.
    pub fn joined(school: &School, person: &str, grant: Grant, time: &str) -> Self {
        let mut device = Self::new(school, time);
        let link = school.invite(&format!("Tablet of {person}"), grant);
        device.fill_and_submit(
            "Join",
            &[
                ("invitation", &link),
                ("who", person),
                ("pin", TEACHER_PIN),
                ("again", TEACHER_PIN),
            ],
        );
        device.number = school.newest_device();
        device.press("It is written down");
        device.sync();
        device.presses = 0;
        device
    }

    fn perform(&mut self) {
        let mut answers: VecDeque<Response> = VecDeque::new();
        loop {
            let mut again = false;
            let effects = self.app.take_effects();
            let late = effects
                .iter()
                .skip(1)
                .any(|effect| matches!(effect, Effect::Keep { .. }));
            assert!(!late, "what is owed to the disk comes before all else");
            for effect in effects {
                match effect {
                    Effect::Keep { unwritten, door } => match self.disk {
                        Disk::Fine => {
                            self.records.extend(unwritten.records);
                            self.slots = unwritten.slots.or(self.slots.take());
                            self.door = door.or(self.door.take());
                        }
                        Disk::FailsOnce => {
                            let problem =
                                "The last step was NOT saved (test). Do it again. All before it is safe.";
                            return self.start_anew(Some(problem));
                        }
                        Disk::LosesPowerOnce => return self.start_anew(None),
                    },
                    Effect::GoOn => again = true,
                    Effect::Ask(request) => {
                        self.tries += 1;
                        match self.net {
                            Net::On => answers.push_back(self.school.answer(&request, self.now_ms)),
                            Net::Off => answers.push_back(Response {
                                id: request.id,
                                body: b"no route".to_vec(),
                                ..Response::default()
                            }),
                            Net::Portal => answers.push_back(Response {
                                id: request.id,
                                status: 200,
                                content_type: "text/html".into(),
                                body: b"<html>Welcome to free Wi-Fi".to_vec(),
                                ..Response::default()
                            }),
                            Net::Slow => self.on_the_way.push_back(request),
                        }
                    }
                    Effect::Save { name, bytes, .. } => self.saved.push((name, bytes)),
                    Effect::Listen(pass) => self.is_listening = pass.is_some(),
                    Effect::Camera(_) | Effect::AskToKeep => {}
                }
            }
            if again {
                self.app.go_on(self.now_ms);
            } else if let Some(answer) = answers.pop_front() {
                self.app.answered(answer, self.now_ms);
            } else {
                break;
            }
        }
        let page = self.app.page();
        if page.name != self.shown.name {
            self.opened.clear();
        }
        self.shown = page;
    }

    fn start_anew(&mut self, problem: Option<&str>) {
        self.disk = Disk::Fine;
        self.on_the_way.clear();
        let from = Start {
            secret: self.secret,
            slots: self.slots.clone(),
            door: self.door.clone(),
            records: self.records.clone(),
            problem: problem.map(str::to_owned),
            ..start(None)
        };
        self.app = App::start(from, self.now_ms);
        self.opened.clear();
        self.perform();
    }

    /// The browser ends, and the app starts again from what is on the disk.
    pub fn restart(&mut self) {
        self.start_anew(None);
    }

    /// The browser's store is deleted, and the app starts: the page remembers that there was a home.
    pub fn wipe(&mut self) {
        (self.slots, self.door) = (None, None);
        self.records.clear();
        let from = Start {
            was_wiped: true,
            ..start(None)
        };
        self.app = App::start(from, self.now_ms);
        self.perform();
    }

    /// Starts with an invitation in the address.
    pub fn visit_link(&mut self, invitation: &str) {
        self.app = App::start(start(Some(invitation.to_owned())), self.now_ms);
        self.perform();
    }

    /// Time goes by: the app is woken when it wants to be.
    pub fn wait_ms(&mut self, ms: i64) {
        let until = self.now_ms + ms;
        while self.app.wake_at() <= until {
            self.now_ms = self
                .app
                .wake_at()
                .max(self.now_ms + 50)
                .min(until.max(self.now_ms + 50));
            self.app.tick(false, self.now_ms);
            self.perform();
        }
        self.now_ms = self.now_ms.max(until);
        self.app.tick(false, self.now_ms);
        self.perform();
    }

    /// It is such a time now.
    pub fn wait_until(&mut self, time: &str) {
        self.wait_ms(School::at(time) - self.now_ms);
    }

    /// The browser says that there is a network again: the school is asked now.
    pub fn sync(&mut self) {
        self.net = Net::On;
        self.app.tick(true, self.now_ms);
        self.perform();
        self.wait_ms(2_000);
    }

    /// Bytes of the school's stream come, or it ends.
    pub fn hear(&mut self, bytes: Option<&[u8]>) {
        self.is_listening &= bytes.is_some();
        self.app.heard(bytes, self.now_ms);
        self.perform();
    }

    /// The answer to the oldest request comes.
    pub fn let_answer(&mut self) {
        let request = self.on_the_way.pop_front().expect("a request is on its way");
        let answer = self.school.answer(&request, self.now_ms);
        self.app.answered(answer, self.now_ms);
        self.perform();
    }

    /// Does what the app asks for now.
    pub fn settle(&mut self) {
        self.perform();
    }

    /// How many requests went out.
    pub fn tries(&self) -> usize {
        self.tries
    }

    /// How many records are on the disk.
    pub fn records(&self) -> usize {
        self.records.len()
    }

    /// How many requests wait for an answer.
    pub fn on_the_way(&self) -> usize {
        self.on_the_way.len()
    }

    fn act(&mut self, action: &str, fields: &Fields) {
        self.wait_ms(PRESS_MS);
        let action = Action::decode(action).expect("what a button carries");
        self.app.act(action, fields, self.now_ms);
        self.perform();
    }

    /// What can be pressed now: what lies in a closed explanation cannot.
    fn reachable(&self) -> Vec<Pressable> {
        let all = Page::read(&self.shown.html).pressable();
        let is_open = |one: &Pressable| one.within.iter().all(|summary| self.opened.contains(summary));
        all.into_iter().filter(is_open).collect()
    }

    /// The names of all that can be pressed.
    pub fn names(&self) -> Vec<String> {
        self.reachable().into_iter().map(|one| one.name).collect()
    }

    /// Whether something of this name, or that begins so, can be pressed.
    pub fn offers(&self, name: &str) -> bool {
        self.names().iter().any(|one| one.starts_with(name))
    }

    fn find(&self, name: &str) -> Pressable {
        let all = self.reachable();
        let exact: Vec<&Pressable> = all.iter().filter(|one| one.name == name).collect();
        let begins: Vec<&Pressable> = all.iter().filter(|one| one.name.starts_with(name)).collect();
        match (exact.as_slice(), begins.as_slice()) {
            ([one], _) | ([], [one]) => (*one).clone(),
            (several, _) => panic!(
                "{} buttons are called {name:?}; there are: {:#?}\non the page: {}\nalert: {}",
                several.len(),
                self.names(),
                self.text(),
                self.alert()
            ),
        }
    }

    /// Presses what is called so, or alone begins so.
    pub fn press(&mut self, name: &str) {
        self.press_with(name, &[]);
    }

    /// Presses a button, and again what was drawn there before the first press showed.
    pub fn press_twice(&mut self, name: &str) {
        let action = self.find(name).node.get("data-do").map(str::to_owned);
        let action = action.expect("a button that does something");
        self.act(&action, &Fields::default());
        self.act(&action, &Fields::default());
    }

    fn press_with(&mut self, name: &str, filled: &[(&str, &str)]) {
        let found = self.find(name);
        self.presses += 1;
        assert_ne!(
            found.node.get("aria-disabled"),
            Some("true"),
            "{name} can be pressed"
        );
        if found.node.name == "summary" {
            self.opened.push(found.name);
            return;
        }
        let mut fields = Fields::default();
        let own = found.node.get("data-do").map(str::to_owned);
        let is_submit = found.node.get("type") == Some("submit");
        if is_submit {
            let form = found.form.as_ref().expect("a form around its button");
            let drawn = form.fields();
            for (field, _) in filled {
                assert!(
                    drawn.iter().any(|(name, _)| name == field) || form_has(form, field),
                    "no field {field} in {drawn:?}"
                );
            }
            fields.0.extend(drawn);
            if let (Some(name), Some(value)) = (found.node.get("name"), found.node.get("value")) {
                fields.0.insert(name.to_owned(), value.to_owned());
            }
        }
        for (field, text) in filled {
            fields.0.insert((*field).to_owned(), (*text).to_owned());
        }
        let of_form = found.form.as_ref().and_then(|form| form.get("data-do"));
        let of_form = of_form.filter(|_| is_submit).map(str::to_owned);
        let action = own.or(of_form).expect("a button that does something");
        self.act(&action, &fields);
    }

    /// Fills the fields of a form and presses its button.
    pub fn fill_and_submit(&mut self, name: &str, fields: &[(&str, &str)]) {
        self.press_with(name, fields);
    }

    /// Types in a field that searches as one types.
    pub fn search(&mut self, text: &str) {
        let page = Page::read(&self.shown.html);
        let action = live(&page.root).expect("a field that searches");
        self.act(&action, &Fields::of([("text", text)]));
    }

    /// Types in a form that tells what is typed.
    pub fn type_live(&mut self, fields: &[(&str, &str)]) {
        let page = Page::read(&self.shown.html);
        let action = live(&page.root).expect("a form that tells what is typed");
        let mut typed = Fields::default();
        for (field, text) in fields {
            typed.0.insert((*field).to_owned(), (*text).to_owned());
        }
        self.act(&action, &typed);
    }

    /// Gives a file to the form that takes one.
    pub fn give_file(&mut self, bytes: &[u8]) {
        let page = Page::read(&self.shown.html);
        let action = takes_file(&page.root).expect("a form that takes a file");
        let text = STANDARD.encode(bytes);
        self.act(&action, &Fields::of([("bytes", &text)]));
    }

    /// Types a PIN on the keys.
    pub fn unlock(&mut self, pin: &str) {
        for digit in pin.chars() {
            self.press(&digit.to_string());
        }
    }

    /// The recovery code that the page shows.
    pub fn recovery_code(&self) -> String {
        let page = Page::read(&self.shown.html);
        class(&page.root, "small-code").expect("a recovery code")
    }

    /// The words of the page.
    pub fn text(&self) -> String {
        Page::read(&self.shown.html).text()
    }

    pub fn html(&self) -> &str {
        &self.shown.html
    }

    /// What was said to who does not see the page.
    pub fn said(&self) -> &str {
        &self.shown.said
    }

    pub fn alert(&self) -> &str {
        &self.shown.alert
    }

    /// Which screen it is.
    pub fn screen(&self) -> &'static str {
        self.shown.name
    }

    /// How often something was pressed since the last count was begun.
    pub fn presses(&self) -> usize {
        self.presses
    }

    pub fn count_presses(&mut self) {
        self.presses = 0;
    }

    #[track_caller]
    pub fn shows(&self, words: &str) {
        let text = self.text();
        assert!(
            text.contains(words),
            "{words:?} is not on the page: {text}\nalert: {}",
            self.alert()
        );
    }

    #[track_caller]
    pub fn hides(&self, words: &str) {
        let text = self.text();
        assert!(!text.contains(words), "{words:?} is on the page: {text}");
    }
}

fn form_has(form: &super::Node, field: &str) -> bool {
    form.get("name") == Some(field) || form.children.iter().any(|child| form_has(child, field))
}

fn class(node: &super::Node, wanted: &str) -> Option<String> {
    let is = |classes: &str| classes.split(' ').any(|class| class == wanted);
    if node.get("class").is_some_and(is) {
        return Some(node.words());
    }
    node.children.iter().find_map(|child| class(child, wanted))
}

fn takes_file(node: &super::Node) -> Option<String> {
    if node.get("data-file").is_some() {
        return node.get("data-do").map(str::to_owned);
    }
    node.children.iter().find_map(takes_file)
}

fn live(node: &super::Node) -> Option<String> {
    if node.get("data-live").is_some() {
        return node.get("data-do").map(str::to_owned);
    }
    node.children.iter().find_map(live)
}

fn start(invitation: Option<String>) -> Start {
    Start {
        secret: [9; 32],
        server: "https://daymark.school.example".into(),
        invitation,
        is_kept: true,
        ..Start::default()
    }
}
