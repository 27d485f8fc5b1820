//! Documents of lists, and the edits that people make in them.
//!
//! Every item bears its name in the member `who`, by which the test knows it again; the product
//! does not look at that.

use crate::support::{Dice, paths};
use draftsync::apply::{self, Rules};
use draftsync::doc::{Kind, Value};
use draftsync::path::{Path, Token};
use draftsync::protocol::PatchOp;
use draftsync::tree::{Members, Tree};
use std::collections::BTreeMap;

/// Where items stand, and what they are known by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    /// One list of items with ids.
    OneList,
    /// Three lists of items with ids.
    Lists,
    /// Three lists, and one in each item.
    Nested,
    /// One list of items without ids.
    NoIds,
}

/// Marks of whom the test watches are at least this; those of the others are below.
pub(crate) const MARK_MIN: usize = 10_000;

const TEXTS: [&str; 4] = ["milk", "a longer text", "äöü 😀", "to be or not to be"];

/// An item that nobody has made before.
fn item(dice: &mut Dice, shape: Shape, who: usize) -> Tree {
    let mut members = Members::default();
    if shape != Shape::NoIds {
        members.insert("id".into(), Tree::Text(format!("id-{who}").into()));
    }
    members.insert("who".into(), Tree::number(who as f64));
    members.insert("n".into(), Tree::number(0.0));
    // What one author writes into while the other writes into `n`.
    members.insert("m".into(), Tree::number(0.0));
    members.insert("s".into(), Tree::Text((*dice.pick(&TEXTS)).into()));
    if shape == Shape::Nested {
        members.insert("list".into(), Tree::Array(std::iter::empty().collect()));
    }
    Tree::Object(members)
}

/// A document, and a number that no item of it bears.
pub(crate) fn document(dice: &mut Dice, shape: Shape) -> (Tree, usize) {
    let mut who = 0;
    let mut doc = Members::default();
    let keys: &[&str] = match shape {
        Shape::OneList | Shape::NoIds => &["a"],
        Shape::Lists | Shape::Nested => &["a", "b", "c"],
    };
    for key in keys {
        let mut list = Vec::new();
        for _ in 0..3 + dice.below(8) {
            list.push(item(dice, shape, who));
            who += 1;
        }
        doc.insert((*key).into(), Tree::Array(list.into_iter().collect()));
    }
    (Tree::Object(doc), who)
}

/// An author: what their edits are marked with, and the number of the next one.
pub(crate) struct Author {
    pub(crate) next: usize,
    /// Whether they write into texts.
    pub(crate) texts: bool,
    /// Whether they write into the member `n`; the other one writes into `m`.
    pub(crate) marks: bool,
}

impl Author {
    /// One edit that fits the document.
    pub(crate) fn edit(&mut self, dice: &mut Dice, shape: Shape, doc: &Tree) -> PatchOp<Tree> {
        loop {
            let Some(op) = self.try_edit(dice, shape, doc) else {
                continue;
            };
            if apply::write(&mut doc.clone(), std::slice::from_ref(&op), &Rules::RFC).is_ok() {
                return op;
            }
        }
    }

    fn try_edit(&mut self, dice: &mut Dice, shape: Shape, doc: &Tree) -> Option<PatchOp<Tree>> {
        self.next += 1;
        let all = paths(doc);
        let lists: Vec<_> = all
            .iter()
            .filter(|(_, value)| value.kind() == Kind::Array)
            .collect();
        let items: Vec<_> = all
            .iter()
            .filter(|(_, value)| who(value).is_some())
            .collect();
        let list = dice.pick(&lists);
        if items.is_empty() || dice.once_in(8) {
            let path = child(&list.0, dice.below(list.1.length() + 1));
            return Some(PatchOp::Add {
                path,
                value: item(dice, shape, self.next),
            });
        }
        let (path, value) = dice.pick(&items);
        match dice.below(8) {
            0 => Some(PatchOp::Remove {
                path: path.pointer(),
            }),
            1..4 => {
                if path.contains(&list.0) {
                    return None;
                }
                let same = matches!(path.split(), Some((up, _)) if up == &list.0.0[..]);
                let gaps = list.1.length() + usize::from(!same);
                let to = child(&list.0, dice.below(gaps.max(1)));
                Some(PatchOp::Move {
                    from: path.pointer(),
                    path: to,
                })
            }
            4 | 5 if self.texts => text_edit(dice, path, value, self.next),
            _ => {
                let member = if self.marks { "n" } else { "m" };
                let value = Tree::number(self.next as f64);
                Some(PatchOp::Replace {
                    path: path.pointer() + "/" + member,
                    value,
                })
            }
        }
    }
}

/// A marked insertion, or now and then a deletion.
fn text_edit(dice: &mut Dice, path: &Path, item: &Tree, mark: usize) -> Option<PatchOp<Tree>> {
    let text = member(item, "s")?;
    let path = path.pointer() + "/s";
    let pos = dice.below(text.length() + 1);
    text.slice(pos, 0)?;
    if dice.once_in(3) {
        let len = dice.below(5).min(text.length() - pos);
        text.slice(pos, len)?;
        return Some(PatchOp::StrDel { path, pos, len });
    }
    Some(PatchOp::StrIns {
        path,
        pos,
        str: Tree::Text(format!("<{mark}>").into()),
    })
}

fn child(list: &Path, at: usize) -> String {
    let mut path = list.clone();
    path.0.push(Token::Index(at));
    path.pointer()
}

fn member<'a>(value: &'a Tree, key: &str) -> Option<&'a Tree> {
    match value {
        Tree::Object(members) => members.get(key),
        _ => None,
    }
}

fn who(value: &Tree) -> Option<usize> {
    Some(member(value, "who")?.as_number()? as usize)
}

/// What a document says of each item: its number, and its text.
pub(crate) fn said(doc: &Tree) -> BTreeMap<usize, (usize, String)> {
    let all = paths(doc);
    let said = all.iter().filter_map(|(_, value)| {
        let number = member(value, "n")?.as_number()? as usize;
        let text = match member(value, "s")? {
            Tree::Text(text) => text.to_string(),
            _ => return None,
        };
        Some((who(value)?, (number, text)))
    });
    said.collect()
}

/// The marks of whom the test watches in a text.
pub(crate) fn marks(text: &str) -> impl Iterator<Item = usize> {
    let parts = text.split('<').skip(1);
    let marks = parts.filter_map(|part| part.split_once('>')?.0.parse().ok());
    marks.filter(|mark| *mark >= MARK_MIN)
}

/// A test that an item's number is what it is now.
pub(crate) fn still(dice: &mut Dice, doc: &Tree) -> Option<PatchOp<Tree>> {
    let all = paths(doc);
    let items: Vec<_> = all
        .iter()
        .filter(|(_, value)| who(value).is_some())
        .collect();
    let (path, value) = items.get(dice.below(items.len()))?;
    let value = member(value, "m")?.clone();
    Some(PatchOp::Test {
        path: path.pointer() + "/m",
        value,
    })
}
