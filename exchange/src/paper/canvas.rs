//! Pages to draw on, in points from the top left corner.

use super::font::Letters;

/// A4, lying.
pub(super) const PAGE_WIDTH: f32 = 842.0;
/// See [`PAGE_WIDTH`].
pub(super) const PAGE_HEIGHT: f32 = 595.0;
/// What a school's printer leaves blank, and a hole punch takes.
pub(super) const MARGIN: f32 = 28.0;
/// The width between the margins.
pub(super) const WIDTH: f32 = PAGE_WIDTH - 2.0 * MARGIN;
/// Where the last line of a page stands.
pub(super) const FOOT: f32 = PAGE_HEIGHT - MARGIN + 6.0;
/// The size of the last line.
const FOOT_SIZE: f32 = 8.0;

/// How thick letters are. One font is embedded; the strong form has an outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Plain,
    Strong,
}

/// One thing on a page.
pub(super) enum Mark {
    Text {
        x: f32,
        y: f32,
        size: f32,
        weight: Weight,
        text: String,
    },
    Line {
        from: (f32, f32),
        to: (f32, f32),
        width: f32,
    },
    /// A filled rectangle; 0 is black, 1 white.
    Fill {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        grey: f32,
    },
}

/// Pages being drawn; the last one is open.
pub(super) struct Canvas {
    pub(super) letters: Letters,
    pub(super) pages: Vec<Vec<Mark>>,
}

impl Canvas {
    pub(super) fn new() -> Self {
        Self {
            letters: Letters::new(),
            pages: vec![Vec::new()],
        }
    }

    pub(super) fn new_page(&mut self) {
        self.pages.push(Vec::new());
    }

    fn put(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Text on a base line.
    pub(super) fn text(&mut self, x: f32, y: f32, size: f32, weight: Weight, text: &str) {
        let text = self.letters.printable(text);
        self.put(Mark::Text {
            x,
            y,
            size,
            weight,
            text,
        });
    }

    /// Text around a middle.
    pub(super) fn centred(&mut self, x: f32, y: f32, size: f32, weight: Weight, text: &str) {
        let width = self.width(text, size);
        self.text(x - width / 2.0, y, size, weight, text);
    }

    pub(super) fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32) {
        self.put(Mark::Line { from, to, width });
    }

    pub(super) fn fill(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), grey: f32) {
        self.put(Mark::Fill {
            x,
            y,
            width,
            height,
            grey,
        });
    }

    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        self.letters.width(&self.letters.printable(text), size)
    }

    pub(super) fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        self.letters.lines(&self.letters.printable(text), size, width)
    }

    /// The largest of some sizes in which a text fits on one line; `None` where it fits in none.
    pub(super) fn size_for(&self, text: &str, width: f32, sizes: &[f32]) -> Option<f32> {
        sizes
            .iter()
            .copied()
            .find(|size| self.width(text, *size) <= width)
    }

    /// Writes the last line of every page: a text, and which page of how many it is.
    pub(super) fn number_pages(&mut self, foot: &str) {
        let foot = self.letters.printable(foot);
        let count = self.pages.len();
        for (at, page) in self.pages.iter_mut().enumerate() {
            let number = format!("Page {} of {count}", at + 1);
            let end = MARGIN + WIDTH - self.letters.width(&number, FOOT_SIZE);
            for (x, text) in [(MARGIN, foot.clone()), (end, number)] {
                page.push(Mark::Text {
                    x,
                    y: FOOT,
                    size: FOOT_SIZE,
                    weight: Weight::Plain,
                    text,
                });
            }
        }
    }
}
