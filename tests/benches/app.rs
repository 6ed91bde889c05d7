//! How quick the app is on a tablet four times slower than this machine: `cargo xtask bench --app`. Each figure goes out as a
//! JSON line. Times depend on the machine and its load.
//!
//! Chromium and all its processes run in a control group with a quarter of the processors, so that workers are as slow as
//! pages; the browser's own throttle slows the page alone.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use daymark_core::session::Date;
use daymark_tests::browser::front::Front;
use daymark_tests::browser::{Browser, Size, Stage};
use daymark_tests::support::DAY;
use daymark_tests::support::school::upn;
use serde_json::{Value, json};

/// How much slower than this machine.
const THROTTLE: u32 = 4;
/// Cold starts that are measured.
const STARTS: usize = 7;
/// Pupils of the class whose boxes are tapped.
const PUPILS: usize = 60;

fn say(what: &str, value: f64, unit: &str, goal: &str) {
    let rounded = (value * 10.0).round() / 10.0;
    println!(
        "{}",
        json!({ "measure": what, "value": rounded, "unit": unit, "goal": goal })
    );
}

/// The quarter of the processors that the browser gets.
struct Slow {
    group: PathBuf,
}

impl Slow {
    /// `None` where the system lets nobody make one.
    fn new() -> Option<Self> {
        let group = PathBuf::from("/sys/fs/cgroup/cpu/daymark-bench");
        std::fs::create_dir_all(&group).ok()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let period = 10_000;
        let quota = period * cores / THROTTLE as usize;
        std::fs::write(group.join("cpu.cfs_period_us"), period.to_string()).ok()?;
        std::fs::write(group.join("cpu.cfs_quota_us"), quota.to_string()).ok()?;
        Some(Self { group })
    }

    /// Puts every process of a profile's browser into it.
    fn take(&self, profile: &Path) {
        let wanted = profile.display().to_string();
        for process in std::fs::read_dir("/proc")
            .expect("processes")
            .filter_map(Result::ok)
        {
            let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&line).contains(&wanted) {
                let pid = process.file_name().to_string_lossy().into_owned();
                // It may have ended meanwhile.
                let _ = std::fs::write(self.group.join("cgroup.procs"), pid);
            }
        }
    }
}

fn percentile(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let last = times.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a short list"
    )]
    let place = ((last as f64) * share).round() as usize;
    times.get(place).copied().unwrap_or_default()
}

