//! The school day that the cases start from.

use daymark_tests::support::{DAY, School, Tablet};
use serde_json::Value;

/// The York trip: two coaches, four pupils of class 4B, all day.
pub(crate) struct York {
    pub(crate) school: School,
    pub(crate) office: Tablet,
    pub(crate) coach_a: Tablet,
    pub(crate) coach_b: Tablet,
    pub(crate) trip: String,
}

/// The pupils on the list of the York trip.
pub(crate) const LISTED: [u64; 4] = [1001, 1002, 1003, 1004];

impl York {
    pub(crate) fn morning() -> Self {
        Self::morning_of(School::open())
    }

    pub(crate) fn morning_of(school: School) -> Self {
        let office = school.ready("Office tablet", "office", &[]);
        let coach_a = school.tablet("Coach A", "teacher", &[]);
        let coach_b = school.tablet("Coach B", "teacher", &[]);
        let trip = plan(&office, "York Museum", "V", &LISTED, &[&coach_a, &coach_b]);
        for tablet in [&office, &coach_a, &coach_b] {
            tablet.sync("08:02");
        }
        Self {
            school,
            office,
            coach_a,
            coach_b,
            trip,
        }
    }

    pub(crate) fn class(&self) -> Tablet {
        self.school.ready("Class 4B", "teacher", &["4B"])
    }

    pub(crate) fn gate(&self) -> Tablet {
        self.school.ready("Gate", "gate", &[])
    }
}

/// Plans a trip of the whole day on the office's tablet; it travels with the next sync.
pub(crate) fn plan(office: &Tablet, title: &str, code: &str, pupils: &[u64], along: &[&Tablet]) -> String {
    let tablets: Vec<String> = along.iter().map(|tablet| tablet.device.to_string()).collect();
    let sessions = [format!("{DAY}/AM"), format!("{DAY}/PM")];
    let mut more = vec!["--supervisor", "a-shah"];
    more.extend(tablets.iter().flat_map(|tablet| ["--tablet", tablet]));
    let planned = office.by("j-roe", "08:01").plan(
        title,
        code,
        &sessions.each_ref().map(String::as_str),
        pupils,
        &more,
    );
    let made = planned.done();
    made["trip"].as_str().expect("a trip").to_owned()
}

/// The names of those whose marks a row shows, in order.
pub(crate) fn names(row: &Value) -> Vec<String> {
    let marks = row["marks"].as_array().expect("marks").iter();
    let mut names: Vec<String> = marks
        .map(|mark| mark["by"].as_str().expect("a name").to_owned())
        .collect();
    names.sort();
    names
}

/// The codes of the marks that a row shows, in order.
pub(crate) fn codes(row: &Value) -> Vec<String> {
    let marks = row["marks"].as_array().expect("marks").iter();
    let mut codes: Vec<String> = marks
        .map(|mark| mark["code"].as_str().unwrap_or("none").to_owned())
        .collect();
    codes.sort();
    codes
}

/// Checks that a person must decide, and that the child counts as missing until then.
#[track_caller]
pub(crate) fn assert_disputed(row: &Value, why: &str, urgent: bool) {
    assert_eq!(row["state"], "disputed", "{row}");
    assert_eq!(row["why"], why, "{row}");
    assert_eq!(row["urgent"], urgent, "{row}");
    assert_eq!(row["code"], Value::Null, "nothing is picked silently: {row}");
    assert_eq!(row["accounted_for"], false, "{row}");
}

/// Checks that a rule settled it, by name.
#[track_caller]
pub(crate) fn assert_settled(row: &Value, code: &str, rule: &str) {
    assert_eq!(row["state"], "settled", "{row}");
    assert_eq!(row["code"], code, "{row}");
    assert_eq!(row["rule"], rule, "{row}");
    assert_eq!(row["accounted_for"], true, "{row}");
}

/// The words of a tablet's row, in one text.
pub(crate) fn said(row: &Value) -> String {
    let words = row["words"].as_array().expect("words").iter();
    words
        .map(|word| word.as_str().expect("a text"))
        .collect::<Vec<_>>()
        .join("; ")
}
