//! A school's own rules, as dated data: times, deadlines, triggers, thresholds and letters.
//!
//! A school writes them in one TOML file: sets of rules, each from a date on. Text goes in, a [`RuleBook`] comes out, or
//! every mistake of the file at once ([`RuleErrors`]). What a set does not say is kept from the set before it; the first
//! set rests on a [`Profile`], a policy that was read beforehand, or else on the law and the guidance. [`Explained`]
//! says of every value where it comes from.
//!
//! [`terms`] is what rules amount to, and all that counters and worklists know of them. [`arrival`] is the one rule that
//! a gate needs at once: `L` or `U`. [`recording`] is what those who record are told.

pub mod arrival;
mod bands;
mod book;
mod days;
mod error;
mod findings;
mod framework;
mod given;
pub mod limits;
mod local;
mod nearest;
mod origin;
mod print;
mod profile;
mod read;
mod reader;
pub mod recording;
mod set;
mod statutory;
mod steps;
pub mod terms;
mod times;

pub use self::book::RuleBook;
pub use self::error::{Conflict, RuleError, RuleErrors, RuleFault, Said};
pub use self::origin::{Explained, Ground, Origin};
pub use self::profile::Profile;
pub use self::recording::{RecordingRules, RegisterPolicy, WhoMay};
pub use self::terms::RegisterTimes;
