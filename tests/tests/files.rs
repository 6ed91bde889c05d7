//! What leaves the school as a file, and what comes back on paper, read by programs that share nothing with ours: `csv`,
//! `quick-xml`, `pdftotext`. Nothing may be lost on the way.

use std::collections::BTreeMap;

use daymark_tests::support::{DAY, School};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

/// A comment that every careless writer of CSV breaks on.
const AWKWARD: &str = "said \"no\", twice; =1+1, and a \\ backslash";

fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let headings = reader.headers().expect("a heading").clone();
    let record = |record: csv::StringRecord| {
        let cells = headings.iter().zip(record.iter());
        cells
            .map(|(name, cell)| (name.to_owned(), cell.to_owned()))
            .collect()
    };
    reader
        .records()
        .map(|read| record(read.expect("a row")))
        .collect()
}

/// A school with its number, a class marked on a day, and a late pupil.
fn marked() -> School {
    let school =
        School::open_with(|settings| settings.replace("[school]", "[school]\nlaestab = \"820/1234\""));
    let class = school.ready("Class 4B", "teacher", &["4B"]);
    let by = class.by("t-quill", "08:50");
    by.mark("AM", "/", &[1001, 1002], &[]).done();
    by.mark("AM", "N", &[1003], &["--comment", AWKWARD]).done();
    by.mark(
        "AM",
        "B",
        &[1004],
        &["--nature", "Taster day, with the \"big\" college"],
    )
    .done();
    class
        .by("t-quill", "13:05")
        .mark("PM", "\\", &[1001, 1002], &[])
        .done();
    class.by("t-quill", "13:05").mark("PM", "O", &[1003], &[]).done();
    class.sync("13:06");
    let gate = school.ready("Gate", "gate", &[]);
    gate.by("g-hobbs", "09:05").mark("AM", "L", &[1005], &[]).done();
    gate.sync("09:06");
    school
}

#[test]
fn every_mark_of_the_day_is_in_the_file_with_all_that_stands_beside_it() {
    let school = marked();
    let file = school.office(&["export", "marks", "--date", DAY]).done();
    let file = rows(file.as_str().expect("a file"));
    let shown: Vec<Value> = ["AM", "PM"]
        .iter()
        .flat_map(|session| {
            school.day(session).value()["rows"]
                .as_array()
                .cloned()
                .expect("rows")
        })
        .filter(|row| row["code"].is_string())
        .collect();
    assert_eq!(
        file.len(),
        shown.len(),
        "as many rows as marks that stand: {file:?}"
    );
    for row in &shown {
        let of_row = |cells: &&BTreeMap<String, String>| {
            row["pupil"].as_u64() == cells["mis_id"].parse().ok()
                && row["session"] == cells["session"].as_str()
        };
        let cells = file
            .iter()
            .find(of_row)
            .unwrap_or_else(|| panic!("{row} is not in the file"));
        let mark = &row["marks"][0];
        for (column, said) in [
            ("date", &row["date"]),
            ("code", &row["code"]),
            ("entered_by", &mark["by"]),
            ("position", &mark["position"]),
            ("device", &mark["device"]),
            ("recorded_at", &mark["recorded_at"]),
            ("state", &row["state"]),
        ] {
            assert_eq!(*said, cells[column].as_str(), "{column} of {row}");
        }
        assert_eq!(cells["estab"], "820/1234");
        assert_eq!(
            cells["arrived_at"],
            mark["arrived_at"].as_str().unwrap_or_default()
        );
        assert!(!cells["received_at"].is_empty());
    }
    let of = |pupil: &str| file.iter().find(|cells| cells["mis_id"] == pupil).expect("a row");
    assert_eq!(of("001003")["comment"], AWKWARD);
    assert_eq!(of("001004")["nature"], "Taster day, with the \"big\" college");
    assert_eq!(
        of("001005")["minutes_late"],
        "",
        "this school has not said when lateness begins"
    );
    let pupil = daymark_tests::support::school::upn(1001);
    assert_eq!(of("001001")["upn"], pupil);
}

#[test]
fn every_amendment_of_the_ledger_is_in_the_file_with_its_six_parts() {
    let school = marked();
    school.amend("j-roe", 1003, "I", AWKWARD, &[]).done();
    let file = school.office(&["export", "amendments", "--date", DAY]).done();
    let file = rows(file.as_str().expect("a file"));
    let ledger = school.ledger();
    assert_eq!((file.len(), ledger.len()), (1, 1));
    for (column, field) in [
        ("original", "original"),
        ("amended", "amended"),
        ("reason", "reason"),
        ("amended_at", "amended_at"),
        ("name", "by"),
        ("position", "position"),
        ("check", "check"),
        ("date", "date"),
        ("session", "session"),
    ] {
        assert_eq!(ledger[0][field], file[0][column].as_str(), "{column}");
    }
}

