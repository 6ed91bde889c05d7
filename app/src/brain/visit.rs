//! Home visits: who goes, what happened at the door, what must happen next, and each visitor's own account.

use std::collections::BTreeMap;

use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Person, TimeOfDay};
use daymark_core::ids::{EntryId, PersonId, PupilNumber, VisitId};
use daymark_core::item::Statement;
use daymark_core::roster::Role;
use daymark_core::visit::{
    AccountPart, Alone, Arrived, BackSafe, CardLeft, Grade, NextStep, Opened, Outcome, ReadBoth,
    VISITORS_MAX, VisitStatement, VisitView,
};
use daymark_tablet::{people, words as say};

use super::Open;
use super::open::{Done, words};
use crate::action::{Action, Fields, Screen};

/// When an answer to a card is asked for, where nobody says another time.
const REPLY_BY: u32 = 11 * 3600;
/// The step that is urgent.
pub const TELL_LEAD: &str = "Tell the safeguarding lead now";
const DAY: i64 = 86_400;

/// Visits, as far as they are not written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VisitState {
    /// Who goes, at the start of a visit.
    pub visitors: Vec<PersonId>,
    /// Why, at the start of a visit.
    pub why: Option<String>,
    /// Accounts that are being typed, of whoever types them.
    drafts: BTreeMap<(VisitId, PersonId), [String; 2]>,
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

    /// A visit that is here and opened.
    pub fn visit_of(&self, id: VisitId) -> Option<Visit> {
        let view = self.tablet.replica().visit(&DocumentId::Visit(id))?;
        let opened = view.openings().next()?.clone();
        let now = self.now_seconds();
        let mut steps: Vec<Step> = view
            .events
            .iter()
            .filter_map(|(id, said)| {
                let (what, due, is_card) = match &said.body {
                    VisitStatement::NextStep(step) => (step.what.clone(), step.due, false),
                    VisitStatement::CardLeft(card) => ("Answer to the card".to_owned(), card.reply_by?, true),
                    _ => return None,
                };
                let over = Some(now - due).filter(|over| *over > 0);
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
        let draft = self.visit.drafts.get(&(visit.id, self.person.id.clone()));
        Some(draft.cloned().unwrap_or_else(|| self.written(visit.id, slot)))
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

    /// Begins a visit's start anew: whoever works goes.
    pub(super) fn begin_visit(&mut self) {
        self.visit.visitors = vec![self.person.id.clone()];
        self.visit.why = None;
    }

    pub(super) fn act_visit(&mut self, action: Action, fields: &Fields) -> Done {
        match action {
            Action::Visitor(person) => self.visitor(person),
            Action::VisitWhy(why) => {
                self.visit.why = Some(why);
                Ok(None)
            }
            Action::StartVisit(pupil) => self.start_visit(pupil, fields),
            Action::AtDoor(id) => {
                let other_address = fields.given("address");
                self.say_of_visit(id, VisitStatement::Arrived(Arrived { other_address }))?;
                Ok(Some(format!(
                    "Arrived {}. {}.",
                    short(self.local().time),
                    say::SAVED
                )))
            }
            Action::Outcome(id, place) => self.outcome(id, place, fields),
            Action::Facts(id) => self.facts(id, fields),
            Action::CardLeft(id) => {
                let reply_by = Some(self.due(fields)?);
                self.say_of_visit(id, VisitStatement::CardLeft(CardLeft { reply_by }))?;
                Ok(Some(format!("Card left. {}.", say::SAVED)))
            }
            Action::NextStep(id) => self.next_step(id, fields),
            Action::TypeAccount(id) => {
                let typed = ["facts", "opinion"].map(|name| fields.get(name).to_owned());
                self.visit.drafts.insert((id, self.person.id.clone()), typed);
                Ok(None)
            }
            Action::WriteAccount(id) => self.write_account(id, fields),
            Action::Agree(id, agrees) => self.agree(id, agrees, fields),
            Action::BackSafe(id) => {
                self.say_of_visit(id, VisitStatement::BackSafe(BackSafe {}))?;
                Ok(Some(format!("Back safe. {}.", say::SAVED)))
            }
            _ => Ok(None),
        }
    }

    fn visitor(&mut self, person: PersonId) -> Done {
        let chosen = &mut self.visit.visitors;
        if chosen.contains(&person) {
            chosen.retain(|one| *one != person);
        } else if chosen.len() < VISITORS_MAX {
            chosen.push(person);
        } else {
            return Err(format!("At most {VISITORS_MAX} people visit together."));
        }
        Ok(None)
    }

    fn start_visit(&mut self, pupil: PupilNumber, fields: &Fields) -> Done {
        let replica = self.tablet.replica();
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| format!("This browser gives no random numbers: {error}."))?;
        let id = VisitId(uuid::Builder::from_random_bytes(bytes).into_uuid());
        let grant = replica.grant().map_err(words)?;
        if !grant.may_write(&DocumentId::Visit(id), false) {
            return Err("This tablet makes no home visits: use one of the attendance team.".to_owned());
        }
        let why = fields.given("why").or_else(|| self.visit.why.clone());
        let trigger = why.ok_or("Say why the visit is made.")?;
        let staff = |id: &str| people::staff(replica, "who", id).map_err(words);
        let visitors = self.visit.visitors.iter().map(|id| staff(id.as_str()));
        let visitors = visitors.collect::<Result<Vec<_>, _>>()?;
        let alone = match (visitors.len(), fields.given("head"), fields.given("reason")) {
            (1, Some(head), Some(reason)) => Some(Alone {
                authorised_by: staff(&head)?,
                reason,
            }),
            _ => None,
        };
        let opened = Opened {
            pupil,
            trigger,
            visitors,
            alone,
        };
        if opened.irregularity().is_some() {
            return Err(match opened.visitors.as_slice() {
                [] => "Say who visits.".to_owned(),
                _ => "Nobody visits alone: choose a second visitor, or say which head allows it and why."
                    .to_owned(),
            });
        }
        let statement = self.statement(VisitStatement::Opened(opened))?;
        self.tablet
            .say_of_visit(&DocumentId::Visit(id), statement)
            .map_err(words)?;
        self.screen = Screen::Visit(id);
        Ok(Some(format!("The visit is begun. {}.", say::SAVED)))
    }

    fn say_of_visit(&mut self, id: VisitId, body: VisitStatement) -> Result<(), String> {
        self.replace_in_visit(id, body, Vec::new(), None)
    }

    fn replace_in_visit(
        &mut self,
        id: VisitId,
        body: VisitStatement,
        replaced: Vec<EntryId>,
        reason: Option<String>,
    ) -> Result<(), String> {
        let mut statement = self.statement(body)?;
        statement.supersedes = replaced.into_iter().collect();
        statement.reason = reason;
        self.tablet
            .say_of_visit(&DocumentId::Visit(id), statement)
            .map_err(words)
    }

    fn here(&self, id: VisitId) -> Result<Visit, String> {
        self.visit_of(id)
            .ok_or_else(|| "This visit is not on this tablet yet.".to_owned())
    }

    fn outcome(&mut self, id: VisitId, place: u8, fields: &Fields) -> Done {
        let visit = self.here(id)?;
        let grade = Grade::ALL.get(usize::from(place)).copied();
        let grade = grade.ok_or("There is no such outcome.")?;
        let standing: Vec<EntryId> = visit.view.outcomes.iter().map(|(id, _)| *id).collect();
        let reason = fields.given("reason").or_else(|| fields.given("other"));
        if !standing.is_empty() && reason.is_none() {
            return Err("Say why the outcome changes: the first one stays in the history.".to_owned());
        }
        let outcome = Outcome {
            grade,
            answered: None,
            child_words: None,
        };
        let reason = reason.filter(|_| !standing.is_empty());
        self.replace_in_visit(id, VisitStatement::Outcome(outcome), standing, reason)?;
        Ok(Some(say::SAVED.to_owned()))
    }

    /// Who answered and what the child said stand in the outcome; what was seen stands in one's own account.
    fn facts(&mut self, id: VisitId, fields: &Fields) -> Done {
        let visit = self.here(id)?;
        let answered = fields.given("answered").or_else(|| fields.given("somebody"));
        let child_words = fields.given("words");
        if answered.is_some() || child_words.is_some() {
            let (before, _) = visit.outcome().ok_or("Say first what happened.")?;
            if visit.view.outcomes.len() > 1 {
                return Err("Two outcomes stand: the safeguarding lead decides first.".to_owned());
            }
            let outcome = Outcome {
                grade: before.grade,
                answered: answered.or_else(|| before.answered.clone()),
                child_words: child_words.or_else(|| before.child_words.clone()),
            };
            if outcome != *before {
                let standing = visit.view.outcomes.iter().map(|(id, _)| *id).collect();
                let reason = Some("More was written down".to_owned());
                self.replace_in_visit(id, VisitStatement::Outcome(outcome), standing, reason)?;
            }
            return Ok(Some(say::SAVED.to_owned()));
        }
        let fact = fields.given("fact").or_else(|| fields.given("text"));
        let fact = fact.ok_or("Choose or write what you saw.")?;
        let slot = self.own_slot(&visit)?;
        let facts = &self.written(id, slot)[0];
        let mut lines: Vec<&str> = facts.lines().collect();
        if lines.contains(&fact.as_str()) {
            lines.retain(|line| *line != fact);
        } else {
            lines.push(&fact);
        }
        let whole = lines.join("\n");
        self.write_part(id, slot, AccountPart::Facts, &whole)?;
        if let Some(draft) = self.visit.drafts.get_mut(&(id, self.person.id.clone())) {
            draft[0] = format!("{}\n{fact}", draft[0]);
        }
        Ok(Some(format!("{fact}. {}.", say::SAVED)))
    }

    fn own_slot(&self, visit: &Visit) -> Result<usize, String> {
        visit.view.account_of(&self.person.id).ok_or_else(|| {
            format!(
                "{} did not go along: the visitors alone write what they saw.",
                self.person.name
            )
        })
    }

    fn write_part(&mut self, id: VisitId, slot: usize, part: AccountPart, text: &str) -> Result<(), String> {
        self.tablet
            .write_account(&DocumentId::Visit(id), slot, part, text)
            .map_err(words)
    }

    /// The time of a form: of today, or of tomorrow where it is past.
    fn due(&self, fields: &Fields) -> Result<i64, String> {
        let time: TimeOfDay = fields
            .get("due")
            .parse()
            .map_err(|_| "Say by when, such as 11:00.")?;
        let at = daymark_core::calendar::london::moments(self.today(), time).first();
        Ok(if at > self.now_seconds() { at } else { at + DAY })
    }

    fn next_step(&mut self, id: VisitId, fields: &Fields) -> Done {
        if fields.get("lead") == "yes" {
            let step = NextStep {
                what: TELL_LEAD.to_owned(),
                due: self.now_seconds(),
            };
            self.say_of_visit(id, VisitStatement::NextStep(step))?;
            return Ok(Some(format!("Urgent: {TELL_LEAD}. {}.", say::SAVED)));
        }
        let what = fields.given("what").or_else(|| fields.given("step"));
        let what = what.ok_or("Say what must happen next.")?;
        let due = self.due(fields)?;
        let settled: Option<EntryId> = fields.given("settles").and_then(|id| id.parse().ok());
        let reason = fields.given("reason");
        if settled.is_some() && reason.is_none() {
            return Err("Say what came of the step before.".to_owned());
        }
        let reason = reason.filter(|_| settled.is_some());
        let step = VisitStatement::NextStep(NextStep {
            what: what.clone(),
            due,
        });
        self.replace_in_visit(id, step, settled.into_iter().collect(), reason)?;
        Ok(Some(format!("Next: {what}. {}.", say::SAVED)))
    }

    fn write_account(&mut self, id: VisitId, fields: &Fields) -> Done {
        let visit = self.here(id)?;
        let slot = self.own_slot(&visit)?;
        let [facts, opinion] = ["facts", "opinion"].map(|name| fields.get(name).replace('\r', ""));
        self.visit
            .drafts
            .insert((id, self.person.id.clone()), [facts.clone(), opinion.clone()]);
        if facts.is_empty() {
            return Err("Write what you saw and heard.".to_owned());
        }
        if opinion.is_empty() {
            return Err(
                "Write what you make of it; where you make nothing of it, write: nothing.".to_owned(),
            );
        }
        self.write_part(id, slot, AccountPart::Facts, &facts)?;
        self.write_part(id, slot, AccountPart::Opinion, &opinion)?;
        self.visit.drafts.remove(&(id, self.person.id.clone()));
        Ok(Some(format!("Your account. {}.", say::SAVED)))
    }

    fn agree(&mut self, id: VisitId, agrees: bool, fields: &Fields) -> Done {
        let visit = self.here(id)?;
        self.own_slot(&visit)?;
        if self.accounts(&visit).iter().any(|account| !account.is_written) {
            return Err("Both accounts are written first.".to_owned());
        }
        let note = fields.given("note");
        if !agrees && note.is_none() {
            return Err("Say in what you saw it differently.".to_owned());
        }
        let replaced: Vec<EntryId> = visit
            .view
            .events
            .iter()
            .filter(|(_, said)| {
                matches!(said.body, VisitStatement::Read(_)) && said.stamp.person.id == self.person.id
            })
            .map(|(id, _)| *id)
            .collect();
        let reason = (!replaced.is_empty()).then(|| "Read again".to_owned());
        let read = ReadBoth {
            agrees,
            note: note.filter(|_| !agrees),
        };
        self.replace_in_visit(id, VisitStatement::Read(read), replaced, reason)?;
        Ok(Some(say::SAVED.to_owned()))
    }
}

/// `10:20`.
fn short(time: TimeOfDay) -> String {
    format!("{:02}:{:02}", time.seconds() / 3600, time.seconds() / 60 % 60)
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
