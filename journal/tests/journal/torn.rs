//! Journals whose end is missing or half written.

use daymark_journal::{Damage, JournalError, MarkState, Torn, verify_in};

use crate::disk::{Disk, Fault};
use crate::story::{JOURNAL, MARK, Story, assert_refused, open, open_and_collect, records};

/// Opens a journal that ends in a torn tail: the good records are all there, the tail is kept in a file of its own,
/// and the journal can be appended to.
#[track_caller]
fn assert_recovered(story: &Story, disk: &Disk, what: &str) {
    let before = disk.get(JOURNAL).unwrap();
    let whole = story.whole_records(before.len());
    let (found, opening) = open_and_collect(disk).unwrap();
    assert_eq!(found, records()[..whole], "{what}");
    let end = story.offset(whole);
    let torn = Torn {
        offset: end as u64,
        bytes: before.len().saturating_sub(end) as u64,
        file: format!("/disk/changes.torn-{end}").into(),
    };
    if before.len() > end {
        assert_eq!(
            disk.get(&format!("changes.torn-{end}")).unwrap(),
            before[end..],
            "{what}: the tail was dropped"
        );
        assert_eq!(opening.torn, Some(torn), "{what}");
    } else {
        assert_eq!(opening.torn, None, "{what}");
    }
    let (mut journal, opening) = open(disk).unwrap();
    assert_eq!(
        (opening.torn, opening.mark),
        (None, MarkState::Whole),
        "{what}: the second opening is intact"
    );
    journal.append(&["more"]).unwrap();
    drop(journal);
    assert_eq!(open_and_collect(disk).unwrap().0.len(), whole + 1, "{what}");
}

#[test]
fn journal_cut_at_any_byte_below_its_mark_is_behind() {
    let story = Story::tell();
    for cut in 0..story.journal.len() {
        let disk = Story::disk(&story.journal[..cut], Some(&story.mark));
        let refused = assert_refused(&disk, &format!("cut at {cut}"));
        let expected = story.journal.len() as u64;
        assert!(
            matches!(refused, JournalError::Behind { have, expected: e, .. } if have == cut as u64 && e == expected),
            "cut at {cut}: {refused}"
        );
        assert!(matches!(
            verify_in(&disk, "changes"),
            Err(JournalError::Behind { .. })
        ));
    }
}

#[test]
fn journal_cut_at_any_byte_beyond_its_mark_keeps_every_whole_record() {
    let story = Story::tell();
    for cut in 0..=story.journal.len() {
        let disk = Story::disk(&story.journal[..cut], Some(&story.early_mark));
        if cut < story.offset(3) {
            assert_refused(&disk, &format!("cut at {cut}"));
        } else {
            assert_recovered(&story, &disk, &format!("cut at {cut}"));
        }
    }
}

#[test]
fn journal_without_a_mark_cut_at_any_byte_keeps_every_whole_record() {
    let story = Story::tell();
    for cut in 0..=story.journal.len() {
        let disk = Story::disk(&story.journal[..cut], None);
        if cut < 16 {
            assert!(open(&disk).unwrap().1.is_new, "cut at {cut}");
            assert_eq!(open_and_collect(&disk).unwrap().0.len(), 0, "cut at {cut}");
        } else {
            assert_recovered(&story, &disk, &format!("cut at {cut}"));
        }
    }
}

#[test]
fn end_that_was_left_as_zeros_is_torn_beyond_the_mark() {
    let story = Story::tell();
    for cut in story.offset(3)..story.journal.len() {
        let mut journal = story.journal.clone();
        journal[cut..].fill(0);
        let disk = Story::disk(&journal, Some(&story.early_mark));
        assert_tail_set_aside(&story, &disk, &journal, story.whole_records(cut));
    }
}

#[test]
fn sectors_left_as_zeros_are_torn_without_a_mark_and_other_zeros_are_damage() {
    let mut story = Story::tell();
    let disk = Story::disk(&story.journal, None);
    let (mut journal, _) = open(&disk).unwrap();
    let end = journal.append(&[[b'x'; 5000]]).unwrap().end;
    drop(journal);
    story.journal = disk.get(JOURNAL).unwrap();
    let start = story.offset(7);
    assert_eq!(end.offset, story.journal.len() as u64);

    for cut in start..story.journal.len() {
        let mut journal = story.journal.clone();
        journal[cut..].fill(0);
        let disk = Story::disk(&journal, None);
        let last_sector = (journal.len() - 1) / 512 * 512;
        if cut <= last_sector {
            assert_tail_set_aside(&story, &disk, &journal, 7);
        } else {
            assert_refused(&disk, &format!("zeros from {cut}"));
        }
    }
}

