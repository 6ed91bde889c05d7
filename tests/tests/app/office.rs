//! The office at the end of the day: it reconciles the devices, decides, amends, signs off, and takes what comes in later.

use daymark_tests::browser::{Size, Stage};
use daymark_tests::support::DAY;

/// A school of the afternoon: 4B is marked by two people who did not agree on Ada, 5A lacks Kai, and one tablet is out with
/// marks that nobody has seen.
struct Afternoon {
    stage: Stage,
    out: daymark_tests::support::Tablet,
}

impl Afternoon {
    fn new() -> Self {
        let stage = Stage::at("15:30");
        let fourth = stage.school.ready("Class 4B", "teacher", &["4B"]);
        let second = stage.school.ready("Class 4B, second", "teacher", &["4B"]);
        let fifth = stage.school.ready("Class 5A", "teacher", &["5A"]);
        let out = stage.school.ready("Hall iPad 2", "teacher", &["5A"]);
        let whole: Vec<u64> = (1001..=1008).collect();
        for session in ["AM", "PM"] {
            let code = if session == "AM" { "/" } else { "\\" };
            let at = if session == "AM" { "08:49" } else { "13:05" };
            fourth.by("a-shah", at).mark(session, code, &whole, &[]).done();
            fifth
                .by("t-quill", at)
                .mark(session, code, &[1009, 1010, 1012], &[])
                .done();
        }
        second.by("m-lee", "08:51").mark("AM", "N", &[1001], &[]).done();
        // Made before sign-off, and brought in after it.
        out.by("d-brook", "13:06").mark("PM", "N", &[1009], &[]).done();
        for tablet in [&fourth, &second, &fifth] {
            tablet.sync("15:20");
        }
        Self { stage, out }
    }
}

#[tokio::test]
async fn the_office_reconciles_the_day_decides_amends_and_signs_off_and_nothing_moves_after_that() {
    let day = Afternoon::new();
    let (stage, school) = (&day.stage, &day.stage.school);
    let browser = stage.joins("Office", "office", &[], "j-roe", Size::OFFICE).await;
    browser.is_on("board").await;
    browser.sees("2 of 4 registers are in.").await;
    browser.sees("Unaccounted for").await;
    browser.sees("two different marks").await;

    // One decision: three presses, nothing chosen beforehand.
    browser.press("Decisions 1").await;
    browser.is_on("decisions").await;
    browser.sees("Counted as missing meanwhile").await;
    browser.sees("Choose a mark and a reason").await;
    browser.presses();
    browser.press("Use N").await;
    browser.press("Spoke to the teacher").await;
    browser.press("Save the decision").await;
    browser.sees("No decisions for").await;
    assert_eq!(browser.presses(), 3, "a decision is three presses");

    // An amendment from the pupil's page: five presses at most.
    browser.press("Pupils").await;
    browser.sees("12 pupils on roll").await;
    browser.fill("Find a pupil", "ben").await;
    browser.sees("1 pupil found").await;
    browser.presses();
    browser.press("Marsh, Ben").await;
    browser.is_on("pupil").await;
    browser.press("Mon 2 Mar AM: /").await;
    browser.sees("Check value").await;
    browser.choose("code", "M").await;
    browser.choose("reason", "Parent phoned").await;
    browser.press("Save").await;
    browser.sees("In place of / of Mrs A Shah").await;
    let presses = browser.presses();
    assert!(presses <= 5, "an amendment took {presses} presses");

    // Sign-off says what is missing, and is signed with it.
    browser.press("Day board").await;
    browser.press("Sign off AM").await;
    browser.is_on("sign-off").await;
    browser.sees("1 pupil without a mark").await;
    browser.sees("Marsh, Kai").await;
    browser.press("Sign off Mon 2 Mar AM with 1 gap").await;
    browser.sees("AM: Signed off").await;
    browser.press("Sign off PM").await;
    browser.press("Sign off Mon 2 Mar PM with 1 gap").await;
    browser.sees("PM: Signed off").await;
    browser.sees("School has all").await;

    // A tablet comes back at last: the register does not move by itself.
    day.out.sync("19:02");
    browser.press("After sign-off 1").await;
    browser.sees("1 mark says otherwise").await;
    assert_eq!(school.row("PM", 1009)["code"], "\\");
    browser.presses();
    browser.press("Accept N").await;
    browser.sees("Nothing has arrived after sign-off").await;
    assert!(browser.presses() <= 2);

    // Every change stands in the ledger with both codes, the reason, and the name and position of the person.
    browser.press("Amendments").await;
    browser.sees("3 amendments").await;
    browser.sees("Parent phoned").await;
    browser.sees("Office manager").await;
    browser.sees("School has all").await;
    browser.close().await;
    assert_eq!(school.row("AM", 1001)["code"], "N");
    assert_eq!(school.row("AM", 1002)["code"], "M");
    assert_eq!(school.row("PM", 1009)["code"], "N");
    let ledger = school.ledger();
    assert_eq!(ledger.len(), 3, "{ledger:?}");
}

#[tokio::test]
async fn the_office_works_on_without_a_signal_and_from_a_cold_start() {
    let mut day = Afternoon::new();
    let browser = day
        .stage
        .joins("Office", "office", &[], "j-roe", Size::OFFICE)
        .await;
    browser.sees("2 of 4 registers are in.").await;
    let address = day.stage.school.server().address().to_owned();
    let url = day.stage.school.server().url();
    day.stage.cut();
    browser.kill();
    let browser = daymark_tests::browser::Browser::open(&day.stage.profile("Office"), Size::OFFICE).await;
    browser.go(&url).await;
    browser.sees("Mrs J Roe").await;
    day.stage.unlocks(&browser).await;
    browser.sees("2 of 4 registers are in.").await;
    browser.press("Decisions 1").await;
    browser.press("Use N").await;
    browser.press("Checked the register").await;
    browser.press("Save the decision").await;
    browser.sees("No decisions for").await;
    browser.sees("No signal. Saving on this tablet.").await;
    day.stage.mend(&address);
    browser.press("No signal").await;
    browser.press("Try now").await;
    browser.sees("School has all").await;
    browser.close().await;
    let decided = day.stage.school.office(&["ledger", "--date", DAY]).value();
    assert_eq!(decided[0]["reason"], "Checked the register");
}
