//! What the school can be held to: its log across backups, what was held and let in, who read of a visit, and a tablet that
//! was reported lost.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daymark_core::entry::Duty;
use daymark_core::ids::{DeviceNumber, SchoolId, hex};
use daymark_core::item::Item;
use daymark_core::session::Session;
use daymark_core::signature::SecretKey;
use daymark_tests::support::device::sheet;
use daymark_tests::support::{Device, School, Tablet};
use serde_json::{Value, json};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("a copy");
        }
    }
}

/// Stops the server, lets something happen to its disk, and starts it where the tablets look for it.
fn meanwhile(school: &mut School, disk: impl FnOnce(&Path), more: &[&str]) -> Result<(), String> {
    let address = school.server().address().to_owned();
    assert!(school.take_server().stop().success());
    disk(&school.home().join("data"));
    let arguments = [&["--listen", address.as_str()], more].concat();
    school.try_serve_with(&arguments).map_err(|refused| refused.words)
}

fn late(tablet: &Tablet, pupil: u64) {
    tablet
        .by("g-hobbs", "09:05")
        .mark("AM", "L", &[pupil], &["--arrived", "09:04"])
        .done();
}

fn notes(school: &School, what: &str) -> Vec<Value> {
    let notes = school.office(&["log", "notes"]).done();
    let notes = notes.as_array().expect("a list").clone();
    notes.into_iter().filter(|note| note["what"] == what).collect()
}

#[test]
fn a_backup_that_is_put_back_is_noticed_announced_and_filled_again() {
    let mut school = School::open();
    let gate = school.ready("gate", "gate", &[]);
    let west = school.ready("west", "gate", &[]);
    late(&gate, 1001);
    gate.sync("09:10");
    let backup = school.path("backup");
    meanwhile(&mut school, |data| copy(data, &backup), &[]).expect("it serves");
    for pupil in [1002, 1003] {
        late(&gate, pupil);
        gate.sync("09:11");
    }
    let before = school.office(&["log", "show"]).done();
    assert_eq!((&before["size"], &before["branch"]), (&3.into(), &Value::Null));
    let put_back = |data: &Path| {
        std::fs::remove_dir_all(data).expect("gone");
        copy(&backup, data);
    };
    meanwhile(&mut school, put_back, &[]).expect("a backup is sound by itself");

    // Somebody who had seen nothing of it writes first; then comes the tablet that knows better.
    late(&west, 1004);
    west.sync("09:20");
    let said = gate.at("09:21").run(&["sync"]).found();
    let doubt = said["doubt"].as_str().expect("words");
    assert!(doubt.contains("restored from an older backup"), "{said}");
    assert!(doubt.contains("Ask the office"), "{said}");
    assert!(
        gate.pending() > 0,
        "what is not proven to be at school is not at school"
    );
    gate.at("09:21").run(&["log"]).found();
    assert_eq!(notes(&school, "branch").len(), 1);
    let branched = school.office(&["log", "show"]).done();
    assert_eq!(branched["branch"]["shown_by"], gate.device, "{branched}");

    gate.at("09:22").run(&["log", "accept"]).done();
    for _ in 0..2 {
        gate.sync("09:23");
    }
    assert_eq!(gate.pending(), 0);
    gate.at("09:24").run(&["log"]).done();
    for pupil in [1001, 1002, 1003, 1004] {
        assert_eq!(school.row("AM", pupil)["code"], "L", "{pupil} is there again");
    }
    let refused = gate.at("09:25").run(&["log", "accept"]).failed();
    assert!(refused.contains("nothing to accept"), "{refused}");
    // It stays announced, also after another start, and it is announced once.
    meanwhile(&mut school, |_| (), &[]).expect("it serves");
    late(&west, 1005);
    west.sync("09:30");
    gate.sync("09:31");
    assert_eq!(notes(&school, "branch").len(), 1);
    let after = school.office(&["log", "show"]).done();
    assert_eq!(after["branch"], branched["branch"]);
}

#[test]
fn a_journal_that_is_older_than_the_checkpoint_beside_it_is_not_served_unless_somebody_says_so() {
    let mut school = School::open();
    let gate = school.ready("gate", "gate", &[]);
    late(&gate, 1001);
    gate.sync("09:10");
    let backup = school.path("backup");
    meanwhile(&mut school, |data| copy(data, &backup), &[]).expect("it serves");
    late(&gate, 1002);
    gate.sync("09:11");
    let all_but_the_checkpoint = |data: &Path| {
        let kept = std::fs::read(data.join("checkpoint")).expect("it was kept at the stop");
        std::fs::remove_dir_all(data).expect("gone");
        copy(&backup, data);
        std::fs::write(data.join("checkpoint"), kept).expect("written");
    };
    let address = school.server().address().to_owned();
    let refused = meanwhile(&mut school, all_but_the_checkpoint, &[]).expect_err("refused");
    assert!(refused.contains("its end is missing"), "{refused}");
    assert!(refused.contains("--restored"), "{refused}");
    school
        .try_serve_with(&["--listen", &address, "--restored"])
        .expect("somebody answers for it");
    let log = school.office(&["log", "show"]).done();
    assert_eq!(log["branch"]["shown_by"], Value::Null, "{log}");
    // The tablet gives back what is lacking: then all it ever saw is there, and there is nothing to doubt.
    gate.at("09:20").run(&["sync"]);
    gate.sync("09:21");
    assert_eq!(gate.pending(), 0);
    assert_eq!(school.row("AM", 1002)["code"], "L");
}

