//! The rules of a school over time.

use std::collections::BTreeSet;

use toml::de::DeTable;

use super::error::{Conflict, RuleError, RuleErrors, RuleFault};
use super::findings::Findings;
use super::given::{Leaf, Stated};
use super::limits::{ERRORS_MAX, FILE_BYTES_MAX, LINE_DOTS_MAX, SETS_MAX};
use super::origin::Explained;
use super::profile::Profile;
use super::read;
use super::reader::{Reader, SETS, Section, Source};
use super::set::Given;
use super::terms::SchoolRules;
use crate::fold::DatedRules;
use crate::session::Date;

/// A school's rules, dated: each day is judged by the rules that were in force on it.
///
/// ```
/// use daymark_core::rules::RuleBook;
///
/// let book = RuleBook::parse(
///     r#"
///     profile = "allington"
///     [[rules]]
///     effective_from = 2025-09-01
///     [[rules]]
///     effective_from = 2026-01-05
///     am = { closes = "09:10" }
///     "#,
/// )?;
/// let closes = |date: &str| book.on(date.parse().expect("a date")).am.closes.to_string();
/// assert_eq!(closes("2025-12-19"), "09:15");
/// assert_eq!(closes("2026-01-05"), "09:10");
/// # Ok::<(), daymark_core::rules::RuleErrors>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleBook {
    /// The file that it was read from.
    text: String,
    /// What the first set rests on.
    profile: Option<Profile>,
    first: RuleSet,
    /// In the order of their dates.
    later: Vec<RuleSet>,
}

/// The rules from a date until the next set begins.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RuleSet {
    from: Date,
    rules: SchoolRules,
    explained: Vec<Explained>,
}

/// A school of which nothing is known but the law.
const NOTHING_SAID: &str = "[[rules]]\neffective_from = 2024-08-19\n";

impl RuleBook {
    /// Reads a school's file.
    ///
    /// A set that says nothing of a value keeps that of the set before it; the first rests on the profile that the file
    /// names, or on law and guidance. Lists (codes, bands, steps) are kept or replaced as a whole.
    ///
    /// # Errors
    /// Every mistake of the file, with its line and its remedy. What is too long or nested too deep is not read at all;
    /// what is not TOML is only told of as such.
    pub fn parse(text: &str) -> Result<Self, RuleErrors> {
        read_file(text).map_err(|mut errors| {
            errors.sort_by_key(|error| error.line);
            let more = errors.len().saturating_sub(ERRORS_MAX);
            errors.truncate(ERRORS_MAX);
            RuleErrors { errors, more }
        })
    }

    /// The rules of a school that has written none: law, guidance, and assumed times.
    pub fn statutory() -> Self {
        Self::parse(NOTHING_SAID).expect("the defaults do not contradict themselves")
    }

    /// The rules of a profile by itself.
    ///
    /// # Errors
    /// None for the profiles that we ship; tests read each of them.
    pub fn of(profile: Profile) -> Result<Self, RuleErrors> {
        Self::parse(profile.text())
    }

    /// The rules in force on a date. Before the first set its rules hold: marks that came from another system are older
    /// than any file, and a school knows no other rules for them.
    pub fn on(&self, date: Date) -> &SchoolRules {
        &self.set_on(date).rules
    }

    /// Every value in force on a date as text, with its origin.
    pub fn explain(&self, date: Date) -> &[Explained] {
        &self.set_on(date).explained
    }

    /// The first day of the set that is in force on a date.
    pub fn in_force_from(&self, date: Date) -> Date {
        self.set_on(date).from
    }

    /// The sets in the order of their dates: the first day and the rules of each.
    pub fn sets(&self) -> impl Iterator<Item = (Date, &SchoolRules)> {
        std::iter::once(&self.first)
            .chain(&self.later)
            .map(|set| (set.from, &set.rules))
    }

    /// Which rules settle two different marks by themselves, as the fold and the tablets are told.
    pub fn settling(&self) -> DatedRules {
        let later = self.later.iter().map(|set| (set.from, set.rules.settle));
        DatedRules::new(self.first.rules.settle, later)
    }

    /// The file that it was read from, as it was written: read again, it gives the same rules.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The profile that the first set rests on.
    pub fn profile(&self) -> Option<Profile> {
        self.profile
    }

    fn set_on(&self, date: Date) -> &RuleSet {
        self.later
            .iter()
            .rev()
            .find(|set| set.from <= date)
            .unwrap_or(&self.first)
    }
}

/// What shows at once that a text is no file of rules, before anything is made of it.
fn guard(text: &str) -> Option<RuleError> {
    if text.len() > FILE_BYTES_MAX {
        return Some(RuleError {
            line: 1,
            fault: RuleFault::FileTooLong,
        });
    }
    for (line, words) in (1..).zip(text.split('\n')) {
        let dots = words.bytes().filter(|byte| *byte == b'.').count();
        if dots > LINE_DOTS_MAX {
            let fault = RuleFault::TooManyDots { dots };
            return Some(RuleError { line, fault });
        }
    }
    None
}

