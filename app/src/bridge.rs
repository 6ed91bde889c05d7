//! The way between the app and the worker's JavaScript. Nothing is decided here, nor there.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::action::{Action, Fields};
use crate::brain::{App, Effect, Response, Start};

/// The app, for JavaScript. Times are unix milliseconds, as `Date.now()` gives them.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Daymark {
    app: App,
}

/// Milliseconds of JavaScript as those of the app: both are whole and far below 2^53.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a time in milliseconds is a whole number below 2^53"
)]
fn ms(now: f64) -> i64 {
    now as i64
}

fn bytes(value: &JsValue) -> Vec<u8> {
    Uint8Array::new(value).to_vec()
}

#[wasm_bindgen]
impl Daymark {
    /// Starts with what the store holds.
    #[wasm_bindgen(constructor)]
    #[expect(
        clippy::too_many_arguments,
        reason = "JavaScript has no better way to name them"
    )]
    pub fn new(
        now: f64,
        secret: Vec<u8>,
        slots: Option<Vec<u8>>,
        door: Option<Vec<u8>>,
        records: Array,
        server: String,
        invitation: Option<String>,
        is_kept: bool,
        was_wiped: bool,
        problem: Option<String>,
    ) -> Self {
        let start = Start {
            secret: secret.try_into().unwrap_or_default(),
            slots,
            door,
            records: records.iter().map(|record| bytes(&record)).collect(),
            server,
            invitation,
            is_kept,
            was_wiped,
            problem,
        };
        Self {
            app: App::start(start, ms(now)),
        }
    }

    /// A person did something: what the button carries, and what its form says, names and texts in turn.
    pub fn act(&mut self, action: &str, fields: Vec<String>, now: f64) {
        let mut said = Fields::default();
        for pair in fields.chunks_exact(2) {
            said.0.insert(pair[0].clone(), pair[1].clone());
        }
        if let Some(action) = Action::decode(action) {
            self.app.act(action, &said, ms(now));
        }
    }

    /// What was owed is on the disk.
    #[wasm_bindgen(js_name = goOn)]
    pub fn go_on(&mut self, now: f64) {
        self.app.go_on(ms(now));
    }

    /// The school answered; status 0 where it could not be reached.
    pub fn answered(
        &mut self,
        id: u32,
        status: u16,
        content_type: String,
        challenge: String,
        body: Vec<u8>,
        now: f64,
    ) {
        let response = Response {
            id,
            status,
            content_type,
            challenge,
            body,
        };
        self.app.answered(response, ms(now));
    }

    /// Bytes of the school's stream; nothing when it has ended.
    pub fn heard(&mut self, bytes: Option<Vec<u8>>, now: f64) {
        self.app.heard(bytes.as_deref(), ms(now));
    }

    /// Time went by.
    pub fn tick(&mut self, is_online_again: bool, now: f64) {
        self.app.tick(is_online_again, ms(now));
    }

    /// The device's clock is ahead by so many milliseconds of what ran by.
    #[wasm_bindgen(js_name = clockJumped)]
    pub fn clock_jumped(&mut self, by: f64, now: f64) {
        self.app.clock_jumped(ms(by), ms(now));
    }

    /// Whether the browser keeps the store for good.
    pub fn kept(&mut self, is_kept: bool) {
        self.app.kept_for_good(is_kept);
    }

    /// When to call [`Daymark::tick`].
    #[wasm_bindgen(js_name = wakeAt)]
    #[expect(clippy::cast_precision_loss, reason = "a time in milliseconds is below 2^53")]
    pub fn wake_at(&self) -> f64 {
        self.app.wake_at() as f64
    }

    /// What is to be done outside: each a list that begins with its name.
    pub fn effects(&mut self) -> Array {
        self.app.take_effects().into_iter().map(effect).collect()
    }

    /// Title, HTML, theme, name, what it is about, what happened, what cannot wait, whether an update may be taken now, whether a home is here.
    pub fn page(&self) -> Array {
        let page = self.app.page();
        let list: [JsValue; 9] = [
            page.title.into(),
            page.html.into(),
            page.theme.into(),
            page.name.into(),
            page.about.into(),
            page.said.into(),
            page.alert.into(),
            self.app.may_update().into(),
            self.app.has_home().into(),
        ];
        list.into_iter().collect()
    }

    /// What a camera's picture says: grey, a byte a pixel, row by row. The bytes of a code, where one is seen.
    pub fn scan(grey: Vec<u8>, width: u32, height: u32) -> Option<Vec<u8>> {
        crate::scan::read(&grey, width as usize, height as usize)
    }
}

fn effect(effect: Effect) -> JsValue {
    let list: Vec<JsValue> = match effect {
        Effect::Keep { unwritten, door } => {
            let records: Array = unwritten
                .records
                .iter()
                .map(|record| JsValue::from(Uint8Array::from(record.as_slice())))
                .collect();
            vec![
                "keep".into(),
                records.into(),
                optional(unwritten.slots),
                optional(door),
            ]
        }
        Effect::Ask(request) => vec![
            "ask".into(),
            request.id.into(),
            request.method.into(),
            request.path.into(),
            request.content_type.into(),
            request.pass.into(),
            Uint8Array::from(request.body.as_slice()).into(),
        ],
        Effect::Listen(pass) => vec!["listen".into(), pass.into()],
        Effect::Save {
            name,
            media_type,
            bytes,
        } => vec![
            "save".into(),
            name.into(),
            media_type.into(),
            Uint8Array::from(bytes.as_slice()).into(),
        ],
        Effect::Camera(on) => vec!["camera".into(), on.into()],
        Effect::AskToKeep => vec!["askToKeep".into()],
        Effect::GoOn => vec!["goOn".into()],
    };
    list.into_iter().collect::<Array>().into()
}

fn optional(bytes: Option<Vec<u8>>) -> JsValue {
    bytes.map_or(JsValue::NULL, |bytes| Uint8Array::from(bytes.as_slice()).into())
}
