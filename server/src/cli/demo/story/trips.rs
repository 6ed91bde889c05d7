//! Who goes where today: the office plans it, before the first coach leaves.

use serde_json::Value;

use super::super::school::{CLASS_SIZE, number};
use super::{FARM, FARM_LEADER, Story, TABLETS, TEAM_CLASS, TEAM_SIZE, TRIP_CLASS};
use crate::cli::Failure;

/// What the plan of a trip says.
struct Plan<'a> {
    what: &'a [&'a str],
    leader: &'a str,
    sessions: &'a [&'a str],
    tablets: &'a [&'a str],
    class: usize,
    size: usize,
}

impl Story {
    /// The museum for class 4B, netball for eleven of 6A, and a farm for 5B, which is left to whoever looks. Gives the
    /// museum's id.
    pub(super) fn plan_trips(&self) -> Result<String, Failure> {
        let (coach_a, coach_b) = (self.device("Coach A iPad")?, self.device("Coach B iPad")?);
        let (am, pm) = (format!("{}/AM", self.date), format!("{}/PM", self.date));
        let museum = self.plan(
            "08:01",
            &Plan {
                what: &["--title", "City Museum", "--code", "V"],
                leader: "a-shah",
                sessions: &[&am, &pm],
                tablets: &[&coach_a, &coach_b],
                class: TRIP_CLASS,
                size: CLASS_SIZE,
            },
        )?;
        self.plan(
            "08:02",
            &Plan {
                what: &[
                    "--title",
                    "Netball, Leeds Road",
                    "--code",
                    "P",
                    "--nature",
                    "Netball",
                ],
                leader: "d-brook",
                sessions: &[&pm],
                tablets: &[&coach_b],
                class: TEAM_CLASS,
                size: TEAM_SIZE,
            },
        )?;
        // The tablet that goes along is enrolled later, and given the trip with its duty.
        let farm = self.plan(
            "08:03",
            &Plan {
                what: &["--title", "Woodland Farm", "--code", "V"],
                leader: FARM_LEADER,
                sessions: &[&am, &pm],
                tablets: &[],
                class: FARM,
                size: CLASS_SIZE,
            },
        )?;
        for (home, ..) in TABLETS {
            self.sync(home, "08:05")?;
        }
        // Nobody else sets it, and a second time would say the same.
        let _ = self.stage.farm.set(farm.parse()?);
        Ok(museum)
    }

    /// Plans a trip for the first pupils of a class, and gives its id.
    fn plan(&self, clock: &str, plan: &Plan<'_>) -> Result<String, Failure> {
        let pupils: Vec<String> = (0..plan.size)
            .map(|place| number(plan.class, place).to_string())
            .collect();
        let mut create = vec!["--json", "trip", "create"];
        create.extend(plan.what);
        create.extend(["--leader", plan.leader, "--supervisor", plan.leader]);
        create.extend(plan.sessions.iter().flat_map(|session| ["--session", *session]));
        create.extend(plan.tablets.iter().flat_map(|tablet| ["--tablet", *tablet]));
        create.extend(pupils.iter().flat_map(|pupil| ["--pupil", pupil.as_str()]));
        let made: Value = serde_json::from_str(&self.on("office", clock, "j-roe", &create)?)?;
        Ok(made["trip"].as_str().ok_or("a trip without an id")?.to_owned())
    }
}
