//! Takes Rust source apart just far enough that a search for `unwrap()` does not find a comment.
//!
//! Each view has the length and the lines of the source; what does not belong to it is blank.

/// The views of one source file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Views {
    /// Code: comments and the insides of string and character literals are blank.
    pub(super) code: String,
    /// Comments alone.
    pub(super) comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Code,
    Comment,
    Literal,
}

/// Splits `source` into its views.
pub(super) fn mask(source: &str) -> Views {
    let bytes = source.as_bytes();
    let mut parts = vec![Part::Code; bytes.len()];
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let starts_name = at == 0 || !is_name(bytes[at - 1]);
        let (length, part) = if rest.starts_with(b"//") {
            (until(rest, b'\n'), Part::Comment)
        } else if rest.starts_with(b"/*") {
            (block_comment(rest), Part::Comment)
        } else if rest[0] == b'"' {
            (1 + quoted(&rest[1..], b'"'), Part::Literal)
        } else if rest[0] == b'\'' {
            (character(rest), Part::Literal)
        } else if let Some(length) = raw_string(rest).filter(|_| starts_name) {
            (length, Part::Literal)
        } else {
            (1, Part::Code)
        };
        let end = (at + length).min(bytes.len());
        parts[at..end].fill(part);
        at = end;
    }
    Views {
        code: view(source, &parts, Part::Code),
        comments: view(source, &parts, Part::Comment),
    }
}

/// Blanks the items of `code` that only tests see: what follows each `#[cfg(test)]`.
pub(super) fn without_tests(code: &str) -> String {
    if code.contains("#![cfg(test)]") {
        return blank(code, 0, code.len());
    }
    let mut live = code.to_owned();
    for (start, attribute) in code.match_indices("#[cfg(test)]") {
        let end = start + attribute.len() + item_length(&code[start + attribute.len()..]);
        live = blank(&live, start, end);
    }
    live
}

/// The names of the modules that `code` declares for tests alone and keeps in files of their own.
pub(super) fn test_modules(code: &str) -> Vec<&str> {
    code.match_indices("#[cfg(test)]")
        .filter_map(|(start, attribute)| {
            let item = &code[start + attribute.len()..];
            let item = item[..item_length(item)].trim().strip_suffix(';')?;
            item.rsplit_once("mod ").map(|(_, name)| name.trim())
        })
        .collect()
}

/// How far the first item of `code` reaches: to its semicolon, or to the end of its braces.
fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in code.bytes().enumerate() {
        match byte {
            b';' if depth == 0 => return offset + 1,
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return offset + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

fn blank(text: &str, start: usize, end: usize) -> String {
    let inner = text[start..end]
        .bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' });
    [&text[..start], &inner.collect::<String>(), &text[end..]].concat()
}

fn view(source: &str, parts: &[Part], wanted: Part) -> String {
    let kept = |(&byte, &part): (&u8, &Part)| match part {
        _ if byte == b'\n' => byte,
        part if part == wanted => byte,
        _ => b' ',
    };
    // A literal or comment begins and ends at characters, so only whole characters are replaced.
    let bytes: Vec<u8> = source.as_bytes().iter().zip(parts).map(kept).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn until(bytes: &[u8], stop: u8) -> usize {
    bytes.iter().position(|&byte| byte == stop).unwrap_or(bytes.len())
}

/// The length of a block comment, which may hold others.
fn block_comment(bytes: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// The length of what stands before the closing quote, and the quote.
fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The length of a character literal, or one for the tick of a lifetime.
fn character(bytes: &[u8]) -> usize {
    let text = std::str::from_utf8(&bytes[1..]).unwrap_or_default();
    let mut chars = text.chars();
    match chars.next() {
        Some('\\') => 1 + quoted(&bytes[1..], b'\''),
        Some(first) if chars.next() == Some('\'') => 2 + first.len_utf8(),
        _ => 1,
    }
}

/// The length of a raw string, with or without `b` or `c` before it.
fn raw_string(bytes: &[u8]) -> Option<usize> {
    let prefix = usize::from(matches!(bytes[0], b'b' | b'c'));
    if bytes.get(prefix) != Some(&b'r') {
        return None;
    }
    let hashes = bytes[prefix + 1..]
        .iter()
        .take_while(|&&byte| byte == b'#')
        .count();
    let open = prefix + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return None;
    }
    let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    let inside = bytes[open + 1..]
        .windows(close.len())
        .position(|window| window == close);
    Some(inside.map_or(bytes.len(), |length| open + 1 + length + close.len()))
}

fn is_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> String {
        mask(source).code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_are_not_code() {
        assert_eq!(code("a // b\nc /* d /* e */ f */ g"), "a c g");
        assert_eq!(mask("a // b\nc").comments, "  // b\n ");
    }

    #[test]
    fn the_insides_of_literals_are_not_code() {
        assert_eq!(code(r#"f("a \" // b", 'x', '\'', '"') + g"#), "f( , , , ) + g");
        assert_eq!(code("f(r#\"a \" b\"#, br\"c\", b\"d\") + g"), "f( , , b ) + g");
    }

    #[test]
    fn a_lifetime_is_not_a_literal() {
        assert_eq!(
            code("fn f<'a>(x: &'a str) -> &'a str { x }"),
            "fn f< a>(x: & a str) -> & a str { x }"
        );
    }

    #[test]
    fn lines_and_lengths_are_kept() {
        let source = "let é = \"ü\n\"; // ö\nx";
        let views = mask(source);
        assert_eq!(views.code.len(), source.len());
        assert_eq!(views.code.lines().count(), 3);
    }

    #[test]
    fn only_the_item_after_cfg_test_is_a_test() {
        let live = without_tests("a\n#[cfg(test)]\nmod tests { fn f() { b } }\nc\n#[cfg(test)] use d;\ne");
        assert_eq!(live.split_whitespace().collect::<Vec<_>>(), ["a", "c", "e"]);
        assert_eq!(live.lines().count(), 6);
        assert_eq!(without_tests("#![cfg(test)]\na").trim(), "");
    }

    #[test]
    fn test_modules_in_their_own_files_are_named() {
        assert_eq!(
            test_modules("#[cfg(test)]\npub(crate) mod laws;\n#[cfg(test)] mod b { x; }"),
            ["laws"]
        );
    }
}
