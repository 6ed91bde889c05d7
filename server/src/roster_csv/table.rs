//! From bytes to rows under known columns.
//!
//! The rows are split here and not by a library, because a refusal must name the row that a spreadsheet shows (blank
//! rows count, line breaks inside quotation marks do not), and a quotation mark that is not closed must not swallow
//! the pupils after it unnoticed.

use super::{
    COLUMNS_MAX, Encoding, FIELD_BYTES_MAX, FILE_BYTES_MAX, FileError, Kind, ROWS_MAX, Refusal, Row, Sheet,
};

/// A column that a kind of file has.
pub(super) struct Column {
    /// Its name.
    pub(super) name: &'static str,
    /// Other headers for it, in small letters and digits only, as [`header_key`] makes them.
    pub(super) also: &'static [&'static str],
    /// Whether the file is of no use without it.
    pub(super) required: bool,
}

/// Reads a file of a kind.
pub(super) fn read(kind: Kind, bytes: &[u8], columns: &'static [Column]) -> Result<Sheet, FileError> {
    let (encoding, text) = decode(bytes)?;
    let mut records = Records {
        text: &text,
        at: 0,
        row: 0,
    };
    let header = loop {
        match records.next_record()? {
            None => return Err(FileError::Empty),
            Some(record) if record.is_blank() => {}
            Some(record) => break record,
        }
    };
    let (places, unknown_columns) = places(&header, columns)?;
    let mut rows = Vec::new();
    while let Some(record) = records.next_record()? {
        if record.is_blank() {
            continue;
        }
        if rows.len() == ROWS_MAX {
            return Err(FileError::TooManyRows);
        }
        rows.push(row(&record, header.cells.len(), &places, columns));
    }
    Ok(Sheet {
        kind,
        encoding,
        unknown_columns,
        rows,
    })
}

fn decode(bytes: &[u8]) -> Result<(Encoding, String), FileError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLarge { bytes: bytes.len() });
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(FileError::Utf16);
    }
    if bytes.contains(&0) {
        // Plain letters in UTF-16 have a zero in every second byte, with or without a byte order mark.
        let zeros = bytes.iter().take(64).filter(|byte| **byte == 0).count();
        let utf16 = !bytes.starts_with(b"PK") && zeros * 3 >= bytes.len().min(64);
        return Err(if utf16 {
            FileError::Utf16
        } else {
            FileError::NotText
        });
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(FileError::NotText);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => (Encoding::Utf8, text.to_owned()),
        Err(_) => (
            Encoding::Windows1252,
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
                .into_owned(),
        ),
    })
}

/// A header without what people vary: case, spaces and punctuation.
fn header_key(header: &str) -> String {
    header
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// For each known column its place in the file, and the headers that are none of them.
fn places(
    header: &Record,
    columns: &'static [Column],
) -> Result<(Vec<Option<usize>>, Vec<String>), FileError> {
    if header.cells.len() > COLUMNS_MAX {
        return Err(FileError::TooManyColumns);
    }
    let shown = |text: &str| text.chars().take(64).collect::<String>();
    let mut places = vec![None; columns.len()];
    let mut unknown = Vec::new();
    for (at, text) in header.cells.iter().enumerate() {
        let key = header_key(text);
        let known = columns
            .iter()
            .position(|column| header_key(column.name) == key || column.also.contains(&key.as_str()));
        let Some(known) = known else {
            if !text.is_empty() {
                unknown.push(shown(text));
            }
            continue;
        };
        if let Some(first) = places[known].replace(at) {
            let first: &String = &header.cells[first];
            return Err(FileError::AmbiguousColumns {
                column: columns[known].name,
                first: shown(first),
                second: shown(text),
            });
        }
    }
    let missing: Vec<_> = columns
        .iter()
        .zip(&places)
        .filter(|(column, place)| column.required && place.is_none())
        .map(|(column, _)| column.name)
        .collect();
    if missing.is_empty() {
        return Ok((places, unknown));
    }
    let hint = match header.cells.as_slice() {
        [one] if one.contains(';') => "the columns seem to be separated by semicolons; save it with commas",
        [one] if one.contains('\t') => "the columns seem to be separated by tabs; save it with commas",
        _ => "add it, or name it so in row 1",
    };
    Err(FileError::MissingColumns {
        columns: missing,
        hint,
    })
}

fn row(record: &Record, header_width: usize, places: &[Option<usize>], columns: &'static [Column]) -> Row {
    let number = record.row;
    let cell = |at: usize| record.cells.get(at).map_or("", String::as_str);
    let mut faults = Vec::new();
    if let Some(at) = record.stray_quote {
        let known = places.iter().position(|place| *place == Some(at));
        let remedy = "text follows a closing quotation mark: write a quotation mark inside a name as two";
        faults.push(Refusal::new(
            number,
            known.map_or("row", |known| columns[known].name),
            cell(at),
            remedy,
        ));
    }
    if let Some(beyond) = record
        .cells
        .iter()
        .skip(header_width)
        .find(|cell| !cell.is_empty())
    {
        let remedy =
            "the row has more cells than row 1 has names: put a name with a comma in quotation marks";
        faults.push(Refusal::new(number, "row", beyond, remedy));
    }
    let cells = places
        .iter()
        .zip(columns)
        .map(|(place, column)| {
            let text = cell((*place)?);
            if let Some(remedy) = unfit(text) {
                faults.push(Refusal::new(number, column.name, text, remedy));
            }
            Some(text.to_owned())
        })
        .collect();
    Row {
        number,
        cells,
        faults,
    }
}

/// What is wrong with a cell, whatever its column.
fn unfit(text: &str) -> Option<&'static str> {
    if text.len() > FIELD_BYTES_MAX {
        Some("the cell is longer than 500 bytes: shorten it, or look for a quotation mark that is not closed")
    } else if text.contains('\u{fffd}') {
        Some("a letter was lost before the file came here: export it again as UTF-8")
    } else if text.chars().any(char::is_control) {
        Some("the cell has a line break or another control character: take it out")
    } else {
        None
    }
}

/// A row of the file, its cells without outer spaces.
#[derive(Debug, Default)]
struct Record {
    row: usize,
    cells: Vec<String>,
    /// The cell in which text follows a closing quotation mark.
    stray_quote: Option<usize>,
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
struct Records<'a> {
    text: &'a str,
    /// Byte offset of the next row.
    at: usize,
    /// Number of the last row.
    row: usize,
}

impl<'a> Records<'a> {
    /// The text up to the next comma or line end, and moves there.
    fn plain(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.find([',', '\r', '\n']).unwrap_or(rest.len());
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
            if rest.starts_with(',') {
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
        let mut records = Records { text, at: 0, row: 0 };
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
        let mut records = Records {
            text: "a\n\"b\nc\n",
            at: 0,
            row: 0,
        };
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

    #[test]
    fn headers_are_compared_without_case_spaces_and_points() {
        for header in ["Adm No", "ADM_NO.", " adm-no "] {
            assert_eq!(header_key(header), "admno");
        }
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
            let _ = super::super::read_pupils(&bytes);
            let _ = super::super::read_staff(&bytes);
        }

        #[test]
        fn no_text_breaks_the_reader(text in "[\"\r\n, aé]{0,60}") {
            let _ = super::super::read_pupils(format!("mis_id,surname,forename,year,class\n{text}").as_bytes());
        }
    }
}
