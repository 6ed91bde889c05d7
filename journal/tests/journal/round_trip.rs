//! What is appended comes back, on a fake disk and on a real one.

use daymark_journal::{Journal, JournalError, MarkState, Position, RECORD_BYTES_MAX, verify, verify_in};
use proptest::collection::vec;
use proptest::prelude::{any, proptest};

use crate::disk::Disk;
use crate::story::{JOURNAL, MARK, Story, open, open_and_collect, records};

proptest! {
    #[test]
    fn what_is_appended_comes_back(
        sessions in vec(vec(vec(vec(any::<u8>(), 0..200), 0..5), 0..5), 0..4)
    ) {
        let disk = Disk::default();
        let mut expected: Vec<(Position, Vec<u8>)> = Vec::new();
        for batches in &sessions {
            let mut found = Vec::new();
            let (mut journal, opening) =
                Journal::open_in(disk.clone(), "changes", |start, body: &[u8]| found.push((start, body.to_vec()))).unwrap();
            assert_eq!(found, expected);
            assert_eq!(opening.records_beyond_mark, 0);
            for batch in batches {
                let syncs = disk.syncs();
                let appended = journal.append(batch).unwrap();
                assert_eq!(disk.syncs() - syncs, u64::from(!batch.is_empty()), "one sync a batch");
                assert_eq!(appended.end, journal.end());
                expected.extend(appended.starts.into_iter().zip(batch.iter().cloned()));
            }
            for (start, body) in &expected {
                assert_eq!(&journal.read(start).unwrap(), body);
            }
            let mut walked = Vec::new();
            let mut at = journal.first();
            while at != journal.end() {
                let (body, next) = journal.read_next(&at).unwrap();
                walked.push((at, body));
                at = next;
            }
            assert_eq!(walked, expected);
            assert!(journal.is_mark_current());
            assert_eq!(verify_in(&disk, "changes").unwrap().verified, journal.end());
        }
    }
}

#[test]
fn journal_on_a_real_disk_is_kept_and_its_second_opener_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, opening) = Journal::open(folder.path(), "changes", |_, _| {}).unwrap();
    assert!(opening.is_new);
    let end = journal.append(&records()).unwrap().end;

    let refused = Journal::open(folder.path(), "changes", |_, _| panic!("read under a lock")).unwrap_err();
    assert!(
        matches!(&refused, JournalError::InUse { path } if path == journal.path()),
        "{refused}"
    );
    assert!(refused.to_string().contains("changes.journal"), "{refused}");
    assert_eq!(
        verify(folder.path(), "changes").unwrap().verified,
        end,
        "checked under the lock of another"
    );
    Journal::open(folder.path(), "another", |_, _| {}).unwrap();

    journal.close().unwrap();
    let mut found = Vec::new();
    let (_journal, opening) =
        Journal::open(folder.path(), "changes", |_, body| found.push(body.to_vec())).unwrap();
    assert_eq!(found, records());
    assert_eq!(
        (opening.mark, opening.torn, opening.is_new),
        (MarkState::Whole, None, false)
    );
}

#[test]
fn second_opener_is_refused_until_the_first_is_dropped() {
    let disk = Disk::default();
    let first = open(&disk).unwrap();
    assert!(matches!(open(&disk), Err(JournalError::InUse { .. })));
    drop(first);
    open(&disk).unwrap();
}

#[test]
fn nothing_is_written_when_an_intact_journal_is_opened_without_room() {
    let story = Story::tell();
    let disk = Story::disk(&story.journal, Some(&story.mark));
    disk.set_no_room(true);
    let (mut journal, opening) = open(&disk).unwrap();
    assert_eq!((opening.records, disk.changes()), (7, 0));
    assert_eq!(
        journal.read(&story.positions[2]).unwrap(),
        records()[2],
        "reading goes on"
    );
    assert!(matches!(journal.append(&["x"]), Err(JournalError::NoRoom { .. })));
    assert_eq!(
        journal.append::<&str>(&[]).unwrap().end,
        story.positions[7],
        "not poisoned"
    );

    disk.set_no_room(false);
    journal.append(&["x"]).unwrap();
    drop(journal);
    assert_eq!(open_and_collect(&disk).unwrap().0.len(), 8);
}

