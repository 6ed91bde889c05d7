//! Writing the marks and the amendments of a register as CSV.
//!
//! RFC 4180: UTF-8 without a byte order mark, CRLF, a header row of fixed names, quotation marks where a cell needs
//! them. Admission numbers are written with the zeros they have; a spreadsheet that is told nothing drops them, and
//! the roster import puts them back.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, and a comment is what somebody
//! typed. Such a cell gets an apostrophe in front ([`defused`]), which [`plain`] takes away again. Columns of
//! register codes are the exception. No code of the table begins with one of these characters, so `/`, `\`, `#` and
//! all the others stand there exactly, and a text in that column that is not a register code at all is treated as any
//! other cell. A lone `-` is left alone everywhere: it is no formula, and some exports write it for "no mark". This
//! one writes an empty cell for that.

use std::borrow::Cow;

/// The columns of [`write_marks`].
pub const MARK_COLUMNS: [&str; 17] = [
    "estab",
    "upn",
    "mis_id",
    "date",
    "session",
    "code",
    "minutes_late",
    "arrived_at",
    "nature",
    "supervised_by",
    "comment",
    "entered_by",
    "position",
    "device",
    "recorded_at",
    "received_at",
    "state",
];

/// The columns of [`write_amendments`].
pub const AMENDMENT_COLUMNS: [&str; 12] = [
    "number",
    "upn",
    "date",
    "session",
    "original",
    "amended",
    "reason",
    "amended_at",
    "name",
    "position",
    "source",
    "check",
];

/// A mark of the register, as it is to be written. `None` is an empty cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MarkRow {
    /// The school: its establishment number, or its URN.
    pub estab: String,
    /// The pupil's UPN.
    pub upn: Option<String>,
    /// The pupil's admission number, zeros and all.
    pub mis_id: String,
    /// The pupil's legal surname. Written only where a mapping asks for it, as the next two.
    pub surname: Option<String>,
    /// The pupil's legal forename.
    pub forename: Option<String>,
    /// The pupil's class.
    pub class: Option<String>,
    /// The school-local date, year first.
    pub date: String,
    /// `AM` or `PM`.
    pub session: String,
    /// The register code; `None` for no mark.
    pub code: Option<String>,
    /// Whole minutes after the start.
    pub minutes_late: Option<String>,
    /// The time of arrival.
    pub arrived_at: Option<String>,
    /// The nature of the activity or of the cause.
    pub nature: Option<String>,
    /// The supervising member of staff.
    pub supervised_by: Option<String>,
    /// What was written beside the mark.
    pub comment: Option<String>,
    /// Who made the entry.
    pub entered_by: String,
    /// Their position at the time.
    pub position: String,
    /// The device it was made on.
    pub device: String,
    /// When it was made, by that device.
    pub recorded_at: String,
    /// When it came in.
    pub received_at: Option<String>,
    /// How it stands: recorded, agreed, settled by a rule, disputed, no mark.
    pub state: String,
}

/// An amendment of the register, as it is to be written. `None` is an empty cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AmendmentRow {
    /// Its number in the ledger.
    pub number: String,
    /// The pupil's UPN.
    pub upn: Option<String>,
    /// The school-local date of the mark, year first.
    pub date: String,
    /// `AM` or `PM`.
    pub session: String,
    /// The code that stood there.
    pub original: Option<String>,
    /// The code that stands there now.
    pub amended: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub amended_at: String,
    /// By whom.
    pub name: String,
    /// Their position at the time.
    pub position: String,
    /// Where the amendment came from.
    pub source: String,
    /// What proves it.
    pub check: String,
}

/// Writes marks under [`MARK_COLUMNS`], in the order given.
pub fn write_marks(rows: &[MarkRow]) -> Vec<u8> {
    write(&MARK_COLUMNS, rows, |row| {
        [
            cell(&row.estab),
            optional(row.upn.as_ref()),
            cell(&row.mis_id),
            cell(&row.date),
            cell(&row.session),
            code(row.code.as_ref()),
            optional(row.minutes_late.as_ref()),
            optional(row.arrived_at.as_ref()),
            optional(row.nature.as_ref()),
            optional(row.supervised_by.as_ref()),
            optional(row.comment.as_ref()),
            cell(&row.entered_by),
            cell(&row.position),
            cell(&row.device),
            cell(&row.recorded_at),
            optional(row.received_at.as_ref()),
            cell(&row.state),
        ]
    })
}

