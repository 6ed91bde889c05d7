//! Which duties every device of a school was ever given: what the fold asks whether an entry was made under one.
//!
//! A grant may be changed, and a plan may send another tablet along; what was recorded before stays as good as it was.
//! So this only grows, and two replicas that know the same of it judge alike.

use std::collections::{BTreeMap, BTreeSet};

use crate::document_id::DocumentId;
use crate::entry::{Duty, Entry};
use crate::fold::Irregularity;
use crate::grant::Grant;
use crate::ids::{DeviceNumber, TripId};

/// The duties of a school's devices, as far as they are known here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Duties {
    granted: BTreeMap<DeviceNumber, Vec<Grant>>,
    along: BTreeMap<TripId, BTreeSet<DeviceNumber>>,
}

impl Duties {
    /// Adds what a device was given.
    pub fn grant(&mut self, device: DeviceNumber, grant: Grant) {
        self.granted.entry(device).or_default().push(grant);
    }

    /// Takes what was given from another, and leaves who came along as it is.
    pub fn granted_as(&mut self, other: Self) {
        self.granted = other.granted;
    }

    /// Adds devices that came along on a trip; gives whether one of them was not known to.
    pub fn along(&mut self, trip: TripId, devices: impl IntoIterator<Item = DeviceNumber>) -> bool {
        let along = self.along.entry(trip).or_default();
        let before = along.len();
        along.extend(devices);
        along.len() > before
    }

    /// All that a device was ever given.
    pub fn granted(&self, device: DeviceNumber) -> &[Grant] {
        self.granted.get(&device).map_or(&[], Vec::as_slice)
    }

    /// The devices that came along on a trip.
    pub fn came_along(&self, trip: TripId) -> impl Iterator<Item = DeviceNumber> {
        self.along.get(&trip).into_iter().flatten().copied()
    }

    /// Whether every device that is known to `before` was given the same there. Of a device that was not, there was
    /// nothing to judge.
    pub fn grants_as(&self, before: &Self) -> bool {
        let mut known = before.granted.iter();
        known.all(|(device, grants)| self.granted(*device) == grants.as_slice())
    }

    /// The trips on which others came along than `before` says.
    pub fn trips_unlike(&self, before: &Self) -> BTreeSet<TripId> {
        let trips = self.along.iter();
        trips
            .filter(|(trip, along)| before.along.get(trip) != Some(along))
            .map(|(trip, _)| *trip)
            .collect()
    }

    /// What is out of order about the duty of an entry. A device of which nothing is known here is not judged.
    pub(crate) fn judge(&self, entry: &Entry) -> Option<Irregularity> {
        let grants = self.granted.get(&entry.device)?;
        let along = match &entry.duty {
            Duty::Trip(trip) => self
                .along
                .get(trip)
                .is_some_and(|along| along.contains(&entry.device)),
            _ => false,
        };
        let sheet = DocumentId::Sheet(entry.cell.date, entry.duty.clone());
        let mut covering = grants
            .iter()
            .filter(|grant| grant.may_write(&sheet, along))
            .peekable();
        if covering.peek().is_none() {
            return Some(Irregularity::NoDuty {
                device: entry.device,
                duty: entry.duty.clone(),
            });
        }
        // The device's own clock, put right by what it learnt of it: a remark, because no clock decides.
        let offset = entry.clock.map_or(0, |check| check.offset_ms / 1000);
        let recorded_at = entry.recorded_at.saturating_add(offset);
        covering
            .all(|grant| grant.has_ended(recorded_at))
            .then_some(Irregularity::DutyEnded { device: entry.device })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::Role;

    fn entry(device: u32, duty: Duty) -> Entry {
        let person = crate::entry::Person::new("a-shah".parse().unwrap(), "Mrs A Shah", "Teacher");
        let date: crate::session::Date = "2026-03-02".parse().unwrap();
        Entry {
            school: crate::ids::SchoolId(123_456),
            cell: crate::session::Cell {
                date,
                session: crate::session::Session::Am,
                pupil: crate::ids::PupilNumber(1001),
            },
            code: Some(crate::code::Code::NOT_YET_KNOWN),
            particulars: crate::entry::Particulars::default(),
            duty,
            person: person.unwrap(),
            device: DeviceNumber(device),
            recorded_at: date.start_unix_seconds() + 9 * 3600,
            clock: None,
            supersedes: BTreeSet::new(),
            reason: None,
            sign_off: None,
        }
    }

    #[test]
    fn a_mark_outside_every_duty_that_its_device_ever_had_is_out_of_order() {
        let class = Duty::Class("4B".parse().unwrap());
        let mut duties = Duties::default();
        assert_eq!(
            duties.judge(&entry(1, class.clone())),
            None,
            "nothing is known of it"
        );
        duties.grant(DeviceNumber(1), Grant::of(Role::Gate));
        assert!(matches!(
            duties.judge(&entry(1, class.clone())),
            Some(Irregularity::NoDuty { .. })
        ));
        assert_eq!(duties.judge(&entry(1, Duty::Gate)), None);
        let mut teacher = Grant::of(Role::Teacher);
        teacher.classes.insert("4B".parse().unwrap());
        duties.grant(DeviceNumber(1), teacher);
        assert_eq!(duties.judge(&entry(1, class)), None);
        assert_eq!(
            duties.judge(&entry(1, Duty::Gate)),
            None,
            "what it had before still counts"
        );
    }

    #[test]
    fn whoever_a_plan_sends_along_marks_on_the_trip() {
        let trip: TripId = "6e5f2c3a-0000-4000-8000-000000000001".parse().unwrap();
        let mut duties = Duties::default();
        duties.grant(DeviceNumber(1), Grant::of(Role::Teacher));
        assert!(duties.judge(&entry(1, Duty::Trip(trip))).is_some());
        assert!(duties.along(trip, [DeviceNumber(1)]));
        assert!(!duties.along(trip, [DeviceNumber(1)]), "it was known");
        assert_eq!(duties.judge(&entry(1, Duty::Trip(trip))), None);
    }

    #[test]
    fn a_mark_after_the_end_of_a_duty_is_remarked_on_by_the_clock_as_it_was_put_right() {
        let mut supply = Grant::of(Role::Gate);
        let mut late = entry(1, Duty::Gate);
        supply.ends_at = Some(late.recorded_at);
        let mut duties = Duties::default();
        duties.grant(DeviceNumber(1), supply);
        let remark = duties.judge(&late).unwrap();
        assert_eq!(
            remark,
            Irregularity::DutyEnded {
                device: DeviceNumber(1)
            }
        );
        assert!(!remark.moves_nothing());
        late.clock = Some(crate::entry::ClockCheck {
            offset_ms: -60_000,
            doubt_ms: 10,
        });
        assert_eq!(duties.judge(&late), None, "its clock was a minute fast");
    }
}
