//! The file: a page, and in it once the data with the school's signature.

use std::collections::BTreeSet;

use daymark_core::signature::{SecretKey, Signature};

use super::data::{Base64, Evidence, FORMAT};
use super::loaded::{Loaded, dates};
use super::page;

/// The longest file that is read.
pub const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// The most rows that a register on a page may have: pupils, dates and two sessions.
const ROWS_MAX: usize = 4_000_000;
/// The most sheets: each is put together in memory. A term of a large school has some four thousand.
const SHEETS_MAX: usize = 10_000;

/// What stands before the signature. No text of a page can hold it, because `<` is escaped there.
const START: &str = "<script type=\"application/json\" id=\"daymark-evidence\" data-signature=\"";
const MIDDLE: &str = "\">";
const END: &str = "</script>";

/// Why a file is no evidence that can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Over the limit.
    #[error("the file is {0} bytes, over the limit of {FILE_BYTES_MAX}: it is no evidence file")]
    TooLong(usize),
    /// Not UTF-8.
    #[error(
        "byte {0} of the file is not UTF-8: it was damaged or saved in another encoding, get the file again"
    )]
    NotText(usize),
    /// Nothing embedded.
    #[error(
        "there are no evidence data in the file: give the file that `daymark evidence` wrote, not a print of it"
    )]
    NoData,
    /// Embedded more than once.
    #[error("evidence data are in the file more than once: it was put together by hand, get the file again")]
    Twice,
    /// The signature is no signature.
    #[error("the school's signature beside the data cannot be read: {0}")]
    Signature(#[source] super::data::Base64Error),
    /// Another format.
    #[error("the file has the format {0:?} and this program reads {FORMAT:?}: update this program")]
    Format(String),
    /// The data cannot be read.
    #[error("the data in the file cannot be read: {0}; they were damaged or edited, get the file again")]
    Json(#[from] serde_json::Error),
    /// A page that would never end.
    #[error(
        "the file asks for a register of {0} rows, over the limit of {ROWS_MAX}: ask for a shorter period"
    )]
    Rows(usize),
    /// A reader's memory is not filled.
    #[error("the file has {0} sheets, over the limit of {SHEETS_MAX}: ask for a shorter period")]
    Sheets(usize),
}

/// What the data of every version say first.
#[derive(serde::Deserialize)]
struct Kind {
    format: String,
}

/// A file of evidence, made here or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFile {
    evidence: Evidence,
    /// The data as they stand in the file: what the signature is over.
    json: String,
    signature: Base64<64>,
}

/// The one JSON of the data. `<` is escaped, so that no text in them can end the element that holds them.
fn to_json(evidence: &Evidence) -> String {
    serde_json::to_string(evidence)
        .expect("the data have no map, so they have a JSON form")
        .replace('<', "\\u003c")
}

impl EvidenceFile {
    /// Makes the file; the school signs the data.
    ///
    /// # Errors
    /// [`ReadError::Rows`] or [`ReadError::Sheets`]: nobody could read the page.
    pub fn write(evidence: Evidence, school: &SecretKey) -> Result<Self, ReadError> {
        check_size(&evidence)?;
        let json = to_json(&evidence);
        let signature = school.sign_evidence(evidence.school.number, json.as_bytes());
        Ok(Self {
            evidence,
            json,
            signature: Base64(signature.0),
        })
    }

    /// Reads the data out of a file. Nothing is checked yet, not even the page around them.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(file: &[u8]) -> Result<Self, ReadError> {
        if file.len() > FILE_BYTES_MAX {
            return Err(ReadError::TooLong(file.len()));
        }
        let text = std::str::from_utf8(file).map_err(|error| ReadError::NotText(error.valid_up_to()))?;
        let (_, rest) = text.split_once(START).ok_or(ReadError::NoData)?;
        if rest.contains(START) {
            return Err(ReadError::Twice);
        }
        let (signature, rest) = rest.split_once(MIDDLE).ok_or(ReadError::NoData)?;
        let (json, _) = rest.split_once(END).ok_or(ReadError::NoData)?;
        let signature = Base64::try_from(signature.to_owned()).map_err(ReadError::Signature)?;
        let kind: Kind = serde_json::from_str(json)?;
        if kind.format != FORMAT {
            return Err(ReadError::Format(kind.format.chars().take(64).collect()));
        }
        let evidence: Evidence = serde_json::from_str(json)?;
        check_size(&evidence)?;
        Ok(Self {
            evidence,
            json: json.to_owned(),
            signature,
        })
    }

    /// The data.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The data as they stand in the file.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The school's signature of [`json`](Self::json).
    pub fn signature(&self) -> Signature {
        Signature(self.signature.0)
    }

    /// Whether the data are written in the one way in which this program writes them.
    pub fn is_canonical(&self) -> bool {
        to_json(&self.evidence) == self.json
    }

    /// The whole file.
    pub fn to_html(&self) -> String {
        self.html(&Loaded::of(&self.evidence))
    }

    pub(super) fn html(&self, loaded: &Loaded) -> String {
        let mut page = page::render(&self.evidence, loaded);
        page.push_str(START);
        page.push_str(&String::from(self.signature));
        page.push_str(MIDDLE);
        page.push_str(&self.json);
        page.push_str(END);
        page.push_str(page::AFTER_DATA);
        page
    }
}

/// A file that somebody made to keep a reader busy is refused before its sheets and its page are made.
fn check_size(evidence: &Evidence) -> Result<(), ReadError> {
    let changes = evidence.changes.iter();
    let sheets = changes
        .map(|change| &change.document)
        .collect::<BTreeSet<_>>()
        .len();
    if sheets > SHEETS_MAX {
        return Err(ReadError::Sheets(sheets));
    }
    let pupils = evidence.pupils.len().max(1);
    let rows = dates(evidence).len().saturating_mul(pupils).saturating_mul(2);
    if rows > ROWS_MAX {
        return Err(ReadError::Rows(rows));
    }
    Ok(())
}
