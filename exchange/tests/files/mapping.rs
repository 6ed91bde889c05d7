//! Marks in the shape of another system. What is written is read again with the `csv` library, and nothing is lost.

use daymark_core::code;
use daymark_exchange::export_csv::MarkRow;
use daymark_exchange::mapping::{EXAMPLES, Mapping, write_mapped};

fn mark(mis_id: &str, session: &str, code: Option<&str>) -> MarkRow {
    MarkRow {
        estab: "8201234".to_owned(),
        upn: Some("B801200005001".to_owned()),
        mis_id: mis_id.to_owned(),
        surname: Some("O'Déa".to_owned()),
        forename: Some("Bronwen".to_owned()),
        class: Some("4B".to_owned()),
        date: "2026-03-02".to_owned(),
        session: session.to_owned(),
        code: code.map(str::to_owned),
        comment: Some("said \"poorly\", =1+1".to_owned()),
        state: "recorded".to_owned(),
        ..MarkRow::default()
    }
}

fn rows(bytes: &[u8], separator: u8) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(separator)
        .from_reader(bytes)
        .records()
        .map(|record| record.expect("a record").iter().map(str::to_owned).collect())
        .collect()
}

const WHOLE: &str = r#"
[file]
separator = ";"
quoting = "always"
line_end = "lf"
date = "dd/mm/yyyy"

[sessions]
AM = "Morning"
PM = "Afternoon"

[columns]
"Pupil" = "mis_id"
"Date" = "date"
"Part" = "session"
"Mark" = "code"
"Note" = "comment"

[codes]
C1 = "C"
"\\" = "PM present"
"#;

#[test]
fn columns_stand_in_the_order_of_the_file_with_its_words() {
    let mapping = Mapping::read(WHOLE).expect("a mapping");
    let marks = [mark("0042", "AM", Some("C1")), mark("0042", "PM", Some("\\"))];
    let mapped = write_mapped(&mapping, &marks);
    assert_eq!((mapped.rows, mapped.left_out.len()), (2, 0));
    let read = rows(&mapped.bytes, b';');
    assert_eq!(read[0], ["Pupil", "Date", "Part", "Mark", "Note"]);
    assert_eq!(
        read[1],
        ["0042", "02/03/2026", "Morning", "C", "said \"poorly\", =1+1"]
    );
    assert_eq!(read[2][2..4], ["Afternoon", "PM present"]);
    let text = String::from_utf8(mapped.bytes).expect("UTF-8");
    assert!(text.starts_with("\"Pupil\";") && !text.contains('\r'), "{text}");
    let collapsed = mapping.collapsed();
    let words: Vec<String> = collapsed["C"].iter().map(ToString::to_string).collect();
    assert_eq!(
        (words, collapsed.len()),
        (vec!["C".to_owned(), "C1".to_owned()], 1)
    );
}

#[test]
fn every_code_of_the_table_survives_exactly_where_the_mapping_does_not_change_it() {
    let mapping = Mapping::read("[columns]\nd = \"date\"\ns = \"session\"\nu = \"upn\"\nc = \"code\"\n")
        .expect("a mapping");
    let marks: Vec<_> = code::rows()
        .iter()
        .map(|row| mark("7", "AM", Some(row.symbol.as_str())))
        .collect();
    let read = rows(&write_mapped(&mapping, &marks).bytes, b',');
    for (row, mark) in read.iter().skip(1).zip(&marks) {
        assert_eq!(Some(&row[3]), mark.code.as_ref());
    }
    assert_eq!(read.len(), marks.len() + 1);
}

#[test]
fn dates_are_written_as_the_mapping_says() {
    for (format, written) in [
        ("yyyy-mm-dd", "2026-03-02"),
        ("dd/mm/yyyy", "02/03/2026"),
        ("dd-mm-yyyy", "02-03-2026"),
        ("d Mon yyyy", "2 Mar 2026"),
    ] {
        let text = WHOLE.replace("\"dd/mm/yyyy\"", &format!("{format:?}"));
        let mapped = write_mapped(
            &Mapping::read(&text).expect("a mapping"),
            &[mark("7", "AM", Some("/"))],
        );
        assert_eq!(rows(&mapped.bytes, b';')[1][1], written);
    }
}