fn numbers(told: &Value) -> Vec<f64> {
    let all = told.as_array().into_iter().flatten();
    all.filter_map(Value::as_f64).collect()
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// Resident memory of all processes of a profile's browser, in MiB.
fn memory(profile: &Path) -> f64 {
    let wanted = profile.display().to_string();
    let mut pages = 0_u64;
    for process in std::fs::read_dir("/proc")
        .expect("processes")
        .filter_map(Result::ok)
    {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        if line.contains(&wanted) && line.contains("--type=renderer") {
            let statm = std::fs::read_to_string(process.path().join("statm")).unwrap_or_default();
            pages += statm
                .split(' ')
                .nth(1)
                .and_then(|text| text.parse::<u64>().ok())
                .unwrap_or(0);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "pages of one machine")]
    let mib = pages as f64 * 4096.0 / 1024.0 / 1024.0;
    mib
}

/// A class of many, beside the twelve.
fn many(stage: &Stage) {
    let mut csv = daymark_tests::support::school::pupils_csv();
    for number in 0..PUPILS {
        let id = 3001 + number;
        let upn = upn(id);
        // Writing into memory fails for nothing.
        let _ = write!(
            csv,
            "{upn},{id:06},Field{number:03},Ola,,2017-05-01,6,6C,,2024-09-01,\r\n"
        );
    }
    stage.school.import("roster", &csv).done();
}

/// Taps every empty box in turn, and notes how long until its mark stands there: from the tap, in the page, in milliseconds.
const TAPS: &str = r#"
const done = arguments[0];
const times = [];
function next() {
  const box = document.querySelector("table.reg .chip.blank");
  if (!box || times.length >= 50) return done(times);
  const row = box.closest("tr").id;
  const began = performance.now();
  const seen = new MutationObserver(() => {
    const now = document.getElementById(row);
    if (!now.querySelector(".chip.blank")) {
      seen.disconnect();
      requestAnimationFrame(() => { times.push(performance.now() - began); setTimeout(next, 30); });
    }
  });
  seen.observe(document.getElementById("app"), { subtree: true, childList: true, attributes: true, characterData: true });
  box.click();
}
next();
"#;

async fn class_tablet(slow: Option<&Slow>) {
    let mut stage = Stage::at("08:30");
    many(&stage);
    let browser = stage
        .joins("Class 6C", "teacher", &["6C"], "t-quill", Size::TABLET)
        .await;
    browser.sees("Start AM").await;
    let profile = stage.profile("Class 6C");
    let url = stage.school.server().url();
    stage.cut();
    browser.close().await;

    let (mut to_lock, mut to_list) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let browser = Browser::open(&profile, Size::TABLET).await;
        match slow {
            Some(slow) => slow.take(&profile),
            None => browser.throttle(THROTTLE).await,
        }
        let began = Instant::now();
        browser.go(&url).await;
        browser.sees("Mr T Quill").await;
        to_lock.push(ms(began));
        for digit in ["2", "5", "8"] {
            browser.press(digit).await;
        }
        let began = Instant::now();
        browser.press("0").await;
        browser.sees("60 with no mark yet").await;
        to_list.push(ms(began));
        browser.close().await;
    }
    let whole: Vec<f64> = to_lock
        .iter()
        .zip(&to_list)
        .map(|(lock, list)| lock + list)
        .collect();
    say(
        "cold start offline to the lock, p95",
        percentile(&mut to_lock, 0.95),
        "ms",
        "",
    );
    say(
        "last digit of the PIN to the list, p95",
        percentile(&mut to_list, 0.95),
        "ms",
        "",
    );
    say(
        "cold start offline to the list, p95",
        percentile(&mut whole.clone(), 0.95),
        "ms",
        "3000",
    );

    let browser = Browser::open(&profile, Size::TABLET).await;
    browser.go(&url).await;
    browser.sees("Mr T Quill").await;
    stage.unlocks(&browser).await;
    browser.press("Start AM").await;
    browser.sees("Field000").await;
    match slow {
        Some(slow) => slow.take(&profile),
        None => browser.throttle(THROTTLE).await,
    }
    let times = browser.promise(TAPS).await;
    let mut times = numbers(&times);
    assert!(times.len() >= 50, "fifty taps were measured: {}", times.len());
    // A mark is shown only after it is on the disk, so this is both.
    say(
        "tap to durable and visible, p50",
        percentile(&mut times, 0.5),
        "ms",
        "100",
    );
    say(
        "tap to durable and visible, p99",
        percentile(&mut times, 0.99),
        "ms",
        "250",
    );
    say("memory of the page and its worker", memory(&profile), "MiB", "");
    browser.close().await;
}

/// A whole school: so many classes of so many pupils, each marked in both sessions.
const CLASSES: usize = 30;
const IN_CLASS: usize = 30;

/// Opens the office's day and one of its lists in turn, and notes how long until it is drawn, in the page, in milliseconds.
const OPENINGS: &str = r#"
const done = arguments[0];
const times = [];
const app = document.getElementById("app");
const named = (words) => [...document.querySelectorAll("nav button")].find((one) => one.innerText.trim().startsWith(words));
function next() {
  if (times.length >= 10) return done(times);
  const began = performance.now();
  const seen = new MutationObserver(() => {
    if (app.dataset.screen !== "board") return;
    seen.disconnect();
    requestAnimationFrame(() => { times.push(performance.now() - began); leave(); });
  });
  seen.observe(app, { attributes: true });
  named("Day board").click();
}
function leave() {
  const seen = new MutationObserver(() => {
    if (app.dataset.screen !== "rules") return;
    seen.disconnect();
    setTimeout(next, 50);
  });
  seen.observe(app, { attributes: true });
  named("Rules").click();
}
leave();
"#;

