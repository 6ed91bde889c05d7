//! What has changed since the last export.
//!
//! A [`Watermark`] is a place in the school's log: how many changes it held when an export was made. The next export
//! takes what the log has touched from there on ([`marks_since`]). Exports take nothing away, so two of them, for two
//! systems, do not disturb each other, and one that is repeated says the same again.
//!
//! Nothing is missed, and something may be said twice. Two rules keep that so. The watermark of an export is taken
//! **before** its rows are read: a change that comes in between is in this export and in the next. And a watermark
//! carries the **terms** under which the register was folded (rules, duties, the branch of the log): where they have
//! changed, any mark may stand otherwise without a change of its own, so everything is said again.

use std::fmt;
use std::str::FromStr;

use daymark_core::ids::{SchoolId, hex, unhex};
use sha2::{Digest, Sha256};

/// How many bytes of the terms a watermark carries. It compares the terms of one school with its own, where no
/// collision is sought.
const TERMS_BYTES: usize = 8;
const PREFIX: &str = "dw1";
/// The longest watermark that is looked at, in bytes.
const TEXT_BYTES_MAX: usize = 80;

/// A short hash of everything beside the marks themselves that says how they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms([u8; TERMS_BYTES]);

impl Terms {
    /// Of the parts, in a fixed order.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"daymark export terms v1\0");
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let hash: [u8; 32] = hash.finalize().into();
        let mut terms = [0; TERMS_BYTES];
        terms.copy_from_slice(&hash[..TERMS_BYTES]);
        Self(terms)
    }
}

/// A place in the log of a school. Printed, it is `dw1-SCHOOL-CHANGES-TERMS-CHECK`; a program treats it as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// The school.
    pub school: SchoolId,
    /// How many changes the log held: the number of the first that is new.
    pub changes: u64,
    /// Under which terms the marks were read.
    pub terms: Terms,
}

/// Why an export since a watermark is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinceError {
    /// It was mistyped, or is something else.
    #[error("watermark {value:?}: {remedy}")]
    NoWatermark {
        /// What was given, or its beginning.
        value: String,
        /// What to do.
        remedy: &'static str,
    },
    /// It is another school's.
    #[error(
        "the watermark is of school {theirs}, this is school {ours}: give the one that this school's last export printed"
    )]
    OtherSchool {
        /// Whose it is.
        theirs: SchoolId,
        /// Who was asked.
        ours: SchoolId,
    },
    /// The log is shorter than it was.
    #[error(
        "the watermark stands at {theirs} changes and the log has only {ours}: the server lost its end; export without a watermark"
    )]
    Ahead {
        /// Where the watermark stands.
        theirs: u64,
        /// How long the log is.
        ours: u64,
    },
}

impl Watermark {
    fn body(&self) -> String {
        format!("{PREFIX}-{}-{}-{}", self.school, self.changes, hex(&self.terms.0))
    }

    /// Four hexadecimal digits over the rest, so that a slip of the hand shows.
    fn check(body: &str) -> String {
        hex(&Sha256::digest(body.as_bytes())[..2])
    }
}

impl fmt::Display for Watermark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body();
        write!(f, "{body}-{}", Self::check(&body))
    }
}

impl FromStr for Watermark {
    type Err = SinceError;
    fn from_str(text: &str) -> Result<Self, SinceError> {
        let refused = |remedy| SinceError::NoWatermark {
            value: text.chars().take(TEXT_BYTES_MAX).collect(),
            remedy,
        };
        let form =
            "give the word that the last export printed, such as dw1-123456-4210-0011223344556677-89ab";
        if text.len() > TEXT_BYTES_MAX {
            return Err(refused(form));
        }
        let (body, check) = text.rsplit_once('-').ok_or_else(|| refused(form))?;
        let parts: Vec<&str> = body.split('-').collect();
        let [PREFIX, school, changes, terms] = parts.as_slice() else {
            return Err(refused(form));
        };
        let terms: [u8; TERMS_BYTES] = unhex(terms)
            .and_then(|terms| terms.try_into().ok())
            .ok_or_else(|| refused(form))?;
        let watermark = Self {
            school: school.parse().map_err(|_| refused(form))?,
            changes: changes.parse().map_err(|_| refused(form))?,
            terms: Terms(terms),
        };
        if watermark.body() != body || Self::check(body) != check {
            return Err(refused("a character of it is wrong: copy it again"));
        }
        Ok(watermark)
    }
}

/// A row and the number of the last change of the log that touched its cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The row.
    pub row: T,
    /// The number of the change, counted from 0.
    pub change: u64,
}

/// What an export says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News<T> {
    /// The rows, in the order they were given.
    pub rows: Vec<T>,
    /// Whether these are all rows, because there was no watermark or its terms have changed.
    pub all: bool,
    /// The watermark to give next time.
    pub next: Watermark,
}

