//! `daymark export`, `daymark print`

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use daymark_core::calendar::SchoolYear;
use daymark_core::ids::{ClassName, PupilNumber};
use daymark_core::session::Date;
use daymark_exchange::ctf::LaEstab;
use serde_json::json as value;

use super::client::Office;
use super::print::{counted, json, say, write_out};
use super::register::{Span, query_value};
use super::{Failure, Outcome, Place, Usage};
use crate::http::exchange::{CtfGiven, MarksGiven, MarksWanted};
use crate::office::ctf::CtfWanted;

#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// The marks, a row for each pupil's session
    Marks(Marks),
    /// The amendments
    Amendments(Csv),
    /// Totals of attendance of a school year, as a Common Transfer File for the school that a pupil goes to
    Ctf(Ctf),
}

#[derive(Debug, Args)]
pub(super) struct Ctf {
    /// The school that it goes to, as LA/ESTAB [default: a school that is not known]
    #[arg(long, value_name = "820/1234")]
    to: Option<LaEstab>,
    /// The running number of the files to that school
    #[arg(long, default_value_t = 1)]
    sequence: u16,
    /// The school year, by the calendar year in which it begins [default: this one]
    #[arg(long)]
    year: Option<i32>,
    /// Whose totals; several times for several [default: everybody who had a possible session]
    #[arg(long = "pupil", value_name = "NUMBER")]
    pupils: Vec<PupilNumber>,
    /// In which folder to write it; the format prescribes the name
    #[arg(long, short, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
}

impl Ctf {
    fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let wanted = CtfWanted {
            to: self.to,
            sequence: self.sequence,
            year: self.year.map(SchoolYear),
            pupils: self.pupils.into_iter().collect(),
        };
        let given: CtfGiven = Office::at(place)?.post("/v1/office/export/ctf", &wanted)?;
        let file = self.output.join(&given.name);
        let bytes = STANDARD.decode(&given.file)?;
        if place.json {
            std::fs::write(&file, bytes)
                .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
            json(&value!({ "file": file, "left_out": given.left_out }))?;
            return Ok(Outcome::found(!given.left_out.is_empty()));
        }
        write_out(Some(&file), &bytes, "")?;
        for pupil in &given.left_out {
            say!(
                "LEFT OUT: pupil {}, {}: {}",
                pupil.pupil,
                pupil.name,
                pupil.remedy
            );
        }
        Ok(Outcome::found(!given.left_out.is_empty()))
    }
}

#[derive(Debug, Args)]
pub(super) struct Csv {
    #[command(flatten)]
    span: Span,
    /// Where to write it [default: standard output]
    #[arg(long, short)]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Marks {
    #[command(flatten)]
    csv: Csv,
    /// A mapping file, for another system's columns, dates and codes
    #[arg(long, requires = "output")]
    mapping: Option<PathBuf>,
    #[arg(
        long,
        requires = "output",
        help = "Only what has changed since the export that printed this watermark; `start` for everything and a first watermark"
    )]
    since: Option<String>,
}

/// What is given to `--since` at the first export.
const START: &str = "start";

impl Export {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let (what, csv) = match self {
            Self::Marks(marks) if marks.mapping.is_some() || marks.since.is_some() => {
                return marks.run(place);
            }
            Self::Marks(marks) => ("marks", marks.csv),
            Self::Amendments(csv) => ("amendments", csv),
            Self::Ctf(ctf) => return ctf.run(place),
        };
        let bytes =
            Office::at(place)?.get_bytes(&format!("/v1/office/export/{what}?{}", csv.span.query()?))?;
        write_out(csv.output.as_deref(), &bytes, "")?;
        Ok(Outcome::Ok)
    }
}

impl Marks {
    fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let (from, to) = self.csv.span.dates()?;
        let mapping = self.mapping.map(|path| {
            std::fs::read_to_string(&path)
                .map_err(|error| Usage(format!("cannot read {}: {error}", path.display())))
        });
        let wanted = MarksWanted {
            from,
            to,
            mapping: mapping.transpose()?,
            since: self.since.filter(|since| since != START),
        };
        let given: MarksGiven = Office::at(place)?.post("/v1/office/export/marks", &wanted)?;
        write_out(self.csv.output.as_deref(), &STANDARD.decode(&given.file)?, "")?;
        let whole = if given.all {
            ", all of these dates"
        } else {
            ", what has changed"
        };
        say!("{}{whole}.", counted(given.rows, "mark", "marks"));
        for word in &given.collapsed {
            say!("note: {word} in this file, and nobody can tell them apart there");
        }
        for row in &given.left_out {
            say!(
                "LEFT OUT: {} {} {}: {}",
                row.mis_id,
                row.date,
                row.session,
                row.remedy
            );
        }
        say!("Next time: --since {}", given.next);
        Ok(Outcome::found(!given.left_out.is_empty()))
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Print {
    /// The register of a class for two weeks, as a PDF
    Register(RegisterPages),
    /// One pupil's marks with their history and amendments, as a PDF
    Pupil(PupilPages),
}

#[derive(Debug, Args)]
pub(super) struct RegisterPages {
    /// The class
    #[arg(long)]
    class: ClassName,
    /// A day of the first of the two weeks
    #[arg(long)]
    from: Date,
    /// Without marks, to be filled in by hand
    #[arg(long)]
    blank: bool,
    /// Where to write it
    #[arg(long, short, default_value = "register.pdf")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct PupilPages {
    /// The pupil's number
    pupil: PupilNumber,
    #[command(flatten)]
    span: Span,
    /// Where to write it
    #[arg(long, short, default_value = "pupil.pdf")]
    output: PathBuf,
}

impl Print {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let (path, output) = match self {
            Self::Register(pages) => {
                let class = query_value(pages.class.as_str());
                let query = format!("class={class}&from={}&blank={}", pages.from, pages.blank);
                (format!("/v1/office/print/register?{query}"), pages.output)
            }
            Self::Pupil(pages) => {
                let query = format!("pupil={}&{}", pages.pupil, pages.span.query()?);
                (format!("/v1/office/print/pupil?{query}"), pages.output)
            }
        };
        let pdf = Office::at(place)?.get_bytes(&path)?;
        write_out(Some(&output), &pdf, "")?;
        Ok(Outcome::Ok)
    }
}
