//! The exported class and the one pump.
//!
//! User code runs in two places only: inside `update` and `transact`, and from the pump through
//! `emit`; never while the state is borrowed. A call from inside a listener only adds to the
//! queues, and the pump that is running goes on with them, so that every listener sees states in
//! their order.

use super::codec::{Bad, Keys, js_client_id, js_number, js_tag, origin_word, set};
use super::js_doc::{JsDoc, freeze};
use super::socket::{Event, Socket, Timer, now_ms, random};
use crate::client::{Client, Output};
use crate::doc::{Doc, Value};
use crate::error::{Error, ErrorCode};
use crate::link::{Link, LinkOutput, LinkState};
use crate::protocol::{CHANGE_OPS_MAX, MESSAGE_BYTES_MAX, PatchOp, Seq, Tag};
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::string::String;
use core::cell::{Cell, RefCell};
use core::time::Duration;
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/web/draft.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn record(root: &JsValue, recipe: &Function, ops_max: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    fn clean(value: &JsValue, path: &Array) -> Result<JsValue, JsValue>;
}

/// What the pump works on; borrowed for moments only.
#[derive(Debug)]
struct State {
    client: Client<JsDoc>,
    link: Link,
    socket: Option<Socket>,
    /// Counts sockets, so that a late word of an old one is not taken for a new one's.
    sockets: u32,
    timer: Option<(Duration, Timer)>,
    /// The status as it was last told.
    told: (LinkState, bool, usize),
    /// The root as it was last told.
    root: JsValue,
    disposed: bool,
}

#[derive(Debug)]
struct Inner {
    url: String,
    make_socket: JsValue,
    emit: Function,
    keys: Keys,
    development: bool,
    state: RefCell<State>,
    inbox: RefCell<VecDeque<(u32, Event)>>,
    pumping: Cell<bool>,
    /// How deep in `transact` the app is: no message is taken meanwhile.
    transactions: Cell<u32>,
}

/// The store of one room, as JS has it; `index.js` wraps it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct SyncedStore(Rc<Inner>);

