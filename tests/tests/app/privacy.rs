//! A stolen browser profile: what lies on the disk says nothing.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use daymark_tests::browser::{Size, Stage};
use daymark_tests::gallery;
use daymark_tests::support::school::{pupils_csv, upn};

/// Names that were made up for this test and stand in no dictionary.
const PLANTED: usize = 200;

fn name(number: usize) -> String {
    let letters = ["ba", "ko", "zu", "wi", "xe", "qua", "vlo", "pry", "dje", "thu"];
    let syllable = |place: usize| letters[number / place % letters.len()];
    format!("Zq{}{}{}{number}", syllable(1), syllable(10), syllable(100))
}

/// Every file under a folder, with its bytes.
fn files(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for file in std::fs::read_dir(folder)
        .expect("a folder")
        .filter_map(Result::ok)
    {
        let kind = file.file_type().expect("a kind of file");
        if kind.is_dir() {
            files(&file.path(), found);
        } else if kind.is_file() {
            let bytes = std::fs::read(file.path()).unwrap_or_default();
            found.push((file.path(), bytes));
        }
    }
}

fn has(bytes: &[u8], text: &str) -> bool {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [text.as_bytes(), &wide]
        .iter()
        .any(|wanted| bytes.windows(wanted.len()).any(|window| window == *wanted))
}

#[tokio::test]
async fn a_stolen_profile_holds_no_name_no_mark_and_no_key_that_can_be_read() {
    let stage = Stage::at("08:30");
    let mut csv = pupils_csv();
    for number in 0..PLANTED {
        let id = 2001 + number;
        let _ = write!(
            csv,
            "{},{id:06},{},Ola,,2017-05-01,4,4B,,2024-09-01,\r\n",
            upn(id),
            name(number)
        );
    }
    stage.school.import("roster", &csv).done();
    let browser = stage
        .joins("Tablet", "teacher", &["4B"], "a-shah", Size::TABLET)
        .await;
    browser.sees("Start AM").await;
    browser.press("Start AM").await;
    browser.sees(&name(7)).await;
    for number in 0..3 {
        browser
            .press(&format!("{}, Ola: no mark yet", name(number)))
            .await;
    }
    browser.sees("3 of").await;
    // Why a mark was changed is a mark's own text.
    let planted_reason = "Zqreasonplanted for nobody";
    browser.press(&format!("{}, Ola, open", name(0))).await;
    // What a browser calls a page goes into its history, whenever it finds the time.
    let title = browser.script("return document.title").await.to_string();
    assert!(!title.contains("Zq"), "{title} names a pupil");
    browser.press("Take the mark back").await;
    browser.fill("Another reason", planted_reason).await;
    browser.press("Save").await;
    browser.sees("2 of").await;
    let profile = stage.profile("Tablet");
    browser.close().await;

    let mut found = Vec::new();
    files(&profile, &mut found);
    let holds = |text: &str| -> Vec<&PathBuf> {
        let files = found.iter().filter(|(_, bytes)| has(bytes, text));
        files.map(|(path, _)| path).collect()
    };
    assert!(!holds("daymark").is_empty(), "the profile was read at all");
    for number in 0..PLANTED {
        let name = name(number);
        assert!(holds(&name).is_empty(), "{name} can be read: {:?}", holds(&name));
    }
    for secret in [planted_reason, "Mrs A Shah", "Made-up Primary"] {
        assert!(
            holds(secret).is_empty(),
            "{secret:?} can be read: {:?}",
            holds(secret)
        );
    }
}

#[test]
fn no_title_of_a_page_names_anybody() {
    for state in gallery::states() {
        let title = &state.page.title;
        let names = title.contains(|letter: char| letter.is_ascii_digit() || letter == ',');
        assert!(!names && title.ends_with(" · Daymark"), "{}: {title}", state.name);
        assert!(*title != state.page.about, "{}: {title}", state.name);
    }
}
