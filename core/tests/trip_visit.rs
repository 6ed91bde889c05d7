//! Trips and visits: plans and what was observed, accounts that are kept apart, and outcomes that differ.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::BTreeMap;

use common::*;
use daymark_core::document::{ACCOUNT_CHARS_MAX, Document, DocumentError};
use daymark_core::document_id::DocumentId;
use daymark_core::door::Verdict;
use daymark_core::ids::{DeviceNumber, EntryId, PupilNumber};
use daymark_core::item::{Item, Statement, statement_id};
use daymark_core::session::Session;
use daymark_core::trip::{
    HeadCount, LeftGroup, Rejoined, TripGroup, TripPlan, TripSession, TripStatement, TripView,
};
use daymark_core::visit::{
    AccountPart, Alone, BackSafe, CardLeft, Grade, NextStep, Opened, Outcome, VisitIrregularity,
    VisitStatement, VisitView,
};

fn trip() -> Document {
    Document::new(SCHOOL, DocumentId::Trip(trip_id(1)))
}

fn visit() -> Document {
    Document::new(SCHOOL, DocumentId::Visit(visit_id(1)))
}

fn exchange(a: &mut Document, b: &mut Document, from_a: &[Vec<u8>], from_b: &[Vec<u8>]) {
    for (into, changes) in [(&mut *b, from_a), (&mut *a, from_b)] {
        for change in changes {
            let verdict = into.receive(change);
            assert!(
                matches!(verdict, Verdict::Stored { .. } | Verdict::AlreadyHad(_)),
                "{verdict:?}"
            );
        }
    }
    assert_eq!(a.heads(), b.heads());
}

fn say(document: &mut Document, item: Item) -> Vec<u8> {
    let device = item.device().unwrap().0;
    document.append(actor(device), &[item]).unwrap().unwrap().bytes
}

// Trips.

fn trip_view(document: &Document) -> TripView {
    let statements: BTreeMap<EntryId, Statement<TripStatement>> = document
        .items()
        .into_iter()
        .filter_map(|(bytes, item)| match item {
            Item::Trip(statement) => Some((statement_id(document.id(), &bytes), statement)),
            _ => None,
        })
        .collect();
    TripView::of(&statements)
}

fn plan(title: &str, participants: &[u64]) -> TripPlan {
    TripPlan {
        title: title.into(),
        code: code("V"),
        nature: None,
        place: Some("York".into()),
        leader: person("m-lead"),
        supervisors: vec![person("m-lead"), person("b-trip")],
        sessions: Session::ALL
            .map(|session| TripSession {
                date: date(),
                session,
            })
            .into(),
        participants: participants.iter().map(|number| PupilNumber(*number)).collect(),
        tablets: vec![DeviceNumber(21)],
        groups: None,
    }
}

fn said(device: u32, body: TripStatement) -> Item {
    Item::Trip(statement(stamp(device, "m-lead"), body))
}

fn at(session: Session) -> TripSession {
    TripSession {
        date: date(),
        session,
    }
}

fn left(device: u32, session: Session) -> Item {
    said(
        device,
        TripStatement::LeftGroup(LeftGroup {
            pupil: PUPIL,
            with: "mother, Mrs N".into(),
            from: at(session),
        }),
    )
}

fn rejoined(device: u32, session: Session) -> Item {
    said(
        device,
        TripStatement::Rejoined(Rejoined {
            pupil: PUPIL,
            from: at(session),
        }),
    )
}

#[test]
fn a_later_plan_replaces_the_one_that_it_names() {
    let mut document = trip();
    say(
        &mut document,
        said(21, TripStatement::Plan(plan("Museum", &[1, 2]))),
    );
    let first = trip_view(&document).plans[0].0;
    let mut later = statement(
        stamp(21, "m-lead"),
        TripStatement::Plan(plan("Museum", &[1, 2, 3])),
    );
    later.supersedes = [first].into();
    say(&mut document, Item::Trip(later));
    let view = trip_view(&document);
    assert_eq!(view.plans.len(), 1);
    assert_eq!(view.plan().unwrap().participants.len(), 3);
    assert_eq!(view.tablets(), [DeviceNumber(21)].into());
}

