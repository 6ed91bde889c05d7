//! `daymark rules`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use daymark_core::rules::{Explained, Ground, Origin, Profile, RuleBook};
use daymark_core::session::Date;
use serde_json::json as value;

use super::codes::today;
use super::print::{counted, json, say, table};
use super::{Failure, Outcome, Place};
use crate::config::{Home, RULES_FILE};
use crate::rules_file::{RulesFileError, read};

#[derive(Debug, Subcommand)]
pub(super) enum Rules {
    /// Check a file of rules (exit 3 with every mistake in it)
    Check(Check),
    /// Show the rules in force, and whose word each of them is
    Show(Show),
    /// List the policies that rules may rest on, or print one
    Profiles(Profiles),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The file, such as rules.toml
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The rules of this date [default: today]
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

#[derive(Debug, Args)]
pub(super) struct Profiles {
    /// Which to print
    name: Option<Profile>,
}

impl Rules {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        match self {
            Self::Check(check) => check.run(place),
            Self::Show(show) => show.run(place),
            Self::Profiles(profiles) => profiles.run(place),
        }
    }
}

impl Check {
    fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let errors = match read(&self.file) {
            Ok(book) => return tell_sets(&book, &self, place),
            Err(RulesFileError::Rules { errors, .. }) => errors,
            Err(other) => return Err(other.into()),
        };
        if place.json {
            json(&errors)?;
        } else {
            say!("{errors}");
        }
        Ok(Outcome::Problems)
    }
}

/// Says what a sound file holds, and which of its values nobody wrote down.
fn tell_sets(book: &RuleBook, check: &Check, place: &Place) -> Result<Outcome, Failure> {
    let sets: Vec<Date> = book.sets().map(|(from, _)| from).collect();
    let assumed: Vec<String> = sets
        .iter()
        .flat_map(|from| {
            let explained = book.explain(*from).iter();
            let assumed = explained.filter(|line| line.origin == Origin::Default(Ground::Assumed));
            assumed.map(move |line| format!("{} = {} from {from}", line.key, line.value))
        })
        .collect();
    if place.json {
        json(&value!({ "errors": [], "more": 0, "sets": sets, "assumed": assumed }))?;
        return Ok(Outcome::Ok);
    }
    let dates: Vec<String> = sets.iter().map(Date::to_string).collect();
    let count = counted(sets.len(), "set of rules", "sets of rules");
    say!("{}: {count}, from {}.", check.file.display(), dates.join(", "));
    for line in assumed {
        say!("Assumed, for neither the file nor its profile says it: {line}");
    }
    Ok(Outcome::Ok)
}

impl Show {
    fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let on = match self.on {
            Some(date) => date,
            None => today()?,
        };
        let home = Home::at(&place.home);
        let written = home.rules()?;
        let is_written = written.is_some();
        let book = written.unwrap_or_else(RuleBook::statutory);
        let explained = book.explain(on);
        if place.json {
            let profile = book.profile().map(Profile::name);
            let from = book.in_force_from(on);
            json(&value!({ "on": on, "in_force_from": from, "profile": profile, "rules": explained }))?;
            return Ok(Outcome::Ok);
        }
        if is_written {
            let from = book.in_force_from(on);
            say!(
                "Rules of {}, in force from {from}",
                home.path().join(RULES_FILE).display()
            );
        } else {
            say!("The school has no {RULES_FILE}: law, guidance and assumed times");
        }
        let row = |line: &Explained| vec![line.key.clone(), line.value.clone(), line.origin.to_string()];
        table(
            &["Key", "Value", "From"],
            &explained.iter().map(row).collect::<Vec<_>>(),
        );
        Ok(Outcome::Ok)
    }
}

impl Profiles {
    fn run(self, place: &Place) -> Result<Outcome, Failure> {
        if let Some(profile) = self.name {
            if place.json {
                let (name, title, text) = (profile.name(), profile.title(), profile.text());
                json(&value!({ "name": name, "title": title, "text": text }))?;
            } else {
                say!("{}", profile.text().trim_end());
            }
            return Ok(Outcome::Ok);
        }
        if place.json {
            let list =
                Profile::ALL.map(|profile| value!({ "name": profile.name(), "title": profile.title() }));
            json(&list)?;
            return Ok(Outcome::Ok);
        }
        let rows = Profile::ALL.map(|profile| vec![profile.name().to_owned(), profile.title().to_owned()]);
        table(&["Profile", "Policy"], &rows);
        Ok(Outcome::Ok)
    }
}
