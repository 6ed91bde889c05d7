//! The person's menu: help, how it looks, who else has a PIN here.

use maud::{Markup, html};

use super::parts::{button, field, header, problem, submit};
use crate::action::{Action, Theme};
use crate::brain::{App, Open};

pub(super) fn page(app: &App, open: &Open) -> Markup {
    let brief = open.tablet.replica().brief();
    html! {
        (header(app, open, &open.person.name, &open.person.position))
        main.sheet {
            (problem(open.problem.as_deref()))
            div.row.wrap {
                (button(&Action::Lock, "go", "Lock for the next person"))
                (button(&Action::Cover, "", "Cover the screen"))
            }
            section.card {
                h2 { "How it looks" }
                div.seg role="group" aria-label="How it looks" {
                    @for (theme, words) in [(Theme::Light, "Day"), (Theme::Dark, "Evening"), (Theme::Glare, "Sun")] {
                        button type="button" class=(if app.theme() == theme { "btn on" } else { "btn" })
                            aria-pressed=(app.theme() == theme) data-do=(Action::Look(theme).encode()) { (words) }
                    }
                }
                (button(&Action::OtherHand, "", if app.door.prefs.left_handed { "Buttons for the right thumb" } else { "Buttons for the left thumb" }))
            }
            section.card {
                h2 { "Who may unlock this tablet" }
                ul { @for known in &app.door.people { li { (known.name) " " span.soft { (known.position) } } } }
                details.why {
                    summary.btn { "Give a colleague a PIN" }
                    form.stack data-do=(Action::GivePin.encode()) {
                        label.field { span { "Who" }
                            select name="who" {
                                @for member in brief.into_iter().flat_map(|brief| &brief.staff).filter(|member| app.door.person(&member.person.id).is_none()) {
                                    option value=(member.person.id) { (member.person.name) ", " (member.person.position) }
                                }
                            }
                        }
                        (field("pin", "Their PIN, typed by them", "password", ""))
                        (field("again", "The same PIN again", "password", ""))
                        (submit("", "Give the PIN"))
                    }
                }
            }
            section.card {
                h2 { "Help" }
                ul.help {
                    li { "A mark is safe as soon as you see it. It needs no signal." }
                    li { "Tap the box to mark; tap a name for everything else." }
                    li { "Keys: arrows move between pupils, the letter of a code marks, Ctrl+Z undoes." }
                    li { "Two different marks: the child counts as missing until the office has decided." }
                }
                p.soft.small { (app.door.tablet) " · " (app.door.school) " · Daymark " (env!("CARGO_PKG_VERSION"))
                    @if app.is_kept { " · this browser keeps what is saved" } @else { " · this browser may delete what is saved: put Daymark on the home screen" } }
            }
        }
    }
}
