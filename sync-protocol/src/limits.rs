//! Every length that travels, bounded in one place.

/// A whole request, uncompressed. Well under the longest record of a journal, so that anything in a request that
/// cannot be taken can be kept aside.
pub const REQUEST_BYTES_MAX: usize = 768 * 1024;
/// A whole reply, uncompressed, as a client accepts it.
pub const REPLY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The bytes of changes and saved documents after which a hub stops filling a reply and says that there is more.
pub const REPLY_BYTES_AIM: usize = 512 * 1024;
/// A whole hand-over bundle.
pub const BUNDLE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The longest news that is pushed with an event; anything longer is only announced, and fetched by a sync.
pub const PUSH_BYTES_MAX: usize = 464;
/// The documents that one poke names; where more have gone on, it says only that everything may have.
pub const POKE_DOCUMENTS_MAX: usize = 32;
/// The documents that one request may name.
pub const DOCUMENTS_MAX: usize = 512;
/// The changes that one request may offer.
pub const OFFERS_MAX: usize = 512;
/// The days that one request may ask for at once.
pub const WINDOW_DAYS_MAX: u16 = 31;
/// The changes kept aside for one device.
pub const ASIDE_PER_DEVICE_MAX: usize = 512;
/// The bytes kept aside for one device.
pub const ASIDE_BYTES_PER_DEVICE_MAX: usize = 4 * 1024 * 1024;
/// The parents that an answer names for a change that waits.
pub const MISSING_NAMED_MAX: usize = 16;
/// How many days after its date a brief may be relied upon without a further contact, unless a trip lasts longer.
pub const BRIEF_DAYS: u16 = 3;
/// How many days before its date a brief has the school's calendar: marks of the last weeks may still be made.
pub const CALENDAR_DAYS_BEFORE: u16 = 60;
/// How many days after its date a brief has the school's calendar: trips are planned so far ahead.
pub const CALENDAR_DAYS_AFTER: u16 = 365;
/// The longest checkpoint, in bytes, with the signatures of witnesses.
pub const CHECKPOINT_BYTES_MAX: usize = 16 * 1024;
/// The longest message of the office to a device, in characters.
pub const MESSAGE_CHARS_MAX: usize = 200;
/// The most parts in which packed changes come.
pub const PARTS_MAX: usize = 16;
