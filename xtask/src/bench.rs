//! `cargo xtask bench`: the peers' workloads against a real server, in the peers' form and in ours; and, where the
//! peers are present, the peers in the same run; and a school's year counted from its documents. Every figure goes out as a
//! JSON line, and a table closes the run.
//!
//! Times depend on the machine and its load: compare ratios within one run.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process::{Failure, capture, cargo, root, run as run_command, target_dir};

/// Where the runnable peers may lie, from the project's root.
const PEERS: &str = "../shared/peers";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many tablets reconcile
    #[arg(long, default_value_t = 60)]
    tablets: usize,
    /// The sizes of the growth workload
    #[arg(long, default_value = "15,120,240")]
    sizes: String,
    /// Which peers to run beside it, where they are present; empty for none
    #[arg(long, default_value = "yjs,raw-group")]
    peers: String,
    /// Only a school's year counted from its documents
    #[arg(long)]
    year: bool,
    /// Only the app, in a real browser on a processor four times slower
    #[arg(long)]
    app: bool,
    /// How often each peer runs
    #[arg(long, default_value_t = 1)]
    reps: usize,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.app {
        let bench = [
            "bench",
            "--locked",
            "--package",
            "daymark-tests",
            "--bench",
            "app",
        ];
        measured(cargo().args(bench))?;
        return Ok(());
    }
    // First, and alone: nothing else may have a share of the cores while it is timed.
    let year = [
        "run",
        "--release",
        "--locked",
        "-p",
        "daymark-sync-protocol",
        "--example",
        "year",
    ];
    let mut lines = measured(cargo().args(year))?;
    if arguments.year {
        print_table(&lines);
        return Ok(());
    }
    run_command(cargo().args(["build", "--release", "--workspace", "--bins", "--locked"]))?;
    let release = target_dir().join("release");
    let program = |name: &str| release.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    lines.extend(measured(
        Command::new(program("daymark-bench"))
            .arg(program("daymark"))
            .arg(arguments.tablets.to_string())
            .arg(&arguments.sizes),
    )?);
    let peers = root().join(PEERS);
    if peers.join("run.mjs").exists() && !arguments.peers.is_empty() {
        lines.extend(beside(&peers, arguments)?);
    } else {
        println!("no peers at {PEERS}: ours alone");
    }
    print_table(&lines);
    Ok(())
}

/// Runs a program that prints a JSON line for each figure, and shows what it prints.
fn measured(command: &mut Command) -> Result<Vec<Value>, Failure> {
    let text = capture(command)?;
    print!("{text}");
    Ok(text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect())
}

/// Installs the peers once into a copy of their own, and runs them.
fn beside(peers: &Path, arguments: &Arguments) -> Result<Vec<Value>, Failure> {
    let copy = target_dir().join("peers");
    if !copy.join("node_modules").exists() {
        copy_folder(peers, &copy)?;
        run_command(Command::new("npm").arg("ci").current_dir(&copy))?;
    }
    let reps = arguments.reps.to_string();
    let tablets = arguments.tablets.to_string();
    measured(
        Command::new("node")
            .args([
                "run.mjs",
                "--peers",
                &arguments.peers,
                "--workloads",
                "w1,w4,kill",
            ])
            .args([
                "--devices",
                &tablets,
                "--reps",
                &reps,
                "--sizes",
                &arguments.sizes,
            ])
            .current_dir(&copy),
    )
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Failure::Read { path, source }
    };
    fs::create_dir_all(to).map_err(failed(to))?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        let (path, target): (PathBuf, PathBuf) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            if entry.file_name() != OsStr::new("node_modules") {
                copy_folder(&path, &target)?;
            }
        } else {
            // The bytes only: the originals may be read-only, and the copy must not be.
            let bytes = fs::read(&path).map_err(failed(&path))?;
            fs::write(&target, bytes).map_err(failed(&target))?;
        }
    }
    Ok(())
}

/// The figures that are compared, in the peers' own names.
const FIGURES: [(&str, &[&str]); 7] = [
    (
        "year",
        &[
            "pupils",
            "cells",
            "documents",
            "changes",
            "rebuild_s",
            "load_s",
            "fold_s",
            "count_s",
            "mark_us",
            "day_again_us",
        ],
    ),
    (
        "w1",
        &[
            "t_all",
            "t_server",
            "up_per_write",
            "down_per_delivery",
            "server_cpu",
            "client_cpu",
            "rss_idle",
            "rss_peak",
            "disk",
            "journal",
            "lost",
            "complete",
        ],
    ),
    (
        "w2",
        &["p50", "p99", "marks", "cpu_ms_per_mark", "bytes_per_mark"],
    ),
    ("w3", &["seconds", "up", "down", "complete"]),
    (
        "w4",
        &[
            "t_all",
            "t_server",
            "up_per_write",
            "down_per_delivery",
            "server_cpu",
            "rss_peak",
            "complete",
        ],
    ),
    ("w5", &["contested", "both", "both_after_restart"]),
    ("kill", &["acked", "lost"]),
];

fn print_table(lines: &[Value]) {
    for (workload, figures) in FIGURES {
        let rows: Vec<Vec<String>> = lines
            .iter()
            .filter(|line| line["workload"] == workload)
            .map(|line| row(line, figures))
            .collect();
        if rows.is_empty() {
            continue;
        }
        let headings: Vec<String> = ["", "tablets"]
            .iter()
            .chain(figures)
            .map(ToString::to_string)
            .collect();
        println!("\n{workload}");
        let width = |column: usize| {
            rows.iter()
                .chain([&headings])
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..headings.len()).map(width).collect();
        for row in [&headings].into_iter().chain(&rows) {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            println!("{}", cells.join("  ").trim_end());
        }
    }
}

fn row(line: &Value, figures: &[&str]) -> Vec<String> {
    let (name, tablets, values) = match line["form"].as_str() {
        Some(form) => (format!("daymark, {form}"), &line["tablets"], &line["figures"]),
        None => (
            line["peer"].as_str().unwrap_or("?").to_owned(),
            &line["devices"],
            &line["median"],
        ),
    };
    let mut cells = vec![name, tablets.to_string()];
    cells.extend(figures.iter().map(|figure| shown(&values[*figure])));
    cells
}

fn shown(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if number.fract() != 0.0 && number < 100.0 => format!("{number:.3}"),
        Some(number) => format!("{number:.0}"),
        None if value.is_null() => "-".to_owned(),
        None => value.to_string(),
    }
}
