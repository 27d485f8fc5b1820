//! What this store shows of itself, and where the anchors are.

use super::codec::fields::list;
use super::codec::write_anchors;
use super::fault::{error_fault, fault_with};
use super::store::{SyncedStore, clean};
use crate::error::ErrorCode;
use crate::hex::unhex;
use crate::protocol::ClientId;
use alloc::string::String;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl SyncedStore {
    /// Shows a value to the others, at once or with the next `showAgain`; gives the store's own
    /// copy of it. It names the anchors by their index.
    pub fn show(
        &self,
        value: &JsValue,
        anchors: &JsValue,
        at_once: bool,
    ) -> Result<JsValue, JsValue> {
        let value = clean(value, &list())?;
        let Ok(anchors) = self.0.codec.read_anchors(anchors) else {
            return Err(fault_with(ErrorCode::InvalidPatch, "bad-pointer"));
        };
        let shown = self.alive()?.client.show(value.clone(), &anchors, at_once);
        shown.map_err(|error| error_fault(&error))?;
        self.0.pump();
        Ok(value)
    }

    /// Sends what is shown as it is now.
    #[wasm_bindgen(js_name = showAgain)]
    pub fn show_again(&self) {
        self.0.state.borrow_mut().client.show_again();
        self.0.pump();
    }

    /// The anchors of another client, or of this one, as they read in the snapshot.
    pub fn anchors(&self, of: Option<String>) -> JsValue {
        let of = of.and_then(|id| unhex(&id, ClientId::DIGITS)).map(ClientId);
        write_anchors(&self.0.state.borrow_mut().client.anchors(of))
    }
}
