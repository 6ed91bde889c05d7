//! CTF in and out. What is written is read again by a small reader of its own, which shares nothing with the writer but
//! the library that takes XML apart.

use std::collections::BTreeMap;

use crate::common::CTF;
use daymark_core::ids::PupilNumber;
use daymark_core::roster::Roster;
use daymark_exchange::ctf::{
    AttendanceYear, Destination, PupilTotals, Sequence, SessionTotals, Transfer, write_totals,
};
use daymark_exchange::roster::{ImportPlan, Source, plan, read_pupils};
use daymark_exchange::sniff::read_roster;
use quick_xml::Reader;
use quick_xml::events::Event;

fn roster() -> Roster {
    let sheet = read_pupils(crate::common::CSV.as_bytes()).expect("a list");
    plan(&Roster::default(), &sheet).apply(&Roster::default())
}

fn planned(text: &str) -> ImportPlan {
    plan(&roster(), &read_roster(text.as_bytes()).expect("a CTF"))
}

#[test]
fn a_ctf_changes_pupils_whom_the_roster_knows() {
    let plan = planned(CTF);
    assert_eq!(
        (plan.source, plan.partial, plan.refusals.len()),
        (Source::Ctf, true, 0),
        "{plan}"
    );
    assert_eq!(
        (plan.changes.len(), plan.unchanged, plan.absent.len()),
        (1, 1, 0),
        "{plan}"
    );
    let after = plan.apply(&roster());
    let pupil = &after.pupils[&PupilNumber(42)];
    assert_eq!(pupil.surname, "O'Déa-Ng&Co");
    assert_eq!(pupil.preferred_forename.as_deref(), Some("Bron"));
    assert_eq!(
        (pupil.mis_id.as_str(), pupil.class.as_str(), pupil.year.as_str()),
        ("0042", "4B", "4")
    );
}

#[test]
fn a_pupil_whom_the_roster_does_not_know_is_named_with_what_is_missing() {
    let stranger = CTF.replace("H886200024001", "P207000016049");
    let plan = planned(&stranger);
    let found: Vec<_> = plan
        .refusals
        .iter()
        .map(|found| (found.file, found.row, found.field))
        .collect();
    assert_eq!(found, [(Some("CTFpupilData"), 2, "mis_id")], "{plan}");
    assert!(plan.refusals[0].remedy.contains("admission number"), "{plan}");
}

#[test]
fn what_is_wrong_with_one_pupil_is_told_of_that_pupil() {
    let plan = planned(
        &CTF.replace("<DOB>2017-02-03</DOB>", "<DOB>2017-02-30</DOB>")
            .replace(
                "<Forename>Sam</Forename>",
                "<Forename>Sam</Forename><Forename>Samuel</Forename>",
            ),
    );
    let found: Vec<_> = plan
        .refusals
        .iter()
        .map(|found| (found.row, found.field))
        .collect();
    assert_eq!(found, [(2, "dob"), (2, "forename")], "{plan}");
    assert_eq!(plan.changes.len(), 1, "the other pupil goes in");
}

#[test]
fn what_is_no_ctf_is_refused_whole() {
    let reason = |text: &str| read_roster(text.as_bytes()).expect_err("refused").to_string();
    assert!(reason("<pupils><Pupil/></pupils>").contains("root \"pupils\""));
    assert!(reason("<CTfile><CTFpupilData/></CTfile>").contains("lists nobody"));
    assert!(reason(&CTF[..CTF.len() - 30]).contains("cut off"));
    assert!(reason(&CTF.replace("</Surname>", "</Name>")).contains("line 5"));
    assert!(reason(&CTF.replace("&apos;", "&hello;")).contains("&hello;"));
    assert!(reason("<CTfile></CTfile></CTfile>").contains("damaged"));
    let deep = format!("<CTfile>{}", "<a>".repeat(30));
    assert!(reason(&deep).contains("deeper than 24"));
}

