//! What a person must decide, and what was settled by rule and may be reversed.

use daymark_core::code::Code;
use daymark_core::fold::{DayFold, ProposalKind, Standing};
use daymark_core::ids::{EntryId, PupilNumber};
use daymark_core::session::{Cell, Date, Session};
use daymark_sync_protocol::brief::Became;
use daymark_sync_protocol::client::Replica;
use serde::Serialize;

use crate::register::{MarkShown, mark_shown, states};
use crate::{people, words};

/// Why a cell is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Two different marks; the child counts as missing.
    Decision,
    /// A mark stands about which the office is asked, such as `L` or `U`.
    Question,
    /// A mark that arrived after sign-off says otherwise.
    AfterSignOff,
    /// A rule settled it; the office may reverse that.
    SettledByRule,
    /// A mark that arrived after sign-off says the same.
    Confirms,
}

impl Kind {
    /// Whether a person must act.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Decision | Self::Question | Self::AfterSignOff)
    }
}

/// One cell that is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Why.
    pub kind: Kind,
    /// Whether a child may be missing right now.
    pub urgent: bool,
    /// The date.
    pub date: Date,
    /// Morning or afternoon.
    pub session: Session,
    /// Whose.
    pub pupil: PupilNumber,
    /// Their name, where this tablet knows it.
    pub name: String,
    /// What stands, where something does.
    pub code: Option<Code>,
    /// In words.
    pub words: String,
    /// The marks side by side, with their names.
    pub marks: Vec<MarkShown>,
}

/// The cases of a date, the most pressing first.
pub fn cases(replica: &Replica, date: Date) -> Vec<Case> {
    let day = replica.day(date);
    let states = states(replica, date);
    let shown = |ids: &mut dyn Iterator<Item = EntryId>| -> Vec<MarkShown> {
        ids.filter_map(|id| mark_shown(&day, &states, id)).collect()
    };
    let policy = replica.policy();
    let mut cases = Vec::new();
    for (cell, fold) in day.cells() {
        let case = |kind, urgent, said: String, marks| Case {
            kind,
            urgent,
            date,
            session: cell.session,
            pupil: cell.pupil,
            name: people::pupil_name(replica, cell.pupil),
            code: fold.code(),
            words: said,
            marks,
        };
        let standing = shown(&mut fold.candidates.iter().copied());
        let said = words::standing(&fold.standing).unwrap_or_default();
        match fold.standing {
            Standing::Disputed { why } => {
                cases.push(case(Kind::Decision, why.urgent(), said, standing.clone()));
            }
            Standing::Settled { .. } => {
                cases.push(case(Kind::SettledByRule, false, said, standing.clone()));
            }
            _ => {}
        }
        if let Some(question) = policy.question(&day, cell) {
            cases.push(case(
                Kind::Question,
                false,
                question.to_string(),
                standing.clone(),
            ));
        }
        for proposal in &fold.proposals {
            let (kind, differs) = match proposal.kind {
                ProposalKind::Differs => (Kind::AfterSignOff, "says otherwise"),
                ProposalKind::Confirms => (Kind::Confirms, "says the same"),
            };
            let said = format!("{}, {differs}", words::AFTER_SIGN_OFF);
            let mut marks = standing.clone();
            marks.extend(shown(&mut std::iter::once(proposal.entry)));
            cases.push(case(kind, false, said, marks));
        }
    }
    cases.extend(told(replica, &day));
    cases.sort_by_key(|case| (case.kind, !case.urgent, case.session, case.pupil));
    cases
}

/// What the brief tells of marks on sheets that this tablet does not see.
fn told(replica: &Replica, day: &DayFold) -> Vec<Case> {
    let states = states(replica, day.date());
    let fates = replica.brief().map(|brief| brief.fates.as_slice());
    fates
        .unwrap_or_default()
        .iter()
        .filter_map(|fate| {
            let kind = match fate.became {
                Became::Disputed(_) => Kind::Decision,
                Became::Settled(_) => Kind::SettledByRule,
                Became::Proposed => Kind::AfterSignOff,
                Became::Amended(_) | Became::Irregular(_) => return None,
            };
            let entry = day.entry(&fate.entry)?;
            let Cell { date, session, pupil } = entry.cell;
            let local = day.cell(&entry.cell)?;
            let known_here = match kind {
                Kind::Decision => local.standing.is_disputed(),
                Kind::SettledByRule => matches!(local.standing, Standing::Settled { .. }),
                Kind::AfterSignOff | Kind::Confirms | Kind::Question => !local.proposals.is_empty(),
            };
            (!known_here).then(|| Case {
                kind,
                urgent: false,
                date,
                session,
                pupil,
                name: people::pupil_name(replica, pupil),
                code: local.code(),
                words: words::became(&fate.became),
                marks: mark_shown(day, &states, fate.entry).into_iter().collect(),
            })
        })
        .collect()
}
