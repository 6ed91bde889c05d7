//! TLS with a school's own authority; and no plain HTTP beyond this machine unless asked for.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use daymark_tests::support::{Ran, School, Tablet, binaries};
use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;

fn init(school: &School, more: &[&str]) -> Value {
    school.office(&[&["tls", "init"], more].concat()).done()
}

/// A school whose server speaks TLS on this machine's address, with a certificate of its own authority.
fn with_tls() -> School {
    let mut school = School::open();
    init(&school, &["--name", "localhost", "--ip", "127.0.0.1"]);
    assert!(school.take_server().stop().success());
    school.serve();
    school
}

fn enrol(school: &School, name: &str, server: &str, ca: &str) -> Ran {
    let invitation = school.invite(name, "gate", &[]);
    Tablet::try_enrol_with(&school.path(name), server, &invitation, &["--ca", ca])
}

#[test]
fn a_tablet_that_has_the_schools_authority_syncs_over_tls_and_keeps_it() {
    let school = with_tls();
    let url = school.server().url();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    let ca = school.home().join("tls/ca.pem");
    let ca = ca.to_str().expect("a plain path");
    let enrolled = enrol(&school, "gate", &url, ca).done();
    let (tablet, code) = Tablet::enrolled(school.path("gate"), &enrolled);
    school.confirm(tablet.device, &code);
    // The office's commands reached the server over TLS all along, and the tablet goes on with the copy that it kept.
    std::fs::rename(
        school.home().join("tls/ca.pem"),
        school.home().join("tls/away.pem"),
    )
    .expect("a file");
    let first = tablet.sync("08:00");
    tablet
        .by("g-hobbs", "09:00")
        .mark("AM", "L", &[1005], &["--arrived", "08:59"])
        .done();
    let outcome = tablet.sync("09:01");
    assert_eq!(outcome["statements_acknowledged"], 1, "{outcome}");
    assert_eq!(school.row("AM", 1005)["code"], "L");
    println!(
        "first sync: {}, one mark: {}",
        first["traffic"], outcome["traffic"]
    );
    // Over HTTP/1.1 as well.
    tablet.at("09:02").run(&["sync", "--http1"]).done();
}

#[test]
fn another_authority_another_name_and_plain_http_are_refused_in_plain_words() {
    let school = with_tls();
    let url = school.server().url();
    let other = School::open();
    init(&other, &["--ip", "127.0.0.1"]);
    let other_ca = other.home().join("tls/ca.pem");
    let said = enrol(&school, "a", &url, other_ca.to_str().expect("a path")).failed();
    assert!(
        said.contains("signed by nobody whom this tablet trusts"),
        "{said}"
    );
    assert!(said.contains("--ca FILE"), "{said}");

    let ca = school.home().join("tls/ca.pem");
    let ca = ca.to_str().expect("a path");
    init(&school, &["--renew", "--name", "daymark.school.example"]);
    school.server().hang_up();
    let started = Instant::now();
    let said = loop {
        let said = enrol(&school, "b", &url, ca).stderr;
        if !said.is_empty() || started.elapsed() > Duration::from_secs(20) {
            break said;
        }
        std::fs::remove_dir_all(school.path("b")).expect("the tablet's folder");
    };
    assert!(said.contains("for another name than 127.0.0.1"), "{said}");
    assert!(said.contains("daymark.school.example"), "{said}");
    // The office's commands know the very certificate, whatever its name, also the new one.
    school.office(&["doctor"]).done();

    let plain = url.replace("https://", "http://");
    let said = enrol(&school, "c", &plain, ca).stderr;
    assert!(said.contains("the school"), "{said}");
    let said = enrol(
        &school,
        "d",
        &url,
        school.home().join("daymark.toml").to_str().expect("a path"),
    )
    .misused();
    assert!(said.contains("not a certificate in PEM"), "{said}");
}

#[test]
fn a_tablet_that_expects_tls_says_so_where_there_is_none() {
    let school = School::open();
    init(&school, &["--ip", "127.0.0.1"]);
    let url = school.server().url().replace("http://", "https://");
    let ca = school.home().join("tls/ca.pem");
    let said = enrol(&school, "gate", &url, ca.to_str().expect("a path")).failed();
    assert!(said.contains("does not speak TLS"), "{said}");
}

