//! The data of a file of evidence, as its JSON holds them.
//!
//! The order of the fields is that of the JSON, which the school signs byte for byte: it never changes within a version
//! of the format.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daymark_core::code::CodeRow;
use daymark_core::document_id::DocumentId;
use daymark_core::fold::{DatedRules, Rules};
use daymark_core::grant::Grant;
use daymark_core::ids::{ChangeHash, ClassName, DeviceNumber, PupilNumber, SchoolId, TripId};
use daymark_core::roster::{Pupil, StaffMember};
use daymark_core::session::Date;
use serde::{Deserialize, Serialize};

/// The name of the format, and its version. The page belongs to the version too: another page is another version.
pub const FORMAT: &str = "daymark evidence v1";

/// All that a file of evidence says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// [`FORMAT`].
    pub format: String,
    /// The version of the program that wrote it.
    pub made_with: String,
    /// When it was written: unix seconds of the hub's clock.
    pub written_at: i64,
    /// Whose register.
    pub school: EvidenceSchool,
    /// What was asked for.
    pub question: Question,
    /// The signed note of the checkpoint.
    pub checkpoint: String,
    /// The keys of all devices.
    pub device_keys: EvidenceKeys,
    /// The devices that made or brought a change of these.
    pub devices: Vec<EvidenceDevice>,
    /// The trips of these sheets.
    pub trips: Vec<EvidenceTrip>,
    /// The sheets, each with its newest changes: by these a change that was left out is missed.
    pub documents: Vec<EvidenceDocument>,
    /// Every change of the sheets, in the order of the log.
    pub changes: Vec<EvidenceChange>,
    /// The pupils that the page names.
    pub pupils: Vec<EvidencePupil>,
    /// The staff who are named, as the staff list had them when this was written.
    pub staff: Vec<StaffMember>,
    /// The codes in force.
    pub codes: Vec<EvidenceCode>,
}

/// A school, as it vouches for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSchool {
    /// Its number.
    pub number: SchoolId,
    /// Its name.
    pub name: String,
    /// The rules that settle by themselves there, from the beginning.
    pub rules: Rules,
    /// Those of later dates, in their order. Left out where there are none, as in every file before there could be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later_rules: Vec<EvidenceRules>,
    /// The verifier key that it signs with: `NAME+ID+KEY`.
    pub key: String,
}

/// Rules that settle from a date on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRules {
    /// The first date.
    pub from: Date,
    /// The rules.
    pub rules: Rules,
}

impl EvidenceSchool {
    /// What settles, by the date of the marks.
    pub(super) fn dated_rules(&self) -> DatedRules {
        DatedRules::new(
            self.rules,
            self.later_rules.iter().map(|later| (later.from, later.rules)),
        )
    }
}

/// What was asked for: a pupil or the whole school, from a date to a date, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The pupil; `None` for the whole school.
    pub pupil: Option<PupilNumber>,
    /// The first date.
    pub from: Date,
    /// The last date.
    pub to: Date,
}

impl Question {
    /// Whether the date lies in the period.
    pub fn covers(&self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }

    /// Whether the page tells of the pupil.
    pub fn is_about(&self, pupil: PupilNumber) -> bool {
        self.pupil.is_none_or(|asked| asked == pupil)
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pupil {
            Some(pupil) => write!(f, "pupil {pupil}, ")?,
            None => f.write_str("the whole school, ")?,
        }
        if self.from == self.to {
            write!(f, "{}", self.from)
        } else {
            write!(f, "{} to {}", self.from, self.to)
        }
    }
}

/// The whole list of device keys, and the school's word for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceKeys {
    /// Every key, in ascending order of device.
    pub keys: Vec<EvidenceKey>,
    /// The school's signature of the digest of the list.
    pub signature: Base64<64>,
}

/// A device's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceKey {
    /// Which device.
    pub device: DeviceNumber,
    /// Its public key.
    pub key: Base64<32>,
}

/// What a device is called, and what it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceDevice {
    /// Which device.
    pub device: DeviceNumber,
    /// Its name.
    pub name: String,
    /// Every duty that it was ever given: what it recorded outside them moves nothing.
    pub granted: Vec<Grant>,
}

/// Who came along on a trip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceTrip {
    /// Which trip.
    pub trip: TripId,
    /// The devices that any plan of it sent along, and those that planned it.
    pub along: Vec<DeviceNumber>,
}