#[track_caller]
fn assert_tail_set_aside(story: &Story, disk: &Disk, journal: &[u8], whole: usize) {
    let (found, opening) = open_and_collect(disk).unwrap();
    assert_eq!(found, records()[..whole]);
    let end = story.offset(whole);
    assert_eq!(opening.torn.unwrap().offset, end as u64);
    assert_eq!(
        disk.get(&format!("changes.torn-{end}")).unwrap(),
        journal[end..],
        "the tail was dropped"
    );
}

#[test]
fn zeros_behind_whole_records_are_torn() {
    let story = Story::tell();
    for mark in [None, Some(&story.mark[..])] {
        for zeros in [1, 19, 20, 21, 511, 5000, 300_000] {
            let mut journal = story.journal.clone();
            journal.resize(journal.len() + zeros, 0);
            let (found, opening) = open_and_collect(&Story::disk(&journal, mark)).unwrap();
            assert_eq!(found, records());
            assert_eq!(opening.torn.unwrap().bytes, zeros as u64);
        }
    }
}

#[test]
fn second_tail_torn_at_the_same_place_does_not_replace_the_first() {
    let story = Story::tell();
    let disk = Story::disk(&story.journal, Some(&story.mark));
    let end = story.journal.len();
    for (tail, name) in [("one", ""), ("two!", "-2"), ("three", "-3")] {
        disk.put(JOURNAL, &[&story.journal, tail.as_bytes()].concat());
        let torn = open(&disk).unwrap().1.torn.unwrap();
        let file = format!("changes.torn-{end}{name}");
        assert_eq!(torn.file, std::path::Path::new("/disk").join(&file));
        assert_eq!(disk.get(&file).unwrap(), tail.as_bytes());
    }
    assert_eq!(disk.get(&format!("changes.torn-{end}")).unwrap(), b"one");
}

#[test]
fn torn_tail_stays_in_the_journal_until_its_copy_is_on_the_disk() {
    let story = Story::tell();
    let torn = [&story.journal[..], b"half a record"].concat();
    let full = Story::disk(&torn, Some(&story.mark));
    full.set_no_room(true);
    let before = full.content();
    assert!(matches!(open(&full), Err(JournalError::NoRoom { .. })));
    assert_eq!(
        full.content(),
        before,
        "refused without room, and no empty copy left behind"
    );
    full.set_no_room(false);
    assert!(open(&full).unwrap().1.torn.is_some());

    for call in 1.. {
        for fault in [Fault::Refused, Fault::NoRoom, Fault::DoneButRefused] {
            let disk = Story::disk(&torn, Some(&story.mark));
            disk.fail(call, fault, false);
            let opened = open(&disk).is_ok();
            let has_failed = disk.has_failed();
            disk.heal();
            let after = disk.after_power_failure(|_, _| crate::disk::Left::Nothing);
            for disk in [disk, after] {
                assert_eq!(
                    open_and_collect(&disk).unwrap().0,
                    records(),
                    "call {call} {fault:?}"
                );
                let copies = disk.names().into_iter().filter(|name| name.contains("torn"));
                let is_kept = copies
                    .clone()
                    .any(|name| disk.get(&name).unwrap() == b"half a record");
                assert!(is_kept, "call {call} {fault:?}: the tail is gone ({opened})");
            }
            if !has_failed {
                return;
            }
        }
    }
}

#[test]
fn journal_that_is_missing_beside_its_mark_is_behind_or_gone_and_is_not_made_anew() {
    let story = Story::tell();
    let missing = assert_refused(&Disk::with(&[(MARK, &story.mark)]), "missing");
    assert!(matches!(missing, JournalError::Behind { have: 0, .. }));
    for unreadable in [&[][..], &[1; 100]] {
        let missing = assert_refused(&Disk::with(&[(MARK, unreadable)]), "missing");
        assert!(matches!(
            missing,
            JournalError::Damaged {
                why: Damage::Gone,
                ..
            }
        ));
        let empty = assert_refused(&Disk::with(&[(JOURNAL, &[]), (MARK, unreadable)]), "empty");
        assert!(matches!(
            empty,
            JournalError::Damaged {
                why: Damage::Gone,
                ..
            }
        ));
    }
}
