//! `/v1/sync`: every caller x every document, reading, writing, carrying, and of another school.

use std::collections::BTreeSet;

use daymark_core::document_id::DocumentId;
use daymark_sync_protocol::frame::{Ack, SyncReply, SyncRequest, Window};
use daymark_tests::support::device::day;
use daymark_tests::support::{Answer, Device, Wire, holds, read};

use super::cast::{Caller, Cast, ELSEWHERE, ROLES, callers};
use super::cells::{DONE, at_the_door};
use super::paper::Paper;

fn post(cast: &Cast, caller: Caller, body: &[u8]) -> Answer {
    let mine = cast.header(caller);
    let mut headers = vec![("content-type", "application/vnd.daymark.sync")];
    headers.extend(mine.as_ref().map(|(name, value)| (*name, value.as_str())));
    Wire::to(cast.school.server().address()).send("POST", "/v1/sync", &headers, body)
}

#[track_caller]
fn reply(answer: &Answer) -> SyncReply {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    SyncReply::decode(&answer.body).expect("a reply")
}

/// What a refusal was for; the word for any other acknowledgement.
fn word(ack: &Ack) -> &str {
    match ack {
        Ack::Stored => "stored",
        Ack::Had => "had",
        Ack::Held(_) => "held",
        Ack::Refused(why) => &why.code,
    }
}

/// A reply, and all that may be in it: papers that the caller may read, and no word of another.
#[track_caller]
fn confined(cast: &Cast, role: &str, reply: &SyncReply) -> BTreeSet<DocumentId> {
    let school = cast.roles["head"].school;
    let plain = read::plain(school, reply);
    for paper in Paper::ALL {
        let is_there = holds(&plain, paper.planted().as_bytes());
        assert!(
            !is_there || paper.is_read_by(role),
            "{role} was told of {paper:?}: {reply:?}"
        );
    }
    let documents: BTreeSet<DocumentId> = read::documents(school, reply).into_keys().collect();
    for id in &documents {
        let paper = Paper::ALL.into_iter().find(|paper| paper.id() == *id);
        let paper = paper.expect("one of ours");
        assert!(paper.is_read_by(role), "{role} was sent {paper:?}");
    }
    documents
}

/// Whether a text has come into a paper, as the head reads it.
fn has_come(cast: &Cast, paper: Paper, text: &str) -> bool {
    let head = &cast.roles["head"];
    let request = head.request(&paper.id().to_bytes(), &[]);
    let reply = reply(&post(cast, Caller::Role("head"), &request.encode()));
    let read = read::documents(head.school, &reply);
    holds(&read[&paper.id()], text.as_bytes())
}

#[test]
fn a_role_reads_its_own_documents_and_not_a_byte_of_another() {
    let cast = Cast::gather();
    for role in ROLES {
        let device = &cast.roles[role];
        for paper in Paper::ALL {
            let request = device.request(&paper.id().to_bytes(), &[]);
            let reply = reply(&post(&cast, Caller::Role(role), &request.encode()));
            let told = confined(&cast, role, &reply);
            assert_eq!(
                told.contains(&paper.id()),
                paper.is_read_by(role),
                "{role}, {paper:?}: {reply:?}"
            );
            if paper.is_read_by(role) {
                let plain = read::plain(device.school, &reply);
                assert!(holds(&plain, paper.planted().as_bytes()), "{role}, {paper:?}");
            }
        }
        // All at once, by name and by date, with the brief.
        let mut request = device.request(&Paper::Gate.id().to_bytes(), &[]);
        request.brief = Some(Vec::new().into());
        request.window = Some(Window {
            from: day(),
            to: day(),
        });
        let reply = reply(&post(&cast, Caller::Role(role), &request.encode()));
        assert!(reply.brief.is_some());
        let expected: BTreeSet<DocumentId> = Paper::ALL
            .into_iter()
            .filter(|paper| paper.is_read_by(role))
            .map(Paper::id)
            .collect();
        assert_eq!(confined(&cast, role, &reply), expected, "{role}");
    }
}

#[test]
fn a_cursor_or_heads_made_up_tell_nobody_of_a_document_that_is_not_theirs() {
    let cast = Cast::gather();
    for role in ROLES {
        for paper in Paper::ALL {
            let mut request = cast.roles[role].request(&paper.id().to_bytes(), &[]);
            for (cursor, heads) in [(0, Some([7; 16])), (1, None), (1, Some([7; 16])), (99, None)] {
                request.documents[0].cursor = cursor;
                request.documents[0].heads = heads.map(Into::into);
                let reply = reply(&post(&cast, Caller::Role(role), &request.encode()));
                confined(&cast, role, &reply);
            }
        }
    }
}

