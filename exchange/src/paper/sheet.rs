//! A sheet of paper and the code by which it is known again.

use std::fmt;
use std::str::FromStr;

use daymark_core::ids::{ClassName, PupilNumber};
use daymark_core::session::Date;
use sha2::{Digest, Sha256};

/// The most school days of a sheet: two weeks.
pub const DAYS_MAX: usize = 10;
/// The most pupils of a sheet. Registration groups have some thirty, a year in one list some two hundred and fifty.
pub const ROWS_MAX: usize = 300;

/// The letters of a code: those of a UPN, without I, O and S, which hands and eyes confuse with digits.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";
const BASE: u64 = 23;
/// Letters that carry the code; one more checks them.
const BODY: usize = 11;
const GROUP: usize = 4;
const DATE_BITS: u32 = 16;
const CLASS_BITS: u32 = 12;
const VERSION_BITS: u32 = 21;

/// A class, its school days and its pupils in the order of their rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperSheet {
    class: ClassName,
    days: Vec<Date>,
    pupils: Vec<PupilNumber>,
}

/// Why there is no such sheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// No day, or too many.
    #[error("a sheet has 1 to {DAYS_MAX} school days, not {0}: print two weeks at most")]
    Days(usize),
    /// Days that do not follow each other.
    #[error("the days of a sheet must follow each other: {later} stands before {earlier}")]
    Order {
        /// The day that stands too early.
        later: Date,
        /// The day behind it.
        earlier: Date,
    },
    /// Nobody, or too many.
    #[error("a sheet has 1 to {ROWS_MAX} pupils, not {0}: check the name of the class")]
    Rows(usize),
    /// A pupil in two rows.
    #[error("pupil {0} stands in two rows of the sheet")]
    Twice(PupilNumber),
}

impl PaperSheet {
    /// A sheet.
    ///
    /// # Errors
    /// See [`SheetError`].
    pub fn new(class: ClassName, days: Vec<Date>, pupils: Vec<PupilNumber>) -> Result<Self, SheetError> {
        if days.is_empty() || days.len() > DAYS_MAX {
            return Err(SheetError::Days(days.len()));
        }
        if let Some(pair) = days.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(SheetError::Order {
                later: pair[0],
                earlier: pair[1],
            });
        }
        if pupils.is_empty() || pupils.len() > ROWS_MAX {
            return Err(SheetError::Rows(pupils.len()));
        }
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = pupils.iter().find(|pupil| !seen.insert(**pupil)) {
            return Err(SheetError::Twice(*twice));
        }
        Ok(Self { class, days, pupils })
    }

    /// The class.
    pub fn class(&self) -> &ClassName {
        &self.class
    }

    /// The school days, first to last.
    pub fn days(&self) -> &[Date] {
        &self.days
    }

    /// The pupils, row by row.
    pub fn pupils(&self) -> &[PupilNumber] {
        &self.pupils
    }

    /// The code of the sheet. It names the first day, the class, and the **version**: which pupils stand in which rows
    /// of which days. Marks are not part of it, for a sheet is printed again while it fills up.
    pub fn code(&self) -> SheetCode {
        let class = short_hash(
            b"daymark sheet class v1\0",
            self.class.as_str().as_bytes(),
            CLASS_BITS,
        );
        let mut rows = Vec::new();
        for day in &self.days {
            rows.extend(day.days().to_be_bytes());
        }
        for pupil in &self.pupils {
            rows.extend(pupil.0.to_be_bytes());
        }
        SheetCode::of(Parts {
            date: self.days.first().map_or(0, |day| day.days()),
            class,
            version: short_hash(b"daymark sheet rows v1\0", &rows, VERSION_BITS),
        })
    }
}

fn short_hash(domain: &[u8], bytes: &[u8], bits: u32) -> u64 {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(domain)
        .chain_update(bytes)
        .finalize()
        .into();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(first) >> (64 - bits)
}

/// What a code carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts {
    date: u16,
    class: u64,
    version: u64,
}

/// The code of a sheet: twelve letters, printed as `ABCD-EFGH-JKLM`. The last one checks the others: any one wrong
/// letter and any two neighbours exchanged are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetCode(Parts);

