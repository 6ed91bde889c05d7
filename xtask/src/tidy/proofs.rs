//! A test that a page names is there. A page may say which test proves a rule; this keeps it from naming one that was
//! renamed or taken out.
//!
//! In a section whose heading is [`HEADING`], every name between backticks that is written as our tests are, words joined by
//! at least two underscores, must be a test function of ours.

use std::collections::BTreeSet;

use super::Finding;
use super::house::{House, Page, Source};

const RULE: &str = "proof";
/// The heading of a section that names tests, whatever its level.
const HEADING: &str = "Which test proves it";
/// The fewest underscores of a test's name: it is a sentence.
const UNDERSCORES_MIN: usize = 2;

pub(super) fn check(house: &House) -> Vec<Finding> {
    let tests: BTreeSet<&str> = house.sources.iter().flat_map(tests_of).collect();
    house
        .pages
        .iter()
        .flat_map(|page| check_page(page, &tests))
        .collect()
}

/// The names of the functions that stand under `#[test]`.
fn tests_of(source: &Source) -> impl Iterator<Item = &str> {
    let after = source.code.split("#[test]").skip(1);
    after.filter_map(|text| {
        let (_, rest) = text.split_once("fn ")?;
        rest.split(['(', '<']).next().map(str::trim)
    })
}

fn check_page(page: &Page, tests: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_within = false;
    for (index, line) in page.text.lines().enumerate() {
        if line.starts_with('#') {
            is_within = line.trim_start_matches('#').trim() == HEADING;
        }
        let named = line
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| is_a_test_name(name));
        for name in named.filter(|name| is_within && !tests.contains(name)) {
            findings.push(Finding {
                path: page.path.clone(),
                line: index + 1,
                rule: RULE,
                what: format!("there is no test `{name}`: name the one that proves it"),
            });
        }
    }
    findings
}

fn is_a_test_name(name: &str) -> bool {
    let is_snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.chars().all(is_snake) && name.matches('_').count() >= UNDERSCORES_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<usize> {
        let source = Source::new(
            "core/tests/a.rs",
            "#[test]\nfn the_minute_is_late() {}\nfn no_test_at_all() {}\n#[test]\n#[should_panic]\nfn a_second_one_too() {}",
        );
        let page = Page {
            path: "docs/a.md".into(),
            text: text.into(),
        };
        check_page(&page, &tests_of(&source).collect())
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn tests_that_are_there_are_in_order() {
        let page = "## Which test proves it\n| A | `the_minute_is_late`, `a_second_one_too` in `core/tests/a.rs` |\n";
        assert!(findings(page).is_empty());
    }

    #[test]
    fn a_test_that_is_not_there_is_found_and_so_is_a_function_that_is_no_test() {
        let page = "# Which test proves it\n`the_minute_was_late`\n`no_test_at_all`\n";
        assert_eq!(findings(page), [2, 3]);
    }

    #[test]
    fn other_sections_and_other_words_are_left_alone() {
        let page = "`no_such_test_here`\n## Which test proves it\n`notify_by` `am.late_from_x_y` `U`\n## More\n`no_such_test_here`\n";
        assert!(findings(page).is_empty());
    }
}
