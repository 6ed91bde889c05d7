//! A full disk, on a small file system of its own. Where none can be mounted these tests say so and pass.

use std::fs::{self, File};
use std::io::Write;
use std::process::Command;

use super::*;

/// A mounted file system of a few megabytes.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .output();
        if mount.is_ok_and(|output| output.status.success()) {
            Some(Self { folder })
        } else {
            println!("skipped: no file system can be mounted here");
            None
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn filler(&self) -> PathBuf {
        self.folder.path().join("filler")
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut filler = File::options()
            .append(true)
            .create(true)
            .open(self.filler())
            .unwrap();
        for piece in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![1; piece]).is_ok() {}
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

#[test]
fn on_a_full_disk_reading_goes_on_and_commits_are_refused_until_there_is_room() {
    let Some(disk) = SmallDisk::mount(24) else { return };
    let (store, _) = open(&disk.data());
    let mut events = mixed(50);
    store.commit(&events).unwrap();
    disk.fill();
    let mut refused = 0;
    for number in 0..200 {
        let event = stored_bytes(SHEETS[0], number, 3_000);
        match store.commit(std::slice::from_ref(&event)) {
            Ok(()) => events.push(event),
            Err(StoreError::NoRoom { .. }) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(refused > 190, "{refused}");
    assert!(!store.state().is_writable);
    assert!(matches!(store.probe(), Err(StoreError::NoRoom { .. })));
    assert_eq!(answers(&store), expected(&events));

    assert!(store.release_ballast().unwrap());
    store.probe().unwrap();
    assert!(store.state().is_writable);
    let event = stored_bytes(SHEETS[1], 7, 3_000);
    store.commit(std::slice::from_ref(&event)).unwrap();
    events.push(event);
    assert_eq!(answers(&store), expected(&events));
    fs::remove_file(disk.filler()).unwrap();
    drop(store);
    let (store, index) = open(&disk.data());
    assert!(!matches!(index, IndexOpening::InMemory { .. }), "{index:?}");
    assert_eq!(answers(&store), expected(&events));
}

#[test]
fn an_intact_store_opens_on_a_full_disk_whether_its_index_is_there_or_not() {
    let Some(disk) = SmallDisk::mount(24) else { return };
    let events = mixed(80);
    let (store, _) = open(&disk.data());
    store.commit(&events).unwrap();
    drop(store);
    for is_index_lost in [false, true] {
        if is_index_lost {
            fs::remove_dir_all(index::index_folder(&disk.data())).unwrap();
        }
        disk.fill();
        let (store, opening) = EmbeddedStore::open(disk.data()).unwrap();
        println!("index lost: {is_index_lost}: {:?}", opening.index);
        if is_index_lost {
            assert!(
                matches!(opening.index, IndexOpening::InMemory { .. }),
                "{opening:?}"
            );
            assert!(!store.state().is_writable && store.state().in_memory.is_some());
            assert_eq!(opening.warnings().len(), 1, "{opening:?}");
            assert!(store.probe().is_err());
        }
        assert_eq!(answers(&store), expected(&events));
        let large = stored_bytes(SHEETS[0], 1, 100_000);
        assert!(matches!(store.commit(&[large]), Err(StoreError::NoRoom { .. })));
        assert_eq!(answers(&store), expected(&events));
        assert_eq!(store.check().unwrap().events, events.len() as u64);
        drop(store);
        fs::remove_file(disk.filler()).unwrap();
        let (store, index) = open(&disk.data());
        assert!(!matches!(index, IndexOpening::InMemory { .. }), "{index:?}");
        assert_eq!(answers(&store), expected(&events));
    }
}