/// A text that is no code of a sheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("sheet code {value:?}: {remedy}")]
pub struct SheetCodeError {
    /// What was given, or its beginning.
    pub value: String,
    /// What to do.
    pub remedy: &'static str,
}

/// How a sheet is another one than was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongSheet {
    /// Another first day.
    #[error("the sheet begins on {theirs}, and the register of {ours} is open: open the week of the sheet")]
    Week {
        /// The day on the sheet.
        theirs: Date,
        /// The day expected.
        ours: Date,
    },
    /// Another class.
    #[error("the sheet is of another class than {ours}: open the class whose name is on the sheet")]
    Class {
        /// The class expected.
        ours: ClassName,
    },
    /// The same class and week with other rows.
    #[error(
        "the sheet is of {ours} and this week, but an older or newer version: pupils or days have changed since it was printed, so its row numbers may be other pupils; enter it by name"
    )]
    Version {
        /// The class.
        ours: ClassName,
    },
}

impl SheetCode {
    fn of(parts: Parts) -> Self {
        Self(parts)
    }

    /// Whether it is the code of a sheet.
    ///
    /// # Errors
    /// How it is another.
    pub fn check(self, sheet: &PaperSheet) -> Result<(), WrongSheet> {
        let Self(ours) = sheet.code();
        let Self(theirs) = self;
        let class = sheet.class.clone();
        if theirs.date != ours.date {
            Err(WrongSheet::Week {
                theirs: Date::from_days(theirs.date),
                ours: Date::from_days(ours.date),
            })
        } else if theirs.class != ours.class {
            Err(WrongSheet::Class { ours: class })
        } else if theirs.version != ours.version {
            Err(WrongSheet::Version { ours: class })
        } else {
            Ok(())
        }
    }

    fn letters(self) -> [u8; BODY + 1] {
        let Parts { date, class, version } = self.0;
        let mut number = (u64::from(date) << (CLASS_BITS + VERSION_BITS)) | (class << VERSION_BITS) | version;
        let mut values = [0_u64; BODY];
        for value in values.iter_mut().rev() {
            *value = number % BASE;
            number /= BASE;
        }
        let mut letters = [0; BODY + 1];
        for (letter, value) in letters
            .iter_mut()
            .zip(values.iter().chain([&check_value(&values)]))
        {
            *letter = letter_of(*value);
        }
        letters
    }
}

/// The weights are 2 to 12, all different and none a multiple of 23, which is prime.
fn check_value(values: &[u64; BODY]) -> u64 {
    let sum: u64 = values.iter().zip(2..).map(|(value, weight)| value * weight).sum();
    sum % BASE
}

fn letter_of(value: u64) -> u8 {
    let at = usize::try_from(value % BASE).unwrap_or(0);
    LETTERS[at]
}

impl fmt::Display for SheetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in self.letters().into_iter().enumerate() {
            if at > 0 && at % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(letter))?;
        }
        Ok(())
    }
}

