//! Where PINs and recovery codes come from: a file, the environment, or a terminal. Never an argument.

use std::io::{BufRead, BufReader, IsTerminal};
use std::path::Path;

use daymark_tablet::Cost;
use zeroize::Zeroizing;

use crate::error::CliError;

/// More than this is no PIN.
const BYTES_MAX: u64 = 4096;

/// A secret that a command needs, and how it is given.
pub(crate) struct Asked {
    /// What it is.
    what: &'static str,
    /// The argument that names a file.
    flag: &'static str,
    /// The environment variable.
    variable: &'static str,
}

/// What unlocks the tablet.
pub(crate) const OLD_PIN: Asked = Asked {
    what: "PIN",
    flag: "--pin-file",
    variable: "DAYMARK_PIN",
};

/// What is to unlock it from now on.
pub(crate) const NEW_PIN: Asked = Asked {
    what: "New PIN",
    flag: "--new-pin-file",
    variable: "DAYMARK_NEW_PIN",
};

/// What the office keeps.
pub(crate) const RECOVERY: Asked = Asked {
    what: "Recovery code",
    flag: "--recovery-file",
    variable: "DAYMARK_RECOVERY",
};

/// Whether it is given, without a terminal being asked.
pub(crate) fn is_given(file: Option<&Path>, asked: &Asked) -> bool {
    file.is_some() || std::env::var_os(asked.variable).is_some()
}

/// Reads it: from the file, else from the environment, else from a person at a terminal, without showing it.
pub(crate) fn read(file: Option<&Path>, asked: &Asked) -> Result<Zeroizing<String>, CliError> {
    if let Some(file) = file {
        return first_line(file);
    }
    if let Ok(text) = std::env::var(asked.variable) {
        return Ok(Zeroizing::new(text));
    }
    if std::io::stdin().is_terminal() {
        return Ok(Zeroizing::new(rpassword::prompt_password(format!(
            "{}: ",
            asked.what
        ))?));
    }
    Err(CliError::Usage(format!(
        "this tablet is sealed: give the {} with {} FILE or in {}, or run this at a terminal",
        asked.what, asked.flag, asked.variable
    )))
}

/// Reads one that is chosen now. A person at a terminal types it twice.
pub(crate) fn read_new(file: Option<&Path>, asked: &Asked) -> Result<Zeroizing<String>, CliError> {
    let first = read(file, asked)?;
    if !is_given(file, asked) {
        let again = Zeroizing::new(rpassword::prompt_password("The same again: ")?);
        if again != first {
            return Err(CliError::Usage(
                "the two were not the same: nothing was changed, try again".to_owned(),
            ));
        }
    }
    Ok(first)
}

fn first_line(file: &Path) -> Result<Zeroizing<String>, CliError> {
    let failed = |source| CliError::File {
        path: file.display().to_string(),
        source,
    };
    let mut line = Zeroizing::new(String::new());
    if file == Path::new("-") {
        // The standard input's own buffer is shared, so that a second secret may follow on the next line.
        std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    } else {
        let opened = std::fs::File::open(file).map_err(failed)?;
        BufReader::new(std::io::Read::take(opened, BYTES_MAX))
            .read_line(&mut line)
            .map_err(failed)?;
    }
    let kept = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(kept);
    Ok(line)
}

/// Says it where a guess costs next to nothing.
pub(crate) fn warn_if_insecure(cost: Cost) {
    if cost.is_insecure() {
        eprintln!(
            "daymark-tablet: warning: this tablet's PINs were made with --pin-cost insecure-test and can be guessed in no \
             time: use it with made-up people only"
        );
    }
}
