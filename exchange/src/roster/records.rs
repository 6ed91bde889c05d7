//! Splitting text into rows.
//!
//! By ourselves and not by a library, because a refusal must name the row that a spreadsheet shows (blank rows count, line
//! breaks inside quotation marks do not), and a quotation mark that is not closed must not swallow the pupils after it
//! unnoticed.

use super::{COLUMNS_MAX, FileError, Separator};

/// A row of the file, its cells without outer spaces.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) row: usize,
    pub(super) cells: Vec<String>,
    /// The cell in which text follows a closing quotation mark.
    pub(super) stray_quote: Option<usize>,
}

impl Record {
    fn is_blank(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }

    /// Keeps no more cells than the first one that is too many, so that a file of commas stays small.
    fn push(&mut self, cell: &str) {
        let cell = cell.trim();
        if self.cells.len() <= COLUMNS_MAX {
            self.cells.push(cell.to_owned());
        } else if !cell.is_empty() {
            cell.clone_into(&mut self.cells[COLUMNS_MAX]);
        }
    }
}

/// Splits text into rows as RFC 4180 has them. CRLF, LF and CR end a row; a quotation mark means something only at
/// the very beginning of a cell, and inside a cell that began with one.
pub(super) struct Records<'a> {
    text: &'a str,
    separator: char,
    /// Byte offset of the next row.
    at: usize,
    /// Number of the last row.
    row: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(text: &'a str, separator: Separator) -> Self {
        Self {
            text,
            separator: separator.as_char(),
            at: 0,
            row: 0,
        }
    }

    /// The next row that is not blank.
    pub(super) fn next_written(&mut self) -> Result<Option<Record>, FileError> {
        loop {
            match self.next_record()? {
                Some(record) if record.is_blank() => {}
                other => return Ok(other),
            }
        }
    }

    /// The text up to the next separator or line end, and moves there.
    fn plain(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.find([self.separator, '\r', '\n']).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// The inside of quotation marks, the first of which is behind; `None` when they are not closed.
    fn quoted(&mut self) -> Option<String> {
        let mut cell = String::new();
        loop {
            let rest = &self.text[self.at..];
            let length = rest.find('"')?;
            cell.push_str(&rest[..length]);
            self.at += length + 1;
            if !self.text[self.at..].starts_with('"') {
                return Some(cell);
            }
            cell.push('"');
            self.at += 1;
        }
    }

    fn next_record(&mut self) -> Result<Option<Record>, FileError> {
        if self.at == self.text.len() {
            return Ok(None);
        }
        self.row += 1;
        let mut record = Record {
            row: self.row,
            ..Record::default()
        };
        let mut place = 0;
        loop {
            if self.text[self.at..].starts_with('"') {
                self.at += 1;
                let mut cell = self.quoted().ok_or(FileError::UnclosedQuote { row: self.row })?;
                let stray = self.plain();
                if !stray.trim().is_empty() {
                    record.stray_quote.get_or_insert(place);
                    cell.push_str(stray);
                }
                record.push(&cell);
            } else {
                let cell = self.plain();
                record.push(cell);
            }
            let rest = &self.text[self.at..];
            if rest.starts_with(self.separator) {
                self.at += 1;
                place += 1;
                continue;
            }
            self.at += if rest.starts_with("\r\n") {
                2
            } else {
                usize::from(!rest.is_empty())
            };
            return Ok(Some(record));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(text: &str) -> Vec<Record> {
        let mut records = Records::new(text, Separator::Comma);
        std::iter::from_fn(|| records.next_record().expect("closed quotes")).collect()
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_numbers_them() {
        let text = "a,b\r\n\r\n\"one\r\ntwo\",x\n,\n \r1,2";
        let seen: Vec<_> = records(text)
            .into_iter()
            .filter(|record| !record.is_blank())
            .map(|record| (record.row, record.cells.join("|")))
            .collect();
        assert_eq!(
            seen,
            [
                (1, "a|b".to_owned()),
                (3, "one\r\ntwo|x".to_owned()),
                (6, "1|2".to_owned())
            ]
        );
    }

    #[test]
    fn a_quotation_mark_inside_a_plain_cell_is_a_letter() {
        assert_eq!(records("5\" pipe,O\"Neil")[0].cells, ["5\" pipe", "O\"Neil"]);
        assert_eq!(records("\"a\"\"b\",\"\"")[0].cells, ["a\"b", ""]);
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_names_its_row() {
        let mut records = Records::new("a\n\"b\nc\n", Separator::Comma);
        assert!(records.next_record().expect("a row").is_some());
        assert_eq!(
            records.next_record().expect_err("open"),
            FileError::UnclosedQuote { row: 2 }
        );
    }

    #[test]
    fn a_row_of_nothing_but_commas_stays_small() {
        let text = format!("{}x", ",".repeat(1_000_000));
        let record = &records(&text)[0];
        assert_eq!(record.cells.len(), COLUMNS_MAX + 1);
        assert!(!record.is_blank());
    }

    proptest! {
        #[test]
        fn what_a_csv_library_writes_is_read_as_it_was(
            rows in proptest::collection::vec(proptest::collection::vec("[a-zé\",\r\n/\\\\#']{0,6}", 3), 1..6)
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).expect("a record");
            }
            let text = String::from_utf8(writer.into_inner().expect("bytes")).expect("text");
            let trimmed: Vec<Vec<_>> =
                rows.iter().map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect()).collect();
            let read: Vec<_> = records(&text);
            prop_assert!(read.iter().all(|record| record.stray_quote.is_none()));
            prop_assert_eq!(read.into_iter().map(|record| record.cells).collect::<Vec<_>>(), trimmed);
        }

        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = crate::roster::read_pupils(&bytes);
            let _ = crate::roster::read_staff(&bytes);
        }

        #[test]
        fn no_text_breaks_the_reader(text in "[\"\r\n, aé]{0,60}") {
            let _ = crate::roster::read_pupils(format!("mis_id,surname,forename,year,class\n{text}").as_bytes());
        }
    }
}
