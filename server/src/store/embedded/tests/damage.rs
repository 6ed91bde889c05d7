//! Damage: to the index it costs time, to the journal it is refused, and nowhere does it change an answer.

use std::fs;

use super::*;
use crate::dice::Dice;

/// A closed store with some of everything, and large changes too.
fn a_store() -> (TempDir, Vec<Event>) {
    let folder = tempfile::tempdir().unwrap();
    let mut events = mixed(150);
    events.extend((0..60).map(|number| stored_bytes(SHEETS[number as usize % 4], number, 2_000)));
    let (store, _) = open(folder.path());
    for group in events.chunks(20) {
        store.commit(group).unwrap();
    }
    drop(store);
    (folder, events)
}

pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
        .into_iter()
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// Damages a file of the index in each round, and counts what became of it.
fn damage_index(rounds: usize, seed: u64, mut damage: impl FnMut(&mut Dice, &mut Vec<u8>)) -> [usize; 3] {
    let (folder, events) = a_store();
    let expected = expected(&events);
    let mut dice = Dice(seed);
    let mut counts = [0; 3];
    for round in 0..rounds {
        let image = crash_image(folder.path());
        let files: Vec<_> = files(&index::index_folder(image.path()))
            .into_iter()
            .filter(|file| file.metadata().unwrap().len() > 0)
            .collect();
        let file = &files[dice.below(files.len())];
        let mut bytes = fs::read(file).unwrap();
        damage(&mut dice, &mut bytes);
        fs::write(file, bytes).unwrap();

        let (store, index) = open(image.path());
        assert_eq!(
            answers(&store),
            expected,
            "round {round}, {}: {index:?}",
            file.display()
        );
        let report = store.check().unwrap();
        assert_eq!((report.events, report.notes), (events.len() as u64, Vec::new()));
        match index {
            IndexOpening::Whole => counts[0] += 1,
            IndexOpening::CaughtUp { .. } => counts[1] += 1,
            IndexOpening::Rebuilt { .. } => counts[2] += 1,
            other => panic!("round {round}, {}: {other:?}", file.display()),
        }
    }
    counts
}

#[test]
fn a_flipped_byte_in_the_index_changes_no_answer() {
    let [whole, caught_up, rebuilt] = damage_index(150, 0x0d1c_e5ee_d000_0001, |dice, bytes| {
        let at = dice.below(bytes.len());
        bytes[at] ^= 1 << dice.below(8);
    });
    println!("flips: {whole} whole, {caught_up} caught up, {rebuilt} rebuilt");
    assert!(
        caught_up + rebuilt > 0,
        "no flip was ever noticed: the test does not damage what is read"
    );
}

#[test]
fn an_index_cut_short_changes_no_answer() {
    let [whole, caught_up, rebuilt] = damage_index(60, 0x0d1c_e5ee_d000_0002, |dice, bytes| {
        let bytes_kept = dice.below(bytes.len());
        bytes.truncate(bytes_kept);
    });
    println!("cuts: {whole} whole, {caught_up} caught up, {rebuilt} rebuilt");
    assert!(caught_up + rebuilt > 0);
}

#[test]
fn a_zeroed_sector_in_the_index_changes_no_answer() {
    let [whole, caught_up, rebuilt] = damage_index(60, 0x0d1c_e5ee_d000_0003, |dice, bytes| {
        let sectors = bytes.len().div_ceil(512);
        let at = dice.below(sectors) * 512;
        let end = bytes.len().min(at + 512);
        bytes[at..end].fill(0);
    });
    println!("zeroed sectors: {whole} whole, {caught_up} caught up, {rebuilt} rebuilt");
    assert!(caught_up + rebuilt > 0);
}

#[test]
fn a_missing_index_is_made_again() {
    let (folder, events) = a_store();
    fs::remove_dir_all(index::index_folder(folder.path())).unwrap();
    let (store, opening) = EmbeddedStore::open(folder.path()).unwrap();
    assert!(
        matches!(&opening.index, IndexOpening::Rebuilt { moved_to: None, .. }),
        "{opening:?}"
    );
    assert_eq!(opening.warnings().len(), 1);
    assert_eq!(answers(&store), expected(&events));
}

#[test]
fn an_index_of_another_journal_or_ahead_of_this_one_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.commit(&mixed(3)).unwrap();
    drop(store);
    let early = crash_image(folder.path());
    let (store, _) = open(folder.path());
    store.commit(&mixed(9)).unwrap();
    drop(store);
    let swap = |from: &Path, to: &Path| {
        fs::remove_dir_all(index::index_folder(to)).unwrap();
        fs::create_dir(index::index_folder(to)).unwrap();
        copy(&index::index_folder(from), &index::index_folder(to));
    };
    swap(folder.path(), early.path());
    let (store, index) = open(early.path());
    assert!(
        matches!(
            index,
            IndexOpening::Rebuilt {
                moved_to: Some(_),
                ..
            }
        ),
        "{index:?}"
    );
    assert_eq!(answers(&store), expected(&mixed(3)));
    // As many records, but others.
    let other = tempfile::tempdir().unwrap();
    let (store, _) = open(other.path());
    store.commit(&mixed(12)[..72]).unwrap();
    drop(store);
    swap(other.path(), folder.path());
    let (store, index) = open(folder.path());
    assert!(matches!(index, IndexOpening::Rebuilt { .. }), "{index:?}");
    assert_eq!(answers(&store), expected(&[mixed(3), mixed(9)].concat()));
}