#[test]
fn two_plans_made_apart_both_stand_and_every_device_shows_the_same_one() {
    let (mut a, mut b) = (trip(), trip());
    let from_a = say(&mut a, said(21, TripStatement::Plan(plan("Museum", &[1]))));
    let mut other = plan("Museum and lunch", &[2]);
    other.tablets = vec![DeviceNumber(22)];
    let from_b = say(&mut b, said(22, TripStatement::Plan(other)));
    exchange(&mut a, &mut b, &[from_a], &[from_b]);
    let (a, b) = (trip_view(&a), trip_view(&b));
    assert_eq!(a.plans, b.plans);
    assert_eq!(a.plans.len(), 2);
    assert_eq!(a.plan(), b.plan());
    assert_eq!(
        a.tablets().len(),
        2,
        "neither plan leaves a tablet without the trip"
    );
}

#[test]
fn head_counts_are_all_kept_and_correct_only_what_they_name() {
    let mut document = trip();
    let count = |found| {
        TripStatement::HeadCount(HeadCount {
            expected: 30,
            found,
            missing: vec![PUPIL],
            place: None,
            group: None,
        })
    };
    say(&mut document, said(21, count(29)));
    say(&mut document, said(21, count(30)));
    let (wrong, _) = trip_view(&document).observations[0].clone();
    let mut put_right = statement(stamp(21, "m-lead"), count(28));
    put_right.supersedes = [wrong].into();
    put_right.reason = Some("counted twice".into());
    say(&mut document, Item::Trip(put_right));
    let view = trip_view(&document);
    assert_eq!(view.observations.len(), 2);
    assert!(view.observations.iter().all(|(id, _)| *id != wrong));
    assert!(view.plans.is_empty(), "an observation is no plan");
}

#[test]
fn the_count_of_a_group_neither_clears_nor_accuses_anybody_of_another_one() {
    let (ola, sara, jay) = (PupilNumber(1), PupilNumber(2), PupilNumber(3));
    let group = |name: &str, pupils: &[PupilNumber]| TripGroup {
        name: name.into(),
        leader: person("m-lead"),
        pupils: pupils.to_vec(),
    };
    let mut document = trip();
    let divided = TripPlan {
        groups: Some(vec![group("Coach A", &[ola, sara]), group("Coach B", &[jay])]),
        ..plan("Museum", &[1, 2, 3])
    };
    say(&mut document, said(21, TripStatement::Plan(divided)));
    let mut at = stamp(21, "m-lead").recorded_at;
    let mut missing_after = |group: Option<&str>, missing: &[PupilNumber]| {
        let mut counted = statement(
            stamp(21, "m-lead"),
            TripStatement::HeadCount(HeadCount {
                expected: 3,
                found: 3,
                missing: missing.to_vec(),
                place: None,
                group: group.map(str::to_owned),
            }),
        );
        at += 60;
        counted.stamp.recorded_at = at;
        say(&mut document, Item::Trip(counted));
        trip_view(&document).missing_on(date())
    };
    assert_eq!(missing_after(None, &[ola]), [ola].into());
    assert_eq!(
        missing_after(Some("Coach B"), &[]),
        [ola].into(),
        "of another coach"
    );
    assert_eq!(missing_after(Some("Coach B"), &[jay]), [ola, jay].into());
    assert_eq!(
        missing_after(Some("Coach A"), &[]),
        [jay].into(),
        "found on their own"
    );
    assert_eq!(missing_after(None, &[]), [].into());
    assert_eq!(
        missing_after(Some("Coach C"), &[sara]),
        [sara].into(),
        "a group of no plan"
    );
}

