//! What the core asks of a host's JSON: a few questions about a value, and one edit along a path.
//!
//! In the browser a value is a handle on a JS object, natively it is a [`Tree`](crate::tree);
//! the meaning of every operation is written once, in [`apply`](crate::apply), over this trait.

use crate::error::Reason;
use crate::path::{Path, Token, index_of, tokens_of};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The six kinds of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A finite double.
    Number,
    /// A text of UTF-16 code units without lone surrogates.
    Text,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A JSON value of the host, immutable once it is part of a document.
///
/// `==` is cheap and may call equal values different; [`Value::equals`] looks inside.
pub trait Value: Clone + PartialEq {
    /// Which kind of JSON it is.
    fn kind(&self) -> Kind;
    /// The number, if it is one.
    fn as_number(&self) -> Option<f64>;
    /// A number of the host; `number` is finite.
    fn number(number: f64) -> Self;
    /// Deep equality: order-blind for objects, `1` equals `1.0` (SPEC P13).
    fn equals(&self, other: &Self) -> bool;
    /// This text with `del` code units at `pos` replaced by `insert`; `None` when it is no text,
    /// out of bounds, or a cut would fall inside a surrogate pair. Offsets are UTF-16.
    fn splice(&self, pos: usize, del: usize, insert: Option<&Self>) -> Option<Self>;
    /// `len` code units of this text from `pos`, under the conditions of `splice`.
    fn slice(&self, pos: usize, len: usize) -> Option<Self>;
    /// How many code units a text has, in UTF-16, or elements an array; else 0.
    fn length(&self) -> usize;
    /// What stands in a container, each behind its token; of anything else nothing.
    fn children(&self) -> Vec<(Token, Self)>;
    /// What tells an item of a list from others: the name and the value of the first of its
    /// members `id`, `_id` and `key` that is a text or a number.
    fn id(&self) -> Option<Arc<str>>;
    /// How many code units two texts have in common at the beginning, and behind that at the end;
    /// no surrogate pair is cut.
    fn common(&self, other: &Self) -> (usize, usize);
    /// How many bytes this value has as JSON, at most.
    fn json_bytes(&self) -> usize;
    /// How many values it is made of, itself included.
    fn nodes(&self) -> usize;
    /// Whether it keeps the protocol's limits on depth, keys and strings, where it stands below
    /// `depth` containers.
    ///
    /// # Errors
    /// The first limit it breaks.
    fn check(&self, depth: usize) -> Result<(), Reason>;
}

/// What one edit does to one slot; an edit that does not fit its slot changes nothing.
#[derive(Clone, Debug)]
pub enum Edit<V> {
    /// Sets an occupied slot: the root, a member that is there, an element.
    Set(V),
    /// Makes a vacant member.
    Add(V),
    /// Inserts an element at a gap.
    Insert(V),
    /// Removes an occupied slot; not the root.
    Remove,
}

/// What stood in the slot before (`Set`, `Remove`), or nothing.
pub type Before<V> = Option<V>;

/// What a walk along a pointer meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bit i is set when token i is read in an array.
    pub arrays: u64,
    /// Whether a value stands at the end.
    pub present: bool,
}

/// A document of the host: an immutable tree of which every version that was handed out stays as
/// it was.
pub trait Doc: Clone {
    /// The host's values.
    type Value: Value;

    /// A document with this root, an object or an array.
    fn new(root: Self::Value) -> Self;
    /// The root as it is now; afterwards nothing reachable from it is ever edited in place.
    fn root(&self) -> Self::Value;
    /// Whether both are the same document by reference; never looks inside.
    fn is(&self, other: &Self) -> bool;
    /// What stands at a path. Only own members count.
    fn get(&self, path: &[Token]) -> Option<Self::Value>;
    /// Changes one slot; `Err` when the edit does not fit, and then nothing has changed.
    fn edit(&mut self, path: &Path, edit: Edit<Self::Value>)
    -> Result<Before<Self::Value>, Misfit>;

    /// Puts parts of an older document in the place of equal ones that were made since the root
    /// was handed out, so that what has not changed stays the same object. Where values have no
    /// identity there is nothing to do.
    fn keep(&mut self, _old: &Self) {}

    /// Walks `pointer` down, or `None` when the walk leaves the tree before its last token.
    fn shape(&self, pointer: &str) -> Option<Shape> {
        walk(self, pointer)
    }
}

/// Walks a pointer with [`Doc::get`], for hosts that have nothing faster.
pub fn walk<D: Doc>(doc: &D, pointer: &str) -> Option<Shape> {
    let mut arrays = 0;
    let mut path: Vec<Token> = Vec::new();
    for (depth, token) in tokens_of(pointer)?.into_iter().enumerate() {
        let array = match doc.get(&path).map(|value| value.kind()) {
            Some(Kind::Array) => true,
            Some(Kind::Object) => false,
            _ => return None,
        };
        arrays |= u64::from(array).checked_shl(depth as u32)?;
        path.push(match index_of(&token) {
            Some(index) if array => Token::Index(index),
            _ => Token::Key(token.into()),
        });
    }
    Some(Shape {
        arrays,
        present: doc.get(&path).is_some(),
    })
}

/// An edit that does not fit its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit;
