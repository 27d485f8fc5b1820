//! The elements of one array, or the code units of one text, in two views.
//!
//! An untouched list is one span without an end, visible in both views; cutting it makes more.
//! Removed spans stay, invisible, so that a gap keeps its place among them. The spans stand in
//! chunks, and each chunk knows how much of it is visible: finding an index passes over chunks,
//! not over spans.

use super::walker::{NodeId, View};
use alloc::vec;
use alloc::vec::Vec;

/// Longer than any list: the length of an untouched one is unknown to the walker.
const ENDLESS: usize = usize::MAX >> 1;
/// Most spans of a chunk. A list of n spans is searched in about n / 32 + 32 steps.
const CHUNK_SPANS_MAX: usize = 32;

/// A run of neighbours that have shared every fate so far.
#[derive(Clone, Copy, Debug)]
struct Span {
    len: usize,
    visible: [bool; 2],
    /// The element's node, once somebody asked for it; then the run is one element long.
    node: Option<(SlotId, NodeId)>,
}

impl Span {
    /// How many elements of it each view sees.
    fn seen(&self) -> [usize; 2] {
        self.visible
            .map(|visible| if visible { self.len } else { 0 })
    }
}

/// One element's place in its list; a node that is moved gets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotId(usize);

/// On which side of invisible spans a gap lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Directly after the visible left neighbour.
    AfterLeft,
    /// Directly before the visible right neighbour.
    BeforeRight,
}

/// A gap of a list: before the element with this index in this view, on this side of whatever is
/// invisible there.
pub(super) type Gap = (usize, View, Side);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ChunkId(usize);

/// A chunk in its place, and how many elements of it each view sees.
#[derive(Clone, Copy, Debug)]
struct Entry {
    chunk: ChunkId,
    seen: [usize; 2],
}

impl Entry {
    fn gain(&mut self, [l, m]: [usize; 2]) {
        self.seen = [self.seen[0] + l, self.seen[1] + m];
    }

    fn lose(&mut self, [l, m]: [usize; 2]) {
        self.seen = [self.seen[0] - l, self.seen[1] - m];
    }
}

/// Where a span stands: the place of its chunk, and its place in there.
#[derive(Clone, Copy, Debug)]
struct At {
    entry: usize,
    span: usize,
}

/// A list in two views; without entries while nobody has asked for a part of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans {
    /// The chunks in the order of the list.
    entries: Vec<Entry>,
    /// The spans of each chunk, by its id.
    chunks: Vec<Vec<Span>>,
    /// In which chunk each slot stands.
    homes: Vec<ChunkId>,
}

impl Spans {
    /// The node of the element with this index in `view`, or else `fresh`, which it becomes; then
    /// the slot that it got. `None` when there is no such element.
    pub(super) fn node(
        &mut self,
        index: usize,
        view: View,
        fresh: NodeId,
    ) -> Option<(NodeId, Option<SlotId>)> {
        let at = self.cut((index, view, Side::BeforeRight));
        let span = self.span_mut(at)?;
        if let Some((_, node)) = span.node {
            return Some((node, None));
        }
        if span.len > 1 {
            self.split(at, 1);
        }
        // Splitting may have halved the chunk.
        let at = self.find(index, view)?.0;
        let slot = SlotId(self.homes.len());
        self.homes.push(self.entries[at.entry].chunk);
        self.span_mut(at)?.node = Some((slot, fresh));
        Some((fresh, Some(slot)))
    }

    /// Puts a run at a gap, an element if it has a node; returns how many elements view M sees
    /// before it, and the element's slot.
    pub(super) fn insert(
        &mut self,
        gap: Gap,
        len: usize,
        visible: [bool; 2],
        node: Option<NodeId>,
    ) -> (usize, SlotId) {
        let at = self.cut(gap);
        let slot = SlotId(self.homes.len());
        let node = node.map(|node| (slot, node));
        if node.is_some() {
            self.homes.push(ChunkId(0));
        }
        let at = self.put(at, Span { len, visible, node });
        (self.seen_before(at, View::M), slot)
    }

    /// How many elements view M sees before a gap.
    pub(super) fn offset(&mut self, gap: Gap) -> usize {
        let at = self.cut(gap);
        self.seen_before(at, View::M)
    }

    /// Visits the spans of `len` elements visible in `view` from `pos`, in order, with how many
    /// elements view M sees before each at the time, and its length; `visit` may hide them.
    pub(super) fn range(
        &mut self,
        pos: usize,
        len: usize,
        view: View,
        visit: &mut dyn FnMut(&mut [bool; 2], usize, usize),
    ) {
        self.cut((pos.saturating_add(len).min(ENDLESS), view, Side::AfterLeft));
        let mut at = self.cut((pos, view, Side::BeforeRight));
        let mut offset = self.seen_before(at, View::M);
        let mut left = len;
        while left > 0 {
            let Some(entry) = self.entries.get_mut(at.entry) else {
                return;
            };
            let Some(span) = self.chunks[entry.chunk.0].get_mut(at.span) else {
                at = At {
                    entry: at.entry + 1,
                    span: 0,
                };
                continue;
            };
            let before = span.seen();
            visit(&mut span.visible, offset, span.len);
            let after = span.seen();
            entry.lose(before);
            entry.gain(after);
            left = left.saturating_sub(before[view as usize]);
            offset += after[View::M as usize];
            at.span += 1;
        }
    }

