//! All that a person can do in the app. A button carries one of these, encoded; nothing else reaches the app from a page.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daymark_core::code::Code;
use daymark_core::entry::Duty;
use daymark_core::ids::{ClassName, PersonId, PupilNumber, VisitId};
use daymark_core::session::{Date, Session};
use serde::{Deserialize, Serialize};

/// A register: a duty's list in one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// Whose list.
    pub duty: Duty,
    /// On which date.
    pub date: Date,
    /// Morning or afternoon.
    pub session: Session,
}

/// Which rows of a register are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Filter {
    /// All of them.
    #[default]
    All,
    /// Without a mark.
    NotYet,
    /// Not accounted for.
    Missing,
    /// Who left the group.
    Left,
}

/// One screen of the app, with what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Screen {
    /// What there is to do today.
    Today,
    /// A register: of a trip, or of a class.
    Register(Register, Filter),
    /// One pupil of a register.
    Row(Register, PupilNumber),
    /// A head count on a trip.
    Count(Register),
    /// The late gate, with one class open.
    Gate(Option<ClassName>),
    /// Finding a pupil at the gate by a part of the name.
    GateFind,
    /// The reasons of one who came late.
    GateReason(PupilNumber),
    /// Home visits.
    Visits,
    /// Starting a visit to a pupil.
    VisitStart(PupilNumber),
    /// A visit.
    Visit(VisitId),
    /// Writing an account of a visit.
    Account(VisitId),
    /// What is on the way to school.
    Sent,
    /// Handing over by a code.
    HandOver,
    /// Taking over another tablet's marks.
    TakeOver,
    /// A blank register on paper.
    Paper,
    /// The person's menu: help, theme, PINs.
    Me,
    /// The office's day.
    Board(Date),
    /// What the office decides.
    Decisions(Date),
    /// What arrived after sign-off.
    AfterSignOff(Date),
    /// Changes of marks.
    Amendments(Span),
    /// Finding a pupil.
    Pupils,
    /// A pupil's register, with the history of one cell.
    Pupil(PupilNumber, Option<(Date, Session)>),
    /// The school's tablets.
    Devices,
    /// Inviting one.
    Invite,
    /// A device that is to be reported lost.
    Lost(u32),
    /// One worklist.
    Worklist(u8),
    /// The school's rules.
    Rules,
    /// Files out.
    Exports,
    /// The roster in.
    Import,
    /// What a sign-off would say.
    SignOff(Date, Session),
    /// One of the school's tablets: another duty, or none any more.
    Device(u32),
    /// A paper register that is keyed in.
    KeyIn,
}

/// From one date to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first date.
    pub from: Date,
    /// The last date.
    pub to: Date,
}

/// How the screen looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// Day.
    #[default]
    Light,
    /// Evenings.
    Dark,
    /// Sun on the glass.
    Glare,
}

/// What a file that is asked for is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum File {
    /// Marks as CSV.
    Marks,
    /// Amendments as CSV.
    Amendments,
    /// A class's printed register.
    Register,
    /// One pupil's page.
    Pupil(PupilNumber),
    /// The evidence of one pupil, to be checked by anybody.
    Evidence(PupilNumber),
    /// Attendance to the common transfer format.
    Ctf,
}