/// Every element of an XML file with the text in it, by the path of names that leads there, in order.
fn elements(xml: &[u8]) -> Vec<(String, String)> {
    let mut reader = Reader::from_reader(xml);
    let mut path: Vec<String> = Vec::new();
    let mut found = Vec::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) => {
                path.push(String::from_utf8(start.name().as_ref().to_vec()).expect("a name"));
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(text) => {
                let text = text.decode().expect("UTF-8").trim().to_owned();
                if !text.is_empty() {
                    found.push((path.join("/"), text));
                }
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn a_common_transfer_file_says_the_same_totals_as_the_counters() {
    let school = marked();
    let folder = school.path("ctf");
    std::fs::create_dir_all(&folder).expect("a folder");
    let to = folder.to_string_lossy().into_owned();
    let year = [
        "export",
        "ctf",
        "--year",
        "2025",
        "--to",
        "821/5678",
        "--sequence",
        "7",
        "--output",
        &to,
    ];
    let ran = school.office(&year);
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
    let file = folder.join("8201234_CTF_8215678_007.xml");
    let found = elements(&std::fs::read(&file).expect("the name that the format prescribes"));
    let header = |name: &str| {
        let path = format!("CTfile/Header/{name}");
        let element = found.iter().find(|(at, _)| *at == path);
        element.map(|(_, text)| text.clone()).unwrap_or_default()
    };
    assert_eq!(
        (
            header("SourceSchool/LEA"),
            header("SourceSchool/Estab"),
            header("DestSchool/LEA"),
            header("DestSchool/Estab")
        ),
        ("820".into(), "1234".into(), "821".into(), "5678".into())
    );
    assert!(header("DateTime").len() == 19, "{}", header("DateTime"));

    let counted = school
        .office(&["attendance", "--by", "pupil", "--from", "2025-09-02", "--to", DAY])
        .done();
    let counted: BTreeMap<String, Value> = counted
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["possible"].as_u64() > Some(0))
        .map(|row| {
            let number = row["pupil"]
                .as_u64()
                .and_then(|number| usize::try_from(number).ok());
            (
                daymark_tests::support::school::upn(number.expect("a number")),
                row.clone(),
            )
        })
        .collect();
    let mut pupils: Vec<BTreeMap<String, String>> = Vec::new();
    for (path, text) in &found {
        let Some(name) = path.strip_prefix("CTfile/CTFpupilData/Pupil/") else {
            continue;
        };
        if name == "UPN" {
            pupils.push(BTreeMap::new());
        }
        pupils
            .last_mut()
            .expect("a pupil begins with the UPN")
            .insert(name.to_owned(), text.clone());
    }
    let left_out = ran.stdout.matches("LEFT OUT").count();
    assert_eq!(
        pupils.len() + left_out,
        counted.len(),
        "everybody is in it or named: {}",
        ran.stdout
    );
    assert!(!pupils.is_empty());
    for pupil in &pupils {
        let row = &counted[&pupil["UPN"]];
        for (element, field) in [
            ("SessionsPossible", "possible"),
            ("SessionsAttended", "attended"),
            ("SessionsAuthorised", "authorised"),
            ("SessionsUnauthorised", "unauthorised"),
        ] {
            let said = &pupil[&format!("Attendance/YearData/{element}")];
            assert_eq!(row[field].to_string(), *said, "{element} of {}", pupil["UPN"]);
        }
        assert_eq!(pupil["Attendance/YearData/Year"], "2025");
    }
    let one = [&year[..], &["--pupil", "1001"]].concat();
    school.office(&one);
    let found = elements(&std::fs::read(&file).expect("a file"));
    assert_eq!(found.iter().filter(|(at, _)| at.ends_with("/UPN")).count(), 1);
    let words = school.office(&[&year[..], &["--pupil", "77"]].concat()).failed();
    assert!(words.contains("pupil 77 is not on the roster"), "{words}");

    let nameless = School::open();
    let words = nameless.office(&["export", "ctf", "--output", &to]).failed();
    assert!(words.contains("laestab"), "what to write, and where: {words}");
}

/// A keyed file of one session of class 4B: its eight rows.
fn keyed(code: &str, said: [&str; 8]) -> String {
    let rows = said.iter().zip(1..).map(|(said, row)| format!("{row} {said}\n"));
    format!("sheet {code}\n{DAY} AM\n{}", rows.collect::<String>())
}

#[test]
fn a_sheet_that_was_filled_in_by_hand_comes_back_and_another_one_does_not() {
    let school = School::open();
    let class = school.ready("Class 4B", "teacher", &["4B"]);
    class.by("t-quill", "08:50").mark("AM", "/", &[1001], &[]).done();
    class.by("t-quill", "08:50").mark("AM", "N", &[1002], &[]).done();
    class.sync("08:51");
    let sheet = school.printed_register("4B", DAY);
    let code = school.sheet_code("4B", DAY);
    for day in ["Fri 6 Mar", "6 Mar"] {
        assert!(
            !sheet.contains(&format!(" {day} ")),
            "an INSET day has no column: {sheet}"
        );
    }
    assert!(
        sheet.contains("GMT") || sheet.contains("BST"),
        "the school's own clock: {sheet}"
    );
    // The rows are in the order of the list: by name.
    let day = school.day("AM").value();
    let of_class = day["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["class"] == "4B");
    let row_of = |pupil: u64| {
        let place = of_class.clone().position(|row| row["pupil"] == pupil);
        place.expect("a row")
    };
    let mut said = ["-"; 8];
    said[row_of(1001)] = "/";
    said[row_of(1002)] = "I";
    said[row_of(1003)] = "L 09:05";
    said[row_of(1004)] = "B taster day at college";
    let file = school.path("keyed.txt");
    let name = file.to_string_lossy().into_owned();
    let key_in = |text: &str, more: &[&str]| {
        std::fs::write(&file, text).expect("a file");
        let base = ["key-in", &name, "--class", "4B", "--from", DAY, "--by", "j-roe"];
        school.office(&[&base[..], more].concat())
    };
    let good = keyed(&code, said);

    let refused = key_in(&good, &[]).found();
    assert_eq!(
        refused["written"], false,
        "1002 is N already, and no reason was given: {refused}"
    );
    let why = refused["refused"][0]["why"].as_str().expect("words");
    assert!(why.contains("give a reason to change it"), "{why}");
    assert_eq!(
        school.row("AM", 1003)["state"],
        "blank",
        "one bad row, and nothing is written"
    );

    let tried = key_in(&good, &["--reason", "Paper in the fire drill", "--dry-run"]).done();
    assert_eq!(
        (&tried["written"], &tried["same"]),
        (&json!(false), &json!(1)),
        "{tried}"
    );
    assert_eq!(tried["marks"].as_array().map(Vec::len), Some(3));
    assert_eq!(school.row("AM", 1003)["state"], "blank", "a trial writes nothing");

    let done = key_in(&good, &["--reason", "Paper in the fire drill"]).done();
    assert_eq!(done["written"], true, "{done}");
    for (pupil, code) in [(1001, "/"), (1002, "I"), (1003, "L"), (1004, "B")] {
        assert_eq!(school.row("AM", pupil)["code"], code, "{pupil}");
    }
    assert_eq!(school.row("AM", 1003)["marks"][0]["arrived_at"], "09:05");
    assert_eq!(
        school.row("AM", 1005)["state"],
        "blank",
        "an empty cell is no mark"
    );
    assert_eq!(
        school.ledger().len(),
        1,
        "one mark was changed, the others are first entries"
    );
    let again = key_in(&good, &[]).done();
    assert_eq!(
        (&again["same"], &again["marks"]),
        (&json!(4), &json!([])),
        "twice is once: {again}"
    );

    let other_week = school.sheet_code("4B", "2026-03-16");
    let words = key_in(&keyed(&other_week, said), &[]).failed();
    assert!(words.contains("the sheet begins on 2026-03-16"), "{words}");
    let other_class = school.sheet_code("5A", DAY);
    let words = key_in(&keyed(&other_class, said), &[]).failed();
    assert!(words.contains("another class"), "{words}");
    let words = key_in(&good.replace("3 ", "4 "), &[]).failed();
    assert!(words.contains("row 3 is expected"), "{words}");
    let mut visit = ["-"; 8];
    visit[row_of(1006)] = "V";
    let refused = key_in(&keyed(&code, visit), &[]).found();
    assert!(
        refused["refused"][0]["why"]
            .as_str()
            .expect("words")
            .contains("belongs to a trip"),
        "{refused}"
    );
}

#[test]
fn schools_write_sums_and_the_trust_joins_them() {
    let school = marked();
    let mine = school.path("mine.json").to_string_lossy().into_owned();
    school.office(&["figures", "--date", DAY, "--out", &mine]).done();
    let written = std::fs::read_to_string(&mine).expect("a file");
    for hidden in ["1001", "Marsh", "4B"] {
        assert!(!written.contains(hidden), "{written}");
    }
    let figures: Value = serde_json::from_str(&written).expect("JSON");
    assert_eq!(figures["as_of"], DAY);
    // Another school's file, as it would come by mail.
    let other = school.path("other.json");
    let theirs = json!({
        "as_of": DAY,
        "schools": [[654_321, { "pupils": 200, "sessions": { "attended": 900, "authorised": 60, "unauthorised": 40 },
            "persistently_absent": 20, "severely_absent": "fewer than 5" }]],
        "total": { "pupils": 200, "sessions": null, "persistently_absent": 20, "severely_absent": "withheld" },
    });
    std::fs::write(&other, theirs.to_string()).expect("a file");
    let theirs = other.to_string_lossy().into_owned();
    let joined = school.office(&["figures", "--trust", &mine, &theirs]).done();
    assert_eq!(joined["schools"].as_array().map(Vec::len), Some(2), "{joined}");
    assert_eq!(joined["total"]["pupils"], 212);
    assert_eq!(joined["total"]["severely_absent"], "withheld");
    assert!(
        joined["total"]["sessions"]["attended"].as_u64() > Some(900),
        "{joined}"
    );
    let words = school.office(&["figures", "--trust", &mine, &mine]).failed();
    assert!(words.contains("is in two files"), "{words}");
    std::fs::write(&other, "{\"pupil\": 1001}").expect("a file");
    let words = school.office(&["figures", "--trust", &mine, &theirs]).misused();
    assert!(words.contains("other.json is no file of figures"), "{words}");
}
