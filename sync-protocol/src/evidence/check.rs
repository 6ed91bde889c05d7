//! Checking a file of evidence: offline, with nothing but the file and, if the reader has it, the school's fingerprint.

use std::collections::BTreeSet;

use daymark_core::door::Verdict;
use daymark_core::item::Item;
use daymark_core::log::checkpoint::SignedCheckpoint;
use daymark_core::log::key::NoteKey;
use daymark_core::log::proof::{LogHash, TreeHead, verify_inclusion};
use daymark_core::session::Session;
use daymark_core::signature::{PublicKey, Signature, plain};
use serde::Serialize;

use super::data::{Evidence, EvidenceChange, Question};
use super::file::{EvidenceFile, ReadError};
use super::finding::{Finding, Problem};
use super::loaded::Loaded;
use crate::keys::{DeviceKey, KeyNews, KeyRing};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The school's number.
    pub school: u32,
    /// What the school is called.
    pub name: String,
    /// What the file is about.
    pub question: Question,
    /// When it was written: unix seconds of the hub's clock.
    pub written_at: i64,
    /// The version of the program that wrote it.
    pub made_with: String,
    /// The fingerprint of the key in the file; `None` where that is no key.
    pub fingerprint: Option<String>,
    /// Whether the reader gave the fingerprint that he knows, and it is the same.
    pub fingerprint_compared: bool,
    /// The size of the log under the checkpoint; `None` where the checkpoint does not hold.
    pub log_size: Option<u64>,
    /// Its root, in base 64.
    pub log_root: Option<String>,
    /// How many changes there are.
    pub changes: usize,
    /// How many sheets.
    pub sheets: usize,
    /// The sign-offs of which all that the office saw is here.
    pub signed_off: Vec<String>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// The lowest leaf with something wrong.
    pub first_bad_leaf: Option<u64>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Checks a file. With `fingerprint`, as people compare it, the school's key must have it: without, the key in the file is
/// only as good as where the file came from.
///
/// # Errors
/// [`ReadError`]: it is no file of evidence, or cannot be read. All that can be read gives a report.
pub fn check(file: &[u8], fingerprint: Option<&str>) -> Result<Report, ReadError> {
    let read = EvidenceFile::read(file)?;
    let evidence = read.evidence();
    let loaded = Loaded::of(evidence);
    let mut findings = Vec::new();
    findings.extend(page_problem(file, &read, &loaded));
    if !read.is_canonical() {
        findings.push(Problem::NotCanonical.in_file());
    }
    let key = school_key(evidence, fingerprint, &mut findings);
    if let Some(key) = &key {
        let public = PublicKey(key.public());
        let school = evidence.school.number;
        if public
            .verify_evidence(school, read.json().as_bytes(), &read.signature())
            .is_err()
        {
            findings.push(Problem::NotSigned.in_file());
        }
    }
    let head = key
        .as_ref()
        .and_then(|key| checkpoint(evidence, key, &mut findings));
    let ring = device_keys(evidence, key.as_ref(), &mut findings);
    changes(evidence, &loaded, &ring, head, &mut findings);
    sheets(evidence, &loaded, &mut findings);
    let signed_off = sign_offs(evidence, &loaded, &mut findings);
    Ok(Report {
        school: evidence.school.number.0,
        name: evidence.school.name.clone(),
        question: evidence.question,
        written_at: evidence.written_at,
        made_with: evidence.made_with.clone(),
        fingerprint: key.as_ref().map(NoteKey::fingerprint),
        fingerprint_compared: fingerprint.is_some()
            && key.is_some()
            && !findings.iter().any(|finding| finding.code == "other-key"),
        log_size: head.map(|head| head.size.0),
        log_root: head.map(|head| head.root.to_base64()),
        changes: evidence.changes.len(),
        sheets: loaded.documents.len(),
        signed_off,
        first_bad_leaf: findings.iter().filter_map(|finding| finding.leaf).min(),
        findings,
    })
}

/// The page is made again from the data: any difference was put in by somebody else.
fn page_problem(file: &[u8], read: &EvidenceFile, loaded: &Loaded) -> Option<Finding> {
    let page = read.html(loaded);
    if page.as_bytes() == file {
        return None;
    }
    let same = page
        .as_bytes()
        .iter()
        .zip(file)
        .take_while(|(ours, theirs)| ours == theirs)
        .count();
    let line = page.as_bytes()[..same].split(|byte| *byte == b'\n').count();
    let made_with = &read.evidence().made_with;
    let other_version =
        (made_with != env!("CARGO_PKG_VERSION")).then(|| made_with.chars().take(32).collect());
    let problem = Problem::Page { line, other_version };
    Some(problem.in_file())
}

/// The school's key, if it can be used at all.
fn school_key(
    evidence: &Evidence,
    fingerprint: Option<&str>,
    findings: &mut Vec<Finding>,
) -> Option<NoteKey> {
    let school = &evidence.school;
    let key: NoteKey = match school.key.parse() {
        Ok(key) => key,
        Err(error) => {
            let key = school.key.chars().take(128).collect();
            findings.push(Problem::SchoolKey { key, error }.in_file());
            return None;
        }
    };
    let expected = NoteKey::of_school(school.number, &key.public());
    if expected.as_ref() != Ok(&key) {
        let problem = Problem::KeyOfOtherSchool {
            name: key.name().to_owned(),
            school: school.number.0,
        };
        findings.push(problem.in_file());
    }
    let found = key.fingerprint();
    if let Some(expected) = fingerprint.filter(|given| plain(given) != plain(&found)) {
        let expected = expected.chars().take(64).collect();
        findings.push(Problem::OtherKey { expected, found }.in_file());
    }
    Some(key)
}

