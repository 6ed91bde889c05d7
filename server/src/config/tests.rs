//! Keys and the token after somebody edited their files: refused in words, or no difference.

use super::*;
use crate::dice::Dice;
use crate::keys::DESK_KEY_FILE;
use crate::log::key::KEY_FILE;

const EDITS: usize = 3_000;

/// An edit by hand: a bit, a cut at either end, something behind, two pieces exchanged.
fn edit(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    let mut edited = bytes.to_vec();
    let at = dice.below(bytes.len());
    match dice.below(6) {
        0 | 1 => edited[at] ^= 1 << dice.below(8),
        2 => edited.truncate(at),
        3 => drop(edited.drain(..at)),
        4 => edited.extend_from_slice(&bytes[at..]),
        _ => edited.rotate_left(at),
    }
    edited
}

fn home() -> (tempfile::TempDir, Home, SchoolId) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::at(folder.path().join("home"));
    let school = School {
        urn: SchoolId(123_456),
        name: "Made-up Primary".to_owned(),
        laestab: None,
    };
    let address = DEFAULT_LISTEN.parse().expect("an address");
    home.init(&Config::new(school, address), None)
        .expect("a new home");
    (folder, home, SchoolId(123_456))
}

#[test]
fn a_key_that_was_edited_is_refused_by_name_or_is_still_the_same() {
    let (_folder, home, school) = home();
    let public = |keys: &Keys| (keys.school.secret().public(), keys.desk.public());
    let whole = public(&home.keys(school).expect("keys"));
    for file in [KEY_FILE, DESK_KEY_FILE] {
        let path = home.path().join(file);
        let good = fs::read(&path).expect("a key");
        let mut dice = Dice(0x0d1c_e5ee_d000_0011);
        let mut refused = 0;
        for round in 0..EDITS {
            fs::write(&path, edit(&mut dice, &good)).expect("an edit");
            match home.keys(school) {
                Ok(keys) => assert_eq!(
                    public(&keys),
                    whole,
                    "{file}, round {round}: another key was taken"
                ),
                Err(error) => {
                    let words = error.to_string();
                    assert!(words.contains(file) && words.contains("backup"), "{words}");
                    refused += 1;
                }
            }
        }
        assert!(
            refused > EDITS / 2,
            "{file}: only {refused} of {EDITS} were noticed"
        );
        fs::write(&path, &good).expect("the key");
    }
    // One key in the place of the other.
    let [school_key, desk_key] = [KEY_FILE, DESK_KEY_FILE].map(|file| home.path().join(file));
    fs::copy(&desk_key, &school_key).expect("a copy");
    let words = home.keys(school).err().expect("it is refused").to_string();
    assert!(words.contains(KEY_FILE), "{words}");
}

#[test]
fn a_token_that_was_edited_lets_no_short_secret_in() {
    let (_folder, home, _) = home();
    let path = home.path().join(TOKEN_FILE);
    let good = fs::read(&path).expect("a token");
    let mut dice = Dice(0x0d1c_e5ee_d000_0012);
    let mut refused = 0;
    for round in 0..EDITS {
        let edited = edit(&mut dice, &good);
        fs::write(&path, &edited).expect("an edit");
        match home.token() {
            Ok(token) => assert!(
                plain(&token).len() >= TOKEN_LETTERS_MIN,
                "round {round}: {token:?}"
            ),
            Err(error) => {
                assert!(error.to_string().contains(TOKEN_FILE), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > EDITS / 10, "{refused} of {EDITS}");
    for short in [
        "",
        "\n",
        "-------",
        "0000000-0000000-00000",
        "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
    ] {
        fs::write(&path, short).expect("an edit");
        let words = home.token().expect_err("it is no secret").to_string();
        assert!(words.contains("20 letters and digits"), "{words}");
    }
}
