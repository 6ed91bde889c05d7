//! Links between our pages lead somewhere.

use super::Finding;
use super::house::{House, Page};

const RULE: &str = "link";

pub(super) fn check(house: &House) -> Vec<Finding> {
    house
        .pages
        .iter()
        .flat_map(|page| check_page(page, &house.paths))
        .collect()
}

fn check_page(page: &Page, paths: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_fence = false;
    for (index, line) in page.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
        }
        if in_fence {
            continue;
        }
        for target in targets(&without_code(line)) {
            let file = target.split(['#', '?']).next().unwrap_or_default();
            if file.is_empty() || is_elsewhere(file) {
                continue;
            }
            if !resolve(&page.path, file).is_some_and(|path| path.is_empty() || paths.contains(&path)) {
                let what = format!("`{target}` leads nowhere");
                findings.push(Finding {
                    path: page.path.clone(),
                    line: index + 1,
                    rule: RULE,
                    what,
                });
            }
        }
    }
    findings
}

/// The targets of `[text](target)` and `[label]: target`.
fn targets(line: &str) -> Vec<String> {
    let mut found: Vec<String> = line
        .match_indices("](")
        .filter_map(|(start, mark)| line[start + mark.len()..].split([')', ' ']).next())
        .map(str::to_owned)
        .collect();
    if line.starts_with('[') && !line.starts_with("[^") {
        let label = line
            .split_once("]: ")
            .and_then(|(_, rest)| rest.split_whitespace().next());
        found.extend(label.map(str::to_owned));
    }
    found
}

/// The line with what stands between backticks taken out.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("")
}

fn is_elsewhere(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

/// The path from the root that `target` means on the page at `page`, if it stays inside.
fn resolve(page: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    if target.starts_with('/') {
        parts.clear();
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<usize> {
        let page = Page {
            path: "docs/a/page.md".into(),
            text: text.into(),
        };
        let paths = ["README.md", "docs", "docs/a", "docs/a/other.md"].map(str::to_owned);
        check_page(&page, &paths)
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn links_to_what_is_there_are_in_order() {
        assert!(
            findings("[a](other.md), [b](../../README.md#top) and [c](../a/)\n\n[d]: other.md").is_empty()
        );
    }

    #[test]
    fn links_to_what_is_not_there_are_found() {
        assert_eq!(
            findings("fine\n[a](gone.md)\n[b](../README.md)\n[c]: gone.md"),
            [2, 3, 4]
        );
        assert_eq!(findings("![picture](gone.png \"title\")"), [1]);
        assert_eq!(findings("[out of the house](../../../secret.md)"), [1]);
    }

    #[test]
    fn links_elsewhere_and_in_code_are_left_alone() {
        assert!(findings("[a](https://example.org/x) [b](#here) `[c](gone.md)` [d](mailto:a@b)").is_empty());
        assert!(findings("```\n[a](gone.md)\n```").is_empty());
    }
}
