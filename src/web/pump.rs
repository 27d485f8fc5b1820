//! The one pump: what came in goes to the state machines, what they put out to socket and app.
//!
//! User code is called from here through `emit`, never while the state is borrowed. A call from
//! inside a listener only adds to the queues, and the pump that is running goes on with them, so
//! that every listener sees states in their order.

use super::codec::{Bad, Keys, js_client_id, js_number, js_tag, origin_word, set};
use super::fault::{fault, internal};
use super::host::now_ms;
use super::js_doc::JsDoc;
use crate::client::{Client, Output};
use crate::error::ErrorCode;
use crate::link::{Link, LinkOutput, LinkState};
use crate::protocol::SUBPROTOCOL;
use alloc::collections::VecDeque;
use alloc::string::String;
use core::cell::{Cell, RefCell};
use core::time::Duration;
use js_sys::{Function, Object};
use wasm_bindgen::JsValue;

/// What the pump works on; borrowed for moments only.
#[derive(Debug)]
pub(super) struct State {
    pub(super) client: Client<JsDoc>,
    pub(super) link: Link,
    /// When the timer of `index.js` wakes us.
    pub(super) timer: Option<Duration>,
    /// The status as it was last told.
    pub(super) told: (LinkState, bool, usize),
    /// The root as it was last told.
    pub(super) root: JsValue,
    pub(super) disposed: bool,
}

/// What the socket tells.
#[derive(Debug)]
pub(super) enum Event {
    Opened,
    Frame(JsValue),
    Closed(u16, String),
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) emit: Function,
    pub(super) keys: Keys,
    pub(super) development: bool,
    pub(super) state: RefCell<State>,
    pub(super) inbox: RefCell<VecDeque<Event>>,
    pub(super) pumping: Cell<bool>,
    /// How deep in `transact` the app is: no message is taken meanwhile.
    pub(super) transactions: Cell<u32>,
}

/// One thing for the pump to do outside the borrow.
enum Step {
    Tell(&'static str, JsValue),
    Again,
}

impl Inner {
    fn now(&self) -> Duration {
        Duration::from_micros((now_ms() * 1000.0) as u64)
    }

    /// Does everything there is to do. A call from inside it returns at once: the outer one goes on.
    pub(super) fn pump(&self) {
        if self.pumping.replace(true) {
            return;
        }
        while let Some(step) = self.next() {
            if let Step::Tell(kind, payload) = step {
                // `emit` catches what listeners throw; there is nobody above it to tell. A socket
                // that cannot send will say that it closed, and all is sent again.
                drop(
                    self.emit
                        .call2(&JsValue::UNDEFINED, &JsValue::from_str(kind), &payload),
                );
            }
        }
        self.pumping.set(false);
    }

    /// The next thing to do, in the order: what came in, the link, the client, what moved.
    fn next(&self) -> Option<Step> {
        let quiet = self.transactions.get() == 0;
        let event = if quiet {
            self.inbox.borrow_mut().pop_front()
        } else {
            None
        };
        let now = self.now();
        let mut borrowed = self.state.borrow_mut();
        let state = &mut *borrowed;
        if let Some(event) = event {
            if !state.disposed {
                self.take(state, event, now);
            }
            return Some(Step::Again);
        }
        if let Some(output) = state.link.poll_output() {
            // A late word of an old socket must not be taken for a new one's.
            self.inbox.borrow_mut().clear();
            return Some(match output {
                LinkOutput::Open => Step::Tell("open", SUBPROTOCOL.into()),
                LinkOutput::Close => {
                    state.client.handle_closed();
                    Step::Tell("close", JsValue::UNDEFINED)
                }
            });
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
        let timer = state.link.poll_timeout();
        if state.timer == timer {
            return None;
        }
        state.timer = timer;
        let wait = timer.map(|at| at.saturating_sub(now).as_millis() as f64 + 1.0);
        Some(Step::Tell("wait", wait.into()))
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
                state.link.handle_closed(now, code, &reason);
            }
        }
    }

    fn translate(&self, state: &mut State, output: Output<JsValue>, now: Duration) -> Step {
        match output {
            Output::Send(message) => Step::Tell("send", self.keys.encode(&message)),
            Output::Changed => {
                if !state.client.view().is_news(&mut state.root) {
                    return Step::Again;
                }
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

    /// Takes what the socket tells.
    pub(super) fn hear(&self, event: Event) {
        self.inbox.borrow_mut().push_back(event);
        self.pump();
    }

    /// The time that the timer was set for has come.
    pub(super) fn wake(&self) {
        let now = self.now();
        let mut state = self.state.borrow_mut();
        state.timer = None;
        state.link.handle_timeout(now);
        drop(state);
        self.pump();
    }

    pub(super) fn status(&self) -> JsValue {
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
