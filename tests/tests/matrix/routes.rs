//! Every route of the `OpenAPI` document x every caller.

use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::item::Item;
use daymark_core::session::Session;
use daymark_core::signature::SecretKey;
use daymark_tablet::Applicant;
use daymark_tests::support::device::sheet;
use daymark_tests::support::school::pupils_csv;
use daymark_tests::support::{Answer, DAY, Device, STAFF, Stream, Wire};
use serde_json::{Value, json};

use super::cast::{Caller, Cast, ROLES, callers};
use super::cells::{DONE, at_the_door};
use super::paper::Paper;

/// A request that would succeed if its caller may make it.
struct Good {
    path: String,
    kind: &'static str,
    body: Vec<u8>,
}

/// One operation of the document.
pub(crate) struct Operation {
    path: String,
    method: String,
    said: Value,
}

fn operations(cast: &Cast) -> Vec<Operation> {
    let answer = Wire::to(cast.school.server().address()).send("GET", "/v1/openapi.json", &[], b"");
    assert_eq!(answer.status, 200);
    let document = answer.json();
    let paths = document["paths"].as_object().expect("paths").clone();
    let each = paths.into_iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("methods").clone();
        methods.into_iter().map(move |(method, said)| Operation {
            path: path.clone(),
            method: method.to_uppercase(),
            said,
        })
    });
    each.collect()
}

