//! Home visits: who goes, what happened at the door, what must happen next, and each visitor's own account.

mod acts;
mod draft;

use std::collections::BTreeMap;

use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Person, TimeOfDay};
use daymark_core::ids::{EntryId, PersonId, VisitId};
use daymark_core::item::Statement;
use daymark_core::roster::Role;
use daymark_core::visit::{AccountPart, Opened, Outcome, ReadBoth, VisitStatement, VisitView};
use daymark_tablet::{people, words as say};

use super::Open;

/// When an answer to a card is asked for, where nobody says another time.
const REPLY_BY: u32 = 11 * 3600;
/// The step that is urgent.
pub const TELL_LEAD: &str = "Tell the safeguarding lead now";
const DAY: i64 = 86_400;
/// How long a visit may take until somebody asks after the visitors, where nobody says another time: seconds.
const BACK_WITHIN: i64 = 3600;

/// Visits, as far as they are not written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VisitState {
    /// Who goes, at the start of a visit.
    pub visitors: Vec<PersonId>,
    /// Why, at the start of a visit.
    pub why: Option<String>,
    /// Accounts that are being typed, of whoever types them.
    drafts: BTreeMap<(VisitId, PersonId), [String; 2]>,
    /// The one that is not written down yet as it stands, and when that is due.
    unkept: Option<(VisitId, i64)>,
    /// When one was written down last: unix milliseconds.
    kept_ms: i64,
}

/// Something that a visit waits for, with a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The statement.
    pub id: EntryId,
    /// What.
    pub what: String,
    /// By when: unix seconds.
    pub due: i64,
    /// Whether it waits for an answer to a card.
    pub is_card: bool,
    /// By how much it is over: seconds; none while there is time.
    pub over: Option<i64>,
}

/// One visitor's account, as whoever works may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub visitor: Person,
    /// Whether it is one's own.
    pub is_own: bool,
    /// Whether both of its parts are written.
    pub is_written: bool,
    /// Facts and opinion; none while it is hidden.
    pub texts: Option<[String; 2]>,
}

/// A visit, as the screens show it.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Which.
    pub id: VisitId,
    /// Who is visited, and why.
    pub opened: Opened,
    /// All that stands.
    pub view: VisitView,
    /// What it waits for, the most urgent first.
    pub steps: Vec<Step>,
}

impl Visit {
    /// When it was said that the visitors are at the door: unix seconds.
    pub fn arrived_at(&self) -> Option<i64> {
        let mut events = self.view.events.iter();
        let arrived = events.find(|(_, said)| matches!(said.body, VisitStatement::Arrived(_)));
        arrived.map(|(_, said)| said.stamp.shown_at())
    }

    /// The outcome that stands, with when and by whom it was said; the last of several.
    pub fn outcome(&self) -> Option<(&Outcome, &Statement<VisitStatement>)> {
        let mut outcomes = self.view.outcomes.iter().rev();
        outcomes.find_map(|(_, said)| match &said.body {
            VisitStatement::Outcome(outcome) => Some((outcome, said)),
            _ => None,
        })
    }

    /// Whether a card was left.
    pub fn has_card(&self) -> bool {
        let mut events = self.view.events.iter();
        events.any(|(_, said)| matches!(said.body, VisitStatement::CardLeft(_)))
    }

    /// Who is back safe, and when.
    pub fn back_safe(&self) -> Vec<(&Person, i64)> {
        let safe = |said: &Statement<VisitStatement>| matches!(said.body, VisitStatement::BackSafe(_));
        let events = self.view.events.iter().filter(|(_, said)| safe(said));
        events
            .map(|(_, said)| (&said.stamp.person, said.stamp.shown_at()))
            .collect()
    }

    /// What each visitor said after reading both accounts.
    pub fn read(&self) -> Vec<(&Person, &ReadBoth)> {
        let events = self.view.events.iter();
        events
            .filter_map(|(_, said)| match &said.body {
                VisitStatement::Read(read) => Some((&said.stamp.person, read)),
                _ => None,
            })
            .collect()
    }
}

/// The name by which a child is called, of `Cole, Jay`.
pub fn first_name(name: &str) -> &str {
    name.split_once(',').map_or(name, |(_, forename)| forename).trim()
}

/// A length of time in words, to the larger unit.
pub fn how_long(seconds: i64) -> String {
    let (number, unit) = match seconds.max(60) {
        seconds if seconds < 3600 => (seconds / 60, "minute"),
        seconds if seconds < DAY => (seconds / 3600, "hour"),
        seconds => (seconds / DAY, "day"),
    };
    say::count(usize::try_from(number).unwrap_or_default(), unit)
}

impl Open {
    fn now_seconds(&self) -> i64 {
        self.tablet.school_seconds(self.moment())
    }

    /// By how much a time is over: seconds; none while there is time.
    pub fn over(&self, due: i64) -> Option<i64> {
        Some(self.now_seconds() - due).filter(|over| *over > 0)
    }

    /// By when the visitors are back, where nobody says another time.
    pub fn back_by(&self) -> TimeOfDay {
        self.local_of(self.now_seconds() + BACK_WITHIN).time
    }

