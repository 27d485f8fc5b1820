//! Chance, documents and edits for the tests that make their own.
#![allow(dead_code)] // Each test file uses its own part of this.

use draftsync::doc::{Kind, Value};
use draftsync::path::{Path, Token, pointer_of};
use draftsync::protocol::PatchOp;
use draftsync::tree::Tree;

/// A small stream of chance from a seed (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(99))
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound.max(1) as u64) as usize
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// JSON text as a tree.
pub(crate) fn tree(text: &str) -> Tree {
    serde_json::from_str(text).expect("the test writes JSON")
}

const KEYS: [&str; 5] = ["a", "b", "list", "n", "s"];
const TEXTS: [&str; 6] = ["", "x", "hello", "a😀b", "ü~/", "yy"];

/// A random value, at most `depth` containers deep.
pub(crate) fn value(dice: &mut Dice, depth: usize) -> Tree {
    match dice.below(if depth == 0 { 4 } else { 7 }) {
        0 => Tree::number(dice.below(10) as f64),
        1 => Tree::Text((*dice.pick(&TEXTS)).into()),
        2 => Tree::Bool(dice.once_in(2)),
        3 => Tree::Null,
        4 => Tree::Array((0..dice.below(4)).map(|_| value(dice, depth - 1)).collect()),
        _ => object(dice, depth),
    }
}

/// A random object; the usual root.
pub(crate) fn object(dice: &mut Dice, depth: usize) -> Tree {
    let mut members = draftsync::tree::Members::default();
    for _ in 0..dice.below(5) {
        let key = *dice.pick(&KEYS);
        let inner = depth.saturating_sub(1);
        let value = if key == "list" {
            Tree::Array((0..dice.below(4)).map(|_| value(dice, inner)).collect())
        } else {
            value(dice, inner)
        };
        members.insert(key.into(), value);
    }
    Tree::Object(members)
}

/// Every path of a document with its value, the root first.
pub(crate) fn paths(doc: &Tree) -> Vec<(Path, Tree)> {
    let mut all = vec![(Path::default(), doc.clone())];
    let mut next = 0;
    while next < all.len() {
        let (path, value) = all[next].clone();
        let mut child = |token: Token, value: &Tree| {
            let mut tokens = path.0.clone();
            tokens.push(token);
            all.push((Path(tokens), value.clone()));
        };
        match &value {
            Tree::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(at, item)| child(Token::Index(at), item));
            }
            Tree::Object(members) => {
                members
                    .iter()
                    .for_each(|(key, value)| child(Token::Key(key.into()), value));
            }
            _ => {}
        }
        next += 1;
    }
    all
}

/// A random operation that fits the document, as an app would write it.
pub(crate) fn edit(dice: &mut Dice, doc: &Tree) -> PatchOp<Tree> {
    let all = paths(doc);
    loop {
        if let Some(op) = try_edit(dice, &all) {
            return op;
        }
    }
}

