//! The native tree: JSON that shares structure between versions.
//!
//! A room keeps the root of every version in its window, so a version must cost what its change
//! touched: arrays are RRB vectors, small objects are shared lists, large ones ordered maps.

mod json;
mod members;

pub use members::Members;

use crate::doc::{Before, Doc, Edit, Kind, Misfit, Value};
use crate::error::Reason;
use crate::path::{Path, Token, text_bytes};
use crate::protocol::{DEPTH_MAX, KEY_UNITS_MAX, STRING_UNITS_MAX};
use imbl::Vector;
use std::sync::Arc;

/// A JSON value.
#[derive(Clone, Debug, Default)]
pub enum Tree {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A finite double; never `-0`.
    Number(f64),
    /// A text.
    Text(Arc<str>),
    /// An array.
    Array(Vector<Self>),
    /// An object.
    Object(Members),
}

impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a.ptr_eq(b) || a == b,
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(key, value)| b.get(key) == Some(value))
            }
            _ => false,
        }
    }
}

impl Tree {
    /// The subtree at `path`, with its containers made unique on the way.
    fn at_mut(&mut self, path: &[Token]) -> Option<&mut Self> {
        path.iter()
            .try_fold(self, |tree, token| match (tree, token) {
                (Self::Array(items), Token::Index(index)) => items.get_mut(*index),
                (Self::Object(members), Token::Key(key)) => members.get_mut(key),
                _ => None,
            })
    }

    /// Whether `at_mut` would find it, asked first so that a misfit copies nothing.
    fn at(&self, path: &[Token]) -> Option<&Self> {
        path.iter()
            .try_fold(self, |tree, token| match (tree, token) {
                (Self::Array(items), Token::Index(index)) => items.get(*index),
                (Self::Object(members), Token::Key(key)) => members.get(key),
                _ => None,
            })
    }
}

impl Value for Tree {
    fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        }
    }

    fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn number(number: f64) -> Self {
        // Minus zero has no name of its own in this protocol (SPEC P22).
        Self::Number(number + 0.0)
    }

    fn equals(&self, other: &Self) -> bool {
        self == other
    }

    fn splice(&self, pos: usize, del: usize, insert: Option<&Self>) -> Option<Self> {
        let Self::Text(text) = self else { return None };
        let start = byte_offset(text, pos)?;
        let end = start + byte_offset(&text[start..], del)?;
        let insert = match insert {
            Some(Self::Text(insert)) => &**insert,
            Some(_) => return None,
            None => "",
        };
        Some(Self::Text(
            [&text[..start], insert, &text[end..]].concat().into(),
        ))
    }

    fn slice(&self, pos: usize, len: usize) -> Option<Self> {
        let Self::Text(text) = self else { return None };
        let start = byte_offset(text, pos)?;
        let end = start + byte_offset(&text[start..], len)?;
        Some(Self::Text(text[start..end].into()))
    }

    fn length(&self) -> usize {
        match self {
            Self::Array(items) => items.len(),
            Self::Text(text) => units(text),
            _ => 0,
        }
    }

    fn children(&self) -> Vec<(Token, Self)> {
        let member = |(key, value): (&str, &Self)| (Token::Key(key.into()), value.clone());
        match self {
            Self::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .map(|(at, item)| (Token::Index(at), item.clone()))
                    .collect()
            }
            Self::Object(members) => members.iter().map(member).collect(),
            _ => Vec::new(),
        }
    }

    fn id(&self) -> Option<Arc<str>> {
        let Self::Object(members) = self else {
            return None;
        };
        ["id", "_id", "key"]
            .iter()
            .find_map(|name| match members.get(name)? {
                Self::Text(text) => Some(format!("{name}:{text}").into()),
                Self::Number(number) => Some(format!("{name}={number}").into()),
                _ => None,
            })
    }

    fn common(&self, other: &Self) -> (usize, usize) {
        let (Self::Text(a), Self::Text(b)) = (self, other) else {
            return (0, 0);
        };
        let same = |(a, b): &(char, char)| a == b;
        let length = |pairs: Vec<(char, char)>| pairs.iter().map(|(a, _)| a.len_utf16()).sum();
        let head: Vec<_> = a.chars().zip(b.chars()).take_while(same).collect();
        let bytes: usize = head.iter().map(|(a, _)| a.len_utf8()).sum();
        let (a, b) = (a[bytes..].chars().rev(), b[bytes..].chars().rev());
        (length(head), length(a.zip(b).take_while(same).collect()))
    }

    fn json_bytes(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 5,
            // The longest is like -0.0000012345678901234567, as JS writes it.
            Self::Number(_) => 25,
            Self::Text(text) => text_bytes(text),
            Self::Array(items) => {
                2 + items
                    .iter()
                    .map(|item| item.json_bytes() + 1)
                    .sum::<usize>()
            }
            Self::Object(members) => {
                let member = |(key, value): (&str, &Self)| text_bytes(key) + value.json_bytes() + 2;
                2 + members.iter().map(member).sum::<usize>()
            }
        }
    }

    fn nodes(&self) -> usize {
        match self {
            Self::Array(items) => 1 + items.iter().map(Self::nodes).sum::<usize>(),
            Self::Object(members) => 1 + members.iter().map(|(_, v)| v.nodes()).sum::<usize>(),
            _ => 1,
        }
    }

    fn check(&self, depth: usize) -> Result<(), Reason> {
        match self {
            Self::Array(_) | Self::Object(_) if depth >= DEPTH_MAX => Err(Reason::TooDeep),
            Self::Array(items) => items.iter().try_for_each(|item| item.check(depth + 1)),
            Self::Object(members) => members.iter().try_for_each(|(key, value)| {
                check_key(key)?;
                value.check(depth + 1)
            }),
            Self::Text(text) if text.len() > STRING_UNITS_MAX && units(text) > STRING_UNITS_MAX => {
                Err(Reason::StringTooLong)
            }
            _ => Ok(()),
        }
    }
}

