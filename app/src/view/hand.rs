//! Handing over by a code, and taking over.

use std::fmt::Write;

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

use super::parts::{button, field, glyph, go, header, problem};
use crate::action::{Action, Screen};
use crate::brain::{App, Open};

/// Empty modules around a code.
const QUIET: usize = 4;

/// A code as a picture, on white in every theme.
fn code(bytes: &[u8], words: &str) -> Markup {
    let Ok(code) = QrCode::with_error_correction_level(bytes, EcLevel::L) else {
        return html! { p.note { (glyph("refused")) "This is too much for a code: save it as a file." } };
    };
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (at % width + QUIET, at / width + QUIET);
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    let side = width + 2 * QUIET;
    html! {
        svg.qr viewBox=(format!("0 0 {side} {side}")) role="img" aria-label=(words) shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

/// A code for a text that is typed or scanned elsewhere, such as an invitation.
pub(super) fn text_code(text: &str, words: &str) -> Markup {
    code(text.as_bytes(), words)
}

pub(super) fn give(app: &App, open: &Open) -> Markup {
    let handed = open.handed_over();
    html! {
        (header(app, open, "Hand over", "These marks stay here too."))
        main.sheet.hand {
            (problem(open.problem.as_deref()))
            @match &handed {
                Err(why) => p.note { (glyph("refused")) (why) },
                Ok(handed) if handed.records == 0 => p.empty { "Nothing waits on this tablet: there is nothing to hand over." },
                Ok(handed) => {
                    p { b { (daymark_tablet::words::count(handed.records, "record")) ", " (daymark_tablet::words::count(handed.codes.len(), "code")) }
                        ". Scan with any school tablet or the office: Sent to school, Take over." }
                    @for (at, bytes) in handed.codes.iter().enumerate() {
                        (code(bytes, &format!("Code {} of {}", at + 1, handed.codes.len())))
                        p.soft { "Code " (at + 1) " of " (handed.codes.len()) }
                    }
                },
            }
        }
        footer.bar {
            (button(&Action::SaveBundle, "grow", "Save as a file"))
            (button(&Action::Back, "go", "Done"))
        }
    }
}

pub(super) fn take(app: &App, open: &Open) -> Markup {
    html! {
        (header(app, open, "Take over", "Marks of another tablet are carried to school by this one."))
        main.sheet {
            (problem(open.problem.as_deref()))
            @if let Some(taken) = &open.hand.taken { p.note.ok role="status" { (glyph("tick")) (taken) } }
            @if open.hand.is_scanning {
                div id="camera" data-take=(Action::TakeBundle.encode()) {}
                @if !open.hand.parts.is_empty() {
                    p role="status" { "Seen " (open.hand.parts.iter().flatten().count()) " of " (open.hand.parts.len()) " codes." }
                }
                (button(&Action::Scan(false), "wide", "Stop the camera"))
            } @else {
                (button(&Action::Scan(true), "go wide", "Scan with the camera"))
            }
            form.stack data-do=(Action::TakeBundle.encode()) data-file="bytes" {
                (field("file", "Or a file that the other tablet saved", "file", ""))
            }
            (go(Screen::Sent, "quiet", "Sent to school"))
        }
    }
}
