//! Sign-off, and what comes after it.

use daymark_core::entry::{Duty, Entry, Particulars};
use daymark_core::fold::{Dispute, ProposalKind, Rule, Rules, Standing};
use daymark_core::ids::{EntryId, PupilNumber};
use daymark_core::record::{self, RecordError};
use daymark_core::session::Session;

use super::expected::{disputed, recorded, settled};
use crate::common::*;

#[test]
fn a_late_entry_after_sign_off_is_a_proposal_and_the_register_does_not_move() {
    let absent = entry(&class(), "N");
    let late = entry(&on_trip(1), "V");
    let signed = sign_off_of(1, &[&absent]);
    let fold = signed_day(&[&absent, &late], &[&signed])
        .cell(&am())
        .unwrap()
        .clone();
    assert!(fold.signed_off);
    assert_eq!(fold.standing, recorded("N"));
    assert_eq!(fold.candidates, ids(&[&absent]));
    assert_eq!(fold.proposals.len(), 1);
    assert_eq!(fold.proposals[0].entry, late.id());
    assert_eq!(fold.proposals[0].kind, ProposalKind::Differs);
}

#[test]
fn no_clock_makes_a_late_entry_early() {
    let signed = sign_off_of(1, &[]);
    let mut late = entry(&class(), "/");
    late.recorded_at = date().start_unix_seconds();
    let fold = signed_day(&[&late], &[&signed]).cell(&am()).unwrap().clone();
    assert_eq!(fold.standing, Standing::Blank);
    assert_eq!(fold.proposals.len(), 1);
}

#[test]
fn a_proposal_that_says_the_same_confirms() {
    let (absent, late) = (entry(&class(), "N"), entry(&Duty::Gate, "L"));
    let signed = sign_off_of(1, &[&absent, &late]);
    let again = entry(&Duty::Gate, "L").by("second");
    let other = entry(&Duty::Gate, "U").by("second");
    let kind = |entry: &Entry| {
        let day = signed_day(&[&absent, &late, entry], &[&signed]);
        let fold = day.cell(&am()).unwrap();
        assert_eq!(fold.standing, settled("L", Rule::R1));
        fold.proposals[0].kind
    };
    assert_eq!(kind(&again), ProposalKind::Confirms);
    assert_eq!(kind(&other), ProposalKind::Differs);
}

#[test]
fn a_proposal_that_would_replace_a_mark_differs_even_with_the_same_code() {
    let late = entry(&Duty::Gate, "L");
    let signed = sign_off_of(1, &[&late]);
    let mut corrected = entry(&Duty::Gate, "L").instead_of(&[&late]);
    corrected.particulars.arrived_at = Some(time("09:25"));
    let day = signed_day(&[&late, &corrected], &[&signed]);
    assert_eq!(day.cell(&am()).unwrap().proposals[0].kind, ProposalKind::Differs);
}

#[test]
fn a_proposal_about_a_disputed_mark_never_confirms() {
    let (here, there) = (entry(&class(), "/"), entry(&on_trip(1), "V"));
    let signed = sign_off_of(1, &[&here, &there]);
    let mut back = entry(&class(), "/").instead_of(&[&here]);
    back.code = None;
    for proposal in [back, entry(&class(), "/").by("second")] {
        let day = signed_day(&[&here, &there, &proposal], &[&signed]);
        let fold = day.cell(&am()).unwrap();
        assert_eq!(fold.standing, disputed(Dispute::TwoPlaces));
        assert_eq!(fold.proposals[0].kind, ProposalKind::Differs);
    }
}

#[test]
fn a_replaced_proposal_gives_way_to_the_one_that_replaces_it() {
    let signed = sign_off_of(1, &[]);
    let first = entry(&class(), "N");
    let second = entry(&class(), "/").instead_of(&[&first]);
    let day = signed_day(&[&first, &second], &[&signed]);
    let waiting: Vec<EntryId> = day
        .cell(&am())
        .unwrap()
        .proposals
        .iter()
        .map(|p| p.entry)
        .collect();
    assert_eq!(waiting, [second.id()]);
}

#[test]
fn an_office_entry_that_names_the_sign_off_moves_the_register() {
    let absent = entry(&class(), "N");
    let signed = sign_off_of(1, &[&absent]);
    let knowing = entry(&Duty::Office, "I").instead_of(&[&absent]).knowing(&signed);
    let day = signed_day(&[&absent, &knowing], &[&signed]);
    assert_eq!(day.cell(&am()).unwrap().standing, recorded("I"));
    assert!(day.amendments()[0].in_force);
}

