//! A made-up child at a made-up school that rests on a profile: people record in sheets, the sheets are folded, and what
//! stands is counted and listed, all by the profile as it is shipped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daymark_core::attendance::worklists::{
    AsOf, AttemptResult, Due, How, List, Records, Row, VisitCase, Why, Worklists,
};
use daymark_core::attendance::{Attendance, Enrolled, Outcome, Tally};
use daymark_core::calendar::{Calendar, file, london};
use daymark_core::code::Code;
use daymark_core::day;
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{ClockCheck, Duty, Particulars, Person, VisitRef};
use daymark_core::fold::{CellFold, DayFold, Standing};
use daymark_core::follow_up::{Done, FollowUp};
use daymark_core::ids::{ActorId, DeviceNumber, PupilNumber, SchoolId, TripId, VisitId};
use daymark_core::item::{Item, Statement, statement_id};
use daymark_core::record::{self, Author, Mark, RecordError};
use daymark_core::roster::Role;
use daymark_core::rules::arrival::Arrival;
use daymark_core::rules::terms::SchoolRules;
use daymark_core::rules::{Profile, RegisterPolicy, RuleBook};
use daymark_core::session::{Cell, Date, Session};
use daymark_core::sign_off::SignOff;
use daymark_core::visit::{Grade, Opened, VisitStatement, VisitView};

const SCHOOL: SchoolId = SchoolId(123_456);
/// The child, who is nobody.
pub(super) const CHILD: PupilNumber = PupilNumber(1042);
const TRIP: TripId = TripId(uuid::Uuid::from_u128(0x7471));

/// An autumn term with a half-term holiday and an INSET day, and the terms after it. 146 sessions up to Christmas: 38 school
/// days before the holiday, 35 after it.
const CALENDAR: &str = r#"
terms = [
    { name = "Autumn 1", first = 2025-09-02, last = 2025-10-24 },
    { name = "Autumn 2", first = 2025-11-03, last = 2025-12-19 },
    { name = "Spring", first = 2026-01-05, last = 2026-03-27 },
]
insets = [{ date = 2025-09-02 }]
"#;

/// A clock that was compared with the school's this morning.
pub(super) const GOOD_CLOCK: Option<ClockCheck> = Some(ClockCheck {
    offset_ms: 0,
    doubt_ms: 200,
});

pub(super) fn date(text: &str) -> Date {
    text.parse().expect(text)
}

pub(super) fn code(text: &str) -> Code {
    text.parse().expect(text)
}

fn at(day: &str, time: &str) -> i64 {
    london::moments(date(day), time.parse().expect(time)).first()
}

fn person(duty: &Duty) -> Person {
    let (id, name, position) = match duty {
        Duty::Class(_) => ("t-quill", "Mr T Quill", "Teacher"),
        Duty::Trip(_) => ("a-shah", "Mrs A Shah", "Teacher"),
        Duty::Gate => ("g-hobbs", "Mrs G Hobbs", "Gate supervisor"),
        Duty::Office => ("j-roe", "Mrs J Roe", "Office manager"),
    };
    Person::new(id.parse().unwrap(), name, position).unwrap()
}

fn device(duty: &Duty) -> DeviceNumber {
    DeviceNumber(match duty {
        Duty::Class(_) => 11,
        Duty::Trip(_) => 12,
        Duty::Gate => 13,
        Duty::Office => 14,
    })
}

fn actor(device: DeviceNumber) -> ActorId {
    ActorId {
        device,
        incarnation: [7; 8],
    }
}

pub(super) fn class() -> Duty {
    Duty::Class("2M".parse().unwrap())
}

pub(super) fn coach() -> Duty {
    Duty::Trip(TRIP)
}

/// A walk through a term under one policy.
pub(super) struct Walk {
    rules: RuleBook,
    policy: Arc<RegisterPolicy>,
    year: &'static str,
    attendance: Attendance,
    sheets: BTreeMap<DocumentId, Document>,
    visits: BTreeMap<VisitId, Document>,
}

impl Walk {
    /// A child of a national curriculum year and a date of birth, at a school that writes nothing but its profile.
    pub(super) fn under(profile: Profile, year: &'static str, born: &str) -> Self {
        let file_of_rules = format!("profile = \"{profile}\"\n[[rules]]\neffective_from = 2025-09-01\n");
        let child = Enrolled {
            pupil: CHILD,
            class: "2M".parse().unwrap(),
            year: year.to_owned(),
            born: Some(date(born)),
            start: None,
            leave: None,
        };
        let calendar: Arc<Calendar> = Arc::new(file::read(CALENDAR).unwrap());
        let rules = RuleBook::parse(&file_of_rules).unwrap();
        Self {
            policy: Arc::new(RegisterPolicy::new(Some(&rules), None)),
            rules,
            year,
            attendance: Attendance::of(calendar, [child], []),
            sheets: BTreeMap::new(),
            visits: BTreeMap::new(),
        }
    }

