//! Marks and amendments as rows for the school's other systems.

use std::collections::BTreeMap;

use daymark_core::entry::{Entry, TimeOfDay};
use daymark_core::fold::{CellFold, DayFold, Rules, Standing};
use daymark_core::ids::EntryId;
use daymark_core::item::Item;
use daymark_core::session::{Cell, Date};
use daymark_core::signature::chunk_of;
use daymark_exchange::export_csv::{AmendmentRow, MarkRow};
use daymark_exchange::since::{self, News, Placed, SinceError, Terms, Watermark};
use daymark_sync_protocol::event::StoredChange;
use daymark_sync_protocol::hub::Hub;

use super::view::{self, time};
use crate::runtime::{Runtime, RuntimeError};

/// The state of a cell of which something was said and in which no mark stands: it was taken back, or is out of order.
const NO_MARK: &str = "no mark";

/// The marks of some dates since a watermark.
pub type MarkNews = News<MarkRow>;

/// Why marks since a watermark are not given.
#[derive(Debug, thiserror::Error)]
pub enum NewsError {
    /// The watermark does not fit.
    #[error(transparent)]
    Since(#[from] SinceError),
    /// The store cannot be read.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

impl Runtime {
    /// The marks from one date to another, both included, a row for each pupil's session of which something stands.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn mark_rows(&self, from: Date, to: Date, estab: &str) -> Result<Vec<MarkRow>, RuntimeError> {
        let rows = self.placed_rows(from, to, estab)?.into_iter();
        let stands = rows.map(|placed| placed.row).filter(|row| row.state != NO_MARK);
        Ok(stands.collect())
    }

    /// The same, as far as they changed since a watermark, with the cells in which no mark stands any more: the
    /// other system must learn that one was taken back.
    ///
    /// # Errors
    /// See [`NewsError`].
    pub fn marks_since(
        &self,
        from: Date,
        to: Date,
        estab: &str,
        since: Option<Watermark>,
    ) -> Result<MarkNews, NewsError> {
        // Before the rows are read: what comes in meanwhile is in these rows and in the next ones.
        let now = self.watermark();
        let rows = self.placed_rows(from, to, estab)?;
        Ok(since::marks_since(rows, now, since)?)
    }

    /// The place that the log has come to, and the terms under which marks are read now.
    fn watermark(&self) -> Watermark {
        self.look(|hub| {
            let facts = hub.facts();
            let settles = |rules: Rules| [u8::from(rules.r1), u8::from(rules.r2)];
            let mut rules = settles(facts.rules.first()).to_vec();
            for (from, later) in facts.rules.later() {
                rules.extend(from.days().to_be_bytes());
                rules.extend(settles(*later));
            }
            // How late somebody was follows from when lateness begins.
            for (from, recording) in facts.policy.sets() {
                rules.extend(from.days().to_be_bytes());
                let late =
                    [&recording.am, &recording.pm].map(|times| times.as_ref().map(|times| times.late_from));
                for late_from in late {
                    rules.extend(late_from.map_or(u32::MAX, TimeOfDay::seconds).to_be_bytes());
                }
            }
            // The list of duties only grows, so its length says which it is.
            let duties = hub.next_place().to_be_bytes();
            let branch = hub.log().branch().map(|branch| branch.from);
            let branch = branch.as_ref().map_or(&[][..], |from| &from[..]);
            Watermark {
                school: facts.school,
                changes: hub.log().durable(),
                terms: Terms::of(&[&rules, &duties, branch]),
            }
        })
    }

    fn placed_rows(&self, from: Date, to: Date, estab: &str) -> Result<Vec<Placed<MarkRow>>, RuntimeError> {
        let mut rows = Vec::new();
        for date in dates(from, to) {
            let arrivals = self.arrivals_on(date)?;
            rows.extend(self.look_at_day(date, |day, hub| {
                day.cells()
                    .filter_map(|(cell, fold)| {
                        let row = mark_row(day, hub, *cell, fold, &arrivals, estab)?;
                        let change = arrivals.last_touched(day, cell);
                        Some(Placed { row, change })
                    })
                    .collect::<Vec<_>>()
            })?);
        }
        Ok(rows)
    }

    /// The amendments from one date to another, both included, numbered through.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn amendments(&self, from: Date, to: Date) -> Result<Vec<view::AmendmentView>, RuntimeError> {
        let mut all = Vec::new();
        for date in dates(from, to) {
            all.extend(self.look_at_day(date, view::amendments)?);
        }
        for (place, amendment) in all.iter_mut().enumerate() {
            amendment.number = place + 1;
        }
        Ok(all)
    }

    /// How the entries of a date came to the hub.
    fn arrivals_on(&self, date: Date) -> Result<Arrivals, RuntimeError> {
        let sheets = self.look(|hub| {
            let ids = hub.index().keys().filter(|id| id.date() == Some(date));
            ids.cloned().collect::<Vec<_>>()
        });
        let mut arrivals = Arrivals::default();
        for sheet in sheets {
            for change in self.store().changes(&sheet)? {
                arrivals.take(&change);
            }
        }
        Ok(arrivals)
    }
}

/// When the entries of a date came in, and with which change of the log.
#[derive(Default)]
struct Arrivals {
    /// Milliseconds of the hub's clock, for the first change that brought it; the number of the last one.
    entries: BTreeMap<EntryId, (u64, u64)>,
    /// The last change that said something else than entries, such as a sign-off: it may move any mark of the date.
    others: Option<u64>,
}

impl Arrivals {
    fn take(&mut self, change: &StoredChange) {
        let (entries, others) = entries_of(change);
        for id in entries {
            let arrival = self
                .entries
                .entry(id)
                .or_insert((change.received_at, change.leaf));
            arrival.1 = arrival.1.max(change.leaf);
        }
        if others {
            self.others = self.others.max(Some(change.leaf));
        }
    }

