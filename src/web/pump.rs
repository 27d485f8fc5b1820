//! The one pump: what came in goes to the state machines, what they put out to socket and app.
//!
//! User code is called from here through `emit`, never while the state is borrowed. A call from
//! inside a listener only adds to the queues, and the pump that is running goes on with them, so
//! that every listener sees states in their order.

use super::codec::fields::{make, name, put, put_flag, put_number, put_text, put_word, tell};
use super::codec::{Bad, Codec, js_client_id, put_tag, put_whole};
use super::fault::{fault, fault_with};
use super::host::{date_now, now_ms};
use super::js_doc::JsDoc;
use crate::client::{Client, Origin, Output};
use crate::error::ErrorCode;
use crate::link::{Link, LinkOutput, LinkState, Millis};
use crate::protocol::SUBPROTOCOL;
use crate::queue::Queue;
use alloc::string::String;
use core::cell::{Cell, RefCell};
use wasm_bindgen::JsValue;

/// What the pump works on; borrowed for moments only.
#[derive(Debug)]
pub(super) struct State {
    pub(super) client: Client<JsDoc>,
    pub(super) link: Link,
    /// When the timer of `index.js` wakes us.
    pub(super) timer: Option<Millis>,
    /// The status as it was last told.
    pub(super) told: (LinkState, bool, usize),
    /// The root as it was last told.
    pub(super) root: JsValue,
    pub(super) disposed: bool,
    /// What was heard and not taken yet. It is taken at once but inside `transact` and from inside
    /// a listener, which no network can interrupt: only a socket in the same process, which
    /// answers before `send` returns, ever lets anything wait here, and no more than it was asked.
    pub(super) inbox: Queue<Event>,
    /// Frames that were handled and are to be kept.
    pub(super) heard: Queue<JsValue>,
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
    pub(super) emit: JsValue,
    pub(super) codec: Codec,
    pub(super) development: bool,
    pub(super) state: RefCell<State>,
    pub(super) pumping: Cell<bool>,
    /// How deep in `transact` the app is: no message is taken meanwhile.
    pub(super) transactions: Cell<u32>,
}

/// One thing for the pump to do outside the borrow.
enum Step {
    Tell(u32, JsValue),
    Again,
}

