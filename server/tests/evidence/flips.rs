//! Any byte of a file changed: something is always said, and nothing ever panics.

use daymark_sync_protocol::evidence::check;
use proptest::prelude::*;

use crate::school::{made_up, monday, of_pupil, written};

/// Whether a check of the bytes names something.
fn is_named(file: &[u8]) -> bool {
    check(file, None).map_or(true, |report| {
        !report.is_good() && !report.findings[0].words.is_empty()
    })
}

#[test]
fn one_bit_of_any_part_of_the_file_is_named() {
    daymark_core::door::quiet_caught_panics();
    let file = written(made_up().evidence(monday())).into_bytes();
    let data = file.windows(7).position(|window| window == b"<script").unwrap();
    // Every third byte of the data is tried, and every eleventh of the page: the bit changes with the place.
    let places = (0..data).step_by(11).chain((data..file.len()).step_by(3));
    let mut tried = 0;
    let mut changed = file.clone();
    for place in places {
        changed[place] ^= 1 << (place % 8);
        assert!(
            is_named(&changed),
            "byte {place} of {} was changed unnoticed",
            file.len()
        );
        changed[place] = file[place];
        tried += 1;
    }
    assert!(tried > 3_000, "{tried}");
    assert!(!is_named(&file));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn bytes_put_in_taken_out_or_changed_are_named(
        place in any::<prop::sample::Index>(),
        take in 0_usize..40,
        put in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        daymark_core::door::quiet_caught_panics();
        let file = written(made_up().evidence(of_pupil(1043))).into_bytes();
        let start = place.index(file.len());
        let end = (start + take).min(file.len());
        let mut changed = file.clone();
        changed.splice(start..end, put);
        prop_assert_eq!(is_named(&changed), changed != file);
    }
}
