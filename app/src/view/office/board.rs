//! The office's day: whether the registers are in, who is not accounted for, what is owed, what is out.

use std::collections::BTreeMap;

use daymark_core::entry::Duty;
use daymark_core::fold::DayFold;
use daymark_core::ids::{ClassName, PupilNumber};
use daymark_core::session::{Cell, Date, Session};
use daymark_sync_protocol::brief::BriefPupil;
use daymark_sync_protocol::client::Replica;
use daymark_tablet::decisions::{Kind, cases};
use daymark_tablet::words as say;
use maud::{Markup, html};

use super::super::parts::{day, glyph, go, half, time_of};
use super::parts::{Stand, count, days, pupil_link, sign_offs};
use super::{Shown, decisions, devices, week};
use crate::action::{Action, Screen};
use crate::brain::Open;

/// Names in the block of those who are not accounted for; more are counted.
const NAMED_MAX: usize = 12;

/// A class in a session.
struct Taken {
    pupils: Vec<(PupilNumber, Stand)>,
}

impl Taken {
    fn blank(&self) -> usize {
        let blank = self.pupils.iter().filter(|(_, stand)| *stand == Stand::Blank);
        blank.count()
    }

    fn is_in(&self) -> bool {
        self.blank() == 0
    }

    fn is_begun(&self) -> bool {
        self.blank() < self.pupils.len()
    }
}

/// The registers of a date.
struct Board {
    date: Date,
    /// The sessions whose registers are due.
    due: Vec<Session>,
    classes: BTreeMap<ClassName, [Option<Taken>; 2]>,
}

fn place(session: Session) -> usize {
    usize::from(session == Session::Pm)
}

