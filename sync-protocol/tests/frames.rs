//! The frames: what is written is read, the bytes stay as they are, and whatever else comes is answered with an error.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;
mod frames {
    mod mutations;
}

use std::fmt::Write;

use common::*;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::grant::Grant;
use daymark_core::ids::{ChangeHash, DeviceNumber, EntryId, PupilNumber, SchoolId, hex};
use daymark_core::item::Item;
use daymark_core::roster::{Role, Roster};
use daymark_core::session::{Date, Session};
use daymark_core::signature::{PublicKey, SIGNATURE_BYTES, Signature, chunk_of, split};
use daymark_sync_protocol::brief::{
    Became, Brief, BriefCalendar, BriefCell, BriefDays, BriefHalfDay, BriefPerson, BriefPolicy, BriefPupil,
    BriefRole, BriefRules, BriefSession, BriefSet, BriefTimes, BriefYear, Fate, LaterRules, SettledBy, Shown,
};
use daymark_sync_protocol::client::Ask;
use daymark_sync_protocol::duties::{DutyNews, GivenDuty};
use daymark_sync_protocol::event::Event;
use daymark_sync_protocol::frame::{
    Ack, Bundle, BundleDocument, Content, DocumentState, LogNews, News, Offer, Packed, Receipt, RefusedWith,
    SavedDocument, SyncReply, SyncRequest, Window,
};
use daymark_sync_protocol::keys::{DeviceKey, KeyNews};
use daymark_sync_protocol::limits::{
    ASIDE_BYTES_PER_DEVICE_MAX, ASIDE_PER_DEVICE_MAX, BUNDLE_BYTES_MAX, DOCUMENTS_MAX, OFFERS_MAX,
    REPLY_BYTES_MAX, REQUEST_BYTES_MAX, WINDOW_DAYS_MAX,
};
use daymark_sync_protocol::message::OfficeMessage;
use daymark_sync_protocol::version::{FrameError, Kind, seal};
use minicbor::bytes::ByteVec;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=most)
}

fn any_window() -> impl Strategy<Value = Window> {
    (any::<u16>(), 0..WINDOW_DAYS_MAX).prop_map(|(from, days)| Window {
        from: Date::from_days(from),
        to: Date::from_days(from.saturating_add(days)),
    })
}

fn any_request() -> impl Strategy<Value = SyncRequest> {
    let state = (
        bytes(DocumentId::BYTES_MAX),
        any::<u64>(),
        option::of(any::<[u8; 16]>()),
    )
        .prop_map(|(document, cursor, heads)| DocumentState {
            document: document.into(),
            cursor,
            heads: heads.map(Into::into),
        });
    let offers = vec((any::<u16>(), bytes(60)), 0..8);
    let ends = (
        option::of(any_window()),
        option::of(bytes(8)),
        any::<u32>(),
        any::<u64>(),
        option::of(".{0,40}"),
        any::<u32>(),
        option::of(any::<u64>()),
    );
    (
        1..u32::MAX,
        1..u32::MAX,
        any::<i64>(),
        any::<u32>(),
        vec(state, 0..8),
        offers,
        ends,
    )
        .prop_map(
            |(
                school,
                device,
                clock_ms,
                backlog,
                documents,
                offers,
                (window, brief, keys, log, shown, duties, heard),
            )| {
                let places = documents.len();
                let place = |any: u16| u16::try_from(usize::from(any) % places.max(1)).unwrap();
                SyncRequest {
                    school: SchoolId(school),
                    device: DeviceNumber(device),
                    clock_ms,
                    backlog,
                    offers: offers
                        .into_iter()
                        .filter(|_| places > 0)
                        .map(|(any, change)| Offer {
                            document: place(any),
                            change: change.into(),
                        })
                        .collect(),
                    documents,
                    window,
                    brief: brief.map(Into::into),
                    keys,
                    log,
                    shown,
                    duties,
                    heard,
                }
            },
        )
}

fn any_keys() -> impl Strategy<Value = KeyNews> {
    let entry = (1..u32::MAX, any::<[u8; 32]>()).prop_map(|(device, key)| DeviceKey {
        device: DeviceNumber(device),
        key: PublicKey(key),
    });
    (vec(entry, 0..6), vec(any::<u8>(), SIGNATURE_BYTES)).prop_map(|(keys, signature)| KeyNews {
        keys,
        signature: split(&signature).unwrap().0,
    })
}

