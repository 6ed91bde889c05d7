//! The school's home folder on the server, and its settings.

use std::fs;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daymark_core::calendar::Calendar;
use daymark_core::fold::Rules;
use daymark_core::ids::SchoolId;
use daymark_core::rules::{Profile, RegisterPolicy, RuleBook};
use daymark_core::signature::{SecretKey, plain};
use daymark_sync_protocol::hub::SchoolFacts;
use serde::{Deserialize, Serialize};

use crate::calendar_file::{self, CalendarFileError};
use crate::invitation;
use crate::keys::Keys;
use crate::log::key::LogKeyError;
use crate::rules_file::{self, RulesFileError};
use crate::tls::serving::Pair;
use crate::worklists::Policy;

/// The settings file in a home folder.
pub const CONFIG_FILE: &str = "daymark.toml";
/// The school's own rules in a home folder: times, deadlines, triggers, thresholds. A school may have none.
pub const RULES_FILE: &str = "rules.toml";
/// The school's calendar in a home folder: terms, INSET days, closures. Nothing is counted without one.
pub const CALENDAR_FILE: &str = "calendar.toml";
/// The file that holds the office's token, readable by the server's user alone.
pub const TOKEN_FILE: &str = "office.token";
/// The fewest letters and digits of an office's token: 100 bits, where they are drawn at random. Ours have 26.
pub const TOKEN_LETTERS_MIN: usize = 20;
/// The address that a server listens on unless told otherwise: this machine only.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8443";

/// The settings of one school.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The school.
    pub school: School,
    /// Where to listen.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Listen without TLS also beyond this machine: for a proxy that ends TLS.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure_http: bool,
    /// Proxies that are believed when they name the address that they speak for. One on this machine always is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusted_proxies: Vec<IpAddr>,
    /// The server's certificate; without one it speaks plain HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Which rules settle by themselves, in a school without rules of its own.
    #[serde(default)]
    pub rules: Rules,
}

/// The server's certificate and key. Relative paths start at the home folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate in PEM, followed by those between it and its authority.
    pub certificate: PathBuf,
    /// Its key in PEM.
    pub key: PathBuf,
}

/// Which school this is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct School {
    /// Its unique reference number.
    pub urn: SchoolId,
    /// What it is called.
    pub name: String,
    /// Its establishment number, such as `123/4567`, for exports; the URN where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub laestab: Option<String>,
}

fn default_listen() -> SocketAddr {
    DEFAULT_LISTEN.parse().expect("the default address is an address")
}

