//! Damage between two runs: the index is made again, a changed journal is refused by place, a torn end is told.

use std::fs;
use std::path::Path;

use daymark_core::entry::Duty;
use daymark_core::session::Session;
use daymark_tests::support::{Device, Dice, School};
use serde_json::Value;

/// A school with marks of two sheets, a dispute among them.
fn marked() -> School {
    let school = School::open();
    let class = Device::enrol(&school, "Class 4B", "teacher", &["4B"]);
    let gate = Device::enrol(&school, "Gate", "gate", &[]);
    let duty = Duty::Class("4B".parse().expect("a class"));
    for pupil in 1001..=1008 {
        class.record(&[class.entry(&duty, Session::Am, pupil, "/")]);
    }
    let mut late = gate.entry(&Duty::Gate, Session::Am, 1003, "L");
    late.particulars.arrived_at = Some("09:05".parse().expect("a time"));
    gate.record(&[late]);
    gate.offer_to(&[9, 9, 9], &[b"of a kind that comes later".to_vec()]);
    school
}

/// All that the office can read.
fn everything(school: &School) -> Vec<Value> {
    let held = school.office(&["held"]).found();
    let devices = school.office(&["device", "list"]).done();
    let names = devices
        .as_array()
        .expect("a list")
        .iter()
        .map(|device| device["name"].clone())
        .collect();
    vec![school.day("AM").value(), school.day("PM").value(), held, names]
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn an_index_that_was_damaged_or_taken_away_is_made_again_and_nothing_is_lost() {
    let mut school = marked();
    let before = everything(&school);
    assert_eq!(
        before[0]["rows"]
            .as_array()
            .expect("rows")
            .iter()
            .filter(|row| row["state"] != "blank")
            .count(),
        8
    );
    let index = school.home().join("data/index");
    let mut dice = Dice::new(7);
    for round in 0..8 {
        if round % 2 == 0 {
            school.take_server().kill();
        } else {
            assert!(school.take_server().stop().success());
        }
        for file in files(&index) {
            let mut bytes = fs::read(&file).expect("a file");
            match round {
                0 => bytes
                    .iter_mut()
                    .for_each(|byte| *byte = dice.roll().to_le_bytes()[0]),
                1 => bytes.truncate(bytes.len() / 2),
                2 => bytes.fill(0),
                3 => fs::remove_file(&file).expect("a file can be removed"),
                _ => bytes = dice.damage(&bytes),
            }
            if round != 3 {
                fs::write(&file, bytes).expect("a file can be written");
            }
        }
        school.serve();
        let log = school.server().log();
        if round < 3 {
            assert!(
                log.contains("the index was made again from the journal"),
                "round {round}: {log}"
            );
        }
        assert_eq!(everything(&school), before, "round {round}: {log}");
        let counts = school.store_counts();
        assert_eq!(counts["ok"], true, "round {round}: {counts}");
    }
}

#[test]
fn a_flipped_bit_anywhere_in_the_journal_is_refused_and_the_place_is_named() {
    let mut school = marked();
    let before = everything(&school);
    assert!(school.take_server().stop().success());
    let path = school.journal();
    let whole = fs::read(&path).expect("the journal");
    let mut dice = Dice::new(11);
    let places = (0..40)
        .map(|_| dice.below(whole.len()))
        .chain([0, 16, whole.len() - 1])
        .collect::<Vec<usize>>();
    for place in places {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << dice.below(8);
        fs::write(&path, &bytes).expect("the journal can be written");
        let refused = school.try_serve().expect_err("a damaged journal is served");
        assert_eq!(refused.code, 1, "{}", refused.words);
        assert!(
            refused.words.contains("register.journal is damaged at byte "),
            "{place}: {}",
            refused.words
        );
        let named = refused.words.split("at byte ").nth(1).expect("a place");
        let named: usize = named
            .split(',')
            .next()
            .expect("a number")
            .parse()
            .expect("a number");
        assert!(
            named <= place,
            "the record that holds byte {place} starts at or before it, not at {named}"
        );
        assert!(
            fs::read(&path).expect("the journal") == bytes,
            "nothing was changed"
        );
    }
    fs::write(&path, &whole).expect("the journal can be written");
    school.serve();
    assert_eq!(everything(&school), before);
}

#[test]
fn a_journal_that_lost_its_end_is_refused() {
    let mut school = marked();
    assert!(school.take_server().stop().success());
    let whole = fs::read(school.journal()).expect("the journal");
    fs::write(school.journal(), &whole[..whole.len() - 30]).expect("the journal can be written");
    let refused = school
        .try_serve()
        .expect_err("a journal without its end is served");
    assert_eq!(refused.code, 1);
    assert!(refused.words.contains("register.journal"), "{}", refused.words);
    assert!(
        refused.words.contains("restore this file from a backup"),
        "{}",
        refused.words
    );
}

#[test]
fn a_write_that_was_cut_off_is_set_aside_and_told() {
    let mut school = marked();
    let before = everything(&school);
    school.take_server().kill();
    let mut bytes = fs::read(school.journal()).expect("the journal");
    let good = bytes.len();
    bytes.extend([200, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7]);
    fs::write(school.journal(), &bytes).expect("the journal can be written");
    school.serve();
    let log = school.server().log();
    assert!(log.contains("a write was cut off: 11 bytes"), "{log}");
    let aside = school.home().join(format!("data/register.torn-{good}"));
    assert_eq!(fs::read(aside).expect("the bytes are kept").len(), 11);
    assert_eq!(everything(&school), before);
}
