//! What operations mean: RFC 6902 over any host tree, all or nothing, and the way back.

mod applied;
mod inverse;
mod typing;

pub use applied::Applied;

use crate::doc::{Before, Doc, Edit, Kind, Misfit, Value};
use crate::error::{PatchError, Reason};
use crate::op::{Op, Patch};
use crate::path::{Path, Token};
use crate::protocol::PatchOp;
use alloc::vec::Vec;
use inverse::push_inverse;
pub use typing::locate;
use typing::type_op;

/// How strictly written operations are read.
#[derive(Debug)]
pub struct Rules<D: Doc> {
    /// Whether a guard that does not hold, or a sum that is not finite, is an error; otherwise
    /// both are only typed, for they depend on values that others may change meanwhile.
    pub judge: bool,
    /// Looks at the document after each operation, and may refuse it.
    pub inspect: fn(&D, &Op<D::Value>) -> Result<(), Reason>,
}

impl<D: Doc> Rules<D> {
    /// RFC 6902: guards are judged, nothing else is asked.
    pub const RFC: Self = Self {
        judge: true,
        inspect: |_, _| Ok(()),
    };
}

/// Applies operations as they are written on the wire or by an app, and types them.
///
/// Every path is typed against the document as it stands at its operation; `-` becomes an index,
/// `copy` an `add` of the literal, a move onto itself nothing (SPEC P2, P4, P9, P11).
///
/// # Errors
/// The first operation that does not fit; the document is as it was.
///
/// Source: RFC 6902, sections 3 to 5.
pub fn write<D: Doc>(
    doc: &mut D,
    ops: &[PatchOp<D::Value>],
    rules: &Rules<D>,
) -> Result<Applied<D::Value>, PatchError> {
    let mut applied = Applied::new();
    let mut typed = Vec::new();
    for (index, written) in ops.iter().enumerate() {
        let done = type_op(doc, written, &mut typed).and_then(|()| {
            typed.reverse();
            while let Some(op) = typed.pop() {
                applied.take(doc, op, index, rules)?;
            }
            Ok(())
        });
        if let Err(reason) = done {
            take_back(doc, &applied);
            return Err(PatchError {
                op: index,
                path: written.path().into(),
                reason,
            });
        }
    }
    Ok(applied)
}

/// Applies a typed patch.
///
/// # Errors
/// The first operation that does not fit; the document is as it was.
pub fn apply<D: Doc>(
    doc: &mut D,
    patch: &Patch<D::Value>,
    rules: &Rules<D>,
) -> Result<Applied<D::Value>, PatchError> {
    run(doc, patch, rules, |_, _| false)
}

/// Applies a typed patch at its place in the room's order.
///
/// An increment whose sum would not be finite there is left out, unless the patch is strict
/// (SPEC T45): this depends on a value, and no walk knows values.
///
/// # Errors
/// The first operation that does not fit; the document is as it was.
pub fn settle<D: Doc>(
    doc: &mut D,
    patch: &Patch<D::Value>,
    rules: &Rules<D>,
) -> Result<Applied<D::Value>, PatchError> {
    if patch.is_strict() {
        return apply(doc, patch, rules);
    }
    run(doc, patch, rules, |doc, op| match op {
        Op::Inc(path, by) => matches!(sum(doc, path, *by), Ok(None)),
        _ => false,
    })
}

fn run<D: Doc>(
    doc: &mut D,
    patch: &Patch<D::Value>,
    rules: &Rules<D>,
    leaves_out: fn(&D, &Op<D::Value>) -> bool,
) -> Result<Applied<D::Value>, PatchError> {
    let mut applied = Applied::new();
    for (index, op) in patch.0.iter().enumerate() {
        if leaves_out(doc, op) {
            continue;
        }
        if let Err(reason) = applied.take(doc, op.clone(), index, rules) {
            take_back(doc, &applied);
            return Err(PatchError {
                op: index,
                path: op.path().pointer(),
                reason,
            });
        }
    }
    Ok(applied)
}

/// The patch that takes `patch` back, on the document after it; `doc` is the one before it.
///
/// Guards are passed over. What does not fit, a fault of ours, has no inverse.
pub fn inverse<D: Doc>(doc: &D, patch: &Patch<D::Value>) -> Patch<D::Value> {
    let mut back = Patch::default();
    match &patch.0[..] {
        // Most edits: to look is enough, and nothing is copied.
        [op @ (Op::Create(path, _) | Op::Put(path, _) | Op::Rep(path, _) | Op::Ins(path, _))]
        | [
            op @ (Op::Rm(path)
            | Op::Inc(path, _)
            | Op::StrIns { path, .. }
            | Op::StrDel { path, .. }),
        ] => {
            push_inverse(op, doc.get(&path.0).as_ref(), &mut back.0);
            back
        }
        _ => {
            let rules = Rules {
                judge: false,
                ..Rules::RFC
            };
            let applied = apply(&mut doc.clone(), patch, &rules);
            debug_assert!(applied.is_ok(), "a change fits the document before it");
            applied.map_or(back, |applied| applied.inverse())
        }
    }
}

