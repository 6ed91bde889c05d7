//! A school's own rules on disk: `rules.toml` in its home folder.

use std::path::{Path, PathBuf};

use daymark_core::fold::Rules;
use daymark_core::rules::limits::FILE_BYTES_MAX;
use daymark_core::rules::{Profile, RuleBook, RuleErrors};
use daymark_core::session::Date;

use crate::config::RULES_FILE;
use crate::text_file::{self, TextFileError};

/// Why a file of rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesFileError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] TextFileError),
    /// It has mistakes.
    #[error("{path} has mistakes; `daymark rules check {path}` lists them too:\n{errors}", path = path.display())]
    Rules {
        /// The file.
        path: PathBuf,
        /// All of them.
        errors: RuleErrors,
    },
    /// Two sets let different rules settle by themselves.
    #[error(
        "{RULES_FILE} lets other rules settle from {from} on, and a server judges all dates by one `settle`: write the same one in \
         every set"
    )]
    SettleChanges {
        /// The first day of the set that differs.
        from: Date,
    },
}

/// Reads a file of rules.
///
/// # Errors
/// The file cannot be read, or has mistakes: all of them.
pub fn read(path: &Path) -> Result<RuleBook, RulesFileError> {
    let text = text_file::read(path, FILE_BYTES_MAX)?;
    let path = path.to_path_buf();
    RuleBook::parse(&text).map_err(|errors| RulesFileError::Rules { path, errors })
}

/// Which rules settle by themselves: of a school with a book, its `settle`, and not the settings file's.
///
/// # Errors
/// [`RulesFileError::SettleChanges`]: the fold takes one for all dates, and past days would lose the rules of their day.
pub fn settling(book: &RuleBook) -> Result<Rules, RulesFileError> {
    let mut sets = book.sets().map(|(from, rules)| (from, rules.settle));
    let (_, first) = sets.next().expect("a book has a set");
    match sets.find(|(_, settle)| *settle != first) {
        None => Ok(first),
        Some((from, _)) => Err(RulesFileError::SettleChanges { from }),
    }
}

/// The first file of rules of a school that rests on a profile.
pub fn resting_on(profile: Profile) -> String {
    format!(
        "# The school's rules. Each set holds from its first day on and keeps what it does not say; earlier days are judged\n\
         # by the first set. Never change a set once its day has come: write another one below it.\n\
         # `daymark rules show` says of every value whose word it is, `daymark rules check rules.toml` finds mistakes.\n\
         profile = \"{profile}\"  # {title}\n\
         \n\
         [[rules]]\n\
         effective_from = 2024-08-19\n",
        title = profile.title()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(bytes: &[u8]) -> Result<RuleBook, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rules.toml");
        std::fs::write(&path, bytes).expect("a file");
        read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn every_profile_can_be_written_and_read() {
        for profile in Profile::ALL {
            let book = read_text(resting_on(profile).as_bytes()).expect("a first file");
            assert_eq!(book.profile(), Some(profile));
        }
    }

    #[test]
    fn the_settle_of_the_book_is_one_for_all_dates() {
        let two = |second: &str| {
            let text = format!(
                "[[rules]]\neffective_from = 2024-09-01\nsettle = [\"R2\"]\n\
                 [[rules]]\neffective_from = 2025-09-01\n{second}\n"
            );
            settling(&read_text(text.as_bytes()).expect("rules")).map_err(|error| error.to_string())
        };
        assert_eq!(two("retention_years = 7"), Ok(Rules { r1: false, r2: true }));
        let words = two("settle = []").expect_err("it changes");
        assert!(words.contains("from 2025-09-01 on"), "{words}");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_its_mistakes() {
        let words = read_text(b"[[rules]]\n").expect_err("no date");
        assert!(
            words.contains("rules.toml has mistakes") && words.contains("line 1: `effective_from`"),
            "{words}"
        );
        let words = read_text(b"\xff").expect_err("no text");
        assert!(words.contains("not UTF-8"), "{words}");
        let words = read_text("\u{e9}".repeat(FILE_BYTES_MAX).as_bytes()).expect_err("too long");
        assert!(words.contains("longer than the 65536 bytes"), "{words}");
        let words = read(Path::new("no/such/rules.toml"))
            .expect_err("no file")
            .to_string();
        assert!(words.starts_with("cannot read no/such/rules.toml"), "{words}");
    }
}
