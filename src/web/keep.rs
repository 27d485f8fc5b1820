//! What outlives the page: the part of the exported class that the journal is for.

use super::codec::Bad;
use super::codec::fields::{item, list, push, size};
use super::fault::fault_with;
use super::store::{SyncedStore, told};
use crate::client::Corrupt;
use crate::error::ErrorCode;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl SyncedStore {
    /// From here on tells what has to be kept.
    #[wasm_bindgen(js_name = keepJournal)]
    pub fn keep_journal(&self) {
        self.0.state.borrow_mut().client.keep_journal();
        self.0.pump();
    }

    /// Wants to be told the whole state again, for the journal has grown long.
    #[wasm_bindgen(js_name = saveSoon)]
    pub fn save_soon(&self) {
        self.0.state.borrow_mut().client.save_soon();
    }

    /// Becomes the replica that was kept, or one like it, and returns the changes that wait.
    pub fn restore(
        &self,
        saved: &JsValue,
        journal: &JsValue,
        mine: bool,
    ) -> Result<JsValue, JsValue> {
        let corrupt = || fault_with(ErrorCode::Storage, "corrupt");
        let codec = &self.0.codec;
        let saved = codec.read_saved(saved).map_err(|Bad| corrupt())?;
        let entries = (0..size(journal)).map(|at| {
            let entry = codec.read_entry(&item(journal, at));
            entry.map_err(|Bad| Corrupt)
        });
        let mut state = self.alive()?;
        let restored = state.client.restore(saved, entries, mine);
        restored.map_err(|Corrupt| corrupt())?;
        let waiting = list();
        for change in state.client.offers() {
            let patches = codec.write_patch(&change.patch);
            push(&waiting, &told(change.seq, change.tag, &patches));
        }
        drop(state);
        self.0.pump();
        Ok(waiting)
    }
}
