//! What must hold for all patches, and how it is tried.
#![allow(dead_code)] // Each test file uses its own part of this.

pub(crate) mod alphabet;
pub(crate) mod exhaustive;
pub(crate) mod walk;
