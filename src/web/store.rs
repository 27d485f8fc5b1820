//! The exported class.
//!
//! User code runs in two places only: inside `update` and `transact`, and from the pump; never
//! while the state is borrowed.

use super::codec::fields::{field, list, make, name, put};
use super::codec::{Bad, Codec, js_client_id, put_tag, put_whole};
use super::fault::{error_fault, fault, fault_with, too_large};
use super::host::random;
use super::js_doc::{JsDoc, freeze};
use super::pump::{Inner, State};
use crate::client::{Client, WriteOptions};
use crate::doc::{Doc, Value};
use crate::error::{Error, ErrorCode};
use crate::history::Chain;
use crate::link::{Link, Millis};
use crate::protocol::{CHANGE_OPS_MAX, MESSAGE_BYTES_MAX, Seq, Tag};
use crate::queue::Queue;
use core::cell::{Cell, RefCell};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen(module = "/src/web/draft.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn record(root: &JsValue, recipe: &JsValue, ops_max: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn clean(value: &JsValue, path: &JsValue) -> Result<JsValue, JsValue>;

    /// A function of the app's.
    type Body;
    #[wasm_bindgen(method, catch)]
    fn call(this: &Body) -> Result<JsValue, JsValue>;
}

// wasm-bindgen brings only files that a declaration names. These are imported by other files, and
// nothing in Rust calls them; a type costs nothing. Functions are declared from three files only:
// the page of the wasm tests asks for those all at once, and the server of wasm-bindgen's test
// runner may leave a fifth connection unanswered.
#[wasm_bindgen(module = "/src/web/check.js")]
extern "C" {
    type _Check;
}
#[wasm_bindgen(module = "/src/web/compare.js")]
extern "C" {
    type _Compare;
}
#[wasm_bindgen(module = "/src/web/ops.js")]
extern "C" {
    type _Ops;
}
#[wasm_bindgen(module = "/src/web/state.js")]
extern "C" {
    type _State;
}
#[wasm_bindgen(module = "/src/web/values.js")]
extern "C" {
    type _Values;
}

/// The store of one room, as JS has it; `index.js` wraps it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct SyncedStore(pub(super) Inner);

#[wasm_bindgen]
impl SyncedStore {
    /// A replica of a room, not connected yet. `emit(type, payload)` hears of it.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, emit: JsValue) -> Result<Self, JsValue> {
        let codec = Codec::default();
        let option = |name| field(options, name);
        let development = option(name::DEVELOPMENT).is_truthy();
        let initial = clean(&option(name::INITIAL), &list())?;
        if !initial.is_object() {
            return Err(fault_with(ErrorCode::InvalidPatch, "root"));
        }
        let bytes = initial.json_bytes();
        if bytes > MESSAGE_BYTES_MAX {
            return Err(too_large(bytes));
        }
        let mut client = Client::<JsDoc>::new(initial, random());
        if let Some(changes) = option(name::MAX_QUEUE).as_f64() {
            client.set_queue_changes_max(changes as usize);
        }
        if let Some(entries) = option(name::HISTORY).as_f64() {
            client.set_history_entries_max(entries as usize);
        }
        let mut link = Link::new(random());
        let delay = |name, default: Millis| {
            let delay = option(name).as_f64();
            delay.map_or(default, |ms| ms as Millis)
        };
        link.set_delays(
            delay(name::MIN_DELAY_MS, crate::link::DELAY_MIN),
            delay(name::MAX_DELAY_MS, crate::link::DELAY_MAX),
        );
        link.set_heartbeat(delay(name::HEARTBEAT_MS, crate::link::HEARTBEAT));
        let root = client.view().root();
        Ok(Self(Inner {
            emit,
            codec,
            development,
            state: RefCell::new(State {
                told: (link.state(), false, 0),
                client,
                link,
                timer: None,
                root,
                disposed: false,
                inbox: Queue::new(),
                heard: Queue::new(),
            }),
            pumping: Cell::new(false),
            transactions: Cell::new(0),
        }))
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

    /// Runs a recipe on a draft and takes what it did as one change, with a label if there is one;
    /// `silent` says that it is not to be undone.
    pub fn update(
        &self,
        recipe: &JsValue,
        label: JsValue,
        silent: bool,
    ) -> Result<JsValue, JsValue> {
        let before = self.alive()?.client.view().root();
        let recorded = record(&before, recipe, CHANGE_OPS_MAX as u32)?;
        if self.alive()?.client.view().root() != before {
            return Err(fault_with(ErrorCode::InvalidPatch, "nested-update"));
        }
        if recorded.is_undefined() {
            return Ok(JsValue::UNDEFINED);
        }
        let root = field(&recorded, name::ROOT);
        let ops = field(&recorded, name::OPS);
        let patch = self
            .0
            .codec
            .read_recorded(&ops)
            .map_err(|Bad| fault_with(ErrorCode::Internal, "recorder"))?;
        if self.0.development {
            let mut check = JsDoc::new(before);
            let rules = crate::apply::Rules::RFC;
            let applied = crate::apply::apply(&mut check, &patch, &rules);
            if applied.is_err() || !check.root().equals(&root) {
                return Err(fault_with(ErrorCode::Internal, "recorder"));
            }
        }
        let options = options(label, silent);
        let made = self.alive()?.client.record(patch, root, options);
        self.made(made, &field(&recorded, name::TEXT))
    }