    fn received_at(&self, id: &EntryId) -> Option<u64> {
        self.entries.get(id).map(|(received_at, _)| *received_at)
    }

    /// The last change that touched a cell, superseded and irregular entries included.
    fn last_touched(&self, day: &DayFold, cell: &Cell) -> u64 {
        let entries = day.history(cell);
        let leaves = entries
            .iter()
            .filter_map(|(id, _)| self.entries.get(id).map(|(_, leaf)| *leaf));
        leaves.chain(self.others).max().unwrap_or(u64::MAX)
    }
}

/// The ids of the entries that a stored change brought, and whether it said anything else.
fn entries_of(change: &StoredChange) -> (Vec<EntryId>, bool) {
    let items = daymark_core::document::items_of_change(chunk_of(&change.bytes));
    let others = items.is_empty() || items.iter().any(|item| !matches!(item, Item::Slip(_)));
    let entries = items
        .into_iter()
        .filter_map(|item| match item {
            Item::Slip(entries) => Some(entries),
            _ => None,
        })
        .flatten()
        .map(|entry| entry.id());
    (entries.collect(), others)
}

fn dates(from: Date, to: Date) -> impl Iterator<Item = Date> {
    (from.days()..=to.days()).map(Date::from_days)
}

fn mark_row(
    day: &DayFold,
    hub: &Hub,
    cell: Cell,
    fold: &CellFold,
    arrivals: &Arrivals,
    estab: &str,
) -> Option<MarkRow> {
    let state = match &fold.standing {
        Standing::Blank => NO_MARK.to_owned(),
        Standing::Recorded { .. } => "recorded".to_owned(),
        Standing::Agreed { .. } => "agreed".to_owned(),
        Standing::Settled { rule, .. } => format!("settled by rule {rule}"),
        Standing::Disputed { .. } => "two different marks".to_owned(),
    };
    let code = fold.code();
    let (id, entry): (EntryId, &Entry) = match fold.standing {
        // Where no mark stands, there is none to take the row from.
        Standing::Blank => day.history(&cell).pop()?,
        _ => fold
            .candidates
            .iter()
            .filter_map(|id| day.entry(id).map(|entry| (*id, entry)))
            .find(|(_, entry)| code.is_none() || entry.code == code)?,
    };
    let pupil = hub.roster().pupils.get(&cell.pupil);
    let device = hub.devices().get(&entry.device).map(|device| device.name.clone());
    let particulars = &entry.particulars;
    // A disputed cell has no author to be named: both stand until a person decides.
    let of_one = |text: String| if code.is_some() { text } else { String::new() };
    Some(MarkRow {
        estab: estab.to_owned(),
        upn: pupil.and_then(|pupil| pupil.upn).map(|upn| upn.to_string()),
        mis_id: pupil.map_or_else(|| cell.pupil.to_string(), |pupil| pupil.mis_id.clone()),
        surname: pupil.map(|pupil| pupil.surname.clone()),
        forename: pupil.map(|pupil| pupil.forename.clone()),
        class: pupil.map(|pupil| pupil.class.to_string()),
        date: cell.date.to_string(),
        session: cell.session.to_string(),
        code: code.map(|code| code.to_string()),
        minutes_late: code
            .filter(|code| code.is_late())
            .and_then(|_| minutes_late(hub, cell, particulars.arrived_at?)),
        arrived_at: particulars
            .arrived_at
            .map(|time| time.to_string())
            .filter(|_| code.is_some()),
        nature: particulars.nature.clone().filter(|_| code.is_some()),
        supervised_by: particulars
            .visit
            .as_ref()
            .map(|visit| visit.supervisor.name.clone())
            .filter(|_| code.is_some()),
        comment: particulars.comment.clone().filter(|_| code.is_some()),
        entered_by: of_one(entry.person.name.clone()),
        position: of_one(entry.person.position.clone()),
        device: of_one(device.unwrap_or_else(|| format!("device {}", entry.device))),
        recorded_at: of_one(time(entry.recorded_at)),
        received_at: arrivals
            .received_at(&id)
            .and_then(|ms| i64::try_from(ms / 1000).ok())
            .map(time)
            .filter(|_| code.is_some()),
        state,
    })
}

/// How late, by the school's rules; nothing where they do not say when lateness begins.
fn minutes_late(hub: &Hub, cell: Cell, arrived_at: TimeOfDay) -> Option<String> {
    let rules = hub.facts().policy.on(cell.date)?;
    let minutes = rules.times(cell.session)?.minutes_late(arrived_at)?;
    Some(minutes.to_string())
}

/// The amendments as rows.
pub fn amendment_rows(amendments: &[view::AmendmentView]) -> Vec<AmendmentRow> {
    amendments
        .iter()
        .map(|amendment| AmendmentRow {
            number: amendment.number.to_string(),
            upn: amendment.upn.clone(),
            date: amendment.date.to_string(),
            session: amendment.session.to_string(),
            original: Some(amendment.original.clone()),
            amended: Some(amendment.amended.clone()),
            reason: amendment.reason.clone(),
            amended_at: amendment.amended_at.clone(),
            name: amendment.by.clone(),
            position: amendment.position.clone(),
            source: match amendment.irregular.as_slice() {
                [] if amendment.in_force => amendment.source.clone(),
                [] => format!("{} (after sign-off)", amendment.source),
                irregular => format!("{} (irregular: {})", amendment.source, irregular.join("; ")),
            },
            check: amendment.check.to_string(),
        })
        .collect()
}
