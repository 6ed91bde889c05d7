//! The office: decisions, amendments, sign-off.

mod days;
pub(crate) mod sheet;

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::attendance::worklists::{AttemptResult, How};
use daymark_core::code::{self, Code, Particular};
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Particulars, TimeOfDay};
use daymark_core::fold::DayFold;
use daymark_core::follow_up::FollowUp;
use daymark_core::ids::{PupilNumber, TripId};
use daymark_core::item::Item;
use daymark_core::record::Mark;
use daymark_core::roster::Role;
use daymark_core::session::{Cell, Date, Session};
use daymark_sync_protocol::brief::BriefPupil;
use daymark_sync_protocol::client::Replica;
use daymark_tablet::{trips, words as say};

use super::Open;
use super::open::{Done, words};
use crate::action::{Action, Fields, Screen};
pub(crate) use days::monday;

/// What a reason is at a decision, most often.
pub const WHYS: [&str; 4] = [
    "Spoke to the teacher",
    "Spoke to the parent",
    "Checked the register",
    "Seen on the count",
];
/// What a reason of an amendment is, most often.
pub const AMEND_WHYS: [&str; 5] = [
    "Parent phoned",
    "Letter seen",
    "Spoke to the teacher",
    "Wrong row tapped",
    "Checked the register",
];
/// Of how many days a pupil's marks are asked for.
const PUPIL_DAYS: u16 = 28;

/// A pupil's session, as buttons name it.
pub type At = (Date, Session, PupilNumber);

/// What was chosen at a decision, before it is saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The code.
    pub code: Option<Code>,
    /// Why.
    pub why: Option<String>,
    /// What stands beside another code than those of the marks.
    pub beside: Option<Fields>,
}

/// Which amendments are shown, beside those of some pupils.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerFilter {
    /// Those of one class; empty for all.
    pub class: String,
    /// Those of one person, by a part of the name; empty for all.
    pub person: String,
    /// Only those of sessions that were signed off before.
    pub after: bool,
}

/// The office, as far as it is not in the register.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfficeState {
    /// Choices that are not saved.
    pub choices: BTreeMap<At, Choice>,
    /// The case that was brought up.
    pub focus: Option<At>,
    /// Cases that were left for now.
    pub later: BTreeSet<At>,
    /// Which amendments are shown.
    pub ledger: LedgerFilter,
    /// A paper register that is keyed in.
    pub sheet: Option<sheet::Sheet>,
    /// The first of the days that were asked for last, so that the same ones are not asked for again and again.
    asked_from: Option<Date>,
}

impl Open {
    /// Whether whoever works here may write. The head's tablet reads.
    pub fn may_write(&self) -> bool {
        self.role() == Role::Office
    }

    /// The pupils who are on roll on a date, by class and name.
    pub fn on_roll(&self, date: Date) -> Vec<&BriefPupil> {
        let brief = self.tablet.replica().brief();
        let on_roll = |pupil: &&BriefPupil| {
            pupil.roll.is_none_or(|roll| {
                roll.start.is_none_or(|first| first <= date) && roll.leave.is_none_or(|last| date <= last)
            })
        };
        let pupils = brief.map(|brief| brief.pupils.as_slice()).unwrap_or_default();
        let mut pupils: Vec<&BriefPupil> = pupils.iter().filter(on_roll).collect();
        pupils.sort_by(|a, b| (&a.class, &a.name, a.number).cmp(&(&b.class, &b.name, b.number)));
        pupils
    }

    /// What a device is called, as far as that is known here.
    pub fn device_name(&self, device: u32) -> String {
        let own = self.tablet.replica().identity().ok();
        if let Some(own) = own.filter(|own| own.device.0 == device) {
            return own.name.clone();
        }
        let told = self.remote.devices.iter().flat_map(|(_, devices)| devices);
        told.into_iter()
            .find(|shown| shown.device == device)
            .map_or_else(|| format!("Tablet {device}"), |shown| shown.name.clone())
    }

    pub(super) fn act_office(&mut self, action: Action, fields: &Fields) -> Done {
        match action {
            Action::PickDays => self.pick_days(fields),
            Action::Focus(date, session, pupil) => {
                let at = (date, session, pupil);
                self.office.later.remove(&at);
                self.office.focus = Some(at);
                if self.screen != Screen::Decisions(date) {
                    self.go(Screen::Decisions(date));
                }
                Ok(None)
            }
            Action::LeaveForNow(date, session, pupil) => {
                self.office.later.insert((date, session, pupil));
                self.office.focus = None;
                Ok(Some(format!("Left for now: {}.", self.name(pupil))))
            }
            other => {
                if !self.may_write() {
                    return Err("This tablet reads the register. The office writes in it.".to_owned());
                }
                self.write(other, fields)
            }
        }
    }

