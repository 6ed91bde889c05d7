//! Days of absence that set something off: the home visit, and the two returns to the authority.

use toml::de::DeValue;

use super::findings::{Findings, Fit};
use super::given::{Leaf, Stated};
use super::limits::{
    ABSENCE_RETURN_SCHOOL_DAYS_MAX, SCHOOL_DAYS_MAX, SICKNESS_RETURN_SCHOOL_DAYS_MAX, VISITORS_MAX,
};
use super::origin::{Explained, Ground, Origin};
use super::reader::{Reader, Section};
use super::terms::{Codes, Counting, DayNeeds, DaysTrigger, WelfareCheck};
use super::{print, read};
use crate::code::Code;
use crate::session::Date;

const RETURN_OF_ABSENCE: Ground =
    Ground::Regulation("SI 2024/208, regulation 13: a continuous period of 10 school days without leave");
const RETURN_OF_ILLNESS: Ground =
    Ground::Regulation("SI 2024/208, regulation 13: 15 school days of illness, consecutive or cumulative");
const ILLNESS_BY_DAY: Ground =
    Ground::Guidance("the department's return counts days that hold a sickness code");
const NO_VISITS: Ground = Ground::Daymark("no law asks for a visit after a number of days");
const IN_A_ROW: Ground = Ground::Daymark("a child not seen for days on end is looked for");
const HALF_A_DAY: Ground = Ground::Daymark("half a day unexplained is enough to ask");
const NOT_SEEN: Ground = Ground::Daymark("the codes of a child who was not seen");
const IN_PAIRS: Ground = Ground::Guidance("home visits are made in pairs, or never alone at first");
const AT_ONCE: Ground = Ground::Daymark("no delay is stated, so it is due with its trigger");

/// A trigger of days: its key, its defaults and what it may say.
pub(super) struct Kind {
    key: &'static str,
    /// The most days, and why.
    days_max: u16,
    why: &'static str,
    fit: Fit,
    /// The default; `None` where there is no such rule unless a policy has one.
    school_days: Option<u16>,
    days_ground: Ground,
    counting: (Counting, Ground),
    day: (DayNeeds, Ground),
    codes: (&'static [Code], Ground),
}

/// A visit to a child whom nobody has seen.
pub(super) static WELFARE_CHECK: Kind = Kind {
    key: "welfare_check",
    days_max: SCHOOL_DAYS_MAX,
    why: "",
    fit: Fit::Absence,
    school_days: None,
    days_ground: NO_VISITS,
    counting: (Counting::Consecutive, IN_A_ROW),
    day: (DayNeeds::AnySession, HALF_A_DAY),
    codes: (
        &[Code::literal("G"), Code::NOT_YET_KNOWN, Code::literal("O")],
        NOT_SEEN,
    ),
};

/// The return of absence without leave.
pub(super) static ABSENCE_RETURN: Kind = Kind {
    key: "absence_return",
    days_max: ABSENCE_RETURN_SCHOOL_DAYS_MAX,
    why: "regulation 13 of SI 2024/208 asks for this return after 10 school days at the latest",
    fit: Fit::Unauthorised,
    school_days: Some(ABSENCE_RETURN_SCHOOL_DAYS_MAX),
    days_ground: RETURN_OF_ABSENCE,
    counting: (Counting::Consecutive, RETURN_OF_ABSENCE),
    day: (DayNeeds::EverySession, RETURN_OF_ABSENCE),
    codes: (
        &[
            Code::literal("G"),
            Code::NOT_YET_KNOWN,
            Code::literal("O"),
            Code::AFTER_CLOSING,
        ],
        RETURN_OF_ABSENCE,
    ),
};

/// The return of illness.
pub(super) static SICKNESS_RETURN: Kind = Kind {
    key: "sickness_return",
    days_max: SICKNESS_RETURN_SCHOOL_DAYS_MAX,
    why: "regulation 13 of SI 2024/208 asks for this return after 15 school days at the latest",
    fit: Fit::Absence,
    school_days: Some(SICKNESS_RETURN_SCHOOL_DAYS_MAX),
    days_ground: RETURN_OF_ILLNESS,
    counting: (Counting::Cumulative, RETURN_OF_ILLNESS),
    day: (DayNeeds::AnySession, ILLNESS_BY_DAY),
    codes: (&[Code::literal("I")], RETURN_OF_ILLNESS),
};

/// A trigger as far as it was said.
#[derive(Debug, Clone, Default)]
pub(super) struct GivenTrigger {
    school_days: Leaf<Option<u16>>,
    counting: Leaf<Counting>,
    day: Leaf<DayNeeds>,
    codes: Leaf<Codes>,
    visitors: Leaf<u16>,
    within_school_days: Leaf<u16>,
    /// Where the table last stood, for what is missing in it.
    table: Option<Origin>,
}

impl GivenTrigger {
    /// Takes what a set says. `false` turns a home visit off; no school is free of the returns.
    pub(super) fn read<'t>(&mut self, reader: &mut Reader<'t>, set: &mut Section<'_, 't>, kind: &Kind) {
        let is_visit = kind.school_days.is_none();
        if is_visit
            && let Some((name, value)) = set.find(kind.key)
            && matches!(value.get_ref(), DeValue::Boolean(false))
        {
            let origin = reader.origin(name.span().start, value.span().end);
            *self = Self {
                school_days: Leaf::Said(Stated::at(None, origin)),
                ..Self::default()
            };
            return;
        }
        let Some(mut table) = set.table(reader, kind.key) else {
            return;
        };
        let at = table.at();
        self.table = Some(reader.origin(at.start, at.end));
        let days = read::count(1, kind.days_max, kind.why);
        table.leaf(reader, "school_days", &mut self.school_days, |value| {
            days(value).map(Some)
        });
        table.leaf(
            reader,
            "counting",
            &mut self.counting,
            read::word(read::COUNTINGS),
        );
        table.leaf(reader, "day", &mut self.day, read::word(read::DAYS));
        table.leaf(reader, "codes", &mut self.codes, read::codes);
        if is_visit {
            table.leaf(
                reader,
                "visitors",
                &mut self.visitors,
                read::count(1, VISITORS_MAX, ""),
            );
            let within = read::count(0, SCHOOL_DAYS_MAX, "");
            table.leaf(reader, "within_school_days", &mut self.within_school_days, within);
        }
        table.finish(reader);
    }

