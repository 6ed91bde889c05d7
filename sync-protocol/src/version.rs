//! The seven bytes before every message: they stay as they are for ever, so that an older or newer peer can always
//! be answered in words.

/// What every message starts with.
pub const MAGIC: [u8; 4] = *b"DAYM";
/// The protocol that this program speaks.
pub const VERSION: u16 = 2;
/// The oldest protocol that it still understands.
pub const VERSION_MIN: u16 = 2;
/// Length of the header.
pub const HEADER_BYTES: usize = 7;

/// What kind of message follows the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A tablet's request.
    Request = 1,
    /// The hub's reply.
    Reply = 2,
    /// A hand-over bundle.
    Bundle = 3,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Request => "a sync request",
            Self::Reply => "a sync reply",
            Self::Bundle => "a hand-over bundle",
        }
    }
}

/// Why a message cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Not a Daymark message at all: a captive portal's page, for example.
    #[error("this is not a Daymark message; something between the tablet and the school answered instead")]
    NotDaymark,
    /// The other side speaks a later protocol.
    #[error(
        "the other side speaks version {theirs} of the protocol, this side {VERSION_MIN} to {VERSION}: update this side"
    )]
    Newer {
        /// What they speak.
        theirs: u16,
    },
    /// The other side speaks a protocol that is no longer understood.
    #[error(
        "the other side speaks version {theirs} of the protocol, this side {VERSION_MIN} to {VERSION}: update the other side"
    )]
    Older {
        /// What they speak.
        theirs: u16,
    },
    /// Another kind of message than expected.
    #[error("this is not {expected} (kind {got})")]
    Kind {
        /// What was expected.
        expected: &'static str,
        /// What came.
        got: u8,
    },
    /// The message is damaged.
    #[error("the message is damaged: {0}")]
    Malformed(String),
    /// Something in it is over its limit.
    #[error("{what}: {got} is over the limit of {limit}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How much there is.
        got: usize,
        /// How much there may be.
        limit: usize,
    },
}

impl FrameError {
    /// The stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotDaymark => "not-daymark",
            Self::Newer { .. } => "newer-protocol",
            Self::Older { .. } => "older-protocol",
            Self::Kind { .. } => "wrong-kind",
            Self::Malformed(_) => "malformed-message",
            Self::TooLarge { .. } => "too-large",
        }
    }
}

/// Puts the header before a message.
pub fn seal(kind: Kind, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_be_bytes());
    bytes.push(kind as u8);
    bytes.extend(body);
    bytes
}

/// Checks the header and gives what follows it.
///
/// # Errors
/// See [`FrameError`]; the version is judged before anything else is read.
pub fn open(kind: Kind, bytes: &[u8]) -> Result<&[u8], FrameError> {
    let (header, body) = bytes
        .split_at_checked(HEADER_BYTES)
        .ok_or(FrameError::NotDaymark)?;
    if header[..4] != MAGIC {
        return Err(FrameError::NotDaymark);
    }
    match u16::from_be_bytes([header[4], header[5]]) {
        theirs if theirs > VERSION => return Err(FrameError::Newer { theirs }),
        theirs if theirs < VERSION_MIN => return Err(FrameError::Older { theirs }),
        _ => {}
    }
    if header[6] != kind as u8 {
        return Err(FrameError::Kind {
            expected: kind.word(),
            got: header[6],
        });
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_of_another_version_gets_an_answer_and_not_a_parse_error() {
        let mut bytes = seal(Kind::Request, b"anything at all");
        assert_eq!(open(Kind::Request, &bytes), Ok(&b"anything at all"[..]));
        bytes[5] = 9;
        assert_eq!(open(Kind::Request, &bytes), Err(FrameError::Newer { theirs: 9 }));
        bytes[5] = 0;
        assert_eq!(open(Kind::Request, &bytes), Err(FrameError::Older { theirs: 0 }));
    }

    #[test]
    fn a_captive_portal_is_not_mistaken_for_the_school() {
        assert_eq!(
            open(Kind::Reply, b"<html>Welcome to free Wi-Fi"),
            Err(FrameError::NotDaymark)
        );
        assert_eq!(open(Kind::Reply, b""), Err(FrameError::NotDaymark));
    }

    #[test]
    fn a_request_is_not_a_reply() {
        let bytes = seal(Kind::Request, b"");
        assert!(matches!(
            open(Kind::Reply, &bytes),
            Err(FrameError::Kind { got: 1, .. })
        ));
    }
}
