//! What a browser may do to a store: fill up, lose it, open it twice.

use daymark_tests::browser::{Size, Stage};

#[tokio::test]
async fn two_windows_never_write_in_one_store() {
    let stage = Stage::at("08:30");
    let browser = stage
        .joins("Tablet", "teacher", &["4B"], "a-shah", Size::TABLET)
        .await;
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
    let origin = stage.school.server().url();
    browser.press("Start AM").await;
    browser.sees("Marsh, Ada").await;
    let quota = |bytes: u64| serde_json::json!({ "origin": origin, "quotaSize": bytes });
    browser.cdp("Storage.overrideQuotaForOrigin", quota(1)).await;
    // The browser goes by what it last knew to be free for half a minute.
    tokio::time::sleep(std::time::Duration::from_secs(33)).await;
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
    browser.is_on("register").await;
    assert!(
        browser.marked().await.is_empty(),
        "what was not saved is not shown"
    );
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
    let gone = "const done = arguments[0]; const asked = indexedDB.deleteDatabase('daymark'); \
        asked.onsuccess = asked.onblocked = () => done(true);";
    browser.promise(gone).await;
    browser.reload().await;
    browser.sees("This browser's store is gone.").await;
    browser.close().await;
}
