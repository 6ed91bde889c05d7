//! Documents that hold some changes, with honest changes that are still to come, and how they are judged.

use std::fmt::Write;
use std::time::{Duration, Instant};

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::door::{self, Verdict};
use daymark_core::entry::Entry;
use daymark_core::ids::{DeviceNumber, PupilNumber};
use daymark_core::item::Item;
use daymark_core::session::Session;
use daymark_core::trip::{HeadCount, TripStatement};
use daymark_core::visit::{AccountPart, Grade, Outcome, VisitStatement};

use crate::common::*;

/// No single call may take longer, however busy the machine is.
pub(super) const CALL_TIME_MAX: Duration = Duration::from_secs(1);

pub(super) fn code_of(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Stored { .. } => "stored",
        Verdict::AlreadyHad(_) => "already-had",
        Verdict::Held { .. } => "held",
        Verdict::Refused(refusal) => refusal.code(),
    }
}

pub(super) fn by_device(device: u32, pupil: u64, code: &str) -> Entry {
    Entry {
        device: DeviceNumber(device),
        ..entry(&class(), code).at(cell_of(Session::Am, PupilNumber(pupil)))
    }
}

pub(super) fn append(document: &mut Document, device: u32, items: &[Item]) -> Vec<u8> {
    document.append(actor(device), items).unwrap().unwrap().bytes
}

pub(super) fn head_count(device: u32, found: u32) -> Item {
    Item::Trip(statement(
        stamp(device, "m-lead"),
        TripStatement::HeadCount(HeadCount {
            expected: 30,
            found,
            missing: vec![PUPIL],
            place: Some("coach park".into()),
            group: None,
        }),
    ))
}

pub(super) fn outcome(device: u32, grade: Grade) -> Item {
    Item::Visit(statement(
        stamp(device, "a-team"),
        VisitStatement::Outcome(Outcome {
            grade,
            answered: None,
            child_words: Some("fine".into()),
        }),
    ))
}

/// A document that holds some changes, and honest changes that it does not hold yet, parents first.
pub(super) struct Corpus {
    pub(super) document: Document,
    pub(super) coming: Vec<Vec<u8>>,
}

/// Lets two devices write apart, by turns exchanging what they have.
pub(super) fn corpus(id: DocumentId, mut write: impl FnMut(&mut Document, u32, usize) -> Vec<u8>) -> Corpus {
    let mut replicas = [
        Document::new(SCHOOL, id.clone()),
        Document::new(SCHOOL, id.clone()),
    ];
    let mut all: Vec<Vec<u8>> = Vec::new();
    for round in 0..12 {
        for (which, replica) in replicas.iter_mut().enumerate() {
            all.push(write(replica, 21 + u32::try_from(which).unwrap(), round));
        }
        if round % 3 == 2 {
            for replica in &mut replicas {
                for change in &all {
                    replica.receive(change);
                }
            }
        }
    }
    let coming = all.split_off(all.len() - 8);
    let mut document = Document::new(SCHOOL, id);
    for change in &all {
        assert_eq!(code_of(&document.receive(change)), "stored");
    }
    Corpus { document, coming }
}

pub(super) fn sheet_corpus() -> Corpus {
    corpus(DocumentId::Sheet(date(), class()), |document, device, round| {
        let first = round as u64 * 10 + 1;
        let marks: Vec<Entry> = (first..first + 1 + round as u64 % 4)
            .map(|pupil| by_device(device, pupil, "N"))
            .collect();
        append(document, device, &Item::slips(&marks))
    })
}

pub(super) fn trip_corpus() -> Corpus {
    corpus(DocumentId::Trip(trip_id(1)), |document, device, round| {
        append(
            document,
            device,
            &[head_count(device, u32::try_from(round).unwrap())],
        )
    })
}

pub(super) fn visit_corpus() -> Corpus {
    corpus(DocumentId::Visit(visit_id(1)), |document, device, round| {
        if round % 3 == 0 {
            return append(document, device, &[outcome(device, Grade::ALL[round % 6])]);
        }
        let slot = (device - 21) as usize;
        let mut text = document.account(slot, AccountPart::Facts).unwrap();
        if round % 4 == 1 && text.len() > 4 {
            text.replace_range(1..3, "");
        }
        write!(text, "Round {round}: nobody. ").unwrap();
        let change = document.write_account(actor(device), slot, AccountPart::Facts, &text);
        change.unwrap().unwrap().bytes
    })
}

pub(super) fn corpora() -> [Corpus; 3] {
    [sheet_corpus(), trip_corpus(), visit_corpus()]
}

pub(super) fn judged(document: &mut Document, bytes: &[u8]) -> Verdict {
    door::quiet_caught_panics();
    let heads = document.heads();
    let began = Instant::now();
    let verdict = document.receive(bytes);
    assert!(began.elapsed() < CALL_TIME_MAX);
    if !matches!(verdict, Verdict::Stored { .. }) {
        assert_eq!(document.heads(), heads);
    }
    verdict
}

/// The most memory that this process ever held, where the system says so.
pub(super) fn assert_memory_stayed_small() {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return;
    };
    let peak: Option<u64> = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok());
    println!("peak memory {peak:?} KiB");
    assert!(peak.is_none_or(|peak| peak < 400_000), "{peak:?} KiB");
}
