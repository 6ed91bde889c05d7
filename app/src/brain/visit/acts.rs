//! What visitors do: each act is a statement of its own.

use daymark_core::document_id::DocumentId;
use daymark_core::entry::TimeOfDay;
use daymark_core::ids::{EntryId, PersonId, PupilNumber, VisitId};
use daymark_core::visit::{
    AccountPart, Alone, Arrived, BackSafe, CardLeft, Grade, NextStep, Opened, Outcome, ReadBoth,
    VISITORS_MAX, VisitStatement,
};
use daymark_tablet::{people, words as say};

use super::{DAY, Open, TELL_LEAD, Visit};
use crate::action::{Action, Fields, Screen};
use crate::brain::open::{Done, words};

impl Open {
    /// Begins a visit's start anew: whoever works goes.
    pub(in crate::brain) fn begin_visit(&mut self) {
        self.visit.visitors = vec![self.person.id.clone()];
        self.visit.why = None;
    }

    pub(in crate::brain) fn act_visit(&mut self, action: Action, fields: &Fields) -> Done {
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
                self.type_account(id, typed)?;
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
        let back_by = Some(self.due(fields)?);
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
            back_by,
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
        if let Some([facts, opinion]) = self.kept_draft(id) {
            self.type_account(id, [format!("{facts}\n{fact}"), opinion])?;
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
        self.type_account(id, [facts.clone(), opinion.clone()])?;
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
        self.forget_draft(id)?;
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
