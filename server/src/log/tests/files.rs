//! The key and the last checkpoint on disk: what is written is read again, and what happened to a file is named.

use std::fs;
use std::path::Path;

use daymark_core::ids::SchoolId;
use daymark_core::log::checkpoint::{Checkpoint, VerifiedCheckpoint};
use daymark_core::log::leaf::leaf_hash;
use daymark_core::log::proof::TreeSize;

use crate::log::checkpoint_file::{CHECKPOINT_FILE, CheckpointFile, CheckpointFileError};
use crate::log::key::{KEY_FILE, LogKey, LogKeyError, to_pem};
use daymark_sync_protocol::hub::tree::Tree;

const SCHOOL: SchoolId = SchoolId(123_456);

// The private key of 32 bytes 2A, for this test alone, as `openssl pkey` writes it, and the public key that it gives.
const OPENSSL_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEICoqKioqKioqKioqKioqKioqKioqKioqKioqKioqKioq
-----END PRIVATE KEY-----
";
const OPENSSL_PUBLIC: &str = "197f6b23e16c8532c6abc838facd5ea789be0c76b2920334039bfa8b3d368d61";

fn checkpoint(key: &LogKey, size: u8) -> VerifiedCheckpoint {
    let mut tree = Tree::new();
    for number in 0..size {
        tree.push(leaf_hash(&[number]));
    }
    key.sign_checkpoint(&Checkpoint::new(SCHOOL, tree.head(), None))
        .unwrap()
}

fn write_key(home: &Path, text: &str) {
    let path = home.join(KEY_FILE);
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

#[test]
fn a_key_is_made_once_and_then_read() {
    let home = tempfile::tempdir().unwrap();
    assert!(matches!(
        LogKey::open(home.path(), SCHOOL),
        Err(LogKeyError::Missing { .. })
    ));
    let made = LogKey::init(home.path(), SCHOOL).unwrap();
    let text = fs::read_to_string(home.path().join(KEY_FILE)).unwrap();
    for again in [
        LogKey::open(home.path(), SCHOOL).unwrap(),
        LogKey::init(home.path(), SCHOOL).unwrap(),
    ] {
        assert_eq!(again.public(), made.public());
        assert_eq!(again.sign(b"bytes"), made.sign(b"bytes"));
    }
    assert_eq!(fs::read_to_string(home.path().join(KEY_FILE)).unwrap(), text);
    assert_eq!(
        fs::read_dir(home.path()).unwrap().count(),
        1,
        "no half file is left"
    );
    let other = tempfile::tempdir().unwrap();
    let other = LogKey::init(other.path(), SCHOOL).unwrap();
    assert_ne!(other.fingerprint(), made.fingerprint());
}

#[test]
fn a_key_is_read_and_written_as_openssl_does() {
    let home = tempfile::tempdir().unwrap();
    for text in [OPENSSL_KEY.to_owned(), OPENSSL_KEY.replace('\n', "\r\n")] {
        write_key(home.path(), &text);
        let key = LogKey::open(home.path(), SCHOOL).unwrap();
        assert_eq!(daymark_core::ids::hex(&key.public().public()), OPENSSL_PUBLIC);
        assert_eq!(to_pem(&[0x2a; 32]), OPENSSL_KEY);
    }
}

#[test]
fn a_damaged_key_is_named_and_never_replaced() {
    let home = tempfile::tempdir().unwrap();
    let body = OPENSSL_KEY.lines().nth(1).unwrap();
    for bad in [
        String::new(),
        body.to_owned(),
        OPENSSL_KEY.replace("PRIVATE", "PUBLIC"),
        OPENSSL_KEY.replace(body, &body[1..]),
        OPENSSL_KEY.replace("MC4C", "MC5C"),
        OPENSSL_KEY.replace(body, &format!("{body}\n{body}")),
        format!("{OPENSSL_KEY}{OPENSSL_KEY}"),
    ] {
        write_key(home.path(), &bad);
        assert!(matches!(
            LogKey::init(home.path(), SCHOOL),
            Err(LogKeyError::Damaged { .. })
        ));
        assert_eq!(fs::read_to_string(home.path().join(KEY_FILE)).unwrap(), bad);
    }
    fs::write(home.path().join(KEY_FILE), b"\xff").unwrap();
    assert!(LogKey::open(home.path(), SCHOOL).is_err());
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_refused_with_the_way_out() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    LogKey::init(home.path(), SCHOOL).unwrap();
    let path = home.path().join(KEY_FILE);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    let error = LogKey::open(home.path(), SCHOOL).expect_err("others may read it");
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[test]
fn a_key_does_not_show_itself() {
    let home = tempfile::tempdir().unwrap();
    write_key(home.path(), OPENSSL_KEY);
    let shown = format!("{:?}", LogKey::open(home.path(), SCHOOL).unwrap());
    assert!(
        shown.starts_with("LogKey(NoteKey(daymark/123456+") && shown.len() < 50,
        "{shown}"
    );
}

#[test]
fn a_checkpoint_is_kept_and_replaced() {
    let home = tempfile::tempdir().unwrap();
    let key = LogKey::init(home.path(), SCHOOL).unwrap();
    let data = tempfile::tempdir().unwrap();
    let file = CheckpointFile::in_folder(data.path());
    assert_eq!(file.read(key.public()).unwrap(), None);
    // What a write that was cut off leaves behind is passed over.
    fs::write(data.path().join("checkpoint.new"), "half a no").unwrap();
    assert_eq!(file.read(key.public()).unwrap(), None);
    for size in [3, 4, 200] {
        let checkpoint = checkpoint(&key, size);
        file.write(&checkpoint).unwrap();
        assert_eq!(file.read(key.public()).unwrap(), Some(checkpoint));
    }
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
    assert_eq!(
        file.read(key.public()).unwrap().unwrap().head().size,
        TreeSize(200)
    );
}

#[test]
fn a_checkpoint_that_was_touched_is_damaged_and_not_absent() {
    let home = tempfile::tempdir().unwrap();
    let key = LogKey::init(home.path(), SCHOOL).unwrap();
    let file = CheckpointFile::in_folder(home.path());
    let good = checkpoint(&key, 9).note().as_bytes().to_vec();
    let mut flipped = good.clone();
    flipped[20] ^= 1;
    let long = b"a".repeat(200_000);
    for bad in [&good[..good.len() - 1], &good[..40], &[], &flipped, &long] {
        fs::write(home.path().join(CHECKPOINT_FILE), bad).unwrap();
        let error = file.read(key.public()).expect_err("it was touched");
        assert!(matches!(error, CheckpointFileError::Damaged { .. }), "{error}");
    }
    fs::write(home.path().join(CHECKPOINT_FILE), &good).unwrap();
    let other = tempfile::tempdir().unwrap();
    let other = LogKey::init(other.path(), SCHOOL).unwrap();
    assert!(file.read(other.public()).is_err(), "signed by another key");
}

#[test]
fn a_folder_that_is_gone_is_an_error_with_its_path() {
    let home = tempfile::tempdir().unwrap();
    let key = LogKey::init(home.path(), SCHOOL).unwrap();
    let file = CheckpointFile::in_folder(&home.path().join("gone"));
    let error = file.write(&checkpoint(&key, 1)).expect_err("no such folder");
    assert!(error.to_string().contains("gone"), "{error}");
}
