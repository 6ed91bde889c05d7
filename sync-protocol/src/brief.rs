//! The brief: what a duty may know beyond its own documents, and no more.
//!
//! Names live here and not in documents. For a code that reveals health, religion or justice a trip or gate tablet
//! learns "not expected", never the code.

mod policy;

use std::collections::BTreeMap;

use daymark_core::calendar::CompulsoryAge;
use daymark_core::code::Code;
use daymark_core::entry::Person;
use daymark_core::fold::{DatedRules, Rules};
use daymark_core::ids::{ClassName, EntryId, PersonId, PupilNumber, TripId};
use daymark_core::roster::{Pupil, Role};
use daymark_core::session::{Date, Session};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

pub use policy::{
    BriefCalendar, BriefCounting, BriefDays, BriefHalfDay, BriefPolicy, BriefRole, BriefSet, BriefTimes,
    BriefYear,
};

/// What the hub tells one device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Brief {
    /// What the school is called.
    #[n(0)]
    pub school_name: String,
    /// Which rules settle by themselves.
    #[n(1)]
    pub rules: BriefRules,
    /// The staff who may record.
    #[n(2)]
    pub staff: Vec<BriefPerson>,
    /// The pupils that the duty needs.
    #[n(3)]
    pub pupils: Vec<BriefPupil>,
    /// Who is not expected, without the reason.
    #[n(4)]
    pub not_expected: Vec<BriefCell>,
    /// What became of entries made under the device's duties, where it is not simply as they said.
    #[n(5)]
    pub fates: Vec<Fate>,
    /// The sessions that are signed off.
    #[n(6)]
    pub signed_off: Vec<BriefSession>,
    /// The classes whose register the device takes.
    #[n(7)]
    pub classes: Vec<ClassName>,
    /// The trips that it goes along on.
    #[n(8)]
    pub trips: Vec<TripId>,
    /// The last date on which the names and flags may be used without another contact; `None` where there are none.
    #[n(9)]
    pub good_until: Option<Date>,
    /// The rules of recording, and the calendar; `None` where the school has written neither, or to a duty that has ended.
    #[n(10)]
    pub policy: Option<BriefPolicy>,
    /// By what the school counts absence; for the office's and the head's tablets alone, which hold the sheets.
    #[n(11)]
    pub counting: Option<BriefCounting>,
}

/// Rules as they travel: those from the beginning, and those of later dates.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefRules {
    /// Rule R1.
    #[n(0)]
    pub r1: bool,
    /// Rule R2.
    #[n(1)]
    pub r2: bool,
    /// What settles from later dates on; `None` where that never changes.
    #[n(2)]
    pub later: Option<Vec<LaterRules>>,
}

/// Rules that settle from a date on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct LaterRules {
    /// The first date.
    #[n(0)]
    pub from: Date,
    /// Rule R1.
    #[n(1)]
    pub r1: bool,
    /// Rule R2.
    #[n(2)]
    pub r2: bool,
}

impl Default for BriefRules {
    fn default() -> Self {
        (&DatedRules::default()).into()
    }
}

impl From<&DatedRules> for BriefRules {
    fn from(rules: &DatedRules) -> Self {
        let Rules { r1, r2 } = rules.first();
        let later = rules.later().iter();
        let later: Vec<LaterRules> = later
            .map(|(from, Rules { r1, r2 })| LaterRules {
                from: *from,
                r1: *r1,
                r2: *r2,
            })
            .collect();
        Self {
            r1,
            r2,
            later: (!later.is_empty()).then_some(later),
        }
    }
}

impl From<&BriefRules> for DatedRules {
    fn from(brief: &BriefRules) -> Self {
        let first = Rules {
            r1: brief.r1,
            r2: brief.r2,
        };
        let later = brief.later.iter().flatten();
        Self::new(
            first,
            later.map(|LaterRules { from, r1, r2 }| (*from, Rules { r1: *r1, r2: *r2 })),
        )
    }
}

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefPerson {
    /// Who.
    #[n(0)]
    pub person: Person,
    /// In which role.
    #[n(1)]
    pub role: Role,
}

