//! `daymark tls`

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::json as value;

use super::print::{json, say};
use super::{Failure, Outcome, Place};
use crate::config::{CONFIG_FILE, ConfigError, Home};
use crate::tls::authority::{Existing, TlsFiles, make};
use crate::tls::certificate::{CertificateFacts, facts, read_chain};

#[derive(Debug, Subcommand)]
pub(super) enum Tls {
    /// Make a private authority for the school's network, and a server certificate that it signs
    Init(Init),
    /// Show the server's certificate: its names, its end, its fingerprint (exit 3 when it must be renewed)
    Show,
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// A host name by which tablets reach the server; may be given again
    #[arg(long = "name", value_name = "HOST")]
    names: Vec<String>,
    /// An address by which tablets reach the server; may be given again
    #[arg(long = "ip", value_name = "ADDRESS")]
    addresses: Vec<IpAddr>,
    /// A new server certificate of the authority that is there: tablets go on as they are
    #[arg(long, conflicts_with = "replace")]
    renew: bool,
    /// A new authority too: every tablet must be given the new ca.pem
    #[arg(long)]
    replace: bool,
}

impl Tls {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        match self {
            Self::Init(init) => init.run(place),
            Self::Show => show(place),
        }
    }
}

impl Init {
    fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let home = Home::at(&place.home);
        let config = home.config()?;
        let existing = match (self.renew, self.replace) {
            (true, _) => Existing::Renew,
            (_, true) => Existing::Replace,
            _ => Existing::Keep,
        };
        let (mut names, mut addresses) = (self.names, self.addresses);
        if existing == Existing::Renew && names.is_empty() && addresses.is_empty() {
            let old = facts_of(&TlsFiles::of(home.path()).certificate)?;
            for name in old.names {
                match name.parse() {
                    Ok(address) => addresses.push(address),
                    Err(_) => names.push(name),
                }
            }
        }
        let files = make(home.path(), &config.school.name, &names, &addresses, existing)?;
        let is_set = set(&home)?;
        let (ca, server) = (facts_of(&files.ca)?, facts_of(&files.certificate)?);
        if place.json {
            json(&value!({
                "authority": ca, "certificate": server, "ca_file": files.ca, "settings_changed": is_set,
            }))?;
            return Ok(Outcome::Ok);
        }
        say!(
            "Certificate for {}, until {}: {}",
            server.names.join(", "),
            server.expires.date_naive(),
            files.certificate.display()
        );
        say!("Signed by {}, until {}.", ca.subject, ca.expires.date_naive());
        say!("The authority's SHA-256 fingerprint: {}", ca.fingerprint);
        if is_set {
            say!("{CONFIG_FILE} now has [tls] with certificate and key.");
        } else {
            say!("{CONFIG_FILE} has a [tls] already, which was left as it is. It must name:");
            say!("  certificate = \"tls/server.pem\"");
            say!("  key = \"tls/server-key.pem\"");
        }
        let ca_file = files.ca.display();
        say!(
            "On each tablet: daymark-tablet enrol --ca {ca_file} --server https://HOST:PORT --invitation ..."
        );
        say!("For browsers, install that file as an authority, and compare the fingerprint there.");
        say!(
            "Keep {} away from the network: whoever has it can pose as the server.",
            files.ca_key.display()
        );
        say!("A running server reads a renewed certificate at a SIGHUP; [tls] itself at its next start.");
        Ok(Outcome::Ok)
    }
}

/// Adds the table to the settings, whose other lines and comments stay as they are. `false` where there is one.
fn set(home: &Home) -> Result<bool, Failure> {
    if home.config()?.tls.is_some() {
        return Ok(false);
    }
    let path = home.path().join(CONFIG_FILE);
    let failed = |source| ConfigError::Io {
        path: path.clone(),
        source,
    };
    let mut text = fs::read_to_string(&path).map_err(failed)?;
    text.push_str("\n[tls]\ncertificate = \"tls/server.pem\"\nkey = \"tls/server-key.pem\"\n");
    // In one step, so that a power cut cannot leave half of the settings.
    let beside = path.with_extension("toml.new");
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, &path))
        .map_err(failed)?;
    Ok(true)
}

fn facts_of(path: &Path) -> Result<CertificateFacts, Failure> {
    let chain = read_chain(path)?;
    let first = chain.first().ok_or("a chain has at least one certificate")?;
    Ok(facts(first, path)?)
}

/// What the server's certificate says, where the settings name one.
pub(super) fn certificate(home: &Home) -> Result<Option<CertificateFacts>, Failure> {
    let pair = home.pair(&home.config()?);
    pair.map(|pair| facts_of(&pair.certificate)).transpose()
}

fn show(place: &Place) -> Result<Outcome, Failure> {
    let Some(facts) = certificate(&Home::at(&place.home))? else {
        return Err(format!(
            "{CONFIG_FILE} names no certificate: make one with `daymark tls init --name HOST`, or add [tls] with \
             certificate and key"
        )
        .into());
    };
    if place.json {
        json(&facts)?;
    } else {
        say!("Subject: {}", facts.subject);
        say!("Signed by: {}", facts.issuer);
        say!("Good for: {}", facts.names.join(", "));
        say!("Until: {} ({} days)", facts.expires, facts.days_left);
        say!("SHA-256 fingerprint: {}", facts.fingerprint);
        if let Some(warning) = facts.warning() {
            say!("Note: {warning}");
        }
    }
    Ok(Outcome::found(facts.warning().is_some()))
}
