//! A file is short enough to be read in one go.

use super::Finding;
use super::house::{House, Source};

const RULE: &str = "file size";
const LINES_MAX: usize = 500;
const TEST_LINES_MAX: usize = 800;

pub(super) fn check(house: &House) -> Vec<Finding> {
    house.sources.iter().filter_map(check_source).collect()
}

fn check_source(source: &Source) -> Option<Finding> {
    let max = if source.is_test { TEST_LINES_MAX } else { LINES_MAX };
    (source.lines > max).then(|| Finding {
        path: source.path.clone(),
        line: max + 1,
        rule: RULE,
        what: format!("{} lines, and {max} are allowed", source.lines),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_found(path: &str, lines: usize) -> Option<usize> {
        check_source(&Source::new(path, &"\n".repeat(lines))).map(|finding| finding.line)
    }

    #[test]
    fn a_file_past_its_limit_is_found() {
        assert_eq!(line_found("core/src/a.rs", 500), None);
        assert_eq!(line_found("core/src/a.rs", 501), Some(501));
        assert_eq!(line_found("core/tests/a.rs", 800), None);
        assert_eq!(line_found("core/tests/a.rs", 801), Some(801));
    }
}
