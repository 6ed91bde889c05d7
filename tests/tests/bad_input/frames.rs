//! Messages that are damaged, too long, of another version, another school or another device.

use std::fs;

use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::ids::{DeviceNumber, SchoolId, hex};
use daymark_core::item::Item;
use daymark_core::session::Session;
use daymark_sync_protocol::frame::Ack;
use daymark_sync_protocol::limits::REQUEST_BYTES_MAX;
use daymark_tests::support::device::sheet;
use daymark_tests::support::{Device, Dice, School, Wire};

const MESSAGES: usize = 4_000;
const RUBBISH: &[u8] = b"this is no change, and never was one";

fn gate_change(device: &Device, pupil: u64) -> Vec<u8> {
    let mut entry = device.entry(&Duty::Gate, Session::Am, pupil, "L");
    entry.particulars.arrived_at = Some("09:05".parse().expect("a time"));
    device.change(&sheet(&Duty::Gate), &[Item::Slip(vec![entry])])
}

#[track_caller]
fn refused(acks: &[Ack]) -> (String, String) {
    match acks {
        [Ack::Refused(why)] => (why.code.clone(), why.reason.clone()),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn damaged_messages_are_each_answered_in_words_and_what_is_refused_writes_nothing() {
    let school = School::open();
    let gate = Device::enrol(&school, "Gate", "gate", &[]);
    let good = gate.request(
        &sheet(&Duty::Gate).to_bytes(),
        &[gate_change(&gate, 1001), gate_change(&gate, 1002)],
    );
    let good = good.encode();
    let mut wire = gate.wire();
    let mut dice = Dice::new(3);
    let size = || fs::metadata(school.journal()).expect("the journal").len();
    let mut by_status = std::collections::BTreeMap::new();
    for _ in 0..MESSAGES {
        let bytes = dice.damage(&good);
        let before = size();
        let answer = gate.post(&mut wire, &bytes);
        *by_status.entry(answer.status).or_insert(0_usize) += 1;
        match answer.status {
            200 => {}
            400 | 403 | 413 | 426 => {
                let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
                assert!(!detail.is_empty() && !answer.code().is_empty(), "{answer:?}");
                assert_eq!(size(), before, "{detail}");
            }
            other => panic!("status {other} for {bytes:?}"),
        }
    }
    println!("{MESSAGES} damaged messages over HTTP, by status: {by_status:?}");
    assert!(
        by_status.contains_key(&400) && by_status.contains_key(&403),
        "{by_status:?}"
    );
    assert_eq!(wire.send("GET", "/readyz", &[], b"").status, 200);
    assert_eq!(school.store_counts()["ok"], true);
    // The honest message goes through as if nothing had been.
    assert_eq!(gate.post(&mut wire, &good).status, 200);
    assert_eq!(school.row("AM", 1001)["code"], "L");
}

#[test]
fn a_message_over_the_limit_is_refused_before_it_is_read() {
    let school = School::open();
    let gate = Device::enrol(&school, "Gate", "gate", &[]);
    let before = school.store_counts();
    let words = gate
        .post(&mut gate.wire(), &vec![0; REQUEST_BYTES_MAX + 1])
        .problem(413, "too-large");
    assert!(words.contains("limit"), "{words}");
    let mut huge = gate.request(&sheet(&Duty::Gate).to_bytes(), &[]).encode();
    huge.resize(REQUEST_BYTES_MAX, 0);
    gate.post(&mut gate.wire(), &huge)
        .problem(400, "malformed-message");
    let many = vec![vec![0_u8; 4]; 513];
    let words = gate
        .post(&mut gate.wire(), &gate.request(&[9], &many).encode())
        .problem(413, "too-large");
    assert!(
        words.contains("changes in the request: 513 is over the limit of 512"),
        "{words}"
    );
    let long_name = gate.request(&[1; 41], &[]).encode();
    let words = gate.post(&mut gate.wire(), &long_name).problem(413, "too-large");
    assert!(words.contains("bytes of a document's name"), "{words}");
    let json = [("content-type", "application/json")];
    let answer = gate
        .wire()
        .send("POST", "/v1/enrol", &json, &vec![b' '; 17 * 1024]);
    assert_eq!(answer.status, 413);
    assert_eq!(school.store_counts(), before);
}

#[test]
fn an_older_or_newer_protocol_is_answered_in_words_and_not_by_a_parse_error() {
    let school = School::open();
    let gate = Device::enrol(&school, "Gate", "gate", &[]);
    let before = school.store_counts();
    let mut bytes = gate
        .request(&sheet(&Duty::Gate).to_bytes(), &[gate_change(&gate, 1001)])
        .encode();
    let mut wire = gate.wire();
    bytes[4..6].copy_from_slice(&9_u16.to_be_bytes());
    let words = gate.post(&mut wire, &bytes).problem(426, "newer-protocol");
    assert!(words.contains("speaks version 9 of the protocol"), "{words}");
    bytes[4..6].copy_from_slice(&0_u16.to_be_bytes());
    let words = gate.post(&mut wire, &bytes).problem(426, "older-protocol");
    assert!(words.contains("speaks version 0 of the protocol"), "{words}");
    // The version before signatures.
    bytes[4..6].copy_from_slice(&1_u16.to_be_bytes());
    let words = gate.post(&mut wire, &bytes).problem(426, "older-protocol");
    assert!(words.contains("speaks version 1 of the protocol"), "{words}");
    // Whatever a later version's body looks like.
    let later = [b"DAYM", &3_u16.to_be_bytes()[..], &[1, 0xff, 0xff]].concat();
    gate.post(&mut wire, &later).problem(426, "newer-protocol");
    let words = gate
        .post(&mut wire, b"<html>Welcome to free Wi-Fi")
        .problem(400, "not-daymark");
    assert!(words.contains("not a Daymark message"), "{words}");
    gate.post(&mut wire, b"").problem(400, "not-daymark");
    let words = gate
        .post(&mut wire, b"DAYM\x00\x02\x02rest")
        .problem(400, "wrong-kind");
    assert!(words.contains("not a sync request"), "{words}");
    assert_eq!(school.store_counts(), before);
}

#[test]
fn a_pass_speaks_for_its_own_device_at_its_own_school_alone() {
    let school = School::open();
    let gate = Device::enrol(&school, "Gate", "gate", &[]);
    let class = Device::enrol(&school, "Class 4B", "teacher", &["4B"]);
    let before = school.store_counts();
    let mut wire = gate.wire();
    let request = gate.request(&sheet(&Duty::Gate).to_bytes(), &[gate_change(&gate, 1001)]);

    // With a good pass of its own, it speaks for another.
    let mut of_another = request.clone();
    of_another.device = class.number;
    let words = gate
        .post(&mut wire, &of_another.encode())
        .problem(403, "other-device");
    assert!(
        words.contains("device 2's, but the message says device 3"),
        "{words}"
    );

    let mut elsewhere = request.clone();
    elsewhere.school = SchoolId(654_321);
    let words = gate
        .post(&mut wire, &elsewhere.encode())
        .problem(403, "other-school");
    assert!(
        words.contains("of school 654321, but this is school 123456"),
        "{words}"
    );

    // A pass that is whole and says another device's name, or a device's name that nobody has.
    let (device, challenge, signature) = {
        let pass = gate.pass();
        let mut parts = pass.split('.').map(str::to_owned);
        let mut part = || parts.next().expect("a part");
        (part(), part(), part())
    };
    let of = |device: &str, challenge: &str, signature: &str| format!("{device}.{challenge}.{signature}");
    let theirs = class.number.to_string();
    let (other_challenge, zeros) = ("A".repeat(challenge.len()), "A".repeat(signature.len()));
    let class_signature = class.pass().rsplit('.').next().expect("a part").to_owned();
    let cases = [
        ("", "no-session"),
        ("Daymark", "no-session"),
        (&format!("Daymark {}", gate.pass()), "no-session"),
        ("Bearer 0000000-0000000-0000000-00000", "no-session"),
        (&of(&device, &challenge, ""), "no-session"),
        (&of(&device, &challenge, "!!!!"), "no-session"),
        (&of(&device, &challenge[1..], &signature), "no-session"),
        (&of(&device, &challenge, &signature[1..]), "no-session"),
        (&of("0", &challenge, &signature), "no-session"),
        (&of("-1", &challenge, &signature), "no-session"),
        (&format!("{}.more", gate.pass()), "no-session"),
        (&of("99", &challenge, &signature), "unknown-device"),
        (&of(&theirs, &challenge, &signature), "forged-session"),
        (&of(&device, &challenge, &class_signature), "forged-session"),
        (&of(&device, &challenge, &zeros), "forged-session"),
        (&of(&device, &other_challenge, &signature), "stale-session"),
    ];
    for (pass, code) in cases {
        let headers: Vec<_> = Some(("daymark-pass", pass))
            .filter(|_| !pass.is_empty())
            .into_iter()
            .collect();
        for (method, path) in [("POST", "/v1/sync"), ("GET", "/v1/events")] {
            let answer = wire.send(method, path, &headers, &request.encode());
            answer.problem(401, code);
            // Whoever has a key can go on from here.
            assert!(
                answer.head.contains("www-authenticate: daymark challenge=\""),
                "{}",
                answer.head
            );
        }
    }
    for path in [
        "/v1/office/day?date=2026-03-02",
        "/v1/office/held",
        "/v1/office/devices",
        "/metrics",
    ] {
        wire.send("GET", path, &[], b"").problem(401, "no-token");
        wire.send("GET", path, &[("daymark-pass", &gate.pass())], b"")
            .problem(403, "not-the-office");
        let token = "Bearer 0000000-0000000-0000000-00000";
        wire.send("GET", path, &[("authorization", token)], b"")
            .problem(401, "unknown-token");
    }
    // The honest pass is as good as before.
    assert_eq!(
        gate.post(
            &mut wire,
            &gate.request(&sheet(&Duty::Gate).to_bytes(), &[]).encode()
        )
        .status,
        200
    );
    assert_eq!(school.store_counts(), before);
}

#[test]
fn what_cannot_be_taken_is_named_and_kept_with_its_bytes_where_the_office_can_see_it() {
    let school = School::open();
    let gate = Device::enrol(&school, "Gate", "gate", &[]);
    let class: DocumentId = "sheet/2026-03-02/class:4B".parse().expect("an id");
    let of_class = gate.change(
        &class,
        &[Item::Slip(vec![gate.entry(
            &"class:4B".parse().expect("a duty"),
            Session::Am,
            1001,
            "/",
        )])],
    );
    let foreign = Device::change_by(
        gate.number,
        SchoolId(654_321),
        &sheet(&Duty::Gate),
        &[{
            let stranger = Device {
                school: SchoolId(654_321),
                ..gate.clone()
            };
            Item::Slip(vec![stranger.entry(&Duty::Gate, Session::Am, 1001, "/")])
        }],
    );
    let by_nobody = {
        let nobody = Device {
            number: DeviceNumber(99),
            ..gate.clone()
        };
        gate_change(&nobody, 1001)
    };
    // Signed by the gate, whose name is not on it; and the gate's own, by a key of nobody.
    let spare = Device::enrol(&school, "Gate spare", "gate", &[]);
    let in_its_name = gate_change(&spare, 1001);

    let (code, reason) = refused(&gate.offer_to(&[9, 1, 2], &[b"later".to_vec()]));
    assert_eq!(code, "unknown-document");
    assert!(
        reason.contains("of a kind that this school does not know"),
        "{reason}"
    );
    let (code, reason) = refused(&gate.offer(&class, std::slice::from_ref(&of_class)));
    assert_eq!(code, "not-granted");
    assert!(
        reason.contains("device 2 has no duty that writes sheet/2026-03-02/class:4B"),
        "{reason}"
    );
    let (code, reason) = refused(&gate.offer(&sheet(&Duty::Gate), std::slice::from_ref(&by_nobody)));
    assert_eq!(code, "not-enrolled");
    assert!(reason.contains("device 99"), "{reason}");
    let (code, _) = refused(&gate.offer(&sheet(&Duty::Gate), &[RUBBISH.to_vec()]));
    assert_eq!(code, "malformed");
    let (code, reason) = refused(&gate.offer(&sheet(&Duty::Gate), std::slice::from_ref(&in_its_name)));
    assert_eq!(code, "bad-signature");
    assert!(
        reason.contains("the signature is not that of device 3"),
        "{reason}"
    );
    // A trip's sheet, before anybody told the school of that trip.
    let trip: Duty = "trip:6e5f2c3a-0000-4000-8000-000000000001"
        .parse()
        .expect("a duty");
    let (code, _) = refused(&gate.offer(
        &sheet(&trip),
        &[gate.change(
            &sheet(&trip),
            &[Item::Slip(vec![gate.entry(&trip, Session::Am, 1001, "N")])],
        )],
    ));
    assert_eq!(code, "not-granted");
    let (code, reason) = refused(&gate.offer(&sheet(&Duty::Gate), std::slice::from_ref(&foreign)));
    assert_eq!(code, "other-school");
    assert!(reason.contains("school 654321"), "{reason}");
    // One bad change touches no neighbour.
    let acks = gate.offer(
        &sheet(&Duty::Gate),
        &[RUBBISH.to_vec(), gate_change(&gate, 1002), by_nobody.clone()],
    );
    assert!(
        matches!(&acks[..], [Ack::Refused(_), Ack::Stored, Ack::Refused(_)]),
        "{acks:?}"
    );

    let held = school.office(&["held"]).found();
    let held = held.as_array().expect("a list");
    let gates = sheet(&Duty::Gate).to_bytes();
    for (document, code, sent_for, chunk) in [
        (
            "unknown:090102",
            "unknown-document",
            &[9, 1, 2][..],
            &b"later"[..],
        ),
        (
            "sheet/2026-03-02/class:4B",
            "not-granted",
            &class.to_bytes(),
            &of_class,
        ),
        ("sheet/2026-03-02/gate", "not-enrolled", &gates, &by_nobody),
        ("sheet/2026-03-02/gate", "bad-signature", &gates, &in_its_name),
        ("sheet/2026-03-02/gate", "malformed", &gates, RUBBISH),
        ("sheet/2026-03-02/gate", "other-school", &gates, &foreign),
    ] {
        let bytes = gate.sign(sent_for, chunk);
        let same = |item: &&serde_json::Value| {
            item["document"] == document && item["code"] == code && item["bytes"] == hex(&bytes)
        };
        assert_eq!(
            held.iter().filter(same).count(),
            1,
            "{document} {code}: {held:#?}"
        );
    }
    assert_eq!(held.len(), 7);
    assert_eq!(
        school.row("AM", 1001)["state"],
        "blank",
        "none of it moved the register"
    );
    assert_eq!(school.row("AM", 1002)["code"], "L");
}

#[test]
fn a_wrong_way_to_ask_is_a_problem_in_words() {
    let school = School::open();
    let mut wire = Wire::to(school.server().address());
    let words = wire
        .send("GET", "/v1/nothing", &[], b"")
        .problem(404, "no-such-route");
    assert!(words.contains("/v1/nothing"), "{words}");
    let words = wire
        .send("GET", "/v1/sync", &[], b"")
        .problem(405, "wrong-method");
    assert!(words.contains("/v1/sync"), "{words}");
}
