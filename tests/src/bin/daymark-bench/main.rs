//! The benchmark: the peers' workloads against a real `daymark serve`, in the peers' form (all tablets share one
//! sheet) and in ours (a sheet a duty, and an office that receives them all). Every figure goes out as a JSON line.
//!
//! Times depend on the machine and its load; compare them within one run only. Bytes and counts are exact.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures are rounded for people"
)]

mod fleet;
mod server;
mod workload;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::ids::{PupilNumber, TripId};
use daymark_core::session::{Cell, Session};
use daymark_sync_protocol::poke::Scope;
use serde_json::{Value, json};
use uuid::Uuid;

use fleet::{Agent, Failure, converged, date, traffic};
use server::{Server, usage_of};
use workload::{Workload, Write};

/// As in the `daymark-tablet` command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LIVE_MARKS: usize = 100;

/// How the tablets' marks are laid out in sheets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// All tablets share one sheet.
    Shared,
    /// A sheet a duty, and an office that receives them all.
    Duties,
}

impl Form {
    fn word(self) -> &'static str {
        match self {
            Self::Shared => "shared sheet",
            Self::Duties => "sheet a duty",
        }
    }

    fn trip(self, tablet: usize) -> TripId {
        TripId(Uuid::from_u128(match self {
            Self::Shared => 1,
            Self::Duties => 1 + tablet as u128,
        }))
    }
}

struct Run {
    server: Server,
    workload: Workload,
    office: Rc<Agent>,
    tablets: Vec<Rc<Agent>>,
    form: Form,
}

impl Run {
    /// A school with its tablets, each with a day's marks recorded and nothing sent.
    async fn prepare(program: &Path, form: Form, count: usize) -> Result<Self, Failure> {
        let server = Server::start(program)?;
        let workload = Workload::new(count);
        let office = Agent::enrol(&server, "Office", "office").await?;
        let mut tablets = Vec::new();
        for number in 0..count {
            tablets.push(Agent::enrol(&server, &format!("Tablet {number}"), "teacher").await?);
        }
        match form {
            Form::Shared => office.plan(
                form.trip(0),
                tablets.iter().map(|tablet| tablet.device()).collect(),
            )?,
            Form::Duties => {
                for (number, tablet) in tablets.iter().enumerate() {
                    office.plan(form.trip(number), vec![tablet.device()])?;
                }
            }
        }
        office.sync(Scope::Everything).await?;
        for (number, tablet) in tablets.iter().enumerate() {
            tablet.mark(form.trip(number), &workload.writes[number])?;
        }
        Ok(Self {
            server,
            workload,
            office,
            tablets,
            form,
        })
    }

    /// W1: everybody connects at once.
    async fn reconcile(&self) -> Result<Value, Failure> {
        let writes = self.workload.count();
        let all = self.everybody();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let idle = self.server.usage()?;
        let (before, client) = (traffic(&all), usage_of("self")?.cpu);
        let start = Instant::now();
        for agent in &all {
            agent.connect();
        }
        let (holders, expected): (&[Rc<Agent>], usize) = match self.form {
            Form::Shared => (&all, writes),
            Form::Duties => (&all[..1], writes),
        };
        // In the form with a sheet a duty only the office receives them all; the others must be acknowledged.
        let seconds = converged(holders, expected, start).await;
        let client = usage_of("self")?.cpu - client;
        let acknowledged = self
            .tablets
            .iter()
            .map(|tablet| tablet.acknowledged.get())
            .collect::<Option<Vec<_>>>();
        let ack = acknowledged
            .and_then(|times| times.into_iter().max())
            .map(|last| last.duration_since(start).as_secs_f64());
        let used = self.server.usage()?;
        let bytes = traffic(&all).since(before);
        let (journal, disk) = self.server.disk()?;
        let deliveries = match self.form {
            Form::Shared => self.workload.keys * self.tablets.len(),
            Form::Duties => writes,
        };
        Ok(json!({
            "t_all": seconds, "t_ack": ack, "t_server": ack,
            "up": bytes.bytes_up, "down": bytes.bytes_down,
            "up_per_write": ratio(bytes.bytes_up, writes),
            "down_per_delivery": ratio(bytes.bytes_down, deliveries),
            "server_cpu": used.cpu - idle.cpu, "client_cpu": client,
            "rss_idle": idle.rss, "rss_peak": used.rss,
            "journal": journal, "disk": disk, "disk_per_mark": ratio(disk, writes), "journal_per_mark": ratio(journal, writes),
            "complete": seconds.is_some(),
        }))
    }