fn any_duties() -> impl Strategy<Value = DutyNews> {
    let given =
        (1..u32::MAX, 0..Role::ALL.len(), option::of(any::<i64>())).prop_map(|(device, role, ends_at)| {
            GivenDuty {
                device: DeviceNumber(device),
                grant: Grant {
                    ends_at,
                    ..Grant::of(Role::ALL[role])
                },
            }
        });
    (any::<u32>(), vec(given, 0..6), vec(any::<u8>(), SIGNATURE_BYTES)).prop_map(
        |(after, given, signature)| DutyNews {
            after,
            given,
            signature: split(&signature).unwrap().0,
        },
    )
}

fn any_log() -> impl Strategy<Value = LogNews> {
    let proof = || vec(any::<[u8; 32]>().prop_map(Into::into), 0..4);
    let receipt = (any::<u16>(), any::<u64>(), proof()).prop_map(|(offer, leaf, inclusion)| Receipt {
        offer,
        leaf,
        inclusion,
    });
    (".{0,60}", proof(), vec(receipt, 0..4)).prop_map(|(checkpoint, consistency, receipts)| LogNews {
        checkpoint,
        consistency,
        receipts,
    })
}

fn any_reply() -> impl Strategy<Value = SyncReply> {
    let ack = prop_oneof![
        Just(Ack::Stored),
        Just(Ack::Had),
        vec(any::<[u8; 32]>().prop_map(ChangeHash), 0..4).prop_map(Ack::Held),
        (".{0,12}", ".{0,40}").prop_map(|(code, reason)| Ack::Refused(RefusedWith { code, reason })),
    ];
    let content = prop_oneof![
        vec(bytes(40), 0..4).prop_map(|all| Content::Changes(all.into_iter().map(Into::into).collect())),
        vec(bytes(40), 0..4).prop_map(|all| {
            let changes: Vec<ByteVec> = all.into_iter().map(Into::into).collect();
            Content::Packed(Packed::of(&changes))
        }),
        (bytes(80), bytes(130)).prop_map(|(saved, signatures)| Content::Saved(SavedDocument {
            saved: saved.into(),
            signatures: signatures.into(),
        })),
    ];
    let news = (bytes(40), any::<u64>(), any::<u64>(), any::<[u8; 16]>(), content).prop_map(
        |(document, from, to, heads, content)| News {
            document: document.into(),
            from,
            to,
            heads: heads.into(),
            content,
        },
    );
    (
        any::<u64>(),
        vec(ack, 0..6),
        vec(news, 0..6),
        any::<bool>(),
        option::of(bytes(60)),
        option::of(any_keys()),
        option::of(any_log()),
        option::of(any_duties()),
        option::of(bytes(60)),
    )
        .prop_map(
            |(now_ms, acks, news, more, brief, keys, log, duties, message)| SyncReply {
                now_ms,
                acks,
                news,
                more,
                brief: brief.map(Into::into),
                keys,
                log,
                duties,
                message: message.map(Into::into),
            },
        )
}

fn any_bundle() -> impl Strategy<Value = Bundle> {
    let part = (bytes(40), vec(bytes(60), 0..4)).prop_map(|(document, changes)| BundleDocument {
        document: document.into(),
        changes: changes.into_iter().map(Into::into).collect(),
    });
    (1..u32::MAX, 1..u32::MAX, any::<i64>(), vec(part, 0..5)).prop_map(
        |(school, device, clock_ms, documents)| Bundle {
            school: SchoolId(school),
            device: DeviceNumber(device),
            clock_ms,
            documents,
        },
    )
}

