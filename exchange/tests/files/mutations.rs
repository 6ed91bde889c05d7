//! Whatever comes in, no reader panics or takes long: some twenty thousand files, each a good one with damage. The damage
//! is drawn from a seed that is printed when it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::{CSV, CTF, ENROLLMENTS, MANIFEST, one_roster, users};
use daymark_core::ids::PupilNumber;
use daymark_core::roster::Roster;
use daymark_exchange::keyed::read_keyed;
use daymark_exchange::mapping::{EXAMPLES, Mapping};
use daymark_exchange::paper::PaperSheet;
use daymark_exchange::roster::{plan, read_staff};
use daymark_exchange::since::Watermark;
use daymark_exchange::sniff::read_roster;

/// The files that are tried, all kinds together.
const FILES: u64 = 24_000;

/// Numbers that follow from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("small")
    }
}

/// One to four kinds of damage.
fn damage(dice: &mut Dice, good: &[u8]) -> Vec<u8> {
    const PIECES: [&[u8]; 12] = [
        b"\"",
        b",",
        b"\r\n",
        b"<",
        b"&",
        b"PK\x01\x02",
        b"\xff\xfe",
        b"\0",
        b"]]>",
        b"<!DOCTYPE",
        b"=",
        b"\xc3",
    ];
    let mut bytes = good.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        match dice.below(6) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] = u8::try_from(dice.below(256)).expect("a byte"),
            2 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
            3 => {
                let end = (at + dice.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let end = (at + dice.below(200)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = dice.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            _ => {
                let piece = PIECES[dice.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn no_damaged_file_breaks_a_reader() {
    let sheet = PaperSheet::new(
        "4B".parse().expect("a class"),
        vec!["2026-03-02".parse().expect("a date")],
        vec![PupilNumber(7), PupilNumber(42)],
    )
    .expect("a sheet");
    let keyed = format!("sheet {}\n2026-03-02 AM\n1 /\n2 L 09:05\n", sheet.code());
    let watermark = "dw1-123456-4210-0011223344556677-89ab";
    let good: [Vec<u8>; 8] = [
        CSV.into(),
        one_roster(&[]),
        CTF.into(),
        EXAMPLES[0].1.into(),
        keyed.into(),
        watermark.into(),
        b"staff_id,name,position,role\r\na-shah,Anika Shah,Class teacher,teacher\r\n".to_vec(),
        users().into_bytes(),
    ];
    let mut read = [0_u64; 8];
    for seed in 0..FILES {
        let mut dice = Dice(seed);
        let kind = usize::try_from(seed % 8).expect("small");
        let bytes = damage(&mut dice, &good[kind]);
        let text = String::from_utf8_lossy(&bytes);
        let was_read = catch_unwind(AssertUnwindSafe(|| match kind {
            0..=2 => read_roster(&bytes).is_ok_and(|sheet| {
                let plan = plan(&Roster::default(), &sheet);
                !plan.to_string().is_empty() && plan.apply(&Roster::default()).pupils.len() <= sheet.rows()
            }),
            3 => Mapping::read(&text).is_ok(),
            4 => read_keyed(&text, &sheet).is_ok(),
            5 => text.parse::<Watermark>().is_ok(),
            6 => read_staff(&bytes).is_ok(),
            // A damaged table in a sound zip, so that more than the checksum is tried.
            _ => {
                let names = ["users.csv", "enrollments.csv", "manifest.csv"];
                let table = [text.as_ref(), ENROLLMENTS, MANIFEST];
                let at = dice.below(3);
                let damaged = if at == 0 {
                    bytes.clone()
                } else {
                    damage(&mut dice, table[at].as_bytes())
                };
                let damaged = String::from_utf8_lossy(&damaged);
                read_roster(&one_roster(&[(names[at], &damaged)]))
                    .is_ok_and(|sheet| !plan(&Roster::default(), &sheet).to_string().is_empty())
            }
        }));
        read[kind] +=
            u64::from(was_read.unwrap_or_else(|_| panic!("seed {seed} breaks the reader of kind {kind}")));
    }
    // Damage that always destroys a file would try nothing behind its first check.
    for kind in [0, 2, 3, 6, 7] {
        assert!(read[kind] > 100, "kind {kind}: {read:?}");
    }
}
