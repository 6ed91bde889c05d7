//! Nothing is left half done: no placeholder, no test switched off, no note to oneself.

use super::house::{House, Source};
use super::{Finding, line_at, occurrences};

const RULE: &str = "half done";
const IN_CODE: &[&str] = &["todo!", "unimplemented!", "#[ignore"];
const IN_COMMENTS: &[&str] = &["TODO", "FIXME"];

pub(super) fn check(house: &House) -> Vec<Finding> {
    house.sources.iter().flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let in_view = |view: &str, words: &[&str]| {
        let hits = words
            .iter()
            .flat_map(|word| occurrences(view, word).map(move |at| (at, *word)));
        hits.map(|(at, word)| (line_at(view, at), word.to_owned()))
            .collect::<Vec<_>>()
    };
    let mut hits = in_view(&source.code, IN_CODE);
    hits.extend(in_view(&source.comments, IN_COMMENTS));
    let finding = |(line, word)| Finding {
        path: source.path.clone(),
        line,
        rule: RULE,
        what: format!("`{word}`: finish it or write an issue"),
    };
    hits.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<usize> {
        check_source(&Source::new("core/src/a.rs", text))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn placeholders_and_switched_off_tests_are_found() {
        assert_eq!(findings("fn f() {\n    todo!()\n}"), [2]);
        assert_eq!(findings("unimplemented!(\"later\")"), [1]);
        assert_eq!(findings("#[test]\n#[ignore = \"slow\"]\nfn f() {}"), [2]);
        assert_eq!(findings("// TODO: later\n/* FIXME */"), [1, 2]);
    }

    #[test]
    fn the_words_in_strings_and_longer_names_are_in_order() {
        assert!(findings("f(\"TODO\"); g(\"todo!()\"); // todos").is_empty());
    }
}