fn any_brief() -> impl Strategy<Value = Brief> {
    let session = prop_oneof![Just(Session::Am), Just(Session::Pm)];
    let shown = (
        option::of(prop_oneof![Just("V"), Just("N"), Just("/")]),
        ".{0,20}",
    )
        .prop_map(|(text, by)| Shown {
            code: text.map(code),
            by,
        });
    let became = prop_oneof![
        shown.clone().prop_map(Became::Disputed),
        Just(Became::Settled(SettledBy {
            rule: "R1".into(),
            code: code("L")
        })),
        shown.prop_map(Became::Amended),
        Just(Became::Proposed),
        ".{0,40}".prop_map(Became::Irregular),
    ];
    let fate = (any::<[u8; 32]>(), became).prop_map(|(entry, became)| Fate {
        entry: EntryId(entry),
        became,
    });
    let cell = (any::<u16>(), session, 1..u64::MAX).prop_map(|(date, session, pupil)| BriefCell {
        date: Date::from_days(date),
        session,
        pupil: PupilNumber(pupil),
    });
    let pupil = (1..u64::MAX, ".{0,30}").prop_map(|(number, name)| BriefPupil {
        number: PupilNumber(number),
        name,
        class: "4B".parse().unwrap(),
        year: None,
        roll: None,
        family: None,
    });
    let later = (any::<u16>(), any::<bool>(), any::<bool>()).prop_map(|(days, r1, r2)| LaterRules {
        from: Date::from_days(days),
        r1,
        r2,
    });
    let later = proptest::option::of(vec(later, 0..4));
    let rules =
        (any::<bool>(), any::<bool>(), later).prop_map(|(r1, r2, later)| BriefRules { r1, r2, later });
    (
        ".{0,30}",
        rules,
        vec(pupil, 0..5),
        vec(cell, 0..5),
        vec(fate, 0..5),
    )
        .prop_map(|(school_name, rules, pupils, not_expected, fates)| Brief {
            school_name,
            rules,
            pupils,
            signed_off: not_expected
                .iter()
                .map(|cell: &BriefCell| BriefSession {
                    date: cell.date,
                    session: cell.session,
                })
                .collect(),
            not_expected,
            fates,
            ..sample_brief()
        })
}

proptest! {
    #[test]
    fn a_request_is_read_as_it_was_written(request in any_request()) {
        prop_assert_eq!(SyncRequest::decode(&request.encode()), Ok(request));
    }

    #[test]
    fn a_reply_is_read_as_it_was_written(reply in any_reply()) {
        prop_assert_eq!(SyncReply::decode(&reply.encode()), Ok(reply));
    }

    #[test]
    fn a_bundle_is_read_as_it_was_written(bundle in any_bundle()) {
        prop_assert_eq!(Bundle::decode(&bundle.encode()), Ok(bundle));
    }

    #[test]
    fn a_brief_is_read_as_it_was_written(brief in any_brief()) {
        prop_assert_eq!(Brief::decode(&brief.encode()), Some(brief));
    }

    #[test]
    fn a_header_says_which_side_to_update(bytes in bytes(40), version in any::<u16>()) {
        let mut message = seal(Kind::Request, &bytes);
        message[4..6].copy_from_slice(&version.to_be_bytes());
        let (request, reply) = (SyncRequest::decode(&message), SyncReply::decode(&message));
        match version {
            0 | 1 => prop_assert_eq!(request, Err(FrameError::Older { theirs: version })),
            2 => prop_assert_eq!(reply.map_err(|error| error.code()), Err("wrong-kind")),
            theirs => {
                prop_assert_eq!(request, Err(FrameError::Newer { theirs }));
                prop_assert_eq!(reply, Err(FrameError::Newer { theirs }));
            }
        }
    }
}

fn sample_request() -> SyncRequest {
    let id = sheet(&class("4B"));
    SyncRequest {
        school: SCHOOL,
        device: DeviceNumber(1),
        clock_ms: -5,
        backlog: 3,
        documents: vec![
            DocumentState {
                document: id.to_bytes().into(),
                cursor: 0,
                heads: None,
            },
            DocumentState {
                document: DocumentId::Trip(trip_id(1)).to_bytes().into(),
                cursor: 300,
                heads: Some([8; 16].into()),
            },
        ],
        offers: vec![Offer {
            document: 0,
            change: change(1, &id, &Item::slips(&[entry(1, &class("4B"), "/", 7)])).into(),
        }],
        window: Some(window()),
        brief: Some(vec![1, 2, 3, 4, 5, 6, 7, 8].into()),
        keys: 258,
        log: 259,
        shown: Some("a note".into()),
        duties: 260,
        heard: None,
    }
}

fn request_with_heard() -> SyncRequest {
    SyncRequest {
        heard: Some(NOON_MS),
        ..sample_request()
    }
}

fn reply_with_message() -> SyncReply {
    let message = OfficeMessage {
        at_ms: NOON_MS,
        by: "Jo Roe".into(),
        text: "Ring the office".into(),
    };
    let told = daymark_core::cbor::to_vec(&message);
    let signature = school_key().sign_message(SCHOOL, DeviceNumber(1), &told);
    SyncReply {
        message: Some([&signature.0[..], &told].concat().into()),
        ..sample_reply()
    }
}

