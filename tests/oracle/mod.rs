//! The id tree: what concurrent patches must come to, found by other means than the walker's.
//!
//! Every value of a document has a name that never changes, and so has every content of a value,
//! every seat in a list and every code unit of a text. A replica is a whole tree of them, the
//! dead ones included. An operation is looked up in its author's replica, as it was written, and
//! is then done to the room's tree by those names. Nothing here is clever, so that it can be
//! believed: whole trees, linear searches, and no code of `rebase`.
#![allow(dead_code)] // Each test file uses its own part of this.

mod author;
mod literal;
mod mirror;
mod room;
mod tree;
mod values;

pub(crate) use author::Author;
pub(crate) use mirror::is_sound;
pub(crate) use tree::IdTree;
