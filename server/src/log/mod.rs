//! The transparency log, as far as it touches files: the school's key, and the last checkpoint on disk.
//!
//! The tree is the hub's (`daymark_sync_protocol::hub::tree`), and who checks a log uses `daymark_core::log`, which shares no
//! code with it. Nothing here is the only copy of anything but [`key`]: the tree is made from the journal at each start,
//! and [`checkpoint_file`] is there to notice a journal that came back shorter.

mod atomic;
pub mod checkpoint_file;
pub mod key;

#[cfg(test)]
mod tests;
