//! The way back of one operation.

use crate::doc::Value;
use crate::op::{Op, push_moves};
use crate::path::Token;
use alloc::vec::Vec;

/// Adds the operations that take one applied operation back.
pub(super) fn push_inverse<V: Value>(op: &Op<V>, before: Option<&V>, back: &mut Vec<Op<V>>) {
    let inverse = match (op, before) {
        (Op::Create(path, _) | Op::Ins(path, _), _) => Op::Rm(path.clone()),
        (
            Op::StrIns {
                path, pos, units, ..
            },
            _,
        ) => Op::StrDel {
            path: path.clone(),
            pos: *pos,
            len: *units,
        },
        (Op::StrDel { path, pos, len }, Some(old)) => match old.slice(*pos, *len) {
            Some(text) => Op::StrIns {
                path: path.clone(),
                pos: *pos,
                text,
                units: *len,
            },
            None => return,
        },
        (Op::Put(path, _) | Op::Rep(path, _) | Op::Inc(path, _), Some(old)) => {
            Op::Rep(path.clone(), old.clone())
        }
        (Op::Rm(path), Some(old)) => match path.split() {
            Some((_, Token::Index(_))) => Op::Ins(path.clone(), old.clone()),
            _ => Op::Create(path.clone(), old.clone()),
        },
        (
            Op::Move {
                from,
                to,
                over: true,
            },
            Some(whole),
        ) if to.contains(from) => Op::Rep(to.clone(), whole.clone()),
        (Op::Move { from, to, .. }, before) => {
            push_moves(back, to.clone(), from.clone(), false);
            match before {
                // `to` was read without the node in its old place; now it stands there again.
                Some(old) => Op::Create(to.after_insert(from), old.clone()),
                None => return,
            }
        }
        _ => return,
    };
    back.push(inverse);
}
