//! A host for rooms in the process of a test: the room that the server has, and a log in memory.
//!
//! [`room`] is pure and decides nothing: the state machine of `draftsync` does. `web` exports it
//! to the JavaScript of `draftsync/testing`, which has the pretended network.

pub mod room;

#[cfg(target_arch = "wasm32")]
pub mod web;
