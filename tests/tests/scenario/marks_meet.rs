//! When marks meet: what agrees, what a named rule settles, and what only a person may decide.

use daymark_tests::support::{DAY, School};

use super::day::{York, assert_disputed, assert_settled, codes, names, plan, said};

#[test]
fn two_adults_of_one_group_who_differ_are_an_urgent_dispute_and_the_child_counts_as_missing() {
    let day = York::morning();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1001, 1002], &[])
        .done();
    day.coach_b
        .by("m-lee", "08:41")
        .mark("AM", "N", &[1001], &[])
        .done();
    day.coach_a.sync("10:00");
    day.coach_b.sync("10:01");

    let shown = day.school.day("AM").found();
    assert_eq!(shown["sessions"][0]["two_different_marks"], 1);
    let row = day.school.row("AM", 1001);
    assert_disputed(&row, "two adults of one group differ", true);
    assert_eq!(names(&row), ["Mr M Lee", "Mrs A Shah"]);
    assert_eq!(codes(&row), ["N", "V"]);
    let conflicts = day.school.office(&["conflicts", "list", "--date", DAY]).found();
    assert_eq!(
        conflicts[0]["pupil"], 1001,
        "the urgent one comes first: {conflicts}"
    );

    // The adults on the coach see it too, before they drive off.
    day.coach_a.sync("10:02");
    let row = day.coach_a.row("10:02", "AM", 1001);
    assert_eq!(row["accounted_for"], false);
    assert!(
        said(&row).contains("Two different marks: two adults of one group differ"),
        "{row}"
    );
    assert_eq!(
        day.school.row("AM", 1002)["code"],
        "V",
        "the neighbour is untouched"
    );
}

#[test]
fn absent_in_class_and_late_at_the_gate_is_settled_by_rule_1_by_name_and_reversed_in_one_step() {
    let day = York::morning();
    let (class, gate) = (day.class(), day.gate());
    class
        .by("t-quill", "08:50")
        .mark("AM", "N", &[1005, 1006], &[])
        .done();
    gate.by("g-hobbs", "09:05").mark("AM", "L", &[1005], &[]).done();
    gate.by("g-hobbs", "09:45").mark("AM", "U", &[1006], &[]).done();
    class.sync("09:50");
    gate.sync("09:51");

    let row = day.school.row("AM", 1005);
    assert_settled(&row, "L", "R1");
    assert_eq!(names(&row), ["Mr T Quill", "Mrs G Hobbs"]);
    assert_settled(&day.school.row("AM", 1006), "U", "R1");
    let shown = day.school.day("AM").done();
    assert_eq!(
        shown["sessions"][0]["settled_by_rule"], 2,
        "not a decision, and counted"
    );

    class.sync("09:52");
    let row = class.row("09:52", "AM", 1005);
    assert!(
        said(&row).contains("L by rule R1"),
        "the class is told by which rule: {row}"
    );

    day.school
        .decide("AM", 1005, "N", "The gate had a wrong child", &[])
        .done();
    let row = day.school.row("AM", 1005);
    assert_eq!((&row["state"], &row["code"]), (&"recorded".into(), &"N".into()));
}

#[test]
fn with_rule_1_switched_off_the_same_marks_wait_for_a_person() {
    let school = School::open_with(|settings| {
        assert!(settings.contains("r1 = true"), "{settings}");
        settings.replace("r1 = true", "r1 = false")
    });
    let day = York::morning_of(school);
    let (class, gate) = (day.class(), day.gate());
    class.by("t-quill", "08:50").mark("AM", "N", &[1005], &[]).done();
    gate.by("g-hobbs", "09:05").mark("AM", "L", &[1005], &[]).done();
    class.sync("09:10");
    gate.sync("09:10");
    assert_disputed(&day.school.row("AM", 1005), "two different marks", false);
    assert_eq!(day.school.day("AM").found()["sessions"][0]["settled_by_rule"], 0);
}

#[test]
fn absent_in_class_and_on_the_visits_list_is_settled_by_rule_2_and_off_the_list_is_not() {
    let day = York::morning();
    let class = day.class();
    class
        .by("t-quill", "08:50")
        .mark("AM", "N", &[1002, 1008], &[])
        .done();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1002], &[])
        .done();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1008], &["--unlisted"])
        .done();
    class.sync("09:10");
    day.coach_a.sync("17:00");
    let row = day.school.row("AM", 1002);
    assert_settled(&row, "V", "R2");
    assert_eq!(names(&row), ["Mr T Quill", "Mrs A Shah"]);
    assert_disputed(&day.school.row("AM", 1008), "two different marks", false);
}

