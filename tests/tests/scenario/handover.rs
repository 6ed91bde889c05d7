//! A tablet that never comes online hands its marks to another, and they stay its own people's.

use daymark_tests::support::School;

use super::day::York;

#[test]
fn marks_that_another_tablet_carries_arrive_under_the_name_of_who_made_them() {
    let day = York::morning();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1001, 1002], &[])
        .done();
    let file = day.school.path("handover.daymark");
    let file = file.to_str().expect("a plain path");
    let made = day.coach_a.at("16:00").run(&["bundle", "export", file]).done();
    assert_eq!(made["statements"], 2);
    assert_eq!(day.coach_a.pending(), 2, "handing over is not sending");

    day.coach_b
        .by("m-lee", "08:42")
        .mark("AM", "V", &[1003], &[])
        .done();
    let taken = day.coach_b.at("16:01").run(&["bundle", "import", file]).done();
    assert_eq!(
        (&taken["taken"], &taken["statements"]),
        (&1.into(), &2.into()),
        "{taken}"
    );
    let pending = day.coach_b.at("16:02").run(&["pending"]).done();
    assert_eq!(pending["not_yet_sent"], 3);
    assert!(
        pending["items"]
            .as_array()
            .expect("items")
            .iter()
            .any(|item| item["carried"] == true),
        "{pending}"
    );
    let again = day.coach_b.at("16:03").run(&["bundle", "import", file]).done();
    assert_eq!(again["taken"], 0, "a second time brings nothing");

    day.coach_b.sync("17:00");
    let row = day.school.row("AM", 1001);
    let mark = &row["marks"][0];
    assert_eq!(
        (&mark["by"], &mark["device"]),
        (&"Mrs A Shah".into(), &"Coach A".into())
    );
    assert_eq!(mark["position"], "Teacher");
    assert_eq!(day.school.row("AM", 1003)["marks"][0]["device"], "Coach B");

    let synced = day.coach_a.sync("20:00");
    assert_eq!(
        (&synced["stored"], &synced["had"]),
        (&0.into(), &1.into()),
        "{synced}"
    );
    assert_eq!(day.coach_a.pending(), 0);
    assert_eq!(day.school.row("AM", 1001), row, "nothing moved");
}

#[test]
fn a_tablet_that_never_synced_is_carried_by_one_of_another_duty() {
    let day = York::morning();
    let class = day.school.tablet("Class 4B", "teacher", &["4B"]);
    let gate = day.gate();
    let quill = ["--name", "Mr T Quill", "--position", "Teacher"];
    class
        .by("t-quill", "08:50")
        .mark("AM", "/", &[1005], &quill)
        .done();
    let file = day.school.path("class.daymark");
    let file = file.to_str().expect("a plain path");
    class.at("09:00").run(&["bundle", "export", file]).done();
    gate.at("09:05").run(&["bundle", "import", file]).done();
    gate.sync("09:06");
    let row = day.school.row("AM", 1005);
    assert_eq!(
        (&row["code"], &row["marks"][0]["by"]),
        (&"/".into(), &"Mr T Quill".into())
    );
    assert_eq!(row["marks"][0]["device"], "Class 4B");
}

#[test]
fn a_home_visit_is_carried_by_nobody_who_may_not_read_it() {
    let school = School::open();
    let team = school.ready("Team", "team", &[]);
    let gate = school.ready("Gate", "gate", &[]);
    let lead = school.ready("Lead", "lead", &[]);
    let visit = team.start_visit("10:00", 1003, "Three days of silence");
    let file = school.path("visit.daymark");
    let file = file.to_str().expect("a plain path");
    team.at("10:05").run(&["bundle", "export", file]).done();
    let refused = gate.at("10:10").run(&["bundle", "import", file]).found();
    assert_eq!(refused["taken"], 0);
    assert_eq!(refused["refused"][0]["code"], "not-for-this-duty", "{refused}");
    let words = gate.at("10:11").run(&["visit", "show", &visit]).failed();
    assert!(!words.contains("silence"), "{words}");
    let taken = lead.at("10:12").run(&["bundle", "import", file]).done();
    assert_eq!(taken["taken"], 1, "{taken}");
}

#[test]
fn a_bundle_that_was_cut_or_changed_is_refused_whole() {
    let day = York::morning();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1001], &[])
        .done();
    let file = day.school.path("handover.daymark");
    let path = file.to_str().expect("a plain path").to_owned();
    day.coach_a.at("16:00").run(&["bundle", "export", &path]).done();
    let whole = std::fs::read(&file).expect("the bundle");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for bad in [&whole[..whole.len() - 1], &whole[..9], &[], &flipped] {
        std::fs::write(&file, bad).expect("a file can be written");
        let words = day.coach_b.at("16:01").run(&["bundle", "import", &path]).failed();
        assert!(words.contains("cannot be taken"), "{words}");
    }
    assert_eq!(day.coach_b.pending(), 0);
}
