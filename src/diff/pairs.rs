//! What is the same thing in both documents.

use super::{Diff, Node, Twin};
use crate::doc::Value;
use crate::path::Token;
use alloc::collections::BinaryHeap;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

/// A node by the name that it is known by.
pub(super) type Named = (Arc<str>, usize);

impl<V: Value> Diff<V> {
    /// Collects what has a name and is not decided: members, and elements with an id.
    pub(super) fn collect(&self, nodes: Range<usize>, named: &mut Vec<Named>) {
        for node in nodes {
            let Node { token, value, .. } = &self.nodes[node];
            let name = match token {
                _ if !self.is_open(node) => None,
                Token::Key(key) => Some(key.clone()),
                Token::Index(_) => value.id(),
            };
            if let Some(name) = name {
                named.push((name, node));
            }
        }
    }

    /// Pairs what has a name that is there once in each document. A name that is there once in
    /// all has no twin; of any other nothing is decided.
    pub(super) fn pair(&mut self, named: Vec<Named>) {
        let named = BinaryHeap::from(named).into_sorted_vec();
        for run in named.chunk_by(|left, right| left.0 == right.0) {
            match run {
                [(_, one)] => self.nodes[*one].twin = Twin::None,
                [(_, old), (_, new)] if *old < self.split && *new >= self.split => {
                    self.link(*old, *new);
                }
                _ => {}
            }
        }
    }

    fn link(&mut self, old: usize, new: usize) {
        self.nodes[old].twin = Twin::Is(new);
        self.nodes[new].twin = Twin::Is(old);
    }

    /// Pairs the elements of an array that no id in the whole document has paired.
    pub(super) fn pair_elements(&mut self, olds: &Range<usize>, news: &Range<usize>) {
        self.pair_named(olds, news);
        let (olds, news) = (self.open_of(olds.clone()), self.open_of(news.clone()));
        let most = olds.len().min(news.len());
        let mut tail = 0;
        if olds.len() != news.len() {
            let is_same = |a: usize, b: usize| self.nodes[a].value.equals(&self.nodes[b].value);
            let mut head = 0;
            while head < most && is_same(olds[head], news[head]) {
                head += 1;
            }
            while tail < most - head
                && is_same(olds[olds.len() - 1 - tail], news[news.len() - 1 - tail])
            {
                tail += 1;
            }
        }
        for at in 0..most {
            // The common end is counted from behind.
            let (old, new) = if at < most - tail {
                (0, 0)
            } else {
                (olds.len() - most, news.len() - most)
            };
            self.link(olds[old + at], news[new + at]);
        }
    }

    /// Pairs by their names what is not decided.
    pub(super) fn pair_named(&mut self, olds: &Range<usize>, news: &Range<usize>) {
        let mut named = Vec::new();
        self.collect(olds.clone(), &mut named);
        self.collect(news.clone(), &mut named);
        self.pair(named);
    }

    fn open_of(&self, nodes: Range<usize>) -> Vec<usize> {
        nodes.filter(|node| self.is_open(*node)).collect()
    }

    fn is_open(&self, node: usize) -> bool {
        self.nodes[node].twin == Twin::Open
    }

    /// How many elements an array keeps, and the most of them whose order is the same in both
    /// documents, in that order: those stay where they are, and the others move.
    pub(super) fn longest_run(
        &self,
        olds: &Range<usize>,
        news: &Range<usize>,
    ) -> (usize, Vec<usize>) {
        // For each length of a run the smallest last element, and for each element the one before.
        let mut ends: Vec<usize> = Vec::new();
        let mut before = vec![None; olds.len()];
        let mut kept = 0;
        for kid in news.clone() {
            if let Twin::Is(twin) = self.nodes[kid].twin
                && olds.contains(&twin)
            {
                kept += 1;
                let at = ends.partition_point(|end| *end < twin);
                before[twin - olds.start] = at.checked_sub(1).map(|at| ends[at]);
                match ends.get_mut(at) {
                    Some(end) => *end = twin,
                    None => ends.push(twin),
                }
            }
        }
        let mut next = ends.pop();
        ends.clear();
        while let Some(end) = next {
            ends.push(end);
            next = before[end - olds.start];
        }
        ends.reverse();
        (kept, ends)
    }
}
