//! A disk that fails, and power that fails: what was acknowledged is there, whatever else happens.

use daymark_journal::{Journal, JournalError};

use crate::disk::{Disk, Fault, Left, Unsynced};
use crate::story::{JOURNAL, MARK, open, open_and_collect};

const BATCHES: usize = 40;

/// What an owner tried to record, and what it may have told others about.
#[derive(Debug, Default)]
struct Told {
    tried: Vec<Vec<u8>>,
    acknowledged: Vec<Vec<u8>>,
}

impl Told {
    /// Every attempt is another record, so that it can be told apart.
    fn batch(&mut self, records: usize) -> Vec<Vec<u8>> {
        let from = self.tried.len();
        self.tried
            .extend((from..from + records).map(|number| format!("record {number:>0$}", number % 23).into()));
        self.tried[from..].to_vec()
    }

    #[track_caller]
    fn assert_kept(&self, disk: &Disk, what: &str) {
        let (found, _) = open_and_collect(disk).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(
            is_subsequence(&self.acknowledged, &found),
            "{what}: an acknowledged record is gone"
        );
        assert!(
            is_subsequence(&found, &self.tried),
            "{what}: a record that nobody appended"
        );
    }
}

fn is_subsequence(part: &[Vec<u8>], whole: &[Vec<u8>]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|item| whole.any(|other| other == item))
}

/// Appends batch after batch as a careful owner does: tries again what may be tried again, opens again what is
/// poisoned, and gives up when that does not help either.
fn run(disk: &Disk, told: &mut Told) {
    let mut journal: Option<Journal<Disk>> = None;
    let mut failures = 0;
    let mut batch = 0;
    while batch < BATCHES && failures < 4 {
        let Some(opened) = &mut journal else {
            match open(disk) {
                Ok((opened, _)) => journal = Some(opened),
                Err(
                    JournalError::Damaged { .. } | JournalError::Behind { .. } | JournalError::InUse { .. },
                ) => {
                    panic!("a failing call was taken for damage")
                }
                Err(_) => failures += 1,
            }
            continue;
        };
        let records = told.batch(1 + batch % 3);
        match opened.append(&records) {
            Ok(appended) => {
                assert_eq!(appended.starts.len(), records.len());
                told.acknowledged.extend(records);
                batch += 1;
            }
            Err(JournalError::Write { .. } | JournalError::NoRoom { .. }) => failures += 1,
            Err(JournalError::Sync { .. } | JournalError::Poisoned { .. }) => {
                failures += 1;
                for _ in 0..3 {
                    let after = opened.append(&["after"]);
                    assert!(
                        matches!(after, Err(JournalError::Poisoned { .. })),
                        "acknowledged after a failed sync"
                    );
                    let barrier = opened.append::<&str>(&[]);
                    assert!(
                        matches!(barrier, Err(JournalError::Poisoned { .. })),
                        "vouched for after a failed sync"
                    );
                }
                journal = None;
            }
            Err(other) => panic!("unexpected {other}"),
        }
    }
}

#[test]
fn acknowledged_records_survive_the_failure_of_any_one_call_and_of_all_after_it() {
    for stays in [false, true] {
        for fault in [Fault::Refused, Fault::NoRoom, Fault::DoneButRefused] {
            for call in 1.. {
                let what = format!("{fault:?} at call {call}, stays: {stays}");
                let disk = Disk::default();
                disk.fail(call, fault, stays);
                let mut told = Told::default();
                run(&disk, &mut told);
                let has_failed = disk.has_failed();
                disk.heal();
                if !stays {
                    assert_eq!(
                        told.acknowledged.len(),
                        (0..BATCHES).map(|batch| 1 + batch % 3).sum(),
                        "{what}"
                    );
                }
                for left in [Left::Nothing, Left::All, Left::Bytes(1), Left::Bytes(30)] {
                    let after = disk.after_power_failure(|_, _| left);
                    told.assert_kept(&after, &format!("{what}, power failure leaves {left:?}"));
                }
                told.assert_kept(&disk, &what);
                // The disk is well again: the journal goes on where it was.
                run(&disk, &mut told);
                told.assert_kept(&disk, &what);
                told.assert_kept(&disk.after_power_failure(|_, _| Left::Nothing), &what);
                if !has_failed {
                    assert!(call > 100, "the story was too short: {call} calls");
                    break;
                }
            }
        }
    }
}

#[test]
fn failed_sync_acknowledges_nothing_until_the_journal_is_opened_again() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk).unwrap();
    journal.append(&["before"]).unwrap();
    disk.fail(2, Fault::Refused, false);
    assert!(matches!(
        journal.append(&["lost"]),
        Err(JournalError::Sync { .. })
    ));
    assert!(journal.is_poisoned());
    for _ in 0..3 {
        assert!(matches!(
            journal.append(&["later"]),
            Err(JournalError::Poisoned { .. })
        ));
    }
    drop(journal);
    assert_eq!(
        open_and_collect(&disk).unwrap().0,
        [b"before"],
        "what only memory held is not taken for recorded"
    );
}