#[test]
fn rows_that_cannot_be_written_are_named_and_never_dropped_in_silence() {
    let needs = format!("{WHOLE}\n[rows]\nneeds = [\"mis_id\"]\n");
    let mapping = Mapping::read(&needs).expect("a mapping");
    let marks = [
        mark("", "AM", Some("/")),
        mark("8", "AM", None),
        mark("9", "AM", Some("/")),
    ];
    let mapped = write_mapped(&mapping, &marks);
    assert_eq!((mapped.rows, mapped.left_out.len()), (1, 2));
    assert!(mapped.left_out[0].remedy.contains("no mis_id"));
    assert!(
        mapped.left_out[1]
            .remedy
            .contains("no code stands there (recorded)")
    );
    let word = format!("{needs}no_code = \"none\"\n");
    let mapped = write_mapped(&Mapping::read(&word).expect("a mapping"), &marks[1..]);
    assert_eq!(rows(&mapped.bytes, b';')[1][3], "none");
}

#[test]
fn no_cell_is_run_by_a_spreadsheet() {
    let mut formula = mark("7", "AM", Some("/"));
    formula.comment = Some("=HYPERLINK(\"x\")".to_owned());
    let mapped = write_mapped(&Mapping::read(WHOLE).expect("a mapping"), &[formula]);
    assert_eq!(rows(&mapped.bytes, b';')[1][4], "'=HYPERLINK(\"x\")");
}

#[test]
fn encodings_are_written_and_a_letter_that_one_lacks_leaves_the_row_out() {
    let mapping = |encoding: &str| {
        let text = WHOLE
            .replace("[file]", &format!("[file]\nencoding = {encoding:?}"))
            .replace("\"Note\" = \"comment\"", "\"Name\" = \"surname\"");
        Mapping::read(&text).expect("a mapping")
    };
    let mut marks = [mark("7", "AM", Some("/")), mark("8", "AM", Some("/"))];
    marks[1].surname = Some("Wójcik".to_owned());
    let old = write_mapped(&mapping("windows-1252"), &marks);
    assert!(old.bytes.windows(3).any(|bytes| bytes == b"D\xe9a"));
    assert_eq!(old.rows, 2, "Windows-1252 has an ó");
    marks[1].surname = Some("Łoś".to_owned());
    let old = write_mapped(&mapping("windows-1252"), &marks);
    assert_eq!((old.rows, old.left_out.len()), (1, 1));
    assert!(old.left_out[0].remedy.contains("windows-1252"));
    let marked = write_mapped(&mapping("utf-8-bom"), &marks);
    assert!(marked.bytes.starts_with(b"\xef\xbb\xbf") && marked.left_out.is_empty());
}

#[test]
fn every_mistake_of_a_file_is_told_at_once_with_its_line() {
    let text = "colour = 1\n\
        [file]\n\
        separator = \"|\"\n\
        header = \"yes\"\n\
        [sessions]\n\
        AM = \"PM\"\n\
        Night = \"N\"\n\
        [columns]\n\
        \"Adm No\" = \"admission\"\n\
        \"=cmd\" = \"upn\"\n\
        \"Mark\" = \"code\"\n\
        \"mark\" = \"date\"\n\
        [codes]\n\
        QQ = \"C\"\n\
        C1 = \"-1\"\n\
        [rows]\n\
        needs = [\"device\"]\n";
    let faults = Mapping::read(text).expect_err("mistakes").0;
    let found: Vec<(usize, &str)> = faults
        .iter()
        .map(|fault| (fault.line, fault.key.as_str()))
        .collect();
    for expected in [
        (1, "colour"),
        (3, "file.separator"),
        (4, "file.header"),
        (7, "sessions.Night"),
        (9, "columns.\"Adm No\""),
        (10, "columns.\"=cmd\""),
        (12, "columns.\"mark\""),
        (14, "codes.QQ"),
        (15, "codes.C1"),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {faults:?}");
    }
    for general in ["columns", "sessions", "rows.needs"] {
        assert!(
            found.iter().any(|(_, key)| *key == general),
            "{general} in {faults:?}"
        );
    }
    let broken = Mapping::read("[columns\na = 1\nb = \n").expect_err("no TOML");
    assert!(broken.0.iter().any(|fault| fault.key == "TOML"), "{broken}");
    assert!(Mapping::read(&"#".repeat(70_000)).is_err());
}

#[test]
fn the_examples_are_mappings_and_say_that_they_are_examples() {
    for (name, text) in EXAMPLES {
        let mapping = Mapping::read(text).expect(name);
        assert!(
            text.starts_with("# EXAMPLE. No vendor publishes an import format for marks"),
            "{name}"
        );
        assert!(mapping.collapsed().is_empty(), "{name}");
        let mapped = write_mapped(
            &mapping,
            &[mark("0042", "AM", Some("/")), mark("0042", "PM", Some("Y7"))],
        );
        assert_eq!((mapped.rows, mapped.left_out.len()), (2, 0), "{name}");
    }
}
