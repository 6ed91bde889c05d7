//! What may be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use daymark_core::ids::PersonId;
use daymark_core::session::Date;
use daymark_tablet::Moment;

use crate::{
    arrive, bundle, decisions, enrol, log, mark, pin, register, sign_off, sync, trip, visit, worklist,
};

/// The tablet without a screen: marks, trips and visits, recorded with or without a signal.
///
/// Everything is saved on this tablet at once, and reaches the school with `sync` or a hand-over bundle.
///
/// What a tablet keeps is sealed, and opens with a person's PIN: from --pin-file, from the environment variable
/// `DAYMARK_PIN`, or asked for at a terminal. It is never an argument, which other users of the machine could read.
///
/// Exit codes: 0 done; 1 failed, and nothing of it was saved; 2 wrong usage; 3 ran and found problems: `mark`
/// and `arrive` where some pupils were not marked, `trip count` where somebody is missing, `conflicts` with an open decision, `pending`
/// and `sync` with something that the school could not take, `bundle import` where something was not taken,
/// `sign-off` with gaps, `ledger` with an amendment out of order, `visit show` with something out of order,
/// `worklist` with a row.
#[derive(Debug, Parser)]
#[command(name = "daymark-tablet", version)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Global {
    /// The tablet's own folder.
    #[arg(long, global = true, env = "DAYMARK_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// What the device's clock shows: 2026-03-02T09:05[:30], as UTC, or RFC 3339 with an offset. [default: the
    /// system's clock]
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) at: Option<Moment>,
    /// Who uses the tablet, and whose PIN is given: a staff id of the school's list. [default: the only person who has a
    /// PIN here]
    #[arg(long, global = true, value_name = "STAFF_ID")]
    pub(crate) by: Option<PersonId>,
    /// Their full name, where this tablet's staff list does not have them.
    #[arg(long, global = true, requires = "position")]
    pub(crate) name: Option<String>,
    /// Their position, such as `Teacher`, where this tablet's staff list does not have them.
    #[arg(long, global = true, requires = "name")]
    pub(crate) position: Option<String>,
    /// A file whose first line is the PIN; `-` reads it from standard input. [default: `DAYMARK_PIN`, or asked for]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,
    /// The date of the register. [default: the date of --at]
    #[arg(long, global = true, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<Date>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Enrol this tablet with an invitation from the office.
    Enrol(enrol::EnrolArgs),
    /// The PINs that unlock this tablet.
    #[command(subcommand)]
    Pin(pin::PinVerb),
    /// What this tablet is for today.
    Today,
    /// Mark pupils. Good marks are saved together; bad ones are refused by name (exit 3).
    Mark(mark::MarkArgs),
    /// Mark pupils who come late: L or U by the time and the school's rules. Near the closing it is L, and the office is
    /// asked (exit 3 where somebody was not marked).
    Arrive(arrive::ArriveArgs),
    /// Take a mark back: it stays visible as an entry of its own.
    Undo(mark::UndoArgs),
    /// The register, with the state of every mark.
    Register(register::RegisterArgs),
    /// Trips: plan, count, who left.
    #[command(subcommand)]
    Trip(trip::TripVerb),
    /// Home welfare visits.
    #[command(subcommand)]
    Visit(visit::VisitVerb),
    /// Different marks, what was settled by rule, and what arrived after sign-off.
    Conflicts {
        #[command(subcommand)]
        verb: Option<decisions::DecisionVerb>,
    },
    /// The office decides; the same as `conflicts decide`.
    Decide(decisions::DecideArgs),
    /// Amendments: original, amended, reason, date, name and position.
    Ledger(decisions::LedgerArgs),
    /// What the office is to do next, on a tablet that holds what that rests on; what it cannot see it says.
    Worklist(worklist::WorklistArgs),
    /// What the school does not have yet: the true count.
    Pending,
    /// What this tablet has seen of the school's record.
    Log {
        #[command(subcommand)]
        verb: Option<log::LogVerb>,
    },
    /// Exchange with the school.
    Sync(sync::SyncArgs),
    /// Hand-over by file, without any network.
    #[command(subcommand)]
    Bundle(bundle::BundleVerb),
    /// The office closes a session; says what is missing (exit 3 if anything is).
    SignOff(sign_off::SignOffArgs),
}
