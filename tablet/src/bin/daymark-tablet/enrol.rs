//! `enrol`.

use std::path::PathBuf;

use daymark_sync_protocol::client::Incarnation;
use daymark_tablet::{Home, HttpOptions, HttpTransport, Protocol, SchoolCa, Tablet, TabletError};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Done};

#[derive(Debug, clap::Args)]
pub(crate) struct EnrolArgs {
    /// The school's server: `https://HOST:PORT`.
    #[arg(long, value_name = "URL")]
    server: String,
    /// The text of the invitation: it can be used once.
    #[arg(long, value_name = "TEXT", hide_env_values = true)]
    invitation: String,
    /// The school's own authority, in PEM: kept in this tablet's folder and trusted from now on.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Speak HTTP/1.1.
    #[arg(long)]
    http1: bool,
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
    let transport = HttpTransport::new(&args.server, options(args.http1, ca.clone()))?;
    // The invitation can be used once, so the home must be there, and writable, before it is sent.
    let mut tablet = Tablet::new(Home::create(&context.home)?);
    if let Ok(identity) = tablet.replica().identity() {
        let name = identity.name.clone();
        return Err(TabletError::Enrolled { name }.into());
    }
    if let (Some(_), Some(ca)) = (&args.ca, &ca) {
        ca.keep_in(&context.home)?;
    }
    let enrolment = runtime()?.block_on(transport.enrol(&args.invitation))?;
    let mut incarnation = Incarnation::default();
    getrandom::fill(&mut incarnation)
        .map_err(|error| CliError::Failed(format!("the system gives no random numbers: {error}")))?;
    let shown = json!({
        "school": enrolment.school,
        "device": enrolment.device,
        "name": enrolment.name,
        "grant": enrolment.grant,
    });
    let text = format!(
        "Enrolled as {:?}, device {} of school {}, role {}.",
        enrolment.name, enrolment.device, enrolment.school, enrolment.grant.role
    );
    tablet.enrolled(enrolment, transport.server(), incarnation)?;
    context.show(&shown, || text)?;
    Ok(Done::Ok)
}
