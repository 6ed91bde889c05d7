//! One vocabulary for every state: the words that every screen and every command uses.

use daymark_core::fold::Standing;
use daymark_core::ids::PupilNumber;
use daymark_sync_protocol::brief::{Became, Shown};
use daymark_sync_protocol::client::SendState;

use crate::pending::Waiting;

/// Nothing was said about a pupil's session.
pub const BLANK: &str = "No mark yet";
/// A mark is durable on this device and the school has not acknowledged it.
pub const SAVED: &str = "Saved on this tablet";
/// The school has acknowledged it.
pub const RECEIVED: &str = "School has it";
/// A person must decide.
pub const DISPUTED: &str = "Two different marks";
/// The office is asked about a mark that stands.
pub const QUESTION: &str = "Question for the office";
/// It waits for the office.
pub const AFTER_SIGN_OFF: &str = "Arrived after sign-off";

/// A copy of this tablet's store is in use.
pub const STORE_COPIED: &str = "A copy of this tablet's store is in use, or an older copy of it was put back. What was \
    recorded here is issued again by this tablet itself; nothing is lost. Tell the office: it must find the copy.";
/// A copy of another tablet's store is in use, and something of this one stood on what it made.
pub const OTHER_STORE_COPIED: &str = "A copy of another tablet's store is in use, and marks of this tablet stood on that \
    tablet's. They are issued again; nothing is lost. Tell the office: it must find the copy.";

/// Where a change is on its way; `None` is one that came from the school.
pub fn on_its_way(state: Option<&SendState>) -> String {
    match state {
        Some(SendState::Here | SendState::Told) => SAVED.to_owned(),
        Some(SendState::Apart) => format!("{SAVED}, and is issued again with the next sync"),
        Some(SendState::Stored | SendState::Reissued(_)) | None => RECEIVED.to_owned(),
        Some(SendState::Waits) => {
            "School keeps it until an earlier change from another tablet arrives".to_owned()
        }
        Some(SendState::Refused(why)) => refused(&why.reason),
    }
}

/// The school could not take it.
pub fn refused(reason: &str) -> String {
    format!("School could not take this, because {reason}")
}

/// What stands, beyond the mark itself; `None` where the mark says it all.
pub fn standing(standing: &Standing) -> Option<String> {
    match standing {
        Standing::Blank => Some(BLANK.to_owned()),
        Standing::Recorded { .. } => None,
        Standing::Agreed { .. } => Some("several people say the same".to_owned()),
        Standing::Settled { rule, .. } => Some(format!("by rule {rule}")),
        Standing::Disputed { why } => {
            let words = why.words();
            if words.eq_ignore_ascii_case(DISPUTED) {
                Some(DISPUTED.to_owned())
            } else {
                Some(format!("{DISPUTED}: {words}"))
            }
        }
    }
}

/// What became of a mark at the school.
pub fn became(became: &Became) -> String {
    match became {
        Became::Disputed(other) => format!("{DISPUTED}: {}", shown(other)),
        Became::Settled(settled) => format!("{} by rule {}", settled.code, settled.rule),
        Became::Amended(now) => format!("changed since: {}", shown(now)),
        Became::Proposed => AFTER_SIGN_OFF.to_owned(),
        Became::Irregular(why) => format!("does not count: {why}"),
    }
}

fn shown(shown: &Shown) -> String {
    match shown.code {
        Some(code) => format!("{} says {code}", shown.by),
        None => format!("{} says not expected", shown.by),
    }
}

/// Why a pupil was not marked: `known_as` says who, and the number is said once, also where the reason begins with it.
pub fn not_marked(pupil: PupilNumber, known_as: &str, why: &str) -> String {
    let again = format!("pupil {pupil} ");
    format!(
        "Not marked: {known_as}: {}",
        why.strip_prefix(&again).unwrap_or(why)
    )
}

/// How late: `5 minutes late`.
pub fn late(minutes: u32) -> String {
    format!("{} late", count(minutes as usize, "minute"))
}

/// `1 mark`, `2 marks`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
    }
}

/// `2 marks`, `1 other record`, `2 marks and 1 other record`.
pub fn records(waiting: Waiting) -> String {
    match (waiting.marks, waiting.others) {
        (marks, 0) => count(marks, "mark"),
        (0, others) => count(others, "other record"),
        (marks, others) => format!("{} and {}", count(marks, "mark"), count(others, "other record")),
    }
}

/// The same with its verb: `2 marks and 1 other record are`.
pub fn records_are(waiting: Waiting) -> String {
    let verb = if waiting.marks + waiting.others == 1 {
        "is"
    } else {
        "are"
    };
    format!("{} {verb}", records(waiting))
}

/// `1 mark is`, `2 marks are`.
pub fn count_is(number: usize, one: &str) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", count(number, one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_other_records_are_counted_apart() {
        let words = |marks, others| records_are(Waiting { marks, others });
        assert_eq!(words(0, 0), "0 marks are");
        assert_eq!(words(1, 0), "1 mark is");
        assert_eq!(words(0, 1), "1 other record is");
        assert_eq!(words(2, 1), "2 marks and 1 other record are");
        assert_eq!(words(1, 2), "1 mark and 2 other records are");
    }

    #[test]
    fn a_number_is_said_once() {
        let pupil = PupilNumber(1043);
        assert_eq!(
            not_marked(
                pupil,
                "pupil 1043, Marsh, Ada",
                "pupil 1043 2026-03-02 AM is N already"
            ),
            "Not marked: pupil 1043, Marsh, Ada: 2026-03-02 AM is N already"
        );
        assert_eq!(
            not_marked(pupil, "pupil 1043", "is not known"),
            "Not marked: pupil 1043: is not known"
        );
    }
}
