//! Chance that can be repeated, for tests.

/// Random enough, and the same in every run. The seed is not 0.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// Neighbouring seeds give unlike runs.
    pub(crate) fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("it is below a usize")
    }
}
