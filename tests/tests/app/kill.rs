//! The browser ended with SIGKILL at any moment after a tap: what was shown as saved is there.

use std::fmt::Write;
use std::time::Duration;

use daymark_tests::browser::{Browser, Size, Stage};
use daymark_tests::support::school::{pupils_csv, upn};

/// Rounds of `kill -9` in each of two profiles, each round at another moment after a tap.
const ROUNDS: usize = 100;
/// Within so many milliseconds after the tap.
const WITHIN_MS: u64 = 300;

/// More pupils in 4B, so that every round finds an empty box.
fn class() -> String {
    let mut csv = pupils_csv();
    for number in 2001..=2001 + ROUNDS {
        let upn = upn(number);
        // Writing into memory fails for nothing.
        let _ = write!(
            csv,
            "{upn},{number:06},Orr{number},Ola,,2017-05-01,4,4B,,2024-09-01,\r\n"
        );
    }
    csv
}

/// Moments that spread over the whole span in whatever order the rounds come.
fn moment(round: usize, salt: u64) -> Duration {
    Duration::from_millis((round as u64 * 37 + salt) % WITHIN_MS)
}

async fn rounds(name: &str, salt: u64) {
    let mut stage = Stage::at("08:30");
    stage.school.import("roster", &class()).done();
    let browser = stage
        .joins(name, "teacher", &["4B"], "a-shah", Size::TABLET)
        .await;
    let url = stage.school.server().url();
    stage.cut();
    browser.kill();
    let mut known: Vec<String> = Vec::new();
    let (mut kept, mut unseen) = (0, 0);
    for round in 0..ROUNDS {
        let browser = Browser::open(&stage.profile(name), Size::TABLET).await;
        browser.go(&url).await;
        browser.is_on("lock").await;
        browser.keys(&["2", "5", "8", "0"]).await;
        browser.is_on("today").await;
        browser.press("AM").await;
        browser.is_on("register").await;
        let marked = browser.marked().await;
        for name in &known {
            assert!(
                marked.contains(name),
                "round {round}: {name} was shown as saved, and is not there"
            );
        }
        let tapped = browser.tap_first_blank().await.expect("a box is empty");
        tokio::time::sleep(moment(round, salt)).await;
        known = browser.marked().await;
        browser.kill();
        if known.contains(&tapped) {
            kept += 1;
        } else {
            unseen += 1;
        }
    }
    println!("{kept} marks were shown and kept, {unseen} were not shown before the end");
    // How many ends come before the tick depends on how quick the machine is.
    assert!(kept > 0, "no mark was shown at all");
}

#[tokio::test]
async fn no_tick_is_lost_by_ending_the_browser_after_a_tap() {
    rounds("Coach A", 0).await;
}

#[tokio::test]
async fn no_tick_is_lost_by_ending_another_browser_at_other_moments() {
    rounds("Coach B", 17).await;
}
