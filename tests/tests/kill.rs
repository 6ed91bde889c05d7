//! `kill -9` of the server in the middle of a sync storm: whatever a tablet was told is stored, is.
//!
//! The tablets are the tablet library in this process, each over memory and its own connection; the server is the real
//! command on a real folder. Every round kills it at a random moment, starts it again on the same home, and asks it
//! for every change that was ever acknowledged before any tablet may offer one again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Particulars, Person};
use daymark_core::ids::{ChangeHash, PupilNumber};
use daymark_core::record::Mark;
use daymark_core::session::{Date, Session};
use daymark_core::signature::SecretKey;
use daymark_sync_protocol::client::{Record, SendState};
use daymark_sync_protocol::frame::Window;
use daymark_tablet::{
    Applicant, Ask, DeviceClock, Enrolled, Home, HttpOptions, HttpTransport, MemoryStorage, Tablet,
};
use daymark_tests::support::{Dice, School};

const ROUNDS: u16 = 50;
const KILL_WITHIN_MS: usize = 150;
/// Rounds on one date, so that sheets stay of the size of a school's.
const ROUNDS_A_DAY: u16 = 2;
/// After so many rounds every date is asked for again.
const LOOK_BACK_EVERY: u16 = 10;

struct Hand {
    enrolled: Enrolled,
    tablet: Tablet<MemoryStorage>,
    duty: Duty,
    person: Person,
    dice: Dice,
    /// What the school acknowledged, ever.
    acknowledged: BTreeMap<ChangeHash, DocumentId>,
}

fn date_of(round: u16) -> Date {
    let first: Date = "2026-03-02".parse().expect("a date");
    first.plus(round / ROUNDS_A_DAY).expect("in range")
}

fn now_ms() -> i64 {
    DeviceClock::System.now_ms()
}

fn transport(school: &School) -> HttpTransport {
    HttpTransport::new(&school.server().url(), HttpOptions::default()).expect("an address")
}

async fn enrol(school: &School, dice: &mut Dice, name: &str, role: &str, classes: &[&str]) -> Enrolled {
    let applicant = Applicant {
        invitation: school.invite(name, role, classes),
        key: SecretKey::from_seed(&dice.bytes()),
    };
    let answer = transport(school).enrol(&applicant).await.expect("an enrolment");
    let device = u64::from(answer.device.0);
    let enrolled = applicant
        .accept(answer, "http://unused", None, dice.bytes())
        .expect("it is the school");
    school.confirm(device, &enrolled.code);
    enrolled
}

/// A tablet whose store is new.
fn cold(enrolled: &Enrolled, new: [u8; 8]) -> Tablet<MemoryStorage> {
    let mut enrolled = enrolled.clone();
    for record in &mut enrolled.records {
        if let Record::Enrolled(identity) = record {
            identity.incarnation = new;
        }
    }
    let mut tablet = Tablet::new(Home::start(MemoryStorage::default()).expect("a home"));
    tablet.enrolled(enrolled).expect("enrolled");
    tablet
}

/// A whole sync of some dates.
fn dates(from: Date, to: Date) -> Ask {
    let window = Some(Window { from, to });
    Ask {
        window,
        want_brief: true,
        ..Ask::default()
    }
}

impl Hand {
    fn mark(&mut self, date: Date) {
        let person = self.person.clone();
        let moment = DeviceClock::System.moment();
        let author = self
            .tablet
            .author(self.duty.clone(), person, moment)
            .expect("an author");
        let session = *self.dice.pick(&Session::ALL);
        let codes: &[&str] = match (&self.duty, session) {
            (Duty::Gate, _) => &["L", "U"],
            (Duty::Office, _) => &["I", "M", "C"],
            (_, Session::Am) => &["/", "N"],
            (_, Session::Pm) => &["\\", "N"],
        };
        let count = 1 + self.dice.below(3);
        let marks: Vec<(PupilNumber, Mark)> = (0..count)
            .map(|_| {
                let arrived_at = (self.duty == Duty::Gate).then(|| "09:05".parse().expect("a time"));
                let mark = Mark {
                    code: Code::literal(codes[self.dice.below(codes.len())]),
                    particulars: Particulars {
                        arrived_at,
                        ..Particulars::default()
                    },
                    reason: Some("Looked again".to_owned()),
                };
                (PupilNumber(1001 + self.dice.roll() % 8), mark)
            })
            .collect();
        self.tablet
            .mark(&author, date, session, &marks)
            .expect("a mark is saved");
    }