#[wasm_bindgen]
impl SyncedStore {
    /// A replica of the room at `url`, not connected yet. `emit(type, payload)` hears of it.
    #[wasm_bindgen(constructor)]
    pub fn new(url: String, options: &JsValue, emit: Function) -> Result<Self, JsValue> {
        let option = |name: &str| {
            Reflect::get(options, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
        };
        let development = option("development").is_truthy();
        let initial = clean(&option("initial"), &Array::new())?;
        if !initial.is_object() {
            return Err(fault(ErrorCode::InvalidPatch, &[("reason", "root".into())]));
        }
        let bytes = initial.json_bytes();
        if bytes > MESSAGE_BYTES_MAX {
            return Err(fault(
                ErrorCode::TooLarge,
                &[("bytes", js_number(bytes as u64))],
            ));
        }
        let mut client = Client::<JsDoc>::new(initial, random());
        if let Some(changes) = option("maxQueue").as_f64() {
            client.set_queue_changes_max(changes as usize);
        }
        let mut link = Link::new(random());
        let delay = |name, default: Duration| {
            option(name)
                .as_f64()
                .map_or(default, |ms| Duration::from_millis(ms as u64))
        };
        link.set_delays(
            delay("minDelayMs", crate::link::DELAY_MIN),
            delay("maxDelayMs", crate::link::DELAY_MAX),
        );
        let root = client.view().root();
        Ok(Self(Rc::new(Inner {
            url,
            make_socket: option("WebSocket"),
            emit,
            keys: Keys::default(),
            development,
            state: RefCell::new(State {
                told: (link.state(), false, 0),
                client,
                link,
                socket: None,
                sockets: 0,
                timer: None,
                root,
                disposed: false,
            }),
            inbox: RefCell::new(VecDeque::new()),
            pumping: Cell::new(false),
            transactions: Cell::new(0),
        })))
    }

    /// This replica's name.
    #[wasm_bindgen(getter, js_name = clientId)]
    pub fn client_id(&self) -> JsValue {
        js_client_id(self.0.state.borrow().client.id())
    }

    /// The current snapshot.
    #[wasm_bindgen(getter)]
    pub fn state(&self) -> JsValue {
        let root = self.0.state.borrow_mut().client.view().root();
        if self.0.development {
            freeze(&root);
        }
        root
    }

    /// How many changes wait for the room's answer.
    #[wasm_bindgen(getter)]
    pub fn pending(&self) -> usize {
        self.0.state.borrow().client.pending()
    }

    /// The status, as `index.d.ts` has it, with fields in place of an error.
    #[wasm_bindgen(getter)]
    pub fn status(&self) -> JsValue {
        self.0.status()
    }

    /// Runs a recipe on a draft and takes what it did as one change.
    pub fn update(&self, recipe: &Function) -> Result<JsValue, JsValue> {
        let before = self.alive()?.client.view().root();
        let recorded = record(&before, recipe, CHANGE_OPS_MAX as u32)?;
        if self.alive()?.client.view().root() != before {
            return Err(fault(
                ErrorCode::InvalidPatch,
                &[("reason", "nested-update".into())],
            ));
        }
        if recorded.is_undefined() {
            return Ok(JsValue::UNDEFINED);
        }
        let member = |name: &str| Reflect::get(&recorded, &JsValue::from_str(name));
        let (root, ops) = (member("root")?, member("ops")?);
        let patch = self
            .0
            .keys
            .read_recorded(&ops)
            .map_err(|Bad| internal("recorder"))?;
        if self.0.development {
            let mut check = JsDoc::new(before);
            let rules = crate::apply::Rules::RFC;
            let applied = crate::apply::apply(&mut check, &patch, &rules);
            if applied.is_err() || !check.root().equals(&root) {
                return Err(internal("recorder"));
            }
        }
        let text = patch.to_text();
        let made = self.alive()?.client.record(patch, root);
        self.made(made, &text)
    }

    /// Applies ready-made operations, all or none.
    pub fn patch(&self, ops: &JsValue) -> Result<JsValue, JsValue> {
        self.alive()?;
        let ops = clean(ops, &Array::new())?;
        let Ok(ops) = self.0.keys.read_patch(&ops) else {
            return Err(fault(
                ErrorCode::InvalidPatch,
                &[("reason", "not-a-patch".into())],
            ));
        };
        let made = self.alive()?.client.write(&ops);
        self.made(made, &ops)
    }

    /// Runs `body`; what it wrote becomes one change, or none when it throws.
    pub fn transact(&self, body: &Function) -> Result<JsValue, JsValue> {
        self.alive()?.client.begin();
        self.0.transactions.set(self.0.transactions.get() + 1);
        let result = body.call0(&JsValue::UNDEFINED);
        self.0.transactions.set(self.0.transactions.get() - 1);
        let ended = match result {
            Ok(result) => {
                let text = self.0.state.borrow().client.written();
                let made = self.0.state.borrow_mut().client.end();
                self.made(made, &text).map(|made| (result, made))
            }
            Err(thrown) => {
                self.0.state.borrow_mut().client.undo();
                Err(thrown)
            }
        };
        let (result, made) = match ended {
            Ok(ended) => ended,
            Err(thrown) => {
                self.0.pump();
                return Err(thrown);
            }
        };
        let told = if made.is_object() {
            Object::from(made)
        } else {
            Object::new()
        };
        set(&told, &"result".into(), &result);
        Ok(told.into())
    }

    /// Says whether "patch" is wanted.
    pub fn watch(&self, patches: bool) {
        self.0.state.borrow_mut().client.set_watched(patches);
    }

    /// Wants a connection, now.
    pub fn connect(&self) -> Result<(), JsValue> {
        self.alive()?.link.connect();
        self.0.pump();
        Ok(())
    }

    /// Wants none; changes wait.
    pub fn disconnect(&self) -> Result<(), JsValue> {
        self.alive()?.link.disconnect();
        self.0.pump();
        Ok(())
    }

    /// Ends: the socket and the timer go, the state stays readable.
    pub fn dispose(&self) {
        let mut state = self.0.state.borrow_mut();
        state.disposed = true;
        state.link.disconnect();
        state.client.handle_closed();
        let ended = (state.socket.take(), state.timer.take());
        drop(state);
        drop(ended);
        self.0.pump();
    }

    fn alive(&self) -> Result<core::cell::RefMut<'_, State>, JsValue> {
        let state = self.0.state.borrow_mut();
        if state.disposed {
            Err(fault(ErrorCode::Disposed, &[]))
        } else {
            Ok(state)
        }
    }

    /// What the app gets for a change, after everybody was told.
    fn made(
        &self,
        made: Result<Option<(Seq, Tag)>, Error>,
        text: &[PatchOp<JsValue>],
    ) -> Result<JsValue, JsValue> {
        let made = made.map_err(|error| error_fault(&error))?;
        let told = match made {
            None => JsValue::UNDEFINED,
            Some((seq, tag)) => {
                let told = Object::new();
                set(&told, &self.0.keys.seq, &js_number(seq.0));
                set(&told, &"id".into(), &js_tag(tag));
                set(&told, &"patches".into(), &self.0.keys.write_patch(text));
                told.into()
            }
        };
        self.0.pump();
        Ok(told)
    }
}