impl Inner {
    pub(super) fn now(&self) -> Millis {
        now_ms() as Millis
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
                tell(&self.emit, kind, &payload);
            }
        }
        self.pumping.set(false);
    }

    /// The next thing to do, in the order: what came in, the link, the client, what moved.
    fn next(&self) -> Option<Step> {
        let quiet = self.transactions.get() == 0;
        let now = self.now();
        let mut borrowed = self.state.borrow_mut();
        let state = &mut *borrowed;
        let event = if quiet { state.inbox.pop() } else { None };
        if let Some(event) = event {
            if !state.disposed {
                self.take(state, event, now);
            }
            return Some(Step::Again);
        }
        if let Some(output) = state.link.poll_output() {
            return Some(match output {
                LinkOutput::Ask(refused) => Step::Tell(name::AUTH, refused.into()),
                LinkOutput::Open => Step::Tell(name::OPEN, SUBPROTOCOL.into()),
                LinkOutput::Ping => {
                    state.client.ping();
                    Step::Again
                }
                LinkOutput::Close => {
                    // A late word of an old socket must not be taken for a new one's.
                    state.inbox.clear();
                    state.client.handle_closed();
                    Step::Tell(name::CLOSE, JsValue::UNDEFINED)
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
            return Some(Step::Tell(name::STATUS, self.status()));
        }
        let timer = state.link.poll_timeout();
        if state.timer == timer {
            return None;
        }
        state.timer = timer;
        let wait = timer.map(|at| at.saturating_sub(now) as f64 + 1.0);
        Some(Step::Tell(name::WAIT, wait.into()))
    }

    fn take(&self, state: &mut State, event: Event, now: Millis) {
        match event {
            Event::Opened => {
                state.link.handle_opened(now);
                state.client.handle_opened();
            }
            Event::Frame(frame) => {
                state.link.handle_heard(now);
                match self.codec.decode(&frame) {
                    Ok(message) => {
                        if state.client.handle_message(message) {
                            state.heard.push(frame);
                        }
                    }
                    Err(Bad) => state.link.handle_broken(now),
                }
            }
            Event::Closed(1009, _) => {
                if state.client.handle_too_large() {
                    state.link.handle_closed(now, 1009, "");
                } else {
                    state.link.fail(ErrorCode::TooLarge);
                }
            }
            Event::Closed(code, reason) => {
                if reason == ErrorCode::Replaced.word() {
                    state.client.handle_replaced();
                } else {
                    state.client.handle_closed();
                }
                state.link.handle_closed(now, code, &reason);
            }
        }
    }

    fn translate(&self, state: &mut State, output: Output<JsValue>, now: Millis) -> Step {
        match output {
            Output::Send(message) => Step::Tell(name::SEND, self.codec.encode(&message)),
            Output::Changed => {
                if !state.client.view().is_news(&mut state.root) {
                    return Step::Again;
                }
                Step::Tell(name::CHANGE, JsValue::UNDEFINED)
            }
            Output::Patched {
                origin,
                client_id,
                tag,
                version,
                patch,
                label,
            } => {
                let told = make();
                match tag {
                    Some(tag) => put_tag(&told, name::ID, tag),
                    None => put_text(&told, name::ID, ""),
                }
                put_word(&told, name::ORIGIN, origin_word(origin));
                put(&told, name::HIS_CLIENT_ID, &js_client_id(client_id));
                match version {
                    Some(version) => put_whole(&told, name::VERSION, version.0),
                    None => put(&told, name::VERSION, &JsValue::NULL),
                }
                put(&told, name::PATCHES, &self.codec.write_patch(&patch));
                if let Some(label) = label {
                    put(&told, name::LABEL, &label);
                }
                Step::Tell(name::PATCH, told)
            }
            Output::Saved(saved) => Step::Tell(name::KEEP, self.codec.encode_saved(&saved)),
            Output::Wrote(change) => Step::Tell(name::NOTE, self.codec.encode_written(&change)),
            Output::Pushed(changes) => Step::Tell(name::NOTE, self.codec.encode_pushed(changes)),
            Output::Heard => Step::Tell(name::NOTE, state.heard.pop().unwrap_or_default()),
            Output::Settled(seq, outcome) => {
                Step::Tell(name::SETTLED, self.codec.write_outcome(seq, &outcome))
            }
            Output::Rejected(seq, refused) => {
                Step::Tell(name::REJECTED, self.codec.write_refused(seq, &refused))
            }
            Output::Ready => {
                state.link.handle_greeted(now);
                Step::Tell(name::READY, JsValue::UNDEFINED)
            }
            Output::Reconnect => {
                state.link.handle_broken(now);
                Step::Again
            }
            Output::HistoryLost => {
                Step::Tell(name::ERROR, fault_with(ErrorCode::Storage, "history-lost"))
            }
            Output::AuthExpiring if state.link.can_ask() => Step::Tell(name::AUTH, true.into()),
            Output::AuthExpiring => Step::Again,
            // The app is asked for newer credentials, and hears of it when that does not help.
            Output::Told(ErrorCode::Unauthorized) if state.link.can_ask() => Step::Again,
            Output::Told(code) => Step::Tell(name::ERROR, fault(code)),
            Output::Met(id, seen) => {
                let told = make();
                put(&told, name::ID, &js_client_id(id));
                if let Some(seen) = seen {
                    put(&told, name::USER, &seen.user.unwrap_or(JsValue::NULL));
                    put(&told, name::VALUE, &seen.value);
                }
                Step::Tell(name::PEER, told)
            }
            Output::Alone => Step::Tell(name::PEER, JsValue::UNDEFINED),
            Output::Mispredicted(_) => {
                Step::Tell(name::ERROR, fault_with(ErrorCode::Internal, "mispredicted"))
            }
        }
    }

    /// Takes what the socket tells.
    pub(super) fn hear(&self, event: Event) {
        self.state.borrow_mut().inbox.push(event);
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
        let told = make();
        let pending = state.client.pending();
        let word = match state.link.state() {
            _ if state.disposed => name::CLOSED,
            LinkState::Connected if state.client.is_live() => {
                put_flag(&told, name::SYNCED, pending == 0);
                name::CONNECTED
            }
            LinkState::Connected => {
                put_number(&told, name::ATTEMPT, 1.0);
                name::CONNECTING
            }
            LinkState::Connecting(attempt) => {
                put_whole(&told, name::ATTEMPT, attempt.into());
                name::CONNECTING
            }
            LinkState::Offline(at) => {
                match at {
                    Some(at) => {
                        let wait = at.saturating_sub(self.now()) as f64;
                        put_number(&told, name::RETRY_AT, date_now() + wait);
                    }
                    None => put(&told, name::RETRY_AT, &JsValue::NULL),
                }
                name::OFFLINE
            }
            LinkState::NeedsAuth(code) => {
                put(&told, name::ERROR, &fault(code));
                name::NEEDS_AUTH
            }
            LinkState::Failed(code) => {
                put(&told, name::ERROR, &fault(code));
                name::FAILED
            }
        };
        put_word(&told, name::STATE, word);
        put_whole(&told, name::PENDING, pending as u64);
        told
    }
}

/// Whose operations they are, as JS has it.
fn origin_word(origin: Origin) -> u32 {
    match origin {
        Origin::Local => name::LOCAL,
        Origin::Remote => name::REMOTE,
        Origin::Load => name::LOAD,
        Origin::Rollback => name::ROLLBACK,
        Origin::Undo => name::UNDO,
        Origin::Redo => name::REDO,
    }
}

fn status_key(state: &State) -> (LinkState, bool, usize) {
    (
        state.link.state(),
        state.client.is_live() || state.disposed,
        state.client.pending(),
    )
}
