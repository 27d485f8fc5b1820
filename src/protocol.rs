//! The wire: messages, limits and the protocol's version. Types only (SPEC part W).
//!
//! Every message is one JSON text frame, tagged by `type`. These serde types are its only native
//! definition; the browser's codec is held to them by one set of golden frames.
//!
//! History of `PROTOCOL_VERSION`:
//! - 1: the first.

mod names;

pub use names::{ClientId, Epoch, Seq, Tag, Version};

use crate::frame;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The version of the protocol that this build speaks.
pub const PROTOCOL_VERSION: u32 = 1;
/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "draftsync.v1";
/// Largest message from a client, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// Most operations in one change.
pub const CHANGE_OPS_MAX: usize = 20_000;
/// Deepest nesting of a document, the root being 1; a path and its value count together.
pub const DEPTH_MAX: usize = 64;
/// Longest key, in UTF-16 code units.
pub const KEY_UNITS_MAX: usize = 1_024;
/// Longest string, in UTF-16 code units.
pub const STRING_UNITS_MAX: usize = 524_288;
/// Most changes in one push.
pub const PUSH_CHANGES_MAX: usize = 256;
/// Largest presence value, in bytes of JSON, by an estimate that is never too low.
pub const PRESENCE_BYTES_MAX: usize = 1_024;
/// Most anchors of one presence.
pub const PRESENCE_ANCHORS_MAX: usize = 16;
/// Most bytes of JSON that the anchors' pointers have together, by the same estimate.
pub const PRESENCE_POINTERS_BYTES_MAX: usize = 4_096;
/// Largest whole number that both sides hold exactly.
pub const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;

/// One operation as it is written: RFC 6902 with pointers, and the three extensions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum PatchOp<V> {
    /// Makes or sets a member, inserts an element, or replaces the root.
    Add {
        /// Where.
        path: String,
        /// What.
        value: V,
    },
    /// Replaces what is there.
    Replace {
        /// Where.
        path: String,
        /// What.
        value: V,
    },
    /// Removes what is there.
    Remove {
        /// Where.
        path: String,
    },
    /// Moves what stands at `from` to `path`, read after the removal.
    Move {
        /// From where.
        from: String,
        /// Where to.
        path: String,
    },
    /// Adds a copy of what stands at `from`.
    Copy {
        /// From where.
        from: String,
        /// Where to.
        path: String,
    },
    /// Holds when the value at `path` equals `value`.
    Test {
        /// Where.
        path: String,
        /// What is expected.
        value: V,
    },
    /// Adds to a number.
    Inc {
        /// Where.
        path: String,
        /// How much; finite.
        #[serde(
            serialize_with = "frame::write_number",
            deserialize_with = "frame::read_number"
        )]
        inc: f64,
    },
    /// Inserts into a text.
    StrIns {
        /// The text.
        path: String,
        /// Offset in UTF-16 code units.
        pos: usize,
        /// What is inserted, a string.
        str: V,
    },
    /// Deletes from a text.
    StrDel {
        /// The text.
        path: String,
        /// Offset in UTF-16 code units.
        pos: usize,
        /// Length in UTF-16 code units.
        len: usize,
    },
}

impl<V> PatchOp<V> {
    /// The pointer in `path`.
    pub fn path(&self) -> &str {
        match self {
            Self::Add { path, .. }
            | Self::Replace { path, .. }
            | Self::Remove { path }
            | Self::Move { path, .. }
            | Self::Copy { path, .. }
            | Self::Test { path, .. }
            | Self::Inc { path, .. }
            | Self::StrIns { path, .. }
            | Self::StrDel { path, .. } => path,
        }
    }
}

/// A change as a client offers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "V: Deserialize<'de>"))]
pub struct Offer<V> {
    /// The client's counter.
    pub seq: Seq,
    /// The change's own name.
    pub tag: Tag,
    /// What it does, written on the push's base and the changes before it in the push.
    #[serde(deserialize_with = "frame::objects")]
    pub patch: Vec<PatchOp<V>>,
}

/// A change as the room took it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "V: Deserialize<'de>"))]
pub struct Change<V> {
    /// The version that it made.
    pub version: Version,
    /// Who.
    pub client_id: ClientId,
    /// The author's counter; 0 for a seed.
    pub seq: Seq,
    /// The change's own name; a seed has none.
    pub tag: Option<Tag>,
    /// What it does to the document at `version` − 1.
    #[serde(deserialize_with = "frame::objects")]
    pub patch: Vec<PatchOp<V>>,
}

/// One operation that could not keep its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LostOp {
    /// Zero-based index in the pushed patch.
    pub op: usize,
    /// Which rule decided, a kind of SPEC part T.
    pub reason: String,
    /// The path that the operation named, as a pointer.
    pub path: String,
}

/// Why a change was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// An error code.
    pub code: String,
    /// Zero-based index in the pushed patch of the operation that failed.
    pub op: usize,
    /// The rule or reason.
    pub rule: String,
}

