//! The way to the school: which requests go out when, and what their answers mean. It waits for nothing: a person goes on
//! marking while a request is on its way.

mod refusal;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daymark_core::session::Date;
use daymark_sync_protocol::client::Ask;
use daymark_sync_protocol::frame::{SyncRequest, Window};
use daymark_sync_protocol::limits::WINDOW_DAYS_MAX;
use daymark_sync_protocol::poke::Scope;
use daymark_tablet::event::Lines;
use daymark_tablet::{Enrolment, Exchange, Step, SyncError, SyncOutcome, TransportError};

use super::open::words;
use super::{App, Effect, Open, Stage};
use crate::brain::remote::Wish;
use refusal::{challenge, in_words, not_the_school, refusal};

/// What a tablet waits after a try that failed, longer each time, in milliseconds; the last for ever.
const PATIENCE_MS: [i64; 5] = [3_000, 10_000, 30_000, 120_000, 300_000];
/// Acts that follow on each other travel together.
const SOON_MS: i64 = 300;
/// Also without news the school is asked so often, so that the clock is checked: milliseconds.
const REFRESH_MS: i64 = 10 * 60 * 1000;
/// The content type of sync messages.
const SYNC_TYPE: &str = "application/vnd.daymark.sync";

/// A request to the school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: u32,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, with its query.
    pub path: String,
    /// The content type of the body; empty where there is none.
    pub content_type: &'static str,
    /// What lets this device in.
    pub pass: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The number of the request.
    pub id: u32,
    /// The HTTP status; 0 where the school could not be reached.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// The challenge of a refusal (`WWW-Authenticate`).
    pub challenge: String,
    /// The body; why there is none, where the school could not be reached.
    pub body: Vec<u8>,
}

/// Whether the school can be reached, as far as the last try showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Signal {
    /// Nothing was tried yet.
    #[default]
    Untried,
    /// It answered.
    There,
    /// It did not.
    None,
    /// Something answered that is not the school, or the school says no: in words.
    Trouble(String),
}

#[derive(Debug)]
enum Job {
    Enrol,
    Challenge,
    Sync { request: Box<SyncRequest>, sent_ms: i64 },
    Wish(Wish),
}

/// The way to the school.
#[derive(Debug, Default)]
pub struct Link {
    /// Whether it can be reached.
    pub signal: Signal,
    /// What the last whole exchange brought.
    pub outcome: Option<SyncOutcome>,
    /// How many round trips the exchange that runs has made; none where none runs.
    pub rounds: Option<usize>,
    next_id: u32,
    job: Option<(u32, Job)>,
    exchange: Option<Exchange>,
    wishes: Vec<Wish>,
    enrol_body: Option<String>,
    pass: Option<String>,
    challenge: Option<Vec<u8>>,
    is_listening: bool,
    lines: Lines,
    scope: Option<Scope>,
    due_ms: Option<i64>,
    failures: usize,
    again: bool,
}

impl Link {
    pub(super) fn due_ms(&self) -> Option<i64> {
        if self.job.is_some() { None } else { self.due_ms }
    }

    /// Something is to be sent soon.
    pub(super) fn wants_soon(&mut self, now_ms: i64) {
        self.scope = None;
        // After failures the next try comes when it comes: marking without signal costs no battery.
        // What was asked of the server by name goes at once.
        if self.failures == 0 && self.wishes.is_empty() {
            self.due_ms = Some(now_ms + SOON_MS);
        }
    }

    /// A person asks for it, or there is a network again.
    pub(super) fn try_now(&mut self) {
        self.failures = 0;
        self.scope = None;
        self.due_ms = Some(0);
    }

    pub(super) fn enrol(&mut self, body: String) {
        self.enrol_body = Some(body);
        self.due_ms = Some(0);
    }

    pub(super) fn wish(&mut self, wish: Wish) {
        self.wishes.push(wish);
        self.failures = 0;
        self.due_ms = Some(0);
    }

    pub(super) fn answer_next(&mut self, challenge: &str) {
        self.challenge = URL_SAFE_NO_PAD.decode(challenge).ok();
        self.pass = None;
    }

    /// Whether a request is on its way.
    pub fn is_busy(&self) -> bool {
        self.job.is_some()
    }

    fn failed(&mut self, signal: Signal, now_ms: i64) {
        self.signal = signal;
        self.exchange = None;
        self.rounds = None;
        self.is_listening = false;
        let patience = PATIENCE_MS[self.failures.min(PATIENCE_MS.len() - 1)];
        self.failures += 1;
        self.due_ms = Some(now_ms + patience);
    }
}

