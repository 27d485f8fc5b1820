//! The native tree: JSON that shares structure between versions.
//!
//! A room keeps the root of every version in its window, so a version must cost what its change
//! touched: arrays are RRB vectors, small objects are shared lists, large ones ordered maps.

use crate::doc::{Before, Doc, Edit, Kind, Misfit, Value};
use crate::error::Reason;
use crate::frame::write_number;
use crate::path::{Path, Token};
use crate::protocol::{DEPTH_MAX, KEY_UNITS_MAX, STRING_UNITS_MAX};
use imbl::{OrdMap, Vector};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
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

/// The members of an object, in the order in which they were made.
#[derive(Clone, Debug)]
pub enum Members {
    /// A list: most objects have a handful of members.
    Few(Arc<Vec<(Arc<str>, Tree)>>),
    /// A map from name to a rising stamp and the value; the stamps keep the order.
    Many(OrdMap<Arc<str>, (u64, Tree)>, u64),
}

/// From here on a linear search would cost more than a tree walk.
const FEW_MEMBERS_MAX: usize = 24;

impl Default for Members {
    fn default() -> Self {
        Self::Few(Arc::new(Vec::new()))
    }
}

impl Members {
    /// How many members there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Few(list) => list.len(),
            Self::Many(map, _) => map.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a member.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        match self {
            Self::Few(list) => list
                .iter()
                .find(|(name, _)| &**name == key)
                .map(|(_, value)| value),
            Self::Many(map, _) => map.get(key).map(|(_, value)| value),
        }
    }

    /// The members in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tree)> {
        match self {
            Self::Few(list) => list.iter().map(|(key, value)| (&**key, value)).collect(),
            Self::Many(map, _) => {
                let mut all: Vec<_> = map.iter().collect();
                all.sort_unstable_by_key(|(_, (stamp, _))| *stamp);
                all.into_iter()
                    .map(|(key, (_, value))| (&**key, value))
                    .collect::<Vec<_>>()
            }
        }
        .into_iter()
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        match self {
            Self::Few(list) => Arc::make_mut(list)
                .iter_mut()
                .find(|(name, _)| &**name == key)
                .map(|(_, value)| value),
            Self::Many(map, _) => map.get_mut(key).map(|(_, value)| value),
        }
    }

    /// Sets a member, in its place when it is there, else last; returns what stood there.
    pub fn insert(&mut self, key: Arc<str>, value: Tree) -> Option<Tree> {
        if let Some(slot) = self.get_mut(&key) {
            return Some(std::mem::replace(slot, value));
        }
        match self {
            Self::Few(list) if list.len() < FEW_MEMBERS_MAX => {
                Arc::make_mut(list).push((key, value));
            }
            Self::Few(list) => {
                let stamped = list.iter().cloned().zip(0..);
                let mut map: OrdMap<_, _> = stamped
                    .map(|((key, value), stamp)| (key, (stamp, value)))
                    .collect();
                let stamp = list.len() as u64;
                map.insert(key, (stamp, value));
                *self = Self::Many(map, stamp + 1);
            }
            Self::Many(map, next) => {
                map.insert(key, (*next, value));
                *next += 1;
            }
        }
        None
    }

    fn remove(&mut self, key: &str) -> Option<Tree> {
        match self {
            Self::Few(list) => {
                let at = list.iter().position(|(name, _)| &**name == key)?;
                Some(Arc::make_mut(list).remove(at).1)
            }
            Self::Many(map, _) => map.remove(key).map(|(_, value)| value),
        }
    }
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

    fn json_bytes(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 5,
            // The longest double in JSON has 24 characters.
            Self::Number(_) => 24,
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

/// The bytes of a JSON string: a control character is written as six.
fn text_bytes(text: &str) -> usize {
    let escaped = |byte| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    2 + text.bytes().map(escaped).sum::<usize>()
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

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => write_number(number, serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                items
                    .iter()
                    .try_for_each(|item| seq.serialize_element(item))?;
                seq.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members
                    .iter()
                    .try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::number(value as f64))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Tree, E> {
        if value.is_finite() {
            Ok(Tree::number(value))
        } else {
            Err(E::custom("a number is not finite"))
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vector::new();
        while let Some(item) = seq.next_element()? {
            items.push_back(item);
        }
        Ok(Tree::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members = Members::default();
        while let Some((key, value)) = map.next_entry::<Arc<str>, Tree>()? {
            if &*key == "__proto__" {
                return Err(A::Error::custom("the key __proto__ is refused"));
            }
            members.insert(key, value);
        }
        Ok(Tree::Object(members))
    }
}