#[test]
fn what_is_held_of_a_lost_device_is_let_in_by_a_named_person_and_that_is_noted() {
    let school = School::open();
    let gate = Device::enrol(&school, "East gate", "gate", &[]);
    let other = Device::enrol(&school, "West gate", "gate", &[]);
    school.report_lost(u64::from(gate.number.0));
    let gates = sheet(&Duty::Gate).to_bytes();
    let items = Item::slips(&[gate.entry(&Duty::Gate, Session::Am, 1001, "N")]);
    let change = gate.change(&sheet(&Duty::Gate), &items);
    let mut request = other.request(&gates, &[]);
    request.offers = gate.request(&gates, std::slice::from_ref(&change)).offers;
    assert_eq!(other.post(&mut other.wire(), &request.encode()).status, 200);
    let held = school.office(&["held"]).found();
    let key = held[0]["key"].as_str().expect("a key").to_owned();
    assert_eq!(held[0]["bytes"], hex(&gate.sign(&gates, &change)));

    let release = |key: &str, by: &str, reason: &str| {
        school.office(&["held", "release", key, "--by", by, "--reason", reason])
    };
    let refused = release(&key, "nobody-here", "It was Mrs Hobbs").failed();
    assert!(refused.contains("nobody of the staff list"), "{refused}");
    let refused = release(&key, "h-nash", " ").failed();
    assert!(refused.contains("say why"), "{refused}");
    let refused = release("abc", "h-nash", "x").failed();
    assert!(refused.contains("64 hexadecimal digits"), "{refused}");
    assert_eq!(school.row("AM", 1001)["state"], "blank");
    release(&key, "h-nash", "Mrs Hobbs had it in her hand until ten").done();
    assert_eq!(school.row("AM", 1001)["code"], "N");
    assert_eq!(school.office(&["held"]).done(), Value::Array(vec![]));
    let notes = notes(&school, "released");
    assert_eq!((notes.len(), &notes[0]["by"]), (1, &"h-nash".into()), "{notes:?}");
    assert!(
        notes[0]["words"]
            .as_str()
            .is_some_and(|words| words.contains("until ten"))
    );
    let again = release(&key, "h-nash", "again").failed();
    assert!(again.contains("nothing is held"), "{again}");
    school.office(&["doctor"]).done();
}

#[test]
fn a_tablet_that_was_reported_lost_locks_itself_at_its_next_contact_and_deletes_nothing() {
    let school = School::open();
    let gate = school.ready("gate", "gate", &[]);
    late(&gate, 1001);
    let size = gate.files().len();
    school.report_lost(gate.device);
    let said = gate.at("10:00").run(&["sync"]).failed();
    assert!(said.contains("was reported lost"), "{said}");
    assert!(said.contains("locked itself"), "{said}");
    assert!(said.contains("1 mark is saved on it"), "{said}");
    assert!(gate.files().len() + 4096 > size, "nothing is deleted");
    let locked = gate.at("10:01").run(&["pending"]).failed();
    assert!(locked.contains("recovery code"), "{locked}");
    let devices = school.office(&["device", "list"]).done();
    let devices = devices.as_array().expect("a list");
    let listed = devices.iter().find(|listed| listed["device"] == gate.device);
    let listed = listed.expect("it is listed");
    assert!(listed["spoke_since"].is_string(), "{listed}");
}

