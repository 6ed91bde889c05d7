//! A device's way in and out, over real HTTP: its key, the code on both screens, its sessions, and its loss.

use daymark_core::entry::Duty;
use daymark_core::grant::Grant;
use daymark_core::ids::hex;
use daymark_core::roster::Role;
use daymark_core::session::Session;
use daymark_core::signature::{PublicKey, SecretKey};
use daymark_sync_protocol::duties::{DutyList, GivenDuty};
use daymark_sync_protocol::frame::{Ack, SyncReply};
use daymark_sync_protocol::keys::KeyRing;
use daymark_tablet::{Applicant, Enrolment, EnrolmentError, HttpOptions, HttpTransport, Transport};
use daymark_tests::support::device::sheet;
use daymark_tests::support::{Answer, Device, School, Wire};
use serde_json::{Value, json};

/// A mark at the gate, as the device that made it offers it.
fn mark(device: &Device, pupil: u64) -> Vec<u8> {
    let entry = device.entry(&Duty::Gate, Session::Am, pupil, "N");
    let items = daymark_core::item::Item::slips(&[entry]);
    device.change(&sheet(&Duty::Gate), &items)
}

/// Another device's changes, signed by that one, in this one's hands.
fn carry(carrier: &Device, maker: &Device, changes: &[Vec<u8>]) -> Vec<Ack> {
    let gates = sheet(&Duty::Gate).to_bytes();
    let mut request = carrier.request(&gates, &[]);
    request.offers = maker.request(&gates, changes).offers;
    let answer = carrier.post(&mut carrier.wire(), &request.encode());
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    SyncReply::decode(&answer.body).expect("a reply").acks
}

fn code(acks: &[Ack]) -> &str {
    match acks {
        [Ack::Refused(why)] => &why.code,
        other => panic!("not refused: {other:?}"),
    }
}

fn journal(school: &School) -> Vec<u8> {
    std::fs::read(school.journal()).expect("the journal")
}

fn standing(school: &School, device: &Device) -> Value {
    let devices = school.office(&["device", "list"]).done();
    let devices = devices.as_array().expect("a list").clone();
    let listed = devices
        .into_iter()
        .find(|listed| listed["device"] == device.number.0);
    listed.expect("it is listed")
}

fn lost(school: &School, device: &Device, by: &str) {
    let number = device.number.to_string();
    school.office(&["device", "lost", &number, "--by", by]).done();
}

fn enrol(school: &School, body: &Value) -> Answer {
    let headers = [("content-type", "application/json")];
    Wire::to(school.server().address()).send("POST", "/v1/enrol", &headers, body.to_string().as_bytes())
}

#[test]
fn a_device_speaks_only_after_the_office_has_compared_the_codes() {
    let school = School::open();
    let (gate, shown) = Device::join(&school, "East gate", "gate", &[]);
    let other = Device::enrol(&school, "West gate", "gate", &[]);
    let ask = |device: &Device| {
        let request = device.request(&sheet(&Duty::Gate).to_bytes(), &[mark(device, 1001)]);
        device.post(&mut device.wire(), &request.encode())
    };
    let words = ask(&gate).problem(403, "not-confirmed");
    assert!(words.contains(&shown), "{words}");
    let pass = gate.pass();
    gate.wire()
        .send("GET", "/v1/events", &[("daymark-pass", &pass)], b"")
        .problem(403, "not-confirmed");
    // Nor does a device of the school carry in what it made.
    let made = mark(&gate, 1002);
    let acks = carry(&other, &gate, std::slice::from_ref(&made));
    assert_eq!(code(&acks), "not-confirmed");

    let listed = standing(&school, &gate);
    assert_eq!(
        (&listed["standing"], &listed["code"]),
        (&json!("unconfirmed"), &json!(shown))
    );
    let number = gate.number.to_string();
    let confirm = |code: &str| school.office(&["device", "confirm", &number, "--code", code]);
    let wrong = if shown == "AAA-AAA" { "BBB-BBB" } else { "AAA-AAA" };
    for wrong in [wrong, "", &shown[..6]] {
        let words = confirm(wrong).failed();
        assert!(words.contains("do not confirm it"), "{words}");
    }
    assert_eq!(standing(&school, &gate)["standing"], "unconfirmed");
    ask(&gate).problem(403, "not-confirmed");
    let words = school
        .office(&["device", "confirm", "99", "--code", &shown])
        .failed();
    assert!(words.contains("there is no device 99"), "{words}");

    // However it is typed.
    confirm(&shown.to_lowercase().replace('-', " ")).done();
    let listed = standing(&school, &gate);
    assert_eq!(
        (&listed["standing"], &listed["code"]),
        (&json!("confirmed"), &Value::Null)
    );
    assert_eq!(ask(&gate).status, 200);
    assert_eq!(school.row("AM", 1001)["code"], "N");
    assert_eq!(carry(&other, &gate, &[made]), [Ack::Stored]);
}

