//! What this store shows of itself, and where the anchors are.

use super::codec::fields::{list, push};
use super::codec::{js_client_id, write_anchors};
use super::fault::{error_fault, fault_with};
use super::store::{SyncedStore, clean};
use crate::error::ErrorCode;
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

    /// Whose anchors read otherwise in the snapshot than they were told here before: id and
    /// anchors, and no id for the store's own.
    #[wasm_bindgen(js_name = movedAnchors)]
    pub fn moved_anchors(&self) -> JsValue {
        let all = list();
        let client = &mut self.0.state.borrow_mut().client;
        client.tell_moved(|of, anchors| {
            let told = list();
            push(&told, &of.map_or(JsValue::NULL, js_client_id));
            push(&told, &write_anchors(anchors));
            push(&all, &told);
        });
        all
    }
}
