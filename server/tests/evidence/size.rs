//! A day of a school of 420: how long the file is, and how long its reader waits.

use std::time::Instant;

use daymark_core::item::Item;
use daymark_core::session::Session;
use daymark_sync_protocol::evidence::check;

use crate::python::python;
use crate::school::{CLASS, DESK, GATE, MONDAY, School, monday, written};

/// Fourteen classes in two sessions, twelve late at the gate, eight amendments, both sessions signed off, in a log of some
/// hundred thousand changes.
fn day_of_420() -> School {
    let mut school = School::new(420);
    for _ in 0..400 {
        school.others(250);
    }
    for class in 0..14_u64 {
        let sheet = format!("sheet/{MONDAY}/class:{}B", class + 1);
        for (session, code) in [(Session::Am, "/"), (Session::Pm, "\\")] {
            let pupils = 1042 + class * 30..1072 + class * 30;
            let mut entries: Vec<_> = pupils
                .map(|pupil| school.entry(&sheet, CLASS, "a-shah", pupil, code))
                .collect();
            for entry in &mut entries {
                entry.cell.session = session;
            }
            school.write(&sheet, CLASS, &Item::slips(&entries));
        }
    }
    let (gate, office) = (format!("sheet/{MONDAY}/gate"), format!("sheet/{MONDAY}/office"));
    for late in 0..12 {
        school.mark(&gate, GATE, "g-hobbs", &[(1042 + late * 31, "L")]);
    }
    for amended in 0..8 {
        let original = school.entry(&office, DESK, "o-lane", 1050 + amended * 40, "N");
        school.write(&office, DESK, &Item::slips(std::slice::from_ref(&original)));
        let mut entry = school.entry(&office, DESK, "o-lane", 1050 + amended * 40, "I");
        entry.supersedes.insert(original.id());
        entry.reason = Some("the parent rang at 9.40".to_owned());
        school.write(&office, DESK, &Item::slips(&[entry]));
    }
    school.sign_off(MONDAY);
    school
}

#[test]
fn a_day_of_420_pupils_is_a_file_that_can_be_sent_and_checked() {
    let school = day_of_420();
    let evidence = school.evidence(monday());
    let start = Instant::now();
    let file = written(evidence);
    let written_in = start.elapsed();
    let start = Instant::now();
    let report = check(file.as_bytes(), None).unwrap();
    let checked_in = start.elapsed();
    assert!(report.is_good(), "{:#?}", report.findings);
    let start = Instant::now();
    let (code, text) = python(&file, &[]);
    let python_in = start.elapsed();
    assert_eq!(code, 0, "{text}");
    let data = file.len() - file.find("<script").unwrap();
    println!(
        "{} changes in {} sheets: {} bytes, of which {data} data; written in {written_in:?}, checked in {checked_in:?}, by \
         Python in {python_in:?}",
        report.changes,
        report.sheets,
        file.len()
    );
    assert!(file.len() < 1024 * 1024, "{} bytes", file.len());
    assert!(checked_in.as_secs() < 20 && python_in.as_secs() < 30);
}
