//! The office's routes and the two commands, given nonsense: the field is named.

use daymark_tests::support::{School, Tablet, Wire};

fn token(school: &School) -> String {
    let token = std::fs::read_to_string(school.home().join("office.token")).expect("the token");
    format!("Bearer {}", token.trim())
}

#[test]
fn a_body_that_makes_no_sense_is_refused_and_the_field_is_named() {
    let school = School::open();
    let token = token(&school);
    let mut wire = Wire::to(school.server().address());
    let before = school.store_counts();
    let good = r#"{"date":"2026-03-02","session":"AM","pupil":1001,"code":"V","reason":"x","by":"j-roe"}"#;
    let decisions = "/v1/office/decisions";
    let cases = [
        (decisions, good.replace("2026-03-02", "2026-02-30"), "date"),
        (decisions, good.replace("\"AM\"", "\"noon\""), "session"),
        (decisions, good.replace("1001", "-1"), "pupil"),
        (decisions, good.replace("\"V\"", "\"VISIT\""), "code"),
        (decisions, good.replace("j-roe", "J Roe!"), "staff id"),
        (decisions, good.replace("\"reason\":\"x\",", ""), "reason"),
        (decisions, good.replace("\"by\"", "\"who\""), "who"),
        (decisions, good.replace("j-roe", "nobody"), "nobody"),
        (decisions, good.replace("1001", "4444"), "4444"),
        (decisions, good.replace('}', ""), "EOF"),
        (
            "/v1/office/sign-off",
            r#"{"date":"2026-03-02","session":"AM"}"#.to_owned(),
            "by",
        ),
        (
            "/v1/office/invitations",
            r#"{"name":"","grant":{"role":"gate"}}"#.to_owned(),
            "name",
        ),
        (
            "/v1/office/invitations",
            r#"{"name":"x","grant":{"role":"king"}}"#.to_owned(),
            "king",
        ),
        (
            "/v1/office/invitations",
            r#"{"name":"x","grant":{"role":"teacher","classes":["4/B"]}}"#.to_owned(),
            "class",
        ),
    ];
    for (path, body, named) in cases {
        let headers = [
            ("authorization", token.as_str()),
            ("content-type", "application/json"),
        ];
        let words = wire
            .send("POST", path, &headers, body.as_bytes())
            .problem(422, "bad-field");
        assert!(words.contains(named), "{body}: {words}");
    }
    let plain = [("authorization", token.as_str()), ("content-type", "text/plain")];
    let words = wire
        .send("POST", decisions, &plain, good.as_bytes())
        .problem(422, "bad-field");
    assert!(words.contains("application/json"), "{words}");
    for (path, named) in [
        ("/v1/office/day", "date"),
        ("/v1/office/day?date=2026-13-01", "date"),
        ("/v1/office/day?date=2026-03-02&sesion=AM", "sesion"),
        ("/v1/office/ledger?from=2026-03-03&to=2026-03-02", "before from"),
        ("/v1/office/ledger?from=2020-01-01&to=2026-03-02", "400 days"),
    ] {
        let words = wire
            .send("GET", path, &[("authorization", &token)], b"")
            .problem(422, "bad-field");
        assert!(words.contains(named), "{path}: {words}");
    }
    let headers = [("authorization", token.as_str()), ("content-type", "text/csv")];
    let words = wire
        .send(
            "POST",
            "/v1/office/roster/pupils",
            &headers,
            b"name,colour\r\nAda,red\r\n",
        )
        .problem(422, "bad-field");
    assert!(words.contains("mis_id"), "{words}");
    let huge = vec![b'x'; 9 * 1024 * 1024 + 1];
    wire.send("POST", "/v1/office/roster/pupils", &headers, &huge)
        .problem(413, "too-large");
    let json = [("content-type", "application/json")];
    let answer = wire.send("POST", "/v1/enrol", &json, br#"{"invitation":7}"#);
    assert!(
        answer.status == 422 && answer.json()["detail"].to_string().contains("invitation"),
        "{answer:?}"
    );
    assert_eq!(school.store_counts(), before);
}

#[test]
fn the_commands_refuse_what_the_rules_refuse_and_name_it() {
    let school = School::open();
    let class = school.ready("Class 4B", "teacher", &["4B"]);
    let quill = class.by("t-quill", "08:50");
    for (session, code, words) in [
        (
            "AM",
            "H",
            "code H cannot stand on 2026-03-02: it was retired after 2024-08-18",
        ),
        ("AM", "~~", "code ~~ is not a register code"),
        ("AM", "v", "code v is not a register code"),
        (
            "AM",
            "\\",
            "code \\ cannot stand in the AM session of 2026-03-02: use / there",
        ),
        (
            "PM",
            "/",
            "code / cannot stand in the PM session of 2026-03-02: use \\ there",
        ),
        (
            "AM",
            "V",
            "code V needs the visit and its supervising member of staff",
        ),
        ("AM", "B", "code B needs the nature of the activity or cause"),
    ] {
        let marked = quill.mark(session, code, &[1001], &[]).found();
        let why = marked["refused"][0]["why"].as_str().expect("words");
        assert!(why.contains(words), "{code}: {why}");
        assert_eq!(marked["recorded"], serde_json::json!([]));
    }
    let marked = quill.mark("AM", "/", &[1001, 7777], &[]).found();
    assert_eq!(marked["recorded"][0]["pupil"], 1001, "the good one is saved");
    assert!(
        marked["refused"][0]["why"]
            .as_str()
            .expect("words")
            .contains("not among the pupils"),
        "{marked}"
    );
    let words = quill.mark("AM", "THREE", &[1001], &[]).misused();
    assert!(words.contains("give a register code"), "{words}");
    quill
        .run(&["mark", "--session", "noon", "--code", "/", "--pupil", "1001"])
        .misused();
    let words = quill
        .run(&[
            "mark",
            "--session",
            "AM",
            "--code",
            "L",
            "--pupil",
            "1001",
            "--gate",
        ])
        .failed();
    assert!(words.contains("has no duty gate"), "{words}");
    let old = class
        .by("t-quill", "2024-06-03T08:50:00")
        .mark("AM", "Y1", &[1002], &[])
        .found();
    assert!(
        old["refused"][0]["why"]
            .as_str()
            .expect("words")
            .contains("in force from 2024-08-19"),
        "{old}"
    );
    assert_eq!(class.pending(), 1);

    let words = Tablet::try_enrol(&school.path("x"), "ftp://nowhere", "y").misused();
    assert!(words.contains("give it as https://HOST:PORT"), "{words}");
    school.office(&["day", "show", "--date", "02/03/2026"]).misused();
    let words = school
        .office(&[
            "day",
            "sign-off",
            "--date",
            "2026-03-02",
            "--session",
            "AM",
            "--by",
            "nobody",
        ])
        .failed();
    assert!(
        words.contains("staff id \"nobody\" is not in the staff list"),
        "{words}"
    );
}

#[test]
fn a_body_over_its_limit_is_said_to_be_too_large_whatever_its_kind() {
    let school = School::open();
    let token = token(&school);
    let long = format!(
        r#"{{"date":"2026-03-02","session":"AM","pupil":1001,"code":"I","reason":"{}","by":"j-roe"}}"#,
        "x".repeat(10 * 1024 * 1024)
    );
    for path in [
        "/v1/office/decisions",
        "/v1/office/amendments",
        "/v1/office/sign-off",
    ] {
        let headers = [
            ("authorization", token.as_str()),
            ("content-type", "application/json"),
        ];
        Wire::to(school.server().address())
            .send("POST", path, &headers, long.as_bytes())
            .problem(413, "too-large");
    }
}