fn sample_reply() -> SyncReply {
    SyncReply {
        now_ms: NOON_MS,
        acks: vec![
            Ack::Stored,
            Ack::Had,
            Ack::Held(vec![ChangeHash([3; 32])]),
            Ack::Refused(RefusedWith {
                code: "not-granted".into(),
                reason: "ask the office".into(),
            }),
        ],
        news: vec![
            News {
                document: sheet(&Duty::Gate).to_bytes().into(),
                from: 1,
                to: 2,
                heads: [4; 16].into(),
                content: Content::Changes(vec![vec![5, 6].into()]),
            },
            News {
                document: sheet(&Duty::Office).to_bytes().into(),
                from: 0,
                to: 9,
                heads: [5; 16].into(),
                content: Content::Saved(SavedDocument {
                    saved: vec![7].into(),
                    signatures: vec![9; SIGNATURE_BYTES].into(),
                }),
            },
        ],
        more: true,
        brief: Some(sample_brief().encode().into()),
        keys: Some(KeyNews {
            keys: vec![DeviceKey {
                device: DeviceNumber(258),
                key: PublicKey([6; 32]),
            }],
            signature: Signature([10; SIGNATURE_BYTES]),
        }),
        log: Some(LogNews {
            checkpoint: "a note".into(),
            consistency: vec![[11; 32].into()],
            receipts: vec![Receipt {
                offer: 0,
                leaf: 258,
                inclusion: vec![[12; 32].into()],
            }],
        }),
        duties: Some(DutyNews {
            after: 259,
            given: vec![GivenDuty {
                device: DeviceNumber(258),
                grant: Grant {
                    classes: ["4B".parse().unwrap()].into(),
                    day: Some(date()),
                    ends_at: Some(1_772_467_200),
                    ..Grant::of(Role::Teacher)
                },
            }],
            signature: Signature([13; SIGNATURE_BYTES]),
        }),
        message: None,
    }
}

fn sample_bundle() -> Bundle {
    let id = sheet(&class("4B"));
    Bundle {
        school: SCHOOL,
        device: DeviceNumber(2),
        clock_ms: 86_400_000,
        documents: vec![BundleDocument {
            document: id.to_bytes().into(),
            changes: vec![change(2, &id, &Item::slips(&[entry(2, &class("4B"), "N", 8)])).into()],
        }],
    }
}

fn sample_brief() -> Brief {
    let fate = |number, became| Fate {
        entry: EntryId([number; 32]),
        became,
    };
    let shown = |text: Option<&str>| Shown {
        code: text.map(code),
        by: "Ann, Teacher".into(),
    };
    Brief {
        school_name: "Hill Road Primary".into(),
        rules: BriefRules {
            r1: true,
            r2: false,
            later: None,
        },
        staff: vec![BriefPerson {
            person: person("ann"),
            role: Role::Lead,
        }],
        pupils: vec![BriefPupil {
            number: PupilNumber(7),
            name: "Reed, Bo".into(),
            class: "4B".parse().unwrap(),
            year: None,
            roll: None,
            family: None,
        }],
        not_expected: vec![BriefCell {
            date: date(),
            session: Session::Pm,
            pupil: PupilNumber(7),
        }],
        fates: vec![
            fate(1, Became::Disputed(shown(None))),
            fate(
                2,
                Became::Settled(SettledBy {
                    rule: "R1".into(),
                    code: code("L"),
                }),
            ),
            fate(3, Became::Amended(shown(Some("V")))),
            fate(4, Became::Proposed),
            fate(5, Became::Irregular("no reason".into())),
        ],
        signed_off: vec![BriefSession {
            date: date(),
            session: Session::Am,
        }],
        classes: vec!["4B".parse().unwrap()],
        trips: vec![trip_id(1)],
        good_until: Some(date()),
        policy: None,
        counting: None,
    }
}

