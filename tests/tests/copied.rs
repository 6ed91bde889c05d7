//! A tablet's folder that was copied, or put back from an older copy: both copies mark and sync, the school gets every mark
//! once, and the office is told.

use std::collections::BTreeSet;

use daymark_tests::support::{School, Tablet};
use serde_json::Value;

fn late(tablet: &Tablet, time: &str, pupils: &[u64]) {
    let more = &["--arrived", "09:04"];
    tablet.by("g-hobbs", time).mark("AM", "L", pupils, more).done();
}

fn equivocations(school: &School) -> Vec<Value> {
    let notes = school.office(&["log", "notes"]).done();
    let notes = notes.as_array().expect("a list").clone();
    let told = notes.into_iter().filter(|note| note["what"] == "equivocation");
    told.collect()
}

/// The pupils that a tablet shows as late, and those of them of whom it says that the school has the mark.
fn shown(tablet: &Tablet) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let rows = tablet.rows("10:00", &["--session", "AM"]);
    let mut shown = BTreeSet::new();
    let mut received = BTreeSet::new();
    for row in rows {
        for mark in row["marks"].as_array().expect("marks") {
            let pupil = row["pupil"].as_u64().expect("a number");
            if mark["code"] == "L" {
                shown.insert(pupil);
                received.extend((mark["state"] == "received").then_some(pupil));
            }
        }
    }
    (shown, received)
}

#[test]
fn two_copies_of_a_tablet_bring_every_mark_to_school_and_the_office_is_told() {
    let school = School::open();
    let gate = school.ready("gate", "gate", &[]);
    late(&gate, "09:05", &[1001]);
    gate.sync("09:06");
    // Not sent yet when the folder is copied: both copies have it, in changes of their own.
    late(&gate, "09:07", &[1002]);
    let copy = gate.copy_to(school.path("copy"));
    late(&gate, "09:08", &[1003]);
    late(&copy, "09:08", &[1004]);
    gate.sync("09:09");
    assert!(equivocations(&school).is_empty(), "nobody has seen two of it yet");

    let told = copy.at("09:10").run(&["sync"]).found();
    let words = told["store_copied"].as_str().expect("words");
    for said in [
        "copy of this tablet",
        "put back",
        "issued again",
        "Tell the office",
    ] {
        assert!(words.contains(said), "{words}");
    }
    assert_eq!(
        (&told["issued_again"], &told["statements_waiting"]),
        (&1.into(), &0.into()),
        "the school had the other already: {told}"
    );
    assert_eq!(told["refused"][0]["code"], "equivocation");
    let reason = told["refused"][0]["reason"].as_str().expect("words");
    assert!(reason.contains("issue again"), "{reason}");
    assert_eq!(copy.pending(), 0);

    // The copy goes on under an actor of its own, so they do not meet again.
    for (tablet, pupil) in [(&gate, 1005), (&copy, 1006), (&gate, 1007)] {
        late(tablet, "09:20", &[pupil]);
        tablet.sync("09:21");
    }
    let everybody: BTreeSet<u64> = (1001..=1007).collect();
    for tablet in [&gate, &copy] {
        tablet.sync("09:30");
        assert_eq!(shown(tablet), (everybody.clone(), everybody.clone()));
    }
    for pupil in everybody {
        assert_eq!(school.row("AM", pupil)["code"], "L", "{pupil}");
    }
    let [note] = &equivocations(&school)[..] else {
        panic!("noted once: {:?}", equivocations(&school))
    };
    assert_eq!(note["device"], gate.device);
    let held = school.office(&["held"]).value();
    assert!(held.to_string().contains("equivocation"), "both are kept: {held}");
}

#[test]
fn an_older_copy_that_is_put_back_keeps_its_marks_in_sight_without_signal() {
    let mut school = School::open();
    let gate = school.ready("gate", "gate", &[]);
    let older = gate.copy_to(school.path("older"));
    late(&gate, "09:05", &[1001]);
    gate.sync("09:06");
    late(&gate, "09:07", &[1002]);
    gate.sync("09:08");
    late(&older, "09:10", &[1003]);
    let address = school.server().address().to_owned();
    assert!(school.take_server().stop().success());
    older.at("09:11").run(&["sync"]).failed();
    assert_eq!(shown(&older), ([1003].into(), BTreeSet::new()));
    assert_eq!(older.pending(), 1);
    school.try_serve_with(&["--listen", &address]).expect("it serves");
    older.at("09:12").run(&["sync"]).found();
    let everybody: BTreeSet<u64> = [1001, 1002, 1003].into();
    assert_eq!(shown(&older), (everybody.clone(), everybody));
    older.sync("09:13");
    gate.sync("09:14");
    assert_eq!(shown(&gate).0.len(), 3);
    assert_eq!(equivocations(&school).len(), 1);
}