/// A day of a whole school on the office's tablet.
async fn office(slow: Option<&Slow>) {
    let stage = Stage::at("15:30");
    let mut csv = daymark_tests::support::school::pupils_csv();
    for number in 0..CLASSES * IN_CLASS {
        let (id, class) = (3001 + number, number / IN_CLASS);
        let _ = write!(
            csv,
            "{},{id:06},Field{number:03},Ola,,2017-05-01,6,C{class:02},,2024-09-01,\r\n",
            upn(id)
        );
    }
    stage.school.import("roster", &csv).done();
    for class in 0..CLASSES {
        let name = format!("C{class:02}");
        let tablet = stage.school.ready(&name, "teacher", &[&name]);
        let first = 3001 + class * IN_CLASS;
        let pupils: Vec<u64> = (first..first + IN_CLASS).map(|id| id as u64).collect();
        tablet.by("a-shah", "08:50").mark("AM", "/", &pupils, &[]).done();
        tablet.by("a-shah", "13:05").mark("PM", "\\", &pupils, &[]).done();
        tablet.sync("13:10");
    }
    let browser = stage.joins("Office", "office", &[], "j-roe", Size::OFFICE).await;
    browser.is_on("board").await;
    browser.sees("60 of 64 registers are in.").await;
    let profile = stage.profile("Office");
    match slow {
        Some(slow) => slow.take(&profile),
        None => browser.throttle(THROTTLE).await,
    }
    let mut times = numbers(&browser.promise(OPENINGS).await);
    assert_eq!(times.len(), 10, "the day was opened");
    let marks = 2 * CLASSES * IN_CLASS;
    say(
        &format!("a day of {marks} marks opens, p95"),
        percentile(&mut times, 0.95),
        "ms",
        "500",
    );
    say(
        "memory of the office's page and its worker",
        memory(&profile),
        "MiB",
        "",
    );
    browser.close().await;
}

/// Days that a tablet stays open.
const STAY_DAYS: u16 = 90;
/// A clock that is moved from the page, in the place of the browser's own.
const CLOCK: &str = "const realNow = Date.now; let moved = 0; Date.now = () => realNow() + moved; \
    new BroadcastChannel(\"clock\").onmessage = ({ data }) => { moved = data; };\n";
/// Marks a whole class, one tap after the other.
const MARK_ALL: &str = r#"
const done = arguments[0];
function next() {
  const box = document.querySelector("table.reg .chip.blank");
  if (!box) return done(true);
  const row = box.closest("tr").id;
  box.click();
  const wait = () => document.getElementById(row)?.querySelector(".chip.blank") ? setTimeout(wait, 10) : next();
  wait();
}
next();
"#;

/// One page that is never closed: a class marked on every school day of ninety, with a contact each day.
async fn stay() {
    let stage = Stage::at("08:50");
    let front = Front::before(stage.school.server().address());
    front.change("/worker.", "import init", &format!("{CLOCK}import init"));
    let browser = Browser::open(&stage.profile("Stay"), Size::TABLET).await;
    stage
        .joins_by(&browser, &front.url(), ("Stay", "teacher", &["4B"]), "a-shah")
        .await;
    let profile = stage.profile("Stay");
    say("memory on the first day", memory(&profile), "MiB", "");
    let first: Date = DAY.parse().expect("a date");
    let mut marked = 0;
    for after in 0..STAY_DAYS {
        let date = first.plus(after).expect("a date");
        stage.clock_on(&date.to_string(), "08:50");
        let moved = format!(
            "new BroadcastChannel('clock').postMessage({})",
            i64::from(after) * 86_400_000
        );
        browser.script(&moved).await;
        if browser.screen().await == "lock" {
            stage.unlocks(&browser).await;
        }
        browser.is_on("today").await;
        browser.sees("School has all").await;
        if !browser.text().await.contains("Start AM") {
            continue;
        }
        browser.press("Start AM").await;
        browser.is_on("register").await;
        browser.promise(MARK_ALL).await;
        marked += 1;
        browser.press("Back").await;
        browser.is_on("today").await;
        browser.sees("School has all").await;
    }
    say("school days marked in one stay", f64::from(marked), "days", "");
    say("memory after a stay of 90 days", memory(&profile), "MiB", "");
    browser.close().await;
}

async fn run() {
    let slow = Slow::new();
    if slow.is_none() {
        println!("no control group can be made here: the page alone is slowed");
    }
    class_tablet(slow.as_ref()).await;
    office(slow.as_ref()).await;
    stay().await;
}

fn main() {
    // `cargo test --benches` asks for no run.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let done = tokio::time::timeout(Duration::from_secs(1800), run());
        done.await.expect("the bench ends");
    });
}
