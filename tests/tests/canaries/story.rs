//! The run in which the words are planted.

use std::collections::BTreeMap;

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Person};
use daymark_core::ids::{ActorId, PupilNumber, SchoolId};
use daymark_core::item::Item;
use daymark_core::session::Session;
use daymark_core::trip::{HeadCount, LeftGroup, TripPlan, TripSession, TripStatement};
use daymark_core::visit::{AccountPart, Arrived, Grade, NextStep, Opened, Outcome, ReadBoth, VisitStatement};
use daymark_sync_protocol::frame::{Ack, SyncReply, SyncRequest, Window};
use daymark_tests::support::device::{day, sheet};
use daymark_tests::support::school::{deciding, pupils_csv, signing_off, upn};
use daymark_tests::support::{DAY, Device, Ran, Recorder, School, Stream, Wire, binaries};

/// Begins every planted word; no library and no person writes it.
pub(crate) const MARK: &str = "Qvxz";

/// A planted word. `Pupil` and `Staff` are names, which some briefs hold; all others stand in one document.
pub(crate) fn word(what: &str) -> String {
    format!("{MARK}{what}")
}

fn trip() -> Duty {
    Duty::Trip("6e5f2c3a-0000-4000-8000-000000000001".parse().expect("a trip"))
}

pub(crate) fn visit() -> DocumentId {
    DocumentId::Visit("6e5f2c3a-0000-4000-8000-000000000002".parse().expect("a visit"))
}

fn class_4b() -> Duty {
    Duty::Class("4B".parse().expect("a class"))
}

fn person() -> Person {
    let person = Person::new(
        "x-word".parse().expect("an id"),
        &word("StaffName"),
        &word("StaffPosition"),
    );
    person.expect("a person")
}

/// The school and everybody in it.
pub(crate) struct Story {
    pub(crate) school: School,
    /// Before the office's own commands.
    pub(crate) office: Recorder,
    pub(crate) devices: BTreeMap<&'static str, Device>,
    /// Opened before anything happened.
    pub(crate) streams: BTreeMap<&'static str, Stream>,
    /// Every problem that a device was answered with.
    pub(crate) problems: Vec<Vec<u8>>,
    /// What the office wrote into files.
    pub(crate) exported: Vec<u8>,
}

impl Story {
    fn office(&self, arguments: &[&str]) -> Ran {
        let mut command = std::process::Command::new(binaries::daymark());
        command.arg("--home").arg(self.school.home());
        command
            .arg("--server")
            .arg(format!("http://{}", self.office.address()));
        Ran::of(command.arg("--json").args(arguments))
    }

    /// A school whose log is at its most talkative, and its devices.
    pub(crate) fn begin() -> Self {
        let mut school = School::open();
        assert!(school.take_server().stop().success());
        school.serve_talking();
        let office = Recorder::before(school.server().address());
        let device = |role, classes: &[&str]| Device::enrol(&school, &word("Device"), role, classes);
        let devices = BTreeMap::from([
            ("4B", device("teacher", &["4B"])),
            ("5A", device("teacher", &["5A"])),
            ("gate", device("gate", &[])),
            ("team", device("team", &[])),
            ("office", device("office", &[])),
            ("head", device("head", &[])),
        ]);
        let address = school.server().address();
        let listen = |name| (name, Stream::open(address, &devices[name].pass()));
        let streams = ["5A", "gate", "head"].map(listen).into();
        Self {
            office,
            devices,
            streams,
            problems: Vec::new(),
            exported: Vec::new(),
            school,
        }
    }

    /// Names, by the office's files.
    pub(crate) fn import(&self) {
        let file = self.school.path("pupils.csv");
        let named = format!(
            "{},001050,{},{},{},2017-05-01,4,4B,{},2024-09-01,\r\n",
            upn(1050),
            word("PupilSurname"),
            word("PupilForename"),
            word("PupilPreferred"),
            word("PupilFamily")
        );
        std::fs::write(&file, pupils_csv() + named.as_str()).expect("a file");
        let path = file.to_str().expect("a plain path");
        self.office(&["import", "roster", path]).done();
        let staff = format!(
            "staff_id,name,position,role\r\nx-word,{},{},teacher\r\n",
            word("StaffName"),
            word("StaffPosition")
        );
        std::fs::write(&file, staff).expect("a file");
        self.office(&["import", "staff", path]).done();
        std::fs::write(
            &file,
            format!("{}\r\n{}\r\n", word("ImportHead"), word("ImportRow")),
        )
        .expect("a file");
        self.office(&["import", "roster", path]).failed();
    }

