//! What a browser may do to a store: lose it, open it twice.

use daymark_tests::browser::{Size, Stage};

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