/// Writes amendments under [`AMENDMENT_COLUMNS`], in the order given.
pub fn write_amendments(rows: &[AmendmentRow]) -> Vec<u8> {
    write(&AMENDMENT_COLUMNS, rows, |row| {
        [
            cell(&row.number),
            optional(row.upn.as_ref()),
            cell(&row.date),
            cell(&row.session),
            code(row.original.as_ref()),
            code(row.amended.as_ref()),
            optional(row.reason.as_ref()),
            cell(&row.amended_at),
            cell(&row.name),
            cell(&row.position),
            cell(&row.source),
            cell(&row.check),
        ]
    })
}

fn write<'a, R, const N: usize>(
    header: &[&str; N],
    rows: &'a [R],
    cells: impl Fn(&'a R) -> [Cow<'a, str>; N],
) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(header).expect("writing to a Vec cannot fail");
    for row in rows {
        let cells = cells(row);
        writer
            .write_record(cells.iter().map(|cell| cell.as_bytes()))
            .expect("writing to a Vec cannot fail");
    }
    writer.into_inner().expect("writing to a Vec cannot fail")
}

fn cell(text: &str) -> Cow<'_, str> {
    defused(text)
}

fn optional(text: Option<&String>) -> Cow<'_, str> {
    text.map_or(Cow::Borrowed(""), |text| defused(text))
}

/// A cell of a code column: exact for a register code, whatever its date.
fn code(text: Option<&String>) -> Cow<'_, str> {
    let Some(text) = text else {
        return Cow::Borrowed("");
    };
    let known = text
        .parse()
        .is_ok_and(|code| daymark_core::code::number_of(code).is_some());
    if known { Cow::Borrowed(text) } else { defused(text) }
}

/// Whether a spreadsheet might run the cell. Beside the four signs: what some of them pass over at the beginning
/// (tab and line ends), and the wide forms of the signs, which some take for the same.
pub(crate) fn might_run(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) && cell != "-"
}

/// A cell that no spreadsheet runs as a formula: one that might be, or that looks as if it had been defused already,
/// with an apostrophe in front.
pub fn defused(cell: &str) -> Cow<'_, str> {
    if might_run(cell.trim_start_matches('\'')) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// What a cell of ours said before it was [`defused`].
