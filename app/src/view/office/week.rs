//! The week in a small picture: marks by what they count as, session by session.

use daymark_core::session::{Cell, Date, Session};
use maud::{Markup, html};

use super::super::parts::{day, half};
use super::parts::Stand;
use crate::brain::{Open, monday};

/// Bands from the bottom up, with their words.
const BANDS: [(&str, &str); 7] = [
    ("present", "Present"),
    ("approved", "Approved activity"),
    ("authorised", "Authorised"),
    ("unauth", "Unauthorised"),
    ("nocount", "Not counted"),
    ("two", "Two different marks"),
    ("blank", "No mark yet"),
];
const HIGH: usize = 90;

struct Column {
    date: Date,
    session: Session,
    counts: [usize; 7],
}

fn columns(open: &Open, date: Date) -> Vec<Column> {
    let replica = open.tablet.replica();
    let policy = replica.policy();
    let first = monday(date);
    let mut columns = Vec::new();
    for date in (0..5)
        .filter_map(|days| first.plus(days))
        .filter(|date| *date <= open.today())
    {
        let is_here = replica
            .documents()
            .any(|document| document.id().date() == Some(date));
        if !is_here {
            continue;
        }
        let fold = replica.day(date);
        let pupils = open.on_roll(date);
        for session in Session::ALL
            .into_iter()
            .filter(|session| policy.may_be_held(date, *session))
            .filter(|session| date < open.today() || *session <= open.session_now())
        {
            let mut counts = [0; 7];
            for pupil in &pupils {
                let stand = Stand::of(
                    &fold,
                    &Cell {
                        date,
                        session,
                        pupil: pupil.number,
                    },
                );
                let band = BANDS.iter().position(|(name, _)| *name == stand.band());
                counts[band.unwrap_or(6)] += 1;
            }
            columns.push(Column {
                date,
                session,
                counts,
            });
        }
    }
    columns
}

pub(super) fn card(open: &Open, date: Date) -> Markup {
    let columns = columns(open, date);
    html! {
        @if !columns.is_empty() {
            section.card.week {
                h2 { "This week" }
                (picture(&columns))
                details.more {
                    summary.btn.quiet { "The same as a table" }
                    div.scroll { table.tbl.small {
                        caption.vh { "Marks by session" }
                        thead { tr { th scope="col" { "Session" } @for (_, words) in BANDS { th scope="col" { (words) } } } }
                        tbody { @for column in &columns {
                            tr { th scope="row" { (day(column.date)) " " (half(column.session)) }
                                @for number in column.counts { td.num { (number) } } }
                        } }
                    } }
                }
            }
        }
    }
}

fn picture(columns: &[Column]) -> Markup {
    let wide = 34;
    let most = columns
        .iter()
        .map(|column| column.counts.iter().sum::<usize>())
        .max()
        .unwrap_or(1)
        .max(1);
    html! {
        svg.bars viewBox=(format!("0 0 {} {}", 10 * wide, HIGH + 22)) aria-hidden="true" {
            @for (at, column) in columns.iter().enumerate() {
                @let x = at * wide + 3;
                @for (band, (name, _)) in BANDS.iter().enumerate() {
                    @let below: usize = column.counts[..band].iter().sum();
                    @let high = column.counts[band] * HIGH / most;
                    @if column.counts[band] > 0 {
                        rect class=(name) x=(x) y=(HIGH - (below * HIGH / most) - high.max(2)) width=(wide - 8) height=(high.max(2)) fill="var(--f,var(--surface))" stroke="var(--t,var(--line-strong))" {}
                    }
                }
                text x=(x + 13) y=(HIGH + 17) text-anchor="middle" font-size="11" fill="var(--ink-2)" {
                    (day(column.date).get(..2).unwrap_or_default()) (half(column.session).get(..1).unwrap_or_default())
                }
            }
        }
    }
}
