//! What law and national framework set for every school: the reason for an `N`, the
//! threshold of penalty notices, persistent and severe absence, retention.

use super::error::{Conflict, RuleFault};
use super::findings::{Findings, Fit};
use super::framework;
use super::given::{Leaf, Stated};
use super::limits::{
    REASON_SCHOOL_DAYS_MAX, RETENTION_YEARS_MAX, RETENTION_YEARS_MIN, SCHOOL_WEEKS_MAX, SESSIONS_MAX,
};
use super::origin::{Explained, Ground};
use super::reader::{Reader, Section};
use super::terms::{AbsenceShares, Codes, PenaltyThreshold, PerMille, ReasonOwed};
use super::{print, read};
use crate::code::{self, Code, CountsAs};
use crate::session::Date;

const REASON: Ground = Ground::Regulation("SI 2024/208, regulation 10(7) to (9): five school days");
const THEN: Ground = Ground::Guidance("a reason still unknown after five school days is O");
const SHARES: Ground = Ground::Guidance("persistent absence is 10 % or more missed, severe 50 % or more");
const SIX_YEARS: Ground = Ground::Regulation("SI 2024/208, regulation 7: six years from the entry");

const PERSISTENT: PerMille = PerMille::new(100).expect("10 % is a share");
const SEVERE: PerMille = PerMille::new(500).expect("50 % is a share");

/// As far as they were said.
#[derive(Debug, Clone, Default)]
pub(super) struct GivenStatutory {
    reason_days: Leaf<u16>,
    reason_then: Leaf<Code>,
    sessions: Leaf<u16>,
    school_weeks: Leaf<u16>,
    codes: Leaf<Codes>,
    persistent: Leaf<PerMille>,
    severe: Leaf<PerMille>,
    retention_years: Leaf<u16>,
}

impl GivenStatutory {
    /// Takes what a set says.
    pub(super) fn read<'t>(&mut self, reader: &mut Reader<'t>, set: &mut Section<'_, 't>) {
        if let Some(mut table) = set.table(reader, "reason_owed") {
            let why = "regulation 10(7) to (9) of SI 2024/208 gives five school days";
            let days = read::count(1, REASON_SCHOOL_DAYS_MAX, why);
            table.leaf(reader, "school_days", &mut self.reason_days, days);
            table.leaf(reader, "then", &mut self.reason_then, read::code);
            table.finish(reader);
        }
        if let Some(mut table) = set.table(reader, "penalty") {
            let weeks = read::count(1, SCHOOL_WEEKS_MAX, "");
            table.leaf(
                reader,
                "sessions",
                &mut self.sessions,
                read::count(1, SESSIONS_MAX, ""),
            );
            table.leaf(reader, "school_weeks", &mut self.school_weeks, weeks);
            table.leaf(reader, "codes", &mut self.codes, read::codes);
            table.finish(reader);
        }
        if let Some(mut table) = set.table(reader, "absence") {
            table.leaf(reader, "persistent_percent", &mut self.persistent, read::percent);
            table.leaf(reader, "severe_percent", &mut self.severe, read::percent);
            table.finish(reader);
        }
        let why = "regulation 7 of SI 2024/208 keeps every entry for six years at least";
        let years = read::count(RETENTION_YEARS_MIN, RETENTION_YEARS_MAX, why);
        set.leaf(reader, "retention_years", &mut self.retention_years, years);
    }

    /// With the defaults.
    pub(super) fn complete(&self) -> Statutory {
        Statutory {
            reason_days: self.reason_days.or(REASON_SCHOOL_DAYS_MAX, REASON),
            reason_then: self.reason_then.or(Code::literal("O"), THEN),
            sessions: framework::sessions(&self.sessions),
            school_weeks: framework::school_weeks(&self.school_weeks),
            codes: framework::codes(&self.codes),
            persistent: self.persistent.or(PERSISTENT, SHARES),
            severe: self.severe.or(SEVERE, SHARES),
            retention_years: self.retention_years.or(RETENTION_YEARS_MIN, SIX_YEARS),
        }
    }
}

/// The same, complete.
pub(super) struct Statutory {
    reason_days: Stated<u16>,
    reason_then: Stated<Code>,
    sessions: Stated<u16>,
    school_weeks: Stated<u16>,
    codes: Stated<Codes>,
    persistent: Stated<PerMille>,
    severe: Stated<PerMille>,
    retention_years: Stated<u16>,
}

impl Statutory {
    /// Notes what cannot be together, and codes that the rules cannot be about.
    pub(super) fn check(&self, date: Date, findings: &mut Findings) {
        findings.codes(
            "penalty.codes",
            &self.codes.value,
            &self.codes.origin,
            Fit::Unauthorised,
        );
        framework::check(&self.sessions, &self.school_weeks, &self.codes, findings);
        let then = self.reason_then.value;
        let is_unauthorised =
            code::row_on(then, date).map(|row| row.statistics == CountsAs::UnauthorisedAbsence);
        if is_unauthorised != Ok(true) || then.unexplained() {
            let fault = RuleFault::UnfitCode {
                key: "reason_owed.then".to_owned(),
                origin: self.reason_then.origin.clone(),
                code: then.to_string(),
                remedy: "name the code of an absence that nobody explained, such as O",
            };
            findings.note(&self.reason_then.origin, fault);
        }
        for (key, share, national) in [
            ("absence.persistent_percent", &self.persistent, PERSISTENT),
            ("absence.severe_percent", &self.severe, SEVERE),
        ] {
            findings.clash(
                share.value > national,
                (key, share),
                Conflict::AboveNationalShare,
                (key, &Leaf::Unsaid.or(national, SHARES)),
                print::percent,
            );
        }
        findings.clash(
            self.severe.value <= self.persistent.value,
            ("absence.severe_percent", &self.severe),
            Conflict::SevereBelowPersistent,
            ("absence.persistent_percent", &self.persistent),
            print::percent,
        );
    }

    /// What stands, and why.
    pub(super) fn explain(&self, date: Date, out: &mut Vec<Explained>) {
        let number = u16::to_string;
        out.push(self.reason_days.explain("reason_owed.school_days", date, number));
        out.push(self.reason_then.explain("reason_owed.then", date, print::code));
        out.push(self.sessions.explain("penalty.sessions", date, number));
        out.push(self.school_weeks.explain("penalty.school_weeks", date, number));
        out.push(self.codes.explain("penalty.codes", date, print::codes));
        out.push(
            self.persistent
                .explain("absence.persistent_percent", date, print::percent),
        );
        out.push(
            self.severe
                .explain("absence.severe_percent", date, print::percent),
        );
        out.push(self.retention_years.explain("retention_years", date, number));
    }

    /// The reason for an `N`.
    pub(super) fn reason_owed(&self) -> ReasonOwed {
        ReasonOwed {
            school_days: self.reason_days.value,
            then: self.reason_then.value,
        }
    }

    /// The threshold of penalty notices.
    pub(super) fn penalty(&self) -> PenaltyThreshold {
        PenaltyThreshold {
            sessions: self.sessions.value,
            school_weeks: self.school_weeks.value,
            codes: self.codes.value.clone(),
        }
    }

    /// Persistent and severe absence.
    pub(super) fn absence(&self) -> AbsenceShares {
        AbsenceShares {
            persistent: self.persistent.value,
            severe: self.severe.value,
        }
    }

    /// For how many years entries are kept.
    pub(super) fn retention_years(&self) -> u8 {
        u8::try_from(self.retention_years.value).expect("at most RETENTION_YEARS_MAX")
    }
}