#[test]
fn an_observation_cannot_replace_a_plan_nor_a_plan_an_observation() {
    let mut document = trip();
    say(&mut document, said(21, TripStatement::Plan(plan("Museum", &[1]))));
    say(&mut document, left(21, Session::Pm));
    let view = trip_view(&document);
    let (plan_id, observed_id) = (view.plans[0].0, view.observations[0].0);
    let Item::Trip(mut observation) = rejoined(21, Session::Am) else {
        unreachable!("it is said about a trip")
    };
    observation.supersedes = [plan_id].into();
    say(&mut document, Item::Trip(observation));
    let mut second = statement(stamp(21, "m-lead"), TripStatement::Plan(plan("Zoo", &[1])));
    second.supersedes = [observed_id].into();
    say(&mut document, Item::Trip(second));
    let view = trip_view(&document);
    assert_eq!(view.plans.len(), 2);
    assert_eq!(view.observations.len(), 2);
}

#[test]
fn who_left_the_group_is_away_from_that_session_on() {
    let mut document = trip();
    say(&mut document, left(21, Session::Pm));
    let view = trip_view(&document);
    assert!(view.away_in(at(Session::Am)).is_empty());
    assert_eq!(view.away_in(at(Session::Pm))[&PUPIL], "mother, Mrs N");
}

#[test]
fn who_came_back_later_is_with_the_group_again() {
    let mut document = trip();
    say(&mut document, left(21, Session::Am));
    say(&mut document, rejoined(21, Session::Pm));
    let view = trip_view(&document);
    assert!(view.away_in(at(Session::Am)).contains_key(&PUPIL));
    assert!(view.away_in(at(Session::Pm)).is_empty());
}

#[test]
fn of_left_and_rejoined_for_one_session_left_stands_whatever_the_clocks_say() {
    for clocks in [(1, 2), (2, 1)] {
        let mut document = trip();
        for (item, clock) in [
            (left(21, Session::Am), clocks.0),
            (rejoined(21, Session::Am), clocks.1),
        ] {
            let Item::Trip(mut statement) = item else {
                unreachable!("it is said about a trip")
            };
            statement.stamp.recorded_at = clock;
            say(&mut document, Item::Trip(statement));
        }
        assert!(trip_view(&document).away_in(at(Session::Pm)).contains_key(&PUPIL));
    }
}

// Visits.

fn visit_view(document: &Document) -> VisitView {
    let statements: BTreeMap<EntryId, Statement<VisitStatement>> = document
        .items()
        .into_iter()
        .filter_map(|(bytes, item)| match item {
            Item::Visit(statement) => Some((statement_id(document.id(), &bytes), statement)),
            _ => None,
        })
        .collect();
    VisitView::of(&statements)
}

fn told(device: u32, body: VisitStatement) -> Item {
    Item::Visit(statement(stamp(device, "a-team"), body))
}

fn opened(visitors: &[&str], alone: Option<Alone>) -> Opened {
    Opened {
        pupil: PUPIL,
        trigger: "3 days of unauthorised absence".into(),
        visitors: visitors.iter().map(|id| person(id)).collect(),
        alone,
        back_by: None,
    }
}

#[test]
fn a_visit_is_awaited_until_one_of_the_pair_says_that_they_are_back() {
    let mut document = visit();
    let by = Opened {
        back_by: Some(1_772_503_600),
        ..opened(&["a-team", "b-team"], None)
    };
    say(&mut document, told(22, VisitStatement::Opened(by)));
    assert_eq!(visit_view(&document).back_due(), Some(1_772_503_600));
    say(&mut document, told(22, VisitStatement::BackSafe(BackSafe {})));
    assert_eq!(visit_view(&document).back_due(), None);
}

fn outcome(device: u32, grade: Grade) -> Item {
    told(
        device,
        VisitStatement::Outcome(Outcome {
            grade,
            answered: None,
            child_words: None,
        }),
    )
}

