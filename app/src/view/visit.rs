//! Home visits.

use maud::{Markup, html};

use super::parts::header;
use crate::brain::{App, Open};

pub(super) fn page(app: &App, open: &Open) -> (String, &'static str, Markup) {
    (
        "Home visits".to_owned(),
        "visits",
        html! { (header(app, open, "Home visits", "")) },
    )
}