#[test]
fn lost_mark_is_made_again_when_there_is_room_and_missed_when_there_is_not() {
    let story = Story::tell();
    for mark in [None, Some(&[][..]), Some(&[7; 5000][..])] {
        let expected = if mark.is_none() {
            MarkState::Missing
        } else {
            MarkState::Unreadable
        };
        let disk = Story::disk(&story.journal, mark);
        disk.set_no_room(mark.is_none_or(<[u8]>::is_empty));
        let (journal, opening) = open(&disk).unwrap();
        assert_eq!(
            (opening.mark, opening.records, opening.records_beyond_mark),
            (expected, 7, 7)
        );
        assert_eq!(
            journal.is_mark_current(),
            mark.is_some_and(|mark| !mark.is_empty())
        );
        drop(journal);
        disk.set_no_room(false);
        drop(open(&disk).unwrap());
        assert_eq!(open(&disk).unwrap().1.mark, MarkState::Whole);
    }
}

#[test]
fn records_beyond_the_mark_are_taken_and_synced_first() {
    let story = Story::tell();
    let disk = Story::disk(&story.journal, Some(&story.early_mark));
    disk.set_no_room(true);
    let (journal, opening) = open(&disk).unwrap();
    assert_eq!(
        (opening.records, opening.records_beyond_mark, opening.torn),
        (7, 4, None)
    );
    assert_eq!(disk.syncs(), 1);
    assert!(journal.is_mark_current(), "a mark that is there needs no room");
}

#[test]
fn longest_record_is_taken_and_a_longer_one_is_refused_before_anything_is_written() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk).unwrap();
    let longest = vec![1; RECORD_BYTES_MAX];
    let start = journal.append(&[&longest]).unwrap().starts[0];
    let before = disk.content();
    let refused = journal.append(&[b"short".to_vec(), vec![1; RECORD_BYTES_MAX + 1]]);
    assert!(matches!(refused, Err(JournalError::RecordTooLong { .. })));
    assert_eq!(disk.content(), before);
    assert_eq!(journal.read(&start).unwrap(), longest);
    drop(journal);
    assert_eq!(open_and_collect(&disk).unwrap().0, [longest]);
}

#[test]
fn reading_at_what_is_no_start_of_a_record_is_refused() {
    let story = Story::tell();
    let disk = Story::disk(&story.journal, Some(&story.mark));
    let (journal, _) = open(&disk).unwrap();
    assert!(matches!(
        journal.read(&journal.end()),
        Err(JournalError::NoSuchRecord { .. })
    ));
    for offset in (0..story.journal.len() as u64 + 30).chain([u64::MAX]) {
        if story.positions.iter().all(|position| position.offset != offset) {
            let wrong = Position {
                offset,
                ..story.positions[0]
            };
            assert!(journal.read(&wrong).is_err(), "{offset}");
        }
    }
    let changed = Position {
        chain: [0; 32],
        ..story.positions[1]
    };
    assert!(matches!(
        journal.read(&changed),
        Err(JournalError::Damaged { .. })
    ));
}

#[test]
fn read_notices_what_the_disk_changed_under_an_open_journal() {
    let story = Story::tell();
    let disk = Story::disk(&story.journal, Some(&story.mark));
    let (journal, _) = open(&disk).unwrap();
    let mut changed = story.journal.clone();
    changed[story.offset(5) + 30] ^= 4;
    disk.put(JOURNAL, &changed);
    assert!(matches!(
        journal.read(&story.positions[5]),
        Err(JournalError::Damaged { record: 5, .. })
    ));
    assert_eq!(journal.read(&story.positions[4]).unwrap(), records()[4]);
}

#[test]
fn check_leaves_alone_what_is_just_being_written() {
    let story = Story::tell();
    for cut in story.offset(3)..=story.journal.len() {
        let disk = Story::disk(&story.journal[..cut], Some(&story.early_mark));
        let report = verify_in(&disk, "changes").unwrap();
        assert_eq!(report.verified, story.positions[3]);
        assert_eq!(report.bytes_beyond, (cut - story.offset(3)) as u64);
        assert_eq!(disk.changes(), 0);
    }
    let disk = Story::disk(&story.journal[..10], None);
    assert_eq!(verify_in(&disk, "changes").unwrap().verified, story.positions[0]);
}

#[test]
fn name_that_would_leave_the_folder_is_refused() {
    for name in ["", ".", "..", "a/b", "a\\b", "/etc/x", "a.journal", "a b", "\0"] {
        let refused = Journal::open_in(Disk::default(), name, |_, _| {});
        assert!(matches!(refused, Err(JournalError::BadName { .. })), "{name}");
    }
}

#[test]
fn journal_that_is_not_there_is_not_made_by_a_check() {
    let disk = Disk::default();
    assert!(matches!(
        verify_in(&disk, "changes"),
        Err(JournalError::Read { .. })
    ));
    disk.put(MARK, &Story::tell().mark);
    assert!(matches!(
        verify_in(&disk, "changes"),
        Err(JournalError::Behind { have: 0, .. })
    ));
    assert_eq!(disk.names(), [MARK]);
}
