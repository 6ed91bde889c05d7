//! Worklists: who, why, since when, what was tried, and one thing to do.

use daymark_core::attendance::worklists::{AsOf, AttemptResult, How, List};
use daymark_core::entry::Duty;
use daymark_core::follow_up::Done;
use daymark_core::ids::PupilNumber;
use daymark_core::session::{Date, Session};
use daymark_sync_protocol::client::Replica;
use daymark_sync_protocol::worklist::RowView;
use daymark_tablet::worklists::{Counted, Told, Untold};
use maud::{Markup, html};

use super::super::parts::{button, day, glyph, time_of};
use super::devices::told_time;
use super::parts::{count, pupil_link};
use super::{Shown, list_name};
use crate::action::{Action, Screen};
use crate::brain::Open;

fn tell(open: &Open, at: u8) -> Result<Told, Untold> {
    let now = open.tablet.school_seconds(open.moment());
    let as_of = AsOf::moment(now).ok_or(Untold::NoCalendar)?;
    let (_, list) = List::NAMED
        .get(usize::from(at))
        .copied()
        .unwrap_or(("unaccounted", List::Unaccounted(Session::Am)));
    let list = list.with(Some(open.session_now()), None);
    Counted::of(open.tablet.replica(), as_of, now)?.tell(list)
}

/// Why a list is not told, in the words of the app.
fn in_words(why: &Untold) -> String {
    match why {
        Untold::Days { days, first, last } => format!(
            "This list rests on {}, from {} to {}, that this tablet does not hold yet. They are fetched while there is a signal.",
            count(*days, "school day"),
            day(*first),
            day(*last)
        ),
        Untold::Visits(_) => "Home visits reach the attendance team, the safeguarding lead and the head alone: this list is on their tablets.".to_owned(),
        Untold::Sheets(_) => "This tablet holds the registers of its own duty alone, and counts nobody by them.".to_owned(),
        Untold::NoCalendar => "The school has no calendar here yet, so school days cannot be counted.".to_owned(),
        Untold::NoPupils => "This tablet has no list of pupils that it may still use: it comes with the next contact.".to_owned(),
        Untold::VisitsUnknown => "The home visits are not on this tablet yet: they come with the next contact.".to_owned(),
        Untold::Replica(_) | Untold::Rules(_) => why.to_string(),
    }
}

pub(super) fn page(open: &Open, at: u8) -> Shown {
    let told = tell(open, at);
    let name = list_name(usize::from(at));
    let title = match &told {
        Ok(told) if told.list.rows.is_empty() => format!("{name}: nobody."),
        Ok(told) => format!("{name}: {}.", told.list.rows.len()),
        Err(_) => format!("{name}: not known here."),
    };
    Shown {
        title,
        lead: html! {
            @if let Ok(told) = &told {
                @if let Some(as_of) = &told.as_of { p { "As the school had it at " (told_time(open, as_of)) "." } }
                @for line in &told.cannot_see { p { (glyph("offline")) (line.replace(": `sync --from", ": not fetched since").replace('`', "")) } }
            }
        },
        acts: html! {},
        main: html! {
            nav.seg.lists aria-label="Worklists" {
                @for place in 0..List::NAMED.len() {
                    @let number = u8::try_from(place).unwrap_or(0);
                    button type="button" class=(if number == at { "btn on" } else { "btn" }) aria-current=[(number == at).then_some("page")]
                        data-do=(Action::Turn(Screen::Worklist(number)).encode()) { (list_name(place)) }
                }
            }
            @match &told {
                Err(why) => div.note { (glyph("offline")) div.grow { p { (in_words(why)) } }
                    @if matches!(why, Untold::Days { .. } | Untold::NoPupils | Untold::VisitsUnknown) { (button(&Action::TryNow, "", "Fetch now")) } },
                Ok(told) if told.list.rows.is_empty() => p.empty { "Nobody is on this list. A pupil appears here by the school's rules, and leaves it by itself." },
                Ok(told) => section.panel { @for row in &told.list.rows { (one(open, at, row)) } },
            }
        },
    }
}

