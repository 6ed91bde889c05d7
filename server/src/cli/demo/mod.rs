//! `daymark demo`: a throwaway school, full of today's mess.
//!
//! The server runs in this process. The tablets are real ones: the `daymark-tablet` program beside this one, each with
//! a home folder of its own, so that what is shown is what the product does.

mod history;
mod page;
mod school;
mod story;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use clap::Args;
use daymark_core::ids::SchoolId;

use super::codes::today;
use super::serve::{serve, threads};
use super::{Failure, Outcome, Place};
use crate::config::{CALENDAR_FILE, Config, Home, School};

/// A number that no real school has.
const DEMO_URN: SchoolId = SchoolId(999_999);

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where to put it; must not be there yet [default: a new folder for temporary files]
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Tell the story, check that it came out as told, and stop
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(super) fn run(self, _: &Place) -> Result<Outcome, Failure> {
        let folder = match self.folder {
            Some(folder) => folder,
            None => std::env::temp_dir().join(format!("daymark-demo-{}", std::process::id())),
        };
        let home = Home::at(folder.join("school"));
        let school = School {
            urn: DEMO_URN,
            name: "DEMO Larkfield Primary".into(),
            laestab: Some("999/2000".into()),
        };
        let config = Config::new(school, "127.0.0.1:0".parse()?);
        let date = today()?;
        let year = school_year(date.into());
        // On a Saturday or Sunday no school is held, and with a calendar nothing could be marked today.
        let is_held = history::is_held(date);
        home.init(&config, is_held.then_some(history::PROFILE))?;
        if is_held {
            std::fs::write(
                folder.join("school").join(CALENDAR_FILE),
                history::calendar_toml(year),
            )?;
        }
        let stage = Arc::new(page::Stage::default());
        let story = story::Story::new(&folder, date, year, Arc::clone(&stage))?;
        let once = self.once;
        threads()?.block_on(serve(&home, config, false, page::pages(stage), move |url| {
            // The story speaks to the server as anybody would, so it must not hold up the thread that serves.
            std::thread::Builder::new().name("story".into()).spawn(move || {
                let told = story.tell(&url);
                match &told {
                    Ok(()) if !once => return,
                    Ok(()) => {}
                    Err(failure) => eprintln!("daymark: the demo did not come out: {failure}"),
                }
                std::process::exit(i32::from(told.is_err()));
            })?;
            Ok(())
        }))?;
        Ok(Outcome::Ok)
    }
}

/// The year in which the school year of a date began.
fn school_year(date: NaiveDate) -> i32 {
    if date.month() >= 9 {
        date.year()
    } else {
        date.year() - 1
    }
}
