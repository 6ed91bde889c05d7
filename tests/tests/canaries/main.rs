//! Words that stand nowhere else are planted wherever a person types or a child is named, and then looked for wherever they
//! must not be. Those places are the names of the checks below.

mod story;

use daymark_core::code::Code;
use daymark_sync_protocol::brief::{Became, Brief};
use daymark_tablet::{HttpOptions, HttpTransport, Protocol, Transport};
use daymark_tests::support::{Recorder, Wire, holds, read};

use story::{MARK, Story, visit, word};

/// The codes that no tablet but the office's and the head's is shown.
const HIDDEN: [&str; 12] = ["I", "M", "Y", "Y6", "R", "E", "Y5", "T", "C", "C2", "K", "D"];

/// The planted words in some bytes, other than those that begin with one of `allowed`.
fn found(bytes: &[u8], allowed: &[&str]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let words = text.match_indices(MARK).map(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric());
        rest[..end.unwrap_or(rest.len())].to_owned()
    });
    words
        .filter(|word| {
            !allowed
                .iter()
                .any(|allowed| word.starts_with(&format!("{MARK}{allowed}")))
        })
        .collect()
}

#[track_caller]
fn clean(place: &str, bytes: &[u8], allowed: &[&str]) {
    assert!(!bytes.is_empty(), "{place} is empty: nothing was looked at");
    assert_eq!(found(bytes, allowed), Vec::<String>::new(), "{place}");
}

/// Requests of our own tablet's transport, in a form whose first lines can be read.
fn lines_of_a_tablet(story: &Story) -> Vec<u8> {
    let recorder = Recorder::before(story.school.server().address());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let options = HttpOptions {
        protocol: Protocol::Http1,
        ..HttpOptions::default()
    };
    runtime.block_on(async {
        let transport =
            HttpTransport::new(&format!("http://{}", recorder.address()), options).expect("an address");
        let identity = story.devices["head"].identity();
        let request = story.devices["head"].request(&visit().to_bytes(), &[]);
        let reply = transport.exchange(&identity, request.encode()).await;
        reply.expect("a reply");
        transport.events(&identity).await.expect("a stream");
    });
    first_lines(&recorder)
}

/// The first line of each request that went by: method and path.
fn first_lines(recorder: &Recorder) -> Vec<u8> {
    let lines = recorder.recorded().into_iter().flat_map(|connection| {
        let text = String::from_utf8_lossy(&connection.sent).into_owned();
        let firsts = text.lines().filter(|line| line.contains(" HTTP/1.1"));
        firsts.map(|line| format!("{line}\n")).collect::<Vec<_>>()
    });
    lines.collect::<String>().into_bytes()
}

#[test]
fn what_is_typed_and_who_is_named_comes_to_nobody_without_the_duty_and_into_no_log() {
    let mut story = Story::begin();
    story.import();
    story.marks();
    story.visit();
    story.decide();
    story.mistakes();
    let school = story.devices["head"].school;

    // The words were planted, and are where they belong: else all that follows would prove nothing.
    let head = read::plain(school, &story.told("head"));
    for what in [
        "PupilPreferred",
        "StaffName",
        "Comment4B",
        "CommentOffice",
        "TripTitle",
        "TripWith",
        "CommentTrip",
        "VisitTrigger",
        "VisitAddress",
        "VisitWords",
        "VisitFacts",
        "VisitOpinion",
        "ReasonIll",
        "NatureOther",
    ] {
        assert!(holds(&head, word(what).as_bytes()), "{what} was never planted");
    }
    assert!(
        !found(&story.exported, &[]).is_empty(),
        "the exports hold reasons"
    );
    assert!(!found(&story.streams["head"].raw(), &[]).is_empty() || story.streams["head"].heard().len() > 1);

    for name in ["gate", "5A"] {
        // All pupils' names are the gate's business; a class teacher's are those of the class. Staff are everybody's.
        let allowed: &[&str] = if name == "gate" {
            &["Pupil", "Staff", "Gate"]
        } else {
            &["Staff"]
        };
        let reply = story.told(name);
        clean(
            &format!("the sync reply of {name}"),
            &read::plain(school, &reply),
            allowed,
        );
        // What the gate itself says is its own business, too.
        let allowed: &[&str] = if name == "gate" { &["Gate"] } else { &[] };
        for heard in story.streams[name].heard() {
            let plain = heard.reply().map(|reply| read::plain(school, &reply));
            let bytes = [heard.data.into_bytes(), plain.unwrap_or_default()].concat();
            clean(&format!("the event stream of {name}"), &bytes, allowed);
        }
        clean(
            &format!("the raw stream of {name}"),
            &story.streams[name].raw(),
            allowed,
        );
        let signed = reply.brief.expect("a brief");
        let brief = Brief::decode(&signed[64..]).expect("it can be read");
        let shown = brief.fates.iter().filter_map(|fate| match &fate.became {
            Became::Disputed(shown) | Became::Amended(shown) => shown.code,
            Became::Settled(by) => Some(by.code),
            _ => None,
        });
        let hidden = HIDDEN.map(|code| code.parse::<Code>().expect("a code"));
        assert!(
            shown.into_iter().all(|code| !hidden.contains(&code)),
            "{:?}",
            brief.fates
        );
        if name == "gate" {
            let is_told = |fate: &daymark_sync_protocol::brief::Fate| matches!(&fate.became, Became::Amended(shown) if shown.code.is_none());
            assert!(
                brief.fates.iter().any(is_told),
                "the illness is told of, and its code is not"
            );
        }
    }
    let team = read::plain(school, &story.told("team"));
    assert!(holds(&team, word("VisitFacts").as_bytes()));
    clean("the team's sync reply", &team, &["Visit", "Pupil", "Staff"]);
    let office = read::plain(school, &story.told("office"));
    assert!(
        found(&office, &[]).iter().all(|word| !word.contains("Visit")),
        "the office reads no visit"
    );
    assert!(holds(&office, word("TripTitle").as_bytes()));

    for problem in &story.problems {
        clean("a problem or refusal to the gate or a stranger", problem, &[]);
    }
    clean("the metrics", &story.school.ask("GET", "/metrics", b"").body, &[]);
    clean(
        "what anybody reads",
        &Wire::to(story.school.server().address())
            .send("GET", "/readyz", &[], b"")
            .body,
        &[],
    );
    clean(
        "methods and paths of the office's commands",
        &first_lines(&story.office),
        &[],
    );
    clean("methods and paths of a tablet", &lines_of_a_tablet(&story), &[]);
    let mut school = story.school;
    assert!(school.take_server().stop().success());
    let log = std::fs::read(school.home().join("serve.log")).expect("the log");
    assert!(
        holds(&log, b"\"level\":\"TRACE\""),
        "the log is not at its most talkative"
    );
    clean("the server's log", &log, &[]);
    assert_eq!(
        std::fs::read(school.home().join("serve.err")).expect("what it complained of"),
        b""
    );
    let address = school.home().join("server.address");
    assert!(!address.exists(), "a clean stop removes it");
}