#[test]
fn one_wrong_one_missing_and_one_more_record_in_the_index_are_each_noticed() {
    type Spoil = fn(&sled::Db);
    let spoils: [Spoil; 6] = [
        |db| {
            let (key, _) = db.scan_prefix(b"c").nth(7).unwrap().unwrap();
            db.insert(key, encode(&stored(SHEETS[0], 999_999)).unwrap())
                .unwrap();
        },
        |db| {
            let (key, _) = db.scan_prefix(b"c").last().unwrap().unwrap();
            db.remove(key).unwrap();
        },
        |db| {
            let document = conformance::document("sheet/2029-01-01/gate");
            let record = encode(&stored("sheet/2029-01-01/gate", 1)).unwrap();
            db.insert(expected::change_key(&document, 0), record).unwrap();
        },
        |db| {
            let (key, _) = db.scan_prefix(b"d").next().unwrap().unwrap();
            db.remove(key).unwrap();
        },
        |db| {
            db.insert(b"r", encode(&roster("[forged]")).unwrap()).unwrap();
        },
        |db| {
            db.insert(b"a\0\0\0\0\0\0\0\0", encode(&aside(0, None)).unwrap())
                .unwrap();
        },
    ];
    let (folder, events) = a_store();
    for (number, spoil) in spoils.iter().enumerate() {
        // At rest: noticed at opening.
        let image = crash_image(folder.path());
        let index = Index::open(&index::index_folder(image.path())).unwrap();
        spoil(index.db().unwrap());
        index.close();
        let (store, index) = open(image.path());
        assert!(
            matches!(index, IndexOpening::Rebuilt { .. }),
            "spoil {number}: {index:?}"
        );
        assert_eq!(answers(&store), expected(&events));
        drop(store);

        // While it runs: noticed before it is answered, or by the deep check at the latest.
        let (store, _) = open(image.path());
        if let View::Index { index, .. } = &*store.view.read().unwrap() {
            spoil(index.db().unwrap());
        }
        assert_eq!(answers(&store), expected(&events), "spoil {number}");
        assert_eq!(store.check().unwrap().notes.len(), 1, "spoil {number}");
        assert!(store.state().in_memory.is_some() && store.state().is_writable);
        store.commit(&mixed(1)).unwrap();
        assert_eq!(answers(&store), expected(&[events.clone(), mixed(1)].concat()));
        drop(store);
        assert_eq!(
            answers(&open(image.path()).0),
            expected(&[events.clone(), mixed(1)].concat())
        );
    }
}

#[test]
fn an_index_that_ended_the_process_is_not_looked_at_again_and_three_are_kept() {
    let (folder, events) = a_store();
    for round in 1..=5 {
        fs::write(folder.path().join("index.trial"), "").unwrap();
        let (store, index) = open(folder.path());
        let IndexOpening::Rebuilt {
            moved_to: Some(moved_to),
            ..
        } = index
        else {
            panic!("{index:?}")
        };
        assert!(
            moved_to.ends_with(format!("index.damaged-{round}")),
            "{}",
            moved_to.display()
        );
        assert_eq!(answers(&store), expected(&events));
        assert!(!folder.path().join("index.trial").exists());
    }
    let kept: Vec<bool> = (1..=5)
        .map(|number| folder.path().join(format!("index.damaged-{number}")).exists())
        .collect();
    assert_eq!(kept, [false, false, true, true, true]);
}

#[test]
fn a_damaged_journal_is_refused_by_name_and_place_and_nothing_is_touched() {
    let (folder, _) = a_store();
    let mut dice = Dice(0x0d1c_e5ee_d000_0004);
    for _ in 0..60 {
        let image = crash_image(folder.path());
        let journal = image.path().join("register.journal");
        let mut bytes = fs::read(&journal).unwrap();
        let at = dice.below(bytes.len());
        bytes[at] ^= 1 << dice.below(8);
        fs::write(&journal, &bytes).unwrap();
        let files_before = files(image.path());
        match EmbeddedStore::open(image.path()) {
            Err(error @ StoreError::Damaged { offset, record, .. }) => {
                assert!(offset <= at as u64, "{offset} lies behind the damage at {at}");
                let text = error.to_string();
                for part in [
                    &journal.display().to_string(),
                    &format!("byte {offset}"),
                    &format!("record {record}"),
                ] {
                    assert!(text.contains(part), "{text} does not say {part}");
                }
            }
            Err(StoreError::Newer { .. }) if at < 16 => {}
            other => panic!("flip at {at}: {other:?}"),
        }
        assert_eq!(fs::read(&journal).unwrap(), bytes);
        assert_eq!(files(image.path()), files_before);
    }
}

#[test]
fn a_journal_without_its_end_is_behind() {
    let (folder, _) = a_store();
    let journal = folder.path().join("register.journal");
    let bytes = fs::read(&journal).unwrap();
    fs::write(&journal, &bytes[..bytes.len() / 2]).unwrap();
    let error = EmbeddedStore::open(folder.path()).unwrap_err();
    assert!(
        matches!(&error, StoreError::Behind { expected, .. } if *expected == bytes.len() as u64),
        "{error}"
    );
}

#[test]
fn a_record_of_a_later_version_is_refused_as_such() {
    let (folder, _) = a_store();
    let (mut journal, _) = Journal::open(folder.path(), opening::JOURNAL, |_, _| {}).unwrap();
    journal.append(&[minicbor::to_vec((99, 1)).unwrap()]).unwrap();
    drop(journal);
    let error = EmbeddedStore::open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { .. }), "{error}");
}