    /// Applies ready-made operations, all or none; see [`Self::update`].
    pub fn patch(&self, ops: &JsValue, label: JsValue, silent: bool) -> Result<JsValue, JsValue> {
        self.alive()?;
        let ops = clean(ops, &list())?;
        let Ok(ops) = self.0.codec.read_patch(&ops) else {
            return Err(fault_with(ErrorCode::InvalidPatch, "not-a-patch"));
        };
        let options = options(label, silent);
        let made = self.alive()?.client.write_with(&ops, options);
        self.made(made, &self.0.codec.write_patch(&ops))
    }

    /// Runs `body`; what it wrote becomes one change, or none when it throws; see
    /// [`Self::update`].
    pub fn transact(
        &self,
        body: &JsValue,
        label: JsValue,
        silent: bool,
    ) -> Result<JsValue, JsValue> {
        self.alive()?.client.begin();
        self.0.transactions.set(self.0.transactions.get() + 1);
        let result = body.unchecked_ref::<Body>().call();
        self.0.transactions.set(self.0.transactions.get() - 1);
        let ended = match result {
            Ok(result) => {
                let text = self.0.state.borrow().client.written();
                let text = self.0.codec.write_patch(&text);
                let options = options(label, silent);
                let made = self.0.state.borrow_mut().client.end(options);
                self.made(made, &text).map(|made| (result, made))
            }
            Err(thrown) => {
                self.0.state.borrow_mut().client.abandon();
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
        let told = if made.is_undefined() { make() } else { made };
        put(&told, name::RESULT, &result);
        Ok(told)
    }

    /// Takes the last entry of the history back, or the last undo.
    #[wasm_bindgen(js_name = stepBack)]
    pub fn step_back(&self, redo: bool) -> Result<JsValue, JsValue> {
        let made = match redo {
            false => self.alive()?.client.undo(),
            true => self.alive()?.client.redo(),
        };
        let written = self
            .0
            .state
            .borrow()
            .client
            .forms()
            .last()
            .map(crate::op::Patch::to_text);
        self.made(
            made,
            &self.0.codec.write_patch(&written.unwrap_or_default()),
        )
    }

    /// The label of what would be undone, or redone: nothing when there is nothing to do, null
    /// when it has none.
    #[wasm_bindgen(js_name = nextLabel)]
    pub fn next_label(&self, redo: bool) -> JsValue {
        let chain = if redo { Chain::Redo } else { Chain::Undo };
        match self.0.state.borrow_mut().client.next_label(chain) {
            None => JsValue::UNDEFINED,
            Some(label) => label.cloned().unwrap_or(JsValue::NULL),
        }
    }

    /// The next edit begins an entry of the history, to which those after it belong; it has this
    /// label if there is one.
    #[wasm_bindgen(js_name = beginGroup)]
    pub fn begin_group(&self, label: JsValue) {
        let label = some_label(label);
        let client = &mut self.0.state.borrow_mut().client;
        client.set_history_group(true, label);
    }

    /// Forgets everything that could be undone or redone.
    #[wasm_bindgen(js_name = clearHistory)]
    pub fn clear_history(&self) {
        self.0.state.borrow_mut().client.clear_history();
    }

    /// Says whether "patch" is wanted.
    pub fn watch(&self, patches: bool) {
        self.0.state.borrow_mut().client.set_watched(patches);
    }

    /// Ends: the socket and the timer go, the state stays readable.
    pub fn dispose(&self) {
        let mut state = self.0.state.borrow_mut();
        state.disposed = true;
        state.link.disconnect();
        state.client.handle_closed();
        drop(state);
        self.0.pump();
    }

    pub(super) fn alive(&self) -> Result<core::cell::RefMut<'_, State>, JsValue> {
        let state = self.0.state.borrow_mut();
        if state.disposed {
            Err(fault(ErrorCode::Disposed))
        } else {
            Ok(state)
        }
    }

    /// What the app gets for a change, after everybody was told: its operations as a list, or a
    /// function that makes one.
    fn made(
        &self,
        made: Result<Option<(Seq, Tag)>, Error>,
        text: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let made = made.map_err(|error| error_fault(&error))?;
        let told = match made {
            None => JsValue::UNDEFINED,
            Some((seq, tag)) => told(seq, tag, text),
        };
        self.0.pump();
        Ok(told)
    }
}

fn some_label(label: JsValue) -> Option<JsValue> {
    label.is_string().then_some(label)
}

fn options(label: JsValue, silent: bool) -> WriteOptions<JsValue> {
    WriteOptions {
        label: some_label(label),
        undoable: !silent,
    }
}

/// A change as the app is told of it.
pub(super) fn told(seq: Seq, tag: Tag, patches: &JsValue) -> JsValue {
    let told = make();
    put_whole(&told, name::SEQ, seq.0);
    put_tag(&told, name::ID, tag);
    put(&told, name::PATCHES, patches);
    told
}
