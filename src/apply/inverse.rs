//! The way back of one operation.

use crate::doc::Value;
use crate::op::{Op, moves};
use crate::path::Token;
use alloc::vec;
use alloc::vec::Vec;

/// The operations that take one applied operation back.
pub(super) fn inverse<V: Value>(op: &Op<V>, before: Option<&V>) -> Vec<Op<V>> {
    match (op, before) {
        (Op::Create(path, _) | Op::Ins(path, _), _) => vec![Op::Rm(path.clone())],
        (
            Op::StrIns {
                path, pos, units, ..
            },
            _,
        ) => {
            vec![Op::StrDel {
                path: path.clone(),
                pos: *pos,
                len: *units,
            }]
        }
        (Op::StrDel { path, pos, len }, Some(old)) => match old.slice(*pos, *len) {
            Some(text) => {
                vec![Op::StrIns {
                    path: path.clone(),
                    pos: *pos,
                    text,
                    units: *len,
                }]
            }
            None => Vec::new(),
        },
        (Op::Put(path, _) | Op::Rep(path, _) | Op::Inc(path, _), Some(old)) => {
            vec![Op::Rep(path.clone(), old.clone())]
        }
        (Op::Rm(path), Some(old)) => vec![match path.split() {
            Some((_, Token::Index(_))) => Op::Ins(path.clone(), old.clone()),
            _ => Op::Create(path.clone(), old.clone()),
        }],
        (
            Op::Move {
                from,
                to,
                over: true,
            },
            Some(whole),
        ) if to.contains(from) => {
            vec![Op::Rep(to.clone(), whole.clone())]
        }
        (Op::Move { from, to, .. }, before) => {
            let mut ops = moves(to.clone(), from.clone(), false);
            if let Some(old) = before {
                // `to` was read without the node in its old place; now it stands there again.
                ops.push(Op::Create(to.after_insert(from), old.clone()));
            }
            ops
        }
        _ => Vec::new(),
    }
}
