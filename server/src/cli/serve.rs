//! `daymark serve`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tracing_subscriber::EnvFilter;

use super::client::ADDRESS_FILE;
use super::print::say;
use super::{Failure, Outcome, Place, Usage};
use crate::config::{Config, Home, Tls};
use crate::http::{App, Guard, router};
use crate::log::checkpoint_file::CheckpointFile;
use crate::runtime::Runtime;
use crate::store::embedded::EmbeddedStore;
use crate::tls::serving::{Shown, server_config};
use crate::worklists::Counted;
use crate::{invitation, listen};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen [default: as daymark.toml says]
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// The server's certificate in PEM [default: as daymark.toml says]
    #[arg(long, env = "DAYMARK_TLS_CERT", requires = "tls_key", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key in PEM
    #[arg(long, env = "DAYMARK_TLS_KEY", requires = "tls_cert", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Listen without TLS beyond this machine, for a proxy that ends TLS
    #[arg(long, env = "DAYMARK_INSECURE_HTTP")]
    insecure_http: bool,
    /// The server was restored from an older backup, and its log is shorter than what was signed for: go on as a new branch,
    /// which every tablet shows
    #[arg(long)]
    restored: bool,
}

impl Serve {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let home = Home::at(&place.home);
        let mut config = home.config()?;
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        config.insecure_http |= self.insecure_http;
        if let (Some(certificate), Some(key)) = (self.tls_cert, self.tls_key) {
            // Given on the command line, a path starts where the caller is.
            config.tls = Some(Tls {
                certificate: std::path::absolute(certificate)?,
                key: std::path::absolute(key)?,
            });
        }
        log_to_stdout();
        threads()?.block_on(serve(&home, config, self.restored, Router::new(), |url| {
            say!("Daymark serves at {url}");
            Ok(())
        }))?;
        Ok(Outcome::Ok)
    }
}

/// How often the newest checkpoint is written beside the journal.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(2);

/// Without TLS anybody on the way reads children's data and copies tokens, so that must be asked for.
fn refuse_plain_http(config: &Config) -> Result<(), Usage> {
    let is_here = config.listen.ip().to_canonical().is_loopback();
    if is_here || config.tls.is_some() || config.insecure_http {
        return Ok(());
    }
    let listen = config.listen;
    Err(Usage(format!(
        "listening on {listen} without TLS would let anybody on the network read children's data. Do one of these: \
         give it a certificate (`daymark tls init --name HOST` makes one, or [tls] in daymark.toml, or --tls-cert and --tls-key); \
         listen on this machine only (--listen 127.0.0.1:{port}); or, where a proxy in front ends TLS, give --insecure-http",
        port = listen.port()
    )))
}

/// Two worker threads serve a school: it lives on a small machine.
pub(super) fn threads() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

fn log_to_stdout() {
    let filter = EnvFilter::try_from_env("DAYMARK_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .try_init();
}

/// Serves a school until the process is told to stop, with `more` pages beside its routes. `ready` is called with its URL once it
/// listens.
pub(super) async fn serve(
    home: &Home,
    config: Config,
    restored: bool,
    more: Router<App>,
    ready: impl FnOnce(String) -> Result<(), Failure>,
) -> Result<(), Failure> {
    refuse_plain_http(&config)?;
    // Broken rules are told before anything is opened: a school shall not be judged by rules that nobody meant.
    let book = home.rules()?;
    let policy = home.policy(book.as_ref())?;
    let token = home.token()?;
    let shown = home.pair(&config).map(Shown::read).transpose()?;
    let (store, opening) = EmbeddedStore::open(home.data())?;
    tracing::info!(
        records = opening.journal.records,
        took_ms = opening.took.as_millis(),
        "the store is open"
    );
    for warning in opening.warnings() {
        tracing::warn!("{warning}");
    }
    let keys = home.keys(config.school.urn)?;
    let runtime = Runtime::start(
        config.facts(
            book.as_ref(),
            policy.calendar.as_deref(),
            keys.school.secret().clone(),
        ),
        keys.desk,
        Arc::new(store),
    )?;
    let counted = Arc::new(Counted::new(Arc::clone(&runtime), policy));
    let checkpoint = CheckpointFile::in_folder(&home.data());
    runtime.check_log(&checkpoint, restored).await?;
    runtime.ensure_desk().await?;
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        format!(
            "cannot listen on {}: {error}; is another server running?",
            config.listen
        )
    })?;
    let place = Listening {
        file: home.path().join(ADDRESS_FILE),
        address: listener.local_addr()?,
        shown,
    };
    let tls = place.shown.clone().map(server_config).transpose()?;
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    place.note();
    let (stop, stopping) = watch::channel(false);
    let guard = Guard::new(config.trusted_proxies.clone());
    let app = App {
        runtime: Arc::clone(&runtime),
        counted: Arc::clone(&counted),
        config: Arc::new(config),
        office_token: invitation::hash(&token),
        guard: Arc::clone(&guard),
        stopping: stopping.clone(),
    };
    let serving = listen::serve(
        listener,
        tls,
        Arc::clone(&guard.places),
        router(app, more),
        stopping,
    );
    let counting = tokio::task::spawn_blocking(move || match counted.warm_up() {
        Ok(()) => tracing::info!("the register is counted"),
        Err(error) => tracing::warn!(error = %error, "the register is not counted"),
    });
    let keeping = tokio::spawn(keep_checkpoints(Arc::clone(&runtime), checkpoint.clone()));
    let outcome = match ready(place.url()) {
        Ok(()) => {
            let signals = async {
                signals(&place).await;
                // Event streams never end by themselves; without this a stop would wait for every tablet to leave.
                let _ = stop.send(true);
            };
            tokio::join!(serving, signals);
            Ok(())
        }
        Err(failure) => Err(failure),
    };
    place.remove();
    keeping.abort();
    counting.abort();
    let stopped = tokio::task::spawn_blocking(move || {
        let stopped = runtime.stop();
        let kept = runtime.keep_checkpoint(&checkpoint, None);
        stopped.map_err(Failure::from).and(kept.map_err(Failure::from))
    })
    .await?;
    outcome?;
    stopped?;
    tracing::info!("stopped; everything acknowledged is on disk");
    Ok(())
}

