//! What each school settles for itself: the parents' time, doubt of clocks, R1 and R2, roles, sign-off, its target.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::findings::{Findings, Fit};
use super::given::{Leaf, Stated};
use super::limits::CLOCK_DOUBT_SECONDS_MAX;
use super::origin::{Explained, Ground};
use super::print;
use super::read::{self, Read};
use super::reader::{Reader, Section};
use super::terms::{Codes, PerMille, SignOffWith};
use crate::entry::TimeOfDay;
use crate::fold;
use crate::roster::Role;
use crate::session::Date;

/// Half a minute: what a tablet's clock is off by after a day without contact, and the time of walking to the gate.
const CLOCK_DOUBT_SECONDS: u16 = 30;

const DOUBT: Ground = Ground::Daymark("half a minute");
const NO_TIME: Ground = Ground::Daymark("the policy names no time");
const BOTH_RULES: Ground = Ground::Daymark("R1 and R2 settle unless the school turns them off");
const NO_TARGET: Ground = Ground::Daymark("the policy names no figure");
const NAMED: Ground = Ground::Daymark("what is open is named, and stays open");
const ANY_ROLE: Ground = Ground::Daymark("a role that is not named may enter any code");

const SIGN_OFFS: &[(&str, SignOffWith)] = &[
    ("open-decisions-named", SignOffWith::OpenDecisionsNamed),
    ("nothing-open", SignOffWith::NothingOpen),
];

/// As far as they were said.
#[derive(Debug, Clone, Default)]
pub(super) struct GivenLocal {
    clock_doubt_seconds: Leaf<u16>,
    notify_by: Leaf<Option<TimeOfDay>>,
    settle: Leaf<fold::Rules>,
    target: Leaf<Option<PerMille>>,
    sign_off: Leaf<SignOffWith>,
    codes_by_role: BTreeMap<Role, Leaf<Option<Codes>>>,
}

impl GivenLocal {
    /// Takes what a set says.
    pub(super) fn read<'t>(&mut self, reader: &mut Reader<'t>, set: &mut Section<'_, 't>) {
        let doubt = read::count(0, CLOCK_DOUBT_SECONDS_MAX, "");
        set.leaf(
            reader,
            "clock_doubt_seconds",
            &mut self.clock_doubt_seconds,
            doubt,
        );
        set.leaf(
            reader,
            "notify_by",
            &mut self.notify_by,
            read::or_none(read::time),
        );
        set.leaf(reader, "settle", &mut self.settle, settling);
        set.leaf(
            reader,
            "target_percent",
            &mut self.target,
            read::or_none(read::percent),
        );
        set.leaf(reader, "sign_off", &mut self.sign_off, read::word(SIGN_OFFS));
        if let Some(mut table) = set.table(reader, "codes_by_role") {
            for role in Role::ALL {
                let given = self.codes_by_role.entry(role).or_default();
                table.leaf(reader, role.as_str(), given, read::or_none(read::codes));
            }
            table.finish(reader);
        }
    }

    /// With the defaults.
    pub(super) fn complete(&self) -> Local {
        let by_role = self.codes_by_role.iter().filter(|(_, codes)| codes.is_said());
        Local {
            clock_doubt_seconds: self.clock_doubt_seconds.or(CLOCK_DOUBT_SECONDS, DOUBT),
            notify_by: self.notify_by.or(None, NO_TIME),
            settle: self.settle.or(fold::Rules::default(), BOTH_RULES),
            target: self.target.or(None, NO_TARGET),
            sign_off: self.sign_off.or(SignOffWith::OpenDecisionsNamed, NAMED),
            codes_by_role: by_role
                .map(|(role, codes)| (*role, codes.or(None, ANY_ROLE)))
                .collect(),
        }
    }
}

/// `["R1", "R2"]`, either, or none.
fn settling(value: &DeValue<'_>) -> Read<fold::Rules> {
    let remedy = "write the rules that settle by themselves, each once: [\"R1\", \"R2\"], one of them, or []";
    let mut rules = fold::Rules { r1: false, r2: false };
    for item in value.as_array().ok_or(remedy)? {
        let name = item.get_ref().as_str().ok_or(remedy)?;
        let rule = match name {
            "R1" => &mut rules.r1,
            "R2" => &mut rules.r2,
            other => return Err(format!("there is no rule {other:?}; {remedy}")),
        };
        if std::mem::replace(rule, true) {
            return Err(remedy.to_owned());
        }
    }
    Ok(rules)
}

/// The same, complete.
pub(super) struct Local {
    clock_doubt_seconds: Stated<u16>,
    notify_by: Stated<Option<TimeOfDay>>,
    settle: Stated<fold::Rules>,
    target: Stated<Option<PerMille>>,
    sign_off: Stated<SignOffWith>,
    codes_by_role: BTreeMap<Role, Stated<Option<Codes>>>,
}

impl Local {
    /// Notes codes that cannot stand.
    pub(super) fn check(&self, findings: &mut Findings) {
        for (role, codes) in &self.codes_by_role {
            if let Some(named) = &codes.value {
                findings.codes(&format!("codes_by_role.{role}"), named, &codes.origin, Fit::Any);
            }
        }
    }

    /// What stands, and why.
    pub(super) fn explain(&self, date: Date, out: &mut Vec<Explained>) {
        let time = print::or_none(print::time);
        out.push(
            self.clock_doubt_seconds
                .explain("clock_doubt_seconds", date, u16::to_string),
        );
        out.push(self.notify_by.explain("notify_by", date, time));
        out.push(self.settle.explain("settle", date, |rules| {
            let names = [(rules.r1, "R1"), (rules.r2, "R2")];
            let on: Vec<String> = names
                .iter()
                .filter(|(on, _)| *on)
                .map(|(_, name)| print::text(name))
                .collect();
            format!("[{}]", on.join(", "))
        }));
        out.push(
            self.target
                .explain("target_percent", date, print::or_none(print::percent)),
        );
        out.push(self.sign_off.explain("sign_off", date, print::word(SIGN_OFFS)));
        for (role, codes) in &self.codes_by_role {
            let key = format!("codes_by_role.{role}");
            out.push(codes.explain(&key, date, print::or_none(print::codes)));
        }
        if self.codes_by_role.is_empty() {
            out.push(Explained {
                key: "codes_by_role".to_owned(),
                value: "{}".to_owned(),
                origin: super::origin::Origin::Default(ANY_ROLE),
            });
        }
    }

    /// Fills in what they amount to.
    pub(super) fn terms(&self) -> LocalTerms {
        let by_role = self.codes_by_role.iter();
        LocalTerms {
            clock_doubt_seconds: self.clock_doubt_seconds.value,
            notify_by: self.notify_by.value,
            settle: self.settle.value,
            target: self.target.value,
            sign_off: self.sign_off.value,
            codes_by_role: by_role
                .filter_map(|(role, codes)| Some((*role, codes.value.clone()?)))
                .collect(),
        }
    }
}

/// What a school settles for itself, as [`SchoolRules`](super::terms::SchoolRules) has it.
pub(super) struct LocalTerms {
    pub(super) clock_doubt_seconds: u16,
    pub(super) notify_by: Option<TimeOfDay>,
    pub(super) settle: fold::Rules,
    pub(super) target: Option<PerMille>,
    pub(super) sign_off: SignOffWith,
    pub(super) codes_by_role: BTreeMap<Role, Codes>,
}
