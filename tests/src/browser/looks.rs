//! What a test looks at on a page.

use std::path::Path;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Browser;
use super::chromium::{PATIENCE, POLL};

/// The least contrast of a text on the page, as `[ratio, text]`: its colour over what lies behind it, by the formula of WCAG 2.
const CONTRAST: &str = r#"
const parse = (text) => { const n = text.match(/[\d.]+/g).map(Number); return { r: n[0], g: n[1], b: n[2], a: n.length > 3 ? n[3] : 1 }; };
const over = (top, under) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1 });
const behind = (element) => {
  const layers = [];
  for (let one = element; one; one = one.parentElement) {
    const fill = parse(getComputedStyle(one).backgroundColor);
    layers.push(fill);
    if (fill.a === 1) break;
  }
  return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
};
const channel = (value) => { const c = value / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
const light = (c) => 0.2126 * channel(c.r) + 0.7152 * channel(c.g) + 0.0722 * channel(c.b);
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let least = [99, ""];
let seen = 0;
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const text = node.data.trim();
  const element = node.parentElement;
  if (!text || !element.getClientRects().length || element.closest(".vh, option, script, style")) continue;
  const style = getComputedStyle(element);
  if (style.visibility === "hidden") continue;
  const ground = behind(element);
  const ink = over(parse(element.closest("svg") ? style.fill : style.color), ground);
  const [a, b] = [light(ink), light(ground)];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  seen += 1;
  if (ratio < least[0]) least = [ratio, text.slice(0, 60)];
}
return [...least, seen];
"#;

/// The least contrast on a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast {
    /// The ratio, from 1 to 21.
    pub ratio: f64,
    /// Whose it is.
    pub text: String,
    /// How many texts were looked at.
    pub texts: u64,
}

impl Browser {
    /// Waits until the app shows a screen, by the name that the page carries.
    #[track_caller]
    pub fn is_on<'a>(&'a self, screen: &'a str) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let started = Instant::now();
            loop {
                let shown = self.screen().await;
                if shown == screen {
                    return;
                }
                assert!(
                    started.elapsed() < PATIENCE,
                    "{caller}: the screen is {shown:?} and not {screen:?}:\n{}",
                    self.text().await
                );
                tokio::time::sleep(POLL).await;
            }
        }
    }

    /// The name of the screen that the app shows.
    pub async fn screen(&self) -> String {
        let shown = self
            .script("return document.getElementById('app')?.dataset.screen ?? ''")
            .await;
        shown.as_str().unwrap_or_default().to_owned()
    }

    /// The names whose rows show a mark.
    pub async fn marked(&self) -> Vec<String> {
        let names = "return [...document.querySelectorAll('table.reg tr')]\
            .filter((row) => !row.querySelector('.chip.blank')).map((row) => row.querySelector('.name').innerText.trim())";
        let names = self.script(names).await;
        let names = names.as_array().cloned().unwrap_or_default();
        names
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    }

    /// Taps the first empty box of a register, without waiting for anything; whose it is.
    pub async fn tap_first_blank(&self) -> Option<String> {
        let tap = "const box = document.querySelector('table.reg .chip.blank'); if (!box) return null; \
            box.click(); return box.closest('tr').querySelector('.name').innerText.trim();";
        self.script(tap).await.as_str().map(str::to_owned)
    }

    /// Chooses one of several, by a word that is shown or read of it: one press.
    #[track_caller]
    pub fn choose<'a>(&'a self, field: &'a str, value: &'a str) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let choose = "const one = [...document.querySelectorAll('label.pick input')]\
                .find((input) => input.name === arguments[0] && input.value === arguments[1]); \
                if (!one || !one.closest('label').getClientRects().length) return false; one.closest('label').click(); return one.checked;";
            let chosen = self.script_with(choose, vec![field.into(), value.into()]).await;
            assert_eq!(chosen, true, "{caller}: {field} offers no {value:?}");
            self.count_press();
        }
    }

    /// A picture of what is seen, small enough to be kept: `WebP`.
    pub async fn small_picture(&self, path: &Path) {
        let wanted = json!({ "format": "webp", "quality": 72 });
        let taken = self.cdp("Page.captureScreenshot", wanted).await;
        let bytes = STANDARD.decode(taken["data"].as_str().expect("a picture"));
        std::fs::write(path, bytes.expect("base 64")).expect("a picture is written");
    }

    /// The least contrast of a text on the page.
    pub async fn contrast(&self) -> Contrast {
        let found = self.script(CONTRAST).await;
        let at = |place: usize| found.get(place).cloned().unwrap_or(Value::Null);
        Contrast {
            ratio: at(0).as_f64().unwrap_or_default(),
            text: at(1).as_str().unwrap_or_default().to_owned(),
            texts: at(2).as_u64().unwrap_or_default(),
        }
    }
}