#[test]
fn a_role_writes_its_own_documents_and_is_refused_every_other() {
    let cast = Cast::gather();
    for role in ROLES {
        for paper in Paper::ALL {
            let cell = format!("{role}, {paper:?}");
            let device = &cast.roles[role];
            let text = format!("written by {role} for {paper:?}");
            let change = paper.change(&cast, device, &text);
            let request = device.request(&paper.id().to_bytes(), &[change]);
            let (first, second) = if paper.is_written_by(role) {
                ("stored", "had")
            } else {
                ("not-granted", "not-granted")
            };
            for expected in [first, second] {
                let reply = reply(&post(&cast, Caller::Role(role), &request.encode()));
                assert_eq!(word(&reply.acks[0]), expected, "{cell}");
                confined(&cast, role, &reply);
            }
            assert_eq!(has_come(&cast, paper, &text), paper.is_written_by(role), "{cell}");
        }
    }
}

#[test]
fn whoever_carries_a_change_is_told_nothing_of_its_document() {
    let cast = Cast::gather();
    for role in ROLES {
        for paper in Paper::ALL {
            let text = format!("carried by {role} for {paper:?}");
            let maker = cast.writer(paper);
            let change = paper.change(&cast, maker, &text);
            let mut request = cast.roles[role].request(&paper.id().to_bytes(), &[]);
            request.offers = maker.request(&paper.id().to_bytes(), &[change]).offers;
            let reply = reply(&post(&cast, Caller::Role(role), &request.encode()));
            assert_eq!(reply.acks, [Ack::Stored], "{role}, {paper:?}");
            confined(&cast, role, &reply);
            assert!(has_come(&cast, paper, &text), "{role}, {paper:?}");
        }
    }
}

#[test]
fn what_is_of_another_school_is_not_taken_in_whatever_the_role_and_the_document() {
    let cast = Cast::gather();
    for role in ROLES {
        for paper in Paper::ALL {
            let cell = format!("{role}, {paper:?}");
            let device = &cast.roles[role];
            let text = format!("elsewhere, {role}, {paper:?}");
            let theirs = Device {
                school: ELSEWHERE,
                ..device.clone()
            };
            let change = paper.change_of(&cast, device, ELSEWHERE, &text);
            let name = paper.id().to_bytes();
            // A whole message of the other school.
            let before = cast.journal();
            let message = theirs.request(&name, std::slice::from_ref(&change));
            post(&cast, Caller::Role(role), &message.encode()).problem(403, "other-school");
            assert_eq!(cast.journal(), before, "{cell}");
            // Its change in a message of ours: signed for that school, and signed for ours.
            let ours = device.request(&name, std::slice::from_ref(&change));
            let mixed = SyncRequest {
                offers: message.offers,
                ..ours.clone()
            };
            // An account says nothing of a school; it waits for another school's first change, which never arrives here.
            let last = match paper {
                _ if !paper.is_written_by(role) => "not-granted",
                Paper::Visit => "held",
                _ => "other-school",
            };
            for (request, expected) in [(mixed, "bad-signature"), (ours, last)] {
                let reply = reply(&post(&cast, Caller::Role(role), &request.encode()));
                assert_eq!(word(&reply.acks[0]), expected, "{cell}");
                confined(&cast, role, &reply);
            }
            assert!(!has_come(&cast, paper, &text), "{cell}");
        }
    }
}

#[test]
fn whoever_is_stopped_at_the_door_neither_reads_nor_writes_whatever_the_document() {
    let cast = Cast::gather();
    let before = cast.journal();
    for caller in callers() {
        let expected = at_the_door("device", "POST", caller);
        if expected == DONE {
            continue;
        }
        let device = cast.device(caller).unwrap_or_else(|| cast.roles["head"].clone());
        for paper in Paper::ALL {
            let device = Device {
                school: cast.roles["head"].school,
                ..device.clone()
            };
            let change = paper.change(&cast, &device, "from outside");
            let mut request = device.request(&paper.id().to_bytes(), &[change]);
            request.brief = Some(Vec::new().into());
            let answer = post(&cast, caller, &request.encode());
            answer.problem(expected.0, expected.1);
            for paper in Paper::ALL {
                assert!(!holds(&answer.body, paper.planted().as_bytes()), "{caller:?}");
            }
        }
    }
    assert_eq!(cast.journal(), before, "not a byte was written");
}