/// Keeps the newest checkpoint beside the journal, so that a journal that comes back shorter is noticed at the next start.
async fn keep_checkpoints(runtime: Arc<Runtime>, file: CheckpointFile) {
    let mut last = None;
    loop {
        tokio::time::sleep(CHECKPOINT_EVERY).await;
        let (runtime, file) = (Arc::clone(&runtime), file.clone());
        let kept = tokio::task::spawn_blocking(move || runtime.keep_checkpoint(&file, last)).await;
        match kept {
            Ok(Ok(size)) => last = Some(size),
            // A full disk: the office still reads, and the next try may have room.
            Ok(Err(error)) => tracing::warn!(error = %error, "the newest checkpoint of the log is not kept"),
            Err(_) => return,
        }
    }
}

/// Where the server listens, and with which certificate, as other commands are told.
struct Listening {
    file: PathBuf,
    address: SocketAddr,
    shown: Option<Arc<Shown>>,
}

impl Listening {
    fn url(&self) -> String {
        let scheme = if self.shown.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Writes the address down; with TLS as a URL, and the certificate's fingerprint below it.
    fn note(&self) {
        let text = match &self.shown {
            None => self.address.to_string(),
            Some(shown) => match shown.facts() {
                Ok(facts) => {
                    if let Some(warning) = facts.warning() {
                        tracing::warn!("{warning}");
                    }
                    format!("{}\n{}\n", self.url(), facts.fingerprint)
                }
                Err(error) => {
                    tracing::warn!(error = %error, "the certificate in use cannot be read back");
                    self.url()
                }
            },
        };
        if let Err(error) = std::fs::write(&self.file, text) {
            // On a full disk the office must still be able to read: it only has to be told where.
            tracing::warn!(error = %error, "cannot write where the server listens; give --server to other commands");
        }
    }

    fn reload(&self) {
        let Some(shown) = &self.shown else {
            tracing::info!("SIGHUP: there is no certificate to read again");
            return;
        };
        match shown.reload() {
            Ok(()) => {
                tracing::info!("the certificate was read again");
                self.note();
            }
            Err(error) => {
                tracing::error!(error = %error, "the new certificate is no good; the old one stays in use");
            }
        }
    }

    fn remove(&self) {
        // It only helps other commands to find the server; a stale one is answered with "nobody answers".
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Returns when the process is told to stop; SIGHUP reads the certificate again.
#[cfg(unix)]
async fn signals(place: &Listening) {
    use tokio::signal::unix::{SignalKind, signal};
    let (terminate, hangup) = (signal(SignalKind::terminate()), signal(SignalKind::hangup()));
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    let (Ok(mut terminate), Ok(mut hangup)) = (terminate, hangup) else {
        let _ = interrupt.await;
        return;
    };
    loop {
        tokio::select! {
            _ = &mut interrupt => return,
            _ = terminate.recv() => return,
            _ = hangup.recv() => place.reload(),
        }
    }
}

/// Returns when the process is told to stop.
#[cfg(not(unix))]
async fn signals(_: &Listening) {
    let _ = tokio::signal::ctrl_c().await;
}