impl App {
    /// Sends what is due.
    pub(super) fn go_to_school(&mut self) {
        if self.link.job.is_some() {
            return;
        }
        let is_due = self.link.due_ms.is_some_and(|due| due <= self.now_ms);
        if !is_due {
            return;
        }
        if let Some(body) = self.link.enrol_body.take() {
            self.link.due_ms = None;
            self.send(
                Job::Enrol,
                "POST",
                "/v1/enrol",
                "application/json",
                body.into_bytes(),
            );
            return;
        }
        let Stage::Open(open) = &mut self.stage else {
            self.link.due_ms = None;
            return;
        };
        if self.link.pass.is_none() {
            let Some(challenge) = self.link.challenge.take() else {
                self.send(Job::Challenge, "GET", "/v1/challenge", "", Vec::new());
                return;
            };
            let Ok(identity) = open.tablet.replica().identity() else {
                return;
            };
            let signature = identity
                .key
                .sign_challenge(identity.school, identity.device, &challenge);
            self.link.pass = Some(format!(
                "{}.{}.{}",
                identity.device,
                URL_SAFE_NO_PAD.encode(&challenge),
                URL_SAFE_NO_PAD.encode(signature.0)
            ));
        }
        if !self.link.wishes.is_empty() {
            let wish = self.link.wishes.remove(0);
            let (method, path, content_type, body) = wish.request();
            self.send(Job::Wish(wish), method, &path, content_type, body);
            return;
        }
        match next_round(&mut self.link, open, self.now_ms) {
            Ok((request, body)) => {
                let job = Job::Sync {
                    request,
                    sent_ms: self.now_ms,
                };
                self.send(job, "POST", "/v1/sync", SYNC_TYPE, body);
            }
            Err(error) => self.trouble(&error),
        }
    }

    fn send(
        &mut self,
        job: Job,
        method: &'static str,
        path: &str,
        content_type: &'static str,
        body: Vec<u8>,
    ) {
        self.link.next_id += 1;
        let id = self.link.next_id;
        let needs_pass = matches!(job, Job::Sync { .. } | Job::Wish(_));
        let pass = self.link.pass.clone().filter(|_| needs_pass);
        self.link.job = Some((id, job));
        self.effect(Effect::Ask(Request {
            id,
            method,
            path: path.to_owned(),
            content_type,
            pass,
            body,
        }));
    }

    pub(super) fn take_answer(&mut self, response: Response) {
        let Some((id, job)) = self.link.job.take() else {
            return;
        };
        if id != response.id {
            self.link.job = Some((id, job));
            return;
        }
        if response.status == 401 && self.session_ended(&response) {
            // The same once more, under the new session.
            if let Job::Wish(wish) = job {
                self.link.wishes.insert(0, wish);
            }
            self.link.due_ms = Some(self.now_ms);
            return;
        }
        let refusal = refusal(&response);
        match job {
            Job::Enrol => {
                let answer = match refusal {
                    None => serde_json::from_slice::<Enrolment>(&response.body)
                        .map_err(|_| "What answered is not the school. Is the address right?".to_owned()),
                    Some(error) => Err(in_words(&error)),
                };
                let is_joined = answer.is_ok();
                self.enrolled(answer);
                if is_joined {
                    self.link.try_now();
                }
            }
            Job::Challenge => match refusal {
                None => match challenge(&response.body) {
                    Some(challenge) => {
                        self.link.challenge = Some(challenge);
                        self.link.due_ms = Some(self.now_ms);
                    }
                    None => self.link.failed(not_the_school(), self.now_ms),
                },
                Some(error) => self.refused(&error),
            },
            Job::Sync { request, sent_ms } => match refusal {
                None => self.take_reply(&request, &response.body, sent_ms),
                Some(error) => self.refused(&error),
            },
            Job::Wish(wish) => {
                let is_away = matches!(refusal, Some(TransportError::NoSignal(_)));
                let answer = refusal.map_or(Ok(response), |error| Err(in_words(&error)));
                if is_away {
                    self.link.failed(Signal::None, self.now_ms);
                } else {
                    self.link.due_ms = Some(self.now_ms);
                }
                self.granted(wish, answer);
            }
        }
    }

    fn session_ended(&mut self, response: &Response) -> bool {
        let challenge = response
            .challenge
            .strip_prefix("Daymark challenge=\"")
            .and_then(|rest| rest.strip_suffix('"'));
        // A second refusal in a row is one, and no session that has ended.
        if self.link.again {
            self.link.again = false;
            return false;
        }
        if let Some(challenge) = challenge {
            self.link.answer_next(challenge);
            self.link.again = true;
        }
        challenge.is_some()
    }

    fn take_reply(&mut self, request: &SyncRequest, body: &[u8], sent_ms: i64) {
        self.link.again = false;
        let (Stage::Open(open), Some(mut exchange)) = (&mut self.stage, self.link.exchange.take()) else {
            return;
        };
        let before = open.today();
        let step = exchange.reply(&mut open.tablet, request, body, sent_ms, self.now_ms);
        open.day_is_known(before);
        match step {
            Ok(Step::Again) => {
                self.link.rounds = self.link.rounds.map(|rounds| rounds + 1);
                self.link.exchange = Some(exchange);
                self.link.due_ms = Some(self.now_ms);
            }
            Ok(Step::Done) => {
                let outcome = exchange.outcome(&open.tablet);
                open.learnt();
                self.link.signal = Signal::There;
                self.link.failures = 0;
                self.link.rounds = None;
                let taps = open.tablet.replica().taps().next().is_some();
                let waits = (outcome.statements_waiting > 0 && taps) || open.lacks_more_days();
                open.message.clone_from(&outcome.message);
                self.link.outcome = Some(outcome);
                self.link.scope = None;
                self.link.due_ms = Some(self.now_ms + if waits { SOON_MS } else { REFRESH_MS });
                self.listen();
            }
            Err(error) => self.trouble(&error),
        }
    }

