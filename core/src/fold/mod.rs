//! From entries to what the register says.
//!
//! The fold is a function of the set of entries and sign-offs, and of the duties that were given, alone: not of the order in which they arrived, not of
//! how they were grouped into sheets, and not of any clock. Each cell is folded by itself, so a new entry costs one
//! cell. Merging two replicas is the union of their sets; nothing is ever taken out.

pub mod amendment;
pub mod canonical;
pub mod dated;
pub mod irregular;
pub mod proposal;
pub mod standing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use amendment::Amendment;
pub use dated::DatedRules;
pub use irregular::{Irregular, Irregularity};
pub use proposal::{Proposal, ProposalKind};
pub use standing::{Dispute, Rule, Rules, Standing};

use crate::code::Code;
use crate::duties::Duties;
use crate::entry::{Duty, Entry};
use crate::ids::EntryId;
use crate::session::{Cell, Date, Session};

/// A sign-off as a replica sees it: which session, and which entries it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOff {
    /// The sign-off's own id.
    pub id: EntryId,
    /// Of which date.
    pub date: Date,
    /// Of which session.
    pub session: Session,
    /// The entries that lie within the heads that it names.
    pub covers: BTreeSet<EntryId>,
}

/// What one cell amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellFold {
    /// What stands.
    pub standing: Standing,
    /// The entries that nothing in force supersedes, in ascending order of id: those that a decision must name.
    pub candidates: BTreeSet<EntryId>,
    /// Entries that arrived after sign-off and wait for the office.
    pub proposals: Vec<Proposal>,
    /// Entries that move nothing, and entries with a remark.
    pub irregular: Vec<Irregular>,
    /// Whether the session was signed off.
    pub signed_off: bool,
}

impl CellFold {
    /// The code that stands, where one does. A disputed cell has none.
    pub fn code(&self) -> Option<Code> {
        self.standing.code()
    }

    /// Whether the child counts as found: a mark stands that explains where they are. A blank cell, N, and two
    /// different marks do not.
    pub fn accounted_for(&self) -> bool {
        self.code().is_some_and(|code| !code.unexplained())
    }
}

/// By what the entries of a date are judged, beside what they say themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Which rules settle by themselves.
    pub rules: Rules,
    /// Who was given which duty.
    pub duties: Arc<Duties>,
}

impl From<Rules> for Terms {
    /// Where nothing is known of duties, nothing is judged by them.
    fn from(rules: Rules) -> Self {
        Self {
            rules,
            duties: Arc::default(),
        }
    }
}

/// The entries and sign-offs of one date, and what they amount to, kept up to date entry by entry.
#[derive(Debug, Clone)]
pub struct DayFold {
    date: Date,
    terms: Terms,
    entries: BTreeMap<EntryId, Entry>,
    by_cell: BTreeMap<Cell, BTreeSet<EntryId>>,
    sign_offs: BTreeMap<EntryId, SignedOff>,
    cells: BTreeMap<Cell, CellFold>,
}

impl DayFold {
    /// A date with nothing recorded yet.
    pub fn new(date: Date, terms: impl Into<Terms>) -> Self {
        Self {
            date,
            terms: terms.into(),
            entries: BTreeMap::new(),
            by_cell: BTreeMap::new(),
            sign_offs: BTreeMap::new(),
            cells: BTreeMap::new(),
        }
    }

    /// The fold of a whole set at once; the same as adding its members one by one, in any order.
    pub fn of(
        date: Date,
        terms: impl Into<Terms>,
        entries: impl IntoIterator<Item = Entry>,
        sign_offs: impl IntoIterator<Item = SignedOff>,
    ) -> Self {
        let mut day = Self::new(date, terms);
        for entry in entries {
            day.note(entry);
        }
        for sign_off in sign_offs {
            day.note_sign_off(sign_off);
        }
        let cells: Vec<Cell> = day.by_cell.keys().copied().collect();
        for cell in cells {
            day.refold(cell);
        }
        day
    }

    fn note(&mut self, entry: Entry) -> Option<Cell> {
        if entry.cell.date != self.date {
            return None;
        }
        let id = entry.id();
        let cell = entry.cell;
        if self.entries.insert(id, entry).is_some() {
            return None;
        }
        self.by_cell.entry(cell).or_default().insert(id);
        Some(cell)
    }

    /// Adds entries; gives the cells that they touched. Entries of another date, and ones that are here already,
    /// change nothing.
    pub fn add(&mut self, entries: impl IntoIterator<Item = Entry>) -> BTreeSet<Cell> {
        let touched: BTreeSet<Cell> = entries.into_iter().filter_map(|entry| self.note(entry)).collect();
        for cell in &touched {
            self.refold(*cell);
        }
        touched
    }

    /// Adds a sign-off, or widens what one covers: its heads may arrive before the changes that they name.
    pub fn sign_off(&mut self, sign_off: SignedOff) {
        let Some(session) = self.note_sign_off(sign_off) else {
            return;
        };
        let cells: Vec<Cell> = self
            .by_cell
            .keys()
            .filter(|cell| cell.session == session)
            .copied()
            .collect();
        for cell in cells {
            self.refold(cell);
        }
    }

