//! A patch that was applied: what it did, and what it grew.

use super::inverse::push_inverse;
use super::{Rules, step, sum};
use crate::doc::{Before, Doc, Value};
use crate::error::Reason;
use crate::op::{Op, Patch};
use crate::path::{Path, Token};
use alloc::vec::Vec;

/// A patch that was applied, with what is needed to take it back.
#[derive(Clone, Debug)]
pub struct Applied<V> {
    /// The patch, typed.
    pub patch: Patch<V>,
    /// For each operation the index of the written one that it came from.
    pub origin: Vec<usize>,
    befores: Vec<Before<V>>,
}

impl<V> Applied<V> {
    pub(super) fn new() -> Self {
        Self {
            patch: Patch::default(),
            origin: Vec::new(),
            befores: Vec::new(),
        }
    }

    /// A patch that somebody else applied and typed; it has no inverse.
    pub fn recorded(patch: Patch<V>) -> Self {
        let origin = (0..patch.0.len()).collect();
        Self {
            patch,
            origin,
            befores: Vec::new(),
        }
    }

    /// Whether it is such a patch, without an inverse.
    pub fn is_recorded(&self) -> bool {
        self.befores.len() < self.patch.0.len()
    }
}

impl<V: Value> Applied<V> {
    /// Applies one operation and remembers it.
    pub(super) fn take<D: Doc<Value = V>>(
        &mut self,
        doc: &mut D,
        op: Op<V>,
        written: usize,
        rules: &Rules<D>,
    ) -> Result<(), Reason> {
        let depends = match &op {
            Op::Test(..) => true,
            Op::Inc(path, by) => sum(doc, path, *by)?.is_none(),
            _ => false,
        };
        let before = if depends && !rules.judge {
            None
        } else {
            step(doc, &op)?
        };
        self.patch.0.push(op);
        self.origin.push(written);
        self.befores.push(before);
        self.patch
            .0
            .last()
            .map_or(Ok(()), |op| (rules.inspect)(doc, op))
    }

    /// How many bytes of JSON, and how many values, the document has more than before.
    ///
    /// By the counts of [`Value::json_bytes`] and [`Value::nodes`] this is exact, so that nothing
    /// adds up over many patches; only a move onto what held the node is counted too high.
    pub fn growth(&self) -> (isize, isize) {
        let size = |value: &V| (value.json_bytes() as isize, value.nodes() as isize);
        let text = |value: &V| value.json_bytes() as isize - "\"\"".len() as isize;
        let slot = |path: &Path| path.0.last().map_or(0, Token::slot_bytes) as isize;
        let steps = self.patch.0.iter().zip(&self.befores);
        steps.fold((0, 0), |(bytes, nodes), (op, before)| {
            let old = before.as_ref().map_or((0, 0), size);
            let (more, less) = match op {
                Op::Inc(..) | Op::Test(..) => ((0, 0), (0, 0)),
                Op::StrIns { text: new, .. } => ((text(new), 0), (0, 0)),
                Op::StrDel { pos, len, .. } => {
                    let cut = before.as_ref().and_then(|old| old.slice(*pos, *len));
                    ((0, 0), (cut.as_ref().map_or(0, text), 0))
                }
                Op::Put(_, value) | Op::Rep(_, value) => (size(value), old),
                Op::Create(path, value) | Op::Ins(path, value) => {
                    let (bytes, nodes) = size(value);
                    ((bytes + slot(path), nodes), (0, 0))
                }
                Op::Rm(path) => ((0, 0), (old.0 + slot(path), old.1)),
                Op::Move { from, to, .. } if to.contains(from) => ((0, 0), (0, 0)),
                // One that overwrites finds the member's name there already.
                Op::Move {
                    from, over: true, ..
                } => ((0, 0), (old.0 + slot(from), old.1)),
                Op::Move { from, to, .. } => ((slot(to), 0), (slot(from), 0)),
            };
            (bytes + more.0 - less.0, nodes + more.1 - less.1)
        })
    }

    /// The same without guards, which have done their work.
    pub fn without_tests(mut self) -> Self {
        if self.patch.is_strict() {
            let kept: Vec<bool> = self
                .patch
                .0
                .iter()
                .map(|op| !matches!(op, Op::Test(..)))
                .collect();
            let mut keep = kept.iter();
            self.patch.0.retain(|_| *keep.next().unwrap_or(&true));
            let mut keep = kept.iter();
            self.origin.retain(|_| *keep.next().unwrap_or(&true));
            let mut keep = kept.iter();
            self.befores.retain(|_| *keep.next().unwrap_or(&true));
        }
        self
    }

    /// Which of the `ops` operations of the patch it came from were left out.
    pub fn left_out(&self, ops: usize) -> Vec<usize> {
        let mut kept = &self.origin[..];
        let mut left_out = Vec::new();
        for op in 0..ops {
            match kept {
                [first, rest @ ..] if *first == op => kept = rest,
                _ => left_out.push(op),
            }
        }
        left_out
    }

    /// The patch that takes this one back, on the document after it.
    pub fn inverse(&self) -> Patch<V> {
        let mut back = Patch::default();
        for (op, before) in self.patch.0.iter().zip(&self.befores).rev() {
            push_inverse(op, before.as_ref(), &mut back.0);
        }
        back
    }
}
