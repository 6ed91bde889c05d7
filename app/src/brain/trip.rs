//! On a trip: head counts, who left the group, who is back.

mod counted;

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::document_id::DocumentId;
use daymark_core::ids::PupilNumber;
use daymark_core::trip::{HeadCount, LeftGroup, Rejoined, TripGroup, TripSession, TripStatement};
use daymark_tablet::{trips, words as say};

use super::Open;
use super::open::{Done, words};
use crate::action::{Action, Fields, Register, Screen};
pub use counted::Counted;

/// A head count as it is being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counting {
    /// How many were counted; none while nothing is typed.
    pub found: Option<u32>,
    /// Who is with the group by their mark.
    pub ticked: BTreeSet<PupilNumber>,
    /// Who has no mark yet.
    pub unmarked: BTreeSet<PupilNumber>,
    /// Who is marked as not being here, or has left.
    pub apart: BTreeSet<PupilNumber>,
    /// The group that is counted; none for everybody.
    pub group: Option<TripGroup>,
}

impl Counting {
    /// How many should be with the group.
    pub fn expected(&self) -> u32 {
        u32::try_from(self.ticked.len() + self.unmarked.len()).unwrap_or(u32::MAX)
    }

    /// Whether as many were counted as should be there.
    pub fn agrees(&self) -> bool {
        self.found == Some(self.expected())
    }

    /// What does not agree, in words.
    pub fn difference(&self) -> String {
        match self.found {
            None => "Type how many you counted.".to_owned(),
            Some(found) => format!("{found} counted, {} expected.", self.expected()),
        }
    }
}

impl Open {
    /// A head count of a register, as far as it is typed.
    pub fn counting(&self, register: &Register) -> Option<Counting> {
        let view = self.trip(register)?;
        let group = self.group_shown(&view);
        let is_counted = |pupil: PupilNumber| group.is_none_or(|group| group.pupils.contains(&pupil));
        let mut rows = self.rows(register);
        rows.retain(|row| is_counted(row.pupil));
        let mut gone = trips::gone(&view, register.date);
        gone.retain(|pupil, _| is_counted(*pupil));
        let mut counting = Counting {
            found: self.typed.parse().ok(),
            ticked: BTreeSet::new(),
            unmarked: BTreeSet::new(),
            apart: gone.keys().copied().collect(),
            group: group.cloned(),
        };
        for row in rows.iter().filter(|row| !gone.contains_key(&row.pupil)) {
            let own: Vec<_> = row
                .marks
                .iter()
                .filter(|mark| mark.duty == register.duty)
                .filter_map(|mark| mark.code.as_deref())
                .collect();
            let is_with = |code: &str| {
                let parsed: Option<daymark_core::code::Code> = code.parse().ok();
                parsed.is_some_and(daymark_core::code::Code::approved_elsewhere)
            };
            if own.is_empty() {
                counting.unmarked.insert(row.pupil);
            } else if own.iter().any(|code| is_with(code)) {
                counting.ticked.insert(row.pupil);
            } else {
                counting.apart.insert(row.pupil);
            }
        }
        Some(counting)
    }

    /// Who is no longer with the group, and with whom they left: at once, whatever session their mark changes in.
    pub fn gone(&self, register: &Register) -> BTreeMap<PupilNumber, String> {
        self.trip(register)
            .map(|view| trips::gone(&view, register.date))
            .unwrap_or_default()
    }

