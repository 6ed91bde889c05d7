//! Journals whose bytes were changed: each is refused, or nothing is lost.

use daymark_journal::{Damage, JournalError, MarkState, verify_in};

use crate::disk::Disk;
use crate::story::{JOURNAL, Story, assert_refused, open, open_and_collect, records};

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn any_flipped_bit_of_a_marked_journal_is_refused() {
    let story = Story::tell();
    for bit in 0..story.journal.len() * 8 {
        let disk = Story::disk(&flipped(&story.journal, bit), Some(&story.mark));
        let refused = assert_refused(&disk, &format!("bit {bit}"));
        let whole = story.whole_records(bit / 8) as u64;
        if let JournalError::Damaged { record, offset, .. } = refused
            && bit / 8 >= 16
        {
            assert_eq!(record, whole, "bit {bit}: the wrong record is blamed");
            assert_eq!(
                offset,
                story.positions[usize::try_from(whole).unwrap()].offset,
                "bit {bit}"
            );
        }
        assert!(verify_in(&disk, "changes").is_err(), "bit {bit}");
    }
}

#[test]
fn any_flipped_bit_of_a_journal_without_a_mark_is_refused() {
    let story = Story::tell();
    for bit in 0..story.journal.len() * 8 {
        assert_refused(
            &Story::disk(&flipped(&story.journal, bit), None),
            &format!("bit {bit}"),
        );
    }
}

#[test]
fn any_flipped_bit_beyond_the_mark_is_set_aside_and_reported() {
    let story = Story::tell();
    for bit in story.offset(3) * 8..story.journal.len() * 8 {
        let journal = flipped(&story.journal, bit);
        let disk = Story::disk(&journal, Some(&story.early_mark));
        let (found, opening) = open_and_collect(&disk).unwrap();
        let whole = story.whole_records(bit / 8);
        assert_eq!(found, records()[..whole], "bit {bit}");
        assert_eq!(
            opening.torn.unwrap().offset,
            story.positions[whole].offset,
            "bit {bit}"
        );
        let kept = disk
            .get(&format!("changes.torn-{}", story.offset(whole)))
            .unwrap();
        assert_eq!(kept, journal[story.offset(whole)..], "bit {bit}");
    }
}

#[test]
fn any_flipped_bit_of_the_mark_loses_no_record() {
    let story = Story::tell();
    for bit in 0..story.mark.len() * 8 {
        let disk = Story::disk(&story.journal, Some(&flipped(&story.mark, bit)));
        let (found, opening) = open_and_collect(&disk).unwrap();
        assert_eq!(found, records(), "bit {bit}");
        assert_eq!(opening.torn, None, "bit {bit}");
        let is_in_a_slot = !(72..4096).contains(&(bit / 8));
        assert_eq!(opening.mark == MarkState::OneSlot, is_in_a_slot, "bit {bit}");
    }
}

#[test]
fn mark_torn_at_any_byte_still_names_the_one_before() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk).unwrap();
    for number in 0..6_u8 {
        let before = disk.get(crate::story::MARK).unwrap();
        let length_before = journal.end().offset;
        journal.append(&[[number; 9]]).unwrap();
        let after = disk.get(crate::story::MARK).unwrap();
        for torn in 0..after.len() {
            let mark = [&after[..torn], &before[torn..]].concat();
            let short = disk.get(JOURNAL).unwrap()[..usize::try_from(length_before).unwrap() - 1].to_vec();
            let refused = assert_refused(&Story::disk(&short, Some(&mark)), "one byte below both marks");
            assert!(matches!(refused, JournalError::Behind { .. }), "torn at {torn}");
        }
    }
}

#[test]
fn any_zeroed_range_of_a_marked_journal_is_refused() {
    let story = Story::tell();
    for from in 0..story.journal.len() {
        for bytes in [1, 2, 4, 16, 20, 44, 64, 128, 512] {
            let mut journal = story.journal.clone();
            let to = (from + bytes).min(journal.len());
            journal[from..to].fill(0);
            if journal != story.journal {
                let disk = Story::disk(&journal, Some(&story.mark));
                assert_refused(&disk, &format!("zeros from {from} to {to}"));
            }
        }
    }
}