/// One thing for the pump to do outside the borrow.
enum Step {
    Open,
    Send(JsValue),
    Drop(Option<Socket>),
    Tell(&'static str, JsValue),
    Again,
}

impl Inner {
    fn now(&self) -> Duration {
        Duration::from_micros((now_ms() * 1000.0) as u64)
    }

    /// Does everything there is to do. A call from inside it returns at once: the outer one goes on.
    fn pump(self: &Rc<Self>) {
        if self.pumping.replace(true) {
            return;
        }
        while let Some(step) = self.next() {
            match step {
                Step::Open => self.open(),
                Step::Send(text) => {
                    let state = self.state.borrow();
                    // A socket that cannot send will say that it closed, and all is sent again.
                    let sent = state
                        .socket
                        .as_ref()
                        .map_or(Ok(()), |socket| socket.send(&text));
                    drop(sent);
                }
                Step::Drop(socket) => drop(socket),
                Step::Tell(kind, payload) => {
                    // `emit` catches what listeners throw; there is nobody above it to tell.
                    drop(
                        self.emit
                            .call2(&JsValue::UNDEFINED, &JsValue::from_str(kind), &payload),
                    );
                }
                Step::Again => {}
            }
        }
        self.pumping.set(false);
    }

    /// The next thing to do, in the order: what came in, the link, the client, what moved.
    fn next(self: &Rc<Self>) -> Option<Step> {
        let quiet = self.transactions.get() == 0;
        let event = if quiet {
            self.inbox.borrow_mut().pop_front()
        } else {
            None
        };
        let now = self.now();
        let mut borrowed = self.state.borrow_mut();
        let state = &mut *borrowed;
        if let Some((socket, event)) = event {
            if socket == state.sockets && !state.disposed {
                self.take(state, event, now);
            }
            return Some(Step::Again);
        }
        match state.link.poll_output() {
            Some(LinkOutput::Open) => return Some(Step::Open),
            Some(LinkOutput::Close) => {
                state.client.handle_closed();
                state.sockets += 1;
                return Some(Step::Drop(state.socket.take()));
            }
            None => {}
        }
        if !quiet {
            return None;
        }
        if let Some(output) = state.client.poll_output() {
            return Some(self.translate(state, output, now));
        }
        let status = status_key(state);
        if state.told != status {
            state.told = status;
            drop(borrowed);
            return Some(Step::Tell("status", self.status()));
        }
        self.set_timer(state, now);
        None
    }

    fn take(&self, state: &mut State, event: Event, now: Duration) {
        match event {
            Event::Opened => state.client.handle_opened(),
            Event::Frame(frame) => match self.keys.decode(&frame) {
                Ok(message) => state.client.handle_message(message),
                Err(Bad) => state.link.handle_broken(now),
            },
            Event::Closed(code, reason) => {
                state.client.handle_closed();
                state.socket = None;
                state.link.handle_closed(now, code, &reason);
            }
        }
    }

    fn translate(&self, state: &mut State, output: Output<JsValue>, now: Duration) -> Step {
        match output {
            Output::Send(message) => Step::Send(self.keys.encode(&message)),
            Output::Changed => {
                let root = state.client.view().root();
                if root == state.root {
                    return Step::Again;
                }
                state.root = root;
                Step::Tell("change", JsValue::UNDEFINED)
            }
            Output::Patched {
                origin,
                client_id,
                tag,
                version,
                patch,
            } => {
                let told = Object::new();
                let id = tag.map_or_else(|| JsValue::from_str(""), js_tag);
                set(&told, &"id".into(), &id);
                set(&told, &"origin".into(), &origin_word(origin).into());
                set(&told, &"clientId".into(), &js_client_id(client_id));
                let version = version.map_or(JsValue::NULL, |version| js_number(version.0));
                set(&told, &self.keys.version, &version);
                set(&told, &"patches".into(), &self.keys.write_patch(&patch));
                Step::Tell("patch", told.into())
            }
            Output::Settled(seq, outcome) => {
                Step::Tell("settled", self.keys.write_outcome(seq, &outcome).into())
            }
            Output::Rejected(seq, refused) => {
                Step::Tell("rejected", self.keys.write_refused(seq, &refused).into())
            }
            Output::Ready => {
                state.link.handle_greeted();
                Step::Tell("ready", JsValue::UNDEFINED)
            }
            Output::Reconnect => {
                state.link.handle_broken(now);
                Step::Again
            }
            Output::HistoryLost => {
                let reason = [("reason", "history-lost".into())];
                Step::Tell("error", fault(ErrorCode::Storage, &reason))
            }
            Output::Told(code) => Step::Tell("error", fault(code, &[])),
            Output::Mispredicted(_) => Step::Tell("error", internal("mispredicted")),
        }
    }

