//! A command that ran, and what came of it.

use std::process::{Command, Stdio};

use serde_json::Value;

/// A command that ran.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
    line: String,
}

impl Ran {
    /// Runs a command to its end, away from the environment's own settings.
    pub fn of(command: &mut Command) -> Self {
        for name in ["DAYMARK_HOME", "DAYMARK_SERVER", "DAYMARK_OFFICE_TOKEN"] {
            command.env_remove(name);
        }
        let output = command
            .stdin(Stdio::null())
            .output()
            .expect("the command can be run");
        let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: words(&output.stdout),
            stderr: words(&output.stderr),
            line: format!("{command:?}"),
        }
    }

    /// What it printed, as JSON, or as a text where it is none.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| Value::String(self.stdout.clone()))
    }

    /// Exit 0: done.
    #[track_caller]
    pub fn done(&self) -> Value {
        self.ended(0);
        self.value()
    }

    /// Exit 3: it ran and found problems.
    #[track_caller]
    pub fn found(&self) -> Value {
        self.ended(3);
        self.value()
    }

    /// Exit 1: it failed; what it said.
    #[track_caller]
    pub fn failed(&self) -> String {
        self.ended(1);
        self.stderr.clone()
    }

    /// Exit 2: it was not understood; what it said.
    #[track_caller]
    pub fn misused(&self) -> String {
        self.ended(2);
        self.stderr.clone()
    }

    #[track_caller]
    fn ended(&self, code: i32) {
        assert_eq!(self.code, code, "{}\n{}\n{}", self.line, self.stdout, self.stderr);
    }
}
