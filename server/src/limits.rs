//! Every bound that the network meets, in one place, each with its reason.
//!
//! The lengths of what travels inside a message are in `daymark_sync_protocol::limits`.

use std::time::Duration;

/// Open connections, all together. A school has at most a few hundred tablets and each keeps one. It stays below the 1,024
/// open files that a process often gets, with room for the store.
pub const CONNECTIONS_MAX: usize = 800;
/// Open connections from one address: a whole school may stand behind one, and one address must not take all places.
/// This machine and trusted proxies are bounded by [`CONNECTIONS_MAX`] alone.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 256;

/// From the opening of a connection to the end of its TLS handshake, and from there to the end of its first request's head. A
/// phone with a bad signal needs two or three round trips, each well below a second or two.
pub const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// For the head of a later request over HTTP/1.1, and so also how long such a connection may be idle.
pub const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection stays open without a request or a stream. Longer than the 90 seconds after which our own
/// clients leave, so that it is rarely the server who closes.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a body may be silent: a sender that sends nothing for this long is gone, or means harm.
pub const BODY_SILENCE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a whole request may take, its body included; as long as our own tablet waits. Event streams are not bounded by it.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a finished answer may wait for a reader that takes nothing. The longest export is read in far less.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a stop waits for requests that are under way: a little longer than the longest may take.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(35);
/// How often an HTTP/2 connection is asked whether its other end is still there, and how long the answer may take: a tablet
/// that drove out of range is noticed within a minute.
pub const PING_INTERVAL: Duration = Duration::from_secs(30);
/// See [`PING_INTERVAL`].
pub const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest reason that somebody gives for what they do with a device or with what was held: a few sentences.
pub const REASON_BYTES_MAX: usize = 500;

/// The longest head of a request: ours are below 400 bytes, a browser's with cookies of others a few thousand.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
/// The most header lines of a request: ours have 6, browsers about 20.
pub const HEADERS_MAX: usize = 64;
/// Requests at once on one HTTP/2 connection: a tablet has one sync and one stream, a screen of the office a dozen.
pub const STREAMS_PER_CONNECTION_MAX: u32 = 64;
/// Event streams of one device. One more ends the oldest, and is not refused: after a lost signal the old one may look
/// alive for a while.
pub const EVENT_STREAMS_PER_DEVICE_MAX: usize = 4;

/// The longest body of the office's routes: a roster file.
pub const OFFICE_BODY_BYTES_MAX: usize = 9 * 1024 * 1024;
/// The longest body of routes that take a few words. A sync has its own bound in `daymark_sync_protocol::limits`.
pub const SMALL_BODY_BYTES_MAX: usize = 16 * 1024;

/// How many tries at once, and how soon another one is given back.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// After this long there is one more.
    pub every: Duration,
}

/// Enrolments that failed, from one address: a person mistypes a few times, a guesser tries for ever. A good invitation costs
/// nothing, so that a trolley of tablets enrols at once.
pub const FAILED_ENROLMENTS: Rate = Rate {
    burst: 20,
    every: Duration::from_secs(15),
};
/// Requests with a pass or a token that is not good, from one address. After a restart of the server every tablet's pass has
/// ended, and a whole school may stand behind one address; it never stands in the way of a good one.
pub const FAILED_TOKENS: Rate = Rate {
    burst: 600,
    every: Duration::from_millis(100),
};
/// Requests without either (`/livez`, `/readyz`, `/v1/challenge`), from one address: `/readyz` reads from the disk, and every
/// tablet of a school may ask for a challenge at once.
pub const ANONYMOUS: Rate = Rate {
    burst: 300,
    every: Duration::from_millis(100),
};
/// Files of the app, from one address: a browser loads a dozen once for each new version, and a whole school may open the app
/// at once from behind one.
pub const FILES: Rate = Rate {
    burst: 4000,
    every: Duration::from_millis(20),
};
/// Requests of one device: a tablet syncs after a tap or a poke, a few times a second at the busiest. This lets one that was out
/// for a term catch up at once, and keeps one that has lost its mind from taking the server away from the others.
pub const DEVICE: Rate = Rate {
    burst: 600,
    every: Duration::from_millis(50),
};
/// Requests with the office's token, which several people and scripts share.
pub const OFFICE: Rate = Rate {
    burst: 600,
    every: Duration::from_millis(20),
};
/// For how many keys (addresses, devices) a rate is kept apart: some 100 bytes each. Whoever comes when all are taken shares one.
pub const RATE_KEYS_MAX: usize = 4096;

/// A certificate that ends within this many days is warned of.
pub const CERTIFICATE_WARNING_DAYS: i64 = 30;