/// The room's answer to one offered change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "V: Deserialize<'de>"))]
pub struct Verdict<V> {
    /// Which change.
    pub seq: Seq,
    /// Its name.
    pub tag: Tag,
    /// The version it took, or the head at which it was decided.
    pub version: Version,
    /// What was taken, when it is not the text that was pushed.
    #[serde(
        default = "none",
        deserialize_with = "frame::some_objects",
        skip_serializing_if = "Option::is_none"
    )]
    pub patch: Option<Vec<PatchOp<V>>>,
    /// Nothing of it was left.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub void: bool,
    /// It was refused.
    #[serde(
        default,
        deserialize_with = "frame::some_refusal",
        skip_serializing_if = "Option::is_none"
    )]
    pub rejected: Option<Refusal>,
    /// Operations that could not keep their meaning.
    #[serde(
        default,
        deserialize_with = "frame::objects",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub lost: Vec<LostOp>,
}

/// What a room tells a client to keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest message from the client, in bytes.
    pub message_bytes_max: usize,
}

/// How a room brings a client up to date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[serde(bound(deserialize = "V: Deserialize<'de>"))]
pub enum CatchUp<V> {
    /// The changes since the client's version.
    #[serde(deserialize_with = "frame::objects")]
    Changes(Vec<Change<V>>),
    /// The whole document.
    Snapshot(V),
}

/// The first message of a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "V: Deserialize<'de>"))]
pub struct Welcome<V> {
    /// The room's version after the catch-up.
    pub version: Version,
    /// The room's history.
    pub epoch: Epoch,
    /// The last seq of this client that was decided; 0 when none was.
    pub last_seq: Seq,
    /// The answers that the client has not acknowledged having seen.
    #[serde(deserialize_with = "frame::objects")]
    pub results: Vec<Verdict<V>>,
    /// Changes or a snapshot.
    #[serde(flatten)]
    pub catch_up: CatchUp<V>,
    /// What the client keeps to.
    #[serde(deserialize_with = "frame::object")]
    pub limits: Limits,
}

/// A place in a document: something that stands there, or an offset in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// What stands there.
    pub path: String,
    /// Offset in UTF-16 code units, if it is one in a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pos: Option<usize>,
}

/// What a client says to its room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[serde(bound(deserialize = "V: Deserialize<'de>"))]
pub enum ToRoom<V> {
    /// The first message: who, and what is known already.
    Hello {
        /// The protocol's version.
        protocol: u32,
        /// The replica.
        client_id: ClientId,
        /// The history that the replica's base belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<Epoch>,
        /// The version of the replica's base.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<Version>,
        /// Credentials.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// Whether the client knows presence, and wants to hear of it.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        presence: bool,
    },
    /// The content for a room that nobody has written to.
    Seed {
        /// An object or an array.
        value: V,
    },
    /// Changes for the room to take, in order.
    Push {
        /// The version that the first of them was written on.
        base: Version,
        /// At least one.
        #[serde(deserialize_with = "frame::objects")]
        changes: Vec<Offer<V>>,
    },
    /// A sign of life.
    Ping {
        /// The version of the replica's base.
        version: Version,
    },
    /// A newer token, before the one before it is no longer good.
    Auth {
        /// Credentials.
        token: String,
    },
    /// What the others shall see of this client, in the place of what they saw before.
    Presence {
        /// The version of the document in which the anchors are read.
        version: Version,
        /// Anything; neither room nor client looks into it.
        value: V,
        /// Places that the value names by their index; null for one that is gone.
        #[serde(
            default,
            deserialize_with = "frame::objects_or_null",
            skip_serializing_if = "Vec::is_empty"
        )]
        anchors: Vec<Option<Anchor>>,
    },
}

/// What a room says to a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[serde(bound(deserialize = "V: Deserialize<'de>"))]
pub enum ToClient<V> {
    /// The answer to `hello`.
    Welcome(Welcome<V>),
    /// A change of somebody else, or the seed.
    Change(Change<V>),
    /// The answers to a push, at their place in the order.
    Ack {
        /// One for each change of the push.
        #[serde(deserialize_with = "frame::objects")]
        results: Vec<Verdict<V>>,
    },
    /// The answer to `ping`.
    Pong,
    /// The client's token is soon no longer good: it sends a newer one by `auth`.
    AuthExpiring,
    /// What another client shows of itself, in the place of what it showed before.
    Presence {
        /// Who.
        client_id: ClientId,
        /// The version of the document in which the anchors are read.
        version: Version,
        /// Who is behind it, as their token says.
        #[serde(default = "none", skip_serializing_if = "Option::is_none")]
        user: Option<V>,
        /// As the other client sent it.
        value: V,
        /// Places that the value names by their index; null for one that is gone.
        #[serde(
            default,
            deserialize_with = "frame::objects_or_null",
            skip_serializing_if = "Vec::is_empty"
        )]
        anchors: Vec<Option<Anchor>>,
    },
    /// Another client shows nothing of itself any more.
    Gone {
        /// Who.
        client_id: ClientId,
    },
    /// Something went wrong; the connection closes unless the code says otherwise.
    Error {
        /// An error code.
        code: String,
        /// For a person.
        message: String,
    },
}

fn none<T>() -> Option<T> {
    None
}
