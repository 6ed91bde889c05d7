//! A real headless Chromium, driven as a person would: by what buttons are called.

use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

/// How long a page may take to show what a test waits for.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// How often a page is looked at meanwhile.
pub(super) const POLL: Duration = Duration::from_millis(30);

/// What a screen is called when a picture of it is taken, and how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Size {
    /// A tablet held upright.
    pub const TABLET: Self = Self {
        width: 820,
        height: 1180,
    };
    /// A tablet on its side.
    pub const LANDSCAPE: Self = Self {
        width: 1180,
        height: 820,
    };
    /// The office.
    pub const OFFICE: Self = Self {
        width: 1440,
        height: 900,
    };
}

/// `chromedriver`, ended when dropped, and the browser over its profile with it: also where a test gave up.
#[derive(Debug)]
struct Driver {
    child: Child,
    port: u16,
    profile: PathBuf,
}

impl Driver {
    fn start(profile: &Path) -> Self {
        let mut child = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is not installed: apt-get install chromium chromium-driver");
        let out = child.stdout.take().expect("its words are read");
        let mut lines = BufReader::new(out).lines();
        let port = lines.by_ref().find_map(|line| {
            let line = line.ok()?;
            let rest = line.split("successfully on port ").nth(1)?;
            rest.trim_end_matches('.').parse().ok()
        });
        // It goes on talking, and must not wait for somebody to listen.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            port: port.expect("chromedriver says its port"),
            profile: profile.to_owned(),
        }
    }

    /// Ends the browser with no time to write anything.
    fn end_browser(&self) {
        let pattern = format!("user-data-dir={}", self.profile.display());
        let ended = Command::new("pkill").args(["-9", "-f", &pattern]).status();
        ended.expect("pkill can be run");
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.end_browser();
    }
}

/// One browser over one profile.
#[derive(Debug)]
pub struct Browser {
    web: WebDriver,
    driver: Driver,
    presses: Cell<usize>,
}

/// The accessible name of a button, and whether it can be pressed: a name given, or its text.
const FIND: &str = r#"
const wanted = arguments[0];
const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const all = [...document.querySelectorAll("button, summary, a[href]")].filter((one) => one.getClientRects().length);
const name = (one) => plain(one.getAttribute("aria-label") ?? one.innerText);
const exact = all.filter((one) => name(one) === wanted);
const found = exact.length ? exact : all.filter((one) => name(one).includes(wanted));
if (found.length === 1 || (exact.length > 1 && arguments[1])) return found[0];
return found.length + " of: " + all.map(name).join(" | ");
"#;

const FIELD: &str = r#"
const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();
for (const label of document.querySelectorAll("label.field")) {
  const input = label.querySelector("input, select, textarea");
  if (label.getClientRects().length && plain(label.querySelector("span").innerText).includes(arguments[0])) return input;
}
return [...document.querySelectorAll("label.field span")].map((one) => one.innerText).join(" | ");
"#;

impl Browser {
    /// Opens a browser over a profile: a new one where the folder is empty.
    pub async fn open(profile: &Path, size: Size) -> Self {
        let driver = Driver::start(profile);
        let mut wanted = DesiredCapabilities::chrome();
        let arguments = [
            "--headless".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-gpu-rasterization".to_owned(),
            "--disable-software-rasterizer".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--user-data-dir={}", profile.display()),
        ];
        for argument in &arguments {
            wanted.add_arg(argument).expect("an argument");
        }
        let web = WebDriver::new(&format!("http://127.0.0.1:{}", driver.port), wanted)
            .await
            .expect("a browser opens");
        let browser = Self {
            web,
            driver,
            presses: Cell::new(0),
        };
        browser.resize(size).await;
        browser
    }

    /// Gives the page another size.
    pub async fn resize(&self, size: Size) {
        let metrics =
            json!({ "width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// One command of the browser's own protocol.
    pub async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let answer = self.web.cdp().send_raw(command, parameters).await;
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Makes the processor slower by a factor.
    pub async fn throttle(&self, factor: u32) {
        self.cdp("Emulation.setCPUThrottlingRate", json!({ "rate": factor }))
            .await;
    }

    /// Opens an address.
    pub async fn go(&self, address: &str) {
        self.web.goto(address).await.expect("an address opens");
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.web.refresh().await.expect("the page loads again");
    }

    /// What a script in the page gives.
    pub async fn script(&self, script: &str) -> Value {
        self.script_with(script, Vec::new()).await
    }

    /// The same, with arguments.
    pub async fn script_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        let answer = self.web.execute(script, arguments).await;
        answer
            .unwrap_or_else(|error| panic!("{script}: {error}"))
            .json()
            .clone()
    }

    /// What a promise in the page gives: the script calls its last argument.
    pub async fn promise(&self, script: &str) -> Value {
        let answer = self.web.execute_async(script, Vec::new()).await;
        answer
            .unwrap_or_else(|error| panic!("{script}: {error}"))
            .json()
            .clone()
    }

    /// What a person reads.
    pub async fn text(&self) -> String {
        let text = self.script("return document.body.innerText").await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page says something.
    #[track_caller]
    pub fn sees<'a>(&'a self, wanted: &'a str) -> impl Future<Output = ()> + 'a {
        self.until(move |text| text.contains(wanted), format!("{wanted:?} is seen"))
    }

    /// Waits until the page says something no more.
    #[track_caller]
    pub fn sees_no<'a>(&'a self, wanted: &'a str) -> impl Future<Output = ()> + 'a {
        self.until(move |text| !text.contains(wanted), format!("{wanted:?} is gone"))
    }

    #[track_caller]
    fn until<'a>(
        &'a self,
        is_there: impl Fn(&str) -> bool + 'a,
        what: String,
    ) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let started = Instant::now();
            loop {
                let text = self.text().await;
                if is_there(&text) {
                    return;
                }
                if started.elapsed() > PATIENCE {
                    let picture = self.gave_up().await;
                    panic!(
                        "{caller}: waited in vain until {what}; see {}; the page says:\n{text}",
                        picture.display()
                    );
                }
                tokio::time::sleep(POLL).await;
            }
        }
    }

