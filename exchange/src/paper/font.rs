//! The font of printed pages: which glyph a letter has, and how wide it is.

use std::collections::BTreeMap;

use ttf_parser::{Face, GlyphId};

/// `DejaVu` Sans Condensed: narrow, and with the letters of Latin, Greek and Cyrillic names. Its licence stands beside it.
pub(super) const FONT: &[u8] = include_bytes!("../../fonts/DejaVuSansCondensed.ttf");

/// The letters that a file uses. Each gets a number of its own, so that what is copied out of the file is what was
/// put in, also where two letters look alike.
pub(super) struct Letters {
    face: Face<'static>,
    used: BTreeMap<char, (u16, GlyphId)>,
}

/// A letter as the file numbers it.
pub(super) struct Letter {
    pub(super) number: u16,
    pub(super) stands_for: char,
    pub(super) glyph: GlyphId,
    /// In thousandths of the size.
    pub(super) width: f32,
}

/// What the font says of itself, in thousandths of the size.
pub(super) struct Metrics {
    pub(super) ascent: f32,
    pub(super) descent: f32,
    pub(super) cap_height: f32,
    pub(super) bbox: [f32; 4],
}

impl Letters {
    pub(super) fn new() -> Self {
        Self {
            face: Face::parse(FONT, 0).expect("the font travels with the program"),
            used: BTreeMap::new(),
        }
    }

    fn scale(&self) -> f32 {
        1000.0 / f32::from(self.face.units_per_em())
    }

    fn width_of(&self, glyph: GlyphId) -> f32 {
        f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0)) * self.scale()
    }

    /// The width of a text in a size.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let glyphs = text.chars().filter_map(|c| self.face.glyph_index(c));
        glyphs.map(|glyph| self.width_of(glyph)).sum::<f32>() * size / 1000.0
    }

    /// Text as it can be printed. A letter that the font does not have is written as its number, for a blank would
    /// lose it.
    pub(super) fn printable(&self, text: &str) -> String {
        let mut printable = String::with_capacity(text.len());
        for c in text.chars() {
            if c.is_control() {
                printable.push(' ');
            } else if self.face.glyph_index(c).is_some_and(|glyph| glyph.0 != 0) {
                printable.push(c);
            } else {
                printable.extend(format!("[U+{:04X}]", u32::from(c)).chars());
            }
        }
        printable
    }

    /// The numbers of the letters of a text that is printable.
    pub(super) fn numbers(&mut self, text: &str) -> Vec<u16> {
        let mut numbers = Vec::new();
        for c in text.chars() {
            let Some(glyph) = self.face.glyph_index(c) else {
                continue;
            };
            // Number 0 is that of a missing letter. There are fewer letters in the font than numbers.
            let next = u16::try_from(self.used.len() + 1).unwrap_or(0);
            numbers.push(self.used.entry(c).or_insert((next, glyph)).0);
        }
        numbers
    }

    /// What was used, in the order of the numbers.
    pub(super) fn used(&self) -> Vec<Letter> {
        let mut letters: Vec<Letter> = self
            .used
            .iter()
            .map(|(letter, (number, glyph))| Letter {
                number: *number,
                stands_for: *letter,
                glyph: *glyph,
                width: self.width_of(*glyph),
            })
            .collect();
        letters.sort_by_key(|letter| letter.number);
        letters
    }

    pub(super) fn metrics(&self) -> Metrics {
        let scale = self.scale();
        let bbox = self.face.global_bounding_box();
        let corners = [bbox.x_min, bbox.y_min, bbox.x_max, bbox.y_max];
        Metrics {
            ascent: f32::from(self.face.ascender()) * scale,
            descent: f32::from(self.face.descender()) * scale,
            cap_height: f32::from(self.face.capital_height().unwrap_or(self.face.ascender())) * scale,
            bbox: corners.map(|corner| f32::from(corner) * scale),
        }
    }

    /// Breaks a text into lines of a width: at spaces and behind hyphens, and inside a word only where the word alone is
    /// too wide.
    pub(super) fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            for (at, piece) in word.split_inclusive('-').enumerate() {
                let space = if at == 0 && !line.is_empty() { " " } else { "" };
                let longer = format!("{line}{space}{piece}");
                if self.width(&longer, size) <= width {
                    line = longer;
                    continue;
                }
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                for c in piece.chars() {
                    line.push(c);
                    if self.width(&line, size) > width && line.chars().count() > 1 {
                        line.pop();
                        lines.push(std::mem::replace(&mut line, c.to_string()));
                    }
                }
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines
    }
}