    fn note_sign_off(&mut self, sign_off: SignedOff) -> Option<Session> {
        if sign_off.date != self.date {
            return None;
        }
        let session = sign_off.session;
        match self.sign_offs.get_mut(&sign_off.id) {
            Some(known) => known.covers.extend(sign_off.covers),
            None => {
                self.sign_offs.insert(sign_off.id, sign_off);
            }
        }
        Some(session)
    }

    fn refold(&mut self, cell: Cell) {
        let Some(ids) = self.by_cell.get(&cell) else {
            return;
        };
        let entries: BTreeMap<EntryId, &Entry> = ids
            .iter()
            .filter_map(|id| self.entries.get(id).map(|entry| (*id, entry)))
            .collect();
        let sign_offs: Vec<&SignedOff> = self
            .sign_offs
            .values()
            .filter(|sign_off| sign_off.session == cell.session)
            .collect();
        let folded = fold_cell(&entries, &sign_offs, &self.terms);
        self.cells.insert(cell, folded);
    }

    /// The date.
    pub fn date(&self) -> Date {
        self.date
    }

    /// The rules that settle by themselves.
    pub fn rules(&self) -> Rules {
        self.terms.rules
    }

    /// All cells with an entry.
    pub fn cells(&self) -> impl Iterator<Item = (&Cell, &CellFold)> {
        self.cells.iter()
    }

    /// One cell; `None` where nothing was ever said about it.
    pub fn cell(&self, cell: &Cell) -> Option<&CellFold> {
        self.cells.get(cell)
    }

    /// All entries.
    pub fn entries(&self) -> &BTreeMap<EntryId, Entry> {
        &self.entries
    }

    /// One entry.
    pub fn entry(&self, id: &EntryId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// The entries of one cell, by time and id.
    pub fn history(&self, cell: &Cell) -> Vec<(EntryId, &Entry)> {
        let mut history: Vec<(EntryId, &Entry)> = self
            .by_cell
            .get(cell)
            .into_iter()
            .flatten()
            .filter_map(|id| self.entries.get(id).map(|entry| (*id, entry)))
            .collect();
        history.sort_by_key(|(id, entry)| (entry.recorded_at, *id));
        history
    }

    /// The sign-offs of a session, in ascending order of id.
    pub fn sign_offs(&self, session: Session) -> impl Iterator<Item = &SignedOff> {
        self.sign_offs
            .values()
            .filter(move |sign_off| sign_off.session == session)
    }

    /// Every amendment of the date, by time and id: the ledger.
    pub fn amendments(&self) -> Vec<Amendment> {
        amendment::ledger(self)
    }

    /// The bytes that are equal exactly when two replicas agree on the day.
    pub fn canonical(&self) -> Vec<u8> {
        canonical::encode(self)
    }
}

/// Folds one cell.
pub fn fold_cell(entries: &BTreeMap<EntryId, &Entry>, sign_offs: &[&SignedOff], terms: &Terms) -> CellFold {
    let irregular: Vec<Irregular> = entries
        .iter()
        .flat_map(|(id, entry)| irregular::of(*id, entry, entries, sign_offs, &terms.duties))
        .collect();
    let void: BTreeSet<EntryId> = irregular
        .iter()
        .filter(|found| found.why.moves_nothing())
        .map(|found| found.entry)
        .collect();
    let within = |id: &EntryId, entry: &Entry| {
        sign_offs.is_empty()
            || sign_offs.iter().any(|sign_off| sign_off.covers.contains(id))
            || (entry.duty == Duty::Office
                && entry
                    .sign_off
                    .is_some_and(|named| sign_offs.iter().any(|sign_off| sign_off.id == named)))
    };
    let in_force: BTreeMap<EntryId, &Entry> = entries
        .iter()
        .filter(|(id, entry)| !void.contains(id) && within(id, entry))
        .map(|(id, entry)| (*id, *entry))
        .collect();
    let superseded: BTreeSet<EntryId> = in_force
        .values()
        .flat_map(|entry| entry.supersedes.iter().copied())
        .collect();
    let candidates: BTreeMap<EntryId, &Entry> = in_force
        .iter()
        .filter(|(id, _)| !superseded.contains(id))
        .map(|(id, entry)| (*id, *entry))
        .collect();
    let standing = standing::of(&candidates, terms.rules);
    let waiting: BTreeMap<EntryId, &Entry> = entries
        .iter()
        .filter(|(id, _)| !void.contains(id) && !in_force.contains_key(id) && !superseded.contains(id))
        .map(|(id, entry)| (*id, *entry))
        .collect();
    let proposals = proposal::of(&waiting, &candidates, &standing);
    CellFold {
        standing,
        candidates: candidates.into_keys().collect(),
        proposals,
        irregular,
        signed_off: !sign_offs.is_empty(),
    }
}
