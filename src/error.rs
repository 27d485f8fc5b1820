//! What can go wrong, in a closed list.
//!
//! An error crosses every boundary as a code and fields, never as prose: `index.js` makes the
//! sentence in the browser, the server's log makes its own.

use alloc::string::String;

/// Why something was refused; the same words on the wire, as close reason and in JS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The wasm could not be loaded or compiled.
    WasmLoad,
    /// The store was disposed.
    Disposed,
    /// The caller gave something that is no patch for this document.
    InvalidPatch,
    /// The room refused the change.
    Rejected,
    /// Nobody can say any more whether the change was taken.
    UnknownOutcome,
    /// No valid token.
    Unauthorized,
    /// Not allowed in this room.
    Forbidden,
    /// The other side broke the protocol.
    Protocol,
    /// The other side speaks another version of the protocol.
    ProtocolVersion,
    /// Another session took this replica's name.
    Replaced,
    /// Too many messages.
    RateLimited,
    /// Larger than the room takes.
    TooLarge,
    /// Too many changes are waiting.
    QueueFull,
    /// The reader was too slow.
    Slow,
    /// The room's storage failed, or lost the room.
    Storage,
    /// The room's storage is full.
    StorageFull,
    /// The server has no place for another room.
    Overloaded,
    /// The room cannot take this now; come again.
    Unavailable,
    /// The connection could not be made.
    Network,
    /// A fault of this library.
    Internal,
}

impl ErrorCode {
    /// Every code, in the order of the list above.
    pub const ALL: [Self; 20] = [
        Self::WasmLoad,
        Self::Disposed,
        Self::InvalidPatch,
        Self::Rejected,
        Self::UnknownOutcome,
        Self::Unauthorized,
        Self::Forbidden,
        Self::Protocol,
        Self::ProtocolVersion,
        Self::Replaced,
        Self::RateLimited,
        Self::TooLarge,
        Self::QueueFull,
        Self::Slow,
        Self::Storage,
        Self::StorageFull,
        Self::Overloaded,
        Self::Unavailable,
        Self::Network,
        Self::Internal,
    ];

    /// The word on the wire and in JS.
    pub const fn word(self) -> &'static str {
        match self {
            Self::WasmLoad => "wasm-load",
            Self::Disposed => "disposed",
            Self::InvalidPatch => "invalid-patch",
            Self::Rejected => "rejected",
            Self::UnknownOutcome => "unknown-outcome",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Protocol => "protocol",
            Self::ProtocolVersion => "protocol-version",
            Self::Replaced => "replaced",
            Self::RateLimited => "rate-limited",
            Self::TooLarge => "too-large",
            Self::QueueFull => "queue-full",
            Self::Slow => "slow",
            Self::Storage => "storage",
            Self::StorageFull => "storage-full",
            Self::Overloaded => "overloaded",
            Self::Unavailable => "unavailable",
            Self::Network => "network",
            Self::Internal => "internal",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.word() == word)
    }

    /// The WebSocket close code that carries this reason (SPEC W, close codes).
    pub const fn close_code(self) -> u16 {
        match self {
            Self::Unauthorized => 4401,
            Self::Forbidden => 4403,
            Self::ProtocolVersion => 4406,
            Self::Slow => 4408,
            Self::Replaced | Self::Unavailable => 4409,
            Self::RateLimited => 4429,
            Self::Storage | Self::StorageFull | Self::Overloaded => 4503,
            Self::TooLarge => 1009,
            _ => 4400,
        }
    }
}

/// Why one operation does not fit its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The text is no RFC 6901 pointer.
    BadPointer,
    /// The token is no index of that array.
    BadIndex,
    /// The container that the path names is not there.
    ParentMissing,
    /// There is nothing at the path.
    TargetMissing,
    /// The index lies behind the end of the array.
    OutOfRange,
    /// The value at the path is no number, or the sum would not be finite.
    NotNumber,
    /// The value at the path is no string.
    NotText,
    /// The offset lies outside the text or inside a surrogate pair.
    BadOffset,
    /// A node cannot be moved into itself.
    IntoItself,
    /// The root can only be replaced, by an object or an array.
    Root,
    /// The guard does not hold.
    TestFailed,
    /// The key `__proto__` is refused everywhere.
    ProtoKey,
    /// Deeper than the protocol allows.
    TooDeep,
    /// More operations than the protocol allows.
    TooManyOps,
    /// A key is longer than the protocol allows.
    KeyTooLong,
    /// A string is longer than the protocol allows.
    StringTooLong,
    /// Larger than a message or the document may be.
    TooLarge,
    /// The value cannot be said in JSON.
    NotJson,
}

impl Reason {
    /// The word that JS and the wire see.
    pub const fn word(self) -> &'static str {
        match self {
            Self::BadPointer => "bad-pointer",
            Self::BadIndex => "bad-index",
            Self::ParentMissing => "parent-missing",
            Self::TargetMissing => "target-missing",
            Self::OutOfRange => "out-of-range",
            Self::NotNumber => "not-number",
            Self::NotText => "not-text",
            Self::BadOffset => "bad-offset",
            Self::IntoItself => "into-itself",
            Self::Root => "root",
            Self::TestFailed => "test-failed",
            Self::ProtoKey => "proto-key",
            Self::TooDeep => "too-deep",
            Self::TooManyOps => "too-many-ops",
            Self::KeyTooLong => "key-too-long",
            Self::StringTooLong => "string-too-long",
            Self::TooLarge => "too-large",
            Self::NotJson => "not-json",
        }
    }
}

/// A patch that does not fit its document; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("operation {op} at \"{path}\" does not fit the document: {}", .reason.word())]
pub struct PatchError {
    /// Zero-based index of the first operation that failed.
    pub op: usize,
    /// The path it named, as a pointer.
    pub path: String,
    /// Why.
    pub reason: Reason,
}

/// What a call into the core answers when it changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller's patch does not fit; mend the operation it names.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// The caller is ahead of the room by more than the queue holds; wait, or connect.
    #[error("{} changes are waiting to be sent", .waiting)]
    QueueFull {
        /// How many changes wait.
        waiting: usize,
    },
    /// The change does not fit one message, or what is to be shown is too large; split it.
    #[error("this takes {bytes} bytes, and at most {bytes_max} are taken")]
    TooLarge {
        /// How many bytes it takes.
        bytes: usize,
        /// How many are taken.
        bytes_max: usize,
    },
    /// What is to be shown has more anchors than a room takes.
    #[error("there are too many anchors; a room takes 16 of one client")]
    TooManyAnchors,
}
