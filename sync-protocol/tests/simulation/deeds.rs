//! What tablets do, and how their requests reach the hub: some whole, some lost, some poisoned.

use super::super::*;

impl World {
    pub(crate) fn record(&mut self, at: usize, counts: &mut Counts) {
        let duty = self.dice.pick(&self.tablets[at].duties).clone();
        let session = if self.dice.one_in(4) {
            Session::Pm
        } else {
            Session::Am
        };
        let pupil = PupilNumber(1 + self.dice.next() % PUPILS);
        let present = if session == Session::Am { "/" } else { "\\" };
        let codes: &[&str] = match duty {
            Duty::Trip(_) => &["V", "N"],
            Duty::Gate => &["L", "U"],
            _ => &[present, "N", "I"],
        };
        let code = *self.dice.pick(codes);
        let tablet = &mut self.tablets[at];
        let author = author(
            tablet.device,
            &duty,
            date().start_unix_seconds() + self.now + tablet.clock_off,
        );
        let day = tablet.replica.day(date());
        let made = match self.dice.below(10) {
            0..=5 => record::mark(&day, &author, session, pupil, &mark(&duty, code, Some("seen"))),
            6 | 7 => record::undo(&day, &author, session, pupil, "in error"),
            8 if duty == Duty::Office => {
                record::decide(&day, &author, session, pupil, &mark(&duty, code, Some("asked")))
            }
            9 if duty == Duty::Office => {
                let gathered = tablet.replica.gather().unwrap();
                tablet.write(gathered);
                let day = tablet.replica.day(date());
                let signed = record::sign_off(
                    &day,
                    &author,
                    session,
                    tablet.replica.documents(),
                    &BTreeSet::new(),
                );
                let said = tablet
                    .replica
                    .say(&sheet(&Duty::Office), &Item::SignOff(signed.unwrap()))
                    .unwrap();
                tablet.write(said);
                count(counts, "sign-off");
                return;
            }
            _ => return,
        };
        let Ok(entry) = made else { return };
        let kind = match (&entry.code, entry.supersedes.len()) {
            (None, _) => "undo",
            (_, 0) => "mark",
            (_, 1) => "amend",
            _ => "decide",
        };
        let records = tablet.replica.tap(std::slice::from_ref(&entry)).unwrap();
        if self.dice.one_in(12) {
            count(counts, "replica crash before a write");
            tablet.restart();
            return;
        }
        count(counts, kind);
        tablet.write(records);
        self.tapped.insert(entry.id(), entry);
    }

    pub(crate) fn gather(&mut self, at: usize, counts: &mut Counts) {
        count(counts, "gather");
        let tablet = &mut self.tablets[at];
        let mut records = tablet.replica.gather().unwrap();
        if self.dice.one_in(5) {
            records.truncate(self.dice.below(records.len() + 1));
            tablet.write(records);
            tablet.restart();
        } else {
            tablet.write(records);
        }
    }

    pub(crate) fn request(&mut self, at: usize, retry: bool) -> SyncRequest {
        let tablet = &mut self.tablets[at];
        let gathered = tablet.replica.gather().unwrap();
        tablet.write(gathered);
        let clock = (date().start_unix_seconds() + self.now + tablet.clock_off) * 1000;
        tablet
            .replica
            .request(
                clock,
                &Ask {
                    window: Some(window()),
                    want_brief: true,
                    retry_refused: retry,
                    ..Ask::default()
                },
            )
            .unwrap()
    }

    pub(crate) fn send(&mut self, at: usize, counts: &mut Counts) {
        let retry = self.dice.one_in(3);
        let mut request = self.request(at, retry);
        match self.dice.below(8) {
            0 => {
                count(counts, "lost request");
                return;
            }
            1 if request.offers.len() > 1 => {
                count(counts, "shuffled offers");
                self.dice.shuffle(&mut request.offers);
            }
            2 if request.offers.len() > 1 => {
                count(counts, "split request");
                let dice = &mut self.dice;
                request.offers.retain(|_| !dice.one_in(2));
            }
            3 if self.open.is_empty() => {
                count(counts, "poison");
                self.poisoned(at, &request, counts);
                return;
            }
            _ => {}
        }
        self.old_requests.push((at, request.clone()));
        self.take(at, &request, counts);
    }