#[test]
fn an_office_entry_made_without_sight_of_the_sign_off_does_not_move_it() {
    let absent = entry(&class(), "N");
    let signed = sign_off_of(1, &[&absent]);
    let blind = entry(&Duty::Office, "I").instead_of(&[&absent]);
    let day = signed_day(&[&absent, &blind], &[&signed]);
    let fold = day.cell(&am()).unwrap();
    assert_eq!(fold.standing, recorded("N"));
    assert_eq!(fold.proposals.len(), 1);
    assert!(!day.amendments()[0].in_force);
}

#[test]
fn the_office_accepts_a_proposal() {
    let absent = entry(&class(), "N");
    let late = entry(&on_trip(1), "V");
    let signed = sign_off_of(1, &[&absent]);
    let day = signed_day(&[&absent, &late], &[&signed]);
    let accept = mark(&on_trip(1), "V", Some("tablet synced at 19:00"));
    let accepted = record::decide(&day, &author(&Duty::Office), Session::Am, PUPIL, &accept).unwrap();
    assert_eq!(accepted.supersedes, ids(&[&absent, &late]));
    let day = signed_day(&[&absent, &late, &accepted], &[&signed]);
    let fold = day.cell(&am()).unwrap();
    assert_eq!(fold.standing, recorded("V"));
    assert!(fold.proposals.is_empty());
}

#[test]
fn the_office_accepts_the_only_mark_of_a_child_as_it_is() {
    let late = entry(&on_trip(1), "V");
    let signed = sign_off_of(1, &[]);
    let day = signed_day(&[&late], &[&signed]);
    let accept = record::Mark {
        particulars: Particulars::default(),
        ..mark(&on_trip(1), "V", Some("tablet synced at 19:00"))
    };
    let accepted = record::decide(&day, &author(&Duty::Office), Session::Am, PUPIL, &accept).unwrap();
    assert_eq!(accepted.particulars, late.particulars);
    let day = signed_day(&[&late, &accepted], &[&signed]);
    assert_eq!(day.cell(&am()).unwrap().standing, recorded("V"));
    assert!(day.cell(&am()).unwrap().proposals.is_empty());
}

#[test]
fn the_office_declines_a_proposal_and_the_standing_mark_stays() {
    let absent = entry(&class(), "N");
    let late = entry(&on_trip(1), "V");
    let signed = sign_off_of(1, &[&absent]);
    let day = signed_day(&[&absent, &late], &[&signed]);
    let decline = mark(&Duty::Office, "N", Some("the leader marked the wrong child"));
    let declined = record::decide(&day, &author(&Duty::Office), Session::Am, PUPIL, &decline).unwrap();
    let day = signed_day(&[&absent, &late, &declined], &[&signed]);
    let fold = day.cell(&am()).unwrap();
    assert_eq!(fold.standing, recorded("N"));
    assert!(fold.proposals.is_empty());
}

#[test]
fn two_sign_offs_made_apart_cover_what_either_saw() {
    let (a, b) = (entry(&class(), "N"), entry(&Duty::Gate, "L"));
    let (first, second) = (sign_off_of(1, &[&a]), sign_off_of(2, &[&b]));
    let day = signed_day(&[&a, &b], &[&first, &second]);
    assert_eq!(day.cell(&am()).unwrap().standing, settled("L", Rule::R1));
    assert!(day.cell(&am()).unwrap().proposals.is_empty());
    for known in [&first, &second] {
        let office = entry(&Duty::Office, "/").instead_of(&[&a, &b]).knowing(known);
        let day = signed_day(&[&a, &b, &office], &[&first, &second]);
        assert_eq!(day.cell(&am()).unwrap().standing, recorded("/"));
    }
}

#[test]
fn a_sign_off_says_nothing_about_the_other_session() {
    let afternoon = entry(&class(), "\\").at(cell_of(Session::Pm, PUPIL));
    let signed = sign_off_of(1, &[]);
    let day = signed_day(&[&afternoon], &[&signed]);
    let fold = day.cell(&afternoon.cell).unwrap();
    assert!(!fold.signed_off);
    assert_eq!(fold.standing, recorded("\\"));
}

