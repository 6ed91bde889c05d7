//! `/v1/events`: every role x every document.

use std::collections::BTreeMap;
use std::time::Duration;

use daymark_tests::support::{Stream, holds, read};

use super::cast::{Cast, ROLES};
use super::paper::Paper;

/// How long nothing more must come. What concerns a change is sent together, so the last that is awaited proves the rest.
const QUIET: Duration = Duration::from_millis(400);

#[test]
fn a_stream_tells_of_the_documents_that_its_role_reads_and_of_no_other() {
    let cast = Cast::gather();
    let address = cast.school.server().address();
    let streams: BTreeMap<&str, Stream> = ROLES
        .into_iter()
        .map(|role| (role, Stream::open(address, &cast.roles[role].pass())))
        .collect();
    let mut expected: BTreeMap<&str, Vec<Paper>> = ROLES.into_iter().map(|role| (role, Vec::new())).collect();
    for paper in Paper::ALL {
        cast.write(paper, &format!("news, {}", paper.planted()));
        for role in ROLES.into_iter().filter(|role| paper.is_read_by(role)) {
            let papers = expected.entry(role).or_default();
            papers.push(paper);
            streams[role].wait_for(1 + papers.len());
        }
    }
    std::thread::sleep(QUIET);
    for role in ROLES {
        let heard = streams[role].heard();
        let told: Vec<_> = heard.iter().skip(1).collect();
        assert_eq!(told.len(), expected[role].len(), "{role}: {heard:?}");
        for (event, paper) in told.iter().zip(&expected[role]) {
            if event.name == "poke" {
                let named: BTreeMap<String, u64> = serde_json::from_str(&event.data).expect("a poke");
                let paper = paper.id().to_string();
                assert!(
                    named.keys().all(|id| *id == paper),
                    "{role} was told of {named:?}"
                );
                continue;
            }
            // Who reads of a home visit asks for it, so that it is written down.
            assert_ne!(*paper, Paper::Visit, "{role}");
            assert_eq!(event.name, "news", "{role}");
            let reply = event.reply().expect("a reply");
            let documents = read::documents(cast.roles["head"].school, &reply);
            assert_eq!(documents.keys().collect::<Vec<_>>(), [&paper.id()], "{role}");
            assert!(
                holds(&documents[&paper.id()], paper.planted().as_bytes()),
                "{role}, {paper:?}"
            );
        }
        let is_pushed = expected[role].iter().any(|paper| *paper != Paper::Visit);
        let is_told = told.iter().any(|event| event.name == "news");
        assert_eq!(is_told, is_pushed, "{role}: {heard:?}");
    }
}
