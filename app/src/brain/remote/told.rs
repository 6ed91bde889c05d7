//! What the server tells, as the app reads it.

use serde::Deserialize;

/// A device, as the server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DeviceShown {
    /// Its number.
    pub device: u32,
    /// What it is called.
    pub name: String,
    /// Its role.
    pub grant: GrantShown,
    /// Whether its duty has ended.
    pub ended: bool,
    /// When it last spoke.
    pub last_heard: Option<String>,
    /// How many records it said that it still holds.
    pub still_holds: u32,
    /// How far its clock is ahead.
    pub clock_ahead_ms: Option<i64>,
    /// `unconfirmed`, `confirmed` or `lost`.
    pub standing: String,
    /// The code to compare, before it is confirmed.
    pub code: Option<String>,
    /// When it was reported lost.
    pub lost_at: Option<String>,
    /// By whom.
    pub lost_by: Option<String>,
    /// When it spoke since.
    pub spoke_since: Option<String>,
    /// What the office wrote to it last.
    pub message: Option<String>,
    /// When it told that somebody has read that.
    pub message_read_at: Option<String>,
}

/// What a device is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GrantShown {
    /// The role.
    pub role: String,
    /// Its classes.
    pub classes: Vec<String>,
    /// The only day.
    pub day: Option<String>,
}

/// An invitation that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Invited {
    /// For which device.
    pub name: String,
    /// The text that is used up.
    pub invitation: String,
    /// Until when.
    pub expires_at: String,
    /// The fingerprint of the school's key.
    pub school_key: String,
}
