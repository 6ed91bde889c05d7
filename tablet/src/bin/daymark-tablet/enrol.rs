//! `enrol`.

use std::path::PathBuf;

use daymark_core::signature::{KEY_BYTES, SecretKey};
use daymark_sync_protocol::client::Incarnation;
use daymark_tablet::folder::{self, Found, Fresh};
use daymark_tablet::{
    Applicant, FolderStorage, Home, HomeError, HttpOptions, HttpTransport, Invitation, Pin, Protocol,
    RecoveryCode, SchoolCa, Tablet, TabletError,
};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Done};
use crate::pin::CostArgs;
use crate::pin_text::{self, OLD_PIN};

#[derive(Debug, clap::Args)]
pub(crate) struct EnrolArgs {
    /// The school's server: `https://HOST:PORT`. [default: as the invitation's link says]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The invitation, its text or its link: it can be used once.
    #[arg(long, value_name = "TEXT", hide_env_values = true)]
    invitation: String,
    /// The fingerprint of the school's key, as the invitation says it: nothing else is then taken for the school.
    #[arg(long, value_name = "TEXT")]
    school_key: Option<String>,
    /// The school's own authority, in PEM: kept in this tablet's folder and trusted from now on.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Speak HTTP/1.1.
    #[arg(long)]
    http1: bool,
    /// Keep everything as it is, without a PIN: whoever has the folder reads it. For scripts, simulation and load.
    #[arg(long, conflicts_with = "pin_cost")]
    unsealed: bool,
    #[command(flatten)]
    cost: CostArgs,
}

pub(crate) fn options(http1: bool, ca: Option<SchoolCa>) -> HttpOptions {
    HttpOptions {
        protocol: if http1 { Protocol::Http1 } else { Protocol::Http2 },
        ca,
        ..HttpOptions::default()
    }
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

pub(crate) fn run(context: &Context, args: &EnrolArgs) -> Result<Done, CliError> {
    let ca = match &args.ca {
        Some(file) => Some(SchoolCa::read(file).map_err(|error| CliError::Usage(error.to_string()))?),
        None => SchoolCa::of_home(&context.home)?,
    };
    let invitation = Invitation::read(&args.invitation);
    let server = args.server.clone().or(invitation.server).ok_or_else(|| {
        CliError::Usage(
            "give --server, or the invitation's whole link, which says where the server is".to_owned(),
        )
    })?;
    let school_key = args.school_key.clone().or(invitation.school_key);
    let transport = HttpTransport::new(&server, options(args.http1, ca.clone()))?;
    // The invitation can be used once, so the home must be there, and writable, before it is sent.
    let (mut tablet, recovery) = match folder::create(&context.home).map_err(HomeError::from)? {
        Found::Fresh(fresh) => {
            let (storage, recovery) = make(context, args, fresh)?;
            (Tablet::new(Home::start(storage)?), recovery)
        }
        Found::Home(there) => {
            let home = context.unlock(there)?;
            let name = home.replica().identity()?.name.clone();
            return Err(TabletError::Enrolled { name }.into());
        }
    };
    if let (Some(_), Some(ca)) = (&args.ca, &ca) {
        ca.keep_in(&context.home)?;
    }
    let mut seed = [0; KEY_BYTES];
    let mut incarnation = Incarnation::default();
    for random in [&mut seed[..], &mut incarnation[..]] {
        getrandom::fill(random)
            .map_err(|error| CliError::Failed(format!("the system gives no random numbers: {error}")))?;
    }
    let applicant = Applicant {
        invitation: invitation.secret,
        key: SecretKey::from_seed(&seed),
    };
    let enrolment = runtime()?.block_on(transport.enrol(&applicant))?;
    let enrolled = applicant
        .accept(
            enrolment.clone(),
            transport.server(),
            school_key.as_deref(),
            incarnation,
        )
        .map_err(|error| CliError::Failed(error.to_string()))?;
    let shown = json!({
        "school": enrolment.school,
        "device": enrolment.device,
        "name": enrolment.name,
        "grant": enrolment.grant,
        "code": enrolled.code,
        "school_key": enrolled.school,
        "recovery_code": recovery.as_ref().map(|code| code.to_words().to_string()),
    });
    let mut text = format!(
        "Enrolled as {:?}, device {} of school {}, role {}.\nThe school's key is {}.\nShow the office this code, so \
         that they can confirm it: {}",
        enrolment.name,
        enrolment.device,
        enrolment.school,
        enrolment.grant.role,
        enrolled.school,
        enrolled.code
    );
    text.push_str(&recovery.map_or_else(
        || "\nNot sealed: whoever has this folder reads it.".to_owned(),
        |code| {
            format!(
                "\nSealed under the PIN. Recovery code, shown this once: {}\nThe office keeps it, away from the tablet: \
                 it opens this tablet without a PIN.",
                *code.to_words()
            )
        },
    ));
    tablet.enrolled(enrolled)?;
    context.show(&shown, || text)?;
    Ok(Done::Ok)
}

/// Makes the home: sealed under the PIN of whoever enrols, unless asked not to.
fn make(
    context: &Context,
    args: &EnrolArgs,
    fresh: Fresh,
) -> Result<(FolderStorage, Option<RecoveryCode>), CliError> {
    let is_given = pin_text::is_given(context.pin_file.as_deref(), &OLD_PIN);
    if args.unsealed {
        if is_given {
            return Err(CliError::Usage(
                "a PIN seals the tablet, and --unsealed does not: give one of the two".to_owned(),
            ));
        }
        return Ok((fresh.unsealed().map_err(HomeError::from)?, None));
    }
    let person = context.by.as_ref().ok_or_else(|| {
        CliError::Usage(
            "a tablet is sealed under a person's PIN: say whose with --by STAFF_ID (or, for made-up people only, \
             give --unsealed)"
                .to_owned(),
        )
    })?;
    let pin = Pin::chosen(&pin_text::read_new(context.pin_file.as_deref(), &OLD_PIN)?)?;
    let cost = args.cost.cost();
    pin_text::warn_if_insecure(cost);
    let (storage, code) = fresh.seal(person, &pin, cost).map_err(HomeError::from)?;
    Ok((storage, Some(code)))
}