#[test]
fn a_sign_off_names_what_is_disputed_and_what_is_missing() {
    let (here, there) = (entry(&class(), "/"), entry(&on_trip(1), "V"));
    let (mut in_class, mut in_trip) = (sheet(&class()), sheet(&on_trip(1)));
    write(&mut in_class, std::slice::from_ref(&here));
    write(&mut in_trip, std::slice::from_ref(&there));
    let day = daymark_core::day::fold(date(), Rules::default(), [&in_class, &in_trip]);
    let expected = [PUPIL, PupilNumber(2000)].into();
    let statement = record::sign_off(
        &day,
        &author(&Duty::Office),
        Session::Am,
        [&in_class, &in_trip],
        &expected,
    )
    .unwrap();
    assert_eq!(statement.body.disputed, [PUPIL]);
    assert_eq!(statement.body.unmarked, [PupilNumber(2000)]);
    assert_eq!(statement.body.saw.len(), 2);

    let mut office = sheet(&Duty::Office);
    office
        .append(actor(14), &[daymark_core::item::Item::SignOff(statement)])
        .unwrap();
    let late = Entry {
        device: here.device,
        ..entry(&class(), "N").by("second")
    };
    write(&mut in_class, std::slice::from_ref(&late));
    let day = daymark_core::day::fold(date(), Rules::default(), [&in_class, &in_trip, &office]);
    let fold = day.cell(&am()).unwrap();
    assert_eq!(fold.candidates, ids(&[&here, &there]));
    assert_eq!(fold.proposals[0].entry, late.id());
    let by_class = record::sign_off(&day, &author(&class()), Session::Am, [&in_class], &expected);
    assert!(matches!(by_class, Err(RecordError::NotTheOffice { .. })));
}

#[test]
fn a_second_sign_off_takes_in_nothing_that_arrived_in_between() {
    use daymark_core::document::Document;
    use daymark_core::document_id::DocumentId;
    use daymark_core::ids::{ActorId, DeviceNumber};
    use daymark_core::item::Item;
    use daymark_core::record::{self, Author, Mark};
    use std::collections::BTreeSet;

    let (school, date) = (
        daymark_core::ids::SchoolId(123_456),
        daymark_core::session::Date::from_days(9_500),
    );
    let person =
        |id: &str| daymark_core::entry::Person::new(id.parse().unwrap(), "A Person", "Teacher").unwrap();
    let author = |duty: Duty, device: u32| Author {
        school,
        duty,
        person: person("a-person"),
        device: DeviceNumber(device),
        now: date.start_unix_seconds() + 33_000,
        clock: None,
        role: daymark_core::roster::Role::Office,
        policy: std::sync::Arc::default(),
    };
    let actor = |device: u32| ActorId {
        device: DeviceNumber(device),
        incarnation: [7; 8],
    };
    let class = Duty::Class("4B".parse().unwrap());
    let mut sheets = [
        Document::new(school, DocumentId::Sheet(date, class.clone())),
        Document::new(school, DocumentId::Sheet(date, Duty::Office)),
    ];
    let fold = |sheets: &[Document; 2]| daymark_core::day::fold(date, Rules::default(), sheets);
    let sign = |sheets: &mut [Document; 2]| {
        let day = fold(sheets);
        let statement = record::sign_off(
            &day,
            &author(Duty::Office, 2),
            Session::Am,
            sheets.iter(),
            &BTreeSet::new(),
        )
        .unwrap();
        sheets[1].append(actor(2), &[Item::SignOff(statement)]).unwrap();
    };
    sign(&mut sheets);
    let mark = Mark {
        code: daymark_core::code::Code::PRESENT_AM,
        particulars: Particulars::default(),
        reason: None,
    };
    let day = fold(&sheets);
    let late = record::mark(
        &day,
        &author(class, 1),
        Session::Am,
        daymark_core::ids::PupilNumber(1),
        &mark,
    )
    .unwrap();
    let cell = late.cell;
    sheets[0].append(actor(1), &[Item::Slip(vec![late])]).unwrap();
    assert_eq!(fold(&sheets).cell(&cell).unwrap().proposals.len(), 1);
    sign(&mut sheets);
    let day = fold(&sheets);
    assert_eq!(day.sign_offs(Session::Am).count(), 2);
    let folded = day.cell(&cell).unwrap();
    assert_eq!(
        folded.proposals.len(),
        1,
        "it still waits for a decision with a reason"
    );
    assert_eq!(folded.standing, Standing::Blank);
}
