//! What people type and what is drawn at random. All of it is wiped from memory when it is dropped.

use std::fmt;

use zeroize::Zeroizing;

use super::SealError;

/// The longest PIN, in bytes: a long sentence.
const PIN_BYTES_MAX: usize = 128;
const PIN_CHARS_MIN: usize = 4;
const CODE_BYTES: usize = 16;
const GROUP: usize = 4;

/// Random bytes from the system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(SealError::Random)?;
    Ok(bytes)
}

/// The key that every record of one home is sealed with.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A new one.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn random() -> Result<Self, SealError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|key| Self(Zeroizing::new(key)))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// What a person unlocks a tablet with: digits, or any words.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// A PIN as it was typed.
    ///
    /// # Errors
    /// Empty, or longer than 128 bytes.
    pub fn typed(text: &str) -> Result<Self, SealError> {
        if text.is_empty() {
            return Err(SealError::Unfit("it is empty"));
        }
        if text.len() > PIN_BYTES_MAX {
            return Err(SealError::Unfit("it is longer than 128 bytes"));
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// A PIN that somebody chose.
    ///
    /// # Errors
    /// As [`Pin::typed`]; fewer than four characters, one character again and again, or a run such as 1234 or 4321.
    pub fn chosen(text: &str) -> Result<Self, SealError> {
        let chars: Vec<u32> = text.chars().map(u32::from).collect();
        if !text.is_empty() && chars.len() < PIN_CHARS_MIN {
            return Err(SealError::Unfit(
                "take at least four digits; six or more are better",
            ));
        }
        let steps = |step: i64| {
            chars
                .windows(2)
                .all(|pair| i64::from(pair[1]) - i64::from(pair[0]) == step)
        };
        if chars.len() > 1 && (steps(0) || steps(1) || steps(-1)) {
            return Err(SealError::Unfit("everybody tries one such as 0000 or 1234 first"));
        }
        Self::typed(text)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// 128 random bits that open one home without any PIN. Shown once, when the home is made; the office keeps it.
pub struct RecoveryCode(Zeroizing<[u8; CODE_BYTES]>);

impl RecoveryCode {
    pub(super) fn random() -> Result<Self, SealError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// A code as it was typed: case, dashes and spaces do not matter, `o` is read as zero, `i` and `l` as one.
    ///
    /// # Errors
    /// Not 32 hexadecimal digits.
    pub fn typed(text: &str) -> Result<Self, SealError> {
        let digits = text
            .chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '-');
        let mut code = Zeroizing::new([0; CODE_BYTES]);
        let mut count = 0;
        for letter in digits {
            let digit = match letter.to_ascii_lowercase() {
                'o' => 0,
                'i' | 'l' => 1,
                other => other.to_digit(16).ok_or(SealError::RecoveryForm)?,
            };
            let byte = code.get_mut(count / 2).ok_or(SealError::RecoveryForm)?;
            *byte = *byte << 4 | u8::try_from(digit).map_err(|_| SealError::RecoveryForm)?;
            count += 1;
        }
        (count == 2 * CODE_BYTES)
            .then_some(Self(code))
            .ok_or(SealError::RecoveryForm)
    }

    /// The code in eight groups, to be printed and read out.
    pub fn to_words(&self) -> Zeroizing<String> {
        let digits = Zeroizing::new(format!("{:032x}", u128::from_be_bytes(*self.0)));
        let mut text = Zeroizing::new(String::with_capacity(2 * CODE_BYTES + 2 * CODE_BYTES / GROUP));
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                text.push('-');
            }
            text.push(digit);
        }
        text
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &*self.0
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_may_be_typed_as_people_type() {
        let code = RecoveryCode::random().expect("randomness");
        let words = code.to_words();
        assert_eq!(words.len(), 32 + 7);
        for typed in [words.to_string(), words.to_uppercase().replace('-', " ")] {
            assert_eq!(RecoveryCode::typed(&typed).expect("a code").bytes(), code.bytes());
        }
        let typed = RecoveryCode::typed(&"lO".repeat(16)).expect("a code");
        assert_eq!(typed.bytes(), [0x10; 16]);
        for bad in ["", "12", &"g".repeat(32), &"1".repeat(33), &"é".repeat(16)] {
            assert!(RecoveryCode::typed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pin_that_everybody_tries_first_cannot_be_chosen() {
        for bad in ["", "1", "123", "0000", "12345", "9876", "abcd", &"1a".repeat(65)] {
            assert!(Pin::chosen(bad).is_err(), "{bad}");
        }
        for good in ["2580", "1235", "a longer sentence", "ärger"] {
            assert!(Pin::chosen(good).is_ok(), "{good}");
        }
        assert!(Pin::typed("0000").is_ok(), "what was typed is tried as it is");
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let pin = Pin::chosen("2580").expect("a PIN");
        let key = DataKey::random().expect("randomness");
        let code = RecoveryCode::random().expect("randomness");
        assert_eq!(
            format!("{pin:?} {key:?} {code:?}"),
            "Pin(..) DataKey(..) RecoveryCode(..)"
        );
    }
}