#[test]
fn nobody_enrols_with_a_key_that_he_does_not_have() {
    let school = School::open();
    let invitation = school.invite("East gate", "gate", &[]);
    let applicant = Applicant {
        invitation: invitation.clone(),
        key: SecretKey::from_seed(&[1; 32]),
    };
    let good = applicant.request();
    let before = journal(&school);
    let with = |name: &str, value: String| {
        let mut body = good.clone();
        body[name] = json!(value);
        enrol(&school, &body)
    };
    let theirs = SecretKey::from_seed(&[2; 32]);
    let mut weak = [0; 32];
    weak[0] = 1;
    for answer in [
        with("key", hex(&theirs.public().0)),
        with("key", hex(&weak)),
        with("key", hex(&[0xff; 32])),
        with("proof", hex(&theirs.sign_enrolment(&invitation).0)),
        with("proof", hex(&applicant.key.sign_enrolment("another").0)),
        with("proof", hex(&[0; 64])),
        with("invitation", "0000000-0000000-0000000-00000".to_owned()),
    ] {
        answer.problem(403, "not-its-key");
    }
    for (name, value) in [
        ("key", "00"),
        ("key", "no hexadecimal"),
        ("proof", ""),
        ("proof", "abc"),
    ] {
        let words = with(name, value.to_owned()).problem(422, "bad-field");
        assert!(words.contains(name), "{words}");
    }
    assert_eq!(journal(&school), before, "not a byte was written");
    // The invitation is as good as before, once.
    assert_eq!(enrol(&school, &good).status, 200);
    enrol(&school, &good).problem(403, "invitation");
}

#[test]
fn a_device_believes_no_other_school_and_no_list_without_its_own_key() {
    let school = School::open();
    let made = school
        .office(&["device", "invite", "--name", "Gate", "--role", "gate"])
        .done();
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    let applicant = Applicant {
        invitation: text("invitation"),
        key: SecretKey::from_seed(&[1; 32]),
    };
    let answer = enrol(&school, &applicant.request()).json();
    let accept = |answer: &Value, fingerprint: Option<&str>| {
        let enrolment: Enrolment = serde_json::from_value(answer.clone()).expect("an enrolment");
        applicant
            .clone()
            .accept(enrolment, "http://unused", fingerprint, [1; 8])
    };
    let enrolled = accept(&answer, Some(&text("school_key").to_lowercase())).expect("it is the school");
    assert_eq!(enrolled.school, text("school_key"));
    assert_eq!(answer["code"], enrolled.code);

    let forger = SecretKey::from_seed(&[66; 32]);
    let other = accept(&answer, Some(&forger.public().fingerprint()));
    assert!(
        matches!(other, Err(EnrolmentError::OtherSchool { .. })),
        "{other:?}"
    );
    let with = |name: &str, value: String| {
        let mut answer = answer.clone();
        answer[name] = json!(value);
        answer
    };
    // Somebody in between, who puts in a key of his own: for the school, or for the device.
    let in_between = with("school_key", hex(&forger.public().0));
    let found = accept(&in_between, Some(&text("school_key")));
    assert!(
        matches!(found, Err(EnrolmentError::OtherSchool { .. })),
        "{found:?}"
    );
    assert!(matches!(accept(&in_between, None), Err(EnrolmentError::Keys)));
    let device = enrolled_device(&answer);
    let list = |signer: &SecretKey, key: PublicKey| {
        let mut ring = KeyRing::default();
        ring.add(device, key);
        let school = serde_json::from_value(answer["school"].clone()).expect("a number");
        hex(&daymark_core::cbor::to_vec(
            &ring.news(school, signer, 0).expect("a device"),
        ))
    };
    // What the device was given must come from the school, too, and be what it says beside it.
    let duties = |signer: &SecretKey, role: Role| {
        let mut list = DutyList::default();
        list.give(GivenDuty {
            device,
            grant: Grant::of(role),
        });
        let school = serde_json::from_value(answer["school"].clone()).expect("a number");
        hex(&daymark_core::cbor::to_vec(
            &list.news(school, signer, 0).expect("a duty"),
        ))
    };
    assert!(matches!(
        accept(&with("duties", duties(&forger, Role::Gate)), None),
        Err(EnrolmentError::Keys)
    ));
    let mut whole = with("keys", list(&forger, applicant.key.public()));
    assert!(
        matches!(accept(&whole, None), Err(EnrolmentError::Keys)),
        "not the school's"
    );
    whole["school_key"] = json!(hex(&forger.public().0));
    whole["duties"] = json!(duties(&forger, Role::Head));
    assert!(
        matches!(accept(&whole, None), Err(EnrolmentError::Keys)),
        "another duty than it says"
    );
    whole["duties"] = json!(duties(&forger, Role::Gate));
    let fooled = accept(&whole, None).expect("a forger who makes up a whole school is not seen here");
    assert_ne!(answer["code"], fooled.code, "but by the codes on both screens");
    whole["keys"] = json!(list(&forger, forger.public()));
    assert!(
        matches!(accept(&whole, None), Err(EnrolmentError::Keys)),
        "not its own key"
    );
    for (name, value) in [
        ("keys", ""),
        ("keys", "zz"),
        ("keys", "80"),
        ("duties", ""),
        ("duties", "80"),
        ("school_key", "00"),
        ("school_key", ""),
    ] {
        let unread = accept(&with(name, value.to_owned()), None);
        assert!(
            matches!(unread, Err(EnrolmentError::Unreadable(_))),
            "{name} {value}: {unread:?}"
        );
    }
}

