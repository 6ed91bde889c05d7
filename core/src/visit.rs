//! A visit document: one home welfare visit by two members of staff.
//!
//! Facts and opinion are kept apart, and each visitor writes an account of their own: four pairs of Automerge texts
//! stand ready in the document, one pair for each visitor in the order in which the visit names them, so that one
//! person who writes on two devices writes in one text. Accounts are never merged into one another.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::entry::Person;
use crate::ids::{EntryId, IdError, PersonId, PupilNumber};
use crate::item::Statement;
use crate::register;

/// How many visitors a visit document has accounts for.
pub const VISITORS_MAX: usize = 4;

/// What can be said about a visit.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum VisitStatement {
    /// Who is visited, why, and by whom.
    #[n(0)]
    Opened(#[n(0)] Opened),
    /// The visitors are at the door.
    #[n(1)]
    Arrived(#[n(0)] Arrived),
    /// What happened. Two made without sight of each other both stand.
    #[n(2)]
    Outcome(#[n(0)] Outcome),
    /// A card was left.
    #[n(3)]
    CardLeft(#[n(0)] CardLeft),
    /// What must happen next, and by when.
    #[n(4)]
    NextStep(#[n(0)] NextStep),
    /// A visitor has read both accounts.
    #[n(5)]
    Read(#[n(0)] ReadBoth),
    /// A visitor is back safe.
    #[n(6)]
    BackSafe(#[n(0)] BackSafe),
}

/// Who is visited, why, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Opened {
    /// The pupil.
    #[n(0)]
    pub pupil: PupilNumber,
    /// Why, such as `3 days of unauthorised absence`.
    #[n(1)]
    pub trigger: String,
    /// The visitors: two or more, unless one alone was authorised.
    #[n(2)]
    pub visitors: Vec<Person>,
    /// The head who allowed one visitor alone, and why.
    #[n(3)]
    pub alone: Option<Alone>,
    /// By when both are back: unix seconds of the school's clock.
    #[n(4)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_by: Option<i64>,
}

/// Leave for one visitor to go alone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Alone {
    /// Who allowed it: the head or their delegate.
    #[n(0)]
    pub authorised_by: Person,
    /// Why.
    #[n(1)]
    pub reason: String,
}

/// The visitors are at the door.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Arrived {
    /// Another address than that on record, where one was used; both are kept.
    #[n(0)]
    pub other_address: Option<String>,
}

/// How a visit ended, from the most to the least that is known of the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// The child was seen and spoken to.
    #[n(0)]
    SpokenTo,
    /// The child was seen and not spoken to.
    #[n(1)]
    Seen,
    /// The child was seen through a window: never closes a case.
    #[n(2)]
    SeenThroughWindow,
    /// An adult only; the child was not seen.
    #[n(3)]
    AdultOnly,
    /// Nobody answered.
    #[n(4)]
    NoAnswer,
    /// The family is not at this address.
    #[n(5)]
    NotAtAddress,
}

impl Grade {
    /// All grades, in order.
    pub const ALL: [Self; 6] = [
        Self::SpokenTo,
        Self::Seen,
        Self::SeenThroughWindow,
        Self::AdultOnly,
        Self::NoAnswer,
        Self::NotAtAddress,
    ];

    /// The word that the command line and exports use.
    pub fn word(self) -> &'static str {
        match self {
            Self::SpokenTo => "spoken-to",
            Self::Seen => "seen",
            Self::SeenThroughWindow => "seen-through-window",
            Self::AdultOnly => "adult-only",
            Self::NoAnswer => "no-answer",
            Self::NotAtAddress => "not-at-address",
        }
    }

    /// Whether the case may rest: only a child who was spoken to.
    pub fn closes(self) -> bool {
        self == Self::SpokenTo
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Grade {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::ALL
            .into_iter()
            .find(|grade| grade.word() == text)
            .ok_or_else(|| {
                IdError::new(
                    "outcome",
                    text,
                    "give spoken-to, seen, seen-through-window, adult-only, no-answer or not-at-address",
                )
            })
    }
}

/// What happened at the door.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Outcome {
    /// How it ended.
    #[n(0)]
    pub grade: Grade,
    /// Who answered, and who they are to the child.
    #[n(1)]
    pub answered: Option<String>,
    /// The child's own words.
    #[n(2)]
    pub child_words: Option<String>,
}

/// A card was left.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct CardLeft {
    /// When an answer is asked for: unix seconds.
    #[n(0)]
    pub reply_by: Option<i64>,
}

