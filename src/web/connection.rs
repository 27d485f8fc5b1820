//! What the exported class hears of its connection, its credentials and its surroundings.

use super::codec::fields::{field, name};
use super::pump::Event;
use super::store::SyncedStore;
use alloc::string::String;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl SyncedStore {
    /// Wants a connection, now.
    pub fn connect(&self) -> Result<(), JsValue> {
        let now = self.0.now();
        self.alive()?.link.connect(now);
        self.0.pump();
        Ok(())
    }

    /// Wants none; changes wait.
    pub fn disconnect(&self) -> Result<(), JsValue> {
        self.alive()?.link.disconnect();
        self.0.pump();
        Ok(())
    }

    /// The app's credentials: a text, or nothing; or it is asked for them each time by "auth".
    #[wasm_bindgen(js_name = setAuth)]
    pub fn set_auth(&self, token: Option<String>, asks: bool) -> Result<(), JsValue> {
        let now = self.0.now();
        let mut state = self.alive()?;
        state.client.set_token(token);
        state.link.set_asks(now, asks);
        drop(state);
        self.0.pump();
        Ok(())
    }

    /// What the app gave when "auth" asked, or nothing when it could not.
    pub fn answered(&self, token: Option<String>) {
        let now = self.0.now();
        let mut state = self.0.state.borrow_mut();
        state.link.handle_answered(now, token.is_some());
        if token.is_some() {
            state.client.set_token(token);
        }
        drop(state);
        self.0.pump();
    }

    /// The network is there, or gone; or, with nothing, somebody looks at the page again.
    pub fn noticed(&self, online: Option<bool>) {
        let now = self.0.now();
        let mut state = self.0.state.borrow_mut();
        match online {
            Some(online) => state.link.handle_network(now, online),
            None => state.link.handle_seen(now),
        }
        drop(state);
        self.0.pump();
    }

    /// The socket that "open" asked for is open.
    pub fn opened(&self) {
        self.0.hear(Event::Opened);
    }

    /// A frame has come.
    pub fn frame(&self, event: &JsValue) {
        self.0.hear(Event::Frame(field(event, name::DATA)));
    }

    /// The socket has closed, or could not be made.
    pub fn closed(&self, event: &JsValue) {
        let code = field(event, name::CODE).as_f64().unwrap_or(0.0);
        let reason = field(event, name::REASON).as_string();
        self.0
            .hear(Event::Closed(code as u16, reason.unwrap_or_default()));
    }

    /// The time that "wait" asked for has passed.
    pub fn wake(&self) {
        self.0.wake();
    }
}
