//! Outside tests nothing is unwrapped: the caller is told what went wrong.

use super::house::{House, Source};
use super::{Finding, line_at};

const RULE: &str = "unwrap";
const ROOMS: &[&str] = &["core", "exchange", "sync-protocol", "journal", "server", "tablet"];

pub(super) fn check(house: &House) -> Vec<Finding> {
    let ours = |source: &&Source| !source.is_test && ROOMS.iter().any(|room| source.is_in(room));
    house.sources.iter().filter(ours).flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let finding = |(at, _)| Finding {
        path: source.path.clone(),
        line: line_at(&source.live, at),
        rule: RULE,
        what: "`unwrap()` outside tests; return an error, or `expect` with the reason it cannot fail"
            .to_owned(),
    };
    source.live.match_indices(".unwrap()").map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<usize> {
        let house = House {
            sources: vec![Source::new(path, text)],
            ..House::default()
        };
        check(&house).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn an_unwrap_outside_tests_is_found() {
        assert_eq!(findings("core/src/a.rs", "fn f() {\n    x.unwrap();\n}"), [2]);
    }

    #[test]
    fn an_unwrap_in_tests_and_comments_is_in_order() {
        assert!(findings("core/src/a.rs", "/// `x.unwrap()`\nfn f() { x.unwrap_or(1) }").is_empty());
        assert!(
            findings(
                "core/src/a.rs",
                "#[cfg(test)]\nmod tests { fn f() { x.unwrap() } }"
            )
            .is_empty()
        );
        assert!(findings("core/tests/a.rs", "x.unwrap()").is_empty());
        assert!(findings("tests/src/a.rs", "x.unwrap()").is_empty());
    }
}