    /// The rules in force on a day.
    pub(super) fn rules(&self, day: &str) -> &SchoolRules {
        self.rules.on(date(day))
    }

    /// The fold of a day's sheets, by the rules of that day.
    pub(super) fn fold(&self, day: &str) -> DayFold {
        let of_day = self
            .sheets
            .values()
            .filter(|sheet| sheet.id().date() == Some(date(day)));
        day::fold(date(day), self.rules(day).settle, of_day)
    }

    fn cell_fold(&self, day: &str, session: Session) -> CellFold {
        let cell = cell(day, session);
        self.fold(day).cell(&cell).expect("something was said").clone()
    }

    /// What stands in a cell.
    pub(super) fn standing(&self, day: &str, session: Session) -> Standing {
        self.cell_fold(day, session).standing
    }

    /// How many entries wait for the office after sign-off.
    pub(super) fn proposals(&self, day: &str, session: Session) -> usize {
        self.cell_fold(day, session).proposals.len()
    }

    fn author(&self, duty: &Duty, day: &str, time: &str) -> Author {
        Author {
            school: SCHOOL,
            duty: duty.clone(),
            person: person(duty),
            device: device(duty),
            now: at(day, time),
            clock: None,
            role: match duty {
                Duty::Class(_) | Duty::Trip(_) => Role::Teacher,
                Duty::Gate => Role::Gate,
                Duty::Office => Role::Office,
            },
            policy: Arc::clone(&self.policy),
        }
    }

    /// What the profile says of recording, as tablets are told it.
    pub(super) fn policy(&self) -> &RegisterPolicy {
        &self.policy
    }

    /// Puts an item into a sheet, folds its day again and counts what stands now.
    fn say(&mut self, day: &str, duty: &Duty, item: &Item) {
        let id = DocumentId::Sheet(date(day), duty.clone());
        let sheet = self
            .sheets
            .entry(id.clone())
            .or_insert_with(|| Document::new(SCHOOL, id));
        sheet
            .append(actor(device(duty)), std::slice::from_ref(item))
            .unwrap();
        for (cell, folded) in self.fold(day).cells() {
            self.attendance.set(*cell, Outcome::from(folded));
        }
    }

    /// Records a mark as a tablet does, or is refused as a tablet is.
    pub(super) fn try_mark(
        &mut self,
        duty: &Duty,
        day: &str,
        session: Session,
        text: &str,
        reason: Option<&str>,
    ) -> Result<(), RecordError> {
        let wanted = Mark {
            code: code(text),
            particulars: particulars(text),
            reason: reason.map(str::to_owned),
        };
        let time = if session == Session::Am { "09:00" } else { "13:05" };
        let author = self.author(duty, day, time);
        let entry = record::mark(&self.fold(day), &author, session, CHILD, &wanted)?;
        self.say(day, duty, &Item::Slip(vec![entry]));
        Ok(())
    }

    /// The class teacher marks.
    pub(super) fn teacher(&mut self, day: &str, session: Session, text: &str) {
        self.try_mark(&class(), day, session, text, None).unwrap();
    }

    /// The office amends, and says why.
    pub(super) fn office(&mut self, day: &str, session: Session, text: &str, reason: &str) {
        self.try_mark(&Duty::Office, day, session, text, Some(reason))
            .unwrap();
    }

    /// The office decides what a cell says, and why.
    pub(super) fn decides(&mut self, day: &str, session: Session, text: &str, reason: &str) {
        let decision = Mark {
            code: code(text),
            particulars: Particulars::default(),
            reason: Some(reason.to_owned()),
        };
        let author = self.author(&Duty::Office, day, "15:40");
        let entry = record::decide(&self.fold(day), &author, session, CHILD, &decision).unwrap();
        self.say(day, &Duty::Office, &Item::Slip(vec![entry]));
    }