fn type_text(document: &mut Document, device: u32, slot: usize, part: AccountPart, text: &str) -> Vec<u8> {
    let change = document.write_account(actor(device), slot, part, text);
    change.unwrap().unwrap().bytes
}

#[test]
fn one_person_on_two_devices_loses_no_character() {
    let (mut a, mut b) = (visit(), visit());
    let start = type_text(&mut a, 21, 0, AccountPart::Facts, "Knocked. Nobody came.");
    exchange(&mut a, &mut b, &[start], &[]);
    let from_a = type_text(&mut a, 21, 0, AccountPart::Facts, "Knocked twice. Nobody came.");
    let from_b = type_text(
        &mut b,
        22,
        0,
        AccountPart::Facts,
        "Knocked. Nobody came. Curtains moved.",
    );
    exchange(&mut a, &mut b, &[from_a], &[from_b]);
    for document in [&a, &b] {
        let text = document.account(0, AccountPart::Facts).unwrap();
        assert_eq!(text, "Knocked twice. Nobody came. Curtains moved.");
    }
}

#[test]
fn two_texts_written_apart_in_one_place_are_both_there_unmixed() {
    let (mut a, mut b) = (visit(), visit());
    let from_a = type_text(&mut a, 21, 0, AccountPart::Facts, "Dog barking. ");
    let from_b = type_text(&mut b, 22, 0, AccountPart::Facts, "Car outside. ");
    exchange(&mut a, &mut b, &[from_a], &[from_b]);
    let text = a.account(0, AccountPart::Facts).unwrap();
    assert_eq!(text, b.account(0, AccountPart::Facts).unwrap());
    assert!(
        text.contains("Dog barking.") && text.contains("Car outside."),
        "{text}"
    );
}

#[test]
fn a_character_deleted_on_one_device_and_on_both_is_gone_once() {
    let (mut a, mut b) = (visit(), visit());
    let start = type_text(&mut a, 21, 0, AccountPart::Facts, "No no answer");
    exchange(&mut a, &mut b, &[start], &[]);
    let from_a = type_text(&mut a, 21, 0, AccountPart::Facts, "No answer");
    let from_b = type_text(&mut b, 22, 0, AccountPart::Facts, "No answer at all");
    exchange(&mut a, &mut b, &[from_a], &[from_b]);
    assert_eq!(a.account(0, AccountPart::Facts).unwrap(), "No answer at all");
}

#[test]
fn accounts_of_two_people_and_facts_and_opinion_never_mix() {
    let (mut a, mut b) = (visit(), visit());
    let from_a = [
        type_text(&mut a, 21, 0, AccountPart::Facts, "Lights on."),
        type_text(&mut a, 21, 0, AccountPart::Opinion, "Somebody was in."),
    ];
    let from_b = [
        type_text(&mut b, 22, 1, AccountPart::Facts, "Lights off."),
        type_text(&mut b, 22, 1, AccountPart::Opinion, "Nobody was in."),
    ];
    exchange(&mut a, &mut b, &from_a, &from_b);
    let read = |slot, part| a.account(slot, part).unwrap();
    assert_eq!(read(0, AccountPart::Facts), "Lights on.");
    assert_eq!(read(0, AccountPart::Opinion), "Somebody was in.");
    assert_eq!(read(1, AccountPart::Facts), "Lights off.");
    assert_eq!(read(1, AccountPart::Opinion), "Nobody was in.");
    assert_eq!(read(2, AccountPart::Facts), "");
}

