use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::code;
use crate::entry::{ClockCheck, Duty, Particulars, Person, TimeOfDay};
use crate::ids::{DeviceNumber, EntryId, PupilNumber, SchoolId, TripId};
use crate::item::Item;
use crate::session::{Cell, Date, Session};

fn person() -> Person {
    Person::new("a-shah".parse().expect("an id"), "Mrs A Shah", "Teacher").expect("a person")
}

prop_compose! {
    fn any_entry()(
        pupil in 1_u64..,
        pm: bool,
        code in prop::sample::select(vec![None, Some("/"), Some("V"), Some("P"), Some("Y7"), Some("~~")]),
        at in -100_000_i64..200_000,
        visit in prop::option::of((any::<bool>(), any::<bool>(), any::<bool>())),
        notes in (prop::option::of("[a-z]{1,9}"), prop::option::of("[a-z]{1,9}"), prop::option::of("[a-z]{1,9}")),
        arrived in prop::option::of(0_u32..86_400),
        supersedes in prop::collection::btree_set(any::<[u8; 32]>(), 0..3),
        sign_off: Option<[u8; 32]>,
        on_trip: bool,
    ) -> Entry {
        let date = Date::from_days(9_500);
        let trip = TripId(uuid::Uuid::from_u128(7));
        Entry {
            school: SchoolId(123_456),
            cell: Cell { date, session: if pm { Session::Pm } else { Session::Am }, pupil: PupilNumber(pupil) },
            code: code.map(Code::literal),
            particulars: Particulars {
                nature: notes.0,
                visit: visit.map(|(listed, own_trip, own_person)| VisitRef {
                    trip: if own_trip { trip } else { TripId(uuid::Uuid::from_u128(8)) },
                    listed,
                    supervisor: if own_person { person() } else { Person { name: "Mr B".into(), ..person() } },
                }),
                arrived_at: arrived.and_then(TimeOfDay::from_seconds),
                comment: notes.1,
            },
            duty: if on_trip { Duty::Trip(trip) } else { Duty::Gate },
            person: person(),
            device: DeviceNumber(3),
            recorded_at: date.start_unix_seconds() + at,
            clock: None,
            supersedes: supersedes.into_iter().map(EntryId).collect(),
            reason: notes.2,
            sign_off: sign_off.map(EntryId),
        }
    }
}

proptest! {
    #[test]
    fn entries_survive_their_slips_and_keep_their_ids(entries in prop::collection::vec(any_entry(), 1..40)) {
        let mut back = Vec::new();
        for group in groups(&entries) {
            let bytes = encode(&group);
            prop_assert!(bytes.len() < ITEM_BYTES_MAX);
            back.extend(decode(&bytes).expect("its own bytes"));
        }
        prop_assert_eq!(&back, &entries);
        let ids = |list: &[Entry]| list.iter().map(Entry::id).collect::<Vec<_>>();
        prop_assert_eq!(ids(&back), ids(&entries));
    }

    #[test]
    fn a_slip_says_of_which_pupils_it_is_as_it_does_when_it_is_read(
        entries in prop::collection::vec(any_entry(), 1..20),
        one in any::<prop::sample::Index>(),
        other in 1_u64..,
    ) {
        let theirs = entries[one.index(entries.len())].cell.pupil;
        for group in groups(&entries) {
            let bytes = encode(&group);
            for pupil in [theirs, PupilNumber(other)] {
                let has = group.iter().any(|entry| entry.cell.pupil == pupil);
                prop_assert_eq!(has_pupil(&bytes, |found| found == pupil), Ok(has));
            }
        }
    }

    #[test]
    fn a_slip_that_can_be_read_can_be_searched(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let found = has_pupil(&bytes, |_| false);
        prop_assert!(decode(&bytes).is_err() || found == Ok(false));
    }

    #[test]
    fn a_changed_byte_is_another_slip_or_none(entry in any_entry(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let mut bytes = encode(std::slice::from_ref(&entry));
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = decode(&bytes) {
            prop_assert_ne!(other, vec![entry]);
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(entries) = decode(&bytes) {
            prop_assert_eq!(encode(&entries), bytes.clone());
        }
        let _ = Item::decode(&bytes);
    }
}

#[test]
fn no_code_of_the_table_uses_the_numbers_that_slips_reserve() {
    for row in code::rows() {
        assert!(row.number < CODE_NONE, "{}", row.symbol);
    }
}

#[test]
fn marks_of_more_visits_than_a_slip_may_name_take_several_slips() {
    let date = Date::from_days(9_500);
    let entries: Vec<Entry> = (1..=40_u128)
        .map(|number| Entry {
            school: SchoolId(123_456),
            cell: Cell {
                date,
                session: Session::Am,
                pupil: PupilNumber(7),
            },
            code: Some(Code::VISIT),
            particulars: Particulars {
                visit: Some(VisitRef {
                    trip: TripId(uuid::Uuid::from_u128(number)),
                    listed: true,
                    supervisor: person(),
                }),
                ..Particulars::default()
            },
            duty: Duty::Office,
            person: person(),
            device: DeviceNumber(3),
            recorded_at: date.start_unix_seconds(),
            clock: None,
            supersedes: BTreeSet::new(),
            reason: None,
            sign_off: None,
        })
        .collect();
    let mut found = Vec::new();
    for slip in groups(&entries) {
        found.extend(decode(&encode(&slip)).expect("a slip that can be read"));
    }
    assert_eq!(found, entries);
}

#[test]
fn thirty_marks_of_a_trip_take_about_six_bytes_each_people_and_trip_included() {
    let date = Date::from_days(9_500);
    let trip = TripId(uuid::Uuid::from_u128(7));
    let mark = |number: u64| Entry {
        school: SchoolId(123_456),
        cell: Cell {
            date,
            session: Session::Am,
            pupil: PupilNumber(1000 + number),
        },
        code: Some(Code::VISIT),
        particulars: Particulars {
            visit: Some(VisitRef {
                trip,
                listed: true,
                supervisor: person(),
            }),
            ..Particulars::default()
        },
        duty: Duty::Trip(trip),
        person: person(),
        device: DeviceNumber(3),
        recorded_at: date.start_unix_seconds() + 31_000 + number.cast_signed() * 2,
        clock: Some(ClockCheck {
            offset_ms: -2_100,
            doubt_ms: 300,
        }),
        supersedes: BTreeSet::new(),
        reason: None,
        sign_off: None,
    };
    let marks: Vec<Entry> = (0..30).map(mark).collect();
    assert!(encode(&marks).len() <= 190, "{}", encode(&marks).len());
}
