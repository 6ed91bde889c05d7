//! Every dependency may be used under a licence that deny.toml allows.

use toml::{Table, Value};

use super::Finding;
use super::house::{Dependency, House};

const RULE: &str = "licence";

pub(super) fn check(house: &House) -> Vec<Finding> {
    let deny: Table = match house.deny.parse() {
        Ok(table) => table,
        Err(error) => {
            let what = format!("not TOML: {}", error.message());
            return vec![Finding {
                path: "deny.toml".into(),
                line: 1,
                rule: RULE,
                what,
            }];
        }
    };
    let licences = deny.get("licenses");
    let general = names(licences.and_then(|table| table.get("allow")));
    let exceptions = licences
        .and_then(|table| table.get("exceptions"))
        .and_then(Value::as_array);
    let allowed_for = |dependency: &Dependency| {
        let own = exceptions.into_iter().flatten().filter(|exception| {
            let wanted = exception.get("crate").and_then(Value::as_str).unwrap_or_default();
            wanted.split('@').next() == Some(&dependency.name)
        });
        let own = own.flat_map(|exception| names(exception.get("allow")));
        general.iter().copied().chain(own).collect::<Vec<_>>()
    };
    let refused = house.dependencies.iter().filter(|dependency| {
        let allowed = allowed_for(dependency);
        !dependency
            .licence
            .as_deref()
            .is_some_and(|licence| permits(licence, &allowed))
    });
    refused
        .map(|dependency| finding(dependency, &house.lock))
        .collect()
}

fn finding(dependency: &Dependency, lock: &str) -> Finding {
    let entry = format!(
        "name = \"{}\"\nversion = \"{}\"",
        dependency.name, dependency.version
    );
    let line = lock.find(&entry).map_or(1, |offset| super::line_at(lock, offset));
    let licence = dependency.licence.as_deref().unwrap_or("no licence named");
    let what = format!(
        "{} {}: {licence}: not allowed by deny.toml",
        dependency.name, dependency.version
    );
    Finding {
        path: "Cargo.lock".into(),
        line,
        rule: RULE,
        what,
    }
}

fn names(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Whether an SPDX expression can be met with the allowed licences alone.
fn permits(expression: &str, allowed: &[&str]) -> bool {
    // Old manifests write a slash for OR.
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    any_of(&mut words, allowed) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut permitted = all_of(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        permitted |= all_of(words, allowed);
    }
    permitted
}

fn all_of(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut permitted = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        permitted &= one(words, allowed);
    }
    permitted
}

fn one(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    match words.next() {
        Some("(") => any_of(words, allowed) & (words.next() == Some(")")),
        Some(licence) if words.next_if_eq(&"WITH").is_some() => {
            let whole = format!("{licence} WITH {}", words.next().unwrap_or_default());
            allowed.contains(&whole.as_str())
        }
        Some(licence) => allowed.contains(&licence),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: &[&str] = &["MIT", "BSD-3-Clause", "Apache-2.0 WITH LLVM-exception"];

    #[test]
    fn one_side_of_or_is_enough() {
        assert!(permits("GPL-3.0 OR MIT", ALLOWED));
        assert!(permits("GPL-3.0/MIT", ALLOWED));
        assert!(!permits("GPL-3.0 OR LGPL-2.1", ALLOWED));
    }

    #[test]
    fn both_sides_of_and_are_needed() {
        assert!(permits("MIT AND BSD-3-Clause", ALLOWED));
        assert!(!permits("MIT AND GPL-3.0", ALLOWED));
        assert!(permits("(GPL-3.0 OR MIT) AND BSD-3-Clause", ALLOWED));
        assert!(
            permits("GPL-3.0 AND GPL-2.0 OR MIT", ALLOWED),
            "AND binds closer than OR"
        );
    }

    #[test]
    fn an_exception_is_part_of_the_licence() {
        assert!(permits("Apache-2.0 WITH LLVM-exception", ALLOWED));
        assert!(!permits("Apache-2.0", ALLOWED));
        assert!(!permits("MIT WITH Some-exception", ALLOWED));
    }

    #[test]
    fn what_is_not_an_expression_is_refused() {
        assert!(!permits("", ALLOWED));
        assert!(!permits("MIT MIT", ALLOWED));
        assert!(!permits("(MIT", ALLOWED));
    }

    fn house(deny: &str, licence: Option<&str>) -> House {
        House {
            deny: deny.into(),
            lock: "[[package]]\nname = \"other\"\nversion = \"1.0.0\"\n".into(),
            dependencies: vec![Dependency {
                name: "other".into(),
                version: "1.0.0".into(),
                licence: licence.map(str::to_owned),
            }],
            ..House::default()
        }
    }

    #[test]
    fn a_dependency_outside_the_list_is_named_where_it_is_locked() {
        let findings = check(&house("[licenses]\nallow = [\"MIT\"]", Some("GPL-3.0")));
        let expected = "Cargo.lock:2: licence: other 1.0.0: GPL-3.0: not allowed by deny.toml";
        assert_eq!(findings[0].to_string(), expected);
        assert_eq!(check(&house("[licenses]\nallow = [\"MIT\"]", None)).len(), 1);
    }

    #[test]
    fn an_exception_holds_for_its_crate_alone() {
        let deny =
            |name| format!("[licenses]\nexceptions = [{{ allow = [\"GPL-3.0\"], crate = \"{name}\" }}]");
        assert!(check(&house(&deny("other"), Some("GPL-3.0"))).is_empty());
        assert_eq!(check(&house(&deny("another"), Some("GPL-3.0"))).len(), 1);
    }
}