/// The rows that changed since a watermark, or all of them where there is none. `now` is the place of the log **before**
/// the rows were read.
///
/// # Errors
/// The watermark is another school's, or ahead of the log.
pub fn marks_since<T>(
    rows: impl IntoIterator<Item = Placed<T>>,
    now: Watermark,
    since: Option<Watermark>,
) -> Result<News<T>, SinceError> {
    let from = match since {
        None => None,
        Some(since) if since.school != now.school => {
            return Err(SinceError::OtherSchool {
                theirs: since.school,
                ours: now.school,
            });
        }
        Some(since) if since.terms != now.terms => None,
        Some(since) if since.changes > now.changes => {
            return Err(SinceError::Ahead {
                theirs: since.changes,
                ours: now.changes,
            });
        }
        Some(since) => Some(since.changes),
    };
    let rows = rows
        .into_iter()
        .filter(|placed| from.is_none_or(|from| placed.change >= from))
        .map(|placed| placed.row);
    Ok(News {
        rows: rows.collect(),
        all: from.is_none(),
        next: now,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn at(changes: u64, terms: u8) -> Watermark {
        Watermark {
            school: SchoolId(123_456),
            changes,
            terms: Terms::of(&[&[terms]]),
        }
    }

    #[test]
    fn a_watermark_is_read_as_it_is_printed() {
        let watermark = at(4210, 1);
        let text = watermark.to_string();
        assert!(text.starts_with("dw1-123456-4210-"), "{text}");
        assert_eq!(text.parse(), Ok(watermark));
    }

    #[test]
    fn any_slip_of_the_hand_is_found() {
        let text = at(4210, 1).to_string();
        for place in 0..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[place] = if wrong[place] == b'1' { b'2' } else { b'1' };
            let wrong = String::from_utf8(wrong).expect("ASCII");
            assert!(wrong.parse::<Watermark>().is_err(), "{wrong}");
        }
        for bad in [
            "",
            "dw1",
            "dw1-0-0-00-0000",
            "dw1-123456-+1-0011223344556677-89ab",
        ] {
            assert!(bad.parse::<Watermark>().is_err(), "{bad}");
        }
    }

    #[test]
    fn another_school_and_a_log_that_lost_its_end_are_refused() {
        let rows = || [Placed { row: 'a', change: 3 }];
        let other = Watermark {
            school: SchoolId(654_321),
            ..at(0, 1)
        };
        assert!(matches!(
            marks_since(rows(), at(4, 1), Some(other)),
            Err(SinceError::OtherSchool { .. })
        ));
        assert_eq!(
            marks_since(rows(), at(4, 1), Some(at(5, 1))),
            Err(SinceError::Ahead { theirs: 5, ours: 4 })
        );
    }

    #[test]
    fn other_terms_say_everything_again() {
        let rows = [Placed { row: 'a', change: 0 }, Placed { row: 'b', change: 9 }];
        let same = marks_since(rows.clone(), at(10, 1), Some(at(5, 1))).expect("news");
        assert_eq!((same.rows, same.all), (vec!['b'], false));
        let other = marks_since(rows, at(10, 2), Some(at(5, 1))).expect("news");
        assert_eq!(
            (other.rows, other.all, other.next),
            (vec!['a', 'b'], true, at(10, 2))
        );
    }

    /// What a script does, step by step, to a register of a few cells.
    #[derive(Debug, Clone)]
    enum Step {
        /// A change writes a value into a cell.
        Change(u8, u16),
        /// One of two systems asks; so many changes come in after the watermark is taken and before rows are read.
        Export(usize, Vec<(u8, u16)>),
    }

    fn step() -> impl Strategy<Value = Step> {
        let change = (0..5_u8, any::<u16>());
        prop_oneof![
            change.clone().prop_map(|(cell, value)| Step::Change(cell, value)),
            (0..2_usize, proptest::collection::vec(change, 0..3))
                .prop_map(|(who, between)| Step::Export(who, between)),
        ]
    }

    #[derive(Default)]
    struct School {
        changes: u64,
        cells: BTreeMap<u8, (u16, u64)>,
    }

    impl School {
        fn change(&mut self, cell: u8, value: u16) {
            self.cells.insert(cell, (value, self.changes));
            self.changes += 1;
        }

        fn rows(&self) -> Vec<Placed<(u8, u16)>> {
            let rows = self.cells.iter();
            rows.map(|(cell, (value, change))| Placed {
                row: (*cell, *value),
                change: *change,
            })
            .collect()
        }
    }

    proptest! {
        #[test]
        fn two_systems_that_export_in_turns_miss_nothing(steps in proptest::collection::vec(step(), 0..40)) {
            let mut school = School::default();
            let mut systems: [(Option<Watermark>, BTreeMap<u8, u16>); 2] = Default::default();
            let last = [Step::Export(0, vec![]), Step::Export(1, vec![])];
            for step in steps.into_iter().chain(last) {
                match step {
                    Step::Change(cell, value) => school.change(cell, value),
                    Step::Export(who, between) => {
                        let now = at(school.changes, 1);
                        for (cell, value) in between {
                            school.change(cell, value);
                        }
                        let (since, mirror) = &mut systems[who];
                        let news = marks_since(school.rows(), now, *since).expect("news");
                        let again = marks_since(school.rows(), now, *since).expect("news");
                        prop_assert_eq!(&news, &again);
                        mirror.extend(news.rows);
                        *since = Some(news.next);
                    }
                }
            }
            let truth: BTreeMap<u8, u16> = school.cells.iter().map(|(cell, (value, _))| (*cell, *value)).collect();
            for (_, mirror) in systems {
                prop_assert_eq!(&mirror, &truth);
            }
        }
    }
}
