//! Phase 2: pending patches run in view L, and are written back as they read in view M.

use super::report::{Kind as Rule, Lost};
use super::spans::Side;
use super::walker::{ContentId, NodeId, Place, View, Walker};
use super::{Rebased, Run};
use crate::doc::{Kind, Value};
use crate::op::{Op, Patch, moves};
use crate::path::{Path, Token};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

const L: usize = View::L as usize;
const M: usize = View::M as usize;

/// What one operation left: operations in M, and rules for the report.
type Left<V> = (Vec<Op<V>>, Vec<Rule>);

impl<V: Value> Walker<V> {
    /// Runs the next pending patch.
    ///
    /// A strict patch of which an operation is void, or a guard finds other content, counts no
    /// more: it runs as if it had been refused (SPEC T, strict mode).
    pub fn pending(&mut self, patch: &Patch<V>, run: Run) -> Rebased<V> {
        if run == Run::Refused || !patch.is_strict() {
            return self.run(patch, run);
        }
        let before = self.clone();
        let rebased = self.run(patch, Run::Live);
        let refused = rebased.lost.iter().find(|lost| {
            let gone = lost.kind == Rule::TargetGone && matches!(patch.0[lost.op], Op::Rm(_));
            lost.kind.is_void() && !gone
        });
        let Some(refused) = refused.cloned() else {
            return rebased;
        };
        *self = before;
        let left = self.run(patch, Run::Refused);
        Rebased {
            lost: Vec::new(),
            refused: Some(refused),
            ..left
        }
    }

    fn run(&mut self, patch: &Patch<V>, run: Run) -> Rebased<V> {
        let mut rebased = Rebased {
            patch: Patch::default(),
            origin: Vec::new(),
            lost: Vec::new(),
            refused: None,
        };
        for (index, op) in patch.0.iter().enumerate() {
            // What does not even resolve in its author's view is no patch of this document.
            let void = || (Vec::new(), vec![Rule::TargetGone]);
            let (ops, rules) = self.pending_op(op, run == Run::Live).unwrap_or_else(void);
            rebased.origin.extend(ops.iter().map(|_| index));
            rebased.patch.0.extend(ops);
            if run == Run::Live {
                rebased.lost.extend(rules.into_iter().map(|kind| Lost {
                    op: index,
                    kind,
                    path: op.path().pointer(),
                }));
            }
        }
        rebased
    }

    fn pending_op(&mut self, op: &Op<V>, live: bool) -> Option<Left<V>> {
        match op {
            Op::Create(path, value) => self.create(path, value, live),
            Op::Put(path, value) => self.put(path, value, live),
            Op::Rep(path, value) => self.replace(path, value, live),
            Op::Ins(path, value) => self.insert(path, value, live),
            Op::Rm(path) => self.remove(path, live),
            Op::Move { from, to, over } => self.shift(from, to, *over, live),
            Op::Inc(path, by) => {
                let node = self.resolve(&path.0, View::L)?;
                let content = self.node(node).content;
                Some(match self.live_path(node, live) {
                    None => void(Rule::TargetGone),
                    Some(_) if !self.is_number_since(content[L], content[M]) => {
                        void(Rule::NotNumber)
                    }
                    Some(path) => emit(Op::Inc(path, *by)),
                })
            }
            Op::Test(path, value) => {
                let node = self.resolve(&path.0, View::L)?;
                let content = self.node(node).content;
                Some(match self.live_path(node, live) {
                    Some(path) if content[L] == content[M] => emit(Op::Test(path, value.clone())),
                    _ => void(Rule::GuardFailed),
                })
            }
            Op::StrIns {
                path,
                pos,
                text,
                units,
            } => {
                let (content, path) = self.text(path, live)?;
                let visible = [true, path.is_some()];
                let gap = (*pos, View::L, Side::BeforeRight);
                let (pos, _) = self.list(content).insert(gap, *units, visible, None);
                Some(match path {
                    Some(path) => emit(Op::StrIns {
                        path,
                        pos,
                        text: text.clone(),
                        units: *units,
                    }),
                    None => void(Rule::ContentReplaced),
                })
            }
            Op::StrDel { path, pos, len } => self.delete_text(path, *pos, *len, live),
        }
    }