    /// A picture of where a test gave up.
    async fn gave_up(&self) -> PathBuf {
        let folder = std::env::temp_dir().join("daymark-gave-up");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let path = folder.join(format!("{}.png", std::process::id()));
        self.picture(&path).await;
        path
    }

    /// Presses the button of a name, once there is one.
    #[track_caller]
    pub fn press<'a>(&'a self, name: &'a str) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let started = Instant::now();
            loop {
                let found = self
                    .web
                    .execute(FIND, vec![json!(name), json!(true)])
                    .await
                    .expect("a script runs");
                let why = found.json().clone();
                if let Ok(element) = found.element() {
                    let _ = element.scroll_into_view().await;
                    match element.click().await {
                        Ok(()) => break,
                        // It was drawn anew just now: look for it again.
                        Err(error) if started.elapsed() > PATIENCE => panic!("{caller}: {name:?}: {error}"),
                        Err(_) => {}
                    }
                } else if started.elapsed() > PATIENCE {
                    let picture = self.gave_up().await;
                    panic!(
                        "{caller}: no one button {name:?}: {why}; see {}",
                        picture.display()
                    );
                }
                tokio::time::sleep(POLL).await;
            }
            self.presses.set(self.presses.get() + 1);
        }
    }

    /// Types into the field of a label.
    #[track_caller]
    pub fn fill<'a>(&'a self, label: &'a str, text: &'a str) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let found = self
                .web
                .execute(FIELD, vec![json!(label)])
                .await
                .expect("a script runs");
            let why = found.json().clone();
            let Ok(element) = found.element() else {
                panic!("{caller}: no field {label:?}: {why}");
            };
            element.send_keys(text).await.expect("a field takes text");
        }
    }

    /// Presses keys, where the focus is: names as the browser's protocol has them, such as `Tab` or `v`.
    pub async fn keys(&self, keys: &[&str]) {
        for key in keys {
            let mut down = json!({ "type": "keyDown", "key": key });
            if key.chars().count() == 1 {
                down["text"] = json!(key);
            }
            if *key == "Enter" {
                down["text"] = json!("\r");
                down["windowsVirtualKeyCode"] = json!(13);
            }
            if *key == "Tab" {
                down["windowsVirtualKeyCode"] = json!(9);
            }
            self.cdp("Input.dispatchKeyEvent", down).await;
            self.cdp("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key }))
                .await;
            self.presses.set(self.presses.get() + 1);
        }
    }

    /// Moves the focus with the Tab key until it is on what is called so.
    #[track_caller]
    pub fn tab_to<'a>(&'a self, name: &'a str) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let here = "const one = document.activeElement; \
                return (one.getAttribute('aria-label') ?? one.innerText ?? '').replace(/\\s+/g, ' ').trim()";
            let mut seen = Vec::new();
            for _ in 0..150 {
                let focused = self.script(here).await;
                let focused = focused.as_str().unwrap_or_default().to_owned();
                if focused.starts_with(name) {
                    return;
                }
                seen.push(focused.chars().take(40).collect::<String>());
                self.keys(&["Tab"]).await;
            }
            panic!("{caller}: the Tab key never comes to {name:?}: {seen:?}");
        }
    }

    pub(super) fn count_press(&self) {
        self.presses.set(self.presses.get() + 1);
    }

    /// How many presses there were since this was last asked.
    pub fn presses(&self) -> usize {
        self.presses.take()
    }

    /// Goes to another of the browser's windows, in the order in which they were opened.
    pub async fn in_window(&self, place: usize) {
        let started = Instant::now();
        loop {
            let windows = self.web.windows().await.expect("the windows");
            if let Some(window) = windows.get(place) {
                self.web.switch_to_window(window.clone()).await.expect("a window");
                return;
            }
            assert!(started.elapsed() < PATIENCE, "there is no window {place}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// A picture of the whole page as it is.
    pub async fn picture(&self, path: &Path) {
        self.web.screenshot(path).await.expect("a picture is taken");
    }

    /// The code that a new tablet shows to the office.
    pub async fn matching_code(&self) -> String {
        let code = self
            .script("return document.querySelector('p.code').innerText")
            .await;
        code.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the app itself is kept for a start without signal.
    pub async fn is_ready_offline(&self) {
        let ready = "const done = arguments[0]; navigator.serviceWorker.ready.then(() => done(true));";
        self.promise(ready).await;
    }

    /// Closes it as a person does.
    pub async fn close(self) {
        // The browser may be gone already.
        let _ = self.web.clone().quit().await;
    }

    /// Ends it with no time to write anything.
    pub fn kill(self) {
        self.driver.end_browser();
        self.web.leak().expect("nobody quits what is dead");
    }
}
