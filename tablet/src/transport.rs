//! What carries a request to the school and its reply back.

use std::future::Future;

use daymark_sync_protocol::client::Identity;
use daymark_sync_protocol::version::FrameError;

/// Bytes on the wire, headers and framing included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Traffic {
    /// Sent.
    pub bytes_up: u64,
    /// Received.
    pub bytes_down: u64,
}

impl Traffic {
    /// What went over the wire since an earlier reading.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            bytes_up: self.bytes_up.saturating_sub(earlier.bytes_up),
            bytes_down: self.bytes_down.saturating_sub(earlier.bytes_down),
        }
    }
}

/// Carries messages to one school.
pub trait Transport {
    /// Sends an encoded request as a device, gives the encoded reply. An error says nothing of whether the request arrived.
    fn exchange(
        &self,
        identity: &Identity,
        request: Vec<u8>,
    ) -> impl Future<Output = Result<Vec<u8>, TransportError>> + Send;

    /// What went over the wire so far; zero where there is no wire.
    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

/// Why no reply came. The tablet keeps all it has.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The address is not one.
    #[error("server address {address:?} is not valid: {remedy}")]
    Address {
        /// What was given.
        address: String,
        /// What to give.
        remedy: &'static str,
    },
    /// The school cannot be reached.
    #[error("the school cannot be reached: {0}")]
    NoSignal(String),
    /// What answers cannot prove that it is the school's server. Nothing was sent to it.
    #[error("{server} is not trusted: {why}")]
    NotTrusted {
        /// Its address.
        server: String,
        /// What is wrong with its certificate, and what to do.
        why: String,
    },
    /// It took too long.
    #[error("the school did not answer within {seconds} seconds")]
    TimedOut {
        /// How long.
        seconds: u64,
    },
    /// Something that is not the school answered, such as the login page of a public Wi-Fi.
    #[error("{0}; sign in to the Wi-Fi, or check the server's address, then try again")]
    NotTheSchool(FrameError),
    /// The school answered that it cannot do it.
    #[error("the school says no: {problem}")]
    Problem {
        /// Why, in its own words.
        problem: Problem,
    },
}

impl TransportError {
    /// Whether trying again later, unchanged, may help.
    pub fn is_no_signal(&self) -> bool {
        matches!(self, Self::NoSignal(_) | Self::TimedOut { .. })
    }
}

/// An RFC 9457 problem.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub struct Problem {
    /// A stable code.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// What kind of problem, in words.
    pub title: String,
    /// What exactly, in words.
    pub detail: String,
    /// For a device that was reported lost: the school's signature that it must lock itself, in hexadecimal.
    pub notice: Option<String>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.title.is_empty(), self.detail.is_empty()) {
            (false, false) => write!(f, "{}: {}", self.title, self.detail),
            (true, false) => f.write_str(&self.detail),
            (false, true) => f.write_str(&self.title),
            (true, true) => write!(f, "status {}", self.status),
        }
    }
}
