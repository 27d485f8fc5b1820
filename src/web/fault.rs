//! Errors as they cross to JS: a code and fields; `index.js` makes the sentence.

use super::codec::fields::{make, name, put_number, put_text};
use super::codec::put_whole;
use crate::error::{Error, ErrorCode};
use wasm_bindgen::JsValue;

pub(super) fn fault(code: ErrorCode) -> JsValue {
    let told = make();
    put_number(&told, name::DRAFTSYNC, 1.0);
    put_text(&told, name::CODE, code.word());
    told
}

pub(super) fn fault_with(code: ErrorCode, reason: &str) -> JsValue {
    let told = fault(code);
    put_text(&told, name::REASON, reason);
    told
}

pub(super) fn error_fault(error: &Error) -> JsValue {
    match error {
        Error::Patch(error) => {
            let told = fault_with(ErrorCode::InvalidPatch, error.reason.word());
            put_whole(&told, name::OP, error.op as u64);
            put_text(&told, name::PATH, &error.path);
            told
        }
        Error::QueueFull { waiting } => {
            let told = fault(ErrorCode::QueueFull);
            put_whole(&told, name::WAITING, *waiting as u64);
            told
        }
        Error::TooLarge { bytes, .. } => too_large(*bytes),
        Error::TooManyAnchors => fault_with(ErrorCode::TooLarge, "too-many-anchors"),
    }
}

pub(super) fn too_large(bytes: usize) -> JsValue {
    let told = fault(ErrorCode::TooLarge);
    put_whole(&told, name::BYTES, bytes as u64);
    told
}
