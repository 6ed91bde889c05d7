//! The office's screens.

use maud::{Markup, html};

use super::parts::header;
use crate::brain::{App, Open};

pub(super) fn page(app: &App, open: &Open) -> (String, &'static str, Markup) {
    (
        "Office".to_owned(),
        "office",
        html! { (header(app, open, "Office", "")) },
    )
}
