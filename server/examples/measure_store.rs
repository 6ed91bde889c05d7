//! Measures the embedded store: commit latency alone and with sixty callers, opening, memory.
//!
//! `cargo run --release -p daymark-server --example measure_store -- FOLDER [CHANGES]`
//!
//! FOLDER must not exist and is left behind. Run it again with `--open` as the second argument to measure an opening
//! in a fresh process.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daymark_server::commit::Committer;
use daymark_server::store::Store;
use daymark_server::store::conformance::stored_bytes;
use daymark_server::store::embedded::EmbeddedStore;

const SINGLE: u32 = 2_000;
const CALLERS: u32 = 60;
const EACH: u32 = 300;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("give a folder")?;
    let second = arguments.next().unwrap_or_else(|| "100000".to_owned());
    if second == "--open" {
        return open(Path::new(&folder));
    }
    if Path::new(&folder).exists() {
        return Err("give a folder that is not there".into());
    }
    measure(Path::new(&folder), second.parse()?)
}

/// Sixty sheets, as a school writes in a few days.
fn event(number: u32) -> daymark_sync_protocol::event::Event {
    let (day, class) = (number / 12_000 % 28 + 1, number % 60);
    stored_bytes(&format!("sheet/2026-03-{day:02}/class:{class}"), number, 450)
}

fn open(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let (store, opening) = EmbeddedStore::open(folder)?;
    println!(
        "opened {} records in {:?}: {:?}, {}",
        opening.journal.records,
        opening.took,
        opening.index,
        memory()
    );
    let started = Instant::now();
    let documents = store.documents()?;
    let mut changes = 0;
    for (document, _) in &documents {
        changes += store.changes(document)?.len();
    }
    println!(
        "read {changes} changes of {} documents in {:?}, {}",
        documents.len(),
        started.elapsed(),
        memory()
    );
    let started = Instant::now();
    store.check()?;
    println!("deep check in {:?}, {}", started.elapsed(), memory());
    Ok(())
}

fn measure(folder: &Path, changes: u32) -> Result<(), Box<dyn std::error::Error>> {
    let store = Arc::new(EmbeddedStore::open(folder)?.0);
    println!("empty: {}", memory());
    let committer = Committer::start(Arc::clone(&store) as Arc<dyn Store>)?;
    let mut times = Vec::new();
    for number in 0..SINGLE {
        let started = Instant::now();
        committer.submit(0, vec![event(number)]).wait()?;
        times.push(started.elapsed());
    }
    report("one caller", &mut times);

    let before = committer.counts();
    let started = Instant::now();
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let committer = &committer;
                scope.spawn(move || {
                    let mut times = Vec::new();
                    for number in 0..EACH {
                        let started = Instant::now();
                        let events = vec![event(SINGLE + caller * EACH + number)];
                        committer.submit(0, events).wait().expect("a commit");
                        times.push(started.elapsed());
                    }
                    times
                })
            })
            .collect();
        callers
            .into_iter()
            .flat_map(|caller| caller.join().expect("a caller"))
            .collect()
    });
    let rate = f64::from(CALLERS * EACH) / started.elapsed().as_secs_f64();
    report("sixty callers", &mut times);
    println!(
        "  {rate:.0} events a second, {} commits; {}",
        committer.counts().groups - before.groups,
        memory()
    );

    let first = SINGLE + CALLERS * EACH;
    let started = Instant::now();
    for from in (first..changes).step_by(200) {
        let events = (from..changes.min(from + 200)).map(event).collect();
        committer.submit(0, events).wait()?;
    }
    println!(
        "{} more in groups of 200 in {:?}, {}",
        changes.saturating_sub(first),
        started.elapsed(),
        memory()
    );
    committer.stop();
    store.close()?;
    Ok(())
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 1_000];
    println!("{what}: p50 {:?}, p99 {:?}, most {:?}", at(500), at(990), at(999));
}

/// What Linux says; elsewhere nothing.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines = status
        .lines()
        .filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", ")
}