    pub(super) fn act_trip(&mut self, action: Action, fields: &Fields) -> Done {
        match action {
            Action::Digit(digit) if self.typed.len() < 3 => {
                self.typed.push(char::from(b'0' + digit % 10));
                Ok(None)
            }
            Action::Rub => {
                self.typed.pop();
                Ok(None)
            }
            Action::Missing(_, pupil) => {
                if self.missing.contains(&pupil) {
                    self.missing.retain(|missing| *missing != pupil);
                } else {
                    self.missing.push(pupil);
                }
                Ok(None)
            }
            Action::SaveCount(register) => {
                let count = self
                    .counting(&register)
                    .ok_or("This trip is not on this tablet.")?;
                let found = count.found.ok_or("Type how many you counted.")?;
                let missing = std::mem::take(&mut self.missing);
                self.say_count(&register, &count, missing)?;
                self.typed.clear();
                let home = self.home();
                self.screen = self.back.pop().unwrap_or(home);
                let of = count.group.map(|group| format!(" of {}", group.name));
                let of = of.unwrap_or_default();
                Ok(Some(format!("Counted {found}{of}. {}.", say::SAVED)))
            }
            Action::LeftGroup(register, pupil) => self.left(&register, pupil, fields),
            Action::ShowGroup(name) => {
                self.group = name;
                Ok(None)
            }
            Action::Rejoined(register, pupil) => self.rejoined(&register, pupil),
            _ => Ok(None),
        }
    }

    pub(super) fn say_count(
        &mut self,
        register: &Register,
        count: &Counting,
        mut missing: Vec<PupilNumber>,
    ) -> Result<(), String> {
        missing.sort_unstable();
        let body = TripStatement::HeadCount(HeadCount {
            expected: count.expected(),
            found: count.found.unwrap_or_default(),
            missing,
            place: None,
            group: count.group.as_ref().map(|group| group.name.clone()),
        });
        self.say_of_trip(register, body)
    }

    fn say_of_trip(&mut self, register: &Register, body: TripStatement) -> Result<(), String> {
        let id = Self::trip_of(register).ok_or("This is no trip.")?;
        let statement = self.statement(body)?;
        self.tablet.say_of_trip(&id, statement).map_err(words)
    }

    fn left(&mut self, register: &Register, pupil: PupilNumber, fields: &Fields) -> Done {
        let with = fields.given("with").or_else(|| fields.given("other"));
        let with = with.ok_or("Say which adult takes over, and who they are to the child.")?;
        let Some(DocumentId::Trip(trip)) = Self::trip_of(register) else {
            return Err("This is no trip.".to_owned());
        };
        let view = self.trip(register).ok_or("This trip is not on this tablet.")?;
        let now = TripSession {
            date: register.date,
            session: register.session,
        };
        // A mark that was true when it was made stays: they are away from the first session without one.
        let from =
            trips::leaves_from(self.tablet.replica(), trip, &view, pupil, now).unwrap_or(TripSession {
                date: now.date.plus(1).unwrap_or(now.date),
                session: daymark_core::session::Session::Am,
            });
        self.say_of_trip(
            register,
            TripStatement::LeftGroup(LeftGroup {
                pupil,
                with: with.clone(),
                from,
            }),
        )?;
        self.back_to_list();
        Ok(Some(format!(
            "{} left the group with {with}. {}.",
            self.name(pupil),
            say::SAVED
        )))
    }

    fn rejoined(&mut self, register: &Register, pupil: PupilNumber) -> Done {
        let view = self.trip(register).ok_or("This trip is not on this tablet.")?;
        let left = trips::left_statements(&view, pupil);
        let mut statement = self.statement(TripStatement::Rejoined(Rejoined {
            pupil,
            from: TripSession {
                date: register.date,
                session: register.session,
            },
        }))?;
        statement.supersedes = left.into_keys().collect();
        statement.reason = Some("back with the group".to_owned());
        let id = Self::trip_of(register).ok_or("This is no trip.")?;
        self.tablet.say_of_trip(&id, statement).map_err(words)?;
        self.back_to_list();
        Ok(Some(format!(
            "{} is back with the group. {}.",
            self.name(pupil),
            say::SAVED
        )))
    }

    /// The register to open first for a trip: of now, or of its first session to come.
    pub fn trip_register(
        &self,
        trip: daymark_core::ids::TripId,
        session: daymark_core::session::Session,
    ) -> Screen {
        Screen::Register(
            Register {
                duty: daymark_core::entry::Duty::Trip(trip),
                date: self.today(),
                session,
            },
            crate::action::Filter::All,
        )
    }
}
