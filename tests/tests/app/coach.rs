//! Visit day: boarding, counting, leaving, and the afternoon, with no signal from a cold start on.

use daymark_tests::browser::{Browser, Size, Stage};

use crate::trip::planned;

#[tokio::test]
async fn the_coach_is_marked_with_no_signal_from_a_cold_start_and_the_school_has_all_of_it_later() {
    let mut stage = Stage::at("08:30");
    let office = stage.school.ready("office", "office", &[]);
    let browser = stage
        .joins("Coach A", "teacher", &[], "a-shah", Size::TABLET)
        .await;
    planned(&stage, &office, "Coach A");
    browser.sees("York Museum").await;
    browser.sees("12 with no mark yet").await;
    browser.sees("Ready for no signal").await;
    let address = stage.school.server().address().to_owned();
    let url = stage.school.server().url();

    // No signal, and the browser starts cold.
    stage.cut();
    browser.kill();
    let browser = Browser::open(&stage.profile("Coach A"), Size::TABLET).await;
    browser.go(&url).await;
    browser.sees("Mrs A Shah").await;
    browser.presses();
    stage.unlocks(&browser).await;
    browser.press("Start AM").await;
    browser.press("Marsh, Ada: no mark yet").await;
    browser.sees("Saved on this tablet").await;
    assert!(
        browser.presses() <= 7,
        "the first mark is made within 7 taps, PIN included"
    );

    // Two are not here; ten are counted; the other nine are marked by the count.
    for absent in ["Marsh, Ben: not here", "Marsh, Chloe: not here"] {
        browser.press(absent).await;
    }
    browser.sees("1 of 12").await;
    browser.press("Count heads").await;
    browser.press("9").await;
    browser.sees("9 counted, 10 expected.").await;
    assert!(
        !browser.text().await.contains("Mark 9 as V"),
        "a count that differs marks nobody"
    );
    browser.press("Delete the last digit").await;
    browser.press("1").await;
    browser.press("0").await;
    browser.sees("They agree.").await;
    browser.press("Mark 9 as V").await;
    browser.sees("10 of 12").await;
    assert!(browser.presses() <= 2 + 7, "two exceptions and the count");

    // A child leaves with a parent: the mark of the morning stays.
    browser.press("Marsh, Dev, open").await;
    browser.press("Mother").await;
    browser.sees("Left 1").await;
    browser.press("Back").await;
    browser.sees("Start PM").await;

    // Restarted once more with no signal: everything that was ever shown is there.
    browser.kill();
    let browser = Browser::open(&stage.profile("Coach A"), Size::TABLET).await;
    browser.go(&url).await;
    browser.sees("Mrs A Shah").await;
    stage.unlocks(&browser).await;
    browser.sees("all 12 marked").await;

    // Signal again.
    stage.mend(&address);
    browser.press("saved on this tablet").await;
    browser.press("Try now").await;
    browser.sees("School has all").await;
    let code = |pupil| stage.school.row("AM", pupil)["code"].clone();
    assert_eq!(code(1001), "V");
    assert_eq!(code(1002), "N");
    assert_eq!(
        code(1004),
        "V",
        "who left later was with the group in the morning"
    );
    assert_eq!(code(1012), "V");
    browser.close().await;
}
