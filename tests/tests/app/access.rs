//! No barrier on any screen in any state: axe-core over the whole gallery, contrast computed from what is drawn, text at four
//! times its size; and the gate and a decision by keyboard alone.

use std::collections::BTreeSet;
use std::path::Path;

use daymark_app::action::Theme;
use daymark_tests::browser::{Browser, Size, Stage};
use daymark_tests::gallery::{self, KINDS, State};
use daymark_tests::support::DAY;
use serde_json::{Value, json};
use tempfile::TempDir;

const AXE: &str = include_str!("../../assets/axe.min.js");
/// WCAG 2.2 AA, and what axe-core's makers call good practice.
const RUN: &str = "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'], \
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }) \
    .then((found) => done(found.violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.html.slice(0, 160)).join(' | '))));";
/// What the looks differ in: colours alone.
const RUN_COLOURS: &str = "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'], \
    runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }) \
    .then((found) => done(found.violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.html.slice(0, 160)).join(' | '))));";
/// Texts by day and in the evening: WCAG's AAA. Product goal.
const CONTRAST_LEAST: f64 = 7.0;
/// In the sun. Product goal.
const CONTRAST_IN_SUN: f64 = 15.0;

/// The gallery as files of a folder, with the app's own styles.
struct Gallery {
    folder: TempDir,
    states: Vec<State>,
}

impl Gallery {
    fn open() -> Self {
        let states = gallery::states();
        assert_eq!(gallery::kinds_of(&states), KINDS, "every screen has a state");
        let folder = tempfile::tempdir().expect("a folder");
        let www = concat!(env!("CARGO_MANIFEST_DIR"), "/../app/www");
        for name in ["app.css", "visit.css", "office.css"] {
            std::fs::copy(Path::new(www).join(name), folder.path().join(name)).expect("styles are copied");
        }
        Self { folder, states }
    }

    /// A browser that has the styles, for somebody who wants nothing to move: so no colour is half way to another.
    async fn browser(&self, size: Size) -> Browser {
        let browser = Browser::open(&self.folder.path().join("profile"), size).await;
        let calm = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
        browser.cdp("Emulation.setEmulatedMedia", calm).await;
        let file = self.folder.path().join("page.html");
        let first = &self.states[0].page;
        std::fs::write(&file, gallery::document(first, Theme::Light)).expect("a page is written");
        browser.go(&format!("file://{}", file.display())).await;
        browser
    }

    async fn show(&self, browser: &Browser, state: &State, theme: Theme) {
        let page = &state.page;
        look(browser, theme).await;
        let draw = "document.title = arguments[0]; const app = document.getElementById('app'); \
            app.dataset.screen = arguments[1]; app.innerHTML = arguments[2]; scrollTo(0, 0);";
        let wanted = [page.title.as_str(), page.name, page.html.as_str()];
        browser.script_with(draw, wanted.map(Value::from).into()).await;
    }
}

async fn look(browser: &Browser, theme: Theme) {
    let script = format!(
        "document.documentElement.dataset.theme = '{}'",
        gallery::look(theme)
    );
    browser.script(&script).await;
}

fn note(found: &mut Vec<String>, state: &State, theme: Theme, barriers: &Value) {
    let barriers = barriers.as_array().into_iter().flatten();
    for barrier in barriers.filter_map(Value::as_str) {
        found.push(format!("{} {}: {barrier}", state.name, gallery::look(theme)));
    }
}

#[tokio::test]
async fn no_screen_in_any_state_and_look_has_a_barrier() {
    let gallery = Gallery::open();
    let browser = gallery.browser(Size::TABLET).await;
    browser.script(AXE).await;
    let mut found: Vec<String> = Vec::new();
    for state in &gallery.states {
        gallery.show(&browser, state, Theme::Light).await;
        note(&mut found, state, Theme::Light, &browser.promise(RUN).await);
        for theme in [Theme::Dark, Theme::Glare] {
            look(&browser, theme).await;
            note(&mut found, state, theme, &browser.promise(RUN_COLOURS).await);
        }
    }
    println!("{} states in three looks", gallery.states.len());
    assert!(
        found.is_empty(),
        "{} barriers:\n{}",
        found.len(),
        found.join("\n")
    );
    browser.close().await;
}

