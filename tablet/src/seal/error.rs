//! Why a sealed home does not open, and what to do about it.

use std::path::PathBuf;

use daymark_core::ids::PersonId;

/// Why a sealed home, or one of its PINs, was refused. Nothing that was recorded is ever lost by it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The home is sealed, and no PIN was given.
    #[error("{} is sealed: it opens with a person's PIN", .0.display())]
    NeedsPin(PathBuf),
    /// The records are sealed, and the file that holds the wrapped keys is not there.
    #[error(
        "the records in {} are sealed and its file `keyslots` is gone: put that file back; nothing was changed",
        .0.display()
    )]
    NoSlots(PathBuf),
    /// The file of wrapped keys cannot be understood.
    #[error("{} cannot be understood ({why}): put an older copy of it back; nothing was changed", path.display())]
    Slots {
        /// Which file.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
    /// A file beside the records cannot be read or written.
    #[error("cannot read or write {}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The device's own secret is gone or damaged.
    #[error(
        "{} is gone or damaged, so no PIN opens this tablet any more: hand it over to the office, which opens it with \
         the recovery code (`pin reset`); nothing was deleted",
        .0.display()
    )]
    DeviceSecret(PathBuf),
    /// Several people have a PIN here.
    #[error("several people have a PIN on this tablet: say who you are with --by STAFF_ID")]
    SayWho,
    /// This person has none.
    #[error(
        "{0} has no PIN on this tablet: somebody who has one unlocks it and gives {0} one with `pin add --staff {0}`, \
         or the office does with the recovery code (`pin reset`)"
    )]
    NoPin(PersonId),
    /// This person has one.
    #[error(
        "{0} has a PIN on this tablet already: they change it with `pin change`; if it is forgotten, the office sets \
         another with the recovery code (`pin reset`)"
    )]
    HasPin(PersonId),
    /// The PIN is not the person's.
    #[error("wrong PIN: {}", left(*.0))]
    WrongPin(u8),
    /// The last try was used up; other people have a PIN.
    #[error(
        "wrong PIN for the last time: this PIN is destroyed. Somebody else with a PIN can still unlock this tablet, and \
         the office can set another PIN with the recovery code (`pin reset`); nothing was deleted"
    )]
    Destroyed,
    /// No PIN is left.
    #[error(
        "this tablet is locked, for no PIN is left on it: hand it over to the office, which opens it with the recovery \
         code (`pin reset`). Every record is still there, sealed"
    )]
    Locked,
    /// A PIN that somebody chose is too easily guessed, or out of bounds.
    #[error("this PIN cannot be taken: {0}")]
    Unfit(&'static str),
    /// Not the text of a recovery code.
    #[error(
        "a recovery code is 32 of the digits 0-9 and letters a-f, in groups or not: check what was typed"
    )]
    RecoveryForm,
    /// Not the recovery code of this home.
    #[error("this is not the recovery code of this tablet: check the label, and what was typed")]
    Recovery,
    /// Too many people.
    #[error("a tablet takes PINs of {0} people at most")]
    TooMany(usize),
    /// A record does not open with the home's key where it stands.
    #[error(
        "record {record} of this tablet's home was changed, moved or put in from elsewhere: its seal does not fit; \
         nothing was changed, put the tablet's folder back from a copy or hand it over to the office"
    )]
    Record {
        /// Which, counted from 0; as many before it are good.
        record: usize,
    },
    /// Too long for the cipher.
    #[error("a record is too long to be sealed")]
    TooLong,
    /// The system has no randomness.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// The key could not be derived.
    #[error("the PIN could not be tried ({0}): close other programs, then try again")]
    Derive(argon2::Error),
}

fn left(tries: u8) -> String {
    match tries {
        1 => "1 try is left, then this PIN is destroyed".to_owned(),
        many => format!("{many} tries are left"),
    }
}
