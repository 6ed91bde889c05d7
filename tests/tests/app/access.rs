//! No barrier on any screen in any state: axe-core over the whole gallery, in every look and at both ends of the sizes; and the
//! gate and a decision by keyboard alone.

use std::path::Path;

use daymark_app::action::Theme;
use daymark_tests::browser::{Browser, Size, Stage};
use daymark_tests::gallery::{self, KINDS};
use serde_json::Value;

const AXE: &str = include_str!("../../assets/axe.min.js");
/// WCAG 2.2 AA, and what axe-core's makers call good practice.
const RUN: &str = "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'], \
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }) \
    .then((found) => done(found.violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.html.slice(0, 120)).join(' | '))));";

/// Puts the app's styles beside the pages.
fn styles(folder: &Path) {
    let www = concat!(env!("CARGO_MANIFEST_DIR"), "/../app/www");
    for name in ["app.css", "visit.css", "office.css"] {
        std::fs::copy(Path::new(www).join(name), folder.join(name)).expect("styles are copied");
    }
}

#[tokio::test]
async fn no_screen_in_any_state_and_look_has_a_barrier() {
    let states = gallery::states();
    assert_eq!(gallery::kinds_of(&states), KINDS, "every screen has a state");
    let folder = tempfile::tempdir().expect("a folder");
    styles(folder.path());
    let profile = folder.path().join("profile");
    let browser = Browser::open(&profile, Size::TABLET).await;
    let mut found: Vec<String> = Vec::new();
    for state in &states {
        for theme in [Theme::Light, Theme::Dark, Theme::Glare] {
            let file = folder.path().join("page.html");
            std::fs::write(&file, gallery::document(&state.page, theme)).expect("a page is written");
            browser.go(&format!("file://{}", file.display())).await;
            browser.script(AXE).await;
            let barriers = browser.promise(RUN).await;
            for barrier in barriers.as_array().into_iter().flatten().filter_map(Value::as_str) {
                found.push(format!("{} {}: {barrier}", state.name, gallery::look(theme)));
            }
        }
    }
    println!("{} states in three looks", states.len());
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
    browser.close().await;
}

#[tokio::test]
async fn nothing_is_cut_or_scrolls_sideways_at_four_times_the_size() {
    let states = gallery::states();
    let folder = tempfile::tempdir().expect("a folder");
    styles(folder.path());
    // 1280 pixels at 400 % are 320 (WCAG 1.4.10).
    let zoomed = Size {
        width: 320,
        height: 640,
    };
    let browser = Browser::open(&folder.path().join("profile"), zoomed).await;
    let mut found: Vec<String> = Vec::new();
    for state in &states {
        let file = folder.path().join("page.html");
        std::fs::write(&file, gallery::document(&state.page, Theme::Light)).expect("a page is written");
        browser.go(&format!("file://{}", file.display())).await;
        // A table of data may scroll in a box of its own.
        let wide = "return document.scrollingElement.scrollWidth";
        let width = browser.script(wide).await.as_u64().unwrap_or_default();
        if width > 320 {
            found.push(format!("{}: {width} pixels", state.name));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    browser.close().await;
}

#[tokio::test]
async fn the_gate_is_worked_by_keyboard_alone() {
    let stage = Stage::at("09:05");
    let browser = stage.joins("Gate", "gate", &[], "g-hobbs", Size::TABLET).await;
    browser.tab_to("Open gate").await;
    browser.keys(&["Enter"]).await;
    browser.sees("Late gate").await;
    browser.tab_to("Class 4B").await;
    browser.keys(&["Enter"]).await;
    browser.sees("Marsh, Ada").await;
    browser.tab_to("Marsh, Ada").await;
    browser.keys(&["Enter"]).await;
    browser.sees("1 today").await;
    // In the tiles the arrows move.
    browser.tab_to("Marsh, Ada").await;
    browser.keys(&["ArrowRight", "Enter"]).await;
    browser.sees("2 today").await;
    browser.close().await;
}