    fn listen(&mut self) {
        if !self.link.is_listening && self.link.pass.is_some() {
            self.link.is_listening = true;
            self.link.lines = Lines::default();
            self.effect(Effect::Listen(self.link.pass.clone()));
        }
    }

    pub(super) fn take_stream(&mut self, bytes: Option<&[u8]>) {
        let Some(bytes) = bytes else {
            if self.link.is_listening {
                self.link.is_listening = false;
                self.link.due_ms = Some(self.now_ms + PATIENCE_MS[0]);
            }
            return;
        };
        self.link.lines.take(bytes);
        while let Some(event) = self.link.lines.next_event() {
            let Stage::Open(open) = &mut self.stage else {
                return;
            };
            let scope = match open.tablet.hear(&event) {
                Ok(None) => {
                    open.learnt();
                    continue;
                }
                Ok(Some(scope)) => scope,
                Err(_) => Scope::Everything,
            };
            self.link.scope = Some(match self.link.scope.take() {
                Some(before) => before.and(scope),
                None => scope,
            });
            self.link.due_ms = Some(self.now_ms);
        }
    }

    pub(super) fn pass_time(&mut self, is_online_again: bool) {
        if is_online_again {
            self.link.try_now();
        }
        self.lock_when_idle();
        if let Stage::Open(open) = &mut self.stage {
            open.now_ms = self.now_ms;
            open.forget_undo();
            if let Err(why) = open.keep_draft(false) {
                open.problem = Some(why);
            }
        }
    }

    fn refused(&mut self, error: &TransportError) {
        let lost = match &self.stage {
            Stage::Open(open) => {
                let TransportError::Problem { problem } = error else {
                    return self.no_signal(error);
                };
                let error = SyncError::Transport(TransportError::Problem {
                    problem: problem.clone(),
                });
                open.tablet.is_reported_lost(&error)
            }
            _ => false,
        };
        if lost {
            self.lock_for_good();
            return;
        }
        self.no_signal(error);
    }

    fn no_signal(&mut self, error: &TransportError) {
        let signal = if error.is_no_signal() {
            Signal::None
        } else {
            Signal::Trouble(in_words(error))
        };
        self.link.failed(signal, self.now_ms);
    }

    fn trouble(&mut self, error: &SyncError) {
        let why = match error {
            SyncError::Transport(error) => in_words(error),
            other => words(other),
        };
        self.link.failed(Signal::Trouble(why), self.now_ms);
    }

    /// The school's signed word that this tablet was reported lost: no PIN opens it any more. Nothing is deleted.
    fn lock_for_good(&mut self) {
        if let Stage::Open(open) = &mut self.stage
            && let Err(error) = open.keyring.forget_everybody()
        {
            open.problem = Some(words(error));
            return;
        }
        self.link.due_ms = None;
        self.effect(Effect::Listen(None));
        self.stage = Stage::Stopped(
            "This tablet was reported lost, and has locked itself. Hand it to the office: its recovery code opens it. Nothing was deleted."
                .to_owned(),
        );
    }
}

/// The next request of the exchange that runs, or the first of a new one.
fn next_round(
    link: &mut Link,
    open: &mut Open,
    now_ms: i64,
) -> Result<(Box<SyncRequest>, Vec<u8>), SyncError> {
    let exchange = if let Some(exchange) = link.exchange.take() {
        exchange
    } else {
        let scope = link.scope.take().unwrap_or_default();
        let ask = Ask {
            window: Some(open.window()),
            want_brief: true,
            scope,
            heard: open.heard,
            ..Ask::default()
        };
        link.rounds = Some(0);
        Exchange::start(&mut open.tablet, ask)?
    };
    let request = exchange.request(&open.tablet, now_ms)?;
    let body = request.encode();
    link.exchange = Some(exchange);
    link.due_ms = None;
    Ok((Box::new(request), body))
}

impl Open {
    /// Of which dates sheets are asked for: today; for the office also the days of the screen that it looks at. Where both
    /// together are more than one request may name, those of the screen alone.
    fn window(&self) -> Window {
        let today = self.today();
        let (from, to) = self.screen_span().unwrap_or((today, today));
        let first_of = |last: Date| last.minus(WINDOW_DAYS_MAX - 1).unwrap_or(last);
        let both = (from.min(today), to.max(today));
        let (from, to) = if both.0 >= first_of(both.1) {
            both
        } else {
            (from.max(first_of(to)), to)
        };
        Window { from, to }
    }
}