    /// Comments, and a trip.
    pub(crate) fn marks(&self) {
        let mark = |name: &str, duty: &Duty, pupil, code: &str, comment: &str| {
            let mut entry = self.devices[name].entry(duty, Session::Am, pupil, code);
            entry.particulars.comment = Some(word(comment));
            self.devices[name].record(&[entry]);
        };
        mark("4B", &class_4b(), 1050, "N", "Comment4B");
        mark("4B", &class_4b(), 1003, "/", "CommentMore");
        mark("gate", &Duty::Gate, 1003, "N", "GateComment");
        mark("office", &Duty::Office, 1004, "N", "CommentOffice");
        let plan = TripStatement::Plan(TripPlan {
            title: word("TripTitle"),
            code: "V".parse().expect("a code"),
            nature: Some(word("TripNature")),
            place: Some(word("TripPlace")),
            leader: person(),
            supervisors: vec![person()],
            sessions: vec![TripSession {
                date: day(),
                session: Session::Am,
            }],
            participants: vec![PupilNumber(1050)],
            tablets: vec![self.devices["4B"].number],
            groups: None,
        });
        let left = TripStatement::LeftGroup(LeftGroup {
            pupil: PupilNumber(1050),
            with: word("TripWith"),
            from: TripSession {
                date: day(),
                session: Session::Pm,
            },
        });
        let count = TripStatement::HeadCount(HeadCount {
            expected: 1,
            found: 0,
            missing: vec![PupilNumber(1050)],
            place: Some(word("TripCount")),
            group: None,
        });
        let Duty::Trip(id) = trip() else {
            unreachable!("it is a trip")
        };
        for said in [plan, left, count] {
            let office = &self.devices["office"];
            let item = Item::Trip(office.statement(said));
            let change = office.change(&DocumentId::Trip(id), &[item]);
            assert_eq!(office.offer(&DocumentId::Trip(id), &[change]), [Ack::Stored]);
        }
        mark("4B", &trip(), 1003, "V", "CommentTrip");
    }

    /// A home visit with its accounts.
    pub(crate) fn visit(&self) {
        let team = &self.devices["team"];
        let said = [
            VisitStatement::Opened(Opened {
                pupil: PupilNumber(1050),
                trigger: word("VisitTrigger"),
                visitors: vec![person()],
                alone: None,
                back_by: None,
            }),
            VisitStatement::Arrived(Arrived {
                other_address: Some(word("VisitAddress")),
            }),
            VisitStatement::Outcome(Outcome {
                grade: Grade::SpokenTo,
                answered: Some(word("VisitAnswered")),
                child_words: Some(word("VisitWords")),
            }),
            VisitStatement::NextStep(NextStep {
                what: word("VisitNext"),
                due: day().start_unix_seconds(),
            }),
            VisitStatement::Read(ReadBoth {
                agrees: false,
                note: Some(word("VisitNote")),
            }),
        ];
        let items: Vec<Item> = said
            .into_iter()
            .map(|said| Item::Visit(team.statement(said)))
            .collect();
        let mut document = Document::new(team.school, visit());
        let actor = ActorId {
            device: team.number,
            incarnation: [3; 8],
        };
        let mut changes = vec![document.append(actor, &items)];
        for (part, text) in [
            (AccountPart::Facts, "VisitFacts"),
            (AccountPart::Opinion, "VisitOpinion"),
        ] {
            changes.push(document.write_account(actor, 0, part, &word(text)));
        }
        let changes: Vec<Vec<u8>> = changes
            .into_iter()
            .map(|made| made.expect("a change").expect("something").bytes)
            .collect();
        assert_eq!(
            team.offer(&visit(), &changes),
            [Ack::Stored, Ack::Stored, Ack::Stored]
        );
    }

    /// The gate's N becomes an illness; a decision that the rules refuse; a sign-off; exports.
    pub(crate) fn decide(&mut self) {
        let gate = &self.devices["gate"];
        let class = &self.devices["4B"];
        class.record(&[class.entry(&class_4b(), Session::Am, 1002, "/")]);
        let mut entry = gate.entry(&Duty::Gate, Session::Am, 1002, "N");
        entry.particulars.comment = Some("the gate's own".to_owned());
        gate.record(&[entry]);
        let decide = |pupil, code, reason: &str, more: &[&str]| {
            self.office(&deciding("AM", pupil, code, &word(reason), more))
        };
        decide("1002", "I", "ReasonIll", &[]).done();
        let nature = ["--nature", &word("NatureOther")];
        decide("1003", "Y7", "ReasonOther", &nature).done();
        assert_ne!(decide("1003", "#", "ReasonRefused", &[]).code, 0);
        self.office(&signing_off("AM")).found();
        self.office(&["day", "show", "--date", DAY, "--class", "4B"])
            .value();
        for what in ["marks", "amendments"] {
            let file = self.school.path(what);
            let output = file.to_str().expect("a plain path");
            self.office(&["export", what, "--date", DAY, "--output", output])
                .done();
            self.exported.extend(std::fs::read(&file).expect("the export"));
        }
        self.office(&["held"]).value();
        self.office(&["ledger", "--date", DAY]).value();
        self.office(&["doctor"]).value();
    }

