//! What contradicts itself in a set that was read.

use super::error::{Conflict, RuleError, RuleFault, Said};
use super::given::Stated;
use super::origin::Origin;
use super::terms::Codes;
use crate::code::{self, Code, CodeRow, CountsAs};
use crate::session::Date;

/// Which codes a rule can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Every code.
    Any,
    /// Those of an absence, authorised or not.
    Absence,
    /// Those of unauthorised absence.
    Unauthorised,
    /// Those of a late arrival.
    Late,
}

impl Fit {
    fn allows(self, code: Code, row: &CodeRow) -> bool {
        match self {
            Self::Any => true,
            Self::Absence => matches!(
                row.statistics,
                CountsAs::AuthorisedAbsence | CountsAs::UnauthorisedAbsence
            ),
            Self::Unauthorised => row.statistics == CountsAs::UnauthorisedAbsence,
            Self::Late => code == Code::LATE || code == Code::AFTER_CLOSING,
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Any => "name codes of the register",
            Self::Absence => "name codes of absence, authorised or not",
            Self::Unauthorised => "name codes of unauthorised absence: G, N, O or U",
            Self::Late => "name codes of late arrivals: L, U or both",
        }
    }
}

/// The mistakes of one set.
pub(super) struct Findings {
    date: Date,
    /// The line on which the set begins, for what the file itself does not say.
    line: usize,
    /// What was found.
    pub(super) errors: Vec<RuleError>,
}

impl Findings {
    /// Nothing found yet, in the set that begins on a date and a line.
    pub(super) fn of(date: Date, line: usize) -> Self {
        Self {
            date,
            line,
            errors: Vec::new(),
        }
    }

    /// Notes a mistake where its cause stands, or else where the set begins.
    pub(super) fn note(&mut self, origin: &Origin, fault: RuleFault) {
        let line = origin.line().unwrap_or(self.line);
        self.errors.push(RuleError { line, fault });
    }

    /// Notes that something is missing.
    pub(super) fn missing(&mut self, origin: &Origin, key: &str, remedy: &str) {
        let (key, remedy) = (key.to_owned(), remedy.to_owned());
        self.note(origin, RuleFault::Missing { key, remedy });
    }

    /// Notes two statements that cannot both hold, on the later line of the two.
    pub(super) fn conflict(&mut self, said: Said, conflict: Conflict, against: Said) {
        let line = said.origin.line().max(against.origin.line()).unwrap_or(self.line);
        let fault = RuleFault::Conflict {
            said,
            conflict,
            against,
        };
        self.errors.push(RuleError { line, fault });
    }

    /// Notes a conflict between two values, where it is one and both were read.
    pub(super) fn clash<T>(
        &mut self,
        is_wrong: bool,
        (key, said): (&str, &Stated<T>),
        conflict: Conflict,
        (other_key, against): (&str, &Stated<T>),
        print: fn(&T) -> String,
    ) {
        if is_wrong && said.sound && against.sound {
            self.conflict(said.said(key, print), conflict, against.said(other_key, print));
        }
    }

    /// Notes every code that is not in force on the first day of the set, or that the rule cannot be about.
    pub(super) fn codes(&mut self, key: &str, codes: &Codes, origin: &Origin, fit: Fit) {
        for code in codes.iter().copied() {
            let (key, at) = (key.to_owned(), origin.clone());
            match code::row_on(code, self.date) {
                Err(source) => self.note(
                    origin,
                    RuleFault::CodeNotInForce {
                        key,
                        origin: at,
                        source,
                    },
                ),
                Ok(row) if !fit.allows(code, row) => {
                    let fault = RuleFault::UnfitCode {
                        key,
                        origin: at,
                        code: code.to_string(),
                        remedy: fit.remedy(),
                    };
                    self.note(origin, fault);
                }
                Ok(_) => {}
            }
        }
    }
}
