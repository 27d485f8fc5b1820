//! Frames to messages and back, by hand: `JSON.parse` reads, numbered names pick.
//!
//! `protocol.rs` says what the wire is; the golden frames hold this folder to it.

pub(super) mod fields;
mod read;
mod write;

pub(super) use write::{js_client_id, put_tag, put_whole, write_anchors};

/// What is no message of this protocol.
#[derive(Clone, Copy, Debug)]
pub struct Bad;

/// Reads and writes frames.
#[derive(Debug)]
pub struct Codec(());

impl Default for Codec {
    fn default() -> Self {
        fields::learn(fields::WORDS);
        Self(())
    }
}
