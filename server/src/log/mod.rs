//! The transparency log, as the hub writes it: the tree over all stored changes, the school's key, and the last
//! checkpoint on disk.
//!
//! Who checks a log uses `daymark_core::log`. [`tree`] shares no code with it, so that a fault in one is seen by the
//! other. Nothing here is the only copy of anything but [`key`]: the tree is made from the journal at each start, and
//! [`checkpoint_file`] is there to notice a journal that came back shorter.

mod atomic;
pub mod checkpoint_file;
pub mod key;
pub mod tree;

#[cfg(test)]
mod tests;
