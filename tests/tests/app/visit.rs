//! A home visit by two people on a doorstep with no signal, from a cold start; the school has both accounts later.

use daymark_tests::browser::stage::PIN;
use daymark_tests::browser::{Browser, Size, Stage};

async fn visitor(stage: &Stage, browser: &Browser, name: &str) {
    browser.press("Lock for the other visitor").await;
    browser.is_on("lock").await;
    browser.press(name).await;
    stage.unlocks(browser).await;
    browser.press("Open list").await;
    browser.press("Open visit").await;
    browser.press("My account").await;
    browser.is_on("account").await;
}

async fn writes(browser: &Browser, facts: &str, opinion: &str) {
    browser.fill("Facts", facts).await;
    browser.fill("Opinion", opinion).await;
    browser.press("Save my account").await;
}

#[tokio::test]
async fn two_visitors_record_a_visit_with_no_signal_and_each_writes_alone() {
    let mut stage = Stage::at("09:48");
    let browser = stage
        .joins("Visit phone", "team", &[], "k-osman", Size::TABLET)
        .await;
    browser.press("Mr K Osman").await;
    browser.press("Give a colleague a PIN").await;
    browser.fill("Who", "Ms P Fenn").await;
    browser.fill("Their PIN", PIN).await;
    browser.fill("The same PIN again", PIN).await;
    browser.press("Give the PIN").await;
    browser.sees("Ms P Fenn can unlock").await;
    let address = stage.school.server().address().to_owned();
    let url = stage.school.server().url();

    // No signal, and a cold start on the way.
    stage.cut();
    browser.kill();
    let browser = Browser::open(&stage.profile("Visit phone"), Size::TABLET).await;
    browser.go(&url).await;
    browser.is_on("lock").await;
    browser.press("Mr K Osman").await;
    stage.unlocks(&browser).await;
    browser.press("Open list").await;
    browser.is_on("visits").await;
    browser.fill("A part of the name", "jay").await;
    browser.press("Marsh, Jay").await;
    browser.is_on("visit-start").await;
    browser.presses();
    browser.press("Ms P Fenn").await;
    browser.press("Third day of absence").await;
    browser.press("Begin the visit").await;
    browser.is_on("visit").await;
    browser.press("Arrived").await;
    browser.sees("arrived").await;
    browser.press("Saw Jay through a window").await;
    browser
        .sees("Jay was not spoken to. This visit stays open.")
        .await;
    browser.press("Mother").await;
    browser.sees("Answered by Mother.").await;
    browser.press("Jay waved").await;
    browser.press("Back safe").await;
    let presses = browser.presses();
    assert!(presses <= 10, "the structured part took {presses} presses");

    // Each writes an account without the other's.
    browser.press("My account").await;
    browser.is_on("account").await;
    writes(&browser, "He had a coat on.", "He seemed glad.").await;
    browser.sees("Not written yet.").await;
    visitor(&stage, &browser, "Ms P Fenn").await;
    assert!(
        !browser.text().await.contains("coat"),
        "one account is not shown before the other is written"
    );
    writes(&browser, "The house was cold.", "He seemed tired.").await;
    browser.sees("He had a coat on.").await;
    browser.press("I agree").await;
    browser.sees("Ms P Fenn agrees").await;

    // Restarted once more: both accounts are there; then signal, and the school has them.
    browser.kill();
    let browser = Browser::open(&stage.profile("Visit phone"), Size::TABLET).await;
    browser.go(&url).await;
    browser.is_on("lock").await;
    browser.press("Mr K Osman").await;
    stage.unlocks(&browser).await;
    browser.press("Open list").await;
    browser.press("Open visit").await;
    browser.press("My account").await;
    browser.sees("He seemed tired.").await;
    stage.mend(&address);
    browser.press("No signal").await;
    browser.press("Try now").await;
    browser.sees("School has all").await;
    browser.close().await;

    // The safeguarding side reads it on another tablet; a teacher's never sees it.
    let second = stage.school.ready("Second phone", "team", &[]);
    let visits = second.at("16:00").run(&["worklist", "visits"]).value();
    assert!(visits.to_string().contains("1010"), "{visits}");
}