#[test]
fn any_zeroed_range_before_the_end_of_an_unmarked_journal_is_refused() {
    let story = Story::tell();
    for from in 0..story.journal.len() - 1 {
        for bytes in [1, 4, 20, 44] {
            let mut journal = story.journal.clone();
            let to = (from + bytes).min(journal.len() - 1);
            journal[from..to].fill(0);
            if journal != story.journal {
                assert_refused(
                    &Story::disk(&journal, None),
                    &format!("zeros from {from} to {to}"),
                );
            }
        }
    }
}

#[test]
fn record_removed_repeated_or_swapped_is_noticed_with_and_without_a_mark() {
    let story = Story::tell();
    let part = |record: usize| &story.journal[story.offset(record)..story.offset(record + 1)];
    let head = &story.journal[..16];
    let with = |order: &[usize]| {
        let mut bytes = head.to_vec();
        for record in order {
            bytes.extend_from_slice(part(*record));
        }
        bytes
    };
    assert_eq!(with(&[0, 1, 2, 3, 4, 5, 6]), story.journal);
    let orders: [(&str, &[usize]); 6] = [
        ("swapped, of one length", &[4, 1, 2, 3, 0, 5, 6]),
        ("swapped neighbours", &[0, 2, 1, 3, 4, 5, 6]),
        ("removed", &[0, 1, 3, 4, 5, 6]),
        ("first removed", &[1, 2, 3, 4, 5, 6]),
        ("repeated", &[0, 1, 1, 2, 3, 4, 5, 6]),
        ("replaced by one of the same length", &[0, 1, 2, 3, 0, 5, 6]),
    ];
    for (what, order) in orders {
        for mark in [None, Some(&story.mark[..])] {
            assert_refused(&Story::disk(&with(order), mark), what);
        }
    }
    let end_removed = assert_refused(&Story::disk(&with(&[0, 1, 2, 3, 4, 5]), Some(&story.mark)), "end");
    assert!(matches!(end_removed, JournalError::Behind { .. }));
}

#[test]
fn other_history_of_the_same_length_is_not_what_the_mark_names() {
    let story = Story::tell();
    let other = Disk::default();
    let (mut journal, _) = open(&other).unwrap();
    let changed: Vec<Vec<u8>> = records()
        .into_iter()
        .map(|record| record.iter().map(|byte| byte ^ 1).collect())
        .collect();
    journal.append(&changed).unwrap();
    drop(journal);
    let disk = Story::disk(&other.get(JOURNAL).unwrap(), Some(&story.mark));
    let refused = assert_refused(&disk, "other history");
    assert!(
        matches!(
            refused,
            JournalError::Damaged {
                why: Damage::NotAsMarked,
                record: 7,
                ..
            }
        ),
        "{refused}"
    );

    let longer = Disk::default();
    let (mut journal, _) = open(&longer).unwrap();
    journal.append(&[vec![1; 5000]]).unwrap();
    drop(journal);
    let disk = Story::disk(&longer.get(JOURNAL).unwrap(), Some(&story.mark));
    assert!(matches!(
        assert_refused(&disk, "longer"),
        JournalError::Damaged {
            why: Damage::NotAsMarked,
            ..
        }
    ));
}

#[test]
fn file_that_is_no_journal_or_a_later_one_is_refused() {
    let story = Story::tell();
    for mark in [None, Some(&story.mark[..])] {
        let letter = Story::disk(&[b'x'; 5000], mark);
        assert!(matches!(
            assert_refused(&letter, "x"),
            JournalError::Damaged {
                why: Damage::Header,
                ..
            }
        ));
        let mut later = story.journal.clone();
        later[8] = 2;
        let refused = assert_refused(&Story::disk(&later, mark), "later");
        assert!(matches!(
            refused,
            JournalError::UnsupportedVersion { version: 2, .. }
        ));
    }
    assert_refused(&Story::disk(b"note", None), "a short file that is no journal");
    let zeros = vec![0; story.journal.len()];
    assert_refused(&Story::disk(&zeros, None), "zeros");
}

#[test]
fn refusal_says_where_and_what_to_do() {
    let story = Story::tell();
    let disk = Story::disk(
        &flipped(&story.journal, (story.offset(2) + 25) * 8),
        Some(&story.mark),
    );
    let words = assert_refused(&disk, "flip").to_string();
    let expected = format!(
        "/disk/changes.journal is damaged at byte {}, record 2: the record does not match its check; \
         nothing was changed, restore this file from a backup",
        story.offset(2)
    );
    assert_eq!(words, expected);
}
