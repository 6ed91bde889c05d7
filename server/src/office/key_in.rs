//! A printed register that was filled in by hand, keyed back by row.
//!
//! The sheet is built again as it was printed, and the code on the paper compared with it before any row is looked at.
//! Then every mark is tried; where one cannot be made, none is.

use std::collections::BTreeMap;

use daymark_core::entry::{Entry, Particulars};
use daymark_core::fold::{CellFold, DayFold};
use daymark_core::ids::{ClassName, PersonId, PupilNumber, TripId};
use daymark_core::item::Item;
use daymark_core::record::{self, Author, Mark};
use daymark_core::session::{Date, Session};
use daymark_exchange::keyed::{KeyedError, KeyedMark, read_keyed};
use daymark_sync_protocol::hub::Hub;
use serde::{Deserialize, Serialize};

use super::amend::{BesideError, Decision, Going};
use super::desk::DeskError;
use super::paper::PaperError;
use crate::runtime::Runtime;

/// What was keyed, and from which sheet.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyInWanted {
    /// The class of the sheet.
    pub class: ClassName,
    /// A day of the first week of the sheet.
    pub from: Date,
    /// Who keys it in.
    pub by: PersonId,
    /// What was keyed, as the file has it.
    pub text: String,
    /// Why, where it changes marks that stand.
    #[serde(default)]
    pub reason: Option<String>,
    /// The trip of the marks that need one, such as V.
    #[serde(default)]
    pub trip: Option<TripId>,
    /// Who supervised on it; without one, the first supervisor of its plan.
    #[serde(default)]
    pub supervisor: Option<PersonId>,
    /// Whether everything is tried and nothing written.
    #[serde(default)]
    pub dry_run: bool,
}

/// What became of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct KeyedIn {
    /// The marks that are made, or would be.
    pub marks: Vec<KeyedRow>,
    /// How many say what stands already.
    pub same: usize,
    /// The rows that cannot be entered. Where there is one, nothing was written.
    pub refused: Vec<RefusedRow>,
    /// Whether the marks were written.
    pub written: bool,
}

/// A mark that was keyed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyedRow {
    /// The row of the sheet.
    pub row: usize,
    /// Its date.
    pub date: Date,
    /// Its session.
    pub session: Session,
    /// Who.
    pub pupil: PupilNumber,
    /// What was keyed.
    pub code: String,
    /// What stood there before.
    pub was: Option<String>,
}

/// A row that cannot be entered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefusedRow {
    /// The row of the sheet.
    pub row: usize,
    /// Its date.
    pub date: Date,
    /// Its session.
    pub session: Session,
    /// Who.
    pub pupil: PupilNumber,
    /// Why, and what to do.
    pub why: String,
}

