//! What carries the messages: TLS, time limits, rates, and the headers of answers, against the real processes.

mod app;
mod limits;
mod tls;
