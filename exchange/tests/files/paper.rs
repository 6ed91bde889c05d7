//! Printed pages, read back by `pdftotext`, which shares nothing with us. The goal: nothing that was given is lost on paper.

use std::collections::BTreeMap;
use std::process::Command;

use daymark_core::code::{self, Code};
use daymark_core::ids::PupilNumber;
use daymark_core::session::{Date, Session};
use daymark_exchange::export_csv::AmendmentRow;
use daymark_exchange::paper::{
    CellHistory, HistoryLine, PaperMark, PupilPage, Register, RegisterRow, StillOpen,
};

/// The pages as text, laid out as they are printed.
fn text_of(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("page.pdf");
    std::fs::write(&path, pdf).expect("a file");
    let output = Command::new("pdftotext")
        .arg("-layout")
        .arg(&path)
        .arg("-")
        .output()
        .expect("pdftotext is needed for this test: install poppler-utils");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The first page as a grey picture: width, height, a byte a pixel.
fn picture_of(pdf: &[u8]) -> (usize, usize, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("page.pdf");
    std::fs::write(&path, pdf).expect("a file");
    let output = Command::new("pdftoppm")
        .args(["-gray", "-r", "300", "-singlefile"])
        .arg(&path)
        .output()
        .expect("pdftoppm is needed for this test: install poppler-utils");
    let bytes = output.stdout;
    // A PGM: `P5`, width, height and 255 as words, one space, then the pixels.
    let mut words = Vec::new();
    let mut at = 0;
    while words.len() < 4 {
        let length = bytes[at..]
            .iter()
            .position(u8::is_ascii_whitespace)
            .expect("a head");
        words.push(String::from_utf8_lossy(&bytes[at..at + length]).into_owned());
        at += length + 1;
    }
    let number = |at: usize| words[at].parse::<usize>().expect("a number");
    assert_eq!((words[0].as_str(), number(3)), ("P5", 255));
    (number(1), number(2), bytes[at..].to_vec())
}

/// Words without the spaces between them, which a line break may have eaten.
fn joined(text: &str) -> String {
    text.split_whitespace().collect()
}

fn date(text: &str) -> Date {
    text.parse().expect(text)
}

fn days() -> Vec<Date> {
    let first = date("2026-03-02");
    [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]
        .into_iter()
        .filter_map(|day| first.plus(day))
        .collect()
}

const NAMES: [&str; 12] = [
    "O'Déa, Bronwen",
    "Łoś, Zażółć",
    "Ødegård, Åse",
    "Ђорђевић, Љиљана",
    "Παπαδόπουλος, Ἀλέξανδρος",
    "Nguyễn, Thị Hồng",
    "Siân-Ó Súilleabháin, Caoimhe",
    "Şahin, Iğdır",
    "D’Souza-Featherstonehaugh-Cholmondeley, Maximiliana Josephine Anastasia",
    "Smith-Jones (known as Bo), Æthelstan",
    "Čapek, Jiří",
    "李, 小龙",
];

/// A class with a mark in every session, all codes of the table among them.
fn register(pupils: usize) -> Register {
    let codes: Vec<Code> = code::rows()
        .iter()
        .filter(|row| row.in_force_on(date("2026-03-02")))
        .map(|row| row.symbol)
        .collect();
    let rows = (0..pupils).map(|at| {
        let mut marks = BTreeMap::new();
        for (column, (day, session)) in days()
            .into_iter()
            .flat_map(|day| Session::ALL.map(|session| (day, session)))
            .enumerate()
        {
            marks.insert(
                (day, session),
                PaperMark::Code(codes[(at * 20 + column) % codes.len()]),
            );
        }
        RegisterRow {
            pupil: PupilNumber(at as u64 + 1),
            name: NAMES
                .get(at)
                .map_or_else(|| format!("Pupil, Number {at}"), |name| (*name).to_owned()),
            marks,
        }
    });
    Register {
        school: "Larkfield Primary".to_owned(),
        class: "4B".parse().expect("a class"),
        days: days(),
        rows: rows.collect(),
        blank: false,
        open: StillOpen {
            decisions: 2,
            questions: 0,
        },
        printed_at: "2 March 2026 15:04 UTC".to_owned(),
    }
}

#[test]
fn every_name_number_and_code_of_a_register_is_on_paper() {
    let register = register(32);
    let text = text_of(&register.to_pdf().expect("a sheet"));
    for (at, row) in register.rows.iter().enumerate() {
        let first = row.name.split(',').next().expect("a surname");
        if first == "李" || at == 8 {
            continue;
        }
        let start = format!("{}", at + 1);
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(&start) && joined(line).contains(&joined(&row.name)))
            .unwrap_or_else(|| panic!("row {start} {} in\n{text}", row.name));
        let (_, behind) = line
            .rsplit_once(row.name.split(' ').next_back().expect("a name"))
            .expect("the name");
        let printed: Vec<&str> = behind.split_whitespace().collect();
        let given: Vec<String> = row
            .marks
            .values()
            .map(|mark| match mark {
                PaperMark::Code(code) => code.to_string(),
                PaperMark::Disputed => "!".to_owned(),
            })
            .collect();
        assert_eq!(printed, given, "row {start}");
    }
    let all = joined(&text);
    for part in [
        "D’Souza-Featherstonehaugh-",
        "Cholmondeley,",
        "Maximiliana",
        "Josephine",
        "Anastasia",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(
        all.contains("[U+674E],[U+5C0F][U+9F99]"),
        "letters that the font lacks are numbers:\n{text}"
    );
    for row in code::rows()
        .iter()
        .filter(|row| row.in_force_on(date("2026-03-02")))
    {
        let key = joined(&format!("{} {}", row.symbol, row.title));
        assert!(all.contains(&key), "the key has {key}");
    }
    let code = register.sheet().expect("a sheet").code().to_string();
    for words in [
        "Register · class 4B",
        "Larkfield Primary · 2 March 2026 to 13 March 2026",
        "2 decisions open. Two different marks are shown as !",
        "Page 1 of 2",
        "Page 2 of 2",
        "Printed 2 March 2026 15:04 UTC · sheet",
        "Mon 2 Mar",
        "Fri 13 Mar",
        code.as_str(),
    ] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
    assert_eq!(
        text.matches("AM ").count() + text.matches("AM\n").count(),
        20,
        "ten days on two pages"
    );
}

#[test]
fn a_disputed_mark_and_an_empty_cell_are_told_apart() {
    let mut register = register(1);
    let marks = &mut register.rows[0].marks;
    marks.clear();
    marks.insert((date("2026-03-02"), Session::Am), PaperMark::Disputed);
    register.open.decisions = 1;
    let text = text_of(&register.to_pdf().expect("a sheet"));
    let row = text
        .lines()
        .find(|line| line.contains("Bronwen"))
        .expect("the row");
    assert_eq!(
        row.split_whitespace().collect::<Vec<_>>(),
        ["1", "O'Déa,", "Bronwen", "!"]
    );
    assert!(text.contains("1 decision open. Two"));
}

#[test]
fn a_camera_reads_the_code_of_the_sheet_off_the_page() {
    let register = register(3);
    let (width, height, pixels) = picture_of(&register.to_pdf().expect("a sheet"));
    let mut reader = quircs::Quirc::default();
    let codes: Vec<_> = reader.identify(width, height, &pixels).collect();
    assert_eq!(codes.len(), 1);
    let read = codes[0].as_ref().expect("a code").decode().expect("its words");
    let words = String::from_utf8(read.payload).expect("text");
    let code = register.sheet().expect("a sheet").code();
    assert_eq!(words, format!("daymark sheet {code} class 4B from 2026-03-02"));
}

#[test]
fn a_blank_register_has_the_rows_and_no_marks() {
    let mut blank = register(30);
    let filled = blank.sheet().expect("a sheet").code();
    blank.blank = true;
    assert_eq!(
        blank.sheet().expect("a sheet").code(),
        filled,
        "the same rows are the same sheet"
    );
    let text = text_of(&blank.to_pdf().expect("a sheet"));
    assert!(text.contains("Register (blank) · class 4B") && text.contains("Filled in by hand."));
    let row = text.lines().find(|line| line.contains("Jiří")).expect("a row");
    assert_eq!(
        row.split_whitespace().collect::<Vec<_>>(),
        ["11", "Čapek,", "Jiří"]
    );
    assert!(!text.contains("decision"));
}

#[test]
fn the_same_register_gives_the_same_bytes_and_a_small_file() {
    let (one, two) = (
        register(32).to_pdf().expect("a sheet"),
        register(32).to_pdf().expect("a sheet"),
    );
    assert_eq!(one, two);
    assert!(
        one.len() < 120_000,
        "{} bytes: only the letters that are used travel",
        one.len()
    );
}

#[test]
fn a_register_without_pupils_or_days_is_refused() {
    assert!(register(0).to_pdf().is_err());
    let mut none = register(1);
    none.days.clear();
    assert!(none.to_pdf().is_err());
}

fn history(at: u16, reason: &str) -> CellHistory {
    let line = |code: &str, by: &str, beside: &str| HistoryLine {
        code: code.to_owned(),
        by: by.to_owned(),
        made_on: "Gate tablet (late gate)".to_owned(),
        recorded_at: "2 Mar 2026 09:12 UTC".to_owned(),
        beside: beside.to_owned(),
    };
    CellHistory {
        date: date("2026-03-02").plus(at).expect("a date"),
        session: Session::Am,
        stands: "L".to_owned(),
        lines: vec![
            line("N", "Anika Shah, Class teacher", ""),
            line(
                "L",
                "Mrs J Roé, Office manager",
                &format!("arrived 09:05; reason: {reason}"),
            ),
        ],
    }
}

fn page(cells: u16, reason: &str) -> PupilPage {
    PupilPage {
        school: "Larkfield Primary".to_owned(),
        name: "Bron O'Déa".to_owned(),
        known_by: "class 4B · admission number 0042 · UPN B801200005001".to_owned(),
        from: date("2026-03-02"),
        to: date("2026-07-20"),
        cells: (0..cells).map(|at| history(at, reason)).collect(),
        amendments: (0..cells)
            .map(|at| AmendmentRow {
                number: (at + 1).to_string(),
                upn: Some("B801200005001".to_owned()),
                date: date("2026-03-02").plus(at).expect("a date").to_string(),
                session: "AM".to_owned(),
                original: Some("N".to_owned()),
                amended: Some("L".to_owned()),
                reason: Some(reason.to_owned()),
                amended_at: "2 Mar 2026 09:12 UTC".to_owned(),
                name: "Mrs J Roé".to_owned(),
                position: "Office manager".to_owned(),
                source: "office".to_owned(),
                check: String::new(),
            })
            .collect(),
        open: StillOpen {
            decisions: 0,
            questions: 1,
        },
        printed_at: "20 July 2026 10:00 UTC".to_owned(),
    }
}

#[test]
fn a_pupils_page_has_every_entry_and_the_six_parts_of_each_amendment() {
    let text = text_of(&page(2, "the register was called before Bron's bus came").to_pdf());
    let all = joined(&text);
    for words in [
        "Attendance of Bron O'Déa",
        "Larkfield Primary · class 4B · admission number 0042 · UPN B801200005001",
        "From 2026-03-02 to 2026-07-20 · no decisions open, 1 question open: L or U",
        "2026-03-03 AM",
        "Anika Shah, Class teacher",
        "Mrs J Roé",
        "Office manager",
        "Page 1 of 1",
    ] {
        assert!(all.contains(&joined(words)), "{words} in\n{text}");
    }
    for heading in ["Original", "Amended", "Reason", "Amended at", "Name", "Position"] {
        assert!(text.contains(heading), "{heading} in\n{text}");
    }
    for word in ["register", "called", "before", "Bron's", "bus", "came"] {
        assert_eq!(text.matches(word).count() % 2, 0, "{word}");
        assert!(
            text.matches(word).count() >= 4,
            "{word}: in the history and in the ledger\n{text}"
        );
    }
}

#[test]
fn a_year_breaks_over_pages_and_no_line_is_lost() {
    let text = text_of(&page(140, "bus").to_pdf());
    for at in 0..140 {
        let day = date("2026-03-02").plus(at).expect("a date").to_string();
        let title = usize::from(at == 0 || day == "2026-07-20");
        assert_eq!(
            text.matches(&day).count() - title,
            3,
            "{day}: two entries and an amendment"
        );
    }
    let pages = text.matches('\u{c}').count();
    assert!(pages > 8, "{pages}");
    assert!(text.contains(&format!("Page {pages} of {pages}")));
    for page in text.split_terminator('\u{c}') {
        assert!(
            page.contains("Made by, position") || page.contains("Original"),
            "headings on every page:\n{page}"
        );
    }
}

#[test]
fn a_note_that_is_longer_than_a_page_goes_on_on_the_next() {
    let long: Vec<String> = (0..900).map(|at| format!("word{at}")).collect();
    let text = text_of(&page(1, &long.join(" ")).to_pdf());
    let all = joined(&text);
    for word in &long {
        assert!(all.contains(word), "{word}");
    }
}

#[test]
fn a_pupil_of_whom_nothing_is_recorded_has_a_page_that_says_so() {
    let text = text_of(&page(0, "").to_pdf());
    assert!(text.contains("Nothing is recorded in these dates.") && text.contains("No mark was amended."));
}
