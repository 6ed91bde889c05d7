//! The app as a browser gets it: what the server says beside each file. A server that was built without the app says so.

use daymark_tests::support::{Answer, School, Wire};
use serde_json::Value;

fn header(answer: &Answer, name: &str) -> String {
    let start = format!("{name}: ");
    let line = answer.head.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_default().to_owned()
}

/// The names in quotes that a text of the app refers to.
fn named(text: &str) -> Vec<String> {
    let parts = text.split('"');
    let is_file = |part: &&str| part.contains('.') && !part.contains([' ', '<', '(', ':']);
    parts
        .filter(is_file)
        .map(|name| format!("/{}", name.trim_start_matches("./").trim_start_matches('/')))
        .collect()
}

#[test]
fn a_browser_gets_the_app_whole_and_may_keep_what_says_its_content() {
    let school = School::open();
    let mut wire = Wire::to(school.server().address());
    let page = wire.send("GET", "/", &[("accept-encoding", "gzip")], b"");
    assert!(
        header(&page, "content-type").starts_with("text/html"),
        "{}",
        page.head
    );
    assert_eq!(header(&page, "content-encoding"), "");
    if page.status == 404 {
        let said = String::from_utf8_lossy(&page.body);
        assert!(said.contains("cargo xtask app"), "{said}");
        return;
    }
    assert_eq!(page.status, 200);
    let listed = named(&String::from_utf8_lossy(&page.body));
    assert!(listed.len() >= 5, "{listed:?}");
    let worker = wire.send("GET", "/sw.js", &[], b"");
    let text = String::from_utf8_lossy(&worker.body).into_owned();
    let kept = text
        .split("const ASSETS = ")
        .nth(1)
        .and_then(|rest| rest.split(';').next());
    let kept: Vec<String> = serde_json::from_str(kept.expect("a list")).expect("JSON");
    assert!(
        listed.iter().all(|path| kept.contains(path)),
        "{listed:?} {kept:?}"
    );

    let (mut small, mut plain) = (0, 0);
    for path in kept.iter().map(String::as_str).chain(["/sw.js"]) {
        let answer = wire.send("GET", path, &[("accept-encoding", "gzip, br")], b"");
        assert_eq!(answer.status, 200, "{path}");
        let whole = wire.send("GET", path, &[], b"");
        assert_eq!(header(&whole, "content-encoding"), "", "{path}");
        if header(&answer, "content-encoding") == "br" {
            assert_eq!(header(&answer, "vary"), "accept-encoding", "{path}");
            assert!(answer.body.len() < whole.body.len(), "{path}");
        } else {
            assert_eq!(answer.body, whole.body, "{path}");
        }
        small += answer.body.len();
        plain += whole.body.len();
        let says_its_content = path.split('.').count() == 3;
        let cache = if says_its_content {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        assert_eq!(header(&answer, "cache-control"), cache, "{path}");
        let policy = header(&answer, "content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("'unsafe-"), "{path}: {policy}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&answer, "referrer-policy"), "no-referrer", "{path}");
        assert_eq!(
            header(&answer, "cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
        assert!(
            header(&answer, "permissions-policy").starts_with("camera=(self),"),
            "{path}"
        );
        assert_eq!(header(&answer, "set-cookie"), "", "{path}");
    }
    assert!(small <= 900_000 && small * 2 < plain, "{small} of {plain}");
    let module = kept.iter().find(|path| path.to_lowercase().ends_with(".wasm"));
    let module = wire.send("GET", module.expect("a module"), &[], b"");
    assert_eq!(header(&module, "content-type"), "application/wasm");
}

#[test]
fn the_apps_files_are_for_reading_and_answers_of_the_school_stay_unkept() {
    let school = School::open();
    let mut wire = Wire::to(school.server().address());
    if wire.send("GET", "/", &[], b"").status == 200 {
        wire.send("POST", "/sw.js", &[], b"").problem(405, "wrong-method");
    }
    wire.send("GET", "/dist.json", &[], b"")
        .problem(404, "no-such-route");
    wire.send("GET", "/../office.token", &[], b"")
        .problem(404, "no-such-route");
    let list = school.ask("GET", "/v1/office/devices", b"");
    assert_eq!(header(&list, "cache-control"), "no-store");
    assert_eq!(
        header(&list, "content-security-policy"),
        "default-src 'none'; frame-ancestors 'none'"
    );
    assert!(matches!(list.json(), Value::Array(_)));
}