/// The tables of a text, or what makes it no TOML.
fn tables(text: &str) -> Result<toml::Spanned<DeTable<'_>>, Vec<RuleError>> {
    if let Some(error) = guard(text) {
        return Err(vec![error]);
    }
    let (table, mistakes) = DeTable::parse_recoverable(text);
    if mistakes.is_empty() {
        return Ok(table);
    }
    let mut reader = Reader::new(text, Source::Profile(""));
    for mistake in mistakes {
        let span = mistake.span().unwrap_or(0..0);
        let near = match reader.quoted(span.clone()) {
            nothing if nothing.is_empty() => "the end".to_owned(),
            words => format!("`{words}`"),
        };
        let message = mistake.message().trim_end_matches(", expected nothing");
        let fault = RuleFault::Syntax {
            near,
            message: message.to_owned(),
        };
        reader.fault(span.start, fault);
    }
    Err(reader.errors)
}

fn read_file(text: &str) -> Result<RuleBook, Vec<RuleError>> {
    let table = tables(text)?;
    // Until a set has told its date, what it says belongs to no set.
    let mut reader = Reader::new(text, Source::File(Date::from_days(0)));
    let mut top = Section::top(table.get_ref(), 0..0);
    let mut profile = Leaf::Unsaid;
    top.leaf(&mut reader, "profile", &mut profile, |value| {
        let named = value.as_str().unwrap_or_default().parse::<Profile>();
        named.map_err(|error| error.remedy.to_owned())
    });
    let (mut given, profile_from, profile) = match profile {
        Leaf::Said(stated) => {
            let (given, from) = read_profile(stated.value)?;
            (given, from, Some(stated.value))
        }
        Leaf::Unsaid | Leaf::Broken => (Given::default(), Leaf::Unsaid, None),
    };
    let is_said = top.find(SETS).is_some();
    let sets = top.tables(&mut reader, SETS, SETS_MAX);
    top.finish(&mut reader);
    let sections = sets.map(|(sections, _)| sections).unwrap_or_default();
    if sections.is_empty() && (!is_said || reader.errors.is_empty()) {
        reader.fault(0, RuleFault::NoSets);
    }

    let mut before = profile_from;
    let mut conflict = Some(Conflict::BeforeProfile);
    let mut sets = Vec::new();
    let mut told = BTreeSet::new();
    for section in sections {
        let mut section = section.into_top();
        let line = reader.line_at(section.at().start);
        let from = first_day(&mut reader, &mut section);
        if let Leaf::Said(stated) = &from {
            reader.source = Source::File(stated.value);
        }
        given.read(&mut reader, &mut section);
        section.finish(&mut reader);
        let Leaf::Said(from) = from else {
            continue;
        };
        let mut findings = Findings::of(from.value, line);
        follows(&before, &from, conflict.take(), &mut findings);
        let complete = given.complete();
        complete.check(from.value, &mut findings);
        // A set keeps the mistakes of the one before it; each is told once.
        reader.errors.extend(
            findings
                .errors
                .into_iter()
                .filter(|error| told.insert(identity(error))),
        );
        sets.push(RuleSet {
            from: from.value,
            rules: complete.rules(),
            explained: complete.explain(from.value),
        });
        before = Leaf::Said(from);
    }
    let mut sets = sets.into_iter();
    match sets.next() {
        Some(first) if reader.errors.is_empty() => Ok(RuleBook {
            text: text.to_owned(),
            profile,
            first,
            later: sets.collect(),
        }),
        _ => Err(reader.errors),
    }
}

/// What a profile says, and from when on.
fn read_profile(profile: Profile) -> Result<(Given, Leaf<Date>), Vec<RuleError>> {
    let table = tables(profile.text())?;
    let mut reader = Reader::new(profile.text(), Source::Profile(profile.name()));
    let mut top = Section::top(table.get_ref(), 0..0);
    let mut given = Given::default();
    let mut from = Leaf::Unsaid;
    if let Some((sets, _)) = top.tables(&mut reader, SETS, 1) {
        for set in sets {
            let mut set = set.into_top();
            from = first_day(&mut reader, &mut set);
            given.read(&mut reader, &mut set);
        }
    }
    if reader.errors.is_empty() {
        Ok((given, from))
    } else {
        Err(reader.errors)
    }
}

/// The date from which on a set holds.
fn first_day<'t>(reader: &mut Reader<'t>, set: &mut Section<'_, 't>) -> Leaf<Date> {
    let mut from = Leaf::Unsaid;
    set.leaf(reader, "effective_from", &mut from, |value| read::date(value));
    match &mut from {
        Leaf::Unsaid => {
            set.missing(
                reader,
                "effective_from",
                "write the first day of this set, such as 2025-09-01",
            );
        }
        Leaf::Said(stated) => stated.origin = stated.origin.of_set(stated.value),
        Leaf::Broken => {}
    }
    from
}

/// Notes a set that does not come after the one before it, or comes before the profile.
fn follows(before: &Leaf<Date>, from: &Stated<Date>, conflict: Option<Conflict>, findings: &mut Findings) {
    const KEY: &str = "effective_from";
    let Leaf::Said(before) = before else {
        return;
    };
    let (is_wrong, conflict) = match conflict {
        Some(conflict) => (from.value < before.value, conflict),
        None if from.value == before.value => (true, Conflict::SameDate),
        None => (from.value < before.value, Conflict::DatesOutOfOrder),
    };
    findings.clash(is_wrong, (KEY, from), conflict, (KEY, before), Date::to_string);
}

/// By what a mistake is the same as one that was told already.
fn identity(error: &RuleError) -> (usize, String) {
    let words = match &error.fault {
        // Its words name the date of the set, and every later set would repeat it.
        RuleFault::CodeNotInForce { key, source, .. } => format!("{key} {}", source.code()),
        other => other.to_string(),
    };
    (error.line, words)
}
