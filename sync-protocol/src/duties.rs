//! The duties that a school's devices were given: with them every replica sees for itself what was recorded outside one.
//!
//! A duty that was given is never taken out, only followed by another, so the list only grows. A tablet says how far it
//! has the list; the school sends the rest and signs the digest of the whole, as with [`crate::keys`].

use daymark_core::duties::Duties;
use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, SchoolId};
use daymark_core::signature::{BadSignature, PublicKey, SecretKey, Signature};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

/// A duty, and the device that it was given to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct GivenDuty {
    /// Which device.
    #[n(0)]
    pub device: DeviceNumber,
    /// What it may see and write from then on.
    #[n(1)]
    pub grant: Grant,
}

/// Duties that a tablet does not know yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct DutyNews {
    /// How many the list has before these.
    #[n(0)]
    pub after: u32,
    /// In the order in which they were given.
    #[n(1)]
    pub given: Vec<GivenDuty>,
    /// The school's signature of the digest of the whole list.
    #[n(2)]
    pub signature: Signature,
}

/// The duties of a school's devices, in the order in which they were given, as one side knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DutyList {
    given: Vec<GivenDuty>,
    digest: [u8; 32],
}

impl DutyList {
    /// How many are known.
    pub fn known(&self) -> u32 {
        u32::try_from(self.given.len()).unwrap_or(u32::MAX)
    }

    /// Adds the next.
    pub fn give(&mut self, given: GivenDuty) {
        let mut hash = Sha256::new();
        hash.update(self.digest);
        hash.update(daymark_core::cbor::to_vec(&given));
        self.digest = hash.finalize().into();
        self.given.push(given);
    }

    /// What a device may see and write now.
    pub fn of(&self, device: DeviceNumber) -> Option<&Grant> {
        let last = self.given.iter().rev().find(|given| given.device == device)?;
        Some(&last.grant)
    }

    /// What the fold judges by, as far as this list goes: who came along on a trip says the trip.
    pub fn judged_by(&self) -> Duties {
        let mut duties = Duties::default();
        for given in &self.given {
            duties.grant(given.device, given.grant.clone());
        }
        duties
    }

    /// What a tablet that knows so many lacks; `None` where it lacks nothing.
    pub fn news(&self, school: SchoolId, signer: &SecretKey, known: u32) -> Option<DutyNews> {
        let from = usize::try_from(known).ok()?;
        let given = self.given.get(from..).filter(|given| !given.is_empty())?;
        Some(DutyNews {
            after: known,
            given: given.to_vec(),
            signature: signer.sign_duties(school, &self.digest),
        })
    }

    /// The list with the news in it, if the school signed that. News that come late bring nothing, and so does what does
    /// not follow on: the next sync fetches what lies between. A whole list that says otherwise than this one takes its
    /// place: the school's, after it was restored from a backup.
    ///
    /// # Errors
    /// [`BadSignature`]: not the school's word for this list.
    pub fn with(
        &self,
        school: SchoolId,
        school_key: &PublicKey,
        news: &DutyNews,
    ) -> Result<Self, BadSignature> {
        let Some(list) = self.followed(news) else {
            return Ok(self.clone());
        };
        school_key.verify_duties(school, &list.digest, &news.signature)?;
        Ok(if self.given.starts_with(&list.given) {
            self.clone()
        } else {
            list
        })
    }

    /// Takes news that was found good.
    pub(crate) fn follow(&mut self, news: &DutyNews) {
        if let Some(list) = self.followed(news) {
            *self = list;
        }
    }

    /// What the list is with the news after as many as they follow; `None` where so many are not here.
    fn followed(&self, news: &DutyNews) -> Option<Self> {
        let after = usize::try_from(news.after).ok()?;
        let before = self.given.get(..after)?;
        let mut list = if after == self.given.len() {
            self.clone()
        } else {
            let mut earlier = Self::default();
            before.iter().cloned().for_each(|given| earlier.give(given));
            earlier
        };
        news.given.iter().cloned().for_each(|given| list.give(given));
        Some(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use daymark_core::roster::Role;

    const SCHOOL: SchoolId = SchoolId(123_456);

    fn given(device: u32, role: Role) -> GivenDuty {
        GivenDuty {
            device: DeviceNumber(device),
            grant: Grant::of(role),
        }
    }

    #[test]
    fn a_tablet_follows_the_list_in_parts_and_takes_nothing_that_the_school_did_not_sign() {
        let key = SecretKey::from_seed(&[7; 32]);
        let mut school = DutyList::default();
        school.give(given(1, Role::Office));
        school.give(given(2, Role::Gate));
        let first = school.news(SCHOOL, &key, 0).unwrap();
        let tablet = DutyList::default().with(SCHOOL, &key.public(), &first).unwrap();
        assert_eq!(tablet, school);
        assert_eq!(school.news(SCHOOL, &key, 2), None);

        school.give(given(2, Role::Teacher));
        let second = school.news(SCHOOL, &key, 2).unwrap();
        let after = tablet.with(SCHOOL, &key.public(), &second).unwrap();
        assert_eq!(after, school);
        assert_eq!(after.of(DeviceNumber(2)).unwrap().role, Role::Teacher);
        assert_eq!(after.with(SCHOOL, &key.public(), &first).unwrap(), school, "late");
        let cold = DutyList::default();
        assert_eq!(cold.with(SCHOOL, &key.public(), &second).unwrap(), cold, "a gap");

        let mut forged = second.clone();
        forged.given[0].grant.role = Role::Head;
        assert_eq!(tablet.with(SCHOOL, &key.public(), &forged), Err(BadSignature));
        assert_eq!(
            tablet.with(SchoolId(123_457), &key.public(), &second),
            Err(BadSignature)
        );
    }
}