pub fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if might_run(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use daymark_core::code;
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<Vec<String>> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(bytes)
            .records()
            .map(|record| record.expect("a record").iter().map(str::to_owned).collect())
            .collect()
    }

    fn mark(code: &str, comment: &str) -> MarkRow {
        MarkRow {
            estab: "3021".to_owned(),
            upn: Some("B801200005001".to_owned()),
            mis_id: "0042".to_owned(),
            date: "2026-03-02".to_owned(),
            session: "AM".to_owned(),
            code: Some(code.to_owned()),
            comment: Some(comment.to_owned()),
            ..MarkRow::default()
        }
    }

    fn column(name: &str) -> usize {
        MARK_COLUMNS
            .iter()
            .position(|column| *column == name)
            .expect(name)
    }

    #[test]
    fn the_headers_are_the_ones_that_were_promised() {
        assert_eq!(
            String::from_utf8(write_marks(&[])).expect("text"),
            "estab,upn,mis_id,date,session,code,minutes_late,arrived_at,nature,supervised_by,comment,entered_by,\
             position,device,recorded_at,received_at,state\r\n"
        );
        assert_eq!(
            String::from_utf8(write_amendments(&[])).expect("text"),
            "number,upn,date,session,original,amended,reason,amended_at,name,position,source,check\r\n"
        );
    }

    #[test]
    fn every_cell_stands_under_its_header() {
        let text = |name: &str| Some(name.to_owned());
        let row = MarkRow {
            estab: "estab".into(),
            upn: text("upn"),
            mis_id: "mis_id".into(),
            date: "date".into(),
            session: "session".into(),
            code: text("code"),
            minutes_late: text("minutes_late"),
            arrived_at: text("arrived_at"),
            nature: text("nature"),
            supervised_by: text("supervised_by"),
            comment: text("comment"),
            entered_by: "entered_by".into(),
            position: "position".into(),
            device: "device".into(),
            recorded_at: "recorded_at".into(),
            received_at: text("received_at"),
            state: "state".into(),
            ..MarkRow::default()
        };
        let marks = read(&write_marks(&[row]));
        assert_eq!(marks[0], marks[1]);
        let row = AmendmentRow {
            number: "number".into(),
            upn: text("upn"),
            date: "date".into(),
            session: "session".into(),
            original: text("original"),
            amended: text("amended"),
            reason: text("reason"),
            amended_at: "amended_at".into(),
            name: "name".into(),
            position: "position".into(),
            source: "source".into(),
            check: "check".into(),
        };
        let amendments = read(&write_amendments(&[row]));
        assert_eq!(amendments[0], amendments[1]);
    }

    #[test]
    fn every_code_of_the_table_survives_exactly() {
        let codes: Vec<_> = code::rows().iter().map(|row| row.symbol.to_string()).collect();
        let marks: Vec<_> = codes.iter().map(|code| mark(code, "")).collect();
        let amendments: Vec<_> = codes
            .iter()
            .map(|code| AmendmentRow {
                original: Some(code.clone()),
                amended: Some(code.clone()),
                ..AmendmentRow::default()
            })
            .collect();
        let (marks, amendments) = (write_marks(&marks), write_amendments(&amendments));
        for (at, code) in codes.iter().enumerate() {
            assert_eq!(&read(&marks)[at + 1][column("code")], code);
            assert_eq!(read(&amendments)[at + 1][4..6], [code.clone(), code.clone()]);
        }
        let text = String::from_utf8(marks).expect("text");
        for exact in [",AM,/,", ",AM,\\,", ",AM,#,"] {
            assert!(text.contains(exact), "{text}");
        }
    }

    #[test]
    fn no_mark_and_a_lone_minus_are_left_alone_and_a_formula_in_the_code_column_is_not() {
        for (given, written) in [("", ""), ("-", "-"), ("=1", "'=1"), ("@x", "'@x"), ("!?", "!?")] {
            assert_eq!(read(&write_marks(&[mark(given, "")]))[1][column("code")], written);
        }
    }

    #[test]
    fn formulas_are_defused() {
        for formula in [
            "=HYPERLINK(\"x\")",
            "+1",
            "-1",
            "--",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "＝1",
            "=",
            "+",
            "@",
        ] {
            let written = &read(&write_marks(&[mark("I", formula)]))[1][column("comment")];
            assert_eq!(written, &format!("'{formula}"));
            assert_eq!(plain(written), formula);
        }
    }

    #[test]
    fn ordinary_text_is_left_as_it_is() {
        for text in [
            "",
            "-",
            "'t Hooft",
            "a=b",
            "O'Déa",
            "5\" cut",
            "Smith, Jo",
            "two\r\nlines",
            "/",
            "\\",
            "#",
        ] {
            let written = &read(&write_marks(&[mark("I", text)]))[1][column("comment")];
            assert_eq!(written, text);
            assert_eq!(plain(written), text);
        }
    }

    #[test]
    fn names_and_reasons_of_amendments_are_defused_too() {
        let row = AmendmentRow {
            name: "=cmd".to_owned(),
            position: "@head".to_owned(),
            reason: Some("+44 rang".to_owned()),
            source: "-x".to_owned(),
            ..AmendmentRow::default()
        };
        let written = &read(&write_amendments(&[row]))[1];
        assert_eq!(written[6..11], ["'+44 rang", "", "'=cmd", "'@head", "'-x"]);
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_was(text in "['=+@\\-\t\r\n\",a ＝é]{0,8}") {
            let written = &read(&write_marks(&[mark("I", &text)]))[1][column("comment")];
            prop_assert!(!might_run(written));
            prop_assert_eq!(plain(written), text);
        }
    }
}
