//! Documents and operations from choices: most fit, some nearly do.

use super::choices::Choices;
use draftsync::apply::{self, Rules};
use draftsync::doc::Value;
use draftsync::path::{Path, Token, pointer_of};
use draftsync::protocol::PatchOp;
use draftsync::tree::{Members, Tree};

/// Documents grow no further from here on: copies of the whole into itself double them.
const PATHS_MAX: usize = 100;

const KEYS: [&str; 10] = [
    "a",
    "b",
    "c",
    "",
    "0",
    "-",
    "a/b",
    "m~n",
    "constructor",
    "é😀",
];
const TEXTS: [&str; 6] = ["", "x", "hello", "a😀b", "😀😀", "\u{0}\u{7f}\u{ffff}"];
const NO_INDEX: [&str; 6] = ["-", "01", "+1", "1e0", "", "99999999999999999999"];
const NO_POINTER: [&str; 4] = ["a", "~", "/~2", "/__proto__"];

/// An object or an array.
pub(super) fn document(choices: &mut Choices<'_>) -> Tree {
    container(choices, 3)
}

fn container(choices: &mut Choices<'_>, depth: usize) -> Tree {
    let inner = depth.saturating_sub(1);
    let length = choices.below(6);
    if choices.once_in(3) {
        return Tree::Array((0..length).map(|_| value(choices, inner)).collect());
    }
    let mut members = Members::default();
    for _ in 0..length {
        let key = choices.pick(&KEYS);
        members.insert(key.into(), value(choices, inner));
    }
    Tree::Object(members)
}

fn value(choices: &mut Choices<'_>, depth: usize) -> Tree {
    match choices.below(if depth == 0 { 4 } else { 8 }) {
        0 => Tree::number(choices.number()),
        1 => Tree::Text(choices.pick(&TEXTS).into()),
        2 => Tree::Null,
        3 => Tree::Bool(choices.once_in(2)),
        _ => container(choices, depth),
    }
}

/// Every path of a document with its value, the root first.
fn paths(doc: &Tree) -> Vec<(Path, Tree)> {
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
                let items = items.iter().enumerate();
                items.for_each(|(at, item)| child(Token::Index(at), item));
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

/// A patch that applies to the document.
pub(super) fn fitting_patch(choices: &mut Choices<'_>, doc: &Tree) -> Vec<PatchOp<Tree>> {
    let mut now = doc.clone();
    let mut ops = Vec::new();
    for _ in 0..1 + choices.below(4) {
        let op = operation(choices, &now);
        if apply::write(&mut now, std::slice::from_ref(&op), &Rules::RFC).is_ok() {
            ops.push(op);
        }
    }
    ops
}

/// A patch that may fail anywhere.
pub(super) fn any_patch(choices: &mut Choices<'_>, doc: &Tree) -> Vec<PatchOp<Tree>> {
    let mut now = doc.clone();
    let mut ops = Vec::new();
    for _ in 0..1 + choices.below(6) {
        let op = operation(choices, &now);
        let fits = apply::write(&mut now, std::slice::from_ref(&op), &Rules::RFC).is_ok();
        if fits || choices.once_in(4) {
            ops.push(op);
        }
    }
    ops
}

fn operation(choices: &mut Choices<'_>, doc: &Tree) -> PatchOp<Tree> {
    let all = paths(doc);
    let (there, here) = all[choices.below(all.len())].clone();
    let path = there.pointer();
    match choices.below(13) {
        0..3 if all.len() < PATHS_MAX => PatchOp::Add {
            path: place(choices, &all),
            value: value(choices, 2),
        },
        3 => PatchOp::Replace {
            path: place(choices, &all),
            value: value(choices, 2),
        },
        // The root is replaced now and then only, or nothing else would count.
        4 if !path.is_empty() || choices.once_in(8) => PatchOp::Replace {
            path,
            value: value(choices, 2),
        },
        5 => PatchOp::Remove {
            path: place(choices, &all),
        },
        6 if choices.once_in(3) => {
            let value = if choices.once_in(8) {
                value(choices, 1)
            } else {
                here
            };
            PatchOp::Test { path, value }
        }
        7 if all.len() < PATHS_MAX => PatchOp::Copy {
            from: path,
            path: place(choices, &all),
        },
        8 | 9 => text_edit(choices, path, &here),
        10 => PatchOp::Inc {
            path,
            inc: choices.number(),
        },
        11 => PatchOp::Remove { path },
        _ => PatchOp::Move {
            from: path,
            path: place(choices, &all),
        },
    }
}

fn text_edit(choices: &mut Choices<'_>, path: String, here: &Tree) -> PatchOp<Tree> {
    let length = here.length();
    let pos = choices.below(length + 2);
    if choices.once_in(2) {
        let len = choices.below(length.saturating_sub(pos) + 2);
        return PatchOp::StrDel { path, pos, len };
    }
    let str = if choices.once_in(16) {
        Tree::Null
    } else {
        Tree::Text(choices.pick(&TEXTS).into())
    };
    PatchOp::StrIns { path, pos, str }
}

/// A pointer to something in the document, beside it, or to nothing at all.
fn place(choices: &mut Choices<'_>, all: &[(Path, Tree)]) -> String {
    let (path, here) = &all[choices.below(all.len())];
    let token = match here {
        Tree::Array(items) if !choices.once_in(8) => choices.below(items.len() + 2).to_string(),
        Tree::Array(_) => choices.pick(&NO_INDEX).to_owned(),
        _ => pointer_of(&[Token::Key(choices.pick(&KEYS).into())]).split_off(1),
    };
    match choices.below(16) {
        15 => choices.pick(&NO_POINTER).to_owned(),
        12..15 => path.pointer(),
        _ => path.pointer() + "/" + &token,
    }
}
