//! Ten thousand edits by hand of whatever lies in the data folder. Each is named at the next start or by the deep check, or
//! no answer differs. Nothing panics, and nothing hangs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::*;
use crate::dice::Dice;
use crate::store::conformance::Answers;

/// Edits of files at rest, by what they are of.
const AT_REST: [(&str, usize); 4] = [
    ("register.journal", 4_000),
    ("register.mark", 1_200),
    ("index", 3_600),
    ("ballast", 200),
];
/// Edits of the journal under a running store.
const WHILE_IT_RUNS: usize = 1_000;
const THREADS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Edit {
    FlipBit,
    Cut,
    Append,
    SwapBlocks,
    OldFile,
    Remove,
}

const EDITS: [Edit; 6] = [
    Edit::FlipBit,
    Edit::Cut,
    Edit::Append,
    Edit::SwapBlocks,
    Edit::OldFile,
    Edit::Remove,
];

/// The bytes after an edit; `None` where the file is taken away.
fn edited(edit: Edit, dice: &mut Dice, whole: &[u8], old: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut bytes = whole.to_vec();
    if bytes.is_empty() {
        bytes.push(0);
    }
    let at = dice.below(bytes.len());
    match edit {
        Edit::FlipBit => bytes[at] ^= 1 << dice.below(8),
        Edit::Cut => bytes.truncate(at),
        Edit::Append => {
            // What is there already is the best forgery there is.
            let end = bytes.len().min(at + 1 + dice.below(400));
            bytes.extend_from_within(at..end);
        }
        Edit::SwapBlocks => {
            let length = (1 + dice.below(512)).min(bytes.len() / 2);
            let first = dice.below(bytes.len() - 2 * length + 1);
            let second = first + length + dice.below(bytes.len() - first - 2 * length + 1);
            let (head, tail) = bytes.split_at_mut(second);
            head[first..first + length].swap_with_slice(&mut tail[..length]);
        }
        Edit::OldFile => return old.map(<[u8]>::to_vec),
        Edit::Remove => return None,
    }
    if bytes == whole {
        // Two equal blocks were exchanged.
        bytes[at] ^= 1;
    }
    Some(bytes)
}

/// In memory where the system has such a place: what is tested here is not the disk.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.unwrap()
}

fn read_all(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let read = |path: PathBuf| {
        let name = path.strip_prefix(folder).unwrap().to_owned();
        (name, fs::read(&path).unwrap())
    };
    super::damage::files(folder).into_iter().map(read).collect()
}

fn write_all(files: &BTreeMap<PathBuf, Vec<u8>>) -> TempDir {
    let image = folder();
    for (name, bytes) in files {
        let path = image.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    image
}

/// A closed store as it is now, as it was earlier, and all its answers.
struct Stored {
    now: BTreeMap<PathBuf, Vec<u8>>,
    earlier: BTreeMap<PathBuf, Vec<u8>>,
    answers: Answers,
    events: u64,
}

fn a_small_store() -> Stored {
    let folder = folder();
    let events = mixed(14);
    let (first, rest) = events.split_at(40);
    let (store, _) = open(folder.path());
    for group in first.chunks(8) {
        store.commit(group).unwrap();
    }
    drop(store);
    let earlier = read_all(folder.path());
    let (store, _) = open(folder.path());
    for group in rest.chunks(8) {
        store.commit(group).unwrap();
    }
    drop(store);
    Stored {
        now: read_all(folder.path()),
        earlier,
        answers: expected(&events),
        events: events.len() as u64,
    }
}

/// What came of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Came {
    /// The start was refused, with the file and what is wrong in words.
    Refused,
    /// All answers are the same, and the start said that something was wrong.
    Told,
    /// All answers are the same.
    Unaffected,
}

