//! A table whose cells break into lines and whose rows break over pages.

use super::canvas::{Canvas, MARGIN, PAGE_HEIGHT, WIDTH, Weight};

/// The size of text in a table.
pub(super) const SIZE: f32 = 10.0;
const LEADING: f32 = 12.5;
const PADDING: f32 = 3.0;
/// Below this a page is full; the last line stands there.
const END: f32 = PAGE_HEIGHT - MARGIN - 10.0;
const HEAD_GREY: f32 = 0.90;
const RULE: f32 = 0.5;

/// A column: its heading and its share of the width.
pub(super) struct Column {
    pub(super) heading: &'static str,
    pub(super) share: f32,
}

/// Where drawing goes on.
pub(super) struct Cursor {
    pub(super) y: f32,
    /// Where it goes on on a new page.
    pub(super) top: f32,
}

impl Cursor {
    /// Room for so much, on a new page where this one is full.
    pub(super) fn need(&mut self, canvas: &mut Canvas, height: f32) -> bool {
        if self.y + height <= END {
            return false;
        }
        canvas.new_page();
        self.y = self.top;
        true
    }
}

/// Draws a table. Its heading stands on every page; a row stays whole unless it is longer than a page.
pub(super) fn draw(canvas: &mut Canvas, cursor: &mut Cursor, columns: &[Column], rows: &[Vec<String>]) {
    let shares: f32 = columns.iter().map(|column| column.share).sum();
    let widths: Vec<f32> = columns
        .iter()
        .map(|column| WIDTH * column.share / shares)
        .collect();
    let head: Vec<Vec<String>> = columns
        .iter()
        .map(|column| vec![column.heading.to_owned()])
        .collect();
    cursor.need(canvas, 4.0 * LEADING);
    line_of_cells(canvas, cursor, &widths, &head, Weight::Strong);
    for row in rows {
        let mut cells: Vec<Vec<String>> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| canvas.lines(cell, SIZE, width - 2.0 * PADDING))
            .collect();
        // A row longer than a page goes on on the next one.
        while !cells.iter().all(Vec::is_empty) {
            let lines = cells.iter().map(Vec::len).max().unwrap_or(0);
            if cursor.need(canvas, height(lines.min(lines_of_a_page(cursor.top)))) {
                line_of_cells(canvas, cursor, &widths, &head, Weight::Strong);
            }
            let fit = lines_until_end(cursor.y).max(1);
            let piece: Vec<Vec<String>> = cells
                .iter_mut()
                .map(|lines| lines.drain(..lines.len().min(fit)).collect())
                .collect();
            line_of_cells(canvas, cursor, &widths, &piece, Weight::Plain);
        }
    }
    cursor.y += LEADING;
}

/// More lines than any page has.
const PAGE_LINES_MAX: usize = 1000;

/// The height of a row of so many lines.
fn height(lines: usize) -> f32 {
    f32::from(u16::try_from(lines).unwrap_or(u16::MAX)) * LEADING + 2.0 * PADDING
}

/// How many lines a row may have that begins under the heading of a new page.
fn lines_of_a_page(top: f32) -> usize {
    lines_until_end(top + height(1))
}

fn lines_until_end(y: f32) -> usize {
    (1..=PAGE_LINES_MAX)
        .take_while(|lines| y + height(*lines) <= END)
        .count()
}

fn line_of_cells(
    canvas: &mut Canvas,
    cursor: &mut Cursor,
    widths: &[f32],
    cells: &[Vec<String>],
    weight: Weight,
) {
    let height = height(cells.iter().map(Vec::len).max().unwrap_or(0));
    if weight == Weight::Strong {
        canvas.fill((MARGIN, cursor.y), (WIDTH, height), HEAD_GREY);
    }
    let mut x = MARGIN;
    for (lines, width) in cells.iter().zip(widths) {
        let mut y = cursor.y + PADDING + SIZE;
        for line in lines {
            canvas.text(x + PADDING, y, SIZE, weight, line);
            y += LEADING;
        }
        x += width;
    }
    cursor.y += height;
    canvas.line((MARGIN, cursor.y), (MARGIN + WIDTH, cursor.y), RULE);
}
