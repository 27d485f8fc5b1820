//! Frames to messages and back, by hand: `JSON.parse` reads, cached keys pick.
//!
//! `protocol.rs` says what the wire is; the golden frames hold this folder to it.

mod read;
mod write;

pub(super) use write::{js_client_id, js_number, js_tag, origin_word, set};

use wasm_bindgen::JsValue;

/// What is no message of this protocol.
#[derive(Clone, Copy, Debug)]
pub struct Bad;

macro_rules! keys {
    ($($name:ident = $text:literal,)*) => {
        /// Reads and writes frames, with the names in them as JS has them, made once.
        #[derive(Debug)]
        pub struct Keys { $(pub(in crate::web) $name: JsValue,)* }

        impl Default for Keys {
            fn default() -> Self {
                Self { $($name: JsValue::from_str($text),)* }
            }
        }
    };
}

keys! {
    add = "add",
    base = "base",
    changes = "changes",
    client_id = "client_id",
    code = "code",
    copy = "copy",
    epoch = "epoch",
    from = "from",
    inc = "inc",
    kind = "type",
    last_seq = "last_seq",
    len = "len",
    limits = "limits",
    lost = "lost",
    message_bytes_max = "message_bytes_max",
    mv = "move",
    op = "op",
    over = "over",
    patch = "patch",
    path = "path",
    pos = "pos",
    protocol = "protocol",
    reason = "reason",
    rejected = "rejected",
    remove = "remove",
    replace = "replace",
    results = "results",
    rule = "rule",
    seq = "seq",
    snapshot = "snapshot",
    str = "str",
    str_del = "str_del",
    str_ins = "str_ins",
    tag = "tag",
    test = "test",
    value = "value",
    version = "version",
    void = "void",
}
