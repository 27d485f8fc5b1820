//! The elements of one array, or the code units of one text, in two views.
//!
//! An untouched list is one span without an end, visible in both views; cutting it makes more.
//! Removed spans stay, invisible, so that a gap keeps its place among them.

use super::walker::{NodeId, View};
use alloc::vec;
use alloc::vec::Vec;

/// Longer than any list: the length of an untouched one is unknown to the walker.
const ENDLESS: usize = usize::MAX >> 1;

/// A run of neighbours that have shared every fate so far.
#[derive(Clone, Debug)]
pub(super) struct Span {
    len: usize,
    pub(super) visible: [bool; 2],
    /// The element's node, once somebody asked for it; then the run is one element long.
    pub(super) node: Option<(SlotId, NodeId)>,
}

/// One element's place in one list; a node that is moved gets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotId(pub(super) usize);

/// On which side of invisible spans a gap lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Directly after the visible left neighbour.
    AfterLeft,
    /// Directly before the visible right neighbour.
    BeforeRight,
}

/// A list in two views.
#[derive(Clone, Debug)]
pub(super) struct Spans(Vec<Span>);

impl Spans {
    pub(super) fn new() -> Self {
        Self(vec![Span {
            len: ENDLESS,
            visible: [true, true],
            node: None,
        }])
    }

    /// Cuts so that a span begins at the gap before the `at`-th element visible in `view`.
    pub(super) fn cut(&mut self, at: usize, view: View, side: Side) -> usize {
        let mut before = 0;
        let mut after_left = 0;
        let mut index = 0;
        while let Some(span) = self.0.get_mut(index) {
            if span.visible[view as usize] {
                if before == at {
                    break;
                }
                if before + span.len > at {
                    let head = at - before;
                    let tail = Span {
                        len: span.len - head,
                        ..span.clone()
                    };
                    span.len = head;
                    self.0.insert(index + 1, tail);
                    return index + 1;
                }
                before += span.len;
                after_left = index + 1;
            }
            index += 1;
        }
        match side {
            Side::AfterLeft => after_left,
            Side::BeforeRight => index,
        }
    }

    /// The span of the `at`-th element visible in `view`, cut to that element alone.
    pub(super) fn element(&mut self, at: usize, view: View) -> Option<&mut Span> {
        let index = self.cut(at, view, Side::BeforeRight);
        let span = self.0.get_mut(index)?;
        if span.len > 1 {
            let tail = Span {
                len: span.len - 1,
                ..span.clone()
            };
            span.len = 1;
            self.0.insert(index + 1, tail);
        }
        self.0.get_mut(index)
    }

    /// Puts a run at a gap; returns where it stands among the spans.
    pub(super) fn insert(
        &mut self,
        (at, view, side): (usize, View, Side),
        len: usize,
        visible: [bool; 2],
        node: Option<(SlotId, NodeId)>,
    ) -> usize {
        let index = self.cut(at, view, side);
        self.0.insert(index, Span { len, visible, node });
        index
    }

    /// The spans of `len` elements visible in `view` from `pos`, in order with their offset in
    /// view M at the time each is reached; `visit` may hide them.
    pub(super) fn range(
        &mut self,
        pos: usize,
        len: usize,
        view: View,
        mut visit: impl FnMut(&mut Span, usize, usize),
    ) {
        let from = self.cut(pos, view, Side::BeforeRight);
        let to = self
            .cut(pos.saturating_add(len).min(ENDLESS), view, Side::AfterLeft)
            .max(from);
        let mut offset = self.offset(from);
        for span in &mut self.0[from..to] {
            let len = span.len;
            visit(span, offset, len);
            if span.visible[View::M as usize] {
                offset += len;
            }
        }
    }

    /// How many elements are visible in view M before a span.
    pub(super) fn offset(&self, index: usize) -> usize {
        let visible = self.0[..index]
            .iter()
            .filter(|span| span.visible[View::M as usize]);
        visible.map(|span| span.len).sum()
    }

    /// The index of a slot in `view`, or `None` when it is not visible there.
    pub(super) fn index_of(&self, slot: SlotId, view: View) -> Option<usize> {
        let mut before = 0;
        for span in &self.0 {
            let visible = span.visible[view as usize];
            if span.node.is_some_and(|(id, _)| id == slot) {
                return visible.then_some(before);
            }
            if visible {
                before += span.len;
            }
        }
        None
    }

    /// Takes a slot out of `view`.
    pub(super) fn hide(&mut self, slot: SlotId, view: View) {
        for span in &mut self.0 {
            if span.node.is_some_and(|(id, _)| id == slot) {
                span.visible[view as usize] = false;
            }
        }
    }
}
