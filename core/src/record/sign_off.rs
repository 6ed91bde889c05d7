//! Signing off a session.

use std::collections::BTreeSet;

use super::{Author, Pupils, RecordError};
use crate::document::Document;
use crate::entry::Duty;
use crate::fold::{CellFold, DayFold, ProposalKind, Standing};
use crate::ids::PupilNumber;
use crate::item::Statement;
use crate::rules::RegisterPolicy;
use crate::rules::terms::SignOffWith;
use crate::session::{Cell, Session};
use crate::sign_off::{SeenSheet, SignOff};

/// The pupils on whom a person must still decide: two different marks, a question, or something after an earlier
/// sign-off that says otherwise.
fn waiting(day: &DayFold, policy: &RegisterPolicy, session: Session) -> BTreeSet<PupilNumber> {
    let differs = |fold: &CellFold| {
        let mut proposals = fold.proposals.iter();
        proposals.any(|proposal| proposal.kind != ProposalKind::Confirms)
    };
    day.cells()
        .filter(|(cell, fold)| {
            let waits = fold.standing.is_disputed() || differs(fold) || policy.question(day, cell).is_some();
            cell.session == session && waits
        })
        .map(|(cell, _)| cell.pupil)
        .collect()
}

/// The office's sign-off of a session. It names the heads of every sheet that this replica holds, and writes down
/// what is missing: sign-off with gaps is allowed, silence about them is not.
///
/// # Errors
/// [`RecordError::NotTheOffice`]; [`RecordError::OpenDecisions`] at a school whose rules want none open
/// ([`SignOffWith::NothingOpen`]).
pub fn sign_off<'a>(
    day: &DayFold,
    author: &Author,
    session: Session,
    sheets: impl IntoIterator<Item = &'a Document>,
    expected: &BTreeSet<PupilNumber>,
) -> Result<Statement<SignOff>, RecordError> {
    if author.duty != Duty::Office {
        return Err(RecordError::NotTheOffice {
            duty: author.duty.clone(),
        });
    }
    let rules = author.policy.on(day.date());
    if rules.is_some_and(|rules| rules.sign_off == SignOffWith::NothingOpen) {
        let pupils = waiting(day, &author.policy, session);
        if !pupils.is_empty() {
            return Err(RecordError::OpenDecisions {
                date: day.date(),
                session,
                pupils: Pupils(pupils),
            });
        }
    }
    let mut saw: Vec<SeenSheet> = sheets
        .into_iter()
        .filter(|document| document.id().date() == Some(day.date()))
        .map(|document| SeenSheet {
            sheet: document.id().clone(),
            heads: document.heads(),
        })
        .collect();
    saw.sort_by(|a, b| a.sheet.cmp(&b.sheet));
    let in_session = |pupil: &PupilNumber| {
        day.cell(&Cell {
            date: day.date(),
            session,
            pupil: *pupil,
        })
    };
    let disputed = day
        .cells()
        .filter(|(cell, fold)| cell.session == session && fold.standing.is_disputed())
        .map(|(cell, _)| cell.pupil)
        .collect();
    let unmarked = expected
        .iter()
        .filter(|pupil| in_session(pupil).is_none_or(|fold| fold.standing == Standing::Blank))
        .copied()
        .collect();
    let body = SignOff {
        session,
        saw,
        disputed,
        unmarked,
    };
    Ok(Statement {
        stamp: author.stamp(),
        supersedes: day.sign_offs(session).map(|earlier| earlier.id).collect(),
        reason: None,
        body,
    })
}
