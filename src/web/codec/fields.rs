//! Members of JS objects, named by number: `fields.js` has the words.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/web/fields.js")]
extern "C" {
    pub(super) fn learn(words: &str);
    pub(super) fn fail();
    pub(super) fn failed() -> bool;
    /// Takes the text as a handle: a frame may hold a whole document, and its way into wasm and
    /// back would cost as much as the parsing.
    pub(super) fn parse(frame: &JsValue) -> JsValue;
    pub(in crate::web) fn field(object: &JsValue, name: u32) -> JsValue;
    pub(super) fn presence(object: &JsValue, name: u32) -> u32;
    pub(super) fn value(object: &JsValue, name: u32) -> JsValue;
    pub(super) fn text(object: &JsValue, name: u32) -> alloc::string::String;
    pub(super) fn word(object: &JsValue, name: u32) -> u32;
    pub(super) fn number(object: &JsValue, name: u32) -> f64;
    pub(super) fn whole(object: &JsValue, name: u32) -> f64;
    pub(super) fn flag(object: &JsValue, name: u32) -> bool;
    pub(super) fn object(object: &JsValue, name: u32) -> JsValue;
    pub(in crate::web) fn size(list: &JsValue) -> u32;
    pub(in crate::web) fn item(list: &JsValue, at: u32) -> JsValue;
    pub(super) fn entry(list: &JsValue, at: u32) -> JsValue;
    pub(super) fn index(path: &JsValue, at: u32) -> f64;
    pub(in crate::web) fn key(path: &JsValue, at: u32) -> alloc::string::String;

    pub(in crate::web) fn make() -> JsValue;
    pub(in crate::web) fn list() -> JsValue;
    pub(in crate::web) fn push(list: &JsValue, value: &JsValue);
    pub(in crate::web) fn put(object: &JsValue, name: u32, value: &JsValue);
    #[wasm_bindgen(js_name = put)]
    pub(in crate::web) fn put_text(object: &JsValue, name: u32, text: &str);
    #[wasm_bindgen(js_name = put)]
    pub(in crate::web) fn put_number(object: &JsValue, name: u32, number: f64);
    #[wasm_bindgen(js_name = put)]
    pub(in crate::web) fn put_flag(object: &JsValue, name: u32, flag: bool);
    #[wasm_bindgen(js_name = putWord)]
    pub(in crate::web) fn put_word(object: &JsValue, name: u32, word: u32);
    pub(super) fn stringify(object: &JsValue) -> JsValue;
    /// Calls a listener, which catches what it throws itself.
    pub(in crate::web) fn tell(emit: &JsValue, kind: u32, payload: &JsValue);
}

macro_rules! words {
    ($($name:ident = $word:literal,)*) => {
        /// The numbers of the words that frames and the app know.
        pub(in crate::web) mod name {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Order { $($name,)* }
            $(pub(in crate::web) const $name: u32 = Order::$name as u32;)*
        }

        /// The words themselves, in the order of their numbers.
        pub(super) const WORDS: &str = concat!($($word, " ",)*);
    };
}

words! {
    ACK = "ack",
    ADD = "add",
    ANCHORS = "anchors",
    ATTEMPT = "attempt",
    AUTH = "auth",
    AUTH_EXPIRING = "auth_expiring",
    BASE = "base",
    BYTES = "bytes",
    CHANGE = "change",
    CHANGES = "changes",
    CLIENT_ID = "client_id",
    CLOSE = "close",
    CLOSED = "closed",
    CODE = "code",
    CONNECTED = "connected",
    CONNECTING = "connecting",
    COPY = "copy",
    DATA = "data",
    DEVELOPMENT = "development",
    DRAFTSYNC = "draftsync",
    EPOCH = "epoch",
    ERROR = "error",
    FAILED = "failed",
    FROM = "from",
    GONE = "gone",
    HEARTBEAT_MS = "heartbeatMs",
    HELLO = "hello",
    HISTORY = "history",
    HIS_CLIENT_ID = "clientId",
    ID = "id",
    INC = "inc",
    INITIAL = "initial",
    KEEP = "keep",
    KIND = "type",
    LABEL = "label",
    LAST_SEQ = "last_seq",
    LEN = "len",
    LIMITS = "limits",
    LOAD = "load",
    LOCAL = "local",
    LOST = "lost",
    MAX_DELAY_MS = "maxDelayMs",
    MAX_QUEUE = "maxQueue",
    MESSAGE = "message",
    MESSAGE_BYTES_MAX = "message_bytes_max",
    MIN_DELAY_MS = "minDelayMs",
    MOVE = "move",
    NEEDS_AUTH = "needs-auth",
    NOTE = "note",
    OFFLINE = "offline",
    OP = "op",
    OPEN = "open",
    OPS = "ops",
    ORIGIN = "origin",
    OVER = "over",
    PATCH = "patch",
    PATCHES = "patches",
    PATH = "path",
    PEER = "peer",
    PENDING = "pending",
    PING = "ping",
    PONG = "pong",
    POS = "pos",
    PRESENCE = "presence",
    PROTOCOL = "protocol",
    PUSH = "push",
    READY = "ready",
    REASON = "reason",
    REBASED = "rebased",
    REDO = "redo",
    REJECTED = "rejected",
    REMOTE = "remote",
    REMOVE = "remove",
    REPLACE = "replace",
    RESULT = "result",
    RESULTS = "results",
    RETRY_AT = "retryAt",
    ROLLBACK = "rollback",
    ROOT = "root",
    RULE = "rule",
    SEED = "seed",
    SEND = "send",
    SEQ = "seq",
    SETTLED = "settled",
    SNAPSHOT = "snapshot",
    STATE = "state",
    STATUS = "status",
    STR = "str",
    STR_DEL = "str_del",
    STR_INS = "str_ins",
    SYNCED = "synced",
    TAG = "tag",
    TEST = "test",
    TEXT = "text",
    TOKEN = "token",
    UNDO = "undo",
    USER = "user",
    VALUE = "value",
    VERSION = "version",
    VOID = "void",
    WAIT = "wait",
    WAITING = "waiting",
    WELCOME = "welcome",
}