    fn write(&mut self, action: Action, fields: &Fields) -> Done {
        match action {
            Action::Choose(date, session, pupil, code) => {
                let choice = self.choice((date, session, pupil));
                choice.code = Some(code);
                choice.beside = None;
                Ok(Some(format!("Chosen: {code}.")))
            }
            Action::ChooseOther(date, session, pupil) => {
                let code: Code = fields
                    .given("code")
                    .ok_or("Choose a code first.")?
                    .parse()
                    .map_err(words)?;
                let choice = self.choice((date, session, pupil));
                choice.code = Some(code);
                choice.beside = Some(fields.clone());
                Ok(Some(format!("Chosen: {code}.")))
            }
            Action::Why(date, session, pupil, why) => {
                self.choice((date, session, pupil)).why = Some(why);
                Ok(None)
            }
            Action::Decide(date, session, pupil) => self.decide((date, session, pupil), fields),
            Action::Accept(date, session, pupil, code) => {
                let at = (date, session, pupil);
                let reason = format!("{}: accepted", say::AFTER_SIGN_OFF);
                self.settle(at, code, reason, None)?;
                Ok(Some(format!("{}: {code}. {}.", self.name(pupil), say::SAVED)))
            }
            Action::Decline(date, session, pupil) => {
                let reason = fields.given("reason").or_else(|| fields.given("other"));
                let reason = reason.ok_or("Say why it is declined.")?;
                let at = (date, session, pupil);
                let stands = self.fold(at, |_, fold| fold.code());
                let stands = stands.flatten().ok_or(
                    "No mark stands that could stay. Accept what arrived, or amend it on the pupil's page.",
                )?;
                self.settle(at, stands, reason, None)?;
                Ok(Some(format!(
                    "{} stays {stands}. {}.",
                    self.name(pupil),
                    say::SAVED
                )))
            }
            Action::Reverse(date, session, pupil, code) => {
                let reason = fields.given("reason").ok_or("Say why.")?;
                self.settle((date, session, pupil), code, reason, None)?;
                Ok(Some(format!("{}: {code}. {}.", self.name(pupil), say::SAVED)))
            }
            Action::Amend(date, session, pupil) => self.amend((date, session, pupil), fields),
            Action::OpenSheet | Action::KeyRow(_) | Action::RowAt(_) => self.act_sheet(&action, fields),
            Action::SignOff(date, session) => self.sign_off(date, session),
            Action::Attempt(pupil) => self.follow_up(pupil, fields),
            _ => Ok(None),
        }
    }

    fn choice(&mut self, at: At) -> &mut Choice {
        self.office.focus = Some(at);
        self.office.choices.entry(at).or_default()
    }

    fn fold<T>(
        &self,
        (date, session, pupil): At,
        look: impl FnOnce(&DayFold, &daymark_core::fold::CellFold) -> T,
    ) -> Option<T> {
        let day = self.tablet.replica().day_of(date, &[pupil].into());
        let cell = Cell { date, session, pupil };
        day.cell(&cell).map(|fold| look(&day, fold))
    }

    fn decide(&mut self, at: At, fields: &Fields) -> Done {
        let choice = self.office.choices.get(&at).cloned().unwrap_or_default();
        let why = fields.given("other").or(choice.why);
        let (code, why) = match (choice.code, why) {
            (Some(code), Some(why)) => (code, why),
            (None, Some(_)) => return Err("Choose a mark.".to_owned()),
            (Some(_), None) => return Err("Choose a reason.".to_owned()),
            (None, None) => return Err("Choose a mark and a reason.".to_owned()),
        };
        self.settle(at, code, why, choice.beside.as_ref())?;
        let name = self.name(at.2);
        Ok(Some(format!(
            "{name}: {code}. Both marks are kept. {}.",
            say::SAVED
        )))
    }

    /// The office's word on a case: every mark that is shown is named in it.
    fn settle(&mut self, at: At, code: Code, reason: String, beside: Option<&Fields>) -> Result<(), String> {
        let (date, session, pupil) = at;
        let author = self.author(&Duty::Office)?;
        let particulars = match beside {
            Some(fields) => self.beside(at, code, fields)?,
            None => Particulars::default(),
        };
        let mark = Mark {
            code,
            particulars,
            reason: Some(reason),
        };
        let decided = self.tablet.decide(&author, date, session, pupil, &mark);
        decided.map_err(words)?;
        self.office.choices.remove(&at);
        self.office.focus = None;
        Ok(())
    }

