//! One WebSocket and one timer; their closures are fields, and are dropped with them.

use alloc::boxed::Box;
use alloc::string::String;
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use crate::protocol::SUBPROTOCOL;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(run: &Function, ms: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_random(bytes: &mut [u8]);

    /// The one member of a socket that takes a JS string as it is.
    type Sender;
    #[wasm_bindgen(method, catch)]
    fn send(this: &Sender, text: &JsValue) -> Result<(), JsValue>;
}

/// Milliseconds since the page began; never goes back.
pub(super) fn now_ms() -> f64 {
    now()
}

/// 128 bits from the host.
pub(super) fn random() -> u128 {
    let mut bytes = [0; 16];
    fill_random(&mut bytes);
    u128::from_le_bytes(bytes)
}

/// What a socket tells.
#[derive(Debug)]
pub(super) enum Event {
    Opened,
    Frame(JsValue),
    Closed(u16, String),
}

/// A socket that tells of itself until it is dropped.
#[derive(Debug)]
pub(super) struct Socket {
    socket: WebSocket,
    _opened: Closure<dyn Fn()>,
    _frame: Closure<dyn Fn(MessageEvent)>,
    _closed: Closure<dyn Fn(CloseEvent)>,
}

impl Socket {
    /// Opens a socket by `make(url, protocols)`, or by the host's own class.
    pub(super) fn open(
        make: &JsValue,
        url: &str,
        tell: impl Fn(Event) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let protocols = Array::of1(&JsValue::from_str(SUBPROTOCOL));
        let arguments = Array::of2(&JsValue::from_str(url), &protocols);
        let socket = match make.dyn_ref::<Function>() {
            Some(make) => make.apply(&JsValue::UNDEFINED, &arguments)?,
            None => {
                let class = Reflect::get(&js_sys::global(), &JsValue::from_str("WebSocket"))?;
                Reflect::construct(class.unchecked_ref::<Function>(), &arguments)?
            }
        };
        // Only four members of it are used, so anything that has them will do.
        let socket: WebSocket = socket.unchecked_into();
        let say = tell.clone();
        let opened = Closure::<dyn Fn()>::wrap(Box::new(move || say(Event::Opened)));
        let say = tell.clone();
        let frame = Closure::<dyn Fn(MessageEvent)>::wrap(Box::new(move |event: MessageEvent| {
            say(Event::Frame(event.data()));
        }));
        let closed = Closure::<dyn Fn(CloseEvent)>::wrap(Box::new(move |event: CloseEvent| {
            tell(Event::Closed(event.code(), event.reason()));
        }));
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(frame.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Ok(Self {
            socket,
            _opened: opened,
            _frame: frame,
            _closed: closed,
        })
    }

    /// Sends a text frame; a socket that cannot any more will tell that it closed.
    pub(super) fn send(&self, text: &JsValue) -> Result<(), JsValue> {
        self.socket.unchecked_ref::<Sender>().send(text)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // A socket that is not open yet refuses nothing but logs; there is nothing left to do.
        let closed = self.socket.close();
        debug_assert!(closed.is_ok(), "closing without a code is always allowed");
    }
}

/// A timer that is cleared when it is dropped.
#[derive(Debug)]
pub(super) struct Timer {
    timer: JsValue,
    _run: Closure<dyn Fn()>,
}

impl Timer {
    pub(super) fn after(ms: f64, run: impl Fn() + 'static) -> Self {
        let run = Closure::<dyn Fn()>::wrap(Box::new(run));
        Self {
            timer: set_timeout(run.as_ref().unchecked_ref(), ms),
            _run: run,
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
    }
}