    /// The index of a slot in `view`, or `None` when it is not visible there.
    pub(super) fn index_of(&self, slot: SlotId, view: View) -> Option<usize> {
        let at = self.place(slot)?;
        let span = &self.chunks[self.entries[at.entry].chunk.0][at.span];
        span.visible[view as usize].then(|| self.seen_before(at, view))
    }

    /// Takes a slot out of `view`.
    pub(super) fn hide(&mut self, slot: SlotId, view: View) {
        let Some(at) = self.place(slot) else {
            return;
        };
        let entry = &mut self.entries[at.entry];
        let span = &mut self.chunks[entry.chunk.0][at.span];
        if core::mem::replace(&mut span.visible[view as usize], false) {
            entry.seen[view as usize] -= span.len;
        }
    }

    /// Cuts so that a span begins at a gap.
    fn cut(&mut self, (index, view, side): Gap) -> At {
        if self.entries.is_empty() {
            self.entries.push(Entry {
                chunk: ChunkId(0),
                seen: [ENDLESS, ENDLESS],
            });
            self.chunks = vec![vec![Span {
                len: ENDLESS,
                visible: [true, true],
                node: None,
            }]];
        }
        let start = At { entry: 0, span: 0 };
        match side {
            Side::AfterLeft if index == 0 => start,
            Side::AfterLeft => match self.find(index - 1, view) {
                Some((at, within)) => self.split(at, within + 1),
                None => self.end(),
            },
            Side::BeforeRight => match self.find(index, view) {
                Some((at, 0)) => at,
                Some((at, within)) => self.split(at, within),
                None => self.end(),
            },
        }
    }

    /// Where the span of the element with this index in `view` stands, and the index within it.
    fn find(&self, index: usize, view: View) -> Option<(At, usize)> {
        let mut left = index;
        let entry = self.entries.iter().position(|entry| {
            let seen = entry.seen[view as usize];
            let here = left < seen;
            if !here {
                left -= seen;
            }
            here
        })?;
        let spans = &self.chunks[self.entries[entry].chunk.0];
        let span = spans.iter().position(|span| {
            let here = span.visible[view as usize] && left < span.len;
            if !here && span.visible[view as usize] {
                left -= span.len;
            }
            here
        })?;
        Some((At { entry, span }, left))
    }

    /// Splits a span after `head` of its elements; returns where the rest begins.
    fn split(&mut self, at: At, head: usize) -> At {
        let next = At {
            span: at.span + 1,
            ..at
        };
        let entry = &mut self.entries[at.entry];
        let span = &mut self.chunks[entry.chunk.0][at.span];
        let tail = Span {
            len: span.len - head,
            ..*span
        };
        if tail.len == 0 {
            return next;
        }
        span.len = head;
        entry.lose(tail.seen());
        self.put(next, tail)
    }

    /// Puts a span at a place; returns where it stands when its chunk had to be halved.
    fn put(&mut self, at: At, span: Span) -> At {
        let entry = &mut self.entries[at.entry];
        entry.gain(span.seen());
        if let Some((slot, _)) = span.node {
            self.homes[slot.0] = entry.chunk;
        }
        let spans = &mut self.chunks[entry.chunk.0];
        spans.insert(at.span, span);
        if spans.len() <= CHUNK_SPANS_MAX {
            return at;
        }
        let half = spans.len() / 2;
        let tail = spans.split_off(half);
        let chunk = ChunkId(self.chunks.len());
        let mut next = Entry {
            chunk,
            seen: [0, 0],
        };
        for span in &tail {
            next.gain(span.seen());
            if let Some((slot, _)) = span.node {
                self.homes[slot.0] = chunk;
            }
        }
        entry.lose(next.seen);
        self.entries.insert(at.entry + 1, next);
        self.chunks.push(tail);
        match at.span.checked_sub(half) {
            None => at,
            Some(span) => At {
                entry: at.entry + 1,
                span,
            },
        }
    }

    /// How many elements `view` sees before a span.
    fn seen_before(&self, at: At, view: View) -> usize {
        let entries = self.entries[..at.entry].iter();
        let before: usize = entries.map(|entry| entry.seen[view as usize]).sum();
        let chunk = self.entries.get(at.entry);
        let spans = chunk.map_or(&[][..], |entry| &self.chunks[entry.chunk.0][..at.span]);
        let visible = spans.iter().filter(|span| span.visible[view as usize]);
        before + visible.map(|span| span.len).sum::<usize>()
    }

    /// Where a slot stands.
    fn place(&self, slot: SlotId) -> Option<At> {
        let chunk = *self.homes.get(slot.0)?;
        let entry = self.entries.iter().position(|entry| entry.chunk == chunk)?;
        let spans = self.chunks[chunk.0].iter();
        let span = spans
            .into_iter()
            .position(|span| span.node.is_some_and(|(id, _)| id == slot))?;
        Some(At { entry, span })
    }

    fn span_mut(&mut self, at: At) -> Option<&mut Span> {
        let entry = self.entries.get(at.entry)?;
        self.chunks[entry.chunk.0].get_mut(at.span)
    }

    /// Behind everything.
    fn end(&self) -> At {
        let entry = self.entries.len() - 1;
        At {
            entry,
            span: self.chunks[self.entries[entry].chunk.0].len(),
        }
    }
}

#[cfg(test)]
mod tests;