/// Why a home folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read or written.
    #[error("cannot use {path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The settings cannot be understood.
    #[error("{path} cannot be understood: {source}", path = path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where, and why.
        source: Box<toml::de::Error>,
    },
    /// A key.
    #[error(transparent)]
    Key(#[from] LogKeyError),
    /// The school's rules.
    #[error(transparent)]
    Rules(#[from] RulesFileError),
    /// The school's calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarFileError),
    /// The token's file holds nothing that keeps a guesser out.
    #[error("{path} holds no secret of {TOKEN_LETTERS_MIN} letters and digits or more: put it back from a backup, or write a new long secret into it", path = path.display())]
    Token {
        /// The file.
        path: PathBuf,
    },
    /// The folder is a school's home already.
    #[error("{path} exists already: this folder is a school's home; choose another", path = path.display())]
    Exists {
        /// The settings file.
        path: PathBuf,
    },
    /// The folder is not a school's home.
    #[error("{path} is not there: run `daymark init --home {home}` first", path = path.display(), home = home.display())]
    NotAHome {
        /// The settings file.
        path: PathBuf,
        /// The folder.
        home: PathBuf,
    },
}

/// A school's home folder: settings, the office's token, and `data`.
#[derive(Debug, Clone)]
pub struct Home(PathBuf);

impl Home {
    /// The home at a path; nothing is read or made yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the register is kept.
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The files of the server's certificate, if the settings name any.
    pub fn pair(&self, config: &Config) -> Option<Pair> {
        config.tls.as_ref().map(|tls| Pair {
            certificate: self.0.join(&tls.certificate),
            key: self.0.join(&tls.key),
        })
    }

    /// The keys of the school and of its desk.
    ///
    /// # Errors
    /// A file is missing or damaged.
    pub fn keys(&self, school: SchoolId) -> Result<Keys, ConfigError> {
        Ok(Keys::read(&self.0, school)?)
    }

    /// The school's rules over time; `None` where it has written none.
    ///
    /// # Errors
    /// The file cannot be read, or has mistakes: all of them.
    pub fn rules(&self) -> Result<Option<RuleBook>, ConfigError> {
        match rules_file::read(&self.0.join(RULES_FILE)) {
            Ok(book) => Ok(Some(book)),
            Err(RulesFileError::File(error)) if error.is_not_there() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The school's calendar; `None` where it has written none.
    ///
    /// # Errors
    /// The file cannot be read, or has mistakes: all of them.
    pub fn calendar(&self) -> Result<Option<Calendar>, ConfigError> {
        match calendar_file::read(&self.0.join(CALENDAR_FILE)) {
            Ok(calendar) => Ok(Some(calendar)),
            Err(CalendarFileError::File(error)) if error.is_not_there() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// By what the school counts: its book of rules, or law and guidance where it has none, and its calendar.
    ///
    /// # Errors
    /// As for [`Self::calendar`].
    pub fn policy(&self, book: Option<&RuleBook>) -> Result<Policy, ConfigError> {
        Ok(Policy {
            rules: Arc::new(book.cloned().unwrap_or_else(RuleBook::statutory)),
            calendar: self.calendar()?.map(Arc::new),
        })
    }

    /// Makes a home: the folder, the settings, new keys, a new token for the office, and rules that rest on a profile
    /// where one is named.
    ///
    /// # Errors
    /// The folder is a home already, or cannot be written. What is there is never overwritten.
    pub fn init(&self, config: &Config, profile: Option<Profile>) -> Result<(), ConfigError> {
        let path = self.0.join(CONFIG_FILE);
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| ConfigError::Io { path, source }
        };
        if path.exists() {
            return Err(ConfigError::Exists { path });
        }
        fs::create_dir_all(self.data()).map_err(failed(&self.0))?;
        restrict(&self.0).map_err(failed(&self.0))?;
        let token = invitation::random_secret().map_err(failed(&self.0.join(TOKEN_FILE)))?;
        let mut file = fs::OpenOptions::new();
        file.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
        let token_path = self.0.join(TOKEN_FILE);
        file.open(&token_path)
            .and_then(|mut file| file.write_all(token.as_bytes()).and_then(|()| file.sync_all()))
            .map_err(failed(&token_path))?;
        Keys::init(&self.0, config.school.urn)?;
        let rules_path = self.0.join(RULES_FILE);
        if let Some(profile) = profile
            && !rules_path.exists()
        {
            fs::write(&rules_path, rules_file::resting_on(profile)).map_err(failed(&rules_path))?;
        }
        let text = toml::to_string_pretty(config).map_err(|error| ConfigError::Io {
            path: path.clone(),
            source: std::io::Error::other(error),
        })?;
        // Last, because this file is what makes the folder a home: an init that was cut off can be run again.
        fs::write(&path, text).map_err(failed(&path))
    }

    /// Reads the settings. An unknown key is an error that names it.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn config(&self) -> Result<Config, ConfigError> {
        let path = self.0.join(CONFIG_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ConfigError::NotAHome {
                    path,
                    home: self.0.clone(),
                });
            }
            Err(source) => return Err(ConfigError::Io { path, source }),
        };
        toml::from_str(&text).map_err(|source| ConfigError::Parse {
            path,
            source: Box::new(source),
        })
    }

    /// Reads the office's token.
    ///
    /// # Errors
    /// The file cannot be read, or what it holds is too short: an empty one would let everybody in.
    pub fn token(&self) -> Result<String, ConfigError> {
        let path = self.0.join(TOKEN_FILE);
        match fs::read_to_string(&path) {
            Ok(text) if plain(&text).len() >= TOKEN_LETTERS_MIN => Ok(text.trim().to_owned()),
            Ok(_) => Err(ConfigError::Token { path }),
            Err(source) => Err(ConfigError::Io { path, source }),
        }
    }
}

#[cfg(unix)]
fn restrict(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> std::io::Result<()> {
    Ok(())
}

impl Config {
    /// The settings of a new school: plain HTTP, for this machine only unless it listens elsewhere.
    pub fn new(school: School, listen: SocketAddr) -> Self {
        Self {
            school,
            listen,
            insecure_http: false,
            trusted_proxies: Vec::new(),
            tls: None,
            rules: Rules::default(),
        }
    }

    /// What the hub is told about the school. What settles by itself is the word of its book of rules, where it has one,
    /// and not of the settings.
    pub fn facts(&self, book: Option<&RuleBook>, calendar: Option<&Calendar>, key: SecretKey) -> SchoolFacts {
        SchoolFacts {
            school: self.school.urn,
            name: self.school.name.clone(),
            rules: book.map_or_else(|| self.rules.into(), RuleBook::settling),
            policy: Arc::new(RegisterPolicy::new(book, calendar.cloned())),
            rules_text: book.map(|book| book.text().into()),
            key,
        }
    }

    /// What exports call the school.
    pub fn estab(&self) -> String {
        self.school
            .laestab
            .clone()
            .unwrap_or_else(|| self.school.urn.to_string())
    }
}

#[cfg(test)]
mod tests;
