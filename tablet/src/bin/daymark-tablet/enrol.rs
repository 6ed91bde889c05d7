//! `enrol`.

use daymark_sync_protocol::client::Incarnation;
use daymark_tablet::{Home, HttpOptions, HttpTransport, Protocol, Tablet, TabletError};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Done};

#[derive(Debug, clap::Args)]
pub(crate) struct EnrolArgs {
    /// The school's server: `http://HOST:PORT`.
    #[arg(long, value_name = "URL")]
    server: String,
    /// The text of the invitation: it can be used once.
    #[arg(long, value_name = "TEXT", hide_env_values = true)]
    invitation: String,
    /// Speak HTTP/1.1.
    #[arg(long)]
    http1: bool,
}

pub(crate) fn options(http1: bool) -> HttpOptions {
    HttpOptions {
        protocol: if http1 { Protocol::Http1 } else { Protocol::Http2 },
        ..HttpOptions::default()
    }
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

pub(crate) fn run(context: &Context, args: &EnrolArgs) -> Result<Done, CliError> {
    let transport = HttpTransport::new(&args.server, options(args.http1))?;
    // The invitation can be used once, so the home must be there, and writable, before it is sent.
    let mut tablet = Tablet::new(Home::create(&context.home)?);
    if let Ok(identity) = tablet.replica().identity() {
        let name = identity.name.clone();
        return Err(TabletError::Enrolled { name }.into());
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