fn due(open: &Open, row: &RowView) -> Option<String> {
    let due = row.due.as_deref()?;
    let said = match due.parse::<Date>() {
        Ok(date) => day(date),
        Err(_) if due.contains('T') => told_time(open, due),
        Err(_) => due.to_owned(),
    };
    Some(match (row.overdue, due.parse::<Date>()) {
        (true, Ok(date)) if date < open.today() => {
            let days = usize::from(open.today().days() - date.days());
            format!("was due {said}: {} over", count(days, "day"))
        }
        (true, _) => format!("was due {said}: over"),
        (false, _) => format!("due {said}"),
    })
}

fn one(open: &Open, at: u8, row: &RowView) -> Markup {
    let first = row.counted.first().map(|counted| (counted.date, counted.session));
    let absent = row.counted.last().map_or(open.today(), |counted| counted.date);
    let is_step = matches!(List::NAMED.get(usize::from(at)), Some((_, List::Steps)));
    let step = row.facts.get("step").or_else(|| row.facts.get("name"));
    let step = step.and_then(|step| step.as_str());
    html! {
        div class=(if row.overdue { "d work over" } else { "d work" }) {
            div { b { (pupil_link(open, row.pupil, first)) } br; span.soft { (row.class) } }
            div.grow {
                p { (row.why) }
                p.soft { "since " (day(row.since)) @if let Some(due) = due(open, row) { " · " @if row.overdue { b { (due) } } @else { (due) } } }
                @if !row.counted.is_empty() {
                    details.more { summary { "The " (count(row.counted.len(), "session")) " counted" }
                        p { (row.counted.iter().map(|counted| format!("{} {} {}", day(counted.date), counted.session, counted.code.as_deref().unwrap_or("no mark"))).collect::<Vec<_>>().join(" · ")) } }
                }
                (tried(open, row.pupil, &row.counted.iter().map(|counted| counted.date).chain([open.today()]).collect()))
            }
            @if open.may_write() {
                @if is_step {
                    @if let Some(step) = step {
                        form data-do=(Action::Attempt(row.pupil).encode()) {
                            input type="hidden" name="step" value=(step);
                            button.btn type="submit" { "Taken" span.vh { ": " (step) " for " (open.name(row.pupil)) } }
                        }
                    }
                } @else { (call(open, row.pupil, absent)) }
            }
        }
    }
}

/// What was tried already.
fn tried(open: &Open, pupil: PupilNumber, dates: &std::collections::BTreeSet<Date>) -> Markup {
    let mut attempts = Vec::new();
    for date in dates {
        let sheet = Replica::sheet(*date, &Duty::Office);
        if let Some(document) = open.tablet.replica().document(&sheet) {
            let done = Done::of(document);
            attempts.extend(done.attempts.into_iter().filter(|attempt| attempt.pupil == pupil));
        }
    }
    attempts.sort_by_key(|attempt| std::cmp::Reverse(attempt.at));
    html! {
        @if attempts.is_empty() { p.soft { "Nothing was tried yet." } }
        @for attempt in attempts.iter().take(4) {
            p.small { (time_of(open, attempt.at)) @if attempt.date != open.today() { " for " (day(attempt.date)) } ": " (how(attempt.how)) ", " (result(attempt.result)) ", " (attempt.by.name) }
        }
    }
}

fn how(how: How) -> &'static str {
    match how {
        How::Phone => "call",
        How::EmergencyContact => "emergency contact",
        How::Text => "text message",
        How::Message => "e-mail or app message",
        How::InPerson => "in person",
    }
}

fn result(result: AttemptResult) -> &'static str {
    match result {
        AttemptResult::Reached => "reached",
        AttemptResult::NoAnswer => "no answer",
        AttemptResult::MessageLeft => "message left",
        AttemptResult::WrongContact => "wrong contact",
    }
}

/// Logging a call: open, and what came of it.
fn call(open: &Open, pupil: PupilNumber, date: Date) -> Markup {
    html! {
        details.more.call {
            summary.btn { "Log a call" span.vh { ": " (open.name(pupil)) } }
            form.stack data-do=(Action::Attempt(pupil).encode()) {
                input type="hidden" name="date" value=(date);
                label.field { span { "How" } select name="how" { @for one in How::ALL { option value=(one.word()) { (how(one)) } } } }
                div.chips role="group" aria-label="What came of it" {
                    @for one in AttemptResult::ALL {
                        button.btn type="submit" name="result" value=(one.word()) { (sentence(result(one))) }
                    }
                }
            }
        }
    }
}

fn sentence(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get(..1) {
        let first = first.to_uppercase();
        text.replace_range(..1, &first);
    }
    text
}
