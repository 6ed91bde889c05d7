//! What the school has not acknowledged, item by item: the true count.

use daymark_core::document::items_of_change;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::Entry;
use daymark_core::ids::ChangeHash;
use daymark_core::item::Item;
use daymark_core::signature::chunk_of;
use daymark_core::trip::TripStatement;
use daymark_core::visit::VisitStatement;
use daymark_sync_protocol::client::{OwnChange, Replica, SendState};
use serde::Serialize;

use crate::words;

/// One thing that the school has not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// In which document.
    pub document: String,
    /// The change that holds it; none for what is not gathered into one yet.
    pub change: Option<ChangeHash>,
    /// How many marks and statements it holds.
    pub statements: usize,
    /// What they are, in words.
    pub what: Vec<String>,
    /// Whether another device made it and this one carries it.
    pub carried: bool,
    /// `saved`, `waits` or `refused`.
    pub state: &'static str,
    /// The same in words.
    pub words: String,
    /// The stable code of a refusal.
    pub code: Option<String>,
}

/// How much the school has not acknowledged: marks, and other records such as a trip's plan or a sign-off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Marks, and marks taken back.
    pub marks: usize,
    /// Everything else.
    pub others: usize,
}

impl Waiting {
    /// What waits here. Both together are [`Replica::not_yet_sent`].
    pub fn of(replica: &Replica) -> Self {
        let mut waiting = Self {
            marks: replica.taps().count(),
            others: 0,
        };
        let unsent = replica.own_changes().iter();
        for own in unsent.filter(|own| own.state.is_unsent()) {
            let statements = own.statements as usize;
            // Marks stand in sheets alone.
            let marks = match own.document {
                DocumentId::Sheet(..) => marks_in(own).min(statements),
                DocumentId::Trip(_) | DocumentId::Visit(_) => 0,
            };
            waiting.marks += marks;
            waiting.others += statements - marks;
        }
        waiting
    }

    /// What of it waits no more.
    #[must_use]
    pub fn less(self, still: Self) -> Self {
        Self {
            marks: self.marks.saturating_sub(still.marks),
            others: self.others.saturating_sub(still.others),
        }
    }
}

fn marks_in(own: &OwnChange) -> usize {
    let items = items_of_change(chunk_of(&own.bytes)).into_iter();
    let slips = items.map(|item| match item {
        Item::Slip(entries) => entries.len(),
        _ => 0,
    });
    slips.sum()
}

/// Everything that the school has not acknowledged, in the order in which it was made. The statements add up to
/// [`Replica::not_yet_sent`].
pub fn pending(replica: &Replica) -> Vec<Pending> {
    let unsent = replica
        .own_changes()
        .iter()
        .filter(|own| own.state.is_unsent())
        .map(change);
    let taps = replica.taps().map(|entry| Pending {
        document: Replica::sheet(entry.cell.date, &entry.duty).to_string(),
        change: None,
        statements: 1,
        what: vec![entry_words(entry)],
        carried: false,
        state: "saved",
        words: words::SAVED.to_owned(),
        code: None,
    });
    unsent.chain(taps).collect()
}

fn change(own: &OwnChange) -> Pending {
    let (state, code) = match &own.state {
        SendState::Waits => ("waits", None),
        SendState::Refused(why) => ("refused", Some(why.code.clone())),
        SendState::Here | SendState::Told | SendState::Stored | SendState::Apart | SendState::Reissued(_) => {
            ("saved", None)
        }
    };
    Pending {
        document: own.document.to_string(),
        change: Some(own.hash),
        statements: own.statements as usize,
        what: in_change(own),
        carried: own.carried,
        state,
        words: words::on_its_way(Some(&own.state)),
        code,
    }
}

fn in_change(own: &OwnChange) -> Vec<String> {
    let items = items_of_change(chunk_of(&own.bytes));
    if items.is_empty() {
        return vec!["a piece of a visitor's account".to_owned()];
    }
    items
        .into_iter()
        .flat_map(|item| match item {
            Item::Slip(entries) => entries.iter().map(entry_words).collect(),
            Item::SignOff(statement) => vec![format!("sign-off of {}", statement.body.session)],
            Item::Trip(statement) => vec![trip_words(&statement.body).to_owned()],
            Item::FollowUp(_) => vec!["what was done about an absence".to_owned()],
            Item::Visit(statement) => vec![visit_words(&statement.body).to_owned()],
        })
        .collect()
}

fn entry_words(entry: &Entry) -> String {
    let code = entry
        .code
        .map_or_else(|| "mark taken back".to_owned(), |code| code.to_string());
    format!("{}: {code}", entry.cell)
}

fn trip_words(statement: &TripStatement) -> &'static str {
    match statement {
        TripStatement::Plan(_) => "the trip's plan",
        TripStatement::HeadCount(_) => "a head count",
        TripStatement::LeftGroup(_) => "a pupil left the group",
        TripStatement::Rejoined(_) => "a pupil came back to the group",
    }
}

fn visit_words(statement: &VisitStatement) -> &'static str {
    match statement {
        VisitStatement::Opened(_) => "the visit's start",
        VisitStatement::Arrived(_) => "arrived at the door",
        VisitStatement::Outcome(_) => "the visit's outcome",
        VisitStatement::CardLeft(_) => "a card was left",
        VisitStatement::NextStep(_) => "the next step",
        VisitStatement::Read(_) => "both accounts were read",
        VisitStatement::BackSafe(_) => "back safe",
    }
}
