//! A trip that the office plans, for the tests.

use daymark_tests::browser::Stage;
use daymark_tests::support::{DAY, Tablet};

/// The office plans a trip of all twelve pupils for both sessions, with a tablet along. Its id.
pub(crate) fn planned(stage: &Stage, office: &Tablet, device_name: &str) -> String {
    let devices = stage.school.office(&["device", "list"]).value();
    let device = devices
        .as_array()
        .and_then(|all| all.iter().find(|one| one["name"] == device_name))
        .and_then(|one| one["device"].as_u64())
        .expect("the device is there")
        .to_string();
    let pupils: Vec<String> = (1001..=1012).map(|number: u32| number.to_string()).collect();
    let (am, pm) = (format!("{DAY}/AM"), format!("{DAY}/PM"));
    let mut arguments = vec![
        "trip",
        "create",
        "--title",
        "York Museum",
        "--code",
        "V",
        "--place",
        "York",
        "--leader",
        "a-shah",
        "--supervisor",
        "a-shah",
        "--session",
        &am,
        "--session",
        &pm,
        "--tablet",
        &device,
    ];
    for pupil in &pupils {
        arguments.extend(["--pupil", pupil]);
    }
    let made = office.by("j-roe", "08:00").run(&arguments).done();
    office.sync("08:01");
    made["trip"].as_str().expect("an id").to_owned()
}
