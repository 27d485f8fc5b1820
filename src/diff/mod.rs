//! Two documents → a patch that leads from one to the other, written so that identities last.
//!
//! What is the same thing in both documents is decided from the root down. Members are the same by
//! their names. Elements are the same by an id (a member `id`, `_id` or `key`) that is unique in
//! both documents, wherever they stand, or else unique in both states of one array; elements
//! without an id by place, behind a common beginning and before a common end.
//!
//! Everything that arrives somewhere is written first, from the root down, and everything that
//! goes, last: so what moves out of a container that goes is not lost. Where a thing stands
//! meanwhile the walker knows, which follows every operation as a foreign one; afterwards pending
//! patches can be rebased with it. Nothing here recurs: values stand in a table.

mod pairs;

use crate::doc::{Kind, Value};
use crate::op::{Op, Patch, push_moves};
use crate::path::{Path, Token};
use crate::protocol::CHANGE_OPS_MAX;
use crate::rebase::Walker;
use alloc::vec::Vec;
use core::ops::Range;
use pairs::Named;

/// Above this number of operations in one array it is replaced as a whole.
pub const ARRAY_OPS_MAX: usize = CHANGE_OPS_MAX;

/// The patch that leads from `old` to `new`, and a walker that has run it: what was written on
/// `old` can be rebased with it.
pub fn diff<V: Value>(old: &V, new: &V) -> (Patch<V>, Walker<V>) {
    let mut diff = Diff {
        nodes: Vec::new(),
        split: 0,
        pairs: Vec::new(),
        walker: Walker::new(),
        patch: Patch::default(),
    };
    if old != new {
        let done = diff.run(old, new);
        debug_assert!(done.is_some(), "what stands in a document has a path");
    }
    (diff.patch, diff.walker)
}

/// What a value of one document is in the other.
#[derive(Clone, Copy, PartialEq)]
enum Twin {
    /// Not decided; its place will say.
    Open,
    /// Nothing: its name or id is not there.
    None,
    Is(usize),
}

/// What becomes of a value of the old document.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// It goes with what it stands in, or alone when that stays.
    Goes,
    Stays,
    /// It stays, and it was decided what becomes of each of its children.
    Opened,
    /// It gets the value of its twin.
    Replaced(usize),
}

struct Node<V> {
    up: usize,
    token: Token,
    value: V,
    /// Its children stand together; `None` before it was looked into.
    kids: Option<Range<usize>>,
    twin: Twin,
    fate: Fate,
}

struct Diff<V> {
    /// The old document, each level before the next, and then as much of the new as is asked for.
    nodes: Vec<Node<V>>,
    /// Where the new document begins.
    split: usize,
    /// Pairs to look into, outer ones first.
    pairs: Vec<(usize, usize)>,
    walker: Walker<V>,
    patch: Patch<V>,
}

impl<V: Value> Diff<V> {
    fn run(&mut self, old: &V, new: &V) -> Option<()> {
        let mut items = Vec::new();
        self.push(0, Token::Index(0), old.clone());
        self.look_at_all(0, &mut items);
        self.split = self.nodes.len();
        self.push(self.split, Token::Index(0), new.clone());
        if !items.is_empty() {
            self.look_at_all(self.split, &mut items);
            self.pair(items);
        }
        self.pairs.push((0, self.split));
        let mut next = 0;
        while let Some((old, new)) = self.pairs.get(next).copied() {
            self.open(old, new)?;
            next += 1;
        }
        self.finish()
    }

    fn push(&mut self, up: usize, token: Token, value: V) {
        self.nodes.push(Node {
            up,
            token,
            value,
            kids: None,
            twin: Twin::Open,
            fate: Fate::Goes,
        });
    }

    /// The children of a node.
    fn kids(&mut self, node: usize) -> Range<usize> {
        if let Some(kids) = &self.nodes[node].kids {
            return kids.clone();
        }
        let first = self.nodes.len();
        for (token, value) in self.nodes[node].value.children() {
            self.push(node, token, value);
        }
        let kids = first..self.nodes.len();
        self.nodes[node].kids = Some(kids.clone());
        kids
    }

    /// Looks into everything from `node` on, and collects what has an id.
    fn look_at_all(&mut self, mut node: usize, items: &mut Vec<Named>) {
        while node < self.nodes.len() {
            let kids = self.kids(node);
            if self.nodes[node].value.kind() == Kind::Array {
                self.collect(kids, items);
            }
            node += 1;
        }
    }

    /// Writes what arrives in a pair, and goes on with the pairs inside.
    fn open(&mut self, old: usize, new: usize) -> Option<()> {
        self.nodes[old].fate = Fate::Stays;
        let (was, is) = (&self.nodes[old].value, &self.nodes[new].value);
        if was == is {
            return Some(());
        }
        match (was.kind(), is.kind()) {
            (Kind::Object, Kind::Object) => return self.members(old, new),
            (Kind::Array, Kind::Array) => return self.elements(old, new),
            (Kind::Text, Kind::Text) => {
                let (head, tail) = was.common(is);
                let len = was.length() - head - tail;
                let units = is.length() - head - tail;
                if head + tail > 0 {
                    let (pos, text) = (head, is.slice(head, units)?);
                    let path = self.trace(old)?;
                    if len > 0 {
                        let path = path.clone();
                        self.write(Op::StrDel { path, pos, len })?;
                    }
                    if units > 0 {
                        self.write(Op::StrIns {
                            path,
                            pos,
                            text,
                            units,
                        })?;
                    }
                    return Some(());
                }
            }
            _ => {}
        }
        self.nodes[old].fate = Fate::Replaced(new);
        Some(())
    }

