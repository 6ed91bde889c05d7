//! The office: decisions, amendments, sign-off.

use std::collections::BTreeMap;

use daymark_core::code::Code;
use daymark_core::ids::PupilNumber;
use daymark_core::session::{Date, Session};

use super::Open;
use super::open::Done;
use crate::action::{Action, Fields, Screen};

/// What was chosen at a decision, before it is saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The code.
    pub code: Option<Code>,
    /// Why.
    pub why: Option<String>,
}

/// The office, as far as it is not in the register.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfficeState {
    /// Choices that are not saved.
    pub choices: BTreeMap<(Date, Session, PupilNumber), Choice>,
}

impl Open {
    pub(super) fn act_office(&mut self, action: Action, fields: &Fields) -> Done {
        let _ = (action, fields);
        Ok(None)
    }

    /// The days that the screen looks at, so that their sheets are asked for.
    pub(super) fn screen_span(&self) -> Option<(Date, Date)> {
        match &self.screen {
            Screen::Board(date)
            | Screen::Decisions(date)
            | Screen::AfterSignOff(date)
            | Screen::SignOff(date, _) => Some((*date, *date)),
            Screen::Amendments(span) => Some((span.from, span.to)),
            Screen::Register(register, _) => Some((register.date, register.date)),
            _ => None,
        }
    }
}
