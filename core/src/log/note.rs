//! Signed notes: text with signature lines under it, that people can read and any tool of the kind can check
//! (C2SP signed-note, of which Ed25519, type 0x01, is the one kind of signature used here).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::key::{NoteKey, is_name};

/// The most signature lines of a note. C2SP signed-note asks verifiers to take at least so many.
pub const SIGNATURES_MAX: usize = 16;
/// The longest note, in bytes: room for 16 signatures of the largest kind known (7 KB each) and a text.
pub const NOTE_BYTES_MAX: usize = 128 * 1024;

/// What a signature line starts with: an em dash (U+2014) and a space.
const LINE_START: &str = "\u{2014} ";

/// Why bytes are not a note, or not one that the key has signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More bytes than a note may have.
    #[error("a note of {0} bytes is longer than the {NOTE_BYTES_MAX} that are read")]
    TooLong(usize),
    /// Not UTF-8, or with control characters in it.
    #[error("the note is not plain text: it was damaged on its way, get it again")]
    NotText,
    /// No empty line that parts text and signatures, or the last line does not end.
    #[error("the note has no signatures under its text: it was cut off on its way, get it again")]
    NoSignatures,
    /// A line under the text is not a signature line.
    #[error("line {0} under the note's text is not a signature: it was damaged on its way, get it again")]
    Line(usize),
    /// More signature lines than are read.
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooMany,
    /// No signature line names the key.
    #[error(
        "the note is not signed by {0}: it is of another log, or its key was changed; ask whoever runs the server"
    )]
    NotSigned(String),
    /// A signature line names the key, and its signature is wrong.
    #[error(
        "a signature of {0} does not fit the note: the text was changed after it was signed, do not believe it"
    )]
    BadSignature(String),
}

/// A note whose signatures have not been checked. Its text means nothing until [`verified_text`](Self::verified_text)
/// has given it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    whole: String,
    text_bytes: usize,
    signatures: Vec<SignatureLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct SignatureLine {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl SignedNote {
    /// Reads a note: its form, not its signatures.
    ///
    /// # Errors
    /// See [`NoteError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong(bytes.len()));
        }
        if bytes.iter().any(|&byte| byte < b' ' && byte != b'\n') {
            return Err(NoteError::NotText);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::NotText)?;
        // The text may hold empty lines of its own: the last one parts it from the signatures.
        let (before, _) = whole.rsplit_once("\n\n").ok_or(NoteError::NoSignatures)?;
        let text_bytes = before.len() + 1;
        let lines = whole[text_bytes + 1..]
            .strip_suffix('\n')
            .ok_or(NoteError::NoSignatures)?;
        let mut signatures = Vec::new();
        for (index, line) in lines.split('\n').enumerate() {
            if index == SIGNATURES_MAX {
                return Err(NoteError::TooMany);
            }
            signatures.push(SignatureLine::parse(line).ok_or(NoteError::Line(index + 1))?);
        }
        Ok(Self {
            whole: whole.to_owned(),
            text_bytes,
            signatures,
        })
    }

    /// Puts a signature under a text, and checks that it is the key's before anybody else sees the note.
    ///
    /// # Errors
    /// The text is not one that a note can have, or the signature is not the key's over it.
    pub fn assemble(text: &str, key: &NoteKey, signature: &[u8; 64]) -> Result<Self, NoteError> {
        let line = STANDARD.encode([&key.id()[..], signature].concat());
        let note = Self::parse(format!("{text}\n{LINE_START}{} {line}\n", key.name()).as_bytes())?;
        if note.verified_text(key)? == text {
            Ok(note)
        } else {
            Err(NoteError::NoSignatures)
        }
    }

    /// The text, if the key has signed it: a line names the key, and every line that does so has a good signature. Lines
    /// of other keys are passed over, so that witnesses may sign too, and keys may be changed.
    ///
    /// # Errors
    /// [`NoteError::NotSigned`] or [`NoteError::BadSignature`].
    pub fn verified_text(&self, key: &NoteKey) -> Result<&str, NoteError> {
        let text = &self.whole[..self.text_bytes];
        let id = key.id();
        let mut is_signed = false;
        for line in &self.signatures {
            if line.name != key.name() || line.id != id {
                continue;
            }
            let signature = line.signature.as_slice().try_into();
            if !signature.is_ok_and(|signature| key.has_signed(text.as_bytes(), signature)) {
                return Err(NoteError::BadSignature(key.name().to_owned()));
            }
            is_signed = true;
        }
        if is_signed {
            Ok(text)
        } else {
            Err(NoteError::NotSigned(key.name().to_owned()))
        }
    }

    /// The whole note as it came, signatures included: what to keep, and what to show as evidence.
    pub fn as_str(&self) -> &str {
        &self.whole
    }
}

impl SignatureLine {
    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(LINE_START)?.split_once(' ')?;
        let bytes = STANDARD.decode(signature).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        (is_name(name) && !signature.is_empty()).then(|| Self {
            name: name.to_owned(),
            id: *id,
            signature: signature.to_vec(),
        })
    }
}