/// Checks a member's name against the protocol's limits.
fn check_key(key: &str) -> Result<(), Reason> {
    match key {
        "__proto__" => Err(Reason::ProtoKey),
        // A byte is at least one code unit of UTF-8, so short ones need no count.
        key if key.len() > KEY_UNITS_MAX && units(key) > KEY_UNITS_MAX => Err(Reason::KeyTooLong),
        _ => Ok(()),
    }
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The byte offset of `units` UTF-16 code units; `None` behind the end or inside a pair.
fn byte_offset(text: &str, units: usize) -> Option<usize> {
    let mut left = units;
    for (offset, character) in text.char_indices() {
        if left == 0 {
            return Some(offset);
        }
        left = left.checked_sub(character.len_utf16())?;
    }
    (left == 0).then_some(text.len())
}

impl Doc for Tree {
    type Value = Self;

    fn new(root: Self) -> Self {
        root
    }

    fn root(&self) -> Self {
        self.clone()
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(a), Self::Array(b)) => a.ptr_eq(b),
            (Self::Object(Members::Few(a)), Self::Object(Members::Few(b))) => Arc::ptr_eq(a, b),
            (Self::Object(Members::Many(a, _)), Self::Object(Members::Many(b, _))) => a.ptr_eq(b),
            _ => false,
        }
    }

    fn get(&self, path: &[Token]) -> Option<Self> {
        self.at(path).cloned()
    }

    fn edit(&mut self, path: &Path, edit: Edit<Self>) -> Result<Before<Self>, Misfit> {
        let Some((parent, last)) = path.split() else {
            return match edit {
                Edit::Set(value) => Ok(Some(std::mem::replace(self, value))),
                _ => Err(Misfit),
            };
        };
        let fits = match (self.at(parent), last) {
            (Some(Self::Array(items)), Token::Index(index)) => match edit {
                Edit::Set(_) | Edit::Remove => *index < items.len(),
                Edit::Insert(_) => *index <= items.len(),
                Edit::Add(_) => false,
            },
            (Some(Self::Object(members)), Token::Key(key)) => match edit {
                Edit::Set(_) | Edit::Remove => members.get(key).is_some(),
                Edit::Add(_) => members.get(key).is_none(),
                Edit::Insert(_) => false,
            },
            _ => false,
        };
        if !fits {
            return Err(Misfit);
        }
        match (self.at_mut(parent), last, edit) {
            (Some(Self::Array(items)), Token::Index(index), edit) => Ok(match edit {
                Edit::Set(value) => Some(items.set(*index, value)),
                Edit::Remove => Some(items.remove(*index)),
                Edit::Insert(value) | Edit::Add(value) => {
                    items.insert(*index, value);
                    None
                }
            }),
            (Some(Self::Object(members)), Token::Key(key), edit) => Ok(match edit {
                Edit::Remove => members.remove(key),
                Edit::Set(value) | Edit::Add(value) | Edit::Insert(value) => {
                    members.insert(key.clone(), value)
                }
            }),
            _ => Err(Misfit),
        }
    }
}
