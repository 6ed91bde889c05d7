//! A school's own rules, as dated data: times, deadlines, triggers, thresholds and letters.

pub mod terms;