    /// The child comes to the gate: the school's times say which code that is. `None` where no code follows.
    pub(super) fn gate(&mut self, day: &str, session: Session, time: &str) -> Option<Code> {
        let arrival = self.arrival(day, session, time, GOOD_CLOCK);
        let code = arrival.code()?;
        let wanted = Mark {
            code,
            particulars: Particulars {
                arrived_at: Some(time.parse().unwrap()),
                ..Particulars::default()
            },
            reason: None,
        };
        let author = self.author(&Duty::Gate, day, time);
        let entry = record::mark(&self.fold(day), &author, session, CHILD, &wanted).unwrap();
        self.say(day, &Duty::Gate, &Item::Slip(vec![entry]));
        Some(code)
    }

    /// What an arrival amounts to by the policy's times.
    pub(super) fn arrival(
        &self,
        day: &str,
        session: Session,
        time: &str,
        clock: Option<ClockCheck>,
    ) -> Arrival {
        self.arrival_in(self.year, day, session, time, clock)
    }

    /// The same for a pupil of another national curriculum year.
    pub(super) fn arrival_in(
        &self,
        year: &str,
        day: &str,
        session: Session,
        time: &str,
        clock: Option<ClockCheck>,
    ) -> Arrival {
        let rules = self.rules(day);
        let times = match session {
            Session::Am => &rules.am,
            Session::Pm => &rules.pm,
        };
        Arrival::of(
            times,
            year,
            time.parse().unwrap(),
            clock,
            rules.clock_doubt_seconds,
        )
    }

    /// Whole days away: the class teacher marks `N`, and where the reason is another code the office amends.
    pub(super) fn away<'d>(&mut self, days: impl IntoIterator<Item = &'d str>, text: &str) {
        for day in days {
            for session in Session::ALL {
                self.teacher(day, session, "N");
                if text != "N" {
                    self.office(day, session, text, "The family was reached");
                }
            }
        }
    }

    /// The child is there in every session of the calendar from a day to a day that has no mark yet.
    pub(super) fn there(&mut self, first: &str, last: &str) {
        let calendar = Arc::clone(self.attendance.calendar());
        for day in calendar.school_days() {
            if !(date(first)..=date(last)).contains(&day.date) {
                continue;
            }
            for (session, present) in Session::ALL.into_iter().zip(["/", "\\"]) {
                let (day, cell) = (
                    day.date.to_string(),
                    Cell {
                        date: day.date,
                        session,
                        pupil: CHILD,
                    },
                );
                if self.attendance.outcome(&cell) == Outcome::Blank {
                    self.teacher(&day, session, present);
                }
            }
        }
    }

    /// The office tries to reach the family.
    pub(super) fn tries(&mut self, day: &str, time: &str, how: How, result: AttemptResult) {
        let body = FollowUp::Attempt {
            pupil: CHILD,
            how,
            result,
        };
        self.follow_up(day, time, body);
    }

    /// Somebody takes a step of the policy.
    pub(super) fn takes_step(&mut self, day: &str, name: &str) {
        self.follow_up(day, "15:00", FollowUp::step(CHILD, name).unwrap());
    }

    fn follow_up(&mut self, day: &str, time: &str, body: FollowUp) {
        let statement = statement(&self.author(&Duty::Office, day, time), body);
        self.say(day, &Duty::Office, &Item::FollowUp(statement));
    }

    /// The office signs a session off. What is missing is in it.
    pub(super) fn signs_off(&mut self, day: &str, session: Session) -> SignOff {
        let author = self.author(&Duty::Office, day, "15:30");
        let sheets = self.sheets.values();
        let signed = record::sign_off(&self.fold(day), &author, session, sheets, &[CHILD].into()).unwrap();
        let body = signed.body.clone();
        self.say(day, &Duty::Office, &Item::SignOff(signed));
        body
    }

    /// So many people of the attendance team go to the child's home, and it ends so.
    pub(super) fn visits(&mut self, day: &str, visitors: usize, grade: Grade) -> VisitView {
        let number = u128::try_from(self.visits.len()).unwrap() + 1;
        let visit = VisitId(uuid::Uuid::from_u128(number));
        let id = DocumentId::Visit(visit);
        let mut document = Document::new(SCHOOL, id.clone());
        let pair = [("k-osman", "Mr K Osman"), ("p-fenn", "Ms P Fenn")];
        let people = pair.iter().take(visitors);
        let visitors: Vec<Person> = people
            .map(|(id, name)| Person::new(id.parse().unwrap(), name, "Attendance officer").unwrap())
            .collect();
        let mut author = self.author(&Duty::Office, day, "14:00");
        author.device = DeviceNumber(15);
        author.person = visitors[0].clone();
        let opened = VisitStatement::Opened(Opened {
            pupil: CHILD,
            trigger: "absence".to_owned(),
            visitors,
            alone: None,
            back_by: None,
        });
        let outcome = VisitStatement::Outcome(daymark_core::visit::Outcome {
            grade,
            answered: None,
            child_words: None,
        });
        for body in [opened, outcome] {
            let item = Item::Visit(statement(&author, body));
            document.append(actor(author.device), &[item]).unwrap();
        }
        let view = view_of(&document);
        self.visits.insert(visit, document);
        view
    }

    /// A list at the end of a day.
    pub(super) fn rows(&self, list: List, day: &str) -> Vec<Row> {
        self.worklists(AsOf::end_of(date(day)), |lists| lists.rows(list))
    }

    /// A list at a time of a day.
    pub(super) fn rows_at(&self, list: List, day: &str, time: &str) -> Vec<Row> {
        self.worklists(AsOf::moment(at(day, time)).unwrap(), |lists| lists.rows(list))
    }

    /// Whether the target is met, and the band that the child is in, at the end of a day.
    pub(super) fn target_and_band(&self, day: &str) -> (Option<bool>, Option<String>) {
        self.worklists(AsOf::end_of(date(day)), |lists| {
            (
                lists.meets_target(CHILD),
                lists.band(CHILD).map(|band| band.name.clone()),
            )
        })
    }

    fn worklists<T>(&self, at: AsOf, body: impl FnOnce(Worklists<'_>) -> T) -> T {
        let done: Vec<Done> = self.sheets.values().map(Done::of).collect();
        let attempts: Vec<_> = done
            .iter()
            .flat_map(|done| done.attempts.iter().cloned())
            .collect();
        let steps: Vec<_> = done.iter().flat_map(|done| done.steps.iter().cloned()).collect();
        let views: Vec<(VisitId, VisitView)> = self
            .visits
            .iter()
            .map(|(visit, document)| (*visit, view_of(document)))
            .collect();
        let visits: Vec<VisitCase<'_>> = views
            .iter()
            .map(|(visit, view)| VisitCase { visit: *visit, view })
            .collect();
        body(Worklists {
            attendance: &self.attendance,
            rules: &self.rules,
            at,
            records: Records {
                attempts: &attempts,
                visits: &visits,
                steps: &steps,
            },
        })
    }

    /// The names of the steps that are due at the end of a day.
    pub(super) fn steps(&self, day: &str) -> BTreeSet<String> {
        let rows = self.rows(List::Steps, day).into_iter();
        rows.map(|row| match row.why {
            Why::Step { name } => name,
            why => panic!("{why:?} is no step"),
        })
        .collect()
    }

    /// This school year's sessions up to a day.
    pub(super) fn tally(&self, day: &str) -> Tally {
        let year = self.attendance.calendar().year_to(date(day));
        self.attendance.tally(CHILD, year)
    }
}