    fn everybody(&self) -> Vec<Rc<Agent>> {
        std::iter::once(&self.office)
            .chain(&self.tablets)
            .cloned()
            .collect()
    }

    /// For how many contested cells an agent can still show both marks.
    fn both_kept(&self, agent: &Agent) -> usize {
        let tablet = agent.tablet.borrow();
        let day = tablet.replica().day(date());
        let shown = |afternoon: bool, pupil: u64| {
            let session = if afternoon { Session::Pm } else { Session::Am };
            day.history(&Cell {
                date: date(),
                session,
                pupil: PupilNumber(pupil),
            })
        };
        self.workload
            .contested
            .iter()
            .filter(|((afternoon, pupil), codes)| {
                let history = shown(*afternoon, *pupil);
                codes.iter().all(|code| {
                    history
                        .iter()
                        .any(|(_, entry)| entry.code.is_some_and(|found| found.as_str() == *code))
                })
            })
            .count()
    }

    /// W2: one tablet marks, one mark after another; the clock stops when the last of the others has it.
    async fn live(&self) -> Result<Value, Failure> {
        let sheet = DocumentId::Sheet(date(), Duty::Trip(self.form.trip(0)));
        let writer = &self.tablets[0];
        let others: Vec<Rc<Agent>> = match self.form {
            Form::Shared => self
                .everybody()
                .into_iter()
                .filter(|agent| !Rc::ptr_eq(agent, writer))
                .collect(),
            Form::Duties => vec![Rc::clone(&self.office)],
        };
        let all = self.everybody();
        let (before, cpu) = (traffic(&all), self.server.usage()?.cpu);
        let mut latencies = Vec::new();
        let mut missed = 0;
        for number in 0..LIVE_MARKS {
            let pupil = 0xfeed_0000 + number as u64;
            let staff = self.workload.writes[0][0].staff.clone();
            let at_ms = 1_772_440_200_000 + i64::try_from(number)? * 1000;
            let target = writer.changes_of(&sheet) + 1;
            let start = Instant::now();
            writer.mark(
                self.form.trip(0),
                &[Write {
                    afternoon: true,
                    pupil,
                    code: "V",
                    at_ms,
                    staff,
                }],
            )?;
            writer.push();
            let arrived = async {
                for other in &others {
                    loop {
                        let changed = other.changed.notified();
                        if other.changes_of(&sheet) >= target {
                            break;
                        }
                        changed.await;
                    }
                }
            };
            match tokio::time::timeout(Duration::from_secs(10), arrived).await {
                Ok(()) => latencies.push(start.elapsed().as_secs_f64() * 1000.0),
                Err(_) => missed += 1,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        latencies.sort_by(f64::total_cmp);
        let at = |quantile: f64| {
            let place = (quantile * latencies.len() as f64).ceil() as usize;
            latencies.get(place.saturating_sub(1)).copied()
        };
        let bytes = traffic(&all).since(before);
        Ok(json!({
            "p50": at(0.5), "p99": at(0.99), "max": latencies.last(), "marks": latencies.len(), "missed": missed,
            "cpu_ms_per_mark": (self.server.usage()?.cpu - cpu) * 1000.0 / LIVE_MARKS as f64,
            "bytes_per_mark": ratio(bytes.bytes_up + bytes.bytes_down, LIVE_MARKS),
        }))
    }

    /// W3: a tablet that has never seen the day opens it.
    async fn cold(&self, expected: usize) -> Result<Value, Failure> {
        let cold = Agent::enrol(&self.server, "Cold", "office").await?;
        let start = Instant::now();
        cold.sync(Scope::Everything).await?;
        let seconds = start.elapsed().as_secs_f64();
        let bytes = cold.traffic();
        let done = cold.entries() == expected;
        Ok(json!({ "seconds": seconds, "up": bytes.bytes_up, "down": bytes.bytes_down, "complete": done }))
    }

    /// SIGKILL, restart, and reading back: how many of the given marks a fresh tablet cannot find.
    async fn lost(&mut self, tablets: &[usize]) -> Result<(usize, usize, usize), Failure> {
        self.server.kill();
        self.server.restart()?;
        let reader = Agent::enrol(&self.server, "Reader", "office").await?;
        reader.sync(Scope::Everything).await?;
        let (mut asked, mut lost) = (0, 0);
        {
            let tablet = reader.tablet.borrow();
            let day = tablet.replica().day(date());
            for write in tablets.iter().flat_map(|tablet| &self.workload.writes[*tablet]) {
                let session = if write.afternoon { Session::Pm } else { Session::Am };
                let cell = Cell {
                    date: date(),
                    session,
                    pupil: PupilNumber(write.pupil),
                };
                asked += 1;
                let found = day.history(&cell).iter().any(|(_, entry)| {
                    entry.code.is_some_and(|code| code.as_str() == write.code)
                        && entry.recorded_at == write.at_ms / 1000
                });
                lost += usize::from(!found);
            }
        }
        Ok((asked, lost, self.both_kept(&reader)))
    }
}

fn ratio(bytes: u64, count: usize) -> f64 {
    bytes as f64 / count as f64
}

fn say(workload: &str, form: Form, tablets: usize, figures: &Value) {
    println!(
        "{}",
        json!({ "workload": workload, "form": form.word(), "tablets": tablets, "figures": figures })
    );
}

/// W1, and with `more` W5, W3 and W2 on top of the same day.
async fn day(program: &Path, form: Form, tablets: usize, label: &str, more: bool) -> Result<(), Failure> {
    let mut run = Run::prepare(program, form, tablets).await?;
    let mut reconciled = run.reconcile().await?;
    let complete = reconciled["complete"].as_bool().unwrap_or(false);
    if more && complete {
        let both = run.both_kept(&run.office);
        let cold = run.cold(run.workload.count()).await?;
        let live = run.live().await?;
        say("w3", form, tablets, &cold);
        say("w2", form, tablets, &live);
        let everyone: Vec<usize> = (0..tablets).collect();
        let (_, lost, after) = run.lost(&everyone).await?;
        reconciled["lost"] = json!(lost);
        say(
            "w5",
            form,
            tablets,
            &json!({
                "contested": run.workload.contested.len(), "both": both, "both_after_restart": after,
            }),
        );
    }
    say(label, form, tablets, &reconciled);
    Ok(())
}

/// The server dies by SIGKILL when half of the tablets hold its acknowledgement.
async fn kill_at_ack(program: &Path, form: Form, tablets: usize) -> Result<(), Failure> {
    let mut run = Run::prepare(program, form, tablets).await?;
    for tablet in &run.tablets {
        tablet.connect();
    }
    let acknowledged = loop {
        let list: Vec<usize> = (0..tablets)
            .filter(|number| run.tablets[*number].acknowledged.get().is_some())
            .collect();
        if list.len() * 2 >= tablets {
            run.server.kill();
            break list;
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    };
    let (asked, lost, _) = run.lost(&acknowledged).await?;
    say("kill", form, tablets, &json!({ "acked": asked, "lost": lost }));
    Ok(())
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let program = PathBuf::from(arguments.next().ok_or("give the path of the daymark program")?);
    let tablets: usize = arguments.next().as_deref().unwrap_or("60").parse()?;
    let sizes: Vec<usize> = arguments
        .next()
        .as_deref()
        .unwrap_or("15,120,240")
        .split(',')
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = |body: std::pin::Pin<Box<dyn Future<Output = Result<(), Failure>>>>| {
        tokio::task::LocalSet::new().block_on(&runtime, body)
    };
    for form in [Form::Shared, Form::Duties] {
        let program = program.clone();
        local(Box::pin(
            async move { day(&program, form, tablets, "w1", true).await },
        ))?;
    }
    for form in [Form::Shared, Form::Duties] {
        let program = program.clone();
        local(Box::pin(
            async move { kill_at_ack(&program, form, tablets).await },
        ))?;
    }
    for size in sizes {
        let program = program.clone();
        local(Box::pin(async move {
            day(&program, Form::Shared, size, "w4", false).await
        }))?;
    }
    Ok(())
}
