//! `daymark serve` as a process of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::binaries;

const START_MAX: Duration = Duration::from_secs(60);

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    url: String,
    log: PathBuf,
}

/// A server that ended instead of serving.
#[derive(Debug)]
pub struct NotServing {
    /// Its exit code.
    pub code: i32,
    /// What it said.
    pub words: String,
}

impl Server {
    /// Serves the school in a home folder, on a free port unless another address is given.
    ///
    /// # Errors
    /// It ended instead.
    pub fn start(home: &Path, listen: Option<&str>) -> Result<Self, NotServing> {
        let listen: Vec<&str> = listen
            .into_iter()
            .flat_map(|address| ["--listen", address])
            .collect();
        Self::start_with(home, &listen)
    }

    /// Serves with further arguments.
    ///
    /// # Errors
    /// It ended instead.
    pub fn start_with(home: &Path, arguments: &[&str]) -> Result<Self, NotServing> {
        Self::start_logging(home, arguments, None)
    }

    /// Serves with a log as talkative as the level says.
    ///
    /// # Errors
    /// It ended instead.
    pub fn start_logging(home: &Path, arguments: &[&str], level: Option<&str>) -> Result<Self, NotServing> {
        let log = home.join("serve.log");
        let complaints = home.join("serve.err");
        let file = |path: &Path| File::create(path).expect("the home folder can be written");
        let mut command = Command::new(binaries::daymark());
        command
            .arg("--home")
            .arg(home)
            .arg("serve")
            .args(arguments)
            .env_remove("DAYMARK_LOG")
            .env_remove("DAYMARK_TLS_CERT")
            .env_remove("DAYMARK_TLS_KEY")
            .env_remove("DAYMARK_INSECURE_HTTP")
            .stdin(Stdio::null())
            .stdout(file(&log))
            .stderr(file(&complaints));
        if let Some(level) = level {
            command.env("DAYMARK_LOG", level);
        }
        // A school whose clock shows another time: see `crate::browser::clock`.
        let clock = home.join("clock");
        if clock.exists() {
            crate::browser::clock::show(&mut command, &clock);
        }
        let mut child = command.spawn().expect("the server can be run");
        let started = Instant::now();
        loop {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let url = said
                .lines()
                .find_map(|line| line.strip_prefix("Daymark serves at "));
            if let Some(url) = url {
                return Ok(Self {
                    child,
                    url: url.to_owned(),
                    log,
                });
            }
            if let Some(status) = child.try_wait().expect("a child can be asked") {
                let words = std::fs::read_to_string(&complaints).unwrap_or_default();
                return Err(NotServing {
                    code: status.code().unwrap_or(-1),
                    words: format!("{words}{said}"),
                });
            }
            if started.elapsed() > START_MAX {
                // Ends with an error below, and must not stay behind.
                let _ = child.kill();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Where it listens: `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        let after_scheme = self.url.split_once("://");
        after_scheme.map_or(self.url.as_str(), |(_, address)| address)
    }

    /// Its address as tablets take it.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// What it wrote in its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// `kill -9`: no time to write anything.
    pub fn kill(mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// Tells it to read its certificate again.
    pub fn hang_up(&self) {
        let told = Command::new("kill")
            .args(["-HUP", &self.child.id().to_string()])
            .status()
            .expect("kill can be run");
        assert!(told.success());
    }

    /// Asks it to stop, as an operating system does, and waits until it has.
    pub fn stop(mut self) -> ExitStatus {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .expect("kill can be run");
        assert!(asked.success());
        self.child.wait().expect("a child can be waited for")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
