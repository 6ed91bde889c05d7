//! Scripts without what only people read. Whole lines go and nothing else, so that no tool has to understand JavaScript:
//! comments on lines of their own, blank lines, and indentation. Compression does the rest.

use crate::names::Asset;

/// The same file; a script loses its comments and its indentation.
pub(crate) fn made_plain(asset: Asset) -> Asset {
    let is_script = asset.name.rsplit('.').next() == Some("js");
    let Some(text) = std::str::from_utf8(&asset.bytes).ok().filter(|_| is_script) else {
        return asset;
    };
    Asset {
        bytes: without_comments(text).into_bytes(),
        name: asset.name,
    }
}

/// Lines inside a template literal are what the program says, and stay as they are. Where it cannot be told which those
/// are, the whole text stays.
fn without_comments(script: &str) -> String {
    let mut plain = String::with_capacity(script.len());
    let (mut in_template, mut in_comment) = (false, false);
    for line in script.lines() {
        let words = line.trim();
        if in_comment {
            in_comment = !words.ends_with("*/");
            continue;
        }
        if !in_template {
            let starts_comment = words.starts_with("/*");
            if starts_comment && !words.contains("*/") {
                in_comment = true;
                continue;
            }
            if words.is_empty() || words.starts_with("//") || (starts_comment && words.ends_with("*/")) {
                continue;
            }
        }
        plain.push_str(if in_template { line } else { line.trim_start() });
        plain.push('\n');
        in_template ^= line.matches('`').count() % 2 == 1;
    }
    if in_template || in_comment {
        return script.to_owned();
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_go_and_code_stays() {
        let script = "// Why.\nlet a = 1; // one\n\n  /* so */\n  /**\n   * @returns {x}\n   */\n  f(a);\n";
        assert_eq!(without_comments(script), "let a = 1; // one\nf(a);\n");
    }

    #[test]
    fn what_a_placeholder_needs_stays() {
        let script = "const ASSETS = /*ASSETS*/[];\n  /*here*/ go();\n";
        assert_eq!(
            without_comments(script),
            "const ASSETS = /*ASSETS*/[];\n/*here*/ go();\n"
        );
    }

    #[test]
    fn a_template_stays_as_it_is_written() {
        let script = "let text = `one\n  // two\n\n  three`;\n  done();\n";
        assert_eq!(
            without_comments(script),
            "let text = `one\n  // two\n\n  three`;\ndone();\n"
        );
    }

    #[test]
    fn what_cannot_be_told_apart_stays_whole() {
        let script = "  // a\n  let tick = \"`\";\n  f();\n";
        assert_eq!(without_comments(script), script);
    }

    #[test]
    fn only_scripts_are_touched() {
        let asset = Asset {
            name: "app.css".into(),
            bytes: b"  a{}\n".to_vec(),
        };
        assert_eq!(made_plain(asset).bytes, b"  a{}\n");
    }
}
