//! Phase 1: foreign patches run in view M only.

use super::report::Kind as Rule;
use super::spans::Side;
use super::walker::{View, Walker};
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
                let node = self.make_literal(value);
                self.node_mut(node).created = Some((content, key.clone(), value.clone()));
                self.put_member(content, key, node, View::M);
            }
            Op::Put(path, value) | Op::Rep(path, value) => {
                let node = self.resolve(&path.0, View::M)?;
                let content = self.make_epoch(node, value);
                self.node_mut(node).content[View::M as usize] = content;
            }
            Op::Ins(path, value) => {
                let (content, Token::Index(index)) = self.slot(path, View::M)? else {
                    return Err(Rule::TargetGone);
                };
                let node = self.make_literal(value);
                self.put_element(content, (*index, View::M, Side::AfterLeft), IN_M, node);
            }
            Op::Rm(path) => {
                let node = self.resolve(&path.0, View::M)?;
                self.detach(node, View::M);
            }
            Op::Move { from, to, over } => {
                let node = self.resolve(&from.0, View::M)?;
                self.detach(node, View::M);
                self.moved.push(node);
                let (content, last) = self.slot(to, View::M)?;
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
                        self.put_element(content, (*index, View::M, Side::AfterLeft), IN_M, node);
                    }
                }
            }
            Op::StrIns {
                path, pos, units, ..
            } => {
                let content = self.container(&path.0, View::M)?;
                let gap = (*pos, View::M, Side::AfterLeft);
                self.list(content).insert(gap, *units, IN_M, None);
            }
            Op::StrDel { path, pos, len } => {
                let content = self.container(&path.0, View::M)?;
                self.list(content)
                    .range(*pos, *len, View::M, &mut |visible, _, _| {
                        visible[View::M as usize] = false;
                    });
            }
            Op::Inc(..) | Op::Test(..) => {}
        }
        Ok(())
    }
}