    /// Writes down what the school has acknowledged by now; gives how much is new.
    fn note(&mut self) -> usize {
        let before = self.acknowledged.len();
        let stored = self
            .tablet
            .replica()
            .own_changes()
            .iter()
            .filter(|own| own.state == SendState::Stored);
        self.acknowledged
            .extend(stored.map(|own| (own.hash, own.document.clone())));
        self.acknowledged.len() - before
    }

    /// Marks and syncs without a pause until the school is gone. Whether it went in the middle of an exchange.
    async fn storm(&mut self, transport: HttpTransport, date: Date, wait: u64) -> bool {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let window = Some(Window { from: date, to: date });
        let wanted = Ask {
            window,
            want_brief: false,
            ..Ask::default()
        };
        loop {
            // Several changes in one exchange, as after a while without a signal.
            for _ in 0..=self.dice.below(4) {
                self.mark(date);
                self.tablet.gather().expect("a change is made");
            }
            if let Err(error) = self.tablet.sync(&transport, now_ms, wanted.clone()).await {
                assert!(
                    matches!(&error, daymark_tablet::SyncError::Transport(why) if why.is_no_signal()),
                    "{error}"
                );
                return true;
            }
        }
    }
}

/// Which changes that were acknowledged, of some dates, a replica lacks; and how many it has.
fn lost(hands: &[Hand], observer: &Tablet<MemoryStorage>, (from, to): (Date, Date)) -> (Vec<String>, usize) {
    let all = hands.iter().flat_map(|hand| &hand.acknowledged);
    let asked = all.filter(|(_, document)| document.date().is_some_and(|date| (from..=to).contains(&date)));
    let (there, lost): (Vec<_>, Vec<_>) =
        asked.partition(|(hash, document)| observer.replica().knows(document, hash));
    (
        lost.iter()
            .map(|(hash, document)| format!("{document}: {hash}"))
            .collect(),
        there.len(),
    )
}

/// A new replica of the office, with nothing but what the school has now.
async fn observe(
    school: &School,
    enrolled: &Enrolled,
    incarnation: [u8; 8],
    (from, to): (Date, Date),
) -> Tablet<MemoryStorage> {
    let mut observer = cold(enrolled, incarnation);
    let outcome = observer
        .sync(&transport(school), now_ms, dates(from, to))
        .await
        .expect("a sync");
    assert!(!outcome.more && outcome.refused.is_empty(), "{outcome:?}");
    observer
}

/// The heads of every sheet of a date that a replica has.
fn heads(tablet: &Tablet<MemoryStorage>, date: Date) -> BTreeMap<DocumentId, Vec<ChangeHash>> {
    let sheets = tablet
        .replica()
        .documents()
        .filter(|document| document.id().date() == Some(date));
    sheets
        .map(|document| (document.id().clone(), document.heads()))
        .collect()
}

