//! Errors as they cross to JS.

use super::codec::{js_number, set};
use crate::error::{Error, ErrorCode};
use js_sys::Object;
use wasm_bindgen::JsValue;

/// An error as it crosses to JS: a code and fields; `index.js` makes the sentence.
pub(super) fn fault(code: ErrorCode, fields: &[(&str, JsValue)]) -> JsValue {
    let told = Object::new();
    set(&told, &"draftsync".into(), &JsValue::from_f64(1.0));
    set(&told, &"code".into(), &code.word().into());
    for (name, value) in fields {
        set(&told, &(*name).into(), value);
    }
    told.into()
}

pub(super) fn internal(reason: &'static str) -> JsValue {
    fault(ErrorCode::Internal, &[("reason", reason.into())])
}

pub(super) fn error_fault(error: &Error) -> JsValue {
    let number = |number: usize| js_number(number as u64);
    match error {
        Error::Patch(error) => fault(
            ErrorCode::InvalidPatch,
            &[
                ("reason", error.reason.word().into()),
                ("op", number(error.op)),
                ("path", (&*error.path).into()),
            ],
        ),
        Error::QueueFull { waiting } => {
            fault(ErrorCode::QueueFull, &[("waiting", number(*waiting))])
        }
        Error::TooLarge { bytes, .. } => fault(ErrorCode::TooLarge, &[("bytes", number(*bytes))]),
    }
}
