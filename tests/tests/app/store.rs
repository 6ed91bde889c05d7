//! What a browser may do to a store: end at any moment, fill up, lose it, open it twice.

use daymark_tests::browser::{Browser, Size, Stage};

use crate::trip::planned;

/// Rounds of `kill -9`, each at another moment after a tap.
const ROUNDS: u64 = 60;
/// Within so many milliseconds after the tap.
const WITHIN_MS: u64 = 300;

#[tokio::test]
async fn two_windows_never_write_in_one_store() {
    let stage = Stage::at("08:30");
    let browser = stage
        .joins("Tablet", "teacher", &["4B"], "a-shah", Size::TABLET)
        .await;
    browser.sees("Class 4B").await;
    let url = stage.school.server().url();
    browser
        .script("window.other = window.open(location.origin)")
        .await;
    browser.in_window(1).await;
    browser.sees("Daymark is open in another window").await;
    browser.press("Use it here").await;
    browser.sees("Mrs A Shah").await;
    browser.in_window(0).await;
    browser.sees("Daymark is open in another window").await;
    browser.go(&url).await;
    browser.sees("Daymark is open in another window").await;
    browser.close().await;
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_shown_as_saved() {
    let stage = Stage::at("08:30");
    let browser = stage
        .joins("Tablet", "teacher", &["4B"], "a-shah", Size::TABLET)
        .await;
    browser.sees("Class 4B").await;
    let origin = stage.school.server().url();
    browser.press("Start AM").await;
    browser.sees("Marsh, Ada").await;
    let quota = |bytes: u64| serde_json::json!({ "origin": origin, "quotaSize": bytes });
    browser.cdp("Storage.overrideQuotaForOrigin", quota(1)).await;
    // The browser goes by what it last knew to be free for some seconds.
    tokio::time::sleep(std::time::Duration::from_secs(12)).await;
    browser.press("Marsh, Ada: no mark yet").await;
    browser.sees("NOT saved").await;
    browser
        .cdp(
            "Storage.overrideQuotaForOrigin",
            serde_json::json!({ "origin": origin }),
        )
        .await;
    stage.unlocks(&browser).await;
    browser.press("AM").await;
    browser.sees("Marsh, Ada").await;
    browser.press("Marsh, Ada: no mark yet").await;
    browser.sees("1 of 8").await;
    browser.close().await;
}

#[tokio::test]
async fn a_store_that_is_gone_is_announced() {
    let stage = Stage::at("08:30");
    let browser = stage
        .joins("Tablet", "teacher", &["4B"], "a-shah", Size::TABLET)
        .await;
    browser.sees("Class 4B").await;
    let gone = "const done = arguments[0]; const asked = indexedDB.deleteDatabase('daymark'); \
        asked.onsuccess = asked.onblocked = () => done(true);";
    browser.promise(gone).await;
    browser.reload().await;
    browser.sees("This browser's store is gone.").await;
    browser.close().await;
}

#[tokio::test]
async fn no_tick_is_ever_lost_by_ending_the_browser_at_any_moment_after_a_tap() {
    let mut stage = Stage::at("08:30");
    let office = stage.school.ready("office", "office", &[]);
    let browser = stage
        .joins("Coach A", "teacher", &[], "a-shah", Size::TABLET)
        .await;
    planned(&stage, &office, "Coach A");
    browser.sees("York Museum").await;
    let url = stage.school.server().url();
    stage.cut();
    browser.kill();
    let mut known: Vec<String> = Vec::new();
    let (mut kept, mut late) = (0, 0);
    for round in 0..ROUNDS {
        let browser = Browser::open(&stage.profile("Coach A"), Size::TABLET).await;
        browser.go(&url).await;
        browser.sees("Mrs A Shah").await;
        stage.unlocks(&browser).await;
        browser.press("AM").await;
        browser.sees(" of 12").await;
        let marked = browser.marked().await;
        for name in &known {
            assert!(
                marked.contains(name),
                "round {round}: {name} was shown as saved, and is not there"
            );
        }
        // A tap, or where all are marked an undo of one by a reason, and the end somewhere in the 300 ms after it.
        let tapped = browser.tap_first_blank().await;
        tokio::time::sleep(std::time::Duration::from_millis(round * 37 % WITHIN_MS)).await;
        let shown = browser.marked().await;
        browser.kill();
        known = shown.clone();
        match tapped {
            Some(name) if shown.contains(&name) => kept += 1,
            Some(_) => late += 1,
            None => break,
        }
    }
    println!("{kept} marks were shown and kept, {late} were not shown before the end");
    assert!(kept > 0, "no mark was shown at all");
}
