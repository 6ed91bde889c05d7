//! What changes under an open app: a new version of it, and the device's clock.

use std::time::Duration;

use daymark_tests::browser::front::Front;
use daymark_tests::browser::{Browser, Size, Stage};

/// How often something is looked for: half a minute and more.
const LOOKS: usize = 600;

/// Somebody joins through a front.
async fn joins(stage: &Stage, front: &Front, name: &str, role: &str, classes: &[&str], who: &str) -> Browser {
    let browser = Browser::open(&stage.profile(name), Size::TABLET).await;
    stage
        .joins_by(&browser, &front.url(), (name, role, classes), who)
        .await;
    browser
}

async fn is_update_waiting(browser: &Browser) -> bool {
    let waits = "const done = arguments[0]; navigator.serviceWorker.getRegistration().then((one) => done(Boolean(one.waiting)));";
    browser.promise(waits).await == true
}

#[tokio::test]
async fn an_update_in_mid_write_waits_until_nobody_works_and_all_is_sent() {
    let mut stage = Stage::at("08:30");
    let front = Front::before(stage.school.server().address());
    let browser = joins(&stage, &front, "Tablet", "teacher", &["4B"], "a-shah").await;
    let address = stage.school.server().address().to_owned();
    browser.press("Start AM").await;
    browser.is_on("register").await;
    browser.script("window.isThisPage = true").await;

    // A new version comes in while marks are being written, and then there is no signal.
    front.change("/sw.js", "const BUILD = \"", "const BUILD = \"next-");
    browser
        .script("navigator.serviceWorker.getRegistration().then((one) => one.update()); return null")
        .await;
    for marked in 1..=6 {
        browser.tap_first_blank().await.expect("a box is empty");
        browser.sees(&format!("{marked} of 8")).await;
    }
    for _ in 0..LOOKS {
        if is_update_waiting(&browser).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(is_update_waiting(&browser).await, "a new version has come in");
    stage.cut();
    browser.tap_first_blank().await.expect("a box is empty");
    browser.sees("7 of 8").await;

    // What is not sent keeps it waiting, also while the screen is locked.
    browser.press("Back").await;
    browser.press("Mrs A Shah").await;
    browser.press("Lock for the next person").await;
    browser.is_on("lock").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(browser.script("return window.isThisPage === true").await, true);
    stage.unlocks(&browser).await;
    stage.mend(&address);
    browser.press("Back").await;
    browser.press("saved on this tablet").await;
    browser.press("Try now").await;
    browser.sees("School has all").await;
    assert_eq!(
        browser.script("return window.isThisPage === true").await,
        true,
        "nothing is taken from under somebody who works"
    );

    // Locked, and all sent: now it is taken, and every mark is there.
    browser.press("Back").await;
    browser.press("Mrs A Shah").await;
    browser.press("Lock for the next person").await;
    for _ in 0..LOOKS {
        if browser.script("return window.isThisPage === true").await != true {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        browser.script("return window.isThisPage === true").await,
        false,
        "the new version is taken"
    );
    browser.is_on("lock").await;
    stage.unlocks(&browser).await;
    browser.press("Open AM").await;
    browser.is_on("register").await;
    assert_eq!(browser.marked().await.len(), 7);
    browser.close().await;
}

/// A clock that a test moves, in the place of the browser's own.
const CLOCK: &str = "const realNow = Date.now; let moved = 0; Date.now = () => realNow() + moved; \
    new BroadcastChannel(\"clock\").onmessage = ({ data }) => { moved = data; };\n";

async fn move_clock(browser: &Browser, minutes: i64) {
    let script = format!("new BroadcastChannel('clock').postMessage({})", minutes * 60_000);
    browser.script(&script).await;
}

#[tokio::test]
async fn a_clock_that_is_changed_while_the_app_is_open_makes_no_lie_and_no_blank_page() {
    let stage = Stage::at("09:05");
    let front = Front::before(stage.school.server().address());
    front.change("/worker.", "import init", &format!("{CLOCK}import init"));
    let browser = joins(&stage, &front, "Gate", "gate", &[], "g-hobbs").await;
    browser.press("Open gate").await;
    browser.sees("Register closes 09:15").await;
    browser.press("Class 4B").await;
    browser.press("Marsh, Ada").await;
    browser.sees("20 min").await;

    // Back by two hours: the app's own time goes on.
    move_clock(&browser, -120).await;
    browser.press("Marsh, Ben").await;
    browser.sees("2 today").await;
    assert!(!browser.text().await.contains("07:0"), "{}", browser.text().await);

    // On by two hours, as if the tablet had slept: it locks, asks the school what time it is, and goes on by that.
    move_clock(&browser, 120).await;
    browser.is_on("lock").await;
    stage.unlocks(&browser).await;
    browser.is_on("gate").await;
    browser.sees("School has all").await;
    browser.press("Marsh, Chloe").await;
    browser.sees("L 3 · U 0").await;
    browser.sees("Marsh, Chloe 09:0").await;
    browser.press("Marsh, Dev").await;
    browser.sees("L 4 · U 0").await;
    browser.sees("School has all").await;
    browser.close().await;
    for pupil in [1001, 1002, 1003, 1004] {
        let row = stage.school.row("AM", pupil);
        assert_eq!(row["code"], "L", "{row}");
    }
}
