//! From the text of an operation to its type, against the document it is about to change.

use crate::doc::{Doc, Kind, Value};
use crate::error::Reason;
use crate::op::{Op, moves};
use crate::path::{Path, Token, index_of, pointer_of, push_decimal, tokens_of};
use crate::protocol::PatchOp;
use alloc::vec;
use alloc::vec::Vec;

/// Types one written operation against the document it is about to change.
pub(super) fn type_op<D: Doc>(
    doc: &D,
    op: &PatchOp<D::Value>,
) -> Result<Vec<Op<D::Value>>, Reason> {
    Ok(match op {
        PatchOp::Add { path, value } => vec![add(doc, path, value.clone())?],
        PatchOp::Replace { path, value } => vec![Op::Rep(target(doc, path)?, value.clone())],
        PatchOp::Test { path, value } => vec![Op::Test(target(doc, path)?, value.clone())],
        PatchOp::Remove { path } => match target(doc, path)? {
            Path(tokens) if tokens.is_empty() => return Err(Reason::Root),
            path => vec![Op::Rm(path)],
        },
        PatchOp::Copy { from, path } => {
            let value = doc
                .get(&target(doc, from)?.0)
                .ok_or(Reason::TargetMissing)?;
            vec![add(doc, path, value)?]
        }
        PatchOp::Move { from, path } => type_move(doc, from, path)?,
        PatchOp::Inc { path, inc } => vec![Op::Inc(target(doc, path)?, *inc)],
        PatchOp::StrDel { path, pos, len: 0 } => nothing(doc, path, *pos)?,
        PatchOp::StrIns { path, pos, str } if str.kind() == Kind::Text && str.length() == 0 => {
            nothing(doc, path, *pos)?
        }
        PatchOp::StrIns { path, pos, str } => {
            let units = str.length();
            vec![Op::StrIns {
                path: target(doc, path)?,
                pos: *pos,
                text: str.clone(),
                units,
            }]
        }
        PatchOp::StrDel { path, pos, len } => {
            vec![Op::StrDel {
                path: target(doc, path)?,
                pos: *pos,
                len: *len,
            }]
        }
    })
}

/// Inserting or deleting no text is nothing, as a move onto itself is; only its place is checked.
fn nothing<D: Doc>(doc: &D, pointer: &str, pos: usize) -> Result<Vec<Op<D::Value>>, Reason> {
    let path = target(doc, pointer)?;
    let text = doc.get(&path.0).ok_or(Reason::TargetMissing)?;
    if text.kind() != Kind::Text {
        return Err(Reason::NotText);
    }
    text.slice(pos, 0).ok_or(Reason::BadOffset)?;
    Ok(Vec::new())
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
fn type_move<D: Doc>(doc: &D, from: &str, to: &str) -> Result<Vec<Op<D::Value>>, Reason> {
    let below = |outer: &str, inner: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    let source = target(doc, from)?;
    if from == to {
        return Ok(Vec::new());
    }
    if below(from, to) {
        return Err(Reason::IntoItself);
    }
    if to.is_empty() {
        let value = doc.get(&source.0).ok_or(Reason::TargetMissing)?;
        return Ok(vec![Op::Rep(Path::default(), value)]);
    }
    let (to, present) = destination(doc, &source, to)?;
    let over = present && matches!(to.split(), Some((_, Token::Key(_))));
    Ok(if source == to {
        Vec::new()
    } else {
        moves(source, to, over)
    })
}

/// Types where a move goes. It is read after the removal, so an index behind the removed element
/// names what now stands one further on.
fn destination<D: Doc>(doc: &D, from: &Path, to: &str) -> Result<(Path, bool), Reason> {
    let Some((list, Token::Index(removed))) = from.split() else {
        return place(doc, to);
    };
    let mut tokens = tokens_of(to).ok_or(Reason::BadPointer)?;
    let depth = list.len();
    let same_list = tokens.len() > depth && to.starts_with(&(pointer_of(list) + "/"));
    let through = same_list && tokens.len() > depth + 1;
    let shifted = through
        && match index_of(&tokens[depth]) {
            Some(index) if index >= *removed => {
                tokens[depth].clear();
                push_decimal(&mut tokens[depth], index as u64 + 1);
                true
            }
            _ => false,
        };
    let keys: Vec<_> = tokens
        .into_iter()
        .map(|token| Token::Key(token.into()))
        .collect();
    let (mut path, present) = place(doc, &pointer_of(&keys))?;
    let into_list = same_list && !through;
    if (shifted || (into_list && to.ends_with("/-")))
        && let Some(Token::Index(index)) = path.0.get_mut(depth)
    {
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