#[test]
fn write_that_fails_leaves_the_journal_as_it_was_and_can_be_tried_again() {
    for fault in [Fault::Refused, Fault::NoRoom, Fault::DoneButRefused] {
        let disk = Disk::default();
        let (mut journal, _) = open(&disk).unwrap();
        journal.append(&["before"]).unwrap();
        let before = disk.get(JOURNAL).unwrap();
        disk.fail(1, fault, false);
        let failed = journal.append(&["again"]).unwrap_err();
        assert_eq!(
            matches!(failed, JournalError::NoRoom { .. }),
            fault == Fault::NoRoom,
            "{failed}"
        );
        assert!(failed.to_string().contains("/disk/changes.journal"), "{failed}");
        assert_eq!(disk.get(JOURNAL).unwrap(), before);
        assert!(!journal.is_poisoned());
        journal.append(&["again"]).unwrap();
        drop(journal);
        assert_eq!(open_and_collect(&disk).unwrap().0, [&b"before"[..], b"again"]);
    }
}

#[test]
fn write_that_fails_and_cannot_be_undone_poisons() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk).unwrap();
    journal.append(&["before"]).unwrap();
    disk.fail(1, Fault::NoRoom, true);
    assert!(matches!(
        journal.append(&["half"]),
        Err(JournalError::NoRoom { .. })
    ));
    disk.heal();
    assert!(matches!(
        journal.append(&["later"]),
        Err(JournalError::Poisoned { .. })
    ));
    drop(journal);
    let (found, opening) = open_and_collect(&disk).unwrap();
    assert_eq!(found, [b"before"]);
    assert!(opening.torn.is_some());
}

#[test]
fn mark_that_cannot_be_written_delays_no_acknowledgement_and_is_caught_up() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk).unwrap();
    disk.fail(3, Fault::NoRoom, false);
    journal.append(&["one"]).unwrap();
    assert!(disk.has_failed() && !journal.is_mark_current());
    let (found, _) = open_and_collect(&disk.after_power_failure(|_, _| Left::All)).unwrap();
    assert_eq!(found, [b"one"], "a half-written mark does no harm");
    journal.append(&["two"]).unwrap();
    assert!(journal.is_mark_current());
}

#[test]
fn power_failing_at_any_byte_of_any_write_keeps_what_was_acknowledged() {
    // The disk as it is just before the sync of each append, from a sync that fails.
    for batches in 0..6 {
        let disk = Disk::default();
        let mut told = Told::default();
        let (mut journal, _) = open(&disk).unwrap();
        for batch in 0..batches {
            let records = told.batch(1 + batch);
            journal.append(&records).unwrap();
            told.acknowledged.extend(records);
        }
        let before = disk.get(JOURNAL).unwrap();
        let unsynced = told.batch(3);
        drop(journal);
        let probe = disk.after_power_failure(|_, _| Left::All);
        let (mut journal, _) = open(&probe).unwrap();
        journal.append(&unsynced).unwrap();
        let written = probe.get(JOURNAL).unwrap()[before.len()..].to_vec();
        let marks = disk.unsynced(MARK);
        assert_eq!(marks.len(), batches);

        for bytes in 0..=written.len() {
            // Every set of the marks that were not synced, each whole or missing.
            for set in 0..1_u32 << marks.len() {
                let is_left = |number: usize| set & (1 << number) != 0;
                let after = disk.after_power_failure(|name, number| {
                    assert_eq!(name, MARK, "the records are synced before the mark is written");
                    if is_left(number) { Left::All } else { Left::Nothing }
                });
                after.put(JOURNAL, &[&before, &written[..bytes]].concat());
                told.assert_kept(
                    &after,
                    &format!("{batches} batches, {bytes} bytes, marks {set:b}"),
                );
            }
        }
    }
}

#[test]
fn mark_never_names_what_is_not_synced() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk).unwrap();
    for number in 0..10_u8 {
        journal.append(&[[number; 30]]).unwrap();
        // All marks reach the disk, and of the records only what was synced.
        let after = disk.after_power_failure(|name, _| if name == MARK { Left::All } else { Left::Nothing });
        let (found, opening) = open_and_collect(&after).unwrap();
        assert_eq!(
            (found.len(), opening.records_beyond_mark),
            (usize::from(number) + 1, 0)
        );
        assert!(disk.unsynced(JOURNAL).is_empty());
        assert!(
            disk.unsynced(MARK)
                .iter()
                .all(|change| matches!(change, Unsynced::Write(_, slot) if slot.len() == 72))
        );
    }
}

#[test]
fn power_failing_while_a_journal_is_made_leaves_one_that_opens() {
    for call in 1..30 {
        for left in [Left::Nothing, Left::All, Left::Bytes(3), Left::Bytes(15)] {
            let disk = Disk::default();
            disk.fail(call, Fault::Refused, true);
            drop(open(&disk));
            disk.heal();
            let after = disk.after_power_failure(|_, _| left);
            for disk in [after, disk] {
                let (mut journal, _) = open(&disk).unwrap();
                journal.append(&["first"]).unwrap();
                drop(journal);
                let after = disk.after_power_failure(|_, _| Left::Nothing);
                assert_eq!(open_and_collect(&after).unwrap().0, [b"first"], "call {call}");
            }
        }
    }
}
