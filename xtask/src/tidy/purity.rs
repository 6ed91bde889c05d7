//! `core`, `exchange` and `sync-protocol` have no clock, entropy, disk, network or thread: they are handed what they need.

use super::house::{House, Source};
use super::{Finding, line_at, occurrences};

const RULE: &str = "purity";
const PURE_ROOMS: &[&str] = &["core", "exchange", "sync-protocol"];

/// What must not be named, and what it would bring in.
const IMPURE: &[(&str, &str)] = &[
    ("SystemTime::now", "a clock"),
    ("Instant::now", "a clock"),
    ("Utc::now", "a clock"),
    ("Local::now", "a clock"),
    ("getrandom", "entropy"),
    ("rand::", "entropy"),
    ("RandomState", "entropy"),
    ("tokio", "a runtime"),
];

/// Modules of the standard library, also when they are imported in a group.
const IMPURE_STD: &[(&str, &str)] = &[
    ("env", "the environment"),
    ("fs", "a disk"),
    ("net", "a network"),
    ("process", "other programs"),
    ("thread", "a thread"),
];

pub(super) fn check(house: &House) -> Vec<Finding> {
    let pure = |source: &&Source| !source.is_test && PURE_ROOMS.iter().any(|room| source.is_in(room));
    let mut findings: Vec<Finding> = house.sources.iter().filter(pure).flat_map(check_source).collect();
    findings.extend(check_bans(house));
    findings
}

/// Clippy reads one clippy.toml a package, so each pure room has its own, and they must ban the same.
fn check_bans(house: &House) -> Vec<Finding> {
    let bans = |room: &str| {
        let page = house
            .clippy
            .iter()
            .find(|page| page.path == format!("{room}/clippy.toml"))?;
        Some(
            page.text
                .lines()
                .filter(|line| !line.starts_with('#'))
                .collect::<Vec<_>>(),
        )
    };
    let first = bans(PURE_ROOMS[0]);
    let differs = |room: &&&str| bans(room) != first || first.is_none();
    let finding = |room: &&str| Finding {
        path: format!("{room}/clippy.toml"),
        line: 1,
        rule: RULE,
        what: format!("must ban the same as {}/clippy.toml", PURE_ROOMS[0]),
    };
    PURE_ROOMS.iter().filter(differs).map(finding).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let mut hits: Vec<(usize, String)> = Vec::new();
    for (name, brings) in IMPURE {
        let name = *name;
        hits.extend(occurrences(&source.live, name).map(|at| (at, format!("`{name}` brings in {brings}"))));
    }
    for at in occurrences(&source.live, "std::") {
        let rest = &source.live[at + "std::".len()..];
        for (module, brings) in IMPURE_STD {
            if names_of(rest).contains(module) {
                hits.push((at, format!("`std::{module}` brings in {brings}")));
            }
        }
    }
    let finding = |(at, what)| Finding {
        path: source.path.clone(),
        line: line_at(&source.live, at),
        rule: RULE,
        what: format!("{what}; take it as an argument"),
    };
    hits.into_iter().map(finding).collect()
}

/// The modules that follow `std::`: one name, or the first names of a group.
fn names_of(rest: &str) -> Vec<&str> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![first_name(rest)];
    };
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 0 => {
                names.push(first_name(&group[start..at]));
                start = at + 1;
            }
            b'}' if depth == 0 => {
                names.push(first_name(&group[start..at]));
                break;
            }
            b'}' => depth -= 1,
            _ => {}
        }
    }
    names
}

fn first_name(text: &str) -> &str {
    let text = text.trim_start();
    text.split(|c: char| !super::is_name_char(c))
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::house::Page;
    use super::*;

    fn house(sources: Vec<Source>, clippy: [&str; 3]) -> House {
        let page = |(room, text): (&&str, &str)| Page {
            path: format!("{room}/clippy.toml"),
            text: text.into(),
        };
        House {
            sources,
            clippy: PURE_ROOMS.iter().zip(clippy).map(page).collect(),
            ..House::default()
        }
    }

    fn findings(path: &str, text: &str) -> Vec<usize> {
        check(&house(vec![Source::new(path, text)], [""; 3]))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn clocks_entropy_and_io_are_found() {
        for text in [
            "let now = std::time::SystemTime::now();",
            "let now = chrono::Utc::now();",
            "getrandom::fill(&mut bytes);",
            "let x: u8 = rand::random();",
            "use std::fs;",
            "use std::net::TcpStream;",
            "std::thread::spawn(f);",
            "use std::{collections::{BTreeMap, BTreeSet}, fs, fmt};",
            "use tokio::sync::Mutex;",
        ] {
            assert_eq!(findings("core/src/a.rs", text), [1], "{text}");
        }
    }

    #[test]
    fn pure_code_comments_and_strings_are_in_order() {
        let text = "//! std::fs is not used here\nuse std::{collections::BTreeMap, fmt};\nf(\"std::fs\"); operand::g();";
        assert!(findings("sync-protocol/src/a.rs", text).is_empty());
    }

    #[test]
    fn only_the_pure_rooms_are_held_to_it() {
        assert!(findings("server/src/a.rs", "use std::fs;").is_empty());
        assert!(findings("core/src/a.rs", "#[cfg(test)]\nmod tests { use std::fs; }").is_empty());
        assert_eq!(
            findings("core/src/a.rs", "#[cfg(test)]\nmod tests {}\nuse std::fs;"),
            [3]
        );
    }

    #[test]
    fn the_pure_rooms_ban_the_same() {
        assert!(check(&house(vec![], ["# one\nban = 1", "# two\nban = 1", "ban = 1"])).is_empty());
        let findings = check(&house(vec![], ["ban = 1", "ban = 1", "ban = 2"]));
        assert_eq!(findings[0].path, "sync-protocol/clippy.toml");
        assert_eq!(check(&House::default()).len(), 3, "all are missing");
    }
}
