//! What a school's own file lets people do: codes by role, and signing off with something open.

use daymark_core::ids::PupilNumber;
use daymark_core::roster::Role;
use daymark_core::rules::NotPermitted;
use daymark_core::session::Session;
use daymark_core::sign_off::SignOff;

use crate::{book, date, set};

const ON: &str = "2026-03-02";

#[test]
fn a_role_that_is_named_enters_its_codes_alone_and_the_others_any() {
    let book = book(&set("codes_by_role = { gate = [\"L\", \"U\"] }\n"));
    let rules = book.on(date(ON));
    let gate = |text: &str| rules.permit_code(Role::Gate, text.parse().expect("a code"));
    assert_eq!((gate("L"), gate("U")), (Ok(()), Ok(())));
    let words = gate("C")
        .expect_err("leave is not the gate's to give")
        .to_string();
    assert_eq!(
        words,
        "the school's rules let the role gate enter L U, and not C: ask somebody who may"
    );
    assert_eq!(
        rules.permit_code(Role::Head, "C".parse().expect("a code")),
        Ok(())
    );
}

#[test]
fn a_school_that_asks_for_nothing_open_signs_off_no_dispute_and_gaps_all_the_same() {
    let strict = book(&set("sign_off = \"nothing-open\"\n"));
    let lenient = book(&set(""));
    let signed = |disputed: Vec<PupilNumber>| SignOff {
        session: Session::Am,
        saw: Vec::new(),
        disputed,
        unmarked: vec![PupilNumber(7)],
    };
    let open = signed(vec![PupilNumber(1042)]);
    assert_eq!(
        strict.on(date(ON)).permit_sign_off(&open),
        Err(NotPermitted::SignOffWithOpenDecisions {
            session: Session::Am,
            count: 1
        })
    );
    assert_eq!(lenient.on(date(ON)).permit_sign_off(&open), Ok(()));
    assert_eq!(strict.on(date(ON)).permit_sign_off(&signed(Vec::new())), Ok(()));
}