/// What must happen next.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct NextStep {
    /// What.
    #[n(0)]
    pub what: String,
    /// By when: unix seconds.
    #[n(1)]
    pub due: i64,
}

/// A visitor has read both accounts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct ReadBoth {
    /// Whether they agree; otherwise they saw it differently.
    #[n(0)]
    pub agrees: bool,
    /// In what they differ.
    #[n(1)]
    pub note: Option<String>,
}

/// A visitor is back safe.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct BackSafe {}

/// Which of a visitor's two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountPart {
    /// What was seen and heard.
    Facts,
    /// What the visitor makes of it.
    Opinion,
}

impl AccountPart {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Facts, Self::Opinion];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Opinion => "opinion",
        }
    }
}

/// What is out of order in a visit. It is kept and shown, never refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum VisitIrregularity {
    /// One visitor, and nobody allowed it.
    #[error("one visitor ({visitor}) and no leave of the head to go alone: visits are made in pairs")]
    OneVisitor {
        /// Who.
        visitor: PersonId,
    },
    /// No visitor at all, the same one twice, or more than there are accounts for.
    #[error("{count} visitors, of whom {different} are different people: give two to four different people")]
    Visitors {
        /// How many are named.
        count: usize,
        /// How many are different people.
        different: usize,
    },
    /// Something was said about a visit that nobody has opened yet.
    #[error("nothing here says who is visited: the visit's opening has not arrived")]
    NotOpened,
    /// Several openings stand.
    #[error("{count} openings stand, made without sight of each other: a person must choose")]
    OpenedTwice {
        /// How many.
        count: usize,
    },
    /// Two outcomes stand.
    #[error("{count} different outcomes stand: a person must decide")]
    OutcomesDiffer {
        /// How many.
        count: usize,
    },
}

/// What a visit amounts to: the fold of its statements.
#[derive(Debug, Clone, Default)]
pub struct VisitView {
    /// The openings that stand.
    pub opened: Vec<(EntryId, Statement<VisitStatement>)>,
    /// The outcomes that stand: all of them, where several were recorded apart.
    pub outcomes: Vec<(EntryId, Statement<VisitStatement>)>,
    /// Everything else that stands, by time and id.
    pub events: Vec<(EntryId, Statement<VisitStatement>)>,
    /// What is out of order.
    pub irregular: Vec<VisitIrregularity>,
    /// Everybody who was ever named as a visitor: each has the account of that place.
    named: Vec<PersonId>,
}

impl VisitView {
    /// Folds the statements of one visit. The result is a function of the set alone.
    pub fn of(statements: &BTreeMap<EntryId, Statement<VisitStatement>>) -> Self {
        let standing = register::standing_ids(statements.iter().map(|(id, s)| (*id, &s.supersedes)));
        let mut view = Self::default();
        for id in standing {
            let Some(statement) = statements.get(&id) else {
                continue;
            };
            let list = match statement.body {
                VisitStatement::Opened(_) => &mut view.opened,
                VisitStatement::Outcome(_) => &mut view.outcomes,
                _ => &mut view.events,
            };
            list.push((id, statement.clone()));
        }
        view.events
            .sort_by_key(|(id, statement)| (statement.stamp.recorded_at, *id));
        view.irregular = view.find_irregularities(statements.is_empty());
        view.named = named_visitors(statements);
        view
    }