#[tokio::test]
async fn every_text_has_the_contrast_that_a_tablet_in_the_sun_needs() {
    let gallery = Gallery::open();
    let browser = gallery.browser(Size::TABLET).await;
    let mut found: Vec<String> = Vec::new();
    let mut texts = 0;
    for state in &gallery.states {
        gallery.show(&browser, state, Theme::Light).await;
        for theme in [Theme::Light, Theme::Dark, Theme::Glare] {
            look(&browser, theme).await;
            let least = browser.contrast().await;
            texts += least.texts;
            let wanted = if theme == Theme::Glare {
                CONTRAST_IN_SUN
            } else {
                CONTRAST_LEAST
            };
            if least.ratio < wanted {
                found.push(format!(
                    "{} {}: {:.1} of {wanted} at {:?}",
                    state.name,
                    gallery::look(theme),
                    least.ratio,
                    least.text
                ));
            }
        }
    }
    assert!(texts > 1000, "the texts were looked at: {texts}");
    assert!(found.is_empty(), "{}", found.join("\n"));
    browser.close().await;
}

#[tokio::test]
async fn nothing_is_cut_or_scrolls_sideways_at_four_times_the_size() {
    let gallery = Gallery::open();
    // 1280 pixels at 400 % are 320 (WCAG 1.4.10).
    let zoomed = Size {
        width: 320,
        height: 640,
    };
    let browser = gallery.browser(zoomed).await;
    let mut found: Vec<String> = Vec::new();
    for state in &gallery.states {
        gallery.show(&browser, state, Theme::Light).await;
        // A table of data may scroll in a box of its own.
        let wide = "const edge = document.scrollingElement.scrollWidth; \
            const out = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > 321 \
            && !one.closest('.panel, .scroll, .vh')).slice(0, 3).map((one) => one.outerHTML.slice(0, 90)); return [edge, out.join(' | ')];";
        let wide = browser.script(wide).await;
        let width = wide[0].as_u64().unwrap_or_default();
        if width > 320 {
            found.push(format!("{}: {width} pixels: {}", state.name, wide[1]));
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

#[tokio::test]
async fn a_decision_is_made_by_keyboard_alone() {
    let stage = Stage::at("15:30");
    let (first, second) = (
        stage.school.ready("first", "teacher", &["4B"]),
        stage.school.ready("second", "teacher", &["4B"]),
    );
    first.by("a-shah", "08:49").mark("AM", "/", &[1001], &[]).done();
    second.by("m-lee", "08:51").mark("AM", "N", &[1001], &[]).done();
    first.sync("08:55");
    second.sync("08:56");
    let browser = stage.joins("Office", "office", &[], "j-roe", Size::OFFICE).await;
    browser.tab_to("Decisions").await;
    browser.keys(&["Enter"]).await;
    browser.is_on("decisions").await;
    browser.sees("Marsh, Ada").await;
    browser.tab_to("Use N").await;
    browser.keys(&["Enter"]).await;
    browser.sees("Choose a reason").await;
    browser.tab_to("Spoke to the teacher").await;
    browser.keys(&["Enter"]).await;
    browser.sees("Save the decision").await;
    browser.tab_to("Save the decision").await;
    browser.keys(&["Enter"]).await;
    browser.sees("No decisions for").await;
    browser.sees("School has all").await;
    browser.close().await;
    let amendments = stage.school.office(&["ledger", "--date", DAY]);
    assert_eq!(amendments.value()[0]["amended"], "N");
}

#[test]
fn every_screen_in_every_state_has_its_pictures_and_there_are_no_others() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/screens"));
    let states = gallery::states();
    let wanted: BTreeSet<String> = states
        .iter()
        .flat_map(gallery::pictures)
        .map(|picture| picture.name)
        .collect();
    let kept: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("docs/screens")
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "webp"))
        .collect();
    let lacks: Vec<&String> = wanted.difference(&kept).collect();
    let extra: Vec<&String> = kept.difference(&wanted).collect();
    assert!(
        lacks.is_empty() && extra.is_empty(),
        "draw them with `cargo run -p daymark-tests --bin daymark-screens -- docs/screens`, and look at them: \
        {} are not there: {:?}; not wanted: {extra:?}",
        lacks.len(),
        lacks.iter().take(5).collect::<Vec<_>>()
    );
}