#[test]
fn a_tablet_that_listens_ends_as_soon_as_it_is_reported_lost() {
    let school = School::open();
    let gate = school.unsealed("gate", "gate", &[]);
    let mut command = std::process::Command::new(daymark_tests::support::binaries::daymark_tablet());
    command.arg("--home").arg(gate.home()).args(["sync", "--watch"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut watching = command.spawn().expect("it starts");
    let mut first = String::new();
    let said = BufReader::new(watching.stdout.as_mut().expect("a pipe")).read_line(&mut first);
    assert!(said.is_ok() && first.contains("School has everything"), "{first}");
    school.report_lost(gate.device);
    let reported = Instant::now();
    let ended = loop {
        if let Some(ended) = watching.try_wait().expect("it can be asked") {
            break ended;
        }
        if reported.elapsed() > Duration::from_secs(20) {
            watching.kill().expect("it can be ended");
            panic!("it keeps its home open");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let mut words = String::new();
    let mut complaints = watching.stderr.take().expect("a pipe");
    complaints.read_to_string(&mut words).expect("text");
    assert_eq!(ended.code(), Some(1), "{words}");
    assert!(
        words.contains("was reported lost. It is not sealed, and cannot lock itself"),
        "{words}"
    );
}

/// The school's own secret key, out of its file.
fn school_key(school: &School) -> SecretKey {
    let pem = std::fs::read_to_string(school.home().join("school.key")).expect("the key's file");
    let lines = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN"));
    let body: String = lines
        .skip(1)
        .take_while(|line| !line.starts_with("-----"))
        .collect();
    let der = STANDARD.decode(body).expect("PEM");
    SecretKey::from_seed(der.last_chunk().expect("32 bytes"))
}

/// Answers every request at an address with a notice to a device that it was reported lost, signed by whoever may.
fn reports_lost(address: &str, device: u64, signer: Arc<Mutex<SecretKey>>) {
    let device = DeviceNumber(u32::try_from(device).expect("a device"));
    let listener = TcpListener::bind(address).expect("the address is free");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut asked = vec![0; 16 * 1024];
            assert!(stream.read(&mut asked).expect("a request") > 0);
            let signature = signer.lock().expect("a key").sign_lost(SchoolId(123_456), device);
            let problem = json!({
                "type": "about:blank", "title": "Forbidden", "status": 403, "code": "device-lost",
                "detail": "this device was reported lost", "notice": hex(&signature.0),
            });
            let body = problem.to_string();
            let head = format!(
                "HTTP/1.1 403 Forbidden\r\ncontent-type: application/problem+json\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            stream
                .write_all((head + body.as_str()).as_bytes())
                .expect("an answer");
        }
    });
}

#[test]
fn a_lost_notice_that_the_school_has_not_signed_locks_nothing() {
    let mut school = School::open();
    let gate = school.ready("gate", "gate", &[]);
    late(&gate, 1001);
    let address = school.server().address().to_owned();
    assert!(school.take_server().stop().success());
    // Somebody else at the school's address, with a key of his own.
    let signer = Arc::new(Mutex::new(SecretKey::from_seed(&[7; 32])));
    reports_lost(&address, gate.device, Arc::clone(&signer));
    let said = gate.at("10:00").run(&["sync", "--http1"]).failed();
    assert!(!said.contains("locked itself"), "{said}");
    assert_eq!(gate.pending(), 1, "it still opens");
    // The same words with the school's signature are obeyed.
    *signer.lock().expect("a key") = school_key(&school);
    let said = gate.at("10:01").run(&["sync", "--http1"]).failed();
    assert!(said.contains("locked itself"), "{said}");
}

#[test]
fn the_link_of_an_invitation_is_all_that_a_tablet_needs_and_another_school_behind_it_is_refused() {
    let school = School::open();
    let invited = school
        .office(&["device", "invite", "--name", "Gate", "--role", "gate"])
        .done();
    let link = invited["tablet_link"].as_str().expect("a link").to_owned();
    let server = school.server().url();
    assert!(link.starts_with(&format!("daymark+{server}/enrol/")), "{link}");
    let enrol = |name: &str, link: &str| {
        let mut command = std::process::Command::new(daymark_tests::support::binaries::daymark_tablet());
        command.arg("--home").arg(school.path(name));
        command.args(["--json", "enrol", "--unsealed", "--invitation", link]);
        daymark_tests::support::Ran::of(&mut command)
    };
    // The right server with another key: somebody has put himself in between.
    let key = invited["school_key"].as_str().expect("a key");
    let other = link.replace(key, "00000-00000-00000-00000-00000");
    let refused = enrol("a", &other).failed();
    assert!(refused.contains("not the school of the invitation"), "{refused}");
    let invited = school
        .office(&["device", "invite", "--name", "Gate", "--role", "gate"])
        .done();
    // The link that opens the app says the same.
    let link = invited["link"].as_str().expect("a link").to_owned();
    assert!(link.starts_with(&format!("{server}/#join=")), "{link}");
    let enrolled = enrol("b", &link).done();
    assert_eq!(enrolled["school_key"], invited["school_key"]);
    let missing = enrol("c", "AAAAAAA-BBBBBBB").misused();
    assert!(missing.contains("--server"), "{missing}");
}

#[test]
fn whoever_reads_of_a_home_visit_is_written_down_and_nobody_else_can() {
    let school = School::open();
    let team = school.ready("team", "team", &[]);
    let head = school.ready("head", "head", &[]);
    let gate = school.ready("gate", "gate", &[]);
    let visit = team.start_visit("10:00", 1001, "3 days of unauthorised absence");
    for facts in ["Curtains drawn.", "A dog barked.", "No car.", "A light upstairs."] {
        team.by("k-osman", "10:02")
            .run(&["visit", "account", &visit, "--facts", facts])
            .done();
    }
    team.sync("10:05");
    assert_eq!(
        notes(&school, "visit-read"),
        Vec::<Value>::new(),
        "who writes reads nothing new"
    );
    head.sync("10:06");
    gate.sync("10:07");
    head.sync("10:08");
    let read = notes(&school, "visit-read");
    assert_eq!(read.len(), 1, "{read:?}");
    assert_eq!(read[0]["device"], head.device);
    assert_eq!(read[0]["of"], format!("visit/{visit}"));
}