    /// Bad requests, with the words in them, and what devices without the duty are answered.
    pub(crate) fn mistakes(&mut self) {
        let gate = self.devices["gate"].clone();
        let mut told = Vec::new();
        // Bodies that are none, and messages that lie; each goes to the gate, which has not seen the words otherwise.
        let lies = |change: &dyn Fn(&mut SyncRequest)| {
            let mut request = gate.request(&sheet(&class_4b()).to_bytes(), &[]);
            change(&mut request);
            gate.post(&mut gate.wire(), &request.encode())
        };
        told.push(lies(&|request| request.school = SchoolId(1)));
        told.push(lies(&|request| request.device = self.devices["head"].number));
        told.push(gate.post(&mut gate.wire(), word("Body").as_bytes()));
        let whole = gate.request(&visit().to_bytes(), &[]).encode();
        told.push(gate.post(&mut gate.wire(), &[&whole[..], word("Rest").as_bytes()].concat()));
        let mut wire = Wire::to(self.school.server().address());
        let json = [("content-type", "application/json")];
        let enrol = format!("{{\"invitation\": \"{}\", \"key\": 7}}", word("Invitation"));
        told.push(wire.send("POST", "/v1/enrol", &json, enrol.as_bytes()));
        let pass = [("daymark-pass", "1.2.3")];
        told.push(wire.send("POST", "/v1/sync", &pass, word("Unread").as_bytes()));
        for answer in told {
            assert!(answer.status >= 400, "{answer:?}");
            self.problems.push(answer.body);
        }
        // The office's own mistakes: the words go back to it, and nowhere else.
        for path in [
            "/v1/office/decisions",
            "/v1/office/sign-off",
            "/v1/office/invitations",
            "/v1/office/roster/pupils",
        ] {
            let body = format!("{{\"{}\": \"{}\"}}", word("Field"), word("Value"));
            assert_eq!(
                self.school.ask("POST", path, body.as_bytes()).status,
                422,
                "{path}"
            );
        }
        // Changes that cannot be taken, with words in them: kept for the office.
        let class = &self.devices["5A"];
        let mut entry = class.entry(&class_4b(), Session::Am, 1001, "N");
        entry.particulars.comment = Some(word("Refused"));
        let change = class.change(&sheet(&class_4b()), &[Item::Slip(vec![entry])]);
        let acks = class.offer(&sheet(&class_4b()), &[change, word("Rubbish").into_bytes()]);
        assert!(matches!(acks[..], [Ack::Refused(_), Ack::Refused(_)]), "{acks:?}");
        // A carrier without the duty hears why, and no more.
        let mut request = gate.request(&sheet(&class_4b()).to_bytes(), &[]);
        let mut entry = class.entry(&class_4b(), Session::Am, 1001, "N");
        entry.particulars.comment = Some(word("Carried"));
        let change = class.change(&sheet(&class_4b()), &[Item::Slip(vec![entry])]);
        request.offers = class.request(&sheet(&class_4b()).to_bytes(), &[change]).offers;
        let answer = gate.post(&mut gate.wire(), &request.encode());
        assert_eq!(answer.status, 200);
        self.problems.push(answer.body);
    }

    /// Everything that a device is told when it asks for all there is.
    pub(crate) fn told(&self, name: &str) -> SyncReply {
        let device = &self.devices[name];
        let mut request = device.request(&visit().to_bytes(), &[]);
        let Duty::Trip(id) = trip() else {
            unreachable!("it is a trip")
        };
        let names = [
            DocumentId::Trip(id),
            sheet(&trip()),
            sheet(&class_4b()),
            sheet(&Duty::Office),
            sheet(&Duty::Gate),
        ];
        for document in names {
            let mut state = request.documents[0].clone();
            state.document = document.to_bytes().into();
            request.documents.push(state);
        }
        request.brief = Some(Vec::new().into());
        request.window = Some(Window {
            from: day(),
            to: day(),
        });
        let answer = device.post(&mut device.wire(), &request.encode());
        SyncReply::decode(&answer.body).expect("a reply")
    }
}