/// The row of a route: what a good request looks like, made anew for each call. A route that has none fails the test.
fn good(cast: &Cast, operation: &Operation, caller: Caller) -> Good {
    let span = format!("?from={DAY}&to={DAY}");
    let date = format!("?date={DAY}");
    let invite = || {
        let wanted = json!({ "name": "Spare", "grant": { "role": "gate" } });
        let made = cast
            .school
            .ask("POST", "/v1/office/invitations", wanted.to_string().as_bytes());
        made.json()["invitation"]
            .as_str()
            .expect("an invitation")
            .to_owned()
    };
    let spare = || Device::join(&cast.school, "Spare", "gate", &[]);
    let mut path = operation.path.clone();
    let id = operation.said["operationId"].as_str().expect("an id");
    let (query, body) = match id {
        "livez" | "readyz" | "metrics" | "openapi" | "challenge" | "events" | "held" | "check" | "log"
        | "notes" | "devices" | "worklists" | "figures" => (String::new(), String::new()),
        "day" | "decisions" | "alerts" => (date, String::new()),
        "release" => {
            // Something held: a mark in a sheet that is not its maker's.
            let device = &cast.roles["gate"];
            let DocumentId::Sheet(date, duty) = Paper::Class4B.id() else {
                unreachable!("a sheet")
            };
            let items = Item::slips(&[device.entry(&duty, Session::Am, 1007, "N")]);
            let id = DocumentId::Sheet(date, duty);
            device.offer(&id, &[device.change(&id, &items)]);
            let held = cast.school.ask("GET", "/v1/office/held", b"").json();
            let last = held.as_array().and_then(|held| held.last()).expect("held");
            path = path.replace("{key}", last["key"].as_str().expect("a key"));
            (
                String::new(),
                json!({ "by": "h-nash", "reason": "Asked" }).to_string(),
            )
        }
        "worklist" => {
            path = path.replace("{list}", "reasons-owed");
            (String::new(), String::new())
        }
        "exportCtf" => (String::new(), json!({ "sequence": 1 }).to_string()),
        "keyIn" => {
            let code = cast.school.sheet_code("4B", DAY);
            let rows: Vec<String> = (1..=8).map(|row| format!("{row} -")).collect();
            let rows = rows.join("\n");
            let blank = format!("sheet {code}\n{DAY} AM\n{rows}");
            let wanted = json!({ "class": "4B", "from": DAY, "by": "j-roe", "text": blank, "dry_run": true });
            (String::new(), wanted.to_string())
        }
        "exportMarksMapped" => (String::new(), json!({ "from": DAY, "to": DAY }).to_string()),
        "printRegister" => (format!("?class=4B&from={DAY}"), String::new()),
        "printPupil" => (format!("{span}&pupil=1006"), String::new()),
        "attendance" => ("?by=class".to_owned(), String::new()),
        "attempted" => {
            let made =
                json!({ "date": DAY, "pupil": 1006, "how": "phone", "result": "no-answer", "by": "j-roe" });
            (String::new(), made.to_string())
        }
        "stepTaken" => {
            let made = json!({ "date": DAY, "pupil": 1006, "name": "First letter", "by": "j-roe" });
            (String::new(), made.to_string())
        }
        "ledger" | "exportMarks" | "exportAmendments" | "evidence" => (span, String::new()),
        "importPupils" => ("?dry_run=true".to_owned(), pupils_csv()),
        "importStaff" => ("?dry_run=true".to_owned(), STAFF.to_owned()),
        "invite" => (
            String::new(),
            json!({ "name": "Spare", "grant": { "role": "gate" } }).to_string(),
        ),
        "enrol" => {
            let applicant = Applicant {
                invitation: invite(),
                key: SecretKey::from_seed(&[7; 32]),
            };
            (String::new(), applicant.request().to_string())
        }
        "decide" => {
            // Something to decide: two marks that differ, of a pupil whom nobody of another kind decides.
            let pupil = if matches!(caller, Caller::Role(_)) {
                1008
            } else {
                1006
            };
            for (role, duty, code) in [("teacher", Paper::Class4B, "/"), ("gate", Paper::Gate, "N")] {
                let DocumentId::Sheet(_, duty) = duty.id() else {
                    unreachable!("both are sheets")
                };
                let device = &cast.roles[role];
                device.record(&[device.entry(&duty, Session::Am, pupil, code)]);
            }
            let decision = json!({ "date": DAY, "session": "AM", "pupil": pupil, "code": "N", "reason": "Asked", "by": "j-roe" });
            (String::new(), decision.to_string())
        }
        "amend" => {
            // Something to amend, of a pupil whom nobody of another kind amends.
            let pupil = if matches!(caller, Caller::Role(_)) {
                1003
            } else {
                1005
            };
            let DocumentId::Sheet(_, duty) = Paper::Class4B.id() else {
                unreachable!("a sheet")
            };
            let device = &cast.roles["teacher"];
            device.record(&[device.entry(&duty, Session::Am, pupil, "N")]);
            let amendment = json!({ "date": DAY, "session": "AM", "pupil": pupil, "code": "O", "reason": "Asked", "by": "j-roe" });
            (String::new(), amendment.to_string())
        }
        "signOff" => (
            String::new(),
            json!({ "date": DAY, "session": "PM", "by": "j-roe" }).to_string(),
        ),
        "confirm" => {
            let (device, code) = spare();
            path = path.replace("{device}", &device.number.to_string());
            (String::new(), json!({ "code": code }).to_string())
        }
        "grantDevice" => {
            let (device, _) = spare();
            path = path.replace("{device}", &device.number.to_string());
            let wanted = json!({ "by": "j-roe", "grant": { "role": "teacher", "classes": ["4B"] } });
            (String::new(), wanted.to_string())
        }
        "reportLost" => {
            let (device, _) = spare();
            path = path.replace("{device}", &device.number.to_string());
            (String::new(), json!({ "by": "j-roe" }).to_string())
        }
        "writeToDevice" => {
            let (device, _) = spare();
            path = path.replace("{device}", &device.number.to_string());
            (
                String::new(),
                json!({ "by": "j-roe", "text": "Ring the office" }).to_string(),
            )
        }
        "retireDevice" => {
            let (device, _) = spare();
            path = path.replace("{device}", &device.number.to_string());
            (
                String::new(),
                json!({ "by": "j-roe", "reason": "Never used" }).to_string(),
            )
        }
        "sync" => {
            let device = cast.device(caller).unwrap_or_else(|| cast.roles["head"].clone());
            // What a message says for itself is right here; `sync.rs` has those that lie.
            let device = Device {
                school: cast.roles["head"].school,
                ..device
            };
            let request = device.request(&sheet(&Duty::Gate).to_bytes(), &[]);
            return Good {
                path,
                kind: "application/vnd.daymark.sync",
                body: request.encode(),
            };
        }
        unknown => panic!(
            "{} {} ({unknown}) has no row: say here what a good request is, and in `cells` who may make it",
            operation.method, operation.path
        ),
    };
    Good {
        path: path + query.as_str(),
        kind: "application/json",
        body: body.into_bytes(),
    }
}

