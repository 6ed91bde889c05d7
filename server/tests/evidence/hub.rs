//! The hub's part: which sheets a question touches, and what its log says of them.

use std::sync::Arc;

use daymark_core::fold::Rules;
use daymark_core::ids::{DeviceNumber, PupilNumber};
use daymark_server::office::evidence::EvidenceWanted;
use daymark_server::runtime::Runtime;
use daymark_server::store::Store;
use daymark_server::store::memory::MemoryStore;
use daymark_sync_protocol::event::{Enrolment, Event, Given, Standing, StoredChange};
use daymark_sync_protocol::evidence::check;
use daymark_sync_protocol::hub::SchoolFacts;
use daymark_sync_protocol::keys::read;

use crate::school::{DESK, MONDAY, SCHOOL, School, date, device_key, grants, made_up, school_key};

pub(crate) fn hub(school: &School) -> Arc<Runtime> {
    let store = MemoryStore::new();
    let mut events: Vec<Event> = grants()
        .map(|(device, grant)| {
            Event::Enrolled(Enrolment {
                device: DeviceNumber(device),
                name: format!("Device {device}"),
                given: Given::by_invitation(device, grant, 1),
                key: device_key(device).public(),
                invitation: [u8::try_from(device).unwrap(); 32],
                enrolled_at: 1,
                standing: Standing::Confirmed,
                before: Vec::new(),
                message: None,
            })
        })
        .into();
    events.push(Event::Roster(serde_json::to_vec(&school.roster).unwrap().into()));
    // The school's log of the other tests is long and mostly of other sheets; the hub's is of these alone.
    events.extend(school.log.iter().zip(0..).map(|(change, leaf)| {
        Event::Stored(StoredChange {
            document: change.document.clone(),
            hash: read(&change.bytes).unwrap().hash,
            carrier: change.carrier,
            received_at: change.received_at,
            bytes: change.bytes.clone().into(),
            leaf,
        })
    }));
    store.commit(&events).unwrap();
    let facts = SchoolFacts {
        school: SCHOOL,
        name: "Made-up Primary".to_owned(),
        rules: Rules::default().into(),
        policy: std::sync::Arc::default(),
        rules_text: None,
        key: school_key(),
    };
    Runtime::start(facts, device_key(DESK), Arc::new(store)).unwrap()
}

fn wanted(pupil: Option<u64>, from: Option<&str>, to: Option<&str>) -> EvidenceWanted {
    EvidenceWanted {
        pupil: pupil.map(PupilNumber),
        from: from.map(date),
        to: to.map(date),
    }
}

/// The sheets of the evidence that the hub gives, and its dates.
fn given(school: &School, asked: EvidenceWanted) -> (Vec<String>, String) {
    let hub = hub(school);
    let file = hub.evidence(asked).unwrap();
    let report = check(file.to_html().as_bytes(), None).unwrap();
    assert!(report.is_good(), "{:#?}", report.findings);
    let sheets = file.evidence().documents.iter();
    (
        sheets.map(|sheet| sheet.document.to_string()).collect(),
        report.question.to_string(),
    )
}

#[test]
fn a_day_is_all_its_sheets() {
    let (sheets, question) = given(&made_up(), wanted(None, Some(MONDAY), Some(MONDAY)));
    assert_eq!(sheets.len(), 3);
    assert_eq!(question, "the whole school, 2026-03-02");
    let (sheets, _) = given(&made_up(), wanted(None, Some(MONDAY), Some("2026-03-31")));
    assert_eq!(sheets.len(), 4);
}

#[test]
fn a_pupil_is_the_sheets_with_a_mark_of_his_and_the_offices() {
    let (sheets, question) = given(&made_up(), wanted(Some(1045), None, None));
    assert_eq!(sheets, ["sheet/2026-03-02/gate", "sheet/2026-03-02/office"]);
    assert_eq!(question, "pupil 1045, 2026-03-02");
    let (sheets, question) = given(&made_up(), wanted(Some(1042), None, None));
    assert_eq!(sheets.len(), 4);
    assert_eq!(question, "pupil 1042, 2026-03-02 to 2026-03-03");
    let (sheets, _) = given(
        &made_up(),
        wanted(Some(1045), Some("2026-03-03"), Some("2026-03-03")),
    );
    assert!(sheets.is_empty());
}

#[test]
fn a_question_that_cannot_be_asked_is_refused_with_what_to_ask() {
    let school = made_up();
    let hub = hub(&school);
    let refused = |asked| hub.evidence(asked).unwrap_err().to_string();
    for (asked, words) in [
        (wanted(None, None, None), "give pupil, or from and to"),
        (wanted(Some(1), Some(MONDAY), None), "give both"),
        (wanted(None, Some(MONDAY), Some("2026-03-01")), "exchange them"),
        (wanted(None, Some(MONDAY), Some("2027-03-01")), "ask for less"),
        (wanted(Some(9), None, None), "nothing is recorded about pupil 9"),
    ] {
        let said = refused(asked);
        assert!(said.contains(words), "{said}");
    }
}
