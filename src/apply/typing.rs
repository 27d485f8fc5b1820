//! From the text of an operation to its type, against the document it is about to change.

use crate::doc::{Doc, Kind, Value};
use crate::error::Reason;
use crate::op::{Op, push_moves};
use crate::path::{Path, Token, index_of, pointer_of, push_decimal, tokens_of};
use crate::protocol::PatchOp;
use alloc::vec::Vec;

/// Types one written operation against the document it is about to change: mostly one, none for
/// what does nothing, two for a move that no single operation can say.
pub(super) fn type_op<D: Doc>(
    doc: &D,
    op: &PatchOp<D::Value>,
    typed: &mut Vec<Op<D::Value>>,
) -> Result<(), Reason> {
    typed.push(match op {
        PatchOp::Add { path, value } => add(doc, path, value.clone())?,
        PatchOp::Replace { path, value } => Op::Rep(target(doc, path)?, value.clone()),
        PatchOp::Test { path, value } => Op::Test(target(doc, path)?, value.clone()),
        PatchOp::Remove { path } => match target(doc, path)? {
            Path(tokens) if tokens.is_empty() => return Err(Reason::Root),
            path => Op::Rm(path),
        },
        PatchOp::Copy { from, path } => {
            let value = doc
                .get(&target(doc, from)?.0)
                .ok_or(Reason::TargetMissing)?;
            add(doc, path, value)?
        }
        PatchOp::Move { from, path } => return type_move(doc, from, path, typed),
        PatchOp::Inc { path, inc } => Op::Inc(target(doc, path)?, *inc),
        PatchOp::StrDel { path, pos, len: 0 } => return nothing(doc, path, *pos),
        PatchOp::StrIns { path, pos, str } => {
            let units = str.length();
            if units == 0 && str.kind() == Kind::Text {
                return nothing(doc, path, *pos);
            }
            Op::StrIns {
                path: target(doc, path)?,
                pos: *pos,
                text: str.clone(),
                units,
            }
        }
        PatchOp::StrDel { path, pos, len } => Op::StrDel {
            path: target(doc, path)?,
            pos: *pos,
            len: *len,
        },
    });
    Ok(())
}

/// Inserting or deleting no text is nothing, as a move onto itself is; only its place is checked.
fn nothing<D: Doc>(doc: &D, pointer: &str, pos: usize) -> Result<(), Reason> {
    locate(doc, pointer, Some(pos)).map(|_| ())
}

/// Types a pointer at which something must stand, and an offset in the text there, if there is one.
///
/// # Errors
/// What there is not.
pub fn locate<D: Doc>(doc: &D, pointer: &str, pos: Option<usize>) -> Result<Path, Reason> {
    let path = target(doc, pointer)?;
    if let Some(pos) = pos {
        let text = doc.get(&path.0).ok_or(Reason::TargetMissing)?;
        if text.kind() != Kind::Text {
            return Err(Reason::NotText);
        }
        text.slice(pos, 0).ok_or(Reason::BadOffset)?;
    }
    Ok(path)
}

fn add<D: Doc>(doc: &D, pointer: &str, value: D::Value) -> Result<Op<D::Value>, Reason> {
    let (path, present) = place(doc, pointer)?;
    Ok(match path.split() {
        None => Op::Rep(path, value),
        Some((_, Token::Index(_))) => Op::Ins(path, value),
        Some(_) if present => Op::Put(path, value),
        Some(_) => Op::Create(path, value),
    })
}

/// Types a move.
fn type_move<D: Doc>(
    doc: &D,
    from: &str,
    to: &str,
    typed: &mut Vec<Op<D::Value>>,
) -> Result<(), Reason> {
    let source = target(doc, from)?;
    if from == to {
        return Ok(());
    }
    if to
        .strip_prefix(from)
        .is_some_and(|rest| rest.starts_with('/'))
    {
        return Err(Reason::IntoItself);
    }
    if to.is_empty() {
        let value = doc.get(&source.0).ok_or(Reason::TargetMissing)?;
        typed.push(Op::Rep(Path::default(), value));
        return Ok(());
    }
    let (to, present) = destination(doc, &source, to)?;
    let over = present && matches!(to.split(), Some((_, Token::Key(_))));
    push_moves(typed, source, to, over);
    Ok(())
}

/// Types where a move goes. It is read after the removal, so an index behind the removed element
/// names what now stands one further on.
fn destination<D: Doc>(doc: &D, from: &Path, to: &str) -> Result<(Path, bool), Reason> {
    let Some((list, Token::Index(removed))) = from.split() else {
        return place(doc, to);
    };
    let mut shifted = pointer_of(list);
    shifted.push('/');
    let Some(rest) = to.strip_prefix(&*shifted) else {
        return place(doc, to);
    };
    // Through an element of the same list, or to a gap in it.
    let end = rest.bytes().position(|byte| byte == b'/');
    let below = end.and_then(|end| rest.split_at_checked(end));
    let back = match below {
        Some((token, below)) => match index_of(token) {
            Some(index) if index >= *removed => {
                push_decimal(&mut shifted, index as u64 + 1);
                shifted.push_str(below);
                true
            }
            _ => false,
        },
        None => rest == "-",
    };
    let through = back && below.is_some();
    let (mut path, present) = place(doc, if through { &shifted } else { to })?;
    if back && let Some(Token::Index(index)) = path.0.get_mut(list.len()) {
        *index -= 1;
    }
    Ok((path, present))
}

/// Types a pointer at which something must stand.
fn target<D: Doc>(doc: &D, pointer: &str) -> Result<Path, Reason> {
    match place(doc, pointer)? {
        (path, true) => Ok(path),
        (path, false) => Err(match path.split() {
            Some((_, Token::Index(_))) => Reason::OutOfRange,
            _ => Reason::TargetMissing,
        }),
    }
}

/// Types a pointer, and says whether something stands there.
fn place<D: Doc>(doc: &D, pointer: &str) -> Result<(Path, bool), Reason> {
    let tokens = tokens_of(pointer).ok_or(Reason::BadPointer)?;
    if tokens.iter().any(|token| token == "__proto__") {
        return Err(Reason::ProtoKey);
    }
    let shape = doc.shape(pointer).ok_or(Reason::ParentMissing)?;
    let last = tokens.len().wrapping_sub(1);
    let mut path: Vec<Token> = Vec::with_capacity(tokens.len());
    for (depth, token) in tokens.into_iter().enumerate() {
        let token = if shape.arrays >> depth & 1 == 0 {
            Token::Key(token.into())
        } else if token == "-" && depth == last {
            Token::Index(doc.get(&path).map_or(0, |list| list.length()))
        } else {
            Token::Index(index_of(&token).ok_or(Reason::BadIndex)?)
        };
        path.push(token);
    }
    Ok((Path(path), shape.present))
}
