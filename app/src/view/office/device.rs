//! One of the school's tablets: another duty for it, or none any more.

use maud::html;

use super::super::parts::{button, field, submit};
use super::Shown;
use super::devices::{duty, expected, is_over, read, told};
use crate::action::Action;
use crate::brain::Open;

pub(super) fn page(open: &Open, device: u32) -> Shown {
    let shown = told(open, device);
    let may_change = open.may_write() && shown.is_some_and(|shown| !is_over(shown));
    Shown {
        title: open.device_name(device),
        lead: html! { (expected(open, shown)) },
        acts: html! { (button(&Action::Back, "quiet", "Devices")) },
        main: html! {
            @match shown {
                Some(shown) if may_change => {
                    div.cols {
                        section.card {
                            h2 { "Message" }
                            @if let Some(text) = &shown.message { p { "“" (text) "”: " (read(open, shown)) "." } }
                            form.stack data-do=(Action::WriteTo(device).encode()) {
                                (field("text", "One line, at most 200 characters; shown there until somebody presses Heard", "text", ""))
                                (submit("", "Send the message"))
                            }
                        }
                        section.card {
                            h2 { "Another duty" }
                            p.soft { "It takes the place of the duty, the class, the trips and the day that this tablet had. What it recorded stays as good as it was." }
                            form.stack data-do=(Action::GiveDuty(device).encode()) {
                                (duty(open, &shown.grant.role))
                                (submit("", "Give it this duty"))
                            }
                        }
                        section.card {
                            h2 { "Retire" }
                            p.soft { "Its duty ends for good. The school takes nothing more from it, and nothing on it is deleted. To record again it must be invited again." }
                            form.stack data-do=(Action::Retire(device).encode()) {
                                (field("reason", "Why; needed where something of it is still expected", "text", ""))
                                (submit("", "Retire this tablet"))
                            }
                        }
                    }
                }
                Some(_) => section.card { p { "The office changes what a tablet is for. Nothing can be changed here." } },
                None => section.card { p { "Only the school's server knows its devices: this needs a signal." } },
            }
        },
    }
}
