//! A journal with a known content, and ways to look at what is left of it.

use daymark_journal::{Journal, JournalError, Opening, Position};

use crate::disk::Disk;

pub(crate) const JOURNAL: &str = "changes.journal";
pub(crate) const MARK: &str = "changes.mark";

/// The records of the story: of several lengths, one of them empty.
pub(crate) fn records() -> Vec<Vec<u8>> {
    let lengths = [24, 1, 40, 0, 24, 67, 24];
    let body = |(number, length): (u8, &u8)| (0..*length).map(|at| at ^ (number * 29 + 65)).collect();
    (0..).zip(&lengths).map(body).collect()
}

/// The story as files.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) journal: Vec<u8>,
    pub(crate) mark: Vec<u8>,
    /// The mark as it was after the first three records.
    pub(crate) early_mark: Vec<u8>,
    /// Where each record starts, and the end.
    pub(crate) positions: Vec<Position>,
}

impl Story {
    pub(crate) fn tell() -> Self {
        let disk = Disk::default();
        let (mut journal, opening) = open(&disk).unwrap();
        assert!(opening.is_new);
        let mut positions = Vec::new();
        let mut early_mark = Vec::new();
        for (number, record) in records().iter().enumerate() {
            if number == 3 {
                early_mark = disk.get(MARK).unwrap();
            }
            positions.extend(journal.append(&[record]).unwrap().starts);
        }
        positions.push(journal.end());
        Self {
            journal: disk.get(JOURNAL).unwrap(),
            mark: disk.get(MARK).unwrap(),
            early_mark,
            positions,
        }
    }

    /// A disk with this journal and this mark.
    pub(crate) fn disk(journal: &[u8], mark: Option<&[u8]>) -> Disk {
        let disk = Disk::with(&[(JOURNAL, journal)]);
        if let Some(mark) = mark {
            disk.put(MARK, mark);
        }
        disk
    }

    pub(crate) fn offset(&self, record: usize) -> usize {
        usize::try_from(self.positions[record].offset).unwrap()
    }

    /// How many whole records the first `bytes` of the journal hold.
    pub(crate) fn whole_records(&self, bytes: usize) -> usize {
        (0..=records().len())
            .rev()
            .find(|record| self.offset(*record) <= bytes)
            .unwrap_or(0)
    }
}

pub(crate) fn open(disk: &Disk) -> Result<(Journal<Disk>, Opening), JournalError> {
    Journal::open_in(disk.clone(), "changes", |_, _| {})
}

/// Opens a journal and takes all its records with it.
pub(crate) fn open_and_collect(disk: &Disk) -> Result<(Vec<Vec<u8>>, Opening), JournalError> {
    let mut found = Vec::new();
    let (_, opening) = Journal::open_in(disk.clone(), "changes", |start: Position, body: &[u8]| {
        assert_eq!(start.records, found.len() as u64);
        found.push(body.to_vec());
    })?;
    assert_eq!(opening.records, found.len() as u64);
    Ok((found, opening))
}

/// The opening is refused as damaged or behind, and nothing on the disk has changed.
#[track_caller]
pub(crate) fn assert_refused(disk: &Disk, what: &str) -> JournalError {
    let before = disk.content();
    match open_and_collect(disk) {
        Err(
            error @ (JournalError::Damaged { .. }
            | JournalError::Behind { .. }
            | JournalError::UnsupportedVersion { .. }),
        ) => {
            assert_eq!(before, disk.content(), "{what}: a refused journal was changed");
            assert_eq!(disk.changes(), 0, "{what}: a refused journal was written to");
            error
        }
        other => panic!("{what}: expected a refusal, got {other:?}"),
    }
}
