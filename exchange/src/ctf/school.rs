//! School numbers of a CTF, and the name of its file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A number that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {value:?}: {remedy}")]
pub struct SchoolNumberError {
    /// Which field.
    pub field: &'static str,
    /// What was given.
    pub value: String,
    /// What to do.
    pub remedy: &'static str,
}

/// A school by its local authority (three digits) and establishment number (four digits): `820/1234`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LaEstab {
    la: u16,
    estab: u16,
}

impl LaEstab {
    /// The local authority, as a CTF writes it.
    pub fn la(self) -> String {
        format!("{:03}", self.la)
    }

    /// The establishment, as a CTF writes it.
    pub fn estab(self) -> String {
        format!("{:04}", self.estab)
    }
}

impl fmt::Display for LaEstab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}/{:04}", self.la, self.estab)
    }
}

impl FromStr for LaEstab {
    type Err = SchoolNumberError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = match text.split_once('/') {
            Some((la, estab)) if la.len() == 3 => format!("{la}{estab}"),
            _ => text.to_owned(),
        };
        let fits = digits.len() == 7 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let read = fits.then(|| (digits[..3].parse().ok(), digits[3..].parse().ok()));
        match read {
            Some((Some(la), Some(estab))) => Ok(Self { la, estab }),
            _ => Err(SchoolNumberError {
                field: "laestab",
                value: text.to_owned(),
                remedy: "write the LA's three digits and the school's four, such as 820/1234",
            }),
        }
    }
}

impl TryFrom<String> for LaEstab {
    type Error = SchoolNumberError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<LaEstab> for String {
    fn from(school: LaEstab) -> String {
        school.to_string()
    }
}

/// Where a CTF goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// A school.
    School(LaEstab),
    /// A school that is not known: `XXXXXXX`.
    Unknown,
}

impl Destination {
    /// Its seven characters in the name of the file.
    fn in_name(self) -> String {
        match self {
            Self::School(school) => school.la() + &school.estab(),
            Self::Unknown => "XXXXXXX".to_owned(),
        }
    }

    /// LA and establishment in the header.
    pub(super) fn parts(self) -> (String, String) {
        match self {
            Self::School(school) => (school.la(), school.estab()),
            Self::Unknown => ("XXX".to_owned(), "XXXX".to_owned()),
        }
    }
}

/// The running number of the files from one school to another: 1 to 999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence(u16);

impl Sequence {
    /// The highest.
    pub const MAX: u16 = 999;

    /// A running number.
    ///
    /// # Errors
    /// 0, or more than [`Sequence::MAX`].
    pub fn new(number: u16) -> Result<Self, SchoolNumberError> {
        if (1..=Self::MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(SchoolNumberError {
                field: "sequence",
                value: number.to_string(),
                remedy: "give 1 to 999, one more than that of the last file to the same school",
            })
        }
    }
}

/// The name of the file: `8201234_CTF_8205678_001.xml`.
pub(super) fn file_name(source: LaEstab, destination: Destination, sequence: Sequence) -> String {
    let (la, estab) = (source.la(), source.estab());
    format!("{la}{estab}_CTF_{}_{:03}.xml", destination.in_name(), sequence.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_school_is_read_as_it_is_written() {
        let school: LaEstab = "820/0034".parse().expect("a school");
        assert_eq!(school, "8200034".parse().expect("a school"));
        assert_eq!(
            (school.to_string(), school.la(), school.estab()),
            ("820/0034".into(), "820".into(), "0034".into())
        );
        for bad in ["820123", "82012345", "820-1234", "82/01234", "", "82O1234"] {
            assert!(bad.parse::<LaEstab>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_name_of_a_file_says_from_where_to_where() {
        let source = "820/1234".parse().expect("a school");
        let to = Destination::School("821/5678".parse().expect("a school"));
        let first = Sequence::new(1).expect("a number");
        assert_eq!(file_name(source, to, first), "8201234_CTF_8215678_001.xml");
        assert_eq!(
            file_name(source, Destination::Unknown, Sequence::new(42).expect("a number")),
            "8201234_CTF_XXXXXXX_042.xml"
        );
        assert!(Sequence::new(0).is_err() && Sequence::new(1000).is_err());
    }
}