fn try_edit(dice: &mut Dice, all: &[(Path, Tree)]) -> Option<PatchOp<Tree>> {
    let (path, here) = dice.pick(all).clone();
    let inside = |token: Token| {
        let mut tokens = path.0.clone();
        tokens.push(token);
        pointer_of(&tokens)
    };
    let pointer = path.pointer();
    Some(match dice.below(10) {
        0..3 => match &here {
            Tree::Array(items) => PatchOp::Add {
                path: inside(Token::Index(dice.below(items.len() + 1))),
                value: value(dice, 2),
            },
            Tree::Object(_) => PatchOp::Add {
                path: inside(Token::Key((*dice.pick(&KEYS)).into())),
                value: value(dice, 2),
            },
            _ => return None,
        },
        3 if !path.0.is_empty() => PatchOp::Remove { path: pointer },
        4 if path.0.is_empty() && !dice.once_in(8) => return None,
        4 if path.0.is_empty() => PatchOp::Replace {
            path: pointer,
            value: object(dice, 2),
        },
        4 => PatchOp::Replace {
            path: pointer,
            value: value(dice, 2),
        },
        5 | 6 if !path.0.is_empty() => {
            let (to, target) = dice.pick(all).clone();
            if path.contains(&to) {
                return None;
            }
            let to = match &target {
                Tree::Array(items) => {
                    let same = path.split().is_some_and(|(parent, _)| parent == &to.0[..]);
                    let gaps = items.len() + usize::from(!same);
                    pointer_of(&to.0) + "/" + &dice.below(gaps).to_string()
                }
                Tree::Object(_) => pointer_of(&to.0) + "/" + *dice.pick::<&str>(&KEYS),
                _ => return None,
            };
            PatchOp::Move {
                from: pointer,
                path: to,
            }
        }
        7 if here.kind() == Kind::Number => PatchOp::Inc {
            path: pointer,
            inc: dice.below(7) as f64 - 3.0,
        },
        8 | 7 => match &here {
            Tree::Text(_) => {
                let pos = offset(dice, &here)?;
                if dice.once_in(2) {
                    let str = Tree::Text((*dice.pick(&TEXTS)).into());
                    PatchOp::StrIns {
                        path: pointer,
                        pos,
                        str,
                    }
                } else {
                    let len = dice.below(here.length() - pos + 1);
                    here.slice(pos, len)?;
                    PatchOp::StrDel {
                        path: pointer,
                        pos,
                        len,
                    }
                }
            }
            _ => return None,
        },
        9 => {
            let to = dice.pick(all);
            match &to.1 {
                Tree::Array(items) => PatchOp::Copy {
                    from: pointer,
                    path: to.0.pointer() + "/" + &dice.below(items.len() + 1).to_string(),
                },
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// An offset of a text that cuts no surrogate pair.
fn offset(dice: &mut Dice, text: &Tree) -> Option<usize> {
    let pos = dice.below(text.length() + 1);
    text.slice(pos, 0).map(|_| pos)
}

/// A document of lists whose items have ids, some inside others, and a few elements without.
pub(crate) fn items(dice: &mut Dice) -> Tree {
    let mut ids: Vec<usize> = (0..12).collect();
    let mut doc = draftsync::tree::Members::default();
    for key in ["a", "b", "list"] {
        let len = dice.below(5);
        let list = (0..len).map(|_| item(dice, &mut ids, 2)).collect();
        doc.insert(key.into(), Tree::Array(list));
    }
    doc.insert("n".into(), value(dice, 2));
    Tree::Object(doc)
}

/// An item with one of the ids, or anything when none is left.
pub(crate) fn item(dice: &mut Dice, ids: &mut Vec<usize>, depth: usize) -> Tree {
    if ids.is_empty() || dice.once_in(10) {
        return value(dice, 1);
    }
    // Now and then an id is used twice.
    let at = dice.below(ids.len());
    let id = if dice.once_in(20) {
        ids[at]
    } else {
        ids.swap_remove(at)
    };
    let mut members = draftsync::tree::Members::default();
    members.insert("id".into(), Tree::number(id as f64));
    members.insert("s".into(), Tree::Text((*dice.pick(&TEXTS)).into()));
    members.insert("n".into(), Tree::number(dice.below(10) as f64));
    if depth > 0 {
        let inner = (0..dice.below(3)).map(|_| item(dice, ids, depth - 1));
        members.insert("list".into(), Tree::Array(inner.collect()));
    }
    Tree::Object(members)
}

/// The document after a few random edits and moves of elements.
pub(crate) fn shuffle(dice: &mut Dice, doc: &Tree) -> Tree {
    let mut doc = doc.clone();
    for _ in 0..1 + dice.below(6) {
        let op = if dice.once_in(2) {
            edit(dice, &doc)
        } else {
            let all = paths(&doc);
            let elements = all
                .iter()
                .filter(|(path, _)| matches!(path.split(), Some((_, Token::Index(_)))));
            let elements: Vec<_> = elements.collect();
            let lists: Vec<_> = all
                .iter()
                .filter(|(_, value)| value.kind() == Kind::Array)
                .collect();
            if elements.is_empty() {
                continue;
            }
            let (from, (to, list)) = (&dice.pick(&elements).0, dice.pick(&lists));
            PatchOp::Move {
                from: from.pointer(),
                path: to.pointer() + "/" + &dice.below(list.length() + 1).to_string(),
            }
        };
        // One that does not fit, into itself or behind the end, is none.
        drop(draftsync::apply::write(
            &mut doc,
            &[op],
            &draftsync::apply::Rules::RFC,
        ));
    }
    doc
}
