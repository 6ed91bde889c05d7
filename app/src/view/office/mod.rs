//! The office's screens: from the tablet's own records, but for devices and files, which the school's server alone knows.

mod after;
mod amendments;
mod board;
mod decisions;
mod device;
mod devices;
mod files;
mod parts;
mod pupil;
mod rules;
mod sheet;
mod sign_off;
mod week;
mod worklist;

use daymark_core::attendance::worklists::List;
use daymark_core::session::Session;
use daymark_tablet::decisions::cases;
use maud::{Markup, html};

use super::parts::{go, logo, pill, problem};
use crate::action::{Screen, Span};
use crate::brain::{App, Open, monday};

/// What a screen of the office says: its heading, a line under it, buttons beside it, and the rest.
struct Shown {
    title: String,
    lead: Markup,
    acts: Markup,
    main: Markup,
}

pub(super) fn page(app: &App, open: &Open) -> (String, &'static str, Markup) {
    let (name, shown) = match &open.screen {
        Screen::Decisions(date) => ("decisions", decisions::page(open, *date)),
        Screen::AfterSignOff(date) => ("after-sign-off", after::page(open, *date)),
        Screen::Amendments(span) => ("amendments", amendments::page(open, *span)),
        Screen::Pupils => ("pupils", pupil::list(open)),
        Screen::Pupil(pupil, cell) => ("pupil", pupil::page(open, *pupil, *cell)),
        Screen::Devices => ("devices", devices::page(open)),
        Screen::Invite => ("invite", devices::invite(app, open)),
        Screen::Lost(device) => ("lost", devices::lost(open, *device)),
        Screen::Device(number) => ("device", device::page(open, *number)),
        Screen::Worklist(at) => ("worklist", worklist::page(open, *at)),
        Screen::Rules => ("rules", rules::page(open)),
        Screen::Exports => ("exports", files::exports(open)),
        Screen::Import => ("import", files::import(open)),
        Screen::KeyIn => ("key-in", sheet::page(open)),
        Screen::SignOff(date, session) => ("sign-off", sign_off::page(open, *date, *session)),
        Screen::Board(date) => ("board", board::page(open, *date)),
        _ => ("board", board::page(open, open.today())),
    };
    let body = html! {
        (top(app, open, name))
        main {
            div.top {
                div.grow {
                    h1 tabindex="-1" { (shown.title) }
                    div.lead { (shown.lead) }
                }
                div.row.noprint { (shown.acts) }
            }
            (problem(open.problem.as_deref()))
            (shown.main)
        }
    };
    (page_title(open, name, shown.title), name, body)
}

/// What the page is called. Where it changes, the focus goes to the heading: so it stays while a number in the heading
/// changes or somebody types, and changes with the case that is decided.
fn page_title(open: &Open, name: &str, heading: String) -> String {
    match (name, &open.screen) {
        ("board", Screen::Board(date)) => format!("Day board {date}"),
        ("after-sign-off", _) => daymark_tablet::words::AFTER_SIGN_OFF.to_owned(),
        ("amendments", _) => "Amendments".to_owned(),
        ("pupils", _) => "Pupils".to_owned(),
        ("devices", _) => "Devices".to_owned(),
        ("worklist", Screen::Worklist(at)) => list_name(usize::from(*at)).to_owned(),
        ("sign-off", Screen::SignOff(date, session)) => format!("Sign off {date} {session}"),
        _ => heading,
    }
}

/// The navigation, with what waits behind each word.
fn top(app: &App, open: &Open, here: &str) -> Markup {
    let today = open.today();
    let school = open.tablet.replica().brief();
    let owed = cases(open.tablet.replica(), today)
        .iter()
        .filter(|case| decisions::is_owed(case.kind))
        .count();
    let week = Span {
        from: monday(today),
        to: today,
    };
    let tabs = [
        ("board", "Day board", Screen::Board(today), 0),
        ("decisions", "Decisions", Screen::Decisions(today), owed),
        (
            "after-sign-off",
            "After sign-off",
            Screen::AfterSignOff(today),
            open.waits_after_sign_off(today),
        ),
        ("worklist", "Worklists", Screen::Worklist(0), 0),
        ("amendments", "Amendments", Screen::Amendments(week), 0),
        ("pupils", "Pupils", Screen::Pupils, 0),
        (
            "devices",
            "Devices",
            Screen::Devices,
            devices::asking(open).count(),
        ),
        ("rules", "Rules", Screen::Rules, 0),
        ("exports", "Files", Screen::Exports, 0),
    ];
    let under = match here {
        "pupil" => "pupils",
        "invite" | "lost" | "device" => "devices",
        "import" | "key-in" => "exports",
        "sign-off" => "board",
        other => other,
    };
    html! {
        header.top-bar {
            (logo())
            nav aria-label="Office" {
                @for (name, words, screen, count) in &tabs {
                    button type="button" data-do=(crate::action::Action::Go(screen.clone()).encode())
                        aria-current=[(*name == under).then_some("page")] {
                        (words) @if *count > 0 { " " span.n.num { (count) } }
                    }
                }
            }
            @if let Some(brief) = school { span.soft.school { (brief.school_name) } }
            (pill(app, open))
            (go(Screen::Me, "quiet", html! { (open.person.name) span.vh { ": cover, lock, help" } }))
        }
    }
}

/// The lists, as the office calls them, in the order of [`List::NAMED`].
fn list_name(at: usize) -> &'static str {
    match List::NAMED.get(at).map(|(_, list)| *list) {
        Some(List::Unaccounted(Session::Am | Session::Pm)) => "Unaccounted for",
        Some(List::ReasonsOwed) => "Reasons owed",
        Some(List::WelfareChecks) => "Home visits owed",
        Some(List::Visits) => "Visits that wait",
        Some(List::Penalties) => "Unauthorised absence to notice",
        Some(List::AbsenceReturn) => "Absence to report",
        Some(List::SicknessReturn) => "Illness to report",
        Some(List::Absent) => "Often absent",
        Some(List::Late { .. }) => "Often late",
        Some(List::Steps) => "Letters and steps",
        None => "Worklist",
    }
}
