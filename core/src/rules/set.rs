//! One set of rules: what the sets so far have said, completed, checked and explained.

use super::bands::{self, GivenBands};
use super::days::{ABSENCE_RETURN, GivenTrigger, SICKNESS_RETURN, Trigger, WELFARE_CHECK};
use super::findings::Findings;
use super::given::Stated;
use super::local::{GivenLocal, Local};
use super::origin::Explained;
use super::reader::{Reader, Section};
use super::statutory::{GivenStatutory, Statutory};
use super::steps::{self, GivenSteps};
use super::terms::{Band, SchoolRules, Step};
use super::times::{self, GivenTimes, Times};
use crate::session::Date;

/// What the profile and the sets so far have said, the last word on each value.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    am: GivenTimes,
    pm: GivenTimes,
    local: GivenLocal,
    statutory: GivenStatutory,
    welfare_check: GivenTrigger,
    absence_return: GivenTrigger,
    sickness_return: GivenTrigger,
    bands: GivenBands,
    steps: GivenSteps,
}

impl Given {
    /// Takes what a set says over what was said before.
    pub(super) fn read<'t>(&mut self, reader: &mut Reader<'t>, set: &mut Section<'_, 't>) {
        self.am.read(reader, set, "am");
        self.pm.read(reader, set, "pm");
        self.local.read(reader, set);
        self.statutory.read(reader, set);
        self.welfare_check.read(reader, set, &WELFARE_CHECK);
        self.absence_return.read(reader, set, &ABSENCE_RETURN);
        self.sickness_return.read(reader, set, &SICKNESS_RETURN);
        bands::read(&mut self.bands, reader, set);
        steps::read(&mut self.steps, reader, set);
    }

    /// With the defaults of law, guidance and program.
    pub(super) fn complete(&self) -> Complete {
        let (am, pm) = times::complete(&self.am, &self.pm);
        Complete {
            am,
            pm,
            local: self.local.complete(),
            statutory: self.statutory.complete(),
            welfare_check: self.welfare_check.complete(&WELFARE_CHECK),
            absence_return: self.absence_return.complete(&ABSENCE_RETURN),
            sickness_return: self.sickness_return.complete(&SICKNESS_RETURN),
            bands: bands::complete(&self.bands),
            steps: steps::complete(&self.steps),
        }
    }
}

/// Every value of a set, with its origin.
pub(super) struct Complete {
    am: Times,
    pm: Times,
    local: Local,
    statutory: Statutory,
    welfare_check: Trigger,
    absence_return: Trigger,
    sickness_return: Trigger,
    bands: Stated<Vec<Stated<Band>>>,
    steps: Stated<Vec<Stated<Step>>>,
}

impl Complete {
    /// Notes every contradiction.
    pub(super) fn check(&self, date: Date, findings: &mut Findings) {
        self.am.check(findings);
        self.pm.check(findings);
        self.am.check_before(&self.pm, findings);
        self.local.check(findings);
        self.statutory.check(date, findings);
        self.welfare_check.check(findings);
        self.absence_return.check(findings);
        self.sickness_return.check(findings);
        bands::check(&self.bands, findings);
        steps::check(&self.steps, findings);
    }

    /// Every value and its origin, in a fixed order.
    pub(super) fn explain(&self, date: Date) -> Vec<Explained> {
        let mut out = Vec::new();
        self.am.explain(date, &mut out);
        self.pm.explain(date, &mut out);
        self.local.explain(date, &mut out);
        self.statutory.explain(date, &mut out);
        self.welfare_check.explain(date, &mut out);
        self.absence_return.explain(date, &mut out);
        self.sickness_return.explain(date, &mut out);
        bands::explain(&self.bands, date, &mut out);
        steps::explain(&self.steps, date, &mut out);
        out
    }

    /// What they amount to.
    pub(super) fn rules(&self) -> SchoolRules {
        let local = self.local.terms();
        SchoolRules {
            am: self.am.terms(),
            pm: self.pm.terms(),
            clock_doubt_seconds: local.clock_doubt_seconds,
            notify_by: local.notify_by,
            settle: local.settle,
            reason_owed: self.statutory.reason_owed(),
            welfare_check: self.welfare_check.welfare_check(),
            absence_return: self.absence_return.trigger(),
            sickness_return: self.sickness_return.trigger(),
            penalty: self.statutory.penalty(),
            absence: self.statutory.absence(),
            target: local.target,
            bands: self.bands.value.iter().map(|band| band.value.clone()).collect(),
            steps: self.steps.value.iter().map(|step| step.value.clone()).collect(),
            codes_by_role: local.codes_by_role,
            sign_off: local.sign_off,
            retention_years: self.statutory.retention_years(),
        }
    }
}
