//! A school's own rules on disk: `rules.toml` in its home folder.

use std::path::{Path, PathBuf};

use daymark_core::rules::limits::FILE_BYTES_MAX;
use daymark_core::rules::{Profile, RuleBook, RuleErrors};

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