/// Something that a person does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Opens a screen; the one before it is a step back.
    Go(Screen),
    /// Replaces the screen, such as by another filter of it.
    Turn(Screen),
    /// A step back.
    Back,
    /// Joins a school: the form of the invitation.
    Join,
    /// Chooses a PIN after joining: the form.
    ChoosePin,
    /// The recovery code was written down.
    CodeKept,
    /// Says who unlocks.
    Who(PersonId),
    /// Somebody else unlocks.
    NotMe,
    /// A digit of the PIN, or of a count.
    Digit(u8),
    /// Takes the last digit away.
    Rub,
    /// Tries the PIN.
    Unlock,
    /// Unlocks with the office's recovery code: the form.
    Recover,
    /// Locks the screen, for the next person.
    Lock,
    /// Hides everything at once.
    Cover,
    /// Another look.
    Look(Theme),
    /// Buttons at the other thumb.
    OtherHand,
    /// Gives somebody a PIN here: the form.
    GivePin,
    /// Closes what was said.
    Heard,
    /// Marks a pupil with a code; the form may hold a reason.
    Mark(Register, PupilNumber, Code),
    /// A letter typed on a row.
    Letter(Register, PupilNumber),
    /// Marks everybody who has no mark, when the count agrees.
    MarkRest(Register),
    /// Takes back what was done last.
    Undo,
    /// Takes back one pupil's mark: the form has the reason.
    TakeBack(Register, PupilNumber),
    /// Saves a head count: who is ticked as missing is in the form.
    SaveCount(Register),
    /// Says who is missing at the count.
    Missing(Register, PupilNumber),
    /// A pupil leaves the group: the form says with whom.
    LeftGroup(Register, PupilNumber),
    /// And is back.
    Rejoined(Register, PupilNumber),
    /// Shows one group of a trip, by its name, or everybody.
    ShowGroup(Option<String>),
    /// Somebody came late.
    Arrived(PupilNumber),
    /// Somebody came late and will be named later.
    JustTime,
    /// Gives a time that was kept to a pupil.
    Name(PupilNumber),
    /// Why somebody came late.
    Reason(PupilNumber, String),
    /// A search: the form has the text.
    Search,
    /// Starts a visit: the form has the visitors.
    StartVisit(PupilNumber),
    /// At the door.
    AtDoor(VisitId),
    /// How a visit ended, by the place in the ladder.
    Outcome(VisitId, u8),
    /// Facts by chips and text: the form.
    Facts(VisitId),
    /// A card was left: the form has the time.
    CardLeft(VisitId),
    /// The next step: the form.
    NextStep(VisitId),
    /// Writes one's own account: the form.
    WriteAccount(VisitId),
    /// Has read both accounts.
    Agree(VisitId, bool),
    /// Back safe.
    BackSafe(VisitId),
    /// Tries to reach the school now.
    TryNow,
    /// Takes in a file or a scanned code: the bytes are in the form.
    TakeBundle,
    /// Starts or stops the camera.
    Scan(bool),
    /// Saves what is handed over as a file.
    SaveBundle,
    /// Chooses a code at a decision.
    Choose(Date, Session, PupilNumber, Code),
    /// Chooses why.
    Why(Date, Session, PupilNumber, String),
    /// Saves the decision.
    Decide(Date, Session, PupilNumber),
    /// Amends a mark: the form has code and reason.
    Amend(Date, Session, PupilNumber),
    /// Signs off.
    SignOff(Date, Session),
    /// An attempt to reach a family was made, or a step was taken: the form.
    Attempt(PupilNumber),
    /// Invites a device: the form.
    Invite,
    /// Confirms a device by its code.
    Confirm(u32, String),
    /// Reports a device lost: the form has the reason.
    ReportLost(u32),
    /// Reads the school's list of devices again.
    ReadDevices,
    /// Imports a file of pupils or staff: dry run or for good.
    Import {
        /// Whether it is of staff.
        staff: bool,
        /// Whether it is only tried.
        dry_run: bool,
    },
    /// Asks for a file: the form may say from when to when, and which class.
    Save(File),
    /// Other days, or another search, on the same screen: the form has them.
    PickDays,
    /// Brings one case of the decisions up.
    Focus(Date, Session, PupilNumber),
    /// Leaves a decision for now: the next one comes up.
    LeaveForNow(Date, Session, PupilNumber),
    /// Chooses another code at a decision: the form has it.
    ChooseOther(Date, Session, PupilNumber),
    /// Accepts what arrived after sign-off.
    Accept(Date, Session, PupilNumber, Code),
    /// Declines it: the form has the reason.
    Decline(Date, Session, PupilNumber),
    /// Goes along on a visit that is being started, or does not.
    Visitor(PersonId),
    /// Why the visit is made.
    VisitWhy(String),
    /// One's own account, while it is being typed: the form.
    TypeAccount(VisitId),
    /// Gives a device another duty: the form.
    GiveDuty(u32),
    /// Ends a device's duty for good: the form may have the reason.
    Retire(u32),
    /// Takes the other mark where a rule has settled: the form has the reason.
    Reverse(Date, Session, PupilNumber, Code),
    /// Has the school's server check its ledger.
    CheckLedger,
    /// Opens a paper register to key it in: the form says which.
    OpenSheet,
    /// Keys a code into the row that is open, or that it is empty.
    KeyRow(String),
    /// Opens a row, counted from 0: the form may have what stands beside the code of the row before.
    RowAt(u16),
    /// Sends the sheet to the school's server: to try it, or for good.
    SendSheet(bool),
    /// Writes a short text to a device: the form has it.
    WriteTo(u32),
    /// Has read what the office wrote.
    ReadMessage(u64),
}

/// What a form says, by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(pub BTreeMap<String, String>);

impl Fields {
    /// A field, trimmed; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map(|text| text.trim()).unwrap_or_default()
    }

    /// The same; `None` where it is empty.
    pub fn given(&self, name: &str) -> Option<String> {
        Some(self.get(name).to_owned()).filter(|text| !text.is_empty())
    }

    /// Fields by their names.
    pub fn of<const N: usize>(fields: [(&str, &str); N]) -> Self {
        Self(
            fields
                .into_iter()
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect(),
        )
    }
}

impl Action {
    /// What a button carries.
    pub fn encode(&self) -> String {
        // Encoding into memory fails for no value of this type.
        let bytes = postcard::to_allocvec(self).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads it; `None` for what is none, as after an update under an open page.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (action, rest) = postcard::take_from_bytes(&bytes).ok()?;
        rest.is_empty().then_some(action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_carries_its_action_and_nothing_else_is_one() {
        let register = Register {
            duty: Duty::Gate,
            date: "2026-03-02".parse().expect("a date"),
            session: Session::Am,
        };
        let action = Action::Mark(register, PupilNumber(1042), Code::VISIT);
        let text = action.encode();
        assert_eq!(Action::decode(&text), Some(action));
        for bad in ["", "*", "AAAA", &format!("{text}AA")] {
            assert_eq!(Action::decode(bad), None, "{bad}");
        }
    }
}