    /// Amends a mark, or makes the first one of a session.
    fn amend(&mut self, at: At, fields: &Fields) -> Done {
        let (date, session, pupil) = at;
        let code = fields.given("code").ok_or("Choose the new code.")?;
        let code: Code = code.parse().map_err(words)?;
        let reason = fields.given("other").or_else(|| fields.given("reason"));
        let reason = reason.ok_or("Say why.")?;
        let author = self.author(&Duty::Office)?;
        let mark = Mark {
            code,
            particulars: self.beside(at, code, fields)?,
            reason: Some(reason),
        };
        let report = self.tablet.mark(&author, date, session, &[(pupil, mark)]);
        let report = report.map_err(words)?;
        if let Some((_, why)) = report.refused.first() {
            return Err(say::not_marked(pupil, &self.name(pupil), &why.to_string()));
        }
        Ok(Some(format!("{}: {code}. {}.", self.name(pupil), say::SAVED)))
    }

    /// What stands beside a code: what the form says, else what a mark of that code has here, else what the trip's plan says.
    fn beside(&self, at: At, code: Code, fields: &Fields) -> Result<Particulars, String> {
        let known = self.fold(at, |day, fold| {
            let waiting = fold.proposals.iter().map(|proposal| &proposal.entry);
            let entries = fold.candidates.iter().chain(waiting);
            let entries = entries.filter_map(|id| day.entry(id));
            let mut same = entries.filter(|entry| entry.code == Some(code));
            same.next().map(|entry| entry.particulars.clone())
        });
        let mut particulars = known.flatten().unwrap_or_default();
        if let Some(time) = fields.given("arrived_at") {
            let time: TimeOfDay = time.parse().map_err(words)?;
            particulars.arrived_at = Some(time).filter(|_| code.is_late());
        }
        if let Some(nature) = fields.given("nature") {
            particulars.nature = Some(nature);
        }
        if let Some(trip) = fields.given("trip").filter(|_| code.approved_elsewhere()) {
            let trip: TripId = trip.parse().map_err(words)?;
            let view = self.tablet.replica().trip(&DocumentId::Trip(trip));
            let view = view.ok_or("This trip is not on this tablet.")?;
            particulars.visit = trips::visit_ref(trip, &view, at.2, None);
        }
        let needs = code::row_on(code, at.0).map(|row| row.needs).unwrap_or_default();
        for need in needs {
            let lacks = match need {
                Particular::ArrivalTime if particulars.arrived_at.is_none() => "Say when the pupil came.",
                Particular::Nature if particulars.nature.is_none() => {
                    "Say what the activity or the cause was."
                }
                Particular::Visit | Particular::Supervisor if particulars.visit.is_none() => {
                    "Say which trip it was."
                }
                _ => continue,
            };
            return Err(format!("{code} needs more. {lacks}"));
        }
        Ok(particulars)
    }

    fn sign_off(&mut self, date: Date, session: Session) -> Done {
        let author = self.author(&Duty::Office)?;
        let expected = self.on_roll(date).iter().map(|pupil| pupil.number).collect();
        let signed = self.tablet.sign_off(&author, date, session, &expected);
        let body = signed.map_err(words)?.body;
        self.screen = Screen::Board(date);
        Ok(Some(format!(
            "Signed off: {date} {session}. {} without a mark, {} with two different marks.",
            body.unmarked.len(),
            body.disputed.len()
        )))
    }

    /// What was done about an absence, in the office's sheet of the day of the absence.
    fn follow_up(&mut self, pupil: PupilNumber, fields: &Fields) -> Done {
        let today = self.today();
        let (date, body) = if let Some(step) = fields.given("step") {
            (today, FollowUp::step(pupil, &step).map_err(words)?)
        } else {
            let how = fields
                .given("how")
                .unwrap_or_else(|| How::Phone.word().to_owned());
            let how: How = how.parse().map_err(words)?;
            let result = fields.given("result").ok_or("Say what came of it.")?;
            let result: AttemptResult = result.parse().map_err(words)?;
            let date = fields.given("date").map(|date| date.parse::<Date>());
            let date = date.transpose().map_err(words)?.unwrap_or(today);
            (date, FollowUp::Attempt { pupil, how, result })
        };
        let statement = self.statement(body)?;
        let sheet = Replica::sheet(date, &Duty::Office);
        let said = self.tablet.say(&sheet, &Item::FollowUp(statement));
        said.map_err(words)?;
        Ok(Some(format!("Noted for {}. {}.", self.name(pupil), say::SAVED)))
    }
}