impl FromStr for SheetCode {
    type Err = SheetCodeError;
    fn from_str(text: &str) -> Result<Self, SheetCodeError> {
        let refused = |remedy| SheetCodeError {
            value: text.chars().take(32).collect(),
            remedy,
        };
        let mut values = [0_u64; BODY + 1];
        let mut count = 0;
        for c in text.chars().filter(|c| !matches!(c, '-' | ' ')) {
            let value = LETTERS
                .iter()
                .position(|letter| char::from(*letter) == c.to_ascii_uppercase())
                .ok_or_else(|| refused("it has letters only, and never I, O or S"))?;
            let Some(place) = values.get_mut(count) else {
                return Err(refused("it has twelve letters, such as ABCD-EFGH-JKLM"));
            };
            *place = value as u64;
            count += 1;
        }
        if count != BODY + 1 {
            return Err(refused("it has twelve letters, such as ABCD-EFGH-JKLM"));
        }
        let mut body = [0; BODY];
        body.copy_from_slice(&values[..BODY]);
        if check_value(&body) != values[BODY] {
            return Err(refused("a letter of it is wrong: read it again"));
        }
        let number = body.iter().fold(0, |number: u64, value| number * BASE + value);
        let bits = |number: u64, bits: u32| number & ((1 << bits) - 1);
        let date = u16::try_from(number >> (CLASS_BITS + VERSION_BITS))
            .ok()
            .filter(|_| number >> (CLASS_BITS + VERSION_BITS + DATE_BITS) == 0)
            .ok_or_else(|| refused("a letter of it is wrong: read it again"))?;
        Ok(Self(Parts {
            date,
            class: bits(number >> VERSION_BITS, CLASS_BITS),
            version: bits(number, VERSION_BITS),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sheet(class: &str, first: &str, pupils: &[u64]) -> PaperSheet {
        let first: Date = first.parse().expect("a date");
        let days = (0..5).filter_map(|day| first.plus(day)).collect();
        let pupils = pupils.iter().map(|number| PupilNumber(*number)).collect();
        PaperSheet::new(class.parse().expect("a class"), days, pupils).expect("a sheet")
    }

    #[test]
    fn a_code_is_read_as_it_is_printed_and_knows_its_sheet() {
        let sheet = sheet("4B", "2026-03-02", &[7, 42, 1042]);
        let text = sheet.code().to_string();
        assert_eq!(text.len(), 14, "{text}");
        let read: SheetCode = text.to_lowercase().replace('-', " ").parse().expect("a code");
        assert_eq!(read, sheet.code());
        assert_eq!(read.check(&sheet), Ok(()));
    }

    #[test]
    fn another_week_class_and_version_are_told_apart() {
        let ours = sheet("4B", "2026-03-02", &[7, 42, 1042]);
        let other = |class, first, pupils: &[u64]| sheet(class, first, pupils).code().check(&ours);
        assert!(matches!(
            other("4B", "2026-03-09", &[7, 42, 1042]),
            Err(WrongSheet::Week { .. })
        ));
        assert!(matches!(
            other("4C", "2026-03-02", &[7, 42, 1042]),
            Err(WrongSheet::Class { .. })
        ));
        for pupils in [&[7, 1042, 42][..], &[7, 42], &[7, 42, 1042, 1043]] {
            assert!(matches!(
                other("4B", "2026-03-02", pupils),
                Err(WrongSheet::Version { .. })
            ));
        }
    }

    #[test]
    fn a_sheet_has_days_in_order_and_each_pupil_once() {
        let class: ClassName = "4B".parse().expect("a class");
        let day = |text: &str| text.parse::<Date>().expect("a date");
        let new = |days: &[&str], pupils: &[u64]| {
            PaperSheet::new(
                class.clone(),
                days.iter().map(|text| day(text)).collect(),
                pupils.iter().map(|number| PupilNumber(*number)).collect(),
            )
        };
        assert!(matches!(new(&[], &[1]), Err(SheetError::Days(0))));
        assert!(matches!(
            new(&["2026-03-03", "2026-03-02"], &[1]),
            Err(SheetError::Order { .. })
        ));
        assert!(matches!(new(&["2026-03-02"], &[]), Err(SheetError::Rows(0))));
        assert!(matches!(new(&["2026-03-02"], &[1, 1]), Err(SheetError::Twice(_))));
    }

    proptest! {
        #[test]
        fn any_wrong_letter_and_any_exchange_of_neighbours_is_found(
            date in any::<u16>(), class in 0_u64..1 << CLASS_BITS, version in 0_u64..1 << VERSION_BITS,
        ) {
            let code = SheetCode(Parts { date, class, version });
            let letters: Vec<char> = code.to_string().chars().filter(|c| *c != '-').collect();
            prop_assert_eq!(letters.iter().collect::<String>().parse(), Ok(code));
            for place in 0..letters.len() {
                for wrong in LETTERS.iter().map(|letter| char::from(*letter)).filter(|c| *c != letters[place]) {
                    let mut mistyped = letters.clone();
                    mistyped[place] = wrong;
                    prop_assert!(mistyped.iter().collect::<String>().parse::<SheetCode>().is_err());
                }
                if place > 0 && letters[place] != letters[place - 1] {
                    let mut exchanged = letters.clone();
                    exchanged.swap(place, place - 1);
                    prop_assert!(exchanged.iter().collect::<String>().parse::<SheetCode>().is_err());
                }
            }
        }
    }
}
