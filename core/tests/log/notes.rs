//! Notes and checkpoints: those that others have published, and every way to spoil one.

use daymark_core::ids::SchoolId;
use daymark_core::log::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use daymark_core::log::key::{NoteKey, origin_of};
use daymark_core::log::note::{NOTE_BYTES_MAX, NoteError, SIGNATURES_MAX, SignedNote};
use daymark_core::log::proof::{LogHash, TreeHead, TreeSize};
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

const SCHOOL: SchoolId = SchoolId(123_456);

// The published test of Go's golang.org/x/mod/sumdb/note.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_LINE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

// A tree head of Go's checksum database, and the key that the go command has built in. C2SP tlog-checkpoint shows the same
// head under another origin.
const SUM_KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
const SUM_HEAD: &str = "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
const C2SP_EXAMPLE: &str =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

fn key(text: &str) -> NoteKey {
    text.parse().unwrap()
}

fn open(note: &str, by: &str) -> Result<String, NoteError> {
    SignedNote::parse(note.as_bytes())?
        .verified_text(&key(by))
        .map(str::to_owned)
}

#[test]
fn published_notes_verify() {
    let both = format!("{TEXT}\n{PETER_LINE}{ENOCH_LINE}");
    assert_eq!(open(&format!("{TEXT}\n{PETER_LINE}"), PETER), Ok(TEXT.to_owned()));
    assert_eq!(open(&both, PETER), Ok(TEXT.to_owned()));
    assert_eq!(open(&both, ENOCH), Ok(TEXT.to_owned()));
    let by_enoch = format!("{TEXT}\n{ENOCH_LINE}");
    assert_eq!(
        open(&by_enoch, PETER),
        Err(NoteError::NotSigned("PeterNeumann".to_owned()))
    );
    let not_written_by_enoch = both.replace("AF1a", "AF1b");
    assert_eq!(open(&not_written_by_enoch, PETER), Ok(TEXT.to_owned()));
    assert_eq!(
        open(&not_written_by_enoch, ENOCH),
        Err(NoteError::BadSignature("EnochRoot".to_owned()))
    );
}

#[test]
fn a_tree_head_that_the_world_relies_on_verifies() {
    let text = open(SUM_HEAD, SUM_KEY).unwrap();
    let checkpoint = Checkpoint::parse(&text).unwrap();
    assert_eq!(checkpoint.head().size, TreeSize(20_852_163));
    assert_eq!(checkpoint.sign_text(), text);
    // Its log is not named after its key, and for ours it must be.
    let signed = SignedCheckpoint::parse(SUM_HEAD.as_bytes()).unwrap();
    assert!(matches!(
        signed.verify(&key(SUM_KEY)),
        Err(CheckpointError::OtherLog { .. })
    ));
    assert_eq!(Checkpoint::parse(C2SP_EXAMPLE).unwrap().head(), checkpoint.head());
}

