//! Phase 1: foreign patches run in view M only.

use super::report::Kind as Rule;
use super::spans::Side;
use super::touched::Touched;
use super::walker::{NodeId, Place, View, Walker};
use crate::doc::Value;
use crate::op::{Op, Patch};
use crate::path::Token;

/// Seen in view M alone.
const IN_M: [bool; 2] = [false, true];

impl<V: Value> Walker<V> {
    /// Runs a patch that the room ordered before what is pending.
    ///
    /// An operation that does not fit is passed over: the room's log was applied before it came
    /// here, so there is none.
    pub fn foreign(&mut self, patch: &Patch<V>) {
        for op in &patch.0 {
            let done = self.step(op);
            debug_assert!(done.is_ok(), "an operation of the log fits its document");
        }
    }

    /// Runs one operation of such a patch; an error when it does not fit.
    pub(crate) fn step(&mut self, op: &Op<V>) -> Result<(), Rule> {
        match op {
            Op::Create(path, value) => {
                let (content, Token::Key(key)) = self.slot(path, View::M)? else {
                    return Err(Rule::TargetGone);
                };
                self.touch(content, Touched::WRITTEN);
                let node = self.make_literal(value);
                let member = self.member_at(content, key);
                self.node_mut(node).created = Some(self.created.len());
                self.created.push((member, value.clone()));
                self.put_member(content, key, node, View::M);
            }
            Op::Put(path, value) | Op::Rep(path, value) => {
                let node = self.resolve(&path.0, View::M)?;
                self.touch_around(node);
                let content = self.make_epoch(node, value);
                self.mark_foreign(content);
                self.node_mut(node).content[View::M as usize] = content;
            }
            Op::Ins(path, value) => {
                let (content, Token::Index(index)) = self.slot(path, View::M)? else {
                    return Err(Rule::TargetGone);
                };
                self.touch(content, Touched::WRITTEN);
                let node = self.make_literal(value);
                self.put_element(content, (*index, View::M, Side::AfterLeft), IN_M, node);
            }
            Op::Rm(path) => {
                let node = self.resolve(&path.0, View::M)?;
                self.touch_around(node);
                self.detach(node, View::M);
            }
            Op::Move { from, to, over } => {
                let node = self.resolve(&from.0, View::M)?;
                self.touch_around(node);
                self.detach(node, View::M);
                self.moved.push(node);
                self.node_mut(node).moved = true;
                let (content, last) = self.slot(to, View::M)?;
                self.touch(content, Touched::RECEIVED);
                match last {
                    Token::Key(key) => {
                        if *over {
                            // Asked for first, so that the overwritten node exists in view L.
                            self.member(content, key, View::M);
                        }
                        self.put_member(content, key, node, View::M);
                    }
                    Token::Index(index) => {
                        self.put_element(content, (*index, View::M, Side::AfterLeft), IN_M, node);
                    }
                }
            }
            Op::StrIns {
                path, pos, units, ..
            } => {
                let content = self.container(&path.0, View::M)?;
                self.touch(content, Touched::WRITTEN);
                let gap = (*pos, View::M, Side::AfterLeft);
                self.list(content).insert(gap, *units, IN_M, None);
            }
            Op::StrDel { path, pos, len } => {
                let content = self.container(&path.0, View::M)?;
                self.touch(content, Touched::WRITTEN);
                self.list(content)
                    .range(*pos, *len, View::M, &mut |visible, _, _| {
                        visible[View::M as usize] = false;
                    });
            }
            Op::Inc(path, by) => {
                let node = self.resolve(&path.0, View::M)?;
                self.touch_around(node);
                self.add(node, *by);
            }
            Op::Test(..) => {}
        }
        Ok(())
    }

    /// Notes a write to the slot in which a node stands.
    fn touch_around(&mut self, node: NodeId) {
        match self.node(node).place[View::M as usize] {
            Place::Member(around, _) | Place::Element(around, _) => {
                self.touch(around, Touched::WRITTEN);
            }
            Place::Root | Place::Gone => {}
        }
    }
}