#[test]
fn an_account_takes_any_letters_and_says_when_it_is_too_long() {
    let mut document = visit();
    let family = "Zoë said «nie» — 家 👨\u{200d}👩\u{200d}👧 e\u{301}\nnew line";
    type_text(&mut document, 21, 0, AccountPart::Facts, family);
    assert_eq!(document.account(0, AccountPart::Facts).unwrap(), family);
    let unchanged = document.write_account(actor(21), 0, AccountPart::Facts, family);
    assert_eq!(unchanged.unwrap(), None);
    let too_long = "x".repeat(ACCOUNT_CHARS_MAX + 1);
    let refused = document.write_account(actor(21), 0, AccountPart::Facts, &too_long);
    assert!(matches!(refused, Err(DocumentError::AccountTooLong { .. })));
    let nobody = document.write_account(actor(21), 4, AccountPart::Facts, "x");
    assert!(matches!(nobody, Err(DocumentError::NoAccount { .. })));
    assert!(matches!(
        trip().account(0, AccountPart::Facts),
        Err(DocumentError::NoAccount { .. })
    ));
}

#[test]
fn an_account_of_full_length_is_taken_and_can_be_written_over() {
    let (mut a, mut b) = (visit(), visit());
    for letter in ["x", "家", "👨"] {
        let text = letter.repeat(ACCOUNT_CHARS_MAX);
        let change = type_text(&mut a, 21, 0, AccountPart::Facts, &text);
        exchange(&mut a, &mut b, &[change], &[]);
        assert_eq!(b.account(0, AccountPart::Facts).unwrap(), text);
    }
}

#[test]
fn outcomes_recorded_apart_are_both_kept_and_named() {
    let (mut a, mut b) = (visit(), visit());
    let start = say(
        &mut a,
        told(21, VisitStatement::Opened(opened(&["ann", "bob"], None))),
    );
    exchange(&mut a, &mut b, &[start], &[]);
    let from_a = say(&mut a, outcome(21, Grade::Seen));
    let from_b = say(&mut b, outcome(22, Grade::SpokenTo));
    exchange(&mut a, &mut b, &[from_a], &[from_b]);
    let view = visit_view(&a);
    assert_eq!(view.outcomes.len(), 2);
    assert_eq!(view.irregular, [VisitIrregularity::OutcomesDiffer { count: 2 }]);
    assert!(!view.closes(), "a case does not rest while outcomes differ");

    let mut decided = statement(
        stamp(21, "s-lead"),
        VisitStatement::Outcome(Outcome {
            grade: Grade::SpokenTo,
            answered: None,
            child_words: None,
        }),
    );
    decided.supersedes = view.outcomes.iter().map(|(id, _)| *id).collect();
    decided.reason = Some("both spoke to the child".into());
    say(&mut a, Item::Visit(decided));
    let view = visit_view(&a);
    assert_eq!(view.outcomes.len(), 1);
    assert!(view.irregular.is_empty() && view.closes());
}

#[test]
fn only_a_child_who_was_spoken_to_lets_a_case_rest() {
    for grade in Grade::ALL {
        let mut document = visit();
        say(&mut document, outcome(21, grade));
        assert_eq!(
            visit_view(&document).closes(),
            grade == Grade::SpokenTo,
            "{grade}"
        );
    }
    assert!(!visit_view(&visit()).closes());
}

#[test]
fn one_visitor_is_out_of_order_unless_the_head_allowed_it() {
    let irregular = |opened: Opened| {
        let mut document = visit();
        say(&mut document, told(21, VisitStatement::Opened(opened)));
        visit_view(&document).irregular
    };
    let alone = Alone {
        authorised_by: person("h-head"),
        reason: "colleague ill".into(),
    };
    assert_eq!(
        irregular(opened(&["ann"], None)),
        [VisitIrregularity::OneVisitor {
            visitor: person("ann").id
        }]
    );
    assert_eq!(irregular(opened(&["ann"], Some(alone.clone()))), []);
    assert_eq!(irregular(opened(&["ann", "bob"], None)), []);
    for (visitors, different) in [
        (&["ann", "ann"][..], 1),
        (&[][..], 0),
        (&["a", "b", "c", "d", "e"][..], 5),
    ] {
        let count = visitors.len();
        assert_eq!(
            irregular(opened(visitors, None)),
            [VisitIrregularity::Visitors { count, different }]
        );
    }
}

