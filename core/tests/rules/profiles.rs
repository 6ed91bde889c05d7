//! Five policies as files: what each says, word for word, and that no line of them is idle.

use daymark_core::code::Code;
use daymark_core::rules::terms::{ClosingMinute, Counting, DayNeeds, Edge, StepWhen};
use daymark_core::rules::{Ground, Origin, Profile, RuleBook};

use crate::{book, date, explained};

const ON: &str = "2026-03-02";

/// A school's own file that says nothing but its profile.
fn resting_on(profile: Profile) -> RuleBook {
    book(&format!(
        "profile = \"{profile}\"\n\n[[rules]]\neffective_from = 2025-09-01\n"
    ))
}

#[test]
fn each_profile_is_explained_value_by_value() {
    let golden = [
        include_str!("golden/allington.txt"),
        include_str!("golden/ben-rhydding.txt"),
        include_str!("golden/strathmore.txt"),
        include_str!("golden/ascension.txt"),
        include_str!("golden/leicestershire.txt"),
    ];
    for (profile, golden) in Profile::ALL.into_iter().zip(golden) {
        let book = resting_on(profile);
        let lines: Vec<String> = book.explain(date(ON)).iter().map(ToString::to_string).collect();
        let text = lines.join("\n") + "\n";
        assert!(text == golden, "profile {profile} is now explained as\n{text}");
    }
}

#[test]
fn every_value_of_a_profile_has_a_section_of_its_policy() {
    for profile in Profile::ALL {
        let mut from_policy = 0;
        for line in resting_on(profile).explain(date(ON)) {
            match &line.origin {
                Origin::Profile {
                    profile: named,
                    section,
                    ..
                } => {
                    assert_eq!(*named, profile.name());
                    assert!(!section.is_empty(), "{line}");
                    from_policy += 1;
                }
                Origin::Default(_) => {}
                Origin::File { .. } => panic!("the file says nothing: {line}"),
            }
        }
        assert!(from_policy >= 5, "{profile}: {from_policy}");
    }
}

#[test]
fn a_profile_is_a_file_by_itself_with_the_same_rules() {
    for profile in Profile::ALL {
        let alone = RuleBook::of(profile).unwrap_or_else(|errors| panic!("{profile}: {errors}"));
        assert_eq!(alone.on(date(ON)), resting_on(profile).on(date(ON)));
        assert_eq!(profile.name().parse(), Ok(profile));
        assert!(!profile.title().is_empty());
    }
    let words = "Allington"
        .parse::<Profile>()
        .expect_err("names are in small letters")
        .to_string();
    assert!(words.contains("ben-rhydding"), "{words}");
}

/// What is said of a book but the lines: keys, values, and whether anybody said them.
fn meaning(book: &RuleBook) -> Vec<(String, String, bool)> {
    book.explain(date(ON))
        .iter()
        .map(|line| {
            let is_default = matches!(line.origin, Origin::Default(_));
            (line.key.clone(), line.value.clone(), is_default)
        })
        .collect()
}

