//! The room for JavaScript: frames go in and come out as texts.

use crate::room::{HostedRoom, Leave, Said};
use draftsync::doc::Value as _;
use draftsync::protocol::{Epoch, PRESENCE_BYTES_MAX};
use draftsync::room::SessionId;
use draftsync::tree::Tree;
use std::cell::RefCell;
use std::time::Duration;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// One room.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TestRoom(RefCell<HostedRoom>);

#[wasm_bindgen]
impl TestRoom {
    /// A room that nobody has written to; its history's name is 32 hexadecimal digits.
    #[wasm_bindgen(constructor)]
    pub fn new(epoch: String) -> Result<Self, JsError> {
        let room = HostedRoom::new(named(epoch)?);
        Ok(Self(RefCell::new(room)))
    }

    /// The name of its history.
    #[wasm_bindgen(getter)]
    pub fn epoch(&self) -> String {
        self.0.borrow().epoch().into()
    }

    /// Begins its next life, with what was acknowledged.
    pub fn restart(&self, epoch: String) -> Result<(), JsError> {
        self.0.borrow_mut().restart(named(epoch)?)?;
        Ok(())
    }

    /// So many milliseconds have passed since the room was made, or more than was said before;
    /// returns what goes to whom, as JSON.
    pub fn time(&self, now_ms: f64) -> String {
        // What is no number of milliseconds becomes one that is near.
        let now = Duration::from_millis(now_ms as u64);
        as_text(&self.0.borrow_mut().handle_time(now))
    }

    /// At which time the room wants to be told of it.
    pub fn due(&self) -> Option<f64> {
        let due = self.0.borrow().poll_timeout()?;
        Some(due.as_millis() as f64)
    }

    /// A session sends a frame; `user` is JSON. Returns what goes to whom, as JSON.
    pub fn frame(
        &self,
        session: u32,
        text: &str,
        writes: bool,
        user: &str,
        refused: &[u32],
    ) -> String {
        let leave = Leave {
            writes,
            user: read_user(user),
            refused: refused.iter().map(|at| *at as usize).collect(),
        };
        let session = SessionId(session.into());
        as_text(&self.0.borrow_mut().handle_frame(session, text, &leave))
    }

    /// A session's socket is gone; returns what goes to whom, as JSON.
    pub fn closed(&self, session: u32) -> String {
        let session = SessionId(session.into());
        as_text(&self.0.borrow_mut().handle_closed(session))
    }

    /// The document as JSON; nothing before there is one.
    pub fn document(&self) -> Option<String> {
        let room = self.0.borrow();
        room.document()
            .and_then(|document| serde_json::to_string(document).ok())
    }

    /// The changes that were taken, as JSON.
    pub fn log(&self) -> String {
        let room = self.0.borrow();
        let log: Vec<_> = room.log().collect();
        serde_json::to_string(&log).unwrap_or_default()
    }
}

/// Who somebody is, within the limits of what the server takes from a token.
fn read_user(json: &str) -> Option<Tree> {
    let user = serde_json::from_str::<Option<Tree>>(json).ok()?;
    user.filter(|user| user.json_bytes() <= PRESENCE_BYTES_MAX && user.check(0).is_ok())
}

fn named(epoch: String) -> Result<Epoch, JsError> {
    Epoch::try_from(epoch).map_err(JsError::new)
}

fn as_text(said: &[Said]) -> String {
    serde_json::to_string(said).unwrap_or_default()
}
