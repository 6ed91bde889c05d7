//! The name of a document: the unit of replication and of access.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bytes::{BytesError, Reader, Writer};
use crate::entry::Duty;
use crate::ids::{ClassName, IdError, TripId, VisitId};
use crate::session::Date;

/// Which document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DocumentId {
    /// The entries made under one duty on one date.
    Sheet(Date, Duty),
    /// One educational visit or fixture: its plan and what was observed on it.
    Trip(TripId),
    /// One home welfare visit.
    Visit(VisitId),
}

impl DocumentId {
    /// The longest encoded form.
    pub const BYTES_MAX: usize = 40;

    /// The compact form used on the wire and as a key. Sheets of one date stand together, dates in order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        match self {
            Self::Sheet(date, duty) => {
                writer.byte(1);
                writer.raw(&date.days().to_be_bytes());
                match duty {
                    Duty::Office => writer.byte(0),
                    Duty::Gate => writer.byte(1),
                    Duty::Class(class) => {
                        writer.byte(2);
                        writer.raw(class.as_str().as_bytes());
                    }
                    Duty::Trip(trip) => {
                        writer.byte(3);
                        writer.raw(trip.0.as_bytes());
                    }
                }
            }
            Self::Trip(trip) => {
                writer.byte(2);
                writer.raw(trip.0.as_bytes());
            }
            Self::Visit(visit) => {
                writer.byte(3);
                writer.raw(visit.0.as_bytes());
            }
        }
        writer.into_bytes()
    }

    /// Reads the compact form.
    ///
    /// # Errors
    /// [`BytesError::Kind`] for a kind of document that this program does not know; otherwise what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BytesError> {
        let mut reader = Reader::new(bytes);
        let id = match reader.byte("document")? {
            1 => {
                let date = Date::from_days(u16::from_be_bytes(reader.array("date")?));
                let duty = match reader.byte("duty")? {
                    0 => Duty::Office,
                    1 => Duty::Gate,
                    2 => {
                        let name = bytes.get(4..).unwrap_or_default();
                        let name = std::str::from_utf8(name).map_err(|_| BytesError::Invalid("class"))?;
                        reader.raw(name.len(), "class")?;
                        Duty::Class(
                            name.parse::<ClassName>()
                                .map_err(|_| BytesError::Invalid("class"))?,
                        )
                    }
                    3 => Duty::Trip(TripId(uuid::Uuid::from_bytes(reader.array("trip")?))),
                    _ => return Err(BytesError::Invalid("duty")),
                };
                Self::Sheet(date, duty)
            }
            2 => Self::Trip(TripId(uuid::Uuid::from_bytes(reader.array("trip")?))),
            3 => Self::Visit(VisitId(uuid::Uuid::from_bytes(reader.array("visit")?))),
            kind => return Err(BytesError::Kind(kind)),
        };
        reader.finish()?;
        Ok(id)
    }

    /// The date, for a sheet.
    pub fn date(&self) -> Option<Date> {
        match self {
            Self::Sheet(date, _) => Some(*date),
            _ => None,
        }
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sheet(date, duty) => write!(f, "sheet/{date}/{duty}"),
            Self::Trip(trip) => write!(f, "trip/{trip}"),
            Self::Visit(visit) => write!(f, "visit/{visit}"),
        }
    }
}

impl FromStr for DocumentId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let (kind, rest) = text.split_once('/').unwrap_or((text, ""));
        match kind {
            "sheet" => {
                let (date, duty) = rest.split_once('/').unwrap_or((rest, ""));
                Ok(Self::Sheet(date.parse()?, duty.parse()?))
            }
            "trip" => rest.parse().map(Self::Trip),
            "visit" => rest.parse().map(Self::Visit),
            _ => Err(IdError::new(
                "document",
                text,
                "give sheet/DATE/DUTY, trip/UUID or visit/UUID",
            )),
        }
    }
}

impl TryFrom<String> for DocumentId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<DocumentId> for String {
    fn from(id: DocumentId) -> String {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_id_survives_both_of_its_forms() {
        let uuid = "6e5f2c3a-0000-4000-8000-000000000001";
        for text in [
            "sheet/2026-03-02/gate".to_owned(),
            "sheet/2026-03-02/office".to_owned(),
            "sheet/2026-03-02/class:Année 4".to_owned(),
            format!("sheet/2026-03-02/trip:{uuid}"),
            format!("trip/{uuid}"),
            format!("visit/{uuid}"),
        ] {
            let id: DocumentId = text.parse().expect(&text);
            assert_eq!(id.to_string(), text);
            assert!(id.to_bytes().len() <= DocumentId::BYTES_MAX);
            assert_eq!(DocumentId::from_bytes(&id.to_bytes()), Ok(id));
        }
    }

    #[test]
    fn an_unknown_kind_of_document_is_named() {
        assert_eq!(DocumentId::from_bytes(&[9, 1, 2]), Err(BytesError::Kind(9)));
        assert_eq!(DocumentId::from_bytes(&[]), Err(BytesError::Short("document")));
        assert!(DocumentId::from_bytes(&[1, 0, 0, 0, 7]).is_err());
        assert!("kitchen/1".parse::<DocumentId>().is_err());
    }
}