fn assert_converged(hands: &[Hand], observer: &Tablet<MemoryStorage>, date: Date) {
    let everything = heads(observer, date);
    assert_eq!(
        everything.len(),
        3,
        "a sheet of the class, of the gate and of the office"
    );
    for hand in hands {
        assert_eq!(hand.tablet.replica().not_yet_sent(), 0);
        let theirs = heads(&hand.tablet, date);
        for (document, heads) in &theirs {
            assert_eq!(Some(heads), everything.get(document), "{document}");
        }
        if hand.duty == Duty::Office {
            assert_eq!(theirs.len(), everything.len(), "the office has every sheet");
            let canonical = |tablet: &Tablet<MemoryStorage>| tablet.replica().day(date).canonical();
            assert!(
                canonical(&hand.tablet) == canonical(observer),
                "the folds of {date} differ"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_in_a_sync_storm_lose_nothing_that_was_acknowledged() {
    let started = Instant::now();
    let mut dice = Dice::new(0x0A11_0E11);
    let mut school = School::open();
    let mut hands = Vec::new();
    let people = [
        ("Class 4B", "teacher", &["4B"][..], "class:4B"),
        ("Class 4B spare", "teacher", &["4B"], "class:4B"),
        ("East gate", "gate", &[], "gate"),
        ("West gate", "gate", &[], "gate"),
        ("Office", "office", &[], "office"),
        ("Office spare", "office", &[], "office"),
    ];
    for (name, role, classes, duty) in people {
        let enrolled = enrol(&school, &mut dice, name, role, classes).await;
        hands.push(Hand {
            tablet: cold(&enrolled, dice.bytes()),
            enrolled,
            duty: duty.parse().expect("a duty"),
            person: Person::new("a-shah".parse().expect("an id"), "Mrs A Shah", "Teacher").expect("a person"),
            dice: Dice::new(dice.roll()),
            acknowledged: BTreeMap::new(),
        });
    }
    let observer = enrol(&school, &mut dice, "Observer", "office", &[]).await;
    let mut in_storms = 0;
    let interrupted = AtomicUsize::new(0);
    for round in 0..ROUNDS {
        let server = school.take_server();
        let url = server.url();
        let storms: Vec<_> = hands
            .drain(..)
            .map(|mut hand| {
                let transport = HttpTransport::new(&url, HttpOptions::default()).expect("an address");
                let wait = dice.roll() % 20;
                tokio::spawn(async move {
                    let cut = hand.storm(transport, date_of(round), wait).await;
                    (hand, cut)
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(dice.below(KILL_WITHIN_MS) as u64)).await;
        server.kill();
        for storm in storms {
            let (mut hand, cut) = storm.await.expect("a storm ends");
            in_storms += hand.note();
            interrupted.fetch_add(usize::from(cut), Ordering::Relaxed);
            hands.push(hand);
        }
        school.serve();
        let date = date_of(round);
        let today = (date, date);
        let fresh = observe(&school, &observer, dice.bytes(), today).await;
        let (lost_now, _) = lost(&hands, &fresh, today);
        assert!(
            lost_now.is_empty(),
            "round {round}: {} acknowledged and lost: {lost_now:?}",
            lost_now.len()
        );
        // Now everybody says again what was on its way.
        for _ in 0..2 {
            for hand in &mut hands {
                let outcome = hand
                    .tablet
                    .sync(&transport(&school), now_ms, dates(date, date))
                    .await
                    .expect("a sync");
                assert!(outcome.refused.is_empty() && outcome.held == 0, "{outcome:?}");
                hand.note();
            }
        }
        let fresh = observe(&school, &observer, dice.bytes(), today).await;
        assert_converged(&hands, &fresh, date);
        if (round + 1) % LOOK_BACK_EVERY == 0 {
            let whole = (date_of(0), date);
            let fresh = observe(&school, &observer, dice.bytes(), whole).await;
            let all: usize = hands.iter().map(|hand| hand.acknowledged.len()).sum();
            assert_eq!(
                lost(&hands, &fresh, whole),
                (Vec::new(), all),
                "after round {round}"
            );
            // The tablets are wiped: what they had been told is safe is now at the school alone.
            for hand in &mut hands {
                hand.tablet = cold(&hand.enrolled, dice.bytes());
            }
        }
    }
    assert!(school.take_server().stop().success());
    school.serve();
    let whole = (date_of(0), date_of(ROUNDS - 1));
    let fresh = observe(&school, &observer, dice.bytes(), whole).await;
    let (lost, there) = lost(&hands, &fresh, whole);
    let acknowledged: usize = hands.iter().map(|hand| hand.acknowledged.len()).sum();
    println!(
        "{ROUNDS} rounds, {in_storms} changes acknowledged in storms and {acknowledged} in all, {} lost, {} exchanges \
         cut, {:.1} s",
        lost.len(),
        interrupted.load(Ordering::Relaxed),
        started.elapsed().as_secs_f64()
    );
    assert_eq!((lost, there), (Vec::new(), acknowledged));
    assert!(
        in_storms > usize::from(ROUNDS) * 10,
        "the storms were storms: {in_storms}"
    );
}
