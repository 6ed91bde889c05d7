//! `daymark serve`

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use super::client::ADDRESS_FILE;
use super::print::say;
use super::{Failure, Outcome, Place};
use crate::config::{Config, Home};
use crate::http::{App, router};
use crate::invitation;
use crate::runtime::Runtime;
use crate::store::embedded::EmbeddedStore;

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen [default: as daymark.toml says]
    #[arg(long)]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let home = Home::at(&place.home);
        let mut config = home.config()?;
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        log_to_stdout();
        threads()?.block_on(serve(&home, config, |address| {
            say!("Daymark serves at http://{address}");
            Ok(())
        }))?;
        Ok(Outcome::Ok)
    }
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

/// Serves a school until the process is told to stop. `ready` is called once requests are answered.
pub(super) async fn serve(
    home: &Home,
    config: Config,
    ready: impl FnOnce(SocketAddr) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let token = home.token()?;
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
        config.facts(keys.school.secret().clone()),
        keys.desk,
        Arc::new(store),
    )?;
    runtime.ensure_desk().await?;
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        format!(
            "cannot listen on {}: {error}; is another server running?",
            config.listen
        )
    })?;
    let address = listener.local_addr()?;
    let address_file = home.path().join(ADDRESS_FILE);
    if let Err(error) = std::fs::write(&address_file, address.to_string()) {
        // On a full disk the office must still be able to read: it only has to be told where.
        tracing::warn!(error = %error, "cannot write where the server listens; give --server to other commands");
    }
    let (stop, stopping) = watch::channel(false);
    let app = App {
        runtime: Arc::clone(&runtime),
        config: Arc::new(config),
        office_token: invitation::hash(&token),
        stopping,
    };
    let served = axum::serve(NoDelay(listener), router(app)).with_graceful_shutdown(async move {
        asked_to_stop().await;
        // Event streams never end by themselves; without this a stop would wait for every tablet to leave.
        let _ = stop.send(true);
    });
    let ready = ready(address);
    let outcome = match ready {
        Ok(()) => served.await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    remove_address(&address_file);
    let stopped = tokio::task::spawn_blocking(move || runtime.stop()).await?;
    outcome?;
    stopped?;
    tracing::info!("stopped; everything acknowledged is on disk");
    Ok(())
}

fn remove_address(path: &Path) {
    // It only helps other commands to find the server; a stale one is answered with "nobody answers".
    let _ = std::fs::remove_file(path);
}

async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => {
                let _ = interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
}

/// A listener whose connections send at once: a poke is a few bytes and must not wait for more.
struct NoDelay(TcpListener);

impl axum::serve::Listener for NoDelay {
    type Io = tokio::net::TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = axum::serve::Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(error = %error, "a connection keeps its delay");
        }
        (stream, address)
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}