    fn members(&mut self, old: usize, new: usize) -> Option<()> {
        self.nodes[old].fate = Fate::Opened;
        let (olds, news) = (self.kids(old), self.kids(new));
        self.pair_named(&olds, &news);
        for kid in news {
            if let Twin::Is(twin) = self.nodes[kid].twin {
                self.pairs.push((twin, kid));
                continue;
            }
            let path = self.trace(old)?;
            let Node { token, value, .. } = &self.nodes[kid];
            self.write(Op::Create(path.child(token.clone()), value.clone()))?;
        }
        Some(())
    }

    fn elements(&mut self, old: usize, new: usize) -> Option<()> {
        let (olds, mut news) = (self.kids(old), self.kids(new));
        self.pair_elements(&olds, &news);
        let (kept, stays) = self.longest_run(&olds, &news);
        if olds.len() - kept + news.len() - stays.len() > ARRAY_OPS_MAX {
            self.nodes[old].fate = Fate::Replaced(new);
            return Some(());
        }
        self.nodes[old].fate = Fate::Opened;
        let mut stays = &stays[..];
        // What arrives goes behind what stays to its left, and behind what arrived there before.
        let (mut at, mut left) = (0, None);
        while let Some(kid) = news.next() {
            if let Twin::Is(twin) = self.nodes[kid].twin {
                self.pairs.push((twin, kid));
                if let [next, rest @ ..] = stays
                    && *next == twin
                {
                    stays = rest;
                    left = Some(twin);
                    continue;
                }
            }
            if let Some(left) = left.take() {
                at = index(&self.trace(left)?)? + 1;
            }
            let list = self.trace(old)?;
            if let Twin::Is(twin) = self.nodes[kid].twin {
                let from = self.trace(twin)?;
                let to = list.child(Token::Index(at)).after_remove(&from);
                at = index(&to)? + 1;
                let written = self.patch.0.len();
                push_moves(&mut self.patch.0, from, to, false);
                for op in &self.patch.0[written..] {
                    self.walker.step(op).ok()?;
                }
                continue;
            }
            let pos = at;
            news.start = kid;
            while !news.is_empty() && !matches!(self.nodes[news.start].twin, Twin::Is(_)) {
                let value = self.nodes[news.start].value.clone();
                let path = list.clone().child(Token::Index(at));
                self.patch.0.push(Op::Ins(path, value));
                at += 1;
                news.start += 1;
            }
            // To the walker new elements are what new text is: a run at a gap.
            let run = Op::StrIns {
                path: list,
                pos,
                text: self.nodes[kid].value.clone(),
                units: at - pos,
            };
            self.walker.step(&run).ok()?;
        }
        Some(())
    }

    /// Writes what goes and what is replaced, from the end, runs of elements at once.
    fn finish(&mut self) -> Option<()> {
        let mut node = self.split;
        while node > 0 {
            node -= 1;
            let last = node;
            match self.nodes[node].fate {
                Fate::Replaced(twin) => {
                    let (path, value) = (self.trace(node)?, self.nodes[twin].value.clone());
                    self.write(Op::Rep(path, value))?;
                }
                Fate::Goes if self.nodes[self.nodes[node].up].fate == Fate::Opened => {
                    let up = self.nodes[node].up;
                    let goes = |node: &Node<V>| node.up == up && node.fate == Fate::Goes;
                    if matches!(self.nodes[node].token, Token::Key(_)) {
                        let path = self.trace(node)?;
                        self.write(Op::Rm(path))?;
                        continue;
                    }
                    while node > 0 && goes(&self.nodes[node - 1]) {
                        node -= 1;
                    }
                    let (len, first) = (last - node + 1, self.trace(node)?);
                    for _ in 0..len {
                        self.patch.0.push(Op::Rm(first.clone()));
                    }
                    let (pos, path) = (index(&first)?, self.trace(up)?);
                    self.walker.step(&Op::StrDel { path, pos, len }).ok()?;
                }
                _ => {}
            }
        }
        Some(())
    }

    /// Where something of the old document stands now.
    fn trace(&mut self, mut node: usize) -> Option<Path> {
        let mut path = Path::default();
        while node > 0 {
            path.0.push(self.nodes[node].token.clone());
            node = self.nodes[node].up;
        }
        path.0.reverse();
        self.walker.trace(&path)
    }

    fn write(&mut self, op: Op<V>) -> Option<()> {
        self.walker.step(&op).ok()?;
        self.patch.0.push(op);
        Some(())
    }
}

/// The last token of an element's path.
fn index(path: &Path) -> Option<usize> {
    match path.0.last() {
        Some(Token::Index(index)) => Some(*index),
        _ => None,
    }
}
