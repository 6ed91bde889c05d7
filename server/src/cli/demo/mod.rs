//! `daymark demo`
mod school;

use clap::Args;

use super::{Failure, Outcome, Place};

#[derive(Debug, Args)]
pub(super) struct Demo {}

impl Demo {
    pub(super) fn run(self, _: &Place) -> Result<Outcome, Failure> {
        Ok(Outcome::Ok)
    }
}
