//! `pin`: who may unlock this tablet.

use std::path::PathBuf;

use daymark_core::ids::PersonId;
use daymark_tablet::folder::{self, Opened};
use daymark_tablet::seal::Status;
use daymark_tablet::{Cost, FolderStorage, Home, HomeError, Pin, RecoveryCode, people, words};

use crate::context::Context;
use crate::error::{CliError, Done};
use crate::pin_text::{self, NEW_PIN, RECOVERY};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum PinVerb {
    /// Change your own PIN.
    Change {
        #[command(flatten)]
        new: NewPin,
    },
    /// Give a colleague a PIN of their own on this tablet; you unlock it.
    Add {
        /// Who.
        #[arg(long, value_name = "STAFF_ID")]
        staff: PersonId,
        #[command(flatten)]
        new: NewPin,
    },
    /// Set somebody's PIN with the recovery code that the office keeps: after a forgotten or destroyed PIN.
    Reset {
        /// Who.
        #[arg(long, value_name = "STAFF_ID")]
        staff: PersonId,
        #[command(flatten)]
        new: NewPin,
        /// A file whose first line is the recovery code; `-` reads it from standard input. [default: `DAYMARK_RECOVERY`,
        /// or asked for]
        #[arg(long, value_name = "FILE")]
        recovery_file: Option<PathBuf>,
        #[command(flatten)]
        cost: CostArgs,
    },
    /// How many people have a PIN here and how many tries are left. Needs no PIN, and names nobody.
    Status,
}

/// A PIN that is chosen now.
#[derive(Debug, clap::Args)]
pub(crate) struct NewPin {
    /// A file whose first line is the new PIN; `-` reads it from standard input, after --pin-file's.
    /// [default: `DAYMARK_NEW_PIN`, or asked for]
    #[arg(long, value_name = "FILE")]
    new_pin_file: Option<PathBuf>,
}

impl NewPin {
    fn read(&self) -> Result<Pin, CliError> {
        let text = pin_text::read_new(self.new_pin_file.as_deref(), &NEW_PIN)?;
        Ok(Pin::chosen(&text)?)
    }
}

/// How costly a guess is made.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct CostArgs {
    /// How costly a guess of a PIN is made. `insecure-test` protects nobody: it is for tests and demonstrations with
    /// made-up people, and says so at each use.
    #[arg(long, value_enum, default_value_t = CostName::Full)]
    pin_cost: CostName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum CostName {
    /// 64 MiB and ten passes: about half a second on a quick machine.
    Full,
    /// Next to nothing.
    InsecureTest,
}

impl CostArgs {
    pub(crate) fn cost(self) -> Cost {
        match self.pin_cost {
            CostName::Full => Cost::FULL,
            CostName::InsecureTest => Cost::INSECURE_TEST,
        }
    }
}

pub(crate) fn run(context: &Context, verb: PinVerb) -> Result<Done, CliError> {
    match verb {
        PinVerb::Change { new } => change(context, &new),
        PinVerb::Add { staff, new } => add(context, &staff, &new),
        PinVerb::Reset {
            staff,
            new,
            recovery_file,
            cost,
        } => reset(context, &staff, &new, recovery_file.as_deref(), cost.cost()),
        PinVerb::Status => status(context),
    }
}

fn unlocked(context: &Context) -> Result<Home<FolderStorage>, CliError> {
    let home = context.unlock(folder::open(&context.home).map_err(HomeError::from)?)?;
    if home.keyring().is_none() {
        return Err(not_sealed(context));
    }
    Ok(home)
}

fn not_sealed(context: &Context) -> CliError {
    CliError::Usage(format!(
        "{} is not sealed, so it has no PINs: enrol a tablet anew with a PIN",
        context.home.display()
    ))
}

/// Tells what was done, and how the PINs stand now.
fn told(context: &Context, text: &str) -> Result<Done, CliError> {
    let status = folder::status(&context.home).map_err(HomeError::from)?;
    context.show(&status, || text.to_owned())?;
    Ok(Done::Ok)
}

fn change(context: &Context, new: &NewPin) -> Result<Done, CliError> {
    let mut home = unlocked(context)?;
    let pin = new.read()?;
    let keyring = home.keyring_mut().ok_or_else(|| not_sealed(context))?;
    keyring.change(&pin)?;
    told(context, "Your PIN is changed; the old one opens nothing.")
}

fn add(context: &Context, staff: &PersonId, new: &NewPin) -> Result<Done, CliError> {
    let mut home = unlocked(context)?;
    // A slip of the finger must not give a PIN to nobody. Before the first sync there is no list to look at.
    if home.replica().brief().is_some() {
        people::staff(home.replica(), "--staff", staff.as_str())?;
    }
    let pin = new.read()?;
    let keyring = home.keyring_mut().ok_or_else(|| not_sealed(context))?;
    keyring.add(staff, &pin)?;
    told(context, &format!("{staff} can unlock this tablet now."))
}

fn reset(
    context: &Context,
    staff: &PersonId,
    new: &NewPin,
    recovery_file: Option<&std::path::Path>,
    cost: Cost,
) -> Result<Done, CliError> {
    let Opened::Locked(locked) = folder::open(&context.home).map_err(HomeError::from)? else {
        return Err(not_sealed(context));
    };
    let code = RecoveryCode::typed(&pin_text::read(recovery_file, &RECOVERY)?)?;
    let mut home = context.started(locked.recover(&code).map_err(HomeError::from)?)?;
    let pin = new.read()?;
    pin_text::warn_if_insecure(cost);
    let keyring = home.keyring_mut().ok_or_else(|| not_sealed(context))?;
    keyring.reset(staff, &pin, cost)?;
    told(
        context,
        &format!("{staff} can unlock this tablet now, with the new PIN."),
    )
}

fn status(context: &Context) -> Result<Done, CliError> {
    let status = folder::status(&context.home).map_err(HomeError::from)?;
    context.show(&status, || text(&status))?;
    Ok(Done::Ok)
}

fn text(status: &Status) -> String {
    if !status.sealed {
        return "Not sealed: whoever has this folder reads it.".to_owned();
    }
    let recovery = if status.recovery {
        "The office's recovery code opens it too."
    } else {
        "It has no recovery code."
    };
    if status.locked {
        return format!("Sealed and locked: no PIN is left. Hand it over to the office. {recovery}");
    }
    let tries: Vec<String> = status.tries_left.iter().map(ToString::to_string).collect();
    format!(
        "Sealed. {} here; tries left: {}. {recovery}",
        words::count(status.slots, "PIN"),
        tries.join(", ")
    )
}
