//! A tablet's folder in a thief's hands: no name and no note can be read from it.

use std::fmt::Write;
use std::path::Path;

use daymark_tests::support::{School, Tablet, holds, school};

const NAMES: u64 = 150;
const NOTES: u64 = 50;
const FIRST: u64 = 2001;

fn name(pupil: u64) -> String {
    format!("Wintergreen{pupil}x")
}

fn note(pupil: u64) -> String {
    format!("left with a kingfisher {pupil}")
}

/// 200 texts that are planted: pupils' names and what a teacher wrote.
fn canaries() -> Vec<String> {
    let names = (FIRST..FIRST + NAMES).map(name);
    names.chain((FIRST..FIRST + NOTES).map(note)).collect()
}

/// A school whose class 4B has 150 more pupils.
fn planted() -> School {
    let school = School::open();
    let mut csv = school::pupils_csv();
    for pupil in FIRST..FIRST + NAMES {
        let upn = school::upn(usize::try_from(pupil).expect("a small number"));
        let surname = name(pupil);
        let _ = write!(
            csv,
            "{upn},{pupil:06},{surname},Ada,,2017-05-01,4,4B,,2024-09-01,\r\n"
        );
    }
    school.import("roster", &csv).done();
    school
}

/// A morning at a tablet: some of it has reached the school, and some has not.
fn morning(tablet: &Tablet) {
    tablet.sync("08:00");
    for pupil in FIRST..FIRST + NOTES {
        tablet
            .by("t-quill", "08:50")
            .mark("AM", "N", &[pupil], &["--comment", &note(pupil)])
            .done();
        if pupil == FIRST + NOTES / 2 {
            tablet.sync("08:55");
        }
    }
}

/// How bytes may be written: as they are, as UTF-16 either way round, and in base 64 at each of three alignments.
fn spellings(text: &str) -> Vec<Vec<u8>> {
    let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect();
    let mut spellings = vec![
        text.as_bytes().to_vec(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
    ];
    spellings.extend((0..3).map(|skip| base64_inside(&text.as_bytes()[skip..])));
    spellings
}

/// The letters of base 64 that whole groups of three bytes always give.
fn base64_inside(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = three
            .iter()
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| LETTERS[bits >> shift & 63])
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}

/// Which of the canaries some bytes hold, in any spelling.
fn found(bytes: &[u8]) -> Vec<String> {
    let mut canaries = canaries();
    canaries.retain(|canary| spellings(canary).iter().any(|spelling| holds(bytes, spelling)));
    canaries
}

#[test]
fn a_sealed_folder_holds_none_of_200_planted_texts_and_an_unsealed_one_all() {
    assert_eq!(base64_inside(b"Ada"), b"QWRh");
    let school = planted();
    let sealed = school.tablet("Class 4B", "teacher", &["4B"]);
    morning(&sealed);
    assert_eq!(found(&sealed.files()), Vec::<String>::new());
    assert_eq!(
        found(&sealed.bytes()).len(),
        canaries().len(),
        "they are there, under the seal"
    );

    let other = planted();
    let plain = other.unsealed("Class 4B", "teacher", &["4B"]);
    morning(&plain);
    assert_eq!(
        found(&plain.files()).len(),
        canaries().len(),
        "the search finds what is there"
    );
    assert_eq!(
        plain.at("09:00").run(&["today"]).done()["sealed"],
        false,
        "and the tablet says so"
    );
}

#[test]
fn a_bundle_is_not_put_where_everything_is_sealed() {
    let school = School::open();
    let tablet = school.ready("Class 4B", "teacher", &["4B"]);
    tablet.by("t-quill", "08:50").mark("AM", "N", &[1001], &[]).done();
    let export = |path: &Path| {
        let path = path.to_str().expect("a plain path").to_owned();
        tablet.at("09:00").run(&["bundle", "export", &path])
    };
    let words = export(&tablet.home().join("bundle")).misused();
    assert!(words.contains("choose another place"), "{words}");
    let link = school.path("link");
    std::os::unix::fs::symlink(tablet.home(), &link).expect("a link");
    export(&link.join("bundle")).misused();
    export(&school.path("bundle")).done();
}

#[test]
fn marks_carry_whoever_unlocked_the_tablet() {
    let school = School::open();
    let tablet = school.ready("Class 4B", "teacher", &["4B"]);
    tablet.by("t-quill", "08:50").mark("AM", "N", &[1001], &[]).done();
    tablet.sync("08:51");
    let row = school.row("AM", 1001);
    assert!(row.to_string().contains("T Quill"), "{row}");
    let status = tablet.at("08:52").run(&["pin", "status"]).done();
    assert_eq!(status["slots"], 2, "{status}");
    assert!(!status.to_string().contains("quill"), "it names nobody: {status}");
    let add = ["pin", "add", "--staff", "nobody-here"];
    let words = tablet.at("08:53").run(&add).failed();
    assert!(words.contains("not on the staff list"), "{words}");
}