    fn find_irregularities(&self, empty: bool) -> Vec<VisitIrregularity> {
        let mut found = Vec::new();
        match self.opened.len() {
            0 if !empty => found.push(VisitIrregularity::NotOpened),
            0 | 1 => {}
            count => found.push(VisitIrregularity::OpenedTwice { count }),
        }
        for opened in self.openings() {
            found.extend(opened.irregularity());
        }
        let mut grades: Vec<Grade> = self.outcomes().map(|outcome| outcome.grade).collect();
        grades.sort_unstable();
        grades.dedup();
        if grades.len() > 1 {
            found.push(VisitIrregularity::OutcomesDiffer { count: grades.len() });
        }
        found
    }

    /// The openings that stand.
    pub fn openings(&self) -> impl Iterator<Item = &Opened> {
        self.opened
            .iter()
            .filter_map(|(_, statement)| match &statement.body {
                VisitStatement::Opened(opened) => Some(opened),
                _ => None,
            })
    }

    /// The outcomes that stand.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes
            .iter()
            .filter_map(|(_, statement)| match &statement.body {
                VisitStatement::Outcome(outcome) => Some(outcome),
                _ => None,
            })
    }

    /// Which account is a person's: their place among all who were ever named as visitors, in the order in which
    /// they were named. A later opening can only add places, so nobody's account becomes another's.
    pub fn account_of(&self, person: &PersonId) -> Option<usize> {
        self.named
            .iter()
            .take(VISITORS_MAX)
            .position(|named| named == person)
    }

    /// By when the visitors are to be back, while none of them has said that they are: unix seconds of the school's clock. They
    /// leave a house together, so the word of one stands for both.
    pub fn back_due(&self) -> Option<i64> {
        let mut events = self.events.iter();
        if events.any(|(_, said)| matches!(said.body, VisitStatement::BackSafe(_))) {
            return None;
        }
        self.openings().filter_map(|opened| opened.back_by).min()
    }

    /// Whether the case may rest: every outcome that stands says that the child was spoken to.
    pub fn closes(&self) -> bool {
        let mut outcomes = self.outcomes().peekable();
        outcomes.peek().is_some() && outcomes.all(|outcome| outcome.grade.closes())
    }
}

/// The visitors of all openings, those of an opening before those of one that replaces it.
fn named_visitors(statements: &BTreeMap<EntryId, Statement<VisitStatement>>) -> Vec<PersonId> {
    let mut left: Vec<(&EntryId, &Statement<VisitStatement>, &Opened)> = statements
        .iter()
        .filter_map(|(id, statement)| match &statement.body {
            VisitStatement::Opened(opened) => Some((id, statement, opened)),
            _ => None,
        })
        .collect();
    let mut named: Vec<PersonId> = Vec::new();
    while !left.is_empty() {
        let waits = |statement: &Statement<VisitStatement>| {
            left.iter().any(|(id, ..)| statement.supersedes.contains(*id))
        };
        // Hashes cannot form a ring, so there is always one that waits for no other.
        let next = left
            .iter()
            .position(|(_, statement, _)| !waits(statement))
            .unwrap_or(0);
        let (_, _, opened) = left.remove(next);
        for visitor in &opened.visitors {
            if !named.contains(&visitor.id) {
                named.push(visitor.id.clone());
            }
        }
    }
    named
}

impl Opened {
    /// What is out of order about who visits.
    pub fn irregularity(&self) -> Option<VisitIrregularity> {
        let count = self.visitors.len();
        let mut ids: Vec<&PersonId> = self.visitors.iter().map(|visitor| &visitor.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let different = ids.len();
        match (self.visitors.as_slice(), &self.alone) {
            ([_], Some(_)) => None,
            ([visitor], None) => Some(VisitIrregularity::OneVisitor {
                visitor: visitor.id.clone(),
            }),
            _ if different == count && (2..=VISITORS_MAX).contains(&count) => None,
            _ => Some(VisitIrregularity::Visitors { count, different }),
        }
    }
}