/// A sheet and its newest changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceDocument {
    /// Which sheet.
    pub document: DocumentId,
    /// The changes that no other change of the sheet builds on, in ascending order.
    pub heads: Vec<ChangeHash>,
}

/// A signed change and its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceChange {
    /// Its index in the log, counted from 0.
    pub leaf: u64,
    /// The sheet that it stands in.
    pub document: DocumentId,
    /// The device that brought it.
    pub carrier: DeviceNumber,
    /// When the hub received it: unix milliseconds of the hub's clock.
    pub received_at: u64,
    /// The maker's signature, then the raw chunk.
    pub bytes: Base64Bytes,
    /// Its inclusion proof under the checkpoint, from the leaf upwards.
    pub proof: Vec<Base64<32>>,
}

/// A pupil, no more of them than the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidencePupil {
    /// What the entries call the pupil.
    pub number: PupilNumber,
    /// The admission number as it is written.
    pub mis_id: String,
    /// The unique pupil number.
    pub upn: Option<String>,
    /// The name in a list.
    pub name: String,
    /// Registration group.
    pub class: ClassName,
    /// First day on roll.
    pub start_date: Option<Date>,
    /// Last day on roll.
    pub leave_date: Option<Date>,
}

impl EvidencePupil {
    /// Whether the pupil is on roll on the day.
    pub fn on_roll(&self, date: Date) -> bool {
        self.start_date.is_none_or(|first| first <= date) && self.leave_date.is_none_or(|last| date <= last)
    }
}

impl From<&Pupil> for EvidencePupil {
    fn from(pupil: &Pupil) -> Self {
        Self {
            number: pupil.number,
            mis_id: pupil.mis_id.clone(),
            upn: pupil.upn.map(|upn| upn.to_string()),
            name: pupil.listed_as(),
            class: pupil.class.clone(),
            start_date: pupil.start_date,
            leave_date: pupil.leave_date,
        }
    }
}

/// A row of the code table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceCode {
    /// The symbol.
    pub symbol: String,
    /// Its number in the compact encoding.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// What it counts as.
    pub counts_as: String,
    /// The first day that it may stand on.
    pub valid_from: Date,
    /// The last day; `None` while it is in force.
    pub valid_to: Option<Date>,
}

impl From<&CodeRow> for EvidenceCode {
    fn from(row: &CodeRow) -> Self {
        let counts_as = match serde_json::to_value(row.statistics) {
            Ok(serde_json::Value::String(name)) => name.replace('_', " "),
            _ => String::new(),
        };
        Self {
            symbol: row.symbol.to_string(),
            number: row.number,
            title: row.title.to_owned(),
            counts_as,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        }
    }
}

/// A text is not the base 64 that its field needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Base64Error {
    /// Not standard base 64 with padding.
    #[error("not base 64 (RFC 4648, section 4, with padding): it was damaged, get the file again")]
    Form,
    /// Another number of bytes.
    #[error("{got} bytes in base 64 where {expected} are needed: it was damaged, get the file again")]
    Length {
        /// How many there are.
        got: usize,
        /// How many the field has.
        expected: usize,
    },
}

/// So many bytes, in base 64 (RFC 4648, section 4, with padding).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Base64<const BYTES: usize>(pub [u8; BYTES]);

impl<const BYTES: usize> TryFrom<String> for Base64<BYTES> {
    type Error = Base64Error;
    fn try_from(text: String) -> Result<Self, Base64Error> {
        let bytes = STANDARD.decode(text).map_err(|_| Base64Error::Form)?;
        let got = bytes.len();
        let expected = BYTES;
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| Base64Error::Length { got, expected })
    }
}

impl<const BYTES: usize> From<Base64<BYTES>> for String {
    fn from(bytes: Base64<BYTES>) -> String {
        STANDARD.encode(bytes.0)
    }
}

/// Bytes in base 64 (RFC 4648, section 4, with padding).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Base64Bytes(pub Vec<u8>);

impl TryFrom<String> for Base64Bytes {
    type Error = Base64Error;
    fn try_from(text: String) -> Result<Self, Base64Error> {
        STANDARD.decode(text).map(Self).map_err(|_| Base64Error::Form)
    }
}

impl From<Base64Bytes> for String {
    fn from(bytes: Base64Bytes) -> String {
        STANDARD.encode(bytes.0)
    }
}