fn statement<T>(author: &Author, body: T) -> Statement<T> {
    Statement {
        stamp: author.stamp(),
        supersedes: BTreeSet::new(),
        reason: None,
        body,
    }
}

fn view_of(document: &Document) -> VisitView {
    let items = document.items().into_iter();
    let said = items.filter_map(|(bytes, item)| match item {
        Item::Visit(statement) => Some((statement_id(document.id(), &bytes), statement)),
        _ => None,
    });
    VisitView::of(&said.collect())
}

fn cell(day: &str, session: Session) -> Cell {
    Cell {
        date: date(day),
        session,
        pupil: CHILD,
    }
}

fn particulars(text: &str) -> Particulars {
    let mut particulars = Particulars::default();
    match text {
        "V" | "P" => {
            particulars.visit = Some(VisitRef {
                trip: TRIP,
                listed: true,
                supervisor: person(&Duty::Trip(TRIP)),
            });
        }
        "L" => particulars.arrived_at = Some("09:05".parse().unwrap()),
        "U" => particulars.arrived_at = Some("09:40".parse().unwrap()),
        "B" | "K" | "Y7" => particulars.nature = Some("Climbing at a centre".to_owned()),
        _ => {}
    }
    particulars
}

/// Asserts that a list has exactly one row, since a day.
#[track_caller]
pub(super) fn only_since(rows: &[Row], since: &str) -> Row {
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].since, date(since), "{:?}", rows[0]);
    rows[0].clone()
}

/// By the end of a day.
pub(super) fn by(day: &str) -> Due {
    Due::By(date(day))
}

/// A time of a day, as a row has it.
pub(super) fn moment(day: &str, time: &str) -> i64 {
    at(day, time)
}
