//! `cargo xtask tidy`: the house rules, as checks. Each finding names the file, the line and the rule.
//!
//! The tree is read once into a [`House`]; a check is a function from the house to findings, so that every
//! rule can be tried on a house of a few lines.

mod edges;
mod house;
mod licences;
mod links;
mod mask;
mod proofs;
mod purity;
mod size;
mod unwrap;
mod words;

use std::fmt;

use crate::process::{Failure, root};
use house::House;

/// One place where a rule is broken.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    rule: &'static str,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.what)
    }
}

const CHECKS: &[fn(&House) -> Vec<Finding>] = &[
    edges::check,
    licences::check,
    links::check,
    proofs::check,
    purity::check,
    size::check,
    unwrap::check,
    words::check,
];

pub(crate) fn run() -> Result<(), Failure> {
    let house = House::read(root())?;
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(&house)).collect();
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!(
            "{} source files, {} pages and {} dependencies are in order",
            house.sources.len(),
            house.pages.len(),
            house.dependencies.len()
        );
        Ok(())
    } else {
        Err(Failure::Untidy(findings.len()))
    }
}

/// The line, counted from one, on which byte `offset` of `text` stands.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text[..offset].matches('\n').count()
}

/// Where `needle` stands in `code`, unless it is the tail of a longer name.
fn occurrences<'a>(code: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let starts_name = needle.starts_with(is_name_char);
    let ends_name = needle.ends_with(is_name_char);
    code.match_indices(needle)
        .map(|(offset, _)| offset)
        .filter(move |&offset| {
            let before = code[..offset].chars().next_back();
            let after = code[offset + needle.len()..].chars().next();
            !(starts_name && before.is_some_and(is_name_char) || ends_name && after.is_some_and(is_name_char))
        })
}

fn is_name_char(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_needle_inside_a_longer_name_is_not_found() {
        assert_eq!(
            occurrences("operand::new(rand::new)", "rand::").collect::<Vec<_>>(),
            [13]
        );
        assert_eq!(occurrences("tokio_like tokio", "tokio").collect::<Vec<_>>(), [11]);
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!(line_at("a\nb\nc", 0), 1);
        assert_eq!(line_at("a\nb\nc", 4), 3);
    }

    #[test]
    fn a_finding_names_file_line_and_rule() {
        let finding = Finding {
            path: "core/src/lib.rs".into(),
            line: 3,
            rule: "purity",
            what: "a clock".into(),
        };
        assert_eq!(finding.to_string(), "core/src/lib.rs:3: purity: a clock");
    }
}
