//! What the core asks of its host: a clock and chance. Socket and timer are in `index.js`.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/web/host.js")]
extern "C" {
    /// Milliseconds since the page began; never goes back.
    #[wasm_bindgen(js_name = now)]
    pub(super) fn now_ms() -> f64;
    /// Milliseconds since 1970, for people.
    #[wasm_bindgen(js_name = dateNow)]
    pub(super) fn date_now() -> f64;
    #[wasm_bindgen(js_name = random)]
    fn random_bits() -> u32;
}

/// 128 bits from the host.
pub(super) fn random() -> u128 {
    (0..4).fold(0, |bits, _| bits << 32 | u128::from(random_bits()))
}
