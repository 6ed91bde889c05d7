//! One leaf of the log: that a change by this device stands in this document.

use sha2::{Digest, Sha256};

use super::proof::LogHash;
use crate::bytes::{BytesError, Reader, Writer};
use crate::document_id::DocumentId;
use crate::ids::{ChangeHash, DeviceNumber, SchoolId};

/// What every leaf starts with: these bytes mean a leaf of this layout and nothing else.
const DOMAIN: &[u8; 16] = b"daymark leaf v1\0";

/// What RFC 6962, section 2.1, puts before the bytes of a leaf, so that no leaf can pass for an inner node.
const LEAF_PREFIX: u8 = 0x00;

/// What the log says of one stored change. It names the change by its hash and holds no content, so the log can be
/// shown to anybody who may know that a document exists.
///
/// Its encoding is hashed into checkpoints that are already signed: the order of the fields never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Whose register it is.
    pub school: SchoolId,
    /// The document that the change was stored in.
    pub document: DocumentId,
    /// The change.
    pub change: ChangeHash,
    /// The device that made it.
    pub device: DeviceNumber,
    /// That device's signature over the change, as it came; this module does not look into it.
    pub signature: [u8; 64],
}

impl Leaf {
    /// The longest encoded form, in bytes.
    pub const BYTES_MAX: usize = DOMAIN.len() + 5 + 1 + DocumentId::BYTES_MAX + 32 + 5 + 64;

    /// The one encoding of this leaf; `docs/log.md` has it as a table.
    pub fn to_bytes(&self) -> Vec<u8> {
        let document = self.document.to_bytes();
        let mut writer = Writer::default();
        writer.raw(DOMAIN);
        writer.uint(u64::from(self.school.0));
        writer.uint(document.len() as u64);
        writer.raw(&document);
        writer.raw(&self.change.0);
        writer.uint(u64::from(self.device.0));
        writer.raw(&self.signature);
        writer.into_bytes()
    }

    /// Reads a leaf, and takes no bytes but those that [`to_bytes`](Self::to_bytes) would write.
    ///
    /// # Errors
    /// [`BytesError::Invalid`] with `leaf` where the bytes are of something else, with `school` or `device` for number 0,
    /// which is nobody's; otherwise the field that is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BytesError> {
        let mut reader = Reader::new(bytes);
        if reader.raw(DOMAIN.len(), "leaf")? != DOMAIN {
            return Err(BytesError::Invalid("leaf"));
        }
        let school = reader.number("school")?;
        let length = reader.count("document", DocumentId::BYTES_MAX)?;
        let document = DocumentId::from_bytes(reader.raw(length, "document")?)?;
        let change = reader.array("change")?;
        let device = reader.number("device")?;
        let signature = reader.array("signature")?;
        reader.finish()?;
        if school == 0 {
            return Err(BytesError::Invalid("school"));
        }
        if device == 0 {
            return Err(BytesError::Invalid("device"));
        }
        let leaf = Self {
            school: SchoolId(school),
            document,
            change: ChangeHash(change),
            device: DeviceNumber(device),
            signature,
        };
        // A second form of a document's name would give one change two leaves.
        if leaf.to_bytes() == bytes {
            Ok(leaf)
        } else {
            Err(BytesError::NotCanonical)
        }
    }

    /// The hash of this leaf in the tree: SHA-256 of 0x00 and its bytes (RFC 6962, section 2.1).
    pub fn hash(&self) -> LogHash {
        leaf_hash(&self.to_bytes())
    }
}

/// The hash of a leaf with these bytes: SHA-256 of 0x00 and the bytes (RFC 6962, section 2.1).
pub fn leaf_hash(bytes: &[u8]) -> LogHash {
    let mut hash = Sha256::new();
    hash.update([LEAF_PREFIX]);
    hash.update(bytes);
    LogHash(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaf(document: &str) -> Leaf {
        Leaf {
            school: SchoolId(123_456),
            document: document.parse().expect("a document"),
            change: ChangeHash([0xc1; 32]),
            device: DeviceNumber(7),
            signature: [0x51; 64],
        }
    }

    #[test]
    fn a_leaf_survives_and_stays_within_its_longest_form() {
        let uuid = "6e5f2c3a-0000-4000-8000-000000000001";
        for document in [
            "sheet/2026-03-02/office".to_owned(),
            "sheet/2026-03-02/class:Année 4".to_owned(),
            format!("sheet/2026-03-02/trip:{uuid}"),
            format!("visit/{uuid}"),
        ] {
            let leaf = leaf(&document);
            assert!(leaf.to_bytes().len() <= Leaf::BYTES_MAX);
            assert_eq!(Leaf::from_bytes(&leaf.to_bytes()), Ok(leaf));
        }
    }

    #[test]
    fn a_leaf_with_anything_but_its_own_bytes_is_refused() {
        let good = leaf("sheet/2026-03-02/gate").to_bytes();
        assert_eq!(
            Leaf::from_bytes(&[&good[..], &[0]].concat()),
            Err(BytesError::Trailing(1))
        );
        assert_eq!(
            Leaf::from_bytes(b"daymark leaf v2\0"),
            Err(BytesError::Invalid("leaf"))
        );
        for length in 0..good.len() {
            assert!(Leaf::from_bytes(&good[..length]).is_err(), "{length} bytes");
        }
        // School 0, in its shortest form, in place of the three bytes of 123456.
        let nobody = [&good[..16], &[0], &good[19..]].concat();
        assert_eq!(Leaf::from_bytes(&nobody), Err(BytesError::Invalid("school")));
        // The same school in four bytes.
        let longer = [&good[..16], &[0xe0, 0x01, 0xe2, 0x40], &good[19..]].concat();
        assert_eq!(Leaf::from_bytes(&longer), Err(BytesError::NotCanonical));
    }

    proptest! {
        #[test]
        fn what_can_be_read_has_one_form(at in 0_usize..124, byte: u8) {
            let mut bytes = leaf("sheet/2026-03-02/class:4B").to_bytes();
            prop_assume!(at < bytes.len());
            bytes[at] = byte;
            if let Ok(leaf) = Leaf::from_bytes(&bytes) {
                prop_assert_eq!(leaf.to_bytes(), bytes);
            }
        }
    }
}
