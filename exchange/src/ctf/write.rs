//! Writing totals of attendance as a CTF.

use std::io;

use daymark_core::ids::PupilNumber;
use daymark_core::roster::Pupil;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde::Serialize;

use super::school::{Destination, LaEstab, Sequence, file_name};

/// The version of the format whose elements are written, valid from September 2024.
pub const CTF_VERSION: &str = "24.0";

/// Totals that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{attended} attended, {authorised} authorised and {unauthorised} unauthorised are more than {possible} possible sessions: count again"
)]
pub struct TotalsError {
    /// Possible sessions.
    pub possible: u32,
    /// Of them attended.
    pub attended: u32,
    /// Of them missed with authority.
    pub authorised: u32,
    /// Of them missed without authority.
    pub unauthorised: u32,
}

/// Sessions (half days) of a year at a school. What is neither attended nor missed has no mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTotals {
    possible: u32,
    attended: u32,
    authorised: u32,
    unauthorised: u32,
}

impl SessionTotals {
    /// Totals that fit together.
    ///
    /// # Errors
    /// More sessions attended and missed than possible.
    pub fn new(
        possible: u32,
        attended: u32,
        authorised: u32,
        unauthorised: u32,
    ) -> Result<Self, TotalsError> {
        let counted = u64::from(attended) + u64::from(authorised) + u64::from(unauthorised);
        if counted > u64::from(possible) {
            return Err(TotalsError {
                possible,
                attended,
                authorised,
                unauthorised,
            });
        }
        Ok(Self {
            possible,
            attended,
            authorised,
            unauthorised,
        })
    }
}

/// The school year of the totals, by the calendar year in which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttendanceYear(pub u16);

/// A pupil and their totals.
#[derive(Debug, Clone, Copy)]
pub struct PupilTotals<'a> {
    /// The pupil.
    pub pupil: &'a Pupil,
    /// The totals.
    pub totals: SessionTotals,
}

/// What the header says, and the name of the file.
#[derive(Debug, Clone)]
pub struct Transfer<'a> {
    /// Our school.
    pub source: LaEstab,
    /// Its name.
    pub school_name: &'a str,
    /// The school year.
    pub year: AttendanceYear,
    /// Where it goes.
    pub destination: Destination,
    /// The running number.
    pub sequence: Sequence,
    /// When it was written, as `2026-03-27T15:04:05`.
    pub written_at: &'a str,
}

/// A pupil who is not in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Who.
    pub pupil: PupilNumber,
    /// Their name.
    pub name: String,
    /// Why, and what to do.
    pub remedy: &'static str,
}

/// A CTF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CtfFile {
    /// Its name; the format prescribes it.
    pub name: String,
    /// UTF-8 XML.
    pub bytes: Vec<u8>,
    /// Who is not in it.
    pub left_out: Vec<LeftOut>,
}

/// Writes the totals of pupils, in the order given. A CTF finds a pupil by UPN and date of birth, so who
/// lacks one is left out and named.
pub fn write_totals(transfer: &Transfer<'_>, pupils: &[PupilTotals<'_>]) -> CtfFile {
    let mut left_out = Vec::new();
    let known: Vec<_> = pupils
        .iter()
        .filter(|of| match lacks(of.pupil) {
            None => true,
            Some(remedy) => {
                left_out.push(LeftOut {
                    pupil: of.pupil.number,
                    name: of.pupil.known_as(),
                    remedy,
                });
                false
            }
        })
        .collect();
    let mut xml = Xml(Writer::new_with_indent(Vec::new(), b' ', 2));
    xml.document(transfer, &known)
        .expect("writing to a Vec cannot fail");
    CtfFile {
        name: file_name(transfer.source, transfer.destination, transfer.sequence),
        bytes: xml.0.into_inner(),
        left_out,
    }
}

fn lacks(pupil: &Pupil) -> Option<&'static str> {
    if pupil.upn.is_none() {
        Some("the pupil has no UPN: enter it in the school's system and import the roster")
    } else if pupil.dob.is_none() {
        Some("the pupil has no date of birth: enter it in the school's system and import the roster")
    } else {
        None
    }
}

struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn within(&mut self, name: &str, body: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        self.0.write_event(Event::Start(BytesStart::new(name)))?;
        body(self)?;
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn element(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.within(name, |xml| {
            xml.0
                .write_event(Event::Text(BytesText::new(&without_controls(text))))
        })
    }

    fn document(&mut self, transfer: &Transfer<'_>, pupils: &[&PupilTotals<'_>]) -> io::Result<()> {
        self.0
            .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        self.within("CTfile", |xml| {
            xml.header(transfer)?;
            xml.within("CTFpupilData", |xml| {
                pupils.iter().try_for_each(|of| xml.pupil(transfer, of))
            })
        })
    }

    fn header(&mut self, transfer: &Transfer<'_>) -> io::Result<()> {
        let (la, estab) = transfer.destination.parts();
        self.within("Header", |xml| {
            xml.element("DocumentName", "Common Transfer File")?;
            xml.element("CTFversion", CTF_VERSION)?;
            xml.element("DateTime", transfer.written_at)?;
            xml.element("DocumentQualifier", "partial")?;
            xml.element("DataDescriptor", "Totals of attendance")?;
            xml.element("SupplierID", "Daymark")?;
            xml.within("SourceSchool", |xml| {
                xml.element("LEA", &transfer.source.la())?;
                xml.element("Estab", &transfer.source.estab())?;
                xml.element("SchoolName", transfer.school_name)?;
                xml.element("AcademicYear", &transfer.year.0.to_string())
            })?;
            xml.within("DestSchool", |xml| {
                xml.element("LEA", &la)?;
                xml.element("Estab", &estab)
            })
        })
    }

    fn pupil(&mut self, transfer: &Transfer<'_>, of: &PupilTotals<'_>) -> io::Result<()> {
        let (pupil, totals) = (of.pupil, of.totals);
        self.within("Pupil", |xml| {
            if let Some(upn) = pupil.upn {
                xml.element("UPN", upn.as_str())?;
            }
            xml.element("Surname", &pupil.surname)?;
            xml.element("Forename", &pupil.forename)?;
            if let Some(dob) = pupil.dob {
                xml.element("DOB", &dob.to_string())?;
            }
            xml.within("Attendance", |xml| {
                xml.within("YearData", |xml| {
                    xml.element("Year", &transfer.year.0.to_string())?;
                    xml.element("LEA", &transfer.source.la())?;
                    xml.element("Estab", &transfer.source.estab())?;
                    xml.element("SchoolName", transfer.school_name)?;
                    xml.element("SessionsPossible", &totals.possible.to_string())?;
                    xml.element("SessionsAuthorised", &totals.authorised.to_string())?;
                    xml.element("SessionsAttended", &totals.attended.to_string())?;
                    xml.element("SessionsUnauthorised", &totals.unauthorised.to_string())
                })
            })
        })
    }
}

/// XML 1.0 cannot hold control characters, not even escaped.
fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
