//! Sealed records, and the PINs that open them, without a command line.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use daymark_core::ids::PersonId;
use daymark_tablet::folder::{self, Found, Opened};
use daymark_tablet::seal::{DataKey, TRIES};
use daymark_tablet::{
    Cost, FolderStorage, MemoryStorage, Pin, RecoveryCode, SealError, Sealed, Storage, StorageError,
};
use proptest::prelude::*;

const CHEAP: Cost = Cost::INSECURE_TEST;

fn person(id: &str) -> PersonId {
    id.parse().expect("an id")
}

fn pin(text: &str) -> Pin {
    Pin::chosen(text).expect("a PIN")
}

/// A sealed home of Mrs Shah with one record, and the office's code.
fn made(home: &Path) -> RecoveryCode {
    let Ok(Found::Fresh(fresh)) = folder::create(home) else {
        panic!("a new home");
    };
    let (mut storage, code) = fresh
        .seal(&person("a-shah"), &pin("258013"), CHEAP)
        .expect("sealed");
    storage.append(&[b"Ada is here".to_vec()]).expect("appended");
    code
}

fn unlock(home: &Path, by: Option<&str>, typed: &str) -> Result<FolderStorage, SealError> {
    let Ok(Opened::Locked(locked)) = folder::open(home) else {
        panic!("a sealed home");
    };
    let by = by.map(person);
    locked
        .unlock(by.as_ref(), &Pin::typed(typed).expect("a PIN"))
        .map_err(|error| match error {
            StorageError::Seal(error) => error,
            other => panic!("{other}"),
        })
}

fn tries(home: &Path) -> Vec<u8> {
    folder::status(home).expect("a status").tries_left
}

fn records(mut storage: FolderStorage) -> Vec<Vec<u8>> {
    storage.replay().expect("records")
}

fn keyring(storage: &mut FolderStorage) -> &mut daymark_tablet::Keyring {
    match storage {
        FolderStorage::Sealed { keyring, .. } => keyring,
        FolderStorage::Plain(_) => panic!("a sealed home"),
    }
}

#[test]
fn ten_wrong_pins_destroy_the_slot_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let code = made(home);
    for left in (1..TRIES).rev() {
        let error = unlock(home, None, "111111").expect_err("a wrong PIN");
        assert!(
            matches!(error, SealError::WrongPin(said) if said == left),
            "{error}"
        );
        assert_eq!(tries(home), [left]);
    }
    let right = unlock(home, None, "258013").expect("the right PIN, at the last try");
    assert_eq!(records(right), [b"Ada is here".to_vec()]);
    assert_eq!(tries(home), [TRIES], "the right PIN gives the tries back");
    let journal = fs::read(home.join("tablet.journal")).expect("a journal");
    for _ in 1..TRIES {
        unlock(home, None, "111111").expect_err("a wrong PIN");
    }
    let error = unlock(home, None, "111111").expect_err("the tenth");
    assert!(matches!(error, SealError::Locked), "{error}");
    let error = unlock(home, None, "258013").expect_err("the right PIN is too late");
    assert!(
        error.to_string().contains("hand it over to the office"),
        "{error}"
    );
    assert!(folder::status(home).expect("a status").locked);
    assert_eq!(
        fs::read(home.join("tablet.journal")).expect("a journal"),
        journal,
        "no record was touched"
    );

    let Ok(Opened::Locked(locked)) = folder::open(home) else {
        panic!("a sealed home");
    };
    let code = RecoveryCode::typed(&code.to_words()).expect("a code");
    let mut open = locked.recover(&code).expect("the office's code opens it");
    keyring(&mut open)
        .reset(&person("a-shah"), &pin("another one"), CHEAP)
        .expect("a new PIN");
    drop(open);
    let again = unlock(home, Some("a-shah"), "another one").expect("the new PIN");
    assert_eq!(records(again), [b"Ada is here".to_vec()]);
}

#[test]
fn tries_are_each_persons_own_and_the_pin_says_who_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let _code = made(home);
    let mut open = unlock(home, None, "258013").expect("open");
    assert_eq!(keyring(&mut open).person(), Some(&person("a-shah")));
    keyring(&mut open)
        .add(&person("m-lee"), &pin("2580"))
        .expect("added");
    let twice = keyring(&mut open).add(&person("m-lee"), &pin("9999x"));
    assert!(matches!(twice, Err(SealError::HasPin(_))));
    drop(open);
    assert!(matches!(unlock(home, None, "2580"), Err(SealError::SayWho)));
    assert!(matches!(
        unlock(home, Some("t-quill"), "2580"),
        Err(SealError::NoPin(_))
    ));
    assert_eq!(tries(home), [TRIES, TRIES], "nobody's try was counted");
    assert!(matches!(
        unlock(home, Some("a-shah"), "2580"),
        Err(SealError::WrongPin(9))
    ));
    let mut lee = unlock(home, Some("m-lee"), "2580").expect("open");
    assert_eq!(keyring(&mut lee).person(), Some(&person("m-lee")));
    assert_eq!(tries(home), [TRIES - 1, TRIES]);
    drop(lee);
    for _ in 0..TRIES - 2 {
        unlock(home, Some("a-shah"), "2580").expect_err("a wrong PIN");
    }
    let last = unlock(home, Some("a-shah"), "2580").expect_err("the tenth");
    assert!(matches!(last, SealError::Destroyed), "{last}");
    unlock(home, Some("m-lee"), "2580").expect("a colleague's PIN is not touched");
    let text = fs::read_to_string(home.join("keyslots")).expect("a file");
    assert!(!text.contains("shah") && !text.contains("lee"), "{text}");
}

