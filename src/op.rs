//! Operations: RFC 6902 and the three extensions, with typed paths.

use crate::doc::Value;
use crate::path::{Path, Token};
use crate::protocol::PatchOp;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::mem::discriminant;

/// One operation as the core has it; `V` is the host's value.
///
/// The RFC's `add` is three operations here, because it means three things: make a member, set
/// a member that is there, insert an element (SPEC P7).
#[derive(Clone, Debug, PartialEq)]
pub enum Op<V> {
    /// Makes a vacant member.
    Create(Path, V),
    /// Sets an occupied member, and makes it again when somebody removed it meanwhile.
    Put(Path, V),
    /// Inserts an element at a gap.
    Ins(Path, V),
    /// Replaces what is there; never brings it back.
    Rep(Path, V),
    /// Removes a member or an element.
    Rm(Path),
    /// Moves a node.
    Move {
        /// Where it stands.
        from: Path,
        /// Where it goes, read after the removal.
        to: Path,
        /// Whether a member stands at `to` and is overwritten.
        over: bool,
    },
    /// Adds to a number.
    Inc(Path, f64),
    /// Inserts into a text.
    StrIns {
        /// The text.
        path: Path,
        /// Offset in UTF-16 code units.
        pos: usize,
        /// What is inserted.
        text: V,
        /// Length of `text` in UTF-16 code units.
        units: usize,
    },
    /// Deletes from a text.
    StrDel {
        /// The text.
        path: Path,
        /// Offset in UTF-16 code units.
        pos: usize,
        /// Length in UTF-16 code units.
        len: usize,
    },
    /// A guard: the change counts only while this holds.
    Test(Path, V),
}

impl<V: Value> Op<V> {
    /// The operation as it is written on the wire.
    pub fn to_text(&self) -> PatchOp<V> {
        let path = self.path().pointer();
        match self {
            Self::Create(_, value) | Self::Put(_, value) | Self::Ins(_, value) => PatchOp::Add {
                path,
                value: value.clone(),
            },
            Self::Rep(_, value) => PatchOp::Replace {
                path,
                value: value.clone(),
            },
            Self::Rm(_) => PatchOp::Remove { path },
            Self::Move { from, .. } => PatchOp::Move {
                from: from.pointer(),
                path,
            },
            Self::Inc(_, by) => PatchOp::Inc { path, inc: *by },
            Self::StrIns { pos, text, .. } => PatchOp::StrIns {
                path,
                pos: *pos,
                str: text.clone(),
            },
            Self::StrDel { pos, len, .. } => PatchOp::StrDel {
                path,
                pos: *pos,
                len: *len,
            },
            Self::Test(_, value) => PatchOp::Test {
                path,
                value: value.clone(),
            },
        }
    }
}

impl<V> Op<V> {
    /// The path that the operation is about: the target, or where a value goes.
    pub fn path(&self) -> &Path {
        match self {
            Self::Create(path, _)
            | Self::Put(path, _)
            | Self::Ins(path, _)
            | Self::Rep(path, _)
            | Self::Rm(path)
            | Self::Inc(path, _)
            | Self::Test(path, _)
            | Self::Move { to: path, .. }
            | Self::StrIns { path, .. }
            | Self::StrDel { path, .. } => path,
        }
    }

    /// The place outside which this operation neither reads nor shifts anything.
    ///
    /// An element inserted or removed shifts its siblings, so its place is the whole array.
    /// A move has two places.
    pub fn places(&self) -> (&[Token], Option<&[Token]>) {
        match self {
            Self::Ins(path, _) | Self::Rm(path) => (list_of(path), None),
            Self::Move { from, to, .. } => (list_of(from), Some(list_of(to))),
            other => (&other.path().0, None),
        }
    }
}

impl<V: Value> PatchOp<V> {
    /// Whether both are the same text.
    pub fn says(&self, other: &Self) -> bool {
        let same_values = match (self.value(), other.value()) {
            (Some(value), Some(other)) => value.equals(other),
            _ => true,
        };
        discriminant(self) == discriminant(other)
            && self.path() == other.path()
            && self.from() == other.from()
            && self.numbers() == other.numbers()
            && same_values
    }

    fn value(&self) -> Option<&V> {
        match self {
            Self::Add { value, .. }
            | Self::Replace { value, .. }
            | Self::Test { value, .. }
            | Self::StrIns { str: value, .. } => Some(value),
            _ => None,
        }
    }

    fn from(&self) -> Option<&str> {
        match self {
            Self::Move { from, .. } | Self::Copy { from, .. } => Some(from),
            _ => None,
        }
    }

