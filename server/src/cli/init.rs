//! `daymark init`

use std::net::SocketAddr;

use clap::Args;
use daymark_core::ids::SchoolId;
use daymark_core::rules::Profile;

use super::print::say;
use super::{Failure, Outcome, Place};
use crate::config::{CONFIG_FILE, Config, DEFAULT_LISTEN, Home, RULES_FILE, School, TOKEN_FILE};

#[derive(Debug, Args)]
pub(super) struct Init {
    /// What the school is called
    #[arg(long)]
    name: String,
    /// The school's unique reference number (URN), six digits
    #[arg(long)]
    urn: SchoolId,
    /// The establishment number for exports, such as 123/4567
    #[arg(long)]
    laestab: Option<String>,
    /// Where to listen
    #[arg(long, default_value = DEFAULT_LISTEN)]
    listen: SocketAddr,
    /// The policy that the school's rules rest on; `daymark rules profiles` lists them
    #[arg(long)]
    profile: Option<Profile>,
}

impl Init {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let home = Home::at(&place.home);
        let school = School {
            urn: self.urn,
            name: self.name,
            laestab: self.laestab,
        };
        home.init(&Config::new(school, self.listen), self.profile)?;
        say!(
            "Made {} with {CONFIG_FILE} and {TOKEN_FILE}.",
            place.home.display()
        );
        if let Some(profile) = self.profile {
            say!(
                "Its rules, {RULES_FILE}, rest on the profile {profile}. What nobody says is assumed: daymark rules show"
            );
        }
        if !self.listen.ip().is_loopback() {
            say!(
                "Before tablets come over the network: daymark tls init --name HOST --home {}",
                place.home.display()
            );
        }
        say!("Next: daymark serve --home {}", place.home.display());
        Ok(Outcome::Ok)
    }
}
