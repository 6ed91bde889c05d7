//! The late gate: two taps a child, `L` until the register closes and `U` from then on.

use daymark_tests::browser::{Size, Stage};

#[tokio::test]
async fn a_late_child_takes_two_taps_and_the_code_follows_the_schools_time() {
    let stage = Stage::at("09:05");
    let browser = stage.joins("Gate", "gate", &[], "g-hobbs", Size::TABLET).await;
    browser.press("Open gate").await;
    browser.sees("Register closes 09:15").await;
    browser.presses();
    browser.press("Class 4B").await;
    browser.press("Marsh, Ada").await;
    browser.sees("20 min").await;
    assert_eq!(browser.presses(), 2);

    // A sibling stands beside: one tap more.
    browser.press("Marsh, Ben").await;
    browser.sees("2 today").await;
    assert_eq!(browser.presses(), 1);
    browser.press("Undo: Marsh, Ben").await;
    browser.sees("1 today").await;

    // The clock passes the close; the school says so with the next contact.
    stage.clock("09:20");
    browser.press("Back").await;
    browser.press("Sent to school").await;
    browser.press("Try now").await;
    browser.sees("School has all").await;
    browser.press("Back").await;
    browser.press("Open gate").await;
    browser.sees("U now").await;
    // This tablet's own clock is months from the school's. It was measured a moment ago, so the time that counts is the school's.
    browser.press("Class 4B").await;
    browser.press("Marsh, Chloe").await;
    browser.sees("L 1 · U 1").await;
    browser.presses();
    browser.press("Traffic").await;
    assert_eq!(browser.presses(), 1);
    browser.sees("35 min · Traffic").await;
    browser.press("School has all").await;
    browser.press("Try now").await;
    browser.sees("Nothing waits on this tablet.").await;
    let codes = ["1001", "1002", "1003"].map(|pupil| {
        let pupil: u64 = pupil.parse().expect("a number");
        stage.school.row("AM", pupil)["code"].clone()
    });
    assert_eq!(codes[0], "L");
    assert_eq!(codes[2], "U");
    assert!(codes[1].is_null(), "what was undone at once is no mark");
    browser.close().await;
}
