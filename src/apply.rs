//! What operations mean: RFC 6902 over any host tree, all or nothing, and the way back.

use crate::doc::{Before, Doc, Edit, Kind, Misfit, Value};
use crate::error::{PatchError, Reason};
use crate::op::{Op, Patch, moves};
use crate::path::{Path, Token, index_of, pointer_of, push_decimal, tokens_of};
use crate::protocol::PatchOp;
use alloc::vec;
use alloc::vec::Vec;

/// A patch that was applied, with what is needed to take it back.
#[derive(Clone, Debug)]
pub struct Applied<V> {
    /// The patch, typed.
    pub patch: Patch<V>,
    /// For each operation the index of the written one that it came from.
    pub origin: Vec<usize>,
    befores: Vec<Before<V>>,
}

impl<V> Applied<V> {
    fn new() -> Self {
        Self {
            patch: Patch::default(),
            origin: Vec::new(),
            befores: Vec::new(),
        }
    }

    /// A patch that somebody else applied and typed; it has no inverse.
    pub fn recorded(patch: Patch<V>) -> Self {
        let origin = (0..patch.0.len()).collect();
        Self {
            patch,
            origin,
            befores: Vec::new(),
        }
    }
}

impl<V: Value> Applied<V> {
    /// Applies one operation and remembers it.
    fn take<D: Doc<Value = V>>(
        &mut self,
        doc: &mut D,
        op: Op<V>,
        written: usize,
        rules: &Rules<D>,
    ) -> Result<(), Reason> {
        let guard = matches!(op, Op::Test(..));
        let before = if guard && !rules.judge {
            None
        } else {
            step(doc, &op)?
        };
        self.patch.0.push(op);
        self.origin.push(written);
        self.befores.push(before);
        self.patch
            .0
            .last()
            .map_or(Ok(()), |op| (rules.inspect)(doc, op))
    }

    /// How many bytes of JSON and how many values the document has more than before, about.
    pub fn growth(&self) -> (isize, isize) {
        let size = |value: &V| (value.json_bytes() as isize, value.nodes() as isize);
        let steps = self.patch.0.iter().zip(&self.befores);
        steps.fold((0, 0), |(bytes, nodes), (op, before)| {
            let (more, less) = match op {
                Op::StrIns { text, .. } => ((text.json_bytes() as isize, 0), (0, 0)),
                Op::StrDel { len, .. } => ((0, 0), (*len as isize, 0)),
                Op::Inc(..) | Op::Test(..) => ((0, 0), (0, 0)),
                Op::Create(_, value)
                | Op::Put(_, value)
                | Op::Ins(_, value)
                | Op::Rep(_, value) => (size(value), before.as_ref().map_or((0, 0), size)),
                Op::Move { from, to, .. } if to.contains(from) => ((0, 0), (0, 0)),
                Op::Rm(_) | Op::Move { .. } => ((0, 0), before.as_ref().map_or((0, 0), size)),
            };
            let key = match op {
                Op::Create(path, _) => path.0.last().map_or(0, Token::json_bytes) as isize,
                _ => 0,
            };
            (bytes + more.0 + key - less.0, nodes + more.1 - less.1)
        })
    }

    /// The same without guards, which have done their work.
    pub fn without_tests(mut self) -> Self {
        if self.patch.is_strict() {
            let kept: Vec<bool> = self
                .patch
                .0
                .iter()
                .map(|op| !matches!(op, Op::Test(..)))
                .collect();
            let mut keep = kept.iter();
            self.patch.0.retain(|_| *keep.next().unwrap_or(&true));
            let mut keep = kept.iter();
            self.origin.retain(|_| *keep.next().unwrap_or(&true));
            let mut keep = kept.iter();
            self.befores.retain(|_| *keep.next().unwrap_or(&true));
        }
        self
    }

    /// The patch that takes this one back, on the document after it.
    pub fn inverse(&self) -> Patch<V> {
        let steps = self.patch.0.iter().zip(&self.befores).rev();
        Patch(
            steps
                .flat_map(|(op, before)| inverse(op, before.as_ref()))
                .collect(),
        )
    }
}

/// How strictly written operations are read.
#[derive(Debug)]
pub struct Rules<D: Doc> {
    /// Whether a guard that does not hold is an error; otherwise guards are only typed.
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
    for (index, written) in ops.iter().enumerate() {
        let done = type_op(doc, written).and_then(|typed| {
            typed
                .into_iter()
                .try_for_each(|op| applied.take(doc, op, index, rules))
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
    let mut applied = Applied::new();
    for (index, op) in patch.0.iter().enumerate() {
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
            let value = doc.get(&path.0).ok_or(Reason::TargetMissing)?;
            let sum = value.as_number().map(|number| number + by);
            let sum = sum.filter(|sum| sum.is_finite()).ok_or(Reason::NotNumber)?;
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

fn shift<D: Doc>(
    doc: &mut D,
    from: &Path,
    to: &Path,
    over: bool,
) -> Result<Before<D::Value>, Reason> {
    // A member replaced by what stood inside it: only its whole old value leads back.
    let whole = if to.contains(from) && over {
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

/// The operations that take one applied operation back.
fn inverse<V: Value>(op: &Op<V>, before: Option<&V>) -> Vec<Op<V>> {
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

/// Types one written operation against the document it is about to change.
fn type_op<D: Doc>(doc: &D, op: &PatchOp<D::Value>) -> Result<Vec<Op<D::Value>>, Reason> {
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
