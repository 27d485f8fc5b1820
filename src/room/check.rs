//! The limits of part P, asked of what a client offers.

use crate::doc::{Doc, Value};
use crate::error::Reason;
use crate::op::Op;
use crate::path::tokens_of;
use crate::protocol::{CHANGE_OPS_MAX, DEPTH_MAX, KEY_UNITS_MAX, PatchOp};

/// Checks the limits that hold for any document.
pub(super) fn check<V: Value>(patch: &[PatchOp<V>]) -> Result<(), (usize, Reason)> {
    if patch.len() > CHANGE_OPS_MAX {
        return Err((CHANGE_OPS_MAX, Reason::TooManyOps));
    }
    patch
        .iter()
        .enumerate()
        .try_for_each(|(index, op)| check_op(op).map_err(|why| (index, why)))
}

fn check_op<V: Value>(op: &PatchOp<V>) -> Result<(), Reason> {
    let depth = check_pointer(op.path())?;
    match op {
        PatchOp::Add { value, .. }
        | PatchOp::Replace { value, .. }
        | PatchOp::Test { value, .. }
        | PatchOp::StrIns { str: value, .. } => value.check(depth),
        PatchOp::Move { from, .. } | PatchOp::Copy { from, .. } => check_pointer(from).map(|_| ()),
        _ => Ok(()),
    }
}

/// How many containers a value at this pointer stands in.
fn check_pointer(pointer: &str) -> Result<usize, Reason> {
    let tokens = tokens_of(pointer).ok_or(Reason::BadPointer)?;
    if tokens.len() >= DEPTH_MAX {
        return Err(Reason::TooDeep);
    }
    let long = |token: &str| {
        token.len() > KEY_UNITS_MAX
            && token.chars().map(char::len_utf16).sum::<usize>() > KEY_UNITS_MAX
    };
    if tokens.iter().any(|token| long(token)) {
        return Err(Reason::KeyTooLong);
    }
    Ok(tokens.len())
}

/// What an operation made must keep the limits too: a node that is moved, or a literal under a
/// node that was, may come to stand too deep.
pub(super) fn fits<D: Doc>(doc: &D, op: &Op<D::Value>) -> Result<(), Reason> {
    match op {
        Op::Create(path, value)
        | Op::Put(path, value)
        | Op::Ins(path, value)
        | Op::Rep(path, value) => value.check(path.0.len()),
        Op::Move { to, .. } => doc
            .get(&to.0)
            .map_or(Ok(()), |value| value.check(to.0.len())),
        // A text grows by inserts that are each short enough.
        Op::StrIns { path, .. } => doc
            .get(&path.0)
            .map_or(Ok(()), |value| value.check(path.0.len())),
        _ => Ok(()),
    }
}
