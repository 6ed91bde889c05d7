//! What each tablet recorded while it was offline: the peers' own workload, number for number.

use std::collections::BTreeMap;

/// The date of the workload.
pub(crate) const DATE: &str = "2026-03-02";
const START_MS: i64 = 1_772_440_200_000;
const MARKS: usize = 30;
const OVERLAP_EVERY: usize = 20;

/// One mark.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Write {
    pub(crate) afternoon: bool,
    pub(crate) pupil: u64,
    pub(crate) code: &'static str,
    pub(crate) at_ms: i64,
    pub(crate) staff: String,
}

/// The whole workload.
#[derive(Debug)]
pub(crate) struct Workload {
    /// By tablet.
    pub(crate) writes: Vec<Vec<Write>>,
    /// How many different cells.
    pub(crate) keys: usize,
    /// The cells that two tablets wrote, with both codes.
    pub(crate) contested: BTreeMap<(bool, u64), [&'static str; 2]>,
}

/// The peers' generator: mulberry32, seed 1.
struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x6d2b_79f5);
        let mut t = (self.0 ^ (self.0 >> 15)).wrapping_mul(self.0 | 1);
        t = t.wrapping_add((t ^ (t >> 7)).wrapping_mul(t | 0x3d)) ^ t;
        t ^ (t >> 14)
    }
}

impl Workload {
    /// The marks of so many tablets: thirty each, and every twentieth cell marked by another tablet as well.
    pub(crate) fn new(tablets: usize) -> Self {
        let mut random = Random(1);
        let staff: Vec<String> = (0..tablets)
            .map(|_| {
                random.next(); // The device's own id.
                format!("{:08x}", random.next())
            })
            .collect();
        let mut writes: Vec<Vec<Write>> = vec![Vec::new(); tablets];
        let mut owners = Vec::new();
        for tablet in 0..tablets {
            for place in 0..MARKS {
                let pupil = u64::from(random.next()) << 32 | u64::from(random.next());
                let at_ms = START_MS + i64::from(random.next() % 14_400_000);
                let write = Write {
                    afternoon: place % 2 == 1,
                    pupil,
                    code: "V",
                    at_ms,
                    staff: staff[tablet].clone(),
                };
                writes[tablet].push(write.clone());
                owners.push((tablet, write));
            }
        }
        let keys = owners.len();
        let mut contested = BTreeMap::new();
        for (tablet, write) in owners.into_iter().step_by(OVERLAP_EVERY).filter(|_| tablets > 1) {
            let step = 1 + random.next() as usize % (tablets - 1);
            let other = (tablet + step) % tablets;
            let at_ms = START_MS + i64::from(random.next() % 14_400_000);
            contested.insert((write.afternoon, write.pupil), ["V", "L"]);
            writes[other].push(Write {
                code: "L",
                at_ms,
                staff: staff[other].clone(),
                ..write
            });
        }
        Self {
            writes,
            keys,
            contested,
        }
    }

    /// All marks.
    pub(crate) fn count(&self) -> usize {
        self.writes.iter().map(Vec::len).sum()
    }
}
