//! Marks and amendments as rows for the school's other systems.

use std::collections::BTreeMap;

use daymark_core::entry::Entry;
use daymark_core::fold::{CellFold, DayFold, Standing};
use daymark_core::ids::EntryId;
use daymark_core::item::Item;
use daymark_core::session::{Cell, Date};
use daymark_core::signature::chunk_of;
use daymark_sync_protocol::event::StoredChange;
use daymark_sync_protocol::hub::Hub;

use super::view::{self, time};
use crate::export_csv::{AmendmentRow, MarkRow};
use crate::runtime::{Runtime, RuntimeError};

impl Runtime {
    /// The marks from one date to another, both included, a row for each pupil's session of which something stands.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn mark_rows(&self, from: Date, to: Date, estab: &str) -> Result<Vec<MarkRow>, RuntimeError> {
        let mut rows = Vec::new();
        for date in dates(from, to) {
            let received = self.received_on(date)?;
            rows.extend(self.look_at_day(date, |day, hub| {
                day.cells()
                    .filter_map(|(cell, fold)| mark_row(day, hub, *cell, fold, &received, estab))
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

    /// When the hub received each entry of a date.
    fn received_on(&self, date: Date) -> Result<BTreeMap<EntryId, u64>, RuntimeError> {
        let sheets = self.look(|hub| {
            let ids = hub.index().keys().filter(|id| id.date() == Some(date));
            ids.cloned().collect::<Vec<_>>()
        });
        let mut received = BTreeMap::new();
        for sheet in sheets {
            for change in self.store().changes(&sheet)? {
                for id in entries_of(&change) {
                    received.entry(id).or_insert(change.received_at);
                }
            }
        }
        Ok(received)
    }
}

/// The ids of the entries that a stored change brought.
fn entries_of(change: &StoredChange) -> Vec<EntryId> {
    let items = daymark_core::document::items_of_change(chunk_of(&change.bytes));
    items
        .into_iter()
        .filter_map(|item| match item {
            Item::Slip(entries) => Some(entries),
            _ => None,
        })
        .flatten()
        .map(|entry| entry.id())
        .collect()
}

fn dates(from: Date, to: Date) -> impl Iterator<Item = Date> {
    (from.days()..=to.days()).map(Date::from_days)
}

fn mark_row(
    day: &DayFold,
    hub: &Hub,
    cell: Cell,
    fold: &CellFold,
    received: &BTreeMap<EntryId, u64>,
    estab: &str,
) -> Option<MarkRow> {
    let state = match &fold.standing {
        Standing::Blank => return None,
        Standing::Recorded { .. } => "recorded".to_owned(),
        Standing::Agreed { .. } => "agreed".to_owned(),
        Standing::Settled { rule, .. } => format!("settled by rule {rule}"),
        Standing::Disputed { .. } => "two different marks".to_owned(),
    };
    let code = fold.code();
    let (id, entry): (EntryId, &Entry) = fold
        .candidates
        .iter()
        .filter_map(|id| day.entry(id).map(|entry| (*id, entry)))
        .find(|(_, entry)| code.is_none() || entry.code == code)?;
    let pupil = hub.roster().pupils.get(&cell.pupil);
    let device = hub.devices().get(&entry.device).map(|device| device.name.clone());
    let particulars = &entry.particulars;
    // A disputed cell has no author to be named: both stand until a person decides.
    let of_one = |text: String| if code.is_some() { text } else { String::new() };
    Some(MarkRow {
        estab: estab.to_owned(),
        upn: pupil.and_then(|pupil| pupil.upn).map(|upn| upn.to_string()),
        mis_id: pupil.map_or_else(|| cell.pupil.to_string(), |pupil| pupil.mis_id.clone()),
        date: cell.date.to_string(),
        session: cell.session.to_string(),
        code: code.map(|code| code.to_string()),
        minutes_late: None,
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
        received_at: received
            .get(&id)
            .and_then(|ms| i64::try_from(ms / 1000).ok())
            .map(time)
            .filter(|_| code.is_some()),
        state,
    })
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
