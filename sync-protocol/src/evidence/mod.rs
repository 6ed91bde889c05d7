//! Evidence: one file about a pupil, a day or a term that an outsider can read, and check without the school.
//!
//! [`EvidenceFile::write`] makes a readable page with its data embedded; [`check::check`] reads such a file and says what
//! holds. The page is a function of the data alone, so one that was edited by hand is found. Nothing here writes a log or
//! shares code with what does. The format is written down for strangers in `docs/evidence.md`.

pub mod check;
pub mod data;
mod file;
mod finding;
mod loaded;
mod make;
mod page;

pub use check::{Report, check};
pub use data::{Evidence, Question};
pub use file::{EvidenceFile, FILE_BYTES_MAX, ReadError};
pub use finding::{Finding, Problem};
pub use make::{Ingredients, LoggedChange};
