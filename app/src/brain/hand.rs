//! Handing over what has not reached the school: as a code on the screen, or as a file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daymark_sync_protocol::frame::Bundle;

use super::open::{Done, words};
use super::{Effect, Open};
use crate::action::Fields;

/// The most bytes that one code holds and a camera still reads from a tablet's screen.
const CODE_BYTES_MAX: usize = 1200;

/// What is shown of handing over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hand {
    /// Whether the camera is on.
    pub is_scanning: bool,
    /// The parts of a hand-over that were scanned so far.
    pub parts: Vec<Option<Vec<u8>>>,
    /// What the last take-over brought, in words.
    pub taken: Option<String>,
}

/// What is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    /// The bytes of the codes, one after another.
    pub codes: Vec<Vec<u8>>,
    /// How many marks and records are in them.
    pub records: usize,
}

/// What a part of several begins with, then which it is and of how many.
const PART: &[u8; 3] = b"DMp";

/// Cuts a bundle for several codes.
fn parts(bundle: &[u8]) -> Vec<Vec<u8>> {
    let pieces: Vec<&[u8]> = bundle.chunks(CODE_BYTES_MAX).collect();
    let of = u8::try_from(pieces.len()).unwrap_or(u8::MAX);
    pieces
        .iter()
        .zip(0_u8..)
        .map(|(piece, at)| [PART, &[at, of][..], piece].concat())
        .collect()
}

impl Hand {
    /// Takes a part that was scanned; the whole once every part is here.
    fn take_part(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let [at, of, piece @ ..] = bytes.strip_prefix(PART)? else {
            return None;
        };
        if self.parts.len() != usize::from(*of) {
            self.parts = vec![None; usize::from(*of)];
        }
        *self.parts.get_mut(usize::from(*at))? = Some(piece.to_vec());
        let whole: Option<Vec<&[u8]>> = self.parts.iter().map(Option::as_deref).collect();
        Some(whole?.concat())
    }
}

impl Open {
    /// The bundle of all that has not reached the school, as the replica stands. Nothing is written for it: what was tapped
    /// and is not gathered yet is gathered when the screen is opened.
    pub fn handed_over(&self) -> Result<HandedOver, String> {
        let bundle = self.tablet.replica().bundle(self.now_ms).map_err(words)?;
        let bytes = bundle.encode();
        Ok(HandedOver {
            codes: parts(&bytes),
            records: self.tablet.replica().not_yet_sent(),
        })
    }

    pub(super) fn bundle_file(&mut self) -> Result<Effect, String> {
        let bundle = self.tablet.hand_over(self.now_ms).map_err(words)?;
        Ok(Effect::Save {
            name: format!("{}.daymark", self.today()),
            media_type: "application/vnd.daymark.bundle".to_owned(),
            bytes: bundle.encode(),
        })
    }

    /// Takes in what a camera saw or a file holds: base 64 in the form.
    pub(super) fn take_bundle(&mut self, fields: &Fields) -> Done {
        let bytes = STANDARD
            .decode(fields.get("bytes"))
            .map_err(|_| "This file cannot be read.")?;
        let whole = if bytes.starts_with(PART) {
            let Some(whole) = self.hand.take_part(&bytes) else {
                let here = self.hand.parts.iter().flatten().count();
                return Ok(Some(format!("Code {here} of {}.", self.hand.parts.len())));
            };
            whole
        } else {
            bytes
        };
        let bundle = Bundle::decode(&whole).map_err(words)?;
        let report = self.tablet.take_over(&bundle).map_err(words)?;
        self.hand.parts.clear();
        let mut text = format!(
            "Taken over: {}. This tablet carries them to school.",
            daymark_tablet::words::count(report.statements, "record")
        );
        for refused in &report.refused {
            text.push_str(" Not taken: ");
            text.push_str(&refused.reason);
            text.push('.');
        }
        self.hand.taken = Some(text.clone());
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_together_in_any_order() {
        let bundle: Vec<u8> = (0..3000_u32).map(|n| (n % 251) as u8).collect();
        let parts = parts(&bundle);
        assert_eq!(parts.len(), 3);
        let mut hand = Hand::default();
        assert_eq!(hand.take_part(&parts[2]), None);
        assert_eq!(hand.take_part(&parts[0]), None);
        assert_eq!(hand.take_part(&parts[0]), None);
        assert_eq!(hand.take_part(&parts[1]), Some(bundle));
    }
}