fn take_back<D: Doc>(doc: &mut D, applied: &Applied<D::Value>) {
    for op in &applied.inverse().0 {
        let undone = step(doc, op);
        debug_assert!(
            undone.is_ok(),
            "an inverse fits the document that its operation left"
        );
    }
}

/// Applies one typed operation, and returns what stood in the slot it changed.
fn step<D: Doc>(doc: &mut D, op: &Op<D::Value>) -> Result<Before<D::Value>, Reason> {
    let mut edit = |path: &Path, edit| doc.edit(path, edit).map_err(|Misfit| misfit(doc, path));
    match op {
        Op::Create(path, value) => edit(path, Edit::Add(value.clone())),
        Op::Put(path, value) | Op::Rep(path, value) => {
            if path.0.is_empty() && !matches!(value.kind(), Kind::Array | Kind::Object) {
                return Err(Reason::Root);
            }
            edit(path, Edit::Set(value.clone()))
        }
        Op::Ins(path, value) => edit(path, Edit::Insert(value.clone())),
        Op::Rm(path) => edit(path, Edit::Remove),
        Op::Move { from, to, over } => shift(doc, from, to, *over),
        Op::Inc(path, by) => {
            let sum = sum(doc, path, *by)?.ok_or(Reason::NotNumber)?;
            doc.edit(path, Edit::Set(Value::number(sum)))
                .map_err(|Misfit| Reason::TargetMissing)
        }
        Op::StrIns {
            path, pos, text, ..
        } => splice(doc, path, *pos, 0, Some(text)),
        Op::StrDel { path, pos, len } => splice(doc, path, *pos, *len, None),
        Op::Test(path, value) => match doc.get(&path.0) {
            Some(found) if found.equals(value) => Ok(None),
            Some(_) => Err(Reason::TestFailed),
            None => Err(Reason::TargetMissing),
        },
    }
}

/// The sum of a number of the document and `by`; `None` when it is not finite.
fn sum<D: Doc>(doc: &D, path: &Path, by: f64) -> Result<Option<f64>, Reason> {
    let value = doc.get(&path.0).ok_or(Reason::TargetMissing)?;
    let number = value.as_number().ok_or(Reason::NotNumber)?;
    Ok(Some(number + by).filter(|sum| sum.is_finite()))
}

fn shift<D: Doc>(
    doc: &mut D,
    from: &Path,
    to: &Path,
    over: bool,
) -> Result<Before<D::Value>, Reason> {
    // A member replaced by what stood inside it: only its whole old value leads back.
    let whole = if to.contains(from) && over {
        // Given away, or the removal that follows might edit it in place.
        doc.root();
        doc.get(&to.0)
    } else {
        None
    };
    let node = doc
        .edit(from, Edit::Remove)
        .map_err(|Misfit| misfit(doc, from))?;
    let node = node.ok_or(Reason::TargetMissing)?;
    let slot = match to.split() {
        Some((_, Token::Index(_))) => Edit::Insert(node.clone()),
        _ if over => Edit::Set(node.clone()),
        _ => Edit::Add(node.clone()),
    };
    match doc.edit(to, slot) {
        Ok(before) => Ok(whole.or(before)),
        Err(Misfit) => {
            let reason = misfit(doc, to);
            // Half a move is no move: the node goes back to where it stood.
            let back = match from.split() {
                Some((_, Token::Index(_))) => Edit::Insert(node),
                _ => Edit::Add(node),
            };
            let undone = doc.edit(from, back);
            debug_assert!(undone.is_ok(), "what was just removed fits where it was");
            Err(reason)
        }
    }
}

fn misfit<D: Doc>(doc: &D, path: &Path) -> Reason {
    match path.split() {
        Some((parent, _)) if doc.get(parent).is_none() => Reason::ParentMissing,
        Some((_, Token::Index(_))) => Reason::OutOfRange,
        _ => Reason::TargetMissing,
    }
}

fn splice<D: Doc>(
    doc: &mut D,
    path: &Path,
    pos: usize,
    del: usize,
    insert: Option<&D::Value>,
) -> Result<Before<D::Value>, Reason> {
    let text = doc.get(&path.0).ok_or(Reason::TargetMissing)?;
    if text.kind() != Kind::Text {
        return Err(Reason::NotText);
    }
    let text = text.splice(pos, del, insert).ok_or(Reason::BadOffset)?;
    doc.edit(path, Edit::Set(text))
        .map_err(|Misfit| Reason::TargetMissing)
}