fn checkpoint(evidence: &Evidence, key: &NoteKey, findings: &mut Vec<Finding>) -> Option<TreeHead> {
    let note = SignedCheckpoint::parse(evidence.checkpoint.as_bytes());
    match note.and_then(|note| note.verify(key)) {
        Ok(verified) => Some(verified.head()),
        Err(error) => {
            findings.push(Problem::Checkpoint(error).in_file());
            None
        }
    }
}

/// The device keys. Where the school has not signed them that is found, and the changes are checked with them all the
/// same, so that the changes themselves are told apart.
fn device_keys(evidence: &Evidence, school: Option<&NoteKey>, findings: &mut Vec<Finding>) -> KeyRing {
    let mut ring = KeyRing::default();
    for entry in &evidence.device_keys.keys {
        if entry.device.0 <= ring.known() {
            findings.push(Problem::DeviceKeyOrder(entry.device).in_file());
        }
        ring.add(entry.device, PublicKey(entry.key.0));
    }
    if let Some(school) = school {
        let keys = evidence.device_keys.keys.iter().map(|entry| DeviceKey {
            device: entry.device,
            key: PublicKey(entry.key.0),
        });
        let news = KeyNews {
            keys: keys.collect(),
            signature: Signature(evidence.device_keys.signature.0),
        };
        let number = evidence.school.number;
        if KeyRing::default()
            .with(number, &PublicKey(school.public()), &news)
            .is_err()
        {
            findings.push(Problem::DeviceKeys.in_file());
        }
    }
    ring
}

/// Each change: its maker's signature, its place in the log, and its place in its sheet.
fn changes(
    evidence: &Evidence,
    loaded: &Loaded,
    ring: &KeyRing,
    head: Option<TreeHead>,
    findings: &mut Vec<Finding>,
) {
    let mut last = None;
    for (change, verdict) in evidence.changes.iter().zip(&loaded.verdicts) {
        let mut found = |problem: Problem| findings.push(problem.at(change.leaf, &change.document));
        if last.is_some_and(|last| change.leaf <= last) {
            found(Problem::LeafOrder(change.leaf));
        }
        last = Some(change.leaf);
        match change.document.date() {
            None => found(Problem::NotASheet(change.document.clone())),
            Some(date) if !evidence.question.covers(date) => found(Problem::OtherDate(date)),
            Some(_) => {}
        }
        if let Err(problem) = signed_and_logged(evidence, change, ring, head) {
            found(problem);
        }
        match verdict {
            Some(Verdict::Held { missing, .. }) => found(Problem::ParentsMissing(missing.clone())),
            Some(Verdict::AlreadyHad(_)) => found(Problem::ChangeTwice),
            Some(Verdict::Refused(refusal)) => found(Problem::Door(refusal.clone())),
            Some(Verdict::Stored { .. }) | None => {}
        }
    }
}

fn signed_and_logged(
    evidence: &Evidence,
    change: &EvidenceChange,
    ring: &KeyRing,
    head: Option<TreeHead>,
) -> Result<(), Problem> {
    let school = evidence.school.number;
    let signed = ring.verify(school, &change.document, &change.bytes.0)?;
    let Some(head) = head else {
        return Ok(());
    };
    let leaf = signed.leaf(school, &change.document);
    let proof: Vec<LogHash> = change.proof.iter().map(|hash| LogHash(hash.0)).collect();
    Ok(verify_inclusion(leaf.hash(), change.leaf, head, &proof)?)
}

/// Whether each sheet is whole: its newest changes are those that the school named.
fn sheets(evidence: &Evidence, loaded: &Loaded, findings: &mut Vec<Finding>) {
    let mut named = BTreeSet::new();
    for listed in &evidence.documents {
        named.insert(&listed.document);
        let Some(document) = loaded.documents.get(&listed.document) else {
            findings.push(Problem::SheetMissing.in_sheet(&listed.document));
            continue;
        };
        for head in &listed.heads {
            if !document.has(head) {
                findings.push(Problem::HeadMissing(*head).in_sheet(&listed.document));
            }
        }
        for head in document.heads() {
            if !listed.heads.contains(&head) {
                findings.push(Problem::HeadNotNamed(head).in_sheet(&listed.document));
            }
        }
    }
    for id in loaded.documents.keys().filter(|id| !named.contains(id)) {
        findings.push(Problem::SheetNotNamed.in_sheet(id));
    }
}

/// The sign-offs of which everything is here that the office saw. A pupil's evidence holds a few of the sheets of a day, so
/// only those are asked for.
fn sign_offs(evidence: &Evidence, loaded: &Loaded, findings: &mut Vec<Finding>) -> Vec<String> {
    let mut complete = Vec::new();
    for (id, document) in &loaded.documents {
        let Some(date) = id.date() else { continue };
        for (_, item) in document.items() {
            let Item::SignOff(statement) = item else { continue };
            let before = findings.len();
            for seen in &statement.body.saw {
                let sheet = loaded.documents.get(&seen.sheet);
                if sheet.is_none() && evidence.question.pupil.is_some() {
                    continue;
                }
                let lacks = |head| sheet.is_none_or(|sheet| !sheet.has(head));
                for head in seen.heads.iter().filter(|head| lacks(head)) {
                    findings.push(Problem::SignOffSawMore(*head).in_sheet(&seen.sheet));
                }
            }
            if findings.len() == before {
                complete.push(signed_off(date, statement.body.session));
            }
        }
    }
    complete.sort();
    complete.dedup();
    complete
}

fn signed_off(date: daymark_core::session::Date, session: Session) -> String {
    format!("{date} {session}")
}