#[test]
fn a_lost_device_secret_voids_pins_and_not_the_recovery_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let code = made(home);
    fs::remove_file(home.join("device.secret")).expect("removed");
    let error = unlock(home, None, "258013").expect_err("no secret");
    assert!(matches!(error, SealError::DeviceSecret(_)), "{error}");
    assert_eq!(tries(home), [TRIES], "no try was counted");
    let Ok(Opened::Locked(locked)) = folder::open(home) else {
        panic!("a sealed home");
    };
    let mut open = locked.recover(&code).expect("open");
    keyring(&mut open)
        .reset(&person("a-shah"), &pin("258013"), CHEAP)
        .expect("a new PIN");
    drop(open);
    unlock(home, None, "258013").expect("one person, one PIN");
}

#[test]
fn changed_keys_are_refused_by_name_and_never_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let _code = made(home);
    let path = home.join("keyslots");
    let good: serde_json::Value = serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON");
    let mut costly = good.clone();
    costly["pins"][0]["cost"]["memory_kib"] = u32::MAX.into();
    let mut cheaper = good.clone();
    cheaper["pins"][0]["cost"]["memory_kib"] = 32.into();
    let mut later = good.clone();
    later["format"] = 2.into();
    for (changed, says) in [
        (costly.to_string(), "out of bounds"),
        (later.to_string(), "later version"),
        ("{".to_owned(), "cannot be understood"),
        (cheaper.to_string(), "wrong PIN"),
    ] {
        fs::write(&path, changed).expect("written");
        let error = unlock(home, None, "258013").expect_err("changed");
        assert!(error.to_string().contains(says), "{error}");
    }
    fs::remove_file(&path).expect("removed");
    let error = folder::open(home).expect_err("the keys are gone");
    assert!(error.to_string().contains("`keyslots` is gone"), "{error}");
}

#[test]
fn a_record_of_an_unsealed_home_or_of_another_does_not_open() {
    let key = DataKey::random().expect("a key");
    let mut plain = MemoryStorage::default();
    plain.append(&[b"plain".to_vec()]).expect("appended");
    assert!(Sealed::open(plain, key.clone()).is_err());
    let ours = MemoryStorage::default();
    let mut sealed = Sealed::open(ours.clone(), key).expect("open");
    sealed.append(&[b"ours".to_vec()]).expect("appended");
    assert!(Sealed::open(ours, DataKey::random().expect("a key")).is_err());
}

/// A home of `bodies`, as it lies on the disk.
fn on_disk(key: &DataKey, bodies: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let storage = MemoryStorage::default();
    let mut sealed = Sealed::open(storage.clone(), key.clone()).expect("open");
    for body in bodies {
        sealed.append(std::slice::from_ref(body)).expect("appended");
    }
    storage.clone().replay().expect("records")
}

fn opened(key: &DataKey, records: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, usize> {
    let mut storage = MemoryStorage::default();
    storage.append(records).expect("appended");
    match Sealed::open(storage, key.clone()) {
        Ok(mut sealed) => Ok(sealed.replay().expect("records")),
        Err(StorageError::Seal(SealError::Record { record })) => Err(record),
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #[test]
    fn what_is_sealed_opens_and_no_change_of_it_does(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 2..12),
        (first, second) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        bit in any::<prop::sample::Index>(),
    ) {
        let key = DataKey::random().expect("a key");
        let good = on_disk(&key, &bodies);
        prop_assert_eq!(opened(&key, &good).expect("it opens"), bodies.clone());
        prop_assert_eq!(good.iter().collect::<BTreeSet<_>>().len(), good.len());

        let (first, second) = (first.index(good.len()), second.index(good.len()));
        let mut flipped = good.clone();
        let place = bit.index(flipped[first].len() * 8);
        flipped[first][place / 8] ^= 1 << (place % 8);
        prop_assert_eq!(opened(&key, &flipped), Err(first));

        let mut cut = good.clone();
        let keep = bit.index(cut[first].len());
        cut[first].truncate(keep);
        prop_assert_eq!(opened(&key, &cut), Err(first));

        if first != second {
            let mut swapped = good.clone();
            swapped.swap(first, second);
            prop_assert_eq!(opened(&key, &swapped), Err(first.min(second)));
            let mut moved = good.clone();
            let record = moved.remove(first);
            moved.insert(second, record);
            prop_assert_eq!(opened(&key, &moved), Err(first.min(second)));
        }
        let mut repeated = good.clone();
        repeated.insert(first + 1, good[first].clone());
        prop_assert_eq!(opened(&key, &repeated), Err(first + 1));
        let mut left_out = good.clone();
        left_out.remove(first);
        if first + 1 < good.len() {
            prop_assert_eq!(opened(&key, &left_out), Err(first));
        } else {
            // The end is the journal's to guard.
            prop_assert_eq!(opened(&key, &left_out).expect("it opens"), bodies[..first].to_vec());
        }
    }
}