#[test]
fn what_go_calls_malformed_is_malformed() {
    let cut = &PETER_LINE[..PETER_LINE.len() - 1];
    for bad in [
        TEXT.to_owned(),
        format!("{TEXT}\n"),
        format!("{TEXT}\n{cut}"),
        format!("\u{1}{TEXT}\n{PETER_LINE}"),
        format!("{TEXT}\n— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAc=\n"),
        format!("{TEXT}\n{PETER_LINE}Unexpected line.\n"),
        format!("{TEXT}\n{PETER_LINE}\n"),
        format!("{TEXT}\n— PeterNeumann x08goA==\n").replace("goA", "g"),
        format!("{TEXT}\n- PeterNeumann x08go/ZJkuBS9UG/\n"),
        format!("{TEXT}\n{}", PETER_LINE.repeat(SIGNATURES_MAX + 1)),
        "a".repeat(NOTE_BYTES_MAX + 1),
    ] {
        assert!(SignedNote::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    let not_utf8 = [b"\xff", format!("{TEXT}\n{PETER_LINE}").as_bytes()].concat();
    assert_eq!(SignedNote::parse(&not_utf8), Err(NoteError::NotText));
    let many = format!("{TEXT}\n{}", PETER_LINE.repeat(SIGNATURES_MAX));
    assert_eq!(open(&many, PETER), Ok(TEXT.to_owned()));
}

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

fn school_key() -> NoteKey {
    NoteKey::of_school(SCHOOL, signing_key().verifying_key().as_bytes()).unwrap()
}

fn checkpoint(branch: Option<LogHash>) -> Checkpoint {
    let head = TreeHead {
        size: TreeSize(7),
        root: LogHash([3; 32]),
    };
    Checkpoint::new(SCHOOL, head, branch)
}

fn signed(text: &str) -> Vec<u8> {
    let signature = signing_key().sign(text.as_bytes()).to_bytes();
    let note = SignedNote::assemble(text, &school_key(), &signature).unwrap();
    note.as_str().as_bytes().to_vec()
}

#[test]
fn a_checkpoint_survives_with_and_without_a_branch() {
    for branch in [None, Some(LogHash([9; 32]))] {
        let checkpoint = checkpoint(branch);
        assert_eq!(Checkpoint::parse(&checkpoint.sign_text()), Ok(checkpoint.clone()));
        let signature = signing_key().sign(checkpoint.sign_text().as_bytes()).to_bytes();
        let verified = SignedCheckpoint::assemble(&checkpoint, &school_key(), &signature).unwrap();
        assert_eq!(verified.checkpoint(), &checkpoint);
        let again = SignedCheckpoint::parse(verified.note().as_bytes()).unwrap();
        assert_eq!(again.verify(&school_key()), Ok(verified));
    }
}

#[test]
fn a_signature_over_something_else_makes_no_checkpoint() {
    let wrong = signing_key().sign(b"something else").to_bytes();
    assert_eq!(
        SignedCheckpoint::assemble(&checkpoint(None), &school_key(), &wrong),
        Err(CheckpointError::Note(NoteError::BadSignature(origin_of(SCHOOL))))
    );
}

#[test]
fn a_checkpoint_of_another_school_is_refused() {
    let text = checkpoint(None).sign_text().replace("123456", "654321");
    let note = SignedCheckpoint::parse(&signed(&text)).unwrap();
    assert_eq!(
        note.verify(&school_key()),
        Err(CheckpointError::OtherLog {
            origin: "daymark/654321".to_owned(),
            expected: "daymark/123456".to_owned()
        })
    );
}

#[test]
fn texts_that_are_no_checkpoint_are_refused() {
    let good = checkpoint(Some(LogHash([9; 32]))).sign_text();
    let (head, branch) = good.split_at(good.find("branch").unwrap());
    let root = LogHash([3; 32]).to_base64();
    let unknown = format!("{head}something new\n{branch}");
    assert_eq!(
        Checkpoint::parse(&unknown).unwrap().branch(),
        Some(LogHash([9; 32]))
    );
    for (bad, why) in [
        (String::new(), CheckpointError::Lines),
        (good.trim_end().to_owned(), CheckpointError::Lines),
        (format!("{good}\n"), CheckpointError::Lines),
        (format!("\n7\n{root}\n"), CheckpointError::Lines),
        (format!("o\n\n{root}\n"), CheckpointError::Lines),
        (format!("o\n7\n{root}\n\nx\n"), CheckpointError::Lines),
        ("o\n7\n".to_owned(), CheckpointError::Lines),
        (good.replace("\n7\n", "\n07\n"), CheckpointError::Size),
        (good.replace("\n7\n", "\n+7\n"), CheckpointError::Size),
        (good.replace("\n7\n", "\n7 \n"), CheckpointError::Size),
        (
            good.replace("\n7\n", "\n9223372036854775808\n"),
            CheckpointError::Size,
        ),
        (good.replace("\n7\n", "\n0\n"), CheckpointError::Root),
        (good.replace(&root, &root[1..]), CheckpointError::Root),
        (format!("{head}branch \n"), CheckpointError::Branch),
        (format!("{good}{branch}"), CheckpointError::Branch),
    ] {
        assert_eq!(Checkpoint::parse(&bad), Err(why), "{bad:?}");
    }
    let long = format!("{good}{}\n", "x".repeat(4096));
    assert!(matches!(
        Checkpoint::parse(&long),
        Err(CheckpointError::TooLong(_))
    ));
}

/// Whatever bit of a signed checkpoint flips, it is refused, or says what it said: the one place where a flip does no harm is a
/// name in a signature line that then means another key, and that leaves the note unsigned.
#[test]
fn no_flipped_bit_passes() {
    let good = signed(&checkpoint(Some(LogHash([9; 32]))).sign_text());
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            let verdict = SignedCheckpoint::parse(&bad).and_then(|note| note.verify(&school_key()));
            assert!(verdict.is_err(), "byte {at} bit {bit}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), lines in "[a-z0-9=+/ \n—]{0,200}") {
        let _ = SignedCheckpoint::parse(&bytes);
        let _ = SignedCheckpoint::parse(lines.as_bytes());
        let _ = Checkpoint::parse(&lines);
        let _ = lines.parse::<NoteKey>();
    }
}
