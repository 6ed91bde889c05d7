//! How often something may happen for a key: an address, a device.
//!
//! Each key has one number, the moment until which it has used up what is given back (the "generic cell rate algorithm"). It is
//! our own because only tries that *fail* are to cost something: that needs a look without a charge, which the well-kept
//! crates for rates do not offer.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::{RATE_KEYS_MAX, Rate};

/// One rate, kept for each key apart.
#[derive(Debug)]
pub(super) struct Rates<K> {
    rate: Rate,
    used: Mutex<Used<K>>,
}

#[derive(Debug)]
struct Used<K> {
    until: HashMap<K, Instant>,
    /// Shared by those for whom there was no room.
    others: Option<Instant>,
}

impl<K: Eq + Hash + Copy> Rates<K> {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            used: Mutex::new(Used {
                until: HashMap::new(),
                others: None,
            }),
        }
    }

    /// Charges one, if there is one left.
    ///
    /// # Errors
    /// How long to wait until there is.
    pub(super) fn charge(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let until = used.of(key);
        self.left(until, now)?;
        let more = until.map_or(now, |until| until.max(now)) + self.rate.every;
        used.set(key, more, now);
        Ok(())
    }

    /// Whether there is one left; charges nothing.
    ///
    /// # Errors
    /// How long to wait until there is.
    pub(super) fn look(&self, key: K, now: Instant) -> Result<(), Duration> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        self.left(used.of(key), now)
    }

    fn left(&self, until: Option<Instant>, now: Instant) -> Result<(), Duration> {
        // One full burst may be used ahead of time, the one that is asked for included.
        let ahead = self.rate.every * (self.rate.burst - 1);
        match until.and_then(|until| until.checked_duration_since(now + ahead)) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }
}

impl<K: Eq + Hash + Copy> Used<K> {
    fn of(&self, key: K) -> Option<Instant> {
        let known = self.until.get(&key).copied();
        known.or_else(|| self.others.filter(|_| self.until.len() >= RATE_KEYS_MAX))
    }

    fn set(&mut self, key: K, until: Instant, now: Instant) {
        if self.until.len() >= RATE_KEYS_MAX && !self.until.contains_key(&key) {
            // Whoever has all of it back need not be remembered.
            self.until.retain(|_, until| *until > now);
        }
        if self.until.len() >= RATE_KEYS_MAX && !self.until.contains_key(&key) {
            self.others = Some(until);
        } else {
            self.until.insert(key, until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 3,
        every: Duration::from_secs(10),
    };

    #[test]
    fn a_burst_and_then_one_at_a_time() {
        let rates = Rates::new(RATE);
        let start = Instant::now();
        for _ in 0..3 {
            rates.look("a", start).expect("looking costs nothing");
            rates.charge("a", start).expect("within the burst");
        }
        assert_eq!(rates.charge("a", start), Err(RATE.every));
        assert_eq!(rates.look("a", start), Err(RATE.every));
        assert!(rates.charge("b", start).is_ok(), "others are not held up");
        let later = start + RATE.every;
        assert!(rates.charge("a", later).is_ok());
        assert!(rates.charge("a", later).is_err());
        let much_later = start + RATE.every * 100;
        for _ in 0..3 {
            assert!(
                rates.charge("a", much_later).is_ok(),
                "no more than a burst is saved up"
            );
        }
        assert!(rates.charge("a", much_later).is_err());
    }

    #[test]
    fn memory_stays_bounded_and_strangers_share() {
        let rates = Rates::new(RATE);
        let now = Instant::now();
        for key in 0..RATE_KEYS_MAX {
            rates.charge(key, now).expect("its own burst");
        }
        for stranger in 0..3 {
            rates
                .charge(RATE_KEYS_MAX + stranger, now)
                .expect("the shared burst");
        }
        assert!(rates.charge(RATE_KEYS_MAX + 99, now).is_err());
        assert!(rates.charge(7, now).is_ok(), "whoever was there keeps their own");
        assert_eq!(rates.used.lock().expect("no panic").until.len(), RATE_KEYS_MAX);
        let later = now + RATE.every * 100;
        assert!(rates.charge(RATE_KEYS_MAX + 99, later).is_ok());
        assert_eq!(rates.used.lock().expect("no panic").until.len(), 1);
    }
}