impl Board {
    fn of(open: &Open, fold: &DayFold) -> Self {
        let date = fold.date();
        let policy = open.tablet.replica().policy();
        let today = open.today();
        let is_due = |session: &Session| match date.cmp(&today) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => *session <= open.session_now(),
            std::cmp::Ordering::Greater => false,
        };
        let held = |session: &Session| policy.may_be_held(date, *session);
        let pupils = open.on_roll(date);
        let mut classes: BTreeMap<ClassName, [Option<Taken>; 2]> = BTreeMap::new();
        for session in Session::ALL.into_iter().filter(held) {
            for pupil in &pupils {
                let taken = &mut classes.entry(pupil.class.clone()).or_default()[place(session)];
                let taken = taken.get_or_insert_with(|| Taken { pupils: Vec::new() });
                let cell = Cell {
                    date,
                    session,
                    pupil: pupil.number,
                };
                taken.pupils.push((pupil.number, Stand::of(fold, &cell)));
            }
        }
        let due = Session::ALL.into_iter().filter(held).filter(is_due).collect();
        Self { date, due, classes }
    }

    /// The registers that are due, with whether each is in.
    fn registers(&self) -> impl Iterator<Item = (&ClassName, Session, &Taken)> {
        self.classes.iter().flat_map(|(class, halves)| {
            self.due
                .iter()
                .filter_map(move |session| Some((class, *session, halves[place(*session)].as_ref()?)))
        })
    }

    /// Who is not accounted for in a register that was begun, the loudest first.
    fn unaccounted(&self) -> Vec<(PupilNumber, Vec<(Session, &'static str)>)> {
        let mut found: BTreeMap<PupilNumber, Vec<(Session, &'static str)>> = BTreeMap::new();
        for (_, session, taken) in self.registers().filter(|(.., taken)| taken.is_begun()) {
            for (pupil, stand) in &taken.pupils {
                if let Some(why) = stand.missing() {
                    found.entry(*pupil).or_default().push((session, why));
                }
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        let rank = |whys: &[(Session, &str)]| {
            let of = |(_, why): &(Session, &str)| match *why {
                "two different marks" => 0,
                "no mark yet" => 1,
                _ => 2,
            };
            whys.iter().map(of).min().unwrap_or(2)
        };
        found.sort_by_key(|(pupil, whys)| (rank(whys), *pupil));
        found
    }

    fn not_begun(&self) -> usize {
        let none = self.registers().filter(|(.., taken)| !taken.is_begun());
        none.map(|(.., taken)| taken.pupils.len()).sum()
    }
}

pub(super) fn page(open: &Open, date: Date) -> Shown {
    let fold = open.tablet.replica().day(date);
    let board = Board::of(open, &fold);
    let total = board.registers().count();
    let is_in = board.registers().filter(|(.., taken)| taken.is_in()).count();
    let title = if total == 0 && date > open.today() {
        format!("{} is still to come.", day(date))
    } else if total == 0 && open.tablet.replica().brief().is_none() {
        "The school has not told this tablet its pupils yet.".to_owned()
    } else if total == 0 {
        format!("No registers are due on {}.", day(date))
    } else if is_in == total {
        "All registers are in.".to_owned()
    } else if total == 1 {
        "The register is not in yet.".to_owned()
    } else {
        let verb = if is_in == 1 { "is" } else { "are" };
        format!("{is_in} of {total} registers {verb} in.")
    };
    Shown {
        title,
        lead: lead(open, &board),
        acts: html! {
            (days(open, date, Screen::Board))
            @if open.may_write() { (sign_off_buttons(open, &board)) }
        },
        main: html! {
            (blocks(open, &board, &fold))
            div.cols {
                section.panel { (table(open, &board)) }
                aside.stack {
                    (out(open))
                    (trips(open, &fold))
                    (week::card(open, date))
                }
            }
        },
    }
}

fn lead(open: &Open, board: &Board) -> Markup {
    let to_come: Vec<String> = board
        .registers()
        .filter(|(.., taken)| !taken.is_in())
        .map(|(class, session, taken)| {
            let blank = taken.blank();
            format!("{class} {} ({})", half(session), count(blank, "pupil"))
        })
        .collect();
    let is_today = board.date == open.today();
    html! {
        p { (day(board.date)) @if is_today { ", " (time_of(open, open.tablet.school_seconds(open.moment()))) } "."
            @if !to_come.is_empty() { " Still to come: " (to_come.iter().take(6).cloned().collect::<Vec<_>>().join(", "))
                @if to_come.len() > 6 { " and " (to_come.len() - 6) " more" } "." } }
        @for session in Session::ALL {
            @if let Some(signed) = sign_offs(open, board.date, session).first() {
                p { (glyph("lock")) (half(session)) ": Signed off " (time_of(open, signed.stamp.shown_at())) " by " (signed.stamp.person)
                    @if !signed.body.disputed.is_empty() || !signed.body.unmarked.is_empty() {
                        ", with " (signed.body.unmarked.len()) " without a mark and " (signed.body.disputed.len()) " with two different marks" } "." }
            }
        }
        @if open.tablet.replica().fetched(board.date).is_none() {
            p { (glyph("offline")) "The school has not told this tablet this day yet: what stands here may lack marks." }
        }
    }
}

fn sign_off_buttons(open: &Open, board: &Board) -> Markup {
    let next = board
        .due
        .iter()
        .find(|session| sign_offs(open, board.date, **session).is_empty());
    html! {
        @for session in &board.due {
            (go(Screen::SignOff(board.date, *session), if next == Some(session) { "go" } else { "" },
                html! { (if sign_offs(open, board.date, *session).is_empty() { "Sign off " } else { "Sign off again: " }) (half(*session)) }))
        }
    }
}

fn blocks(open: &Open, board: &Board, fold: &DayFold) -> Markup {
    let all = cases(open.tablet.replica(), board.date);
    let owed = all.iter().filter(|case| decisions::is_owed(case.kind)).count();
    let urgent = all
        .iter()
        .filter(|case| decisions::is_owed(case.kind) && case.urgent)
        .count();
    let settled = all.iter().filter(|case| case.kind == Kind::SettledByRule).count();
    let after = open.waits_after_sign_off(board.date);
    let missing = board.unaccounted();
    let not_begun = board.not_begun();
    html! {
        div.blocks {
            @if missing.is_empty() {
                section.block { b.num { "0" } div.grow { h2 { "Unaccounted for" }
                    p { @if not_begun > 0 { "In the registers that were begun. " (count(not_begun, "pupil")) " in registers that are not." } @else { "A mark says where everybody is." } } } }
            } @else {
                section.block.alarm role="alert" aria-label=(format!("{} unaccounted for", missing.len())) {
                    b.num { (missing.len()) }
                    div.grow {
                        h2 { "Unaccounted for" }
                        ul {
                            @for (pupil, whys) in missing.iter().take(NAMED_MAX) {
                                li { (pupil_link(open, *pupil, whys.first().map(|(session, _)| (board.date, *session))))
                                    " · " (whys.iter().map(|(session, why)| format!("{} {why}", half(*session))).collect::<Vec<_>>().join(", "))
                                    (calls(open, fold, *pupil)) }
                            }
                        }
                        @if missing.len() > NAMED_MAX { p { "and " (missing.len() - NAMED_MAX) " more" } }
                        @if not_begun > 0 { p { (count(not_begun, "pupil")) " more in registers that were not begun." } }
                    }
                }
            }
            button type="button" class=(if owed > 0 { "block loud" } else { "block" }) data-do=(Action::Go(Screen::Decisions(board.date)).encode()) {
                b.num { (owed) } span { strong { "Decisions" } br;
                    @if urgent > 0 { (urgent) " urgent" } @else if owed > 0 { "none urgent" } @else { "none owed" } }
            }
            button type="button" class=(if after > 0 { "block loud" } else { "block" }) data-do=(Action::Go(Screen::AfterSignOff(board.date)).encode()) {
                b.num { (after) } span { strong { (say::AFTER_SIGN_OFF) } br; (if after > 0 { "to accept or decline" } else { "nothing waits" }) }
            }
            button.block type="button" data-do=(Action::Go(Screen::Decisions(board.date)).encode()) {
                b.num { (settled) } span { strong { "Settled by rule" } br; "both marks kept" }
            }
        }
    }
}

/// How often somebody tried to reach the family that day.
fn calls(open: &Open, fold: &DayFold, pupil: PupilNumber) -> Markup {
    let sheet = Replica::sheet(fold.date(), &Duty::Office);
    let done = open.tablet.replica().document(&sheet);
    let done = done.map(daymark_core::follow_up::Done::of).unwrap_or_default();
    let made = done.attempts.iter().filter(|attempt| attempt.pupil == pupil);
    let made = made.count();
    html! { @if made > 0 { " · " (count(made, "call")) " made" } }
}

fn table(open: &Open, board: &Board) -> Markup {
    let where_is = places(open, board.date);
    html! {
        table.tbl {
            caption.vh { "Registers of " (day(board.date)) }
            thead { tr { th scope="col" { "Register" } th scope="col" { "AM" } th scope="col" { "PM" } th scope="col" { "Where" } } }
            tbody {
                @for (class, halves) in &board.classes {
                    tr {
                        th scope="row" { (class) }
                        @for session in Session::ALL {
                            td { @match &halves[place(session)] {
                                None => span.soft { "–" },
                                Some(taken) => (cell(board, session, taken)),
                            } }
                        }
                        td { @match where_is.get(class) { Some(titles) => b { (titles.join(", ")) }, None => span.soft { "School" } } }
                    }
                }
            }
        }
        p.key.small.soft aria-hidden="true" {
            @for (name, words) in [("present", "Present"), ("approved", "Approved activity"), ("authorised", "Authorised"), ("unauth", "Unauthorised"), ("nocount", "Not counted"), ("two", "Two different marks"), ("blank", "No mark yet")] {
                span { span.strip.mini { i class=(name) {} } " " (words) }
            }
        }
    }
}

fn cell(board: &Board, session: Session, taken: &Taken) -> Markup {
    let all = taken.pupils.len();
    let marked = all - taken.blank();
    let two = taken
        .pupils
        .iter()
        .filter(|(_, stand)| *stand == Stand::Two)
        .count();
    let state = match (taken.is_in(), board.due.contains(&session)) {
        (true, _) if two > 0 => "two different marks",
        (true, _) => "in",
        (false, true) if taken.is_begun() => "not complete",
        (false, true) => "not in yet",
        (false, false) => "later",
    };
    html! {
        span.c {
            span.strip.mini aria-hidden="true" { @for (_, stand) in &taken.pupils { i class=(stand.band()) {} } }
            span.num { @if taken.is_in() { (marked) "/" (all) } @else { b { (marked) "/" (all) } } }
            span.small.soft { (state) }
        }
    }
}

/// The trips on which pupils of a class are, by class.
fn places(open: &Open, date: Date) -> BTreeMap<ClassName, Vec<String>> {
    let classes: BTreeMap<PupilNumber, &BriefPupil> = open
        .on_roll(date)
        .into_iter()
        .map(|pupil| (pupil.number, pupil))
        .collect();
    let mut places: BTreeMap<ClassName, Vec<String>> = BTreeMap::new();
    for (_, view) in open.trips_on(date) {
        let Some(plan) = view.plan() else { continue };
        for pupil in plan.participants.iter().filter_map(|pupil| classes.get(pupil)) {
            let titles = places.entry(pupil.class.clone()).or_default();
            if !titles.contains(&plan.title) {
                titles.push(plan.title.clone());
            }
        }
    }
    places
}

/// The devices that said that they still hold something, as the school's server told it.
fn out(open: &Open) -> Markup {
    html! {
        section.card {
            h2 { "Devices out" }
            @match &open.remote.devices {
                None => p.soft { (glyph("offline")) "Only the school's server knows its devices, and it was not asked yet." },
                Some((told_ms, shown)) => {
                    @let out: Vec<_> = shown.iter().filter(|device| devices::is_out(device)).collect();
                    @if out.is_empty() { p { (glyph("tick")) "None said that it still holds something." } }
                    ul.lines {
                        @for device in out {
                            li { b.grow { (device.name) } span { (count(device.still_holds as usize, "record")) " expected" br;
                                span.soft { (devices::heard(open, device)) } } }
                        }
                    }
                    p.small.soft { "Told at " (time_of(open, told_ms.div_euclid(1000))) ". A tablet with no signal keeps its marks; what it made since it was last heard is not known here." }
                }
            }
            (go(Screen::Devices, "quiet", "Devices"))
        }
    }
}

/// The trips of the day: what is expected of each, and what was received.
fn trips(open: &Open, fold: &DayFold) -> Markup {
    let date = fold.date();
    let trips = open.trips_on(date);
    html! {
        @if !trips.is_empty() {
            section.card {
                h2 { "Trips" }
                ul.lines {
                    @for (id, view) in &trips {
                        @if let Some(plan) = view.plan() {
                            @let sessions = plan.sessions.iter().filter(|at| at.date == date).count();
                            @let duty = Duty::Trip(*id);
                            @let received = fold.cells().filter(|(cell, _)| fold.entries().values().any(|entry| entry.cell == **cell && entry.duty == duty && entry.code.is_some())).count();
                            li { span.grow { b { (plan.title) } br; span.soft { (plan.leader) } }
                                span.num { (plan.participants.len() * sessions) " expected" br; (received) " received" } }
                            @let gone: Vec<_> = plan.sessions.iter().filter(|at| at.date == date).flat_map(|at| view.away_in(*at)).collect();
                            @for (pupil, with) in gone.iter().take(1) {
                                li.small { (glyph("two")) (pupil_link(open, *pupil, None)) " left the group with " (with) }
                            }
                        }
                    }
                }
            }
        }
    }
}
