//! Phase 2: pending patches run in view L, and are written back as they read in view M.

use super::report::{Kind as Rule, Lost};
use super::spans::Side;
use super::touched::Touched;
use super::walker::{ContentId, MemberId, NodeId, Place, View, Walker};
use super::{Rebased, Run};
use crate::doc::Value;
use crate::op::{Op, Patch, push_moves};
use crate::path::{Path, Token};
use alloc::sync::Arc;
use alloc::vec::Vec;

const L: usize = View::L as usize;
const M: usize = View::M as usize;

/// What the author of an operation is told, if anything.
type Told = Result<(), Rule>;

/// Where an operation goes.
struct Way<'a, V> {
    /// Whether it counts; otherwise it runs in L alone and leaves nothing.
    live: bool,
    /// Whether whatever is foreign stands.
    undo: bool,
    /// What is left of its patch in M.
    left: &'a mut Vec<Op<V>>,
}

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
        let Some(refused) = refused.copied() else {
            return rebased;
        };
        *self = before;
        let mut rebased = self.run(patch, Run::Refused);
        rebased.refused = Some(refused);
        rebased.disturbed = true;
        rebased
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
        for (op, written) in patch.0.iter().enumerate() {
            let left = &mut rebased.patch.0;
            let undo = run == Run::Undo;
            let instead = undo && is_instead_of_lost(&patch.0[..=op], &rebased.lost);
            let live = run != Run::Refused && !instead;
            let told = self.pending_op(written, &mut Way { live, undo, left });
            rebased.origin.resize(rebased.patch.0.len(), op);
            match told {
                _ if instead => rebased.lost.push(Lost {
                    op,
                    kind: Rule::Superseded,
                }),
                Err(kind) if live => rebased.lost.push(Lost { op, kind }),
                _ => {}
            }
        }
        rebased.disturbed = self.disturbed || !rebased.lost.is_empty();
        rebased
    }

    fn pending_op(&mut self, op: &Op<V>, way: &mut Way<'_, V>) -> Told {
        match op {
            Op::Create(path, value) => self.create(path, value, way),
            Op::Put(path, value) => self.set(path, value, true, way),
            Op::Rep(path, value) => self.set(path, value, false, way),
            Op::Ins(path, value) => self.insert(path, value, way),
            Op::Rm(path) => self.remove(path, way),
            Op::Move { from, to, over } => self.shift(from, to, *over, way),
            Op::Inc(path, by) => {
                let node = self.resolve(&path.0, View::L)?;
                let path = self.live_path(node, way).ok_or(Rule::TargetGone)?;
                let content = self.node(node).content;
                if !self.is_number_since(content[L], content[M]) {
                    return Err(Rule::NotNumber);
                }
                way.left.push(Op::Inc(path, *by));
                Ok(())
            }
            Op::Test(path, value) => {
                let (_, path) = self.same_content(path, way)?;
                let path = path.ok_or(Rule::GuardFailed)?;
                way.left.push(Op::Test(path, value.clone()));
                Ok(())
            }
            Op::StrIns {
                path,
                pos,
                text,
                units,
            } => {
                let (content, path) = self.same_content(path, way)?;
                let visible = [true, path.is_some()];
                let gap = (*pos, View::L, Side::BeforeRight);
                let (pos, _) = self.list(content).insert(gap, *units, visible, None);
                way.left.push(Op::StrIns {
                    path: path.ok_or(Rule::ContentReplaced)?,
                    pos,
                    text: text.clone(),
                    units: *units,
                });
                Ok(())
            }
            Op::StrDel { path, pos, len } => self.delete_text(path, *pos, *len, way),
        }
    }

    fn create(&mut self, path: &Path, value: &V, way: &mut Way<'_, V>) -> Told {
        let (content, Token::Key(key)) = self.slot(path, View::L)? else {
            return Err(Rule::TargetGone);
        };
        let place = self.live_slot(content, key, way);
        let member = self.member_at(content, key);
        let occupant = self.occupant(content, key, View::M);
        if let (Some(_), Some(node), false) = (&place, occupant, way.undo)
            && self.is_same_create(node, member, value)
        {
            self.put_member(content, key, node, View::L);
            return Err(Rule::Merged);
        }
        let node = self.make_literal(value);
        self.put_member(content, key, node, View::L);
        let place = place.ok_or(Rule::ParentGone)?;
        if way.undo && occupant.is_some() {
            return Err(Rule::Superseded);
        }
        self.put_member(content, key, node, View::M);
        make(place, value, occupant.is_some(), way.left)
    }

    /// Whether a foreign patch made this very member with an equal literal.
    fn is_same_create(&self, node: NodeId, member: MemberId, value: &V) -> bool {
        let node = self.node(node);
        matches!(node.place[L], Place::Gone)
            && node.created.is_some_and(|created| {
                let (at, literal) = &self.created[created];
                *at == member && literal.equals(value)
            })
    }

    /// A put or a `replace`: the node gets other content.
    fn set(&mut self, path: &Path, value: &V, put: bool, way: &mut Way<'_, V>) -> Told {
        let node = self.resolve(&path.0, View::L)?;
        let told = self.ending(node, way);
        let value = &self.with_added(node, value, way);
        let epoch = self.make_epoch(node, value);
        self.node_mut(node).content[L] = epoch;
        if let Some(path) = self.live_path(node, way) {
            self.node_mut(node).content[M] = epoch;
            way.left.push(match path.0.last() {
                Some(Token::Key(_)) if put => Op::Put(path, value.clone()),
                _ => Op::Rep(path, value.clone()),
            });
            return told;
        }
        told?;
        // A put makes its member again; a `replace` brings nothing back.
        let (Place::Member(content, member), true) = (self.node(node).place[L], put) else {
            return Err(Rule::TargetGone);
        };
        let key = self.key(member).clone();
        let place = self.live_slot(content, &key, way);
        let place = place.ok_or(Rule::ParentGone)?;
        // An inverse of before would put back what is not replaced here.
        self.disturbed = true;
        let occupied = self.occupant(content, &key, View::M).is_some();
        self.detach(node, View::M);
        self.put_member(content, &key, node, View::M);
        self.node_mut(node).content[M] = epoch;
        make(place, value, occupied, way.left)
    }

    fn insert(&mut self, path: &Path, value: &V, way: &mut Way<'_, V>) -> Told {
        let (content, Token::Index(index)) = self.slot(path, View::L)? else {
            return Err(Rule::TargetGone);
        };
        let place = if way.live {
            self.content_path(content, View::M)
        } else {
            None
        };
        let node = self.make_literal(value);
        let gap = (*index, View::L, Side::BeforeRight);
        let index = self.put_element(content, gap, [true, place.is_some()], node);
        let path = place.ok_or(Rule::ParentGone)?.child(Token::Index(index));
        way.left.push(Op::Ins(path, value.clone()));
        Ok(())
    }

    fn remove(&mut self, path: &Path, way: &mut Way<'_, V>) -> Told {
        let node = self.resolve(&path.0, View::L)?;
        let told = self.ending(node, way);
        self.detach(node, View::L);
        let Some(path) = self.live_path(node, way) else {
            return told.and(Err(Rule::TargetGone));
        };
        self.detach(node, View::M);
        way.left.push(Op::Rm(path));
        told
    }

    fn shift(&mut self, from: &Path, to: &Path, over: bool, way: &mut Way<'_, V>) -> Told {
        let node = self.resolve(&from.0, View::L)?;
        self.detach(node, View::L);
        let (content, last) = self.slot(to, View::L)?;
        let mut superseded = self.node(node).moved;
        if let Token::Key(key) = last {
            // Asked for first, so that the overwritten node exists in view M.
            let old = over.then(|| self.member(content, key, View::L)).flatten();
            let occupant = self.occupant(content, key, View::M);
            superseded |= !over && occupant.is_some();
            self.disturbed |= over && occupant != old;
            self.disturbed |= old.is_some_and(|old| self.holds_writes(old));
        }
        let source = match self.live_path(node, way) {
            None => Err(Rule::TargetGone),
            Some(_) if self.content_path(content, View::M).is_none() => Err(Rule::ParentGone),
            Some(_) if self.is_within(content, node, View::M) => Err(Rule::Cycle),
            Some(_) if way.undo && superseded => Err(Rule::Superseded),
            Some(source) => Ok(source),
        };
        if source.is_ok() {
            self.detach(node, View::M);
            // It may have something foreign in it.
            let written = self.holds_writes(node);
            let received = true;
            self.touch(content, Touched { written, received });
        }
        let mut occupied = false;
        let token = match last {
            Token::Key(key) => {
                self.put_member(content, key, node, View::L);
                if source.is_ok() {
                    occupied = self.occupant(content, key, View::M).is_some();
                    self.put_member(content, key, node, View::M);
                }
                last.clone()
            }
            Token::Index(index) => {
                let gap = (*index, View::L, Side::BeforeRight);
                Token::Index(self.put_element(content, gap, [true, source.is_ok()], node))
            }
        };
        let source = source?;
        let list = self.content_path(content, View::M);
        // A foreign move may have brought the node to the very place already: then it is no move.
        let place = list.ok_or(Rule::ParentGone)?.child(token);
        push_moves(way.left, source, place, occupied);
        if occupied && !over {
            return Err(Rule::Overwrote);
        }
        Ok(())
    }

    fn delete_text(&mut self, path: &Path, pos: usize, len: usize, way: &mut Way<'_, V>) -> Told {
        let (content, path) = self.same_content(path, way)?;
        let first = way.left.len();
        self.list(content)
            .range(pos, len, View::L, &mut |visible, offset, units| {
                let (true, Some(path)) = (core::mem::take(&mut visible[L]), &path) else {
                    return;
                };
                if core::mem::take(&mut visible[M]) {
                    match way.left[first..].last_mut() {
                        Some(Op::StrDel { pos, len, .. }) if *pos == offset => *len += units,
                        _ => way.left.push(Op::StrDel {
                            path: path.clone(),
                            pos: offset,
                            len: units,
                        }),
                    }
                }
            });
        let units = |op: &Op<V>| match op {
            Op::StrDel { len, .. } => *len,
            _ => 0,
        };
        self.disturbed |= way.left[first..].iter().map(units).sum::<usize>() < len;
        match path {
            None => Err(Rule::ContentReplaced),
            Some(_) if way.left.len() == first => Err(Rule::TargetGone),
            Some(_) => Ok(()),
        }
    }

    /// The content in L of what `path` names there, and its path in M while it is the same there.
    fn same_content(
        &mut self,
        path: &Path,
        way: &Way<'_, V>,
    ) -> Result<(ContentId, Option<Path>), Rule> {
        let node = self.resolve(&path.0, View::L)?;
        let content = self.node(node).content;
        let path = self.live_path(node, way);
        Ok((content[L], path.filter(|_| content[L] == content[M])))
    }

    /// Whether an operation may end what stands at `node`, and what its author is told of it.
    fn ending(&mut self, node: NodeId, way: &mut Way<'_, V>) -> Told {
        if !way.live {
            return Ok(());
        }
        let foreign = self.holds_foreign(node);
        if way.undo && (foreign || self.is_rewritten(node)) {
            way.live = false;
            return Err(Rule::Superseded);
        }
        self.disturbed |= self.holds_writes(node);
        if foreign {
            return Err(Rule::RemovedForeign);
        }
        Ok(())
    }

    /// A value that an undo brings back: what others have added since stays added.
    fn with_added(&self, node: NodeId, value: &V, way: &Way<'_, V>) -> V {
        match value.as_number() {
            Some(number) if way.undo => match number + self.added(node) {
                sum if sum.is_finite() && sum != number => V::number(sum),
                _ => value.clone(),
            },
            _ => value.clone(),
        }
    }

    fn live_path(&self, node: NodeId, way: &Way<'_, V>) -> Option<Path> {
        if way.live {
            self.path(node, View::M)
        } else {
            None
        }
    }

    /// The path of a member's slot in M, while its container is the same there.
    fn live_slot(&self, content: ContentId, key: &Arc<str>, way: &Way<'_, V>) -> Option<Path> {
        if way.live {
            let path = self.content_path(content, View::M)?;
            Some(path.child(Token::Key(key.clone())))
        } else {
            None
        }
    }
}

/// Whether the last operation makes a member in the place of one that the operation before it was
/// to remove, and that somebody else has removed or replaced: then this place is theirs.
fn is_instead_of_lost<V>(ops: &[Op<V>], lost: &[Lost]) -> bool {
    let [.., Op::Rm(old), Op::Create(new, _)] = ops else {
        return false;
    };
    old == new && lost.last().is_some_and(|lost| lost.op + 2 == ops.len())
}

/// A new node at a member's slot: whoever stands there is removed first, so that the text says
/// what happens, a new node and not a new value of the old one.
fn make<V: Clone>(place: Path, value: &V, occupied: bool, left: &mut Vec<Op<V>>) -> Told {
    if occupied {
        left.push(Op::Rm(place.clone()));
    }
    left.push(Op::Create(place, value.clone()));
    if occupied {
        Err(Rule::Overwrote)
    } else {
        Ok(())
    }
}
