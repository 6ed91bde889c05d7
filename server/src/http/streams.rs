//! The event streams of each device.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use daymark_core::ids::DeviceNumber;
use tokio::sync::oneshot;

use crate::limits::EVENT_STREAMS_PER_DEVICE_MAX;

/// Ends a stream when it resolves, whatever it resolves to.
pub(super) type Superseded = oneshot::Receiver<()>;

/// The open streams, oldest first.
#[derive(Debug, Default)]
pub(super) struct Streams(Mutex<HashMap<DeviceNumber, VecDeque<oneshot::Sender<()>>>>);

impl Streams {
    /// Notes one more stream. Where that is one too many, the device's oldest ends.
    pub(super) fn open(&self, device: DeviceNumber) -> Superseded {
        let (end, superseded) = oneshot::channel();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let streams = all.entry(device).or_default();
        streams.retain(|stream| !stream.is_closed());
        streams.push_back(end);
        while streams.len() > EVENT_STREAMS_PER_DEVICE_MAX {
            streams.pop_front();
        }
        superseded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stream_too_many_ends_the_oldest_that_is_open() {
        let streams = Streams::default();
        let device = DeviceNumber(7);
        let mut open: VecDeque<Superseded> = (0..EVENT_STREAMS_PER_DEVICE_MAX)
            .map(|_| streams.open(device))
            .collect();
        let gone = open.pop_back();
        drop(gone);
        open.push_back(streams.open(device));
        let is_open = |stream: &mut Superseded| stream.try_recv() == Err(oneshot::error::TryRecvError::Empty);
        assert!(open.iter_mut().all(is_open), "one that was left makes room");
        let _other = streams.open(DeviceNumber(8));
        open.push_back(streams.open(device));
        let mut oldest = open.pop_front().expect("the oldest");
        assert!(!is_open(&mut oldest));
        assert!(open.iter_mut().all(is_open));
    }
}