#[test]
fn a_doctype_is_refused_before_its_entities_can_grow() {
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE CTfile [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\n\
                <CTfile><CTFpupilData><Pupil><UPN>&b;</UPN></Pupil></CTFpupilData></CTfile>";
    let error = read_roster(bomb.as_bytes()).expect_err("refused").to_string();
    assert!(error.starts_with("line ") && error.contains("DOCTYPE"), "{error}");
}

/// An independent reading: the text of every element by its path, pupil by pupil.
fn elements(xml: &[u8]) -> (BTreeMap<String, String>, Vec<BTreeMap<String, String>>) {
    let mut reader = Reader::from_reader(xml);
    let (mut path, mut header, mut pupils) = (Vec::<String>::new(), BTreeMap::new(), Vec::new());
    let mut buffer = Vec::new();
    loop {
        match reader.read_event_into(&mut buffer).expect("well-formed XML") {
            Event::Start(start) => {
                path.push(String::from_utf8(start.name().as_ref().to_vec()).expect("a name"));
                if path.join("/") == "CTfile/CTFpupilData/Pupil" {
                    pupils.push(BTreeMap::new());
                }
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(text) => {
                let text = text.decode().expect("text").into_owned();
                if let Some(inside) = path.join("/").strip_prefix("CTfile/CTFpupilData/Pupil/") {
                    let pupil: &mut BTreeMap<String, String> = pupils.last_mut().expect("a pupil");
                    pupil.entry(inside.to_owned()).or_default().push_str(&text);
                } else if let Some(inside) = path.join("/").strip_prefix("CTfile/Header/") {
                    header.insert(inside.to_owned(), text);
                }
            }
            Event::GeneralRef(reference) => {
                let letter = match reference.decode().expect("a name").as_ref() {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "apos" => "'",
                    "quot" => "\"",
                    other => panic!("an entity &{other};"),
                };
                if let Some(inside) = path.join("/").strip_prefix("CTfile/CTFpupilData/Pupil/") {
                    let pupil = pupils.last_mut().expect("a pupil");
                    pupil.entry(inside.to_owned()).or_default().push_str(letter);
                }
            }
            Event::Eof => {
                for pupil in &mut pupils {
                    pupil.retain(|_, text| !text.trim().is_empty());
                }
                return (header, pupils);
            }
            _ => {}
        }
        buffer.clear();
    }
}

#[test]
fn totals_that_are_written_are_read_again_and_nothing_is_lost() {
    let mut roster = roster();
    let mut unknown = roster.pupils[&PupilNumber(7)].clone();
    unknown.upn = None;
    unknown.surname = "Nobody <yet> & \"new\"".to_owned();
    roster.pupils.get_mut(&PupilNumber(42)).expect("a pupil").surname = "O'Déa & <Ng>\u{1}".to_owned();
    let totals = |possible, attended, authorised, unauthorised| {
        SessionTotals::new(possible, attended, authorised, unauthorised).expect("totals")
    };
    let pupils = [
        PupilTotals {
            pupil: &roster.pupils[&PupilNumber(42)],
            totals: totals(250, 230, 12, 6),
        },
        PupilTotals {
            pupil: &unknown,
            totals: totals(0, 0, 0, 0),
        },
        PupilTotals {
            pupil: &roster.pupils[&PupilNumber(7)],
            totals: totals(10, 10, 0, 0),
        },
    ];
    let transfer = Transfer {
        source: "820/1234".parse().expect("a school"),
        school_name: "Larkfield & Elm Primary",
        year: AttendanceYear(2025),
        destination: Destination::School("821/5678".parse().expect("a school")),
        sequence: Sequence::new(3).expect("a number"),
        written_at: "2026-03-27T15:04:05",
    };
    let file = write_totals(&transfer, &pupils);
    assert_eq!(file.name, "8201234_CTF_8215678_003.xml");
    assert_eq!(file.left_out.len(), 1);
    assert!(file.left_out[0].remedy.contains("no UPN"));

    let (header, pupils) = elements(&file.bytes);
    for (path, text) in [
        ("DocumentName", "Common Transfer File"),
        ("CTFversion", "24.0"),
        ("DateTime", "2026-03-27T15:04:05"),
        ("DocumentQualifier", "partial"),
        ("SourceSchool/LEA", "820"),
        ("SourceSchool/Estab", "1234"),
        ("SourceSchool/AcademicYear", "2025"),
        ("DestSchool/LEA", "821"),
        ("DestSchool/Estab", "5678"),
    ] {
        assert_eq!(header[path], text, "{path}");
    }
    assert_eq!(pupils.len(), 2);
    for (path, text) in [
        ("UPN", "B801200005001"),
        ("Surname", "O'Déa & <Ng>"),
        ("Forename", "Bronwen"),
        ("DOB", "2016-11-03"),
        ("Attendance/YearData/Year", "2025"),
        ("Attendance/YearData/LEA", "820"),
        ("Attendance/YearData/Estab", "1234"),
        ("Attendance/YearData/SchoolName", "Larkfield & Elm Primary"),
        ("Attendance/YearData/SessionsPossible", "250"),
        ("Attendance/YearData/SessionsAttended", "230"),
        ("Attendance/YearData/SessionsAuthorised", "12"),
        ("Attendance/YearData/SessionsUnauthorised", "6"),
    ] {
        assert_eq!(pupils[0][path], text, "{path}");
    }
    assert!(
        !pupils[0].keys().any(|path| path.contains("AttendSessions")),
        "no string of marks, whose layout nobody could check"
    );
    assert_eq!(pupils[1]["UPN"], "H886200024001");
    // And our own reader takes it, too.
    assert!(read_roster(&file.bytes).is_ok());
}

#[test]
fn totals_that_contradict_each_other_cannot_be_written() {
    assert!(SessionTotals::new(10, 8, 2, 0).is_ok());
    let error = SessionTotals::new(10, 8, 2, 1).expect_err("eleven of ten");
    assert!(error.to_string().contains("more than 10"), "{error}");
    assert!(SessionTotals::new(u32::MAX, u32::MAX, u32::MAX, 1).is_err());
}