    fn create(&mut self, path: &Path, value: &V, live: bool) -> Option<Left<V>> {
        let (parent, Token::Key(key)) = path.split()? else {
            return None;
        };
        let content = self.container(parent, View::L)?;
        let Some(place) = self.live_slot(content, key, live) else {
            let node = self.make_literal(value.kind() == Kind::Number);
            self.put_member(content, key, node, View::L);
            return Some(void(Rule::ParentGone));
        };
        let occupant = self.occupant(content, key, View::M);
        if let Some(node) = occupant
            && self.is_same_create(node, content, key, value)
        {
            self.put_member(content, key, node, View::L);
            return Some(void(Rule::Merged));
        }
        let node = self.make_literal(value.kind() == Kind::Number);
        self.put_member(content, key, node, View::L);
        self.put_member(content, key, node, View::M);
        Some(make(place, value, occupant.is_some()))
    }

    /// Whether a foreign patch made this very member with an equal literal.
    fn is_same_create(&self, node: NodeId, content: ContentId, key: &Arc<str>, value: &V) -> bool {
        let node = self.node(node);
        matches!(node.place[L], Place::Gone)
            && node.created.as_ref().is_some_and(|(at, name, literal)| {
                *at == content && name == key && literal.equals(value)
            })
    }

    fn put(&mut self, path: &Path, value: &V, live: bool) -> Option<Left<V>> {
        let node = self.resolve(&path.0, View::L)?;
        let Place::Member(content, key) = self.node(node).place[L].clone() else {
            return None;
        };
        let foreign = live && self.holds_foreign(node);
        let epoch = self.make_epoch(node, value.kind() == Kind::Number);
        self.node_mut(node).content[L] = epoch;
        if let Some(path) = self.live_path(node, live) {
            self.node_mut(node).content[M] = epoch;
            let op = match path.split() {
                Some((_, Token::Key(_))) => Op::Put(path, value.clone()),
                _ => Op::Rep(path, value.clone()),
            };
            return Some((vec![op], removed_foreign(foreign)));
        }
        let Some(place) = self.live_slot(content, &key, live) else {
            return Some(void(Rule::ParentGone));
        };
        let occupied = self.occupant(content, &key, View::M).is_some();
        self.detach(node, View::M);
        self.put_member(content, &key, node, View::M);
        self.node_mut(node).content[M] = epoch;
        Some(make(place, value, occupied))
    }

    fn replace(&mut self, path: &Path, value: &V, live: bool) -> Option<Left<V>> {
        let node = self.resolve(&path.0, View::L)?;
        let foreign = live && self.holds_foreign(node);
        let epoch = self.make_epoch(node, value.kind() == Kind::Number);
        self.node_mut(node).content[L] = epoch;
        let Some(path) = self.live_path(node, live) else {
            return Some(void(Rule::TargetGone));
        };
        self.node_mut(node).content[M] = epoch;
        Some((vec![Op::Rep(path, value.clone())], removed_foreign(foreign)))
    }

    fn insert(&mut self, path: &Path, value: &V, live: bool) -> Option<Left<V>> {
        let (parent, Token::Index(index)) = path.split()? else {
            return None;
        };
        let content = self.container(parent, View::L)?;
        let place = if live {
            self.content_path(content, View::M)
        } else {
            None
        };
        let node = self.make_literal(value.kind() == Kind::Number);
        let views = if place.is_some() {
            &[View::L, View::M][..]
        } else {
            &[View::L]
        };
        let gap = (*index, View::L, Side::BeforeRight);
        let index = self.put_element(content, gap, views, node);
        Some(match place {
            Some(mut path) => {
                path.0.push(Token::Index(index));
                emit(Op::Ins(path, value.clone()))
            }
            None => void(Rule::ParentGone),
        })
    }

    fn remove(&mut self, path: &Path, live: bool) -> Option<Left<V>> {
        let node = self.resolve(&path.0, View::L)?;
        let foreign = live && self.holds_foreign(node);
        self.detach(node, View::L);
        let Some(path) = self.live_path(node, live) else {
            return Some(void(Rule::TargetGone));
        };
        self.detach(node, View::M);
        Some((vec![Op::Rm(path)], removed_foreign(foreign)))
    }

