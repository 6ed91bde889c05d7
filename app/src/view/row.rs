//! One pupil of a register: what stands, and what else can be said.

use daymark_core::code::Code;
use daymark_core::entry::Duty;
use daymark_core::ids::PupilNumber;
use maud::{Markup, html};

use super::parts::{band, field, glyph, half, header, meaning, problem, submit};
use crate::action::{Action, Register};
use crate::brain::{App, Open};

/// Reasons that are one tap.
const REASONS: [&str; 4] = [
    "Marked by mistake",
    "Came after all",
    "Wrong pupil",
    "Told by the office",
];

/// The codes that a teacher may want beside the plain one.
fn codes(open: &Open, register: &Register) -> Vec<Code> {
    let plain = open.plain_code(register);
    let mut codes = vec![plain, Code::NOT_YET_KNOWN];
    if matches!(register.duty, Duty::Class(_)) {
        codes.push(Code::LATE);
    }
    let policy = open.tablet.replica().policy();
    if let Some(rules) = policy.on(register.date) {
        codes.retain(|code| rules.may_enter(open.role(), *code).is_ok());
    }
    codes
}

pub(super) fn page(app: &App, open: &Open, register: &Register, pupil: PupilNumber) -> Markup {
    let rows = open.rows(register);
    let row = rows.iter().find(|row| row.pupil == pupil);
    let own = row.is_some_and(|row| {
        row.marks
            .iter()
            .any(|mark| mark.duty == register.duty && mark.code.is_some())
    });
    let away = open.gone(register).remove(&pupil);
    let under = format!(
        "{} · {}",
        super::register::title(open, register),
        half(register.session)
    );
    html! {
        (header(app, open, &open.name(pupil), &under))
        main.sheet {
            (problem(open.problem.as_deref()))
            section.card {
                h2 { "What stands" }
                @match row {
                    Some(row) if !row.marks.is_empty() => ul.marks {
                        @for mark in &row.marks {
                            li {
                                @if let Some(code) = mark.code.as_deref().and_then(|code| code.parse::<Code>().ok()) {
                                    span class=(format!("chip {}", band(code).0)) role="img" aria-label=(meaning(code)) { (code) }
                                } @else { span.chip.blank role="img" aria-label="taken back" {} }
                                span { b { (mark.by) } br;
                                    span.soft { (glyph(match mark.state { "saved" => "saved", "waits" => "after", "refused" => "refused", _ => "tick" })) (mark.words) } }
                            }
                        }
                    },
                    _ => p { (glyph("blank")) "No mark yet" },
                }
                @if let Some(row) = row {
                    @for words in row.words.iter().filter(|words| words.starts_with("Two different")) {
                        p.note.loud { (glyph("two")) span { (words) ". Counted as missing until the office decides." } }
                    }
                }
            }
            section.card {
                h2 { @if own { "Change the mark" } @else { "Mark" } }
                @if own {
                    p.soft { "The mark that stands is kept, with your name, and the reason for the change." }
                    @for code in codes(open, register).into_iter().filter(|code| row.and_then(|row| row.code.as_deref()) != Some(code.as_str())) {
                        (reasons(&Action::Mark(register.clone(), pupil, code), &format!("Change to {}", meaning(code))))
                    }
                    (reasons(&Action::TakeBack(register.clone(), pupil), "Take the mark back"))
                } @else {
                    div.row {
                        @for code in codes(open, register) {
                            button type="button" class=(format!("chip l {}", band(code).0)) aria-label=(meaning(code))
                                data-do=(Action::Mark(register.clone(), pupil, code).encode()) { (code) }
                        }
                    }
                }
            }
            @if let Duty::Trip(_) = register.duty {
                section.card {
                    @match &away {
                        Some(with) => {
                            h2 { "Left the group" }
                            p { "with " (with) }
                            button.btn.wide type="button" data-do=(Action::Rejoined(register.clone(), pupil).encode()) { "Back with the group" }
                        },
                        None => {
                            h2 { "Left the group" }
                            p.soft { "With which adult? The mark of this session stays; the next one is not filled in." }
                            form.stack data-do=(Action::LeftGroup(register.clone(), pupil).encode()) {
                                div.chips {
                                    @for who in ["Mother", "Father", "Grandparent", "Ambulance"] {
                                        button type="submit" class="btn" name="with" value=(who) { (who) }
                                    }
                                }
                                (field("other", "Somebody else: name, and who they are", "text", ""))
                                (submit("", "Left with them"))
                            }
                        },
                    }
                }
            }
        }
    }
}

/// A change with its reason: one tap on a reason makes it.
fn reasons(action: &Action, words: &str) -> Markup {
    html! {
        details.why {
            summary.btn { (words) }
            form.stack data-do=(action.encode()) {
                div.chips role="group" aria-label="Why?" {
                    @for reason in REASONS { button type="submit" class="btn" name="reason" value=(reason) { (reason) } }
                }
                (field("other", "Another reason", "text", ""))
                (submit("", "Save"))
            }
        }
    }
}