fn judge(stored: &Stored, image: &Path, edit: &str) -> Came {
    match EmbeddedStore::open(image) {
        Err(error @ (StoreError::Damaged { .. } | StoreError::Behind { .. } | StoreError::Newer { .. })) => {
            let words = error.to_string();
            assert!(words.contains("register."), "{edit}: {words}");
            Came::Refused
        }
        Err(other) => panic!("{edit}: {other}"),
        Ok((store, opening)) => {
            assert_eq!(answers(&store), stored.answers, "{edit}: {opening:?}");
            let report = store.check().unwrap();
            assert_eq!(report.events, stored.events, "{edit}");
            if opening.warnings().is_empty() {
                Came::Unaffected
            } else {
                Came::Told
            }
        }
    }
}

#[test]
fn nine_thousand_edits_at_rest_are_each_named_or_change_no_answer() {
    let stored = a_small_store();
    let works = AT_REST.map(|(of, rounds)| {
        let names: Vec<&PathBuf> = stored.now.keys().filter(|name| name.starts_with(of)).collect();
        assert!(!names.is_empty(), "{of}");
        (of, names, rounds)
    });
    let run = |thread: usize| {
        let mut came: BTreeMap<(&str, Edit, Came), usize> = BTreeMap::new();
        for (of, names, rounds) in &works {
            for round in (thread..*rounds).step_by(THREADS) {
                let mut dice = Dice::new(0x0ed1_7000 + round as u64);
                let name = names[dice.below(names.len())];
                let edit = EDITS[dice.below(EDITS.len())];
                let old = stored.earlier.get(name).map(Vec::as_slice);
                let mut files = stored.now.clone();
                match edited(edit, &mut dice, &stored.now[name], old) {
                    Some(bytes) => drop(files.insert(name.clone(), bytes)),
                    None => drop(files.remove(name)),
                }
                let image = write_all(&files);
                let words = format!("{edit:?} of {}, round {round}", name.display());
                *came
                    .entry((*of, edit, judge(&stored, image.path(), &words)))
                    .or_default() += 1;
            }
        }
        came
    };
    let came = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || run(thread)))
            .collect();
        let mut all: BTreeMap<(&str, Edit, Came), usize> = BTreeMap::new();
        for thread in threads {
            for (key, count) in thread.join().unwrap() {
                *all.entry(key).or_default() += count;
            }
        }
        all
    });
    for (key, count) in &came {
        println!("{key:?}: {count}");
    }
    let rounds: usize = AT_REST.iter().map(|(_, rounds)| rounds).sum();
    assert_eq!(came.values().sum::<usize>(), rounds);
    let of = |edit: Edit, wanted: Came| {
        came.get(&("register.journal", edit, wanted))
            .copied()
            .unwrap_or(0)
    };
    for edit in EDITS {
        // Nothing of a journal goes unnoticed: what was put behind its end is set aside and told.
        assert_eq!(of(edit, Came::Unaffected), 0, "{edit:?}");
        assert!(of(edit, Came::Refused) + of(edit, Came::Told) > 0, "{edit:?}");
    }
}

#[test]
fn a_thousand_edits_under_a_running_store_are_each_named_by_the_deep_check() {
    let stored = a_small_store();
    let image = write_all(&stored.now);
    let journal = image.path().join("register.journal");
    let whole = fs::read(&journal).unwrap();
    let (store, _) = open(image.path());
    let mut named = 0;
    for round in 0..WHILE_IT_RUNS {
        let mut dice = Dice::new(0x0ed1_8000 + round as u64);
        let edit = EDITS[dice.below(4)];
        let bytes = edited(edit, &mut dice, &whole, None).unwrap();
        let is_same = bytes.starts_with(&whole);
        fs::write(&journal, &bytes).unwrap();
        match store.check() {
            Err(error) => {
                assert!(
                    error.to_string().contains("register.journal"),
                    "{edit:?}, round {round}: {error}"
                );
                named += 1;
            }
            Ok(report) => {
                assert!(is_same, "{edit:?}, round {round}: not noticed");
                assert_eq!(report.events, stored.events);
            }
        }
        // Whatever the disk says, what is answered is what was acknowledged.
        assert_eq!(answers(&store), stored.answers, "{edit:?}, round {round}");
        fs::write(&journal, &whole).unwrap();
    }
    assert!(named > WHILE_IT_RUNS / 2, "{named}");
    assert_eq!(store.check().unwrap().events, stored.events);
}