    fn numbers(&self) -> [f64; 2] {
        match self {
            Self::Inc { inc, .. } => [*inc, 0.0],
            Self::StrIns { pos, .. } => [*pos as f64, 0.0],
            Self::StrDel { pos, len, .. } => [*pos as f64, *len as f64],
            _ => [0.0, 0.0],
        }
    }
}

/// The array of an element, or the path itself for a member.
fn list_of(path: &Path) -> &[Token] {
    match path.split() {
        Some((parent, Token::Index(_))) => parent,
        _ => &path.0,
    }
}

/// Adds the operations that move `from` to `to`: none where it stands there already, two where
/// one would name its own child.
///
/// Removing `/l/0` shifts its right neighbour into place, so `/l/0 → /l/0/0` is a legal move into
/// that neighbour, but RFC 6902 section 4.4 forbids its text. Two moves say the same (SPEC T14).
pub fn push_moves<V>(ops: &mut Vec<Op<V>>, mut from: Path, to: Path, over: bool) {
    if from == to {
        return;
    }
    if from.contains(&to) {
        let mut aside = from.clone();
        if let Some(Token::Index(index)) = aside.0.last_mut() {
            *index += 1;
            ops.push(Op::Move {
                from,
                to: aside.clone(),
                over: false,
            });
            from = aside;
        }
    }
    ops.push(Op::Move { from, to, over });
}

/// A list of operations, applied whole or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch<V>(pub Vec<Op<V>>);

impl<V> Default for Patch<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V: Value> Patch<V> {
    /// The operations as they are written on the wire.
    pub fn to_text(&self) -> Vec<PatchOp<V>> {
        self.0.iter().map(Op::to_text).collect()
    }

    /// The patch that a room logs: guards have done their work.
    pub fn without_tests(&self) -> Cow<'_, Self> {
        if !self.is_strict() {
            return Cow::Borrowed(self);
        }
        let mut rest = self.clone();
        rest.0.retain(|op| !matches!(op, Op::Test(..)));
        Cow::Owned(rest)
    }

    /// How many bytes a change with this patch takes as JSON, at most.
    pub fn json_bytes(&self) -> usize {
        /// What stands around a patch, with the longest seq.
        const CHANGE: &str = r#"{"seq":9007199254740991,"tag":"0123456789abcdef","patch":[]},"#;
        /// The longest double in JSON.
        const NUMBER: usize = 25;
        /// The longest offset in JSON.
        const OFFSET: usize = 16;
        let bytes = |op: &Op<V>| {
            let rest = match op {
                Op::Create(_, value) | Op::Put(_, value) | Op::Ins(_, value) => {
                    r#"{"op":"add","path":"","value":},"#.len() + value.json_bytes()
                }
                Op::Rep(_, value) => {
                    r#"{"op":"replace","path":"","value":},"#.len() + value.json_bytes()
                }
                Op::Test(_, value) => {
                    r#"{"op":"test","path":"","value":},"#.len() + value.json_bytes()
                }
                Op::Rm(_) => r#"{"op":"remove","path":""},"#.len(),
                Op::Move { from, .. } => {
                    r#"{"op":"move","from":"","path":""},"#.len() + from.json_bytes()
                }
                Op::Inc(..) => r#"{"op":"inc","path":"","inc":},"#.len() + NUMBER,
                Op::StrIns { text, .. } => {
                    let frame = r#"{"op":"str_ins","path":"","pos":,"str":},"#;
                    frame.len() + OFFSET + text.json_bytes()
                }
                Op::StrDel { .. } => {
                    r#"{"op":"str_del","path":"","pos":,"len":},"#.len() + 2 * OFFSET
                }
            };
            op.path().json_bytes() + rest
        };
        CHANGE.len() + self.0.iter().map(bytes).sum::<usize>()
    }
}

impl<V> Patch<V> {
    /// Whether one void operation rejects the whole change.
    pub fn is_strict(&self) -> bool {
        self.0.iter().any(|op| matches!(op, Op::Test(..)))
    }

    /// Whether `is` holds for one of the places of its operations.
    pub fn any_place(&self, mut is: impl FnMut(&[Token]) -> bool) -> bool {
        self.0.iter().any(|op| {
            let (place, other) = op.places();
            is(place) || other.is_some_and(&mut is)
        })
    }

    /// Whether no place of `self` is a place of `other` or inside or around one: then each
    /// means the same before and after the other.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        let meets = |mine: &[Token]| {
            other.any_place(|theirs| mine.starts_with(theirs) || theirs.starts_with(mine))
        };
        !self.any_place(meets)
    }
}