fn brief_with_policy() -> Brief {
    let time = |text: &str| text.parse().unwrap();
    let times = BriefTimes {
        opens: time("08:45"),
        late_from: time("08:50"),
        closes: time("09:15"),
        late_at_close: true,
        ends: time("12:00"),
        ends_by_year: vec![BriefYear {
            year: "R".into(),
            ends: time("11:30"),
        }],
    };
    let days = |name: &str, first: u16, last: u16| BriefDays {
        name: name.into(),
        first: Date::from_days(first),
        last: Date::from_days(last),
    };
    let mut brief = sample_brief();
    brief.pupils[0].year = Some("R".into());
    brief.policy = Some(BriefPolicy {
        sets: vec![BriefSet {
            from: date(),
            am: Some(times),
            pm: None,
            clock_doubt_seconds: 30,
            signs_off_open: false,
            codes_by_role: vec![BriefRole {
                role: Role::Teacher,
                codes: vec![code("/"), code("N")],
            }],
        }],
        calendar: Some(BriefCalendar {
            terms: vec![days("Spring", 9_500, 9_580)],
            insets: vec![days("INSET day", 9_501, 9_501)],
            closures: vec![days("Half-term", 9_540, 9_544)],
            half_days: vec![BriefHalfDay {
                date: Date::from_days(9_580),
                session: Session::Am,
            }],
        }),
    });
    brief
}

/// A line that differs is a change of the wire: put it back, or raise the version.
#[test]
fn the_bytes_on_the_wire_stay_as_they_are() {
    let mut lines = String::new();
    for (name, bytes) in [
        ("request", sample_request().encode()),
        ("reply", sample_reply().encode()),
        ("request that a message was read", request_with_heard().encode()),
        ("reply with a message", reply_with_message().encode()),
        ("bundle", sample_bundle().encode()),
        ("brief", sample_brief().encode()),
        ("brief of a school with rules", brief_with_policy().encode()),
    ] {
        writeln!(lines, "{name} {}", hex(&bytes)).unwrap();
    }
    assert_eq!(
        lines,
        include_str!("golden/frames.txt"),
        "the bytes now are:\n{lines}"
    );
}

#[test]
fn what_is_over_a_limit_is_refused_with_its_name() {
    fn over<T: std::fmt::Debug>(outcome: Result<T, FrameError>) -> &'static str {
        match outcome {
            Err(FrameError::TooLarge { what, got, limit }) => {
                assert!(got > limit);
                what
            }
            other => panic!("taken, or refused otherwise: {other:?}"),
        }
    }
    let request = sample_request;
    assert!(SyncRequest::decode(&request().encode()).is_ok());

    let mut many = request();
    many.documents = vec![many.documents[0].clone(); DOCUMENTS_MAX + 1];
    assert_eq!(
        over(SyncRequest::decode(&many.encode())),
        "documents in the request"
    );
    many.documents.truncate(DOCUMENTS_MAX);
    assert!(SyncRequest::decode(&many.encode()).is_ok());

    let mut many = request();
    many.offers = vec![
        Offer {
            document: 0,
            change: vec![1].into()
        };
        OFFERS_MAX + 1
    ];
    assert_eq!(
        over(SyncRequest::decode(&many.encode())),
        "changes in the request"
    );
    many.offers.truncate(OFFERS_MAX);
    assert!(SyncRequest::decode(&many.encode()).is_ok());

    let mut long = request();
    long.documents[1].document = vec![1; DocumentId::BYTES_MAX + 1].into();
    assert_eq!(
        over(SyncRequest::decode(&long.encode())),
        "bytes of a document's name"
    );

    let mut wide = request();
    wide.window = Some(Window {
        from: date(),
        to: date().plus(WINDOW_DAYS_MAX).unwrap(),
    });
    assert_eq!(over(SyncRequest::decode(&wide.encode())), "days asked for");
    wide.window = Some(Window {
        from: date(),
        to: date().plus(WINDOW_DAYS_MAX - 1).unwrap(),
    });
    assert!(SyncRequest::decode(&wide.encode()).is_ok());
    wide.window = Some(Window {
        from: Date::from_days(0),
        to: Date::from_days(u16::MAX),
    });
    assert_eq!(over(SyncRequest::decode(&wide.encode())), "days asked for");

    let mut far = request();
    far.offers[0].document = 2;
    assert!(matches!(
        SyncRequest::decode(&far.encode()),
        Err(FrameError::Malformed(_))
    ));

    let mut big = request();
    big.offers[0].change = vec![0; REQUEST_BYTES_MAX].into();
    assert_eq!(over(SyncRequest::decode(&big.encode())), "bytes of the message");
    assert_eq!(
        over(SyncReply::decode(&vec![0; REPLY_BYTES_MAX + 1])),
        "bytes of the message"
    );
    assert_eq!(
        over(Bundle::decode(&vec![0; BUNDLE_BYTES_MAX + 1])),
        "bytes of the bundle"
    );

    let mut reply = sample_reply();
    reply.acks = vec![Ack::Had; OFFERS_MAX + 1];
    assert_eq!(over(SyncReply::decode(&reply.encode())), "answers in the reply");

    let mut bundle = sample_bundle();
    bundle.documents[0].document = vec![1; DocumentId::BYTES_MAX + 1].into();
    assert_eq!(
        over(Bundle::decode(&bundle.encode())),
        "bytes of a document's name"
    );
    bundle = sample_bundle();
    bundle.documents = vec![bundle.documents[0].clone(); DOCUMENTS_MAX + 1];
    assert_eq!(over(Bundle::decode(&bundle.encode())), "documents in the bundle");
}

