//! A patch that was applied: what it did, and what it grew.

use super::inverse::inverse;
use super::{Rules, step};
use crate::doc::{Before, Doc, Value};
use crate::error::Reason;
use crate::op::{Op, Patch};
use crate::path::Token;
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
        let guard = matches!(op, Op::Test(..));
        let before = if guard && !rules.judge {
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

    /// How many bytes of JSON and how many values the document has more than before, about.
    pub fn growth(&self) -> (isize, isize) {
        let size = |value: &V| (value.json_bytes() as isize, value.nodes() as isize);
        let steps = self.patch.0.iter().zip(&self.befores);
        steps.fold((0, 0), |(bytes, nodes), (op, before)| {
            let (more, less) = match op {
                Op::StrIns { text, .. } => ((text.json_bytes() as isize, 0), (0, 0)),
                Op::StrDel { len, .. } => ((0, 0), (*len as isize, 0)),
                Op::Inc(..) | Op::Test(..) => ((0, 0), (0, 0)),
                Op::Create(_, value)
                | Op::Put(_, value)
                | Op::Ins(_, value)
                | Op::Rep(_, value) => (size(value), before.as_ref().map_or((0, 0), size)),
                Op::Move { from, to, .. } if to.contains(from) => ((0, 0), (0, 0)),
                Op::Rm(_) | Op::Move { .. } => ((0, 0), before.as_ref().map_or((0, 0), size)),
            };
            let key = match op {
                Op::Create(path, _) => path.0.last().map_or(0, Token::json_bytes) as isize,
                _ => 0,
            };
            (bytes + more.0 + key - less.0, nodes + more.1 - less.1)
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

    /// The patch that takes this one back, on the document after it.
    pub fn inverse(&self) -> Patch<V> {
        let steps = self.patch.0.iter().zip(&self.befores).rev();
        Patch(
            steps
                .flat_map(|(op, before)| inverse(op, before.as_ref()))
                .collect(),
        )
    }
}