    fn open(self: &Rc<Self>) {
        let number = {
            let mut state = self.state.borrow_mut();
            state.sockets += 1;
            state.sockets
        };
        let weak = Rc::downgrade(self);
        let tell = move |event| {
            if let Some(inner) = weak.upgrade() {
                inner.inbox.borrow_mut().push_back((number, event));
                inner.pump();
            }
        };
        // The factory is the app's code: nothing is borrowed here.
        match Socket::open(&self.make_socket, &self.url, tell) {
            Ok(socket) => self.state.borrow_mut().socket = Some(socket),
            Err(_) => {
                let event = Event::Closed(1006, String::new());
                self.inbox.borrow_mut().push_back((number, event));
            }
        }
    }

    fn set_timer(self: &Rc<Self>, state: &mut State, now: Duration) {
        let Some(at) = state.link.poll_timeout() else {
            state.timer = None;
            return;
        };
        if state.timer.as_ref().is_some_and(|(set, _)| *set == at) {
            return;
        }
        let weak = Rc::downgrade(self);
        let wait = at.saturating_sub(now).as_millis() as f64 + 1.0;
        let timer = Timer::after(wait, move || {
            if let Some(inner) = weak.upgrade() {
                let now = inner.now();
                // The closure that runs belongs to this timer: it is dropped by the next one.
                inner.state.borrow_mut().link.handle_timeout(now);
                inner.pump();
            }
        });
        state.timer = Some((at, timer));
    }

    fn status(&self) -> JsValue {
        let state = self.state.borrow();
        let told = Object::new();
        let put = |name: &str, value: JsValue| set(&told, &name.into(), &value);
        let pending = state.client.pending();
        let word = match state.link.state() {
            _ if state.disposed => "closed",
            LinkState::Connected if state.client.is_live() => {
                put("synced", JsValue::from_bool(pending == 0));
                "connected"
            }
            LinkState::Connected => {
                put("attempt", JsValue::from_f64(1.0));
                "connecting"
            }
            LinkState::Connecting(attempt) => {
                put("attempt", js_number(attempt.into()));
                "connecting"
            }
            LinkState::Offline(at) => {
                let wait = |at: Duration| at.saturating_sub(self.now()).as_millis() as f64;
                let at = at.map_or(JsValue::NULL, |at| (js_sys::Date::now() + wait(at)).into());
                put("retryAt", at);
                "offline"
            }
            LinkState::Failed(code) => {
                put("error", fault(code, &[]));
                "failed"
            }
        };
        put("state", word.into());
        put("pending", js_number(pending as u64));
        told.into()
    }
}

fn status_key(state: &State) -> (LinkState, bool, usize) {
    (
        state.link.state(),
        state.client.is_live() || state.disposed,
        state.client.pending(),
    )
}

/// An error as it crosses to JS: a code and fields; `index.js` makes the sentence.
fn fault(code: ErrorCode, fields: &[(&str, JsValue)]) -> JsValue {
    let told = Object::new();
    set(&told, &"draftsync".into(), &JsValue::from_f64(1.0));
    set(&told, &"code".into(), &code.word().into());
    for (name, value) in fields {
        set(&told, &(*name).into(), value);
    }
    told.into()
}

fn internal(reason: &'static str) -> JsValue {
    fault(ErrorCode::Internal, &[("reason", reason.into())])
}

fn error_fault(error: &Error) -> JsValue {
    let number = |number: usize| js_number(number as u64);
    match error {
        Error::Patch(error) => fault(
            ErrorCode::InvalidPatch,
            &[
                ("reason", error.reason.word().into()),
                ("op", number(error.op)),
                ("path", (&*error.path).into()),
            ],
        ),
        Error::QueueFull { waiting } => {
            fault(ErrorCode::QueueFull, &[("waiting", number(*waiting))])
        }
        Error::TooLarge { bytes, .. } => fault(ErrorCode::TooLarge, &[("bytes", number(*bytes))]),
    }
}