    /// A visit that is here and opened.
    pub fn visit_of(&self, id: VisitId) -> Option<Visit> {
        let view = self.tablet.replica().visit(&DocumentId::Visit(id))?;
        let opened = view.openings().next()?.clone();
        let mut steps: Vec<Step> = view
            .events
            .iter()
            .filter_map(|(id, said)| {
                let (what, due, is_card) = match &said.body {
                    VisitStatement::NextStep(step) => (step.what.clone(), step.due, false),
                    VisitStatement::CardLeft(card) => ("Answer to the card".to_owned(), card.reply_by?, true),
                    _ => return None,
                };
                let over = self.over(due);
                Some(Step {
                    id: *id,
                    what,
                    due,
                    is_card,
                    over,
                })
            })
            .collect();
        steps.sort_by_key(|step| step.due);
        Some(Visit {
            id,
            opened,
            view,
            steps,
        })
    }

    /// The visits that stand open, those whose step is due the longest first; then the others.
    pub fn visits(&self) -> (Vec<Visit>, Vec<Visit>) {
        let replica = self.tablet.replica();
        let all = replica.documents().filter_map(|document| match document.id() {
            DocumentId::Visit(id) => self.visit_of(*id),
            _ => None,
        });
        let (mut open, mut done): (Vec<Visit>, Vec<Visit>) = all.partition(|visit| self.stands_open(visit));
        let began = |visit: &Visit| {
            let opened = visit.view.opened.first();
            opened.map_or(0, |(_, said)| said.stamp.shown_at())
        };
        open.sort_by_key(|visit| {
            let due = visit.steps.first().map_or(i64::MAX, |step| step.due);
            (due, began(visit), visit.id)
        });
        done.sort_by_key(|visit| (-began(visit), visit.id));
        (open, done)
    }

    fn stands_open(&self, visit: &Visit) -> bool {
        let accounts = self.accounts(visit);
        !visit.view.closes()
            || !visit.view.irregular.is_empty()
            || visit.back_safe().is_empty()
            || visit.steps.iter().any(|step| step.what == TELL_LEAD)
            || accounts.iter().any(|account| !account.is_written)
    }

    fn written(&self, id: VisitId, slot: usize) -> [String; 2] {
        let document = self.tablet.replica().document(&DocumentId::Visit(id));
        AccountPart::ALL.map(|part| {
            document
                .and_then(|document| document.account(slot, part).ok())
                .unwrap_or_default()
        })
    }

    /// The accounts of a visit. A visitor writes without having read the other's; the lead and the head read both.
    pub fn accounts(&self, visit: &Visit) -> Vec<Account> {
        let own = visit.view.account_of(&self.person.id);
        let is_full = |slot: usize| self.written(visit.id, slot).iter().all(|text| !text.is_empty());
        let role = people::role(self.tablet.replica(), &self.person.id).unwrap_or(Role::Teacher);
        let is_reader = matches!(role, Role::Lead | Role::Head) && own.is_none();
        let reads = is_reader || own.is_some_and(is_full);
        let mut accounts = Vec::new();
        for visitor in &visit.opened.visitors {
            let Some(slot) = visit.view.account_of(&visitor.id) else {
                continue;
            };
            let is_own = own == Some(slot);
            accounts.push(Account {
                visitor: visitor.clone(),
                is_own,
                is_written: is_full(slot),
                texts: (reads || is_own).then(|| self.written(visit.id, slot)),
            });
        }
        accounts
    }

    /// What one's own account says or is about to say.
    pub fn draft(&self, visit: &Visit) -> Option<[String; 2]> {
        let slot = visit.view.account_of(&self.person.id)?;
        let draft = self.kept_draft(visit.id);
        Some(draft.unwrap_or_else(|| self.written(visit.id, slot)))
    }

    /// Whether a fact stands in one's own account.
    pub fn has_fact(&self, visit: &Visit, fact: &str) -> bool {
        let slot = visit.view.account_of(&self.person.id);
        slot.is_some_and(|slot| self.written(visit.id, slot)[0].lines().any(|line| line == fact))
    }

    /// When an answer to a card is asked for, where nobody says another time: in the morning by eleven, later within an hour.
    pub fn reply_by(&self) -> TimeOfDay {
        let now = self.local().time.seconds();
        let within_an_hour = (now / 3600 + 1) * 3600 + 1800;
        let due = if now < REPLY_BY { REPLY_BY } else { within_an_hour };
        TimeOfDay::from_seconds(due.min(23 * 3600)).unwrap_or(self.local().time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_called_by_the_first_name() {
        assert_eq!(first_name("Cole, Jay"), "Jay");
        assert_eq!(first_name("Pupil 1042"), "Pupil 1042");
    }

    #[test]
    fn how_long_is_said_in_the_larger_unit() {
        for (seconds, words) in [
            (5, "1 minute"),
            (150, "2 minutes"),
            (7300, "2 hours"),
            (90_000, "1 day"),
        ] {
            assert_eq!(how_long(seconds), words);
        }
    }
}
