//! Phase 1: foreign patches run in view M only.

use super::spans::Side;
use super::walker::{View, Walker};
use crate::doc::{Kind, Value};
use crate::op::{Op, Patch};
use crate::path::Token;

impl<V: Value> Walker<V> {
    /// Runs a patch that the room ordered before what is pending.
    ///
    /// An operation that does not fit is passed over: the room's log was applied before it came
    /// here, so there is none.
    pub fn foreign(&mut self, patch: &Patch<V>) {
        for op in &patch.0 {
            let done = self.step(op);
            debug_assert!(done.is_some(), "an operation of the log fits its document");
        }
    }

    /// Runs one operation of such a patch; `None` when it does not fit.
    pub(crate) fn step(&mut self, op: &Op<V>) -> Option<()> {
        match op {
            Op::Create(path, value) => {
                let (parent, Token::Key(key)) = path.split()? else {
                    return None;
                };
                let content = self.container(parent, View::M)?;
                let node = self.make_literal(value.kind() == Kind::Number);
                self.node_mut(node).created = Some((content, key.clone(), value.clone()));
                self.put_member(content, key, node, View::M);
            }
            Op::Put(path, value) | Op::Rep(path, value) => {
                let node = self.resolve(&path.0, View::M)?;
                let content = self.make_epoch(node, value.kind() == Kind::Number);
                self.node_mut(node).content[View::M as usize] = content;
            }
            Op::Ins(path, value) => {
                let (parent, Token::Index(index)) = path.split()? else {
                    return None;
                };
                let content = self.container(parent, View::M)?;
                let node = self.make_literal(value.kind() == Kind::Number);
                let gap = (*index, View::M, Side::AfterLeft);
                self.put_element(content, gap, &[View::M], node);
            }
            Op::Rm(path) => {
                let node = self.resolve(&path.0, View::M)?;
                self.detach(node, View::M);
            }
            Op::Move { from, to, over } => {
                let node = self.resolve(&from.0, View::M)?;
                self.detach(node, View::M);
                self.moved.push(node);
                let (parent, last) = to.split()?;
                let content = self.container(parent, View::M)?;
                self.mark_received(content);
                match last {
                    Token::Key(key) => {
                        if *over {
                            // Asked for first, so that the overwritten node exists in view L.
                            self.member(content, key, View::M);
                        }
                        self.put_member(content, key, node, View::M);
                    }
                    Token::Index(index) => {
                        let gap = (*index, View::M, Side::AfterLeft);
                        self.put_element(content, gap, &[View::M], node);
                    }
                }
            }
            Op::StrIns {
                path, pos, units, ..
            } => {
                let content = self.container(&path.0, View::M)?;
                let gap = (*pos, View::M, Side::AfterLeft);
                self.list(content).insert(gap, *units, [false, true], None);
            }
            Op::StrDel { path, pos, len } => {
                let content = self.container(&path.0, View::M)?;
                self.list(content)
                    .range(*pos, *len, View::M, |visible, _, _| {
                        visible[View::M as usize] = false;
                    });
            }
            Op::Inc(..) | Op::Test(..) => {}
        }
        Some(())
    }
}
