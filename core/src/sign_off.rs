//! The office's statement that a session is closed.

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::document_id::DocumentId;
use crate::ids::{ChangeHash, PupilNumber};
use crate::session::Session;

/// A session signed off. It names the heads of every sheet that the office saw: whatever lies outside them is after
/// sign-off, whatever any clock says, and is a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct SignOff {
    /// Which session of the sheet's date.
    #[n(0)]
    pub session: Session,
    /// The sheets that were seen, in order, with their heads.
    #[n(1)]
    pub saw: Vec<SeenSheet>,
    /// Pupils whose marks were disputed when it was signed: sign-off is allowed with gaps, and they are written in it.
    #[n(2)]
    pub disputed: Vec<PupilNumber>,
    /// Pupils of the roster with no mark when it was signed.
    #[n(3)]
    pub unmarked: Vec<PupilNumber>,
}

/// One sheet as the office saw it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct SeenSheet {
    /// Which sheet.
    #[n(0)]
    #[cbor(with = "document_bytes")]
    pub sheet: DocumentId,
    /// Its heads, in ascending order.
    #[n(1)]
    pub heads: Vec<ChangeHash>,
}

/// A document id as its compact bytes.
pub mod document_bytes {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    use crate::document_id::DocumentId;

    /// Writes the compact form.
    pub fn encode<C, W: Write>(
        id: &DocumentId,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.bytes(&id.to_bytes())?.ok()
    }

    /// Reads the compact form.
    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<DocumentId, DecodeError> {
        DocumentId::from_bytes(d.bytes()?).map_err(|_| DecodeError::message("not a document id"))
    }
}
