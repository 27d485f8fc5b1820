//! Phase 2: pending patches run in view L, and are written back as they read in view M.

use super::report::{Kind as Rule, Lost};
use super::spans::Side;
use super::touched::Touched;
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
pub(super) type Left<V> = (Vec<Op<V>>, Vec<Rule>);

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
            disturbed: true,
            ..left
        }
    }

    fn run(&mut self, patch: &Patch<V>, run: Run) -> Rebased<V> {
        self.disturbed = false;
        let mut rebased = Rebased {
            patch: Patch::default(),
            origin: Vec::new(),
            lost: Vec::new(),
            refused: None,
            disturbed: false,
        };
        for (index, op) in patch.0.iter().enumerate() {
            // What does not even resolve in its author's view is no patch of this document.
            let void = || (Vec::new(), vec![Rule::TargetGone]);
            let (ops, rules) = self.pending_op(op, run).unwrap_or_else(void);
            rebased.origin.extend(ops.iter().map(|_| index));
            rebased.patch.0.extend(ops);
            if run != Run::Refused {
                rebased.lost.extend(rules.into_iter().map(|kind| Lost {
                    op: index,
                    kind,
                    path: op.path().pointer(),
                }));
            }
        }
        rebased.disturbed = self.disturbed || !rebased.lost.is_empty();
        rebased
    }

    fn pending_op(&mut self, op: &Op<V>, run: Run) -> Option<Left<V>> {
        match op {
            Op::Create(path, value) => self.create(path, value, run),
            Op::Put(path, value) => self.put(path, value, run),
            Op::Rep(path, value) => self.replace(path, value, run),
            Op::Ins(path, value) => self.insert(path, value, run),
            Op::Rm(path) => self.remove(path, run),
            Op::Move { from, to, over } => self.shift(from, to, *over, run),
            Op::Inc(path, by) => {
                let node = self.resolve(&path.0, View::L)?;
                let content = self.node(node).content;
                Some(match self.live_path(node, run) {
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
                Some(match self.live_path(node, run) {
                    Some(path) if content[L] == content[M] => emit(Op::Test(path, value.clone())),
                    _ => void(Rule::GuardFailed),
                })
            }
            Op::StrIns {
                path,
                pos,
                text,
                units,
            } => self.insert_text(path, *pos, (text, *units), run),
            Op::StrDel { path, pos, len } => self.delete_text(path, *pos, *len, run),
        }
    }

    fn create(&mut self, path: &Path, value: &V, run: Run) -> Option<Left<V>> {
        let (parent, Token::Key(key)) = path.split()? else {
            return None;
        };
        let content = self.container(parent, View::L)?;
        let place = self.live_slot(content, key, run);
        let occupant = self.occupant(content, key, View::M);
        if place.is_some()
            && run == Run::Live
            && let Some(node) = occupant
            && self.is_same_create(node, content, key, value)
        {
            self.put_member(content, key, node, View::L);
            return Some(void(Rule::Merged));
        }
        let node = self.make_literal(value.kind() == Kind::Number);
        self.put_member(content, key, node, View::L);
        let Some(place) = place else {
            return Some(void(Rule::ParentGone));
        };
        if occupant.is_some() && run == Run::Undo {
            return Some(void(Rule::Superseded));
        }
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

    fn put(&mut self, path: &Path, value: &V, run: Run) -> Option<Left<V>> {
        let node = self.resolve(&path.0, View::L)?;
        let Place::Member(content, key) = self.node(node).place[L].clone() else {
            return None;
        };
        let (run, rules) = self.overwriting(node, run);
        let epoch = self.make_epoch(node, value.kind() == Kind::Number);
        self.node_mut(node).content[L] = epoch;
        if let Some(path) = self.live_path(node, run) {
            self.node_mut(node).content[M] = epoch;
            let op = match path.split() {
                Some((_, Token::Key(_))) => Op::Put(path, value.clone()),
                _ => Op::Rep(path, value.clone()),
            };
            return Some((vec![op], rules));
        }
        let Some(place) = self.live_slot(content, &key, run) else {
            return Some(or_void(rules, Rule::ParentGone));
        };
        let occupied = self.occupant(content, &key, View::M).is_some();
        self.detach(node, View::M);
        self.put_member(content, &key, node, View::M);
        self.node_mut(node).content[M] = epoch;
        Some(make(place, value, occupied))
    }

    fn replace(&mut self, path: &Path, value: &V, run: Run) -> Option<Left<V>> {
        let node = self.resolve(&path.0, View::L)?;
        let (run, rules) = self.overwriting(node, run);
        let value = match value.as_number() {
            // What others have added since stays added.
            Some(number) if run == Run::Undo => match number + self.added(node) {
                sum if sum.is_finite() && sum != number => V::number(sum),
                _ => value.clone(),
            },
            _ => value.clone(),
        };
        let epoch = self.make_epoch(node, value.kind() == Kind::Number);
        self.node_mut(node).content[L] = epoch;
        let Some(path) = self.live_path(node, run) else {
            return Some(or_void(rules, Rule::TargetGone));
        };
        self.node_mut(node).content[M] = epoch;
        Some((vec![Op::Rep(path, value)], rules))
    }

    fn insert(&mut self, path: &Path, value: &V, run: Run) -> Option<Left<V>> {
        let (parent, Token::Index(index)) = path.split()? else {
            return None;
        };
        let content = self.container(parent, View::L)?;
        let place = if run == Run::Refused {
            None
        } else {
            self.content_path(content, View::M)
        };
        let node = self.make_literal(value.kind() == Kind::Number);
        let gap = (*index, View::L, Side::BeforeRight);
        let index = self.put_element(content, gap, views(place.is_some()), node);
        Some(match place {
            Some(mut path) => {
                path.0.push(Token::Index(index));
                emit(Op::Ins(path, value.clone()))
            }
            None => void(Rule::ParentGone),
        })
    }

    fn remove(&mut self, path: &Path, run: Run) -> Option<Left<V>> {
        let node = self.resolve(&path.0, View::L)?;
        let (run, rules) = self.overwriting(node, run);
        self.detach(node, View::L);
        let Some(path) = self.live_path(node, run) else {
            return Some(or_void(rules, Rule::TargetGone));
        };
        self.detach(node, View::M);
        Some((vec![Op::Rm(path)], rules))
    }

    /// How an operation runs that ends what stands at `node`, and what its author is told.
    fn overwriting(&mut self, node: NodeId, run: Run) -> (Run, Vec<Rule>) {
        if run == Run::Refused {
            return (run, Vec::new());
        }
        let foreign = self.holds_foreign(node);
        if run == Run::Undo && (foreign || self.is_rewritten(node)) {
            return (Run::Refused, vec![Rule::Superseded]);
        }
        self.disturbed |= self.holds_writes(node);
        let rules = if foreign {
            vec![Rule::RemovedForeign]
        } else {
            Vec::new()
        };
        (run, rules)
    }

    fn shift(&mut self, from: &Path, to: &Path, over: bool, run: Run) -> Option<Left<V>> {
        let node = self.resolve(&from.0, View::L)?;
        self.detach(node, View::L);
        let (parent, last) = to.split()?;
        let content = self.container(parent, View::L)?;
        if let (Token::Key(key), true) = (last, over) {
            // Asked for first, so that the overwritten node exists in view M.
            self.member(content, key, View::L);
        }
        let occupied = match last {
            Token::Key(key) => self.occupant(content, key, View::M).is_some(),
            Token::Index(_) => false,
        };
        let superseded = run == Run::Undo && (self.node(node).moved || (occupied && !over));
        let source = self.live_path(node, run);
        let rule = if source.is_none() {
            Some(Rule::TargetGone)
        } else if self.content_path(content, View::M).is_none() {
            Some(Rule::ParentGone)
        } else if self.is_within(content, node, View::M) {
            Some(Rule::Cycle)
        } else if superseded {
            Some(Rule::Superseded)
        } else {
            None
        };
        let source = source.filter(|_| rule.is_none());
        if source.is_some() {
            self.detach(node, View::M);
            self.touch(content, Touched::Received);
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
                let gap = (*index, View::L, Side::BeforeRight);
                let index = self.put_element(content, gap, views(source.is_some()), node);
                let Some(source) = source else {
                    return Some((Vec::new(), rules));
                };
                let mut place = self.content_path(content, View::M)?;
                place.0.push(Token::Index(index));
                Some((moves_unless_there(source, place, false), rules))
            }
        }
    }

    pub(super) fn live_path(&self, node: NodeId, run: Run) -> Option<Path> {
        if run == Run::Refused {
            return None;
        }
        self.path(node, View::M)
    }

    /// The path of a member's slot in M, while its container is the same there.
    fn live_slot(&self, content: ContentId, key: &Arc<str>, run: Run) -> Option<Path> {
        if run == Run::Refused {
            return None;
        }
        let mut path = self.content_path(content, View::M)?;
        path.0.push(Token::Key(key.clone()));
        Some(path)
    }
}

/// In which views something is put that is alive in M or not.
fn views(alive: bool) -> &'static [View] {
    if alive {
        &[View::L, View::M]
    } else {
        &[View::L]
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

pub(super) fn void<V>(rule: Rule) -> Left<V> {
    (Vec::new(), vec![rule])
}

pub(super) fn emit<V>(op: Op<V>) -> Left<V> {
    (vec![op], Vec::new())
}

/// Nothing is left: for the rules that say so already, or for this one.
fn or_void<V>(rules: Vec<Rule>, rule: Rule) -> Left<V> {
    if rules.is_empty() {
        void(rule)
    } else {
        (Vec::new(), rules)
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
