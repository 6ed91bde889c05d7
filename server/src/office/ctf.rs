//! Totals of attendance as a Common Transfer File, for the school that a pupil goes to.

use std::collections::BTreeSet;

use daymark_core::attendance::Tally;
use daymark_core::calendar::london;
use daymark_core::calendar::year::SchoolYear;
use daymark_core::ids::PupilNumber;
use daymark_core::roster::Pupil;
use daymark_exchange::ctf::{
    AttendanceYear, CtfFile, Destination, LaEstab, PupilTotals, Sequence, SessionTotals, TotalsError,
    Transfer, write_totals,
};
use serde::{Deserialize, Serialize};

use crate::runtime::now_ms;
use crate::worklists::{CountError, Counted, YearTotals};

/// A CTF to be written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CtfWanted {
    /// Where it goes; without one, to a school that is not known.
    pub to: Option<LaEstab>,
    /// The running number of the files to that school, from 1.
    pub sequence: u16,
    /// The school year by the calendar year in which it begins; without one, this year.
    pub year: Option<SchoolYear>,
    /// Whose totals; without any, those of everybody who had a possible session in that year.
    #[serde(default)]
    pub pupils: BTreeSet<PupilNumber>,
}

/// Why no CTF is written.
#[derive(Debug, thiserror::Error)]
pub enum CtfError {
    /// The school's settings do not say its numbers.
    #[error(
        "a CTF names the school by its LA and establishment numbers: write laestab = \"820/1234\" under [school] in daymark.toml, and start the server again"
    )]
    NoLaEstab,
    /// What the settings, or the caller, say is no such number.
    #[error(transparent)]
    Number(#[from] daymark_exchange::ctf::SchoolNumberError),
    /// A year that no calendar has.
    #[error("school year {0} is out of range: give the year in which it begins, such as 2025")]
    Year(SchoolYear),
    /// Somebody who is not on the roster.
    #[error("pupil {0} is not on the roster: check the number, or import the roster")]
    NoSuchPupil(PupilNumber),
    /// The counters contradict themselves.
    #[error(transparent)]
    Totals(#[from] TotalsError),
    /// Nothing can be counted.
    #[error(transparent)]
    Count(#[from] CountError),
    /// The server's clock is out of range.
    #[error("the time is out of every calendar's range: check the server's clock")]
    NoSuchTime,
}

/// When it is written, as a clock in the school shows it.
fn written_at() -> Option<String> {
    let now = london::local(i64::try_from(now_ms() / 1000).ok()?)?;
    let seconds = now.time.seconds();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    Some(format!(
        "{}T{hours:02}:{minutes:02}:{:02}",
        now.date,
        seconds % 60
    ))
}

fn totals(tally: Tally) -> Result<SessionTotals, TotalsError> {
    SessionTotals::new(
        tally.possible(),
        tally.attended,
        tally.authorised,
        tally.unauthorised,
    )
}

/// Writes the CTF of a school. Blocks: the first time, a whole year is counted.
///
/// # Errors
/// See [`CtfError`].
pub fn ctf(
    counted: &Counted,
    laestab: Option<&str>,
    school_name: &str,
    wanted: &CtfWanted,
) -> Result<CtfFile, CtfError> {
    let source: LaEstab = laestab.ok_or(CtfError::NoLaEstab)?.parse()?;
    let sequence = Sequence::new(wanted.sequence)?;
    let YearTotals { year, pupils } = counted.year_totals(wanted.year)?;
    let number = u16::try_from(year.0).map_err(|_| CtfError::Year(year))?;
    if let Some(unknown) = wanted
        .pupils
        .iter()
        .find(|number| !pupils.iter().any(|(pupil, _)| pupil.number == **number))
    {
        return Err(CtfError::NoSuchPupil(*unknown));
    }
    let is_wanted = |pupil: &Pupil, tally: &Tally| {
        if wanted.pupils.is_empty() {
            tally.possible() > 0
        } else {
            wanted.pupils.contains(&pupil.number)
        }
    };
    let rows = pupils.iter().filter(|(pupil, tally)| is_wanted(pupil, tally));
    let rows = rows
        .map(|(pupil, tally)| {
            Ok(PupilTotals {
                pupil,
                totals: totals(*tally)?,
            })
        })
        .collect::<Result<Vec<_>, TotalsError>>()?;
    let transfer = Transfer {
        source,
        school_name,
        year: AttendanceYear(number),
        destination: wanted.to.map_or(Destination::Unknown, Destination::School),
        sequence,
        written_at: &written_at().ok_or(CtfError::NoSuchTime)?,
    };
    Ok(write_totals(&transfer, &rows))
}