fn enrolled_device(answer: &Value) -> daymark_core::ids::DeviceNumber {
    serde_json::from_value(answer["device"].clone()).expect("a number")
}

#[test]
fn what_a_lost_device_made_before_stays_and_nothing_of_it_comes_in_after_by_any_hand() {
    let mut school = School::open();
    let gate = Device::enrol(&school, "East gate", "gate", &[]);
    let other = Device::enrol(&school, "West gate", "gate", &[]);
    let gates = sheet(&Duty::Gate).to_bytes();
    let (before, after) = (mark(&gate, 1001), mark(&gate, 1002));
    let captured = (
        gate.pass(),
        gate.request(&gates, std::slice::from_ref(&before)).encode(),
    );
    assert_eq!(gate.post(&mut gate.wire(), &captured.1).status, 200);
    // Heard by somebody, and said again: nothing comes of it.
    let once = journal(&school);
    let replay = |school: &School| {
        let headers = [
            ("daymark-pass", captured.0.as_str()),
            ("content-type", "application/vnd.daymark.sync"),
        ];
        Wire::to(school.server().address()).send("POST", "/v1/sync", &headers, &captured.1)
    };
    assert_eq!(replay(&school).status, 200);
    assert_eq!(journal(&school), once, "not a byte was written");

    lost(&school, &gate, "j-roe");
    let words = gate
        .post(&mut gate.wire(), &captured.1)
        .problem(403, "device-lost");
    assert!(words.contains("hand it to the office"), "{words}");
    replay(&school).problem(403, "device-lost");
    assert_eq!(carry(&other, &gate, std::slice::from_ref(&before)), [Ack::Had]);
    let acks = carry(&other, &gate, std::slice::from_ref(&after));
    assert_eq!(code(&acks), "device-lost");
    let held = school.office(&["held"]).found();
    assert_eq!(held.as_array().map(Vec::len), Some(1), "{held}");
    assert_eq!(held[0]["code"], "device-lost");
    assert_eq!(held[0]["bytes"], hex(&gate.sign(&gates, &after)));
    assert_eq!(school.row("AM", 1001)["code"], "N");
    assert_eq!(school.row("AM", 1002)["state"], "blank");

    // It stays lost: by a second report, by a confirmation, and after a restart.
    let first = standing(&school, &gate);
    assert_eq!(
        (&first["standing"], &first["lost_by"]),
        (&json!("lost"), &json!("j-roe"))
    );
    lost(&school, &gate, "h-nash");
    assert_eq!(standing(&school, &gate), first, "the first report stands");
    let number = gate.number.to_string();
    let words = school
        .office(&["device", "confirm", &number, "--code", "AAA-AAA"])
        .failed();
    assert!(words.contains("was reported lost and stays so"), "{words}");
    assert!(school.take_server().stop().success());
    school.serve();
    assert_eq!(standing(&school, &gate)["standing"], "lost");
    let stale = journal(&school);
    replay(&school).problem(401, "stale-session");
    assert_eq!(journal(&school), stale);
}

