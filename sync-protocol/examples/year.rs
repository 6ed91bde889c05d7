//! What it costs to count a school's year from its documents: as the hub loads them from its store, folds each day and counts
//! what stands; and what one more mark costs after that.
//!
//! `cargo run --release -p daymark-sync-protocol --example year` prints one JSON line; `cargo xtask bench` shows it in a table.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::cast_precision_loss,
    reason = "an example that measures and prints"
)]

#[path = "year/school.rs"]
mod school;

use std::hint::black_box;
use std::time::{Duration, Instant};

use daymark_core::attendance::{Attendance, Outcome};
use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry};
use daymark_core::follow_up::Done;
use daymark_core::ids::PupilNumber;
use daymark_core::session::Session;
use serde_json::json;

use school::{Error, PUPILS, School, Stored};

/// As many documents as the server keeps in memory.
const DOCUMENTS_IN_MEMORY: usize = 512;
const REBUILDS: usize = 5;
/// In how many copies of a day each pupil gets one mark: the thread's own time moves in steps of milliseconds.
const ROUNDS: usize = 40;
const DAYS_AGAIN: u32 = 200;

/// How long this thread has had a core: what a busy machine does not change. `None` where the system does not say.
fn on_a_core() -> Option<Duration> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    said.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// A clock of the thread's own time, or of the wall where there is none.
struct Clock(Instant);

impl Clock {
    fn now(&self) -> Duration {
        on_a_core().unwrap_or_else(|| self.0.elapsed())
    }
}

#[derive(Default, Clone, Copy)]
struct Parts {
    wall: Duration,
    load: Duration,
    fold: Duration,
    count: Duration,
}

impl Parts {
    fn whole(self) -> Duration {
        self.load + self.fold + self.count
    }
}

/// The register of the year from nothing: day by day, so that no more than some days' documents need be in memory.
fn rebuild(school: &School, stored: &Stored) -> Result<(Attendance, Parts), Error> {
    let clock = Clock(Instant::now());
    let mut hub = school.hub(stored);
    let mut attendance = school.nothing_counted();
    let mut parts = Parts::default();
    for day in school.calendar.school_days() {
        let started = clock.now();
        for id in hub.missing_sheets(day.date) {
            let changes = stored.changes.get(&id).cloned().unwrap_or_default();
            hub.load(&id, changes)?;
        }
        let loaded = clock.now();
        hub.day(day.date);
        let folded = clock.now();
        for (cell, fold) in hub.day(day.date).cells() {
            attendance.set(*cell, Outcome::from(fold));
        }
        let desk = hub.document(&DocumentId::Sheet(day.date, Duty::Office));
        black_box(desk.map(|held| Done::of(held.document())));
        hub.shed(DOCUMENTS_IN_MEMORY);
        parts.load += loaded.saturating_sub(started);
        parts.fold += folded.saturating_sub(loaded);
        parts.count += clock.now().saturating_sub(folded);
    }
    parts.wall = clock.0.elapsed();
    Ok((attendance, parts))
}

/// One mark that a tablet makes, from its entry on: folded into its day and counted. And a whole day in memory counted again,
/// as the server does when it is asked for a list and a sheet of that day has changed. Microseconds each.
fn one_mark(school: &School, stored: &Stored, attendance: &mut Attendance) -> Result<(f64, f64), Error> {
    let clock = Clock(Instant::now());
    let mut hub = school.hub(stored);
    let date = school.calendar.last_day();
    for id in hub.missing_sheets(date) {
        hub.load(&id, stored.changes.get(&id).cloned().unwrap_or_default())?;
    }
    let gate = school.device(&Duty::Gate);
    let made: Vec<Entry> = (1..=PUPILS)
        .map(|pupil| School::entry(gate, date, Session::Pm, PupilNumber(pupil), Code::LATE))
        .collect();
    let mut days = vec![(hub.day(date).clone(), made); ROUNDS];
    let started = clock.now();
    for (day, made) in &mut days {
        for entry in made.drain(..) {
            for cell in day.add([entry]) {
                if let Some(fold) = day.cell(&cell) {
                    attendance.set(cell, Outcome::from(fold));
                }
            }
        }
    }
    let marks = PUPILS as f64 * ROUNDS as f64;
    let mark = clock.now().saturating_sub(started).as_secs_f64() * 1e6 / marks;
    let started = clock.now();
    for _ in 0..DAYS_AGAIN {
        for (cell, fold) in hub.day(date).cells() {
            attendance.set(*cell, Outcome::from(fold));
        }
    }
    let again = clock.now().saturating_sub(started).as_secs_f64() * 1e6 / f64::from(DAYS_AGAIN);
    Ok((mark, again))
}

fn main() -> Result<(), Error> {
    let school = School::open()?;
    let stored = school.year()?;
    let mut runs = Vec::new();
    let mut attendance = school.nothing_counted();
    for _ in 0..REBUILDS {
        let (counted, parts) = rebuild(&school, &stored)?;
        attendance = counted;
        runs.push(parts);
    }
    runs.sort_by_key(|parts| parts.whole());
    let median = runs[runs.len() / 2];
    let cells = attendance.cells().count();
    let year = school.calendar.year_to(school.calendar.last_day());
    let possible: u32 = (1..=PUPILS)
        .map(|pupil| attendance.tally(PupilNumber(pupil), year).possible())
        .sum();
    let (mark, day) = one_mark(&school, &stored, &mut attendance)?;
    let tenths = |number: f64| (number * 10.0).round() / 10.0;
    let seconds = |time: Duration| (time.as_secs_f64() * 1e4).round() / 1e4;
    println!(
        "{}",
        json!({
            "workload": "year", "form": "from documents", "tablets": school.devices(),
            "figures": {
                "pupils": PUPILS, "cells": cells, "possible": possible,
                "documents": stored.changes.len(), "changes": stored.count(),
                "wall_s": seconds(median.wall), "rebuild_s": seconds(median.whole()), "load_s": seconds(median.load),
                "fold_s": seconds(median.fold), "count_s": seconds(median.count),
                "mark_us": tenths(mark), "day_again_us": tenths(day),
            },
        })
    );
    Ok(())
}
