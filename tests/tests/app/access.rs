//! The gate by keyboard alone.

use daymark_tests::browser::{Size, Stage};

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
