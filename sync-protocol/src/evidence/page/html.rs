//! Text in a page: escaped, whatever somebody typed.

use std::fmt::{self, Display, Write};

use chrono::DateTime;

/// A value as it may stand in a page, between tags or in an attribute.
pub(super) struct Esc<T>(pub(super) T);

impl<T: Display> Display for Esc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            match letter {
                '&' => self.0.write_str("&amp;")?,
                '<' => self.0.write_str("&lt;")?,
                '>' => self.0.write_str("&gt;")?,
                '"' => self.0.write_str("&quot;")?,
                '\'' => self.0.write_str("&#39;")?,
                // Letters that turn the direction of the line could make a page read otherwise than it is written.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => self.0.write_char('\u{fffd}')?,
                other => self.0.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A time, in UTC.
pub(super) fn time(unix_seconds: i64) -> String {
    DateTime::from_timestamp(unix_seconds, 0).map_or_else(
        || format!("{unix_seconds} s"),
        |time| time.format("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// A time in milliseconds, in UTC.
pub(super) fn time_ms(unix_ms: u64) -> String {
    time(i64::try_from(unix_ms / 1000).unwrap_or(i64::MAX))
}

/// Opens a table with its headings.
pub(super) fn table(out: &mut String, headings: &[&str]) {
    out.push_str("<table>\n<thead><tr>");
    for heading in headings {
        let _ = write!(out, "<th>{heading}");
    }
    out.push_str("</thead>\n<tbody>\n");
}

/// Ends a table.
pub(super) fn end_table(out: &mut String) {
    out.push_str("</tbody>\n</table>\n");
}

/// Writes one row of cells.
pub(super) fn row(out: &mut String, cells: &[&dyn Display]) {
    out.push_str("<tr>");
    for cell in cells {
        let _ = write!(out, "<td>{}", Esc(cell));
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_typed_becomes_markup() {
        let typed = "<script>alert(\"x\")</script> & 'so on'\u{202e}";
        let shown = Esc(typed).to_string();
        assert!(!shown.contains(['<', '>', '"', '\'', '\u{202e}']), "{shown}");
        assert!(shown.contains("&amp; &#39;so on&#39;"), "{shown}");
    }

    #[test]
    fn every_time_has_a_text() {
        assert_eq!(time(1_772_441_400), "2026-03-02 08:50:00");
        assert_eq!(time(i64::MAX), format!("{} s", i64::MAX));
        assert_eq!(time_ms(u64::MAX), time(18_446_744_073_709_551));
    }
}
