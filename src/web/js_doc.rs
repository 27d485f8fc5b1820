//! A document of plain, immutable JS objects; Rust holds handles and never a copy.

use super::codec::fields::{item, key, size};
use crate::doc::{Before, Doc, Edit, Kind, Misfit, Shape, Value};
use crate::error::Reason;
use crate::path::{Path, Token, pointer_of};
use alloc::sync::Arc;
use alloc::vec::Vec;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/web/tree.js")]
extern "C" {
    fn tree(root: &JsValue) -> JsValue;
    #[wasm_bindgen(js_name = rootOf)]
    fn root_of(tree: &JsValue) -> JsValue;
    fn share(tree: &JsValue) -> JsValue;
    #[wasm_bindgen(js_name = wasEdited)]
    fn was_edited(tree: &JsValue) -> bool;
    fn shape(root: &JsValue, pointer: &str, from: u32) -> f64;
    fn get(root: &JsValue, pointer: &str) -> JsValue;
    fn edit(tree: &JsValue, kind: u32, pointer: &str, value: &JsValue) -> JsValue;
    fn keep(tree: &JsValue, old: &JsValue);

    fn equals(a: &JsValue, b: &JsValue) -> bool;
    fn splice(text: &JsValue, pos: f64, del: f64, insert: &JsValue) -> JsValue;
    fn slice(text: &JsValue, pos: f64, len: f64) -> JsValue;
    #[wasm_bindgen(js_name = kindOf)]
    fn kind_of(value: &JsValue) -> u32;
    #[wasm_bindgen(js_name = len)]
    fn count_units(value: &JsValue) -> f64;
    #[wasm_bindgen(js_name = nodes)]
    fn count(value: &JsValue) -> f64;
    #[wasm_bindgen(js_name = jsonBytes)]
    fn json_bytes(value: &JsValue) -> f64;
    fn children(value: &JsValue) -> JsValue;
    #[wasm_bindgen(js_name = idOf)]
    fn id_of(value: &JsValue) -> JsValue;
    fn common(a: &JsValue, b: &JsValue) -> f64;
    fn check(value: &JsValue, depth: f64) -> u32;
    /// Freezes a value and what is in it, down to what is frozen.
    pub(super) fn freeze(value: &JsValue);
}

/// Which limit a value from a frame breaks, where it stands below `depth` containers.
pub(super) fn limit(value: &JsValue, depth: f64) -> Result<(), Reason> {
    Err(match check(value, depth) {
        0 => return Ok(()),
        3 => Reason::ProtoKey,
        4 => Reason::TooDeep,
        5 => Reason::KeyTooLong,
        6 => Reason::StringTooLong,
        _ => Reason::NotJson,
    })
}

fn present(value: JsValue) -> Option<JsValue> {
    if value.is_undefined() {
        None
    } else {
        Some(value)
    }
}

impl Value for JsValue {
    fn kind(&self) -> Kind {
        match kind_of(self) {
            0 => Kind::Null,
            1 => Kind::Bool,
            2 => Kind::Number,
            3 => Kind::Text,
            4 => Kind::Array,
            _ => Kind::Object,
        }
    }

    fn as_number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn number(number: f64) -> Self {
        // Minus zero has no name of its own in this protocol (SPEC P22).
        Self::from_f64(number + 0.0)
    }

    fn equals(&self, other: &Self) -> bool {
        equals(self, other)
    }

    fn splice(&self, pos: usize, del: usize, insert: Option<&Self>) -> Option<Self> {
        let nothing = Self::from_str("");
        present(splice(
            self,
            pos as f64,
            del as f64,
            insert.unwrap_or(&nothing),
        ))
    }

    fn slice(&self, pos: usize, len: usize) -> Option<Self> {
        present(slice(self, pos as f64, len as f64))
    }

    fn length(&self) -> usize {
        count_units(self) as usize
    }

    fn children(&self) -> Vec<(Token, Self)> {
        let all = children(self);
        let array = kind_of(self) == 4;
        let mut kids = Vec::new();
        let mut at = 0;
        while at < size(&all) {
            let token = if array {
                Token::Index(at as usize)
            } else {
                // A member's name stands before its value.
                at += 1;
                Token::Key(key(&all, at - 1).into())
            };
            kids.push((token, item(&all, at)));
            at += 1;
        }
        kids
    }

    fn id(&self) -> Option<Arc<str>> {
        id_of(self).as_string().map(Into::into)
    }

    fn common(&self, other: &Self) -> (usize, usize) {
        let both = common(self, other) as u64;
        ((both >> 26) as usize, (both & ((1 << 26) - 1)) as usize)
    }

    fn json_bytes(&self) -> usize {
        json_bytes(self) as usize
    }

    fn nodes(&self) -> usize {
        count(self) as usize
    }

    fn check(&self, depth: usize) -> Result<(), Reason> {
        limit(self, depth as f64)
    }
}

/// A handle on a tree of `tree.js`.
#[derive(Debug)]
pub(super) struct JsDoc(JsValue);

impl JsDoc {
    /// Whether this is another document than the one whose root was `told`, which becomes this
    /// one's. The root is compared and not given away: edits in place go on.
    pub(super) fn is_news(&self, told: &mut JsValue) -> bool {
        let root = root_of(&self.0);
        let news = was_edited(&self.0) || root != *told;
        *told = root;
        news
    }
}

impl Clone for JsDoc {
    /// Two roots, one structure: neither may edit in place what it shares with the other.
    fn clone(&self) -> Self {
        Self(tree(&share(&self.0)))
    }
}

/// So many tokens of a pointer are told about at once.
const SHAPE_TOKENS: u32 = 32;
/// The bit that says that a value stands at the end.
const PRESENT: u64 = 1 << SHAPE_TOKENS;

impl Doc for JsDoc {
    type Value = JsValue;

    fn new(root: JsValue) -> Self {
        Self(tree(&root))
    }

    fn root(&self) -> JsValue {
        share(&self.0)
    }

    fn is(&self, other: &Self) -> bool {
        root_of(&self.0) == root_of(&other.0)
    }

    fn get(&self, path: &[Token]) -> Option<JsValue> {
        present(get(&root_of(&self.0), &pointer_of(path)))
    }

    fn edit(&mut self, path: &Path, change: Edit<JsValue>) -> Result<Before<JsValue>, Misfit> {
        let (kind, value) = match change {
            Edit::Set(value) => (0, value),
            Edit::Add(value) => (1, value),
            Edit::Insert(value) => (2, value),
            Edit::Remove => (3, JsValue::UNDEFINED),
        };
        let before = present(edit(&self.0, kind, &path.pointer(), &value)).ok_or(Misfit)?;
        Ok(if matches!(kind, 1 | 2) {
            None
        } else {
            Some(before)
        })
    }

    fn keep(&mut self, old: &Self) {
        keep(&self.0, &old.0);
    }

    fn shape(&self, pointer: &str) -> Option<Shape> {
        let root = root_of(&self.0);
        let bits = shape(&root, pointer, 0);
        if bits < 0.0 {
            return None;
        }
        let bits = bits as u64;
        let mut arrays = bits & !PRESENT;
        // A token takes two bytes or more.
        if pointer.len() > 2 * SHAPE_TOKENS as usize {
            let more = shape(&root, pointer, SHAPE_TOKENS) as u64;
            arrays |= (more & !PRESENT) << SHAPE_TOKENS;
        }
        Some(Shape {
            arrays,
            present: bits & PRESENT != 0,
        })
    }
}
