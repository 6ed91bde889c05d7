//! The server under measurement: a process of its own, watched through the system.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TICKS_PER_SECOND: f64 = 100.0;
/// The school of the benchmark.
pub(crate) const URN: &str = "123456";

pub(crate) struct Server {
    program: PathBuf,
    folder: tempfile::TempDir,
    child: Option<Child>,
}

/// What a process used so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// CPU seconds.
    pub(crate) cpu: f64,
    /// Peak resident MiB.
    pub(crate) rss: f64,
}

impl Server {
    pub(crate) fn start(program: &Path) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let mut server = Self {
            program: program.to_owned(),
            folder,
            child: None,
        };
        server.daymark(&[
            "init",
            "--name",
            "Benchmark School",
            "--urn",
            URN,
            "--listen",
            "127.0.0.1:0",
        ])?;
        server.restart()?;
        let staff = server.folder.path().join("staff.csv");
        fs::write(
            &staff,
            "staff_id,name,position,role\r\nj-roe,Mrs J Roe,Office manager,office\r\n",
        )?;
        server.daymark(&["import", "staff", &staff.to_string_lossy()])?;
        Ok(server)
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Runs a `daymark` command against this server and gives what it printed.
    pub(crate) fn daymark(&self, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
        let output = Command::new(&self.program)
            .arg("--home")
            .arg(self.home())
            .args(arguments)
            .output()?;
        if !output.status.success() {
            return Err(format!(
                "daymark {arguments:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            )
            .into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Starts it, or starts it again on the same data.
    pub(crate) fn restart(&mut self) -> Result<(), Box<dyn Error>> {
        let address = self.home().join("server.address");
        let _ = fs::remove_file(&address);
        let child = Command::new(&self.program)
            .arg("--home")
            .arg(self.home())
            .arg("serve")
            .env("DAYMARK_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()?;
        self.child = Some(child);
        let start = Instant::now();
        while !address.exists() {
            if start.elapsed() > Duration::from_secs(20) {
                return Err("the server did not start".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> Result<String, Box<dyn Error>> {
        Ok(format!(
            "http://{}",
            fs::read_to_string(self.home().join("server.address"))?
        ))
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself; either way it is gone after this.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn usage(&self) -> Result<Usage, Box<dyn Error>> {
        let pid = self
            .child
            .as_ref()
            .map(Child::id)
            .ok_or("the server does not run")?;
        usage_of(&pid.to_string())
    }

    /// Bytes under `data`: the journal, and all but the ballast, which is there to be given up.
    pub(crate) fn disk(&self) -> Result<(u64, u64), Box<dyn Error>> {
        let data = self.home().join("data");
        let journal = fs::metadata(data.join("register.journal"))?.len();
        let ballast = fs::metadata(data.join("ballast")).map_or(0, |file| file.len());
        Ok((journal, size_of(&data)? - ballast))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn size_of(folder: &Path) -> std::io::Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        total += if metadata.is_dir() {
            size_of(&entry.path())?
        } else {
            metadata.len()
        };
    }
    Ok(total)
}

/// What a process used so far; `self` is this one.
pub(crate) fn usage_of(process: &str) -> Result<Usage, Box<dyn Error>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat
        .rsplit_once(") ")
        .ok_or("an odd /proc stat")?
        .1
        .split(' ')
        .collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok())
        .ok_or("an odd /proc status")?;
    Ok(Usage {
        cpu: ticks / TICKS_PER_SECOND,
        rss: peak / 1024.0,
    })
}