fn call(cast: &Cast, method: &str, good: &Good, caller: Caller) -> Answer {
    let mine = cast.header(caller);
    let mut headers = vec![("content-type", good.kind)];
    headers.extend(mine.as_ref().map(|(name, value)| (*name, value.as_str())));
    Wire::to(cast.school.server().address()).send(method, &good.path, &headers, &good.body)
}

#[test]
fn every_route_answers_every_caller_as_the_document_says() {
    let cast = Cast::gather();
    let mut cells = 0;
    for operation in operations(&cast) {
        let access = &operation.said["x-daymark-access"];
        let for_whom = access["caller"].as_str().expect("a caller");
        let roles = match (for_whom, operation.method.as_str()) {
            ("device", _) => json!(ROLES),
            ("office", "GET") => json!(["office", "head"]),
            ("office", _) => json!(["office"]),
            _ => Value::Null,
        };
        assert_eq!(access["roles"], roles, "{}", operation.path);
        for caller in callers() {
            let cell = format!("{} {} by {caller:?}", operation.method, operation.path);
            let expected = at_the_door(for_whom, &operation.method, caller);
            let good = good(&cast, &operation, caller);
            let before = cast.journal();
            cells += 1;
            if expected == DONE && operation.path == "/v1/events" {
                let (_, pass) = cast.header(caller).expect("a pass");
                // It waits for the hello.
                drop(Stream::open(cast.school.server().address(), &pass));
                continue;
            }
            let answer = call(&cast, &operation.method, &good, caller);
            let words = String::from_utf8_lossy(&answer.body);
            assert_eq!(answer.status, expected.0, "{cell}: {words}");
            if expected != DONE {
                answer.problem(expected.0, expected.1);
                let said = &operation.said["responses"][expected.0.to_string()]["x-daymark-codes"];
                let is_said = said
                    .as_array()
                    .is_some_and(|codes| codes.contains(&json!(expected.1)));
                assert!(is_said, "{cell}: the document does not say {expected:?}");
                assert_eq!(cast.journal(), before, "{cell}: something was written");
            }
        }
    }
    println!("{cells} cells");
    assert!(cells >= 23 * 18, "{cells}");
}

#[test]
fn what_is_no_route_answers_nobody_and_says_nothing_of_who_asked() {
    let cast = Cast::gather();
    let before = cast.journal();
    for operation in operations(&cast) {
        for caller in callers() {
            let mut good = good(&cast, &operation, Caller::Role("head"));
            let cell = format!("{} by {caller:?}", operation.path);
            let other = if operation.path == "/v1/office/decisions" {
                "PUT"
            } else {
                "DELETE"
            };
            call(&cast, other, &good, caller).problem(405, "wrong-method");
            // Two steps down, where no route takes a part of the path.
            good.path = format!("{}/no/such", operation.path);
            let words = call(&cast, &operation.method, &good, caller).problem(404, "no-such-route");
            assert!(!words.contains("1001"), "{cell}: {words}");
        }
    }
    // The rows' own invitations and spare devices are written; nothing else, and no mark.
    assert!(cast.journal().starts_with(&before));
}