    pub(crate) fn take(&mut self, at: usize, request: &SyncRequest, counts: &mut Counts) {
        let device = DeviceNumber(self.tablets[at].device);
        let request = SyncRequest::decode(&request.encode()).unwrap();
        self.journal.load_needs(&mut self.hub, device, &request);
        let now = NOON_MS + u64::try_from(self.now).unwrap() * 1000;
        let receipt = self.hub.receive(now, device, &request);
        if receipt.acks().iter().any(|ack| matches!(ack, Ack::Held(_))) {
            count(counts, "held");
        }
        self.open.push(Taken {
            tablet: at,
            request: request.clone(),
            receipt,
        });
        if self.dice.one_in(6) {
            count(counts, "repeated request");
            let before: Vec<Ack> = self.open.last().unwrap().receipt.acks().to_vec();
            let sequences = self.hub.index().clone();
            let again = self.hub.receive(now, device, &request);
            assert!(
                again.events.is_empty(),
                "S8: a repeated request changes nothing: {:?}",
                again.events
            );
            assert_eq!(*self.hub.index(), sequences, "S8");
            for (first, second) in before.iter().zip(again.acks()) {
                let same = match first {
                    Ack::Stored => *second == Ack::Had,
                    // It was held for another change of the same request.
                    Ack::Held(_) => matches!(second, Ack::Held(_) | Ack::Had),
                    _ => first == second,
                };
                assert!(same, "S8: {first:?} became {second:?}");
            }
            self.open.push(Taken {
                tablet: at,
                request,
                receipt: again,
            });
        }
    }

    /// A change that no school may take, brought by a device: its kind, for which document, and its bytes.
    fn poison(&mut self, device: u32) -> (&'static str, Vec<u8>, Vec<u8>) {
        let in_4b = sheet(&class("4B"));
        let made = |device: u32, duty: &Duty| {
            let items = Item::slips(&[entry(device, duty, "N", 1)]);
            change(device, &sheet(duty), &items)
        };
        let (own, of_4b) = (made(device, &class("4B")), in_4b.to_bytes());
        let other = if device == 1 { 5 } else { 1 };
        match self.dice.below(10) {
            0 => (
                "poison: of an unknown kind",
                vec![9, 9, 9],
                b"a kind of document from the future".to_vec(),
            ),
            1 => ("poison: rubbish", sheet(&Duty::Gate).to_bytes(), vec![0; 40]),
            2 => (
                "poison: for a sheet that is not its maker's",
                sheet(&class("9Z")).to_bytes(),
                made(device, &class("9Z")),
            ),
            3 => ("poison: a stranger's change", of_4b, made(77, &class("4B"))),
            4 => {
                let mut bytes = own;
                let spot = self.dice.below(bytes.len());
                bytes[spot] ^= 0x41;
                ("poison: damaged", of_4b, bytes)
            }
            5 => {
                let by_another = signed(other, &in_4b, chunk_of(&own));
                let theirs = signed(device, &in_4b, chunk_of(&made(other, &class("4B"))));
                let bytes = if self.dice.one_in(2) { by_another } else { theirs };
                ("poison: signed by another device", of_4b, bytes)
            }
            6 => {
                let mut bytes = own;
                bytes[self.dice.below(SIGNATURE_BYTES)] ^= 1 << self.dice.below(8);
                ("poison: a bit of its signature is flipped", of_4b, bytes)
            }
            7 => {
                let bytes = signed(device, &sheet(&class("5A")), chunk_of(&own));
                ("poison: signed for another document", of_4b, bytes)
            }
            8 => {
                let elsewhere =
                    SignedChange::sign(&device_key(device), SchoolId(654_321), &in_4b, chunk_of(&own));
                ("poison: a wrong school", of_4b, elsewhere.unwrap().into_bytes())
            }
            _ => ("poison: without a signature", of_4b, chunk_of(&own).to_vec()),
        }
    }

    /// S9: a bad change among good ones leaves their verdicts as they would be without it.
    pub(crate) fn poisoned(&mut self, at: usize, request: &SyncRequest, counts: &mut Counts) {
        let device = DeviceNumber(self.tablets[at].device);
        let mut clean = self.journal.hub(&Roster::default());
        self.journal.load_needs(&mut clean, device, request);
        let expected = clean.receive(NOON_MS, device, request).acks().to_vec();

        let mut poisoned = request.clone();
        let place = u16::try_from(poisoned.documents.len()).unwrap();
        let (kind, name, bytes) = self.poison(device.0);
        count(counts, kind);
        poisoned.documents.push(DocumentState {
            document: name.into(),
            cursor: 0,
            heads: None,
        });
        let spot = self.dice.below(poisoned.offers.len() + 1);
        poisoned.offers.insert(
            spot,
            Offer {
                document: place,
                change: bytes.into(),
            },
        );
        let poisoned = SyncRequest::decode(&poisoned.encode()).unwrap();

        self.journal.load_needs(&mut self.hub, device, &poisoned);
        let receipt = self.hub.receive(NOON_MS, device, &poisoned);
        let mut acks = receipt.acks().to_vec();
        let verdict = acks.remove(spot);
        assert!(
            matches!(verdict, Ack::Refused(_)),
            "poison was taken: {verdict:?}"
        );
        assert_eq!(acks, expected, "S9: one bad change touched another");
        self.open.push(Taken {
            tablet: at,
            request: poisoned,
            receipt,
        });
    }
}
