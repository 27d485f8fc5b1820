//! A change that the room has not answered.

use crate::apply::Applied;
use crate::doc::Value;
use crate::op::Patch;
use crate::protocol::{Offer, PatchOp, Seq, Tag, Version};
use crate::rebase::{Kind, Lost, Rebased};
use alloc::vec::Vec;

/// What became of a change that was not refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<V> {
    /// The version it took, or the head at which it was found void.
    pub version: Version,
    /// Whether changes of others came before it.
    pub rebased: bool,
    /// What could not keep its meaning.
    pub lost: Vec<LostHere>,
    /// What an undo left out, because a newer foreign write stands or its place is gone.
    pub left_out: Vec<(PatchOp<V>, Kind)>,
}

/// An operation, by its index in the change as it was written, and the rule that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostHere {
    /// Zero-based index of the operation.
    pub op: usize,
    /// The rule.
    pub kind: Kind,
}

#[derive(Debug)]
pub(super) struct Pending<V> {
    pub(super) seq: Seq,
    pub(super) tag: Tag,
    /// What it does on base and the forms before it.
    pub(super) form: Patch<V>,
    /// For each operation of `form` the index of the written one that it came from.
    pub(super) origin: Vec<usize>,
    /// The text that was pushed, without its guards, and the origins of what was pushed, once the
    /// form may read otherwise.
    pub(super) pushed: Option<(Vec<PatchOp<V>>, Vec<usize>)>,
    pub(super) lost: Vec<LostHere>,
    /// What it, as an undo, had to leave out.
    pub(super) left_out: Vec<(PatchOp<V>, Kind)>,
    /// How many foreign changes had come when it was written.
    pub(super) written_after: u64,
    /// How many operations it had when it was written.
    pub(super) written_ops: usize,
    /// Why a strict change counts no more; the room will say the same.
    pub(super) refused: Option<LostHere>,
}

impl<V: Value> Pending<V> {
    /// As it is offered to the room.
    pub(super) fn offer(&self) -> Offer<V> {
        Offer {
            seq: self.seq,
            tag: self.tag,
            patch: self.form.to_text(),
        }
    }

    /// Takes the form that a walk left.
    pub(super) fn take(&mut self, rebased: Rebased<V>, in_flight: bool) {
        let mut origin = rebased.origin;
        for op in &mut origin {
            *op = self.origin[*op];
        }
        let before = core::mem::replace(&mut self.origin, origin);
        let here = |lost: &Lost| LostHere {
            op: before.get(lost.op).copied().unwrap_or(0),
            kind: lost.kind,
        };
        self.lost.extend(rebased.lost.iter().map(here));
        if self.refused.is_none() {
            self.refused = rebased.refused.as_ref().map(here);
        }
        if in_flight && self.pushed.is_none() {
            self.pushed = Some((self.form.without_tests().to_text(), before));
        }
        self.form = rebased.patch;
    }
}

impl<V> Pending<V> {
    pub(super) fn new(seq: Seq, tag: Tag, applied: Applied<V>, written_after: u64) -> Self {
        Self {
            seq,
            tag,
            written_ops: applied.patch.0.len(),
            form: applied.patch,
            origin: applied.origin,
            pushed: None,
            lost: Vec::new(),
            left_out: Vec::new(),
            written_after,
            refused: None,
        }
    }

    /// The index, in the change as it was written, of an operation of the pushed text.
    pub(super) fn written(&self, pushed: usize) -> usize {
        let origin = self
            .pushed
            .as_ref()
            .map_or(&self.origin, |(_, origin)| origin);
        origin.get(pushed).copied().unwrap_or(0)
    }
}

/// Several walks lose operations in any order; nearly all are in place, and `sort` takes 3 kB.
pub(super) fn in_order(lost: Vec<LostHere>) -> Vec<LostHere> {
    let mut sorted: Vec<LostHere> = Vec::with_capacity(lost.len());
    for here in lost {
        let at = sorted.partition_point(|before| before.op <= here.op);
        sorted.insert(at, here);
    }
    sorted
}
