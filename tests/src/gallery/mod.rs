//! Every screen of the app in its states, each reached as a person reaches it, from a made-up school with a fixed clock.
//!
//! The pages are swept for barriers in a real browser, and pictures of them are kept in `docs/screens`.

#[path = "../../../app/tests/common/mod.rs"]
mod common;
mod office;
mod tablet;

use daymark_app::action::{Action, Fields, Screen, Theme};
use daymark_app::{App, Page};

use common::Device;

use crate::browser::Size;

/// One state of one screen.
#[derive(Debug, Clone)]
pub struct State {
    /// What it is called, in words with hyphens: the screen, then the state.
    pub name: String,
    /// Whether it is of the office.
    pub is_office: bool,
    /// The page.
    pub page: Page,
}

/// All of them.
pub fn states() -> Vec<State> {
    let mut states = Vec::new();
    tablet::states(&mut states);
    office::states(&mut states);
    states
}

/// Adds the state that a device shows.
fn add(states: &mut Vec<State>, name: &str, device: &Device) {
    let page = device.app.page();
    let is_office = page.html.contains("app office") || page.html.contains("office app");
    states.push(State {
        name: name.to_owned(),
        is_office,
        page,
    });
}

/// Opens a screen on a device.
fn go(device: &mut Device, screen: Screen) {
    act(device, Action::Go(screen), &Fields::default());
}

fn act(device: &mut Device, action: Action, fields: &Fields) {
    let now_ms = device.now_ms;
    device.app.act(action, fields, now_ms);
    device.settle();
}

/// The screens that must have a state: a new one does not compile until it is named here.
pub fn kind(screen: &Screen) -> &'static str {
    match screen {
        Screen::Today => "today",
        Screen::Register(..) => "register",
        Screen::Row(..) => "row",
        Screen::Count(_) => "count",
        Screen::Gate(_) => "gate",
        Screen::GateFind => "gate-find",
        Screen::GateReason(_) => "gate-reason",
        Screen::Visits => "visits",
        Screen::VisitStart(_) => "visit-start",
        Screen::Visit(_) => "visit",
        Screen::Account(_) => "account",
        Screen::Sent => "sent",
        Screen::HandOver => "hand-over",
        Screen::TakeOver => "take-over",
        Screen::Paper => "paper",
        Screen::Me => "me",
        Screen::Board(_) => "board",
        Screen::Decisions(_) => "decisions",
        Screen::AfterSignOff(_) => "after-sign-off",
        Screen::Amendments(_) => "amendments",
        Screen::Pupils => "pupils",
        Screen::Pupil(..) => "pupil",
        Screen::Devices => "devices",
        Screen::Invite => "invite",
        Screen::Lost(_) => "lost",
        Screen::Device(_) => "device",
        Screen::Worklist(_) => "worklist",
        Screen::Rules => "rules",
        Screen::Exports => "exports",
        Screen::Import => "import",
        Screen::KeyIn => "key-in",
        Screen::SignOff(..) => "sign-off",
    }
}

/// The names of all kinds, in the order of the app's own list.
pub const KINDS: [&str; 32] = [
    "today",
    "register",
    "row",
    "count",
    "gate",
    "gate-find",
    "gate-reason",
    "visits",
    "visit-start",
    "visit",
    "account",
    "sent",
    "hand-over",
    "take-over",
    "paper",
    "me",
    "board",
    "decisions",
    "after-sign-off",
    "amendments",
    "pupils",
    "pupil",
    "devices",
    "invite",
    "lost",
    "device",
    "worklist",
    "rules",
    "exports",
    "import",
    "key-in",
    "sign-off",
];

/// Which kinds of screens a list of states shows.
pub fn kinds_of(states: &[State]) -> Vec<&'static str> {
    KINDS
        .into_iter()
        .filter(|kind| {
            states
                .iter()
                .any(|state| state.name == *kind || state.name.starts_with(&format!("{kind}-")))
        })
        .collect()
}

/// The look of a page as its attribute says it.
pub fn look(theme: Theme) -> &'static str {
    match theme {
        Theme::Light => "light",
        Theme::Dark => "dark",
        Theme::Glare => "glare",
    }
}

/// A picture that is kept of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file in `docs/screens`.
    pub name: String,
    /// How large the screen is.
    pub size: Size,
    /// How it looks.
    pub theme: Theme,
}

/// The pictures of a state: every size by day; in the evening and in the sun the size at which it is used most.
pub fn pictures(state: &State) -> Vec<Picture> {
    let used = if state.is_office {
        Size::OFFICE
    } else {
        Size::TABLET
    };
    let wanted = [
        (Size::TABLET, Theme::Light),
        (Size::LANDSCAPE, Theme::Light),
        (Size::OFFICE, Theme::Light),
        (used, Theme::Dark),
        (used, Theme::Glare),
    ];
    let pictures = wanted.into_iter().map(|(size, theme)| Picture {
        name: format!(
            "{}-{}x{}-{}.webp",
            state.name,
            size.width,
            size.height,
            look(theme)
        ),
        size,
        theme,
    });
    pictures.collect()
}

/// A page as a file of its own, beside the app's styles.
pub fn document(page: &Page, theme: Theme) -> String {
    format!(
        "<!doctype html><html lang=\"en-GB\" data-theme=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"app.css\"><link rel=\"stylesheet\" href=\"visit.css\"><link rel=\"stylesheet\" href=\"office.css\">\
         </head><body><div id=\"app\" data-screen=\"{}\">{}</div></body></html>",
        look(theme),
        page.title.replace('<', "&lt;"),
        page.name,
        page.html
    )
}

/// Of which screen an app is.
pub fn kind_of(app: &App) -> Option<&'static str> {
    app.screen().map(kind)
}
