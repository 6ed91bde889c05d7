//! Columns that say far more than they are long.

use daymark_core::chunk::OPERATIONS_MAX;
use daymark_core::door::Verdict;

use super::chunk::{leb, put_together, signed_leb, take_apart};
use super::corpus::{Corpus, assert_memory_stayed_small, code_of, corpora, judged, sheet_corpus};

/// Column data that says far more than it is long.
fn bombs(kind: u64, run: i64) -> Vec<Vec<u8>> {
    let count = signed_leb(run);
    let mut repeated = count.clone();
    let mut nothing = vec![0];
    nothing.extend(leb(run.unsigned_abs()));
    match kind {
        4 => {
            return vec![
                leb(run.unsigned_abs()),
                [leb(0), leb(run.unsigned_abs())].concat(),
            ];
        }
        5 => {
            let text = vec![b'x'; 8_000];
            repeated.extend(leb(text.len() as u64));
            repeated.extend(text);
        }
        6 => repeated.extend(leb(7 | 8_000 << 4)),
        _ => repeated.push(1),
    }
    let literal = signed_leb(-run);
    vec![repeated, nothing, literal]
}

#[test]
fn columns_that_announce_more_than_they_hold_are_refused_at_once() {
    for Corpus { document, coming } in corpora() {
        let parts = take_apart(&coming[0]);
        assert_eq!(put_together(&parts), coming[0]);
        let all: Vec<u64> = [
            0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x70, 0x71, 0x73, 0x94, 0xa5,
        ]
        .into();
        let limit = i64::try_from(OPERATIONS_MAX).unwrap();
        for specification in all {
            for run in [1 << 40, i64::MAX, 1 << 20, limit + 1, limit, limit - 1, 500] {
                for bomb in bombs(specification & 7, run) {
                    let mut parts = take_apart(&coming[0]);
                    parts.columns.retain(|(kind, _)| *kind != specification);
                    parts.columns.push((specification, bomb));
                    parts.columns.sort_by_key(|(kind, _)| *kind);
                    let mut document = document.clone();
                    let verdict = judged(&mut document, &put_together(&parts));
                    assert!(
                        matches!(verdict, Verdict::Refused(_)),
                        "{specification:#x} {run} {verdict:?}"
                    );
                    if run > limit {
                        let code = code_of(&verdict);
                        assert!(["too-many-operations", "malformed"].contains(&code), "{code}");
                    }
                }
            }
        }
        // A compressed column inside an uncompressed change.
        let mut parts = take_apart(&coming[0]);
        parts.columns.last_mut().unwrap().0 |= 8;
        let mut document = document.clone();
        assert_eq!(
            code_of(&judged(&mut document, &put_together(&parts))),
            "malformed"
        );
    }
    assert_memory_stayed_small();
}

#[test]
fn all_columns_at_their_limit_at_once_stay_cheap() {
    let Corpus { document, coming } = sheet_corpus();
    let limit = i64::try_from(OPERATIONS_MAX).unwrap();
    for kinds in [
        &[0x01_u64, 0x02, 0x11, 0x13, 0x34, 0x42, 0x56, 0x70][..],
        &[0x15, 0x34, 0x42, 0x56, 0x70, 0x71, 0x73, 0x94, 0xa5][..],
    ] {
        let mut parts = take_apart(&coming[0]);
        parts.columns.clear();
        for kind in kinds {
            let mut data = match kind & 7 {
                4 => [leb(0), leb(limit.unsigned_abs())].concat(),
                _ => signed_leb(limit),
            };
            match kind & 7 {
                4 => {}
                5 => data.extend([1, b'x']),
                0 | 6 => data.push(0),
                _ => data.push(1),
            }
            parts.columns.push((*kind, data));
        }
        let mut document = document.clone();
        let verdict = judged(&mut document, &put_together(&parts));
        assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    }
    assert_memory_stayed_small();
}
