//! Which days the office looks at, and whether they are all here.

use daymark_core::attendance::worklists::{DaysNeeded, List};
use daymark_core::fold::ProposalKind;
use daymark_core::session::Date;
use daymark_sync_protocol::limits::WINDOW_DAYS_MAX;

use super::super::Open;
use super::super::open::{Done, words};
use super::{LedgerFilter, PUPIL_DAYS};
use crate::action::{Fields, Screen, Span};

impl Open {
    /// Other days on the same screen.
    pub(super) fn pick_days(&mut self, fields: &Fields) -> Done {
        let day = |name: &str| -> Result<Option<Date>, String> {
            let text = fields.given(name);
            text.map(|text| text.parse::<Date>().map_err(words)).transpose()
        };
        match &mut self.screen {
            Screen::Board(date) | Screen::Decisions(date) | Screen::AfterSignOff(date) => {
                *date = day("date")?.ok_or("Say which day.")?;
            }
            Screen::SignOff(date, _) => *date = day("date")?.ok_or("Say which day.")?,
            Screen::Amendments(span) => {
                let picked = Span {
                    from: day("from")?.unwrap_or(span.from),
                    to: day("to")?.unwrap_or(span.to),
                };
                if picked.to < picked.from {
                    return Err("The last day is before the first: exchange them.".to_owned());
                }
                *span = picked;
                fields.get("text").clone_into(&mut self.search);
                self.office.ledger = LedgerFilter {
                    class: fields.get("class").to_owned(),
                    person: fields.get("person").to_owned(),
                    after: fields.get("after") == "yes",
                };
            }
            _ => {}
        }
        Ok(None)
    }

    /// The days that the screen looks at, so that their sheets are asked for.
    pub(in crate::brain) fn screen_span(&self) -> Option<(Date, Date)> {
        let today = self.today();
        match &self.screen {
            // The board shows the week.
            Screen::Board(date) => Some((monday(*date), *date)),
            Screen::Decisions(date) | Screen::AfterSignOff(date) | Screen::SignOff(date, _) => {
                Some((*date, *date))
            }
            Screen::Amendments(span) => {
                Some(self.lacking(span.from, span.to).unwrap_or((span.from, span.to)))
            }
            Screen::Register(register, _) => Some((register.date, register.date)),
            Screen::Pupil(_, Some((date, _))) if *date < today => Some((*date, *date)),
            Screen::Pupil(..) => today.minus(PUPIL_DAYS).map(|first| (first, today)),
            Screen::Worklist(at) => {
                let (_, list) = List::NAMED.get(usize::from(*at))?;
                let brief = self.tablet.replica().brief()?;
                let calendar = brief.counting.as_ref()?.calendar()?;
                let first = match list.needs().days {
                    DaysNeeded::None | DaysNeeded::Today => return None,
                    DaysNeeded::ThisYear => calendar.year_to(today).first,
                    DaysNeeded::All | DaysNeeded::EachAlone => calendar.first_day(),
                };
                self.lacking(first, today)
            }
            _ => None,
        }
    }

    /// The latest stretch of days that this tablet was never told, as long as one request may be.
    fn lacking(&self, first: Date, last: Date) -> Option<(Date, Date)> {
        let replica = self.tablet.replica();
        let days = (first.days()..=last.days()).rev().map(Date::from_days);
        let end = days.into_iter().find(|date| replica.fetched(*date).is_none())?;
        let from = end.minus(WINDOW_DAYS_MAX - 1).unwrap_or(end).max(first);
        Some((from, end))
    }

    /// Whether the screen rests on more days that are not here yet. The same days are asked for once only.
    pub(in crate::brain) fn lacks_more_days(&mut self) -> bool {
        let wanted = match &self.screen {
            Screen::Worklist(_) => self.screen_span(),
            Screen::Amendments(span) => self.lacking(span.from, span.to),
            _ => None,
        };
        let from = wanted.map(|(from, _)| from);
        let is_news = from.is_some() && from != self.office.asked_from;
        self.office.asked_from = from;
        is_news
    }

    /// How the cell stands after sign-off: what waits there, and whether it says otherwise.
    pub fn waits_after_sign_off(&self, date: Date) -> usize {
        let day = self.tablet.replica().day(date);
        let proposals = day.cells().flat_map(|(_, fold)| &fold.proposals);
        proposals
            .filter(|proposal| proposal.kind == ProposalKind::Differs)
            .count()
    }
}

/// The Monday of a date's week.
pub(crate) fn monday(date: Date) -> Date {
    // Day 0, 2000-01-01, was a Saturday.
    let since = (date.days() + 5) % 7;
    date.minus(since).unwrap_or(date)
}
