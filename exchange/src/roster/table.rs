//! From bytes to rows under known columns.

use super::records::{Record, Records};
use super::{
    COLUMNS_MAX, Encoding, FIELD_BYTES_MAX, FILE_BYTES_MAX, FileError, Kind, ROWS_MAX, Refusal, Row,
    Separator, Sheet, Source,
};

/// A column that a kind of file has.
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: &'static str,
    /// Other headers for it, in small letters and digits only, as [`header_key`] makes them.
    pub(crate) also: &'static [&'static str],
    /// Whether the file is of no use without it.
    pub(crate) required: bool,
}

/// A table as it stands in a file.
pub(crate) struct Table {
    pub(crate) encoding: Encoding,
    pub(crate) separator: Separator,
    pub(crate) unknown_columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// Reads a file of a kind.
pub(super) fn read(kind: Kind, bytes: &[u8], columns: &'static [Column]) -> Result<Sheet, FileError> {
    let table = read_table(bytes, columns, ROWS_MAX)?;
    Ok(Sheet {
        kind,
        source: Source::Csv,
        file: None,
        partial: false,
        encoding: table.encoding,
        separator: table.separator,
        unknown_columns: table.unknown_columns,
        rows: table.rows,
        faults: Vec::new(),
        notes: Vec::new(),
    })
}

/// Reads a table of at most so many rows.
pub(crate) fn read_table(
    bytes: &[u8],
    columns: &'static [Column],
    rows_max: usize,
) -> Result<Table, FileError> {
    let (encoding, text) = decode(bytes)?;
    let separator = separator_of(&text, columns);
    let mut records = Records::new(&text, separator);
    let header = records.next_written()?.ok_or(FileError::Empty)?;
    let (places, unknown_columns) = places(&header, columns)?;
    let mut rows = Vec::new();
    while let Some(record) = records.next_written()? {
        if rows.len() == rows_max {
            return Err(FileError::TooManyRows { rows_max });
        }
        rows.push(row(&record, header.cells.len(), &places, columns));
    }
    Ok(Table {
        encoding,
        separator,
        unknown_columns,
        rows,
    })
}

/// The separator by which the header names the most columns. A file names it nowhere, and to guess by counting
/// would be misled by the commas in names.
fn separator_of(text: &str, columns: &'static [Column]) -> Separator {
    let known = |separator: &Separator| {
        let header = Records::new(text, *separator).next_written();
        let Ok(Some(header)) = header else { return 0 };
        let cells = header.cells.iter();
        cells.filter(|cell| place_of(cell, columns).is_some()).count()
    };
    let mut best = (Separator::Comma, 0);
    for separator in Separator::ALL {
        let columns_named = known(&separator);
        if columns_named > best.1 {
            best = (separator, columns_named);
        }
    }
    best.0
}

/// Bytes as text, where they are text.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Encoding, String), FileError> {
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
pub(crate) fn header_key(header: &str) -> String {
    header
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Which column a header names.
fn place_of(header: &str, columns: &'static [Column]) -> Option<usize> {
    let key = header_key(header);
    columns
        .iter()
        .position(|column| header_key(column.name) == key || column.also.contains(&key.as_str()))
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
        let Some(known) = place_of(text, columns) else {
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
        Ok((places, unknown))
    } else {
        Err(FileError::MissingColumns { columns: missing })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_compared_without_case_spaces_and_points() {
        for header in ["Adm No", "ADM_NO.", " adm-no "] {
            assert_eq!(header_key(header), "admno");
        }
    }
}