#[test]
fn a_visit_that_nobody_opened_or_two_opened_apart_says_so() {
    let (mut a, mut b) = (visit(), visit());
    assert!(visit_view(&a).irregular.is_empty(), "nothing was said yet");
    let from_a = say(&mut a, outcome(21, Grade::NoAnswer));
    assert_eq!(visit_view(&a).irregular, [VisitIrregularity::NotOpened]);
    let from_b = [
        say(
            &mut b,
            told(22, VisitStatement::Opened(opened(&["ann", "bob"], None))),
        ),
        say(
            &mut b,
            told(22, VisitStatement::Opened(opened(&["bob", "cem"], None))),
        ),
    ];
    exchange(&mut a, &mut b, &[from_a], &from_b);
    assert_eq!(
        visit_view(&a).irregular,
        [VisitIrregularity::OpenedTwice { count: 2 }]
    );
    assert_eq!(
        visit_view(&a).account_of(&person("bob").id),
        visit_view(&b).account_of(&person("bob").id)
    );
}

#[test]
fn card_and_next_step_are_kept_with_their_deadlines() {
    let mut document = visit();
    let due = date().start_unix_seconds() + 86_400;
    say(
        &mut document,
        told(21, VisitStatement::Opened(opened(&["ann", "bob"], None))),
    );
    say(
        &mut document,
        told(21, VisitStatement::CardLeft(CardLeft { reply_by: Some(due) })),
    );
    let next = NextStep {
        what: "Call the social worker".into(),
        due,
    };
    say(&mut document, told(21, VisitStatement::NextStep(next.clone())));
    let view = visit_view(&document);
    assert_eq!(view.events.len(), 2);
    assert!(
        view.events
            .iter()
            .any(|(_, said)| said.body == VisitStatement::NextStep(next.clone()))
    );
    assert_eq!(view.account_of(&person("bob").id), Some(1));
    assert_eq!(view.account_of(&person("nobody").id), None);
}

#[test]
fn a_visitor_who_joins_later_or_is_named_in_another_order_keeps_nobody_elses_account() {
    use daymark_core::ids::EntryId;
    use daymark_core::item::{Stamp, Statement};
    use daymark_core::visit::{Opened, VisitStatement, VisitView};
    use std::collections::{BTreeMap, BTreeSet};

    let person =
        |id: &str| daymark_core::entry::Person::new(id.parse().unwrap(), "A Person", "Officer").unwrap();
    let opened = |visitors: &[&str], supersedes: &[u8]| Statement {
        stamp: Stamp {
            school: daymark_core::ids::SchoolId(123_456),
            device: daymark_core::ids::DeviceNumber(1),
            person: person("k-osman"),
            recorded_at: 0,
            clock: None,
        },
        supersedes: supersedes
            .iter()
            .map(|byte| EntryId([*byte; 32]))
            .collect::<BTreeSet<_>>(),
        reason: None,
        body: VisitStatement::Opened(Opened {
            pupil: daymark_core::ids::PupilNumber(1),
            trigger: "3 days".into(),
            visitors: visitors.iter().map(|id| person(id)).collect(),
            alone: None,
            back_by: None,
        }),
    };
    // The later opening has the smaller id, and names the visitors the other way round with one more.
    let statements = BTreeMap::from([
        (EntryId([9; 32]), opened(&["k-osman", "p-fenn"], &[])),
        (EntryId([1; 32]), opened(&["s-vance", "p-fenn", "k-osman"], &[9])),
    ]);
    let view = VisitView::of(&statements);
    assert_eq!(view.account_of(&"k-osman".parse().unwrap()), Some(0));
    assert_eq!(view.account_of(&"p-fenn".parse().unwrap()), Some(1));
    assert_eq!(view.account_of(&"s-vance".parse().unwrap()), Some(2));
}
