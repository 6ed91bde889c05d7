//! Answers of the school that are none: why, in the words of the app.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daymark_tablet::TransportError;
use daymark_tablet::transport::Problem;

use super::super::open::words;
use super::{Response, Signal};

/// What a device signs to open a session.
pub(super) fn challenge(body: &[u8]) -> Option<Vec<u8>> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    URL_SAFE_NO_PAD.decode(value.get("challenge")?.as_str()?).ok()
}

pub(super) fn not_the_school() -> Signal {
    Signal::Trouble(
        "Something that is not the school answered, such as the login page of a Wi-Fi. Sign in there, then try again."
            .to_owned(),
    )
}

/// Why a response is none that can be used.
pub(super) fn refusal(response: &Response) -> Option<TransportError> {
    match response.status {
        200 => None,
        0 => Some(TransportError::NoSignal(
            String::from_utf8_lossy(&response.body).into_owned(),
        )),
        status => {
            let is_problem = response.content_type.starts_with("application/problem+json");
            let problem = serde_json::from_slice::<Problem>(&response.body).ok();
            match problem.filter(|_| is_problem) {
                Some(problem) => Some(TransportError::Problem {
                    problem: Problem { status, ..problem },
                }),
                None => Some(TransportError::NotTheSchool(
                    daymark_sync_protocol::version::FrameError::NotDaymark,
                )),
            }
        }
    }
}

/// A refusal in the words of the app.
pub(super) fn in_words(error: &TransportError) -> String {
    match error {
        TransportError::Problem { problem } if !problem.detail.is_empty() => words(&problem.detail),
        TransportError::NotTheSchool(_) => match not_the_school() {
            Signal::Trouble(words) => words,
            _ => words(error),
        },
        TransportError::NoSignal(_) => "No signal. Try again where there is one.".to_owned(),
        other => words(other),
    }
}
