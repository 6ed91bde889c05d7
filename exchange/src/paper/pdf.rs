//! Pages as a PDF with a subset of the font in it.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, TextRenderingMode, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;

use super::canvas::{Canvas, Mark, PAGE_HEIGHT, PAGE_WIDTH, Weight};
use super::font::{FONT, Letters};

const FONT_NAME: Name<'static> = Name(b"F1");
/// Six letters and a plus mark a subset.
const BASE_FONT: Name<'static> = Name(b"DAYMRK+DejaVuSansCondensed");
const IDENTITY: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};
/// How thick the outline of strong letters is, as a part of their size.
const OUTLINE: f32 = 0.035;
/// What a descriptor must say, and no reader uses for an embedded font.
const STEM: f32 = 80.0;

/// The references of a file, in a fixed order.
struct Refs(i32);

impl Refs {
    fn next(&mut self) -> Ref {
        self.0 += 1;
        Ref::new(self.0)
    }
}

/// The file.
pub(super) fn write(mut canvas: Canvas, title: &str) -> Vec<u8> {
    let mut refs = Refs(0);
    let (catalog, tree, info, font) = (refs.next(), refs.next(), refs.next(), refs.next());
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr("en-GB"));
    pdf.document_info(info)
        .title(TextStr(title))
        .producer(TextStr("Daymark"));
    let mut kids = Vec::new();
    for marks in &canvas.pages {
        let (page, content) = (refs.next(), refs.next());
        kids.push(page);
        let bytes = packed(&draw(marks, &mut canvas.letters));
        pdf.stream(content, &bytes).filter(Filter::FlateDecode);
        let mut page = pdf.page(page);
        page.media_box(Rect::new(0.0, 0.0, PAGE_WIDTH, PAGE_HEIGHT));
        page.parent(tree).contents(content);
        page.resources().fonts().pair(FONT_NAME, font);
        page.finish();
    }
    let count = i32::try_from(kids.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(kids).count(count);
    embed(&mut pdf, &mut refs, font, &canvas.letters);
    pdf.finish()
}

/// The operators of a page.
fn draw(marks: &[Mark], letters: &mut Letters) -> Vec<u8> {
    let mut content = Content::new();
    for mark in marks {
        match mark {
            Mark::Text {
                x,
                y,
                size,
                weight,
                text,
            } => {
                let bytes: Vec<u8> = letters
                    .numbers(text)
                    .into_iter()
                    .flat_map(u16::to_be_bytes)
                    .collect();
                content.begin_text();
                if *weight == Weight::Strong {
                    content.set_text_rendering_mode(TextRenderingMode::FillStroke);
                    content.set_line_width(size * OUTLINE);
                } else {
                    content.set_text_rendering_mode(TextRenderingMode::Fill);
                }
                content.set_font(FONT_NAME, *size);
                content.next_line(*x, PAGE_HEIGHT - y);
                content.show(Str(&bytes));
                content.end_text();
            }
            Mark::Line { from, to, width } => {
                content.set_line_width(*width);
                content.move_to(from.0, PAGE_HEIGHT - from.1);
                content.line_to(to.0, PAGE_HEIGHT - to.1);
                content.stroke();
            }
            Mark::Fill {
                x,
                y,
                width,
                height,
                grey,
            } => {
                content.set_fill_gray(*grey);
                content.rect(*x, PAGE_HEIGHT - y - height, *width, *height);
                content.fill_nonzero();
                content.set_fill_gray(0.0);
            }
        }
    }
    content.finish().to_vec()
}

/// The font: its subset, the way from a letter's number to its shape, and back to the letter.
fn embed(pdf: &mut Pdf, refs: &mut Refs, font: Ref, letters: &Letters) {
    let (cid, descriptor, data, cmap, shapes) =
        (refs.next(), refs.next(), refs.next(), refs.next(), refs.next());
    let used = letters.used();
    let mut remapper = GlyphRemapper::new();
    let mut glyphs = vec![0_u16];
    let mut unicode = UnicodeCmap::new(Name(b"Daymark"), IDENTITY);
    for letter in &used {
        glyphs.push(remapper.remap(letter.glyph.0));
        unicode.pair(letter.number, letter.stands_for);
    }
    let subset = subsetter::subset(FONT, 0, &remapper).expect("the font travels with the program");
    pdf.type0_font(font)
        .base_font(BASE_FONT)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(cmap);
    let mut cid_font = pdf.cid_font(cid);
    cid_font
        .subtype(CidFontType::Type2)
        .base_font(BASE_FONT)
        .system_info(IDENTITY)
        .font_descriptor(descriptor)
        .default_width(0.0)
        .cid_to_gid_map_stream(shapes);
    cid_font
        .widths()
        .consecutive(1, used.iter().map(|letter| letter.width));
    cid_font.finish();
    let metrics = letters.metrics();
    let [left, bottom, right, top] = metrics.bbox;
    pdf.font_descriptor(descriptor)
        .name(BASE_FONT)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(left, bottom, right, top))
        .italic_angle(0.0)
        .ascent(metrics.ascent)
        .descent(metrics.descent)
        .cap_height(metrics.cap_height)
        .stem_v(STEM)
        .font_file2(data);
    let length = i32::try_from(subset.len()).unwrap_or(i32::MAX);
    pdf.stream(data, &packed(&subset))
        .filter(Filter::FlateDecode)
        .pair(Name(b"Length1"), length);
    pdf.stream(cmap, &packed(&unicode.finish()))
        .filter(Filter::FlateDecode);
    let shapes_bytes: Vec<u8> = glyphs.into_iter().flat_map(u16::to_be_bytes).collect();
    pdf.stream(shapes, &packed(&shapes_bytes))
        .filter(Filter::FlateDecode);
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("writing to a Vec cannot fail");
    encoder.finish().expect("writing to a Vec cannot fail")
}