#[test]
fn bytes_after_a_message_are_refused() {
    let mut message = sample_request().encode();
    message.push(0);
    assert!(matches!(
        SyncRequest::decode(&message),
        Err(FrameError::Malformed(_))
    ));
    let mut brief = sample_brief().encode();
    brief.push(0);
    assert_eq!(Brief::decode(&brief), None);
}

#[test]
fn a_cut_bundle_says_so() {
    let whole = sample_bundle().encode();
    for length in 0..whole.len() {
        assert!(Bundle::decode(&whole[..length]).is_err(), "cut at {length}");
    }
}

/// A school with something in it, and a request that adds to it.
fn school() -> (Journal, SyncRequest) {
    let mut journal = Journal::of(vec![
        enrolment(1, grant(Role::Teacher, &["4B"])),
        enrolment(2, grant(Role::Office, &[])),
    ]);
    let mut hub = journal.hub(&Roster::default());
    let mut tablet = replica(1, grant(Role::Teacher, &["4B"]));
    let said = tablet
        .say(&DocumentId::Trip(trip_id(1)), &plan(1, &[1], &[7]))
        .unwrap();
    apply(&mut tablet, said);
    let mut request = None;
    for (pupil, code) in (1..=4).zip(["/", "N", "I", "/"]) {
        let taps = tablet.tap(&[entry(1, &class("4B"), code, pupil)]).unwrap();
        apply(&mut tablet, taps);
        let gathered = tablet.gather().unwrap();
        apply(&mut tablet, gathered);
        let next = tablet
            .request(
                0,
                &Ask {
                    window: Some(window()),
                    want_brief: true,
                    ..Ask::default()
                },
            )
            .unwrap();
        if pupil == 2 {
            let reply = journal.exchange(&mut hub, 1, &next);
            let (records, _) = tablet.reply(&next, &reply, 0, 0).unwrap();
            apply(&mut tablet, records);
        }
        request = Some(next);
    }
    (journal, request.unwrap())
}

#[test]
fn what_is_kept_aside_is_bounded_and_the_device_is_told() {
    let (mut journal, request) = school();
    let mut hub = journal.hub(&Roster::default());
    let mut dice = Dice::new(3);
    let mut full = 0;
    for _ in 0..40 {
        let mut request = request.clone();
        let junk = |dice: &mut Dice| Offer {
            document: 0,
            change: (0..12_000)
                .map(|_| u8::try_from(dice.below(256)).unwrap())
                .collect::<Vec<u8>>()
                .into(),
        };
        request.offers.extend((0..20).map(|_| junk(&mut dice)));
        let receipt = journal.receive(&mut hub, 1, &request);
        let is_full = |ack: &&Ack| matches!(ack, Ack::Refused(why) if why.code == "aside-full");
        full += receipt.acks().iter().filter(is_full).count();
        assert!(
            !matches!(receipt.acks()[0], Ack::Refused(_)),
            "the good change suffers"
        );
    }
    assert!(full > 0);
    let kept: usize = journal.aside().iter().map(|aside| aside.bytes.len()).sum();
    assert!(
        kept <= ASIDE_BYTES_PER_DEVICE_MAX && journal.aside().len() <= ASIDE_PER_DEVICE_MAX,
        "L3: {kept}"
    );
    assert_eq!(hub.aside_count(), journal.aside().len());
}