/// The lines of a profile that say something.
fn lines(profile: Profile) -> impl Iterator<Item = (usize, &'static str)> {
    let lines = profile.text().lines().enumerate();
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The profile with one line replaced.
fn with(profile: Profile, at: usize, line: &str) -> String {
    let lines = profile.text().lines().enumerate();
    let lines: Vec<&str> = lines
        .map(|(other, old)| if other == at { line } else { old })
        .collect();
    lines.join("\n")
}

#[test]
fn a_line_that_is_taken_out_is_a_mistake_or_shows() {
    for profile in Profile::ALL {
        let whole = meaning(&RuleBook::of(profile).expect("a profile"));
        for (at, line) in lines(profile) {
            if let Ok(book) = RuleBook::parse(&with(profile, at, "")) {
                assert_ne!(meaning(&book), whole, "{profile}, line {}: {line}", at + 1);
            }
        }
    }
}

#[test]
fn a_value_of_another_kind_is_a_mistake_on_its_line() {
    for profile in Profile::ALL {
        for (at, line) in lines(profile).filter(|(_, line)| !line.starts_with('[')) {
            let (key, _) = line.split_once(" = ").expect("a key and a value");
            for other in [
                "{ nonsense = 1 }",
                "[[]]",
                "true",
                "-1",
                "\"\"",
                "1979-05-27T07:32:00Z",
            ] {
                let errors = RuleBook::parse(&with(profile, at, &format!("{key} = {other}")))
                    .expect_err("another kind of value is no value");
                let told = errors.errors.iter().any(|error| error.line == at + 1);
                assert!(told, "{profile}, line {}: {key} = {other}: {errors}", at + 1);
            }
        }
    }
}

#[test]
fn a_key_that_is_misspelt_is_a_mistake_on_its_line() {
    for profile in Profile::ALL {
        for (at, line) in lines(profile) {
            let misspelt = match line.split_once("rules") {
                Some((before, after)) if line.starts_with('[') && after.starts_with('.') => {
                    format!("{before}rules.x{}", &after[1..])
                }
                Some((before, after)) if line.starts_with('[') => format!("{before}xrules{after}"),
                _ => format!("x{line}"),
            };
            let errors = RuleBook::parse(&with(profile, at, &misspelt)).expect_err("no such key");
            let told = errors.errors.iter().any(|error| error.line == at + 1);
            assert!(told, "{profile}, line {}: {misspelt}: {errors}", at + 1);
        }
    }
}

#[test]
fn the_boundary_minute_falls_as_each_policy_is_read() {
    let minutes = Profile::ALL.map(|profile| resting_on(profile).on(date(ON)).am.closing_minute);
    assert_eq!(
        minutes,
        [
            ClosingMinute::Late,
            ClosingMinute::AfterClosing,
            ClosingMinute::Late,
            ClosingMinute::Late,
            ClosingMinute::Late
        ]
    );
}

#[test]
fn n_counts_towards_a_penalty_in_every_profile() {
    for profile in Profile::ALL {
        let book = resting_on(profile);
        let penalty = &book.on(date(ON)).penalty;
        let codes: Vec<&str> = penalty.codes.iter().map(Code::as_str).collect();
        assert_eq!((penalty.sessions, penalty.school_weeks), (10, 10), "{profile}");
        assert_eq!(codes, ["G", "N", "O", "U"], "{profile}");
    }
}

#[test]
fn persistent_absence_is_ten_percent_missed_in_every_profile() {
    for profile in Profile::ALL {
        let absence = resting_on(profile).on(date(ON)).absence;
        assert_eq!(
            (absence.persistent.get(), absence.severe.get()),
            (100, 500),
            "{profile}"
        );
    }
}

#[test]
fn strathmore_closes_at_quarter_past_nine_and_counts_its_return_irregularly() {
    let book = resting_on(Profile::Strathmore);
    let rules = book.on(date(ON));
    assert_eq!(rules.am.closes.to_string(), "09:15");
    assert_eq!(rules.am.late_from.to_string(), "09:00");
    let absence = rules.absence_return.as_ref().expect("a return");
    assert_eq!(
        (absence.school_days, absence.counting),
        (10, Counting::Cumulative)
    );
    let late = rules
        .steps
        .iter()
        .find(|step| step.name == "Lateness letter")
        .expect("a letter");
    assert!(matches!(&late.when, StepWhen::LateSessions { sessions: 10, codes } if codes.len() == 2));
}

#[test]
fn ben_rhydding_alone_sends_two_people_after_three_days() {
    for profile in Profile::ALL {
        let book = resting_on(profile);
        let check = book.on(date(ON)).welfare_check.as_ref();
        assert_eq!(check.is_some(), profile == Profile::BenRhydding, "{profile}");
        if let Some(check) = check {
            assert_eq!((check.visitors, check.within_school_days), (2, 0));
            assert_eq!(
                (check.trigger.school_days, check.trigger.counting),
                (3, Counting::Consecutive)
            );
            assert_eq!(check.trigger.day, DayNeeds::AnySession);
        }
    }
}

#[test]
fn ben_rhydding_has_five_bands_and_above_97_leaves_97_out() {
    let book = resting_on(Profile::BenRhydding);
    let bands: Vec<(u16, Edge)> = book
        .on(date(ON))
        .bands
        .iter()
        .map(|band| (band.from.get(), band.edge))
        .collect();
    assert_eq!(
        bands,
        [
            (1000, Edge::Included),
            (970, Edge::Excluded),
            (950, Edge::Included),
            (900, Edge::Included),
            (0, Edge::Included)
        ]
    );
}

#[test]
fn allington_ends_the_day_by_stage() {
    let book = resting_on(Profile::Allington);
    let pm = &book.on(date(ON)).pm;
    let ends = ["R", "2", "6", "N2"].map(|year| pm.ends_for(year).to_string());
    assert_eq!(ends, ["15:10", "15:15", "15:20", "15:20"]);
}

#[test]
fn a_policy_without_times_is_told_to_be_assumed() {
    let book = resting_on(Profile::Leicestershire);
    for key in ["am.opens", "pm.opens", "pm.ends"] {
        assert!(explained(&book, ON, key).1.starts_with("assumed"), "{key}");
    }
    let assumed = |line: &&daymark_core::rules::Explained| line.origin == Origin::Default(Ground::Assumed);
    assert_eq!(book.explain(date(ON)).iter().filter(assumed).count(), 3);
}
