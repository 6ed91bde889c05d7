//! How many connections are open, all together and from each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::{CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX};

/// An address as limits count it: of IPv6 the half that a provider gives to one customer.
pub(crate) fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// All places are taken.
    Full,
    /// The address has all the places that it may have.
    AddressFull,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// The places for connections.
#[derive(Debug)]
pub struct Places {
    taken: Mutex<Taken>,
    /// Whose connections are those of many.
    proxies: Vec<IpAddr>,
    refused: AtomicU64,
}

/// One place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    counted: Option<IpAddr>,
}

impl Places {
    /// No connection is open. Proxies are bounded by the whole alone, and so is this machine.
    pub fn new(proxies: Vec<IpAddr>) -> Arc<Self> {
        Arc::new(Self {
            taken: Mutex::default(),
            proxies,
            refused: AtomicU64::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for a connection from an address.
    ///
    /// # Errors
    /// There is none left for it.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, Refused> {
        let address = address.to_canonical();
        let is_of_many = address.is_loopback() || self.proxies.contains(&address);
        let counted = (!is_of_many).then(|| counted(address));
        let mut taken = self.lock();
        let why = if taken.all >= CONNECTIONS_MAX {
            Some(Refused::Full)
        } else {
            let here = counted.and_then(|address| taken.by_address.get(&address));
            here.is_some_and(|here| *here >= CONNECTIONS_PER_ADDRESS_MAX)
                .then_some(Refused::AddressFull)
        };
        if let Some(why) = why {
            drop(taken);
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(why);
        }
        taken.all += 1;
        if let Some(address) = counted {
            *taken.by_address.entry(address).or_default() += 1;
        }
        drop(taken);
        Ok(Place {
            places: Arc::clone(self),
            counted,
        })
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.lock().all
    }

    /// How many were not taken since the start.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.all -= 1;
        if let Some(address) = self.counted
            && let Some(here) = taken.by_address.get_mut(&address)
        {
            *here -= 1;
            if *here == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_address_cannot_take_all_places() {
        let places = Places::new(vec![address("192.0.2.9")]);
        let stranger = address("198.51.100.7");
        let held: Vec<_> = (0..CONNECTIONS_PER_ADDRESS_MAX)
            .map(|_| places.take(stranger).expect("a place"))
            .collect();
        assert_eq!(places.take(stranger).err(), Some(Refused::AddressFull));
        let _another = places.take(address("198.51.100.8")).expect("a place");
        let many: Vec<_> = (0..=CONNECTIONS_PER_ADDRESS_MAX)
            .map(|_| places.take(address("192.0.2.9")).expect("a proxy's place"))
            .collect();
        drop((held, many));
        assert_eq!(places.open(), 1);
        assert_eq!(places.refused(), 1);
        assert!(places.take(stranger).is_ok(), "a place given back can be taken");
        assert_eq!(
            places.lock().by_address.len(),
            1,
            "nothing is kept of those who left"
        );
    }

    #[test]
    fn all_places_are_bounded_for_everybody() {
        let places = Places::new(Vec::new());
        let held: Vec<_> = (0..CONNECTIONS_MAX)
            .map(|_| places.take(address("127.0.0.1")).expect("a place"))
            .collect();
        assert_eq!(places.take(address("::1")).err(), Some(Refused::Full));
        drop(held);
        assert!(places.take(address("::1")).is_ok());
    }

    #[test]
    fn neighbours_in_ipv6_are_one() {
        assert_eq!(
            counted(address("2001:db8:1:2:3::4")),
            counted(address("2001:db8:1:2:9::9"))
        );
        assert_ne!(
            counted(address("2001:db8:1:2::4")),
            counted(address("2001:db8:1:3::4"))
        );
        assert_eq!(counted(address("::ffff:192.0.2.1")), address("192.0.2.1"));
    }
}