#[test]
fn keys_are_private_and_nothing_is_overwritten_unasked() {
    use std::os::unix::fs::PermissionsExt;
    let school = School::open();
    let made = init(&school, &["--name", "daymark.school.example", "--ip", "10.1.2.3"]);
    let names = &made["certificate"]["names"];
    assert_eq!(names[0], "daymark.school.example", "{made}");
    assert_eq!(names[1], "10.1.2.3");
    assert_eq!(made["settings_changed"], true);
    for key in ["tls/ca-key.pem", "tls/server-key.pem"] {
        let mode = std::fs::metadata(school.home().join(key))
            .expect("a key")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
    let read = |name: &str| std::fs::read(school.home().join(name)).expect("a file");
    let before = (read("tls/ca.pem"), read("tls/server.pem"));
    let said = school.office(&["tls", "init", "--name", "x.example"]).failed();
    assert!(said.contains("--renew") && said.contains("--replace"), "{said}");
    assert_eq!(before, (read("tls/ca.pem"), read("tls/server.pem")));

    let renewed = init(&school, &["--renew"]);
    assert_eq!(&renewed["certificate"]["names"], names, "the names stay");
    assert_eq!(renewed["authority"], made["authority"]);
    assert_ne!(
        renewed["certificate"]["fingerprint"],
        made["certificate"]["fingerprint"]
    );
    assert_eq!(renewed["settings_changed"], false);
    let shown = school.office(&["tls", "show"]).done();
    assert_eq!(shown["fingerprint"], renewed["certificate"]["fingerprint"]);
    assert!(shown["days_left"].as_i64().expect("days") > 700, "{shown}");
    let replaced = init(&school, &["--replace", "--ip", "10.1.2.3"]);
    assert_ne!(
        replaced["authority"]["fingerprint"],
        made["authority"]["fingerprint"]
    );

    for (wrong, words) in [
        (vec![], "needs a name"),
        (vec!["--name", "not a name"], "is not a host name"),
    ] {
        let said = school
            .office(&[&["tls", "init", "--replace"], &wrong[..]].concat())
            .failed();
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn plain_http_beyond_this_machine_must_be_asked_for() {
    let mut school = School::open();
    assert!(school.take_server().stop().success());
    let refused = school
        .try_serve_with(&["--listen", "0.0.0.0:0"])
        .expect_err("refused");
    assert_eq!(refused.code, 2, "{refused:?}");
    for remedy in [
        "0.0.0.0:0",
        "daymark tls init",
        "--listen 127.0.0.1:0",
        "--insecure-http",
    ] {
        assert!(refused.words.contains(remedy), "{remedy} in {refused:?}");
    }
    school
        .try_serve_with(&["--listen", "0.0.0.0:0", "--insecure-http"])
        .expect("a proxy ends TLS");
    school.office(&["doctor"]).done();
    assert!(school.take_server().stop().success());
    init(&school, &["--name", "localhost"]);
    school
        .try_serve_with(&["--listen", "0.0.0.0:0"])
        .expect("with TLS it may");
    school.office(&["doctor"]).done();
}

#[test]
fn a_key_that_is_not_the_certificates_stops_the_start() {
    let mut school = School::open();
    init(&school, &["--name", "localhost"]);
    assert!(school.take_server().stop().success());
    std::fs::copy(
        school.home().join("tls/ca-key.pem"),
        school.home().join("tls/server-key.pem"),
    )
    .expect("a copy");
    let refused = school.try_serve().expect_err("refused");
    assert_eq!(refused.code, 1);
    assert!(
        refused.words.contains("does not belong to the certificate"),
        "{refused:?}"
    );
    std::fs::remove_file(school.home().join("tls/server.pem")).expect("removed");
    let refused = school.try_serve().expect_err("refused");
    assert!(refused.words.contains("server.pem"), "{refused:?}");
}

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Serves again with a certificate that ends at a time. What `doctor` says to a person.
fn doctor_with_certificate_until(school: &mut School, end: SystemTime) -> Ran {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = CertificateParams::new(names).expect("names");
    params.not_before = (SystemTime::now() - 48 * HOUR).into();
    params.not_after = end.into();
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    assert!(school.take_server().stop().success());
    let tls = school.home().join("tls");
    std::fs::write(tls.join("server.pem"), certificate.pem()).expect("the certificate");
    std::fs::write(tls.join("server-key.pem"), key.serialize_pem()).expect("its key");
    school.serve();
    let mut doctor = Command::new(binaries::daymark());
    Ran::of(doctor.arg("--home").arg(school.home()).arg("doctor"))
}

#[test]
fn doctor_warns_of_a_certificate_with_less_than_30_days_left_and_of_one_that_ended() {
    let mut school = with_tls();
    let now = SystemTime::now();
    let doctor = doctor_with_certificate_until(&mut school, now + (30 * 24 + 1) * HOUR);
    doctor.done();
    assert!(doctor.stdout.contains("Certificate: good until"), "{doctor:?}");
    assert_eq!(school.office(&["tls", "show"]).done()["days_left"], 30);

    let doctor = doctor_with_certificate_until(&mut school, now + (30 * 24 - 1) * HOUR);
    doctor.found();
    assert!(
        doctor.stdout.contains("certificate ends in 29 days"),
        "{doctor:?}"
    );
    assert!(doctor.stdout.contains("daymark tls init --renew"), "{doctor:?}");
    assert_eq!(school.office(&["doctor"]).found()["certificate"]["days_left"], 29);
    school.office(&["tls", "show"]).found();

    let doctor = doctor_with_certificate_until(&mut school, now - HOUR);
    doctor.found();
    assert!(doctor.stdout.contains("certificate ended on"), "{doctor:?}");
}
