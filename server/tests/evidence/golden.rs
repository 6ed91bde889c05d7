//! The page and the data of version 1, byte for byte: a file is checked by making its page again, so a page that changes
//! would make a liar of every file that is out there.

use crate::school::{made_up, monday, of_pupil, written};

fn is_golden(name: &str, made: &str) {
    // The version of the program is part of the data, and no part of the format.
    let made = made.split("<script").next().unwrap();
    let made = made.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let path = format!("{}/tests/evidence/golden/{name}.html", env!("CARGO_MANIFEST_DIR"));
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    if golden != made {
        let now = std::env::temp_dir().join(format!("daymark-{name}.html"));
        std::fs::write(&now, &made).unwrap();
        panic!(
            "the page of a file of evidence is not that of {path}; it is now in {}. Files that were given out would be \
             called edited: make it version 2 of the format and keep version 1",
            now.display()
        );
    }
}

#[test]
fn the_page_of_a_day_never_changes() {
    is_golden("day", &written(made_up().evidence(monday())));
}

#[test]
fn the_page_of_a_pupil_never_changes() {
    is_golden("pupil", &written(made_up().evidence(of_pupil(1044))));
}