/// Why nothing was keyed in.
#[derive(Debug, thiserror::Error)]
pub enum KeyInError {
    /// The sheet cannot be built.
    #[error(transparent)]
    Paper(#[from] PaperError),
    /// The file is of another sheet, or has faults.
    #[error(transparent)]
    Keyed(#[from] KeyedError),
    /// The desk cannot write.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// What is asked of the hub for every row.
struct Keying<'a> {
    wanted: &'a KeyInWanted,
    going: Option<Going>,
}

/// What came of one date.
#[derive(Default)]
struct OfDate {
    entries: Vec<Entry>,
    report: KeyedIn,
}

impl Runtime {
    /// Enters what was keyed from a printed sheet, as marks of the office.
    ///
    /// # Errors
    /// See [`KeyInError`]. What is wrong with single rows is in the answer.
    pub async fn key_in(&self, wanted: &KeyInWanted) -> Result<KeyedIn, KeyInError> {
        let register = self.blank_register(&wanted.class, wanted.from)?;
        let sheet = register.sheet().map_err(|error| PaperError::Sheet {
            class: wanted.class.clone(),
            error,
        })?;
        let keyed = read_keyed(&wanted.text, &sheet)?;
        let keying = Keying {
            wanted,
            going: self.going(wanted.trip)?,
        };
        let mut by_date: BTreeMap<Date, Vec<&KeyedMark>> = BTreeMap::new();
        for mark in &keyed {
            by_date.entry(mark.cell.date).or_default().push(mark);
        }
        let mut all = KeyedIn::default();
        for (date, marks) in &by_date {
            let tried = self
                .look_at_day(*date, |day, hub| keying.date(hub, day, marks))
                .map_err(DeskError::from)?;
            let report = tried?.report;
            all.marks.extend(report.marks);
            all.refused.extend(report.refused);
            all.same += report.same;
        }
        if wanted.dry_run || !all.refused.is_empty() {
            return Ok(all);
        }
        by_date.retain(|date, _| all.marks.iter().any(|mark| mark.date == *date));
        for (date, marks) in &by_date {
            self.desk_writes(*date, |hub, day| {
                // What came in since it was tried may be refused now; the dates before it stay written.
                let made = keying.date(hub, day, marks)?;
                match made.report.refused.into_iter().next() {
                    Some(refused) => Err(DeskError::KeyedSince {
                        date: *date,
                        row: refused.row,
                        why: refused.why,
                    }),
                    None => Ok((Item::slips(&made.entries), ())),
                }
            })
            .await?;
        }
        all.written = true;
        Ok(all)
    }
}

impl Keying<'_> {
    fn date(&self, hub: &Hub, day: &DayFold, marks: &[&KeyedMark]) -> Result<OfDate, DeskError> {
        let author = Runtime::desk_author(hub, &self.wanted.by)?;
        let mut of_date = OfDate::default();
        for mark in marks {
            let fold = day.cell(&mark.cell);
            let was = fold.and_then(CellFold::code);
            if was == Some(mark.code) {
                of_date.report.same += 1;
                continue;
            }
            match self.entry(hub, day, &author, mark) {
                Ok(entry) => {
                    of_date.entries.push(entry);
                    of_date.report.marks.push(KeyedRow {
                        row: mark.row,
                        date: mark.cell.date,
                        session: mark.cell.session,
                        pupil: mark.cell.pupil,
                        code: mark.code.to_string(),
                        was: fold
                            .filter(|fold| !fold.candidates.is_empty())
                            .map(|fold| fold.standing.to_string()),
                    });
                }
                Err(why) => of_date.report.refused.push(RefusedRow {
                    row: mark.row,
                    date: mark.cell.date,
                    session: mark.cell.session,
                    pupil: mark.cell.pupil,
                    why: why.to_string(),
                }),
            }
        }
        Ok(of_date)
    }

    fn entry(
        &self,
        hub: &Hub,
        day: &DayFold,
        author: &Author,
        keyed: &KeyedMark,
    ) -> Result<Entry, DeskError> {
        let cell = keyed.cell;
        if !author.policy.may_be_held(cell.date, cell.session) {
            return Err(DeskError::NoSession {
                date: cell.date,
                session: cell.session,
            });
        }
        let particulars = if keyed.lacks.is_empty() {
            keyed.particulars.clone()
        } else {
            if self.going.is_none() {
                return Err(BesideError::NoTrip(keyed.code).into());
            }
            let said = self.on_the_trip(keyed);
            let visit = said.particulars(hub, self.going.as_ref())?.visit;
            Particulars {
                visit,
                ..keyed.particulars.clone()
            }
        };
        let mark = Mark {
            code: keyed.code,
            particulars,
            reason: self.wanted.reason.clone(),
        };
        Ok(record::mark(day, author, cell.session, cell.pupil, &mark)?)
    }

    /// What the office says of a row whose code belongs to a trip.
    fn on_the_trip(&self, keyed: &KeyedMark) -> Decision {
        Decision {
            date: keyed.cell.date,
            session: keyed.cell.session,
            pupil: keyed.cell.pupil,
            code: keyed.code,
            reason: self.wanted.reason.clone().unwrap_or_default(),
            by: self.wanted.by.clone(),
            arrived_at: None,
            nature: None,
            comment: None,
            trip: self.wanted.trip,
            supervisor: self.wanted.supervisor.clone(),
        }
    }
}