    fn shift(&mut self, from: &Path, to: &Path, over: bool, live: bool) -> Option<Left<V>> {
        let node = self.resolve(&from.0, View::L)?;
        self.detach(node, View::L);
        let (parent, last) = to.split()?;
        let content = self.container(parent, View::L)?;
        if let (Token::Key(key), true) = (last, over) {
            // Asked for first, so that the overwritten node exists in view M.
            self.member(content, key, View::L);
        }
        let source = self.live_path(node, live);
        let rule = if source.is_none() {
            Some(Rule::TargetGone)
        } else if self.content_path(content, View::M).is_none() {
            Some(Rule::ParentGone)
        } else if self.is_within(content, node, View::M) {
            Some(Rule::Cycle)
        } else {
            None
        };
        let source = source.filter(|_| rule.is_none());
        if source.is_some() {
            self.detach(node, View::M);
            self.mark_received(content);
        }
        let mut rules: Vec<Rule> = rule.into_iter().collect();
        match last {
            Token::Key(key) => {
                self.put_member(content, key, node, View::L);
                let Some(source) = source else {
                    return Some((Vec::new(), rules));
                };
                let occupied = self.occupant(content, key, View::M).is_some();
                if occupied && !over {
                    rules.push(Rule::Overwrote);
                }
                self.put_member(content, key, node, View::M);
                let mut place = self.content_path(content, View::M)?;
                place.0.push(Token::Key(key.clone()));
                Some((moves_unless_there(source, place, occupied), rules))
            }
            Token::Index(index) => {
                let views = if source.is_some() {
                    &[View::L, View::M][..]
                } else {
                    &[View::L]
                };
                let gap = (*index, View::L, Side::BeforeRight);
                let index = self.put_element(content, gap, views, node);
                let Some(source) = source else {
                    return Some((Vec::new(), rules));
                };
                let mut place = self.content_path(content, View::M)?;
                place.0.push(Token::Index(index));
                Some((moves_unless_there(source, place, false), rules))
            }
        }
    }

    fn delete_text(&mut self, path: &Path, pos: usize, len: usize, live: bool) -> Option<Left<V>> {
        let (content, path) = self.text(path, live)?;
        let mut left: Vec<(usize, usize)> = Vec::new();
        self.list(content)
            .range(pos, len, View::L, |visible, offset, units| {
                if !core::mem::replace(&mut visible[L], false) || path.is_none() {
                    return;
                }
                if core::mem::replace(&mut visible[M], false) {
                    match left.last_mut() {
                        Some((at, len)) if *at == offset => *len += units,
                        _ => left.push((offset, units)),
                    }
                }
            });
        let Some(path) = path else {
            return Some(void(Rule::ContentReplaced));
        };
        if left.is_empty() {
            return Some(void(Rule::TargetGone));
        }
        let ops = left.into_iter();
        let ops = ops.map(|(pos, len)| Op::StrDel {
            path: path.clone(),
            pos,
            len,
        });
        Some((ops.collect(), Vec::new()))
    }

    /// The text that `path` names in L, and its path in M while it is the same text there.
    fn text(&mut self, path: &Path, live: bool) -> Option<(ContentId, Option<Path>)> {
        let node = self.resolve(&path.0, View::L)?;
        let content = self.node(node).content;
        let same = live && content[L] == content[M];
        Some((
            content[L],
            if same { self.path(node, View::M) } else { None },
        ))
    }

    fn live_path(&self, node: NodeId, live: bool) -> Option<Path> {
        if live { self.path(node, View::M) } else { None }
    }

    /// The path of a member's slot in M, while its container is the same there.
    fn live_slot(&self, content: ContentId, key: &Arc<str>, live: bool) -> Option<Path> {
        let mut path = if live {
            self.content_path(content, View::M)?
        } else {
            return None;
        };
        path.0.push(Token::Key(key.clone()));
        Some(path)
    }
}

/// A foreign move may have brought the node to the very place already.
fn moves_unless_there<V>(from: Path, to: Path, over: bool) -> Vec<Op<V>> {
    if from == to {
        Vec::new()
    } else {
        moves(from, to, over)
    }
}

fn void<V>(rule: Rule) -> Left<V> {
    (Vec::new(), vec![rule])
}

fn emit<V>(op: Op<V>) -> Left<V> {
    (vec![op], Vec::new())
}

fn removed_foreign(foreign: bool) -> Vec<Rule> {
    if foreign {
        vec![Rule::RemovedForeign]
    } else {
        Vec::new()
    }
}

/// A new node at a member's slot: whoever stands there is removed first, so that the text says
/// what happens, a new node and not a new value of the old one.
fn make<V: Clone>(place: Path, value: &V, occupied: bool) -> Left<V> {
    if occupied {
        let ops = vec![Op::Rm(place.clone()), Op::Create(place, value.clone())];
        (ops, vec![Rule::Overwrote])
    } else {
        emit(Op::Create(place, value.clone()))
    }
}