#[test]
fn the_security_log_says_who_reported_which_device_lost_and_when_among_its_other_lines() {
    let mut school = School::open();
    let team = school.ready("Visits A", "team", &[]);
    let second = school.ready("Visits B", "team", &[]);
    team.start_visit("10:00", 1003, "Three days of silence");
    team.sync("10:01");
    second.sync("10:02");
    let number = team.device.to_string();
    let report = ["device", "lost", &number, "--by", "j-roe"];
    let words = school
        .office(&[&report[..], &["--reason", " "]].concat())
        .failed();
    assert!(words.contains("say how it was lost"), "{words}");
    let reason = ["--reason", "Left on the 14 bus"];
    school.office(&[&report[..], &reason].concat()).done();
    let nobody = school
        .office(&["device", "lost", &number, "--by", "nobody-x"])
        .failed();
    assert!(nobody.contains("nobody-x"), "{nobody}");
    // A second report changes nothing and says so, and what is noted later comes after it.
    let again = school
        .office(&["device", "lost", &number, "--by", "h-nash"])
        .done();
    assert_eq!(
        (&again["was_reported"], &again["lost_by"]),
        (&json!(true), &json!("j-roe"))
    );
    school.ready("Head", "head", &[]);
    let shown = school.office(&["log", "notes"]).done();
    let whats: Vec<&str> = shown
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|note| note["what"].as_str())
        .collect();
    assert_eq!(whats, ["visit-read", "device-lost", "visit-read"], "{shown}");
    let lost = &shown[1];
    assert_eq!(
        (&lost["device"], &lost["name"], &lost["by"]),
        (&json!(team.device), &json!("Visits A"), &json!("j-roe"))
    );
    assert_eq!(lost["words"], "the device was reported lost: Left on the 14 bus");
    assert_eq!(
        lost["at"],
        school.office(&["device", "list"]).done()[1]["lost_at"]
    );
    assert!(school.take_server().stop().success());
    school.serve();
    assert_eq!(school.office(&["log", "notes"]).done(), shown);
}

#[test]
fn a_retired_device_is_refused_in_words_and_the_security_log_says_who_retired_it() {
    let school = School::open();
    let gate = Device::enrol(&school, "East gate", "gate", &[]);
    let gates = sheet(&Duty::Gate).to_bytes();
    let request = gate.request(&gates, &[mark(&gate, 1001)]).encode();
    assert_eq!(gate.post(&mut gate.wire(), &request).status, 200);
    let number = gate.number.to_string();
    let retire = ["device", "retire", &number, "--by", "j-roe"];
    school.office(&retire).done();
    let words = gate
        .post(&mut gate.wire(), &request)
        .problem(403, "device-retired");
    assert!(words.contains("nothing on it is deleted"), "{words}");
    let shown = standing(&school, &gate);
    assert_eq!(
        (&shown["standing"], &shown["retired_by"]),
        (&json!("retired"), &json!("j-roe"))
    );
    assert_eq!(school.row("AM", 1001)["code"], "N", "what it brought stands");
    let notes = school.office(&["log", "notes"]).done();
    assert_eq!(
        (&notes[0]["what"], &notes[0]["by"]),
        (&json!("device-retired"), &json!("j-roe"))
    );
    assert_eq!(school.office(&retire).done()["was_retired"], true);
}

#[test]
fn the_offices_own_desk_cannot_be_lost_nor_a_device_that_is_none() {
    let school = School::open();
    let words = school.office(&["device", "lost", "1", "--by", "j-roe"]).failed();
    assert!(words.contains("the office's own desk"), "{words}");
    let words = school.office(&["device", "lost", "99", "--by", "j-roe"]).failed();
    assert!(words.contains("there is no device 99"), "{words}");
    // The desk writes on.
    school.sign_off("AM");
}

#[tokio::test]
async fn a_tablet_opens_another_session_by_itself_when_the_server_was_restarted() {
    let mut school = School::open();
    let gate = Device::enrol(&school, "East gate", "gate", &[]);
    let request = gate.request(&sheet(&Duty::Gate).to_bytes(), &[mark(&gate, 1001)]);
    assert!(school.take_server().stop().success());
    school.serve();
    let gate = Device {
        address: school.server().address().to_owned(),
        ..gate
    };
    // By hand: the old challenge is of no use, and the answer brings a new one.
    let answer = gate.post(&mut gate.wire(), &request.encode());
    answer.problem(401, "stale-session");
    assert!(
        answer.head.contains("www-authenticate: daymark challenge="),
        "{}",
        answer.head
    );

    let options = HttpOptions::default();
    let transport = HttpTransport::new(&school.server().url(), options).expect("an address");
    transport.answer_next(&gate.challenge);
    for expected in [Ack::Stored, Ack::Had] {
        let reply = transport.exchange(&gate.identity(), request.encode()).await;
        let reply = SyncReply::decode(&reply.expect("it is let in")).expect("a reply");
        assert_eq!(reply.acks, [expected]);
    }
    assert_eq!(school.row("AM", 1001)["code"], "N");
}
