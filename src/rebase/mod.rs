//! What a patch means after the patches of others: the two-view walker (SPEC part T).
//!
//! The meaning of a patch is fixed when it is written: each path is resolved to the node, list
//! gap or text span that it pointed at. This module runs foreign patches in one view, pending
//! ones in another, and writes the pending ones back as they read after the foreign ones.
//! It needs no document and knows two things of a value: deep equality, and whether it is a
//! number. Nothing of it survives a call: a form is exactly its text.

mod foreign;
mod pending;
mod report;
mod spans;
mod spot;
mod touched;
mod walker;

pub use report::{Kind, Lost};
pub use spot::{Carrier, Spot, find, written};
pub use walker::Walker;

use crate::doc::Value;
use crate::op::Patch;
use alloc::vec::Vec;

/// Whether a pending patch counts, or only shows where later ones of its author stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// It runs in both views.
    Live,
    /// It was refused: it runs in its author's view only, and leaves nothing.
    Refused,
    /// It waits for its author to undo: as `Live`, but whatever is foreign stands.
    Undo,
}

/// A pending patch as it reads after the foreign ones.
#[derive(Clone, Debug)]
pub struct Rebased<V> {
    /// The operations that are left.
    pub patch: Patch<V>,
    /// For each of them the index of the operation that it came from.
    pub origin: Vec<usize>,
    /// What could not keep its meaning.
    pub lost: Vec<Lost>,
    /// The void operation or guard for which a strict patch counts no more.
    pub refused: Option<Lost>,
    /// Whether foreign patches got in its way: it lost something, or it took with it what they
    /// wrote. An inverse of before knows nothing of that.
    pub disturbed: bool,
}

/// Rebases `pending`, in order, over `foreign`, in order; all written on one document.
pub fn rebase<'a, V: Value + 'a>(
    pending: impl IntoIterator<Item = (&'a Patch<V>, Run)>,
    foreign: impl IntoIterator<Item = &'a Patch<V>>,
) -> Vec<Rebased<V>> {
    let mut walker = Walker::new();
    for patch in foreign {
        walker.foreign(patch);
    }
    pending
        .into_iter()
        .map(|(patch, run)| walker.pending(patch, run))
        .collect()
}