/// A pupil.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefPupil {
    /// The short number that documents carry.
    #[n(0)]
    pub number: PupilNumber,
    /// Surname, forename.
    #[n(1)]
    pub name: String,
    /// The class.
    #[n(2)]
    pub class: ClassName,
    /// The national curriculum year, where by the school's rules a session ends for it at a time of its own.
    #[n(3)]
    pub year: Option<String>,
    /// When the pupil is counted; for those who count.
    #[n(4)]
    pub roll: Option<BriefRoll>,
    /// Which family the pupil is of, where several of it are at the school; for the gate, where brothers and sisters come
    /// together. The number says nothing outside one brief.
    #[n(5)]
    pub family: Option<u32>,
}

/// When a pupil is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BriefRoll {
    /// A date of birth with the same compulsory school age as the pupil's own, which is not told; none where the school's list
    /// has none.
    #[n(0)]
    pub born_like: Option<Date>,
    /// The first day on roll; none where the list does not say.
    #[n(1)]
    pub start: Option<Date>,
    /// The last day on roll.
    #[n(2)]
    pub leave: Option<Date>,
}

impl From<&Pupil> for BriefRoll {
    fn from(pupil: &Pupil) -> Self {
        Self {
            born_like: pupil.dob.and_then(CompulsoryAge::alike),
            start: pupil.start_date,
            leave: pupil.leave_date,
        }
    }
}

/// A pupil's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct BriefCell {
    /// The date.
    #[n(0)]
    pub date: Date,
    /// Morning or afternoon.
    #[n(1)]
    pub session: Session,
    /// Whose.
    #[n(2)]
    pub pupil: PupilNumber,
}

/// A session of the school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct BriefSession {
    /// The date.
    #[n(0)]
    pub date: Date,
    /// Morning or afternoon.
    #[n(1)]
    pub session: Session,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Fate {
    /// Which entry.
    #[n(0)]
    pub entry: EntryId,
    /// What became of it.
    #[n(1)]
    pub became: Became,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Became {
    /// Another mark says otherwise, and a person must decide. The child counts as missing meanwhile.
    #[n(0)]
    Disputed(#[n(0)] Shown),
    /// A rule settled it: which, and what stands.
    #[n(1)]
    Settled(#[n(0)] SettledBy),
    /// The office changed it to this.
    #[n(2)]
    Amended(#[n(0)] Shown),
    /// It arrived after sign-off and waits for the office.
    #[n(3)]
    Proposed,
    /// It is out of order, and moves nothing: why.
    #[n(4)]
    Irregular(#[n(0)] String),
}

/// A code as far as the duty may know it, and who gave it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Shown {
    /// The code; `None` for "not expected", or where no mark stands.
    #[n(0)]
    pub code: Option<Code>,
    /// Who says so.
    #[n(1)]
    pub by: String,
}

/// A rule and what it left standing.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SettledBy {
    /// `R1` or `R2`.
    #[n(0)]
    pub rule: String,
    /// What stands.
    #[n(1)]
    pub code: Code,
}

impl Brief {
    /// The bytes that travel.
    pub fn encode(&self) -> Vec<u8> {
        daymark_core::cbor::to_vec(self)
    }

    /// Reads a brief; `None` where it is damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut decoder = minicbor::Decoder::new(bytes);
        let brief = decoder.decode().ok()?;
        (decoder.position() == bytes.len()).then_some(brief)
    }

    /// Digest of an encoded brief: what a device names to be told of a newer one.
    pub fn digest(encoded: &[u8]) -> [u8; 8] {
        let digest: [u8; 32] = Sha256::digest(encoded).into();
        let mut short = [0; 8];
        short.copy_from_slice(&digest[..8]);
        short
    }

    /// Whether its names and flags may still be used on a date.
    pub fn is_good_on(&self, date: Date) -> bool {
        self.good_until.is_none_or(|last| date <= last)
    }

    /// The same without what its device may use no more: names of pupils, and what became of their marks. The staff stays,
    /// so that whoever records is known.
    #[must_use]
    pub fn without_pupils(&self) -> Self {
        Self {
            pupils: Vec::new(),
            not_expected: Vec::new(),
            fates: Vec::new(),
            good_until: None,
            ..self.clone()
        }
    }

    /// The person with an id.
    pub fn person(&self, id: &PersonId) -> Option<&BriefPerson> {
        self.staff.iter().find(|member| member.person.id == *id)
    }

    /// Names by pupil number.
    pub fn names(&self) -> BTreeMap<PupilNumber, &BriefPupil> {
        self.pupils.iter().map(|pupil| (pupil.number, pupil)).collect()
    }
}