    /// With its defaults.
    pub(super) fn complete(&self, kind: &'static Kind) -> Trigger {
        Trigger {
            kind,
            school_days: self.school_days.or(kind.school_days, kind.days_ground),
            counting: self.counting.or(kind.counting.0, kind.counting.1),
            day: self.day.or(kind.day.0, kind.day.1),
            codes: self
                .codes
                .or(kind.codes.0.iter().copied().collect(), kind.codes.1),
            visitors: self.visitors.or(2, IN_PAIRS),
            within_school_days: self.within_school_days.or(0, AT_ONCE),
            table: self.table.clone(),
        }
    }
}

/// A trigger, complete.
pub(super) struct Trigger {
    kind: &'static Kind,
    school_days: Stated<Option<u16>>,
    counting: Stated<Counting>,
    day: Stated<DayNeeds>,
    codes: Stated<Codes>,
    visitors: Stated<u16>,
    within_school_days: Stated<u16>,
    table: Option<Origin>,
}

impl Trigger {
    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.kind.key)
    }

    /// Notes a visit without a trigger, and codes that the rule cannot be about.
    pub(super) fn check(&self, findings: &mut Findings) {
        if let (Some(table), None, true) = (&self.table, self.school_days.value, self.school_days.sound) {
            let remedy = "write after how many school days, such as school_days = 3";
            findings.missing(table, &self.key("school_days"), remedy);
        }
        findings.codes(
            &self.key("codes"),
            &self.codes.value,
            &self.codes.origin,
            self.kind.fit,
        );
    }

    /// What stands, and why.
    pub(super) fn explain(&self, date: Date, out: &mut Vec<Explained>) {
        let Some(days) = self.school_days.value else {
            out.push(
                self.school_days
                    .explain(self.kind.key, date, |_| print::NONE.to_owned()),
            );
            return;
        };
        out.push(
            self.school_days
                .explain(&self.key("school_days"), date, |_| days.to_string()),
        );
        out.push(
            self.counting
                .explain(&self.key("counting"), date, print::word(read::COUNTINGS)),
        );
        out.push(self.day.explain(&self.key("day"), date, print::word(read::DAYS)));
        out.push(self.codes.explain(&self.key("codes"), date, print::codes));
        if self.kind.school_days.is_none() {
            out.push(self.visitors.explain(&self.key("visitors"), date, u16::to_string));
            let within = self.key("within_school_days");
            out.push(self.within_school_days.explain(&within, date, u16::to_string));
        }
    }

    /// What counters read.
    pub(super) fn trigger(&self) -> Option<DaysTrigger> {
        Some(DaysTrigger {
            school_days: self.school_days.value?,
            counting: self.counting.value,
            day: self.day.value,
            codes: self.codes.value.clone(),
        })
    }

    /// The same with who goes, and by when.
    pub(super) fn welfare_check(&self) -> Option<WelfareCheck> {
        Some(WelfareCheck {
            trigger: self.trigger()?,
            visitors: u8::try_from(self.visitors.value).expect("at most VISITORS_MAX"),
            within_school_days: self.within_school_days.value,
        })
    }
}