#[test]
fn with_rule_2_switched_off_the_same_marks_wait_for_a_person() {
    let school = School::open_with(|settings| settings.replace("r2 = true", "r2 = false"));
    let day = York::morning_of(school);
    let class = day.class();
    class.by("t-quill", "08:50").mark("AM", "N", &[1002], &[]).done();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1002], &[])
        .done();
    class.sync("09:10");
    day.coach_a.sync("09:11");
    assert_disputed(&day.school.row("AM", 1002), "two different marks", false);
}

#[test]
fn present_in_class_and_on_a_visit_is_a_child_in_two_places_and_so_are_a_visit_and_a_fixture() {
    let day = York::morning();
    let class = day.class();
    let bus = day.school.ready("Minibus", "teacher", &[]);
    plan(&day.office, "Football", "P", &[1003, 1006], &[&bus]);
    day.office.sync("08:05");
    bus.sync("08:06");

    class
        .by("t-quill", "08:50")
        .mark("AM", "/", &[1001, 1006], &[])
        .done();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1001, 1003], &[])
        .done();
    bus.by("d-brook", "08:45")
        .mark("AM", "P", &[1003, 1006], &[])
        .done();
    for tablet in [&class, &day.coach_a, &bus] {
        tablet.sync("10:00");
    }
    for (pupil, marks) in [(1001, ["/", "V"]), (1006, ["/", "P"]), (1003, ["P", "V"])] {
        let row = day.school.row("AM", pupil);
        assert_disputed(&row, "in two places at once", true);
        assert_eq!(codes(&row), marks);
        assert_eq!(names(&row).len(), 2, "{row}");
    }
}

#[test]
fn late_and_after_closing_turn_on_the_minute_so_a_person_decides() {
    let school = School::open();
    let (east, west) = (
        school.ready("East gate", "gate", &[]),
        school.ready("West gate", "gate", &[]),
    );
    east.by("g-hobbs", "09:29").mark("AM", "L", &[1005], &[]).done();
    west.by("m-lee", "09:31").mark("AM", "U", &[1005], &[]).done();
    east.sync("09:40");
    west.sync("09:40");
    let row = school.row("AM", 1005);
    assert_disputed(&row, "late, or after the register closed", false);
    let times: Vec<_> = row["marks"]
        .as_array()
        .expect("marks")
        .iter()
        .map(|mark| &mark["arrived_at"])
        .collect();
    assert!(
        times.contains(&&"09:29".into()) && times.contains(&&"09:31".into()),
        "{row}"
    );
}

#[test]
fn a_planned_absence_of_a_child_who_is_seen_waits_for_a_person() {
    let day = York::morning();
    let (class, gate) = (day.class(), day.gate());
    day.office
        .by("j-roe", "08:05")
        .mark("AM", "I", &[1004, 1005, 1006, 1007], &[])
        .done();
    day.office.sync("08:06");
    class.by("t-quill", "08:50").mark("AM", "/", &[1005], &[]).done();
    gate.by("g-hobbs", "09:05").mark("AM", "L", &[1006], &[]).done();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1004], &[])
        .done();
    for tablet in [&class, &gate, &day.coach_a] {
        tablet.sync("10:00");
    }
    for pupil in [1004, 1005, 1006] {
        assert_disputed(&day.school.row("AM", pupil), "planned absence, but seen", false);
    }
    assert_eq!(day.school.row("AM", 1007)["code"], "I", "nobody saw that one");
}

#[test]
fn the_same_code_twice_agrees_and_keeps_both_names() {
    let day = York::morning();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1001], &[])
        .done();
    day.coach_b
        .by("m-lee", "08:41")
        .mark("AM", "V", &[1001], &[])
        .done();
    day.coach_a.sync("10:00");
    day.coach_b.sync("10:00");
    let row = day.school.row("AM", 1001);
    assert_eq!((&row["state"], &row["code"]), (&"agreed".into(), &"V".into()));
    assert_eq!(names(&row), ["Mr M Lee", "Mrs A Shah"]);
    assert_eq!(row["accounted_for"], true);
    day.school.day("AM").done();
    assert!(
        day.school.ledger().is_empty(),
        "two people who agree amend nothing"
    );
}
